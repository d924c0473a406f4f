"""Definitions, targets and points of indicators. Pure.

A point tells the day that it is about (`as_of`) and the instant since which it is known
(`recorded_at`). A correction is a further edition of the same point; the earlier one stays and is
marked as superseded. A changed definition is a further version with a series of its own.
"""

import re
from datetime import date, datetime
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Annotated, Final

from msgspec import Meta, Struct

from jichitai.kernel.dates import both, wareki
from jichitai.kernel.dates import fiscal_year as fiscal_year_of

UNKNOWN: Final = "—（未公表）"
"""What stands for a value that nobody has published."""

PERCENT: Final = "%"
WHOLE: Final = Decimal(100)
LARGEST: Final = Decimal(10) ** 15
_NUMBER: Final = re.compile(r"(-?\d[\d.,〜～-]*)(|以上|以下|（.*）)")
_EXACT: Final = Decimal("0.000001")

IndicatorId = Annotated[str, Meta(pattern=r"^[A-Z][A-Z0-9]*(-[A-Za-z0-9]+){1,4}\Z", max_length=40)]
Line = Annotated[str, Meta(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*\Z")]
Text = Annotated[str, Meta(max_length=1000, pattern=r"^[^\x00-\x08\x0b-\x1f\x7f]*\Z")]
MeasureKey = Annotated[str, Meta(pattern=r"^[a-z0-9_.]{1,60}\Z")]
PartValue = Annotated[str, Meta(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f]*\Z")]


class Level(StrEnum):
    """段階: which column of the effect path an indicator belongs to."""

    ACTIVITY = "activity"
    OUTPUT = "output"
    SHORT = "short_outcome"
    LONG = "long_outcome"
    CONTEXT = "context"

    @property
    def word(self) -> str:
        """The official word."""
        return _LEVELS[self]


_LEVELS: Final = {
    Level.ACTIVITY: "アクティビティ",
    Level.OUTPUT: "アウトプット",
    Level.SHORT: "短期アウトカム",
    Level.LONG: "長期アウトカム",
    Level.CONTEXT: "参考",
}


class Direction(StrEnum):
    """望ましい向き: which way a value should go."""

    UP = "up"
    DOWN = "down"
    NONE = "none"

    @property
    def word(self) -> str:
        """In words."""
        return {"up": "増えるほどよい", "down": "減るほどよい", "none": "良し悪しを示さない"}[self]


class Frequency(StrEnum):
    """頻度: how often a new value is due."""

    DAY = "day"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    IRREGULAR = "irregular"

    @property
    def word(self) -> str:
        """In words."""
        return _FREQUENCIES[self]


_FREQUENCIES: Final = {
    Frequency.DAY: "毎日",
    Frequency.MONTH: "毎月",
    Frequency.QUARTER: "四半期ごと",
    Frequency.YEAR: "毎年度",
    Frequency.IRREGULAR: "不定期",
}


class Total(StrEnum):
    """How daily figures make the figure of a fiscal year."""

    YEAR = "year"
    """年度計: days of the fiscal year add up."""
    EVER = "ever"
    """累計: all days since counting began add up."""
    LATEST = "latest"
    """時点: the last day that was told stands for the year."""


class Filter(Struct, frozen=True):
    """Values of one dimension of a measure that are counted."""

    dimension: Annotated[str, Meta(pattern=r"^[a-z_]{1,40}\Z")]
    values: Annotated[tuple[PartValue, ...], Meta(min_length=1, max_length=200)]


class Query(Struct, frozen=True, kw_only=True, tag="query"):
    """A question to the daily figures that the tiers publish.

    Attributes:
        measure: its key in the catalogue of figures.
        where: which of its parts are counted; all of a dimension that is not named.
        total: how days make a year.
        distinct: dimension whose values with a figure are counted instead of the figures; empty
            for the figures themselves.
        times: what the sum is multiplied by, e.g. 40 steps of each system.
    """

    measure: MeasureKey
    where: Annotated[tuple[Filter, ...], Meta(max_length=6)] = ()
    total: Total = Total.YEAR
    distinct: Annotated[str, Meta(pattern=r"^[a-z_]{0,40}\Z")] = ""
    times: Annotated[int, Meta(ge=1, le=1_000_000)] = 1


class Constant(Struct, frozen=True, kw_only=True, tag="constant"):
    """A whole that is fixed and has a name, e.g. 1,788 団体."""

    value: Decimal
    name: Annotated[Line, Meta(min_length=1)]

    def __post_init__(self) -> None:
        """Refuse what nothing can be divided by."""
        if not (self.value.is_finite() and 0 < self.value <= LARGEST):
            raise ValueError("分母は0より大きい数です")


class Stated(Struct, frozen=True, kw_only=True, tag="stated"):
    """What the source of each value states; entered with it."""

    name: Annotated[Line, Meta(min_length=1)]


Numerator = Query | Stated
Denominator = Query | Constant | Stated


class Baseline(Struct, frozen=True, kw_only=True):
    """基準値: where the indicator stood before."""

    value: Decimal
    on: date
    source: Line = ""

    def __post_init__(self) -> None:
        """Refuse what is no number."""
        if not (self.value.is_finite() and abs(self.value) <= LARGEST):
            raise ValueError("基準値は数です")


class Definition(Struct, frozen=True, kw_only=True):
    """指標の定義: what is measured, and how.

    Attributes:
        indicator_id: e.g. P8-4-04.
        version: counts the series; a changed way of counting begins a new one.
        policy: 政策番号.
        section: key of the policy's section.
        level: column of the effect path.
        name: its name for people.
        definition: what is counted, in words.
        unit: of the values; `%` for a rate.
        decimals: of the values as shown.
        direction: which way is good.
        numerator: where the value, or a rate's part, comes from; None when values are entered.
        denominator: a rate's whole.
        cumulative: whether the value can only grow.
        live: whether it is counted from the records of this system.
        frequency: how often a new value is due.
        source: where values come from.
        survey: 調査名, where values come from one.
        release_lag: days from the as-of day until a value is usually published; None unknown.
        collector: who gathers it.
        breakdowns: dimensions that it can be broken down by.
        thresholds: 順調・やや遅れ: at least these shares (percent) of the way that should be done.
        baseline: where it stood before.
        owner: 担当.
        note: remarks (※).
        replaces: id of an indicator whose series ended when this one began, else empty.
        valid_from: since when it is counted like this.
        edition: of the wording of this version, from 1.
        reason: why the edition or version was made.
        recorded_at: since when the edition is known.
        by: who recorded it.
    """

    indicator_id: IndicatorId
    version: Annotated[int, Meta(ge=1, le=1000)] = 1
    policy: Annotated[int, Meta(ge=1, le=999)] = 8
    section: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,39}\Z")]
    level: Level
    name: Annotated[Line, Meta(min_length=1)]
    definition: Text = ""
    unit: Annotated[str, Meta(max_length=40, pattern=r"^[^\x00-\x1f\x7f]*\Z")] = ""
    decimals: Annotated[int, Meta(ge=0, le=6)] = 0
    direction: Direction = Direction.NONE
    numerator: Numerator | None = None
    denominator: Denominator | None = None
    cumulative: bool = False
    frequency: Frequency = Frequency.IRREGULAR
    source: Line = ""
    survey: Line = ""
    release_lag: Annotated[int, Meta(ge=0, le=3650)] | None = None
    collector: Line = ""
    breakdowns: Annotated[tuple[str, ...], Meta(max_length=6)] = ()
    thresholds: tuple[Decimal, Decimal] = (Decimal(100), Decimal(80))
    baseline: Baseline | None = None
    owner: Line = ""
    note: Text = ""
    replaces: str = ""
    valid_from: date
    edition: int = 1
    reason: Text = ""
    recorded_at: datetime | None = None
    by: str = ""

    def __post_init__(self) -> None:
        """Refuse thresholds that are none."""
        if not all(one.is_finite() and 0 <= one <= 1000 for one in self.thresholds):
            raise ValueError("しきい値は0から1000までの数です")

    @property
    def rate(self) -> bool:
        """Whether it is a share of a whole."""
        return self.unit == PERCENT

    @property
    def live(self) -> bool:
        """Whether values are counted from the daily figures."""
        return isinstance(self.numerator, Query)

    def text_of(self, value: Decimal | None) -> str:
        """A value as it is printed, without its unit."""
        return shown(value, self.decimals)

    def with_unit(self, text: str) -> str:
        """A printed value with its unit."""
        return joined(text, self.unit)


class Target(Struct, frozen=True, kw_only=True):
    """目標値: what is to be reached by a day.

    Attributes:
        value: the number; None for a target in words.
        text: as it is printed, without its unit.
        on: the day by which.
        yearly: 年度ごとの目標 on the way, not the final one.
        superseded_at: when a later edition took its place.
    """

    indicator_id: str
    version: int
    value: Decimal | None
    text: str
    on: date
    yearly: bool = False
    source: str = ""
    edition: int = 1
    reason: str = ""
    recorded_at: datetime
    superseded_at: datetime | None = None
    by: str = ""

    @property
    def fiscal_year(self) -> int:
        """The fiscal year of its day."""
        return fiscal_year_of(self.on)


class Point(Struct, frozen=True, kw_only=True):
    """実績値: a value of an indicator.

    Attributes:
        label: 年度 or 時点, ready to print.
        as_of: the day that it is about.
        dated: whether the source states that day; otherwise it is the place in the row only.
        value: the number; None when there is none, or the source gives it in words.
        text: as it is printed, without its unit.
        numerator, denominator: what a rate was divided from, where known.
        source: who says so.
        confidence: how sure it is (reported, derived, …).
        live: counted from daily figures.
        complete: whether the fiscal year of a live value is over.
        part: the value of the breakdown; empty for the whole.
        edition: of this point, from 1.
        recorded_at: since when it is known.
        assumed: why `recorded_at` had to be assumed; empty when it is certain.
        superseded_at: when a later edition took its place; None for the one that holds.
        reason: why this edition took the place of the one before.
        by: who recorded it.
    """

    indicator_id: str
    version: int
    label: str
    as_of: date
    dated: bool = True
    value: Decimal | None
    text: str
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    source: str = ""
    confidence: str = ""
    live: bool = False
    complete: bool = True
    part: str = ""
    edition: int = 1
    recorded_at: datetime
    assumed: str = ""
    superseded_at: datetime | None = None
    reason: str = ""
    by: str = ""

    @property
    def fiscal_year(self) -> int:
        """The fiscal year of the day that it is about."""
        return fiscal_year_of(self.as_of)

    @property
    def holds(self) -> bool:
        """Whether no later edition took its place."""
        return self.superseded_at is None


def ratio(numerator: Decimal, denominator: Decimal) -> Decimal:
    """A share in percent, exact to a millionth.

    Raises:
        ZeroDivisionError: the whole is nothing.

    Source: none; arithmetic.
    """
    if not denominator:
        raise ZeroDivisionError("denominator")
    return (numerator * WHOLE / denominator).quantize(_EXACT, ROUND_HALF_UP)


def shown(value: Decimal | None, decimals: int) -> str:
    """A value with thousands marked; what is short of 100 is never rounded up to it.

    >>> shown(Decimal("99.96"), 1), shown(Decimal(34592), 0), shown(None, 0)
    ('99.9', '34,592', '—（未公表）')

    Source: this project's; a target of 100 % must not look reached when it is not.
    """
    if value is None:
        return UNKNOWN
    step = Decimal(1).scaleb(-decimals)
    rounded = value.quantize(step, ROUND_HALF_UP)
    if value < WHOLE <= rounded:
        rounded = value.quantize(step, ROUND_DOWN)
    return f"{rounded:,f}"


def goal_text(value: Decimal | None) -> str:
    """A target as it is printed: as it was set, without noughts at its end.

    >>> goal_text(Decimal("100.0")), goal_text(Decimal("1500")), goal_text(Decimal("0.5"))
    ('100', '1,500', '0.5')

    Source: this project's.
    """
    return UNKNOWN if value is None else f"{value.normalize():,f}"


def joined(text: str, unit: str) -> str:
    """A printed value and its unit; words have none, and a value that is not known neither.

    >>> joined("90.2", "%"), joined("1,788", "団体"), joined("3", "件/年"), joined(UNKNOWN, "%")
    ('90.2 %', '1,788団体', '3件/年', '—（未公表）')
    >>> joined("100（原則）", "%"), joined("99以上", "%"), joined("61〜64", "%"), joined("ほぼ全部", "%")
    ('100 %（原則）', '99 %以上', '61〜64 %', 'ほぼ全部')

    Source: this project's.
    """
    if not text or text == UNKNOWN:
        return UNKNOWN
    found = _NUMBER.fullmatch(text)
    if found is None:
        return text
    space = " " if unit == PERCENT else ""
    return f"{found[1]}{space}{unit}{found[2]}"


def year_label(year: int) -> str:
    """A fiscal year in both calendars.

    >>> year_label(2026)
    '令和8年度（2026年度）'

    Source: this project's.
    """
    return f"{wareki(date(year, 4, 1)).split('年')[0]}年度（{year}年度）"


def day_label(day: date) -> str:
    """A day that a value is about.

    >>> day_label(date(2025, 12, 31))
    '令和7年（2025年）12月31日'

    Source: this project's.
    """
    return both(day)


def last_day(year: int) -> date:
    """The last day of a fiscal year.

    Source: 財政法 第11条.
    """
    return date(year + 1, 3, 31)
