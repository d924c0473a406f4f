"""What a supervisor keeps running: embedded servers and commands."""

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from http.client import HTTPException
from pathlib import Path
from typing import Protocol, TypeAlias
from urllib.error import URLError
from urllib.request import Request, urlopen

import anyio
import anyio.to_thread

from jichitai.infra.embedded.children import Child, spawn
from jichitai.infra.embedded.errors import ServerFailedError
from jichitai.infra.embedded.places import private_log, tail
from jichitai.infra.embedded.server import EmbeddedServer

_POLL_SECONDS = 0.05

Health: TypeAlias = Callable[[], Awaitable[bool]]


class Member(Protocol):
    """A child that the supervisor keeps running."""

    @property
    def name(self) -> str:
        """Its name, unique under one supervisor."""

    @property
    def pid(self) -> int | None:
        """Process id while it runs."""

    def poll(self) -> int | None:
        """Exit status when it ended by itself, None otherwise."""

    def signal(self, number: int) -> None:
        """Send it a signal."""

    async def start(self) -> None:
        """Start it and return when it is healthy; raise a `JichitaiError` otherwise."""

    async def stop(self) -> None:
        """Stop it cleanly; does nothing when it does not run."""

    async def healthy(self) -> bool:
        """Whether it answers now."""


class Server:
    """An embedded server as a member."""

    def __init__(self, name: str, server: EmbeddedServer) -> None:
        self.name = name
        self._server = server

    @property
    def pid(self) -> int | None:
        """Process id while it runs."""
        return self._server.pid

    def poll(self) -> int | None:
        """Exit status when it ended by itself."""
        return self._server.poll()

    def signal(self, number: int) -> None:
        """Send the server process a signal."""
        self._server.kill(number)

    async def start(self) -> None:
        """Start the server, recovering after a crash."""
        await anyio.to_thread.run_sync(self._server.start)

    async def stop(self) -> None:
        """Stop the server cleanly."""
        await anyio.to_thread.run_sync(self._server.stop)

    async def healthy(self) -> bool:
        """Whether it accepts a connection."""
        return await anyio.to_thread.run_sync(self._server.answers)


class Process:
    """A command as a member.

    Args:
        name: its name.
        command: program and arguments.
        log: file (mode 0600) that receives what it writes.
        environment: its whole environment; ours when None.
        directory: working directory.
        health: a URL that must answer 2xx, or an async function; None: running is enough.
        start_timeout: seconds until it must be healthy.
        grace: seconds between SIGTERM and SIGKILL.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        log: Path,
        environment: Mapping[str, str] | None = None,
        directory: Path | None = None,
        health: str | Health | None = None,
        start_timeout: float = 60.0,
        grace: float = 20.0,
    ) -> None:
        self.name = name
        self._command = tuple(command)
        self._log = log
        self._environment = environment
        self._directory = directory
        self._health = health
        self._start_timeout = start_timeout
        self._grace = grace
        self._child: Child | None = None

    @property
    def pid(self) -> int | None:
        """Process id while it runs."""
        return None if self._child is None or self._child.poll() is not None else self._child.pid

    def poll(self) -> int | None:
        """Exit status when it ended by itself."""
        return None if self._child is None else self._child.poll()

    def signal(self, number: int) -> None:
        """Send it a signal."""
        if self._child is not None:
            self._child.signal(number)

    async def start(self) -> None:
        """Start the command and wait until it is healthy.

        Raises:
            ServerFailedError: it ended at once, or was not healthy in time.
        """
        if self.pid is None:
            begin = self._spawn()
            deadline = time.monotonic() + self._start_timeout
            while not await self.healthy():
                if self.pid is None or time.monotonic() > deadline:
                    raise await self._failed(begin)
                await anyio.sleep(_POLL_SECONDS)

    async def stop(self) -> None:
        """SIGTERM, and SIGKILL to its whole group after the grace."""
        child, self._child = self._child, None
        if child is not None:
            await anyio.to_thread.run_sync(lambda: child.stop(grace=self._grace))

    async def healthy(self) -> bool:
        """Whether it runs and its health check passes."""
        if self.pid is None:
            return False
        if self._health is None:
            return True
        if isinstance(self._health, str):
            return await anyio.to_thread.run_sync(_answers, self._health)
        return await self._health()

    def _spawn(self) -> int:
        self._log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with private_log(self._log).open("ab") as output:
            begin = output.tell()
            try:
                self._child = spawn(
                    self._command,
                    output=output,
                    environment=self._environment,
                    directory=self._directory,
                )
            except OSError as error:
                raise ServerFailedError(
                    f"{self.name} のプログラム {self._command[0]} を実行できません"
                    f"（{error.strerror}）。make setup で入れ直してください。",
                    member=self.name,
                ) from error
        return begin

    async def _failed(self, begin: int) -> ServerFailedError:
        ended = self.pid is None
        await self.stop()
        what = "起動の途中で終わりました" if ended else "時間内に応答しませんでした"
        return ServerFailedError(
            f"{self.name} が{what}。記録 {self._log} の終わり:\n"
            f"{tail(self._log, start=begin) or '（空）'}",
            member=self.name,
            log=str(self._log),
        )


def _answers(url: str) -> bool:
    """Whether an HTTP GET is answered with a success."""
    request = Request(url, headers={"Connection": "close"})  # noqa: S310 - our own loopback URL
    try:
        with urlopen(request, timeout=5) as answer:  # noqa: S310
            success: bool = 200 <= answer.status < 300
            return success
    except (URLError, HTTPException, OSError):
        return False
