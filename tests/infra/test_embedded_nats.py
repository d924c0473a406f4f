"""The embedded NATS server."""

import json
import os
import signal
import socket
import stat
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import nats
import nats.errors
import pytest
from nats.aio.client import Client

from jichitai.infra.embedded.errors import (
    BinaryMissingError,
    DirectoryInUseError,
    DirectoryRefusedError,
    PortTakenError,
    ServerFailedError,
)
from jichitai.infra.embedded.nats import MAX_PAYLOAD, USER, NatsServer
from jichitai.infra.embedded.places import free_port
from tests.infra.processes import eventually, is_alive, line_of, running, working_in

SUPERVISE = """
import sys
from pathlib import Path
from jichitai.infra.embedded.nats import NatsServer
server = NatsServer(Path(sys.argv[1]))
server.start()
print(server.pid, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[NatsServer]:
    server = NatsServer(tmp_path / "nats")
    server.start()
    yield server
    server.stop()


@asynccontextmanager
async def _client(url: str) -> AsyncIterator[Client]:
    async def ignore(_: Exception) -> None:
        return None

    client = await nats.connect(url, allow_reconnect=False, error_cb=ignore)
    try:
        yield client
    finally:
        await client.close()


async def _publish(server: NatsServer, count: int) -> None:
    async with _client(server.url) as client:
        stream = client.jetstream()
        await stream.add_stream(name="notices", subjects=["notice"])
        for _ in range(count):
            await stream.publish("notice", b"moved")


async def _stored(server: NatsServer) -> int:
    async with _client(server.url) as client:
        return int((await client.jetstream().stream_info("notices")).state.messages)


async def test_a_restart_keeps_streams_port_and_password(server: NatsServer) -> None:
    await _publish(server, 20)
    url = server.url
    server.stop()
    assert not server.answers()
    server.start()
    assert server.url == url
    assert await _stored(server) == 20


async def test_acknowledged_messages_survive_kill_9(server: NatsServer) -> None:
    await _publish(server, 20)
    server.kill(signal.SIGKILL)
    assert eventually(lambda: server.pid is None)
    assert server.poll() == -signal.SIGKILL
    server.start()
    assert await _stored(server) == 20


async def test_a_message_of_ten_megabytes_is_refused(server: NatsServer) -> None:
    async with _client(server.url) as client:
        assert client.max_payload == MAX_PAYLOAD
        with pytest.raises(nats.errors.MaxPayloadError):
            await client.publish("notice", b"x" * 10_000_000)


def _told(server: NatsServer, password: str, command: str) -> bytes:
    """What the server says to a client of our own making until it hangs up."""
    connect = json.dumps({"user": USER, "pass": password, "verbose": False})
    with (
        socket.create_connection(("127.0.0.1", server.port), 5) as link,
        link.makefile("rb") as stream,
    ):
        stream.readline()
        link.sendall(f"CONNECT {connect}\r\n{command}\r\n".encode())
        return stream.read()


def _password(server: NatsServer) -> str:
    return server.url.split(":")[2].split("@")[0]


def test_a_client_that_ignores_the_limit_is_told_and_cut_off(server: NatsServer) -> None:
    answer = _told(server, _password(server), "PUB notice 10000000")
    assert b"Maximum Payload Violation" in answer
    assert server.answers()


def test_a_password_is_always_asked_for(server: NatsServer) -> None:
    for password in ("", "wrong"):
        assert b"Authorization Violation" in _told(server, password, "PING")


def test_everything_is_private(server: NatsServer) -> None:
    place = server.data_dir
    assert stat.S_IMODE(place.stat().st_mode) == 0o700
    assert stat.S_IMODE((place / "natsdata").stat().st_mode) == 0o700
    for name in ("password", "natsdata/nats.conf", "nats.log", "lock"):
        assert stat.S_IMODE((place / name).stat().st_mode) == 0o600, name
    command = Path(f"/proc/{server.pid}/cmdline").read_text("utf-8")
    assert _password(server) not in command


def test_monitoring_is_off_unless_asked_for(tmp_path: Path, server: NatsServer) -> None:
    assert server.monitoring_url is None
    with (
        NatsServer(tmp_path / "other", monitoring_port=free_port(), durable=False) as other,
        urllib.request.urlopen(f"{other.monitoring_url}/healthz", timeout=5) as answer,  # noqa: S310
    ):
        assert json.load(answer) == {"status": "ok"}


def test_a_directory_in_use_is_named_with_its_process(server: NatsServer) -> None:
    with pytest.raises(DirectoryInUseError, match=f"pid {os.getpid()}"):
        NatsServer(server.data_dir).start()
    assert server.answers()


def test_a_taken_port_is_named(tmp_path: Path, server: NatsServer) -> None:
    with pytest.raises(PortTakenError, match=f"ポート {server.port}"):
        NatsServer(tmp_path / "a", port=server.port).start()
    with pytest.raises(PortTakenError, match=f"ポート {server.port}"):
        NatsServer(tmp_path / "b", monitoring_port=server.port).start()


def test_a_directory_with_other_things_is_refused(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("private", "utf-8")
    with pytest.raises(DirectoryRefusedError):
        NatsServer(tmp_path).start()


def test_a_missing_or_broken_program_is_named(tmp_path: Path) -> None:
    with pytest.raises(BinaryMissingError, match="JICHITAI_NATS_SERVER"):
        NatsServer(tmp_path / "a", program=tmp_path / "none").start()
    program = tmp_path / "nats-server"
    program.write_text("#!/bin/sh\necho no such luck\nexit 3\n", "utf-8")
    program.chmod(0o755)
    with pytest.raises(ServerFailedError, match="no such luck"):
        NatsServer(tmp_path / "b", program=program).start()


def test_a_killed_supervisor_takes_its_server_along(tmp_path: Path) -> None:
    with running(SUPERVISE, str(tmp_path / "nats")) as supervisor:
        pid = int(line_of(supervisor))
        supervisor.kill()
        supervisor.wait()
        assert eventually(lambda: not is_alive(pid))


def test_a_new_supervisor_takes_over_from_one_killed_with_its_guardian(tmp_path: Path) -> None:
    place = tmp_path / "nats"
    with running(SUPERVISE, str(place)) as supervisor:
        pid = int(line_of(supervisor))
        children = Path(f"/proc/{supervisor.pid}/task/{supervisor.pid}/children")
        for guardian in {int(child) for child in children.read_text("ascii").split()} - {pid}:
            os.kill(guardian, signal.SIGKILL)
        supervisor.kill()
        supervisor.wait()
        assert is_alive(pid)
    with NatsServer(place) as server:
        assert not is_alive(pid)
        assert working_in(place / "natsdata") == [server.pid]
