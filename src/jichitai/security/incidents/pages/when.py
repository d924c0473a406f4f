"""When something was noticed, as people in a hurry write it."""

import re
import unicodedata
from datetime import date, datetime, time, timedelta
from typing import Final

from jichitai.kernel.dates import JST, InvalidDateError, parse_date
from jichitai.web.components import Option

CHOICES: Final = (
    Option("0", "いま"),
    Option("10", "10分前"),
    Option("30", "30分前"),
    Option("60", "1時間前"),
    Option("other", "日時を入れる"),
)
_CLOCK: Final = re.compile(r"(?:^|[ T])(\d{1,2})(?::|時)(\d{1,2})(?:分)?(?::\d{2})?$")
_SHORT: Final = re.compile(r"(\d{1,2})[/.月-](\d{1,2})日?")


class UnreadableTimeError(ValueError):
    """Not a time that can be read."""


def instant(choice: str, text: str, now: datetime) -> datetime:
    """The instant of a choice: some minutes ago, or as written.

    Raises:
        UnreadableTimeError: nothing chosen, or not readable.

    >>> from datetime import UTC
    >>> now = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)
    >>> instant("10", "", now).isoformat()
    '2026-11-20T04:50:00+00:00'
    >>> instant("other", "13:58", now).isoformat()
    '2026-11-20T13:58:00+09:00'
    """
    if choice == "other":
        return written(text, now)
    if choice not in {option.value for option in CHOICES}:
        raise UnreadableTimeError
    return now - timedelta(minutes=int(choice))


def written(text: str, now: datetime) -> datetime:
    """An instant as people write it: `13:58`, `11/20 13:58`, `R8.11.20 13時58分`.

    A time of day alone is today's, or yesterday's when today's is still to come; a day without a
    year is the last such day.

    Raises:
        UnreadableTimeError: not readable.
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    found = _CLOCK.search(plain)
    if found is None:
        raise UnreadableTimeError
    today = now.astimezone(JST).date()
    try:
        clock = time(int(found[1]), int(found[2]))
        day_text = plain[: found.start()].strip(" T")
        day = _day(day_text, today) if day_text else today
    except (ValueError, InvalidDateError):
        raise UnreadableTimeError from None
    at = datetime.combine(day, clock, JST)
    return at - timedelta(days=1) if not day_text and at > now else at


def _day(text: str, today: date) -> date:
    short = _SHORT.fullmatch(text)
    if short is None:
        return parse_date(text)
    day = date(today.year, int(short[1]), int(short[2]))
    return day if day <= today else date(today.year - 1, day.month, day.day)


def typed(value: datetime | None) -> str:
    """An instant as a form shows it again."""
    return "" if value is None else value.astimezone(JST).strftime("%Y-%m-%d %H:%M")
