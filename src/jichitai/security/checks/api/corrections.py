"""Corrections, for programs."""

from datetime import date, datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from litestar import get, post, put
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.types import ControllerRouterHandler
from msgspec import Meta, Struct

from jichitai.infra.database import Tx
from jichitai.security.access import INSIDE, body_code
from jichitai.security.checks.access import CHECKERS
from jichitai.security.checks.api.register_shapes import Entered
from jichitai.security.checks.api.round_shapes import EventView
from jichitai.security.checks.model.corrections import Origin, Planned, Severity, Step
from jichitai.security.checks.model.texts import PLAIN
from jichitai.security.checks.service.corrections import Corrections
from jichitai.security.checks.store import registers
from jichitai.security.checks.store.registers import CorrectionRow
from jichitai.security.errors import UnknownDocumentError
from jichitai.web.inject import Db, LawClock, Who

_READ: Final[dict[str, Any]] = {"roles": INSIDE}
_CHECK: Final[dict[str, Any]] = {"roles": CHECKERS}
_TAGS: Final = ["security"]
_Text = Annotated[str, Meta(max_length=2_000, pattern=PLAIN)]
_Word = Annotated[str, Meta(max_length=200, pattern=PLAIN)]
_Owner = Annotated[str, Meta(max_length=80, pattern=PLAIN)]


Only = Annotated[Literal["all", "open", "late"], QueryParameter(description="which corrections")]


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
)
