"""What was known at a moment stays what was known, whatever is told later."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jichitai.infra.clock import JST
from jichitai.infra.database import Database
from jichitai.kernel.parties import Tier
from jichitai.standardisation.progress import service
from jichitai.standardisation.progress.model import STEPS, Dataset, MeasureKind, SourceKind
from jichitai.standardisation.progress.recording import record_report
from jichitai.standardisation.progress.reports import BodyReport, SystemReport
from tests.conftest import Cluster, fresh_database
from tests.standardisation.progress_builders import HAKODATE, SAPPORO, round_dataset

BODIES = (SAPPORO, HAKODATE, "131016")
KEYS = ("residents", "seals", "voters")
START = datetime(2026, 10, 1, tzinfo=JST)
ROUNDS = tuple(
    round_dataset(f"round-{month}", date(2026, month, 28), source_kind=kind)
    for month, kind in ((7, SourceKind.SURVEY), (8, SourceKind.SURVEY), (9, SourceKind.REHEARSAL))
)


@dataclass(frozen=True, slots=True)
class Told:
    """One report: hour, round, body, and for each business steps done, lateness, target month."""

    hour: int
    round: Dataset
    body: str
    systems: Mapping[str, tuple[int, bool, int]]

    @property
    def at(self) -> datetime:
        return START + timedelta(hours=self.hour)


SYSTEMS = st.dictionaries(
    st.sampled_from(KEYS),
    st.tuples(st.integers(0, STEPS), st.booleans(), st.integers(1, 12)),
    min_size=1,
)
HISTORIES = st.lists(
    st.builds(
        Told,
        st.integers(0, 30),
        st.sampled_from(ROUNDS),
        st.sampled_from(BODIES),
        SYSTEMS,
    ),
    max_size=8,
).map(lambda told: sorted(told, key=lambda one: one.hour))


@pytest.fixture(scope="module")
async def ministry(cluster: Cluster) -> AsyncIterator[Database]:
    async with fresh_database(cluster, Tier.MINISTRY) as database:
        yield database


def report(one: Told) -> BodyReport:
    return BodyReport(
        body=one.body,
        systems=tuple(
            SystemReport(
                business=key,
                states="2" * done + "0" * (STEPS - done),
                late=late,
                target_on=date(2027, month, 1) if late else None,
                reason="見直し",
            )
            for key, (done, late, month) in one.systems.items()
        ),
    )


def state(told: list[Told], at: datetime, dataset: Dataset) -> dict[tuple[str, str], int]:
    """Steps done by body and business, folded in plain Python."""
    found: dict[tuple[str, str], int] = {}
    for one in told:
        if one.at <= at and one.round is dataset:
            found |= {(one.body, key): done for key, (done, _, _) in one.systems.items()}
    return found


def statements(told: list[Told], at: datetime, kind: SourceKind) -> list[date]:
    """Target dates in the order of their statements, where one differs from the one before."""
    last: dict[tuple[str, str], date] = {}
    found: list[date] = []
    for one in told:
        if one.at <= at and one.round.source_kind is kind:
            for key, (_, late, month) in one.systems.items():
                day = date(2027, month, 1)
                if late and last.get((one.body, key)) != day:
                    last[one.body, key] = day
                    found.append(day)
    return sorted(found)


@settings(max_examples=20)
@given(told=HISTORIES, hour=st.integers(0, 31))
async def test_any_history_is_read_as_it_was_known(
    ministry: Database, told: list[Told], hour: int
) -> None:
    at = START + timedelta(hours=hour)
    async with ministry.pool.connection() as tx:
        await tx.execute("begin")
        for one in told:
            await record_report(tx, one.round, report(one), at=one.at, by="test")
        for kind in (SourceKind.SURVEY, SourceKind.REHEARSAL):
            points = await service.series(
                tx,
                as_of=date(2026, 12, 31),
                known_at=at,
                source_kind=kind,
                measure=MeasureKind.STEPS,
            )
            for point in points:
                dataset = next(r for r in ROUNDS if r.dataset_id == point.dataset.dataset_id)
                known = state(told, at, dataset)
                assert dataset.source_kind is kind
                assert point.tally.systems == len(known)
                assert point.tally.done_steps == sum(known.values())
                assert point.tally.complete == sum(done == STEPS for done in known.values())
                assert point.tally.bodies == len({code for code, _ in known})
            stated = await service.slips(
                tx, as_of=date(2026, 12, 31), known_at=at, source_kind=kind, first=True
            )
            days = sorted(one.target_on for one in stated if one.target_on)
            assert days == statements(told, at, kind)
        await tx.rollback()


async def test_two_reports_at_once_become_two_editions(ministry_database: Database) -> None:
    async def tell(done: int) -> int:
        async with ministry_database.transaction() as tx:
            one = Told(1, ROUNDS[0], SAPPORO, {"residents": (done, False, 1)})
            return await record_report(tx, one.round, report(one), at=one.at, by="test")

    assert sorted(await asyncio.gather(tell(10), tell(20), tell(30))) == [1, 2, 3]
