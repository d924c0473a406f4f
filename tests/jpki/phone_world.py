"""A nation that issues credentials to phones, a person with a card, and a wallet."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import httpx
import pytest
from litestar import Litestar
from litestar.di import Provide

from jichitai.infra.clock import FixedClock
from jichitai.infra.database import Database, Tx
from jichitai.infra.keys import Keys
from jichitai.infra.settings import Settings
from jichitai.jpki.chip.device import Chip
from jichitai.jpki.phone import authority, wallet
from jichitai.jpki.phone.api import API_ROUTES
from jichitai.jpki.phone.issuing import Checks, Desk
from jichitai.jpki.phone.pages import PAGE_ROUTES, TEMPLATES
from jichitai.jpki.phone.wallet import Wallet
from jichitai.jpki.proofing import evidence
from jichitai.jpki.reader.client import CardClient
from jichitai.jpki.reader.faces import FaceObjects
from jichitai.jpki.reader.pins import Pin
from jichitai.jpki.status.record import RecordStatus
from jichitai.jpki.verifier.trust import Trust
from jichitai.jukinet.pages.places import TEMPLATES as NETWORK_TEMPLATES
from jichitai.jukinet.pages.places import nation_shell
from jichitai.kernel.parties import Tier
from jichitai.web.app import create_app
from tests.jpki import chips, faced_cards
from tests.jpki.faced_cards import FacedCard
from tests.jpki.pki import pki
from tests.jpki.status_world import (
    GENERATIONS,
    KINDS,
    MemoryVault,
    enter,
    found_authorities,
    issued,
)
from tests.jukinet import provision_people as people
from tests.jukinet.provision_people import Somebody

HANAKO = Somebody(serial=1)
ORIGIN = "http://127.0.0.1:8103"


@dataclass(frozen=True)
class World:
    """The nation's application and one person's card."""

    app: Litestar
    desk: Desk
    database: Database
    card: FacedCard
    clock: FixedClock

    def client(self) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=False)  # type: ignore[arg-type]
        return httpx.AsyncClient(transport=transport, base_url=self.desk.origin)

    async def ask(
        self, *, number_b: Pin | None = None, with_number: bool = False, card: Path | None = None
    ) -> Wallet:
        """Ask for a credential as the wallet's command does."""
        with Chip(card or self.card.path) as chip:
            chip.power_on()
            client = CardClient(chip.transmit)
            client.verify(faced_cards.SIGNING_PIN)
            async with self.client() as http:
                return await wallet.ask(
                    http,
                    self.desk.origin,
                    client,
                    self.clock.now,
                    number_b=number_b,
                    with_number=with_number,
                )


async def certify(tx: Tx, card: FacedCard, person: Somebody) -> None:
    """Enter a card's certificates for a person."""
    made = []
    for kind, leaf in card.leaves.items():
        one = issued(leaf, kind, person.person_id)
        made.append(replace(one, order=replace(one.order, chip_number=chips.NUMBER)))
    await enter(tx, *made)


async def lapse(tx: Tx, person: Somebody, state: str = "revoked") -> None:
    """End a person's signing certificate."""
    await tx.execute(
        "update jpki.certificate set state = %s, ended_at = %s, reason = 'affiliationChanged',"
        " cause = 'changed' where person_id = %s and kind = 'signing'",
        (state, datetime(2026, 11, 20, tzinfo=UTC), person.person_id),
    )


def trust() -> Trust:
    found = {
        pki().authority(kind, generation).id: pki().authority(kind, generation).certificate
        for kind in KINDS
        for generation in GENERATIONS
    }
    return Trust.of(found)


async def cards(tx: Tx) -> Checks:
    return Checks(trust=trust(), status=RecordStatus(tx))


def photo(objects: FaceObjects, challenge: bytes) -> bytes:
    found = evidence.check_faces(objects, roots=faced_cards.card_roots(), challenge=challenge)
    return found.photo


@pytest.fixture(scope="session")
def faced_card(tmp_path_factory: pytest.TempPathFactory) -> FacedCard:
    return faced_cards.issue(tmp_path_factory.mktemp("cards") / "hanako.chip")


@pytest.fixture
async def world(
    nation_database: Database, keys: Keys, clock: FixedClock, faced_card: FacedCard
) -> AsyncIterator[World]:
    async with world_of(nation_database, keys, clock, faced_card) as made:
        yield made


@asynccontextmanager
async def world_of(
    database: Database,
    keys: Keys,
    clock: FixedClock,
    card: FacedCard,
    persons: Sequence[Somebody] = (HANAKO,),
    origin: str = ORIGIN,
) -> AsyncIterator[World]:
    vault = MemoryVault()
    desk = Desk(keys=keys, clock=clock, vault=vault, origin=origin, cards=cards, faces=photo)
    async with database.transaction() as tx:
        await found_authorities(tx, vault)
        await people.settle(tx, keys, *persons)
        await certify(tx, card, persons[0])
        await authority.prepare(tx, vault, origin=origin, at=clock.now())
    app = _app(origin)
    app.state.update({"db": database, "clock": clock, "keys": keys})
    _DESKS[origin] = desk
    yield World(app, desk, database, card, clock)


_DESKS: dict[str, Desk] = {}


@cache
def _app(origin: str) -> Litestar:
    """One application for all tests, because its templates take long to compile."""
    return create_app(
        Tier.NATION,
        Settings(tier=Tier.NATION, demo=True, public_url=origin, rate_limit=0),
        controllers=[*API_ROUTES, *PAGE_ROUTES],
        shell=nation_shell,
        templates=[NETWORK_TEMPLATES, TEMPLATES],
        dependencies={"phones": Provide(lambda: _DESKS[origin], sync_to_thread=False)},
    )
