"""Corrections, exceptions and risks, for programs."""

from datetime import date, datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from litestar import get, post, put
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.types import ControllerRouterHandler
from msgspec import Meta, Struct

from jichitai.infra.database import Tx
from jichitai.security.access import INSIDE, OFFICER, body_code
from jichitai.security.checks.api.rounds import CHECKERS, EventView
from jichitai.security.checks.model.corrections import Origin, Planned, Severity, Step
from jichitai.security.checks.model.exceptions import Application
from jichitai.security.checks.model.risks import Assessed, Grade, Treatment
from jichitai.security.checks.service.corrections import Corrections
from jichitai.security.checks.service.exceptions import Exceptions
from jichitai.security.checks.service.risks import Risks
from jichitai.security.checks.store import registers
from jichitai.security.checks.store.registers import CorrectionRow, ExceptionRow, RiskRow
from jichitai.security.errors import UnknownDocumentError
from jichitai.web.inject import Db, LawClock, Who
from jichitai.web.rights import Role

DECIDERS: Final = frozenset({Role.SECURITY_OFFICER, Role.POLICY_ADOPTER})
"""Who may permit an exception or accept a risk, if it is not their own."""

_READ: Final[dict[str, Any]] = {"roles": INSIDE}
_CHECK: Final[dict[str, Any]] = {"roles": CHECKERS}
_WRITE: Final[dict[str, Any]] = {"roles": OFFICER}
_DECIDE: Final[dict[str, Any]] = {"roles": DECIDERS}
_TAGS: Final = ["security"]
_Text = Annotated[str, Meta(max_length=2_000)]
_Word = Annotated[str, Meta(max_length=200)]
_Owner = Annotated[str, Meta(max_length=80)]
_Scale = Annotated[int, Meta(ge=1, le=5)]
_Items = Annotated[tuple[Annotated[str, Meta(max_length=60)], ...], Meta(max_length=100)]
Only = Annotated[Literal["all", "open", "late"], QueryParameter(description="which corrections")]


class Entered(Struct, frozen=True, kw_only=True):
    """The id of what was entered."""

    id: UUID


