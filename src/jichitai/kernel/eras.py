"""Calendar days in Japan: eras (元号) in text, and the western year inside.

A legal day is a `date`. An era's name exists only here, where text is read and printed.
"""

import csv
import re
from dataclasses import dataclass
from datetime import date, timedelta, timezone
from functools import cache
from importlib import resources

from jichitai.kernel.errors import InvalidError

JST = timezone(timedelta(hours=9), "JST")
"""日本標準時; no daylight saving time. Source: 標準時ニ関スル件 (明治28年勅令第167号)."""


class InvalidDateError(InvalidError):
    """The text is no day of the calendar, or the era did not have that day."""

    type = "kernel.invalid-date"
    title = "年月日に誤りがあります"


@dataclass(frozen=True, slots=True)
class Era:
    """元号: a name for years.

    Attributes:
        name: two characters.
        initial: Latin letter that forms use.
        first: its first day.
        last: its last day when a day is printed.
        claimed_until: the last day that documents may name with it; 1912-07-30 is both
            明治45年 and 大正元年, 1926-12-25 both 大正15年 and 昭和元年.

    Source: 元号法; それより前は各改元の詔書; 住民記録システム標準仕様書 1.1.8.
    """

    name: str
    initial: str
    first: date
    last: date
    claimed_until: date

    def year_of(self, western: int) -> int:
        """The year of this era for a western year; 1 is 元年.

        Source: 元号法 第2項.
        """
        return western - self.first.year + 1

    def western(self, year: int) -> int:
        """The western year for a year of this era.

        Source: 元号法 第2項.
        """
        return self.first.year + year - 1

    def year_text(self, western: int) -> str:
        """The year as documents print it: 令和8年, 令和元年.

        Source: 公用文作成の考え方 (文化審議会 令和4年).
        """
        year = self.year_of(western)
        return f"{self.name}{'元' if year == 1 else year}年"


@cache
def eras() -> tuple[Era, ...]:
    """The eras since 明治, oldest first.

    Source: 住民記録システム標準仕様書 1.3.6 (元号は設定値として管理).
    """
    text = resources.files("jichitai.data").joinpath("eras.csv").read_text(encoding="utf-8")
    return tuple(
        Era(
            name=row["era"],
            initial=row["latin_initial"],
            first=date.fromisoformat(row["first_day"]),
            last=date.fromisoformat(row["last_day"] or "9999-12-31"),
            claimed_until=date.fromisoformat(row["claimed_until"] or "9999-12-31"),
        )
        for row in csv.DictReader(text.splitlines())
    )


def era_of(day: date) -> Era:
    """The era that prints this day; the newer one where two claim it.

    Raises:
        InvalidDateError: the day is before 明治.

    >>> era_of(date(1926, 12, 25)).name
    '昭和'

    Source: 元号法; 住民記録システム標準仕様書 1.3.6.
    """
    for era in reversed(eras()):
        if era.first <= day:
            return era
    raise InvalidDateError(
        "明治より前の年月日は扱えません。明治元年1月25日以後の日を入力してください。"
    )


def era_named(name: str) -> Era:
    """The era with this name, first character or Latin initial.

    Raises:
        InvalidDateError: there is none.

    >>> era_named("s").name
    '昭和'

    Source: 住民記録システム標準仕様書 1.3.6.
    """
    for era in eras():
        if name in {era.name, era.name[0]} or name.upper() == era.initial:
            return era
    raise InvalidDateError(
        "元号が正しくありません。明治・大正・昭和・平成・令和（M・T・S・H・R）のどれかを入力してください。"
    )


def wareki(day: date) -> str:
    """Print a day with its era.

    >>> wareki(date(2019, 5, 1))
    '令和元年5月1日'

    Source: 住民記録システム標準仕様書 1.1.9 (年月日の表示).
    """
    return f"{era_of(day).year_text(day.year)}{day.month}月{day.day}日"


def both(day: date) -> str:
    """Print a day with its era and the western year.

    >>> both(date(2026, 11, 20))
    '令和8年（2026年）11月20日'

    Source: 公用文作成の考え方 (文化審議会 令和4年), 和暦と西暦の併記.
    """
    return f"{era_of(day).year_text(day.year)}（{day.year}年）{day.month}月{day.day}日"


