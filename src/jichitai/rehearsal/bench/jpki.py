"""`jpki`: certificates issued, OCSP answers over HTTP, and whole card logins verified.

Baselines of the same run: `openssl ca` (a text file as its table), `openssl ocsp` (one process,
which closes every connection), and the RSA verifications of `openssl speed`. The responder is asked
in two ways: without a nonce, so that its answers are kept, and with one, so that each is signed.
`openssl ocsp` answers with the authority's own RSA-2048 key, and once more with a P-256 key such as
our responder has.
"""

import asyncio
import secrets
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import cycle
from typing import Final
from uuid import uuid4

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509 import ocsp

from jichitai.infra.audit import SYSTEM
from jichitai.infra.database import Database
from jichitai.infra.embedded.places import free_port
from jichitai.infra.keys import Keys
from jichitai.infra.members import Process
from jichitai.infra.settings import own_environment, read_settings
from jichitai.jpki.authority import service
from jichitai.jpki.authority.authorities import Authorities
from jichitai.jpki.authority.ceremony import hold_rehearsal
from jichitai.jpki.authority.model import IssuedCertificate, Order
from jichitai.jpki.authority.profiles import end_of_day
from jichitai.jpki.authority.vault import open_vault
from jichitai.jpki.kinds import CertificateKind
from jichitai.jpki.status.publication import ASKS, OCSP_PATH
from jichitai.jpki.status.record import RecordStatus, Roots
from jichitai.jpki.verifier.challenge import MemoryChallenges, Statement
from jichitai.jpki.verifier.verify import verify_login
from jichitai.kernel.dates import JST
from jichitai.kernel.parties import NATION, Tier
from jichitai.rehearsal.bench.client import ask
from jichitai.rehearsal.bench.openssl import Openssl, dial
from jichitai.rehearsal.bench.result import Result, result
from jichitai.rehearsal.bench.stage import Stage

_HOST: Final = "127.0.0.1"
_TOWN: Final = "011002"
_CONNECTIONS: Final = 32
_AT_ONCE: Final = 4
_BATCH: Final = 500
_CARDS: Final = 20
_LOGINS: Final = 100
_LOGINS_FLOOR: Final = 100
_LENGTH: Final = b"content-length:"
_SITE: Final = "https://service.example"
_KIND: Final = CertificateKind.USER_AUTH
_DER: Final = serialization.Encoding.DER


@dataclass(frozen=True, slots=True)
class _Card:
    key: rsa.RSAPrivateKey
    certificate: bytes


@dataclass(frozen=True, slots=True)
class _Ground:
    """Authorities with certificates, and openssl with a directory."""

    stage: Stage
    database: Database
    authorities: Authorities
    openssl: Openssl
    seconds: float


async def run(stage: Stage) -> list[Result]:
    """Measure the three, each beside its baseline."""
    database = await Database.open(stage.platform.dsn(Tier.NATION))
    folder = stage.platform.directory / f"openssl-{uuid4().hex[:8]}"
    folder.mkdir()
    try:
        authorities = await _authorities(stage, database)
        seconds = stage.scale.seconds_or(5.0, 1.0)
        ground = _Ground(stage, database, authorities, Openssl(folder), seconds)
        persons = stage.scale.persons_or(20_000, 1_000)
        issuing, issued = await _issuing(ground, persons)
        answers = await _answers(ground, issued)
        logins = await _logins(ground)
    finally:
        await database.close()
    return [issuing, *answers, logins]


async def _authorities(stage: Stage, database: Database) -> Authorities:
    """Two generations of both authorities; a ceremony of a rehearsal."""
    settings = read_settings(stage.platform.environment(Tier.NATION))
    keys = Keys.load(stage.platform.keys, Tier.NATION)
    vault = open_vault(settings)
    async with database.transaction() as tx:
        signer = keys.signer(NATION)
        return await hold_rehearsal(tx, vault, signer, at=_now(), by=SYSTEM)


