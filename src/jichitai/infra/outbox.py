"""Outbox: what leaves a tier is written in the transaction of the change that causes it."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from msgspec import Struct

from jichitai.infra.clock import Clock
from jichitai.infra.crypto import Sealer
from jichitai.infra.database import Tx
from jichitai.infra.messages import FORWARD, Received, encode_forward, seal_body
from jichitai.kernel.parties import Party


@dataclass(frozen=True, slots=True)
class Draft:
    """A message about to leave."""

    origin: Party
    to: Party
    kind: str
    version: int
    body: Struct


class Outbox:
    """Writes messages into the outbox table, numbered without gaps per (sender, receiver)."""

    def __init__(self, network: Sealer, clock: Clock) -> None:
        """Take the network key that seals bodies, and the clock that dates them."""
        self._network = network
        self._clock = clock

    async def send(
        self, tx: Tx, *, origin: Party, to: Party, kind: str, version: int, body: Struct
    ) -> str:
        """Put one message; returns its id `<origin>-<to>-<number>`."""
        (message_id,) = await self.send_many(tx, [Draft(origin, to, kind, version, body)])
        return message_id

    async def send_many(self, tx: Tx, drafts: Sequence[Draft]) -> list[str]:
        """Put messages in the given order; two statements however many there are.

        Raises:
            MessageTooLargeError: a body above the limit; nothing is written.
        """
        rows = []
        numbers = await self._numbers(tx, Counter((str(d.origin), str(d.to)) for d in drafts))
        for draft in drafts:
            sender, receiver = str(draft.origin), str(draft.to)
            number = next(numbers[sender, receiver])
            message_id = f"{sender}-{receiver}-{number}"
            sealed = seal_body(
                self._network, message_id=message_id, kind=draft.kind, body=draft.body
            )
            rows.append((sender, receiver, number, message_id, draft.kind, draft.version, sealed))
        await self._insert(tx, rows)
        return [row[3] for row in rows]

    async def forward(self, tx: Tx, *, by: Party, to: Party, messages: Sequence[Received]) -> None:
        """Pass messages on with their origin's signature, one row per signed frame."""
        frames: dict[bytes, list[int]] = defaultdict(list)
        for message in messages:
            frames[message.signed].append(message.index)
        if not frames:
            return
        sender, receiver = str(by), str(to)
        numbers = await self._numbers(tx, {(sender, receiver): len(frames)})
        rows = []
        for frame, select in frames.items():
            number = next(numbers[sender, receiver])
            message_id = f"{sender}-{receiver}-{number}"
            body = encode_forward(frame, tuple(select))
            rows.append((sender, receiver, number, message_id, FORWARD, 1, body))
        await self._insert(tx, rows)

    async def hold(self, tx: Tx, *, origin: Party, to: Party) -> None:
        """Keep others out of a channel until the transaction ends.

        What is read afterwards is exactly what the channel has told so far.
        """
        await self._numbers(tx, {(str(origin), str(to)): 0})

    async def _numbers(
        self, tx: Tx, wanted: Mapping[tuple[str, str], int]
    ) -> dict[tuple[str, str], Iterator[int]]:
        channels = sorted(wanted)
        cursor = await tx.execute(
            "insert into infra.channel (sender, receiver, last_number)"
            " select * from unnest(%(senders)s::text[], %(receivers)s::text[], %(counts)s::bigint[])"
            " on conflict (sender, receiver) do update"
            "    set last_number = channel.last_number + excluded.last_number"
            " returning sender, receiver, last_number",
            {
                "senders": [sender for sender, _ in channels],
                "receivers": [receiver for _, receiver in channels],
                "counts": [wanted[channel] for channel in channels],
            },
        )
        return {
            (sender, receiver): iter(range(last - wanted[sender, receiver] + 1, last + 1))
            for sender, receiver, last in await cursor.fetchall()
        }

    async def _insert(self, tx: Tx, rows: Sequence[tuple[object, ...]]) -> None:
        now = self._clock.now()
        columns = list(zip(*rows, strict=True)) or [()] * 7
        await tx.execute(
            "insert into infra.outbox"
            " (sender, receiver, number, message_id, kind, version, body, created_at)"
            " select sender, receiver, number, message_id, kind, version, body, %s"
            "   from unnest(%s::text[], %s::text[], %s::bigint[], %s::text[], %s::text[],"
            "               %s::smallint[], %s::bytea[])"
            "     as sent (sender, receiver, number, message_id, kind, version, body)",
            (now, *(list(column) for column in columns)),
        )
