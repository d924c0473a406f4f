"""An incident from the report to its end, in the database of its body."""

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import uuid4

import msgspec
import psycopg
import pytest
from PIL import Image

from jichitai.infra import mail
from jichitai.infra.clock import FixedClock
from jichitai.infra.database import Tx, enter_town
from jichitai.infra.keys import Keys
from jichitai.infra.outbox import Outbox
from jichitai.kernel.bodies import body
from jichitai.kernel.parties import MINISTRY, Party
from jichitai.security.errors import NotYourBodyError, StaleEditError, UnknownDocumentError
from jichitai.security.incidents import (
    alerts,
    desk_store,
    documents,
    drills,
    handling,
    journal,
    reporting,
    service,
    store,
    timeline,
    worker,
)
from jichitai.security.incidents.desk_store import Duty, Member
from jichitai.security.incidents.errors import (
    BadReportError,
    NotOwedError,
    PersonsNumberError,
    ReceivedAlertError,
    ReportsOpenError,
    TimelineBrokenError,
    UnknownIncidentError,
    UnusablePictureError,
    WrongIncidentStateError,
)
from jichitai.security.incidents.forms import Filled
from jichitai.security.incidents.handling import Amendment
from jichitai.security.incidents.model import Answer, Facts, Kind, Severity, State
from jichitai.security.incidents.reporting import Sending
from jichitai.security.incidents.service import Intake
from jichitai.security.incidents.store import Wanted
from jichitai.security.incidents.todos import todos
from jichitai.security.messages import S02
from jichitai.security.oversight.service import receiving
from tests.builders import my_number
from tests.conftest import OTHER_TOWN, TOWN
from tests.jukinet.network_builders import received
from tests.security.incident_builders import (
    CALM,
    CLERK,
    LEAK,
    NOW,
    OFFICER,
    alert,
    photo,
    recorded,
    triaged,
)

LATER = NOW + timedelta(minutes=30)


async def csirt(tx: Tx, *duties: Duty) -> None:
    for number, duty in enumerate(duties):
        member = Member(
            member_id=uuid4(),
            duty=duty.value,
            name="副町長",
            office="総務課",
            mail=f"csirt{number}@town.example.lg.jp",
            telephone="",
            since=NOW,
        )
        await desk_store.add_member(tx, TOWN, member)


class Listening(Outbox):
    """An outbox that also remembers what was put into it, as it was before sealing."""

    def __init__(self, keys: Keys, clock: FixedClock) -> None:
        super().__init__(keys.network, clock)
        self.heard: list[tuple[Party, S02]] = []

    async def send_many(self, tx: Tx, drafts: Any) -> list[str]:
        self.heard += [(draft.to, draft.body) for draft in drafts]
        return await super().send_many(tx, drafts)


@pytest.fixture
def outbox(keys: Keys, clock: FixedClock) -> Listening:
    return Listening(keys, clock)


async def test_two_minutes_give_a_number_clocks_and_a_notice_to_the_csirt(town_tx: Tx) -> None:
    await csirt(town_tx, Duty.CISO, Duty.CONTACT)
    first = await recorded(town_tx)
    second = await recorded(town_tx, kind=Kind.LOST)
    assert (first.number, second.number) == ("I-0001", "I-0002")
    assert first.facts.system_affected is Answer.YES
    clocks = {clock.rule.id: clock for clock in await journal.clocks_of(town_tx, first)}
    assert clocks["csirt"].done is not None
    assert clocks["prefecture"].owed is Answer.YES
    assert clocks["ppc-first"].owed is Answer.UNKNOWN
    entries = await store.entries(town_tx, TOWN, first.incident_id)
    assert [entry.kind for entry in entries] == ["received", "notified"]
    assert "CISO" in entries[1].text
    letters = await mail.letters(town_tx, office=TOWN)
    assert len(letters) == 4
    assert {letter.subject for letter in letters} >= {
        "I-0001 事案を受け付けました（ランサムウェア）"
    }


