"""Deaths, moves, departures, corrections, cancellations, by the rules."""

import uuid
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jichitai.kernel import change_reasons
from jichitai.kernel.dates import UncertainDate
from jichitai.kernel.errors import InvalidError
from jichitai.kernel.relations import Relation
from jichitai.register import events
from jichitai.register.model import findings, forms
from jichitai.register.model.deciding import decide, wanted
from jichitai.register.model.findings import Findings, Level
from jichitai.register.model.masking import MASK, masked, unmasked
from jichitai.register.model.reasons import Basis, EventKind, Reason
from jichitai.register.model.resident import (
    Change,
    Departure,
    Resident,
    State,
    in_household_order,
    next_row,
    resident_count_delta,
)
from jichitai.register.model.rules import corrections, departures
from jichitai.register.model.situation import Arrived, Decision, Logged, Situation
from tests import builders
from tests.builders import OTHER_TOWN, TODAY, person, place

FAMILY = builders.family(3)
HOME = FAMILY[0].household_id


def codes(decision: Decision) -> list[str]:
    return [finding.code for finding in decision.findings]


def town(*rows: Resident, **values: Any) -> Situation:
    return builders.situation(rows or FAMILY, **values)


def death(**changes: Any) -> forms.Death:
    filled: dict[str, Any] = {"resident_id": FAMILY[2].id, "occurred_on": "R8.11.19"}
    return forms.Death(**(filled | changes))


def move_out(*rows: Resident, **changes: Any) -> forms.MoveOut:
    filled: dict[str, Any] = {
        "resident_ids": tuple(row.id for row in rows or FAMILY),
        "occurred_on": "R8.11.25",
        "destination": OTHER_TOWN,
    }
    return forms.MoveOut(**(filled | changes))


def move_within(*rows: Resident, **changes: Any) -> forms.MoveWithin:
    filled: dict[str, Any] = {
        "resident_ids": tuple(row.id for row in rows or FAMILY),
        "occurred_on": "R8.11.18",
        "place": place("南町", "7番8号"),
    }
    return forms.MoveWithin(**(filled | changes))


# --- death, and who is head afterwards ------------------------------------------------------


def test_a_death_makes_a_removed_line() -> None:
    decision = decide(death(), town())
    (change,) = decision.changes
    assert change.after.state is State.REMOVED
    assert change.after.removed_reason is Reason.DELETION_DEATH
    assert (decision.resident_count_delta, decision.reason.net) == (-1, "N05")
    assert decision.findings == ()


def test_the_only_one_who_stays_becomes_head_ex_officio() -> None:
    pair = builders.family(2)
    decision = decide(death(resident_id=pair[0].id), town(*pair))
    assert decision.findings == ()
    stays = decision.changes[1].after
    assert (stays.id, stays.is_head, stays.version) == (pair[1].id, True, 2)
    assert decision.households[0].head == pair[1].id


def test_two_who_stay_are_asked_for_a_head() -> None:
    decision = decide(death(resident_id=FAMILY[0].id), town())
    assert codes(decision) == ["head-leaves"]
    assert not decision.blocked
    assert decision.households[0].head is None


def test_the_last_one_closes_the_household() -> None:
    (alone,) = builders.family(1)
    decision = decide(death(resident_id=alone.id), town(alone))
    assert decision.households[0].closed


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"occurred_on": ""}, ["event-date-missing"]),
        ({"occurred_on": "R8.11.21"}, ["event-in-future"]),
        ({"occurred_on": "H20.1.1"}, ["before-birth"]),
        ({"occurred_on": "令和8年11月頃"}, []),
        ({"occurred_on": "年月日不詳"}, []),
        ({"resident_id": None}, ["resident-missing"]),
        ({"resident_id": uuid.uuid4()}, ["resident-missing"]),
    ],
)
def test_a_death_is_checked(changes: dict[str, Any], expected: list[str]) -> None:
    assert codes(decide(death(**changes), town())) == expected


def test_a_removed_line_takes_no_event() -> None:
    gone = replace(FAMILY[2], state=State.REMOVED)
    assert codes(decide(death(), town(*FAMILY[:2], gone))) == ["already-removed"]


# --- leaving the town ----------------------------------------------------------------------


def test_a_planned_departure_keeps_everybody_until_the_day() -> None:
    decision = decide(move_out(special=True), town())
    assert decision.findings == ()
    assert decision.resident_count_delta == 0
    assert {c.after.departure for c in decision.changes} == {
        Departure(planned_on=date(2026, 11, 25), destination=OTHER_TOWN, special=True)
    }
    assert decision.households == ()
    assert all(events.person_change(change) is None for change in decision.changes)


