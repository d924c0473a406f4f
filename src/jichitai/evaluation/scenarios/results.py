"""What a 試算 says, as words and rows that page, CSV and JSON share."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from msgspec import Struct

from jichitai.evaluation.scenarios.model import (
    LONGEST,
    Month,
    Trial,
    at,
    holding_back,
    reached,
)
from jichitai.evaluation.scenarios.subjects import Subject
from jichitai.kernel.dates import both, wareki

RULE: Final = (
    "毎月、はじめに準備が済んでいなかったもののうち「取組の速さ」の割合で準備が済み、"
    "準備が済んだものを「能力」の数まで終える。能力は1年たつごとに「能力の変化」の割合だけ変わる。"
)
BAND_RULE: Final = (
    "幅は、能力と取組の速さの両方を「幅」の割合だけ下げた場合から、上げた場合まで。"
    "起こりやすさ（確率）ではない。"
)
_TOO_LATE: Final = f"{LONGEST // 12}年以内には届かない"


class MonthRow(Struct, frozen=True, kw_only=True):
    """One month of a trial; whole pieces, rounded down."""

    on: date
    low: int
    middle: int
    high: int
    share: Decimal
    limit: str


class Result(Struct, frozen=True, kw_only=True):
    """A trial as programs read it."""

    subject: str
    title: str
    unit: str
    indicator: str
    rule: str
    band_rule: str
    assumptions: dict[str, str]
    reached_on: date | None
    reached_on_low: date | None
    reached_on_high: date | None
    at_goal: MonthRow
    needed_capacity: int | None
    needed_adoption: Decimal | None
    months: list[MonthRow]


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What the page says above the chart.

    Attributes:
        finding: the answer in one sentence.
        facts: (label, value) of what would have to hold.
    """

    finding: str
    facts: tuple[tuple[str, str], ...]


def percent(value: Decimal, total: int) -> Decimal:
    """A share to one decimal, never rounded up to the whole.

    >>> percent(Decimal(1787), 1788)
    Decimal('99.9')
    """
    exact = value * 100 / total
    return exact.quantize(Decimal("0.1"), "ROUND_DOWN")


def rows_of(found: Trial) -> list[MonthRow]:
    """Month by month."""
    return [
        _row(low, middle, high, found.given.total)
        for low, middle, high in zip(found.low, found.middle, found.high, strict=True)
    ]


def _row(low: Month, middle: Month, high: Month, total: int) -> MonthRow:
    return MonthRow(
        on=middle.on,
        low=low.whole,
        middle=middle.whole,
        high=high.whole,
        share=percent(middle.done, total),
        limit=middle.limit.word,
    )


def result(subject: Subject, found: Trial) -> Result:
    """The trial for programs."""
    given = found.given
    return Result(
        subject=subject.key,
        title=subject.title,
        unit=subject.unit,
        indicator=subject.indicator_id,
        rule=RULE,
        band_rule=BAND_RULE,
        assumptions={
            "total": str(given.total),
            "done": str(given.done),
            "start_on": given.start.isoformat(),
            "ready": f"{given.ready:f}",
            "adoption": f"{given.adoption:f}",
            "capacity": f"{given.capacity:f}",
            "growth": f"{given.growth:f}",
            "band": f"{given.band:f}",
            "goal": f"{given.goal:f}",
            "goal_on": given.goal_on.isoformat(),
        },
        reached_on=reached(found.middle, given.wanted),
        reached_on_low=reached(found.low, given.wanted),
        reached_on_high=reached(found.high, given.wanted),
        at_goal=_row(
            at(found.low, given.goal_on),
            at(found.middle, given.goal_on),
            at(found.high, given.goal_on),
            given.total,
        ),
        needed_capacity=found.needed_capacity,
        needed_adoption=found.needed_adoption,
        months=rows_of(found),
    )


def words(subject: Subject, found: Trial) -> Words:
    """The answer in words, and what would have to hold."""
    given, unit = found.given, subject.unit
    then = at(found.middle, given.goal_on)
    met = then.done >= given.wanted
    when = reached(found.middle, given.wanted)
    left = int(given.wanted) - then.whole
    finding = (
        f"この前提では、目標の{given.goal:f} %に{both(when)}までに届きます"
        if met and when
        else f"この前提では、目標の日（{both(given.goal_on)}）に{left:,}{unit}が残ります"
    )
    return Words(finding=finding, facts=tuple(_facts(subject, found, when)))


def _facts(subject: Subject, found: Trial, when: date | None) -> Sequence[tuple[str, str]]:
    given, unit = found.given, subject.unit
    low, middle, high = (at(one, given.goal_on) for one in (found.low, found.middle, found.high))
    share = percent(middle.done, given.total)
    return (
        (
            "目標の日に済んでいる数",
            f"{middle.whole:,}{unit}（{share} %）　幅 {low.whole:,}から{high.whole:,}{unit}",
        ),
        ("目標に届く日", _when(when)),
        (
            "幅の中で届く日",
            (
                f"早い場合 {_when(reached(found.high, given.wanted))}、"
                f"遅い場合 {_when(reached(found.low, given.wanted))}"
            ),
        ),
        (
            "目標の日に間に合う能力",
            f"毎月{found.needed_capacity:,}{unit}以上（いまの前提は{given.capacity:,f}）"
            if found.needed_capacity is not None
            else "能力だけを上げても間に合わない（準備が追いつかない）",
        ),
        (
            "目標の日に間に合う取組の速さ",
            f"毎月{found.needed_adoption} %以上（いまの前提は{given.adoption:f} %）"
            if found.needed_adoption is not None
            else "準備だけを速めても間に合わない（能力が足りない）",
        ),
        ("足りないもの", _limits(found)),
    )


def _limits(found: Trial) -> str:
    told = [
        f"{limit.word}が足りない月 {count}か月"
        for limit, count in holding_back(found.middle)
        if count
    ]
    return "、".join(told) or "なし"


def _when(on: date | None) -> str:
    return wareki(on) if on else _TOO_LATE