async def test_without_a_csirt_the_report_inside_stays_owed(town_tx: Tx) -> None:
    found = await recorded(town_tx)
    clocks = {clock.rule.id: clock for clock in await journal.clocks_of(town_tx, found)}
    assert clocks["csirt"].open
    (notice,) = await desk_store.unread(town_tx, TOWN)
    assert notice.incident_id == found.incident_id


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"known_at": NOW + timedelta(hours=1)}, "known_at"),
        ({"known_at": datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14)))}, "known_at"),
        ({"facts": Facts(detected_at=datetime(1999, 1, 1, tzinfo=UTC))}, "detected_at"),
        ({"facts": Facts(occurred_at=NOW + timedelta(days=1))}, "occurred_at"),
        ({"facts": Facts(detected_at=NOW + timedelta(days=1))}, "detected_at"),
    ],
)
async def test_times_of_the_future_and_of_long_ago_are_refused(
    town_tx: Tx, values: dict[str, Any], field: str
) -> None:
    with pytest.raises(BadReportError) as refused:
        await recorded(town_tx, **values)
    assert set(refused.value.facts["fields"]) == {field}  # type: ignore[call-overload]


async def test_a_number_of_a_person_is_kept_out_of_every_text(town_tx: Tx) -> None:
    secret = f"個人番号 {my_number().reveal()} の人"
    with pytest.raises(PersonsNumberError):
        await recorded(town_tx, facts=Facts(summary=secret))
    found = await recorded(town_tx)
    with pytest.raises(PersonsNumberError):
        await service.note(town_tx, TOWN, found.incident_id, secret, by=CLERK, at=NOW)
    change = Amendment(version=1, facts={"details": {"effect": secret}})
    with pytest.raises(PersonsNumberError):
        await handling.amend(town_tx, TOWN, found.incident_id, change, by=OFFICER, at=NOW)


async def test_characters_that_nobody_types_are_refused(town_tx: Tx) -> None:
    with pytest.raises(BadReportError, match="制御文字"):
        await recorded(town_tx, facts=Facts(summary="a\x00b"))
    found = await recorded(town_tx, facts=Facts(summary="一行目\n二行目\tよい"))
    assert "\n" in found.facts.summary
    with pytest.raises(BadReportError):
        await service.note(town_tx, TOWN, found.incident_id, "\x1b[31m", by=CLERK, at=NOW)


async def test_every_change_stands_in_the_time_line_with_its_old_value(town_tx: Tx) -> None:
    found = await triaged(town_tx)
    assert found.state is State.HANDLING
    change = Amendment(
        version=found.version, facts={"persons": 40, "details": {"extension": ".locked"}}
    )
    after = await handling.amend(town_tx, TOWN, found.incident_id, change, by=OFFICER, at=LATER)
    assert after.facts.persons == 40
    entries = await store.entries(town_tx, TOWN, found.incident_id)
    changes = msgspec.json.decode(entries[-1].facts)["changes"]
    assert changes == {"persons": [None, 40], "details.extension": [None, ".locked"]}
    timeline.verify(found.incident_id, entries)
    with pytest.raises(StaleEditError):
        await handling.amend(town_tx, TOWN, found.incident_id, change, by=OFFICER, at=LATER)


async def test_moving_the_time_of_knowing_asks_for_a_reason(town_tx: Tx) -> None:
    found = await triaged(town_tx)
    earlier = NOW - timedelta(days=1)
    change = Amendment(version=found.version, known_at=earlier)
    with pytest.raises(WrongIncidentStateError, match="理由"):
        await handling.amend(town_tx, TOWN, found.incident_id, change, by=OFFICER, at=LATER)
    told = Amendment(version=found.version, known_at=earlier, reason="委託先の連絡が前日にあった")
    after = await handling.amend(town_tx, TOWN, found.incident_id, told, by=OFFICER, at=LATER)
    assert after.known_at == earlier


async def test_values_that_the_record_cannot_hold_are_refused(town_tx: Tx) -> None:
    found = await triaged(town_tx)
    for facts in ({"persons": -1}, {"summary": "あ" * 9_000}, {"crime": "maybe"}, {"nothing": 1}):
        change = Amendment(version=found.version, facts=facts)
        with pytest.raises(BadReportError):
            await handling.amend(town_tx, TOWN, found.incident_id, change, by=OFFICER, at=LATER)


