"""A survey of all bodies with every step known, and the same counts in plain SQL."""

from datetime import UTC, date, datetime
from random import Random
from typing import Final

from jichitai.infra.database import Tx
from jichitai.kernel.bodies import all_bodies
from jichitai.standardisation.progress.model import (
    STEPS,
    Dataset,
    MeasureKind,
    SourceKind,
    businesses,
)
from jichitai.standardisation.progress.recording import record_reports
from jichitai.standardisation.progress.reports import BodyReport, SystemReport
from jichitai.standardisation.progress.scope import Answer, runs

AS_OF: Final = date(2026, 10, 31)
AT: Final = datetime(2026, 11, 5, tzinfo=UTC)

BASELINE: Final = """
with cells as (
    select system.business, report.class, step, substr(system.states, step, 1) as mark
      from standardisation.report as report
      join standardisation.system as system using (dataset_id, body, edition)
     cross join generate_series(1, 40) as step
     where report.dataset_id = %(dataset)s and report.edition = 1 and system.runs = 'yes')
select business, class, step, count(*) as systems,
       count(*) filter (where mark in ('2', '3')) as done,
       count(*) filter (where mark = '1') as working
  from cells
 group by 1, 2, 3
"""
"""Every step of every business and class of body, without versions and without Python."""


def round_of(year: int, month: int) -> Dataset:
    """The data set of a rehearsed survey."""
    return Dataset(
        dataset_id=f"bench-{year}-{month:02}",
        title=f"測定用の調査（{year}-{month:02}）",
        source_kind=SourceKind.REHEARSAL,
        as_of=date(year, month, 28),
        recorded_at=datetime(year, month, 28, tzinfo=UTC),
        holds=frozenset(MeasureKind),
        source="測定のために作ったデータ",
        confidence="ours",
    )


def reports(dice: Random, share: float) -> list[BodyReport]:
    """Reports of all 1,788 bodies, with this share of the steps done.

    Args:
        dice: where chance comes from.
        share: 0 to 1.
    """
    weights = (1 - share, 0.1, share, 0.05)
    return [
        BodyReport(
            body=one.code,
            systems=tuple(
                SystemReport(
                    business=kind.key,
                    states="".join(dice.choices("0123", weights, k=STEPS)),
                    late=dice.random() < 0.2,
                    reason="測定用",
                )
                for kind in businesses()
                if runs(one, kind, on=AS_OF).answer is not Answer.NO
            ),
        )
        for one in all_bodies()
    ]


async def fill(tx: Tx, *, share: float = 0.6, seed: int = 1) -> str:
    """Add one survey of all bodies; the name of its data set."""
    dataset = round_of(AS_OF.year, AS_OF.month)
    await record_reports(tx, dataset, reports(Random(seed), share), at=AT, by="bench")  # noqa: S311
    return dataset.dataset_id


async def baseline(tx: Tx, dataset_id: str) -> list[tuple[object, ...]]:
    """The same counts in plain SQL: (business, class, step, systems, done, working)."""
    return await (await tx.execute(BASELINE, {"dataset": dataset_id})).fetchall()
