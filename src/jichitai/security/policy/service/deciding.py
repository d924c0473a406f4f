"""From the committee to the decisions of the organs; what they decide on is fixed by its hash."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from jichitai.infra.audit import Actor
from jichitai.infra.database import Tx
from jichitai.kernel.dates import wareki
from jichitai.security.access import own_body
from jichitai.security.organs import Organ
from jichitai.security.policy.errors import (
    AlreadyDecidedError,
    BadClauseError,
    IncompletePolicyError,
    NotAnAdopterError,
    OtherDocumentError,
    SamePersonError,
)
from jichitai.security.policy.model.states import State
from jichitai.security.policy.model.text import Part, plain
from jichitai.security.policy.service.desk import Desk, version_at, version_of
from jichitai.security.policy.service.reading import look
from jichitai.security.policy.service.reporting import report
from jichitai.security.policy.store import policies as store
from jichitai.security.policy.store.clauses import Key
from jichitai.security.policy.store.policies import VersionRow

_LONGEST: Final = 80


async def submit(
    desk: Desk, tx: Tx, place: Key, *, accepted_gaps: str = "", by: Actor
) -> VersionRow:
    """Lay the text before the committee; from now on it does not change.

    Args:
        desk: clock and outbox.
        tx: a transaction of the body.
        place: body, policy and version.
        accepted_gaps: why items without a clause are left for a later version.
        by: who hands it in.

    Raises:
        IncompletePolicyError: `problems` says what is missing.
        WrongStepError, UnknownDocumentError.
    """
    version = await version_at(tx, *place, State.DRAFTING)
    if plain(accepted_gaps):
        reason = plain(accepted_gaps)[:400]
        await store.change_version(tx, *place, accepted_gaps=reason)
    body = await own_body(tx, place[0])
    seen = await look(tx, *place, on=desk.clock.today())
    if seen.problems:
        raise IncompletePolicyError(
            "委員会に出す前に、直すところがあります。" + "".join(seen.problems),
            problems=list(seen.problems),
        )
    standard = seen.document(Part.STANDARD, body) if seen.part(Part.STANDARD) else None
    await store.change_version(
        tx,
        *place,
        state=State.REVIEW,
        round=version.round + 1,
        submitted_by=by.id,
        submitted_at=desk.clock.now(),
        document_hash=seen.document(Part.BASIC, body).hash,
        standard_hash=standard.hash if standard else None,
        guideline_version=seen.current.version,
    )
    row = await version_of(tx, *place)
    await desk.step(tx, row, "submit", by=by, hash_=row.document_hash or "")
    await report(desk, tx, place[0], place[1])
    return row


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """What the committee said: number of the meeting's record, day, result, remarks."""

    number: str
    held_on: date
    approved: bool
    remarks: str = ""


async def committee(desk: Desk, tx: Tx, place: Key, meeting: Meeting, *, by: Actor) -> VersionRow:
    """情報セキュリティ委員会: pass the text on to the organs, or back to its authors.

    Raises:
        BadClauseError: number or day are missing or impossible, or a return has no reason.
        WrongStepError, UnknownDocumentError.
    """
    version = await version_at(tx, *place, State.REVIEW)
    _dated(meeting.number, meeting.held_on, since=version.submitted_at, today=desk.clock.today())
    if not meeting.approved:
        return await _back(
            desk, tx, version, meeting.remarks, by=by, reference=plain(meeting.number)
        )
    await store.change_version(
        tx,
        *place,
        state=State.APPROVAL,
        committee_number=plain(meeting.number),
        committee_on=meeting.held_on,
    )
    row = await version_of(tx, *place)
    await desk.step(
        tx, row, "committee", by=by, reference=plain(meeting.number),
        reason=plain(meeting.remarks)[:400], hash_=row.document_hash or "",
    )  # fmt: skip
    await report(desk, tx, place[0], place[1])
    return row


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """決裁: number and day of an organ's decision, and the hash of the text it decided on."""

    number: str
    decided_on: date
    document_hash: str


