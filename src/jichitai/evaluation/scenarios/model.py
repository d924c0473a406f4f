"""The model of 試算: a queue of pieces of work that are first prepared, then finished. Pure.

Each month a share of what was not prepared at the start becomes prepared (how fast bodies take it
up), and of what is prepared as much is finished as hands allow (the capacity of vendors). Nothing
else is in the model: no season, no price, no difference between bodies. Exact decimals, no chance.
"""

import calendar
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_FLOOR, Decimal
from enum import StrEnum
from typing import Final

LONGEST: Final = 120
"""Months that a trial looks ahead at most."""

_HUNDRED: Final = Decimal(100)
_TENTH: Final = Decimal("0.1")


class Limit(StrEnum):
    """What holds a month back."""

    CAPACITY = "capacity"
    PREPARATION = "preparation"
    NONE = "none"

    @property
    def word(self) -> str:
        """In words."""
        return {"capacity": "能力", "preparation": "準備", "none": "—"}[self]


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumptions:
    """前提: everything that the result depends on.

    Attributes:
        total: pieces of work in all.
        done: finished at the start.
        start: the day of that count.
        ready: percent of what is left that is prepared already.
        adoption: percent of what was unprepared at the start that is prepared each month (取組の速さ).
        capacity: how many can be finished in a month (事業者の能力).
        growth: percent by which the capacity changes after each year.
        band: percent by which capacity and adoption are moved down and up for the span.
        goal: percent of the total that is to be reached.
        goal_on: the day by which.
    """

    total: int
    done: int
    start: date
    ready: Decimal
    adoption: Decimal
    capacity: Decimal
    growth: Decimal
    band: Decimal
    goal: Decimal
    goal_on: date

    @property
    def left(self) -> int:
        """What is not finished at the start."""
        return self.total - self.done

    @property
    def wanted(self) -> Decimal:
        """How many the goal means."""
        return self.total * self.goal / _HUNDRED

    @property
    def months(self) -> int:
        """Months from the start that end by the day of the goal; 0 when there is none."""
        return max(
            (m for m in range(LONGEST + 1) if month_end(self.start, m) <= self.goal_on), default=0
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """The end of a month: what is finished, and what held it back."""

    on: date
    done: Decimal
    limit: Limit

    @property
    def whole(self) -> int:
        """Finished pieces, whole ones only."""
        return int(self.done.to_integral_value(ROUND_FLOOR))


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """試算の結果.

    Attributes:
        given: the assumptions.
        middle: month by month as assumed; the first is the start.
        low: with capacity and adoption moved down by the band.
        high: with both moved up.
        needed_capacity: least whole capacity that meets the goal in time, adoption as assumed;
            None when no capacity does.
        needed_adoption: least adoption (to 0.1 points) that does, capacity as assumed; None likewise.
    """

    given: Assumptions
    middle: tuple[Month, ...]
    low: tuple[Month, ...]
    high: tuple[Month, ...]
    needed_capacity: int | None
    needed_adoption: Decimal | None

    @property
    def overdue(self) -> bool:
        """Whether the day of the goal was past before the first month ended."""
        return self.given.months == 0


def month_end(start: date, months: int) -> date:
    """The last day of the month so many months after that of `start`; `start` itself for 0.

    >>> month_end(date(2026, 1, 31), 1), month_end(date(2026, 1, 10), 12)
    (datetime.date(2026, 2, 28), datetime.date(2027, 1, 31))

    Source: none; rule of this project.
    """
    if months == 0:
        return start
    number = start.month - 1 + months
    year, month = start.year + number // 12, number % 12 + 1
    return date(year, month, calendar.monthrange(year, month)[1])


def run(given: Assumptions, *, months: int) -> tuple[Month, ...]:
    """The queue month by month.

    Returns:
        The start and so many months after it.

    Source: none; the model of this project, docs/explanation/what-if.md.
    """
    done = Decimal(given.done)
    ready = given.left * given.ready / _HUNDRED
    waiting = given.left - ready
    speed = waiting * given.adoption / _HUNDRED
    capacity = given.capacity
    found = [Month(on=given.start, done=done, limit=Limit.NONE)]
    for number in range(1, months + 1):
        if number > 1 and number % 12 == 1:
            capacity += capacity * given.growth / _HUNDRED
        prepared = min(waiting, speed)
        waiting -= prepared
        ready += prepared
        finished = min(ready, capacity)
        limit = Limit.NONE
        if ready > capacity:
            limit = Limit.CAPACITY
        elif waiting > 0:
            limit = Limit.PREPARATION
        ready -= finished
        done += finished
        found.append(Month(on=month_end(given.start, number), done=done, limit=limit))
    return tuple(found)


def moved(given: Assumptions, percent: Decimal) -> Assumptions:
    """The same with capacity and adoption moved by so many percent of themselves.

    Source: none; rule of the span (幅) of this project.
    """
    factor = (_HUNDRED + percent) / _HUNDRED
    return replace(
        given,
        capacity=given.capacity * factor,
        adoption=min(given.adoption * factor, _HUNDRED),
    )


def trial(given: Assumptions) -> Trial:
    """What follows from the assumptions.

    Source: none; the model of this project.
    """
    low, high = moved(given, -given.band), moved(given, given.band)
    shown = _horizon(given, low)
    return Trial(
        given=given,
        middle=run(given, months=shown),
        low=run(low, months=shown),
        high=run(high, months=shown),
        needed_capacity=needed_capacity(given),
        needed_adoption=needed_adoption(given),
    )


def _horizon(given: Assumptions, low: Assumptions) -> int:
    """Until the goal's day and until the slow edge has reached the goal, at most ten years."""
    slow = next(
        (n for n, one in enumerate(run(low, months=LONGEST)) if one.done >= given.wanted), LONGEST
    )
    return min(max(given.months, slow, 1) + 2, LONGEST)


def reached(months: tuple[Month, ...], wanted: Decimal) -> date | None:
    """The first month's end at which so many are finished.

    Source: none; a view of this project.
    """
    return next((one.on for one in months if one.done >= wanted), None)


def at(months: tuple[Month, ...], on: date) -> Month:
    """The last month that ended by a day; the start when none did.

    Source: none; a view of this project.
    """
    return next((one for one in reversed(months) if one.on <= on), months[0])


def _meets(given: Assumptions) -> bool:
    return run(given, months=given.months)[-1].done >= given.wanted


def needed_capacity(given: Assumptions) -> int | None:
    """The least whole capacity a month that meets the goal in time.

    Returns:
        None when the preparation alone is too slow, or the day is past.

    Source: none; the model of this project, by halving.
    """
    if given.done >= given.wanted:
        return 0
    shrinking = given.growth < 0
    low, high = 0, given.left * (2 ** (given.months // 12) if shrinking else 1)
    if not _meets(replace(given, capacity=Decimal(high))):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        if _meets(replace(given, capacity=Decimal(middle))):
            high = middle
        else:
            low = middle
    return high


def needed_adoption(given: Assumptions) -> Decimal | None:
    """The least adoption a month, in steps of 0.1 points, that meets the goal in time.

    Returns:
        None when the capacity alone is too small, or the day is past.

    Source: none; the model of this project, by halving.
    """
    if _meets(replace(given, adoption=Decimal(0))):
        return Decimal(0)
    low, high = 0, 1000
    if not _meets(replace(given, adoption=_HUNDRED)):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        if _meets(replace(given, adoption=middle * _TENTH)):
            high = middle
        else:
            low = middle
    return high * _TENTH


def holding_back(months: tuple[Month, ...]) -> tuple[tuple[Limit, int], ...]:
    """How many months each limit held the work back.

    Source: none; a view of this project.
    """
    limits = [one.limit for one in months[1:] if one.limit is not Limit.NONE]
    return tuple((limit, limits.count(limit)) for limit in (Limit.CAPACITY, Limit.PREPARATION))
