"""Waits until nothing is on its way any more: every sent message has been taken in."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import psycopg

from jichitai.kernel.parties import Tier

_SENT = "select sender, receiver, last_number from infra.channel"
_RECEIVED = "select sender, receiver, number from infra.inbox_mark"
_UNPUBLISHED = """
select sender, receiver, count(*) from infra.outbox where published_at is null group by 1, 2
"""
_UNREAD = """
select coalesce(sum(counted.event_number - coalesce(cursor.event_number, 0)), 0)
  from register.town_counter as counted
  left join jukinet.cursor as cursor on cursor.municipality = counted.municipality
"""
_QUARANTINE = "select count(*) from infra.quarantine where state = 'open'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """How far the messages are.

    Attributes:
        sent: messages that were ever sent.
        waiting: messages that their receiver has not taken in.
        unread: events of registers from which no message was derived yet.
        quarantined: refused messages that wait for a decision.
    """

    sent: int
    waiting: int
    unread: int
    quarantined: int

    @property
    def quiet(self) -> bool:
        """Nothing is on its way."""
        return self.waiting == 0 and self.unread == 0


def _everybody(_: str) -> bool:
    return True


async def traffic(dsns: Mapping[Tier, str], runs: Callable[[str], bool] = _everybody) -> Traffic:
    """Look at all tiers once; senders are read after receivers, so nothing is overlooked.

    Args:
        dsns: of the tiers, as a role that sees every row.
        runs: whether a process serves this party; messages to the others are not waited for.
    """
    sent: dict[tuple[str, str], int] = {}
    received: dict[tuple[str, str], int] = {}
    unread = quarantined = unpublished = 0
    for tier, dsn in dsns.items():
        async with await psycopg.AsyncConnection.connect(dsn) as connection:
            if tier is Tier.TOWN:
                unread = int((await _one(connection, _UNREAD))[0])
            for sender, receiver, number in await _all(connection, _RECEIVED):
                received[sender, receiver] = max(number, received.get((sender, receiver), 0))
            quarantined += int((await _one(connection, _QUARANTINE))[0])
    for dsn in dsns.values():
        async with await psycopg.AsyncConnection.connect(dsn) as connection:
            for _, receiver, count in await _all(connection, _UNPUBLISHED):
                unpublished += count if runs(receiver) else 0
            for sender, receiver, number in await _all(connection, _SENT):
                sent[sender, receiver] = max(number, sent.get((sender, receiver), 0))
    behind = sum(
        max(0, number - received.get(way, 0)) for way, number in sent.items() if runs(way[1])
    )
    return Traffic(
        sent=sum(sent.values()),
        waiting=max(behind, unpublished),
        unread=unread,
        quarantined=quarantined,
    )


async def wait_quiet(
    dsns: Mapping[Tier, str],
    *,
    patience: float = 120.0,
    runs: Callable[[str], bool] = _everybody,
) -> Traffic:
    """Wait until two looks in a row find nothing on its way and nothing new sent.

    Raises:
        TimeoutError: messages are still on their way after `patience` seconds.
    """
    deadline = time.monotonic() + patience
    before: Traffic | None = None
    while True:
        try:
            now = await traffic(dsns, runs)
        except psycopg.OperationalError:
            now = None
        if now is not None and now.quiet and now == before:
            return now
        before = now
        if time.monotonic() > deadline:
            raise TimeoutError(f"messages are still on their way: {now}")
        await asyncio.sleep(0.3)


async def _one(connection: psycopg.AsyncConnection[tuple[object, ...]], query: str) -> tuple[int]:
    row = await (await connection.execute(query)).fetchone()
    return (int(str(row[0])),) if row else (0,)


async def _all(
    connection: psycopg.AsyncConnection[tuple[object, ...]], query: str
) -> list[tuple[str, str, int]]:
    rows = await (await connection.execute(query)).fetchall()
    return [(str(a), str(b), int(str(c))) for a, b, c in rows]
