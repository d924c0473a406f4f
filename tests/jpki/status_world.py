"""A nation with authorities, responders and certificates, and its application, for status tests."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from uuid import UUID, uuid4

from litestar import Litestar
from litestar.di import Provide

from jichitai.infra.clock import Clock
from jichitai.infra.database import Database, Tx
from jichitai.infra.keys import Keys
from jichitai.infra.settings import Settings
from jichitai.jpki.authority import ledger, store
from jichitai.jpki.authority.errors import MissingVaultKeyError
from jichitai.jpki.authority.model import IssuedCertificate, Order
from jichitai.jpki.authority.profiles import AuthorityKind
from jichitai.jpki.authority.vault import Algorithm, VaultKey, make_key
from jichitai.jpki.kinds import CertificateKind, Medium
from jichitai.jpki.status.pages import TEMPLATES
from jichitai.jpki.status.publication import ROUTES
from jichitai.jpki.status.publisher import Publisher
from jichitai.jpki.status.record import Roots
from jichitai.jpki.status.responder import Responder
from jichitai.jpki.status.signers import VaultSigners
from jichitai.kernel.parties import Tier
from jichitai.web.app import create_app
from tests.jpki.pki import ITEMS, NOW, TOWN, Leaf, pki

KINDS = (AuthorityKind.SIGNING, AuthorityKind.USER_AUTH)
GENERATIONS = (1, 2)


class MemoryVault:
    """Keys of the tests under the labels of the tables."""

    description = "memory"

    def __init__(self) -> None:
        self._keys: dict[str, VaultKey] = {}

    def put(self, label: str, key: VaultKey) -> None:
        self._keys[label] = key

    def create(self, label: str, algorithm: Algorithm) -> VaultKey:
        self._keys[label] = make_key(algorithm)
        return self._keys[label]

    def key(self, label: str) -> VaultKey:
        if label not in self._keys:
            raise MissingVaultKeyError
        return self._keys[label]

    def has(self, label: str) -> bool:
        return label in self._keys

    def labels(self) -> list[str]:
        return sorted(self._keys)


async def found_authorities(tx: Tx, vault: MemoryVault, at: datetime = NOW) -> None:
    """Enter both authorities of the tests in both generations, with responders."""
    for kind in KINDS:
        for generation in GENERATIONS:
            ca = pki().authority(kind, generation)
            await store.add_authority(tx, kind, generation, ca.certificate, ca.id, at)
            vault.put(ca.id, ca.key)
            responder = pki().responder(kind, generation=generation, not_before=at)
            label = f"{ca.id}-responder"
            await store.add_responder(tx, ca.id, responder.certificate, label, at)
            vault.put(label, responder.key)


def issued(
    leaf: Leaf,
    kind: CertificateKind,
    person: UUID,
    *,
    generation: int = 2,
    medium: Medium = Medium.CARD,
    replaces: int | None = None,
) -> IssuedCertificate:
    """A certificate of the tests as the service hands it to the tables."""
    order = Order(
        person_id=person,
        kind=kind,
        medium=medium,
        municipality=TOWN,
        public_key=leaf.key.public_key(),
        items=ITEMS if kind is CertificateKind.SIGNING else None,
        basis=b"sealed",
        chip_number="1234567890123",
        request_id=uuid4(),
        not_after=leaf.certificate.not_valid_after_utc,
        replaces=replaces,
    )
    ca = pki().authority(kind, generation)
    return IssuedCertificate(
        order=order,
        authority=ca.id,
        serial=leaf.certificate.serial_number,
        certificate=leaf.certificate,
        authority_certificate=ca.certificate,
    )


async def enter(tx: Tx, *made: IssuedCertificate, at: datetime = NOW) -> None:
    """Write certificates into the tables."""
    assert await ledger.add_certificates(tx, made, at) == len(made)


@asynccontextmanager
async def responding(
    database: Database, clock: Clock, vault: MemoryVault
) -> AsyncIterator[Responder]:
    """A responder that has looked once."""
    responder = Responder(database, clock, VaultSigners(vault, clock))
    await responder.start()
    yield responder


class _Made:
    """One application for all tests of a module; each test puts its own world in."""

    def __init__(self, routes: Sequence[object]) -> None:
        self.services: dict[str, object] = {}
        self.app = create_app(
            Tier.NATION,
            Settings(tier=Tier.NATION, rate_limit=0),
            controllers=list(routes),  # type: ignore[arg-type]
            templates=[TEMPLATES],
            dependencies={
                name: self._provided(name) for name in ("responder", "publisher", "roots")
            },
        )

    def _provided(self, name: str) -> Provide:
        return Provide(lambda: self.services[name], use_cache=False, sync_to_thread=False)


_MADE: dict[int, _Made] = {}


def status_app(
    database: Database,
    clock: Clock,
    keys: Keys,
    vault: MemoryVault,
    responder: Responder,
    routes: Sequence[object] = ROUTES,
) -> Litestar:
    """The nation's application with the routes of this part."""
    if len(routes) not in _MADE:
        _MADE[len(routes)] = _Made(routes)
    made = _MADE[len(routes)]
    made.services.update(
        responder=responder, publisher=Publisher(database, clock, vault), roots=Roots()
    )
    made.app.state.update({"db": database, "clock": clock, "keys": keys})
    return made.app
