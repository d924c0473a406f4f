"""測定項目の一覧: what all tiers count, put together from the domains."""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import Final

from jichitai.evaluation.figures.errors import UnknownMeasureError
from jichitai.infra.figures import Measure
from jichitai.kernel.parties import Tier

_DOMAINS: Final[Mapping[Tier, tuple[str, ...]]] = {
    Tier.TOWN: ("jichitai.jpki.counter.figures",),
    Tier.PREFECTURE: ("jichitai.security.figures",),
    Tier.NATION: ("jichitai.jukinet.figures", "jichitai.jpki.figures"),
    Tier.MINISTRY: ("jichitai.security.figures", "jichitai.standardisation.figures"),
}
"""Where the measures of a tier are; imported only by who counts or collects them."""


@cache
def measures_of(tier: Tier) -> tuple[Measure, ...]:
    """What a tier counts, by key."""
    found: list[Measure] = []
    for name in _DOMAINS[tier]:
        found += import_module(name).MEASURES
    own = (one for one in found if one.tier is tier)
    return tuple(sorted(own, key=lambda one: one.key))


@cache
def catalogue() -> tuple[Measure, ...]:
    """What all tiers count, by key."""
    found = (one for tier in _DOMAINS for one in measures_of(tier))
    return tuple(sorted(found, key=lambda one: one.key))


@cache
def _by_key() -> Mapping[str, Measure]:
    return {one.key: one for one in catalogue()}


def measure(key: str) -> Measure:
    """One measure.

    Raises:
        UnknownMeasureError: nobody counts it.
    """
    found = _by_key().get(key)
    if found is None:
        raise UnknownMeasureError(
            "この名前の測定項目はありません。測定項目の一覧から選び直してください。", measure=key
        )
    return found
