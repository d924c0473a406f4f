"""The Merkle tree of RFC 9162 as pure functions.

A tree of `size` leaves is described by its complete subtrees: node `(height, index)` covers the
leaves from `index * 2**height` to `(index + 1) * 2**height`. Where those hashes are kept (a list
in memory, tiles in a database) is the caller's business: he hands in a function that reads one.
"""

import hashlib
from collections.abc import Callable, Sequence

from jichitai.infra.transparency.errors import (
    IndexOutOfRangeError,
    LogSizeError,
    NewRootMismatchError,
    OldRootMismatchError,
    PathHashError,
    PathLengthError,
    RootMismatchError,
    ShrunkLogError,
)

HASH_SIZE = 32
"""Bytes of a SHA-256 hash."""

EMPTY_ROOT = hashlib.sha256(b"").digest()
"""Root of the tree without leaves (RFC 9162, 2.1.1)."""

Node = Callable[[int, int], bytes]
"""Reads the hash of the complete subtree `(height, index)`."""

_sha256 = hashlib.sha256


def leaf_hash(entry: bytes) -> bytes:
    """Hash one entry as a leaf.

    >>> leaf_hash(b"").hex()[:16]
    '6e340b9cffb37a98'

    Source: RFC 9162, 2.1.1 (0x00 before a leaf).
    """
    return _sha256(b"\x00" + entry).digest()


