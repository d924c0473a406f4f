"""Steps as people write them, and what changed in an answer."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jichitai.standardisation.progress.costs import CostItem, Phase
from jichitai.standardisation.progress.reports import BodyReport, DeadlineClass, SystemReport
from jichitai.standardisation.survey.bodies.content import (
    costs_of,
    systems_of,
    told_costs,
    told_systems,
)
from jichitai.standardisation.survey.bodies.pages import spending
from jichitai.standardisation.survey.bodies.steps import fields_of, numbers_of, states_of
from jichitai.standardisation.survey.changes import differences

BEFORE = SystemReport(business="residents", states="2" * 20 + "0" * 20)


@given(st.text("0123", min_size=40, max_size=40))
def test_forty_states_come_back_as_they_were_written(states: str) -> None:
    assert states_of(fields_of(states)) == (states, {})


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("１－３，５", {1, 2, 3, 5}),
        ("1～3", {1, 2, 3}),
        ("1 - 3 5", {1, 2, 3, 5}),
        ("", set()),
        ("40", {40}),
    ],
)
def test_numbers_are_read_in_the_ways_people_write_them(text: str, numbers: set[int]) -> None:
    assert numbers_of(text) == (frozenset(numbers), "")


@pytest.mark.parametrize("text", ["41", "0", "5-3", "1-2-3", "全部", "1.5", "-3"])
def test_numbers_that_cannot_be_are_refused_with_what_to_do(text: str) -> None:
    numbers, fault = numbers_of(text)
    assert not numbers
    assert fault.endswith("ください。")


def test_a_step_stands_in_one_state_only() -> None:
    _, faults = states_of({"done": "1-5", "excluded": "5"})
    assert list(faults) == ["excluded"]


def test_changes_name_the_fact_and_mark_what_went_back() -> None:
    after = replace(BEFORE, states="2" * 18 + "0" * 22, target_on=date(2027, 3, 31))
    found = differences(
        BodyReport(body="011002", systems=(BEFORE,)), BodyReport(body="011002", systems=(after,))
    )
    assert [(one.fact, one.backwards) for one in found] == [
        ("完了したステップ", True),
        ("各ステップの状態", False),
        ("移行目標日", False),
    ]
    assert (found[0].before, found[0].after) == ("20／40", "18／40")


def test_steps_that_change_places_are_named() -> None:
    swapped = replace(BEFORE, states="0" + "2" * 20 + "0" * 19)
    found = differences(
        BodyReport(body="011002", systems=(BEFORE,)), BodyReport(body="011002", systems=(swapped,))
    )
    assert [(one.before, one.after) for one in found] == [
        ("1番は完了、21番は未着手", "1番は未着手、21番は完了")
    ]


def test_costs_that_differ_are_told() -> None:
    one = CostItem(phase=Phase.AFTER, item="cloud", fiscal_year=2026, yen=10, usd_rate=Decimal(150))
    told = [BodyReport(body="011002", systems=(), costs=costs) for costs in ((), (one,))]
    (found,) = differences(*told)
    assert (found.where, found.fact, found.before) == ("移行後の経費", "クラウド利用料", "—")
    assert found.after == "2026年度 10円（12か月、決算、1ドル150円）"


def test_an_answer_travels_without_loss() -> None:
    system = replace(BEFORE, late=True, reason_class=4, deadline_class=DeadlineClass.LATE)
    cost = CostItem(phase=Phase.BEFORE, item="cloud", fiscal_year=2018, yen=1, note="税込み")
    report = BodyReport(body="011002", systems=(system,), costs=(cost,))
    assert told_systems(systems_of(report)) == report.systems
    assert told_costs(costs_of(report)) == report.costs


def test_costs_of_the_page_are_read_in_full_width_and_refused_by_field() -> None:
    typed = {"before_year": "２０１８", "before_basis": "actual", "before_cloud": "１，０００円"}
    costs, faults = spending.costs_of(typed, notes=())
    assert not faults
    assert [(one.yen, one.fiscal_year, one.months) for one in costs] == [(1_000, 2018, 12)]
    _, faults = spending.costs_of({"after_cloud": "-5", "after_rate": "nan"}, notes=())
    assert set(faults) == {"after_year", "after_basis", "after_rate", "after_cloud"}
    assert not spending.uneven(costs)
