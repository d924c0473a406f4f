"""Five weak spots (弱点): what bodies most often lack, shown first on every page."""

from dataclasses import dataclass
from datetime import date
from functools import cache

from jichitai.security.tables import rows_on


@dataclass(frozen=True, slots=True, kw_only=True)
class WeakSpot:
    """One of the five.

    Attributes:
        key: such as `weak-diagnosis`.
        title: in Japanese.
        items: control items that show it; which ones is our choice.
        source: who names the weak spot.
    """

    key: str
    title: str
    items: frozenset[str]
    source: str


@cache
def weak_spots(on: date) -> tuple[WeakSpot, ...]:
    """The weak spots that count on a day, in the order in which pages show them.

    >>> [spot.title for spot in weak_spots(date(2026, 11, 20))][:2]
    ['脆弱性診断', 'セキュリティ要件を入れた調達']

    Source: 総務省「地方公共団体におけるサイバーセキュリティ対策について」 (令和8年度); items are ours.
    """
    return tuple(
        WeakSpot(
            key=row["key"],
            title=row["title"],
            items=frozenset(row["items"].split()),
            source=row["source"],
        )
        for row in rows_on("weak_spots", on)
    )


def spots_of(item_id: str, on: date) -> tuple[str, ...]:
    """Keys of the weak spots that an item shows.

    Source: 総務省「地方公共団体におけるサイバーセキュリティ対策について」 (令和8年度); items are ours.
    """
    return tuple(spot.key for spot in weak_spots(on) if item_id in spot.items)
