"""Daily figures (日次集計): what a domain counts from its own records, day by day.

A domain says what it counts; who publishes the counts to the ministry, and who recounts them, is
not its business. A count is a pure query: the same records give the same rows on any later day.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from jichitai.infra.database import Tx
from jichitai.kernel.parties import Tier


class Sort(StrEnum):
    """Whether the days of a measure add up."""

    FLOW = "flow"
    """件数: what happened on the day; days add up to a period."""
    STOCK = "stock"
    """現在数: what there is at the end of the day; the last day stands for a period."""


class Row(NamedTuple):
    """One count of a day.

    Attributes:
        day: in Japan.
        parts: values of the measure's dimensions, in their order.
        value: the count; whole numbers only.
    """

    day: date
    parts: tuple[str, ...]
    value: int


Count: TypeAlias = Callable[[Tx, date, date], Awaitable[Sequence[Row]]]
"""Counts all days from the first to the last, both included, in one statement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """測定項目: what is counted.

    Attributes:
        key: its name in data, `domain.what`.
        title: its name for people.
        unit: 件, 枚, 団体 and the like.
        sort: whether days add up.
        tier: where its records are.
        dimensions: what it is broken down by; keys such as `organ`, `prefecture`, `kind`.
        basis: which records are counted, and how.
        count: the query.
    """

    key: str
    title: str
    unit: str
    sort: Sort
    tier: Tier
    dimensions: tuple[str, ...]
    basis: str
    count: Count
