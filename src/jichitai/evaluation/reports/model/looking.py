"""Looking figures up (数値の参照の解決): from a reference to the figure that is known. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Literal, assert_never

import msgspec

from jichitai.evaluation.reports.model.document import UNKNOWN, Figure, Line, Mention, Words
from jichitai.evaluation.reports.model.known import Goal, Indicator, Value
from jichitai.evaluation.reports.model.references import (
    Aspect,
    Baseline,
    Newest,
    OfDay,
    OfMonth,
    OfYear,
    Reference,
    TargetOf,
    pieces,
)
from jichitai.kernel.dates import both
from jichitai.kernel.eras import era_of

_TIMES: Final = "出典の時点による"


def year_text(year: int) -> str:
    """A fiscal year in both calendars.

    >>> year_text(2026)
    '令和8年度（2026年度）'

    Source: 公用文作成の考え方 (文化審議会 令和4年), 和暦と西暦の併記.
    """
    era = era_of(date(year, 4, 1) if year != 2019 else date(2019, 5, 1))
    return f"{era.year_text(year)}度（{year}年度）"


def short_year(year: int) -> str:
    """A fiscal year as the head of a column.

    >>> short_year(2026)
    'R8'

    Source: none; as officers write it.
    """
    era = era_of(date(year, 5, 1))
    return f"{era.initial}{era.year_of(year)}"


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a reference: where, why, what to do."""

    text: str
    why: str


@dataclass(slots=True)
class Figures:
    """The figures of a document in the making: each is looked up and numbered once.

    Attributes:
        indicators: what is known, by id.
        found: figures by their reference, in the order of their numbers.
        faults: references that could not be followed.
    """

    indicators: Mapping[str, Indicator]
    found: dict[str, Figure] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def line(self, text: str) -> Line:
        """A line of an officer's text with its figures; a wrong reference stays as it was typed."""
        runs: list[Words | Mention] = []
        for piece in pieces(text):
            if piece.reference is None:
                if piece.fault:
                    self.faults.append(Fault(piece.text[:80], piece.fault))
                runs.append(Words(piece.text))
                continue
            mention = self.mention(piece.reference, typed=piece.text)
            runs.append(mention or Words(piece.text))
        return tuple(runs)

    def mention(self, reference: Reference, *, typed: str = "") -> Mention | None:
        """A mention of the figure that a reference names; None, and a fault, when there is none."""
        indicator = self.indicators.get(reference.indicator)
        if indicator is None:
            why = f"指標 {reference.indicator} はありません。指標の一覧で番号を確かめてください。"
            self.faults.append(Fault(typed or reference.code, why))
            return None
        return self._add(figure_of(indicator, reference))

    def value(
        self, indicator: Indicator, value: Value, *, aspect: Aspect = Aspect.WHOLE
    ) -> Mention:
        """A mention of a value that is at hand."""
        return self._add(_actual(indicator, value, aspect, _code(value)))

    def goal(self, indicator: Indicator, goal: Goal) -> Mention:
        """A mention of the final target or of a year's."""
        return self._add(_goal(indicator, goal, "target", Aspect.WHOLE, TargetOf(goal.year).code))

    def baseline(self, indicator: Indicator, goal: Goal) -> Mention:
        """A mention of the baseline."""
        return self._add(_goal(indicator, goal, "baseline", Aspect.WHOLE, Baseline().code))

    def _add(self, figure: Figure) -> Mention:
        known = self.found.get(figure.ref)
        if known is None:
            known = msgspec.structs.replace(figure, number=len(self.found) + 1)
            self.found[figure.ref] = known
        return Mention(known.ref, known.text)


def figure_of(indicator: Indicator, reference: Reference) -> Figure:
    """The figure that a reference names, without a number; unknown where nothing is known.

    Source: form 1 of this software.
    """
    when, aspect = reference.when, reference.aspect
    match when:
        case TargetOf(None):
            return _or_unknown(indicator, indicator.goal, "target", reference)
        case TargetOf(year):
            goals = [one for one in indicator.goals if one.year == year]
            last = indicator.goal
            if not goals and last and last.on and _fiscal(last.on) == year:
                goals = [last]
            return _or_unknown(indicator, goals[-1] if goals else None, "target", reference)
        case Baseline():
            return _or_unknown(indicator, indicator.baseline, "baseline", reference)
        case Newest():
            found = indicator.current
        case OfYear(year):
            found = [one for one in indicator.current if one.year == year]
        case OfMonth(year, month):
            found = [one for one in indicator.current if _in_month(one, year, month)]
        case OfDay(day):
            found = [one for one in indicator.current if one.as_of == day]
        case _:
            assert_never(when)
    if not found:
        return _unknown(indicator, "actual", reference)
    return _actual(indicator, found[-1], aspect, _code(found[-1]))