@given(st.integers(min_value=0, max_value=14))
def test_a_departure_up_to_today_removes_at_once(days: int) -> None:
    day = TODAY - timedelta(days=days)
    decision = decide(move_out(FAMILY[2], occurred_on=day.isoformat()), town())
    assert decision.findings == ()
    assert decision.resident_count_delta == -1
    assert decision.basis is Basis.REPORT


def test_a_departure_told_too_late_is_ex_officio() -> None:
    decision = decide(move_out(FAMILY[2], occurred_on="R8.11.1"), town())
    assert codes(decision) == ["late-move-out"]
    assert decision.basis is Basis.EX_OFFICIO


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"occurred_on": ""}, ["event-date-missing"]),
        ({"occurred_on": "R10.1.1"}, ["far-departure"]),
        ({"occurred_on": "H30.1.1"}, ["before-present-address", "late-move-out"]),
        ({"resident_ids": ()}, ["nobody-chosen"]),
        ({"destination": ""}, ["destination-missing"]),
        ({"destination": "", "destination_address": "不明"}, []),
        ({"destination": builders.TOWN}, ["same-municipality"]),
    ],
)
def test_a_departure_is_checked(changes: dict[str, Any], expected: list[str]) -> None:
    assert codes(decide(move_out(**changes), town())) == expected


def test_nobody_leaves_twice() -> None:
    leaving = replace(FAMILY[2], departure=Departure(planned_on=date(2026, 12, 1)))
    decision = decide(move_out(leaving), town(*FAMILY[:2], leaving))
    assert codes(decision) == ["already-leaving"]


def test_abroad_needs_a_country() -> None:
    form = forms.MoveAbroad(resident_ids=(FAMILY[2].id,), occurred_on="R8.11.30", country="仏国")
    decision = decide(form, town())
    assert (decision.kind, decision.reason) == (EventKind.MOVE_ABROAD, Reason.DELETION_ABROAD)
    assert codes(decide(replace_country(form), town())) == ["destination-missing"]


def replace_country(form: forms.MoveAbroad) -> forms.MoveAbroad:
    return forms.MoveAbroad(resident_ids=form.resident_ids, occurred_on=form.occurred_on)


@pytest.mark.parametrize("abroad", [False, True])
def test_on_the_planned_day_they_are_removed(*, abroad: bool) -> None:
    departure = Departure(planned_on=date(2026, 11, 20), abroad=abroad)
    leaving = replace(FAMILY[2], departure=departure)
    decision = departures.depart((leaving,), town(*FAMILY[:2], leaving))
    assert decision.kind is EventKind.DEPARTURE
    assert decision.reason is (Reason.DELETION_ABROAD if abroad else Reason.DELETION_TO_TOWN)
    assert decision.changes[0].after.departure == departure
    assert decision.occurred_on == UncertainDate.of(date(2026, 11, 20))


NOTICE = Arrived(
    municipality=OTHER_TOWN,
    address="千代田一丁目1番",
    moved_on=date(2026, 11, 19),
    told_at=datetime(2026, 11, 19, 3, tzinfo=UTC),
)


def test_an_arrival_notice_stands_beside_the_plan() -> None:
    departure = Departure(planned_on=date(2026, 11, 25), destination=OTHER_TOWN)
    row = replace(FAMILY[2], departure=departure)
    decision = departures.confirm(row, NOTICE, town(*FAMILY[:2], row))
    assert decision is not None
    after = decision.changes[0].after
    assert (after.live, after.removed_on) == (False, UncertainDate.of(NOTICE.moved_on))
    assert after.departure is not None
    assert after.departure.planned_on == departure.planned_on
    assert after.departure.fixed_on == NOTICE.moved_on
    again = departures.confirm(after, NOTICE, town(*FAMILY[:2], after))
    assert again is None
    newer = replace(NOTICE, address="永田町", told_at=NOTICE.told_at + timedelta(days=1))
    corrected = departures.confirm(after, newer, town(*FAMILY[:2], after))
    assert corrected is not None
    assert corrected.resident_count_delta == 0
    assert corrected.changes[0].after.departure.fixed_address == "永田町"  # type: ignore[union-attr]


