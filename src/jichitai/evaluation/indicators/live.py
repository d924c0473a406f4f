"""From sums of daily figures to points of indicators. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final

from jichitai.evaluation.indicators.model import (
    Constant,
    Definition,
    Point,
    Query,
    Stated,
    Total,
    ratio,
    year_label,
)
from jichitai.kernel.dates import fiscal_year, wareki
from jichitai.kernel.parties import Tier

SOURCE: Final = "本システムの日次集計"
PREFECTURES: Final = 47


class Step(StrEnum):
    """刻み: how long the periods of a series are."""

    YEAR = "year"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Period:
    """A fiscal year or a month."""

    first: date
    last: date
    label: str


@dataclass(frozen=True, slots=True)
class Measured:
    """What the catalogue says of a measure, as far as it is needed here."""

    key: str
    title: str
    tier: Tier
    flow: bool
    dimensions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Extent:
    """How far a measure was told in a period: through which day, known when, by how many."""

    through: date
    recorded_at: datetime
    origins: int


@dataclass(frozen=True, slots=True)
class Figures:
    """Sums by measure and period.

    Attributes:
        periods: in order.
        measures: by key.
        extents: (measure, period) -> how far it was told; missing when nobody told.
        sums: (measure, period) -> parts -> value.
    """

    periods: Sequence[Period]
    measures: Mapping[str, Measured]
    extents: Mapping[tuple[str, int], Extent]
    sums: Mapping[tuple[str, int], Mapping[tuple[str, ...], int]]


def periods(step: Step, first: date, last: date) -> list[Period]:
    """All periods from the one of a day to the one of another.

    >>> [one.label for one in periods(Step.YEAR, date(2025, 4, 1), date(2026, 5, 1))]
    ['令和7年度（2025年度）', '令和8年度（2026年度）']

    Source: 財政法 第11条 (会計年度).
    """
    found: list[Period] = []
    if step is Step.YEAR:
        for year in range(fiscal_year(first), fiscal_year(last) + 1):
            end = date(year + 1, 3, 31)
            found.append(Period(date(year, 4, 1), end, year_label(year)))
        return found
    day = first.replace(day=1)
    while day <= last:
        following = (day + timedelta(days=31)).replace(day=1)
        label = f"{wareki(day).split('月')[0]}月（{day.year}年{day.month}月）"
        found.append(Period(day, following - timedelta(days=1), label))
        day = following
    return found


def queries(definition: Definition) -> list[Query]:
    """The questions that a definition asks.

    Source: none; reading of the definition.
    """
    asked = (definition.numerator, definition.denominator)
    return [one for one in asked if isinstance(one, Query)]


def series(
    definition: Definition, figures: Figures, *, breakdown: str | None = None
) -> list[Point]:
    """The points of a definition that counts daily figures, by day and part.

    The series begins with the first period that has a figure; years before the first record say
    nothing about the world. When there is no figure at all, the last period says zero.

    Args:
        definition: whose numerator is a query.
        figures: sums of the measures that it asks for.
        breakdown: dimension to keep apart; None for the whole.

    Source: this project's.
    """
    if not isinstance(definition.numerator, Query):
        return []
    counted = _counted(definition.numerator, figures, breakdown)
    wholes = _wholes(definition, figures, breakdown)
    told = [n for n in sorted(counted) if figures.periods[n].last >= definition.valid_from]
    begun = next((n for n in told if any(counted[n].values())), told[-1] if told else 0)
    return [
        point
        for n in told
        if n >= begun
        for point in _points(definition, figures, n, counted[n], wholes)
    ]


_Parts = Mapping[str, Decimal]


def _wholes(
    definition: Definition, figures: Figures, breakdown: str | None
) -> Mapping[int, _Parts] | Decimal | None:
    match definition.denominator:
        case Query() as query:
            return _counted(query, figures, breakdown)
        case Constant(value=value) if breakdown is None:
            return value
        case Constant() | Stated() | None:
            return None


def _counted(query: Query, figures: Figures, breakdown: str | None) -> dict[int, _Parts]:
    """Period -> value of the breakdown -> figure; the whole stands under an empty text."""
    measured = figures.measures[query.measure]
    limits = [(measured.dimensions.index(one.dimension), set(one.values)) for one in query.where]
    kept = measured.dimensions.index(breakdown) if breakdown else None
    found: dict[int, _Parts] = {}
    before: dict[str, Decimal] = {}
    seen: dict[str, set[str]] = {}
    for n in range(len(figures.periods)):
        sums = figures.sums.get((query.measure, n), {})
        now = _collected(query, measured, sums, limits, kept, seen)
        if query.total is Total.EVER and not query.distinct:
            for part, value in now.items():
                before[part] = before.get(part, Decimal(0)) + value
            now = dict(before)
        if (query.measure, n) in figures.extents:
            found[n] = now if now or kept is not None else {"": Decimal(0)}
    return found


def _collected(
    query: Query,
    measured: Measured,
    sums: Mapping[tuple[str, ...], int],
    limits: Sequence[tuple[int, set[str]]],
    kept: int | None,
    seen: dict[str, set[str]],
) -> dict[str, Decimal]:
    now: dict[str, Decimal] = {}
    if query.distinct and query.total is not Total.EVER:
        seen.clear()
    for parts, value in sums.items():
        if any(parts[at] not in wanted for at, wanted in limits):
            continue
        part = "" if kept is None else parts[kept]
        if not query.distinct:
            now[part] = now.get(part, Decimal(0)) + value * query.times
        elif value:
            seen.setdefault(part, set()).add(parts[measured.dimensions.index(query.distinct)])
    if query.distinct:
        return {part: Decimal(len(values) * query.times) for part, values in seen.items()}
    return now


def _points(
    definition: Definition,
    figures: Figures,
    n: int,
    counted: _Parts,
    wholes: Mapping[int, _Parts] | Decimal | None,
) -> list[Point]:
    period = figures.periods[n]
    extents = [figures.extents.get((one.measure, n)) for one in queries(definition)]
    known = [one for one in extents if one is not None]
    through = max(one.through for one in known)
    whole_of = wholes.get(n, {}) if isinstance(wholes, Mapping) else None
    parts = sorted({*counted, *(whole_of or {})})
    found = []
    for part in parts:
        numerator = counted.get(part, Decimal(0))
        denominator = whole_of.get(part) if whole_of is not None else _constant(wholes)
        value = _value(definition, numerator, denominator)
        found.append(
            Point(
                indicator_id=definition.indicator_id,
                version=definition.version,
                label=period.label,
                as_of=min(period.last, through),
                value=value,
                text=definition.text_of(value),
                numerator=numerator if definition.rate else None,
                denominator=denominator if definition.rate else None,
                source=_source(definition, figures, n),
                confidence="counted",
                live=True,
                complete=through >= period.last,
                part=part,
                recorded_at=max(one.recorded_at for one in known),
            )
        )
    return found


def _constant(whole: Mapping[int, _Parts] | Decimal | None) -> Decimal | None:
    return whole if isinstance(whole, Decimal) else None


def _value(
    definition: Definition, numerator: Decimal, denominator: Decimal | None
) -> Decimal | None:
    if not definition.rate:
        return numerator
    return ratio(numerator, denominator) if denominator else None


def _source(definition: Definition, figures: Figures, n: int) -> str:
    """Where the figure is from; for prefectures' figures, how many of them have told."""
    texts: list[str] = []
    for query in queries(definition):
        measured = figures.measures[query.measure]
        extent = figures.extents.get((query.measure, n))
        many = f"、{extent.origins}／{PREFECTURES}都道府県" if extent else ""
        texts.append(f"{measured.title}{many if measured.tier is Tier.PREFECTURE else ''}")
    return f"{SOURCE}（{'、'.join(dict.fromkeys(texts))}）"