async def test_triage_needs_a_rating_and_happens_once(town_tx: Tx) -> None:
    found = await recorded(town_tx)
    with pytest.raises(WrongIncidentStateError, match="重さ"):
        await handling.triage(
            town_tx, TOWN, found.incident_id, Amendment(version=1), by=OFFICER, at=NOW
        )
    rated = await handling.triage(
        town_tx,
        TOWN,
        found.incident_id,
        Amendment(version=1, severity=Severity.CRITICAL),
        by=OFFICER,
        at=NOW,
    )
    with pytest.raises(WrongIncidentStateError, match="対応中"):
        await handling.triage(
            town_tx,
            TOWN,
            found.incident_id,
            Amendment(version=rated.version, severity=Severity.LOW),
            by=OFFICER,
            at=NOW,
        )


async def test_another_body_finds_nothing(town_tx: Tx) -> None:
    found = await triaged(town_tx)
    with pytest.raises(UnknownIncidentError):
        await store.incident(town_tx, OTHER_TOWN, found.incident_id)
    await enter_town(town_tx, OTHER_TOWN)
    for code in (TOWN, OTHER_TOWN):
        with pytest.raises(UnknownIncidentError):
            await store.incident(town_tx, code, found.incident_id)
        assert await store.incidents(town_tx, code, Wanted()) == []
        assert await store.entries(town_tx, code, found.incident_id) == []


async def test_the_first_report_leaves_as_a_message_and_the_next_is_a_follow_up(
    town_tx: Tx, outbox: Listening
) -> None:
    found = await triaged(town_tx, facts=Facts(summary="共有フォルダが開けない"))
    row = await reporting.submit(
        town_tx, TOWN, found.incident_id, Sending(clock="prefecture"),
        outbox=outbox, by=OFFICER, at=LATER,
    )  # fmt: skip
    ((to, message),) = outbox.heard
    assert to == Party.prefecture(TOWN[:2])
    assert (message.body, message.revision, message.drill) == (TOWN, 1, False)
    assert message.kind_of_incident == "ransomware"
    by_name = {(one.recipient, one.report): one for one in message.deadlines}
    assert by_name["都道府県", "第一報"].sent_at == LATER
    assert by_name["個人情報保護委員会", "速報"].sent_at is None
    entries = await store.entries(town_tx, TOWN, found.incident_id)
    assert bytes.fromhex(message.timeline_hash) == entries[-1].hash
    assert row.content is not None
    assert row.document_hash == documents.content_hash(row.content)
    assert msgspec.convert(row.content, Filled).report == "第一報"
    again = await reporting.submit(
        town_tx, TOWN, found.incident_id, Sending(clock="prefecture"),
        outbox=outbox, by=OFFICER, at=LATER + timedelta(hours=1),
    )  # fmt: skip
    assert (again.report, again.revision) == ("続報", 2)


async def test_what_leaves_is_taken_by_the_prefecture_and_from_nobody_else(
    town_tx: Tx, prefecture_tx: Tx, outbox: Listening, clock: FixedClock
) -> None:
    found = await triaged(town_tx)
    await reporting.submit(
        town_tx, TOWN, found.incident_id, Sending(clock="prefecture"),
        outbox=outbox, by=OFFICER, at=LATER,
    )  # fmt: skip
    ((to, message),) = outbox.heard
    take = receiving.prefecture_handlers(clock, outbox)["S02"]
    with pytest.raises(NotYourBodyError):
        await take(prefecture_tx, [received(message, origin=Party.town("012025"), receiver=to)])
    await take(prefecture_tx, [received(message, origin=Party.town(TOWN), receiver=to)])


async def test_a_report_by_hand_is_written_down_and_told_to_those_who_know(
    town_tx: Tx, outbox: Listening
) -> None:
    found = await triaged(town_tx, facts=LEAK)
    ppc = Sending(clock="ppc-first", method="Webの受付", receipt="R8-1234")
    await reporting.submit(
        town_tx, TOWN, found.incident_id, ppc, outbox=outbox, by=OFFICER, at=LATER
    )
    assert outbox.heard == []
    await reporting.submit(
        town_tx, TOWN, found.incident_id, Sending(clock="prefecture"),
        outbox=outbox, by=OFFICER, at=LATER,
    )  # fmt: skip
    final = Sending(clock="ppc-final-60", method="Webの受付")
    with pytest.raises(NotOwedError):
        await reporting.submit(
            town_tx, TOWN, found.incident_id, final, outbox=outbox, by=OFFICER, at=LATER
        )
    persons = Sending(clock="persons", method="書面", sent_at=NOW + timedelta(minutes=20))
    row = await reporting.submit(
        town_tx, TOWN, found.incident_id, persons, outbox=outbox, by=OFFICER, at=LATER
    )
    assert row.form == ""
    assert [message.revision for _, message in outbox.heard] == [1, 2]


