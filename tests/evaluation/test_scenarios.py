"""試算: exact, monotone, honest about what nobody has published."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from litestar import Litestar

from jichitai.evaluation.errors import FaultyEntryError
from jichitai.evaluation.indicators import builtin, entering
from jichitai.evaluation.indicators.checks import Entry
from jichitai.evaluation.scenarios.entry import checked, read
from jichitai.evaluation.scenarios.model import Assumptions, Limit, reached, run, trial
from jichitai.evaluation.scenarios.routes import MINISTRY_ROUTES, TEMPLATES
from jichitai.evaluation.scenarios.starts import standing, standings
from jichitai.evaluation.scenarios.subjects import subject, subjects
from jichitai.infra.clock import JST, FixedClock
from jichitai.infra.keys import Keys
from jichitai.infra.settings import Settings
from jichitai.kernel.parties import Tier
from jichitai.web.app import create_app
from jichitai.web.rights import Role
from tests.conftest import Cluster, fresh_database
from tests.web.client import browser, signed_in

PAGE = "/evaluation/what-if"
API = "/api/v1/evaluation/what-if"


def assumed(**changes: object) -> Assumptions:
    values: dict[str, object] = {
        "total": 100,
        "done": 40,
        "start": date(2026, 1, 31),
        "ready": Decimal(50),
        "adoption": Decimal(10),
        "capacity": Decimal(6),
        "growth": Decimal(0),
        "band": Decimal(20),
        "goal": Decimal(100),
        "goal_on": date(2026, 12, 31),
    }
    return Assumptions(**(values | changes))  # type: ignore[arg-type]


def test_what_is_prepared_is_finished_as_far_as_hands_allow() -> None:
    months = run(assumed(), months=12)
    assert [one.whole for one in months[:4]] == [40, 46, 52, 58]
    assert {one.limit for one in months[1:10]} == {Limit.CAPACITY}
    assert reached(months, Decimal(100)) == date(2026, 11, 30)


def test_hands_without_prepared_work_stay_idle() -> None:
    months = run(assumed(ready=Decimal(0), capacity=Decimal(50)), months=3)
    assert [one.whole for one in months] == [40, 46, 52, 58]
    assert {one.limit for one in months[1:]} == {Limit.PREPARATION}


def test_a_capacity_that_changes_does_so_after_each_year() -> None:
    months = run(assumed(total=1000, done=0, ready=Decimal(100), growth=Decimal(50)), months=25)
    assert [months[n].done - months[n - 1].done for n in (12, 13, 24, 25)] == [
        6,
        9,
        9,
        Decimal("13.5"),
    ]


def test_the_needed_capacity_is_the_least_that_meets_the_goal() -> None:
    given_now = assumed(capacity=Decimal(1), ready=Decimal(100))
    needed = trial(given_now).needed_capacity
    assert needed == 6
    for capacity, met in ((needed, True), (needed - 1, False)):
        last = run(replace(given_now, capacity=Decimal(capacity)), months=given_now.months)[-1]
        assert (last.done >= given_now.wanted) is met


def test_no_capacity_helps_where_the_preparation_is_too_slow() -> None:
    found = trial(assumed(ready=Decimal(0), adoption=Decimal(1)))
    assert (found.needed_capacity, found.needed_adoption) == (None, Decimal("9.1"))


@settings(max_examples=50, deadline=None)
@given(
    done=st.integers(0, 100),
    ready=st.integers(0, 100),
    adoption=st.integers(0, 1000),
    capacity=st.integers(0, 120),
    growth=st.integers(-50, 100),
    band=st.integers(0, 50),
)
def test_nothing_is_lost_and_the_span_holds_the_line(
    done: int, ready: int, adoption: int, capacity: int, growth: int, band: int
) -> None:
    found = trial(
        assumed(
            done=done,
            ready=Decimal(ready),
            adoption=Decimal(adoption) / 10,
            capacity=Decimal(capacity),
            growth=Decimal(growth),
            band=Decimal(band),
        )
    )
    for low, middle, high in zip(found.low, found.middle, found.high, strict=True):
        assert done <= low.done <= middle.done <= high.done <= 100
    values = [one.done for one in found.middle]
    assert values == sorted(values)


def test_without_a_published_start_nothing_is_tried_and_nothing_is_invented() -> None:
    found = read(subject("policies"), {})
    assert (found.given, found.faults) == (None, ())
    with pytest.raises(FaultyEntryError, match="公表されていません"):
        checked(subject("policies"), {})


def test_an_empty_capacity_is_the_one_that_just_meets_the_goal() -> None:
    found = read(subject("systems"), {})
    assert found.neutral_capacity
    assert found.given is not None
    assert (found.given.done, int(found.given.capacity)) == (13283, 344)
    assert trial(found.given).needed_capacity == 344


def test_the_slider_counts_when_it_alone_was_moved() -> None:
    was = {"capacity": "344", "was_capacity": "344", "move_capacity": "500"}
    assert checked(subject("systems"), was).capacity == 500
    both = {"capacity": "400", "was_capacity": "344", "move_capacity": "500"}
    assert checked(subject("systems"), both).capacity == 400


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"capacity": "たくさん"}, "capacity"),
        ({"capacity": "1.5"}, "capacity"),
        ({"done": "99999"}, "done"),
        ({"ready": "101"}, "ready"),
        ({"goal_on": "R7.13.1"}, "goal_on"),
        ({"goal_on": "2025-03-31"}, "goal_on"),
        ({"band": "NaN"}, "band"),
    ],
)
def test_a_value_outside_the_model_is_refused_at_its_field(
    values: dict[str, str], field: str
) -> None:
    with pytest.raises(FaultyEntryError) as caught:
        checked(subject("systems"), values)
    assert [name for name, _ in caught.value.faults] == [field]


@pytest.fixture(scope="module")
async def app(cluster18: Cluster, keys: Keys) -> AsyncIterator[Litestar]:
    async with fresh_database(cluster18, Tier.MINISTRY, keys) as database:
        yield create_app(
            Tier.MINISTRY,
            Settings(tier=Tier.MINISTRY),
            controllers=[*MINISTRY_ROUTES],
            templates=[TEMPLATES],
            db=database,
            clock=FixedClock(datetime(2026, 11, 20, 10, 0, tzinfo=JST)),
            keys=keys,
        )


async def test_page_csv_and_program_say_the_same(app: Litestar) -> None:
    query = "?capacity=400&ready=60&adoption=5&band=10"
    async with signed_in(app, {Role.EVALUATION_OFFICER}, html=True) as client:
        page = (await client.get(f"{PAGE}/systems{query}")).text
        table = (await client.get(f"{PAGE}/systems/months.csv{query}")).text
        found = (await client.get(f"{API}/systems{query}")).json()
        wrong = await client.get(f"{PAGE}/systems?capacity=x")
        refused = await client.get(f"{API}/systems?capacity=x")
        unknown = (await client.get(f"{PAGE}/policies")).text
        every = (await client.get(API)).json()
        assert (await client.get(f"{PAGE}/method")).status_code == 200
        assert (await client.get(f"{PAGE}/nothing")).status_code == 404
    assert found["assumptions"]["capacity"] == "400"
    assert f"毎月{found['needed_capacity']:,}システム以上" in page
    last = found["months"][-1]
    assert f"{last['on']},{last['middle']}," in table
    assert f"{last['middle']:,}" in page
    assert (wrong.status_code, refused.status_code) == (422, 422)
    assert "—（未公表）" in unknown
    assert [one["done"] for one in every] == [13283, None, None]
    assert [one.key for one in subjects()] == [one["key"] for one in every]


async def test_a_newer_value_of_the_indicator_is_where_a_trial_starts(
    cluster18: Cluster, keys: Keys
) -> None:
    clock = FixedClock(datetime(2026, 11, 20, 10, 0, tzinfo=JST))
    entry = Entry(
        indicator_id="P8-3-01",
        as_of=date(2026, 9, 30),
        numerator=Decimal(20000),
        denominator=Decimal(34366),
        source="試験の値",
        confidence="reported",
    )
    async with (
        fresh_database(cluster18, Tier.MINISTRY, keys) as database,
        database.transaction() as tx,
    ):
        await builtin.load(tx)
        before = await standing(tx, subject("systems"), clock.now())
        await entering.enter(tx, entry, by=builtin.LOADER, clock=clock)
        after = await standing(tx, subject("systems"), clock.now())
        every = await standings(tx, clock.now())
    assert before.start is not None
    assert (before.start.done, before.total) == (13283, 34592)
    assert after.start is not None
    assert (after.start.done, after.start.on, after.total) == (20000, date(2026, 9, 30), 34366)
    assert after in every


async def test_only_those_inside_may_try(app: Litestar) -> None:
    async with browser(app) as client:
        assert (await client.get(f"{API}/systems")).status_code == 401