async def _issuing(ground: _Ground, persons: int) -> tuple[Result, list[IssuedCertificate]]:
    """Certificates over keys that are ready: signed, entered with their look-ups, committed."""
    ground.stage.say(f"{persons:,} certificates")
    orders = [_order(_public_key()) for _ in range(persons)]
    issued: list[IssuedCertificate] = []
    started = time.perf_counter()
    for first in range(0, persons, _BATCH):
        async with ground.database.transaction() as tx:
            batch = orders[first : first + _BATCH]
            issued += await service.issue_many(tx, ground.authorities, batch, at=_now())
    took = time.perf_counter() - started
    alone = _signing_alone(ground.authorities, orders[: min(persons, 1000)])
    authority = ground.authorities.current(_KIND).key
    if not isinstance(authority, rsa.RSAPrivateKey):
        raise TypeError(type(authority))
    base = ground.openssl.issue_rate(authority, min(persons, 500))
    made = result(
        "jpki-issue",
        "電子証明書",
        persons / took,
        baseline=("openssl ca、同じ鍵、一度の呼び出しで", base),
        details={"certificates": persons, "in a commit": _BATCH, "signing alone": alone},
    )
    return made, issued


async def _answers(ground: _Ground, issued: Sequence[IssuedCertificate]) -> list[Result]:
    """OCSP over HTTP, kept answers and signed ones, one question at a time on each connection."""
    known = list(issued[:10_000])
    authority = ground.authorities.current(_KIND)
    plain = [_request(one.certificate, authority.certificate) for one in known]
    nonces = [_request(one.certificate, authority.certificate, nonce=True) for one in known]
    async with _responder(ground.stage) as port:
        ground.stage.say("OCSP")
        await _once(port, plain)
        hot = cycle([_post(one) for one in plain])
        kept = await ask(_HOST, port, hot, connections=_CONNECTIONS, seconds=ground.seconds)
        fresh = cycle([_post(one) for one in nonces])
        signed = await ask(_HOST, port, fresh, connections=_CONNECTIONS, seconds=ground.seconds)
    if not isinstance(authority.key, rsa.RSAPrivateKey):
        raise TypeError(type(authority.key))
    serials = [one.serial for one in known]
    rates = []
    responder = ground.authorities.responder(authority.id)
    signers = (
        (authority.certificate, authority.key),
        (responder.certificate, responder.key),
    )
    for certificate, key in signers:
        with ground.openssl.responder(authority.certificate, certificate, key, serials) as port:
            asked = cycle([_post(one, "1.0") for one in plain])
            rates.append(await dial(port, asked, at_once=_AT_ONCE, seconds=ground.seconds))
    own, same = rates
    details: dict[str, float] = {"certificates": len(known), "openssl ocsp, P-256": same}
    return [
        result(
            "jpki-ocsp",
            "応答",
            kept.per_second,
            baseline=("openssl ocsp、認証局の鍵（RSA 2048）", own),
            latencies=kept.latencies,
            details={**details, "against P-256": kept.per_second / same},
        ),
        result(
            "jpki-ocsp-nonce",
            "応答",
            signed.per_second,
            baseline=("openssl ocsp、認証局の鍵（RSA 2048）", own),
            latencies=signed.latencies,
            details={**details, "against P-256": signed.per_second / same},
        ),
    ]


async def _logins(ground: _Ground) -> Result:
    """Whole logins in one task: challenge, path, signature, and the record in the database."""
    ground.stage.say("logins")
    cards = await _cards(ground)
    challenges, roots = MemoryChallenges(), Roots()
    chosen = cycle(cards)
    done, spent, used = 0, 0.0, 0.0
    at_a_time = ground.stage.scale.times_or(_LOGINS, 20)
    until = time.perf_counter() + ground.seconds
    while time.perf_counter() < until:
        asked = [_login(next(chosen), challenges.give()) for _ in range(at_a_time)]
        started, before = time.perf_counter(), time.process_time()
        for statement, signature, certificate in asked:
            async with ground.database.transaction(read_only=True) as tx:
                await verify_login(
                    statement,
                    signature,
                    certificate,
                    audience=_SITE,
                    challenges=challenges,
                    trust=await roots.trust(tx),
                    status=RecordStatus(tx),
                    at=_now(),
                )
        spent += time.perf_counter() - started
        used += time.process_time() - before
        done += len(asked)
    return result(
        "jpki-login",
        "サインイン",
        done / spent,
        baseline=(
            "openssl speed rsa2048 の検証、1コア",
            ground.openssl.verify_rate(ground.seconds),
        ),
        details={
            "logins": done,
            "a second of our own processor time": done / used,
            "floor": _LOGINS_FLOOR,
        },
    )


