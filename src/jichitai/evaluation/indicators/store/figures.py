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
        recorded_at: when that became known.
        stated: of a stock, the day of the statement that stands for the period; None when it was
            told that there is nothing, and for flows.
    """

    measure: str
    period: int
    origin: str
    through: date
    recorded_at: datetime
    stated: date | None = None


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

# A stock is stated when it changes, a flow when there is something; coverage says how far days
# without a statement have been told. So a period is told when its origin has come into it or past
# it, and of a stock the last statement up to its end stands for it.
_TOLD: Final = """
with period as (
    select n::integer - 1 as period, begins,
           coalesce(lead(begins) over (order by n) - 1, %(last)s::date) as ends
      from unnest(%(starts)s::date[]) with ordinality as start (begins, n)
),
word as (
    select measure, origin, day as through, recorded_at from evaluation.figure_statement
     where measure = any(%(measures)s) and day between %(first)s and %(last)s
       and recorded_at <= %(known)s
    union all
    select measure, origin, least(through, %(last)s::date), recorded_at
      from evaluation.figure_coverage
     where measure = any(%(measures)s) and through >= %(first)s and recorded_at <= %(known)s
),
heard as materialized (
    select measure, origin, width_bucket(through, %(starts)s::date[]) - 1 as period,
           max(through) as through, max(recorded_at) as latest, min(recorded_at) as earliest
      from word
     group by 1, 2, 3
),
reach as (
    select measure, origin, max(through) as through from heard group by 1, 2
)
select reach.measure, period.period, reach.origin, least(reach.through, period.ends),
       greatest(newest.recorded_at, coalesce(own.latest, later.earliest)), newest.day
  from reach
  join period on period.begins <= reach.through
  left join heard as own on own.measure = reach.measure and own.origin = reach.origin
   and own.period = period.period
  left join lateral (
       select min(heard.earliest) as earliest from heard
        where heard.measure = reach.measure and heard.origin = reach.origin
          and heard.period > period.period) as later on true
  left join lateral (
       select stated.day, stated.recorded_at from evaluation.figure_statement as stated
        where reach.measure = any(%(stocks)s) and stated.measure = reach.measure
          and stated.origin = reach.origin and stated.day <= least(reach.through, period.ends)
          and stated.recorded_at <= %(known)s
        order by stated.day desc, stated.revision desc limit 1) as newest on true
 order by 1, 2, 3
"""

# Days first: figures lie by measure and day, so that those sums need no sorting.
_FLOWS: Final = f"""
select measure, width_bucket(day, %(starts)s::date[]) - 1, '{{}}'::text[], sum(value)::bigint
  from (select figure.measure, figure.day, sum(figure.value) as value
          from evaluation.daily_figure as figure
         where figure.measure = any(%(measures)s) and figure.day between %(first)s and %(last)s
           and figure.recorded_at <= %(known)s and {_OLD}
         group by figure.measure, figure.day) as daily
 group by 1, 2
 order by 1, 2
"""

_FLOWS_APART: Final = f"""
select figure.measure, width_bucket(figure.day, %(starts)s::date[]) - 1, figure.parts,
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
    tx: Tx,
    measures: Sequence[str],
    starts: Sequence[date],
    last: date,
    known_at: datetime,
    *,
    stocks: Sequence[str] = (),
) -> list[Told]:
    """How far each origin has told of each measure, by measure, period and origin.

    Args:
        tx: of the ministry.
        measures: their keys.
        starts: first days of the periods, in order; a period ends before the next one.
        last: the last day that is looked at.
        known_at: statements that came later are left out.
        stocks: those that are stocks.
    """
    if not measures:
        return []
    asked = {**_asked(measures, starts, last, known_at), "stocks": list(stocks)}
    cursor = await tx.execute(_TOLD, asked)
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
    found: list[Sum] = []
    together = [one for one in measures if one not in set(apart)]
    for query, some in ((_FLOWS, together), (_FLOWS_APART, sorted(set(measures) & set(apart)))):
        if some:
            cursor = await tx.execute(query, _asked(some, starts, last, known_at))
            rows = await cursor.fetchall()
            found += [Sum(row[0], row[1], tuple(row[2]), row[3]) for row in rows]
    return found


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
            "day": [one.stated for one in ends],
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
