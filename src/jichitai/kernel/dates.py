"""Days that are uncertain, ages and fiscal years."""

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Self

from jichitai.kernel.eras import (
    JST,
    InvalidDateError,
    both,
    check_era,
    era_named,
    era_of,
    parse_date,
    plain_date_text,
    split_date,
    wareki,
    western_year,
)

__all__ = [
    "JST",
    "DatePattern",
    "InvalidDateError",
    "UncertainDate",
    "age_on",
    "attains_on",
    "both",
    "fiscal_year",
    "parse_date",
    "wareki",
]


class DatePattern(StrEnum):
    """How sure a day is: a day as written, or one of the fourteen patterns of 不詳日.

    The values are the suffixes of `UncertainDate.code`.

    Source: 住民記録システム標準仕様書 1.1.8 (不詳日入力一覧).
    """

    DAY = ""
    ABOUT_YEAR = "about-year"
    ABOUT_MONTH = "about-month"
    ABOUT_DAY = "about-day"
    ESTIMATED_DAY = "estimated-day"
    ESTIMATED_MONTH = "estimated-month"
    SEASON = "season"
    THIRD = "third"
    ABOUT_THIRD = "about-third"
    UNKNOWN = "unknown"
    MONTH_UNKNOWN = "month-unknown"
    DAY_UNKNOWN = "day-unknown"
    RANGE = "range"
    ESTIMATED_RANGE = "estimated-range"
    ABOUT_RANGE = "about-range"


_P = DatePattern
_YEAR_ONLY = frozenset({_P.ABOUT_YEAR, _P.SEASON, _P.MONTH_UNKNOWN})
_MONTH_ONLY = frozenset({_P.ABOUT_MONTH, _P.ESTIMATED_MONTH, _P.DAY_UNKNOWN})
_THIRDS = frozenset({_P.THIRD, _P.ABOUT_THIRD})
_RANGES = frozenset({_P.RANGE, _P.ESTIMATED_RANGE, _P.ABOUT_RANGE})
_SEASON_MONTH = {"春": 3, "夏": 6, "秋": 9, "冬": 12}
_THIRD_DAY = {"上旬": 1, "中旬": 11, "下旬": 21}
_SEASON_NAME = {month: name for name, month in _SEASON_MONTH.items()}
_THIRD_NAME = {day: name for name, day in _THIRD_DAY.items()}
_LAST = (9999, 12, 31)

_CODE = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:\.(?P<pattern>[a-z-]*[a-z])(?:-(\d{4})-(\d\d)-(\d\d))?)?"
    r"(?:\.(?P<era>[A-Z]))?",
    re.ASCII,
)
_HEAD = r"(?:(?P<era>明治|大正|昭和|平成|令和|[明大昭平令]|[MTSHRmtshr])\.?)?(?P<year>元|\d{1,4})年"
_MONTH = r"(?P<month>\d{1,2})月"
_DAY = r"(?P<day>\d{1,2})日"
_UNTIL = r"(?P<until_day>\d{1,2})日"
_TEXTS = tuple(
    (pattern, re.compile(text, re.ASCII))
    for pattern, text in (
        (_P.ABOUT_YEAR, rf"{_HEAD}頃"),
        (_P.ABOUT_MONTH, rf"{_HEAD}{_MONTH}頃"),
        (_P.ABOUT_DAY, rf"{_HEAD}{_MONTH}{_DAY}頃"),
        (_P.ESTIMATED_DAY, rf"推定{_HEAD}{_MONTH}{_DAY}"),
        (_P.ESTIMATED_MONTH, rf"推定{_HEAD}{_MONTH}"),
        (_P.SEASON, rf"{_HEAD}(?P<season>[春夏秋冬])"),
        (_P.THIRD, rf"{_HEAD}{_MONTH}(?P<third>[上中下]旬)"),
        (_P.ABOUT_THIRD, rf"{_HEAD}{_MONTH}(?P<third>[上中下]旬)頃"),
        (_P.MONTH_UNKNOWN, rf"{_HEAD}月日不詳"),
        (_P.DAY_UNKNOWN, rf"{_HEAD}{_MONTH}日不詳"),
        (_P.RANGE, rf"{_HEAD}{_MONTH}{_DAY}から(?P<until_month>\d{{1,2}})月{_UNTIL}頃までの間"),
        (_P.ESTIMATED_RANGE, rf"{_HEAD}{_MONTH}推定{_DAY}から{_UNTIL}までの間"),
        (_P.ABOUT_RANGE, rf"{_HEAD}{_MONTH}{_DAY}頃から{_UNTIL}頃までの間"),
    )
)


def _last_day(year: int, month: int) -> int:
    return calendar.monthrange(year, month)[1]


def _near(year: int, month: int, day: int) -> date:
    """The day, or the last existing one of its month."""
    return date(year, month, min(day, _last_day(year, month)))


