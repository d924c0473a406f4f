"""The checker's own replay agrees with the planner, and it sees what is lost or doubled."""

from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from jichitai.rehearsal.checker import Row, compare, replay
from jichitai.rehearsal.history import History
from jichitai.rehearsal.plan.events import Year
from jichitai.rehearsal.plan.year import plan_year
from jichitai.rehearsal.population.people import Population, synthesise

START, END = date(2026, 1, 1), date(2026, 12, 31)


@pytest.fixture(scope="module")
def population() -> Population:
    return synthesise(8, 4_000)


@pytest.fixture(scope="module")
def year(population: Population) -> Year:
    return plan_year(population, 2, START, END, ("132098",))


def written(path: Path, population: Population, year: Year) -> Path:
    numbers: Counter[str] = Counter()
    with History(path / "history.jsonl") as history:
        history.population(population)
        for event in year.events:
            numbers[event.town] += 1
            history.event(event, numbers[event.town])
        history.end(END)
    return path / "history.jsonl"


def test_the_replay_of_a_history_ends_where_the_planner_ends(
    tmp_path: Path, population: Population, year: Year
) -> None:
    state = replay(written(tmp_path, population, year))
    planned = Counter(
        Row(e.municipality, e.name, e.kana, e.birth, e.sex, e.spot.text, e.spot.postal)
        for e in year.expected
        if e.municipality
    )
    assert state.acknowledged == len(year.events)
    assert state.expected() == planned


def test_no_number_of_a_person_is_written(
    tmp_path: Path, population: Population, year: Year
) -> None:
    text = written(tmp_path, population, year).read_text()
    assert not any(p.code in text or p.number in text for p in population.people[::50])


def test_a_torn_last_line_is_left_out(tmp_path: Path, population: Population, year: Year) -> None:
    path = written(tmp_path, population, year)
    whole = path.read_bytes()
    path.write_bytes(whole[:-5])
    assert replay(path).today == ""


def row(name: str = "山田　太郎", birth: str = "1990-01-01", address: str = "本町1番") -> Row:
    return Row("131130", name, "ヤマダ　タロウ", birth, "1", address, "1500001")


def test_equal_tables_show_no_difference() -> None:
    found = compare(
        "nation", Counter([row(), row(birth="1991-01-01")]), [row(), row(birth="1991-01-01")]
    )
    assert (found.missing, found.extra, found.doubled) == ((), (), 0)


def test_a_lost_update_is_one_loss_and_no_double() -> None:
    found = compare("nation", Counter([row(address="新町2番")]), [row()])
    assert (len(found.missing), len(found.extra), found.doubled) == (1, 1, 0)


def test_a_person_who_stands_twice_is_a_double() -> None:
    found = compare("nation", Counter([row()]), [row(), row()])
    assert (len(found.missing), found.doubled) == (0, 1)


def test_a_dead_person_who_still_stands_is_a_double() -> None:
    found = compare("nation", Counter(), [row()])
    assert (len(found.missing), found.doubled) == (0, 1)
