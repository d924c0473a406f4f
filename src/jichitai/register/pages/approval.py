"""審査待ち: the queue, and one entry with what it changes."""

from typing import Any, Final
from uuid import UUID

from litestar import Request, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from jichitai.register import errors
from jichitai.register.access import APPROVERS, CLERKS, actor
from jichitai.register.model import findings
from jichitai.register.model.resident import Resident
from jichitai.register.pages import views
from jichitai.register.service.entries import Entries
from jichitai.register.service.entry import Assessed, Entry
from jichitai.register.service.people import People
from jichitai.web.components import FieldError, FieldErrors
from jichitai.web.frame import page
from jichitai.web.inject import Db, LawClock, NodeKeys, Who
from jichitai.web.rights import Principal, Role

AnyRequest = Request[Any, Any, Any]
_PAGE: Final = 200


def rows(entries: list[Entry], known: dict[UUID, Resident]) -> list[dict[str, object]]:
    """Entries as rows of a list."""
    return [
        {
            "id": entry.id,
            "receipt": f"{entry.receipt:06d}",
            "kind": entry.kind.japanese,
            "subject": views.subjects(entry, known),
            "by": entry.entered_name,
            "at": entry.submitted_at or entry.entered_at,
            "status": views.entry_status(entry),
            "return_reason": entry.return_reason or "",
        }
        for entry in entries
    ]


@get("/counter/approvals", opt={"roles": CLERKS}, include_in_schema=False)
async def queue(
    request: AnyRequest,
    principal: Who,
    db: Db,
    keys: NodeKeys,
    clock: LawClock,
    done: FromQuery[int | None] = None,
) -> Template:
    """What waits for approval by this person: everything but their own."""
    town = principal.town()
    async with db.transaction(town=town, read_only=True) as tx:
        waiting = await Entries(keys, clock).listed(tx, town, ["submitted"], limit=_PAGE)
        ids = {i for i in views.subject_ids(waiting) if isinstance(i, UUID)}
        known = await People(keys, clock).names(tx, town, ids)
    others = [entry for entry in waiting if entry.entered_by != principal.account_id]
    context = {
        "rows": rows(others, known),
        "own": len(waiting) - len(others),
        "done": done,
    }
    return page(request, "register/approvals.html", context)


@get("/counter/approvals/{entry_id:uuid}", opt={"roles": CLERKS}, include_in_schema=False)
async def show(
    request: AnyRequest,
    entry_id: FromPath[UUID],
    principal: Who,
    db: Db,
    keys: NodeKeys,
    clock: LawClock,
) -> Template:
    """One entry: what changes, what was confirmed, and the decision."""
    town = principal.town()
    async with db.transaction(town=town, read_only=True) as tx:
        found = await Entries(keys, clock).get(tx, town, entry_id)
    return _page(request, principal, found, {})


@post(
    "/counter/approvals/{entry_id:uuid}/approve", opt={"roles": APPROVERS}, include_in_schema=False
)
async def approve(
    request: AnyRequest,
    entry_id: FromPath[UUID],
    principal: Who,
    db: Db,
    keys: NodeKeys,
    clock: LawClock,
) -> Template | Redirect:
    """本登録する; then the next one opens."""
    sent = await request.form()
    revision = str(sent.get("revision", ""))
    town, service = principal.town(), Entries(keys, clock)
    try:
        async with db.transaction(town=town) as tx:
            await service.approve(
                tx,
                town,
                entry_id,
                revision=int(revision) if revision.isascii() and revision.isdigit() else 0,
                by=actor(principal),
            )
    except errors.EntryChangedError as refusal:
        async with db.transaction(town=town, read_only=True) as tx:
            found = await service.get(tx, town, entry_id)
        return _page(request, principal, found, {"": refusal.detail}, status=409)
    async with db.transaction(town=town, read_only=True) as tx:
        waiting = await service.listed(tx, town, ["submitted"], limit=_PAGE)
        receipt = (await service.get(tx, town, entry_id)).entry.receipt
    following = next((e for e in waiting if e.entered_by != principal.account_id), None)
    onward = f"/counter/approvals/{following.id}" if following else "/counter/approvals"
    return Redirect(f"{onward}?done={receipt}", status_code=303)


@post(
    "/counter/approvals/{entry_id:uuid}/return", opt={"roles": APPROVERS}, include_in_schema=False
)
async def return_entry(
    request: AnyRequest,
    entry_id: FromPath[UUID],
    principal: Who,
    db: Db,
    keys: NodeKeys,
    clock: LawClock,
) -> Template | Redirect:
    """差し戻す, with a reason."""
    sent = await request.form()
    town, service = principal.town(), Entries(keys, clock)
    try:
        async with db.transaction(town=town) as tx:
            await service.return_with_reason(
                tx, town, entry_id, str(sent.get("reason", "")), by=actor(principal)
            )
    except errors.FormRefusedError as refusal:
        async with db.transaction(town=town, read_only=True) as tx:
            found = await service.get(tx, town, entry_id)
        return _page(request, principal, found, {"reason": refusal.detail}, status=422)
    return Redirect("/counter/approvals", status_code=303)


def _page(
    request: AnyRequest,
    principal: Principal,
    found: Assessed,
    problems: dict[str, str],
    *,
    status: int = 200,
) -> Template:
    entry = found.entry
    own = entry.entered_by == principal.account_id
    waiting = entry.state == "submitted"
    context = {
        "entry": entry,
        "status": views.entry_status(entry),
        "own": own,
        "occurred": occurred.japanese() if (occurred := found.decision.occurred_on) else "—",
        "may_decide": waiting and not own and Role.APPROVER in principal.roles,
        "compared": [(c.after.name.text, views.compared(c)) for c in found.decision.changes],
        "judged": entry.state not in ("approved", "withdrawn"),
        "found": [
            (f.level is findings.Level.ALERT, f.text, entry.reasons.get(f.code, ""))
            for f in found.decision.findings
        ],
        "errors": FieldErrors(tuple(FieldError(n, text) for n, text in problems.items())),
        "done": request.query_params.get("done", ""),
    }
    return page(request, "register/approval.html", context, status=status)
