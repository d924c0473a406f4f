"""Births and move-ins, by the rules."""

import uuid
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jichitai.kernel.dates import UncertainDate
from jichitai.kernel.identifiers import LocalGovernmentCode
from jichitai.kernel.relations import Relation
from jichitai.register.model import forms
from jichitai.register.model.deciding import decide, wanted
from jichitai.register.model.reasons import Basis, EventKind, Reason
from jichitai.register.model.resident import State
from jichitai.register.model.situation import Decision, Situation
from tests import builders
from tests.builders import OTHER_TOWN, TODAY, person, place

HOME = uuid.UUID(int=1)


def codes(decision: Decision) -> list[str]:
    return [finding.code for finding in decision.findings]


def where(decision: Decision) -> list[str]:
    return [finding.field for finding in decision.findings]


def move_in(**changes: Any) -> forms.MoveIn:
    filled: dict[str, Any] = {
        "occurred_on": "R8.11.18",
        "previous_municipality": OTHER_TOWN,
        "previous_address": "千代田一丁目1番",
        "place": place(),
        "people": (person(),),
    }
    return forms.MoveIn(**(filled | changes))


def birth(**changes: Any) -> forms.Birth:
    filled: dict[str, Any] = {
        "occurred_on": "R8.11.18",
        "household_id": HOME,
        "person": forms.Person(name="見本 四葉", kana="みほん よつば", sex="2", relation="子"),
    }
    return forms.Birth(**(filled | changes))


def home() -> Situation:
    return builders.situation(builders.family(household_id=HOME))


def knowing(form: forms.Form, row: Any, **values: Any) -> Situation:
    """A town where this line exists."""
    return builders.situation(
        by_code={row.juki_code: row}, by_number={row.my_number: row}, **values
    )


def test_a_move_in_opens_a_household_and_carries_the_code_over() -> None:
    form = move_in()
    decision = decide(form, builders.situation())
    assert decision.findings == ()
    (change,) = decision.changes
    (household,) = decision.households
    row = change.after
    assert change.before is None
    assert (row.version, row.state, row.is_head) == (1, State.LIVE, True)
    assert row.juki_code.reveal() == form.people[0].juki_code
    assert (household.id, household.head, household.closed) == (row.household_id, row.id, False)
    assert (decision.reason, decision.basis) == (Reason.ENTRY_FROM_TOWN, Basis.REPORT)
    assert decision.reason.net == "N01"
    assert decision.resident_count_delta == 1
    assert row.resident_since == row.address_since == decision.occurred_on


@given(st.integers(min_value=1, max_value=4000))
def test_no_move_in_lies_in_the_future(days: int) -> None:
    day = TODAY + timedelta(days=days)
    decision = decide(move_in(occurred_on=day.isoformat()), builders.situation())
    assert codes(decision) == ["event-in-future"]
    assert decision.changes == ()


@given(st.integers(min_value=0, max_value=60))
def test_a_late_report_is_an_alert(days: int) -> None:
    day = TODAY - timedelta(days=days)
    decision = decide(move_in(occurred_on=day.isoformat()), builders.situation())
    assert codes(decision) == (["late-report"] if days > 14 else [])
    assert len(decision.changes) == 1


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"occurred_on": " "}, "event-date-missing", "occurred_on"),
        ({"occurred_on": "R8.13.1"}, "kernel.invalid-date", "occurred_on"),
        ({"occurred_on": "昭和20年頃"}, "kernel.invalid-date", "occurred_on"),
        ({"reported_on": TODAY + timedelta(days=1)}, "reported-in-future", "reported_on"),
        ({"people": ()}, "nobody-enters", "people"),
        (
            {"previous_municipality": ""},
            "kernel.invalid-local-government-code",
            "previous_municipality",
        ),
        ({"previous_municipality": builders.TOWN}, "same-municipality", "previous_municipality"),
        (
            {"previous_municipality": LocalGovernmentCode.from_body("47999").value},
            "unknown-municipality",
            "previous_municipality",
        ),
        ({"place": place(town=" ")}, "address-missing", "place.town"),
        ({"place": place(lot="")}, "address-missing", "place.lot"),
        ({"place": place(postal_code="12")}, "kernel.invalid-postal-code", "place.postal_code"),
        ({"place": place(building="a\nb")}, "kernel.invalid-address", "place.town"),
        ({"household_id": uuid.uuid4()}, "household-missing", "household_id"),
        ({"people": (person(name=""),)}, "kernel.invalid-name", "people.0.name"),
        ({"people": (person(former_name="旧"),)}, "name-without-kana", "people.0.former_name"),
        ({"people": (person(alias_kana="ア"),)}, "name-without-kana", "people.0.alias"),
        ({"people": (person(birth_date="x"),)}, "kernel.invalid-date", "people.0.birth_date"),
        ({"people": (person(birth_date="R9.1.1"),)}, "birth-in-future", "people.0.birth_date"),
        ({"people": (person(birth_date="M30.1.1"),)}, "very-old", "people.0.birth_date"),
        ({"people": (person(birth_date="R8.11.19"),)}, "before-birth", "occurred_on"),
        ({"people": (person(sex=""),)}, "invalid", "people.0.sex"),
        ({"people": (person(relation="孫"),)}, "kernel.invalid-relation", "people.0.relation"),
        ({"people": (person(relation="妻"),)}, "one-head", "people.0.relation"),
        ({"people": (person(juki_code=""),)}, "code-missing", "people.0.juki_code"),
        (
            {"people": (person(juki_code="12345678901"),)},
            "kernel.invalid-juki-code",
            "people.0.juki_code",
        ),
        (
            {"people": (person(my_number="123456789012"),)},
            "kernel.invalid-my-number",
            "people.0.my_number",
        ),
        ({"special": True}, "certificate-missing", "special"),
    ],
)
def test_a_wrong_move_in_is_told_at_its_field(
    changes: dict[str, Any], code: str, field: str
) -> None:
    decision = decide(move_in(**changes), builders.situation())
    assert (code, field) in zip(codes(decision), where(decision), strict=True)
    assert decision.blocked is (code != "very-old")
    finding = next(f for f in decision.findings if f.code == code)
    assert finding.text.endswith("）")


