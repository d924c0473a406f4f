"""`evaluation`: the progress of all bodies counted again, and every indicator over ten years.

1,788 bodies by 21 businesses by 40 steps, and daily figures of all measures that indicators ask
for, some of them stated twice. The baseline is the same aggregates written out in SQL on the same
server: nothing is made of the rows, and no definition, value or target is read.
"""

import time
from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta
from typing import Final

import psycopg

from jichitai.evaluation.figures.catalogue import catalogue
from jichitai.evaluation.indicators import builtin, live, service
from jichitai.infra.database import Database, Tx, fetch_value
from jichitai.infra.figures import Measure, Sort
from jichitai.infra.migrate import OWNER
from jichitai.kernel.bodies import all_bodies
from jichitai.kernel.dates import JST
from jichitai.kernel.parties import Tier
from jichitai.rehearsal.bench.result import Result, result
from jichitai.rehearsal.bench.stage import Stage
from jichitai.standardisation.progress.model import STEPS, BodyClass, businesses
from jichitai.standardisation.progress.recount import recompute

_ROUNDS: Final = 3
_LAST: Final = date(2026, 11, 19)
_KNOWN: Final = datetime(2026, 11, 20, 10, tzinfo=JST)
_YEARS: Final = 10
_QUICK_DAYS: Final = 240
"""Days of two fiscal years."""
_DATASET: Final = "bench"
_AFFAIRS: Final = 252
_PREFECTURES: Final = 47

_BODIES: Final = """
insert into standardisation.report (dataset_id, body, edition, prefecture, class, population,
       recorded_at, recorded_by)
select %(dataset)s, body, 1, left(body, 2), class, 10000, %(known)s, 'bench'
  from unnest(%(bodies)s::text[], %(classes)s::text[]) as told (body, class)
"""

_SYSTEMS: Final = """
insert into standardisation.system (dataset_id, body, edition, business, runs, runs_reason,
       done, states, late)
select %(dataset)s, told.body, 1, told.business, 'yes', 'bench',
       length(translate(told.states, '01', '')), told.states, told.late
  from (select body, business,
               repeat('2', (hashtextextended(body || business, 0) & 31)::int)
               || repeat('1', 40 - (hashtextextended(body || business, 0) & 31)::int) as states,
               (hashtextextended(business || body, 0) & 7) = 0 as late
          from unnest(%(bodies)s::text[]) as body, unnest(%(businesses)s::text[]) as business)
       as told
"""

_STATEMENTS: Final = """
insert into evaluation.figure_statement (measure, origin, day, revision, reason, figures, total,
       message_id, counted_at, recorded_at)
select %(measure)s, %(origin)s, day::date, revision, '', %(parts)s, whole.total, 'bench',
       day + interval '26 hours', day + interval '26 hours'
  from generate_series(%(first)s::timestamp, %(last)s::timestamp, interval '1 day') as day
 cross join generate_series(1, 2) as revision
 cross join lateral (
       select sum(1 + (hashint8(part + (day::date - date '2000-01-01')) & 1023)) as total
         from generate_series(1, %(parts)s) as part) as whole
 where revision = 1 or extract(day from day) = 1
"""

_FIGURES: Final = """
insert into evaluation.daily_figure (measure, origin, day, revision, parts, value, recorded_at)
select measure, origin, day, revision, %(fixed)s::text[] || part::text,
       1 + (hashint8(part + (day - date '2000-01-01')) & 1023), recorded_at
  from evaluation.figure_statement, generate_series(1, %(parts)s) as part
 where measure = %(measure)s
"""

_RAW_PROGRESS: Final = f"""
select business, class, count(*), sum(length(translate(states, '01', ''))),
       count(*) filter (where states !~ '[01]'), count(*) filter (where late),
       {", ".join(f"count(*) filter (where substr(states, {n}, 1) in ('2', '3'))" for n in range(1, STEPS + 1))},
       {", ".join(f"count(*) filter (where substr(states, {n}, 1) = '1')" for n in range(1, STEPS + 1))}
  from standardisation.report join standardisation.system using (dataset_id, body, edition)
 where dataset_id = '{_DATASET}' and runs = 'yes'
 group by 1, 2
"""  # numbers of steps, and a name of ours

_NEWEST: Final = """
(select measure, origin, day, max(revision) as revision
   from evaluation.figure_statement
  where measure = any(%(measures)s) and recorded_at <= %(known)s
  group by 1, 2, 3)
"""

_RAW_FLOWS: Final = f"""
select measure, extract(year from day - interval '3 months'), sum(value)
  from {_NEWEST} as newest join evaluation.daily_figure using (measure, origin, day, revision)
 group by 1, 2
"""

_RAW_STOCKS: Final = f"""
select measure, day, parts, sum(value)
  from (select measure, origin, max(day) as day
          from {_NEWEST} as told
         group by 1, 2, extract(year from day - interval '3 months')) as ends
  join {_NEWEST} as newest using (measure, origin, day)
  join evaluation.daily_figure using (measure, origin, day, revision)
 group by 1, 2, 3
"""