def _in_month(value: Value, year: int, month: int) -> bool:
    day = value.as_of
    return day is not None and (day.year, day.month) == (year, month)


def _fiscal(day: date) -> int:
    return day.year if day.month >= 4 else day.year - 1


def _code(value: Value) -> str:
    return value.as_of.isoformat() if value.as_of else value.period or "時点不明"


def _ref(indicator: Indicator, when: str, aspect: Aspect) -> str:
    return f"{indicator.id}@{when}" + (f"|{aspect}" if aspect else "")


def _actual(indicator: Indicator, value: Value, aspect: Aspect, when: str) -> Figure:
    share = " ÷ ".join(one for one in (value.numerator, value.denominator) if one)
    return Figure(
        number=0,
        ref=_ref(indicator, when, aspect),
        indicator=indicator.id,
        name=indicator.name,
        role="actual",
        text=_aspect(value, aspect),
        value="" if value.value is None else f"{value.value:f}",
        unit=indicator.unit,
        period=period_text(value),
        as_of=value.as_of.isoformat() if value.as_of else "",
        source=value.source,
        definition=indicator.definition,
        confidence=value.confidence,
        known_on=value.known_on.isoformat(),
        evidence=share if value.denominator else "",
    )


def period_text(value: Value) -> str:
    """When a value is of, in words.

    Source: 公用文作成の考え方 (文化審議会 令和4年), 和暦と西暦の併記.
    """
    if value.as_of is not None:
        return both(value.as_of)
    return year_text(value.year) if value.year else value.period or _TIMES


def _aspect(value: Value, aspect: Aspect) -> str:
    match aspect:
        case Aspect.WHOLE:
            return value.text
        case Aspect.VALUE:
            return value.plain
        case Aspect.DAY:
            return period_text(value)
        case Aspect.NUMERATOR:
            return value.numerator or UNKNOWN
        case Aspect.DENOMINATOR:
            return value.denominator or UNKNOWN
        case _:
            assert_never(aspect)


def _or_unknown(
    indicator: Indicator,
    goal: Goal | None,
    role: Literal["target", "baseline"],
    reference: Reference,
) -> Figure:
    if goal is None:
        return _unknown(indicator, role, reference)
    when = Baseline().code if role == "baseline" else TargetOf(goal.year).code
    return _goal(indicator, goal, role, reference.aspect, when)


def _goal(
    indicator: Indicator,
    goal: Goal,
    role: Literal["target", "baseline"],
    aspect: Aspect,
    when: str,
) -> Figure:
    period = both(goal.on) if goal.on else year_text(goal.year) if goal.year else "期限の定めなし"
    texts = {Aspect.WHOLE: goal.text, Aspect.VALUE: goal.plain, Aspect.DAY: period}
    return Figure(
        number=0,
        ref=_ref(indicator, when, aspect),
        indicator=indicator.id,
        name=indicator.name,
        role=role,
        text=texts.get(aspect, UNKNOWN),
        value="" if goal.value is None else f"{goal.value:f}",
        unit=indicator.unit,
        period=period,
        as_of=goal.on.isoformat() if goal.on else "",
        source=goal.source,
        definition=indicator.definition,
    )


def _unknown(
    indicator: Indicator, role: Literal["actual", "target", "baseline"], reference: Reference
) -> Figure:
    when = reference.when
    period = year_text(when.year) if isinstance(when, OfYear | TargetOf) and when.year else ""
    return Figure(
        number=0,
        ref=reference.code,
        indicator=indicator.id,
        name=indicator.name,
        role=role,
        text=UNKNOWN,
        unit=indicator.unit,
        period=period,
        source="公表された値がない",
        definition=indicator.definition,
    )
