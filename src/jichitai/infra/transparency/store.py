"""The log in PostgreSQL: appended inside the caller's transaction, read by O(log n) tiles."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from psycopg.pq.abc import PGresult

from jichitai.infra import pipeline
from jichitai.infra.arrays import array
from jichitai.infra.database import Tx
from jichitai.infra.pipeline import Call, Statement
from jichitai.infra.transparency import merkle
from jichitai.infra.transparency.errors import LogDamagedError, LogMissingError, LogSizeError
from jichitai.infra.transparency.growth import (
    TILE_HEIGHT,
    TILE_WIDTH,
    Growth,
    Head,
    completes,
    grow,
    split_hashes,
)
from jichitai.infra.transparency.merkle import HASH_SIZE, Node

_Build = Callable[[Node], list[bytes]]


@dataclass(frozen=True, slots=True)
class TreeHead:
    """署名済みのログの状態: a head that was signed and sent to the witnesses."""

    size: int
    root: bytes
    checkpoint: str
    signed_at: datetime


async def head(tx: Tx, log: str) -> Head:
    """The committed state of a log.

    Raises:
        LogMissingError: there is no such log.
    """
    return await _head(tx, log, "select size, peaks from transparency.log where log = %s")


async def append(tx: Tx, log: str, leaves: Sequence[bytes]) -> int:
    """Append leaf hashes in the running transaction; other appends wait for its end.

    Args:
        tx: the transaction that also writes the entries themselves.
        log: name of the log.
        leaves: hashes of the entries, in order.

    Returns:
        The index of the first new leaf; the others follow without a gap.

    Raises:
        LogMissingError: there is no such log.
    """
    before = await lock(tx, log)
    await save(tx, log, before, await extend(tx, log, before, leaves))
    return before.size


async def lock(tx: Tx, log: str) -> Head:
    """The state of a log, locked until the transaction ends.

    Raises:
        LogMissingError: there is no such log.
    """
    return await _head(
        tx, log, "select size, peaks from transparency.log where log = %s for update"
    )


def locking(log: str) -> Call:
    """The same as `lock`, for a pipeline; its result is read by `locked`."""
    return _LOCK.with_values(log=log)


def locked(log: str, result: PGresult) -> Head:
    """The state of the log that `locking` has found.

    Raises:
        LogMissingError: there is no such log.
    """
    if not result.ntuples:
        raise _missing(log)
    size, peaks = pipeline.rows(result)[0]
    return Head(int(size or 0), tuple(split_hashes(pipeline.unhex(peaks or b""))))


async def extend(tx: Tx, log: str, before: Head, leaves: Sequence[bytes]) -> Growth:
    """Compute what an append changes; reads unfinished tiles only when one becomes full."""
    pending = {
        level: await _pending(tx, log, level, before.size)
        for level in completes(before.size, len(leaves))
    }
    return grow(before, leaves, pending)


async def save(tx: Tx, log: str, before: Head, growth: Growth) -> None:
    """Write the next head and the tail, and tiles when some became full."""
    for statement, values in _changes(log, before, growth):
        await tx.execute(statement.text.encode(), values)


def saving(log: str, before: Head, growth: Growth) -> list[Call]:
    """The same as `save`, for a pipeline."""
    return [statement.with_values(**values) for statement, values in _changes(log, before, growth)]


def _changes(
    log: str, before: Head, growth: Growth
) -> Iterator[tuple[Statement, dict[str, str | int | bytes]]]:
    """The statements that an append runs, with their values."""
    after = growth.head
    if growth.tiles:
        tiles = growth.tiles
        yield (
            _ADD_TILES,
            {
                "log": log,
                "levels": array(tile.level for tile in tiles),
                "indexes": array(tile.index for tile in tiles),
                "roots": array(tile.root for tile in tiles),
                "hashes": array(tile.hashes for tile in tiles),
            },
        )
        yield _CUT_TAIL, {"log": log, "size": before.size}
    yield (
        _GROW,
        {
            "log": log,
            "size": after.size,
            "peaks": b"".join(after.peaks),
            "first": after.size - len(growth.tail),
            "tail": b"".join(growth.tail),
        },
    )


_LOCK: Final = Statement(
    "select size, peaks from transparency.log where log = %(log)s::text for update"
)
_ADD_TILES: Final = Statement("""
insert into transparency.tile (log, level, tile_index, root, hashes)
select %(log)s::text, * from unnest(%(levels)s::smallint[], %(indexes)s::bigint[],
                                    %(roots)s::bytea[], %(hashes)s::bytea[])