def test_unknown_birth_dates_are_neither_future_nor_before_anything() -> None:
    people = (person(birth_date="年月日不詳"), person(birth_date="年月日不詳", relation="子"))
    assert decide(move_in(people=people), builders.situation()).findings == ()


def test_one_code_is_not_given_to_two_people() -> None:
    first = person()
    second = person(juki_code=first.juki_code, relation="同居人")
    assert codes(decide(move_in(people=(first, second)), builders.situation())) == ["code-twice"]


def test_a_live_line_with_the_code_refuses_a_second_one() -> None:
    row = builders.resident()
    form = move_in(people=(person(juki_code=row.juki_code.reveal(), my_number=""),))
    assert codes(decide(form, knowing(form, row))) == ["second-live-record"]


def test_somebody_who_comes_back_keeps_the_line() -> None:
    row = builders.resident(
        state=State.REMOVED, version=4, former_name=builders.name("旧氏　太郎", "キュウシ　タロウ")
    )
    form = move_in(people=(person(juki_code=row.juki_code.reveal(), my_number=""),))
    (change,) = decide(form, knowing(form, row)).changes
    assert change.before == row
    assert change.after.id == row.id
    assert change.after.addressee_number == row.addressee_number
    assert change.after.my_number == row.my_number
    assert change.after.former_name == row.former_name
    assert change.after.version == 5


def test_a_number_of_somebody_else_is_refused() -> None:
    row = builders.resident(state=State.REMOVED)
    assert row.my_number is not None
    form = move_in(people=(person(my_number=row.my_number.reveal()),))
    assert codes(decide(form, knowing(form, row))) == ["number-of-another"]
    own = move_in(
        people=(person(juki_code=row.juki_code.reveal(), my_number=row.my_number.reveal()),)
    )
    assert decide(own, knowing(own, row)).findings == ()


def test_somebody_like_a_former_resident_is_an_alert() -> None:
    written = person()
    row = builders.resident(
        state=State.REMOVED,
        name=builders.name("例示　一郎", "レイジ　イチロウ"),
        birth_date=UncertainDate.parse(written.birth_date),
    )
    form = move_in(people=(written,))
    ((kana, birth_code, sex),) = wanted(form).lookalikes
    assert (kana, birth_code, sex) == (row.name.search_key(), "1985-01-02", "1")
    alike = builders.situation(lookalikes=(row,))
    assert codes(decide(form, alike)) == ["lookalike"]
    other = builders.situation(lookalikes=(replace(row, birth_date=UncertainDate.of(TODAY)),))
    assert codes(decide(form, other)) == []


def test_joining_a_household_takes_its_address_and_no_second_head() -> None:
    joiner = person(relation="妻の母", birth_date="S30.1.1", sex="2")
    family = home()
    joined = move_in(household_id=HOME, place=forms.Place(), people=(joiner,))
    (change,) = decide(joined, family).changes
    assert change.after.address == family.address_of(HOME)
    assert change.after.household_id == HOME
    second = move_in(household_id=HOME, people=(person(),))
    assert codes(decide(second, family)) == ["second-head"]
    elsewhere = move_in(household_id=HOME, place=place(lot="9番9号"), people=(joiner,))
    assert codes(decide(elsewhere, family)) == ["other-address"]
    same = move_in(household_id=HOME, place=place(), people=(joiner,))
    assert decide(same, family).findings == ()


def test_a_household_without_a_head_takes_one() -> None:
    rows = tuple(row for row in builders.family(household_id=HOME) if not row.is_head)
    form = move_in(household_id=HOME, people=(person(),))
    decision = decide(form, builders.situation(rows))
    assert decision.findings == ()
    assert decision.households[0].head == decision.changes[0].after.id


