"""What would have to happen each month to meet a date: plain division, nothing forecast."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from jichitai.standardisation.progress.model import Rate
from jichitai.standardisation.progress.tables import holds, rows

_LONGEST: Final = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """期限: a date of the government's policy, and where it stands."""

    key: str
    name: str
    day: date
    source: str
    confidence: str


def deadlines(on: date) -> tuple[Deadline, ...]:
    """The dates of the policy that hold on a day.

    >>> [one.day.isoformat() for one in deadlines(date(2026, 1, 31))]
    ['2026-03-31', '2031-03-31']

    Source: 標準化基本方針 (2022-10; 2024-12-24), by way of secondary sources.
    """
    return tuple(
        Deadline(
            key=row["key"],
            name=row["name"],
            day=date.fromisoformat(row["day"]),
            source=row["source"],
            confidence=row["confidence"],
        )
        for row in rows("deadlines")
        if holds(row, on)
    )


def months_until(start: date, end: date) -> int:
    """Whole months between two days; the last day of a month counts as its end. 0 when past.

    >>> months_until(date(2026, 1, 31), date(2026, 3, 31))
    2
    >>> months_until(date(2026, 1, 31), date(2026, 2, 28))
    1
    >>> months_until(date(2026, 4, 1), date(2026, 3, 31))
    0

    Source: 民法 第143条 (暦による期間の計算).
    """
    months = (end.year - start.year) * 12 + end.month - start.month
    if end.day < start.day and (end.month == _next_day(end).month):
        months -= 1
    return max(0, months)


def _next_day(day: date) -> date:
    return date.fromordinal(day.toordinal() + 1)


def month_after(day: date, months: int) -> date:
    """The first day of the month that is so many months later.

    >>> month_after(date(2026, 11, 30), 2)
    datetime.date(2027, 1, 1)

    Source: none; calendar arithmetic.
    """
    index = day.year * 12 + day.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)


def per_month(remaining: int, months: int) -> int | None:
    """How many a month, rounded up; None when something is left and no month is.

    >>> per_month(24887, 2), per_month(0, 0), per_month(5, 0)
    (12444, 0, None)

    Source: none; division.
    """
    if remaining <= 0:
        return 0
    return -(-remaining // months) if months > 0 else None


def plan(remaining: int, start: date, months: int) -> tuple[tuple[date, int], ...]:
    """How many are left at the end of each month on an even path to nothing.

    >>> plan(10, date(2026, 1, 31), 3)[-1]
    (datetime.date(2026, 4, 1), 0)

    Source: none; division.
    """
    return tuple(
        (month_after(start, number), remaining - remaining * number // months)
        for number in range(1, min(months, _LONGEST) + 1)
    )


def months_at(remaining: int, pace: Rate | None) -> int | None:
    """Months that the rest takes at a pace, rounded up; None without a pace above nothing.

    Args:
        remaining: what is left.
        pace: so many in so many months.

    >>> months_at(100, Rate(30, 2))
    7

    Source: none; division.
    """
    if remaining <= 0:
        return 0
    if pace is None or pace.numerator <= 0 or pace.denominator <= 0:
        return None
    return -(-remaining * pace.denominator // pace.numerator)