def test_somebody_who_never_told_is_removed_ex_officio() -> None:
    decision = departures.confirm(FAMILY[2], NOTICE, town())
    assert decision is not None
    assert (decision.reason, decision.basis) == (Reason.DELETION_EX_OFFICIO, Basis.EX_OFFICIO)


def test_a_notice_of_an_earlier_stay_does_not_touch_somebody_who_came_back() -> None:
    back = replace(FAMILY[2], resident_since=UncertainDate.of(date(2026, 11, 20)))
    assert departures.confirm(back, NOTICE, town(*FAMILY[:2], back)) is None


# --- inside the town -----------------------------------------------------------------------


def test_a_whole_household_keeps_its_number_when_it_moves() -> None:
    decision = decide(move_within(), town())
    assert decision.findings == ()
    assert {c.after.household_id for c in decision.changes} == {HOME}
    assert {c.after.address.text for c in decision.changes} == {"南町7番8号"}
    assert decision.households == ()
    assert decision.reason.net == "N07"
    assert decision.changes[0].after.resident_since == FAMILY[0].resident_since


def test_a_part_of_a_household_opens_a_new_one() -> None:
    situation = town()
    form = move_within(FAMILY[2], relations={FAMILY[2].id: "世帯主"})
    decision = decide(form, situation)
    assert decision.findings == ()
    after = decision.changes[0].after
    assert (after.household_id, after.is_head) == (situation.supply.household_id, True)
    assert [h.head for h in decision.households] == [after.id]
    assert codes(decide(move_within(FAMILY[2]), situation)) == ["one-head"]
    bad = move_within(FAMILY[2], relations={FAMILY[2].id: "孫"})
    assert codes(decide(bad, situation)) == ["kernel.invalid-relation", "one-head"]


def test_joining_another_household_takes_its_address() -> None:
    others = builders.family(1, address=builders.address("北町", "1番"))
    situation = builders.situation(FAMILY, others)
    form = move_within(
        FAMILY[2],
        household_id=others[0].household_id,
        relations={FAMILY[2].id: "同居人"},
        place=forms.Place(),
    )
    decision = decide(form, situation)
    assert decision.findings == ()
    assert decision.changes[0].after.address == others[0].address
    own = move_within(FAMILY[2], household_id=HOME)
    assert "own-household" in codes(decide(own, situation))
    mixed = move_within(FAMILY[2], others[0])
    assert codes(decide(mixed, situation)) == ["several-households"]
    unknown = move_within(FAMILY[2], household_id=uuid.uuid4())
    assert "household-missing" in codes(decide(unknown, situation))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"place": place()}, ["same-address"]),
        ({"place": forms.Place()}, ["address-missing"]),
        ({"occurred_on": "H31.1.1"}, ["late-report", "before-present-address"]),
        ({"occurred_on": "R8.11.21"}, ["event-in-future"]),
        ({"resident_ids": ()}, ["nobody-chosen"]),
    ],
)
def test_a_move_within_is_checked(changes: dict[str, Any], expected: list[str]) -> None:
    assert codes(decide(move_within(**changes), town())) == expected


def head_change(**changes: Any) -> forms.HeadChange:
    filled: dict[str, Any] = {
        "household_id": HOME,
        "new_head_id": FAMILY[1].id,
        "occurred_on": "R8.11.18",
        "relations": {FAMILY[0].id: "夫", FAMILY[2].id: "子"},
    }
    return forms.HeadChange(**(filled | changes))


def test_a_new_head_and_new_relations() -> None:
    decision = decide(head_change(), town())
    assert decision.findings == ()
    assert [(c.after.id, c.after.relation.text) for c in decision.changes] == [
        (FAMILY[0].id, "夫"),
        (FAMILY[1].id, "世帯主"),
    ]
    assert decision.households[0].head == FAMILY[1].id
    assert decision.reason.net == ""
    assert all(events.person_change(change) is None for change in decision.changes)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"household_id": None}, {"household-missing"}),
        ({"new_head_id": uuid.uuid4()}, {"head-not-member", "relation-missing"}),
        ({"new_head_id": FAMILY[0].id}, {"same-head", "relation-missing"}),
        (
            {"relations": {FAMILY[0].id: "世帯主", FAMILY[2].id: "孫"}},
            {"relation-missing", "kernel.invalid-relation"},
        ),
    ],
)
def test_a_head_change_is_checked(changes: dict[str, Any], expected: set[str]) -> None:
    assert set(codes(decide(head_change(**changes), town()))) == expected


# --- corrections ---------------------------------------------------------------------------


