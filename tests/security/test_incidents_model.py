"""Rules of incidents: triggers, clocks, the chain of the time line, what texts may not hold."""

import json
import re
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jichitai.kernel.bodies import BodyKind, body
from jichitai.kernel.business_days import is_business_day
from jichitai.kernel.dates import JST
from jichitai.kernel.identifiers import MyNumber
from jichitai.security.incidents import due, forms, model, timeline
from jichitai.security.incidents.due import Done, Standing
from jichitai.security.incidents.errors import (
    PersonsNumberError,
    TimelineBrokenError,
    WrongIncidentStateError,
)
from jichitai.security.incidents.forms import Form
from jichitai.security.incidents.model import Answer, Area, Facts, Kind, State
from jichitai.security.incidents.texts import check_text
from jichitai.security.incidents.timeline import EntryKind
from tests.builders import juki_code, my_number
from tests.conftest import TOWN
from tests.security.incident_builders import CALM, LEAK, NOW, incident

YES, NO, UNKNOWN = Answer.YES, Answer.NO, Answer.UNKNOWN


def clocks(facts: Facts, kind: BodyKind = BodyKind.CITY, **values: object) -> dict[str, due.Clock]:
    found = due.clocks(incident(facts=facts, **values), kind)
    return {clock.rule.id: clock for clock in found}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, YES),
        ({"persons": 100}, NO),
        ({"persons": 101}, YES),
        ({"persons": 100, "special_care": YES}, YES),
        ({"persons": 1, "property_damage": YES}, YES),
        ({"persons": 1, "ordinance_special": YES}, YES),
        ({"persons": 1, "improper_purpose": UNKNOWN}, UNKNOWN),
        ({"persons": None}, UNKNOWN),
        ({"personal": NO}, NO),
        ({"personal": UNKNOWN}, UNKNOWN),
        ({"personal": UNKNOWN, "persons": 100}, NO),
    ],
)
def test_a_leak_is_reportable_by_number_or_by_kind_and_unknown_is_not_no(
    changes: dict[str, object], expected: Answer
) -> None:
    facts = replace_facts(LEAK, **changes)
    assert model.reportable_leak(facts, above=100) is expected


def replace_facts(facts: Facts, **changes: object) -> Facts:
    return msgspec.structs.replace(facts, **changes)


def test_the_clocks_of_a_leak_are_counted_from_the_day_after_knowing() -> None:
    found = clocks(LEAK)
    first, final = found["ppc-first"], found["ppc-final"]
    assert first.due_at == datetime(2026, 11, 25, 23, 59, 59, tzinfo=JST)
    # the thirtieth day, 20 December 2026, is a Sunday
    assert final.due_at == datetime(2026, 12, 21, 23, 59, 59, tzinfo=JST)
    assert "翌日を1日目として5日目" in first.rule.counting
    assert "次の開庁日" in final.rule.counting
    assert "ppc-final-60" not in found
    assert found["persons"].deadline == "速やかに"


def test_an_improper_purpose_gives_sixty_days_and_doubt_gives_thirty() -> None:
    improper = clocks(replace_facts(LEAK, improper_purpose=YES))
    assert "ppc-final" not in improper
    assert improper["ppc-final-60"].due_at == datetime(2027, 1, 19, 23, 59, 59, tzinfo=JST)
    doubtful = clocks(replace_facts(LEAK, improper_purpose=UNKNOWN))
    assert "ppc-final" in doubtful
    assert "ppc-final-60" not in doubtful


def test_what_is_not_known_yet_is_shown_as_undecided_and_never_late() -> None:
    found = clocks(Facts())
    assert found["ppc-first"].owed is UNKNOWN
    assert found["ppc-first"].due_at is not None
    assert found["ppc-first"].standing(NOW + timedelta(days=90)) is Standing.UNDECIDED


def test_a_town_tells_its_prefecture_and_a_prefecture_the_ministry() -> None:
    town = clocks(CALM)
    prefecture = clocks(CALM, BodyKind.PREFECTURE)
    assert set(town) == {"csirt", "prefecture"}
    assert set(prefecture) == {"csirt", "ministry"}