async def run(stage: Stage) -> list[Result]:
    """Measure the recount and all indicators beside the same sums in SQL."""
    days = stage.scale.times_or(365 * _YEARS + 3, _QUICK_DAYS)
    database = await Database.open(stage.platform.dsn(Tier.MINISTRY))
    try:
        rows = await _fill(stage, database, days)
        progress: list[float] = []
        figures: list[float] = []
        raw_progress: list[float] = []
        raw_figures: list[float] = []
        for number in range(stage.scale.times_or(_ROUNDS, 1)):
            progress.append(await _timed(database, _recount))
            raw_progress.append(await _timed(database, _raw_progress))
            figures.append(await _timed(database, _indicators))
            raw_figures.append(await _timed(database, _raw_figures))
            stage.say(
                f"{number + 1}回目：進捗 {progress[-1]:.2f}秒（SQL {raw_progress[-1]:.2f}秒）、"
                f"指標 {figures[-1]:.2f}秒（SQL {raw_figures[-1]:.2f}秒）"
            )
    finally:
        await database.close()
    ours, base = min(progress) + min(figures), min(raw_progress) + min(raw_figures)
    cells = len(all_bodies()) * len(businesses()) * STEPS
    return [
        result(
            "evaluation",
            "進捗のマスと日次集計の行",
            (cells + rows) / ours,
            baseline=("同じ集計を書き下した SQL", (cells + rows) / base),
            details={
                "seconds": ours,
                "progress_seconds": min(progress),
                "indicator_seconds": min(figures),
                "sql_seconds": base,
                "cells": cells,
                "daily_rows": rows,
                "days": days,
            },
        )
    ]


async def _timed(database: Database, work: Callable[[Tx], Awaitable[object]]) -> float:
    async with database.transaction(read_only=True) as tx:
        started = time.perf_counter()
        await work(tx)
        return time.perf_counter() - started


async def _recount(tx: Tx) -> None:
    found = await recompute(tx, _DATASET, _KNOWN)
    if found.whole.systems != len(all_bodies()) * len(businesses()):
        raise RuntimeError("the recount missed systems")


async def _indicators(tx: Tx) -> None:
    found = await service.statuses(tx, _KNOWN, on=_LAST)
    if len(found) != len(builtin.definitions()):
        raise RuntimeError("indicators are missing")


async def _raw_progress(tx: Tx) -> None:
    await (await tx.execute(_RAW_PROGRESS)).fetchall()


async def _raw_figures(tx: Tx) -> None:
    wanted = _wanted()
    flows = [one.key for one in wanted if one.sort is Sort.FLOW]
    stocks = [one.key for one in wanted if one.sort is Sort.STOCK]
    for query, measures in ((_RAW_FLOWS, flows), (_RAW_STOCKS, stocks)):
        cursor = await tx.execute(query, {"measures": measures, "known": _KNOWN})
        await cursor.fetchall()


def _wanted() -> list[Measure]:
    """The measures that the built-in indicators ask for."""
    asked = {query.measure for one in builtin.definitions() for query in live.queries(one)}
    return [one for one in catalogue() if one.key in asked]


async def _fill(stage: Stage, database: Database, days: int) -> int:
    bodies = all_bodies()
    async with database.transaction() as tx:
        await builtin.load(tx)
        await tx.execute(
            "insert into standardisation.dataset (dataset_id, title, source_kind, as_of,"
            " recorded_at, holds, covers, source, confidence)"
            " values (%s, 'bench', 'rehearsal', %s, %s, '{steps}', 'all', 'bench', 'bench')",
            (_DATASET, _LAST, _KNOWN),
        )
        values = {
            "dataset": _DATASET,
            "known": _KNOWN,
            "bodies": [one.code for one in bodies],
            "classes": [str(BodyClass.CITY) for _ in bodies],
            "businesses": [one.key for one in businesses()],
        }
        await tx.execute(_BODIES, values)
        await tx.execute(_SYSTEMS, values)
    for measure in _wanted():
        await _state(database, measure, days)
    _analyse(stage)
    async with database.transaction() as tx:
        rows = int(await fetch_value(tx, "select count(*) from evaluation.daily_figure"))
    stage.say(f"{len(_wanted())}項目、{days:,}日、日次集計 {rows:,}行")
    return rows


def _analyse(stage: Stage) -> None:
    """Let the server know its tables, as it does by itself after a while."""
    with psycopg.connect(stage.platform.dsn(Tier.MINISTRY, OWNER), autocommit=True) as connection:
        connection.execute("vacuum analyze")


async def _state(database: Database, measure: Measure, days: int) -> None:
    """Statements of every day, and those of first days twice; as many figures as are usual."""
    wide = measure.key.startswith("jukinet.")
    values = {
        "measure": measure.key,
        "origin": "nation" if measure.tier is Tier.NATION else "ministry",
        "first": _LAST - timedelta(days=days - 1),
        "last": _LAST,
        "parts": _AFFAIRS if wide else _PREFECTURES,
        "fixed": ["x"] * (len(measure.dimensions) - 1),
    }
    async with database.transaction() as tx:
        await tx.execute(_STATEMENTS, values)
        await tx.execute(_FIGURES, values)