""")
_CUT_TAIL: Final = Statement("""
delete from transparency.tail where log = %(log)s::text and first_index < %(size)s::bigint
""")
_GROW: Final = Statement("""
with grown as (update transparency.log set size = %(size)s::bigint, peaks = %(peaks)s::bytea
                where log = %(log)s::text)
insert into transparency.tail (log, first_index, hashes)
select %(log)s::text, %(first)s::bigint, %(tail)s::bytea
 where octet_length(%(tail)s::bytea) > 0
""")


async def inclusion_path(tx: Tx, log: str, index: int, size: int) -> list[bytes]:
    """The path from one leaf to the root of the tree of this size.

    Raises:
        IndexOutOfRangeError: the tree has no such leaf.
        LogSizeError: the log is not that large yet.
    """
    return await _path(tx, log, size, lambda node: merkle.inclusion_path(index, size, node))


async def consistency_path(tx: Tx, log: str, first: int, second: int) -> list[bytes]:
    """The path that shows that the tree of size `second` continues that of size `first`.

    Raises:
        LogSizeError: the sizes are not in order, or the log is not that large yet.
    """
    return await _path(tx, log, second, lambda node: merkle.consistency_path(first, second, node))


async def root(tx: Tx, log: str, size: int) -> bytes:
    """The root that the log had at an earlier size.

    Raises:
        LogSizeError: the log is not that large yet.
    """
    return (await _path(tx, log, size, lambda node: [merkle.root(size, node)]))[0]


async def leaf(tx: Tx, log: str, index: int) -> bytes:
    """The stored hash of one leaf.

    Raises:
        LogSizeError: the log is not that large yet.
    """
    return (await _path(tx, log, index + 1, lambda node: [node(0, index)]))[0]


async def keep_tree_head(tx: Tx, log: str, kept: TreeHead) -> None:
    """Keep a signed head; the same size twice is kept once."""
    await tx.execute(
        "insert into transparency.tree_head (log, size, root, checkpoint, signed_at)"
        " values (%s, %s, %s, %s, %s) on conflict (log, size) do nothing",
        (log, kept.size, kept.root, kept.checkpoint, kept.signed_at),
    )


async def last_tree_head(tx: Tx, log: str) -> TreeHead | None:
    """The newest head that was sent to the witnesses."""
    cursor = await tx.execute(
        "select size, root, checkpoint, signed_at from transparency.tree_head"
        " where log = %s order by size desc limit 1",
        (log,),
    )
    row = await cursor.fetchone()
    return None if row is None else TreeHead(*row)


def _place(height: int, index: int) -> tuple[int, int, int, int]:
    """Where a node stands: tile level, tile index, first entry inside the tile, entries."""
    level, rest = divmod(height, TILE_HEIGHT)
    first = index << rest
    return level, first // TILE_WIDTH, first % TILE_WIDTH, 1 << rest


class _Nodes:
    """Hashes of nodes out of the tiles that were read."""

    def __init__(self) -> None:
        self.tiles: dict[tuple[int, int], bytes] = {}
        self.entries: dict[tuple[int, int], bytes] = {}

    def hash(self, height: int, index: int) -> bytes:
        level, tile, first, count = _place(height, index)
        packed = self.tiles.get((level, tile))
        if packed is not None:
            row = split_hashes(packed[first * HASH_SIZE : (first + count) * HASH_SIZE])
        else:
            base = tile * TILE_WIDTH + first
            try:
                row = [self.entries[level, base + place] for place in range(count)]
            except KeyError:
                raise LogDamagedError(
                    "ログの一部が保存場所にありません。バックアップと照合してください。",
                    level=level,
                    tile=tile,
                ) from None
        while len(row) > 1:
            row = merkle.pair_up(row)
        return row[0]


async def _head(tx: Tx, log: str, query: str) -> Head:
    row = await (await tx.execute(query, (log,))).fetchone()
    if row is None:
        raise _missing(log)
    return Head(row[0], tuple(split_hashes(row[1])))


def _missing(log: str) -> LogMissingError:
    return LogMissingError(f"ログ {log} はありません。移行手順を確かめてください。", log=log)


async def _pending(tx: Tx, log: str, level: int, size: int) -> list[bytes]:
    """The hashes of the unfinished tile of a level, from left to right."""
    if level == 0:
        cursor = await tx.execute(
            "select hashes from transparency.tail where log = %s order by first_index", (log,)
        )
        return split_hashes(b"".join([row[0] for row in await cursor.fetchall()]))
    done = size >> TILE_HEIGHT * (level + 1)
    cursor = await tx.execute(
        "select root from transparency.tile"
        " where log = %s and level = %s and tile_index >= %s order by tile_index",
        (log, level - 1, done << TILE_HEIGHT),
    )
    return [row[0] for row in await cursor.fetchall()]


async def _path(tx: Tx, log: str, size: int, build: _Build) -> list[bytes]:
    """Build a path twice: first to learn which nodes it needs, then with their hashes."""
    needed: set[tuple[int, int]] = set()

    def note(height: int, index: int) -> bytes:
        needed.add((height, index))
        return bytes(HASH_SIZE)

    build(note)
    nodes = await _nodes(tx, log, size, needed)
    return build(nodes.hash)


_READ = """
with wanted as (select * from unnest(%(levels)s::smallint[], %(indexes)s::bigint[]) as w (l, i))
select 0, 0::bigint, size, ''::bytea from transparency.log where log = %(log)s
union all
select 1 + t.level * 4, t.tile_index, 0, t.hashes
  from wanted join transparency.tile as t on t.log = %(log)s and t.level = l and t.tile_index = i
