"""The planned year: real rates and seasons, one event a day and person, a known outcome."""

from collections import Counter, defaultdict
from datetime import date

import pytest

from jichitai.kernel.business_days import is_business_day
from jichitai.rehearsal.plan.calendar import move_weight
from jichitai.rehearsal.plan.events import Kind, PlannedEvent, Year
from jichitai.rehearsal.plan.year import by_day, plan_year, yearly_reports
from jichitai.rehearsal.population.people import Population, synthesise

START, END = date(2026, 1, 1), date(2026, 12, 31)
OUTSIDE = ("132098", "262137")


@pytest.fixture(scope="module")
def population() -> Population:
    return synthesise(3, 12_000)


@pytest.fixture(scope="module")
def year(population: Population) -> Year:
    return plan_year(population, 5, START, END, OUTSIDE)


def test_the_same_seed_plans_the_same_year(population: Population, year: Year) -> None:
    assert plan_year(population, 5, START, END, OUTSIDE) == year
    assert plan_year(population, 6, START, END, OUTSIDE) != year


def test_every_kind_of_event_happens_on_business_days_in_order(year: Year) -> None:
    assert {event.kind for event in year.events} == set(Kind)
    assert [event.serial for event in year.events] == list(range(1, len(year.events) + 1))
    days = [event.day for event in year.events]
    assert days == sorted(days)
    assert all(is_business_day(day) for day in set(days))


def test_nobody_has_two_events_on_one_day(year: Year) -> None:
    for _, events in by_day(year.events):
        counts = Counter(person for event in events for person in event.people)
        assert max(counts.values()) == 1


def test_only_departures_lie_in_the_future(year: Year) -> None:
    for event in year.events:
        if event.kind not in {Kind.MOVE_OUT, Kind.MOVE_ABROAD}:
            assert event.occurred_on <= event.day
    assert any(e.occurred_on > e.day for e in year.events if e.kind is Kind.MOVE_OUT)


def test_counts_follow_the_national_rates(population: Population, year: Year) -> None:
    counts = Counter(event.kind for event in year.events)
    rates = yearly_reports()
    for kind in (Kind.BIRTH, Kind.DEATH, Kind.MOVE_OUT, Kind.MOVE_WITHIN):
        assert counts[kind] == pytest.approx(rates[kind] * len(population), rel=0.2)


def test_spring_is_the_season_of_moves(year: Year) -> None:
    months = Counter(e.day.month for e in year.events if e.kind is Kind.MOVE_OUT)
    assert months[3] > 1.8 * months[11]
    total = sum(
        move_weight(day)
        for day in (date.fromordinal(n) for n in range(START.toordinal(), END.toordinal() + 1))
        if is_business_day(day)
    )
    assert total == pytest.approx(1.0)


def test_every_arrival_follows_a_departure_to_that_town(year: Year) -> None:
    left: dict[int, PlannedEvent] = {}
    for event in year.events:
        if event.kind is Kind.MOVE_OUT:
            left.update(dict.fromkeys(event.people, event))
        if event.kind is Kind.MOVE_IN:
            for person in event.people:
                departure = left.pop(person)
                assert departure.destination == event.town
                assert departure.town == event.previous
                assert departure.day < event.day
                assert departure.special == event.special


def test_some_people_move_to_towns_without_residents(year: Year) -> None:
    assert any(e.town in OUTSIDE for e in year.events if e.kind is Kind.MOVE_IN)


def test_cancelled_events_were_entered_before_and_leave_no_trace(year: Year) -> None:
    by_serial = {event.serial: event for event in year.events}
    cancellations = [e for e in year.events if e.kind is Kind.CANCELLATION]
    assert cancellations
    for event in cancellations:
        wrong = by_serial[event.cancels]
        assert wrong.day < event.day
        assert wrong.people == event.people
        expected = year.expected[event.people[0]]
        assert expected.municipality
        assert wrong.kind is Kind.DEATH or expected.name != wrong.name


def replayed(  # noqa: C901 - one case for each kind of event
    population: Population, year: Year
) -> dict[int, tuple[str, str, str]]:
    """(town, name, address) of everybody, from the list of events alone."""
    state = {
        key: (p.municipality, p.name, f"{p.town}{p.lot}{p.building}")
        for key, p in enumerate(population.people)
    }
    undo: dict[int, dict[int, tuple[str, str, str]]] = {}
    planned: dict[int, date] = {}
    for event in year.events:
        before = {p: state[p] for p in event.people if p in state}
        undo[event.serial] = before
        place = f"{event.place.town}{event.place.lot}{event.place.building}" if event.place else ""
        match event.kind:
            case Kind.BIRTH:
                child, mother = event.people
                state[child] = (event.town, event.entering[0].name, state[mother][2])
            case Kind.DEATH:
                for person in event.people:
                    state[person] = ("", *state[person][1:])
            case Kind.MOVE_OUT | Kind.MOVE_ABROAD:
                planned.update(dict.fromkeys(event.people, event.occurred_on))
            case Kind.MOVE_IN | Kind.MOVE_IN_ABROAD:
                for one in event.entering:
                    planned.pop(one.key, None)
                    state[one.key] = (event.town, one.name, place)
            case Kind.MOVE_WITHIN | Kind.MINOR_CORRECTION:
                for person in event.people:
                    state[person] = (state[person][0], state[person][1], place)
            case Kind.NAME_CORRECTION:
                for person in event.people:
                    state[person] = (state[person][0], event.name, state[person][2])
            case Kind.CANCELLATION:
                state.update(undo[event.cancels])
            case Kind.HEAD_CHANGE:
                pass
    for person, day in planned.items():
        if day <= year.end:
            state[person] = ("", *state[person][1:])
    return state


def test_the_expected_outcome_is_what_the_events_lead_to(
    population: Population, year: Year
) -> None:
    state = replayed(population, year)
    assert len(state) == len(year.expected)
    for one in year.expected:
        municipality, name, place = state[one.key]
        assert (one.municipality, one.name) == (municipality, name)
        if municipality:
            assert one.spot.text.replace("\u3000", "") == place


def test_each_household_keeps_one_head_after_every_change_of_head(year: Year) -> None:
    for event in year.events:
        if event.kind is Kind.HEAD_CHANGE:
            relations = [relation for _, relation in event.relations]
            assert relations.count("世帯主") == 1
            assert {person for person, _ in event.relations} == set(event.people)


def test_a_short_or_empty_year_is_planned_too(population: Population) -> None:
    holiday = date(2026, 1, 1)
    assert plan_year(population, 1, holiday, holiday).events == ()
    by_person: dict[int, int] = defaultdict(int)
    for event in plan_year(population, 1, date(2026, 3, 30), date(2026, 3, 31)).events:
        for person in event.people:
            by_person[person] += 1
    assert by_person
