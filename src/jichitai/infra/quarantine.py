"""Quarantine: refused messages, kept with the reason until an operator decides."""

import hashlib
import uuid
from dataclasses import dataclass
from datetime import datetime

from jichitai.infra.database import Tx
from jichitai.infra.messages import Received
from jichitai.kernel.errors import ConflictError, JichitaiError, NotFoundError
from jichitai.kernel.parties import Party


class UnknownQuarantineError(NotFoundError):
    """No such entry, or it belongs to another body."""

    type = "infra.unknown-quarantine"
    title = "隔離された通知が見つかりません"


class AlreadyDecidedError(ConflictError):
    """Somebody has decided on the entry already."""

    type = "infra.quarantine-decided"
    title = "この通知は処理済みです"


@dataclass(frozen=True, slots=True)
class Entry:
    """One refused message. `content` is the signed frame, still sealed."""

    receiver: str
    quarantine_id: uuid.UUID
    received_at: datetime
    sender: str
    origin: str
    number: int | None
    part: int
    message_id: str
    kind: str
    reason_type: str
    reason: str
    content: bytes
    state: str
    owner: str | None


_INSERT = """
insert into infra.quarantine
       (receiver, quarantine_id, received_at, sender, origin, number, part, message_id, kind,
        reason_type, reason, content, content_hash)
values (%(receiver)s, %(id)s, %(at)s, %(sender)s, %(origin)s, %(number)s, %(part)s,
        %(message_id)s, %(kind)s, %(type)s, %(reason)s, %(content)s, %(hash)s)
    on conflict (receiver, content_hash, part) do nothing
"""


async def put_message(tx: Tx, message: Received, refusal: JichitaiError, *, at: datetime) -> None:
    """Put a verified message aside; a repeat of the same one adds nothing."""
    await tx.execute(
        _INSERT,
        {
            "receiver": str(message.receiver),
            "id": uuid.uuid4(),
            "at": at,
            "sender": str(message.sender),
            "origin": str(message.origin),
            "number": message.number,
            "part": message.index,
            "message_id": message.id,
            "kind": message.kind,
            "type": refusal.type,
            "reason": refusal.detail,
            "content": message.signed,
            "hash": hashlib.sha256(message.signed).digest(),
        },
    )


async def put_unreadable(
    tx: Tx,
    content: bytes,
    refusal: JichitaiError,
    *,
    receiver: Party,
    sender: str = "?",
    number: int | None = None,
    part: int = 0,
    kind: str = "?",
    message_id: str = "?",
    at: datetime,
) -> None:
    """Put content aside that could not be verified or opened."""
    await tx.execute(
        _INSERT,
        {
            "receiver": str(receiver),
            "id": uuid.uuid4(),
            "at": at,
            "sender": sender,
            "origin": sender,
            "number": number,
            "part": part,
            "message_id": message_id,
            "kind": kind,
            "type": refusal.type,
            "reason": refusal.detail,
            "content": content,
            "hash": hashlib.sha256(content).digest(),
        },
    )


_SELECT = """
select receiver, quarantine_id, received_at, sender, origin, number, part, message_id, kind,
       reason_type, reason, content, state, owner
  from infra.quarantine
"""


async def entries(tx: Tx, *, receiver: str | None = None, only_open: bool = True) -> list[Entry]:
    """The entries of a receiver or of all, the oldest first."""
    cursor = await tx.execute(
        _SELECT + " where (%(receiver)s::text is null or receiver = %(receiver)s)"
        "   and (state = 'open' or not %(only_open)s) order by received_at, quarantine_id",
        {"receiver": receiver, "only_open": only_open},
    )
    return [Entry(*row) for row in await cursor.fetchall()]


async def entry(tx: Tx, quarantine_id: uuid.UUID, *, lock: bool = False) -> Entry:
    """One entry, whatever became of it.

    Raises:
        UnknownQuarantineError: no such entry.
    """
    cursor = await tx.execute(
        _SELECT + " where quarantine_id = %s" + (" for update" if lock else ""), (quarantine_id,)
    )
    row = await cursor.fetchone()
    if row is None:
        raise UnknownQuarantineError("この番号の隔離記録はありません。一覧から選び直してください。")
    return Entry(*row)


async def lock_open(tx: Tx, quarantine_id: uuid.UUID) -> Entry:
    """The entry, locked for a decision.

    Raises:
        UnknownQuarantineError: no such entry.
        AlreadyDecidedError: it is no longer open.
    """
    found = await entry(tx, quarantine_id, lock=True)
    if found.state != "open":
        raise AlreadyDecidedError(
            "この通知は別の担当者が処理しました。一覧を更新してください。", state=found.state
        )
    return found


async def decide(tx: Tx, entry: Entry, *, state: str, by: str, reason: str, at: datetime) -> None:
    """Close an entry as applied or rejected."""
    await tx.execute(
        "update infra.quarantine set state = %s, decided_by = %s, decided_at = %s,"
        "       decision_reason = %s where receiver = %s and quarantine_id = %s",
        (state, by, at, reason, entry.receiver, entry.quarantine_id),
    )


async def assign(tx: Tx, quarantine_id: uuid.UUID, *, owner: str) -> None:
    """Name who looks after an entry."""
    cursor = await tx.execute(
        "update infra.quarantine set owner = %s where quarantine_id = %s", (owner, quarantine_id)
    )
    if cursor.rowcount == 0:
        raise UnknownQuarantineError("この番号の隔離記録はありません。一覧から選び直してください。")
