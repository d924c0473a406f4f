"""Rows of single bodies: the late list, one body's systems, target dates, costs."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final

from psycopg.rows import dict_row

from jichitai.infra.database import Tx
from jichitai.standardisation.progress.costs import Basis, CostItem, Phase
from jichitai.standardisation.progress.model import SourceKind, business
from jichitai.standardisation.progress.results import Edition, LateFilters, Slip
from jichitai.standardisation.progress.store.datasets import COLUMNS, dataset_of

_LATE: Final = """
with chosen as (
    select distinct on (report.body)
           report.dataset_id, report.body, report.edition, report.prefecture, report.class
      from standardisation.report as report
     where report.dataset_id = %(dataset)s and report.recorded_at <= %(known)s
       and (%(prefecture)s = '' or report.prefecture = %(prefecture)s)
       and (%(class)s = '' or report.class = %(class)s)
     order by report.body, report.edition desc),
stated as (
    select body, target_on,
           lag(target_on) over (partition by body, business order by number) as before
      from standardisation.target
     where source_kind = %(kind)s and recorded_at <= %(known)s),
moved as materialized (
    select body, count(*) as slips from stated where target_on > before group by body),
found as (
    select chosen.body, chosen.prefecture, chosen.class,
           count(*) filter (where late)::int as late,
           count(*) filter (where runs = 'yes')::int as systems,
           array_agg(system.business) filter (where late) as businesses,
           array_agg(distinct reason_class) filter (where reason_class is not null) as reasons,
           max(target_on) filter (where late) as last_target
      from chosen join standardisation.system as system using (dataset_id, body, edition)
     group by 1, 2, 3
    having count(*) filter (where late) >= %(at_least)s
       and (%(business)s = '' or bool_or(late and system.business = %(business)s))
       and (%(reason)s::int is null or bool_or(late and reason_class = %(reason)s::int)))
select found.*, coalesce(moved.slips, 0)::int as slips,
       (select count(*) from found)::int as total
  from found left join moved using (body)
 where %(after_late)s::int is null
    or (late, body) < (%(after_late)s::int, '')
    or (late = %(after_late)s::int and body > %(after_body)s)
 order by late desc, body
 limit %(limit)s
"""

_SYSTEMS: Final = """
select business, runs, runs_reason, done, states, late, reason_class, target_on, deadline_class,
       vendor, contract, cloud, risks
  from standardisation.system
 where dataset_id = %(dataset)s and body = %(body)s
   and edition = (select max(edition) from standardisation.report
                   where dataset_id = %(dataset)s and body = %(body)s and recorded_at <= %(known)s)
"""

_EDITIONS: Final = f"""
select {COLUMNS}, report.edition as edition_number, report.recorded_at as edition_at,
       report.recorded_by, report.origin, report.note as edition_note
  from standardisation.report as report
  join standardisation.dataset as dataset using (dataset_id)
 where report.body = %(body)s and report.recorded_at <= %(known)s
   and dataset.source_kind = %(kind)s and dataset.as_of <= %(as_of)s
 order by dataset.as_of desc, report.recorded_at desc, report.edition desc
 limit 100
"""  # only a constant is put in

_SLIPS: Final = """
with stated as (
    select body, business, number, as_of, target_on, reason, recorded_at,
           lag(target_on) over (partition by body, business order by number) as before
      from standardisation.target
     where source_kind = %(kind)s and recorded_at <= %(known)s and as_of <= %(as_of)s
       and (%(body)s = '' or body = %(body)s)
       and (%(business)s = '' or business = %(business)s)
       and (%(prefecture)s = '' or left(body, 2) = %(prefecture)s))
select * from stated
 where %(first)s or number > 1
 order by recorded_at desc, body, business, number desc
 limit %(limit)s
"""

_COSTS: Final = """
with chosen as (
    select distinct on (report.body)
           report.dataset_id, report.body, report.edition, report.population
      from standardisation.report as report
     where report.dataset_id = %(dataset)s and report.recorded_at <= %(known)s
       and (%(body)s = '' or report.body = %(body)s)
       and (%(prefecture)s = '' or report.prefecture = %(prefecture)s)
     order by report.body, report.edition desc)
select chosen.body, chosen.population, array_agg(cost.phase), array_agg(cost.item),
       array_agg(cost.fiscal_year), array_agg(cost.yen), array_agg(cost.months),
       array_agg(cost.basis), array_agg(cost.usd_rate), array_agg(cost.note)
  from chosen join lateral (
       select * from standardisation.cost as cost
        where cost.dataset_id = chosen.dataset_id and cost.body = chosen.body
          and cost.edition = chosen.edition
        order by cost.phase, cost.item) as cost on true
 group by chosen.body, chosen.population
 order by chosen.body
