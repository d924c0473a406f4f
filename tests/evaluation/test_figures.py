"""Daily figures: what tiers state of closed days, how the ministry keeps it, and a recount."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner

from jichitai.evaluation.figures import model, recount, service, store, words
from jichitai.evaluation.figures.catalogue import catalogue
from jichitai.evaluation.figures.cli import recount as recount_command
from jichitai.infra.figures import Measure, Row
from jichitai.infra.keys import Keys
from jichitai.kernel.parties import Tier
from jichitai.security.cloud.model import Step
from jichitai.security.obligations.model import Denominator
from jichitai.security.oversight.model.standing import rates
from jichitai.security.oversight.service import overview
from jichitai.security.oversight.service.place import Overseer
from tests.conftest import Cluster
from tests.evaluation.figure_worlds import FIRST, Figured, figured

NOV = date(2026, 11, 1)


@pytest.fixture
async def world(cluster: Cluster, keys: Keys) -> AsyncIterator[Figured]:
    async with figured(cluster, keys) as made:
        yield made


async def told(world: Figured, key: str, first: date, last: date, **where: str) -> list[Row]:
    async with world.databases[Tier.MINISTRY].transaction(read_only=True) as tx:
        return await service.daily(tx, key, first, last, model.ALWAYS, where)


async def differing(world: Figured, first: date, last: date) -> list[model.Difference]:
    found: list[model.Difference] = []
    async with world.databases[Tier.MINISTRY].transaction(read_only=True) as telling:
        for one in catalogue():
            async with world.databases[one.tier].transaction(
                all_towns=True, read_only=True
            ) as counting:
                made = await recount.compare(counting, telling, one, first, last, model.ALWAYS)
                found += made.differences
    return found


async def test_figures_of_closed_days_reach_the_ministry(world: Figured) -> None:
    await world.provide(FIRST, organ="nenkin", affair="T1-77", size=3)
    await world.provide(FIRST, organ="gaimu", affair="T1-41")
    await world.certify(FIRST, until=NOV + timedelta(days=1))
    gone = await world.certify(FIRST + timedelta(days=1), kind="user-auth")
    await world.revoke(gone, FIRST + timedelta(days=3))
    await world.report("011002", FIRST, "in-force", 1)
    await world.cloud("01", FIRST, Step.BUDGETED, 1)
    await world.cloud("01", FIRST + timedelta(days=2), Step.LIVE, 2)
    world.at(NOV + timedelta(days=3))
    assert await world.publish() >= 2
    assert world.refused == 0

    assert await told(world, "jukinet.provided", FIRST, NOV) == [
        Row(FIRST, ("gaimu", "T1-41", "hit"), 1),
        Row(FIRST, ("nenkin", "T1-77", "hit"), 3),
    ]
    saved = await told(world, "jukinet.attachments_saved", FIRST, NOV)
    assert [(row.parts, row.value) for row in saved] == [(("gaimu", "T1-41"), 1)]
    stock = await told(world, "jpki.in_force", FIRST, NOV + timedelta(days=2), kind="signing")
    assert [row.day for row in stock] == [FIRST + timedelta(days=n) for n in range(32)]
    ends = await told(world, "jpki.in_force", FIRST, FIRST + timedelta(days=4), kind="user-auth")
    assert [row.day.day for row in ends] == [2, 3]
    adopted = await told(world, "security.policies_adopted", FIRST, FIRST)
    assert [(row.parts, row.value) for row in adopted] == [
        (("bodies-1788", "01", "指定都市"), 1),
        (("organ-pairs", "01", "指定都市"), 1),
    ]
    steps = await told(world, "security.clouds", FIRST, FIRST + timedelta(days=2))
    assert [row.parts[2] for row in steps] == ["budgeted", "budgeted", "live"]
    members = await told(world, "security.cloud_members", FIRST, FIRST)
    assert [(row.parts, row.value) for row in members] == [(("01", "3", "planned"), 180)]
    assert await differing(world, FIRST - timedelta(days=30), NOV + timedelta(days=2)) == []


async def test_bodies_and_rates_stand_on_the_named_denominators(world: Figured) -> None:
    await world.report("011002", FIRST, "in-force", 1)
    world.at(FIRST + timedelta(days=2))
    await world.publish()
    async with world.databases[Tier.MINISTRY].transaction() as tx:
        rows = await service.totals(
            tx, "security.policy_bodies", FIRST, FIRST, model.ALWAYS, by=("denominator",)
        )
    found = {row.parts[0]: row.value for row in rows}
    assert found["bodies-1788"] == 1788
    assert found["organ-pairs"] > 1788
    assert "joint-bodies" not in found


async def test_figures_of_policies_are_those_of_the_overview(world: Figured) -> None:
    union = "138509"
    async with world.databases[Tier.MINISTRY].transaction() as tx:
        await tx.execute(
            "insert into security.joint_body values (%s, '見本広域連合', '広域連合', %s, %s)",
            (union, ["131016", "131024"], world.clock.now() + timedelta(days=4)),
        )
    told = [("011002", 0, "drafting"), ("011002", 3, "in-force"), ("131016", 1, "adopted")]
    told += [(union, 2, "in-force"), ("130001", 5, "in-force"), ("131016", 6, "repealed")]
    for revision, (body, after, state) in enumerate(told, start=1):
        await world.report(body, FIRST + timedelta(days=after), state, revision)
    world.at(FIRST + timedelta(days=9))
    await world.publish()
    ministry = Overseer("00")
    own = (Denominator.ALL_1788, Denominator.JOINT, Denominator.ORGAN_PAIRS)
    for day in model.days(FIRST, FIRST + timedelta(days=8)):
        async with world.databases[Tier.MINISTRY].transaction(all_towns=True) as tx:
            # the overview knows today's joint bodies only; before, this one was not registered
            known = await overview.standings(tx, ministry, on=day)
            there = [one for one in known if one.body.code != union or day >= FIRST + timedelta(4)]
            for key, pick in (("adopted", "adopted"), ("published", "counted")):
                rows = await service.totals(
                    tx, f"security.policies_{key}", day, day, model.ALWAYS, by=("denominator",)
                )
                found = {row.parts[0]: row.value for row in rows}
                for denominator in own:
                    rate = getattr(rates(there, denominator, on=day), pick)
                    assert found.get(str(denominator), 0) == rate.numerator, (day, denominator)


async def test_a_quiet_day_costs_no_statement_and_is_told_all_the_same(world: Figured) -> None:
    await world.certify(FIRST)
    world.at(NOV)
    await world.publish()
    world.at(NOV + timedelta(days=40))
    assert await world.publish() == 1
    async with world.databases[Tier.MINISTRY].transaction() as tx:
        covered = await store.covered(tx, "jpki.in_force", model.ALWAYS)
        stated = await store.newest(
            tx, "jpki.in_force", FIRST, NOV + timedelta(days=39), model.ALWAYS
        )
    assert covered == {"nation": NOV + timedelta(days=39)}
    assert list(stated["nation"]) == [FIRST]
    assert len(await told(world, "jpki.in_force", NOV, NOV + timedelta(days=39))) == 40


async def test_a_late_record_makes_a_new_revision_and_keeps_the_old_figure(world: Figured) -> None:
    day = FIRST + timedelta(days=10)
    await world.provide(day, organ="nenkin", affair="T1-77")
    world.at(day + timedelta(days=2))
    await world.publish()
    then = world.clock.now()
    await world.provide(day, organ="nenkin", affair="T1-77", size=4)
    assert [(one.stated, one.counted) for one in await differing(world, FIRST, day)] == [(1, 5)]
    world.at(day + timedelta(days=3))
    await world.publish()
    assert await differing(world, FIRST, day) == []
    async with world.databases[Tier.MINISTRY].transaction() as tx:
        before = await service.totals(tx, "jukinet.provided", day, day, then)
        now = await service.totals(tx, "jukinet.provided", day, day, model.ALWAYS)
        stated = await store.newest(tx, "jukinet.provided", day, day, model.ALWAYS)
    assert ([row.value for row in before], [row.value for row in now]) == ([1], [5])
    assert (stated["nation"][day].revision, stated["nation"][day].reason) == (2, model.RECOUNTED)


async def test_a_late_end_changes_a_stock_that_was_told_and_not_the_days_before(
    world: Figured,
) -> None:
    person = await world.certify(FIRST)
    await world.certify(FIRST)
    world.at(FIRST + timedelta(days=9))
    await world.publish()
    await world.revoke(person, FIRST + timedelta(days=6))
    world.at(FIRST + timedelta(days=10))
    await world.publish()
    rows = await told(world, "jpki.in_force", FIRST, FIRST + timedelta(days=9))
    assert [row.value for row in rows] == [2] * 6 + [1] * 4
    assert await differing(world, FIRST, FIRST + timedelta(days=9)) == []


async def test_today_is_not_told_before_it_is_over(world: Figured) -> None:
    await world.provide(FIRST, organ="nenkin", affair="T1-77")
    world.at(FIRST, hour=23)
    await world.publish()
    assert await told(world, "jukinet.provided", FIRST, FIRST) == []
    world.at(FIRST + timedelta(days=1), hour=0)
    await world.publish()
    assert await told(world, "jukinet.provided", FIRST, FIRST) == []
    world.at(FIRST + timedelta(days=1), hour=1)
    await world.publish()
    assert len(await told(world, "jukinet.provided", FIRST, FIRST)) == 1


async def test_two_publishers_of_one_database_tell_once(world: Figured) -> None:
    await world.provide(FIRST, organ="nenkin", affair="T1-77")
    world.at(FIRST + timedelta(days=2))
    other = world._publisher(Tier.NATION)
    await other.publish()
    await world.publish()
    assert world.sent == 1
    assert await differing(world, FIRST, FIRST) == []


async def test_days_that_change_nothing_are_published_in_few_messages(world: Figured) -> None:
    await world.provide(FIRST, organ="nenkin", affair="T1-77")
    world.at(FIRST + timedelta(days=365))
    await world.publish()
    assert world.sent <= 7  # 62 days at a time


async def test_what_was_stated_cannot_be_changed_by_the_application(world: Figured) -> None:
    tables = (
        "figure_statement",
        "daily_figure",
        "figure_coverage",
        "figure_frame",
        "figure_message",
    )
    for table in tables:
        for deed in (f"delete from evaluation.{table}", f"truncate evaluation.{table}"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                async with world.databases[Tier.MINISTRY].transaction() as tx:
                    await tx.execute(deed)


def test_a_folder_without_a_rehearsal_is_refused_in_words(tmp_path: Path) -> None:
    result = CliRunner().invoke(recount_command, ["--state", str(tmp_path)])
    assert result.exit_code == 1
    assert "演習のデータがありません" in result.output


@pytest.mark.parametrize("one", catalogue(), ids=lambda one: one.key)
def test_every_measure_says_what_it_counts(one: Measure) -> None:
    assert one.title
    assert one.unit
    assert len(one.basis) > 10
    assert all(name in words.DIMENSIONS for name in one.dimensions)
    assert one.tier is not Tier.PREFECTURE or one.dimensions[0] == "prefecture"
