"""Reading indicators, and recording what becomes known of them."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Annotated, Any, Final, Literal

import msgspec
from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath, FromQuery, JSONBody, MultipartBody, QueryParameter
from litestar.types import ControllerRouterHandler

from jichitai.evaluation.access import INSIDE, WRITERS
from jichitai.evaluation.errors import FaultyEntryError
from jichitai.evaluation.indicators import entering, importing, service
from jichitai.evaluation.indicators.api.shapes import (
    Correction,
    DefinitionGiven,
    ImportFault,
    ImportRead,
    ImportRow,
    IndicatorDetail,
    IndicatorLine,
    IndicatorList,
    NewPoint,
    PointList,
    TargetGiven,
)
from jichitai.evaluation.indicators.builtin import end_of
from jichitai.evaluation.indicators.live import Step
from jichitai.evaluation.indicators.model import Definition, Point, Target
from jichitai.evaluation.indicators.standing import Status
from jichitai.infra.clock import Clock
from jichitai.infra.documents.sheets import LARGEST_FILE
from jichitai.kernel.dates import JST
from jichitai.web.inject import Db, LawClock, Who

_READ: Final[dict[str, Any]] = {"roles": INSIDE}
_WRITE: Final[dict[str, Any]] = {"roles": WRITERS}
_TAGS: Final = ["evaluation"]
_ROOT: Final = "/api/v1/evaluation/indicators"
_ONE: Final = _ROOT + "/{indicator_id:str}"
Known = Annotated[date | None, QueryParameter(description="この日の終わりに知られていたもの")]
CSV_COLUMNS: Final = (
    "指標番号", "指標", "版", "年度・時点", "基準日", "内訳", "値", "表示", "単位", "分子", "分母",
    "出典", "確からしさ", "計算", "訂正の版", "知られた日時", "置き換えられた日時", "理由",
)  # fmt: skip


def known_at(known: date | None, clock: Clock) -> datetime:
    """The instant that a day stands for: its end, but never later than now."""
    now = clock.now()
    return now if known is None else min(now, end_of(known)) if known < date.max else now


@get(_ROOT, opt=_READ, summary="Indicators with their newest values", tags=_TAGS)
async def indicators(db: Db, clock: LawClock, known: Known = None) -> IndicatorList:
    """All of them, by id; as known at the end of a day."""
    at = known_at(known, clock)
    async with db.transaction(read_only=True) as tx:
        found = await service.definitions(tx, at)
        stand = await service.statuses(tx, at, on=at.astimezone(JST).date())
    lines = [line_of(one, stand[one.indicator_id]) for one in found.values()]
    return IndicatorList(known_at=at, indicators=lines)


def line_of(definition: Definition, status: Status) -> IndicatorLine:
    """An indicator as lists show it."""
    return IndicatorLine(
        indicator_id=definition.indicator_id,
        section=definition.section,
        level=str(definition.level),
        name=definition.name,
        unit=definition.unit,
        live=definition.live,
        shown=definition.with_unit(status.point.text if status.point else ""),
        point=status.point,
        target=status.target,
        standing=str(status.standing),
        standing_text=status.standing.shown,
        reason=status.reason,
    )


@get("/api/v1/evaluation/indicators.csv", opt=_READ, summary="All values as CSV", tags=_TAGS)
async def indicators_csv(db: Db, clock: LawClock, known: Known = None) -> Response[str]:
    """Every value with every edition; UTF-8 with a mark that spreadsheets know."""
    at = known_at(known, clock)
    async with db.transaction(read_only=True) as tx:
        found = await service.definitions(tx, at)
        values = await service.points(tx, None, at)
    rows = ((found[key], one) for key, points in values.items() for one in points)
    return csv_answer(rows, f"indicators-{at:%Y%m%d}.csv")


@get(_ONE, opt=_READ, summary="One indicator", tags=_TAGS)
async def indicator(
    indicator_id: FromPath[str],
    db: Db,
    clock: LawClock,
    known: Known = None,
    ahead: Annotated[date | None, QueryParameter(description="見通しの日")] = None,
) -> IndicatorDetail:
    """Its definitions, targets and standing; a forecast to a day, or to the target's."""
    at = known_at(known, clock)
    today = at.astimezone(JST).date()
    async with db.transaction(read_only=True) as tx:
        versions = await service.versions(tx, indicator_id, at)
        aims = (await service.targets(tx, [indicator_id], at)).get(indicator_id, [])
        stand = await service.statuses(tx, at, on=today, ids=[indicator_id])
        status = stand[indicator_id]
        until = ahead or (status.target.on if status.target else None)
        forecast = (
            await service.forecast(tx, indicator_id, at, on=_bounded(until, today))
            if until
            else None
        )
    return IndicatorDetail(
        known_at=at, definitions=versions, targets=aims, status=status, forecast=forecast
    )


