"""Channels whose two ends disagree: what a database that came back older has forgotten.

A receiver's mark and a sender's numbers are compared by number only. A sender that was restored to
an earlier state would give numbers again that the receiver passes over as repeats; a receiver that
was restored waits for numbers that the sender has deleted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from jichitai.infra import audit
from jichitai.infra.audit import Actor
from jichitai.infra.database import Tx
from jichitai.kernel.errors import ConflictError, InvalidError
from jichitai.kernel.parties import Party

log = structlog.get_logger(__name__)

NUMBER_LIMIT = 10**15
"""No channel comes this far; a greater number is a mistake or a lie, and would stop the channel."""


class ChannelBackwardsError(ConflictError):
    """The number stands below what the channel has reached."""

    type = "infra.channel-backwards"
    title = "通知の番号を後ろへは戻せません"


class ChannelNumberError(InvalidError):
    """A number that no channel reaches."""

    type = "infra.channel-number"
    title = "通知の番号が大きすぎます"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """The sender's end: numbers given, numbers confirmed, messages not confirmed yet."""

    sender: str
    receiver: str
    last_number: int
    confirmed_number: int
    waiting: int


@dataclass(frozen=True, slots=True)
class Incoming:
    """The receiver's end: the number up to which messages have had their effect."""

    sender: str
    receiver: str
    number: int
    received_at: datetime


async def outgoing(tx: Tx) -> list[Outgoing]:
    """The channels that this database sends on, by sender and receiver."""
    cursor = await tx.execute(
        "select sender, receiver, last_number, confirmed_number,"
        "       (select count(*) from infra.outbox"
        "         where outbox.sender = channel.sender and outbox.receiver = channel.receiver)"
        "  from infra.channel order by sender, receiver"
    )
    return [Outgoing(*row) for row in await cursor.fetchall()]


async def incoming(tx: Tx) -> list[Incoming]:
    """The channels that this database receives on, by sender and receiver."""
    cursor = await tx.execute(
        "select sender, receiver, number, received_at from infra.inbox_mark"
        " order by sender, receiver"
    )
    return [Incoming(*row) for row in await cursor.fetchall()]


_LOCK_BEHIND = """
select channel.sender, channel.last_number, said.number
  from infra.channel
  join unnest(%(senders)s::text[], %(numbers)s::bigint[]) as said (sender, number)
    on channel.sender = said.sender
 where channel.receiver = %(receiver)s and channel.last_number < said.number
   and said.number < %(limit)s
 order by channel.sender
   for update of channel
"""

# Its own statement, begun with the channels locked: it sees every row that has a number.
_RENUMBER = """
with waiting as (
    select outbox.sender, outbox.receiver, outbox.number,
           said.number + row_number() over (partition by outbox.sender order by outbox.number)
               as new_number
      from infra.outbox
      join unnest(%(senders)s::text[], %(numbers)s::bigint[]) as said (sender, number)
        on outbox.sender = said.sender
     where outbox.receiver = %(receiver)s
), renumbered as (
    update infra.outbox set number = waiting.new_number, published_at = null
      from waiting
     where outbox.sender = waiting.sender and outbox.receiver = waiting.receiver
       and outbox.number = waiting.number
    returning outbox.sender
)
update infra.channel
   set confirmed_number = said.number,
       last_number = said.number
           + (select count(*) from renumbered where renumbered.sender = said.sender)
  from unnest(%(senders)s::text[], %(numbers)s::bigint[]) as said (sender, number)
 where channel.sender = said.sender and channel.receiver = %(receiver)s
returning channel.sender, channel.last_number - said.number
"""


async def catch_up(
    tx: Tx, receiver: str, marks: Sequence[tuple[str, int]], *, by: Actor, reason: str
) -> dict[str, int]:
    """Move channels whose receiver has seen numbers that the sender never gave.

    The channel goes on after the receiver's mark, and the messages that wait in the outbox get
    the numbers that follow, in their order. A message keeps its id, to which its sealed body is
    bound. One that had its effect before the restore may have it again: handlers bear that, while
    a message under a used number would be lost.

    Args:
        tx: the running transaction at the sender.
        receiver: who says the marks.
        marks: (sender, number up to which the receiver has had messages).
        by: who is recorded as the one who moves the channel.
        reason: why, for the audit log.

    Returns:
        Sender -> messages that got new numbers, for the channels that were behind.
    """
    said: dict[str, object] = {"receiver": receiver, "limit": NUMBER_LIMIT}
    once = dict(sorted(marks, key=lambda mark: mark[1]))
    cursor = await tx.execute(_LOCK_BEHIND, said | _columns(list(once.items())))
    behind = await cursor.fetchall()
    if not behind:
        return {}
    moved = _columns([(sender, number) for sender, _, number in behind])
    renumbered = {
        str(sender): int(count)
        for sender, count in await (await tx.execute(_RENUMBER, said | moved)).fetchall()
    }
    for sender, last, number in behind:
        facts = {"side": "sender", "from": last, "to": number, "renumbered": renumbered[sender]}
        await _record(tx, sender, receiver, by=by, reason=reason, facts=facts)
        log.warning("channel-behind", sender=sender, receiver=receiver, last=last, mark=number)
    return renumbered


