"""Counts over whole data sets: one statement each, as known at a moment."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from psycopg.rows import dict_row

from jichitai.infra.database import Tx
from jichitai.standardisation.progress.counted import Counted, Part
from jichitai.standardisation.progress.facts import Fact
from jichitai.standardisation.progress.model import BodyClass, MeasureKind, Tally

_CHOSEN: Final = """
    select distinct on (report.dataset_id, report.body)
           report.dataset_id, report.body, report.edition, report.prefecture, report.class
      from standardisation.report as report
     where report.dataset_id = any (%(datasets)s) and report.recorded_at <= %(known)s
       and (%(prefecture)s = '' or report.prefecture = %(prefecture)s)
       and (%(class)s = '' or report.class = %(class)s)
       and (%(body)s = '' or report.body = %(body)s)
       and (%(bodies)s::text[] is null or report.body = any (%(bodies)s))
     order by report.dataset_id, report.body, report.edition desc
"""

_TOLD: Final[Mapping[MeasureKind, str]] = {
    MeasureKind.STEPS: "system.done is not null",
    MeasureKind.SYSTEMS: "system.done is not null",
    MeasureKind.LATE: "system.late is not null",
}

_SUMS: Final = """
           count(*) filter (where {told} and runs = 'yes') as systems,
           coalesce(sum(done) filter (where runs = 'yes'), 0) as done_steps,
           count(*) filter (where done = 40 and runs = 'yes') as complete,
           count(*) filter (where late and runs = 'yes') as late,
           count(*) filter (where {told}) as all_systems,
           coalesce(sum(done), 0) as all_done_steps,
           count(*) filter (where done = 40) as all_complete,
           count(*) filter (where late) as all_late,
           count(*) filter (where runs = 'unknown') as unknown,
           count(*) filter (where runs = 'no') as outside"""

_TALLIES: Final = """
with chosen as ({chosen})
select {keys}, sum(told_{told})::int as systems, sum(done_steps)::int as done_steps,
       sum(complete)::int as complete, sum(late)::int as late,
       sum(all_told_{told})::int as all_systems, sum(all_done_steps)::int as all_done_steps,
       sum(all_complete)::int as all_complete, sum(all_late)::int as all_late,
       sum(unknown)::int as unknown, sum(outside)::int as outside, count(*)::int as bodies,
       count(*) filter (where all_late > 0)::int as late_bodies
  from chosen join standardisation.tally as tally using (dataset_id, body, edition)
 group by {keys}
"""

_BUSINESS: Final = """
with chosen as ({chosen})
select {keys}, {sums}, count(*)::int as bodies, count(*) filter (where late)::int as late_bodies
  from chosen join standardisation.system as system using (dataset_id, body, edition)
 where system.business = %(business)s
 group by {keys}
"""

_HEAT: Final = """
with chosen as ({chosen})
select system.business, chosen.class, {sums}, count(*)::int as bodies,
       count(*) filter (where late)::int as late_bodies
  from chosen join standardisation.system as system using (dataset_id, body, edition)
 group by 1, 2
"""


_FACTS: Final[Mapping[Fact, tuple[str, str]]] = {
    Fact.VENDOR: ("vendor", "true"),
    Fact.CLOUD: ("cloud", "true"),
    Fact.DEADLINE: ("deadline_class", "true"),
    Fact.REASON: ("coalesce(reason_class::text, '')", "late"),
    Fact.TARGET_YEAR: (
        "coalesce((extract(year from target_on - interval '3 months')::int)::text, '')",
        "late",
    ),
}

_BY_FACT: Final = """
with chosen as ({chosen})
select {value} as value, count(*)::int as systems, count(*) filter (where done = 40)::int,
       count(*) filter (where late)::int, count(distinct body)::int
  from chosen join standardisation.system as system using (dataset_id, body, edition)
 where runs = 'yes' and {which} and (%(business)s = '' or system.business = %(business)s)
 group by 1
 order by 2 desc, 1
 limit 500
"""


_WHOLE: Final = Part()


def _counted(row: Mapping[str, Any]) -> Counted:
    shared = {
        "unknown": row["unknown"],
        "outside": row["outside"],
        "bodies": row["bodies"],
        "late_bodies": row["late_bodies"],
    }
    names = ("systems", "done_steps", "complete", "late")
    return Counted(
        Tally(**{name: int(row[name]) for name in names}, **shared),
        Tally(**{name: int(row[f"all_{name}"]) for name in names}, **shared),
    )


def _values(datasets: Sequence[str], known_at: datetime, part: Part) -> dict[str, Any]:
    return {
        "datasets": list(datasets),
        "known": known_at,
        "prefecture": part.prefecture,
        "class": part.body_class.value if part.body_class else "",
        "body": part.body,
        "bodies": list(part.bodies) or None,
        "business": part.business,
    }


async def _run(
    tx: Tx, query: str, datasets: Sequence[str], known_at: datetime, part: Part
) -> list[dict[str, Any]]:
    values = _values(datasets, known_at, part)
    cursor = tx.cursor(row_factory=dict_row)
    return await (await cursor.execute(query, values)).fetchall()


def _query(measure: MeasureKind, part: Part, keys: str) -> str:
    if part.business:
        sums = _SUMS.format(told=_TOLD[measure])
        return _BUSINESS.format(chosen=_CHOSEN, sums=sums, keys=f"chosen.{keys}")
    told = "late" if measure is MeasureKind.LATE else "steps"
    return _TALLIES.format(chosen=_CHOSEN, told=told, keys=f"chosen.{keys}")


async def by_dataset(
    tx: Tx,
    datasets: Sequence[str],
    known_at: datetime,
    measure: MeasureKind,
    part: Part = _WHOLE,
) -> dict[str, Counted]:
    """Whole data sets, or the same part of each."""
    query = _query(measure, part, "dataset_id")
    found = await _run(tx, query, datasets, known_at, part)
    return {row["dataset_id"]: _counted(row) for row in found}


async def by_prefecture(
    tx: Tx, dataset_id: str, known_at: datetime, measure: MeasureKind, part: Part = _WHOLE
) -> dict[str, Counted]:
    """One data set by two digits of the prefecture."""
    query = _query(measure, part, "prefecture")
    found = await _run(tx, query, [dataset_id], known_at, part)
    return {row["prefecture"]: _counted(row) for row in found}


async def by_body(
    tx: Tx, dataset_id: str, known_at: datetime, measure: MeasureKind, part: Part = _WHOLE
) -> dict[str, Counted]:
    """One data set by code of the body."""
    query = _query(measure, part, "body")
    found = await _run(tx, query, [dataset_id], known_at, part)
    return {row["body"]: _counted(row) for row in found}


async def heat(
    tx: Tx, dataset_id: str, known_at: datetime, measure: MeasureKind, part: Part = _WHOLE
) -> dict[tuple[str, BodyClass], Counted]:
    """One data set by business and class of body."""
    query = _HEAT.format(chosen=_CHOSEN, sums=_SUMS.format(told=_TOLD[measure]))
    found = await _run(tx, query, [dataset_id], known_at, part)
    return {(row["business"], BodyClass(row["class"])): _counted(row) for row in found}


async def by_fact(
    tx: Tx, dataset_id: str, known_at: datetime, fact: Fact, part: Part = _WHOLE
) -> list[tuple[str, int, int, int, int]]:
    """Systems in scope by a fact: (value, systems, complete, late, bodies), most systems first."""
    value, which = _FACTS[fact]
    query = _BY_FACT.format(chosen=_CHOSEN, value=value, which=which)
    return await (await tx.execute(query, _values([dataset_id], known_at, part))).fetchall()
