"""Daily figures for programs: the catalogue, figures of days and periods, and the evidence."""

import csv
import io
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Final, Literal

from litestar import Request, Response, get
from litestar.params import FromPath, QueryParameter
from litestar.types import ControllerRouterHandler
from msgspec import Struct

from jichitai.evaluation.access import INSIDE
from jichitai.evaluation.figures import arrivals, evidence, model, service, words
from jichitai.evaluation.figures.errors import BadPeriodError, UnknownStatementError
from jichitai.evaluation.figures.inspection import inspected
from jichitai.infra.figures import Measure, Row, Sort
from jichitai.jukinet.disclosure import service as disclosure
from jichitai.kernel.parties import Tier
from jichitai.web.inject import Db, LawClock, NodeKeys

_OPT: Final[dict[str, Any]] = {"roles": INSIDE}
_TAGS: Final = ["evaluation"]
_PATH: Final = "/api/v1/evaluation/figures"
_LONGEST: Final = 3_700
"""Days of one question: ten years."""

AnyRequest = Request[Any, Any, Any]
Period = Literal["day", "month", "fiscal-year", "all"]
Per = Annotated[Period, QueryParameter(description="the periods that figures are of")]
Dimensions = Annotated[
    str | None,
    QueryParameter(
        max_length=100,
        pattern=r"^[a-z,]*$",
        description="dimensions to keep apart, with commas; all when left out",
    ),
]
Day = Annotated[date | None, QueryParameter(description="a day in Japan")]
Known = Annotated[
    datetime | None,
    QueryParameter(description="as known at this instant; what came later is left out"),
]


class MeasureView(Struct, frozen=True, kw_only=True):
    """測定項目: what is counted, and how far it has been told of.

    Attributes:
        key: its name in data.
        title, unit, basis: for people.
        sort: flow (days add up) or stock (the last day stands for a period).
        tier: who counts.
        dimensions: what it is broken down by, in the order of `parts`.
        told: by origin.
    """

    key: str
    title: str
    unit: str
    basis: str
    sort: Sort
    tier: Tier
    dimensions: tuple[str, ...]
    told: list[arrivals.Coverage]


class MeasureList(Struct, frozen=True, kw_only=True):
    """All measures, by key."""

    measures: list[MeasureView]


class FigureView(Struct, frozen=True, kw_only=True):
    """One figure: of the period that begins on `day`."""

    day: date
    parts: tuple[str, ...]
    value: int


class FigureList(Struct, frozen=True, kw_only=True):
    """Figures of one measure; a combination without a row is zero.

    Attributes:
        measure: which.
        dimensions: names of the parts.
        per: what `day` begins.
        known_at: as known at this instant.
        figures: by day and parts.
    """

    measure: str
    dimensions: tuple[str, ...]
    per: Period
    known_at: datetime
    figures: list[FigureView]


class RevisionView(Struct, frozen=True, kw_only=True):
    """One statement on a day."""

    revision: int
    reason: str
    counted_at: datetime
    recorded_at: datetime
    message_id: str
    figures: list[FigureView]


class RevisionList(Struct, frozen=True, kw_only=True):
    """Every statement on a day, the newest first."""

    measure: str
    origin: str
    day: date
    revisions: list[RevisionView]


class EvidenceView(Struct, frozen=True, kw_only=True):
    """A message, verified again.

    Attributes:
        message_id: which.
        origin: who signed.
        kid: the key that it was signed with.
        sent_at, received_at: when.
        frame_sha256: of the signed text.
        genuine: the signature holds, and the message could be opened.
        refusal: why not; empty otherwise.
        statements: how many came with it.
        different: statements that are kept otherwise than signed.
    """

    message_id: str
    origin: str
    kid: str
    sent_at: datetime
    received_at: datetime
    frame_sha256: str
    genuine: bool
    refusal: str
    statements: int
    different: int


@get(_PATH, opt=_OPT, summary="Measures and how far they were told", tags=_TAGS)
async def measures(db: Db) -> MeasureList:
    """All measures of all tiers."""
    async with db.transaction(read_only=True) as tx:
        found = await arrivals.coverage(tx, model.ALWAYS)
    return MeasureList(measures=[_measure(one, found) for one in service.catalogue()])


def _measure(one: Measure, found: list[arrivals.Coverage]) -> MeasureView:
    return MeasureView(
        key=one.key,
        title=one.title,
        unit=one.unit,
        basis=one.basis,
        sort=one.sort,
        tier=one.tier,
        dimensions=one.dimensions,
        told=[line for line in found if line.measure == one.key],
    )


@get(f"{_PATH}/{{key:str}}", opt=_OPT, summary="Figures of a measure", tags=_TAGS)
async def figures_of(
    key: FromPath[str],
    db: Db,
    clock: LawClock,
    first: Day = None,
    last: Day = None,
    per: Per = "day",
    by: Dimensions = None,
    known_at: Known = None,
) -> FigureList:
    """Figures of a measure, by day or period; the last year when no days are named."""
    one = service.measure(key)
    known = _instant(known_at, clock.now())
    rows, names = await _rows(db, one, _days(first, last, clock.today()), per, by, known)
    return FigureList(
        measure=key,
        dimensions=names,
        per=per,
        known_at=known,
        figures=[FigureView(day=row.day, parts=row.parts, value=row.value) for row in rows],
    )


