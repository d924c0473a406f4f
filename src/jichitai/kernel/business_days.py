"""Working days of public offices (開庁日)."""

import csv
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from importlib import resources


@cache
def holidays() -> frozenset[date]:
    """National holidays (国民の祝日), 1955 to 2040.

    Source: 国民の祝日に関する法律 第2条, 第3条.
    """
    text = resources.files("jichitai.data").joinpath("holidays.csv").read_text(encoding="utf-8")
    return frozenset(date.fromisoformat(row["date"]) for row in csv.DictReader(text.splitlines()))


def is_business_day(day: date) -> bool:
    """Whether public offices open: no weekend, no holiday, not 29 December to 3 January.

    >>> is_business_day(date(2026, 1, 5)), is_business_day(date(2026, 1, 3))
    (True, False)

    Source: 地方自治法 第4条の2 (地方公共団体の休日).
    """
    year_end = (day.month, day.day) >= (12, 29) or (day.month, day.day) <= (1, 3)
    return day.weekday() < 5 and day not in holidays() and not year_end


def business_days(start: date, end: date) -> Iterator[date]:
    """Business days from `start` to `end`, both included.

    Source: 地方自治法 第4条の2.
    """
    for offset in range((end - start).days + 1):
        if is_business_day(day := start + timedelta(days=offset)):
            yield day


def next_business_day(day: date) -> date:
    """The day itself, or the first business day after it.

    >>> next_business_day(date(2026, 1, 1))
    datetime.date(2026, 1, 5)

    Source: 地方自治法 第4条の2第4項 (期限の特例).
    """
    while not is_business_day(day):
        day += timedelta(days=1)
    return day
