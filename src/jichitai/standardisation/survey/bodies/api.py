"""Calls of a body for the survey: what it is asked, its draft, its answers, its spreadsheet."""

from datetime import date, datetime
from typing import Annotated, Final
from uuid import UUID

from litestar import Response, get, post, put
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.types import ControllerRouterHandler
from msgspec import Meta, Struct

from jichitai.standardisation.access import OFFICER
from jichitai.standardisation.messages import Cost, Line, System, Text
from jichitai.standardisation.progress.reports import BodyReport
from jichitai.standardisation.survey.bodies import sheets, store
from jichitai.standardisation.survey.bodies.content import (
    costs_of,
    systems_of,
    told_costs,
    told_systems,
)
from jichitai.standardisation.survey.bodies.pages.files import attached
from jichitai.standardisation.survey.bodies.pages.parts import AnyRequest, Outgoing
from jichitai.standardisation.survey.bodies.service import Answers
from jichitai.standardisation.survey.bodies.store import Request as Asked
from jichitai.standardisation.survey.bodies.store import Sent
from jichitai.standardisation.views.scope import own_body
from jichitai.web.inject import Db, LawClock, Who

_BASE: Final = "/api/v1/standardisation/answers"
_TAGS: Final = ["standardisation-answers"]
_OPT: Final = {"roles": OFFICER}


class RequestItem(Struct, frozen=True, kw_only=True):
    """A round that asks the body; `check` is what the prefecture said of the newest answer."""

    round_id: UUID
    subject: str
    note: str
    as_of: date
    due_on: date
    checked_by: date
    open: bool
    sent: int
    answered_at: datetime | None
    check: str
    drafted: bool

    @classmethod
    def of(cls, one: Asked) -> "RequestItem":
        """From what is kept."""
        return cls(
            round_id=one.round_id,
            subject=one.subject,
            note=one.note,
            as_of=one.as_of,
            due_on=one.due_on,
            checked_by=one.checked_by,
            open=one.open,
            sent=one.sent,
            answered_at=one.answered_at,
            check=one.check,
            drafted=one.drafted,
        )


class SentItem(Struct, frozen=True, kw_only=True):
    """An answer that was sent, and what the prefecture said of it."""

    revision: int
    reason: str
    answered_at: datetime
    systems: tuple[System, ...]
    costs: tuple[Cost, ...]
    check: str
    check_reason: str
    checked_at: datetime | None

    @classmethod
    def of(cls, one: Sent) -> "SentItem":
        """From what is kept."""
        told = one.verdict
        return cls(
            revision=one.revision,
            reason=one.reason,
            answered_at=one.answered_at,
            systems=systems_of(one.report),
            costs=costs_of(one.report),
            check=told.state.value if told else "",
            check_reason=told.reason if told else "",
            checked_at=told.checked_at if told else None,
        )


class RequestDetail(Struct, frozen=True, kw_only=True):
    """A round with the body's work: the draft, what is wrong with it, what was sent."""

    request: RequestItem
    businesses: tuple[str, ...]
    systems: tuple[System, ...]
    costs: tuple[Cost, ...]
    faults: dict[str, str]
    sent: tuple[SentItem, ...]


class DraftBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What goes into the draft; a business that is left out stays as it was."""

    systems: Annotated[tuple[System, ...], Meta(max_length=21)] = ()
    costs: Annotated[tuple[Cost, ...], Meta(max_length=100)] = ()
    note: Text = ""


class SendBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why an answer that was sent before is corrected."""

    reason: Line = ""


class Revision(Struct, frozen=True, kw_only=True):
    """The body's own count of its answers to a round."""

    revision: int


class FaultItem(Struct, frozen=True, kw_only=True):
    """A fault of one cell."""

    row: str
    cell: str
    value: str
    why: str
    remedy: str
    repair: str


class ReadItem(Struct, frozen=True, kw_only=True):
    """What became of a file: rows in the draft, and what is wrong with the others."""

    cells: int
    kept: int
    faults: tuple[FaultItem, ...]


