"""A version travels from the ministry over a prefecture to its towns, with the ministry's signature."""

from dataclasses import replace
from datetime import date

from jichitai.infra.audit import Actor
from jichitai.infra.broker import Broker
from jichitai.infra.keys import Keys
from jichitai.infra.receiver import Receiver
from jichitai.kernel.parties import Tier
from jichitai.security.guideline import builtin, service
from jichitai.security.guideline.service import OFFICE, Guideline, handlers
from tests.conftest import TOWN, Cluster, fresh_database
from tests.outgoing import outgoing
from tests.security.upper_wires import UPPER, Upper, upper

BY = Actor("staff", "officer-1", "担当", frozenset())
NEWEST = builtin.newest()
NEXT = replace(
    NEWEST,
    version="R9.3",
    published_on=date(2027, 3, 30),
    official=True,
    source="総務省",
    items=(replace(NEWEST.items[0], title="目的と理由"), *NEWEST.items[1:]),
    revisions=(),
)


async def flow(wires: Upper, receivers: dict[Tier, Receiver]) -> int:
    refused = 0
    while frames := await outgoing(wires.databases, UPPER, wires.keys, wires.clock.now()):
        for tier, frame in frames:
            if tier in receivers:
                refused += (await receivers[tier].accept([frame])).refused
    return refused


async def test_a_published_version_reaches_prefectures_and_towns(
    cluster18: Cluster, keys: Keys
) -> None:
    async with (
        upper(cluster18, keys) as wires,
        fresh_database(cluster18, Tier.TOWN, keys) as towns,
    ):
        databases = wires.databases | {Tier.TOWN: towns}
        work = handlers(wires.clock, wires.outbox)
        receivers = {
            tier: Receiver(tier, databases[tier], Broker.__new__(Broker), keys, work, wires.clock)
            for tier in (Tier.PREFECTURE, Tier.TOWN)
        }
        async with wires.databases[Tier.MINISTRY].transaction() as tx:
            ministry = Guideline(wires.clock, wires.outbox)
            await ministry.take_in(tx, OFFICE, NEXT, by=BY)
            assert await ministry.publish(tx, "R9.3", by=BY) == 3  # those whose keys are known
        assert await flow(wires, receivers) == 0
        for tier, code in ((Tier.PREFECTURE, "010006"), (Tier.TOWN, TOWN)):
            async with databases[tier].transaction(town=code, read_only=True) as tx:
                assert (await service.current(tx)).version == "R9.3"
                assert await service.stale_items(tx, "R8.3", "R9.3") == {NEXT.items[0].id}
