"""ポリシー作成: the clauses, one clause beside the guideline, what is missing, two texts of one clause."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from litestar import Request, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template
from litestar.types import ControllerRouterHandler

from jichitai.infra.database import Database
from jichitai.kernel.errors import JichitaiError, NotFoundError
from jichitai.security.access import INSIDE, OFFICER, body_code, own_body
from jichitai.security.guideline.builtin import UNOFFICIAL
from jichitai.security.guideline.model import Item
from jichitai.security.policy.errors import RivalTextError
from jichitai.security.policy.model import drafting, interview
from jichitai.security.policy.model.merging import Merge
from jichitai.security.policy.model.states import State
from jichitai.security.policy.model.text import Clause, Part, blocks, label
from jichitai.security.policy.pages import words
from jichitai.security.policy.pages.shelf import BASE
from jichitai.security.policy.service import editing, opening
from jichitai.security.policy.service.desk import Desk
from jichitai.security.policy.service.editing import Writing
from jichitai.security.policy.service.papers import part_named
from jichitai.security.policy.service.reading import Look, look
from jichitai.security.policy.store import clauses as clause_store
from jichitai.security.policy.wiring import Outgoing
from jichitai.web.components import Colour, Column, NavItem, Option, Status
from jichitai.web.frame import page
from jichitai.web.inject import Db, LawClock, Who
from jichitai.web.rights import Principal, Role

AnyRequest = Request[Any, Any, Any]
_READ: Final[dict[str, Any]] = {"roles": INSIDE}
_WRITE: Final[dict[str, Any]] = {"roles": OFFICER}
_VERSION: Final = f"{BASE}/{{policy_id:uuid}}/versions/{{version:int}}"
_CLAUSE: Final = f"{_VERSION}/clauses/{{clause_id:uuid}}"
_PARTS: Final = tuple(Option(one.value, one.japanese) for one in Part)
_VIEWS: Final = ("all", "stale", "empty", "rivals", "gaps", "declined")
_MARKS: Final[Mapping[str, tuple[str, Colour, str]]] = {
    "stale": ("古い", "orange", "ガイドラインの改定の後、だれも確かめていません"),
    "empty": ("空", "red", "本文がありません"),
    "rival": ("二つの文", "yellow", "二人が書きました。一つに合わせます"),
    "good": ("よい", "green", ""),
}
_COLUMNS: Final = (
    Column("label", "条", head=True, wide=True),
    Column("chapter", "章", wide=True),
    Column("items", "根拠の項目"),
    Column("mark", "状態"),
)
_ITEM_COLUMNS: Final = (
    Column("heading", "ガイドラインの項目", head=True, wide=True),
    Column("chapter", "章", wide=True),
    Column("obligation", "強さ"),
    Column("act", "どうする"),
)
_DECLINED_COLUMNS: Final = (
    Column("heading", "ガイドラインの項目", head=True, wide=True),
    Column("reason", "適用しない理由", wide=True),
    Column("act", "どうする"),
)


@dataclass(frozen=True, slots=True)
class Line:
    """A clause in the list."""

    clause: Clause
    label: str
    mark: str
    href: str

    @property
    def status(self) -> Status:
        """Its mark as a chip."""
        word, colour, meaning = _MARKS[self.mark]
        return Status(word, colour, meaning)


def lines_of(seen: Look, base: str) -> list[Line]:
    """All clauses in order with their numbers and marks."""
    stale = {clause.id for clause in seen.seen.stale}
    rivals = {rival.clause_id for rival in seen.rivals}
    found = []
    for part in Part:
        for number, clause in enumerate(seen.part(part), start=1):
            mark = "good"
            if clause.id in rivals:
                mark = "rival"
            elif clause.empty:
                mark = "empty"
            elif clause.id in stale:
                mark = "stale"
            name = label(seen.version.shape, number, clause.title)
            found.append(Line(clause, name, mark, f"{base}/clauses/{clause.id}"))
    return found


def _base(policy_id: UUID, version: int) -> str:
    return f"{BASE}/{policy_id}/versions/{version}"


def _tabs(seen: Look, base: str, view: str) -> list[NavItem]:
    counts = {
        "all": ("条文 一覧", len(seen.clauses), "件"),
        "stale": ("古い", len(seen.seen.stale), "件"),
        "empty": ("空", len(seen.seen.empty), "件"),
        "rivals": ("二つの文", len({one.clause_id for one in seen.rivals}), "件"),
        "gaps": ("足りない項目", len(seen.seen.gaps), "件"),
        "declined": ("適用しない項目", len(seen.seen.declined), "件"),
    }
    return [
        NavItem(word, f"{base}/text?show={name}", current=name == view, count=count, unit=unit)
        for name, (word, count, unit) in counts.items()
    ]


@get(f"{_VERSION}/text", opt=_READ, include_in_schema=False)
async def text(
    request: AnyRequest,
    policy_id: FromPath[UUID],
    version: FromPath[int],
    principal: Who,
    db: Db,
    clock: LawClock,
) -> Template:
    """The clauses by what they need."""
    code = body_code(principal)
    view = request.query_params.get("show", "all")
    view = view if view in _VIEWS else "all"
    async with db.transaction(town=code, read_only=True) as tx:
        seen = await look(tx, code, policy_id, version, on=clock.today())
    base = _base(policy_id, version)
    lines = lines_of(seen, base)
    wanted = {"stale": "stale", "empty": "empty", "rivals": "rival"}.get(view)
    context = {
        "policy": seen.policy,
        "row": seen.version,
        "seen": seen,
        "base": base,
        "tabs": _tabs(seen, base, view),
        "view": view,
        "lines": [one for one in lines if wanted in (None, one.mark)],
        "parts": list(Part),
        "columns": _COLUMNS,
        "item_columns": _ITEM_COLUMNS,
        "declined_columns": _DECLINED_COLUMNS,
        "item_of": lambda key: seen.current.item(key) if key in seen.current else None,
        "status": words.status_of,
        "may_write": _may_write(principal, seen),
        "unofficial": "" if seen.current.official else UNOFFICIAL,
    }
    return page(request, "security_policy/text.html", context)


def _may_write(principal: Principal, seen: Look) -> bool:
    return Role.SECURITY_OFFICER in principal.roles and seen.version.step is State.DRAFTING


@get(_CLAUSE, opt=_READ, include_in_schema=False)
async def clause(
    request: AnyRequest,
    policy_id: FromPath[UUID],
    version: FromPath[int],
    clause_id: FromPath[UUID],
    principal: Who,
    db: Db,
    clock: LawClock,
) -> Template:
    """One clause: our text, and the guideline beside it."""
    return await _page(request, policy_id, version, clause_id, principal, db, clock)


@post(_CLAUSE, opt=_WRITE, include_in_schema=False)
async def save(
    request: AnyRequest,
    policy_id: FromPath[UUID],
    version: FromPath[int],
    clause_id: FromPath[UUID],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Outgoing,
) -> Template | Redirect:
    """Save, merge, confirm, take out, decide on an item: one form each, told apart by `deed`."""
    code = body_code(principal)
    sent = await request.form()
    data = {name: str(value) for name, value in sent.items()}
    data_items = [str(one) for one in sent.getall("items", [])]
    place, desk = (code, policy_id, version), Desk(clock, outbox)
    base = _base(policy_id, version)
    refusal: JichitaiError | None = None
    async with db.transaction(town=code) as tx:
        try:
            await _deed(desk, tx, place, clause_id, data, data_items, principal)
        except RivalTextError as kept:
            refusal = kept  # the second text is kept, so the transaction commits
        except NotFoundError:
            raise
        except JichitaiError as refused:
            if "fields" not in refused.facts:
                raise
            refusal = refused
    if isinstance(refusal, RivalTextError):
        problems = {"": refusal.detail}
        return await _page(
            request, policy_id, version, clause_id, principal, db, clock,
            problems=problems, status=409,
        )  # fmt: skip
    if refusal is not None:
        return await _page(
            request, policy_id, version, clause_id, principal, db, clock,
            typed=data, items=data_items, problems=words.fields_of(refusal), status=422,
        )  # fmt: skip
    if data.get("deed") == "remove":
        return Redirect(f"{base}/text", status_code=303)
    return Redirect(f"{base}/clauses/{clause_id}?saved=1", status_code=303)


async def _deed(
    desk: Desk,
    tx: Any,
    place: tuple[str, UUID, int],
    clause_id: UUID,
    data: Mapping[str, str],
    items: Sequence[str],
    principal: Principal,
) -> None:
    by, edition = principal.actor, _whole(data.get("edition", ""))
    writing = Writing(
        title=data.get("title", ""),
        body=data.get("body", ""),
        items=tuple(dict.fromkeys(filter(None, (*items, data.get("add_item", ""))))),
    )
    match data.get("deed"):
        case "confirm":
            reason = data.get("reason", "")
            await editing.confirm(desk, tx, place, clause_id, edition=edition, reason=reason, by=by)
        case "remove":
            await editing.remove(desk, tx, place, clause_id, edition=edition, by=by)
        case "decline":
            item, reason = data.get("item", ""), data.get("reason", "")
            await editing.decline(desk, tx, place, item, applies=False, reason=reason, by=by)
        case "merge":
            await editing.settle(
                desk, tx, place, clause_id, _uuid(data.get("rival", "")), writing,
                edition=edition, by=by,
            )  # fmt: skip
        case _:
            await editing.save(desk, tx, place, clause_id, writing, edition=edition, by=by)


def _whole(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 8 else 0


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)


@post(f"{_VERSION}/items", opt=_WRITE, include_in_schema=False)
async def decide_item(
    request: AnyRequest,
    policy_id: FromPath[UUID],
    version: FromPath[int],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Outgoing,
) -> Redirect:
    """From the list of items: write a clause from our text, decline with a reason, or take back."""
    code = body_code(principal)
    sent = {name: str(value) for name, value in (await request.form()).items()}
    place, desk = (code, policy_id, version), Desk(clock, outbox)
    item, deed, base = sent.get("item", ""), sent.get("deed"), _base(policy_id, version)
    async with db.transaction(town=code) as tx:
        if deed == "write":
            made = await _written(desk, tx, place, item, clock, principal)
            return Redirect(f"{base}/clauses/{made.id}", status_code=303)
        reason = sent.get("reason", "") or ("適用することにした" if deed == "apply" else "")
        await editing.decline(
            desk, tx, place, item, applies=deed == "apply", reason=reason, by=principal.actor
        )
    return Redirect(f"{base}/text?show=gaps", status_code=303)


async def _written(
    desk: Desk,
    tx: Any,
    place: tuple[str, UUID, int],
    item: str,
    clock: LawClock,
    principal: Principal,
) -> Clause:
    seen = await look(tx, *place, on=clock.today())
    found = seen.current.item(item)
    answers = interview.filled(
        await opening.questions_for(tx, place[0], clock.today()), seen.policy.answers
    )
    body = drafting.proposal(found.id, await own_body(tx, place[0]), answers)
    part = Part.BASIC if found.obligation == "statutory" else Part.STANDARD
    writing = Writing(title=found.title[: editing.LONGEST_TITLE], body=body, items=(found.id,))
    return await editing.add(
        desk, tx, place, part, f"{found.chapter_no} {found.chapter}", writing, by=principal.actor
    )


@dataclass(frozen=True, slots=True)
class Beside:
    """An item of the guideline beside a clause: now, before, and what changed."""

    item: Item
    before: Item | None
    what: tuple[str, ...]
    stale: bool


def _beside(seen: Look, clause: Clause) -> list[Beside]:
    stale = seen.seen.stale.get(clause, ())
    old = seen.catalogues.get(clause.guideline_version)
    found = []
    for key in clause.items:
        if key not in seen.current:
            continue
        item = seen.current.item(key)
        before = old.item(key) if old is not None and key in old else None
        moved = key in stale
        reasons = tuple(one.what for one in seen.current.revisions_of(key)) if moved else ()
        found.append(Beside(item, before if moved else None, reasons, moved))
    return found


async def _page(
    request: AnyRequest,
    policy_id: UUID,
    version: int,
    clause_id: UUID,
    principal: Principal,
    db: Database,
    clock: LawClock,
    *,
    typed: Mapping[str, str] | None = None,
    items: Sequence[str] = (),
    problems: Mapping[str, str] | None = None,
    status: int = 200,
) -> Template:
    code = body_code(principal)
    place = (code, policy_id, version)
    async with db.transaction(town=code, read_only=True) as tx:
        seen = await look(tx, *place, on=clock.today())
        found = await editing.clause_of(tx, place, clause_id)
        rivals = [one for one in seen.rivals if one.clause_id == clause_id]
        merges: list[Merge] = [await editing.proposed(tx, place, found, one) for one in rivals]
        edits = await clause_store.edits(tx, place, clause_id)
        people = {one.edited_by for one in edits} | {one.written_by for one in rivals}
        names = await words.names_of(tx, people)
        extra = await _inserted(tx, code, seen, request.query_params.get("insert", ""), clock)
    base = _base(policy_id, version)
    lines = lines_of(seen, base)
    at = next(i for i, one in enumerate(lines) if one.clause.id == clause_id)
    values = {"title": found.title, "body": found.body, **_given(typed, "title", "body")}
    if extra:
        values["body"] = f"{found.body}\n{extra}".strip()
    context = {
        "policy": seen.policy,
        "row": seen.version,
        "clause": found,
        "line": lines[at],
        "previous": lines[at - 1] if at else None,
        "next": lines[at + 1] if at + 1 < len(lines) else None,
        "lines": lines,
        "tabs": _tabs(seen, base, "all"),
        "base": base,
        "values": values,
        "chosen": list(items) if typed else list(found.items),
        "options": _options(seen, found, items),
        "addable": [
            Option(one.id, one.heading) for one in seen.applicable if one.id not in found.items
        ],
        "beside": _beside(seen, found),
        "current": seen.current,
        "rivals": [
            {"row": one, "merge": merge, "who": names.get(one.written_by, "担当者")}
            for one, merge in zip(rivals, merges, strict=True)
        ],
        "edits": [{"row": one, "who": names.get(one.edited_by, "")} for one in edits],
        "verbs": _VERBS,
        "blocks": blocks(found.body, seen.version.shape),
        "inserted": bool(extra),
        "saved": request.query_params.get("saved") == "1",
        "may_write": _may_write(principal, seen),
        "errors": words.errors_of(problems or {}),
        "unofficial": "" if seen.current.official else UNOFFICIAL,
        "reason": (typed or {}).get("reason", ""),
        "reason_for": (typed or {}).get("deed", ""),
    }
    return page(request, "security_policy/clause.html", context, status=status)


_VERBS: Final = {
    "drafted": "回答から作成",
    "saved": "保存",
    "added": "追加",
    "merged": "二つの文を合わせた",
    "confirmed": "確かめて、そのまま",
    "imported": "規程から取込み",
    "copied": "前の版から",
    "removed": "除いた",
}


def _given(typed: Mapping[str, str] | None, *names: str) -> dict[str, str]:
    return {name: typed[name] for name in names if typed and name in typed}


def _options(seen: Look, clause: Clause, items: Sequence[str]) -> list[Option]:
    keys = dict.fromkeys((*clause.items, *items))
    return [
        Option(key, seen.current.item(key).heading if key in seen.current else f"{key}（廃止）")
        for key in keys
    ]


async def _inserted(tx: Any, code: str, seen: Look, item: str, clock: LawClock) -> str:
    """Our text for an item that a link asks to copy into the form."""
    if not item or item not in seen.current:
        return ""
    answers = interview.filled(
        await opening.questions_for(tx, code, clock.today()), seen.policy.answers
    )
    return drafting.proposal(seen.current.item(item).id, await own_body(tx, code), answers)


@get(f"{_VERSION}/clauses/new", opt=_WRITE, include_in_schema=False)
async def new_clause(
    request: AnyRequest,
    policy_id: FromPath[UUID],
    version: FromPath[int],
    principal: Who,
    db: Db,
    clock: LawClock,
) -> Template:
    """An empty form for a clause of the body's own."""
    return await _new(request, policy_id, version, principal, db, clock, {}, {})


