"""一年の仕事 for programs."""

from datetime import date, datetime
from typing import Annotated, Any, Final
from uuid import UUID

from litestar import get, post, put
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.types import ControllerRouterHandler
from msgspec import Meta, Struct

from jichitai.evaluation.access import INSIDE, WRITERS
from jichitai.evaluation.year import service
from jichitai.evaluation.year.model import Content, FiscalYear, Kind
from jichitai.evaluation.year.service import Planned
from jichitai.evaluation.year.store import Record
from jichitai.kernel.dates import fiscal_year as fiscal_year_of
from jichitai.web.inject import Db, LawClock, Who

BASE: Final = "/api/v1/evaluation/year"
_READ: Final[dict[str, Any]] = {"roles": INSIDE}
_WRITE: Final[dict[str, Any]] = {"roles": WRITERS}
_TAGS: Final = ["evaluation"]

AskedYear = Annotated[int | None, QueryParameter(ge=2015, le=2099)]


class PlannedItem(Struct, frozen=True, kw_only=True):
    """A line of the calendar."""

    key: str
    title: str
    work: str
    detail: str
    law: str
    source: str
    confidence: str
    starts_on: date
    ends_on: date
    word: str
    done_on: date | None

    @classmethod
    def of(cls, one: Planned, today: date) -> "PlannedItem":
        """As programs read it."""
        return cls(
            key=one.usual.key,
            title=one.usual.title,
            work=one.usual.work,
            detail=one.usual.detail,
            law=one.usual.law,
            source=one.usual.source,
            confidence=one.usual.confidence,
            starts_on=one.starts_on,
            ends_on=one.ends_on,
            word=one.word(today),
            done_on=one.task.done_on if one.task else None,
        )


class RecordItem(Struct, frozen=True, kw_only=True):
    """A record in its newest edition."""

    id: UUID
    edition: int
    fiscal_year: int
    content: Content
    recorded_at: datetime
    recorded_by: str

    @classmethod
    def of(cls, one: Record) -> "RecordItem":
        """As programs read it."""
        return cls(
            id=one.record_id,
            edition=one.edition,
            fiscal_year=one.fiscal_year,
            content=one.content,
            recorded_at=one.recorded_at,
            recorded_by=one.recorded_name,
        )


class YearItem(Struct, frozen=True, kw_only=True):
    """A fiscal year: its calendar, and everything that was kept."""

    fiscal_year: int
    calendar: list[PlannedItem]
    records: list[RecordItem]


class NewRecord(Struct, frozen=True, kw_only=True):
    """A record to be kept; its `kind` says which of the four it is."""

    fiscal_year: FiscalYear
    content: Content


class ChangedRecord(Struct, frozen=True, kw_only=True):
    """A record as it should be, with the edition that the writer had before them."""

    edition: Annotated[int, Meta(ge=1, le=1_000_000)]
    content: Content


class Deed(Struct, frozen=True, kw_only=True):
    """What became of a line of the calendar."""

    fiscal_year: FiscalYear
    done: bool


class LetterBody(Struct, frozen=True, kw_only=True):
    """Which letter of a request."""

    reminder: bool = False


class LetterItem(Struct, frozen=True, kw_only=True):
    """A letter that waits for the post."""

    letter: UUID


@get(BASE, opt=_READ, tags=_TAGS, summary="A fiscal year of the evaluation")
async def year(db: Db, clock: LawClock, fiscal_year: AskedYear = None) -> YearItem:
    """The calendar with what became of it, and all records."""
    shown = fiscal_year or fiscal_year_of(clock.today())
    async with db.transaction(read_only=True) as tx:
        planned = await service.planned(tx, shown, clock.now())
        kept = [one for kind in Kind for one in await service.records(tx, kind, shown, clock.now())]
    return YearItem(
        fiscal_year=shown,
        calendar=[PlannedItem.of(one, clock.today()) for one in planned],
        records=[RecordItem.of(one) for one in kept],
    )


@post(f"{BASE}/records", opt=_WRITE, tags=_TAGS, summary="Keep a task, request, sheet or use")
async def make(data: JSONBody[NewRecord], principal: Who, db: Db, clock: LawClock) -> RecordItem:
    """Keep a new record."""
    async with db.transaction() as tx:
        return RecordItem.of(
            await service.add(tx, data.content, data.fiscal_year, by=principal.actor, clock=clock)
        )


@put(f"{BASE}/records/{{record_id:uuid}}", opt=_WRITE, tags=_TAGS, summary="Change a record")
async def change(
    record_id: FromPath[UUID],
    data: JSONBody[ChangedRecord],
    principal: Who,
    db: Db,
    clock: LawClock,
) -> RecordItem:
    """Keep a further edition; the earlier ones stay."""
    async with db.transaction() as tx:
        return RecordItem.of(
            await service.change(
                tx,
                record_id,
                data.content,
                edition=data.edition,
                by=principal.actor,
                clock=clock,
            )
        )


@post(f"{BASE}/calendar/{{key:str}}", opt=_WRITE, tags=_TAGS, summary="Mark a line of the calendar")
async def mark(
    key: FromPath[str], data: JSONBody[Deed], principal: Who, db: Db, clock: LawClock
) -> RecordItem:
    """Record that it is done, or open again."""
    async with db.transaction() as tx:
        return RecordItem.of(
            await service.mark(
                tx, key, data.fiscal_year, done=data.done, by=principal.actor, clock=clock
            )
        )


@post(
    f"{BASE}/records/{{record_id:uuid}}/letters",
    opt=_WRITE,
    tags=_TAGS,
    summary="Write the letter of a request",
)
async def send(
    record_id: FromPath[UUID],
    data: JSONBody[LetterBody],
    principal: Who,
    db: Db,
    clock: LawClock,
) -> LetterItem:
    """Write the letter of a request, or its reminder; the post hands it over."""
    async with db.transaction() as tx:
        return LetterItem(
            letter=await service.send(
                tx, record_id, reminder=data.reminder, by=principal.actor, clock=clock
            )
        )


API: Final[tuple[ControllerRouterHandler, ...]] = (year, make, change, mark, send)
