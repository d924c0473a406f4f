"""Use cases of the register on a real database."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from jichitai.infra.audit import Actor
from jichitai.infra.clock import FixedClock
from jichitai.infra.database import Tx, fetch_value
from jichitai.infra.keys import Keys
from jichitai.kernel.identifiers import JukiCode
from jichitai.register import errors
from jichitai.register.events import ArrivalNotice, EventKind
from jichitai.register.model import forms
from jichitai.register.model.forms import Form
from jichitai.register.model.resident import Resident
from jichitai.register.service.entries import Entries
from jichitai.register.service.initial import load_initial
from jichitai.register.service.network import TownRegister
from jichitai.register.service.people import People, Query
from tests import builders
from tests.builders import APPROVER, CLERK, OTHER_TOWN, TOWN


@pytest.fixture
def entries(keys: Keys, clock: FixedClock) -> Entries:
    return Entries(keys, clock)


@pytest.fixture
def register(keys: Keys, clock: FixedClock) -> TownRegister:
    return TownRegister(keys, clock)


@pytest.fixture
def people(keys: Keys, clock: FixedClock) -> People:
    return People(keys, clock)


@pytest.fixture
async def home(town_tx: Tx, keys: Keys, clock: FixedClock) -> tuple[Resident, ...]:
    """A family of four, and codes in stock."""
    rows = builders.family(4)
    await load_initial(town_tx, TOWN, builders.initial(rows), keys=keys, clock=clock)
    codes = [builders.juki_code() for _ in range(5)]
    await TownRegister(keys, clock).add_juki_codes(town_tx, TOWN, codes, "batch-1")
    return rows


async def record(
    tx: Tx,
    entries: Entries,
    form: Form,
    reasons: dict[str, str] | None = None,
    *,
    by: Actor = APPROVER,
) -> int:
    """Enter, hand in, approve."""
    entered = await entries.enter(
        tx, TOWN, builders.new_id(), form, reasons=reasons or {}, by=CLERK
    )
    entry = await entries.submit(tx, TOWN, entered.entry.id, by=CLERK)
    return await entries.approve(tx, TOWN, entry.id, revision=entry.revision, by=by)


async def test_initial_load_explains_every_row(
    town_tx: Tx, home: tuple[Resident, ...], register: TownRegister
) -> None:
    facts = await register.facts_after(town_tx, TOWN, 0, 10)
    assert [(f.number, f.kind, f.changes) for f in facts] == [(1, EventKind.INITIAL, ())]
    records = [r async for r in register.identity_records(town_tx, TOWN)]
    assert {r.juki_code for r in records} == {row.juki_code for row in home}
    assert await fetch_value(town_tx, "select count(*) from register.resident_history") == 4


async def test_a_birth_takes_a_code_and_asks_for_a_number(
    town_tx: Tx, home: tuple[Resident, ...], entries: Entries, register: TownRegister
) -> None:
    form = forms.Birth(
        occurred_on="R8.11.18",
        household_id=home[0].household_id,
        person=forms.Person(name="見本 四葉", kana="みほん よつば", sex="2", relation="子"),
    )
    number = await record(town_tx, entries, form)
    (fact,) = await register.facts_after(town_tx, TOWN, number - 1, 10)
    (change,) = fact.changes
    assert fact.reason == "A03"
    assert fact.net_reason == "N02"
    assert change.before is None
    assert change.after is not None
    assert fact.needs_number == (change.after.resident_id,)
    assert await register.pool_size(town_tx, TOWN) == 4
    given = builders.my_number()
    recorded = await register.record_number(
        town_tx, TOWN, change.after.resident_id, given, changed=False
    )
    assert recorded == number + 1
    again = await register.record_number(
        town_tx, TOWN, change.after.resident_id, given, changed=False
    )
    assert again is None
    (fact,) = await register.facts_after(town_tx, TOWN, number, 10)
    assert fact.changes[0].after is not None
    assert fact.changes[0].after.my_number == given
    with pytest.raises(errors.ConflictingCodeError):
        await register.record_number(
            town_tx, TOWN, change.after.resident_id, builders.my_number(), changed=False
        )


async def test_entering_twice_makes_one_entry(
    town_tx: Tx, home: tuple[Resident, ...], entries: Entries
) -> None:
    entry_id = builders.new_id()
    form = forms.Death(resident_id=home[3].id, occurred_on="R8.11.19")
    first = await entries.enter(town_tx, TOWN, entry_id, form, reasons={}, by=CLERK)
    again = await entries.enter(town_tx, TOWN, entry_id, form, reasons={}, by=CLERK)
    assert first.entry == again.entry
    other = forms.Death(resident_id=home[2].id, occurred_on="R8.11.19")
    with pytest.raises(errors.EntryReusedError):
        await entries.enter(town_tx, TOWN, entry_id, other, reasons={}, by=CLERK)


async def test_nobody_approves_an_own_entry_and_approval_is_idempotent(
    town_tx: Tx, home: tuple[Resident, ...], entries: Entries
) -> None:
    form = forms.Death(resident_id=home[3].id, occurred_on="R8.11.19")
    entry_id = builders.new_id()
    await entries.enter(town_tx, TOWN, entry_id, form, reasons={}, by=CLERK)
    with pytest.raises(errors.EntryStateError):
        await entries.approve(town_tx, TOWN, entry_id, revision=1, by=APPROVER)
    entry = await entries.submit(town_tx, TOWN, entry_id, by=CLERK)
    assert await entries.submit(town_tx, TOWN, entry_id, by=CLERK) == entry
    with pytest.raises(errors.OwnEntryError):
        await entries.approve(town_tx, TOWN, entry_id, revision=entry.revision, by=CLERK)
    with pytest.raises(errors.EntryChangedError):
        await entries.approve(town_tx, TOWN, entry_id, revision=1, by=APPROVER)
    number = await entries.approve(town_tx, TOWN, entry_id, revision=entry.revision, by=APPROVER)
    again = await entries.approve(town_tx, TOWN, entry_id, revision=entry.revision, by=APPROVER)
    assert number == again == 2


async def test_a_returned_entry_is_amended_and_handed_in_again(
    town_tx: Tx, home: tuple[Resident, ...], entries: Entries
) -> None:
    form = forms.Death(resident_id=home[3].id, occurred_on="R8.11.19")
    entry_id = builders.new_id()
    await entries.enter(town_tx, TOWN, entry_id, form, reasons={}, by=CLERK)
    await entries.submit(town_tx, TOWN, entry_id, by=CLERK)
    with pytest.raises(errors.FormRefusedError):
        await entries.return_with_reason(town_tx, TOWN, entry_id, " ", by=APPROVER)
    back = await entries.return_with_reason(town_tx, TOWN, entry_id, "日付の確認", by=APPROVER)
    assert (back.state, back.return_reason) == ("returned", "日付の確認")
    with pytest.raises(errors.NotYourEntryError):
        await entries.amend(town_tx, TOWN, entry_id, form, reasons={}, by=APPROVER)
    better = forms.Death(resident_id=home[3].id, occurred_on="R8.11.18")
    await entries.amend(town_tx, TOWN, entry_id, better, reasons={}, by=CLERK)
    entry = await entries.submit(town_tx, TOWN, entry_id, by=CLERK)
    await entries.approve(town_tx, TOWN, entry_id, revision=entry.revision, by=APPROVER)


async def test_a_second_clerk_cannot_enter_for_the_same_person(
    town_tx: Tx, home: tuple[Resident, ...], entries: Entries
) -> None:
    form = forms.Death(resident_id=home[3].id, occurred_on="R8.11.19")
    first = await entries.enter(town_tx, TOWN, builders.new_id(), form, reasons={}, by=CLERK)
    with pytest.raises(errors.BeingEditedError, match="佐藤"):
        await entries.enter(town_tx, TOWN, builders.new_id(), form, reasons={}, by=APPROVER)
    await entries.withdraw(town_tx, TOWN, first.entry.id, by=CLERK)
    await entries.enter(town_tx, TOWN, builders.new_id(), form, reasons={}, by=APPROVER)


async def test_alerts_need_a_reason(
    town_tx: Tx, home: tuple[Resident, ...], entries: Entries
) -> None:
    form = forms.Death(resident_id=home[0].id, occurred_on="R8.11.19")
    entered = await entries.enter(town_tx, TOWN, builders.new_id(), form, reasons={}, by=CLERK)
    with pytest.raises(errors.AlertNeedsReasonError) as refusal:
        await entries.submit(town_tx, TOWN, entered.entry.id, by=CLERK)
    assert [e["code"] for e in refusal.value.facts["errors"]] == ["head-leaves"]  # type: ignore[attr-defined]


async def test_departure_runs_from_plan_over_day_to_confirmation(
    town_tx: Tx,
    home: tuple[Resident, ...],
    entries: Entries,
    register: TownRegister,
    clock: FixedClock,
) -> None:
    form = forms.MoveOut(
        resident_ids=tuple(row.id for row in home),
        occurred_on="R8.11.25",
        destination=OTHER_TOWN,
        destination_address="千代田一丁目1番",
        special=True,
    )
    number = await record(town_tx, entries, form)
    (fact,) = await register.facts_after(town_tx, TOWN, number - 1, 10)
    assert fact.changes == ()
    assert set(fact.departing) == {row.juki_code for row in home}
    assert fact.planned_on == date(2026, 11, 25)
    sent = await register.departure_certificate(town_tx, TOWN, home[1].juki_code)
    assert (len(sent.people), sent.head, sent.number) == (4, "見本　太郎", number)
    assert await register.apply_due(town_tx, TOWN, date(2026, 11, 24)) == []
    clock.instant += timedelta(days=5)
    assert await register.apply_due(town_tx, TOWN, date(2026, 11, 25)) == [number + 1]
    assert await register.apply_due(town_tx, TOWN, date(2026, 11, 25)) == []
    (fact,) = await register.facts_after(town_tx, TOWN, number, 10)
    assert fact.kind is EventKind.DEPARTURE
    assert fact.reason == "D01"
    assert len(fact.changes) == 4
    assert all(change.after is None for change in fact.changes)
    notice = ArrivalNotice(
        juki_code=home[0].juki_code.reveal(),
        municipality=OTHER_TOWN,
        address="千代田一丁目1番",
        moved_on=date(2026, 11, 26),
        told_at=clock.now(),
    )
    assert await register.confirm_departure(town_tx, TOWN, notice) == number + 2
    assert await register.confirm_departure(town_tx, TOWN, notice) is None
    (fact,) = await register.facts_after(town_tx, TOWN, number + 1, 10)
    assert fact.changes == ()


async def test_a_special_move_in_needs_the_certificate_and_reuses_the_line(
    town_tx: Tx,
    home: tuple[Resident, ...],
    entries: Entries,
    register: TownRegister,
    people: People,
    clock: FixedClock,
) -> None:
    leaver = home[2]
    out = forms.MoveOut(
        resident_ids=(leaver.id,), occurred_on="R8.11.20", destination=OTHER_TOWN, special=True
    )
    await record(town_tx, entries, out)
    sent = await register.departure_certificate(town_tx, TOWN, leaver.juki_code)
    clock.instant += timedelta(days=3)
    back = forms.MoveIn(
        occurred_on="R8.11.22",
        previous_municipality=OTHER_TOWN,
        special=True,
        household_id=home[0].household_id,
        people=(
            builders.person(
                name=leaver.name.text,
                kana=leaver.name.kana,
                birth_date=leaver.birth_date.code,
                relation="子",
                juki_code=leaver.juki_code.reveal(),
                my_number="",
            ),
        ),
    )
    with pytest.raises(errors.FormRefusedError, match="転出証明書情報"):
        await record(town_tx, entries, back)
    assert await register.receive_certificate(town_tx, TOWN, sent)
    assert not await register.receive_certificate(town_tx, TOWN, sent)
    received = await register.received_certificate(town_tx, TOWN, leaver.juki_code)
    assert received == sent
    await record(town_tx, entries, back)
    row = await people.person(town_tx, TOWN, leaver.id, by=CLERK)
    assert row.live
    assert (
        row.addressee_number
        == (await people.history(town_tx, TOWN, leaver.id, by=CLERK))[-1].row.addressee_number
    )
    assert row.my_number == leaver.my_number
    with pytest.raises(errors.FormRefusedError, match="1人に住民票は1つ"):
        await record(town_tx, entries, replace_special(back))


def replace_special(form: forms.MoveIn) -> forms.MoveIn:
    return forms.MoveIn(
        occurred_on=form.occurred_on,
        previous_municipality=form.previous_municipality,
        household_id=form.household_id,
        people=form.people,
    )


async def test_cancellation_stacks_a_reversal(
    town_tx: Tx,
    home: tuple[Resident, ...],
    entries: Entries,
    register: TownRegister,
    people: People,
) -> None:
    number = await record(
        town_tx, entries, forms.Death(resident_id=home[1].id, occurred_on="R8.11.19")
    )
    undo = forms.Cancellation(event_number=number, cause="人違い")
    undone = await record(town_tx, entries, undo)
    (fact,) = await register.facts_after(town_tx, TOWN, number, 10)
    assert (fact.number, fact.reason, fact.cancels) == (undone, "A09", number)
    versions = await people.history(town_tx, TOWN, home[1].id, by=CLERK)
    assert [(v.row.version, v.row.live) for v in versions] == [(3, True), (2, False), (1, True)]
    assert replace(versions[0].row, version=1) == replace(versions[2].row, version=1)
    with pytest.raises(errors.FormRefusedError, match="既に取り消されて"):
        await record(town_tx, entries, undo)


async def test_the_register_is_shown_as_of_a_day(
    town_tx: Tx,
    home: tuple[Resident, ...],
    entries: Entries,
    people: People,
    clock: FixedClock,
) -> None:
    clock.instant += timedelta(days=10)
    await record(
        town_tx,
        entries,
        forms.Death(resident_id=home[0].id, occurred_on="R8.11.29"),
        {"head-leaves": "届出を案内した"},
    )
    home_id = home[0].household_id
    now = await people.household(town_tx, TOWN, home_id, by=CLERK)
    then = await people.household(town_tx, TOWN, home_id, by=CLERK, as_of=date(2026, 11, 21))
    assert (len(now.members), len(now.removed), len(then.members)) == (3, 1, 4)
    assert now.household.head is None
    assert (await people.person(town_tx, TOWN, home[0].id, by=CLERK, as_of=date(2026, 11, 21))).live
    with pytest.raises(errors.UnknownResidentError):
        await people.person(town_tx, TOWN, home[0].id, by=CLERK, as_of=date(2026, 11, 1))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (Query(kana="みほん じろー"), ["見本　次郎"]),
        (Query(name="見本 三奈"), ["見本　三奈"]),
        (Query(given_kana="ハナコ"), ["見本　花子"]),
        (Query(kana="ミホン", birth_date="昭和60年5月1日"), ["見本　太郎"]),
        (Query(address="本町", sex="2", given_kana="ミナ"), ["見本　三奈"]),
        (Query(name="存在 しない"), []),
    ],
)
async def test_search_finds_by_sound_name_and_date(
    town_tx: Tx, home: tuple[Resident, ...], people: People, query: Query, expected: list[str]
) -> None:
    found = await people.search(town_tx, TOWN, query, reason="窓口での確認", by=CLERK)
    assert [hit.name for hit in found.hits] == expected


async def test_search_by_number_and_past_name_leaves_an_audit_row(
    town_tx: Tx, home: tuple[Resident, ...], people: People, entries: Entries
) -> None:
    code = Query(juki_code=home[1].juki_code.reveal())
    found = await people.search(town_tx, TOWN, code, reason="確認", by=CLERK)
    assert [hit.resident_id for hit in found.hits] == [home[1].id]
    rename = forms.NameCorrection(
        resident_id=home[1].id, occurred_on="R8.11.19", name="例示 花子", kana="れいじ はなこ"
    )
    await record(town_tx, entries, rename)
    past = Query(kana="ミホン ハナコ", past=True)
    found = await people.search(town_tx, TOWN, past, reason="確認", by=CLERK)
    assert [(hit.name, hit.past) for hit in found.hits] == [("例示　花子", True)]
    with pytest.raises(errors.SearchTooWideError):
        await people.search(town_tx, TOWN, Query(), reason="確認", by=CLERK)
    with pytest.raises(errors.SearchTooWideError):
        await people.search(town_tx, TOWN, code, reason="", by=CLERK)
    asked = await fetch_value(
        town_tx,
        "select count(*) from infra.audit where action = 'register.resident.search'",
    )
    assert asked == 2


async def test_numbers_are_sealed_and_shown_for_a_reason(
    town_tx: Tx, home: tuple[Resident, ...], people: People
) -> None:
    everything = await fetch_value(
        town_tx, "select string_agg(r::text, ' ') from register.resident as r"
    )
    for row in home:
        assert row.juki_code.reveal() not in everything
        assert row.juki_code.reveal().encode().hex() not in everything
    shown = await people.reveal(town_tx, TOWN, home[0].id, reason="本人の請求", by=CLERK)
    assert shown == (home[0].juki_code, home[0].my_number)


async def test_codes_are_taken_in_once(town_tx: Tx, register: TownRegister) -> None:
    codes = [builders.juki_code() for _ in range(3)]
    assert await register.add_juki_codes(town_tx, TOWN, codes, "b1") == 3
    assert await register.add_juki_codes(town_tx, TOWN, codes, "b1") == 0
    with pytest.raises(errors.StockRefusedError):
        await register.add_juki_codes(town_tx, TOWN, codes[:1], "b2")
    with pytest.raises(errors.StockRefusedError):
        await register.add_juki_codes(town_tx, TOWN, [builders.juki_code()], "b1")
    assert await register.is_stock_low(town_tx, TOWN)


async def test_another_town_sees_nothing(
    town_tx: Tx, home: tuple[Resident, ...], people: People
) -> None:
    await town_tx.execute("select set_config('jichitai.town', %s, true)", (OTHER_TOWN,))
    for table in ("resident", "resident_history", "event", "household", "juki_code_pool"):
        assert await fetch_value(town_tx, f"select count(*) from register.{table}") == 0
    with pytest.raises(errors.UnknownResidentError):
        await people.person(town_tx, TOWN, home[0].id, by=CLERK)


async def test_an_unknown_code_in_an_arrival_notice_is_refused(
    town_tx: Tx, home: tuple[Resident, ...], register: TownRegister, clock: FixedClock
) -> None:
    notice = ArrivalNotice(
        juki_code=JukiCode.from_body(1234567890).reveal(),
        municipality=OTHER_TOWN,
        address="千代田1番",
        moved_on=date(2026, 11, 20),
        told_at=clock.now(),
    )
    with pytest.raises(errors.UnknownResidentError):
        await register.confirm_departure(town_tx, TOWN, notice)
    assert notice.juki_code not in repr(notice)
