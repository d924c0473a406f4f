"""Disclosure: the resident sees every shown record with a proof, and nobody sees another's."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

import psycopg
import pytest

from jichitai.infra.audit import SYSTEM
from jichitai.infra.clock import FixedClock
from jichitai.infra.database import Database
from jichitai.infra.keys import Keys
from jichitai.infra.migrate import OWNER
from jichitai.infra.outbox import Outbox
from jichitai.infra.transparency import proof, verifier
from jichitai.infra.transparency.errors import LogDamagedError
from jichitai.jukinet import tree_heads
from jichitai.jukinet.affairs import KeyKind
from jichitai.jukinet.disclosure import errors, model, service, store
from jichitai.jukinet.disclosure.model import InquiryKind
from jichitai.jukinet.disclosure.service import Wanted
from jichitai.jukinet.provision.model import Reason
from jichitai.jukinet.provision.service import Asker, Person, Provision, Sought, Stated
from tests.conftest import Cluster
from tests.jukinet.provision_people import Somebody, register_bodies, settle

HANAKO = Somebody(serial=1)
OTHER = Somebody(serial=2, name="別の\u3000人", kana="ベツノ\u3000ヒト")
NENKIN, GAIMU, SHI = (Asker(organ, "op-1") for organ in ("nenkin", "gaimu", "shi"))
PENSION = Stated("T1-77", Reason.SURVIVAL, "R-1")
PASSPORT = Stated("T1-41", Reason.APPLICATION, "A-1")
TAX = Stated("U12", Reason.TAX, "Z-1")
BY_NAME = Sought(person=Person("見本 花子", "1985-05-01"))


@dataclass
class Office:
    database: Database
    provision: Provision
    clock: FixedClock
    keys: Keys

    async def page(self, wanted: Wanted | None = None, somebody: Somebody = HANAKO) -> service.Page:
        async with self.database.transaction() as tx:
            return await service.page_of(
                tx, somebody.person_id, wanted or Wanted(), on=self.clock.today()
            )

    async def proof(self, receipt: str, somebody: Somebody = HANAKO) -> bytes:
        async with self.database.transaction() as tx:
            made = await service.proof_of(
                tx, somebody.person_id, receipt, self.keys, on=self.clock.today()
            )
        return proof.encode(made)


@pytest.fixture
async def office(nation_database: Database, keys: Keys, clock: FixedClock) -> AsyncIterator[Office]:
    async with nation_database.transaction() as tx:
        await register_bodies(tx, clock)
        await settle(tx, keys, HANAKO, OTHER)
    provision = Provision(nation_database, keys, clock)
    await provision.start()
    yield Office(nation_database, provision, clock, keys)
    await provision.close()


async def test_the_resident_sees_who_asked_newest_first_and_nobody_else_does(
    office: Office,
) -> None:
    await office.provision.ask(NENKIN, PENSION, Sought(number=HANAKO.number))
    office.clock.instant += timedelta(minutes=1)
    await office.provision.ask(GAIMU, PASSPORT, BY_NAME)
    await office.provision.ask(NENKIN, PENSION, Sought(number=OTHER.number))
    page = await office.page()
    assert [(one.organ_name, one.affair.id) for one in page.shown] == [
        ("外務省", "T1-41"),
        ("日本年金機構", "T1-77"),
    ]
    assert page.next_mark is None
    receipts = {one.entry.receipt for one in page.shown}
    (others,) = (await office.page(somebody=OTHER)).shown
    assert others.entry.receipt not in receipts
    with pytest.raises(errors.NoSuchEntryError):
        await office.proof(others.entry.receipt)
    only = await office.page(Wanted(organ_id="gaimu"))
    assert [one.organ_name for one in only.shown] == ["外務省"]


async def test_pages_of_a_hundred_follow_each_other(office: Office) -> None:
    for number in range(3):
        office.clock.instant += timedelta(days=20)
        await office.provision.ask_numbers(
            NENKIN, PENSION, KeyKind.NUMBER, [HANAKO.number] * 84, f"B-{number}"
        )
    seen: list[str] = []
    mark = None
    sizes = []
    while True:
        page = await office.page(Wanted(mark=mark))
        seen += [one.entry.receipt for one in page.shown]
        sizes.append(len(page.shown))
        mark = page.next_mark
        if mark is None:
            break
    assert sizes == [100, 100, 52]
    assert len(set(seen)) == 252
    assert [int(one.partition("-")[2]) for one in seen] == list(range(251, -1, -1))
    month = await office.page(Wanted(since=date(2026, 12, 1), until=date(2026, 12, 31)))
    assert len(month.shown) == 100
    with pytest.raises(errors.InvalidPeriodError):
        await office.page(Wanted(since=date(2026, 12, 2), until=date(2026, 12, 1)))
    with pytest.raises(errors.InvalidPeriodError):
        await office.page(Wanted(mark="x"))


async def test_a_proof_holds_alone_and_every_later_head_keeps_it(office: Office) -> None:
    for place in range(300):
        if place % 100 == 0:
            await office.provision.ask(NENKIN, PENSION, Sought(number=HANAKO.number))
        await office.provision.ask(NENKIN, PENSION, Sought(number=OTHER.number))
    keys = f"{tree_heads.verifier_key(office.keys)}\n"
    for one in (await office.page()).shown:
        content = await office.proof(one.entry.receipt)
        held = verifier.check_proof(content, keys)
        assert held["record"]["person"] == str(HANAKO.person_id)
        assert held["index"] == one.entry.log_index
        assert "操作" not in content.decode()


async def test_a_record_changed_in_the_database_is_found_and_named(
    office: Office, cluster: Cluster
) -> None:
    await office.provision.ask(NENKIN, PENSION, Sought(number=HANAKO.number))
    (shown,) = (await office.page()).shown
    name = str(office.database.pool.conninfo).partition("dbname=")[2].split()[0]
    async with await psycopg.AsyncConnection.connect(cluster.dsn(name, OWNER)) as owner:
        await owner.execute("update jukinet.provision set affair_id = 'T1-74'")
    with pytest.raises(LogDamagedError) as refusal:
        await office.proof(shown.entry.receipt)
    assert refusal.value.facts["check"] == "transparency.root-mismatch"


async def test_the_app_role_cannot_change_or_delete_a_record(office: Office) -> None:
    await office.provision.ask(NENKIN, PENSION, Sought(number=HANAKO.number))
    for query in (
        "update jukinet.provision set affair_id = 'T1-74'",
        "delete from jukinet.provision",
        "delete from jukinet.provision_group",
        "delete from transparency.tile",
        "update transparency.tree_head set size = 0",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            async with office.database.transaction() as tx:
                await tx.execute(query)


async def test_a_tax_enquiry_appears_when_its_delay_is_over(office: Office) -> None:
    await office.provision.ask(SHI, TAX, BY_NAME)
    await office.provision.ask(GAIMU, PASSPORT, BY_NAME)
    assert [one.affair.id for one in (await office.page()).shown] == ["T1-41"]
    with pytest.raises(errors.NoSuchEntryError):
        await office.proof("202611-0")
    office.clock.instant += timedelta(days=364)
    assert len((await office.page()).shown) == 1
    office.clock.instant += timedelta(days=1)
    assert len((await office.page()).shown) == 2
    await office.proof("202611-0")


def test_the_two_forms_of_the_delay_agree() -> None:
    on = date(2026, 11, 20)
    for days in (0, 1, 364, 365, 366):
        provided = on - timedelta(days=days)
        assert model.is_hidden("U12", "tax", provided, on) == (days < 365)
    assert not model.is_hidden("T1-41", "tax", on, on)


async def test_an_inquiry_has_a_clock_of_30_days(office: Office) -> None:
    await office.provision.ask(GAIMU, PASSPORT, BY_NAME)
    clock, keys = office.clock, office.keys
    async with office.database.transaction() as tx:
        made = await service.inquire(
            tx,
            HANAKO.person_id,
            InquiryKind.UNKNOWN_PROVISION,
            " 旅券は申請していません ",
            receipt="202611-0",
            keys=keys,
            clock=clock,
            by=SYSTEM,
        )
        assert made.due_on == date(2026, 12, 20)
        assert "旅券".encode() not in made.words
        with pytest.raises(errors.InvalidExtensionError):
            await service.extend(
                tx, made.inquiry_id, date(2026, 12, 20), "調査", by=SYSTEM, clock=clock
            )
        await service.extend(
            tx, made.inquiry_id, date(2027, 1, 19), "相手機関の調査", by=SYSTEM, clock=clock
        )
        assert [one.inquiry_id for one in await store.open_inquiries(tx, 10)] == [made.inquiry_id]
        await service.answer(
            tx, made.inquiry_id, "誤った照会でした", keys=keys, by=SYSTEM, clock=clock
        )
        (stored,) = await store.inquiries_of(tx, HANAKO.person_id)
        assert service.words_of(stored, keys) == ("旅券は申請していません", "誤った照会でした")
        assert (stored.extended_on, stored.log_index) == (date(2027, 1, 19), 0)
        with pytest.raises(errors.InquiryAnsweredError):
            await service.answer(tx, made.inquiry_id, "再", keys=keys, by=SYSTEM, clock=clock)
    async with office.database.transaction() as tx:
        with pytest.raises(errors.NoSuchEntryError):
            await service.inquire(
                tx,
                OTHER.person_id,
                InquiryKind.UNKNOWN_PROVISION,
                "だれ",
                receipt="202611-0",
                keys=keys,
                clock=clock,
                by=SYSTEM,
            )


async def test_counts_follow_the_log_and_reach_the_ministry(
    office: Office, ministry_database: Database, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "GROUPS", 5)
    for _ in range(3):
        await office.provision.ask(GAIMU, PASSPORT, BY_NAME)
    nobody = replace(BY_NAME, person=Person("だれか", "1999-01-01"))
    await office.provision.ask(GAIMU, PASSPORT, nobody)
    await office.provision.ask_numbers(NENKIN, PENSION, KeyKind.NUMBER, [HANAKO.number] * 50, "B-1")
    first, end = model.fiscal_months(2026)
    async with office.database.transaction() as tx:
        assert (await service.counts(tx, first, end)).provided == 0
        assert await service.roll_up(tx)  # a full stretch: more may wait
    await office.provision.ask(GAIMU, PASSPORT, BY_NAME)
    async with office.database.transaction() as tx:
        assert not await service.roll_up(tx)  # counted, and nothing waits
        assert not await service.roll_up(tx)
        counted = await service.counts(tx, first, end)
        assert [(row.affair_id, row.result, row.provided) for row in counted.rows] == [
            ("T1-41", "hit", 4),
            ("T1-41", "none", 1),
            ("T1-77", "hit", 50),
        ]
        assert (counted.provided, counted.attachments_saved, counted.up_to_index) == (55, 4, 55)
        assert await service.report(tx, outbox, office.clock, first, end) == 3
        cursor = await tx.execute("select kind, receiver from infra.outbox")
        assert await cursor.fetchall() == [("P01", "ministry")]


def test_assumptions_are_stated_with_the_data() -> None:
    assert all(rule.certainty == "assumption" and rule.basis for rule in model.delays())
    assert {one.id for one in model.measures()} == {"attachments-saved", "provisions"}
    assert json.dumps(model.DELAY_SENTENCE)
