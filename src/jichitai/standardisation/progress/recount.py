"""Everything counted again from the single cells: body x system x step, in one statement."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from jichitai.infra.database import Tx
from jichitai.standardisation.progress.model import (
    STEPS,
    BodyClass,
    Business,
    Tally,
    businesses,
)


def _each(states: str) -> str:
    return ",\n           ".join(
        f"count(*) filter (where substr(states, {number}, 1) in ({states}))::int"
        for number in range(1, STEPS + 1)
    )


_RECOUNT: Final = f"""
with chosen as (
    select distinct on (report.body) report.dataset_id, report.body, report.edition, report.class
      from standardisation.report as report
     where report.dataset_id = %(dataset)s and report.recorded_at <= %(known)s
     order by report.body, report.edition desc)
select system.business, chosen.class, count(*)::int as systems,
       sum(length(translate(states, '01', '')))::int as done_steps,
       count(*) filter (where translate(states, '01', '') = states)::int as complete,
       count(*) filter (where late)::int as late,
       array[{_each("'2', '3'")}] as done,
       array[{_each("'1'")}] as working
  from chosen join standardisation.system as system using (dataset_id, body, edition)
 where runs = 'yes' and states is not null
 group by 1, 2
"""  # only constants are put in


@dataclass(frozen=True, slots=True, kw_only=True)
class StepCount:
    """One step: systems that have it behind them (完了, 対象外), or work on it."""

    number: int
    systems: int
    done: int
    working: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Recount:
    """What the cells of a data set add up to.

    Attributes:
        cells: by business and class of body.
        steps: by business, forty each; the whole country under None.
    """

    dataset_id: str
    cells: Mapping[tuple[str, BodyClass], Tally]
    steps: Mapping[Business | None, tuple[StepCount, ...]]

    @property
    def whole(self) -> Tally:
        """The country."""
        parts = self.cells.values()
        return Tally(
            systems=sum(one.systems for one in parts),
            done_steps=sum(one.done_steps for one in parts),
            complete=sum(one.complete for one in parts),
            late=sum(one.late for one in parts),
        )


class _Steps:
    def __init__(self) -> None:
        self.systems = 0
        self.done = [0] * STEPS
        self.working = [0] * STEPS

    def add(self, systems: int, done: list[int], working: list[int]) -> None:
        self.systems += systems
        self.done = [a + b for a, b in zip(self.done, done, strict=True)]
        self.working = [a + b for a, b in zip(self.working, working, strict=True)]

    def counts(self) -> tuple[StepCount, ...]:
        return tuple(
            StepCount(number=number, systems=self.systems, done=done, working=working)
            for number, (done, working) in enumerate(
                zip(self.done, self.working, strict=True), start=1
            )
        )


async def recompute(tx: Tx, dataset_id: str, known_at: datetime) -> Recount:
    """Count a data set again from the states of single steps, as known at a moment.

    Only systems that the body runs, and whose forty states are known, are counted; published open
    data tell sums only and have none.
    """
    cursor = await tx.execute(_RECOUNT, {"dataset": dataset_id, "known": known_at})
    cells: dict[tuple[str, BodyClass], Tally] = {}
    sums: dict[str | None, _Steps] = {None: _Steps()}
    for (
        business,
        sort,
        systems,
        steps_done,
        complete,
        late,
        done,
        working,
    ) in await cursor.fetchall():
        cells[business, BodyClass(sort)] = Tally(
            systems=systems, done_steps=steps_done, complete=complete, late=late
        )
        for key in (None, business):
            sums.setdefault(key, _Steps()).add(systems, done, working)
    known: dict[str | None, Business | None] = {one.key: one for one in businesses()}
    known[None] = None
    return Recount(
        dataset_id=dataset_id,
        cells=cells,
        steps={known[key]: one.counts() for key, one in sums.items()},
    )
