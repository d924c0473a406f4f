"""Reports of bodies: added in bulk, each correction as a later edition."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from jichitai.infra.database import Tx
from jichitai.standardisation.progress.costs import CostItem
from jichitai.standardisation.progress.model import BodyClass, SourceKind
from jichitai.standardisation.progress.reports import SystemReport
from jichitai.standardisation.progress.scope import Runs


@dataclass(frozen=True, slots=True, kw_only=True)
class NewReport:
    """What is added for one body."""

    body: str
    edition: int
    prefecture: str
    body_class: BodyClass
    population: int
    origin: str
    note: str
    systems: Sequence[tuple[SystemReport, Runs]]
    costs: Sequence[CostItem]


_EDITIONS: Final = """
select body, max(edition) from standardisation.report
 where dataset_id = %s and body = any (%s) group by body
"""

_DONE: Final = """
with latest as (
    select distinct on (report.body) report.dataset_id, report.body, report.edition
      from standardisation.report as report
      join standardisation.dataset as dataset using (dataset_id)
     where dataset.source_kind = %(kind)s and report.body = any (%(bodies)s)
       and 'steps' = any (dataset.holds)
       and dataset.as_of <= (select as_of from standardisation.dataset
                              where dataset_id = %(dataset)s)
     order by report.body, dataset.as_of desc, dataset.recorded_at desc, report.edition desc)
select system.body, system.business, system.done
  from latest join standardisation.system as system using (dataset_id, body, edition)
 where system.done is not null
"""

_CARRY_SYSTEMS: Final = """
insert into standardisation.system (dataset_id, body, edition, business, runs, runs_reason, done,
       states, late, reason_class, target_on, deadline_class, vendor, contract, cloud, risks,
       reason)
select earlier.dataset_id, earlier.body, new.edition, earlier.business, earlier.runs,
       earlier.runs_reason, earlier.done, earlier.states, earlier.late, earlier.reason_class,
       earlier.target_on, earlier.deadline_class, earlier.vendor, earlier.contract, earlier.cloud,
       earlier.risks, earlier.reason
  from unnest(%(bodies)s::text[], %(editions)s::int[]) as new (body, edition)
  join standardisation.system as earlier
    on earlier.dataset_id = %(dataset)s and earlier.body = new.body
   and earlier.edition = new.edition - 1
 where not exists (select from standardisation.system as present
                    where present.dataset_id = earlier.dataset_id
                      and present.body = earlier.body and present.edition = new.edition
                      and present.business = earlier.business)
"""

_CARRY_COSTS: Final = """
insert into standardisation.cost (dataset_id, body, edition, phase, item, fiscal_year, yen, months,
       basis, usd_rate, note)
select earlier.dataset_id, earlier.body, new.edition, earlier.phase, earlier.item,
       earlier.fiscal_year, earlier.yen, earlier.months, earlier.basis, earlier.usd_rate,
       earlier.note
  from unnest(%(bodies)s::text[], %(editions)s::int[]) as new (body, edition)
  join standardisation.cost as earlier
    on earlier.dataset_id = %(dataset)s and earlier.body = new.body
   and earlier.edition = new.edition - 1
 where not exists (select from standardisation.cost as present
                    where present.dataset_id = earlier.dataset_id
                      and present.body = earlier.body and present.edition = new.edition)
"""

_TALLY: Final = """
insert into standardisation.tally (dataset_id, body, edition, told_steps, told_late, done_steps,
       complete, late, all_told_steps, all_told_late, all_done_steps, all_complete, all_late,
       unknown, outside)
select dataset_id, body, edition,
       count(done) filter (where runs = 'yes'), count(late) filter (where runs = 'yes'),
       coalesce(sum(done) filter (where runs = 'yes'), 0),
       count(*) filter (where runs = 'yes' and done = 40),
       count(*) filter (where runs = 'yes' and late),
       count(done), count(late), coalesce(sum(done), 0), count(*) filter (where done = 40),
       count(*) filter (where late), count(*) filter (where runs = 'unknown'),
       count(*) filter (where runs = 'no')
  from unnest(%(bodies)s::text[], %(editions)s::int[]) as new (body, edition)
  join standardisation.system as system using (body, edition)
 where system.dataset_id = %(dataset)s
 group by dataset_id, body, edition
"""

_TARGETS: Final = """
insert into standardisation.target (source_kind, body, business, number, dataset_id, as_of,
       target_on, reason, recorded_at)
select %(kind)s, told.body, told.business, coalesce(last.number, 0) + 1, %(dataset)s,
       dataset.as_of, told.target_on, told.reason, %(at)s
  from unnest(%(bodies)s::text[], %(businesses)s::text[], %(targets)s::date[], %(reasons)s::text[])
       as told (body, business, target_on, reason)
 cross join (select as_of from standardisation.dataset where dataset_id = %(dataset)s) as dataset
  left join lateral (
       select target.number, target.target_on
         from standardisation.target as target
        where target.source_kind = %(kind)s and target.body = told.body
          and target.business = told.business
        order by target.number desc limit 1) as last on true
 where told.target_on is distinct from last.target_on
