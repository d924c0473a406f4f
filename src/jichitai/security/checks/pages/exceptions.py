"""例外措置: applications, decisions, and what is permitted until when."""

from typing import Any, Final
from uuid import UUID

from litestar import get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from jichitai.infra.clock import Clock
from jichitai.infra.database import Database
from jichitai.kernel.errors import JichitaiError
from jichitai.security.access import INSIDE, OFFICER, body_code
from jichitai.security.assets.model.kinds import Area
from jichitai.security.checks.access import DECIDERS
from jichitai.security.checks.errors import CheckFormError
from jichitai.security.checks.model.exceptions import Application
from jichitai.security.checks.pages import words
from jichitai.security.checks.pages.forms import AnyRequest, Typed, status_of, typed_into
from jichitai.security.checks.service import systems
from jichitai.security.checks.service.exceptions import Exceptions
from jichitai.security.checks.store import registers
from jichitai.security.errors import UnknownDocumentError
from jichitai.security.guideline import service as guideline
from jichitai.web.components import FieldErrors, Option
from jichitai.web.frame import page
from jichitai.web.inject import Db, LawClock, Who
from jichitai.web.rights import Principal

_READ: Final[dict[str, Any]] = {"roles": INSIDE}
_WRITE: Final[dict[str, Any]] = {"roles": OFFICER}
_DECIDE: Final[dict[str, Any]] = {"roles": DECIDERS}


@get("/security/checks/exceptions", opt=_READ, include_in_schema=False)
async def list_page(request: AnyRequest, principal: Who, db: Db, clock: LawClock) -> Template:
    """Applications first."""
    body, today = body_code(principal), clock.today()
    async with db.transaction(town=body, read_only=True) as tx:
        found = await registers.exceptions(tx, body)
    context = {
        "rows": [{"row": one, "status": words.permission_status(one, today)} for one in found],
        "may_write": bool(principal.roles & OFFICER),
    }
    return page(request, "checks/exceptions.html", context)


@get("/security/checks/exceptions/new", opt=_WRITE, include_in_schema=False)
async def new(request: AnyRequest, principal: Who, db: Db, clock: LawClock) -> Template:
    """An empty application."""
    return await _new_page(request, principal, db, clock, {"items": []}, FieldErrors())


@post("/security/checks/exceptions/new", opt=_WRITE, include_in_schema=False)
async def apply(
    request: AnyRequest, principal: Who, db: Db, clock: LawClock
) -> Template | Redirect:
    """Apply; somebody else decides."""
    body = body_code(principal)
    typed = await typed_into(request, "items")
    try:
        names = dict(await _places(db, body))
        application = _application(typed, names)
        async with db.transaction(town=body) as tx:
            found = await Exceptions(clock).apply(tx, body, application, by=principal.actor)
    except JichitaiError as refusal:
        errors, status = words.fields_of(refusal), status_of(refusal)
        return await _new_page(request, principal, db, clock, typed, errors, status)
    return Redirect(f"/security/checks/exceptions/{found}", status_code=303)


@get("/security/checks/exceptions/{exception_id:uuid}", opt=_READ, include_in_schema=False)
async def show(
    request: AnyRequest, exception_id: FromPath[UUID], principal: Who, db: Db, clock: LawClock
) -> Template:
    """One exception, and the decision on it."""
    return await _page(request, exception_id, principal, db, clock, {}, FieldErrors())


@post("/security/checks/exceptions/{exception_id:uuid}", opt=_DECIDE, include_in_schema=False)
async def decide(
    request: AnyRequest, exception_id: FromPath[UUID], principal: Who, db: Db, clock: LawClock
) -> Template | Redirect:
    """Permit, refuse, or end it."""
    body = body_code(principal)
    typed = await typed_into(request)
    note, deed = str(typed.get("note", "")), typed.get("deed")
    exceptions = Exceptions(clock)
    try:
        async with db.transaction(town=body) as tx:
            if deed == "end":
                await exceptions.end(tx, body, exception_id, note=note, by=principal.actor)
            else:
                approved = deed == "approve"
                await exceptions.decide(
                    tx, body, exception_id, approved=approved, note=note, by=principal.actor
                )
    except JichitaiError as refusal:
        errors, status = words.fields_of(refusal), status_of(refusal)
        return await _page(request, exception_id, principal, db, clock, typed, errors, status)
    return Redirect(f"/security/checks/exceptions/{exception_id}", status_code=303)


def _application(typed: Typed, names: dict[str, str]) -> Application:
    found, wrong = words.days(typed, "until")
    key = str(typed.get("target", ""))
    if key and key not in names:
        wrong["target"] = "対象を読めません。選び直してください。"
    if wrong:
        raise CheckFormError.of(wrong)
    return Application(
        title=str(typed.get("title", ""))[:200],
        items=tuple(typed["items"]),
        reason=str(typed.get("reason", "")),
        risk=str(typed.get("risk", "")),
        compensating=str(typed.get("compensating", "")),
        until=found["until"],
        target_ref=key,
        target_name=names.get(key, ""),
        emergency=typed.get("emergency") == "1",
    )


async def _places(db: Database, body: str) -> list[tuple[str, str]]:
    async with db.transaction(town=body, read_only=True) as tx:
        known = await systems.known(tx, body)
    found = [(f"area:{area}", area.japanese) for area in Area]
    return found + [(f"system:{one.system_id}", one.name) for one in known]


async def _new_page(
    request: AnyRequest,
    principal: Principal,
    db: Database,
    clock: Clock,
    typed: Typed,
    errors: FieldErrors,
    status: int = 200,
) -> Template:
    body = body_code(principal)
    places = await _places(db, body)
    async with db.transaction(town=body, read_only=True) as tx:
        catalogue = await guideline.current(tx, on=clock.today())
    context = {
        "typed": typed,
        "errors": errors,
        "places": [Option(key, name) for key, name in places],
        "items": words.item_options(catalogue.items),
    }
    return page(request, "checks/exception_new.html", context, status=status)


async def _page(
    request: AnyRequest,
    exception_id: UUID,
    principal: Principal,
    db: Database,
    clock: Clock,
    typed: Typed,
    errors: FieldErrors,
    status: int = 200,
) -> Template:
    body, today = body_code(principal), clock.today()
    async with db.transaction(town=body, read_only=True) as tx:
        row = await registers.exception(tx, body, exception_id)
        if row is None:
            raise UnknownDocumentError(
                "この団体に、その例外措置はありません。一覧から開き直してください。"
            )
        events = await registers.events(tx, body, exception_id)
        catalogue = await guideline.current(tx, on=today)
    own = row.applied_by == principal.account_id
    context = {
        "row": row,
        "status": words.permission_status(row, today),
        "titles": [
            f"{item}　{catalogue.item(item).title}" if item in catalogue else item
            for item in row.items
        ],
        "own": own,
        "may_decide": row.state == "applied" and not own and bool(principal.roles & DECIDERS),
        "may_end": row.state == "approved" and bool(principal.roles & OFFICER),
        "typed": typed,
        "errors": errors,
        "events": words.history(events),
    }
    return page(request, "checks/exception.html", context, status=status)


ROUTES: Final = (list_page, new, apply, show, decide)
