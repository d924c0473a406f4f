"""The real data of 2025-12 and 2026-01: counted again, under their dates and sources."""

from collections.abc import AsyncIterator
from datetime import date, datetime

import pytest
from anyio import to_thread
from click.testing import CliRunner, Result

from jichitai.infra.clock import JST, FixedClock
from jichitai.infra.database import Database
from jichitai.kernel.parties import Tier
from jichitai.main.cli import main
from jichitai.standardisation.progress import loading, recording, service
from jichitai.standardisation.progress.bodies import one_body
from jichitai.standardisation.progress.model import (
    BodyClass,
    Coverage,
    MeasureKind,
    SourceKind,
    Tally,
)
from jichitai.standardisation.progress.reports import BodyReport, SystemReport
from jichitai.standardisation.progress.results import LateFilters, National
from jichitai.standardisation.progress.scope import Answer
from tests.conftest import Cluster
from tests.standardisation.progress_builders import SAPPORO, day_end

CLOCK = FixedClock(datetime(2026, 11, 20, 10, tzinfo=JST))
NOW = CLOCK.now()
TODAY = CLOCK.today()
OPEN = SourceKind.OPEN


@pytest.fixture(scope="module")
async def loaded(cluster: Cluster) -> AsyncIterator[Database]:
    """A database that the operators' command has loaded."""
    name = cluster.copy_of(Tier.MINISTRY)
    done = await to_thread.run_sync(load, cluster.dsn(name))
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines() == [
        "open-late-2025-12\t2025-12-31\t1,788団体",
        "open-steps-2026-01\t2026-01-31\t1,741団体",
    ]
    database = await Database.open(cluster.dsn(name), size=4)
    yield database
    await database.close()
    cluster.drop(name)


def load(dsn: str) -> Result:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JICHITAI_DATABASE_URL", dsn)
        return CliRunner().invoke(main, ["standardisation", "load"])


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


async def test_facts_are_not_seen_before_their_publication(loaded: Database) -> None:
    before = await national(loaded, known_at=day_end(2026, 2, 26))
    assert before.late is None
    assert before.steps_all is not None
    assert [one.as_of_text for one in before.published] == ["2025-07-31", "2026-01-31"]
    after = await national(loaded, known_at=day_end(2026, 2, 27))
    assert after.late is not None
    assert [(one.systems, one.bodies) for one in after.published] == [(8956, 935), (13283, None)]
    assert (await national(loaded, as_of=date(2025, 12, 30))).late is None
    nothing = await national(loaded, known_at=day_end(2024, 3, 30))
    assert nothing.published == ()


async def test_the_published_total_is_not_mixed_with_the_recount(loaded: Database) -> None:
    found = await national(loaded)
    told = next(one for one in found.published if one.measure is MeasureKind.SYSTEMS)
    assert told.rate is not None
    assert told.rate.text == "38.4%"
    assert "団体別の進捗率からは求められない" in told.note
    assert found.systems_all is not None
    assert found.systems_all.rate.text == "28.5%"


async def test_loading_again_changes_nothing(loaded: Database) -> None:
    async with loaded.transaction() as tx:
        assert await loading.load_open_data(tx, CLOCK) == []


async def test_a_corrected_scope_makes_later_editions(loaded: Database) -> None:
    async with loaded.pool.connection() as tx:
        await tx.execute("begin")
        sets = await service.datasets(tx, NOW, source_kind=OPEN)
        told = BodyReport(
            body="013030",
            systems=(SystemReport(business="public-assistance", states="3" * 40),),
        )
        steps = next(one for one in sets if MeasureKind.STEPS in one.holds)
        edition = await recording.record_report(tx, steps, told, at=NOW, by="test")
        assert edition == 2
        changed = await loading.load_open_data(tx, CLOCK)
        assert [(one.dataset.dataset_id, one.bodies) for one in changed] == [(steps.dataset_id, 1)]
        await tx.rollback()