async def adopt(
    desk: Desk, tx: Tx, place: Key, organ: Organ, decision: Decision, *, by: Actor
) -> VersionRow:
    """Record that an organ adopted the policy; with the last one it is 策定済み.

    Raises:
        NotAnAdopterError: the organ does not adopt this policy.
        SamePersonError: who handed the text in records no decision on it.
        OtherDocumentError: the hash is of another text.
        AlreadyDecidedError: the organ decided on this text before.
        BadClauseError: number or day are missing or impossible.
        WrongStepError, UnknownDocumentError.

    Source: 地方自治法 第244条の6第1項.
    """
    version = await version_at(tx, *place, State.APPROVAL)
    if organ not in version.adopters:
        raise NotAnAdopterError(
            f"この方針を定める機関に{organ.japanese}はありません。"
            "一緒に定めるときは、版を戻して質問の「定める機関」に加えてください。"
        )
    if by.id == version.submitted_by:
        raise SamePersonError(
            "案を委員会に出した人は、決裁を記録できません。別の人のアカウントで記録してください。"
        )
    if decision.document_hash != version.document_hash:
        raise OtherDocumentError(
            "決裁した文書のハッシュが、今の版と合いません。版のページで文書とハッシュを確かめ、"
            "同じ文書を決裁してから記録してください。",
            document_hash=version.document_hash,
        )
    since = version.committee_on
    _dated(decision.number, decision.decided_on, since=since, today=desk.clock.today())
    entered = await store.add_adoption(
        tx,
        place[0],
        place[1],
        {
            "version": version.version,
            "round": version.round,
            "organ": organ.value,
            "decision_number": plain(decision.number),
            "decided_on": decision.decided_on,
            "joint": len(version.organs) > 1,
            "document_hash": version.document_hash,
            "standard_hash": version.standard_hash,
            "recorded_by": by.id,
            "recorded_at": desk.clock.now(),
        },
    )
    if not entered:
        raise AlreadyDecidedError(
            f"{organ.japanese}の決裁は、この版について記録されています。版のページで確かめてください。"
        )
    await desk.step(
        tx, version, "adopt", by=by, organ=organ.value, reference=plain(decision.number),
        hash_=version.document_hash or "",
    )  # fmt: skip
    return await _adopted_by_all(desk, tx, place, by=by)


async def _adopted_by_all(desk: Desk, tx: Tx, place: Key, *, by: Actor) -> VersionRow:
    seen = await look(tx, *place, on=desk.clock.today())
    if not seen.missing_organs:
        await store.change_version(tx, *place, state=State.ADOPTED, adopted_at=desk.clock.now())
        row = await version_of(tx, *place)
        await desk.step(tx, row, "adopted", by=by, hash_=row.document_hash or "")
    await report(desk, tx, place[0], place[1])
    return await version_of(tx, *place)


async def send_back(
    desk: Desk, tx: Tx, place: Key, *, reason: str, by: Actor, organ: Organ | None = None
) -> VersionRow:
    """差し戻す: the text goes back to its authors; decisions on it no longer count.

    Raises:
        BadClauseError: no reason.
        NotAnAdopterError: the organ does not adopt this policy.
        WrongStepError, UnknownDocumentError.
    """
    version = await version_at(tx, *place, State.REVIEW, State.APPROVAL, State.ADOPTED)
    if organ is not None and organ not in version.adopters:
        raise NotAnAdopterError("この方針を定める機関の決裁者だけが差し戻せます。")
    return await _back(desk, tx, version, reason, by=by, organ=organ.value if organ else "")


async def _back(
    desk: Desk,
    tx: Tx,
    version: VersionRow,
    reason: str,
    *,
    by: Actor,
    organ: str = "",
    reference: str = "",
) -> VersionRow:
    if not plain(reason):
        raise BadClauseError(
            "差し戻す理由がありません。直す人が読みます。入力してください。",
            fields={"reason": "差し戻す理由を入力してください。"},
        )
    place = (version.municipality, version.policy_id, version.version)
    await store.change_version(
        tx,
        *place,
        state=State.DRAFTING,
        document_hash=None,
        standard_hash=None,
        adopted_at=None,
        committee_number="",
        committee_on=None,
        submitted_by=None,
        submitted_at=None,
        round=version.round + 1,
    )
    row = await version_of(tx, *place)
    await desk.step(
        tx, row, "return", by=by, organ=organ, reference=reference, reason=plain(reason)[:400]
    )
    await report(desk, tx, *place[:2])
    return row


def _dated(number: str, day: date, *, since: object, today: date) -> None:
    """Number and day of a decision: both there, the day not before its cause nor in the future."""
    fields: dict[str, str] = {}
    if not plain(number) or len(plain(number)) > _LONGEST:
        fields["number"] = f"番号がないか、{_LONGEST}字を超えています。文書番号を入力してください。"
    first = since.date() if hasattr(since, "date") else since
    if day > today:
        fields["decided_on"] = (
            f"日付が未来です。{wareki(today)}までの、決まった日を入力してください。"
        )
    elif isinstance(first, date) and day < first:
        fields["decided_on"] = (
            f"前の段階（{wareki(first)}）より前の日付です。決まった日を確かめてください。"
        )
    if fields:
        raise BadClauseError("".join(fields.values()), fields=fields)
