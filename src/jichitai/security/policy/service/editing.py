"""Editing clause by clause, beside the guideline; two editors lose nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID, uuid4

from jichitai.infra.audit import Actor
from jichitai.infra.database import Tx
from jichitai.security.errors import UnknownDocumentError
from jichitai.security.guideline import service as guideline
from jichitai.security.guideline.model import Catalogue
from jichitai.security.policy.errors import BadClauseError, RivalTextError
from jichitai.security.policy.model.coverage import Decided
from jichitai.security.policy.model.merging import Merge, merge
from jichitai.security.policy.model.states import State
from jichitai.security.policy.model.text import Clause, Part, plain
from jichitai.security.policy.service.desk import Desk, version_at
from jichitai.security.policy.store import clauses as store
from jichitai.security.policy.store.clauses import Key, RivalRow
from jichitai.security.policy.store.policies import VersionRow

LONGEST_TITLE: Final = 80
LONGEST_BODY: Final = 8_000
MOST_CLAUSES: Final = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """What an editor sends for a clause."""

    title: str
    body: str
    items: tuple[str, ...]


async def save(
    desk: Desk,
    tx: Tx,
    place: Key,
    clause_id: UUID,
    writing: Writing,
    *,
    edition: int,
    by: Actor,
) -> Clause:
    """Save a clause that was opened at an edition.

    Raises:
        BadClauseError: the text is wrong in itself.
        RivalTextError: somebody saved it first; commit all the same, because the text that was
            sent is kept beside it.
        WrongStepError, UnknownDocumentError.
    """
    version, current = await _editable(desk, tx, place)
    good = _checked(writing, current)
    clause = await _locked(tx, place, clause_id)
    if edition != clause.edition:
        raise await _rival(desk, tx, place, clause, good, edition, by=by)
    return await _saved(desk, tx, version, clause, good, current, verb="saved", by=by)


async def add(
    desk: Desk,
    tx: Tx,
    place: Key,
    part: Part,
    chapter: str,
    writing: Writing,
    *,
    after: UUID | None = None,
    by: Actor,
) -> Clause:
    """Add a clause behind another one, or at the end of its part.

    Raises:
        BadClauseError, WrongStepError, UnknownDocumentError.
    """
    version, current = await _editable(desk, tx, place)
    good = _checked(writing, current)
    present = await store.clauses(tx, place)
    if len(present) >= MOST_CLAUSES:
        raise BadClauseError(
            f"条は{MOST_CLAUSES}件までです。使わない条を除いてから加えてください。", fields={}
        )
    before = next((one for one in present if one.id == after), None)
    same = [one for one in present if one.part is part]
    position = before.position if before else max((one.position for one in same), default=0)
    clause = Clause(
        id=uuid4(),
        part=part,
        chapter=plain(chapter)[:LONGEST_TITLE] or (before.chapter if before else part.japanese),
        title=good.title,
        body=good.body,
        items=good.items,
        guideline_version=current.version,
        position=position + 1,
    )
    await store.put(tx, place, [clause], verb="added", by=by.id, at=desk.clock.now())
    await desk.step(tx, version, "edit", by=by, reference=clause.title)
    return clause


async def remove(
    desk: Desk, tx: Tx, place: Key, clause_id: UUID, *, edition: int, by: Actor
) -> None:
    """Take a clause out of the text; its history stays.

    Raises:
        RivalTextError: somebody changed it since.
        WrongStepError, UnknownDocumentError.
    """
    version, _ = await _editable(desk, tx, place)
    clause = await _locked(tx, place, clause_id)
    if edition != clause.edition:
        raise RivalTextError(
            "この条は、開いた後にほかの人が直しました。今の文を読んでから、除くかどうか決めてください。",
            edition=clause.edition,
        )
    await store.remove(tx, place, [clause_id], by=by.id, at=desk.clock.now())
    await desk.step(tx, version, "edit", by=by, reference=clause.title)


async def confirm(
    desk: Desk, tx: Tx, place: Key, clause_id: UUID, *, edition: int, reason: str, by: Actor
) -> Clause:
    """変更しない: the clause was read against the new guideline and stays as it is.

    Raises:
        BadClauseError: no reason.
        RivalTextError: somebody changed it since.
    """
    version, current = await _editable(desk, tx, place)
    why = _required(reason)
    clause = await _locked(tx, place, clause_id)
    if edition != clause.edition:
        raise RivalTextError(
            "この条は、開いた後にほかの人が直しました。今の文を読んでから確かめてください。",
            edition=clause.edition,
        )
    same = replace(clause, edition=clause.edition + 1, guideline_version=current.version)
    await store.put(tx, place, [same], verb="confirmed", by=by.id, at=desk.clock.now(), reason=why)
    await desk.step(tx, version, "confirm", by=by, reference=clause.title, reason=why)
    return same


async def decline(
    desk: Desk, tx: Tx, place: Key, item: str, *, applies: bool, reason: str, by: Actor
) -> Decided:
    """適用しない: an item of the guideline that this body leaves out, and why.

    With `applies` the decision is taken back: the item counts again.

    Raises:
        BadClauseError: no reason, an unknown item, or a section that the law itself asks for.
    """
    version, current = await _editable(desk, tx, place)
    why = _required(reason)
    if item not in current:
        raise BadClauseError(
            f"ガイドライン{current.version}に、その番号の項目はありません。一覧から選び直してください。",
            fields={"item": "ガイドラインの項目から選んでください。"},
        )
    found = current.item(item)
    if found.obligation == "statutory":
        raise BadClauseError(
            f"「{found.title}」は方針そのものの節です。適用しないことはできません。条を書いてください。",
            fields={"item": "方針の節は省けません。"},
        )
    what = Decided(item=found.id, guideline_version=current.version, applies=applies, reason=why)
    await store.decide(tx, place, what, by=by.id, at=desk.clock.now())
    await desk.step(tx, version, "decide", by=by, reference=found.heading, reason=why)
    return what


async def proposed(tx: Tx, place: Key, clause: Clause, rival: RivalRow) -> Merge:
    """One text out of the saved one and the one that came second."""
    base = await store.edit(tx, place, clause.id, rival.base_edition)
    return merge(base.body if base else "", clause.body, rival.body)


async def settle(
    desk: Desk,
    tx: Tx,
    place: Key,
    clause_id: UUID,
    rival_id: UUID,
    writing: Writing,
    *,
    edition: int,
    by: Actor,
) -> Clause:
    """合わせる: one text in place of the saved one and a rival.

    Raises:
        BadClauseError: the text is wrong in itself.
        RivalTextError: the clause was saved again since; the merged text is kept too.
        UnknownDocumentError: no such rival, or it was settled.
    """
    version, current = await _editable(desk, tx, place)
    good = _checked(writing, current)
    clause = await _locked(tx, place, clause_id)
    if not await store.settle(tx, place, rival_id, by=by.id, at=desk.clock.now()):
        raise UnknownDocumentError(
            "合わせる文がありません。ほかの人が先に合わせました。条を開き直してください。"
        )
    if edition != clause.edition:
        raise await _rival(desk, tx, place, clause, good, edition, by=by)
    return await _saved(desk, tx, version, clause, good, current, verb="merged", by=by)


async def _saved(
    desk: Desk,
    tx: Tx,
    version: VersionRow,
    clause: Clause,
    writing: Writing,
    current: Catalogue,
    *,
    verb: str,
    by: Actor,
) -> Clause:
    place = (version.municipality, version.policy_id, version.version)
    new = replace(
        clause,
        title=writing.title,
        body=writing.body,
        items=writing.items,
        guideline_version=current.version,
        origin="hand" if clause.origin == "interview" else clause.origin,
        edition=clause.edition + 1,
    )
    await store.put(tx, place, [new], verb=verb, by=by.id, at=desk.clock.now())
    await desk.step(tx, version, "edit", by=by, reference=new.title)
    return new


async def _rival(
    desk: Desk, tx: Tx, place: Key, clause: Clause, writing: Writing, edition: int, *, by: Actor
) -> RivalTextError:
    row = RivalRow(
        clause_id=clause.id,
        rival_id=uuid4(),
        base_edition=edition,
        title=writing.title,
        body=writing.body,
        items=list(writing.items),
        written_by=by.id,
        written_at=desk.clock.now(),
    )
    await store.add_rival(tx, place, row)
    return RivalTextError(
        "この条は、開いた後にほかの人が保存しました。入力した文は、消さずに並べて残しています。"
        "二つの文を見比べて、一つに合わせてください。",
        edition=clause.edition,
        rival_id=str(row.rival_id),
        title=clause.title,
        body=clause.body,
    )


async def _editable(desk: Desk, tx: Tx, place: Key) -> tuple[VersionRow, Catalogue]:
    version = await version_at(tx, *place, State.DRAFTING)
    return version, await guideline.current(tx, on=desk.clock.today())


async def _locked(tx: Tx, place: Key, clause_id: UUID) -> Clause:
    return await clause_of(tx, place, clause_id, lock=True)


async def clause_of(tx: Tx, place: Key, clause_id: UUID, *, lock: bool = False) -> Clause:
    """A clause of the version.

    Raises:
        UnknownDocumentError: it has none with this id.
    """
    found = await store.clause(tx, place, clause_id, lock=lock)
    if found is None:
        raise UnknownDocumentError(
            "この版に、この条はありません。除かれたか、別の版の条です。条文の一覧から開き直してください。"
        )
    return found


def _checked(writing: Writing, current: Catalogue) -> Writing:
    title = plain(writing.title).replace("\n", " ")
    lines = [one.strip() for one in plain(writing.body).split("\n")]
    body = "\n".join(filter(None, lines))
    fields: dict[str, str] = {}
    if not title or len(title) > LONGEST_TITLE:
        fields["title"] = f"見出しは1字から{LONGEST_TITLE}字までです。直してください。"
    if len(body) > LONGEST_BODY:
        fields["body"] = f"本文は{LONGEST_BODY:,}字までです。条を分けてください。"
    unknown = [item for item in writing.items if item not in current]
    if unknown:
        names = "、".join(one[:40] for one in unknown[:5])
        fields["items"] = (
            f"ガイドライン{current.version}にない項目です（{names}）。番号を直してください。"
        )
    if fields:
        raise BadClauseError(" ".join(fields.values()), fields=fields)
    return Writing(title=title, body=body, items=_unique(writing.items, current))


def _unique(items: Sequence[str], current: Catalogue) -> tuple[str, ...]:
    return tuple(dict.fromkeys(current.item(one).id for one in items))


def _required(reason: str) -> str:
    why = plain(reason)
    if not why or len(why) > 400:
        raise BadClauseError(
            "理由がないか、400字を超えています。理由は記録に残り、次の見直しで読みます。入力してください。",
            fields={"reason": "理由を400字以内で入力してください。"},
        )
    return why
