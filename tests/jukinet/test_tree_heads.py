"""Heads of the log: prefectures keep what continues, and refuse what was rewritten."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from jichitai.infra.clock import FixedClock
from jichitai.infra.database import Database
from jichitai.infra.keys import Keys
from jichitai.infra.messages import Received
from jichitai.infra.outbox import Outbox
from jichitai.infra.transparency import merkle, store
from jichitai.infra.transparency.checkpoint import Checkpoint, VerifierKey, sign
from jichitai.infra.transparency.errors import (
    CheckpointSignatureError,
    OldRootMismatchError,
    ProofError,
    ShrunkLogError,
    UnknownLogError,
)
from jichitai.jukinet import tree_heads
from jichitai.jukinet.disclosure import service as disclosure
from jichitai.jukinet.errors import InvalidMessageError, WrongOriginError
from jichitai.jukinet.provision.messages import P01, T01, CountRow
from jichitai.jukinet.provision.model import LOG, ORIGIN
from jichitai.kernel.parties import MINISTRY, NATION, Party

TOKYO, HOKKAIDO = Party.prefecture("13"), Party.prefecture("01")


def leaves(first: int, count: int) -> list[bytes]:
    return [merkle.leaf_hash(b"%d" % number) for number in range(first, first + count)]


def received(
    body: msgspec.Struct, clock: FixedClock, origin: Party = NATION, to: Party = TOKYO
) -> Received:
    return Received(
        id="nation-1",
        kind="T01",
        version=1,
        origin=origin,
        sender=origin,
        receiver=to,
        number=1,
        part=0,
        sent_at=clock.now(),
        body=msgspec.json.encode(body),
        signed=b"",
        index=0,
    )


async def grow_and_publish(
    nation: Database, keys: Keys, outbox: Outbox, clock: FixedClock, count: int
) -> T01:
    """Append, publish, and give back the message as a prefecture would receive it."""
    async with nation.transaction() as tx:
        size = (await store.head(tx, LOG)).size
        await store.append(tx, LOG, leaves(size, count))
        last = await store.last_tree_head(tx, LOG)
        head = await tree_heads.publish(tx, keys, outbox, clock, to=[TOKYO, HOKKAIDO])
        assert head is not None
        previous = 0 if last is None else last.size
        path = await store.consistency_path(tx, LOG, previous, head.size)
    return T01(
        log=ORIGIN,
        checkpoint=head.checkpoint,
        verifier_key=str(tree_heads.verifier_key(keys)),
        previous_size=previous,
        path=path,
        signed_at=head.signed_at,
    )


async def take(database: Database, clock: FixedClock, *messages: Received) -> None:
    async with database.transaction() as tx:
        await tree_heads.prefecture_handler(clock)(tx, messages)


async def sizes(database: Database, prefecture: str) -> list[int]:
    async with database.transaction() as tx:
        return [one.size for one in await tree_heads.witnessed(tx, prefecture)]


async def test_prefectures_keep_every_head_that_continues(
    nation_database: Database,
    prefecture_database: Database,
    keys: Keys,
    outbox: Outbox,
    clock: FixedClock,
) -> None:
    for count in (3, 300, 1):
        body = await grow_and_publish(nation_database, keys, outbox, clock, count)
        for prefecture in (TOKYO, HOKKAIDO):
            await take(prefecture_database, clock, received(body, clock, to=prefecture))
    assert await sizes(prefecture_database, "13") == [304, 303, 3]
    assert await sizes(prefecture_database, "01") == [304, 303, 3]
    async with nation_database.transaction() as tx:
        assert await tree_heads.publish(tx, keys, outbox, clock) is None
        cursor = await tx.execute("select count(*) from infra.outbox where kind = 'T01'")
        assert await cursor.fetchone() == (6,)


async def test_a_rewritten_log_is_refused_and_the_old_head_stays(
    nation_database: Database,
    prefecture_database: Database,
    keys: Keys,
    outbox: Outbox,
    clock: FixedClock,
) -> None:
    assert keys.log_key is not None
    body = await grow_and_publish(nation_database, keys, outbox, clock, 5)
    await take(prefecture_database, clock, received(body, clock))
    forged = leaves(0, 9)
    forged[2] = merkle.leaf_hash(b"rewritten")
    node = merkle.memory_node(forged)
    checkpoint = Checkpoint(ORIGIN, 9, merkle.root(9, node))
    lie = replace_body(
        body,
        checkpoint=sign(checkpoint, keys.log_key.private),
        previous_size=5,
        path=merkle.consistency_path(5, 9, node),
    )
    with pytest.raises(OldRootMismatchError):
        await take(prefecture_database, clock, received(lie, clock))
    shrunk = Checkpoint(ORIGIN, 4, merkle.root(4, node))
    lie = replace_body(
        body, checkpoint=sign(shrunk, keys.log_key.private), previous_size=5, path=[]
    )
    with pytest.raises(ShrunkLogError):
        await take(prefecture_database, clock, received(lie, clock))
    lie = replace_body(
        body, checkpoint=sign(checkpoint, Ed25519PrivateKey.generate()), previous_size=5
    )
    with pytest.raises(CheckpointSignatureError):
        await take(prefecture_database, clock, received(lie, clock))
    with pytest.raises(OldRootMismatchError):
        await take(prefecture_database, clock, received(body, clock))
    with pytest.raises(WrongOriginError):
        await take(prefecture_database, clock, received(body, clock, origin=HOKKAIDO))
    broken = replace(received(body, clock), body=b"{}")
    with pytest.raises(InvalidMessageError):
        await take(prefecture_database, clock, broken)
    assert await sizes(prefecture_database, "13") == [5]


def replace_body(body: T01, **parts: Any) -> T01:
    return msgspec.structs.replace(body, **parts)


@given(st.integers(1, 60), st.integers(0, 60), st.data())
def test_a_witness_passes_growth_and_names_what_is_wrong(
    old: int, more: int, data: st.DataObject
) -> None:
    node = merkle.memory_node(leaves(0, old + more))
    before = Checkpoint(ORIGIN, old, merkle.root(old, node))
    after = Checkpoint(ORIGIN, old + more, merkle.root(old + more, node))
    path = merkle.consistency_path(old, old + more, node)
    tree_heads.witness(before, after, path)
    tree_heads.witness(None, after, [])
    at = data.draw(st.integers(0, 31))
    for wrong in (changed(before, at), changed(after, at)):
        pair = (wrong, after) if wrong.size == old and wrong.root != after.root else (before, wrong)
        if pair != (before, after):
            with pytest.raises(ProofError):
                tree_heads.witness(*pair, path)
    if more:
        with pytest.raises(ShrunkLogError):
            tree_heads.witness(after, before, path)
    with pytest.raises(UnknownLogError):
        tree_heads.witness(Checkpoint("other", old, before.root), after, path)


def changed(checkpoint: Checkpoint, at: int) -> Checkpoint:
    root = checkpoint.root
    return replace(checkpoint, root=root[:at] + bytes([root[at] ^ 1]) + root[at + 1 :])


def test_the_published_key_reads_back(keys: Keys) -> None:
    key = tree_heads.verifier_key(keys)
    assert VerifierKey.parse(str(key)) == key


def count_row(clock: FixedClock, provided: int) -> CountRow:
    return CountRow(
        month=clock.today().replace(day=1),
        organ_id="gaimu",
        organ_name="外務省",
        affair_id="T1-41",
        affair_name="旅券法",
        result="hit",
        provided=provided,
        replaces_copy=True,
    )


async def test_the_ministry_keeps_the_newest_counts(
    ministry_database: Database, clock: FixedClock
) -> None:
    handle = disclosure.ministry_handler(clock)

    async def report(provided: int, up_to: int, origin: Party = NATION) -> None:
        body = P01(rows=[count_row(clock, provided)], up_to_index=up_to, counted_at=clock.now())
        messages: Sequence[Received] = [received(body, clock, origin, MINISTRY)]
        async with ministry_database.transaction() as tx:
            await handle(tx, messages)

    await report(5, 10)
    await report(7, 20)
    await report(6, 15)
    with pytest.raises(WrongOriginError):
        await report(9, 30, TOKYO)
    async with ministry_database.transaction() as tx:
        cursor = await tx.execute("select provided, up_to_index from jukinet.published_count")
        assert await cursor.fetchall() == [(7, 20)]
