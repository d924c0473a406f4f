"""Periods and limits of certificates and cards: a dated table, and the days that follow from it.

Every limit is a calendar day in Japan. A certificate is good to the last second of its last day,
23:59:59 JST, which certificates write as 14:59:59Z.
"""

import calendar
import csv
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import cache
from importlib.resources import files
from io import StringIO
from typing import Final

from jichitai.kernel.dates import JST, DatePattern, UncertainDate, attains_on
from jichitai.kernel.errors import NotFoundError

_LAST_SECOND: Final = time(23, 59, 59)
_LEAP_DAY: Final = (2, 29)


class UnknownClockError(NotFoundError):
    """The table of periods has no such row for the day."""

    type = "jpki.unknown-clock"
    title = "期間の定めが見つかりません"


class ClockName(StrEnum):
    """Rows of the table."""

    CERTIFICATE = "certificate-birthdays"
    CERTIFICATE_RENEWED = "certificate-birthdays-renewed"
    RENEWAL_WINDOW = "renewal-window"
    SIGNING_AGE = "signing-age"
    LEAP_DAY = "leap-day-birthday"
    CARD = "card-birthdays"
    CARD_MINOR = "card-birthdays-minor"
    CARD_ADULT_AGE = "card-adult-age"
    DEPARTURE = "departure-without-arrival"
    CONTINUED_USE = "continued-use-after-arrival"
    ARRIVAL = "arrival-report"
    CONSENT = "item-consent"
    REVOCATION_RECORD = "revocation-record"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockRow:
    """A dated period.

    Attributes:
        id: of the period; several rows with one id follow each other in time.
        name: in Japanese.
        value: how many.
        unit: birthday, month, day, year or day-of-february.
        valid_from: first day of the rule.
        valid_to: last day; None for no end.
        certainty: law (read in the text) or practice (what counters do, or our reading).
        basis: on what it stands.
    """

    id: ClockName
    name: str
    value: int
    unit: str
    valid_from: date
    valid_to: date | None
    certainty: str
    basis: str


@cache
def rows() -> tuple[ClockRow, ...]:
    """All rows of the table, in its order.

    Source: `jpki_clocks.csv`; each row names its own.
    """
    text = (files("jichitai.data") / "jpki_clocks.csv").read_text("utf-8")
    return tuple(
        ClockRow(
            id=ClockName(row["id"]),
            name=row["name"],
            value=int(row["value"]),
            unit=row["unit"],
            valid_from=date.fromisoformat(row["valid_from"]),
            valid_to=date.fromisoformat(row["valid_to"]) if row["valid_to"] else None,
            certainty=row["certainty"],
            basis=row["basis"],
        )
        for row in csv.DictReader(StringIO(text))
    )


def period(name: ClockName, on: date) -> int:
    """The value of a period on a day.

    Raises:
        UnknownClockError: no rule was in force on that day.

    >>> period(ClockName.CARD_ADULT_AGE, date(2022, 3, 31))
    20
    >>> period(ClockName.CARD_ADULT_AGE, date(2022, 4, 1))
    18

    Source: `jpki_clocks.csv`.
    """
    for row in rows():
        if row.id is name and row.valid_from <= on and (row.valid_to is None or on <= row.valid_to):
            return row.value
    raise UnknownClockError(
        f"{on.isoformat()} の時点の期間（{name.value}）の定めが表にありません。"
        "日付を確かめてください。",
        clock=name.value,
    )


def end_of(day: date) -> datetime:
    """The last second of a calendar day in Japan.

    >>> end_of(date(2031, 5, 1)).isoformat()
    '2031-05-01T14:59:59+00:00'

    Source: certificates in use end at 14:59:59Z, which is 23:59:59 JST.
    """
    return datetime.combine(day, _LAST_SECOND, JST).astimezone(UTC)


def start_of(day: date) -> datetime:
    """The first instant of a calendar day in Japan.

    Source: 民法 第140条, 第141条 (a period runs by whole days).
    """
    return datetime.combine(day, time(), JST).astimezone(UTC)


def day_after(day: date) -> date:
    """The calendar day that follows.

    Source: 民法 第140条, 第141条.
    """
    return day + timedelta(days=1)


def last_day(instant: datetime) -> date:
    """The calendar day in Japan of an instant.

    Source: 民法 第140条, 第141条.
    """
    return instant.astimezone(JST).date()


def months_before(day: date, months: int) -> date:
    """The same day of an earlier month, or its last one where the month is shorter.

    >>> months_before(date(2027, 5, 31), 3)
    datetime.date(2027, 2, 28)

    Source: 民法 第143条 (暦による計算).
    """
    index = day.year * 12 + day.month - 1 - months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def years_after(day: date, years: int) -> date:
    """The day that ends a period of years: the same day, or 28 February.

    >>> years_after(date(2028, 2, 29), 10)
    datetime.date(2038, 2, 28)

    Source: 民法 第143条 (暦による計算).
    """
    year = day.year + years
    return date(year, day.month, min(day.day, calendar.monthrange(year, day.month)[1]))