def test_a_network_incident_calls_the_emergency_network_and_a_crime_the_police() -> None:
    found = clocks(replace_facts(CALM, network=YES, crime=YES))
    assert {"jlis", "police"} <= set(found)
    specific = clocks(replace_facts(LEAK, specific_personal=YES))
    assert {"number-first", "number-final"} <= set(specific)


def test_a_clock_runs_warns_is_late_and_ends_with_its_report() -> None:
    clock = clocks(LEAK)["ppc-first"]
    assert clock.standing(NOW) is Standing.RUNNING
    assert clock.standing(datetime(2026, 11, 24, 9, tzinfo=JST)) is Standing.SOON
    assert clock.due_at is not None
    assert clock.standing(clock.due_at) is Standing.SOON
    assert clock.standing(clock.due_at + timedelta(seconds=1)) is Standing.LATE
    late = due.clocks(
        incident(facts=LEAK),
        BodyKind.CITY,
        [Done(clock="ppc-first", sort="sent", sent_at=clock.due_at + timedelta(days=1))],
    )
    answered = next(one for one in late if one.rule.id == "ppc-first")
    assert answered.standing(NOW) is Standing.SENT
    assert answered.was_late


def test_at_once_is_late_after_the_measure_that_the_table_names_as_ours() -> None:
    clock = clocks(CALM)["prefecture"]
    assert clock.due_at is None
    assert clock.deadline == "直ちに"
    assert clock.standing(NOW + timedelta(minutes=59)) is Standing.RUNNING
    assert clock.standing(NOW + timedelta(minutes=61)) is Standing.LATE
    assert due.remaining(clock, NOW + timedelta(hours=4)) == "目安を3時間超過"
    assert due.remaining(clock, NOW) == "目安まであと1時間"


def test_rules_are_dated() -> None:
    early = due.rules_on(date(2022, 3, 31), BodyKind.CITY)
    assert "ppc-first" not in {rule.id for rule in early}
    for rule in due.rules():
        assert rule.source
        assert rule.confidence in {"read", "reported", "recalled", "ours"}
        assert rule.trigger in due.triggers(Facts(), above=100)


@given(st.datetimes(datetime(2024, 1, 1), datetime(2039, 1, 1)))  # noqa: DTZ001 - given its zone below
def test_a_final_report_always_ends_on_a_working_day_not_before_its_period(
    known: datetime,
) -> None:
    at = known.replace(tzinfo=JST)
    for rule in due.rules():
        end = due.end_of_period(rule, at)
        if end is None:
            continue
        days = (end.date() - at.date()).days
        if rule.on_holiday == "next-business-day":
            assert is_business_day(end.date())
            assert rule.period <= days <= rule.period + 12
        else:
            assert days == rule.period


def test_states_go_their_way_and_back_only_with_a_reason() -> None:
    case = incident(state=State.HANDLING)
    model.check_move(case, State.CONTAINED, reason="")
    with pytest.raises(WrongIncidentStateError, match="ここから進めるのは"):
        model.check_move(case, State.CLOSED, reason="")
    with pytest.raises(WrongIncidentStateError, match="理由"):
        model.check_move(case, State.DISMISSED, reason=" ")
    with pytest.raises(WrongIncidentStateError, match="理由"):
        model.check_move(incident(state=State.CLOSED), State.HANDLING, reason="")
    done = incident(state=State.RECOVERED, facts=Facts(cause="設定の誤り"))
    with pytest.raises(WrongIncidentStateError, match="再発防止"):
        model.check_move(done, State.CLOSED, reason="")


def test_numbers_of_persons_are_refused_in_any_writing_and_telephones_pass() -> None:
    number, code = my_number().reveal(), juki_code().reveal()
    check_text("担当 090-1234-5678、01234567890 に電話", "受付 20261120-0001", "")
    for text in (
        f"番号は{number}です",
        f"{number[:4]} {number[4:8]} {number[8:]}",
        number.translate(str.maketrans("0123456789", "０１２３４５６７８９")),
    ):
        with pytest.raises(PersonsNumberError):
            check_text("よい文", text)
    if not code.startswith("0"):
        with pytest.raises(PersonsNumberError):
            check_text(code)
    wrong = number[:-1] + str((int(number[-1]) + 1) % 10)
    check_text(wrong)
    assert MyNumber.parse(number)