union all
select 2 + t.level * 4, t.tile_index, 0, t.root
  from wanted join transparency.tile as t
    on t.log = %(log)s and t.level = l - 1
   and t.tile_index >= i << 8 and t.tile_index < (i + 1) << 8
 where not exists (select from transparency.tile as full_tile
                    where full_tile.log = %(log)s and full_tile.level = l
                      and full_tile.tile_index = i)
union all
select 3, first_index, 0, hashes from transparency.tail where log = %(log)s
"""


async def _nodes(tx: Tx, log: str, size: int, needed: set[tuple[int, int]]) -> _Nodes:
    """Read the tiles that hold the needed nodes, in one statement and so from one state."""
    places = {_place(height, index)[:2] for height, index in needed}
    cursor = await tx.execute(
        _READ,
        {
            "log": log,
            "levels": [level for level, _ in places],
            "indexes": [index for _, index in places],
        },
    )
    nodes = _Nodes()
    present = -1
    for kind, index, total, packed in await cursor.fetchall():
        match kind % 4:
            case 0:
                present = total
            case 1:
                nodes.tiles[kind // 4, index] = packed
            case 2:
                nodes.entries[kind // 4 + 1, index] = packed
            case _:
                for offset, one in enumerate(split_hashes(packed)):
                    nodes.entries[0, index + offset] = one
    if size > present:
        raise LogSizeError(
            f"ログの大きさは今 {max(present, 0)} です。{size} までの証明はまだ作れません。",
            size=max(present, 0),
        )
    return nodes
