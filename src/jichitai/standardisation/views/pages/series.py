"""推移: one chart for each measure, and the target dates that slipped."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from litestar.response import Template
from markupsafe import Markup

from jichitai.kernel.bodies import body
from jichitai.kernel.dates import wareki
from jichitai.standardisation.progress import service
from jichitai.standardisation.progress.model import MeasureKind, SourceKind
from jichitai.standardisation.views import tabular
from jichitai.standardisation.views.asking import AnyRequest
from jichitai.standardisation.views.items import SeriesItem
from jichitai.standardisation.views.pages.bodies import NO_SLIPS, SLIPS, slip_row
from jichitai.standardisation.views.pages.setting import asked_at, crumbs, setting
from jichitai.standardisation.views.places import address
from jichitai.standardisation.views.words import confidence
from jichitai.web.components import Column, Crumb, Finding, Tile
from jichitai.web.formats import date_text
from jichitai.web.frame import page
from jichitai.web.inject import Db, LawClock
from jichitai.web.time_charts import Dot, Line, Number, time_chart

_SHOWN: Final = 100
_COLUMNS: Final = (
    Column("on", "時点", head=True),
    Column("value", "値", align="end"),
    Column("of", "分母", align="end"),
    Column("known", "分かった日"),
    Column("source", "出典"),
    Column("mark", "確かさ"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """One chart with its table."""

    id: str
    head: str
    svg: Markup | str
    finding: Finding
    columns: tuple[Column, ...]
    rows: Sequence[dict[str, object]]
    tiles: Sequence[Tile]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a chart draws of the series.

    Attributes:
        chosen: whether a point belongs to it.
        value: its value; None where it was not told.
        text: the value in words.
    """

    id: str
    head: str
    name: str
    unit: str
    definition: str
    chosen: Callable[[SeriesItem], bool]
    value: Callable[[SeriesItem], Number | None]
    text: Callable[[SeriesItem], str]
    most: int | None = None


def _counted(measure: MeasureKind) -> Callable[[SeriesItem], bool]:
    return lambda one: one.measure == measure and one.origin == "counted"


def _told(measure: MeasureKind) -> Callable[[SeriesItem], bool]:
    return lambda one: one.measure == measure and one.origin == "published"


def _percent(one: SeriesItem) -> str:
    return "—" if one.percent is None else f"{one.percent}%"


def _charts(source: SourceKind) -> list[Wanted]:
    late = _told if source is SourceKind.OPEN else _counted
    found = [
        Wanted(
            id="steps",
            head=MeasureKind.STEPS.label,
            name="進捗率",
            unit="%",
            definition=MeasureKind.STEPS.definition,
            chosen=_counted(MeasureKind.STEPS),
            value=lambda one: one.percent,
            text=_percent,
            most=100,
        ),
        Wanted(
            id="systems",
            head=MeasureKind.SYSTEMS.label,
            name="完了した率",
            unit="%",
            definition=MeasureKind.SYSTEMS.definition,
            chosen=_counted(MeasureKind.SYSTEMS),
            value=lambda one: one.percent,
            text=_percent,
            most=100,
        ),
        Wanted(
            id="late",
            head="期限に間に合わないシステム",
            name="システム",
            unit="システム",
            definition=MeasureKind.LATE.definition,
            chosen=late(MeasureKind.LATE),
            value=lambda one: one.numerator,
            text=lambda one: "—" if one.numerator is None else f"{one.numerator:,}",
        ),
        Wanted(
            id="late-bodies",
            head="間に合わないシステムのある団体",
            name="団体",
            unit="団体",
            definition="期限に間に合わないシステムが一つ以上ある団体の数。",
            chosen=late(MeasureKind.LATE),
            value=lambda one: one.bodies,
            text=lambda one: "—" if one.bodies is None else f"{one.bodies:,}",
        ),
    ]
    if source is SourceKind.OPEN:
        found.insert(
            2,
            Wanted(
                id="systems-published",
                head="公表された移行完了システムの数（団体別の資料からは数え直せない値）",
                name="公表値",
                unit="システム",
                definition="公表した者の数え方による。上の、団体別の資料から数えた率とは比べられない。",
                chosen=_told(MeasureKind.SYSTEMS),
                value=lambda one: one.numerator,
                text=lambda one: "—" if one.numerator is None else f"{one.numerator:,}",
            ),
        )
    return found


async def trend(request: AnyRequest, db: Db, clock: LawClock) -> Template:
    """The series."""
    place, asked = asked_at(request, clock.today())
    async with db.transaction(read_only=True) as tx:
        known = await service.datasets(tx, asked.known_at)
        points = await tabular.series_rows(tx, asked)
        slips = await service.slips(tx, limit=_SHOWN, **asked.times)
    csv = address(f"{place.base}/series.csv", asked.values)
    context = {
        **setting(request, place, asked, known),
        "charts": [chart_of(one, points, csv) for one in _charts(asked.source)],
        "slip_columns": (Column("body", "団体", head=True), *SLIPS),
        "slips": [{"body": body(one.code).full_name, **slip_row(one)} for one in slips],
        "slips_empty": NO_SLIPS,
        "crumbs": crumbs(place, asked, Crumb("推移")),
    }
    return page(request, "standardisation/trend.html", context)


def chart_of(wanted: Wanted, points: Sequence[SeriesItem], csv: str) -> Chart:
    """One chart, its finding and the table of its values."""
    own = sorted((one for one in points if wanted.chosen(one)), key=lambda one: one.as_of)
    known = [one for one in own if wanted.value(one) is not None]
    svg: Markup | str = ""
    if len(known) > 1:
        dots = [Dot(one.as_of, wanted.value(one), wanted.text(one)) for one in own]
        svg = time_chart(
            [Line(wanted.name, dots)], label=wanted.head, unit=wanted.unit, most=wanted.most
        )
    return Chart(
        id=wanted.id,
        head=wanted.head,
        svg=svg,
        finding=_finding(wanted, known, csv),
        columns=_COLUMNS,
        rows=[_row(wanted, one) for one in own],
        tiles=[
            Tile(_day(one.as_of), wanted.text(one), "" if wanted.unit == "%" else wanted.unit)
            for one in known
        ],
    )


def _finding(wanted: Wanted, known: Sequence[SeriesItem], csv: str) -> Finding:
    if not known:
        return Finding(text="まだ数字がありません", source="—", as_of="—")
    first, last = known[0], known[-1]
    unit = "" if wanted.unit == "%" else wanted.unit
    now = f"{wanted.text(last)}{unit}"
    if first is last:
        text = f"{_day(last.as_of)}は{now}です。前の数字がないため、図はまだ引けません"
    else:
        text = f"{_day(first.as_of)}の{wanted.text(first)}{unit}から、{_day(last.as_of)}は{now}になりました"
    return Finding(
        text=text,
        source=last.source,
        as_of=_day(last.as_of),
        csv=csv,
        definition=wanted.definition,
    )


def _row(wanted: Wanted, one: SeriesItem) -> dict[str, object]:
    return {
        "on": date_text(one.as_of, short=True),
        "value": wanted.text(one),
        "of": "—" if one.denominator is None else f"{one.denominator:,}",
        "known": date_text(one.known_at, short=True),
        "source": one.source,
        "mark": confidence(one.confidence).word,
        "note": one.note or "—",
    }


def _day(on: date) -> str:
    return wareki(on)
