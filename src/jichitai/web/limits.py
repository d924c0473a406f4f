"""Rate limits: token buckets in memory, one per route and caller.

They protect one process from one caller; the quotas that the law or an agreement sets for public
bodies are counted durably by their own domain.
"""

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Final

from jichitai.kernel.errors import TooManyError

_REMEMBERED: Final = 20_000


class RateLimitError(TooManyError):
    """頻度超過: one caller asked too often."""

    type = "web.rate-limit"
    title = "短い時間に回数が多すぎます"


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `times` in `seconds`, as a bucket that refills evenly."""

    times: int
    seconds: float


class Limiter:
    """Counts by key; forgets the keys that were used longest ago.

    Args:
        clock: seconds that only rise.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._buckets: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()

    def take(self, key: Hashable, rate: Rate) -> None:
        """Use one of the key's turns.

        Raises:
            RateLimitError: none is left; `retry_after` says in how many seconds.
        """
        now = self._clock()
        left, since = self._buckets.get(key, (float(rate.times), now))
        left = min(float(rate.times), left + (now - since) * rate.times / rate.seconds)
        if left < 1.0:
            wait = max(1, math.ceil((1.0 - left) * rate.seconds / rate.times))
            raise RateLimitError(
                f"短い時間に回数が多すぎるため、受け付けていません。{wait}秒ほど待ってから"
                "やり直してください。",
                retry_after=wait,
            )
        self._buckets[key] = (left - 1.0, now)
        self._buckets.move_to_end(key)
        if len(self._buckets) > _REMEMBERED:
            self._buckets.popitem(last=False)
