"""How a log grows: from a head and new leaves to the next head and the tiles that became full.

Pure. A tile holds 256 neighbours of one tile level: level 0 holds leaves, level 1 the roots of
full tiles of level 0, and so on (the layout of C2SP tlog-tiles).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jichitai.infra.transparency.merkle import EMPTY_ROOT, HASH_SIZE, node_hash, pair_up

TILE_HEIGHT = 8
"""Heights of the tree that one tile spans."""

TILE_WIDTH = 1 << TILE_HEIGHT
"""Hashes in a full tile."""


@dataclass(frozen=True, slots=True)
class Head:
    """The state of a log that is enough to append: its size and the roots of its complete subtrees.

    Attributes:
        size: number of leaves.
        peaks: root of the complete subtree for each set bit of the size, lowest bit first.
    """

    size: int
    peaks: tuple[bytes, ...]

    @property
    def root(self) -> bytes:
        """Hash of the whole tree (RFC 9162, 2.1.1)."""
        if not self.peaks:
            return EMPTY_ROOT
        result = self.peaks[0]
        for peak in self.peaks[1:]:
            result = node_hash(peak, result)
        return result


EMPTY = Head(0, ())
"""The log before its first leaf."""


@dataclass(frozen=True, slots=True)
class Tile:
    """256 neighbouring hashes of one tile level, and their common root."""

    level: int
    index: int
    root: bytes
    hashes: bytes


@dataclass(frozen=True, slots=True)
class Growth:
    """What one append changes.

    Attributes:
        head: the next head.
        tiles: the tiles that became full, lower levels first.
        tail: the leaf hashes of this append that lie behind the last full tile of level 0.
    """

    head: Head
    tiles: tuple[Tile, ...]
    tail: tuple[bytes, ...]


def completes(size: int, more: int) -> list[int]:
    """Tile levels at which an append of `more` leaves fills a tile.

    >>> completes(255, 1), completes(0, 255), completes(65535, 1)
    ([0], [], [0, 1])
    """
    levels: list[int] = []
    level, before, after = 0, size, size + more
    while before >> TILE_HEIGHT != after >> TILE_HEIGHT:
        levels.append(level)
        level, before, after = level + 1, before >> TILE_HEIGHT, after >> TILE_HEIGHT
    return levels


def grow(head: Head, leaves: Sequence[bytes], pending: Mapping[int, Sequence[bytes]]) -> Growth:
    """Append leaves.

    Args:
        head: the log as it stands.
        leaves: hashes of the new leaves, in order.
        pending: for each level of `completes`, the hashes already in its unfinished tile.

    Source: RFC 9162, 2.1.1; C2SP tlog-tiles.
    """
    peaks = _spread(head)
    row: list[bytes] = list(leaves)
    tiles: list[Tile] = []
    tail: tuple[bytes, ...] = ()
    cut: list[bytes] = []
    height = 0
    while row:
        if height % TILE_HEIGHT == 0:
            level, before = height // TILE_HEIGHT, head.size >> height
            tiles.extend(_tiles(level - 1, before, row, cut))
            cut, rest = _cut(level, before, row, pending)
            if level == 0:
                tail = tuple(rest)
        peak = peaks.pop(height, None)
        if peak is not None:
            row = [peak, *row]
        if len(row) & 1:
            peaks[height] = row.pop()
        row = pair_up(row)
        height += 1
    after = Head(head.size + len(leaves), tuple(peaks[bit] for bit in sorted(peaks)))
    return Growth(after, tuple(tiles), tail)


def _spread(head: Head) -> dict[int, bytes]:
    """Peaks by height."""
    heights = [bit for bit in range(head.size.bit_length()) if head.size >> bit & 1]
    return dict(zip(heights, head.peaks, strict=True))


def _cut(
    level: int, before: int, row: Sequence[bytes], pending: Mapping[int, Sequence[bytes]]
) -> tuple[list[bytes], Sequence[bytes]]:
    """Cut new neighbours of a tile level into full tiles and the new ones behind the last."""
    filled = before % TILE_WIDTH
    if filled + len(row) < TILE_WIDTH:
        return [], row
    entries = [*pending[level], *row] if filled else list(row)
    end = len(entries) // TILE_WIDTH * TILE_WIDTH
    full = [b"".join(entries[at : at + TILE_WIDTH]) for at in range(0, end, TILE_WIDTH)]
    return full, entries[end:]


def _tiles(level: int, first: int, roots: Sequence[bytes], full: Sequence[bytes]) -> list[Tile]:
    """The tiles that became full, with the roots that the climb above them has found."""
    numbered = enumerate(zip(roots, full, strict=False), start=first)
    return [Tile(level, index, root, hashes) for index, (root, hashes) in numbered]


def split_hashes(packed: bytes) -> list[bytes]:
    """Cut concatenated hashes apart."""
    return [packed[at : at + HASH_SIZE] for at in range(0, len(packed), HASH_SIZE)]
