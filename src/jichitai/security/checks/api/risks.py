"""Risks, for programs."""

from datetime import date
from typing import Annotated, Any, Final
from uuid import UUID

from litestar import get, post, put
from litestar.params import FromPath, JSONBody
from litestar.types import ControllerRouterHandler
from msgspec import Meta, Struct

from jichitai.security.access import INSIDE, OFFICER, body_code
from jichitai.security.checks.access import DECIDERS
from jichitai.security.checks.api.register_shapes import Entered, Note
from jichitai.security.checks.model.risks import Assessed, Grade, Treatment
from jichitai.security.checks.model.texts import PLAIN
from jichitai.security.checks.service.risks import Risks
from jichitai.security.checks.store import registers
from jichitai.security.checks.store.registers import RiskRow
from jichitai.web.inject import Db, LawClock, Who

_READ: Final[dict[str, Any]] = {"roles": INSIDE}
_WRITE: Final[dict[str, Any]] = {"roles": OFFICER}
_DECIDE: Final[dict[str, Any]] = {"roles": DECIDERS}
_TAGS: Final = ["security"]
_Text = Annotated[str, Meta(max_length=2_000, pattern=PLAIN)]
_Word = Annotated[str, Meta(max_length=200, pattern=PLAIN)]
_Owner = Annotated[str, Meta(max_length=80, pattern=PLAIN)]
_Scale = Annotated[int, Meta(ge=1, le=5)]
_Items = Annotated[
    tuple[Annotated[str, Meta(max_length=60, pattern=PLAIN)], ...], Meta(max_length=100)
]


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


ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (
    list_risks,
    enter_risk,
    assess_risk,
    accept_risk,
    close_risk,
)