def correction(**changes: Any) -> forms.NameCorrection:
    filled: dict[str, Any] = {"resident_id": FAMILY[1].id, "occurred_on": "R8.11.18"}
    return forms.NameCorrection(**(filled | changes))


NAMED = replace(
    FAMILY[1],
    former_name=builders.name("旧氏　花子", "キュウシ　ハナコ"),
    alias=builders.name("ツウショウ", "ツウショウ"),
)


@pytest.mark.parametrize(
    ("row", "changes", "reason"),
    [
        (FAMILY[1], {"name": "例示 花子", "kana": "れいじ はなこ"}, Reason.CORRECTION),
        (FAMILY[1], {"sex": "男"}, Reason.CORRECTION),
        (FAMILY[1], {"birth_date": "S61.5.2"}, Reason.CORRECTION),
        (FAMILY[1], {"honseki": "例示市本町", "hittosha": "見本　太郎"}, Reason.CORRECTION),
        (FAMILY[1], {"kana": "ミホン　ハナ"}, Reason.FURIGANA_ENTERED),
        (FAMILY[1], {"kana_confirmed": True}, Reason.FURIGANA_ENTERED),
        (FAMILY[1], {"former_name": "旧 花", "former_kana": "キュウ"}, Reason.FORMER_NAME_ENTERED),
        (NAMED, {"former_name": "旧 花", "former_kana": "キュウ"}, Reason.FORMER_NAME_CHANGED),
        (NAMED, {"remove_former_name": True}, Reason.FORMER_NAME_REMOVED),
        (FAMILY[1], {"alias": "アリ", "alias_kana": "アリ"}, Reason.ALIAS_ENTERED),
        (NAMED, {"remove_alias": True}, Reason.ALIAS_REMOVED),
    ],
)
def test_a_correction_finds_its_reason(
    row: Resident, changes: dict[str, Any], reason: Reason
) -> None:
    decision = decide(correction(**changes), town(FAMILY[0], row))
    assert decision.findings == ()
    assert decision.reason is reason
    assert decision.changes[0].after.version == 2


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ["nothing-changed"]),
        ({"name": "a\nb"}, ["kernel.invalid-name", "nothing-changed"]),
        ({"sex": "x"}, ["invalid", "nothing-changed"]),
        ({"birth_date": "R9.1.1"}, ["birth-in-future"]),
        ({"occurred_on": "R9.1.1", "honseki": "本町"}, ["event-in-future"]),
    ],
)
def test_a_correction_is_checked(changes: dict[str, Any], expected: list[str]) -> None:
    assert codes(decide(correction(**changes), town())) == expected


def test_koseki_items_are_not_told_to_the_network() -> None:
    decision = decide(correction(honseki="例示市本町"), town())
    assert events.person_change(decision.changes[0]) is None


def minor(**changes: Any) -> forms.MinorCorrection:
    filled: dict[str, Any] = {
        "resident_ids": tuple(row.id for row in FAMILY),
        "occurred_on": "R8.11.18",
        "cause": "residence-indication",
        "place": place("本町二丁目", "3番5号"),
    }
    return forms.MinorCorrection(**(filled | changes))


def test_a_minor_correction_changes_the_writing_of_an_address_or_a_name() -> None:
    decision = decide(minor(), town())
    assert decision.findings == ()
    assert decision.reason.net == "N09"
    assert {c.after.address_since for c in decision.changes} == {FAMILY[0].address_since}
    one = minor(
        resident_ids=(FAMILY[0].id,), place=None, name="見夲 太郎", cause="common-characters"
    )
    assert decide(one, town()).changes[0].after.name.text == "見夲　太郎"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"cause": ""}, ["cause-missing"]),
        ({"name": "見本 太"}, ["name-of-several"]),
        ({"place": None}, ["nothing-changed"]),
        ({"place": forms.Place()}, ["address-missing", "nothing-changed"]),
        (
            {"place": None, "resident_ids": (FAMILY[0].id,), "name": "\n a\nb"},
            ["kernel.invalid-name", "nothing-changed"],
        ),
        ({"resident_ids": ()}, ["nobody-chosen"]),
    ],
)
def test_a_minor_correction_is_checked(changes: dict[str, Any], expected: list[str]) -> None:
    assert codes(decide(minor(**changes), town())) == expected


