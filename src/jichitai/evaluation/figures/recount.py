"""再集計: what was told, compared with a count of the raw records as they are now."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from jichitai.evaluation.figures import model, store
from jichitai.evaluation.figures.model import Difference
from jichitai.infra.database import Tx
from jichitai.infra.figures import Measure, Sort


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One measure, compared.

    Attributes:
        measure: which.
        days: days of origins that were compared.
        figures: figures that were counted on them.
        differences: where the two differ; empty when all is right.
    """

    measure: Measure
    days: int
    figures: int
    differences: tuple[Difference, ...]


async def compare(
    counting: Tx, telling: Tx, measure: Measure, first: date, last: date, known_at: datetime
) -> Comparison:
    """Compare a measure on the days that its origins have told of.

    Args:
        counting: of the tier that has the raw records.
        telling: of the tier whose statements are compared: the same one, or the ministry.
        measure: which.
        first: day in Japan.
        last: day in Japan, included.
        known_at: what was told later is left out.
    """
    counted = model.by_day(measure, await measure.count(counting, first, last))
    covered = await store.covered(telling, measure.key, known_at)
    stated = await store.newest(telling, measure.key, first, last, known_at)
    before: dict[str, dict[tuple[str, ...], int]] = {}
    if measure.sort is Sort.STOCK:
        before = await store.before(telling, measure.key, first - timedelta(days=1), known_at)
    found: list[Difference] = []
    days = figures = 0
    for origin, through in sorted(covered.items()):
        own = counted.get(origin, {})
        told = model.told_by_day(
            measure,
            stated.get(origin, {}),
            before=before.get(origin, {}),
            first=first,
            last=min(last, through),
        )
        for day, said in told:
            now = own.get(day, {})
            days, figures = days + 1, figures + len(now)
            found += model.differences(measure.key, origin, day, said, now)
    return Comparison(measure=measure, days=days, figures=figures, differences=tuple(found))
