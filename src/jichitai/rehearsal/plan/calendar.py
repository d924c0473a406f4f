"""Business days of town halls, and how the year's events fall on them."""

from calendar import monthrange
from datetime import date

from jichitai.kernel.business_days import business_days

MOVE_SHARE_OF_MONTH = (
    0.064, 0.069, 0.184, 0.146, 0.070, 0.068, 0.072, 0.072, 0.072, 0.069, 0.058, 0.056,
)  # fmt: skip
"""Part of a year's moves in each month.

March 18.4 % from the counts of March 2020; April in proportion to its count; the others assumed.
"""
_WORST_DAY = 2.2
"""The busiest days around the turn of the fiscal year, as a multiple of the month's mean."""


def move_weight(day: date) -> float:
    """How many of a year's moves are reported on this business day (all days add up to 1)."""
    first = day.replace(day=1)
    month = list(business_days(first, first.replace(day=monthrange(day.year, day.month)[1])))
    weights = {d: _WORST_DAY if _rush(d) else 1.0 for d in month}
    return MOVE_SHARE_OF_MONTH[day.month - 1] * weights[day] / sum(weights.values())


def _rush(day: date) -> bool:
    return (day.month == 3 and day.day >= 26) or (day.month == 4 and day.day <= 5)
