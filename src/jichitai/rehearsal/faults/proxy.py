"""A link that can be cut: a TCP relay between a process and the broker or the database."""

import asyncio
import contextlib
from enum import StrEnum
from types import TracebackType
from typing import Self

_CHUNK = 64 * 1024
LOOPBACK = "127.0.0.1"


class LinkState(StrEnum):
    """What a link does with what it carries."""

    OPEN = "open"
    REFUSING = "refusing"
    SILENT = "silent"


class Link:
    """A relay on loopback.

    `async with Link(port) as link` listens on `link.port`. Connections are relayed to `upstream`.
    `cut` breaks the standing ones at once (both sides see the end at once) and refuses new ones;
    `hush` keeps them but lets nothing through; `mend` opens the link again.
    """

    def __init__(self, upstream: int, *, name: str = "") -> None:
        """Take the port behind the link."""
        self.name = name or str(upstream)
        self.upstream = upstream
        self.port = 0
        self.state = LinkState.OPEN
        self.carried = 0
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._closing = False
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        """Listen on a free port."""
        self._server = await asyncio.start_server(self._accept, LOOPBACK, 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop listening and break what stands."""
        self._closing = True
        if self._server is not None:
            self._server.close()
        self._break()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def cut(self) -> None:
        """Break standing connections and refuse new ones."""
        self.state = LinkState.REFUSING
        self._break()

    def hush(self) -> None:
        """Let nothing through any more, without telling either side."""
        self.state = LinkState.SILENT
        self._flowing.clear()

    def mend(self) -> None:
        """Carry everything again; what was hushed continues."""
        self.state = LinkState.OPEN
        self._flowing.set()

    def _break(self) -> None:
        self._flowing.set()
        for writer in list(self._writers):
            writer.transport.abort()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        if self.state is LinkState.REFUSING:
            await _abort(writer)
            return
        try:
            far_reader, far_writer = await asyncio.open_connection(LOOPBACK, self.upstream)
        except OSError:
            await _abort(writer)
            return
        self._writers |= {writer, far_writer}
        try:
            await asyncio.gather(self._carry(reader, far_writer), self._carry(far_reader, writer))
        except asyncio.CancelledError:
            if not self._closing:
                raise
        finally:
            self._writers -= {writer, far_writer}
            await _abort(writer)
            await _abort(far_writer)

    async def _carry(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, OSError):
            while data := await source.read(_CHUNK):
                await self._flowing.wait()
                sink.write(data)
                await sink.drain()
                self.carried += len(data)
        sink.close()


async def _abort(writer: asyncio.StreamWriter) -> None:
    """Break a connection, and let the loop forget it."""
    writer.transport.abort()
    with contextlib.suppress(ConnectionError, OSError):
        await writer.wait_closed()
