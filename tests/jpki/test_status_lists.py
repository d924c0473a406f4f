"""Published lists: fetched by anybody, made every day and on demand, accepted by openssl."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

import pytest
from cryptography import x509
from litestar import Litestar

from jichitai.infra.clock import FixedClock
from jichitai.infra.database import Database
from jichitai.infra.keys import Keys
from jichitai.jpki.authority import service, store
from jichitai.jpki.authority.model import PublishedList
from jichitai.jpki.kinds import Cause, CertificateKind, Reason
from jichitai.jpki.status import api, publication
from jichitai.jpki.status.publisher import Publisher, is_due
from jichitai.jpki.status.responder import Responder
from jichitai.jpki.status.signers import VaultSigners
from jichitai.kernel.dates import JST
from jichitai.web.rights import Role
from tests.jpki.ocsp_tools import PEM, openssl
from tests.jpki.pki import NOW, TOWN, Leaf, pki
from tests.jpki.status_world import MemoryVault, enter, found_authorities, issued, status_app
from tests.web.client import browser, signed_in

SIGNING = CertificateKind.SIGNING
FULL = "/jpki/crl/signing-2.crl"
PART = f"/jpki/crl/signing-2/{TOWN}.crl"


class World(NamedTuple):
    """A nation that has issued one signing certificate."""

    app: Litestar
    database: Database
    publisher: Publisher
    leaf: Leaf

    async def revoke(self) -> None:
        async with self.database.transaction() as tx:
            await service.revoke(
                tx, "signing-2", self.leaf.certificate.serial_number,
                Reason.AFFILIATION_CHANGED, Cause.CHANGED, NOW,
            )  # fmt: skip


@pytest.fixture
async def world(nation_database: Database, clock: FixedClock, keys: Keys) -> World:
    vault, leaf = MemoryVault(), pki().leaf(SIGNING)
    async with nation_database.transaction() as tx:
        await found_authorities(tx, vault)
        await enter(tx, issued(leaf, SIGNING, uuid4()))
    responder = Responder(nation_database, clock, VaultSigners(vault, clock))
    routes = [*publication.ROUTES, *api.ROUTES]
    app = status_app(nation_database, clock, keys, vault, responder, routes)
    return World(app, nation_database, Publisher(nation_database, clock, vault), leaf)


def read(content: bytes) -> x509.CertificateRevocationList:
    return x509.load_der_x509_crl(content)


async def test_anybody_fetches_lists_and_authorities_that_openssl_accepts(
    world: World, tmp_path: Path
) -> None:
    await world.revoke()
    async with browser(world.app) as client:
        ca = await client.get("/jpki/authorities/signing-2.cer")
        full, part = await client.get(FULL), await client.get(PART)
    assert ca.headers["content-type"] == "application/pkix-cert"
    assert full.headers["content-type"] == "application/pkix-crl"
    serial = world.leaf.certificate.serial_number
    for found in (full, part):
        assert read(found.content).get_revoked_certificate_by_serial_number(serial) is not None
    (tmp_path / "ca.pem").write_bytes(x509.load_der_x509_certificate(ca.content).public_bytes(PEM))
    (tmp_path / "full.pem").write_bytes(read(full.content).public_bytes(PEM))
    (tmp_path / "leaf.pem").write_bytes(world.leaf.certificate.public_bytes(PEM))
    said = openssl(
        "verify", "-x509_strict", "-crl_check", "-attime", str(int(NOW.timestamp()) + 60),
        "-CAfile", tmp_path / "ca.pem", "-CRLfile", tmp_path / "full.pem", tmp_path / "leaf.pem",
        check=False,
    )  # fmt: skip
    assert "certificate revoked" in said


async def test_a_list_is_not_sent_twice_and_says_how_long_it_is_good(world: World) -> None:
    async with browser(world.app) as client:
        first = await client.get(FULL)
        assert first.headers["cache-control"] == "public, max-age=900"
        assert first.headers["last-modified"] == "Fri, 20 Nov 2026 01:00:00 GMT"
        assert first.headers["expires"] == "Sun, 22 Nov 2026 01:00:00 GMT"
        again = await client.get(FULL, headers={"if-none-match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        other = await client.get(FULL, headers={"if-none-match": '"x"'})
        assert other.status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/jpki/crl/signing-9.crl",
        "/jpki/crl/card-1.crl",
        "/jpki/crl/signing-2.pem",
        "/jpki/crl/signing-2/999999.crl",
        "/jpki/crl/signing-2/.crl",
        "/jpki/authorities/signing-9.cer",
        "/jpki/authorities/card-1.cer",
    ],
)
async def test_there_is_no_other_list(world: World, path: str) -> None:
    async with browser(world.app) as client:
        assert (await client.get(path)).status_code == 404


async def test_lists_are_made_once_a_day(world: World, clock: FixedClock) -> None:
    await world.publisher.daily()
    first = await world.publisher.list_of("signing-2")
    await world.revoke()
    await world.publisher.daily()
    assert await world.publisher.list_of("signing-2") == first
    clock.instant += timedelta(hours=14)
    await world.publisher.daily()
    second = await world.publisher.list_of("signing-2")
    assert (second.number, second.entries) == (first.number + 1, 1)


@pytest.mark.parametrize(
    ("made", "now", "due"),
    [
        ((20, 0, 0), (20, 23, 59), False),
        ((20, 23, 59), (21, 0, 0), True),
        ((20, 10, 0), (20, 10, 0), False),
    ],
)
def test_a_day_begins_at_midnight_in_japan(
    made: tuple[int, int, int], now: tuple[int, int, int], *, due: bool
) -> None:
    made_at, now_at = (datetime(2026, 11, *one, tzinfo=JST) for one in (made, now))
    found = PublishedList(
        authority="signing-2", partition="", number=1, list=b"", entries=0,
        this_update=made_at, next_update=made_at + timedelta(days=2),
    )  # fmt: skip
    assert is_due(found, now_at) is due


async def test_an_operator_makes_lists_now_and_nobody_else(world: World) -> None:
    path, body = "/api/v1/jpki/lists", {"reason": "カードの大量紛失"}
    async with signed_in(world.app, [Role.NETWORK_OPERATOR]) as operator:
        made = await operator.post(path, json=body)
        assert made.status_code == 200
        assert made.json()["lists"] >= 4
    async with signed_in(world.app, [Role.ORGAN_OFFICER], organ_id="x") as officer:
        assert (await officer.post(path, json=body)).status_code == 403


async def test_the_authorities_are_listed_with_their_fingerprints(world: World) -> None:
    async with browser(world.app) as client:
        listed = (await client.get("/api/v1/jpki/authorities")).json()
    assert {one["authority"] for one in listed} == {
        "signing-1", "signing-2", "user-auth-1", "user-auth-2",
    }  # fmt: skip
    assert all(len(one["sha256"]) == 64 for one in listed)


async def test_two_who_want_a_missing_list_get_one(world: World) -> None:
    both = await asyncio.gather(*(world.publisher.list_of("signing-2", TOWN) for _ in range(2)))
    async with world.database.transaction(read_only=True) as tx:
        kept = await store.published_list(tx, "signing-2", TOWN)
    assert kept is not None
    assert kept.number in {one.number for one in both}


@pytest.mark.parametrize("reason", ["", "\0", "x" * 201])
async def test_a_reason_that_cannot_be_kept_is_refused(world: World, reason: str) -> None:
    async with signed_in(world.app, [Role.NETWORK_OPERATOR]) as operator:
        refused = await operator.post("/api/v1/jpki/lists", json={"reason": reason})
    assert refused.status_code == 422
    assert refused.headers["content-type"].startswith("application/problem+json")
