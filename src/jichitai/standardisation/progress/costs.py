"""Costs before and after the migration, compared only like for like (同じ条件).

The aim of the government is running costs 30 % below those of fiscal year 2018. A comparison
stands only when both sides name the same items that recur every year; one-time items are left
out, amounts are brought to twelve months, and to one resident.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from functools import cache
from typing import Final

from jichitai.standardisation.errors import UnlikeCostsError
from jichitai.standardisation.progress.tables import rows

BASE_YEAR: Final = 2018
"""平成30年度: the year that the aim is measured from."""

TARGET_PERCENT: Final = 30
"""How far below the base year the running costs shall be.

Source: 標準化基本方針 (運用経費等を平成30年度比で少なくとも3割の削減), by way of secondary sources.
"""


class Phase(StrEnum):
    """Before or after the migration."""

    BEFORE = "before"
    AFTER = "after"

    @property
    def japanese(self) -> str:
        """The word on pages."""
        return "移行前" if self is Phase.BEFORE else "移行後"


class Basis(StrEnum):
    """What an amount is."""

    ACTUAL = "actual"
    CONTRACT = "contract"
    BUDGET = "budget"
    ESTIMATE = "estimate"

    @property
    def japanese(self) -> str:
        """The word on pages."""
        return {"actual": "決算", "contract": "契約", "budget": "予算", "estimate": "見積り"}[
            self.value
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """経費の項目: `recurring` ones come every year and are compared."""

    key: str
    name: str
    recurring: bool
    meaning: str


@cache
def items() -> tuple[Item, ...]:
    """The items of cost, in the order of the form.

    >>> [item.key for item in items() if not item.recurring]
    ['migration']

    Source: none; the form is this project's.
    """
    return tuple(
        Item(
            key=row["key"],
            name=row["name"],
            recurring=row["recurring"] == "yes",
            meaning=row["meaning"],
        )
        for row in rows("cost_items")
    )


def item(key: str) -> Item:
    """The item with this key.

    Raises:
        UnlikeCostsError: there is none.

    Source: none; the form is this project's.
    """
    try:
        return _by_key()[key]
    except KeyError:
        raise UnlikeCostsError(
            "この経費の項目はありません。様式にある項目から選んでください。", item=key[:40]
        ) from None


@cache
def _by_key() -> dict[str, Item]:
    return {one.key: one for one in items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class CostItem:
    """One amount.

    Attributes:
        phase: before or after.
        item: key of the item.
        fiscal_year: the year that it is about.
        yen: the amount, tax included.
        months: how many months it is for.
        basis: what the amount is.
        usd_rate: yen for a dollar, where the amount depends on one.
        note: what else to know.
    """

    phase: Phase
    item: str
    fiscal_year: int
    yen: int
    months: int = 12
    basis: Basis = Basis.ACTUAL
    usd_rate: Decimal | None = None
    note: str = ""

    @property
    def yearly(self) -> Decimal:
        """Brought to twelve months."""
        return Decimal(self.yen) * 12 / self.months


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One item on both sides, in whole yen a year."""

    item: Item
    before: int
    after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Costs of a body before and after, like for like.

    Attributes:
        lines: the recurring items.
        before: yen a year.
        after: yen a year.
        people: residents that both are divided by.
        notes: what a reader must know: years, kinds of amounts, exchange rates.
    """

    lines: tuple[Line, ...]
    before: int
    after: int
    people: int
    notes: tuple[str, ...]

    @property
    def ratio(self) -> Decimal:
        """After over before, to two decimals (倍)."""
        return (Decimal(self.after) / self.before).quantize(Decimal("0.01"), ROUND_HALF_UP)

    @property
    def change_percent(self) -> Decimal:
        """Change against before in per cent to one decimal; negative when it fell."""
        exact = Decimal(self.after - self.before) * 100 / self.before
        return exact.quantize(Decimal("0.1"), ROUND_HALF_UP)

    @property
    def meets_target(self) -> bool:
        """Whether the fall is 30 % or more."""
        return self.after * 100 <= self.before * (100 - TARGET_PERCENT)

    @property
    def per_resident(self) -> tuple[int, int] | None:
        """Yen a resident and year, before and after; None for a body without people."""
        if self.people <= 0:
            return None
        return _whole(Decimal(self.before) / self.people), _whole(Decimal(self.after) / self.people)


def compare(costs: Sequence[CostItem], *, people: int) -> Comparison:
    """Compare the costs of a body before and after the migration, like for like.

    Args:
        costs: amounts of both phases, one of each item at most.
        people: residents of the body.

    Raises:
        UnlikeCostsError: a side is missing, the base is not fiscal year 2018, the recurring items
            differ, one side mixes years, or an amount in dollars is without its rate.

    Source: 標準化基本方針 (平成30年度比), by way of secondary sources; the rules are this project's.
    """
    sides = {phase: _recurring(costs, phase) for phase in Phase}
    before, after = sides[Phase.BEFORE], sides[Phase.AFTER]
    if not before or not after:
        missing = Phase.AFTER if before else Phase.BEFORE
        raise UnlikeCostsError(
            f"{missing.japanese}の経費がないため比べられません。毎年かかる項目を入力してください。",
            missing=missing.value,
        )
    _same_items(before, after)
    _same_years(before, after)
    lines = tuple(
        Line(item=one, before=_whole(before[one.key].yearly), after=_whole(after[one.key].yearly))
        for one in items()
        if one.key in before
    )
    total = sum(line.before for line in lines)
    if total == 0:
        raise UnlikeCostsError(
            "移行前の経費が0円のため比べられません。平成30年度の経費を確かめてください。"
        )
    return Comparison(
        lines=lines,
        before=total,
        after=sum(line.after for line in lines),
        people=people,
        notes=_notes(before, after),
    )


def _recurring(costs: Sequence[CostItem], phase: Phase) -> dict[str, CostItem]:
    found: dict[str, CostItem] = {}
    for one in costs:
        if one.phase is phase and item(one.item).recurring:
            if one.item in found:
                raise UnlikeCostsError(
                    f"{phase.japanese}の「{item(one.item).name}」が二つあります。一つにまとめてください。",
                    item=one.item,
                )
            found[one.item] = one
    return found


def _same_items(before: dict[str, CostItem], after: dict[str, CostItem]) -> None:
    if odd := sorted(before.keys() ^ after.keys()):
        names = "、".join(item(key).name for key in odd)
        raise UnlikeCostsError(
            f"{names}は移行前と移行後の片方にしかありません。含まれる項目が違うと比べられないため、"
            "両方に入れてください。ない場合は0円と入力してください。",
            items=odd,
        )


def _same_years(before: dict[str, CostItem], after: dict[str, CostItem]) -> None:
    if wrong := {one.fiscal_year for one in before.values()} - {BASE_YEAR}:
        raise UnlikeCostsError(
            f"移行前の経費が{min(wrong)}年度です。目標は平成30年度（2018年度）と比べるため、"
            "その年度の額を入力してください。",
            fiscal_year=min(wrong),
        )
    years = {one.fiscal_year for one in after.values()}
    if len(years) > 1:
        raise UnlikeCostsError(
            "移行後の経費の年度が項目によって違います。一つの年度にそろえてください。",
            fiscal_years=sorted(years),
        )


def _notes(before: dict[str, CostItem], after: dict[str, CostItem]) -> tuple[str, ...]:
    year = next(iter(after.values())).fiscal_year
    notes = [f"移行前は{BASE_YEAR}年度、移行後は{year}年度。どちらも12か月分に直した額"]
    for phase, side in ((Phase.BEFORE, before), (Phase.AFTER, after)):
        kinds = sorted({one.basis.japanese for one in side.values()})
        notes.append(f"{phase.japanese}は{'・'.join(kinds)}の額")
        notes += [
            f"{phase.japanese}の{item(one.item).name}は1ドル{one.usd_rate.normalize():f}円で計算"
            for one in side.values()
            if one.usd_rate is not None
        ]
    return tuple(notes)


def _whole(amount: Decimal) -> int:
    return int(amount.quantize(Decimal(1), ROUND_HALF_UP))