@pytest.mark.parametrize(
    ("sending", "field"),
    [
        (Sending(clock="ppc-first"), "method"),
        (Sending(clock="ppc-first", method="のろし"), "method"),
        (Sending(clock="ppc-first", method="電話", sent_at=NOW + timedelta(days=2)), "sent_at"),
        (Sending(clock="ppc-first", method="電話", sent_at=NOW - timedelta(days=2)), "sent_at"),
        (Sending(clock="ppc-first", method="電話", receipt="x" * 401), "receipt"),
    ],
)
async def test_a_report_that_cannot_have_left_so_is_refused(
    town_tx: Tx, outbox: Listening, sending: Sending, field: str
) -> None:
    found = await triaged(town_tx, facts=LEAK)
    with pytest.raises(BadReportError) as refused:
        await reporting.submit(
            town_tx, TOWN, found.incident_id, sending, outbox=outbox, by=OFFICER, at=LATER
        )
    assert set(refused.value.facts["fields"]) == {field}  # type: ignore[call-overload]


async def test_an_incident_ends_only_when_nothing_is_owed(town_tx: Tx, outbox: Listening) -> None:
    ended = {"cause": "古い機器の弱点", "prevention": "機器を更新した"}
    found = await triaged(town_tx, facts=msgspec.structs.replace(CALM, **ended))
    key = found.incident_id
    assert found.facts.crime is Answer.NO
    one = await handling.move(
        town_tx, TOWN, key, State.RECOVERED, version=2, reason="", by=OFFICER, at=LATER
    )
    with pytest.raises(ReportsOpenError) as refused:
        await handling.move(
            town_tx, TOWN, key, State.CLOSED, version=one.version, reason="", by=OFFICER, at=LATER
        )
    assert refused.value.facts["clocks"] == ["prefecture"]
    with pytest.raises(BadReportError):
        await reporting.waive(town_tx, TOWN, key, "prefecture", " ", by=OFFICER, at=LATER)
    await reporting.waive(
        town_tx, TOWN, key, "prefecture", "訓練機の故障で外部と関わらない", by=OFFICER, at=LATER
    )
    with pytest.raises(NotOwedError):
        await reporting.waive(town_tx, TOWN, key, "prefecture", "もう一度", by=OFFICER, at=LATER)
    closed = await handling.move(
        town_tx, TOWN, key, State.CLOSED, version=one.version, reason="", by=OFFICER, at=LATER
    )
    assert closed.closed_at == LATER
    with pytest.raises(WrongIncidentStateError, match="再開"):
        change = Amendment(version=closed.version, handler="別の課")
        await handling.amend(town_tx, TOWN, key, change, by=OFFICER, at=LATER)


async def test_a_photo_keeps_the_picture_and_nothing_else(town_tx: Tx, keys: Keys) -> None:
    found = await recorded(town_tx)
    taken = photo()
    assert b"SECRETCAMERA" in taken
    row = await service.attach(town_tx, TOWN, found.incident_id, taken, keys=keys, by=CLERK, at=NOW)
    kept = await service.picture(town_tx, TOWN, found.incident_id, row.file_id, keys=keys)
    assert b"SECRETCAMERA" not in kept
    with Image.open(io.BytesIO(kept)) as image:
        assert dict(image.getexif()) == {}
        assert image.size == (640, 480)
    sealed = await store.sealed_photo(town_tx, TOWN, found.incident_id, row.file_id)
    assert kept not in sealed
    with pytest.raises(UnknownIncidentError):
        await service.picture(town_tx, OTHER_TOWN, found.incident_id, row.file_id, keys=keys)


