"""Chance that repeats: every random choice of the rehearsal comes from a seed and a label."""

import random
from bisect import bisect
from collections.abc import Sequence
from itertools import accumulate
from typing import Generic, TypeVar

T = TypeVar("T")


def dice(seed: int, *labels: object) -> random.Random:
    """A generator that depends only on the seed and the labels, on every machine.

    >>> dice(1, "names").random() == dice(1, "names").random()
    True
    >>> dice(1, "names").random() == dice(1, "towns").random()
    False
    """
    return random.Random("/".join(map(str, (seed, *labels))))  # noqa: S311 - must repeat


class Weighted(Generic[T]):
    """Items drawn in proportion to their weights.

    Args:
        items: what may be drawn.
        weights: one non-negative weight an item, not all zero.
    """

    __slots__ = ("_items", "_sums", "_total")

    def __init__(self, items: Sequence[T], weights: Sequence[float]) -> None:
        """Sum the weights once."""
        self._items = items
        self._sums = list(accumulate(weights))
        self._total = self._sums[-1]

    def draw(self, chance: random.Random) -> T:
        """One item."""
        return self._items[
            bisect(self._sums, chance.random() * self._total, hi=len(self._sums) - 1)
        ]

    def draw_many(self, chance: random.Random, count: int) -> list[T]:
        """`count` items, drawn one after another."""
        return chance.choices(self._items, cum_weights=self._sums, k=count)
