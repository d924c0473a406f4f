"""Rates, cost categories and limits of the subsidy: dated tables with their sources."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from io import StringIO
from typing import Final, Literal

CategoryName = Literal["work", "hardware", "software", "other"]
CATEGORIES: Final[Mapping[str, str]] = {
    "work": "(1) 作業費",
    "hardware": "(2) ハードウェア",
    "software": "(3) ソフトウェア・ライセンス",
    "other": "その他",
}
UNVERIFIED_NOTE: Final = (
    "交付要綱は確認できていません。千円未満の切捨て、処分制限の単価と期間は慣例による値で、"
    "上限額は定めがないものとして計算しています。"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """補助率など, as they stand on a day.

    Attributes:
        numerator, denominator: of the rate.
        unit: yen below which a grant is cut off.
        ceiling: the most for one prefecture; None where none is known.
        threshold: unit price from which an asset's disposal is limited.
        surcharge: 加算金, in ten-thousandths a year.
    """

    numerator: int
    denominator: int
    unit: int
    ceiling: int | None
    threshold: int
    surcharge: int

    def grant(self, base: int) -> int:
        """補助金額 for an eligible base: the rate, cut off below the unit, under the ceiling.

        >>> rates(date(2026, 6, 1)).grant(123_457_999)
        61728000

        Source: 交付要綱 (not seen): the rate 1/2 is published, cutting off at 1,000 yen is customary.
        """
        share = max(base, 0) * self.numerator // self.denominator // self.unit * self.unit
        return share if self.ceiling is None else min(share, self.ceiling)


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """経費の区分: a kind of cost, and on what condition it is eligible."""

    code: str
    category: str
    name: str
    eligible: bool
    on_premises: bool
    until_renewal: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Disposal:
    """処分制限期間 of a kind of asset, in years."""

    kind: str
    name: str
    years: int


def rates(on: date) -> Rates:
    """The rates of a day.

    Source: 総務省 令和8年度の説明資料; 補助金適正化法 第19条.
    """
    values = {row["key"]: row["value"] for row in _valid("security_subsidy_rules.csv", on)}
    ceiling = values.get("ceiling", "")
    return Rates(
        numerator=int(values["rate-numerator"]),
        denominator=int(values["rate-denominator"]),
        unit=int(values["rounding-unit"]),
        ceiling=int(ceiling) if ceiling else None,
        threshold=int(values["disposal-threshold"]),
        surcharge=int(values["surcharge-per-myriad"]),
    )


def usual_budget(on: date) -> int:
    """The budget that a new call begins with.

    Source: 総務省 令和8年度の説明資料 (令和7年度補正予算).
    """
    rows = _valid("security_subsidy_rules.csv", on)
    return next(int(row["value"]) for row in rows if row["key"] == "budget")


def categories(on: date) -> Mapping[str, Category]:
    """Kinds of cost by code, those that are not eligible included.

    Source: 総務省 令和8年度の説明資料 (対象経費(1)から(3)).
    """
    return {
        row["code"]: Category(
            code=row["code"],
            category=row["category"],
            name=row["name"],
            eligible=row["eligible"] == "yes",
            on_premises="on-premises" in row["condition"],
            until_renewal="renewal" in row["condition"],
        )
        for row in _valid("security_subsidy_categories.csv", on)
    }


def disposals(on: date) -> Mapping[str, Disposal]:
    """Kinds of asset with the years in which they may not be disposed of freely.

    Source: 補助金適正化法 第22条; 減価償却資産の耐用年数等に関する省令.
    """
    return {
        row["kind"]: Disposal(kind=row["kind"], name=row["name"], years=int(row["years"]))
        for row in _valid("security_subsidy_disposal.csv", on)
    }


def limited_until(kind: str, acquired_on: date) -> date:
    """The last day on which an asset's disposal needs approval.

    >>> limited_until("server", date(2027, 2, 28))
    datetime.date(2032, 2, 27)

    Source: 補助金適正化法 第22条; 補助金適正化法施行令 第14条.
    """
    years = disposals(acquired_on)[kind].years
    try:
        anniversary = acquired_on.replace(year=acquired_on.year + years)
    except ValueError:
        anniversary = date(acquired_on.year + years, 3, 1)
    return anniversary - timedelta(days=1)


def surcharge(amount: int, received_on: date, returned_on: date) -> int:
    """加算金: what is owed beside a return after a cancellation, in whole yen.

    >>> surcharge(1_000_000, date(2026, 4, 1), date(2027, 4, 1))
    109800

    Source: 補助金適正化法 第19条第1項 (from the day of receipt to the day of payment, both counted).
    """
    days = max((returned_on - received_on).days + 1, 0)
    return amount * rates(returned_on).surcharge * days // (10_000 * 365)


def allocate(total: int, weights: Sequence[int]) -> tuple[int, ...]:
    """Split whole yen by weights so that nothing is lost: the largest remainders get the rest.

    >>> allocate(100, [1, 1, 1])
    (34, 33, 33)

    Source: own method; settlements must name the grant of every part.
    """
    whole = sum(weights)
    if whole <= 0:
        return tuple(0 for _ in weights)
    parts = [total * weight // whole for weight in weights]
    rest = total - sum(parts)
    order = sorted(range(len(weights)), key=lambda at: (-(total * weights[at] % whole), at))
    for at in order[:rest]:
        parts[at] += 1
    return tuple(parts)


@cache
def _rows(name: str) -> tuple[dict[str, str], ...]:
    text = (files("jichitai.data") / name).read_text(encoding="utf-8")
    return tuple(csv.DictReader(StringIO(text)))


def _valid(name: str, on: date) -> list[dict[str, str]]:
    """Rows that hold on a day; before the first day of a table, those of its first day."""
    day = max(on.isoformat(), min(row["valid_from"] for row in _rows(name)))
    return [
        row
        for row in _rows(name)
        if row["valid_from"] <= day and (not row["valid_to"] or day <= row["valid_to"])
    ]