@pytest.mark.parametrize(
    "content",
    [b"", b"GIF89a", b"\xff\xd8\xff" + b"x" * 100, photo(12_100, 10, form="PNG", exif=False)],
    ids=["empty", "gif", "broken", "wide"],
)
async def test_a_file_that_is_no_photo_is_refused(town_tx: Tx, keys: Keys, content: bytes) -> None:
    found = await recorded(town_tx)
    with pytest.raises(UnusablePictureError, match="写真"):
        await service.attach(town_tx, TOWN, found.incident_id, content, keys=keys, by=CLERK, at=NOW)


@pytest.mark.parametrize("table", ["incident_entry", "incident_report", "incident_file"])
@pytest.mark.parametrize(
    "deed", ["update security.{} set municipality = '1'", "delete from security.{}"]
)
async def test_the_program_itself_cannot_change_what_was_written(
    town_tx: Tx, table: str, deed: str
) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        await town_tx.execute(deed.format(table))


async def test_a_time_line_that_somebody_changed_in_the_database_is_found(town_tx: Tx) -> None:
    found = await triaged(town_tx)
    entries = await store.entries(town_tx, TOWN, found.incident_id)
    timeline.verify(found.incident_id, entries)
    with pytest.raises(TimelineBrokenError):
        timeline.verify(found.incident_id, [replace(entries[0], text="書き換え"), *entries[1:]])


async def test_a_prefecture_as_a_body_reports_to_the_ministry(
    prefecture_tx: Tx, outbox: Listening
) -> None:
    code = "010006"
    await enter_town(prefecture_tx, code)
    found = await recorded(prefecture_tx, code, facts=CALM)
    await reporting.submit(
        prefecture_tx, code, found.incident_id, Sending(clock="ministry"),
        outbox=outbox, by=OFFICER, at=LATER,
    )  # fmt: skip
    ((to, message),) = outbox.heard
    assert to == MINISTRY
    assert message.body == code


async def test_alerts_come_in_once_and_one_click_makes_an_incident(
    town_tx: Tx, clock: FixedClock
) -> None:
    clock.instant = NOW
    take = alerts.handlers(clock)["S03"]
    message, other = alert(), alert(rule_title="短時間の大量の暗号化", severity="critical")
    origin, town = Party.prefecture(TOWN[:2]), Party.town(TOWN)
    batch = [received(one, origin=origin, receiver=town) for one in (message, other)]
    await take(town_tx, batch)
    await take(
        town_tx,
        [received(alert(alert_id=message.alert_id, events=300), origin=origin, receiver=town)],
    )
    kept = {one.alert_id: one for one in await desk_store.alerts(town_tx, TOWN, state="new")}
    assert len(kept) == 2
    assert kept[message.alert_id].events == 300
    found = await alerts.accept(town_tx, TOWN, other.alert_id, by=OFFICER, at=NOW)
    assert (found.kind, found.severity) == (Kind.RANSOMWARE, Severity.CRITICAL)
    assert found.known_at == NOW
    with pytest.raises(ReceivedAlertError):
        await alerts.accept(town_tx, TOWN, other.alert_id, by=OFFICER, at=NOW)
    with pytest.raises(BadReportError):
        await alerts.dismiss(town_tx, TOWN, message.alert_id, "", by=OFFICER, at=NOW)
    await alerts.dismiss(town_tx, TOWN, message.alert_id, "保守の作業だった", by=OFFICER, at=NOW)
    with pytest.raises(UnknownDocumentError):
        await alerts.dismiss(town_tx, TOWN, uuid4(), "ない", by=OFFICER, at=NOW)


@pytest.mark.parametrize(
    ("values", "origin"),
    [
        ({}, Party.prefecture("13")),
        ({"prefecture": "13"}, Party.prefecture("13")),
        ({"body": OTHER_TOWN}, Party.prefecture("01")),
        ({"body": "012025"}, Party.prefecture("01")),
    ],
)
async def test_an_alert_for_or_from_another_is_refused(
    town_tx: Tx, clock: FixedClock, values: dict[str, Any], origin: Party
) -> None:
    take = alerts.handlers(clock)["S03"]
    message = received(alert(**values), origin=origin, receiver=Party.town(TOWN))
    with pytest.raises(NotYourBodyError):
        await take(town_tx, [message])


