"""A holder with a card, a bank that asks, and what a card agent would send back."""

import base64
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import httpx
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from litestar import Litestar

from jichitai.infra.audit import SYSTEM
from jichitai.infra.clock import FixedClock
from jichitai.infra.database import Database
from jichitai.infra.keys import Keys
from jichitai.jpki.kinds import CertificateKind
from jichitai.jpki.status import api, pages, publication, verifiers
from jichitai.jpki.status.responder import Responder
from jichitai.jpki.status.signers import VaultSigners
from jichitai.jpki.status.verifiers import Body
from jichitai.jpki.verifier.challenge import Statement
from jichitai.kernel.parties import Tier
from jichitai.web.rights import Kind, Role
from tests.conftest import Cluster, fresh_database
from tests.jpki.ocsp_tools import DER
from tests.jpki.pki import NOW, Leaf, pki
from tests.jpki.status_world import MemoryVault, enter, found_authorities, issued, status_app
from tests.jukinet.provision_people import Somebody, settle
from tests.web.client import signed_in

HOLDER = Somebody(serial=1)
OTHER = Somebody(serial=2, name="別の\u3000人", kana="ベツノ\u3000ヒト")
SIGNING, USER_AUTH = CertificateKind.SIGNING, CertificateKind.USER_AUTH
BANK = Body(
    body_id="bank",
    name="見本銀行",
    service="口座の見直し",
    origin="https://bank.example",
    kinds=frozenset(CertificateKind),
)
SHOP = Body(
    body_id="shop",
    name="見本商店",
    service="会員証",
    origin="https://shop.example",
    kinds=frozenset({USER_AUTH}),
)


class Town(NamedTuple):
    """The nation's application with one holder's certificates."""

    app: Litestar
    database: Database
    clock: FixedClock
    signing: Leaf
    user_auth: Leaf

    def _enter(self) -> None:
        """Put this world into the application, which all tests share."""
        self.app.state.update({"db": self.database, "clock": self.clock})

    @asynccontextmanager
    async def body(self, body_id: str = BANK.body_id) -> AsyncIterator[httpx.AsyncClient]:
        """A program of a body."""
        self._enter()
        async with signed_in(self.app, [Role.ORGAN_CLIENT], organ_id=body_id) as client:
            yield client

    @asynccontextmanager
    async def holder(
        self, who: Somebody = HOLDER, *, html: bool = False
    ) -> AsyncIterator[httpx.AsyncClient]:
        """A resident with a session."""
        self._enter()
        async with signed_in(
            self.app, [Role.RESIDENT], kind=Kind.RESIDENT, person_id=who.person_id, html=html
        ) as client:
            yield client


@pytest.fixture
async def town(nation_database: Database, keys: Keys, clock: FixedClock) -> Town:
    """A world of one test."""
    return await built(nation_database, keys, clock)


@pytest.fixture(scope="module")
async def lasting(cluster: Cluster, keys: Keys) -> AsyncIterator[Database]:
    """A database for tests that leave nothing behind."""
    async with fresh_database(cluster, Tier.NATION, keys) as database:
        yield database


@pytest.fixture(scope="module")
async def lasting_town(lasting: Database, keys: Keys) -> Town:
    """A world for tests that leave nothing behind."""
    return await built(lasting, keys, FixedClock(NOW))


async def built(nation_database: Database, keys: Keys, clock: FixedClock) -> Town:
    """A nation with a holder, a bank and a shop."""
    vault = MemoryVault()
    signing, user_auth = pki().leaf(SIGNING), pki().leaf(USER_AUTH)
    async with nation_database.transaction() as tx:
        await found_authorities(tx, vault)
        await settle(tx, keys, HOLDER, OTHER)
        await enter(
            tx,
            issued(signing, SIGNING, HOLDER.person_id),
            issued(user_auth, USER_AUTH, HOLDER.person_id),
        )
        for body in (BANK, SHOP):
            await verifiers.register(tx, body, by=SYSTEM, at=NOW)
    responder = Responder(nation_database, clock, VaultSigners(vault, clock))
    app = status_app(
        nation_database,
        clock,
        keys,
        vault,
        responder,
        routes=[*api.ROUTES, *publication.ROUTES, *pages.ROUTES],
    )
    return Town(app, nation_database, clock, signing, user_auth)


def name_of(leaf: Leaf, kind: CertificateKind) -> dict[str, Any]:
    """A certificate as verifiers name it."""
    serial = f"{leaf.certificate.serial_number:x}"
    return {"authority": f"{kind}-2", "serial": serial.zfill(len(serial) + len(serial) % 2)}


def coded(content: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def signed_by(
    leaf: Leaf,
    question: Mapping[str, Any],
    *,
    kind: CertificateKind = SIGNING,
    key: rsa.RSAPrivateKey | None = None,
    **changes: str,
) -> dict[str, Any]:
    """What the body hands in after the card has signed; `changes` alter what was signed."""
    statement = Statement(
        kind=kind,
        audience=changes.get("audience", question["audience"]),
        challenge=changes.get("challenge", question["challenge"]),
        text=changes.get("text", question["text"]),
    )
    signer = key or leaf.key
    assert isinstance(signer, rsa.RSAPrivateKey)
    signature = signer.sign(statement.signed, padding.PKCS1v15(), hashes.SHA256())
    return {
        "challenge": question["challenge"],
        "signature": coded(signature),
        "certificate": coded(leaf.certificate.public_bytes(DER)),
    }


async def consented(
    client: httpx.AsyncClient, leaf: Leaf, *items: str, **wish: Any
) -> dict[str, Any]:
    """A consent that was asked for, signed and taken."""
    question = await asked(client, *items, **wish)
    taken = await client.post("/api/v1/jpki/consents", json=signed_by(leaf, question))
    assert taken.status_code == 201, taken.text
    return dict(taken.json())


async def asked(client: httpx.AsyncClient, *items: str, **wish: Any) -> dict[str, Any]:
    """A consent that waits for its signature."""
    body = {"items": list(items or ("name", "address")), **wish}
    question = await client.post("/api/v1/jpki/consents/requests", json=body)
    assert question.status_code == 201, question.text
    return dict(question.json())
