"""The real data of 2025-12 and 2026-01: counted again, under their dates and sources."""

from collections.abc import AsyncIterator
from datetime import date, datetime

import pytest

from jichitai.infra.clock import JST, FixedClock
from jichitai.infra.database import Database
from jichitai.kernel.parties import Tier
from jichitai.standardisation.progress import loading, service
from jichitai.standardisation.progress.model import (
    Coverage,
    SourceKind,
)
from jichitai.standardisation.progress.results import National
from tests.conftest import Cluster, fresh_database

CLOCK = FixedClock(datetime(2026, 11, 20, 10, tzinfo=JST))
NOW = CLOCK.now()
TODAY = CLOCK.today()
OPEN = SourceKind.OPEN


@pytest.fixture(scope="module")
async def loaded(cluster: Cluster) -> AsyncIterator[Database]:
    async with fresh_database(cluster, Tier.MINISTRY) as database:
        async with database.transaction() as tx:
            await loading.load_open_data(tx, CLOCK)
        yield database


async def national(database: Database, as_of: date = TODAY, known_at: datetime = NOW) -> National:
    async with database.transaction(read_only=True) as tx:
        return await service.national(tx, as_of=as_of, known_at=known_at, source_kind=OPEN)


async def test_the_list_of_december_names_935_bodies_and_8956_systems(loaded: Database) -> None:
    late = (await national(loaded)).late
    assert late is not None
    assert (late.tally.late_bodies, late.tally.late) == (935, 8956)
    assert late.dataset.as_of == date(2025, 12, 31)
    assert late.dataset.published_on == date(2026, 2, 27)
    assert (late.rate.text, late.rate.denominator) == ("25.9%", 34592)
    assert (late.bodies.text, late.bodies.denominator) == ("52.3%", 1788)
    assert "移行が完了した割合ではない" in late.definition


async def test_the_table_of_january_has_34820_rates_of_which_9933_are_complete(
    loaded: Database,
) -> None:
    found = await national(loaded)
    assert found.systems_all is not None
    assert found.steps_all is not None
    assert found.systems_all.tally.systems == 34820
    assert found.systems_all.tally.complete == 9933
    assert found.systems_all.rate.text == "28.5%"
    assert found.steps_all.dataset.as_of == date(2026, 1, 31)
    assert found.steps_all.definition != found.systems_all.definition


async def test_systems_that_nobody_knows_to_be_run_are_in_no_denominator(loaded: Database) -> None:
    found = (await national(loaded)).systems
    assert found is not None
    tally = found.tally
    assert (tally.systems, tally.unknown, tally.outside) == (33936, 884, 0)
    assert tally.systems + tally.unknown == 34820
    assert found.coverage is Coverage.IN_SCOPE
