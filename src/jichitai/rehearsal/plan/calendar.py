"""Business days of town halls, and how the year's events fall on them."""

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache

from jichitai.rehearsal.population.sources import table

MOVE_SHARE_OF_MONTH = (
    0.064, 0.069, 0.184, 0.146, 0.070, 0.068, 0.072, 0.072, 0.072, 0.069, 0.058, 0.056,
)  # fmt: skip
"""Part of a year's moves in each month.

March 18.4 % from the counts of March 2020; April in proportion to its count; the others assumed.
"""
_WORST_DAY = 2.2
"""The busiest days around the turn of the fiscal year, as a multiple of the month's mean."""


@cache
def holidays() -> frozenset[date]:
    """National holidays (国民の祝日)."""
    return frozenset(date.fromisoformat(row["date"]) for row in table("holidays.csv"))


def is_business_day(day: date) -> bool:
    """Whether a town hall opens: no weekend, no holiday, not 29 December to 3 January.

    >>> is_business_day(date(2026, 1, 5)), is_business_day(date(2026, 1, 3))
    (True, False)
    """
    year_end = (day.month, day.day) >= (12, 29) or (day.month, day.day) <= (1, 3)
    return day.weekday() < 5 and day not in holidays() and not year_end


def business_days(start: date, end: date) -> Iterator[date]:
    """Business days from `start` to `end`, both included."""
    for offset in range((end - start).days + 1):
        if is_business_day(day := start + timedelta(days=offset)):
            yield day


def business_day_from(day: date) -> date:
    """The day itself, or the next business day."""
    while not is_business_day(day):
        day += timedelta(days=1)
    return day


def move_weight(day: date) -> float:
    """How many of a year's moves are reported on this business day (all days add up to 1)."""
    first = day.replace(day=1)
    month = list(business_days(first, first.replace(day=monthrange(day.year, day.month)[1])))
    weights = {d: _WORST_DAY if _rush(d) else 1.0 for d in month}
    return MOVE_SHARE_OF_MONTH[day.month - 1] * weights[day] / sum(weights.values())


def _rush(day: date) -> bool:
    return (day.month == 3 and day.day >= 26) or (day.month == 4 and day.day <= 5)
