"""Gathering what a report is made of, as it was known at the end of a day in Japan."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Final

from jichitai.evaluation.indicators import service as indicators
from jichitai.evaluation.indicators.checks import CONFIDENCE
from jichitai.evaluation.indicators.model import Definition, Level, Point, Target, shown
from jichitai.evaluation.indicators.standing import Status
from jichitai.evaluation.policies import service as policies
from jichitai.evaluation.reports import store
from jichitai.evaluation.reports.model.known import Goal, Indicator, Known, Remark, Value
from jichitai.evaluation.reports.service.adapting import numbers, path_of, section_of
from jichitai.infra.database import Tx
from jichitai.kernel.dates import JST

_NUMBER: Final = re.compile(r"([\d.,]+(?:[〜～-][\d.,]+)?)(.*)")


def end_of(day: date) -> datetime:
    """The last instant of a day in Japan: what was recorded by then is known."""
    return datetime.combine(day, time.max, JST)


async def gather(
    tx: Tx, policy: int, fiscal_year: int, as_of: date, *, written_at: datetime | None = None
) -> Known:
    """Everything that a report of that day says.

    Args:
        tx: of the ministry.
        policy: number.
        fiscal_year: of the report.
        as_of: figures are those known at the end of this day.
        written_at: texts, effect paths and remarks are those of this instant; of the end of the
            day too when left out, so that the report of a day is the same whenever it is made.

    Raises:
        UnknownPolicyError: the policy was not known then.
    """
    known_at = written_at or end_of(as_of)
    found = await policies.policy_of(tx, policy, fiscal_year, known_at)
    models = await policies.open_models(tx, policy, fiscal_year, known_at)
    by_key = numbers(found)
    texts = await store.texts(tx, policy, fiscal_year, known_at=known_at)
    return Known(
        policy=policy,
        policy_name=found.name,
        purpose=found.purpose,
        fiscal_year=fiscal_year,
        as_of=as_of,
        sections=[section_of(one) for one in found.sections],
        paths=[path_of(one.model, by_key[one.model.section], one.number) for one in models],
        indicators=await _indicators(tx, policy, by_key, as_of),
        texts={one.slot: one.content for one in texts},
        remarks=await _remarks(tx, policy, fiscal_year, known_at),
    )


async def _remarks(tx: Tx, policy: int, year: int, known_at: datetime) -> list[Remark]:
    rows, answers = await store.remarks(tx, policy, year, known_at=known_at)
    return [
        Remark(
            sort="expert",
            by_name=one.by_name,
            content=one.content,
            answers=tuple(a.content for a in answers if a.remark_id == one.remark_id),
        )
        for one in rows
        if one.sort == "expert"
    ]


async def _indicators(
    tx: Tx, policy: int, sections: Mapping[str, str], as_of: date
) -> dict[str, Indicator]:
    known_at = end_of(as_of)
    found = [
        one
        for one in (await indicators.definitions(tx, known_at)).values()
        if one.policy == policy and one.section in sections
    ]
    keys = [one.indicator_id for one in found]
    points = await indicators.points(tx, keys, known_at)
    targets = await indicators.targets(tx, keys, known_at)
    statuses = await indicators.statuses(tx, known_at, on=as_of, ids=keys)
    found.sort(key=lambda one: (int(sections[one.section]), one.indicator_id))
    return {
        one.indicator_id: indicator_of(
            one,
            sections[one.section],
            points.get(one.indicator_id, []),
            targets.get(one.indicator_id, []),
            statuses.get(one.indicator_id),
        )
        for one in found
    }


def indicator_of(
    one: Definition,
    section: str,
    points: Sequence[Point],
    targets: Sequence[Target],
    status: Status | None = None,
) -> Indicator:
    """An indicator as a report needs it: the series of its newest definition."""
    values = sorted(
        (point for point in points if point.version == one.version and not point.part),
        key=lambda point: (point.as_of, not point.live, point.edition),
    )
    holding = sorted(
        (goal for goal in targets if goal.version == one.version and goal.superseded_at is None),
        key=lambda goal: goal.on,
    )
    final = [goal for goal in holding if not goal.yearly]
    goals = [_goal(one, goal, goal.fiscal_year) for goal in holding if goal.yearly]
    baseline = one.baseline
    return Indicator(
        id=one.indicator_id,
        name=one.name,
        section=section,
        level="" if one.level is Level.CONTEXT else one.level.word,
        unit=one.unit,
        definition=one.definition,
        values=[_value(one, point) for point in values if point.text or point.value is not None],
        goals=[*goals, *(_goal(one, goal, None) for goal in final[-1:])],
        baseline=Goal(
            year=None,
            on=baseline.on,
            value=baseline.value,
            text=one.with_unit(one.text_of(baseline.value)),
            plain=one.text_of(baseline.value),
            source=baseline.source,
        )
        if baseline
        else None,
        status=status.standing.shown if status else "",
        basis=status.reason if status else "",
    )


def _with_unit(one: Definition, text: str) -> str:
    """A printed value with its unit after the number, before what else its source says."""
    found = _NUMBER.fullmatch(text)
    if found is None:
        return text
    number, rest = found.groups()
    if rest and not rest.startswith(("（", "(")):
        return one.with_unit(text)
    return f"{one.with_unit(number)}{rest}"


def _goal(one: Definition, goal: Target, year: int | None) -> Goal:
    return Goal(
        year=year,
        on=goal.on,
        value=goal.value,
        text=_with_unit(one, goal.text),
        plain=goal.text,
        source=goal.source,
    )


def _value(one: Definition, point: Point) -> Value:
    parts = (point.numerator, point.denominator)
    numerator, denominator = (shown(part, 0) if part is not None else "" for part in parts)
    return Value(
        period=point.label,
        year=point.fiscal_year,
        as_of=point.as_of if point.dated else None,
        value=point.value,
        text=_with_unit(one, point.text),
        plain=point.text,
        numerator=numerator,
        denominator=denominator,
        source=point.source,
        confidence=CONFIDENCE.get(point.confidence, point.confidence),
        place=point.as_of,
        known_at=point.recorded_at,
        superseded_at=point.superseded_at,
        reason=point.reason,
    )
