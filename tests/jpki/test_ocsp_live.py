"""`openssl ocsp` asks a running server: the ordinary way, the kept answers, and after a revocation."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

import pytest

from jichitai.infra.clock import SystemClock
from jichitai.infra.database import Database
from jichitai.infra.keys import Keys
from jichitai.infra.ports import bind
from jichitai.jpki.authority import service
from jichitai.jpki.kinds import Cause, CertificateKind, Reason
from jichitai.jpki.status.publication import ASKS, OCSP_PATH, SAYS
from jichitai.jpki.status.responder import Responder
from jichitai.jpki.status.signers import VaultSigners
from jichitai.web.direct import Direct
from jichitai.web.server import WebServer
from tests.jpki.ocsp_tools import PEM, machine_time, openssl, said_by_openssl
from tests.jpki.pki import Leaf, pki
from tests.jpki.status_world import MemoryVault, enter, found_authorities, issued, status_app

KIND = CertificateKind.USER_AUTH


class Live(NamedTuple):
    """A server on this machine."""

    port: int
    folder: Path
    database: Database
    responder: Responder

    async def ask(self, *words: str) -> str:
        """What openssl says of its question about the certificate."""
        ca = self.folder / "ca.pem"
        return await asyncio.to_thread(
            openssl, "ocsp", "-url", f"http://127.0.0.1:{self.port}{OCSP_PATH}", "-issuer", ca,
            "-CAfile", ca, *words,
        )  # fmt: skip


@pytest.fixture
async def leaf() -> Leaf:
    return pki().leaf(KIND)


@pytest.fixture
async def live(
    nation_database: Database, keys: Keys, leaf: Leaf, tmp_path: Path
) -> AsyncIterator[Live]:
    vault, clock = MemoryVault(), SystemClock()
    async with nation_database.transaction() as tx:
        await found_authorities(tx, vault, machine_time())
        await enter(tx, issued(leaf, KIND, uuid4()))
    responder = Responder(nation_database, clock, VaultSigners(vault, clock))
    await responder.start()
    app = status_app(nation_database, clock, keys, vault, responder)
    listening = bind("127.0.0.1", 0)
    direct = (Direct(OCSP_PATH, ASKS, SAYS, responder.at_hand),)
    server = WebServer(app, listening, direct=direct)
    task = asyncio.create_task(server.run_until_stopped())
    while not server.started:
        await asyncio.sleep(0.01)
    (tmp_path / "ca.pem").write_bytes(pki().authority(KIND).certificate.public_bytes(PEM))
    (tmp_path / "leaf.pem").write_bytes(leaf.certificate.public_bytes(PEM))
    yield Live(listening.getsockname()[1], tmp_path, nation_database, responder)
    server.stop()
    await asyncio.wait_for(task, 10)


async def test_openssl_asks_a_running_responder(live: Live, leaf: Leaf) -> None:
    about = ("-cert", str(live.folder / "leaf.pem"))
    for words in (about, about, ("-no_nonce", *about), ("-no_nonce", *about)):
        said = await live.ask(*words)
        assert "Response verify OK" in said
        assert "WARNING" not in said
        assert said_by_openssl(said) == ["good"]
    async with live.database.transaction() as tx:
        await service.revoke(
            tx, "user-auth-2", leaf.certificate.serial_number, Reason.CESSATION, Cause.REQUEST,
            machine_time(),
        )  # fmt: skip
    await live.responder.look()
    said = await live.ask("-no_nonce", *about)
    assert said_by_openssl(said) == ["revoked"]
    assert "Reason: cessationOfOperation" in said
    assert said_by_openssl(await live.ask("-serial", "0x7b")) == ["unknown"]
