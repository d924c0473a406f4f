"""The tiers wired together without a broker: what stands in an outbox is handed to its receiver.

Signing, verifying, numbering, high-water marks and quarantine are the real ones.
"""

from collections.abc import Callable
from datetime import UTC, datetime

from jichitai.infra import links
from jichitai.infra.broker import Broker
from jichitai.infra.clock import Clock
from jichitai.infra.database import Database
from jichitai.infra.inbox import Outcome
from jichitai.infra.keys import Keys
from jichitai.infra.messages import public_jwk
from jichitai.infra.outbox import Outbox
from jichitai.infra.receiver import Receiver
from jichitai.jukinet.network.load.service import export_identity, load_identity
from jichitai.jukinet.network.scope import Scope
from jichitai.jukinet.node import Node
from jichitai.jukinet.numbers import service as numbers
from jichitai.jukinet.worker import (
    TownWorker,
    nation_handlers,
    prefecture_handlers,
    town_handlers,
)
from jichitai.kernel.parties import NATION, Party, Tier
from jichitai.register.model.resident import Resident
from jichitai.register.service.initial import load_initial
from jichitai.register.service.network import TownRegister
from tests import builders
from tests.conftest import public_keys
from tests.outgoing import Frames, outgoing

TIERS = (Tier.TOWN, Tier.PREFECTURE, Tier.NATION)


class Wires:
    """A town database, a prefecture's and the nation's, and the messages between them."""

    def __init__(self, databases: dict[Tier, Database], keys: Keys, clock: Clock) -> None:
        self.databases = databases
        self.keys = keys
        self.node = Node(keys, Outbox(keys.network, clock), clock)
        self.register = TownRegister(keys, clock)
        self.worker = TownWorker(databases[Tier.TOWN], self.node, self.register)
        handlers = {
            Tier.TOWN: town_handlers(self.node, self.register),
            Tier.PREFECTURE: prefecture_handlers(self.node),
            Tier.NATION: nation_handlers(self.node),
        }
        self.receivers = {
            tier: Receiver(
                tier, databases[tier], Broker.__new__(Broker), keys, handlers[tier], clock
            )
            for tier in TIERS
        }

    async def outgoing(self) -> Frames:
        """Signed frames of everything that may leave, and forget it as confirmed."""
        return await outgoing(self.databases, TIERS, self.keys, datetime(2026, 11, 20, tzinfo=UTC))

    async def deliver(self, frames: Frames) -> list[Outcome]:
        """Hand frames to their receivers, in the order given."""
        served = [(tier, frame) for tier, frame in frames if tier in self.receivers]
        return [await self.receivers[tier].accept([frame]) for tier, frame in served]

    async def flow(self, change: Callable[[Frames], Frames] = lambda frames: frames) -> int:
        """Derive, send and receive until nothing moves; returns how many messages had effect."""
        applied = 0
        for _ in range(100):
            await self.worker.derive_pending()
            await self._release()
            frames = await self.outgoing()
            if not frames:
                return applied
            applied += sum(outcome.applied for outcome in await self.deliver(change(frames)))
        raise AssertionError("messages go round and round")

    async def _release(self) -> None:
        for tier, receiver in self.receivers.items():
            towns = tier is Tier.TOWN
            async with self.databases[tier].transaction(all_towns=towns) as tx:
                waiting = await links.receivers_with_held(tx)
            await receiver.release(waiting)

    async def rows(self, tier: Tier, query: str, *parameters: object) -> list[tuple[object, ...]]:
        towns = tier is Tier.TOWN
        async with self.databases[tier].transaction(all_towns=towns) as tx:
            return await (await tx.execute(query.encode(), parameters)).fetchall()


async def settle_family(wires: Wires, size: int = 4) -> tuple[Resident, ...]:
    """A family in the first test town, known at every level, with codes in the town's stock."""
    rows = builders.family(size)
    async with wires.databases[Tier.TOWN].transaction(town=builders.TOWN) as tx:
        await load_initial(
            tx, builders.TOWN, builders.initial(rows), keys=wires.keys, clock=wires.node.clock
        )
    async with wires.databases[Tier.NATION].transaction() as tx:
        for town in (builders.TOWN, builders.OTHER_TOWN):
            await numbers.allot_codes(tx, wires.node, town, 300)
    await wires.flow()
    await load_everywhere(wires, builders.TOWN)
    return rows


async def load_everywhere(wires: Wires, town: str) -> None:
    """Take the town's identity file in at its prefecture and the nation."""
    async with wires.databases[Tier.TOWN].transaction(town=town) as tx:
        file = await export_identity(tx, wires.node, town)
    public = {
        key.kid: (str(key.party), public_jwk(key.public_key)) for key in public_keys(wires.keys)
    }
    for tier, party in ((Tier.PREFECTURE, Party.prefecture(town[:2])), (Tier.NATION, NATION)):
        async with wires.databases[tier].transaction() as tx:
            await load_identity(tx, Scope.of(party), wires.node, file, public)
