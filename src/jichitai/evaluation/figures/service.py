"""What the ministry knows of daily figures: read by indicators, pages and programs."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Literal, TypeAlias

from jichitai.evaluation.figures import store
from jichitai.evaluation.figures.catalogue import catalogue, measure
from jichitai.evaluation.figures.errors import UnknownDimensionError
from jichitai.infra.database import Tx
from jichitai.infra.figures import Measure, Row, Sort

__all__ = ["catalogue", "daily", "measure", "totals"]

Wanted: TypeAlias = Mapping[str, str | Sequence[str]]
"""Dimension -> the value or values that are wanted."""

Period: TypeAlias = Literal["day", "month", "fiscal-year", "all"]


async def daily(
    tx: Tx, key: str, first: date, last: date, known_at: datetime, where: Wanted | None = None
) -> list[Row]:
    """Figures of days as known at an instant: of each origin and day the newest statement.

    Args:
        tx: of the ministry, or of the tier that counts.
        key: of the measure.
        first: day in Japan.
        last: day in Japan, included.
        known_at: statements that came later are left out.
        where: which values of which dimensions; everything when left out.

    Returns:
        Rows with all parts of the measure, by day and parts; added up over origins. A combination
        without a row is zero. A stock has rows for every day, as far as its origins have told.

    Raises:
        UnknownMeasureError, UnknownDimensionError: nobody counts that.
    """
    every = measure(key).dimensions
    return await totals(tx, key, first, last, known_at, where, by=every, per="day")


async def totals(
    tx: Tx,
    key: str,
    first: date,
    last: date,
    known_at: datetime,
    where: Wanted | None = None,
    *,
    by: Sequence[str] = (),
    per: Period = "all",
) -> list[Row]:
    """Figures of periods: flows are added up, of a stock the last day stands for its period.

    Args:
        tx: of the ministry, or of the tier that counts.
        key: of the measure.
        first: day in Japan.
        last: day in Japan, included.
        known_at: statements that came later are left out.
        where: which values of which dimensions; everything when left out.
        by: dimensions to keep apart, in this order; the others are added up.
        per: day, month, fiscal year, or the whole time as one.

    Returns:
        Rows by the first day of the period (of `all`, the first day asked for); `parts` are the
        values of `by`. A period without any figure has no row.

    Raises:
        UnknownMeasureError, UnknownDimensionError: nobody counts that.
    """
    found = measure(key)
    chosen = [_place(found, name) for name in by]
    add_up = store.flows if found.sort is Sort.FLOW else store.stocks
    limits = places(found, where or {})
    return await add_up(tx, key, first, last, known_at, limits, by=chosen, per=per)


def places(found: Measure, where: Wanted) -> dict[int, Sequence[str]]:
    """Wanted values by the place of their dimension.

    Raises:
        UnknownDimensionError: the measure has no such dimension.
    """
    return {_place(found, name): _several(wanted) for name, wanted in where.items()}


def _several(wanted: str | Iterable[str]) -> list[str]:
    return [wanted] if isinstance(wanted, str) else list(wanted)


def _place(found: Measure, name: str) -> int:
    if name not in found.dimensions:
        raise UnknownDimensionError(
            f"「{found.title}」に内訳「{name}」はありません。"
            f"使える内訳：{'、'.join(found.dimensions) or 'なし'}",
            measure=found.key,
            dimension=name,
        )
    return found.dimensions.index(name) + 1