def leaf_hashes(entries: Sequence[bytes]) -> list[bytes]:
    """Hash many entries as leaves.

    Source: RFC 9162, 2.1.1.
    """
    return [_sha256(b"\x00" + entry).digest() for entry in entries]


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two neighbours into their parent.

    Source: RFC 9162, 2.1.1 (0x01 before a node).
    """
    return _sha256(b"\x01" + left + right).digest()


def pair_up(nodes: Sequence[bytes]) -> list[bytes]:
    """Hash an even number of neighbours into their parents.

    Args:
        nodes: hashes of one height, from left to right.

    Source: RFC 9162, 2.1.1.
    """
    neighbours = iter(nodes)
    return [
        _sha256(b"\x01" + left + right).digest()
        for left, right in zip(neighbours, neighbours, strict=True)
    ]


def memory_node(leaves: Sequence[bytes]) -> Node:
    """Read complete subtrees from leaf hashes in memory; for tests, auditors and small logs.

    Source: RFC 9162, 2.1.1.
    """
    heights: list[list[bytes]] = [list(leaves)]
    while len(heights[-1]) > 1:
        row = heights[-1]
        heights.append(pair_up(row[: len(row) // 2 * 2]))

    def node(height: int, index: int) -> bytes:
        return heights[height][index]

    return node


def root(size: int, node: Node) -> bytes:
    """Hash of the whole tree.

    Args:
        size: number of leaves.
        node: reads complete subtrees.

    Source: RFC 9162, 2.1.1 (MTH).
    """
    return _range_hash(0, size, node) if size else EMPTY_ROOT


def inclusion_path(index: int, size: int, node: Node) -> list[bytes]:
    """The hashes that lead from one leaf to the root.

    Args:
        index: number of the leaf, from 0.
        size: number of leaves of the tree.
        node: reads complete subtrees.

    Raises:
        IndexOutOfRangeError: the tree has no such leaf.

    Source: RFC 9162, 2.1.3.1.
    """
    if not 0 <= index < size:
        raise IndexOutOfRangeError(
            f"番号 {index} の記録は、大きさ {size} のログにはありません。", index=index, size=size
        )
    path: list[bytes] = []
    low, high = 0, size
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            path.append(_range_hash(middle, high, node))
            high = middle
        else:
            path.append(_range_hash(low, middle, node))
            low = middle
    path.reverse()
    return path


def consistency_path(first: int, second: int, node: Node) -> list[bytes]:
    """The hashes that show that a larger tree continues a smaller one.

    Args:
        first: size of the earlier tree; 0 and `second` give an empty path.
        second: size of the later tree.
        node: reads complete subtrees.

    Raises:
        LogSizeError: the sizes are not in order.

    Source: RFC 9162, 2.1.4.1.
    """
    if not 0 <= first <= second:
        raise LogSizeError(
            f"大きさ {first} から {second} への証明は作れません。小さい方を先に指定してください。",
            first=first,
            second=second,
        )
    if first in (0, second):
        return []
    path: list[bytes] = []
    low, high, whole = 0, second, True
    while first != high:
        middle = low + _split(high - low)
        if first <= middle:
            path.append(_range_hash(middle, high, node))
            high = middle
        else:
            path.append(_range_hash(low, middle, node))
            low, whole = middle, False
    if not whole:
        path.append(_range_hash(low, high, node))
    path.reverse()
    return path


def verify_inclusion(
    leaf: bytes, index: int, size: int, path: Sequence[bytes], expected_root: bytes
) -> None:
    """Check that a leaf stands at its place in the tree of this root.

    Raises:
        IndexOutOfRangeError: the index is outside the tree.
        PathHashError: a hash is not 32 bytes long.
        PathLengthError: the path is too short or too long.
        RootMismatchError: the hashes lead to another root.

    Source: RFC 9162, 2.1.3.2.
    """
    if not 0 <= index < size:
        raise IndexOutOfRangeError(
            f"番号 {index} の記録は、大きさ {size} のログにはありません。", index=index, size=size
        )
    _refuse_other_lengths([leaf, *path, expected_root])
    if len(path) != _inclusion_length(index, size):
        raise PathLengthError(
            f"ハッシュは {_inclusion_length(index, size)} 個のはずですが、{len(path)} 個あります。",
            expected=_inclusion_length(index, size),
            found=len(path),
        )
    position, last, result = index, size - 1, leaf
    for sibling in path:
        if position & 1 or position == last:
            result = node_hash(sibling, result)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            result = node_hash(result, sibling)
        position, last = position >> 1, last >> 1
    if result != expected_root:
        raise RootMismatchError(
            "記録と証明から計算した値が、署名されたログの値と一致しません。"
            "記録、番号、証明のどれかが書き換えられています。",
            index=index,
            size=size,
        )


def verify_consistency(
    first: int, second: int, first_root: bytes, second_root: bytes, path: Sequence[bytes]
) -> None:
    """Check that the later tree holds the earlier one unchanged as its beginning.

    Raises:
        ShrunkLogError: the later tree is smaller.
        PathHashError: a hash is not 32 bytes long.
        PathLengthError: the path is too short or too long.
        OldRootMismatchError: the path does not lead to the earlier root.
        NewRootMismatchError: the path does not lead to the later root.

    Source: RFC 9162, 2.1.4.2.
    """
    if first < 0 or second < first:
        raise ShrunkLogError(
            f"以前の大きさは {first}、新しい大きさは {second} です。ログが短くなることはありません。",
            first=first,
            second=second,
        )
    _refuse_other_lengths([first_root, second_root, *path])
    expected = _consistency_length(first, second)
    if len(path) != expected:
        raise PathLengthError(
            f"ハッシュは {expected} 個のはずですが、{len(path)} 個あります。",
            expected=expected,
            found=len(path),
        )
    if first == 0:
        old, new = EMPTY_ROOT, second_root if second else EMPTY_ROOT
    elif first == second:
        old, new = second_root, first_root
    else:
        old, new = _walk_consistency(first, second, first_root, path)
    if old != first_root:
        raise OldRootMismatchError(
            "以前の署名済みのログの値が、新しいログから計算できません。過去の記録が変わっています。",
            first=first,
            second=second,
        )
    if new != second_root:
        raise NewRootMismatchError(
            "新しい署名済みのログの値が、証明から計算した値と一致しません。",
            first=first,
            second=second,
        )


def _walk_consistency(
    first: int, second: int, first_root: bytes, path: Sequence[bytes]
) -> tuple[bytes, bytes]:
    """Compute both roots from a path of the right length (RFC 9162, 2.1.4.2)."""
    hashes = [first_root, *path] if first & (first - 1) == 0 else list(path)
    position, last = first - 1, second - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    old = new = hashes[0]
    for sibling in hashes[1:]:
        if position & 1 or position == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while position and not position & 1:
                position, last = position >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        position, last = position >> 1, last >> 1
    return old, new


def _split(width: int) -> int:
    """The largest power of two smaller than the width."""
    return 1 << (width - 1).bit_length() - 1


def _range_hash(low: int, high: int, node: Node) -> bytes:
    """Hash of the leaves from low to high; low is a multiple of the next power of two."""
    width = high - low
    if width & (width - 1) == 0:
        height = width.bit_length() - 1
        return node(height, low >> height)
    middle = low + _split(width)
    return node_hash(_range_hash(low, middle, node), _range_hash(middle, high, node))


def _inclusion_length(index: int, size: int) -> int:
    """How many hashes an inclusion path holds."""
    low, high, length = 0, size, 0
    while high - low > 1:
        middle = low + _split(high - low)
        low, high = (low, middle) if index < middle else (middle, high)
        length += 1
    return length


def _consistency_length(first: int, second: int) -> int:
    """How many hashes a consistency path holds."""
    if first in (0, second):
        return 0
    low, high, length = 0, second, 0
    while first != high:
        middle = low + _split(high - low)
        low, high = (low, middle) if first <= middle else (middle, high)
        length += 1
    return length + (1 if low else 0)


def _refuse_other_lengths(hashes: Sequence[bytes]) -> None:
    for place, value in enumerate(hashes):
        if len(value) != HASH_SIZE:
            raise PathHashError(
                f"{place} 番目のハッシュが {len(value)} バイトです（{HASH_SIZE} バイトのはずです）。",
                place=place,
            )
