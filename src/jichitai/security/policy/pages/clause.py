"""ポリシー作成: one clause beside the guideline, and two texts of one clause."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from litestar import get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template
from litestar.types import ControllerRouterHandler

from jichitai.infra.database import Database
from jichitai.kernel.errors import JichitaiError, NotFoundError
from jichitai.security.access import body_code
from jichitai.security.guideline.builtin import UNOFFICIAL
from jichitai.security.guideline.model import Item
from jichitai.security.policy.errors import RivalTextError
from jichitai.security.policy.model.merging import Merge
from jichitai.security.policy.model.text import Clause, blocks
from jichitai.security.policy.pages import words
from jichitai.security.policy.pages.clause_list import (
    READ,
    VERSION,
    WRITE,
    AnyRequest,
    base_of,
    inserted,
    lines_of,
    may_write,
    tabs_of,
    uuid_of,
    whole,
)
from jichitai.security.policy.service import editing
from jichitai.security.policy.service.desk import Desk
from jichitai.security.policy.service.editing import Writing
from jichitai.security.policy.service.reading import Look, look
from jichitai.security.policy.store import clauses as clause_store
from jichitai.security.policy.wiring import Outgoing
from jichitai.web.components import Option
from jichitai.web.frame import page
from jichitai.web.inject import Db, LawClock, Who
from jichitai.web.rights import Principal

_CLAUSE: Final = f"{VERSION}/clauses/{{clause_id:uuid}}"


@get(_CLAUSE, opt=READ, include_in_schema=False)
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


@post(_CLAUSE, opt=WRITE, include_in_schema=False)
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
    base = base_of(policy_id, version)
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
    by, edition = principal.actor, whole(data.get("edition", ""))
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
                desk, tx, place, clause_id, uuid_of(data.get("rival", "")), writing,
                edition=edition, by=by,
            )  # fmt: skip
        case _:
            await editing.save(desk, tx, place, clause_id, writing, edition=edition, by=by)


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
        extra = await inserted(tx, code, seen, request.query_params.get("insert", ""), clock)
    base = base_of(policy_id, version)
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
        "tabs": tabs_of(seen, base, "all"),
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
        "may_write": may_write(principal, seen),
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


CLAUSE_ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (clause, save)
