"""The responder: what the records say, what it keeps, what it drops, and how HTTP carries it."""

import asyncio
import base64
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote
from uuid import uuid4

import pytest
from cryptography import x509
from cryptography.x509 import ocsp
from cryptography.x509.ocsp import OCSPCertStatus, OCSPResponseStatus

from jichitai.infra.clock import FixedClock
from jichitai.infra.database import Database, DatabaseUnavailableError
from jichitai.infra.keys import Keys
from jichitai.jpki.authority import service, store
from jichitai.jpki.authority.model import AuthorityState
from jichitai.jpki.kinds import Cause, CertificateKind, Reason
from jichitai.jpki.status import memory
from jichitai.jpki.status import responder as responder_module
from jichitai.jpki.status.errors import ForeignOcspError, OcspLaterError
from jichitai.jpki.status.publication import ASKS, OCSP_PATH, SAYS
from jichitai.jpki.status.responder import REFRESH, Responder
from tests.jpki.ocsp_tools import PEM, fresh_nonce, openssl, request_for, said_by_openssl
from tests.jpki.pki import NOW, Leaf, pki
from tests.jpki.status_world import (
    MemoryVault,
    enter,
    found_authorities,
    issued,
    responding,
    status_app,
)
from tests.web.client import browser

KIND = CertificateKind.USER_AUTH
CA = pki().authority(KIND)


class World(NamedTuple):
    """A nation with one certificate."""

    database: Database
    responder: Responder
    vault: MemoryVault
    leaf: Leaf

    def request(self, *, nonce: bytes | None = None) -> bytes:
        return request_for(self.leaf.certificate, CA.certificate, nonce=nonce)

    async def revoke(self, reason: Reason = Reason.SUPERSEDED) -> None:
        serial = self.leaf.certificate.serial_number
        async with self.database.transaction() as tx:
            await service.revoke(tx, CA.id, serial, reason, Cause.RENEWED, NOW)


@pytest.fixture
async def world(nation_database: Database, clock: FixedClock) -> AsyncIterator[World]:
    vault, leaf = MemoryVault(), pki().leaf(KIND)
    async with nation_database.transaction() as tx:
        await found_authorities(tx, vault)
        await enter(tx, issued(leaf, KIND, uuid4()))
    async with responding(nation_database, clock, vault) as responder:
        yield World(nation_database, responder, vault, leaf)


def read(answer: bytes) -> ocsp.OCSPResponse:
    return ocsp.load_der_ocsp_response(answer)


async def test_records_decide_between_good_revoked_and_unknown(world: World) -> None:
    response = read(await world.responder.answer(world.request()))
    assert response.certificate_status is OCSPCertStatus.GOOD
    assert response.this_update_utc == NOW
    assert response.next_update_utc == NOW + timedelta(minutes=15)
    await world.revoke()
    await world.responder.look()
    response = read(await world.responder.answer(world.request(nonce=fresh_nonce())))
    assert response.certificate_status is OCSPCertStatus.REVOKED
    assert response.revocation_reason is x509.ReasonFlags.superseded
    never_issued = request_for(pki().leaf(KIND).certificate, CA.certificate)
    response = read(await world.responder.answer(never_issued))
    assert response.certificate_status is OCSPCertStatus.UNKNOWN


async def test_a_hold_is_told_as_a_revocation_with_its_reason(world: World) -> None:
    await world.revoke(Reason.HOLD)
    response = read(await world.responder.answer(world.request()))
    assert response.certificate_status is OCSPCertStatus.REVOKED
    assert response.revocation_reason is x509.ReasonFlags.certificate_hold


async def test_an_answer_is_kept_until_it_is_old(world: World, clock: FixedClock) -> None:
    request = world.request()
    assert world.responder.at_hand(request) is None
    first = await world.responder.answer(request)
    assert world.responder.at_hand(request) == first == await world.responder.answer(request)
    clock.instant += REFRESH
    await world.responder.look()
    second = world.responder.at_hand(request)
    assert second is not None
    assert read(second).this_update_utc == NOW + REFRESH


async def test_a_nonce_is_signed_anew_each_time(world: World) -> None:
    nonce = fresh_nonce()
    request = world.request(nonce=nonce)
    answer = await world.responder.answer(request)
    found = read(answer).extensions.get_extension_for_class(x509.OCSPNonce)
    assert found.value.nonce == nonce
    again = world.responder.at_hand(request)
    assert again is not None
    assert again != answer


