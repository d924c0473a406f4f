"""For random histories: what the ministry knows equals a tally of the events, and a recount."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any
from uuid import UUID

from anyio import to_thread
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from jichitai.evaluation.figures import model, service
from jichitai.evaluation.figures.catalogue import catalogue, measure
from jichitai.evaluation.figures.cli import recount as recount_command
from jichitai.evaluation.figures.recount import compare
from jichitai.evaluation.indicators import builtin, live
from jichitai.evaluation.indicators import service as indicators
from jichitai.evaluation.indicators.live import Step
from jichitai.evaluation.indicators.model import Definition, Point, Query, Total
from jichitai.infra.figures import Row, Sort
from jichitai.infra.keys import Keys
from jichitai.infra.migrate import APP
from jichitai.kernel.parties import Tier
from jichitai.security.cloud.model import Step as CloudStep
from tests.conftest import Cluster
from tests.evaluation.figure_worlds import FIRST, Figured, figured

BODIES = ("011002", "131016", "141003")


@dataclass
class Tally:
    """The same events, counted by hand."""

    provided: Counter[tuple[date, str]] = field(default_factory=Counter)
    certificates: dict[UUID, tuple[date, date]] = field(default_factory=dict)
    reports: dict[str, list[tuple[date, str]]] = field(default_factory=dict)
    clouds: dict[str, list[tuple[date, CloudStep]]] = field(default_factory=dict)
    cards: Counter[tuple[date, str]] = field(default_factory=Counter)

    def in_force(self, day: date) -> int:
        return sum(begin <= day < end for begin, end in self.certificates.values())

    def adopted(self, day: date) -> int:
        return sum(_last(told, day) in ("adopted", "in-force") for told in self.reports.values())

    def live(self, day: date) -> int:
        return sum(_last(told, day) is CloudStep.LIVE for told in self.clouds.values())


def _last(told: list[tuple[date, Any]], day: date) -> Any:
    return next((what for on, what in reversed(told) if on <= day), None)


EVENTS = st.lists(
    st.one_of(
        st.tuples(st.just("provide"), st.sampled_from(["nenkin", "gaimu"]), st.integers(1, 5)),
        st.tuples(st.just("certify"), st.integers(1, 30), st.none()),
        st.tuples(st.just("revoke"), st.integers(0, 9), st.none()),
        st.tuples(
            st.just("report"),
            st.sampled_from(BODIES),
            st.sampled_from(["drafting", "adopted", "in-force", "repealed"]),
        ),
        st.tuples(
            st.just("cloud"),
            st.sampled_from(["01", "13"]),
            st.sampled_from([CloudStep.BUDGETED, CloudStep.MIGRATING, CloudStep.LIVE]),
        ),
        st.tuples(st.just("hand"), st.sampled_from(BODIES), st.booleans()),
        st.tuples(st.just("days"), st.integers(1, 6), st.none()),
        st.tuples(st.just("publish"), st.none(), st.none()),
    ),
    min_size=6,
    max_size=25,
)


async def test_a_recount_equals_each_live_figure(cluster: Cluster, keys: Keys) -> None:
    histories: list[list[tuple[str, Any, Any]]] = []

    @settings(max_examples=8, derandomize=True, database=None)
    @given(EVENTS)
    def collect(history: list[tuple[str, Any, Any]]) -> None:
        histories.append(history)

    collect()
    async with figured(cluster, keys) as world:
        tally, day = Tally(), FIRST
        await play(world, tally, [("hand", BODIES[1], False)], day)
        for history in histories:
            day = await play(world, tally, history, day)
        world.at(day + timedelta(days=2))
        await world.publish()
        assert world.refused == 0
        last = day + timedelta(days=1)
        await equal_to_the_tally(world, tally, last)
        await equal_to_a_recount(world, last)
        checked = [await equal_to_live_indicators(world, day, last) for day in some_days(last)]
        assert max(checked) > 20
        await equal_by_the_command(world, cluster)


async def play(
    world: Figured, tally: Tally, history: list[tuple[str, Any, Any]], day: date
) -> date:
    """Write a history as the domains write it, while the tiers publish now and then."""
    for what, one, other in history:
        match what:
            case "provide":
                tally.provided[day, one] += other
                await world.provide(day, organ=one, affair="T1-41", size=other)
            case "certify":
                until = day + timedelta(days=one)
                tally.certificates[await world.certify(day, until=until)] = (day, until)
            case "revoke":
                await _revoke(world, tally, one, day)
            case "report":
                told = tally.reports.setdefault(one, [])
                told.append((day, other))
                await world.report(one, day, other, len(told))
            case "cloud":
                moved = tally.clouds.setdefault(one, [])
                moved.append((day, other))
                await world.cloud(one, day, other, len(moved))
            case "hand":
                tally.cards[day, one] += not other
                await world.hand_over(one, day, renewal=other)
            case "days":
                day += timedelta(days=one)
            case "publish":
                world.at(day)
                await world.publish()
    return day


async def _revoke(world: Figured, tally: Tally, number: int, day: date) -> None:
    standing = [p for p, (_, end) in tally.certificates.items() if end > day]
    if standing:
        person = standing[number % len(standing)]
        tally.certificates[person] = (tally.certificates[person][0], day)
        await world.revoke(person, day)


async def equal_to_the_tally(world: Figured, tally: Tally, last: date) -> None:
    each: list[tuple[str, dict[str, str], Callable[[date], int]]] = [
        ("jukinet.provided", {"organ": "nenkin"}, lambda day: tally.provided[day, "nenkin"]),
        ("jukinet.attachments_saved", {"organ": "gaimu"}, lambda day: tally.provided[day, "gaimu"]),
        ("jpki.in_force", {}, tally.in_force),
        ("security.policies_adopted", {"denominator": "bodies-1788"}, tally.adopted),
        ("security.clouds", {"step": "live"}, tally.live),
        (
            "jpki.handed_over",
            {"municipality": BODIES[1], "writing": "new"},
            lambda day: tally.cards[day, BODIES[1]],
        ),
    ]
    async with world.databases[Tier.MINISTRY].transaction(read_only=True) as tx:
        for key, where, expected in each:
            rows = await service.totals(tx, key, FIRST, last, model.ALWAYS, where, per="day")
            found = {row.day: row.value for row in rows}
            for day in model.days(FIRST, last):
                assert found.get(day, 0) == expected(day), (key, day)


async def equal_to_a_recount(world: Figured, last: date) -> None:
    async with world.databases[Tier.MINISTRY].transaction(read_only=True) as telling:
        for one in catalogue():
            source = world.databases[one.tier]
            async with source.transaction(all_towns=True, read_only=True) as counting:
                found = await compare(counting, telling, one, FIRST, last, model.ALWAYS)
            assert found.differences == (), one.key


def some_days(last: date) -> list[date]:
    """Random days of the history, the last one among them."""
    whole = (last - FIRST).days
    return [FIRST + timedelta(days=n) for n in sorted({*Random(8).sample(range(whole), 5), whole})]


async def equal_to_live_indicators(world: Figured, day: date, last: date) -> int:
    """Every live indicator as it was known at the end of a day; how many values were compared."""
    counted: dict[str, list[Row]] = {}
    for one in catalogue():
        async with world.databases[one.tier].transaction(all_towns=True, read_only=True) as tx:
            counted[one.key] = list(await one.count(tx, model.FIRST, last))
    checked = 0
    async with world.databases[Tier.MINISTRY].transaction() as tx:
        await builtin.load(tx)
        for step in Step:
            found = await indicators.points(tx, None, model.end_of(day), step=step)
            for definition in builtin.definitions():
                for point in found.get(definition.indicator_id, []):
                    if point.live:
                        checked += compared(definition, point, step, counted)
    return checked


def compared(
    definition: Definition, point: Point, step: Step, counted: dict[str, list[Row]]
) -> int:
    told = point.numerator if definition.rate else point.value
    span = next(
        one for one in live.periods(step, model.FIRST, point.as_of) if one.label == point.label
    )
    assert isinstance(definition.numerator, Query)
    assert told == answer(definition.numerator, span.first, point.as_of, counted), point
    if isinstance(definition.denominator, Query):
        whole = answer(definition.denominator, span.first, point.as_of, counted)
        assert (point.denominator or 0) == whole, point
    return 1


def answer(query: Query, first: date, last: date, counted: dict[str, list[Row]]) -> int:
    """What a query says, read from the raw records' own count."""
    one = measure(query.measure)
    begins = model.FIRST if query.total is Total.EVER else first
    rows = [
        row
        for row in counted[query.measure]
        if (row.day == last if one.sort is Sort.STOCK else begins <= row.day <= last)
        and all(row.parts[one.dimensions.index(f.dimension)] in f.values for f in query.where)
    ]
    if query.distinct:
        return len({row.parts[one.dimensions.index(query.distinct)] for row in rows if row.value})
    return query.times * sum(row.value for row in rows)


async def equal_by_the_command(world: Figured, cluster: Cluster) -> None:
    """The same by the command on the nation's node, and a difference that it finds."""
    async with world.databases[Tier.NATION].transaction() as tx:
        name = tx.info.dbname
    environment = {
        "JICHITAI_TIER": "nation",
        "JICHITAI_DATABASE_URL": cluster.dsn(name, APP),
        "JICHITAI_KEY_DIRECTORY": "",
    }
    result = await asked(environment)
    assert result.exit_code == 0, result.output
    assert "一致\tjukinet.provided" in result.output
    await world.provide(FIRST, organ="nenkin", affair="T1-41", size=7)
    result = await asked(environment, "--measure", "jukinet.provided", "--to", "R8.10.31")
    assert result.exit_code == 1
    assert "違い 1件" in result.output
    assert (await asked(environment, "--measure", "x")).exit_code == 1


async def asked(environment: dict[str, str], *arguments: str) -> Any:
    return await to_thread.run_sync(
        lambda: CliRunner().invoke(recount_command, list(arguments), env=environment)
    )
