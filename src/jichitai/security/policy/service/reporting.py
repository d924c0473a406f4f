"""S01: what a body tells about each of its policies, at each change."""

from datetime import date
from typing import Final
from uuid import UUID

from jichitai.infra.database import Tx
from jichitai.kernel.bodies import Body, BodyKind
from jichitai.kernel.parties import MINISTRY, Party
from jichitai.security.access import own_body
from jichitai.security.messages import S01, Adoption
from jichitai.security.policy.model.states import State
from jichitai.security.policy.model.text import Part
from jichitai.security.policy.service.desk import Desk, policy_of
from jichitai.security.policy.service.reading import look_at, spoken_for
from jichitai.security.policy.store import policies as store

_TOLD_AS: Final = {State.SUPERSEDED: State.REPEALED, State.DROPPED: State.DRAFTING}


def above(body: Body) -> Party:
    """Who receives a body's reports: its prefecture; the ministry, for a prefecture.

    Source: 地方自治法 第244条の6第3項.
    """
    if body.kind is BodyKind.PREFECTURE:
        return MINISTRY
    return Party.prefecture(body.prefecture_code)


async def report(desk: Desk, tx: Tx, code: str, policy_id: UUID) -> S01 | None:
    """Tell where a policy stands.

    A version that was dropped before publication is told as one that is being drafted: nothing of
    it was adopted.
    """
    rows = await store.versions(tx, code, policy_id)
    version = spoken_for(rows)
    if version is None:
        return None
    policy = await policy_of(tx, code, policy_id)
    body = await own_body(tx, code)
    seen = await look_at(tx, policy, version, on=desk.clock.today())
    state = _TOLD_AS.get(version.step, version.step)
    adoptions = () if version.step is State.DROPPED else seen.adoptions
    message = S01(
        body=code,
        policy_id=policy_id,
        revision=await store.next_report(tx, code, policy_id),
        policy_version=version.version,
        state=state.value,  # type: ignore[arg-type]  # the states of a version that is spoken for
        guideline_version=version.guideline_version,
        network_model=version.network_model,
        adoptions=tuple(
            Adoption(
                organ=one.organ,
                decision_number=one.decision_number,
                decided_on=one.decided_on,
                joint=one.joint,
            )
            for one in adoptions
        ),
        organs=tuple(version.organs),
        document_hash=version.document_hash,
        published_at=version.published_at,
        address=version.address,
        reachable_at=version.reachable_at,
        effective_on=version.effective_on,
        next_review_on=_review(version.step, policy.next_review_on),
        stale_clauses=len(seen.seen.stale),
        has_standard=bool(seen.part(Part.STANDARD)),
        reported_at=desk.clock.now(),
    )
    await desk.outbox.send(
        tx, origin=body.party, to=above(body), kind="S01", version=1, body=message
    )
    return message


def _review(step: State, day: date | None) -> date | None:
    return day if step.standing else None