@get(f"{_PATH}/{{key:str}}/figures.csv", opt=_OPT, summary="The same as CSV", tags=_TAGS)
async def figures_csv(
    key: FromPath[str],
    db: Db,
    clock: LawClock,
    first: Day = None,
    last: Day = None,
    per: Per = "day",
    by: Dimensions = None,
    known_at: Known = None,
) -> Response[str]:
    """A line for each figure, with its parts in words beside their codes."""
    one = service.measure(key)
    known = _instant(known_at, clock.now())
    rows, names = await _rows(db, one, _days(first, last, clock.today()), per, by, known)
    async with db.transaction(read_only=True) as tx:
        organs = await disclosure.reported_names(tx)
    out = io.StringIO("\ufeff")
    out.seek(0, io.SEEK_END)
    writer = csv.writer(out, lineterminator="\r\n")
    heads = [words.DIMENSIONS.get(name, name) for name in names]
    writer.writerow(
        ["日", *(f"{head}{what}" for head in heads for what in ("", "コード")), one.unit]
    )
    for row in rows:
        told = [
            text
            for name, value in zip(names, row.parts, strict=True)
            for text in (words.part_name(one, name, value, organs), value)
        ]
        writer.writerow([row.day.isoformat(), *told, row.value])
    return Response(
        out.getvalue(),
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="{key}.csv"'},
    )


async def _rows(
    db: Any,
    one: Measure,
    span: tuple[date, date],
    per: Period,
    by: str | None,
    known: datetime,
) -> tuple[list[Row], tuple[str, ...]]:
    names = one.dimensions if by is None else tuple(name for name in by.split(",") if name)
    async with db.transaction(read_only=True) as tx:
        return await service.totals(tx, one.key, *span, known, by=names, per=per), names


def _days(first: date | None, last: date | None, today: date) -> tuple[date, date]:
    ends = last or today
    begins = first or ends - timedelta(days=min(365, ends.toordinal() - 1))
    if begins > ends or (ends - begins).days > _LONGEST:
        raise BadPeriodError(
            "期間の初めが終わりより後か、期間が10年を超えています。期間を直してください。"
        )
    return begins, ends


def _instant(asked: datetime | None, now: datetime) -> datetime:
    if asked is None:
        return now
    return asked if asked.tzinfo else asked.replace(tzinfo=UTC)


@get(
    f"{_PATH}/{{key:str}}/{{origin:str}}/{{day:date}}",
    opt=_OPT,
    summary="Every statement on a day",
    tags=_TAGS,
)
async def revisions_of(
    key: FromPath[str], origin: FromPath[str], day: FromPath[date], db: Db
) -> RevisionList:
    """Every statement of an origin on a day, the newest first."""
    service.measure(key)
    async with db.transaction(read_only=True) as tx:
        found = await arrivals.revisions(tx, key, origin, day)
    if not found:
        raise UnknownStatementError("この日の集計は届いていません。日と送り元を確かめてください。")
    return RevisionList(
        measure=key,
        origin=origin,
        day=day,
        revisions=[
            RevisionView(
                revision=line.revision,
                reason=line.reason,
                counted_at=line.counted_at,
                recorded_at=line.recorded_at,
                message_id=line.message_id,
                figures=[
                    FigureView(day=day, parts=parts, value=value)
                    for parts, value in sorted(stated.figures.items())
                ],
            )
            for line, stated in found
        ],
    )


@get(
    f"{_PATH}/evidence/{{message_id:str}}",
    opt=_OPT,
    summary="The verification of a message",
    tags=_TAGS,
)
async def evidence_of(message_id: FromPath[str], db: Db, keys: NodeKeys) -> EvidenceView:
    """A message's signature and content, checked again now."""
    found = await inspected(db, keys, message_id)
    piece = found.verified.piece
    return EvidenceView(
        message_id=piece.message_id,
        origin=piece.origin,
        kid=found.kid,
        sent_at=piece.sent_at,
        received_at=piece.received_at,
        frame_sha256=bytes(piece.frame_hash).hex(),
        genuine=not found.verified.refusal,
        refusal=found.verified.refusal,
        statements=len(found.lines),
        different=len(found.different),
    )


@get(
    f"{_PATH}/evidence/{{message_id:str}}/frame",
    opt=_OPT,
    summary="The signed frame (JWS)",
    tags=_TAGS,
)
async def frame_of(message_id: FromPath[str], db: Db) -> Response[bytes]:
    """The signed frame as it came: a compact JWS, signed with Ed25519 by its origin."""
    async with db.transaction(read_only=True) as tx:
        piece = await evidence.piece(tx, message_id)
        signed = await evidence.signed_text(tx, piece)
    name = f"{piece.message_id}.jws"
    return Response(
        signed,
        media_type="application/jose",
        headers={"content-disposition": f'attachment; filename="{name}"'},
    )


API: Final[tuple[ControllerRouterHandler, ...]] = (
    measures,
    figures_csv,
    figures_of,
    revisions_of,
    evidence_of,
    frame_of,
)