"""


_SCOPE: Final = """
with latest as (
    select distinct on (body) dataset_id, body, edition
      from standardisation.report where dataset_id = %s order by body, edition desc)
select system.body, system.business, system.runs
  from latest join standardisation.system as system using (dataset_id, body, edition)
"""


async def scope(tx: Tx, dataset_id: str) -> dict[tuple[str, str], str]:
    """Whether each body runs each business, as the latest editions of a data set say."""
    cursor = await tx.execute(_SCOPE, (dataset_id,))
    return {(code, business): runs for code, business, runs in await cursor.fetchall()}


async def lock(tx: Tx) -> None:
    """Let one writer at a time add reports."""
    await tx.execute("select pg_advisory_xact_lock(hashtext('standardisation.report'))")


async def editions(tx: Tx, dataset_id: str, bodies: Sequence[str]) -> dict[str, int]:
    """The latest edition of each body that has one in a data set."""
    cursor = await tx.execute(_EDITIONS, (dataset_id, list(bodies)))
    return {code: last for code, last in await cursor.fetchall()}  # noqa: C416  # typed rows


async def done_before(
    tx: Tx, dataset_id: str, source_kind: SourceKind, bodies: Sequence[str]
) -> dict[tuple[str, str], int]:
    """Steps done in the latest report of the same kind that is not about a later day."""
    values = {"kind": source_kind.value, "bodies": list(bodies), "dataset": dataset_id}
    cursor = await tx.execute(_DONE, values)
    return {(code, business): done for code, business, done in await cursor.fetchall()}


async def add(
    tx: Tx, dataset_id: str, reports: Sequence[NewReport], *, at: datetime, by: str
) -> None:
    """Add reports with their systems and costs."""
    cursor = tx.cursor()
    async with cursor.copy(
        "copy standardisation.report (dataset_id, body, edition, prefecture, class, population,"
        " recorded_at, recorded_by, origin, note) from stdin"
    ) as copy:
        for one in reports:
            await copy.write_row(
                (
                    dataset_id,
                    one.body,
                    one.edition,
                    one.prefecture,
                    one.body_class.value,
                    one.population,
                    at,
                    by,
                    one.origin,
                    one.note,
                )
            )
    async with cursor.copy(
        "copy standardisation.system (dataset_id, body, edition, business, runs, runs_reason,"
        " done, states, late, reason_class, target_on, deadline_class, vendor, contract, cloud,"
        " risks, reason) from stdin"
    ) as copy:
        for one in reports:
            for system, runs in one.systems:
                await copy.write_row(
                    (
                        dataset_id,
                        one.body,
                        one.edition,
                        system.business,
                        runs.answer.value,
                        runs.reason,
                        system.steps_done,
                        system.states,
                        system.late,
                        system.reason_class,
                        system.target_on,
                        system.deadline_class.value,
                        system.vendor,
                        system.contract,
                        system.cloud.value,
                        system.risks,
                        system.reason,
                    )
                )
    await _add_costs(tx, dataset_id, reports)


async def _add_costs(tx: Tx, dataset_id: str, reports: Sequence[NewReport]) -> None:
    if not any(one.costs for one in reports):
        return
    async with tx.cursor().copy(
        "copy standardisation.cost (dataset_id, body, edition, phase, item, fiscal_year, yen,"
        " months, basis, usd_rate, note) from stdin"
    ) as copy:
        for one in reports:
            for cost in one.costs:
                await copy.write_row(
                    (
                        dataset_id,
                        one.body,
                        one.edition,
                        cost.phase.value,
                        cost.item,
                        cost.fiscal_year,
                        cost.yen,
                        cost.months,
                        cost.basis.value,
                        cost.usd_rate,
                        cost.note,
                    )
                )


async def carry(tx: Tx, dataset_id: str, reports: Sequence[NewReport]) -> None:
    """Take over from the edition before what a later edition does not tell."""
    later = [one for one in reports if one.edition > 1]
    if later:
        values = {
            "dataset": dataset_id,
            "bodies": [one.body for one in later],
            "editions": [one.edition for one in later],
        }
        await tx.execute(_CARRY_SYSTEMS, values)
        await tx.execute(_CARRY_COSTS, values)


async def tally(tx: Tx, dataset_id: str, reports: Sequence[NewReport]) -> None:
    """Keep the sums of reports, what they carried over included."""
    values = {
        "dataset": dataset_id,
        "bodies": [one.body for one in reports],
        "editions": [one.edition for one in reports],
    }
    await tx.execute(_TALLY, values)


async def add_targets(
    tx: Tx,
    dataset_id: str,
    source_kind: SourceKind,
    told: Sequence[tuple[str, SystemReport]],
    *,
    at: datetime,
) -> None:
    """Keep target dates that differ from the latest one."""
    if told:
        values = {
            "kind": source_kind.value,
            "dataset": dataset_id,
            "at": at,
            "bodies": [code for code, _ in told],
            "businesses": [one.business for _, one in told],
            "targets": [one.target_on for _, one in told],
            "reasons": [one.target_reason for _, one in told],
        }
        await tx.execute(_TARGETS, values)