_WIDE = {ord("０") + n: str(n) for n in range(10)}
_WIDE |= {ord("Ａ") + n: chr(ord("A") + n) for n in range(26)}
_WIDE |= {ord("ａ") + n: chr(ord("a") + n) for n in range(26)}
_WIDE |= dict.fromkeys(map(ord, "－−‐‑–ー"), "-") | dict.fromkeys(map(ord, "．。・"), ".")
_WIDE |= {ord("／"): "/", ord("〜"): "~", ord("～"): "~"}
_ERA = r"(?P<era>明治|大正|昭和|平成|令和|[明大昭平令]|[MTSHRmtshr])"
_SPLIT = re.compile(
    rf"(?:{_ERA}\.?)?(?P<year>元|\d{{1,4}})(?:年(?:\(\d{{4}}年\))?|[-/.])"
    r"(?P<month>\d{1,2})(?:月|[-/.])(?P<day>\d{1,2})日?"
)
_COMPACT = re.compile(r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})")
_COMPACT_ERA = re.compile(rf"{_ERA}(?P<year>\d{{2}})(?P<month>\d{{2}})(?P<day>\d{{2}})")
_FORMS = "2026-11-20、20261120、令和8年11月20日、R8.11.20 のような形で入力してください。"


def plain_date_text(text: str) -> str:
    """Full-width figures, letters and signs to ASCII; spaces are dropped.

    >>> plain_date_text("Ｒ８．１１．２０ （金）")
    'R8.11.20(金)'

    Source: none; how people write dates on forms.
    """
    compact = re.sub(r"\s+", "", text.translate(_WIDE))
    return compact.replace("（", "(").replace("）", ")")


def western_year(era: str | None, year: str) -> int:
    """The western year of a year in text, with or without era.

    Raises:
        InvalidDateError: 元年 without an era, or a year without one that is too short.

    >>> western_year("昭和", "55")
    1980

    Source: 元号法 第2項.
    """
    if era:
        return era_named(era).western(1 if year == "元" else int(year))
    if len(year) != 4 or year == "元":
        raise InvalidDateError(f"年が西暦4桁でも元号付きでもありません。{_FORMS}")
    return int(year)


def check_era(era: Era, first: date, last: date) -> None:
    """Refuse a span of days of which the era has no day.

    Raises:
        InvalidDateError: the era had ended or not begun.

    Source: 住民記録システム標準仕様書 1.1.8 (明治45年7月30日及び大正15年12月25日も許容).
    """
    if last < era.first or first > era.claimed_until:
        raise InvalidDateError(
            f"{era.name}にはその年月日がありません（{era.name}は{era.first:%Y-%m-%d}から"
            f"{era.claimed_until:%Y-%m-%d}まで）。元号と年を確かめてください。"
        )


def split_date(text: str) -> tuple[str | None, int, int, int]:
    """Take a text apart into era (or None), western year, month and day, unchecked.

    Raises:
        InvalidDateError: the text has none of the known forms.

    >>> split_date("S55/1/2")
    ('S', 1980, 1, 2)

    Source: 住民記録システム標準仕様書 1.1.8, 1.3.6.
    """
    plain = plain_date_text(text)
    for pattern in (_SPLIT, _COMPACT, _COMPACT_ERA):
        if found := pattern.fullmatch(plain):
            parts = found.groupdict()
            year = western_year(parts.get("era"), parts["year"])
            return parts.get("era"), year, int(parts["month"]), int(parts["day"])
    raise InvalidDateError(f"年月日として読み取れません。{_FORMS}")


def parse_date(text: str) -> date:
    """Read a calendar day as people write it.

    Args:
        text: 2026-11-20, 2026/11/20, 20261120, 2026年11月20日, 令和8年11月20日,
            令和8年（2026年）11月20日, R8.11.20, R081120, S55/1/2; full-width is as good.

    Raises:
        InvalidDateError: no such form, no such day, or not a day of the era.

    >>> parse_date("明治４５年７月３０日")
    datetime.date(1912, 7, 30)
    >>> parse_date("R8.11.20") == parse_date("20261120")
    True

    Source: 住民記録システム標準仕様書 1.1.8.
    """
    era, year, month, day = split_date(text)
    if not 1 <= month <= 12:
        raise InvalidDateError(
            f"{month}月はありません。月は1から12までです。年月日を確かめてください。"
        )
    try:
        found = date(year, month, day)
    except ValueError:
        raise InvalidDateError(
            "暦にない日です。うるう年でない年の2月29日などは入力できません。年月日を確かめてください。"
        ) from None
    if era:
        check_era(era_named(era), found, found)
    return found