@post(f"{_VERSION}/clauses/new", opt=_WRITE, include_in_schema=False)
async def add_clause(
    request: AnyRequest,
    policy_id: FromPath[UUID],
    version: FromPath[int],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Outgoing,
) -> Template | Redirect:
    """Add it at the end of its part, or behind the clause that was chosen."""
    code = body_code(principal)
    typed = {name: str(value) for name, value in (await request.form()).items()}
    if typed.get("part") not in {one.value for one in Part}:
        problems = {"part": "基本方針と対策基準のどちらに置くかを選んでください。"}
        return await _new(request, policy_id, version, principal, db, clock, typed, problems)
    writing = Writing(
        title=typed.get("title", ""),
        body=typed.get("body", ""),
        items=tuple(filter(None, (typed.get("add_item", ""),))),
    )
    after = typed.get("after", "")
    try:
        async with db.transaction(town=code) as tx:
            made = await editing.add(
                Desk(clock, outbox), tx, (code, policy_id, version), Part(typed["part"]),
                typed.get("chapter", ""), writing, after=_uuid(after) if after else None,
                by=principal.actor,
            )  # fmt: skip
    except JichitaiError as refusal:
        if "fields" not in refusal.facts:
            raise
        found = words.fields_of(refusal)
        return await _new(request, policy_id, version, principal, db, clock, typed, found)
    return Redirect(f"{_base(policy_id, version)}/clauses/{made.id}?saved=1", status_code=303)