@dataclass(frozen=True, slots=True)
class UncertainDate:
    """年月日: a day as a document states it, which may be impossible or not fully known.

    Nothing is rounded to a deemed day. A day that the calendar lacks (29 February of a common
    year, 31 June) is kept as written, because the koseki may say so. Compare `sort_key`, not
    the objects, to order them.

    Attributes:
        pattern: how sure it is.
        year: western year; 9999 when unknown.
        month: 1 to 12; where the pattern has no month, the first one it can mean.
        day: 1 to 31; where the pattern has no day, the first one it can mean.
        until: last day of a range as (year, month, day), else None.
        era: Latin initial, only if the document names an era that printing would not choose
            (明治45年7月30日, 大正15年12月25日, 昭和64年頃).

    >>> UncertainDate.parse("昭和２０年 月日不詳").code
    '1945-01-01.month-unknown'
    >>> UncertainDate.parse("1945-01-01.month-unknown").japanese()
    '昭和20年月日不詳'
    >>> UncertainDate.parse("S57.2.29").sort_key
    datetime.date(1982, 2, 28)

    Source: 住民記録システム標準仕様書 1.1.8 (年月日の管理).
    """

    pattern: DatePattern
    year: int
    month: int
    day: int
    until: tuple[int, int, int] | None = None
    era: str = ""

    def __post_init__(self) -> None:
        """Refuse parts that no document can state, and forget an era that goes without saying."""
        if not (1868 <= self.year <= 9999 and 1 <= self.month <= 12 and 1 <= self.day <= 31):
            raise InvalidDateError(
                "月は1から12、日は1から31、年は明治以後で入力してください。", pattern=self.pattern
            )
        self._check_parts()
        if self.era:
            era = era_named(self.era)
            check_era(era, self.sort_key, self._era_day)
            silent = era == era_of(self._era_day)
            object.__setattr__(self, "era", "" if silent else era.initial)

    def _check_parts(self) -> None:
        pattern, first = self.pattern, (self.year, self.month, self.day)
        fits = (self.until is not None) == (pattern in _RANGES)
        if self.until is not None:
            fits = fits and first < self.until and self._range_fits(*self.until)
        if pattern in _YEAR_ONLY:
            fits = self.day == 1 and (
                self.month in _SEASON_NAME if pattern is _P.SEASON else self.month == 1
            )
        elif pattern in _MONTH_ONLY:
            fits = self.day == 1
        elif pattern in _THIRDS:
            fits = self.day in _THIRD_NAME
        elif pattern is _P.UNKNOWN:
            fits = first == _LAST
        if not fits:
            raise InvalidDateError(
                "不詳日の形が正しくありません。期間は初めの日を先に、終わりの日を後に入力してください。",
                pattern=pattern,
            )

    def _range_fits(self, year: int, month: int, day: int) -> bool:
        same_month = month == self.month or self.pattern is _P.RANGE
        return year == self.year and same_month and 1 <= month <= 12 and 1 <= day <= 31

    @property
    def _era_day(self) -> date:
        """The day whose era prints the year: the last one that the pattern can mean."""
        if self.pattern in _YEAR_ONLY:
            return date(self.year, 12, 31)
        if self.pattern in _MONTH_ONLY:
            return date(self.year, self.month, _last_day(self.year, self.month))
        return self.sort_key

    @property
    def is_certain(self) -> bool:
        """Whether it is a day that the calendar has and the document states without doubt."""
        return self.pattern is _P.DAY and self.day <= _last_day(self.year, self.month)

    @property
    def sort_key(self) -> date:
        """The day to sort by: the first that it can mean; unknown comes last."""
        return _near(self.year, self.month, self.day)

    @property
    def code(self) -> str:
        """The one ASCII form for storage and messages; texts sort like `sort_key`."""
        text = f"{self.year:04d}-{self.month:02d}-{self.day:02d}"
        if self.pattern:
            text += f".{self.pattern}"
        if self.until:
            text += "-{:04d}-{:02d}-{:02d}".format(*self.until)
        return f"{text}.{self.era}" if self.era else text

    def __str__(self) -> str:
        return self.code

    @classmethod
    def of(cls, day: date) -> Self:
        """A day that is certain.

        Source: 住民記録システム標準仕様書 1.1.8.
        """
        return cls(_P.DAY, day.year, day.month, day.day)

    @classmethod
    def unknown(cls) -> Self:
        """年月日不詳.

        Source: 住民記録システム標準仕様書 1.1.8.
        """
        return cls(_P.UNKNOWN, *_LAST)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a code, a day in any form of `parse_date`, or one of the fourteen patterns.

        Raises:
            InvalidDateError: none of these, or a day outside the era that it names.

        >>> UncertainDate.parse("令和2年3月中旬頃").code
        '2020-03-11.about-third'
        >>> UncertainDate.parse("大正15年12月25日").code
        '1926-12-25.T'

        Source: 住民記録システム標準仕様書 1.1.8 (不詳日入力一覧).
        """
        if found := _CODE.fullmatch(text):
            return cls._from_code(found)
        plain = plain_date_text(text)
        if plain in {"年月日不詳", "不詳"}:
            return cls.unknown()
        for pattern, form in _TEXTS:
            if found := form.fullmatch(plain):
                return cls._from_text(pattern, found.groupdict())
        era, year, month, day = split_date(plain)
        return cls(_P.DAY, year, month, day, era=era or "")

    @classmethod
    def _from_code(cls, found: re.Match[str]) -> Self:
        name = found["pattern"] or ""
        if name not in set(DatePattern):
            raise InvalidDateError("年月日の符号が正しくありません。符号の一覧を確かめてください。")
        until = tuple(int(part) for part in found.group(5, 6, 7)) if found[5] else ()
        year, month, day = (int(part) for part in found.group(1, 2, 3))
        return cls(
            DatePattern(name),
            year,
            month,
            day,
            until=(until[0], until[1], until[2]) if until else None,
            era=found["era"] or "",
        )

    @classmethod
    def _from_text(cls, pattern: DatePattern, parts: dict[str, str]) -> Self:
        year = western_year(parts["era"], parts["year"])
        month = _SEASON_MONTH.get(parts.get("season", ""), int(parts.get("month", 1)))
        day = _THIRD_DAY.get(parts.get("third", ""), int(parts.get("day", 1)))
        until = None
        if "until_day" in parts:
            until = (year, int(parts.get("until_month", month)), int(parts["until_day"]))
        return cls(pattern, year, month, day, until=until, era=parts["era"] or "")

    def japanese(self) -> str:
        """Print it as a certificate does, with the era.

        >>> UncertainDate.parse("1912-07-30.M").japanese()
        '明治45年7月30日'

        Source: 住民記録システム標準仕様書 1.1.8, 1.1.9.
        """
        era = era_named(self.era) if self.era else era_of(self._era_day)
        return self._print(era.year_text(self.year))

    def western(self) -> str:
        """Print it with the western year, as for the birth date of a foreign resident.

        >>> UncertainDate.parse("1985-05-01").western()
        '1985年5月1日'

        Source: 住民記録システム標準仕様書 1.1.9 (外国人住民の生年月日は西暦).
        """
        return self._print(f"{self.year}年")

    def _print(self, year: str) -> str:
        month = f"{year}{self.month}月"
        day = f"{month}{self.day}日"
        third = f"{month}{_THIRD_NAME.get(self.day)}"
        end_month, end_day = self.until[1:] if self.until else (0, 0)
        return {
            _P.DAY: day,
            _P.ABOUT_YEAR: f"{year}頃",
            _P.ABOUT_MONTH: f"{month}頃",
            _P.ABOUT_DAY: f"{day}頃",
            _P.ESTIMATED_DAY: f"推定{day}",
            _P.ESTIMATED_MONTH: f"推定{month}",
            _P.SEASON: f"{year}{_SEASON_NAME.get(self.month)}",
            _P.THIRD: third,
            _P.ABOUT_THIRD: f"{third}頃",
            _P.UNKNOWN: "年月日不詳",
            _P.MONTH_UNKNOWN: f"{year}月日不詳",
            _P.DAY_UNKNOWN: f"{month}日不詳",
            _P.RANGE: f"{day}から{end_month}月{end_day}日頃までの間",
            _P.ESTIMATED_RANGE: f"{month}推定{self.day}日から{end_day}日までの間",
            _P.ABOUT_RANGE: f"{day}頃から{end_day}日頃までの間",
        }[self.pattern]


def fiscal_year(day: date) -> int:
    """会計年度: the western year in which the fiscal year of a day began (1 April).

    >>> fiscal_year(date(2027, 3, 31))
    2026

    Source: 地方自治法 第208条第1項; 財政法 第11条.
    """
    return day.year if day.month >= 4 else day.year - 1


def attains_on(birth: date, age: int) -> date:
    """The day at whose end a person attains an age: the day before the birthday.

    A year counted from the day of birth ends with the day before the day of the same number;
    where the month lacks that day it ends with the month. So a person born on 29 February
    attains each age at the end of 28 February.

    >>> attains_on(date(2008, 4, 1), 18)
    datetime.date(2026, 3, 31)

    Source: 年齢計算ニ関スル法律 第1項, 第2項; 民法 第143条.
    """
    day = _near(birth.year + age, birth.month, birth.day)
    lacks_day = day.day != birth.day
    return day if lacks_day else day - timedelta(days=1)


def age_on(birth: date, on: date) -> int:
    """Age in full years during a day (満年齢): on the birthday it is one more.

    A rule that speaks of the day on which an age is attained needs `attains_on`.

    Raises:
        InvalidDateError: the day is before the birth.

    >>> age_on(date(1926, 11, 20), date(2026, 11, 20))
    100
    >>> age_on(date(2000, 2, 29), date(2027, 2, 28)), age_on(date(2000, 2, 29), date(2027, 3, 1))
    (26, 27)

    Source: 年齢計算ニ関スル法律 第1項; 民法 第143条; 年齢のとなえ方に関する法律.
    """
    if on < birth:
        raise InvalidDateError("出生の日より前の日の年齢は計算できません。日付を確かめてください。")
    years = on.year - birth.year
    return years if attains_on(birth, years) < on or years == 0 else years - 1
