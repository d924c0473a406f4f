"""Exceptions, for programs."""

from datetime import date, datetime
from typing import Annotated, Any, Final
from uuid import UUID

from litestar import get, post
from litestar.params import FromPath, JSONBody
from litestar.types import ControllerRouterHandler
from msgspec import Meta, Struct

from jichitai.security.access import INSIDE, OFFICER, body_code
from jichitai.security.checks.access import DECIDERS
from jichitai.security.checks.api.register_shapes import Entered, Note
from jichitai.security.checks.model.exceptions import Application
from jichitai.security.checks.model.texts import PLAIN
from jichitai.security.checks.service.exceptions import Exceptions
from jichitai.security.checks.store import registers
from jichitai.security.checks.store.registers import ExceptionRow
from jichitai.web.inject import Db, LawClock, Who

_READ: Final[dict[str, Any]] = {"roles": INSIDE}
_WRITE: Final[dict[str, Any]] = {"roles": OFFICER}
_DECIDE: Final[dict[str, Any]] = {"roles": DECIDERS}
_TAGS: Final = ["security"]
_Text = Annotated[str, Meta(max_length=2_000, pattern=PLAIN)]
_Word = Annotated[str, Meta(max_length=200, pattern=PLAIN)]
_Items = Annotated[
    tuple[Annotated[str, Meta(max_length=60, pattern=PLAIN)], ...], Meta(max_length=100)
]


class NewException(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """例外措置の申請; see `Application`."""

    title: _Word
    items: _Items
    reason: _Text
    risk: _Text
    compensating: _Text
    until: date
    target_key: _Word = ""
    target_name: _Word = ""
    emergency: bool = False
    correction_id: UUID | None = None


class Decision(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether an exception is permitted; a refusal says why."""

    approved: bool
    note: _Text = ""


class ExceptionView(Struct, frozen=True, kw_only=True):
    """An exception."""

    exception_id: UUID
    number: str
    title: str
    items: list[str]
    target_name: str
    reason: str
    risk: str
    compensating: str
    until: date
    in_force: bool
    emergency: bool
    state: str
    applied_by: str
    applied_at: datetime
    decided_by: str
    decided_at: datetime | None
    note: str


class ExceptionList(Struct, frozen=True, kw_only=True):
    """Exceptions, applications first."""

    exceptions: list[ExceptionView]


@get("/api/v1/security/exceptions", opt=_READ, summary="Exceptions", tags=_TAGS)
async def list_exceptions(principal: Who, db: Db, clock: LawClock) -> ExceptionList:
    """Applications first."""
    body, today = body_code(principal), clock.today()
    async with db.transaction(town=body, read_only=True) as tx:
        found = await registers.exceptions(tx, body)
    return ExceptionList(exceptions=[_exception(one, today) for one in found])


@post("/api/v1/security/exceptions", opt=_WRITE, status_code=201,
      summary="Apply for an exception", tags=_TAGS)  # fmt: skip
async def apply_for_exception(
    data: JSONBody[NewException], principal: Who, db: Db, clock: LawClock
) -> Entered:
    """Somebody else decides on it."""
    body = body_code(principal)
    application = Application(
        title=data.title,
        items=data.items,
        reason=data.reason,
        risk=data.risk,
        compensating=data.compensating,
        until=data.until,
        target_ref=data.target_key,
        target_name=data.target_name,
        emergency=data.emergency,
        correction_id=data.correction_id,
    )
    async with db.transaction(town=body) as tx:
        found = await Exceptions(clock).apply(tx, body, application, by=principal.actor)
    return Entered(id=found)


@post("/api/v1/security/exceptions/{exception_id:uuid}/decision", opt=_DECIDE, status_code=204,
      summary="Decide on an exception", tags=_TAGS)  # fmt: skip
async def decide_exception(
    exception_id: FromPath[UUID], data: JSONBody[Decision], principal: Who, db: Db, clock: LawClock
) -> None:
    """Never on one's own."""
    body = body_code(principal)
    async with db.transaction(town=body) as tx:
        await Exceptions(clock).decide(
            tx, body, exception_id, approved=data.approved, note=data.note, by=principal.actor
        )


@post("/api/v1/security/exceptions/{exception_id:uuid}/end", opt=_WRITE, status_code=204,
      summary="End an exception", tags=_TAGS)  # fmt: skip
async def end_exception(
    exception_id: FromPath[UUID], data: JSONBody[Note], principal: Who, db: Db, clock: LawClock
) -> None:
    """The standard is kept again."""
    body = body_code(principal)
    async with db.transaction(town=body) as tx:
        await Exceptions(clock).end(tx, body, exception_id, note=data.note, by=principal.actor)


def _exception(row: ExceptionRow, today: date) -> ExceptionView:
    return ExceptionView(
        exception_id=row.exception_id,
        number=row.label,
        title=row.title,
        items=row.items,
        target_name=row.target_name,
        reason=row.reason,
        risk=row.risk,
        compensating=row.compensating,
        until=row.until,
        in_force=row.in_force(today),
        emergency=row.emergency,
        state=row.state,
        applied_by=row.applied_by_name,
        applied_at=row.applied_at,
        decided_by=row.decided_by_name or "",
        decided_at=row.decided_at,
        note=row.note,
    )


ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (
    list_exceptions,
    apply_for_exception,
    decide_exception,
    end_exception,
)