async def test_a_revocation_drops_what_was_kept_within_one_look(world: World) -> None:
    request = world.request()
    await world.responder.answer(request)
    await world.revoke()
    await world.responder.look()
    assert world.responder.at_hand(request) is None
    assert world.responder.at_hand(world.request(nonce=fresh_nonce())) is None
    answer = read(await world.responder.answer(request))
    assert answer.certificate_status is OCSPCertStatus.REVOKED


async def test_a_revocation_that_commits_late_is_not_missed(world: World) -> None:
    request = world.request()
    await world.responder.answer(request)
    serial = world.leaf.certificate.serial_number
    async with world.database.transaction() as slow:
        await service.revoke(slow, CA.id, serial, Reason.CESSATION, Cause.REQUEST, NOW)
        async with world.database.transaction() as quick:
            await quick.execute("select pg_current_xact_id()")
        await world.responder.look()
        assert world.responder.at_hand(request) is not None
    await world.responder.look()
    assert world.responder.at_hand(request) is None


async def test_an_answer_that_crossed_a_look_is_not_kept(world: World) -> None:
    request = world.request()
    answering = asyncio.create_task(world.responder.answer(request))
    await asyncio.sleep(0)
    await world.responder.look()
    await answering
    kept = world.responder.at_hand(request)
    assert kept is None or kept == answering.result()


async def test_a_certificate_that_was_unknown_is_asked_about_again(world: World) -> None:
    later = pki().leaf(KIND)
    request = request_for(later.certificate, CA.certificate)
    answer = read(await world.responder.answer(request))
    assert answer.certificate_status is OCSPCertStatus.UNKNOWN
    assert world.responder.at_hand(request) is None
    async with world.database.transaction() as tx:
        await enter(tx, issued(later, KIND, uuid4()))
    answer = read(await world.responder.answer(request))
    assert answer.certificate_status is OCSPCertStatus.GOOD


async def test_the_oldest_makes_room(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "ANSWERS", 1)
    monkeypatch.setattr(memory, "STANDINGS", 1)
    other = pki().leaf(KIND)
    async with world.database.transaction() as tx:
        await enter(tx, issued(other, KIND, uuid4()))
    request = world.request()
    await world.responder.answer(request)
    await world.responder.answer(request_for(other.certificate, CA.certificate))
    assert world.responder.at_hand(request) is None