def test_a_code_is_changed_on_request() -> None:
    form = forms.CodeChange(resident_id=FAMILY[0].id, occurred_on="R8.11.20")
    situation = town()
    decision = decide(form, situation)
    assert decision.changes[0].after.juki_code == situation.supply.codes[0]
    assert decision.reason.net == "N10"
    empty = replace(situation, supply=replace(situation.supply, codes=()))
    assert codes(decide(form, empty)) == ["no-code-left"]
    assert wanted(form).codes_needed == 1


@pytest.mark.parametrize(("changed", "reason"), [(False, "M07"), (True, "M05")])
def test_a_number_from_the_network_is_recorded_once(*, changed: bool, reason: str) -> None:
    row = replace(FAMILY[2], my_number=None)
    number = builders.my_number()
    decision = corrections.number_record(row, number, town(row), changed=changed)
    assert decision is not None
    assert decision.reason == reason
    after = decision.changes[0].after
    assert after.my_number == number
    assert corrections.number_record(after, number, town(after), changed=changed) is None


# --- cancellation --------------------------------------------------------------------------


def undo(target: Logged | None, situation: Situation, **changes: Any) -> Decision:
    filled: dict[str, Any] = {"event_number": 7, "cause": "届出の誤り"}
    form = forms.Cancellation(**(filled | changes))
    return decide(form, replace(situation, target=target))


def test_cancelling_stacks_the_former_row() -> None:
    done = decide(death(), town())
    gone = done.changes[0].after
    target = Logged(number=7, kind=EventKind.DEATH, changes=done.changes)
    decision = undo(target, town(*FAMILY[:2], gone))
    after = decision.changes[0].after
    assert (after.version, after.live) == (3, True)
    assert replace(after, version=1) == FAMILY[2]
    assert (decision.reason, decision.cancels) == (Reason.ENTRY_BY_CANCELLATION, 7)
    assert decision.resident_count_delta == 1


def test_cancelling_an_entry_removes_it_and_keeps_a_later_number() -> None:
    new = replace(FAMILY[2], my_number=None)
    numbered = next_row(new, my_number=builders.my_number())
    target = Logged(
        number=7,
        kind=EventKind.BIRTH,
        changes=(Change(before=None, after=new),),
        later=frozenset({EventKind.NUMBER_RECORD}),
    )
    decision = undo(target, town(*FAMILY[:2], numbered))
    after = decision.changes[0].after
    assert (after.live, after.version, after.my_number) == (False, 3, numbered.my_number)
    assert decision.reason is Reason.DELETION_BY_CANCELLATION


def test_cancelling_a_correction_or_a_departure() -> None:
    done = decide(correction(name="例示 花子"), town())
    target = Logged(number=7, kind=EventKind.NAME_CORRECTION, changes=done.changes)
    decision = undo(target, town(FAMILY[0], done.changes[0].after))
    assert decision.reason is Reason.CANCELLED_CORRECTION
    leaving = replace(FAMILY[2], departure=Departure(planned_on=date(2026, 11, 20)))
    left = departures.depart((leaving,), town(*FAMILY[:2], leaving))
    target = Logged(number=7, kind=EventKind.DEPARTURE, changes=left.changes)
    back = undo(target, town(*FAMILY[:2], left.changes[0].after)).changes[0].after
    assert back.live
    assert back.departure is None


@pytest.mark.parametrize(
    ("target", "changes", "expected"),
    [
        (None, {}, ["event-missing"]),
        (Logged(number=7, kind=EventKind.DEATH, changes=()), {"cause": ""}, ["cause-missing"]),
        (Logged(number=7, kind=EventKind.INITIAL, changes=()), {}, ["not-cancellable"]),
        (
            Logged(number=7, kind=EventKind.DEATH, changes=(), cancelled=True),
            {},
            ["already-cancelled"],
        ),
        (
            Logged(
                number=7, kind=EventKind.MOVE_WITHIN, changes=(), later=frozenset({EventKind.DEATH})
            ),
            {},
            ["later-events"],
        ),
    ],
)
def test_a_cancellation_is_checked(
    target: Logged | None, changes: dict[str, Any], expected: list[str]
) -> None:
    assert codes(undo(target, town(), **changes)) == expected
    assert wanted(forms.Cancellation(event_number=7)).event == 7
    assert wanted(forms.Cancellation()).event is None


# --- values --------------------------------------------------------------------------------


@given(st.permutations(builders.family(4)))
def test_members_stand_in_the_order_of_a_certificate(rows: list[Resident]) -> None:
    ordered = in_household_order(tuple(rows))
    assert [row.name.given for row in ordered] == ["太郎", "花子", "次郎", "三奈"]


