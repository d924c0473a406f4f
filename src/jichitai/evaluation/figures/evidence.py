"""証拠: the signed frames in which statements came, and their verification at any later time."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.rows import class_row

from jichitai.evaluation.figures.errors import UnknownStatementError
from jichitai.evaluation.figures.publishing import Send
from jichitai.evaluation.messages import F01, decode
from jichitai.infra.clock import Clock
from jichitai.infra.database import Tx
from jichitai.infra.keys import Keys
from jichitai.infra.messages import (
    Frame,
    Item,
    PublicKeys,
    Received,
    open_frame,
    open_one,
    seal_body,
    sign_frame,
)
from jichitai.kernel.errors import JichitaiError
from jichitai.kernel.parties import MINISTRY, Party


@dataclass(frozen=True, slots=True)
class Piece:
    """One message as it is kept."""

    message_id: str
    origin: str
    number: int
    sent_at: datetime
    frame_hash: bytes
    place: int
    received_at: datetime


async def keep(tx: Tx, messages: Sequence[Received], at: datetime) -> None:
    """Keep the signed frames of messages, each once, and the place of each message."""
    frames = {hashlib.sha256(one.signed).digest(): one.signed for one in messages}
    await tx.execute(
        "insert into evaluation.figure_frame (frame_hash, signed, received_at)"
        " select t.*, %s from unnest(%s::bytea[], %s::bytea[]) as t on conflict do nothing",
        (at, list(frames), list(frames.values())),
    )
    await tx.execute(
        "insert into evaluation.figure_message"
        " (message_id, origin, number, sent_at, frame_hash, place, received_at)"
        " select t.*, %s from unnest(%s::text[], %s::text[], %s::bigint[], %s::timestamptz[],"
        "                            %s::bytea[], %s::integer[]) as t on conflict do nothing",
        (
            at,
            [one.id for one in messages],
            [str(one.origin) for one in messages],
            [one.number for one in messages],
            [one.sent_at for one in messages],
            [hashlib.sha256(one.signed).digest() for one in messages],
            [one.index for one in messages],
        ),
    )


def by_own_hand(keys: Keys, clock: Clock) -> Send:
    """The ministry's own statements: signed like all others, and kept without a journey."""

    async def send(tx: Tx, letters: Sequence[tuple[Party, F01]]) -> list[str]:
        row = await (
            await tx.execute(
                "select coalesce(max(number), 0) from evaluation.figure_message where origin = %s",
                (str(MINISTRY),),
            )
        ).fetchone()
        first = 1 + (int(row[0]) if row else 0)
        made = [
            _signed(keys, number, body, clock.now())
            for number, (_, body) in enumerate(letters, start=first)
        ]
        if made:
            await keep(tx, made, clock.now())
        return [one.id for one in made]

    return send


def _signed(keys: Keys, number: int, body: F01, at: datetime) -> Received:
    name = str(MINISTRY)
    message_id = f"{name}-{name}-{number}"
    sealed = seal_body(keys.network, message_id=message_id, kind=body.kind, body=body)
    item = Item(message_id, body.kind, body.version, at, sealed)
    signed = sign_frame(Frame(name, name, number, (item,)), keys.signer(MINISTRY))
    return Received(
        id=message_id,
        kind=body.kind,
        version=body.version,
        origin=MINISTRY,
        sender=MINISTRY,
        receiver=MINISTRY,
        number=number,
        part=0,
        sent_at=at,
        body=b"",
        signed=signed,
        index=0,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What a signed frame proves of a message.

    Attributes:
        piece: the message.
        bytes: length of the signed text.
        body: what it says; None when it cannot be opened.
        refusal: why the signature or the seal does not hold; empty when it does.
    """

    piece: Piece
    bytes: int
    body: F01 | None
    refusal: str


async def piece(tx: Tx, message_id: str) -> Piece:
    """A message as it is kept.

    Raises:
        UnknownStatementError: none came under this id.
    """
    cursor = tx.cursor(row_factory=class_row(Piece))
    await cursor.execute(
        "select message_id, origin, number, sent_at, frame_hash, place, received_at"
        "  from evaluation.figure_message where message_id = %s",
        (message_id,),
    )
    found = await cursor.fetchone()
    if found is None:
        raise UnknownStatementError(
            "この番号の通知は届いていません。届いた数字の一覧から開き直してください。"
        )
    return found


async def signed_text(tx: Tx, found: Piece) -> bytes:
    """The signed frame of a message, as it came."""
    cursor = await tx.execute(
        "select signed from evaluation.figure_frame where frame_hash = %s", (found.frame_hash,)
    )
    row: tuple[Any, ...] | None = await cursor.fetchone()
    return bytes(row[0]) if row else b""


def verify(found: Piece, signed: bytes, keys: Keys, public: PublicKeys) -> Verified:
    """Check the signature of a frame again, and open the message in it.

    Args:
        found: the message.
        signed: its frame.
        keys: of the ministry, to open the seal.
        public: keys that are or were valid; none that was revoked.
    """
    body, refusal = None, ""
    try:
        if hashlib.sha256(signed).digest() != bytes(found.frame_hash):
            refusal = "保存した束のハッシュ値が違います。"
        open_frame(signed, public)
        opened = open_one(
            signed,
            found.place,
            sender=Party.parse(found.origin),
            receiver=MINISTRY,
            number=found.number,
            keys=public,
            network=keys.network,
        )
        decoded = decode(opened.kind, opened.version, opened.body)
        if isinstance(decoded, F01) and opened.id == found.message_id:
            body = decoded
        else:
            refusal = "束の中の通知が、記録した番号の通知ではありません。"
    except JichitaiError as error:
        refusal = error.detail
    return Verified(piece=found, bytes=len(signed), body=body, refusal=refusal)
