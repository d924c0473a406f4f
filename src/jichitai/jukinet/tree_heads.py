"""Signed heads of the provision log: made by the nation, kept and compared by every prefecture.

A nation that rewrites a record, or shows different logs to different people, has to give a head
that does not continue an earlier one. A prefecture refuses such a head; it goes to quarantine,
where an operator sees it.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from jichitai.infra.audit import SYSTEM, record
from jichitai.infra.clock import Clock
from jichitai.infra.database import Tx
from jichitai.infra.keys import Keys, MissingKeyError, SigningKey
from jichitai.infra.messages import Received
from jichitai.infra.outbox import Draft, Outbox
from jichitai.infra.transparency import merkle, store
from jichitai.infra.transparency.checkpoint import Checkpoint, VerifierKey, open_signed, sign
from jichitai.infra.transparency.errors import (
    OldRootMismatchError,
    ShrunkLogError,
    UnknownLogError,
)
from jichitai.infra.transparency.store import TreeHead
from jichitai.jukinet.errors import WrongOriginError
from jichitai.jukinet.provision.messages import T01, decode_tree_head
from jichitai.jukinet.provision.model import LOG, ORIGIN
from jichitai.kernel.municipalities import prefectures
from jichitai.kernel.parties import NATION, Party, Tier

Handler = Callable[[Tx, Sequence[Received]], Awaitable[None]]


def verifier_key(keys: Keys) -> VerifierKey:
    """The public key of the log, as it is published (`nation.pub`).

    Raises:
        MissingKeyError: this process does not hold the log's key.
    """
    return VerifierKey(ORIGIN, _log_key(keys).public)


async def fresh(tx: Tx, keys: Keys) -> tuple[Checkpoint, str]:
    """The log's present state, signed now; returns the state and the signed note."""
    head = await store.head(tx, LOG)
    checkpoint = Checkpoint(ORIGIN, head.size, head.root)
    return checkpoint, sign(checkpoint, _log_key(keys).private)


async def publish(
    tx: Tx,
    keys: Keys,
    outbox: Outbox,
    clock: Clock,
    *,
    to: Sequence[Party] | None = None,
) -> TreeHead | None:
    """Sign the present head and send it to the prefectures, unless nothing was added.

    Args:
        tx: the running transaction at the nation.
        keys: holds the log's key.
        outbox: of the nation.
        clock: law time.
        to: the witnesses; all 47 prefectures when left out.

    Returns:
        The head that was sent, or None when the last one still holds.
    """
    last = await store.last_tree_head(tx, LOG)
    checkpoint, signed = await fresh(tx, keys)
    if last is not None and last.size == checkpoint.size:
        return None
    previous = 0 if last is None else last.size
    path = await store.consistency_path(tx, LOG, previous, checkpoint.size)
    head = TreeHead(checkpoint.size, checkpoint.root, signed, clock.now())
    await store.keep_tree_head(tx, LOG, head)
    body = T01(
        log=ORIGIN,
        checkpoint=signed,
        verifier_key=str(verifier_key(keys)),
        previous_size=previous,
        path=path,
        signed_at=head.signed_at,
    )
    witnesses = _all_prefectures() if to is None else to
    await outbox.send_many(
        tx, [Draft(NATION, party, body.kind, body.version, body) for party in witnesses]
    )
    await record(
        tx,
        by=SYSTEM,
        action="jukinet.tree-head.publish",
        subject=ORIGIN,
        facts={"size": head.size, "witnesses": len(witnesses)},
        at=clock.now(),
    )
    return head


def witness(previous: Checkpoint | None, new: Checkpoint, proof: Sequence[bytes]) -> None:
    """Let a head pass that continues the one seen before.

    Args:
        previous: the head this witness keeps, or None when it has seen none.
        new: the head that arrived, its signature checked.
        proof: hashes that lead from the one to the other.

    Raises:
        UnknownLogError: the two are of different logs.
        ShrunkLogError: the new one is smaller.
        ProofError: one of its subclasses; the log was rewritten or the proof is broken.

    Source: RFC 9162, 2.1.4.2.
    """
    old = previous or Checkpoint(new.origin, 0, merkle.EMPTY_ROOT)
    if old.origin != new.origin:
        raise UnknownLogError(
            "別のログの状態が届きました。送信元を確かめてください。", log=new.origin
        )
    if new.size < old.size:
        raise ShrunkLogError(
            f"ログの大きさが{old.size}から{new.size}に減っています。記録が消されたおそれがあります。",
            first=old.size,
            second=new.size,
        )
    merkle.verify_consistency(old.size, new.size, old.root, new.root, proof)


def prefecture_handler(clock: Clock) -> Handler:
    """The handler of T01 at a prefecture: check, then keep."""

    async def handle(tx: Tx, batch: Sequence[Received]) -> None:
        for message in batch:
            await _take(tx, message, clock.now())

    return handle


async def witnessed(tx: Tx, prefecture: str, log: str = ORIGIN) -> list[TreeHead]:
    """The newest heads that a prefecture keeps, newest first."""
    cursor = await tx.execute(
        "select size, root, checkpoint, witnessed_at from jukinet.witnessed_head"
        " where prefecture = %s and log = %s order by size desc limit 100",
        (prefecture, log),
    )
    return [TreeHead(*row) for row in await cursor.fetchall()]


async def _take(tx: Tx, message: Received, at: datetime) -> None:
    if message.origin != NATION or message.receiver.tier is not Tier.PREFECTURE:
        raise WrongOriginError(
            "ログの状態は全国のセンターだけが送れます。送信元を確かめてください。",
            origin=str(message.origin),
        )
    body = decode_tree_head(message.body)
    new = open_signed(body.checkpoint, [VerifierKey.parse(body.verifier_key)])
    prefecture = message.receiver.prefecture_code
    known = await witnessed(tx, prefecture, body.log)
    previous = Checkpoint(body.log, known[0].size, known[0].root) if known else None
    if body.previous_size != (previous.size if previous else 0):
        raise OldRootMismatchError(
            "前回届いたログの状態に続く証明ではありません。全国のセンターに、この県が持つ大きさからの"
            "証明を求めてください。",
            kept=previous.size if previous else 0,
            previous=body.previous_size,
        )
    witness(previous, new, body.path)
    await tx.execute(
        "insert into jukinet.witnessed_head (prefecture, log, size, root, checkpoint, witnessed_at)"
        " values (%s, %s, %s, %s, %s, %s)",
        (prefecture, body.log, new.size, new.root, body.checkpoint, at),
    )


def _log_key(keys: Keys) -> SigningKey:
    if keys.log_key is None:
        raise MissingKeyError(
            "提供の記録のログに署名する鍵がこの装置にありません。鍵の配付を確かめてください。"
        )
    return keys.log_key


def _all_prefectures() -> list[Party]:
    return [Party.prefecture(one.prefecture_code) for one in prefectures()]