"""

_COSTS_FROM: Final = f"""
select {COLUMNS}
  from standardisation.dataset as dataset
 where dataset.source_kind = %(kind)s and dataset.as_of <= %(as_of)s
   and dataset.recorded_at <= %(known)s
   and exists (select from standardisation.cost as cost
                 join standardisation.report as report using (dataset_id, body, edition)
                where cost.dataset_id = dataset.dataset_id and report.recorded_at <= %(known)s)
 order by dataset.as_of desc, dataset.recorded_at desc, dataset.dataset_id desc
 limit 1
"""  # only a constant is put in


async def _all(tx: Tx, query: str, values: dict[str, Any]) -> list[dict[str, Any]]:
    cursor = tx.cursor(row_factory=dict_row)
    return await (await cursor.execute(query, values)).fetchall()


async def late(
    tx: Tx,
    dataset_id: str,
    known_at: datetime,
    *,
    source_kind: SourceKind,
    filters: LateFilters,
    after: tuple[int, str] | None,
    limit: int,
) -> list[dict[str, Any]]:
    """A page of bodies with late systems, most first, then by code."""
    values = {
        "dataset": dataset_id,
        "known": known_at,
        "kind": source_kind.value,
        "prefecture": filters.prefecture,
        "class": filters.body_class.value if filters.body_class else "",
        "business": filters.business,
        "reason": filters.reason_class,
        "at_least": max(1, filters.at_least),
        "after_late": after[0] if after else None,
        "after_body": after[1] if after else "",
        "limit": limit,
    }
    return await _all(tx, _LATE, values)


async def systems(
    tx: Tx, dataset_id: str, code: str, known_at: datetime
) -> dict[str, dict[str, Any]]:
    """The systems of one body in the latest edition of a data set, by business."""
    values = {"dataset": dataset_id, "body": code, "known": known_at}
    return {row["business"]: row for row in await _all(tx, _SYSTEMS, values)}


async def editions(
    tx: Tx, code: str, *, source_kind: SourceKind, as_of: date, known_at: datetime
) -> list[Edition]:
    """What is known of one body, the newest first."""
    values = {"body": code, "known": known_at, "kind": source_kind.value, "as_of": as_of}
    return [
        Edition(
            dataset=dataset_of(row),
            number=row["edition_number"],
            recorded_at=row["edition_at"],
            recorded_by=row["recorded_by"],
            origin=row["origin"],
            note=row["edition_note"],
        )
        for row in await _all(tx, _EDITIONS, values)
    ]


async def slips(
    tx: Tx,
    *,
    source_kind: SourceKind,
    as_of: date,
    known_at: datetime,
    code: str = "",
    business_key: str = "",
    prefecture: str = "",
    first: bool = False,
    limit: int = 200,
) -> list[Slip]:
    """Changes of target dates, the newest first; with the first statements when asked."""
    values = {
        "kind": source_kind.value,
        "known": known_at,
        "as_of": as_of,
        "body": code,
        "business": business_key,
        "prefecture": prefecture,
        "first": first,
        "limit": limit,
    }
    return [
        Slip(
            code=row["body"],
            business=business(row["business"]),
            number=row["number"],
            as_of=row["as_of"],
            before=row["before"],
            target_on=row["target_on"],
            reason=row["reason"],
            recorded_at=row["recorded_at"],
        )
        for row in await _all(tx, _SLIPS, values)
    ]


async def costs(
    tx: Tx, dataset_id: str, known_at: datetime, *, code: str = "", prefecture: str = ""
) -> list[tuple[str, int, Sequence[CostItem]]]:
    """Costs by body: code, people, amounts."""
    values = {"dataset": dataset_id, "known": known_at, "body": code, "prefecture": prefecture}
    cursor = await tx.execute(_COSTS, values)
    return [
        (one, people, [_cost(*amount) for amount in zip(*columns, strict=True)])
        for one, people, *columns in await cursor.fetchall()
    ]


def _cost(phase: str, item: str, year: int, yen: int, months: int, *rest: Any) -> CostItem:
    basis, usd_rate, note = rest
    return CostItem(
        phase=_PHASES[phase],
        item=item,
        fiscal_year=year,
        yen=yen,
        months=months,
        basis=_BASES[basis],
        usd_rate=usd_rate,
        note=note,
    )


_PHASES: Final = {one.value: one for one in Phase}
_BASES: Final = {one.value: one for one in Basis}


async def costs_from(
    tx: Tx, *, source_kind: SourceKind, as_of: date, known_at: datetime
) -> dict[str, Any] | None:
    """The latest data set in which a body told its costs."""
    values = {"kind": source_kind.value, "as_of": as_of, "known": known_at}
    found = await _all(tx, _COSTS_FROM, values)
    return found[0] if found else None