async def repair_sender(
    tx: Tx, sender: Party, receiver: Party, number: int, *, by: Actor, reason: str
) -> int:
    """Let a restored sender go on after the receiver's mark.

    Args:
        tx: the running transaction at the sender.
        sender: who sends on the channel.
        receiver: who receives on it.
        number: the receiver's mark.
        by: the operator.
        reason: why, for the audit log.

    Returns:
        How many waiting messages got new numbers.

    Raises:
        ChannelBackwardsError: the sender has given this number already.
        ChannelNumberError: no channel comes so far.
    """
    _demand_plausible(number)
    await tx.execute(
        "insert into infra.channel (sender, receiver, last_number) values (%s, %s, 0)"
        " on conflict (sender, receiver) do nothing",
        (str(sender), str(receiver)),
    )
    done = await catch_up(tx, str(receiver), [(str(sender), number)], by=by, reason=reason)
    if str(sender) not in done:
        raise ChannelBackwardsError(
            f"{sender} は {receiver} に、番号 {number} かそれより先の番号を既に付けています。"
            "受け取った側の番号を jichitai channel list で確かめてください。",
            number=number,
        )
    return done[str(sender)]


async def repair_receiver(
    tx: Tx,
    sender: Party,
    receiver: Party,
    number: int,
    *,
    by: Actor,
    reason: str,
    at: datetime,
) -> int:
    """Let a restored receiver go on after what the sender has deleted.

    Args:
        tx: the running transaction at the receiver.
        sender: who sends on the channel.
        receiver: who receives on it.
        number: the sender's confirmed number.
        by: the operator.
        reason: why, for the audit log.
        at: the instant.

    Returns:
        How many messages are given up: the comparison finds what is missing.

    Raises:
        ChannelBackwardsError: the receiver stands at this number or beyond.
        ChannelNumberError: no channel comes so far.
    """
    _demand_plausible(number)
    names = (str(receiver), str(sender))
    cursor = await tx.execute(
        "insert into infra.inbox_mark (receiver, sender, number, received_at, sent_at)"
        " values (%s, %s, 0, %s, %s) on conflict (receiver, sender) do update"
        "    set number = inbox_mark.number"
        " returning number",
        (*names, at, at),
    )
    row = await cursor.fetchone()
    before = int(row[0]) if row else 0
    if number <= before:
        raise ChannelBackwardsError(
            f"{receiver} は {sender} からの通知を番号 {before} まで受け取っています。"
            "番号を戻すと、同じ通知をもう一度受け取ることになります。",
            number=number,
            mark=before,
        )
    await tx.execute(
        "update infra.inbox_mark set number = %s where receiver = %s and sender = %s",
        (number, *names),
    )
    facts = {"side": "receiver", "from": before, "to": number}
    await _record(tx, str(sender), str(receiver), by=by, reason=reason, facts=facts)
    return number - before


def _demand_plausible(number: int) -> None:
    if number >= NUMBER_LIMIT:
        raise ChannelNumberError(
            f"番号 {number} に届く通知はありません。相手の階層の一覧の番号を写してください。",
            number=number,
        )


def _columns(marks: Sequence[tuple[str, int]]) -> dict[str, object]:
    return {
        "senders": [sender for sender, _ in marks],
        "numbers": [number for _, number in marks],
    }


async def _record(
    tx: Tx, sender: str, receiver: str, *, by: Actor, reason: str, facts: dict[str, object]
) -> None:
    await audit.record(
        tx,
        by=by,
        action="infra.channel.repair",
        subject=f"{sender} {receiver}",
        reason=reason,
        facts=facts,
    )