def _bounded(until: date, today: date) -> date:
    """Not further than a forecast looks."""
    return max(today, min(until, date(today.year + 10, 3, 31)))


@get(_ONE + "/points", opt=_READ, summary="Values of an indicator", tags=_TAGS)
async def points_of(
    indicator_id: FromPath[str],
    db: Db,
    clock: LawClock,
    known: Known = None,
    breakdown: Annotated[str | None, QueryParameter(pattern=r"^[a-z_]{1,40}$")] = None,
    step: FromQuery[Step] = Step.YEAR,
) -> PointList:
    """Every edition; by a breakdown, or by month, where the indicator is counted here."""
    at = known_at(known, clock)
    async with db.transaction(read_only=True) as tx:
        await service.definition_of(tx, indicator_id, at)
        found = await service.points(tx, [indicator_id], at, breakdown=breakdown, step=step)
    return PointList(known_at=at, indicator_id=indicator_id, points=found[indicator_id])


@get(_ONE + "/points.csv", opt=_READ, summary="Values of an indicator as CSV", tags=_TAGS)
async def points_csv(
    indicator_id: FromPath[str],
    db: Db,
    clock: LawClock,
    known: Known = None,
    breakdown: Annotated[str | None, QueryParameter(pattern=r"^[a-z_]{1,40}$")] = None,
) -> Response[str]:
    """The same as a table."""
    at = known_at(known, clock)
    async with db.transaction(read_only=True) as tx:
        definition = await service.definition_of(tx, indicator_id, at)
        found = await service.points(tx, [indicator_id], at, breakdown=breakdown)
    name = f"{indicator_id}-{at:%Y%m%d}.csv"
    return csv_answer(((definition, one) for one in found[indicator_id]), name)


@post(_ONE + "/points", opt=_WRITE, summary="Record a value", tags=_TAGS)
async def enter(
    indicator_id: FromPath[str],
    data: JSONBody[NewPoint],
    principal: Who,
    db: Db,
    clock: LawClock,
) -> Point:
    """A day that has a value is refused with 409; a wrong field with 422."""
    async with db.transaction() as tx:
        entry = data.entry(indicator_id)
        return await entering.enter(tx, entry, by=principal.actor, clock=clock)


@post(_ONE + "/corrections", opt=_WRITE, summary="Correct a value", tags=_TAGS)
async def correct(
    indicator_id: FromPath[str],
    data: JSONBody[Correction],
    principal: Who,
    db: Db,
    clock: LawClock,
) -> Point:
    """Another edition with its reason; the one before stays."""
    async with db.transaction() as tx:
        entry = data.entry(indicator_id)
        return await entering.correct(
            tx, entry, edition=data.edition, by=principal.actor, clock=clock
        )


@post(_ONE + "/targets", opt=_WRITE, summary="Record a target", tags=_TAGS)
async def set_target(
    indicator_id: FromPath[str],
    data: JSONBody[TargetGiven],
    principal: Who,
    db: Db,
    clock: LawClock,
) -> Target:
    """A target of a day, or another edition of it with its reason."""
    async with db.transaction() as tx:
        new = data.target(indicator_id)
        return await entering.set_target(
            tx, new, edition=data.edition, by=principal.actor, clock=clock
        )