@get(_BASE, opt=_OPT, summary="Rounds that ask the body (調査への回答)", tags=_TAGS)
async def requests(principal: Who, db: Db) -> list[RequestItem]:
    """The latest day first."""
    code = own_body(principal).code
    async with db.transaction(town=code, read_only=True) as tx:
        return [RequestItem.of(one) for one in await store.requests(tx, code) if one.asked]


@get(f"{_BASE}/{{round_id:uuid}}", opt=_OPT, summary="One round with the draft", tags=_TAGS)
async def one_request(
    round_id: FromPath[UUID], principal: Who, db: Db, clock: LawClock, outbox: Outgoing
) -> RequestDetail:
    """Without a draft its systems and costs are those of the last answer."""
    code = own_body(principal).code
    async with db.transaction(town=code, read_only=True) as tx:
        found = await Answers(clock, outbox).open(tx, code, round_id)
    return RequestDetail(
        request=RequestItem.of(found.request),
        businesses=tuple(one.key for one in found.businesses),
        systems=systems_of(found.report),
        costs=costs_of(found.report),
        faults=found.wrong,
        sent=tuple(SentItem.of(one) for one in found.sent),
    )


@put(
    f"{_BASE}/{{round_id:uuid}}/draft",
    opt=_OPT,
    status_code=204,
    summary="Put answers into the draft",
    tags=_TAGS,
)
async def keep_draft(
    round_id: FromPath[UUID],
    data: JSONBody[DraftBody],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Outgoing,
) -> None:
    """With a fault nothing is kept, and the fault is named by business."""
    code = own_body(principal).code
    told = BodyReport(
        body=code,
        systems=told_systems(data.systems),
        costs=told_costs(data.costs),
        note=data.note,
    )
    async with db.transaction(town=code) as tx:
        await Answers(clock, outbox).keep_all(tx, code, round_id, told, actor=principal.actor)


@post(f"{_BASE}/{{round_id:uuid}}/answers", opt=_OPT, summary="Send the draft", tags=_TAGS)
async def send_answer(
    round_id: FromPath[UUID],
    data: JSONBody[SendBody],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Outgoing,
) -> Revision:
    """Earlier answers stay; a correction says why."""
    code = own_body(principal).code
    async with db.transaction(town=code) as tx:
        revision = await Answers(clock, outbox).answer(
            tx, code, round_id, reason=data.reason, actor=principal.actor
        )
    return Revision(revision=revision)


@get(
    f"{_BASE}/{{round_id:uuid}}/form.xlsx",
    opt=_OPT,
    summary="The form as a spreadsheet",
    tags=_TAGS,
)
async def form_sheet(
    round_id: FromPath[UUID], principal: Who, db: Db, clock: LawClock, outbox: Outgoing
) -> Response[bytes]:
    """Filled in with the draft, or with the last answer."""
    code = own_body(principal).code
    async with db.transaction(town=code, read_only=True) as tx:
        data = await sheets.sheet(tx, Answers(clock, outbox), code, round_id)
    return attached(data, f"{code}.xlsx")


@post(
    f"{_BASE}/{{round_id:uuid}}/uploads",
    opt=_OPT,
    status_code=200,
    request_max_body_size=sheets.LARGEST,
    summary="Read the body's own filled-in spreadsheet into the draft",
    tags=_TAGS,
)
async def take_sheet(
    request: AnyRequest,
    round_id: FromPath[UUID],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Outgoing,
    *,
    repair: FromQuery[bool] = False,
) -> ReadItem:
    """Right rows go into the draft; faults are told at their cells."""
    code, data = own_body(principal).code, await request.body()
    async with db.transaction(town=code) as tx:
        read = await sheets.take(
            tx,
            Answers(clock, outbox),
            code,
            round_id,
            data,
            repair=repair,
            actor=principal.actor,
        )
    return ReadItem(
        cells=read.preview.cells,
        kept=read.kept,
        faults=tuple(
            FaultItem(
                row=row.row,
                cell=one.cell,
                value=one.value,
                why=one.why,
                remedy=one.remedy,
                repair=one.repair,
            )
            for row, one in read.preview.faults
        ),
    )


ANSWER_CALLS: Final[tuple[ControllerRouterHandler, ...]] = (
    requests,
    one_request,
    keep_draft,
    send_answer,
    form_sheet,
    take_sheet,
)
