"""The demo's last question: are the ministry's figures those of the tiers' own records?"""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from jichitai.evaluation.figures import model, store
from jichitai.evaluation.figures.catalogue import catalogue
from jichitai.evaluation.figures.recount import compare
from jichitai.infra.clock import Clock
from jichitai.infra.database import Database
from jichitai.kernel.parties import Tier

_LOOK_AGAIN: Final = 1.0


@dataclass(frozen=True, slots=True)
class Recounted:
    """What a recount of all measures found.

    Attributes:
        days: days of measures that the ministry was told of.
        differences: figures that a recount of the raw records does not give.
    """

    days: int
    differences: int


async def recounted(
    databases: Mapping[Tier, Database], clock: Clock, *, patience: float
) -> Recounted:
    """Count every measure again and compare it with what the ministry was told.

    A tier tells of a day some seconds after it is over, and tells again what came late, so a day
    that is not told and a difference are looked at again until the patience ends.

    Args:
        databases: those of all tiers.
        clock: law time.
        patience: seconds.
    """
    until = time.monotonic() + patience
    while True:
        found, whole = await _look(databases, clock)
        if (whole and found.days and not found.differences) or time.monotonic() > until:
            return found
        await asyncio.sleep(_LOOK_AGAIN)


async def _look(databases: Mapping[Tier, Database], clock: Clock) -> tuple[Recounted, bool]:
    """What was found, and whether everybody who tells has told of the last day."""
    last = model.last_closed(clock.now())
    whole = True
    days = differences = 0
    ministry = databases[Tier.MINISTRY]
    for measure in catalogue():
        async with (
            databases[measure.tier].transaction(all_towns=True, read_only=True) as counting,
            ministry.transaction(all_towns=True, read_only=True) as telling,
        ):
            told = await store.covered(telling, measure.key, model.ALWAYS)
            found = await compare(counting, telling, measure, model.FIRST, last, model.ALWAYS)
        whole = whole and all(day >= last for day in told.values())
        days += found.days
        differences += len(found.differences)
    return Recounted(days, differences), whole
