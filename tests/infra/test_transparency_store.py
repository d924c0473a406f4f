"""The log in PostgreSQL: every proof of every size, in one append or many, is that of the tree."""

import pytest

from jichitai.infra.database import Database, Tx
from jichitai.infra.transparency import merkle, store
from jichitai.infra.transparency.errors import LogMissingError, LogSizeError

LOG = "provision"


def leaves(first: int, count: int) -> list[bytes]:
    return [merkle.leaf_hash(b"%d" % number) for number in range(first, first + count)]


@pytest.mark.parametrize("steps", [(1, 2, 250, 3, 1, 600, 255, 1), (1000,), (70_000, 5, 300)])
async def test_appending_in_steps_gives_the_tree_of_all_leaves(
    nation_tx: Tx, steps: tuple[int, ...]
) -> None:
    size = 0
    sizes = [0]
    for step in steps:
        assert await store.append(nation_tx, LOG, leaves(size, step)) == size
        size += step
        sizes.append(size)
    every = leaves(0, size)
    node = merkle.memory_node(every)
    head = await store.head(nation_tx, LOG)
    assert (head.size, head.root) == (size, merkle.root(size, node))
    for one in sizes:
        assert await store.root(nation_tx, LOG, one) == merkle.root(one, node)
        path = await store.consistency_path(nation_tx, LOG, one, size)
        merkle.verify_consistency(one, size, merkle.root(one, node), head.root, path)
    for index in {0, 1, 255, 256, size // 2, size - 2, size - 1} & set(range(size)):
        path = await store.inclusion_path(nation_tx, LOG, index, size)
        merkle.verify_inclusion(every[index], index, size, path, head.root)
        assert await store.leaf(nation_tx, LOG, index) == every[index]


async def test_a_proof_reads_few_tiles(nation_tx: Tx) -> None:
    await store.append(nation_tx, LOG, leaves(0, 70_000))
    cursor = await nation_tx.execute("select level, count(*) from transparency.tile group by level")
    assert dict(await cursor.fetchall()) == {0: 273, 1: 1}
    cursor = await nation_tx.execute("select sum(octet_length(hashes)) from transparency.tail")
    assert (await cursor.fetchone()) == ((70_000 - 273 * 256) * 32,)


async def test_a_size_that_the_log_does_not_have_is_refused(nation_tx: Tx) -> None:
    await store.append(nation_tx, LOG, leaves(0, 3))
    with pytest.raises(LogSizeError):
        await store.inclusion_path(nation_tx, LOG, 1, 4)
    with pytest.raises(LogSizeError):
        await store.consistency_path(nation_tx, LOG, 3, 2)
    with pytest.raises(LogMissingError):
        await store.head(nation_tx, "other")


async def test_an_append_that_is_rolled_back_leaves_nothing(nation_database: Database) -> None:
    async with nation_database.transaction() as tx:
        await store.append(tx, LOG, leaves(0, 300))
    with pytest.raises(ZeroDivisionError):
        async with nation_database.transaction() as tx:
            await store.append(tx, LOG, leaves(300, 300))
            raise ZeroDivisionError
    async with nation_database.transaction() as tx:
        assert await store.append(tx, LOG, leaves(300, 5)) == 300
        head = await store.head(tx, LOG)
    assert head.root == merkle.root(305, merkle.memory_node(leaves(0, 305)))
