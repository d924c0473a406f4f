"""Opening a policy, the interview, and the draft that follows from it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Final
from uuid import UUID, uuid4

from jichitai.infra.audit import Actor
from jichitai.infra.database import Tx
from jichitai.security.access import own_body
from jichitai.security.desk import service as desk_service
from jichitai.security.errors import StaleEditError
from jichitai.security.guideline import service as guideline
from jichitai.security.organs import Organ
from jichitai.security.policy.errors import BadAnswerError, DraftOpenError
from jichitai.security.policy.model import drafting, interview
from jichitai.security.policy.model.coverage import Decided
from jichitai.security.policy.model.interview import Answer, Question
from jichitai.security.policy.model.states import State
from jichitai.security.policy.model.text import Clause, plain
from jichitai.security.policy.service.desk import Desk, policy_of, version_at
from jichitai.security.policy.service.reporting import report
from jichitai.security.policy.store import clauses as clause_store
from jichitai.security.policy.store import policies as store
from jichitai.security.policy.store.policies import PolicyRow, VersionRow

_DEFAULT_ORGANS: Final = (Organ.ASSEMBLY, Organ.HEAD)


async def organs_owing(tx: Tx, code: str, today: date) -> tuple[Organ, ...]:
    """The organs of the body that owe a policy; before the duty began, assembly and head."""
    lines = await desk_service.organs(tx, code, today)
    return tuple(line.organ for line in lines if line.owes) or _DEFAULT_ORGANS


async def questions_for(tx: Tx, code: str, today: date) -> tuple[Question, ...]:
    """The interview as this body is asked."""
    return interview.questions(await own_body(tx, code), await organs_owing(tx, code, today))


async def open_policy(
    desk: Desk,
    tx: Tx,
    code: str,
    *,
    by: Actor,
    organs: Sequence[Organ] = (),
    name: str = "",
    designated: str = "",
) -> PolicyRow:
    """Begin a policy of some organs of the body, and its first version.

    Args:
        desk: clock and outbox.
        tx: a transaction of the body.
        code: the body.
        by: who begins it.
        organs: who will adopt it; all that owe one when left out.
        name: its name; a proposal when left out.
        designated: name of the existing document that is named the policy, if so.

    Raises:
        BadAnswerError: an organ does not owe a policy.

    Source: 地方自治法 第244条の6第1項.
    """
    today, body = desk.clock.today(), await own_body(tx, code)
    owing = await organs_owing(tx, code, today)
    chosen = tuple(one for one in owing if not organs or one in organs)
    if not chosen or set(organs) - set(owing):
        raise BadAnswerError(
            "方針を定める機関ではない名前があります。この団体で方針を定める機関から選んでください。",
            fields={"organs": "この団体で方針を定める機関から選んでください。"},
        )
    policy_id = uuid4()
    given: dict[str, Answer] = {"organs": [one.value for one in chosen]}
    if name:
        given["name"] = name
    all_questions = interview.questions(body, owing)
    answers = interview.filled(all_questions, interview.checked(all_questions, given))
    row = {
        "municipality": code,
        "policy_id": policy_id,
        "name": str(answers["name"]),
        "organs": [one.value for one in chosen],
        "opened_by": by.id,
        "opened_at": desk.clock.now(),
    }
    slug = chosen[0].value if len(chosen) == 1 else "joint"
    serial = 1
    while not await store.add_policy(tx, {**row, "slug": slug}):
        serial += 1
        slug = f"{slug.rpartition('-')[0] or slug}-{serial}"
    await store.change_policy(tx, code, policy_id, answers=given)
    policy = await policy_of(tx, code, policy_id)
    first = await _begin(desk, tx, policy, 1, answers, by=by, designated=designated)
    await desk.step(tx, first, "open", by=by, reason=designated)
    await report(desk, tx, code, policy_id)
    return policy


async def _begin(
    desk: Desk,
    tx: Tx,
    policy: PolicyRow,
    number: int,
    answers: Mapping[str, Answer],
    *,
    by: Actor,
    designated: str = "",
    reason: str = "",
) -> VersionRow:
    current = await guideline.current(tx, on=desk.clock.today())
    await store.add_version(
        tx,
        {
            "municipality": policy.municipality,
            "policy_id": policy.policy_id,
            "version": number,
            "state": State.DRAFTING,
            "guideline_version": current.version,
            "designated": designated,
            "reason": reason,
            "opened_by": by.id,
            "opened_at": desk.clock.now(),
            **_settings(answers),
        },
    )
    return await version_at(tx, policy.municipality, policy.policy_id, number, State.DRAFTING)


def _settings(answers: Mapping[str, Answer]) -> dict[str, Any]:
    """What the answers say of the version itself."""
    effective = str(answers.get("effective", ""))
    return {
        "name": str(answers["name"]),
        "form": str(answers["form"]),
        "network_model": str(answers["model"]),
        "cloud": str(answers["cloud"]),
        "organs": answers["organs"],
        "drafting": str(answers["drafting"]),
        "office": str(answers["office"]),
        "review_months": int(str(answers["review"])),
        "effective_on": date.fromisoformat(effective) if effective else None,
    }


async def answer(
    desk: Desk,
    tx: Tx,
    code: str,
    policy_id: UUID,
    typed: Mapping[str, Any],
    *,
    edition: int | None,
    by: Actor,
) -> PolicyRow:
    """Keep answers of the interview; earlier ones that were not sent stay.

    Raises:
        BadAnswerError: some are wrong; nothing is kept.
        StaleEditError: somebody answered since `edition` was shown.
        WrongStepError: the version is not being drafted.
    """
    policy = await policy_of(tx, code, policy_id, lock=True)
    version = await _drafting(tx, policy)
    if edition is not None and edition != policy.edition:
        raise StaleEditError(
            "ほかの人が先に回答を保存しました。今の回答を開いて、違うところを直してください。"
            "入力した回答は、まだ保存していません。",
            edition=policy.edition,
        )
    all_questions = await questions_for(tx, code, desk.clock.today())
    new = interview.checked(all_questions, typed)
    cleared = {name for name, value in typed.items() if value in ("", None, [])}
    kept = {name: value for name, value in policy.answers.items() if name not in cleared}
    answers = {**kept, **new}
    if "organs" in cleared:
        raise BadAnswerError(
            "定める機関がありません。1つ以上選んでください。",
            fields={"organs": "定める機関を1つ以上選んでください。"},
        )
    settings = _settings(interview.filled(all_questions, answers))
    await store.change_policy(
        tx,
        code,
        policy_id,
        answers=answers,
        edition=policy.edition + 1,
        name=settings["name"],
        organs=settings["organs"],
    )
    await store.change_version(tx, code, policy_id, version.version, **settings)
    await desk.step(tx, version, "answer", by=by)
    return await policy_of(tx, code, policy_id)


async def draft(desk: Desk, tx: Tx, code: str, policy_id: UUID, *, by: Actor) -> int:
    """Write the draft that the answers lead to.

    Clauses that a person wrote or changed stay as they are; the others follow the answers, and
    those that the answers no longer ask for go.

    Returns:
        How many clauses were written.

    Raises:
        WrongStepError: the version is not being drafted.
    """
    today, body = desk.clock.today(), await own_body(tx, code)
    policy = await policy_of(tx, code, policy_id, lock=True)
    version = await _drafting(tx, policy)
    all_questions = await questions_for(tx, code, today)
    answers = interview.filled(all_questions, policy.answers)
    current = await guideline.current(tx, on=today)
    items = current.items_for(version.network_model, cloud=version.uses_cloud)
    applicable = frozenset(item.id for item in items)
    out = await _decline(desk, tx, version, applicable, drafting.declined(answers), by=by)
    wanted = drafting.draft(
        policy_id,
        body,
        answers,
        applicable=applicable - out,
        guideline_version=current.version,
    )
    written = await _write(desk, tx, version, wanted, by=by)
    await store.change_version(
        tx, code, policy_id, version.version, guideline_version=current.version
    )
    await desk.step(tx, version, "draft", by=by, reference=f"{written}条")
    return written


async def _decline(
    desk: Desk,
    tx: Tx,
    version: VersionRow,
    applicable: frozenset[str],
    wanted: Mapping[str, str],
    *,
    by: Actor,
) -> frozenset[str]:
    """Keep what the answers decide on items; what a person decided stays as it is."""
    key = (version.municipality, version.policy_id, version.version)
    known = {one.item: one for one in await clause_store.decisions(tx, key)}
    ours = {item: one for item, one in known.items() if one.reason.startswith(drafting.BY_ANSWER)}
    current = (await guideline.current(tx, on=desk.clock.today())).version
    changes = [
        Decided(item=item, guideline_version=current, applies=False, reason=reason)
        for item, reason in wanted.items()
        if item in applicable and (item not in known or (item in ours and ours[item].applies))
    ]
    changes += [
        Decided(item=item, guideline_version=current, applies=True, reason=one.reason)
        for item, one in ours.items()
        if item not in wanted and not one.applies
    ]
    for change in changes:
        await clause_store.decide(tx, key, change, by=by.id, at=desk.clock.now())
    known |= {one.item: one for one in changes}
    return frozenset(item for item, one in known.items() if not one.applies)


async def _write(
    desk: Desk, tx: Tx, version: VersionRow, wanted: Sequence[Clause], *, by: Actor
) -> int:
    key = (version.municipality, version.policy_id, version.version)
    editions = await clause_store.known_editions(tx, key)
    present = {one.id: one for one in await clause_store.clauses(tx, key)}
    ours = {id_ for id_, one in present.items() if one.origin == "interview"}
    others = present.keys() - ours
    covered = {item for id_ in others for item in present[id_].items}
    changed = []
    for clause in wanted:
        known = present.get(clause.id)
        if clause.id in others or (known is None and covered & set(clause.items)):
            continue
        if known is not None and _same(known, clause):
            continue
        changed.append(replace(clause, edition=editions.get(clause.id, 0) + 1))
    at = desk.clock.now()
    gone = ours - {one.id for one in wanted}
    if gone:
        await clause_store.remove(tx, key, sorted(gone), by=by.id, at=at)
    if changed:
        await clause_store.put(tx, key, changed, verb="drafted", by=by.id, at=at)
    return len(changed)


def _same(one: Clause, other: Clause) -> bool:
    return replace(one, edition=0) == replace(other, edition=0)


async def revise(
    desk: Desk, tx: Tx, code: str, policy_id: UUID, *, reason: str, by: Actor
) -> VersionRow:
    """改定: a new version with the text of the last one.

    Raises:
        BadAnswerError: no reason.
        DraftOpenError: one is being worked on.
    """
    if not plain(reason):
        raise BadAnswerError(
            "改定する理由がありません。理由は記録に残ります。入力してください。",
            fields={"reason": "改定する理由を入力してください。"},
        )
    policy = await policy_of(tx, code, policy_id, lock=True)
    rows = await store.versions(tx, code, policy_id)
    open_one = next((one for one in rows if one.step.working), None)
    if open_one is not None:
        raise DraftOpenError(
            f"第{open_one.version}版を作成中です。その版を続けるか、取りやめてから改定してください。",
            version=open_one.version,
        )
    last = next((one for one in rows if one.step.public), rows[0])
    all_questions = await questions_for(tx, code, desk.clock.today())
    answers = interview.filled(all_questions, {**policy.answers, "effective": ""})
    answers.pop("effective", None)
    row = await _begin(
        desk, tx, policy, rows[0].version + 1, answers, by=by,
        designated=last.designated, reason=plain(reason)[:400],
    )  # fmt: skip
    await _copy(tx, last, row, at=desk, by=by)
    await desk.step(tx, row, "revise", by=by, reason=plain(reason)[:400])
    await report(desk, tx, code, policy_id)
    return row


async def _copy(tx: Tx, old: VersionRow, new: VersionRow, *, at: Desk, by: Actor) -> None:
    source = (old.municipality, old.policy_id, old.version)
    target = (new.municipality, new.policy_id, new.version)
    now = at.clock.now()
    clauses = [replace(one, edition=1) for one in await clause_store.clauses(tx, source)]
    await clause_store.put(tx, target, clauses, verb="copied", by=by.id, at=now)
    for decided in await clause_store.decisions(tx, source):
        await clause_store.decide(tx, target, decided, by=by.id, at=now)


async def drop(
    desk: Desk, tx: Tx, code: str, policy_id: UUID, number: int, *, reason: str, by: Actor
) -> None:
    """取りやめ: a version that was not published is given up."""
    steps = (State.DRAFTING, State.REVIEW, State.APPROVAL, State.ADOPTED)
    version = await version_at(tx, code, policy_id, number, *steps)
    if not plain(reason):
        raise BadAnswerError(
            "取りやめる理由がありません。理由は記録に残ります。入力してください。",
            fields={"reason": "取りやめる理由を入力してください。"},
        )
    await store.change_version(
        tx, code, policy_id, number, state=State.DROPPED,
        ended_on=desk.clock.today(), end_reason=plain(reason)[:400],
    )  # fmt: skip
    await desk.step(tx, version, "drop", by=by, reason=plain(reason)[:400])
    await report(desk, tx, code, policy_id)


async def _drafting(tx: Tx, policy: PolicyRow) -> VersionRow:
    rows = await store.versions(tx, policy.municipality, policy.policy_id)
    return await version_at(
        tx, policy.municipality, policy.policy_id, rows[0].version, State.DRAFTING
    )
