"""公開データ: the same figures as CSV and JSON, for everybody."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any, Final

import msgspec
from litestar import Response, get
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler
from msgspec import Struct

from jichitai.evaluation.dashboard import board as boards
from jichitai.evaluation.dashboard.model import NO_ANSWER, Seen
from jichitai.evaluation.dashboard.pages.boards import places_of
from jichitai.evaluation.dashboard.pages.shared import AnyRequest, csv_answer, moment_of
from jichitai.evaluation.dashboard.places import OPEN
from jichitai.evaluation.indicators import service
from jichitai.evaluation.indicators.model import Definition, Point
from jichitai.evaluation.tables import csv_bytes
from jichitai.web.inject import Db, LawClock
from jichitai.web.rights import PUBLIC

_OPT: Final[dict[str, Any]] = {"roles": PUBLIC}
_TAGS: Final = ["evaluation-open-data"]
_BASE: Final = OPEN.base


class OpenPoint(Struct, frozen=True, kw_only=True):
    """A value with all that is needed to read it; unknown parts are empty."""

    indicator: str
    version: int
    name: str
    unit: str
    label: str
    as_of: date
    value: Decimal | None
    text: str
    numerator: Decimal | None
    denominator: Decimal | None
    source: str
    confidence: str
    counted_here: bool
    edition: int
    published_on: date
    superseded: bool
    reason: str
    definition: str


class OpenPlace(Struct, frozen=True, kw_only=True):
    """What is told of one body; `part` is empty where it gave no answer."""

    code: str
    name: str
    prefecture: str
    kind: str
    part: int | None
    whole: int | None
    late_systems: int | None
    answered: bool


def _open_point(definition: Definition, one: Point) -> OpenPoint:
    return OpenPoint(
        indicator=one.indicator_id,
        version=one.version,
        name=definition.name,
        unit=definition.unit,
        label=one.label,
        as_of=one.as_of,
        value=one.value,
        text=one.text,
        numerator=one.numerator,
        denominator=one.denominator,
        source=one.source,
        confidence=one.confidence,
        counted_here=one.live,
        edition=one.edition,
        published_on=one.recorded_at.date(),
        superseded=not one.holds,
        reason=one.reason,
        definition=definition.definition,
    )


def open_places(told: Seen) -> list[OpenPlace]:
    """Every body of a sight, by code."""
    return [
        OpenPlace(
            code=one.body.code,
            name=one.body.full_name,
            prefecture=one.body.prefecture_code,
            kind=one.body.kind.value,
            part=one.part,
            whole=one.whole if one.part is not None else None,
            late_systems=one.count if told.sight.few and one.part is not None else None,
            answered=one.part is not None,
        )
        for one in told.bodies
    ]


@get(
    [f"{_BASE}/indicators.csv", f"{_BASE}/indicators.json"],
    opt=_OPT,
    tags=_TAGS,
    summary="All indicators with all their values, as open data",
)
async def indicators(request: AnyRequest, db: Db, clock: LawClock) -> Response[bytes]:
    """Every value of every indicator, replaced ones marked; `as_of` gives an earlier day."""
    at = moment_of(request, clock)
    async with db.transaction(read_only=True) as tx:
        found = await service.definitions(tx, at.known_at)
        every = await service.points(tx, list(found), at.known_at)
    rows = [_open_point(found[key], one) for key, values in every.items() for one in values]
    return _answer(request, rows, at.on, "indicators")


@get(
    [f"{_BASE}/{{indicator_id:str}}/points.csv", f"{_BASE}/{{indicator_id:str}}/points.json"],
    opt=_OPT,
    tags=_TAGS,
    summary="One indicator with all its values, as open data",
)
async def points(
    request: AnyRequest, indicator_id: FromPath[str], db: Db, clock: LawClock
) -> Response[bytes]:
    """Every value of one indicator."""
    at = moment_of(request, clock)
    async with db.transaction(read_only=True) as tx:
        found = await boards.sheet(tx, indicator_id, at)
    rows = [_open_point(found.definition, one) for one in found.points]
    return _answer(request, rows, at.on, found.definition.indicator_id)


@get(
    [f"{_BASE}/{{indicator_id:str}}/places.csv", f"{_BASE}/{{indicator_id:str}}/places.json"],
    opt=_OPT,
    tags=_TAGS,
    summary="One indicator body by body, as open data",
)
async def places(
    request: AnyRequest, indicator_id: FromPath[str], db: Db, clock: LawClock
) -> Response[bytes]:
    """What each body told, with source and definition in the JSON."""
    at = moment_of(request, clock)
    async with db.transaction(read_only=True) as tx:
        await service.definition_of(tx, indicator_id, at.known_at)
        told = await places_of(tx, OPEN, indicator_id, at)
    extra = {
        "sight": told.sight.label,
        "definition": told.sight.definition,
        "source": told.source,
        "data_as_of": told.as_of,
        "rehearsal": told.rehearsal,
        "no_answer": NO_ANSWER,
    }
    return _answer(request, open_places(told), at.on, f"places-{told.sight.value}", extra)


def _answer(
    request: AnyRequest,
    rows: Iterable[Struct],
    on: date,
    name: str,
    extra: dict[str, Any] | None = None,
) -> Response[bytes]:
    items = list(rows)
    if request.url.path.endswith(".csv"):
        head = items[0].__struct_fields__ if items else ()
        return csv_answer(
            csv_bytes(head, [[getattr(one, key) for key in head] for one in items]), f"{name}-{on}"
        )
    return Response(
        msgspec.json.encode({"as_of": on, **(extra or {}), "items": items}),
        media_type="application/json",
    )


FILES: Final[tuple[ControllerRouterHandler, ...]] = (indicators, points, places)
