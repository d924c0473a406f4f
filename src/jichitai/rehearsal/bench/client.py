"""A load generator that costs little: requests are made beforehand, answers are only counted."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, cast

from jichitai.kernel.errors import UnavailableError

_HEAD_END: Final = b"\r\n\r\n"
_PATIENCE: Final = 60.0
_LENGTH: Final = b"content-length:"


@dataclass(slots=True)
class Tally:
    """What came back.

    Attributes:
        latencies: seconds of each answer.
        seconds: from the first question to the last answer.
        refused: answers with another status than 200.
    """

    latencies: list[float] = field(default_factory=list)
    seconds: float = 0.0
    refused: int = 0

    @property
    def per_second(self) -> float:
        """Answers a second."""
        return len(self.latencies) / self.seconds if self.seconds else 0.0

    def add(self, other: "Tally") -> None:
        """Take another round in."""
        self.latencies += other.latencies
        self.seconds += other.seconds
        self.refused += other.refused


async def ask(
    host: str, port: int, requests: Iterator[bytes], *, connections: int, seconds: float
) -> Tally:
    """Ask over kept connections, one question at a time on each, for so many seconds.

    Raises:
        UnavailableError: a connection broke, or an answer was refused.
    """
    loop = asyncio.get_running_loop()
    tally = Tally()
    opened = [
        await loop.create_connection(lambda: _Asker(requests, tally), host, port)
        for _ in range(connections)
    ]
    askers = [asker for _, asker in opened]
    started = time.perf_counter()
    for asker in askers:
        asker.start(until=started + seconds)
    async with asyncio.timeout(seconds + _PATIENCE):
        await asyncio.gather(*(asker.finished for asker in askers))
    tally.seconds = time.perf_counter() - started
    for transport, _ in opened:
        transport.close()
    if tally.refused:
        raise UnavailableError(f"測定中に{tally.refused}件の照会が断られました。値は使えません。")
    return tally


class _Asker(asyncio.Protocol):
    def __init__(self, requests: Iterator[bytes], tally: Tally) -> None:
        self._requests = requests
        self._tally = tally
        self._transport: asyncio.Transport | None = None
        self._got = b""
        self._want = -1
        self._asked_at = 0.0
        self._until = 0.0
        self.finished: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.finished.done():
            self.finished.set_exception(exc or UnavailableError("測定中に接続が切れました。"))

    def start(self, *, until: float) -> None:
        """Put the first question."""
        self._until = until
        self._ask()

    def _ask(self) -> None:
        self._asked_at = time.perf_counter()
        if self._asked_at >= self._until:
            self.finished.set_result(None)
        elif self._transport is not None:
            self._transport.write(next(self._requests))

    def data_received(self, data: bytes) -> None:
        self._got = self._got + data if self._got else data
        if self._want < 0:
            end = self._got.find(_HEAD_END)
            if end < 0:
                return
            head = self._got[:end].lower()
            at = head.index(_LENGTH) + len(_LENGTH)
            self._want = end + len(_HEAD_END) + int(head[at:].split(b"\r", 1)[0])
        if len(self._got) >= self._want:
            self._tally.latencies.append(time.perf_counter() - self._asked_at)
            if not self._got.startswith(b"HTTP/1.1 200"):
                self._tally.refused += 1
            self._got, self._want = b"", -1
            self._ask()