async def test_an_exercise_has_its_own_numbers_and_stays_inside(
    town_tx: Tx, outbox: Listening
) -> None:
    await csirt(town_tx, Duty.CISO)
    found = await drills.start(
        town_tx, TOWN, "ransomware-weekend", outward=False, on=NOW.date(), by=OFFICER, at=NOW
    )
    assert found.number == "D-0001"
    (letter,) = await mail.letters(town_tx, office=TOWN)
    assert letter.subject.startswith("【訓練】")
    step = await drills.give_next(
        town_tx, TOWN, found.incident_id, on=NOW.date(), by=OFFICER, at=LATER
    )
    assert step.number == 2
    row = await reporting.submit(
        town_tx, TOWN, found.incident_id, Sending(clock="prefecture"),
        outbox=outbox, by=OFFICER, at=LATER,
    )  # fmt: skip
    assert outbox.heard == []
    assert row.method == "訓練のため送信しない"
    assert row.content is not None
    assert "訓練" in row.content["mark"]
    change = Amendment(version=1, severity=Severity.HIGH)
    await handling.triage(town_tx, TOWN, found.incident_id, change, by=OFFICER, at=LATER)
    outcomes = drills.review(
        drills.scenario("ransomware-weekend", NOW.date()),
        await store.entries(town_tx, TOWN, found.incident_id),
        await store.reports(town_tx, TOWN, [found.incident_id]),
    )
    assert outcomes[0].taken == timedelta(minutes=30)
    assert outcomes[1].done_at is None
    assert outcomes[3].given_at is None
    assert await store.counts(town_tx, TOWN) == {}


async def test_an_exercise_that_goes_out_says_that_it_is_one(
    town_tx: Tx, outbox: Listening
) -> None:
    found = await drills.start(
        town_tx, TOWN, "ddos-website", outward=True, on=NOW.date(), by=OFFICER, at=NOW
    )
    await reporting.submit(
        town_tx, TOWN, found.incident_id, Sending(clock="prefecture"),
        outbox=outbox, by=OFFICER, at=LATER,
    )  # fmt: skip
    ((_, message),) = outbox.heard
    assert message.drill
    assert message.summary.startswith("【訓練】")


async def test_the_watch_tells_once_when_an_end_is_near_and_once_when_it_is_past(
    town_tx: Tx, clock: FixedClock
) -> None:
    await csirt(town_tx, Duty.CONTACT)
    await recorded(town_tx, kind=Kind.MISSENT, facts=LEAK)
    clock.instant = NOW
    assert await worker.tell_due(town_tx, clock) == 0
    clock.instant = NOW + timedelta(days=4)
    near = await worker.tell_due(town_tx, clock)
    assert near == 2  # the first report to the commission is near, telling the persons is late
    assert await worker.tell_due(town_tx, clock) == 0
    clock.instant = NOW + timedelta(days=6)
    assert await worker.tell_due(town_tx, clock) == 1
    subjects = [letter.subject for letter in await mail.letters(town_tx, office=TOWN)]
    assert any("速報" in subject and "過ぎて" in subject for subject in subjects)


async def test_the_first_page_hears_of_reports_triage_and_alerts(
    town_tx: Tx, clock: FixedClock
) -> None:
    await recorded(town_tx, facts=CALM)
    take = alerts.handlers(clock)["S03"]
    origin = Party.prefecture(TOWN[:2])
    await take(town_tx, [received(alert(), origin=origin, receiver=Party.town(TOWN))])
    waiting = await todos(town_tx, body(TOWN), NOW.date() + timedelta(days=1))
    labels = [todo.label for todo in waiting]
    assert any("都道府県" in label for label in labels)
    assert "受け付けた事案をトリアージする" in labels
    assert "検知の通知を確かめる" in labels
    assert any(todo.late for todo in waiting)


async def test_whoever_uses_the_record_may_say_everything_at_once(town_tx: Tx) -> None:
    intake = Intake(kind=Kind.OTHER, known_at=NOW)
    found = await service.record(town_tx, TOWN, intake, by=OFFICER, at=NOW)
    assert found.facts == Facts()
