"""切断: one town is held back, the others go on, and everything flows in order on return."""

import pytest

from jichitai.infra.audit import Actor
from jichitai.jukinet.errors import (
    LinkStateError,
    SamePersonError,
    UnknownRequestError,
    UnknownTownError,
    WrongOriginError,
    WrongTownNameError,
)
from jichitai.jukinet.links import service
from jichitai.jukinet.messages import L01
from jichitai.jukinet.network.scope import NATIONAL, Scope
from jichitai.kernel.parties import Party, Tier
from jichitai.register.model import forms
from tests.builders import OTHER_TOWN, TOWN
from tests.jukinet.network_builders import NOW, received
from tests.jukinet.test_town import nation, record
from tests.jukinet.wires import Wires, settle_family

ONE, TWO = Actor("operator", "operator-1"), Actor("operator", "operator-2")


async def switch(wires: Wires, action: service.Action) -> None:
    async with wires.databases[Tier.NATION].transaction() as tx:
        await service.request(tx, wires.node, NATIONAL, TOWN, action, reason="不審な通信", by=ONE)
    async with wires.databases[Tier.NATION].transaction() as tx:
        await service.confirm(tx, wires.node, NATIONAL, TOWN, typed_name="札幌市", by=TWO)


async def test_a_cut_town_is_held_back_and_everything_flows_on_return(wires: Wires) -> None:
    home = await settle_family(wires)
    await record(wires, forms.Death(resident_id=home[2].id, occurred_on="R8.11.18"))
    await wires.worker.derive_pending()
    on_the_way = await wires.outgoing()
    await switch(wires, "cut")
    await wires.deliver(on_the_way)
    await wires.flow()
    links = "select party, state from infra.link"
    for tier in (Tier.TOWN, Tier.PREFECTURE, Tier.NATION):
        assert await wires.rows(tier, links) == [(f"town-{TOWN}", "cut")]
    assert {row[1] for row in await nation(wires)} == {"live"}, "held back at the nation"
    await record(wires, forms.Death(resident_id=home[3].id, occurred_on="R8.11.19"))
    await wires.flow()
    waiting = "select count(*) from infra.outbox where kind = 'M01' and published_at is null"
    assert await wires.rows(Tier.TOWN, waiting) == [(1,)], "the town does not send"
    await record(
        wires,
        forms.MoveInAbroad(
            occurred_on="R8.11.19",
            people=(newcomer(),),
            place=forms.Place(town="丸の内一丁目", lot="1番"),
            country="フランス",
        ),
        OTHER_TOWN,
    )
    await wires.flow()
    assert (OTHER_TOWN, "live") in [row[:2] for row in await nation(wires)], "others go on"
    await switch(wires, "return")
    await wires.flow()
    assert [row[1] for row in await nation(wires)].count("removed") == 2
    assert await wires.rows(Tier.NATION, "select count(*) from infra.held") == [(0,)]
    assert await wires.rows(Tier.NATION, "select count(*) from infra.quarantine") == [(0,)]
    await wires.worker.send_digests()
    await wires.flow()
    assert await wires.rows(Tier.NATION, "select distinct state from jukinet.digest_state") == [
        ("equal",)
    ]


def newcomer() -> forms.Person:
    return forms.Person(
        name="例示 一郎",
        kana="れいじ いちろう",
        birth_date="H2.1.1",
        sex="1",
        relation="世帯主",
    )


async def test_the_cut_needs_two_people_and_the_name(wires: Wires) -> None:
    async with wires.databases[Tier.NATION].transaction() as tx:
        with pytest.raises(UnknownRequestError):
            await service.confirm(tx, wires.node, NATIONAL, TOWN, typed_name="札幌市", by=TWO)
        await service.request(tx, wires.node, NATIONAL, TOWN, "cut", reason="試験", by=ONE)
        with pytest.raises(LinkStateError):
            await service.request(tx, wires.node, NATIONAL, TOWN, "cut", reason="試験", by=TWO)
        with pytest.raises(SamePersonError):
            await service.confirm(tx, wires.node, NATIONAL, TOWN, typed_name="札幌市", by=ONE)
        with pytest.raises(WrongTownNameError):
            await service.confirm(tx, wires.node, NATIONAL, TOWN, typed_name="函館市", by=TWO)
        await service.withdraw(tx, wires.node, NATIONAL, TOWN, by=ONE)
        with pytest.raises(UnknownRequestError):
            await service.withdraw(tx, wires.node, NATIONAL, TOWN, by=ONE)
        await service.request(tx, wires.node, NATIONAL, TOWN, "cut", reason="試験", by=ONE)
        await service.confirm(tx, wires.node, NATIONAL, TOWN, typed_name="北海道 札幌市", by=TWO)
        with pytest.raises(LinkStateError):
            await service.request(tx, wires.node, NATIONAL, TOWN, "cut", reason="再度", by=ONE)


async def test_what_cannot_be_cut(wires: Wires) -> None:
    async with wires.databases[Tier.PREFECTURE].transaction() as tx:
        hokkaido = Scope.of(Party.prefecture("01"))
        for code in (OTHER_TOWN, "999999", "010006"):
            with pytest.raises(UnknownTownError):
                await service.request(tx, wires.node, hokkaido, code, "cut", reason="x", by=ONE)
        with pytest.raises(LinkStateError):
            await service.request(tx, wires.node, hokkaido, TOWN, "return", reason="x", by=ONE)
        with pytest.raises(WrongTownNameError):
            await service.request(tx, wires.node, hokkaido, TOWN, "cut", reason=" ", by=ONE)


async def test_only_the_nation_and_the_own_prefecture_may_tell_of_a_cut(wires: Wires) -> None:
    body = L01(municipality=TOWN, state="cut", reason="偽", asked_by="x", confirmed_by="y", at=NOW)
    async with wires.databases[Tier.NATION].transaction() as tx:
        for origin in (Party.town(OTHER_TOWN), Party.prefecture("13")):
            with pytest.raises(WrongOriginError):
                await service.receive(tx, [received(body, origin=origin)])
        strange = received(body, origin=Party.prefecture("01"), receiver=Party.town(OTHER_TOWN))
        with pytest.raises(WrongOriginError):
            await service.receive(tx, [strange])
