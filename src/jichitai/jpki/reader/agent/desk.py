"""Requests that wait for the holder: in memory, for a few minutes, each for one browser."""

import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from jichitai.jpki.reader.agent.sites import Site
from jichitai.jpki.reader.agent_protocol import CardRequest, WriteRequest
from jichitai.jpki.reader.errors import StaleAgentRequestError
from jichitai.jpki.reader.writing import Writing

LIFETIME: Final = 600.0
"""Seconds that a request waits."""
_AT_ONCE: Final = 20


@dataclass(slots=True)
class Pending:
    """A request that waits.

    Attributes:
        site: who asks.
        request: for a signature or reading, or for a writing.
        writing: the writing, once it runs.
        id: unguessable name in the agent's own addresses.
        cookie: value of the cookie of the browser that brought it.
        since: reading of the monotonic clock.
    """

    site: Site
    request: CardRequest | WriteRequest
    writing: Writing | None = None
    id: str = field(default_factory=lambda: secrets.token_urlsafe(18))
    cookie: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    since: float = 0.0


class Desk:
    """All requests that wait.

    Args:
        now: a monotonic clock.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._waiting: dict[str, Pending] = {}

    def put(self, site: Site, request: CardRequest | WriteRequest) -> Pending:
        """Have a request wait; the oldest gives way when there are too many."""
        self._sweep()
        while len(self._waiting) >= _AT_ONCE:
            del self._waiting[next(iter(self._waiting))]
        pending = Pending(site, request, since=self._now())
        self._waiting[pending.id] = pending
        return pending

    def get(self, name: str, cookie: str | None) -> Pending:
        """A request that waits, for the browser that brought it.

        Raises:
            StaleAgentRequestError: it was answered, has waited too long, or is another browser's.
        """
        self._sweep()
        pending = self._waiting.get(name)
        if pending is None or not hmac.compare_digest(pending.cookie, cookie or ""):
            raise StaleAgentRequestError(
                "この依頼は、もう終わったか、時間がたって無効になりました。カードには何も送っていません。"
                "依頼元のサイトに戻り、最初からやり直してください。"
            )
        return pending

    def close(self, pending: Pending) -> None:
        """The request is answered."""
        self._waiting.pop(pending.id, None)

    def _sweep(self) -> None:
        oldest = self._now() - LIFETIME
        for name in [one.id for one in self._waiting.values() if one.since < oldest]:
            writing = self._waiting[name].writing
            if writing is None or writing.finished:
                del self._waiting[name]
