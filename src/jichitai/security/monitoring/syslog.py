"""syslog over TCP: lines by newline or with their length in front (RFC 6587).

The sender's address says whose logs they are. Lines of an address that nobody registered are counted
and not kept. A connection never fails for what it sends; a sender that is too fast waits, because its
connection is read no faster than its lines are kept.

Source: RFC 5424; RFC 6587.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Final

import structlog

from jichitai.kernel.errors import JichitaiError
from jichitai.security.monitoring.formats.lines import LONGEST
from jichitai.security.monitoring.service.intake import Intake
from jichitai.security.monitoring.store import sources

log = structlog.get_logger(__name__)

EVERYBODY: Final = "00"
"""Prefecture under which strangers are counted: the node does not know whom they belong to."""
_PIECE: Final = 64 * 1024
_FULL: Final = 1024 * 1024
_PAUSE: Final = 1.0
_DIGITS: Final = 8


@dataclass(slots=True)
class Framing:
    """Takes a stream apart into lines, whatever the pieces it comes in."""

    _rest: bytearray = field(default_factory=bytearray)
    _skipping: bool = False

    def take(self, piece: bytes) -> bytes:
        r"""Whole lines of what came so far, each ended by a newline.

        >>> framing = Framing()
        >>> framing.take(b"<13>a\n5 <13>"), framing.take(b"b<13>c\n")
        (b'<13>a\n', b'<13>b\n<13>c\n')
        """
        self._rest += piece
        done = bytearray()
        while True:
            line = self._next()
            if line is None:
                return bytes(done)
            if line:
                done += line.replace(b"\n", b" ") + b"\n"

    def end(self) -> bytes:
        """What is left when the stream ends, as a last line."""
        rest = bytes(self._rest).strip()
        self._rest.clear()
        return rest.replace(b"\n", b" ") + b"\n" if rest else b""

    def _next(self) -> bytes | None:
        length, start = self._counted()
        if length is not None:
            if len(self._rest) < start + length:
                return None
            line = bytes(self._rest[start : start + length])
            del self._rest[: start + length]
            return line
        end = self._rest.find(b"\n")
        if end < 0:
            return self._cut()
        line = bytes(self._rest[:end])
        del self._rest[: end + 1]
        if self._skipping:
            self._skipping = False
            return b""
        return line

    def _counted(self) -> tuple[int | None, int]:
        """Length in front of the line, and where the line begins."""
        if self._skipping or not self._rest[:1].isdigit():
            return None, 0
        space = self._rest.find(b" ", 1, _DIGITS)
        if space < 0 or not self._rest[:space].isdigit():
            return None, 0
        if len(self._rest) > space + 1 and self._rest[space + 1 : space + 2] != b"<":
            return None, 0
        length = int(self._rest[:space])
        return (length, space + 1) if length <= 2 * LONGEST else (None, 0)

    def _cut(self) -> bytes | None:
        """A line without an end is given up once it is too long; its beginning is kept."""
        if self._skipping:
            self._rest.clear()
            return None
        if len(self._rest) <= 2 * LONGEST:
            return None
        line = bytes(self._rest)
        self._rest.clear()
        self._skipping = True
        return line


@dataclass(frozen=True, slots=True)
class SyslogListener:
    """Listens for the sources of all prefectures of this node."""

    intake: Intake
    host: str
    port: int

    async def run(self) -> None:
        """Listen until the process ends; without a port, never."""
        if not self.port:
            await asyncio.Event().wait()
        server = await asyncio.start_server(self.serve, self.host, self.port, limit=_PIECE)
        log.info("syslog-listens", port=self.port)
        async with server:
            await server.serve_forever()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One sender, from its connection to its end."""
        peer = writer.get_extra_info("peername")
        address = str(peer[0]) if peer else ""
        framing = Framing()
        lines = bytearray()
        try:
            while True:
                piece, quiet = await _piece(reader)
                lines += framing.take(piece)
                if lines and (quiet or len(lines) >= _FULL):
                    await self._keep(address, bytes(lines))
                    lines.clear()
                if not piece and not quiet:
                    break
            lines += framing.end()
            if lines:
                await self._keep(address, bytes(lines))
        except ConnectionError:
            log.info("syslog-sender-left")
        finally:
            writer.close()

    async def _keep(self, address: str, lines: bytes) -> None:
        """Keep lines; when that is refused, try again, and let the sender wait meanwhile."""
        while True:
            try:
                async with self.intake.database.transaction() as tx:
                    source = await sources.by_address(tx, address)
                    if source is None:
                        count, at = lines.count(b"\n"), self.intake.clock.now()
                        await sources.count_stranger(tx, EVERYBODY, address, count, at)
                    else:
                        await self.intake.accept(tx, source, lines, transport="syslog")
            except JichitaiError as error:
                log.warning("syslog-waits", type=error.type)
                await asyncio.sleep(_PAUSE)
            else:
                return


async def _piece(reader: asyncio.StreamReader) -> tuple[bytes, bool]:
    """What came, or nothing and that it was quiet for a moment."""
    try:
        return await asyncio.wait_for(reader.read(_PIECE), _PAUSE), False
    except TimeoutError:
        return b"", True
