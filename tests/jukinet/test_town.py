"""Events of the register become messages, and messages become events; end to end."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from jichitai.infra.audit import Actor
from jichitai.infra.clock import FixedClock
from jichitai.infra.database import Database, fetch_value
from jichitai.jukinet.town import service
from jichitai.jukinet.town.model import certificate_body, certificate_of
from jichitai.kernel.parties import Tier
from jichitai.register.model import forms
from jichitai.register.model.forms import Form
from jichitai.register.model.reasons import Basis
from jichitai.register.model.resident import Resident
from jichitai.register.service.entries import Entries
from tests import builders
from tests.builders import APPROVER, CLERK, OTHER_TOWN, TOWN
from tests.jukinet.wires import Wires, settle_family
from tests.outgoing import Frames

BY = Actor("staff", "clerk-1")


async def record(wires: Wires, form: Form, town: str = TOWN) -> int:
    """Enter, hand in, approve; alerts are answered."""
    entries = Entries(wires.keys, wires.node.clock)
    async with wires.databases[Tier.TOWN].transaction(town=town) as tx:
        decision, _ = await entries.assess(tx, town, form)
        reasons = {finding.code: "確認しました" for finding in decision.findings}
        entered = await entries.enter(tx, town, builders.new_id(), form, reasons=reasons, by=CLERK)
        entry = await entries.submit(tx, town, entered.entry.id, by=CLERK)
        return await entries.approve(tx, town, entry.id, revision=entry.revision, by=APPROVER)


async def nation(wires: Wires) -> list[tuple[object, ...]]:
    return await wires.rows(
        Tier.NATION,
        "select municipality, state, name, number_hash is not null from jukinet.person"
        " order by name, municipality",
    )


async def quarantined(wires: Wires) -> list[tuple[object, ...]]:
    found: list[tuple[object, ...]] = []
    for tier in (Tier.TOWN, Tier.PREFECTURE, Tier.NATION):
        found += await wires.rows(tier, "select kind, reason_type, reason from infra.quarantine")
    return found


def birth(home: tuple[Resident, ...]) -> forms.Birth:
    return forms.Birth(
        occurred_on="R8.11.18",
        household_id=home[0].household_id,
        person=forms.Person(name="見本 四葉", kana="みほん よつば", sex="2", relation="子"),
    )


def move_in(leavers: list[Resident]) -> forms.MoveIn:
    return forms.MoveIn(
        occurred_on="R8.11.20",
        people=tuple(
            builders.person(
                name=row.name.text.replace("　", " "),
                kana=row.name.kana.replace("　", " "),
                birth_date=row.birth_date.code,
                sex=row.sex.value,
                juki_code=row.juki_code.reveal(),
                my_number=row.my_number.reveal() if row.my_number else "",
                relation="世帯主" if place == 0 else "子",
            )
            for place, row in enumerate(leavers)
        ),
        place=builders.place(),
        previous_municipality=TOWN,
        previous_address="本町二丁目3番4号",
    )


async def test_a_birth_reaches_the_nation_and_its_number_comes_back(wires: Wires) -> None:
    home = await settle_family(wires)
    await record(wires, birth(home))
    await wires.flow()
    assert (TOWN, "live", "見本　四葉", True) in await nation(wires)
    assert await wires.rows(
        Tier.PREFECTURE, "select count(*) from jukinet.person where number_hash is not null"
    ) == await wires.rows(
        Tier.NATION, "select count(*) from jukinet.person where number_hash is not null"
    )
    assert await quarantined(wires) == []
    reasons = await wires.rows(
        Tier.NATION, "select net_reason from jukinet.person where name = '見本　四葉'"
    )
    assert reasons == [("N13",)]


async def test_a_move_between_towns_tells_the_departure_town(wires: Wires) -> None:
    home = await settle_family(wires)
    leaver = home[3]
    out = forms.MoveOut(
        resident_ids=(leaver.id,),
        occurred_on="R8.12.1",
        destination=OTHER_TOWN,
        destination_address="丸の内一丁目",
    )
    await record(wires, out)
    await wires.flow()
    assert all(row[0] == TOWN for row in await nation(wires)), "planned, nothing is sent"
    await record(wires, move_in([leaver]), OTHER_TOWN)
    await wires.flow()
    assert await quarantined(wires) == []
    assert [row[:2] for row in await nation(wires) if row[2] == leaver.name.text] == [
        (OTHER_TOWN, "live")
    ]
    removed = await wires.rows(
        Tier.PREFECTURE,
        "select state, net_reason from jukinet.person where prefecture = '01' and name = %s",
        leaver.name.text,
    )
    assert removed == [("removed", "N04")], "M02 made the departure earlier"
    assert await wires.rows(Tier.NATION, "select * from jukinet.other_residence") == []


async def test_a_repeated_arrival_notice_changes_nothing(wires: Wires) -> None:
    home = await settle_family(wires)
    out = forms.MoveOut(resident_ids=(home[3].id,), occurred_on="R8.12.1", destination=OTHER_TOWN)
    await record(wires, out)
    await wires.flow()
    await record(wires, move_in([home[3]]), OTHER_TOWN)
    kept: Frames = []

    def keep(frames: Frames) -> Frames:
        kept.extend(frames)
        return frames

    await wires.flow(keep)
    before = await nation(wires)
    outcomes = await wires.deliver(kept)
    assert {outcome.applied for outcome in outcomes} == {0}
    assert sum(outcome.repeated for outcome in outcomes) > 0
    await wires.flow()
    assert await nation(wires) == before


async def test_a_special_departure_sends_the_certificate_at_once(wires: Wires) -> None:
    home = await settle_family(wires)
    out = forms.MoveOut(
        resident_ids=(home[3].id,),
        occurred_on="R8.12.1",
        destination=OTHER_TOWN,
        destination_address="丸の内一丁目",
        special=True,
    )
    await record(wires, out)
    await wires.flow()
    assert await quarantined(wires) == []
    async with wires.databases[Tier.TOWN].transaction(town=OTHER_TOWN) as tx:
        kept = await wires.register.received_certificate(tx, OTHER_TOWN, home[3].juki_code)
    assert kept is not None
    assert kept.people[0].name == home[3].name.text
    assert certificate_of(certificate_body(kept)) == kept


async def test_the_arrival_town_asks_for_certificates(wires: Wires) -> None:
    home = await settle_family(wires)
    out = forms.MoveOut(resident_ids=(home[3].id,), occurred_on="R8.12.1", destination=OTHER_TOWN)
    await record(wires, out)
    await wires.flow()
    async with wires.databases[Tier.TOWN].transaction(town=OTHER_TOWN) as tx:
        codes = [home[3].juki_code, builders.juki_code()]
        await service.request_certificates(tx, wires.node, OTHER_TOWN, TOWN, codes, by=BY)
    await wires.flow()
    asked = await wires.rows(
        Tier.TOWN,
        "select answered_at is not null, refusal from jukinet.transfer_request"
        " where direction = 'asked'",
    )
    assert asked == [(True, "1人の転出届が見つかりません")]
    async with wires.databases[Tier.TOWN].transaction(town=OTHER_TOWN) as tx:
        assert await wires.register.received_certificate(tx, OTHER_TOWN, home[3].juki_code)


async def test_a_head_change_tells_the_network_nothing(wires: Wires) -> None:
    home = await settle_family(wires)
    form = forms.HeadChange(
        occurred_on="R8.11.19",
        household_id=home[0].household_id,
        new_head_id=home[1].id,
        relations={home[0].id: "夫", home[2].id: "子", home[3].id: "子"},
    )
    await record(wires, form)
    assert await wires.flow() == 0


async def test_a_cancelled_death_brings_the_person_back(wires: Wires) -> None:
    home = await settle_family(wires)
    number = await record(wires, forms.Death(resident_id=home[3].id, occurred_on="R8.11.19"))
    await wires.flow()
    name = home[3].name.text
    assert [row[1] for row in await nation(wires) if row[2] == name] == ["removed"]
    form = forms.Cancellation(
        event_number=number, cause="人違い", occurred_on="R8.11.20", basis=Basis.EX_OFFICIO
    )
    await record(wires, form)
    await wires.flow()
    assert [row[1] for row in await nation(wires) if row[2] == name] == ["live"]
    assert await quarantined(wires) == []


async def test_an_empty_stock_is_filled_once(wires: Wires) -> None:
    home = await settle_family(wires)
    await record(wires, birth(home))
    await wires.flow()
    asked = "select wanted, answered_at is not null from jukinet.code_request"
    assert await wires.rows(Tier.TOWN, asked) == [(500, True)]
    async with wires.databases[Tier.TOWN].transaction(town=TOWN) as tx:
        assert await wires.register.pool_size(tx, TOWN) == 300 + 500 - 1


async def test_a_departure_that_falls_due_is_sent_on_its_day(
    wires: Wires, clock: FixedClock
) -> None:
    home = await settle_family(wires)
    out = forms.MoveAbroad(resident_ids=(home[3].id,), occurred_on="R8.11.25", country="フランス")
    await record(wires, out)
    await wires.flow()
    later = FixedClock(clock.now() + timedelta(days=6))
    tomorrow = Wires(wires.databases, wires.keys, later)
    await tomorrow.worker.start_day()
    await tomorrow.flow()
    name = home[3].name.text
    assert [row[1] for row in await nation(wires) if row[2] == name] == ["removed"]


async def test_two_workers_send_every_event_once(wires: Wires, town_database: Database) -> None:
    home = await settle_family(wires)
    await record(wires, forms.Death(resident_id=home[3].id, occurred_on="R8.11.19"))
    async with wires.databases[Tier.TOWN].transaction(town=TOWN) as tx:
        assert await service.derive(tx, wires.node, wires.register, TOWN) == 1
    async with wires.databases[Tier.TOWN].transaction(town=TOWN) as tx:
        assert await service.derive(tx, wires.node, wires.register, TOWN) == 0
        sent = "select count(*) from infra.outbox where kind = 'M01' and published_at is null"
        assert await fetch_value(tx, sent) == 1


@pytest.mark.parametrize("forge", [lambda frame: frame[:-9] + b"AAAAAAAAA"], ids=["signature"])
async def test_a_forged_frame_is_kept_aside_and_has_no_effect(
    wires: Wires, forge: Callable[[bytes], bytes]
) -> None:
    home = await settle_family(wires)
    await record(wires, forms.Death(resident_id=home[3].id, occurred_on="R8.11.19"))
    await wires.worker.derive_pending()
    frames = await wires.outgoing()
    outcomes = await wires.deliver([(tier, forge(frame)) for tier, frame in frames])
    assert [outcome.applied for outcome in outcomes] == [0]
    assert [row[1] for row in await quarantined(wires)] == ["infra.forged-message"]
    assert len(await wires.deliver(frames)) == 1, "the true one still comes through"
    await wires.flow()
    assert "removed" in [row[1] for row in await nation(wires)]