async def _new(
    request: AnyRequest,
    policy_id: UUID,
    version: int,
    principal: Principal,
    db: Database,
    clock: LawClock,
    typed: Mapping[str, str],
    problems: Mapping[str, str],
) -> Template:
    code = body_code(principal)
    async with db.transaction(town=code, read_only=True) as tx:
        seen = await look(tx, code, policy_id, version, on=clock.today())
    base = _base(policy_id, version)
    context = {
        "policy": seen.policy,
        "row": seen.version,
        "base": base,
        "typed": typed,
        "errors": words.errors_of(problems),
        "parts": _PARTS,
        "places": [Option(str(one.clause.id), one.label) for one in lines_of(seen, base)],
        "addable": [Option(one.id, one.heading) for one in seen.applicable],
    }
    status = 422 if problems else 200
    return page(request, "security_policy/new.html", context, status=status)


@get(f"{_VERSION}/document/{{part:str}}", opt=_READ, include_in_schema=False)
async def document(
    request: AnyRequest,
    policy_id: FromPath[UUID],
    version: FromPath[int],
    part: FromPath[str],
    principal: Who,
    db: Db,
    clock: LawClock,
) -> Template:
    """The whole text of a part, for those who decide on it."""
    code, which = body_code(principal), part_named(part)
    async with db.transaction(town=code, read_only=True) as tx:
        seen = await look(tx, code, policy_id, version, on=clock.today())
        body = await own_body(tx, code)
    made = seen.document(which, body)
    context = {
        "policy": seen.policy,
        "row": seen.version,
        "base": _base(policy_id, version),
        "part": which,
        "name": made.name,
        "hash": made.hash,
        "fixed": seen.version.document_hash if which is Part.BASIC else seen.version.standard_hash,
        "status": words.status_of,
        "clauses": [
            (label(made.form, number, one.title), blocks(one.body, made.form))
            for number, one in enumerate(made.clauses, start=1)
        ],
    }
    return page(request, "security_policy/document.html", context)


BENCH_ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (
    text,
    clause,
    save,
    decide_item,
    new_clause,
    add_clause,
    document,
)