@given(st.sampled_from(list(Reason)))
def test_every_reason_is_in_the_table(reason: Reason) -> None:
    known = change_reasons.reason(reason.value)
    assert reason.japanese == known.name
    assert reason.net == known.net_reason


def test_words_for_clerks() -> None:
    assert [kind.japanese for kind in (EventKind.BIRTH, EventKind.MOVE_IN)] == ["出生", "転入"]
    assert [basis.japanese for basis in Basis] == ["届出", "職権"]
    assert forms.kind_of(forms.MoveOut()) is EventKind.MOVE_OUT


def test_a_change_is_counted_and_told() -> None:
    row = FAMILY[0]
    gone = next_row(row, state=State.REMOVED)
    assert resident_count_delta(Change(before=None, after=row)) == 1
    assert resident_count_delta(Change(before=row, after=gone)) == -1
    told = events.person_change(Change(before=row, after=gone))
    assert told is not None
    assert told.after is None
    assert events.person_change(Change(before=gone, after=next_row(gone))) is None
    entered = events.person_change(Change(before=gone, after=row))
    assert entered is not None
    assert entered.before is None


def test_findings_are_sorted_into_errors_and_open_questions() -> None:
    found = Findings()
    found.error("e", "x", "誤り", "源")
    found.alert("a", "y", "確認", "源")

    def refuse(_: str) -> int:
        raise InvalidError("読めません")

    assert found.read("z", refuse, "", "源") is None
    assert found.read("z", int, "5", "源") == 5
    assert [f.code for f in findings.errors(found.found)] == ["e", "invalid"]
    assert [f.code for f in findings.unanswered(found.found, {"a": " "})] == ["a"]
    assert findings.unanswered(found.found, {"a": "確かめた"}) == ()
    assert found.found[1].level is Level.ALERT
    assert found.found[0].text == "誤り（源）"


def test_numbers_are_covered_on_screens_and_put_back() -> None:
    form = forms.MoveIn(people=(person(), person(juki_code="", my_number="")))
    covered = masked(form)
    assert isinstance(covered, forms.MoveIn)
    assert [(p.juki_code, p.my_number) for p in covered.people] == [(MASK, MASK), ("", "")]
    assert unmasked(covered, form) == form
    changed = forms.MoveIn(people=(person(juki_code=MASK, my_number="1"),))
    back = unmasked(changed, form)
    assert isinstance(back, forms.MoveIn)
    assert (back.people[0].juki_code, back.people[0].my_number) == (form.people[0].juki_code, "1")
    child = masked(forms.Birth(person=person()))
    assert isinstance(child, forms.Birth)
    assert child.person.juki_code == MASK
    leave = forms.Death()
    assert masked(leave) is leave
    assert unmasked(leave, form) is leave


def test_forms_and_facts_hide_persons_from_logs() -> None:
    secret = builders.juki_code().reveal()
    shown = repr(forms.MoveIn(people=(person(juki_code=secret),)))
    assert secret not in shown
    assert "・・・" in shown
    assert secret not in repr(person(juki_code=secret))


def test_nobody_chosen_is_not_said_beside_another_error() -> None:
    form = move_out(resident_ids=(uuid.uuid4(),), destination="")
    assert codes(decide(form, town())) == ["destination-missing", "resident-missing"]


def test_a_member_relation_is_a_value() -> None:
    assert FAMILY[0].is_head
    assert FAMILY[1].relation == Relation("妻")


def test_every_form_asks_for_the_lines_that_it_names() -> None:
    one, several = FAMILY[0].id, tuple(row.id for row in FAMILY)
    assert wanted(death()).residents == {FAMILY[2].id}
    assert wanted(forms.NameCorrection()).residents == frozenset()
    assert wanted(forms.CodeChange(resident_id=one)).residents == {one}
    assert wanted(move_within(household_id=HOME)).households == {HOME}
    assert wanted(move_out()).residents == set(several)
    assert wanted(minor()).residents == set(several)
    assert wanted(head_change()).households == {HOME}


def test_messages_about_persons_hide_them() -> None:
    code = builders.juki_code().reveal()
    notice = events.ArrivalNotice(
        juki_code=code,
        municipality=OTHER_TOWN,
        address="千代田",
        moved_on=TODAY,
        told_at=NOTICE.told_at,
    )
    assert code not in repr(notice)
    certified = events.CertificatePerson(
        **dict.fromkeys(events.CertificatePerson.__struct_fields__, code)  # type: ignore[arg-type]
    )
    assert code not in repr(certified)
