"""Inbox: messages that arrive have their effect exactly once, in the order of each channel.

The high-water mark of a channel moves in the transaction of the change. A repeated number is
passed over, a gap stops the channel and is asked for again, a refused message goes to the
quarantine and does not stop anybody else.
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import psycopg
import structlog

from jichitai.infra import quarantine
from jichitai.infra.clock import Clock
from jichitai.infra.crypto import Sealer
from jichitai.infra.database import Tx
from jichitai.infra.logs import where
from jichitai.infra.messages import (
    Frame,
    PublicKeys,
    Received,
    Refused,
    open_items,
    open_one,
)
from jichitai.kernel.errors import (
    ForbiddenError,
    InvalidError,
    JichitaiError,
    UnavailableError,
)
from jichitai.kernel.parties import Party

Handler = Callable[[Tx, Sequence[Received]], Awaitable[None]]
Handlers = Mapping[str, Handler]

log = structlog.get_logger(__name__)


class UnknownKindError(InvalidError):
    """Nobody here handles this kind of message."""

    type = "infra.unknown-kind"
    title = "この種類の通知は受け取れません"


class HandlerFailedError(InvalidError):
    """A handler failed in a way it did not expect; the message waits for an operator."""

    type = "infra.handler-failed"
    title = "通知の処理に失敗しました"


@dataclass(frozen=True, slots=True)
class Arrival:
    """A verified frame and its signed text."""

    signed: bytes
    frame: Frame


@dataclass(slots=True)
class Outcome:
    """What one call of `apply` did.

    Attributes:
        marks: sender -> number up to which messages have had their effect.
        gaps: sender -> number to send again from.
        applied: messages that had their effect now.
        refused: messages put into quarantine now.
        repeated: numbers passed over because they had come before.
    """

    marks: dict[str, int] = field(default_factory=dict)
    gaps: dict[str, int] = field(default_factory=dict)
    applied: int = 0
    refused: int = 0
    repeated: int = 0

    def add(self, later: "Outcome") -> None:
        """Count what a later call did."""
        self.marks |= later.marks
        self.gaps |= later.gaps
        self.applied += later.applied
        self.refused += later.refused
        self.repeated += later.repeated


@dataclass(slots=True)
class _Accepted:
    ready: list[Received] = field(default_factory=list)
    unreadable: list[tuple[int, bytes, int, Refused]] = field(default_factory=list)
    sent_at: dict[str, datetime] = field(default_factory=dict)


class Inbox:
    """Applies arrivals of one receiver in one transaction."""

    def __init__(self, handlers: Handlers, network: Sealer, clock: Clock) -> None:
        """Take the handlers by kind."""
        self._handlers = handlers
        self._network = network
        self._clock = clock

    async def apply(
        self, tx: Tx, receiver: Party, arrivals: Sequence[Arrival], keys: PublicKeys
    ) -> Outcome:
        """Apply frames addressed to `receiver`, in the order given."""
        outcome = Outcome()
        marks = await self._marks(tx, receiver, {a.frame.sender for a in arrivals})
        accepted = self._sort_out(arrivals, marks, keys, outcome)
        ready = await self._hold_back(tx, receiver, accepted.ready)
        await self._handle(tx, ready, outcome)
        await self._set_aside(tx, receiver, accepted.unreadable, outcome)
        await self._move_marks(tx, receiver, outcome.marks, accepted.sent_at)
        return outcome

    async def release(self, tx: Tx, receiver: Party, keys: PublicKeys, *, limit: int = 500) -> int:
        """Apply messages held back while a link was cut, for links that are open again.

        Returns:
            How many were released; call again until 0.
        """
        cursor = await tx.execute(
            "select origin, sequence, sender, number, part, frame from infra.held as held"
            " where receiver = %s and not exists ("
            "       select 1 from infra.link where state = 'cut'"
            "          and party in (held.origin, held.sender))"
            " order by origin, sequence limit %s for update",
            (str(receiver), limit),
        )
        rows = await cursor.fetchall()
        messages: list[Received] = []
        for _, _, sender, number, part, frame in rows:
            try:
                opened = open_one(
                    frame,
                    part,
                    sender=Party.parse(sender),
                    receiver=receiver,
                    number=number,
                    keys=keys,
                    network=self._network,
                )
            except (ForbiddenError, InvalidError) as refusal:  # its key was revoked meanwhile
                await quarantine.put_unreadable(
                    tx,
                    frame,
                    refusal,
                    receiver=receiver,
                    sender=sender,
                    number=number,
                    part=part,
                    at=self._clock.now(),
                )
            else:
                messages.append(opened)
        await self._handle(tx, messages, Outcome())
        await tx.execute(
            "delete from infra.held using unnest(%s::text[], %s::bigint[])"
            "    as done (origin, sequence)"
            " where held.receiver = %s and held.origin = done.origin"
            "   and held.sequence = done.sequence",
            ([row[0] for row in rows], [row[1] for row in rows], str(receiver)),
        )
        return len(rows)

    async def retry(self, tx: Tx, entry: quarantine.Entry, keys: PublicKeys) -> None:
        """Apply a quarantined message again.

        Raises:
            JichitaiError: it is refused again; the entry stays open.
        """
        message = open_one(
            entry.content,
            entry.part,
            sender=Party.parse(entry.sender),
            receiver=Party.parse(entry.receiver),
            number=entry.number or 0,
            keys=keys,
            network=self._network,
        )
        handler = self._handler(message.kind)
        try:
            await handler(tx, [message])
        except Exception as error:  # noqa: BLE001  # as at the first arrival
            raise _as_refusal(error, message.kind) from None

    # --- arrival -------------------------------------------------------------

    async def _marks(self, tx: Tx, receiver: Party, senders: Iterable[str]) -> dict[str, int]:
        names = sorted(senders)
        cursor = await tx.execute(
            "select sender, number from infra.inbox_mark"
            " where receiver = %s and sender = any(%s) order by sender for update",
            (str(receiver), names),
        )
        return dict.fromkeys(names, 0) | dict(await cursor.fetchall())

    def _sort_out(
        self,
        arrivals: Sequence[Arrival],
        marks: dict[str, int],
        keys: PublicKeys,
        outcome: Outcome,
    ) -> _Accepted:
        accepted = _Accepted()
        for arrival in arrivals:
            frame, sender = arrival.frame, arrival.frame.sender
            outcome.marks[sender] = marks[sender]
            last = frame.first + len(frame.items) - 1
            if last <= marks[sender]:
                outcome.repeated += len(frame.items)
                continue
            if frame.first > marks[sender] + 1:
                outcome.gaps.setdefault(sender, marks[sender] + 1)
                continue
            outcome.gaps.pop(sender, None)
            for number, opened in open_items(arrival.signed, frame, keys, self._network):
                if number <= marks[sender]:
                    outcome.repeated += 1
                    continue
                marks[sender] = number
                if isinstance(opened, Refused):
                    index = number - frame.first
                    accepted.unreadable.append((number, arrival.signed, index, opened))
                else:
                    accepted.ready += opened
                accepted.sent_at[sender] = frame.items[number - frame.first].sent_at
            outcome.marks[sender] = marks[sender]
        return accepted

    async def _move_marks(
        self, tx: Tx, receiver: Party, marks: Mapping[str, int], sent_at: Mapping[str, datetime]
    ) -> None:
        moved = [sender for sender in marks if sender in sent_at]
        if not moved:
            return
        await tx.execute(
            "insert into infra.inbox_mark (receiver, sender, number, received_at, sent_at)"
            " select %s, sender, number, %s, sent_at"
            "   from unnest(%s::text[], %s::bigint[], %s::timestamptz[])"
            "     as moved (sender, number, sent_at)"
            " on conflict (receiver, sender) do update"
            "    set number = excluded.number, received_at = excluded.received_at,"
            "        sent_at = excluded.sent_at",
            (
                str(receiver),
                self._clock.now(),
                moved,
                [marks[sender] for sender in moved],
                [sent_at[sender] for sender in moved],
            ),
        )

    # --- cut links -----------------------------------------------------------

    async def _hold_back(self, tx: Tx, receiver: Party, messages: list[Received]) -> list[Received]:
        if not messages:
            return messages
        cursor = await tx.execute(
            "select party from infra.link where state = 'cut'"
            " union select origin from infra.held where receiver = %s",
            (str(receiver),),
        )
        cut = {name for (name,) in await cursor.fetchall()}
        if not cut:
            return messages
        held = [m for m in messages if str(m.origin) in cut or str(m.sender) in cut]
        if held:
            await self._hold(tx, receiver, held)
        kept = {id(message) for message in held}
        return [message for message in messages if id(message) not in kept]

    async def _hold(self, tx: Tx, receiver: Party, held: Sequence[Received]) -> None:
        await tx.execute(
            "insert into infra.held"
            " (receiver, origin, sequence, sender, number, part, frame, held_at)"
            " select %s, origin, place + coalesce((select max(sequence) from infra.held"
            "        where receiver = %s), 0), sender, number, part, frame, %s"
            "   from unnest(%s::text[], %s::text[], %s::bigint[], %s::integer[], %s::bytea[])"
            "        with ordinality as new (origin, sender, number, part, frame, place)",
            (
                str(receiver),
                str(receiver),
                self._clock.now(),
                [str(message.origin) for message in held],
                [str(message.sender) for message in held],
                [message.number for message in held],
                [message.index for message in held],
                [message.signed for message in held],
            ),
        )

    # --- handling ------------------------------------------------------------

    async def _handle(self, tx: Tx, messages: Sequence[Received], outcome: Outcome) -> None:
        for batch in _rounds(messages):
            refused = await self._handle_batch(tx, batch)
            outcome.refused += refused
            outcome.applied += len(batch) - refused

    async def _handle_batch(self, tx: Tx, batch: Sequence[Received]) -> int:
        try:
            async with tx.transaction():
                await self._handler(batch[0].kind)(tx, batch)
        except Exception as error:  # noqa: BLE001  # the worker's edge: sorted out below
            refusal = _as_refusal(error, batch[0].kind)
            if len(batch) > 1:  # halves, so that one bad message costs few attempts
                middle = len(batch) // 2
                return await self._handle_batch(tx, batch[:middle]) + await self._handle_batch(
                    tx, batch[middle:]
                )
            await quarantine.put_message(tx, batch[0], refusal, at=self._clock.now())
            return 1
        return 0

    def _handler(self, kind: str) -> Handler:
        try:
            return self._handlers[kind]
        except KeyError:
            raise UnknownKindError(
                f"種類 {kind} の通知をこの階層は扱いません。差出人の設定を確かめてください。",
                kind=kind,
            ) from None

    async def _set_aside(
        self,
        tx: Tx,
        receiver: Party,
        unreadable: Sequence[tuple[int, bytes, int, Refused]],
        outcome: Outcome,
    ) -> None:
        for number, signed, index, refused in unreadable:
            outcome.refused += 1
            await quarantine.put_unreadable(
                tx,
                signed,
                refused.refusal,
                receiver=receiver,
                sender=refused.item.id.rsplit("-", 1)[0],
                number=number,
                part=index,
                kind=refused.item.kind,
                message_id=refused.item.id,
                at=self._clock.now(),
            )


def _as_refusal(error: Exception, kind: str) -> JichitaiError:
    """Tell a refusal from an outage, which is raised again and retried as a whole."""
    if isinstance(error, UnavailableError | psycopg.OperationalError | psycopg.InterfaceError):
        raise error
    if isinstance(error, JichitaiError):
        return error
    log.error("handler-failed", kind=kind, **where(error))
    return HandlerFailedError(
        f"通知 {kind} の処理中に想定外の誤りが起きました。運用担当が内容を確かめます。", kind=kind
    )


def _rounds(messages: Sequence[Received]) -> list[list[Received]]:
    """Batches of one kind that keep the order of every origin.

    The k-th run of equal kinds of each origin goes into the k-th round.
    """
    rounds: list[dict[str, list[Received]]] = []
    place: dict[Party, tuple[int, str]] = {}
    for message in messages:
        last = place.get(message.origin)
        level = 0 if last is None else last[0] + (last[1] != message.kind)
        place[message.origin] = (level, message.kind)
        while len(rounds) <= level:
            rounds.append(defaultdict(list))
        rounds[level][message.kind].append(message)
    return [batch for kinds in rounds for batch in kinds.values()]
