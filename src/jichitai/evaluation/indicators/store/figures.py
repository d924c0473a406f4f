"""Daily figures added up to periods: all measures in one statement, as known at an instant."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final, NamedTuple

from jichitai.infra.database import Tx


class Reach(NamedTuple):
    """How far an origin had told of a measure by messages of one period of days.

    Attributes:
        period: place in the list of periods, from 0, of the days told.
        through: the last of those days.
        first_at, last_at: when the first and the last of the messages became known.
    """

    measure: str
    origin: str
    period: int
    through: date
    first_at: datetime
    last_at: datetime


class End(NamedTuple):
    """The day that stands for a period of a stock, for one origin."""

    measure: str
    origin: str
    period: int
    day: date


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


# Days without a statement are told as well: an origin covers all days up to its last one.
_REACHED: Final = """
select measure, origin, width_bucket(through, %(starts)s::date[]) - 1, max(through),
       min(recorded_at), max(recorded_at)
  from (select measure, origin, through, recorded_at
          from evaluation.figure_coverage
        union all
        select measure, origin, day, recorded_at
          from evaluation.figure_statement) as told
 where measure = any(%(measures)s) and through >= %(first)s and recorded_at <= %(known)s
 group by 1, 2, 3
 order by 1, 2, 3
"""

# Almost every statement is the only one of its day, so that they are read as they stand and those
# with a later one are left out; ordering all of them would take several times as long.
_OLD: Final = """
not exists (select 1 from evaluation.figure_statement as later
             where later.revision > 1 and later.measure = one.measure
               and later.origin = one.origin and later.day = one.day
               and later.revision > one.revision and later.recorded_at <= %(known)s)
"""

_FLOWS: Final = f"""
select one.measure, width_bucket(one.day, %(starts)s::date[]) - 1, '{{}}'::text[],
       sum(one.total)::bigint
  from evaluation.figure_statement as one
 where one.measure = any(%(measures)s) and one.day between %(first)s and %(last)s
   and one.recorded_at <= %(known)s and {_OLD}
 group by 1, 2
 order by 1, 2
"""

_FLOWS_APART: Final = f"""
select one.measure, width_bucket(one.day, %(starts)s::date[]) - 1, one.parts,
       sum(one.value)::bigint
  from evaluation.daily_figure as one
 where one.measure = any(%(measures)s) and one.day between %(first)s and %(last)s
   and one.recorded_at <= %(known)s and {_OLD}
 group by 1, 2, 3
 order by 1, 2, 3
"""

# A stock is stated when it changes: its last statement holds until the next.
_STOCKS: Final = """
select ends.measure, ends.period, figure.parts, sum(figure.value)::bigint
  from unnest(%(measure)s::text[], %(origin)s::text[], %(period)s::integer[], %(day)s::date[])
       as ends (measure, origin, period, day)
 cross join lateral (
       select stated.day, stated.revision
         from evaluation.figure_statement as stated
        where stated.measure = ends.measure and stated.origin = ends.origin
          and stated.day <= ends.day and stated.recorded_at <= %(known)s
        order by stated.day desc, stated.revision desc
        limit 1) as newest
  join evaluation.daily_figure as figure
    on figure.measure = ends.measure and figure.origin = ends.origin
   and figure.day = newest.day and figure.revision = newest.revision
 group by 1, 2, 3
 order by 1, 2, 3
"""


async def reached(
    tx: Tx, measures: Sequence[str], starts: Sequence[date], known_at: datetime
) -> list[Reach]:
    """How far each origin has told of each measure, by measure, origin and period.

    Args:
        tx: of the ministry.
        measures: their keys.
        starts: first days of the periods, in order; a period ends before the next one.
        known_at: what was told later is left out.
    """
    if not measures:
        return []
    cursor = await tx.execute(_REACHED, _asked(measures, starts, starts[-1], known_at))
    return [Reach(*row) for row in await cursor.fetchall()]


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
    found: list[Sum] = []
    together = [one for one in measures if one not in set(apart)]
    for query, some in ((_FLOWS, together), (_FLOWS_APART, sorted(set(measures) & set(apart)))):
        if some:
            cursor = await tx.execute(query, _asked(some, starts, last, known_at))
            rows = await cursor.fetchall()
            found += [Sum(row[0], row[1], tuple(row[2]), row[3]) for row in rows]
    return found


async def stocks(tx: Tx, ends: Sequence[End], known_at: datetime) -> list[Sum]:
    """How stocks stood on the given days, with their parts, added up over origins."""
    if not ends:
        return []
    cursor = await tx.execute(
        _STOCKS,
        {
            "measure": [one.measure for one in ends],
            "origin": [one.origin for one in ends],
            "period": [one.period for one in ends],
            "day": [one.day for one in ends],
            "known": known_at,
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