def line(count: int = 4) -> list[timeline.Entry]:
    case, found = incident(), []
    previous = None
    for number in range(count):
        previous = timeline.append(
            case.incident_id,
            previous,
            at=NOW + timedelta(minutes=number),
            kind=EntryKind.NOTE,
            author_id="officer-1",
            author="情報 一郎",
            text=f"記録{number}",
            facts={"n": number},
        )
        found.append(previous)
    return found


def test_a_time_line_holds_and_every_kind_of_tampering_is_found() -> None:
    case, entries = incident().incident_id, line()
    timeline.verify(case, entries, last=entries[2].hash)
    changed = [*entries]
    changed[1] = replace(entries[1], text="書き換えた")
    later = [*entries]
    later[1] = replace(entries[1], at=entries[1].at - timedelta(hours=1))
    fact = [*entries]
    fact[2] = replace(entries[2], facts=json.dumps({"n": 9}))
    resealed = [*entries]
    forged = replace(entries[1], text="書き換えた")
    resealed[1] = replace(forged, hash=timeline.entry_hash(case, forged))
    for broken in (
        changed,
        later,
        fact,
        resealed,
        entries[1:],
        [entries[0], *entries[2:]],
        [entries[1], entries[0], *entries[2:]],
        [*entries, entries[-1]],
    ):
        with pytest.raises(TimelineBrokenError):
            timeline.verify(case, broken)
    with pytest.raises(TimelineBrokenError, match="終わりの部分"):
        timeline.verify(case, entries[:2], last=entries[3].hash)
    with pytest.raises(TimelineBrokenError):
        timeline.verify(incident(incident_id=uuid4()).incident_id, entries)


def test_a_form_is_filled_from_the_record_and_says_what_is_missing() -> None:
    facts = replace_facts(
        LEAK, system="文書管理", details={"extension": ".locked", "contact": "0123-45-6789"}
    )
    case = incident(facts=facts, drill=True)
    paper = forms.filled(
        Form.RANSOMWARE, case, body(TOWN), recipient="都道府県", report="第一報", at=NOW
    )
    values = {item.key: item.value for part in paper.sections for item in part.items}
    assert values["extension"] == ".locked"
    assert values["known_at"] == "令和8年11月20日 13時58分"
    assert values["personal"] == "はい"
    assert values["service_deviation"] == ""
    assert "訓練" in paper.mark
    assert "公式" in paper.note
    assert "サービス維持レベルの逸脱" in paper.missing()
    assert "原因" not in paper.missing()
    assert "原因" in paper.missing(final=True)
    ppc = forms.filled(Form.PPC, case, body(TOWN), recipient="", report="速報", at=NOW)
    numbered = [item.label[0] for item in ppc.sections[1].items]
    assert numbered == list("123456789")


def test_each_kind_has_its_form_and_values_of_forms_are_checked() -> None:
    assert forms.form_for("kind", Kind.LOST) is Form.GENERAL
    assert forms.form_for("", Kind.DDOS) is None
    assert forms.form_for("ppc", Kind.DDOS) is Form.PPC
    wrong = forms.wrong_details(
        [
            ("traffic_gbps", "たくさん"),
            ("attack_type", "なし"),
            ("nothing", "x"),
            ("duration", "3h"),
        ],
        NOW.date(),
    )
    assert set(wrong) == {"traffic_gbps", "attack_type", "nothing"}
    assert forms.items(Form.DDOS, date(2025, 9, 30)) == ()


@pytest.mark.parametrize("kind", list(Kind))
def test_the_first_guess_names_fields_of_the_record(kind: Kind) -> None:
    guess = model.first_guess(kind)
    assert set(guess) <= set(Facts.__struct_fields__)
    assert kind.japanese
    assert Area.MY_NUMBER.japanese


def test_the_page_on_incidents_lists_every_clock_with_its_trust() -> None:
    text = (Path(__file__).parents[2] / "docs/how-to/report-an-incident.md").read_text("utf-8")
    rows = re.findall(r"^\| `([\w-]+)` \| (.*?) \| (.*?) \|.*\| (\w+) \|$", text, re.M)
    told = {name: (recipient, report, trust) for name, recipient, report, trust in rows}
    assert told == {rule.id: (rule.recipient, rule.report, rule.confidence) for rule in due.rules()}
