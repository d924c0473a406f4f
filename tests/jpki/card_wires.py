"""Towns and the nation with their certificate authorities, wired together without a broker."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from jichitai.infra.broker import Broker
from jichitai.infra.clock import Clock, FixedClock
from jichitai.infra.database import Database
from jichitai.infra.inbox import Handlers
from jichitai.infra.keys import Keys
from jichitai.infra.receiver import Receiver
from jichitai.jpki.authority.keys import spki
from jichitai.jpki.counter.access import writings_of
from jichitai.jpki.counter.bodies import KeysMade
from jichitai.jpki.counter.service.told import Told
from jichitai.jpki.kinds import CertificateKind
from jichitai.jpki.lifecycle.handlers import nation_handlers as certificate_handlers
from jichitai.jpki.lifecycle.watching import Watcher
from jichitai.jpki.messages import KeyRequest, ObjectHashes
from jichitai.jukinet.node import Node
from jichitai.jukinet.worker import nation_handlers, town_handlers
from jichitai.kernel.dates import JST
from jichitai.kernel.parties import Tier
from jichitai.register.model.resident import Resident
from jichitai.register.service.initial import load_initial
from tests import builders
from tests.conftest import Cluster, fresh_database
from tests.jpki.pki import MemoryVault, rsa_key, set_up_nation
from tests.jukinet.wires import Wires, load_everywhere

CHIP = "1234567890128"
_HASH = sha256(b"object").digest()
HASHES = ObjectHashes(number=_HASH, items=_HASH, birth=_HASH, front=_HASH, back=_HASH)


class CardWires(Wires):
    """The network's wires with the handlers of certificates beside its own."""

    def __init__(self, databases: dict[Tier, Database], keys: Keys, clock: Clock) -> None:
        super().__init__(databases, keys, clock)
        self.vault = MemoryVault()
        self.writings = writings_of(keys, clock)
        nation = Node(keys, self.node.outbox, clock, watchers=(Watcher(self.node),))
        self._replace(
            Tier.NATION, {**nation_handlers(nation), **certificate_handlers(nation, self.vault)}
        )
        told = Told(self.writings).handlers
        self._replace(Tier.TOWN, {**town_handlers(self.node, self.register), **told})

    def _replace(self, tier: Tier, handlers: Handlers) -> None:
        self.receivers[tier] = Receiver(
            tier,
            self.databases[tier],
            Broker.__new__(Broker),
            self.keys,
            handlers,
            self.node.clock,
        )


async def card_wires(
    databases: dict[Tier, Database], keys: Keys, clock: Clock, *people: Resident
) -> CardWires:
    """Wires after a key ceremony, with people in the first test town."""
    wires = CardWires(databases, keys, clock)
    async with databases[Tier.NATION].transaction() as tx:
        await set_up_nation(tx, keys, vault=wires.vault)
    async with databases[Tier.TOWN].transaction(town=builders.TOWN) as tx:
        await load_initial(tx, builders.TOWN, builders.initial(people), keys=keys, clock=clock)
    await wires.flow()
    await load_everywhere(wires, builders.TOWN)
    return wires


@asynccontextmanager
async def card_network(cluster: Cluster, keys: Keys, *people: Resident) -> AsyncIterator[CardWires]:
    """Databases of their own, and the wires between them; for a whole module."""
    clock = FixedClock(datetime(2026, 11, 20, 10, 0, tzinfo=JST))
    async with AsyncExitStack() as stack:
        databases = {
            tier: await stack.enter_async_context(fresh_database(cluster, tier, keys))
            for tier in (Tier.TOWN, Tier.PREFECTURE, Tier.NATION)
        }
        yield await card_wires(databases, keys, clock, *people)


def keys_made(
    request_id: UUID,
    *kinds: CertificateKind,
    chip_number: str = CHIP,
    name: str = "",
) -> KeysMade:
    """What a terminal sends; the same name gives the same keys."""
    return KeysMade(
        chip_number=chip_number,
        challenge=b"0123456789abcdef",
        keys=tuple(_request(kind, request_id, name) for kind in kinds or tuple(CertificateKind)),
        objects=HASHES,
    )


def _request(kind: CertificateKind, request_id: UUID, name: str) -> KeyRequest:
    key = rsa_key(f"chip-{kind}-{name}")
    public = spki(key.public_key())
    proof = key.sign(request_id.bytes + public, PKCS1v15(), SHA256())
    return KeyRequest(kind=kind, public_key=public, proof=proof)