class Note(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was done, seen or decided."""

    note: _Text = ""


class NewCorrection(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be put right; see `Planned`."""

    title: _Word
    owner: _Owner
    due_on: date
    detail: _Text = ""
    severity: Severity = Severity.MEDIUM
    risk_id: UUID | None = None


class ChangedCorrection(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A correction changed, on the version that was read."""

    version: Annotated[int, Meta(ge=1, le=1_000_000)]
    title: _Word
    owner: _Owner
    due_on: date
    detail: _Text = ""
    severity: Severity = Severity.MEDIUM


class CorrectionStep(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The next step of a correction; the one who did it does not confirm it."""

    step: Step
    note: _Text = ""


class CorrectionView(Struct, frozen=True, kw_only=True):
    """A correction."""

    correction_id: UUID
    number: str
    title: str
    detail: str
    owner: str
    due_on: date
    late: bool
    severity: Severity
    origin: Origin
    step: Step
    item_id: str
    finding_id: UUID | None
    source: str
    reference: str
    target: str
    version: int
    opened_at: datetime
    done_at: datetime | None
    verified_at: datetime | None


class CorrectionDetail(Struct, frozen=True, kw_only=True):
    """A correction and what happened to it."""

    correction: CorrectionView
    events: list[EventView]


class CorrectionList(Struct, frozen=True, kw_only=True):
    """Corrections, those due first."""

    corrections: list[CorrectionView]
    late: int


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


class NewRisk(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A risk as somebody assesses it; see `Assessed`."""

    asset: _Word
    threat: _Word
    likelihood: _Scale
    impact: _Scale
    treatment: Treatment
    owner: _Owner
    review_on: date
    weakness: _Text = ""
    plan: _Text = ""
    residual_likelihood: _Scale | None = None
    residual_impact: _Scale | None = None
    system_id: UUID | None = None
    items: _Items = ()


class ReassessedRisk(NewRisk, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A risk assessed anew, on the version that was read."""

    version: Annotated[int, Meta(ge=1, le=1_000_000)]


class RiskView(Struct, frozen=True, kw_only=True):
    """A risk."""

    risk_id: UUID
    number: str
    asset: str
    threat: str
    weakness: str
    likelihood: int
    impact: int
    grade: Grade
    treatment: Treatment
    plan: str
    owner: str
    residual: Grade | None
    review_on: date
    items: list[str]
    state: str
    version: int
    assessed_by: str
    decided_by: str
    note: str


class RiskList(Struct, frozen=True, kw_only=True):
    """Risks, the biggest first."""

    risks: list[RiskView]


# --- corrections --------------------------------------------------------------


@get("/api/v1/security/corrections", opt=_READ, summary="Corrections", tags=_TAGS)
async def list_corrections(
    principal: Who, db: Db, clock: LawClock, only: Only = "all"
) -> CorrectionList:
    """Those due first; `late` counts all that are late."""
    body, today = body_code(principal), clock.today()
    states = () if only == "all" else ("open", "doing", "done")
    async with db.transaction(town=body, read_only=True) as tx:
        found = await registers.corrections(tx, body, states=states)
    shown = [one for one in found if only != "late" or one.late(today)]
    return CorrectionList(
        corrections=[_correction(one, today) for one in shown],
        late=sum(one.late(today) for one in found),
    )


@post("/api/v1/security/corrections", opt=_CHECK, status_code=201, summary="Enter a correction",
      tags=_TAGS)  # fmt: skip
async def enter_correction(
    data: JSONBody[NewCorrection], principal: Who, db: Db, clock: LawClock
) -> Entered:
    """With its owner and its day."""
    body = body_code(principal)
    planned = Planned(
        title=data.title,
        detail=data.detail,
        owner=data.owner,
        due_on=data.due_on,
        severity=data.severity,
        risk_id=data.risk_id,
        origin=Origin.MANUAL if data.risk_id is None else Origin.RISK,
    )
    async with db.transaction(town=body) as tx:
        if data.risk_id is not None and await registers.risk(tx, body, data.risk_id) is None:
            raise _unknown("リスク")
        found = await Corrections(clock).open(tx, body, planned, by=principal.actor)
    return Entered(id=found)


@get("/api/v1/security/corrections/{correction_id:uuid}", opt=_READ, summary="A correction",
     tags=_TAGS)  # fmt: skip
async def show_correction(
    correction_id: FromPath[UUID], principal: Who, db: Db, clock: LawClock
) -> CorrectionDetail:
    """With what happened to it."""
    body = body_code(principal)
    async with db.transaction(town=body, read_only=True) as tx:
        row = await registers.correction(tx, body, correction_id)
        if row is None:
            raise _unknown("是正")
        events = await _events(tx, body, correction_id)
    return CorrectionDetail(correction=_correction(row, clock.today()), events=events)


@put("/api/v1/security/corrections/{correction_id:uuid}", opt=_CHECK, status_code=204,
     summary="Change a correction", tags=_TAGS)  # fmt: skip
async def change_correction(
    correction_id: FromPath[UUID],
    data: JSONBody[ChangedCorrection],
    principal: Who,
    db: Db,
    clock: LawClock,
) -> None:
    """The old values stay in its history; 409 when somebody changed it meanwhile."""
    body = body_code(principal)
    planned = Planned(
        title=data.title,
        detail=data.detail,
        owner=data.owner,
        due_on=data.due_on,
        severity=data.severity,
    )
    async with db.transaction(town=body) as tx:
        await Corrections(clock).change(
            tx, body, correction_id, planned, version=data.version, by=principal.actor
        )


@post("/api/v1/security/corrections/{correction_id:uuid}/step", opt=_CHECK, status_code=204,
      summary="Take the next step of a correction", tags=_TAGS)  # fmt: skip
async def move_correction(
    correction_id: FromPath[UUID],
    data: JSONBody[CorrectionStep],
    principal: Who,
    db: Db,
    clock: LawClock,
) -> None:
    """Work on it, report it done, confirm it (another person), take it back."""
    body = body_code(principal)
    async with db.transaction(town=body) as tx:
        await Corrections(clock).move(
            tx, body, correction_id, data.step, note=data.note, by=principal.actor
        )


# --- exceptions ---------------------------------------------------------------


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


# --- risks --------------------------------------------------------------------


@get("/api/v1/security/risks", opt=_READ, summary="Risks", tags=_TAGS)
async def list_risks(principal: Who, db: Db) -> RiskList:
    """The biggest first."""
    body = body_code(principal)
    async with db.transaction(town=body, read_only=True) as tx:
        found = await registers.risks(tx, body)
    return RiskList(risks=[_risk(one) for one in found])


@post("/api/v1/security/risks", opt=_WRITE, status_code=201, summary="Enter a risk", tags=_TAGS)
async def enter_risk(data: JSONBody[NewRisk], principal: Who, db: Db, clock: LawClock) -> Entered:
    """Assessed on the two scales of five."""
    body = body_code(principal)
    async with db.transaction(town=body) as tx:
        found = await Risks(clock).enter(tx, body, _assessed(data), by=principal.actor)
    return Entered(id=found)


@put("/api/v1/security/risks/{risk_id:uuid}", opt=_WRITE, status_code=204,
     summary="Assess a risk anew", tags=_TAGS)  # fmt: skip
async def assess_risk(
    risk_id: FromPath[UUID],
    data: JSONBody[ReassessedRisk],
    principal: Who,
    db: Db,
    clock: LawClock,
) -> None:
    """An accepted risk is open again."""
    body = body_code(principal)
    async with db.transaction(town=body) as tx:
        await Risks(clock).assess(
            tx, body, risk_id, _assessed(data), version=data.version, by=principal.actor
        )


@post("/api/v1/security/risks/{risk_id:uuid}/acceptance", opt=_DECIDE, status_code=204,
      summary="Accept a risk as it is", tags=_TAGS)  # fmt: skip
async def accept_risk(
    risk_id: FromPath[UUID], data: JSONBody[Note], principal: Who, db: Db, clock: LawClock
) -> None:
    """Never one's own assessment."""
    body = body_code(principal)
    async with db.transaction(town=body) as tx:
        await Risks(clock).accept(tx, body, risk_id, note=data.note, by=principal.actor)


@post("/api/v1/security/risks/{risk_id:uuid}/close", opt=_WRITE, status_code=204,
      summary="Close a risk", tags=_TAGS)  # fmt: skip
async def close_risk(
    risk_id: FromPath[UUID], data: JSONBody[Note], principal: Who, db: Db, clock: LawClock
) -> None:
    """It is there no longer."""
    body = body_code(principal)
    async with db.transaction(town=body) as tx:
        await Risks(clock).close(tx, body, risk_id, note=data.note, by=principal.actor)


async def _events(tx: Tx, body: str, subject: UUID) -> list[EventView]:
    return [
        EventView(at=one.at, by=one.by_name, what=one.what, note=one.note)
        for one in await registers.events(tx, body, subject)
    ]


def _correction(row: CorrectionRow, today: date) -> CorrectionView:
    return CorrectionView(
        correction_id=row.correction_id,
        number=row.label,
        title=row.title,
        detail=row.detail,
        owner=row.owner,
        due_on=row.due_on,
        late=row.late(today),
        severity=row.weight,
        origin=row.cause,
        step=row.step,
        item_id=row.item_id,
        finding_id=row.finding_id,
        source=row.source,
        reference=row.reference,
        target=row.target,
        version=row.version,
        opened_at=row.opened_at,
        done_at=row.done_at,
        verified_at=row.verified_at,
    )


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


def _assessed(data: NewRisk) -> Assessed:
    return Assessed(**{name: getattr(data, name) for name in NewRisk.__struct_fields__})


def _risk(row: RiskRow) -> RiskView:
    return RiskView(
        risk_id=row.risk_id,
        number=row.label,
        asset=row.asset,
        threat=row.threat,
        weakness=row.weakness,
        likelihood=row.likelihood,
        impact=row.impact,
        grade=row.grade,
        treatment=row.how,
        plan=row.plan,
        owner=row.owner,
        residual=row.residual,
        review_on=row.review_on,
        items=row.items,
        state=row.state,
        version=row.version,
        assessed_by=row.assessed_by_name,
        decided_by=row.decided_by_name or "",
        note=row.note,
    )


def _unknown(what: str) -> UnknownDocumentError:
    return UnknownDocumentError(
        f"この団体に、その番号の{what}はありません。一覧で番号を確かめてください。"
    )


ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (
    list_corrections,
    enter_correction,
    show_correction,
    change_correction,
    move_correction,
    list_exceptions,
    apply_for_exception,
    decide_exception,
    end_exception,
    list_risks,
    enter_risk,
    assess_risk,
    accept_risk,
    close_risk,
)
