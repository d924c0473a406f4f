"""Answers that wait to be shown: in memory only, for one account, for a few minutes."""

import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final, Generic, TypeVar
from uuid import UUID, uuid4

T = TypeVar("T")

LIFE: Final = 600.0
LIMIT: Final = 2000


@dataclass(frozen=True, slots=True)
class _Kept(Generic[T]):
    account_id: str
    value: T
    until: float


class Shelf(Generic[T]):
    """Holds what a POST found until the GET after it has shown it.

    Nothing is written to disk, and another account cannot take it. After a restart, or when many
    came since, it is gone, and the page says so.
    """

    def __init__(self, *, life: float = LIFE, limit: int = LIMIT) -> None:
        """An empty shelf for `limit` answers of `life` seconds."""
        self._kept: OrderedDict[UUID, _Kept[T]] = OrderedDict()
        self._life = life
        self._limit = limit

    def put(self, account_id: str, value: T) -> UUID:
        """Keep a value; the id tells nothing about it."""
        now = time.monotonic()
        while self._kept and (
            len(self._kept) >= self._limit or next(iter(self._kept.values())).until < now
        ):
            self._kept.popitem(last=False)
        key = uuid4()
        self._kept[key] = _Kept(account_id, value, now + self._life)
        return key

    def get(self, account_id: str, key: UUID) -> T | None:
        """The value, if it is this account's and not too old."""
        kept = self._kept.get(key)
        if kept is None or kept.account_id != account_id or kept.until < time.monotonic():
            return None
        return kept.value