def birthday_in(birth: UncertainDate, year: int, *, otherwise: date) -> date:
    """The birthday in a year: 28 February for those born on the leap day.

    Args:
        birth: of the register. Of a day that is not fully known the first possible one counts.
        year: of the calendar.
        otherwise: whose month and day stand in for a birth of which nothing is known.

    Source: カード省令 第26条 (2月29日生まれの人); for unknown days our rule.
    """
    known = birth.pattern is not DatePattern.UNKNOWN
    month, day = (birth.month, birth.day) if known else (otherwise.month, otherwise.day)
    if (month, day) == _LEAP_DAY:
        day = period(ClockName.LEAP_DAY, otherwise)
    return date(year, month, min(day, calendar.monthrange(year, month)[1]))


def nth_birthday(birth: UncertainDate, after: date, count: int) -> date:
    """The nth birthday after a day; a birthday on the day itself does not count.

    >>> nth_birthday(UncertainDate.parse("2000-02-29"), date(2026, 11, 20), 5)
    datetime.date(2031, 2, 28)

    Source: 公的個人認証法施行規則 第13条, 第49条.
    """
    this_year = birthday_in(birth, after.year, otherwise=after)
    first = after.year if this_year > after else after.year + 1
    return birthday_in(birth, first + count - 1, otherwise=after)


def renewal_opens(until: date) -> date:
    """The first day on which a certificate may be renewed before its end.

    >>> renewal_opens(date(2027, 5, 1))
    datetime.date(2027, 2, 2)

    Source: 公的個人認証法施行規則 第13条, 第49条 (the remaining time is under three months).
    """
    return months_before(until, period(ClockName.RENEWAL_WINDOW, until)) + timedelta(days=1)


def validity_end(
    birth: UncertainDate,
    issued_on: date,
    *,
    card_until: date,
    renewed_from: date | None = None,
    auth_until: date | None = None,
) -> date:
    """The last day of a certificate: the earliest of the days that the rules name.

    Args:
        birth: of the holder.
        issued_on: the day of issue.
        card_until: last day of the card.
        renewed_from: last day of the certificate that it renews, if any.
        auth_until: for a signing certificate the last day of the user-authentication one.

    A renewal on the last day itself counts five birthdays, so that no certificate runs longer than
    five years and three months.

    >>> validity_end(UncertainDate.parse("1985-05-01"), date(2026, 11, 20),
    ...              card_until=date(2036, 5, 1))
    datetime.date(2031, 5, 1)

    Source: 公的個人認証法施行規則 第13条 (署名用), 第49条 (利用者証明用).
    """
    early = renewed_from is not None and renewal_opens(renewed_from) <= issued_on < renewed_from
    name = ClockName.CERTIFICATE_RENEWED if early else ClockName.CERTIFICATE
    by_birthday = nth_birthday(birth, issued_on, period(name, issued_on))
    return min(by_birthday, card_until, auth_until or card_until)


def card_validity_end(birth: UncertainDate, issued_on: date) -> date:
    """The last day of a card: the 10th birthday after issue, the 5th of a minor.

    A foreign resident's card ends with the permitted stay; that day is not in the register's
    identity data, so the counter enters it.

    >>> card_validity_end(UncertainDate.parse("1985-05-01"), date(2026, 11, 20))
    datetime.date(2036, 5, 1)

    Source: カード省令 第26条.
    """
    adult = is_of_age(birth, period(ClockName.CARD_ADULT_AGE, issued_on), issued_on)
    name = ClockName.CARD if adult else ClockName.CARD_MINOR
    return nth_birthday(birth, issued_on, period(name, issued_on))


def may_sign_alone(birth: UncertainDate, on: date) -> bool:
    """Whether a signing certificate needs no request of a legal representative.

    Source: practice of the counters (15 years); `jpki_clocks.csv`.
    """
    return is_of_age(birth, period(ClockName.SIGNING_AGE, on), on)


def is_of_age(birth: UncertainDate, years: int, on: date) -> bool:
    """Whether a person has attained an age on a day: it begins on the birthday.

    A person whose birth is not known at all counts as of age.

    Source: 年齢計算ニ関スル法律 第1項; 民法 第143条; for unknown births our rule.
    """
    if birth.pattern is DatePattern.UNKNOWN:
        return True
    return attains_on(birth.sort_key, years) < on


def departure_lapse(planned_on: date) -> date:
    """The last day of the 30 days after 転出予定年月日; without an arrival it lapses after it.

    >>> departure_lapse(date(2026, 11, 20))
    datetime.date(2026, 12, 20)

    Source: 公的個人認証法 第31条第2号; the first day is not counted (民法 第140条).
    """
    return planned_on + timedelta(days=period(ClockName.DEPARTURE, planned_on))