async def test_parts_add_up_to_the_country(loaded: Database) -> None:
    async with loaded.transaction(read_only=True) as tx:
        for measure in MeasureKind:
            times = {"as_of": TODAY, "known_at": NOW, "source_kind": OPEN, "measure": measure}
            everywhere = Coverage.ALL_ROWS
            map_ = await service.by_prefecture(tx, coverage=everywhere, **times)  # type: ignore[arg-type]
            heat = await service.heat(tx, coverage=everywhere, **times)  # type: ignore[arg-type]
            bodies = await service.by_body(tx, coverage=everywhere, **times)  # type: ignore[arg-type]
            (point,) = await service.series(tx, coverage=everywhere, **times)  # type: ignore[arg-type]
            assert map_ is not None
            assert heat is not None
            for name in ("systems", "done_steps", "complete", "late"):
                parts = {
                    sum(getattr(one.tally, name) for one in map_.cells),
                    sum(getattr(one.tally, name) for one in heat.cells),
                    sum(getattr(one, name) for one in bodies.values()),
                    getattr(point.tally, name),
                }
                assert len(parts) == 1, (measure, name, parts)
            assert len(map_.cells) == 47
            assert len(heat.cells) == 21 * 7


async def test_prefectures_run_two_and_towns_only_what_is_known(loaded: Database) -> None:
    async with loaded.transaction(read_only=True) as tx:
        tokyo = await one_body(tx, "130001", as_of=TODAY, known_at=NOW, source_kind=OPEN)
        town = await one_body(tx, "013030", as_of=TODAY, known_at=NOW, source_kind=OPEN)
        sapporo = await one_body(tx, SAPPORO, as_of=TODAY, known_at=NOW, source_kind=OPEN)
        heat = await service.heat(
            tx, as_of=TODAY, known_at=NOW, source_kind=OPEN, measure=MeasureKind.LATE
        )
    assert sum(1 for one in tokyo.systems if one.runs is Answer.YES) in (2, 3)
    assert sum(1 for one in tokyo.systems if one.runs is Answer.NO) == 18
    assert tokyo.steps_from is None
    aid = next(one for one in town.systems if one.business.key == "public-assistance")
    assert (aid.runs, aid.done) == (Answer.UNKNOWN, 40)
    assert (sapporo.tally.systems, sapporo.tally.late) == (20, 18)
    assert sapporo.systems[20].done is None
    assert heat is not None
    cells = {(one.business.key, one.body_class): one.tally for one in heat.cells}
    assert cells["public-assistance", BodyClass.PREFECTURE].late == 15
    assert cells["residents", BodyClass.PREFECTURE] == Tally(outside=47, bodies=47)


async def test_the_late_list_goes_on_where_the_page_ended(loaded: Database) -> None:
    seen: list[str] = []
    after: tuple[int, str] | None = None
    async with loaded.transaction(read_only=True) as tx:
        while True:
            page = await service.late_bodies(
                tx, as_of=TODAY, known_at=NOW, source_kind=OPEN, after=after, limit=200
            )
            assert page.total == 935
            seen += [row.code for row in page.rows]
            if page.after is None:
                break
            after = page.after
        wards = await service.late_bodies(
            tx,
            as_of=TODAY,
            known_at=NOW,
            source_kind=OPEN,
            filters=LateFilters(body_class=BodyClass.SPECIAL_WARD),
        )
    assert len(seen) == len(set(seen)) == 935
    assert wards.total == 22


async def test_what_is_needed_each_month_follows_from_the_count(loaded: Database) -> None:
    async with loaded.transaction(read_only=True) as tx:
        found = await service.needed_per_month(
            tx,
            as_of=TODAY,
            known_at=NOW,
            source_kind=OPEN,
            measure=MeasureKind.SYSTEMS,
            deadline=date(2026, 3, 31),
        )
    assert found is not None
    assert found.months == 2
    assert found.per_month == -(-found.remaining // 2)
    assert found.plan[-1] == (date(2026, 3, 1), 0)
    assert found.done_per_month is None, "one data set tells no pace"
