"""ポリシー作成: all clauses by what they need, items without a clause, new clauses, the whole text."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from litestar import get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template
from litestar.types import ControllerRouterHandler

from jichitai.infra.database import Database
from jichitai.kernel.errors import JichitaiError
from jichitai.security.access import body_code, own_body
from jichitai.security.guideline.builtin import UNOFFICIAL
from jichitai.security.policy.model import drafting, interview
from jichitai.security.policy.model.text import Clause, Part, blocks, label
from jichitai.security.policy.pages import words
from jichitai.security.policy.pages.clause_list import (
    READ,
    VERSION,
    WRITE,
    AnyRequest,
    base_of,
    lines_of,
    may_write,
    tabs_of,
    uuid_of,
)
from jichitai.security.policy.service import editing, opening
from jichitai.security.policy.service.desk import Desk
from jichitai.security.policy.service.editing import Writing
from jichitai.security.policy.service.papers import part_named
from jichitai.security.policy.service.reading import look
from jichitai.security.policy.wiring import Outgoing
from jichitai.web.components import Column, Option
from jichitai.web.frame import page
from jichitai.web.inject import Db, LawClock, Who
from jichitai.web.rights import Principal

_PARTS: Final = tuple(Option(one.value, one.japanese) for one in Part)
_VIEWS: Final = ("all", "stale", "empty", "rivals", "gaps", "declined")
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


@get(f"{VERSION}/text", opt=READ, include_in_schema=False)
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
    base = base_of(policy_id, version)
    lines = lines_of(seen, base)
    wanted = {"stale": "stale", "empty": "empty", "rivals": "rival"}.get(view)
    context = {
        "policy": seen.policy,
        "row": seen.version,
        "seen": seen,
        "base": base,
        "tabs": tabs_of(seen, base, view),
        "view": view,
        "lines": [one for one in lines if wanted in (None, one.mark)],
        "parts": list(Part),
        "columns": _COLUMNS,
        "item_columns": _ITEM_COLUMNS,
        "declined_columns": _DECLINED_COLUMNS,
        "item_of": lambda key: seen.current.item(key) if key in seen.current else None,
        "status": words.status_of,
        "may_write": may_write(principal, seen),
        "unofficial": "" if seen.current.official else UNOFFICIAL,
    }
    return page(request, "security_policy/text.html", context)


@post(f"{VERSION}/items", opt=WRITE, include_in_schema=False)
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
    item, deed, base = sent.get("item", ""), sent.get("deed"), base_of(policy_id, version)
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


@get(f"{VERSION}/clauses/new", opt=WRITE, include_in_schema=False)
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


@post(f"{VERSION}/clauses/new", opt=WRITE, include_in_schema=False)
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
                typed.get("chapter", ""), writing, after=uuid_of(after) if after else None,
                by=principal.actor,
            )  # fmt: skip
    except JichitaiError as refusal:
        if "fields" not in refusal.facts:
            raise
        found = words.fields_of(refusal)
        return await _new(request, policy_id, version, principal, db, clock, typed, found)
    return Redirect(f"{base_of(policy_id, version)}/clauses/{made.id}?saved=1", status_code=303)


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
    base = base_of(policy_id, version)
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


@get(f"{VERSION}/document/{{part:str}}", opt=READ, include_in_schema=False)
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
        "base": base_of(policy_id, version),
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


TEXT_ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (
    text,
    decide_item,
    new_clause,
    add_clause,
    document,
)
