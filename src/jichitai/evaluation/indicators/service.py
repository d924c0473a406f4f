"""Reading indicators as they were known at an instant.

    found = await service.definitions(tx, known_at)
    values = await service.points(tx, list(found), known_at)
    stand = await service.statuses(tx, known_at, on=day)

"Known at" leaves out every definition, target, value and daily statement that was recorded later,
so that a report made again for an earlier day finds what it found then.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from typing import Final

from jichitai.evaluation.figures.catalogue import catalogue
from jichitai.evaluation.indicators import live, standing
from jichitai.evaluation.indicators.errors import TooFewPointsError, UnknownIndicatorError
from jichitai.evaluation.indicators.live import Extent, Figures, Measured, Period, Step
from jichitai.evaluation.indicators.model import Definition, Point, Query, Target
from jichitai.evaluation.indicators.standing import Forecast, Status
from jichitai.evaluation.indicators.store import entered, figures
from jichitai.infra.database import Tx
from jichitai.infra.figures import Sort
from jichitai.kernel.dates import JST

FIRST: Final = date(2015, 4, 1)
"""The first day on which anything is counted."""


@cache
def measures() -> Mapping[str, Measured]:
    """What the tiers count, by key."""
    return {
        one.key: Measured(
            key=one.key,
            title=one.title,
            tier=one.tier,
            flow=one.sort is Sort.FLOW,
            dimensions=tuple(one.dimensions),
        )
        for one in catalogue()
    }


async def definitions(tx: Tx, known_at: datetime) -> dict[str, Definition]:
    """The newest version of every indicator, by id."""
    return {one.indicator_id: one for one in await entered.definitions(tx, known_at)}


async def definition_of(
    tx: Tx, indicator_id: str, known_at: datetime, *, version: int | None = None
) -> Definition:
    """One indicator, in its newest version or an earlier one.

    Raises:
        UnknownIndicatorError: there was none.
    """
    found = await entered.definitions(tx, known_at, indicator_id=indicator_id)
    wanted = [one for one in found if version is None or one.version == version]
    if not wanted:
        raise UnknownIndicatorError(
            "この番号の指標はありません。指標の一覧から選び直してください。"
        )
    return wanted[-1]


async def versions(tx: Tx, indicator_id: str, known_at: datetime) -> list[Definition]:
    """Every version and edition of a definition, the newest first.

    Raises:
        UnknownIndicatorError: there was none.
    """
    found = await entered.editions(tx, indicator_id, known_at)
    if not found:
        raise UnknownIndicatorError(
            "この番号の指標はありません。指標の一覧から選び直してください。"
        )
    return found


async def points(
    tx: Tx,
    ids: Sequence[str] | None,
    known_at: datetime,
    *,
    breakdown: str | None = None,
    step: Step = Step.YEAR,
) -> dict[str, list[Point]]:
    """All values by indicator: every version, and superseded editions marked as such.

    Args:
        tx: of the ministry.
        ids: which indicators; None for all.
        known_at: what was recorded later is left out.
        breakdown: a dimension to keep apart (`Point.part`); only indicators that are counted here
            and name it among their breakdowns have values then.
        step: fiscal years, or months of the indicators that are counted here.

    Returns:
        Values by version, day and edition; an empty list for an indicator without any.
    """
    every = await entered.definitions(tx, known_at)
    wanted = [one for one in every if ids is None or one.indicator_id in set(ids)]
    found: dict[str, list[Point]] = {one.indicator_id: [] for one in wanted}
    if breakdown is None:
        for point in await entered.points(tx, ids, known_at):
            if point.indicator_id in found:
                found[point.indicator_id].append(point)
    counted = [
        one for one in wanted if one.live and (breakdown is None or breakdown in one.breakdowns)
    ]
    sums = await _figures(tx, counted, known_at, breakdown, step)
    for one in counted:
        found[one.indicator_id] += live.series(one, sums, breakdown=breakdown)
    for values in found.values():
        values.sort(key=lambda one: (one.version, one.as_of, one.part, not one.live, one.edition))
    return found


async def _figures(
    tx: Tx, counted: Sequence[Definition], known_at: datetime, breakdown: str | None, step: Step
) -> Figures:
    last = known_at.astimezone(JST).date()
    spans = live.periods(step, FIRST, max(last, FIRST))
    starts = [one.first for one in spans]
    asked = [query for one in counted for query in live.queries(one)]
    keys = sorted({query.measure for query in asked if query.measure in measures()})
    apart = {query.measure for query in asked if query.where or query.distinct or breakdown}
    ends, extents = _told(await figures.reached(tx, keys, starts, known_at), spans)
    flows = [key for key in keys if measures()[key].flow]
    stocks = [one for one in ends if not measures()[one.measure].flow]
    sums = [
        *await figures.flows(tx, flows, starts, last, known_at, apart=sorted(apart)),
        *await figures.stocks(tx, stocks, known_at),
    ]
    added: dict[tuple[str, int], dict[tuple[str, ...], int]] = {}
    for one in sums:
        added.setdefault((one.measure, one.period), {})[one.parts] = one.value
    return Figures(spans, measures(), extents, added)


def _told(
    reached: Iterable[figures.Reach], spans: Sequence[Period]
) -> tuple[list[figures.End], dict[tuple[str, int], Extent]]:
    """Periods of which each origin has told a day at least, and how far all of them have."""
    by_origin: dict[tuple[str, str], list[figures.Reach]] = {}
    for one in reached:
        by_origin.setdefault((one.measure, one.origin), []).append(one)
    ends: list[figures.End] = []
    extents: dict[tuple[str, int], Extent] = {}
    for (measure, origin), found in by_origin.items():
        for n in range(found[-1].period + 1):
            reach = next(one for one in found if one.period >= n)
            own = reach.period == n
            through = found[-1].through if n == found[-1].period else spans[n].last
            at = reach.last_at if own else reach.first_at
            now = extents.get((measure, n), Extent(through, at, 0))
            extents[measure, n] = Extent(
                max(now.through, through), max(now.recorded_at, at), now.origins + 1
            )
            ends.append(figures.End(measure, origin, n, through))
    return ends, extents


async def current(tx: Tx, ids: Sequence[str] | None, known_at: datetime) -> dict[str, Point | None]:
    """The newest value that holds, of the newest version; None where nothing is published."""
    every = await points(tx, ids, known_at)
    return {key: standing.newest(values) for key, values in every.items()}


async def targets(tx: Tx, ids: Sequence[str] | None, known_at: datetime) -> dict[str, list[Target]]:
    """All targets by indicator, by version, day and edition; superseded ones are marked."""
    found: dict[str, list[Target]] = {}
    for one in await entered.targets(tx, ids, known_at):
        found.setdefault(one.indicator_id, []).append(one)
    return found


async def statuses(
    tx: Tx, known_at: datetime, *, on: date, ids: Sequence[str] | None = None
) -> dict[str, Status]:
    """Where each indicator stands on a day: a word with a sign, and the figures behind it."""
    found = await definitions(tx, known_at)
    wanted = [one for one in found.values() if ids is None or one.indicator_id in set(ids)]
    keys = [one.indicator_id for one in wanted]
    values, aims = await points(tx, keys, known_at), await targets(tx, keys, known_at)
    return {
        one.indicator_id: standing.judge(
            one, values[one.indicator_id], aims.get(one.indicator_id, []), on
        )
        for one in wanted
    }


async def forecast(tx: Tx, indicator_id: str, known_at: datetime, *, on: date) -> Forecast | None:
    """Where the last values lead by a day, with the method's name; None with too few values.

    Raises:
        UnknownIndicatorError: there was none.
    """
    definition = await definition_of(tx, indicator_id, known_at)
    values = (await points(tx, [indicator_id], known_at))[indicator_id]
    aims = (await targets(tx, [indicator_id], known_at)).get(indicator_id, [])
    try:
        return standing.forecast(definition, values, aims, on)
    except TooFewPointsError:
        return None


def asked_measures(definition: Definition) -> list[Measured]:
    """What an indicator counts, from the catalogue."""
    asked = (definition.numerator, definition.denominator)
    keys = [one.measure for one in asked if isinstance(one, Query)]
    return [measures()[key] for key in dict.fromkeys(keys) if key in measures()]
