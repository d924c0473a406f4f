"""日次集計 of the standardisation: systems and steps, from the newest data set of each source.

Source: 地方公共団体情報システムの標準化に関する法律 第5条; the progress tables of the ministry.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, Final, Literal

from psycopg import sql

from jichitai.infra.database import Tx
from jichitai.infra.figures import Count, Measure, Row, Sort
from jichitai.kernel.dates import JST
from jichitai.kernel.parties import Tier

Holds = Literal["steps", "systems", "late"]

# Days on which something became known; those before the first day are the first day.
_CHANGES: Final = """
select distinct greatest(known.day, %(first)s::date)
  from (select greatest((recorded_at at time zone 'Asia/Tokyo')::date, as_of) as day
          from standardisation.dataset
        union
        select (recorded_at at time zone 'Asia/Tokyo')::date from standardisation.report) as known
 where known.day <= %(last)s
 order by 1
"""

_STATE: Final = sql.SQL("""
with chosen as (
    select distinct on (source_kind) source_kind, dataset_id
      from standardisation.dataset
     where %(holds)s = any(holds) and recorded_at < %(end)s and as_of <= %(day)s
     order by source_kind, as_of desc, recorded_at desc, dataset_id desc
),
newest as (
    select distinct on (report.dataset_id, report.body) chosen.source_kind, report.dataset_id,
           report.body, report.edition, report.prefecture, report.class
      from standardisation.report
      join chosen using (dataset_id)
     where report.recorded_at < %(end)s
     order by report.dataset_id, report.body, report.edition desc
)
select newest.source_kind, newest.prefecture, newest.class, {value}
  from newest
  join standardisation.system using (dataset_id, body, edition)
 group by 1, 2, 3
 order by 1, 2, 3
""")


async def _count(value: str, holds: Holds, tx: Tx, first: date, last: date) -> Sequence[Row]:
    cursor = await tx.execute(_CHANGES, {"first": first, "last": last})
    changes = {day for (day,) in await cursor.fetchall()}
    query = _STATE.format(value=sql.SQL(_VALUES[value]))
    state: list[tuple[Any, ...]] = []
    found: list[Row] = []
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        if day in changes:
            cursor = await tx.execute(query, {"holds": holds, "day": day, "end": _end(day)})
            state = await cursor.fetchall()
        found += [Row(day, (row[0], row[1], row[2]), row[3]) for row in state if row[3]]
    return found


def _end(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=JST) + timedelta(days=1)


_VALUES: Final = {
    "systems": "count(*) filter (where system.done is not null and system.runs = 'yes')",
    "done": "count(*) filter (where system.done = 40 and system.runs = 'yes')",
    "steps": "coalesce(sum(system.done) filter (where system.runs = 'yes'), 0)::bigint",
    "late": "count(*) filter (where system.late)",
}


def _measure(
    key: str, title: str, unit: str, basis: str, value: str, holds: Holds = "steps"
) -> Measure:
    count: Callable[[Tx, date, date], Any] = partial(_count, value, holds)
    typed: Count = count
    return Measure(
        key=f"standardisation.{key}",
        title=title,
        unit=unit,
        sort=Sort.STOCK,
        tier=Tier.MINISTRY,
        dimensions=("source", "prefecture", "class"),
        basis=f"{basis}。出どころ（公表資料・調査・演習）ごとに、日の終わりに知られている最も新しいデータセットから数え、"
        "出どころの違うものは足さない",
        count=typed,
    )


MEASURES: Final = (
    _measure(
        "systems",
        "標準化の進み具合が分かるシステムの数",
        "システム",
        "団体が行うと分かっている業務の、40の手順の進み具合が分かるシステム",
        "systems",
    ),
    _measure(
        "systems_done",
        "40の手順がすべて済んだシステムの数",
        "システム",
        "40の手順がすべて完了または対象外のシステム",
        "done",
    ),
    _measure(
        "steps_done",
        "済んだ手順の数",
        "手順",
        "完了または対象外の手順。手順の重みはつけない",
        "steps",
    ),
    _measure(
        "systems_late",
        "特定移行支援システムの数",
        "システム",
        "特定移行支援システムと報告・公表されたもの",
        "late",
        "late",
    ),
)
"""What the ministry counts of the standardisation."""