async def _cards(ground: _Ground) -> list[_Card]:
    """Certificates over real keys, which sign the logins."""
    count = ground.stage.scale.times_or(_CARDS, 3)
    keys = [rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(count)]
    orders = [_order(key.public_key()) for key in keys]
    async with ground.database.transaction() as tx:
        made = await service.issue_many(tx, ground.authorities, orders, at=_now())
    return [
        _Card(key, one.certificate.public_bytes(_DER)) for key, one in zip(keys, made, strict=True)
    ]


def _login(card: _Card, challenge: str) -> tuple[bytes, bytes, bytes]:
    statement = Statement(kind=_KIND, audience=_SITE, challenge=challenge).signed
    signature = card.key.sign(statement, padding.PKCS1v15(), hashes.SHA256())
    return statement, signature, card.certificate


def _order(key: rsa.RSAPublicKey) -> Order:
    return Order(
        person_id=uuid4(),
        kind=_KIND,
        municipality=_TOWN,
        public_key=key,
        items=None,
        basis=b"bench",
        chip_number="0000000000000",
        request_id=uuid4(),
        not_after=end_of_day((_now() + timedelta(days=1800)).astimezone(JST).date()),
    )


def _public_key() -> rsa.RSAPublicKey:
    """A number of the right size; nobody has the private key, and nobody needs one here."""
    modulus = secrets.randbits(2048) | 1 << 2047 | 1
    return rsa.RSAPublicNumbers(65537, modulus).public_key()


def _signing_alone(authorities: Authorities, orders: Sequence[Order]) -> float:
    """Certificates a second without a database."""
    authority, at = authorities.current(_KIND), _now()
    started = time.perf_counter()
    for order in orders:
        service.sign_order(order, authority, at)
    return len(orders) / (time.perf_counter() - started)


def _request(
    certificate: x509.Certificate, issuer: x509.Certificate, *, nonce: bool = False
) -> bytes:
    builder = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, hashes.SHA256())
    if nonce:
        builder = builder.add_extension(x509.OCSPNonce(secrets.token_bytes(16)), critical=False)
    return builder.build().public_bytes(_DER)


def _post(body: bytes, version: str = "1.1") -> bytes:
    head = (
        f"POST {OCSP_PATH} HTTP/{version}\r\nHost: {_HOST}\r\nContent-Type: {ASKS}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def _once(port: int, requests: Sequence[bytes]) -> None:
    """Ask every question once, so that the answers are kept."""
    parts = [requests[first::_CONNECTIONS] for first in range(_CONNECTIONS)]
    await asyncio.gather(*(_each(port, part) for part in parts))


async def _each(port: int, requests: Sequence[bytes]) -> None:
    reader, writer = await asyncio.open_connection(_HOST, port)
    for request in requests:
        writer.write(_post(request))
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        at = head.index(_LENGTH) + len(_LENGTH)
        await reader.readexactly(int(head[at:].split(b"\r", 1)[0]))
    writer.close()


@asynccontextmanager
async def _responder(stage: Stage) -> AsyncIterator[int]:
    port = free_port()
    environment = own_environment() | stage.platform.environment(Tier.NATION, port=port)
    environment["JICHITAI_RATE_LIMIT"] = "0"
    process = Process(
        "responder",
        [sys.executable, "-m", "jichitai.rehearsal.bench.responder"],
        log=stage.platform.directory / "logs" / "responder.log",
        environment=environment,
        health=f"http://{_HOST}:{port}/readyz",
        start_timeout=60.0,
    )
    await process.start()
    try:
        yield port
    finally:
        await process.stop()


def _now() -> datetime:
    return datetime.fromtimestamp(time.time(), UTC)