async def test_kept_answers_are_not_believed_when_nobody_looks(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = world.request()
    await world.responder.answer(request)
    monkeypatch.setattr(responder_module, "TRUSTED", -1.0)
    assert world.responder.at_hand(request) is None


async def test_without_records_it_says_try_later(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(**_: object) -> None:
        raise DatabaseUnavailableError

    monkeypatch.setattr(world.database, "transaction", away)
    with pytest.raises(OcspLaterError):
        await world.responder.answer(world.request())


async def test_without_signers_it_says_try_later(
    nation_database: Database, clock: FixedClock
) -> None:
    async with responding(nation_database, clock, MemoryVault()) as responder:
        request = request_for(pki().leaf(KIND).certificate, CA.certificate)
        with pytest.raises(OcspLaterError):
            await responder.answer(request)


async def test_a_responder_out_of_time_signs_nothing(world: World, clock: FixedClock) -> None:
    clock.instant += timedelta(days=91)
    await world.responder.reload()
    with pytest.raises(OcspLaterError):
        await world.responder.answer(world.request())


async def test_foreign_and_mixed_authorities_are_refused(world: World, tmp_path: Path) -> None:
    card = pki().authority("card")  # type: ignore[arg-type]
    foreign = request_for(world.leaf.certificate, card.certificate)
    with pytest.raises(ForeignOcspError):
        await world.responder.answer(foreign)
    for name, kind in (("one", KIND), ("two", CertificateKind.SIGNING)):
        certificate = pki().authority(kind).certificate
        (tmp_path / f"{name}.pem").write_bytes(certificate.public_bytes(PEM))
    openssl(
        "ocsp", "-issuer", tmp_path / "one.pem", "-serial", "1",
        "-issuer", tmp_path / "two.pem", "-serial", "2", "-reqout", tmp_path / "mixed.der",
    )  # fmt: skip
    with pytest.raises(ForeignOcspError):
        await world.responder.answer((tmp_path / "mixed.der").read_bytes())


async def test_many_questions_at_once_are_asked_together(world: World) -> None:
    requests = [world.request(nonce=fresh_nonce()) for _ in range(60)]
    answers = await asyncio.gather(*map(world.responder.answer, requests))
    assert {read(one).certificate_status for one in answers} == {OCSPCertStatus.GOOD}


async def test_a_lost_authority_key_revokes_everything_below_it(world: World) -> None:
    serial = world.leaf.certificate.serial_number
    async with world.database.transaction() as tx:
        await service.revoke(tx, CA.id, serial, Reason.CA_COMPROMISE, Cause.AUTHORITY_LEAK, NOW)
        await store.set_authority_state(tx, CA.id, AuthorityState.COMPROMISED)
    await world.responder.reload()
    answer = read(await world.responder.answer(world.request()))
    assert answer.revocation_reason is x509.ReasonFlags.ca_compromise


async def test_http_carries_answers_both_ways(
    world: World, keys: Keys, clock: FixedClock, tmp_path: Path
) -> None:
    app = status_app(world.database, clock, keys, world.vault, world.responder)
    request = world.request()
    async with browser(app) as client:
        posted = await client.post(OCSP_PATH, content=request, headers={"content-type": ASKS})
        assert (posted.status_code, posted.headers["content-type"]) == (200, SAYS)
        assert read(posted.content).certificate_status is OCSPCertStatus.GOOD
        text = quote(base64.b64encode(request).decode(), safe="")
        got = await client.get(f"{OCSP_PATH}/{text}")
        assert (got.status_code, got.headers["content-type"]) == (200, SAYS)
        assert got.headers["cache-control"] == "public, max-age=60"
        assert read(got.content).serial_number == world.leaf.certificate.serial_number
        (tmp_path / "answer.der").write_bytes(got.content)
    (tmp_path / "ca.pem").write_bytes(CA.certificate.public_bytes(PEM))
    (tmp_path / "leaf.pem").write_bytes(world.leaf.certificate.public_bytes(PEM))
    said = openssl(
        "ocsp", "-no_nonce", "-respin", tmp_path / "answer.der", "-issuer", tmp_path / "ca.pem",
        "-CAfile", tmp_path / "ca.pem", "-cert", tmp_path / "leaf.pem", "-validity_period",
        str(10**8), "-attime", str(int(NOW.timestamp()) + 60),
    )  # fmt: skip
    assert said_by_openssl(said) == ["good"]


REFUSALS = {
    "malformed": (b"no request", OCSPResponseStatus.MALFORMED_REQUEST),
    "empty": (b"", OCSPResponseStatus.MALFORMED_REQUEST),
    "foreign": (
        request_for(pki().leaf(KIND).certificate, pki().authority("card").certificate),  # type: ignore[arg-type]
        OCSPResponseStatus.UNAUTHORIZED,
    ),
}


@pytest.mark.parametrize("kind", list(REFUSALS))
async def test_http_carries_refusals_as_ocsp(
    world: World, keys: Keys, clock: FixedClock, kind: str
) -> None:
    request, status = REFUSALS[kind]
    app = status_app(world.database, clock, keys, world.vault, world.responder)
    async with browser(app) as client:
        said = await client.post(OCSP_PATH, content=request, headers={"content-type": ASKS})
        assert (said.status_code, said.headers["cache-control"]) == (200, "no-store")
        assert read(said.content).response_status is status
        text = quote(base64.b64encode(request or b"?").decode(), safe="")
        said = await client.get(f"{OCSP_PATH}/{text}")
        assert read(said.content).response_status is status


async def test_http_refuses_other_bodies_and_long_ones(
    world: World, keys: Keys, clock: FixedClock
) -> None:
    app = status_app(world.database, clock, keys, world.vault, world.responder)
    async with browser(app) as client:
        other = await client.post(OCSP_PATH, content=b"{}", headers={"content-type": "text/plain"})
        assert other.status_code == 415
        long = await client.post(OCSP_PATH, content=bytes(17_000), headers={"content-type": ASKS})
        assert long.status_code == 413
        broken = await client.get(f"{OCSP_PATH}/%25%25%25")
        assert read(broken.content).response_status is OCSPResponseStatus.MALFORMED_REQUEST


async def test_a_fault_of_the_program_is_an_internal_error(
    world: World, keys: Keys, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_: bytes) -> bytes:
        raise RuntimeError

    monkeypatch.setattr(world.responder, "answer", broken)
    app = status_app(world.database, clock, keys, world.vault, world.responder)
    async with browser(app) as client:
        said = await client.post(OCSP_PATH, content=world.request(), headers={"content-type": ASKS})
        assert read(said.content).response_status is OCSPResponseStatus.INTERNAL_ERROR