@post(_ROOT, opt=_WRITE, summary="Record a definition", tags=_TAGS)
async def define(
    data: JSONBody[DefinitionGiven], principal: Who, db: Db, clock: LawClock
) -> Definition:
    """A new indicator, other words for its version, or a new series."""
    async with db.transaction() as tx:
        return await entering.define(
            tx,
            data.definition,
            new_series=data.new_series,
            reason=data.reason,
            by=principal.actor,
            clock=clock,
        )


@get(_ROOT + "/imports/form.xlsx", opt=_WRITE, summary="Workbook for values", tags=_TAGS)
async def import_form(db: Db, clock: LawClock) -> Response[bytes]:
    """One row for each indicator whose values are entered."""
    async with db.transaction(read_only=True) as tx:
        made = await importing.form(tx, clock)
    return workbook_answer(made, "indicators.xlsx")


@post(_ROOT + "/imports", opt=_WRITE, status_code=200, summary="Read a workbook of values",
      tags=_TAGS)  # fmt: skip
async def import_values(
    data: MultipartBody[dict[str, Any]],
    principal: Who,
    db: Db,
    clock: LawClock,
    write: Annotated[Literal["yes", "no"], QueryParameter(description="正しい行を記録する")] = "no",
) -> ImportRead:
    """Part `file`. Without `write` nothing is recorded; with it the right rows are."""
    content, name = await sent_file(data)
    async with db.transaction() as tx:
        upload = await importing.take(tx, content, name=name, by=principal.actor, clock=clock)
        found = await importing.preview(tx, upload)
        written = (
            await importing.apply(tx, upload, by=principal.actor, clock=clock)
            if write == "yes"
            else None
        )
    rows = [
        ImportRow(
            row=one.row,
            values=one.values,
            faults=[msgspec.convert(w, ImportFault, from_attributes=True) for w in one.faults],
        )
        for one in found.rows
    ]
    return ImportRead(
        cells=found.cells, right=found.right, written=written.written if written else 0, rows=rows
    )


async def sent_file(data: dict[str, Any]) -> tuple[bytes, str]:
    """The workbook that was sent.

    Raises:
        FaultyEntryError: there is none, or it is empty.
    """
    sent = data.get("file")
    content = await sent.read(LARGEST_FILE + 1) if isinstance(sent, UploadFile) else b""
    if not content or not isinstance(sent, UploadFile):
        raise FaultyEntryError(
            [("file", "ファイルが選ばれていません。記入した表（.xlsx）を選んでください。")]
        )
    return content, (sent.filename or "file.xlsx").replace("\0", "")


def csv_answer(rows: Iterable[tuple[Definition, Point]], name: str) -> Response[str]:
    """Values as CSV."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(CSV_COLUMNS)
    writer.writerows(_cells(definition, one) for definition, one in rows)
    return Response(
        "\ufeff" + out.getvalue(),
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="{name}"'},
    )


def workbook_answer(made: bytes, name: str) -> Response[bytes]:
    """A workbook to be saved."""
    return Response(
        made,
        media_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        headers={"content-disposition": f'attachment; filename="{name}"'},
    )


def _cells(definition: Definition, one: Point) -> Sequence[object]:
    return (
        one.indicator_id, definition.name, one.version, one.label, one.as_of.isoformat(), one.part,
        "" if one.value is None else f"{one.value:f}", one.text, definition.unit,
        "" if one.numerator is None else f"{one.numerator:f}",
        "" if one.denominator is None else f"{one.denominator:f}",
        one.source, one.confidence, "日次集計" if one.live else "記録", one.edition,
        one.recorded_at.isoformat(), one.superseded_at.isoformat() if one.superseded_at else "",
        one.reason,
    )  # fmt: skip


API_ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (
    indicators,
    indicators_csv,
    indicator,
    points_of,
    points_csv,
    enter,
    correct,
    set_target,
    define,
    import_form,
    import_values,
)
