"""Embedded NATS: one JetStream server in one private directory, a child of ours."""

import json
import os
import signal
import socket
import time
from pathlib import Path

from jichitai.infra.embedded import binaries, leftovers, privileges
from jichitai.infra.embedded.children import Owner, spawn
from jichitai.infra.embedded.places import LOOPBACK, choose_port, tail
from jichitai.infra.embedded.server import EmbeddedServer

USER = "jichitai"
MAX_PAYLOAD = 1024 * 1024
_ATTEMPTS = 5
_ANSWER_SECONDS = 3.0


class NatsServer(EmbeddedServer):
    """A NATS server with JetStream that keeps its streams below one directory.

    Args:
        data_dir: the private directory; made on first start.
        program: the `nats-server` program; found when None (see `binaries.nats_program`).
        port: loopback port; None takes a free one and keeps it as long as it stays free.
        durable: sync every message to disk before it is acknowledged; False is for tests.
        max_payload: largest message in bytes; a larger one is refused and its sender cut off.
        monitoring_port: loopback port of the HTTP monitoring pages; None: none.
        start_timeout: seconds until the server must answer, recovery included.
    """

    name = "NATS"
    log_name = "nats.log"

    def __init__(
        self,
        data_dir: Path,
        *,
        program: Path | None = None,
        port: int | None = None,
        durable: bool = True,
        max_payload: int = MAX_PAYLOAD,
        monitoring_port: int | None = None,
        start_timeout: float = 120.0,
    ) -> None:
        super().__init__(data_dir, port=port, start_timeout=start_timeout)
        self._program = program
        self._durable = durable
        self._max_payload = max_payload
        self._monitoring_port = monitoring_port

    @property
    def url(self) -> str:
        """Where clients connect, with user and password."""
        return f"nats://{USER}:{self._place.secret('password')}@{LOOPBACK}:{self.port}"

    @property
    def monitoring_url(self) -> str | None:
        """Address of the monitoring pages, when they were asked for."""
        port = self._monitoring_port
        return None if port is None else f"http://{LOOPBACK}:{port}"

    @property
    def _data(self) -> Path:
        return self._place.path / "natsdata"

    def answers(self) -> bool:
        """Whether the server accepts our password, answers a ping, and has JetStream ready."""
        if self.pid is None:
            return False
        connect = {
            "user": USER,
            "pass": self._place.secret("password"),
            "verbose": False,
            "pedantic": False,
            "lang": "python",
            "version": "0",
        }
        try:
            with (
                socket.create_connection((LOOPBACK, self.port), _ANSWER_SECONDS) as link,
                link.makefile("rb") as stream,
            ):
                greeting = stream.readline()
                link.sendall(b"CONNECT " + json.dumps(connect).encode() + b"\r\nPING\r\n")
                answer = stream.readline()
        except OSError:
            return False
        return (
            answer.startswith(b"PONG")
            and greeting.startswith(b"INFO ")
            and json.loads(greeting[5:]).get("jetstream") is True
        )

    def _start(self) -> None:
        program = binaries.nats_program(self._program)
        if not self._data.exists():
            self._initialise()
        leftovers.end_servers_in(self._data, self.name)
        owner = privileges.owner_of(self._data)
        deadline = time.monotonic() + self._start_timeout
        for attempt in range(1, _ATTEMPTS + 1):
            if self._monitoring_port is not None:
                choose_port(self._monitoring_port, None)
            self._port = choose_port(self._wanted_port, self._place.state().get("port"))
            self._configure(owner)
            begin = self._launch(program, owner)
            if self._wait_ready(deadline):
                break
            reason = tail(self.log_file, start=begin)
            if attempt == _ATTEMPTS or "address already in use" not in reason:
                raise self._ended(reason)
        self._place.remember(port=self._port)

    def _initialise(self) -> None:
        fresh = self._place.path / "natsdata.new"
        fresh.mkdir(mode=0o700, exist_ok=True)
        if privileges.is_root():
            privileges.give(fresh, privileges.fresh_owner())
        fresh.rename(self._data)

    def _configure(self, owner: Owner | None) -> None:
        lines = [
            "# Written at every start.",
            'server_name: "jichitai-embedded"',
            f'host: "{LOOPBACK}"',
            f"port: {self.port}",
            f"max_payload: {self._max_payload}",
            f"max_pending: {max(64 * 1024 * 1024, 2 * self._max_payload)}",
            "authorization {",
            f'  user: "{USER}"',
            f'  password: "{self._place.secret("password")}"',
            "}",
            "jetstream {",
            '  store_dir: "store"',
            f"  sync_interval: {'always' if self._durable else '2m'}",
            "}",
        ]
        if self._monitoring_port is not None:
            lines.append(f'http: "{LOOPBACK}:{self._monitoring_port}"')
        file = self._data / "nats.conf"
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as out:
            if owner is not None:
                os.fchown(descriptor, owner.uid, owner.gid)
            out.write("\n".join([*lines, ""]))

    def _launch(self, program: Path, owner: Owner | None) -> int:
        """Start the server in its directory; returns where its part of the log begins."""
        log = self._place.log(self.log_name)
        begin = log.stat().st_size
        opened = binaries.open_program(program) if owner is not None else None
        try:
            with log.open("ab") as output:
                self._child = spawn(
                    [str(program), "-c", "nats.conf"],
                    program=None if opened is None else f"/proc/self/fd/{opened}",
                    stop_signal=signal.SIGTERM,
                    output=output,
                    owner=owner,
                    keep=() if opened is None else (opened,),
                    environment={
                        "PATH": os.environ.get("PATH", os.defpath),
                        "TZ": "UTC",
                        leftovers.MARK: "1",
                    },
                    directory=self._data,
                )
        finally:
            if opened is not None:
                os.close(opened)
        return begin
