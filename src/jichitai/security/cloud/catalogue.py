"""What a security cloud does, promises and is to reach: dated tables.

The list of functions is a reconstruction and not the official list of 29 items; pages say so.
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files
from io import StringIO
from typing import Final, Literal

FUNCTIONS_NOTE: Final = (
    "機能の一覧は、公表された説明から本ソフトウェアが組み立てたものです。"
    "国の標準要件（4分類29項目）そのものではありません。"
)
GROUPS: Final = ("監視対象の集約", "予防・防御", "監視・検知", "対応・復旧")


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """機能: one function of a security cloud.

    Attributes:
        code: short name.
        group: one of `GROUPS`.
        name: in Japanese.
        required: 必須要件, else オプション要件.
        log_source: kind of log that it leaves.
        note: anything to know.
        valid_from, valid_to: while the requirement holds.
    """

    code: str
    group: str
    name: str
    required: bool
    log_source: str
    note: str
    valid_from: date
    valid_to: date | None

    @property
    def requirement(self) -> str:
        """必須 or オプション."""
        return "必須" if self.required else "オプション"


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """サービス水準の指標: what is measured, and the value to begin with.

    Attributes:
        metric: short name.
        name: in Japanese.
        comparison: whether more or less is better.
        target: default target.
        unit: of the value.
        window: over which it is measured.
    """

    metric: str
    name: str
    comparison: Literal["at-least", "at-most"]
    target: Decimal
    unit: str
    window: str

    def is_kept(self, value: Decimal, target: Decimal) -> bool:
        """Whether a measured value keeps a target."""
        return value >= target if self.comparison == "at-least" else value <= target

    def words(self, target: Decimal) -> str:
        """The target in words.

        >>> metrics()["availability"].words(Decimal("99.9"))
        '99.9 %以上'
        """
        return f"{target} {self.unit}{'以上' if self.comparison == 'at-least' else '以内'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """目標: how many prefectures are to run a generation, and until when."""

    generation: int
    target: int
    denominator: int
    due_on: date
    source: str


def functions(on: date) -> Sequence[Function]:
    """The functions that the standard requirements name on a day, by group.

    >>> sum(one.required for one in functions(date(2026, 4, 1)))
    21

    Source: 次期自治体情報セキュリティクラウドの標準要件 (2020-08-18), reconstructed.
    """
    return tuple(
        one
        for one in _functions()
        if one.valid_from <= on and (one.valid_to is None or on <= one.valid_to)
    )


def codes() -> frozenset[str]:
    """Short names of the functions of all times.

    Source: 次期自治体情報セキュリティクラウドの標準要件 (2020-08-18), reconstructed.
    """
    return frozenset(one.code for one in _functions())


@cache
def _functions() -> tuple[Function, ...]:
    return tuple(
        Function(
            code=row["code"],
            group=row["group"],
            name=row["name"],
            required=row["requirement"] == "required",
            log_source=row["log_source"],
            note=row["note"],
            valid_from=date.fromisoformat(row["valid_from"]),
            valid_to=_day(row["valid_to"]),
        )
        for row in _rows("security_cloud_functions.csv")
    )


@cache
def metrics() -> Mapping[str, Metric]:
    """Metrics of the service level by short name; their targets are ours.

    Source: none published; defaults of this software.
    """
    return {
        row["metric"]: Metric(
            metric=row["metric"],
            name=row["name"],
            comparison="at-least" if row["comparison"] == "at-least" else "at-most",
            target=Decimal(row["target"]),
            unit=row["unit"],
            window=row["window"],
        )
        for row in _rows("security_cloud_sla.csv")
    }


@cache
def targets() -> Mapping[int, Target]:
    """The ministry's target by generation.

    Source: 総務省「地方公共団体におけるサイバーセキュリティ対策について」(令和8年度).
    """
    return {
        int(row["generation"]): Target(
            generation=int(row["generation"]),
            target=int(row["target"]),
            denominator=int(row["denominator"]),
            due_on=date.fromisoformat(row["due_on"]),
            source=row["source"],
        )
        for row in _rows("security_cloud_targets.csv")
    }


def _rows(name: str) -> list[dict[str, str]]:
    text = (files("jichitai.data") / name).read_text(encoding="utf-8")
    return list(csv.DictReader(StringIO(text)))


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
