"""Daily figures added up to periods: all measures in one statement, as known at an instant."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final, NamedTuple

from jichitai.infra.database import Tx


class Told(NamedTuple):
    """How far an origin has told of a measure within a period.

    Attributes:
        period: place in the list of periods, from 0.
        through: the last day told.
        recorded_at: when the last statement became known.
    """

    measure: str
    period: int
    origin: str
    through: date
    recorded_at: datetime


class Sum(NamedTuple):
    """What a measure adds up to in a period: a flow's days, or a stock's last day.

    Attributes:
        period: place in the list of periods, from 0.
        parts: values of the dimensions; empty when they were not kept apart.
    """

    measure: str
    period: int
    parts: tuple[str, ...]
    value: int


# Almost every statement is the only one of its day, so that figures are read as they stand and
# those with a later statement are left out; ordering all statements would take several times as long.
_OLD: Final = """
not exists (select 1 from evaluation.figure_statement as later
             where later.revision > 1 and later.measure = figure.measure
               and later.origin = figure.origin and later.day = figure.day
               and later.revision > figure.revision and later.recorded_at <= %(known)s)
"""

_TOLD: Final = """
select measure, width_bucket(day, %(starts)s::date[]) - 1, origin, max(day), max(recorded_at)
  from evaluation.figure_statement
 where measure = any(%(measures)s) and day between %(first)s and %(last)s
   and recorded_at <= %(known)s
 group by 1, 2, 3
 order by 1, 2, 3
"""

_FLOWS: Final = f"""
select figure.measure, width_bucket(figure.day, %(starts)s::date[]) - 1,
       case when figure.measure = any(%(apart)s) then figure.parts else '{{}}' end,
       sum(figure.value)::bigint
  from evaluation.daily_figure as figure
 where figure.measure = any(%(measures)s) and figure.day between %(first)s and %(last)s
   and figure.recorded_at <= %(known)s and {_OLD}
 group by 1, 2, 3
 order by 1, 2, 3
"""

_STOCKS: Final = f"""
select figure.measure, ends.period,
       case when figure.measure = any(%(apart)s) then figure.parts else '{{}}' end,
       sum(figure.value)::bigint
  from unnest(%(measure)s::text[], %(period)s::integer[], %(origin)s::text[], %(day)s::date[])
       as ends (measure, period, origin, day)
  join evaluation.daily_figure as figure
    on figure.measure = ends.measure and figure.day = ends.day and figure.origin = ends.origin
 where figure.recorded_at <= %(known)s and {_OLD}
 group by 1, 2, 3
 order by 1, 2, 3
"""


async def told(
    tx: Tx, measures: Sequence[str], starts: Sequence[date], last: date, known_at: datetime
) -> list[Told]:
    """How far each origin has told of each measure, by measure, period and origin.

    Args:
        tx: of the ministry.
        measures: their keys.
        starts: first days of the periods, in order; a period ends before the next one.
        last: the last day that is looked at.
        known_at: statements that came later are left out.
    """
    if not measures:
        return []
    cursor = await tx.execute(_TOLD, _asked(measures, starts, last, known_at))
    return [Told(*row) for row in await cursor.fetchall()]


async def flows(
    tx: Tx,
    measures: Sequence[str],
    starts: Sequence[date],
    last: date,
    known_at: datetime,
    *,
    apart: Sequence[str],
) -> list[Sum]:
    """Days of periods added up.

    Args:
        tx: of the ministry.
        measures: their keys.
        starts: first days of the periods, in order.
        last: the last day that counts.
        known_at: statements that came later are left out.
        apart: measures whose parts are kept apart.
    """
    if not measures:
        return []
    asked = {**_asked(measures, starts, last, known_at), "apart": list(apart)}
    cursor = await tx.execute(_FLOWS, asked)
    return [Sum(row[0], row[1], tuple(row[2]), row[3]) for row in await cursor.fetchall()]


async def stocks(
    tx: Tx, ends: Sequence[Told], known_at: datetime, *, apart: Sequence[str]
) -> list[Sum]:
    """Figures of the last day that each origin told in each period, added up over origins."""
    if not ends:
        return []
    cursor = await tx.execute(
        _STOCKS,
        {
            "measure": [one.measure for one in ends],
            "period": [one.period for one in ends],
            "origin": [one.origin for one in ends],
            "day": [one.through for one in ends],
            "known": known_at,
            "apart": list(apart),
        },
    )
    return [Sum(row[0], row[1], tuple(row[2]), row[3]) for row in await cursor.fetchall()]


def _asked(
    measures: Sequence[str], starts: Sequence[date], last: date, known_at: datetime
) -> dict[str, object]:
    return {
        "measures": list(measures),
        "starts": list(starts),
        "first": starts[0],
        "last": last,
        "known": known_at,
    }