@pytest.mark.parametrize(
    ("relation", "sex", "born", "alert"),
    [
        ("世帯主", "1", "H28.1.1", True),
        ("世帯主", "2", "S20.1.1", True),
        ("世帯主", "1", "S20.1.1", False),
        ("同居人", "2", "S20.1.1", False),
    ],
)
def test_implausible_parents_are_an_alert(
    relation: str, sex: str, born: str, *, alert: bool
) -> None:
    child = person(relation="子", birth_date="H22.1.1")
    others = () if relation == "世帯主" else (person(),)
    people = (person(relation=relation, sex=sex, birth_date=born), child, *others)
    decision = decide(move_in(people=people), builders.situation())
    assert codes(decision) == (["implausible-parent"] if alert else [])


def test_a_special_move_in_needs_every_code_on_a_certificate() -> None:
    form = move_in(special=True)
    certified = builders.situation(certified=wanted(form).codes)
    assert decide(form, certified).findings == ()
    assert decide(form, certified).special


def test_from_abroad_the_old_code_comes_back_or_a_new_one_is_taken() -> None:
    form = forms.MoveInAbroad(
        occurred_on="R8.11.18",
        place=place(),
        people=(person(), person(juki_code="", my_number="", relation="妻", sex="女")),
        country="ブラジル",
    )
    situation = builders.situation()
    decision = decide(form, situation)
    assert decision.findings == ()
    old, new = (change.after for change in decision.changes)
    assert old.juki_code.reveal() == form.people[0].juki_code
    assert new.juki_code == situation.supply.codes[0]
    assert new.my_number is None
    assert old.previous_address == "ブラジル"
    assert (wanted(form).people, wanted(form).codes_needed) == (2, 1)
    empty = replace(situation, supply=replace(situation.supply, codes=()))
    assert codes(decide(form, empty)) == ["no-code-left"]
    missing = forms.MoveInAbroad()
    assert {"event-date-missing", "nobody-enters", "address-missing"} == set(
        codes(decide(missing, situation))
    )


def test_a_birth_enters_the_child_where_the_household_lives() -> None:
    family = home()
    decision = decide(birth(), family)
    assert decision.findings == ()
    row = decision.changes[0].after
    assert row.address == family.address_of(HOME)
    assert row.birth_date == row.resident_since
    assert row.juki_code == family.supply.codes[0]
    assert (decision.kind, decision.basis) == (EventKind.BIRTH, Basis.EX_OFFICIO)
    assert decision.households == ()


def test_a_birth_never_takes_a_code_from_the_form() -> None:
    child = forms.Person(
        name="見本 四葉",
        kana="みほん よつば",
        sex="2",
        relation="子",
        juki_code=builders.juki_code().reveal(),
        my_number=builders.my_number().reveal(),
    )
    family = home()
    row = decide(birth(person=child), family).changes[0].after
    assert (row.juki_code, row.my_number) == (family.supply.codes[0], None)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"occurred_on": ""}, ["event-date-missing"]),
        ({"occurred_on": "?"}, ["kernel.invalid-date"]),
        ({"occurred_on": "R8.12.1"}, ["event-in-future"]),
        ({"household_id": None}, ["household-missing"]),
        ({"occurred_on": "昭和40年頃"}, ["implausible-parent"]),
        (
            {"person": forms.Person(name="見本 四葉", kana="ミホン", sex="2", relation="世帯主")},
            ["second-head"],
        ),
        ({"person": forms.Person()}, ["kernel.invalid-name", "invalid", "kernel.invalid-relation"]),
    ],
)
def test_a_wrong_birth_is_told(changes: dict[str, Any], expected: list[str]) -> None:
    assert codes(decide(birth(**changes), home())) == expected


def test_a_birth_may_be_uncertain_but_not_without_stock() -> None:
    family = home()
    assert decide(birth(occurred_on="令和8年10月頃"), family).findings == ()
    empty = replace(family, supply=replace(family.supply, codes=()))
    assert codes(decide(birth(), empty)) == ["no-code-left"]


def test_a_closed_household_takes_nobody() -> None:
    family = home()
    closed = replace(family.households[HOME], closed=True)
    assert codes(decide(birth(), replace(family, households={HOME: closed}))) == [
        "household-missing"
    ]


@pytest.mark.parametrize(
    ("relation", "parents"),
    [
        ("世帯主", {"父", "母"}),
        ("子", {"世帯主", "夫", "妻", "夫（未届）", "妻（未届）"}),
        ("妻の子", {"妻", "妻の夫", "妻の妻"}),
        ("兄", set()),
        ("同居人", set()),
    ],
)
def test_parents_by_relation(relation: str, parents: set[str]) -> None:
    from jichitai.register.model.relation import CHOICES, parents_of

    assert parents_of(Relation(relation)) == parents
    assert all(Relation.parse(choice) for choice in CHOICES)


def test_wanted_leaves_out_what_cannot_be_read() -> None:
    form = move_in(people=(person(juki_code="1", my_number="2", birth_date="?"),))
    asked = wanted(form)
    assert (asked.codes, asked.numbers, asked.lookalikes) == (frozenset(),) * 3
    assert wanted(birth()).codes_needed == 1
    assert wanted(birth(household_id=None)).households == frozenset()
