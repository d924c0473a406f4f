"""The tree of RFC 9162: vectors, every size against the definition, and every changed byte found."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jichitai.infra.transparency import merkle
from jichitai.infra.transparency.errors import (
    IndexOutOfRangeError,
    LogSizeError,
    NewRootMismatchError,
    OldRootMismatchError,
    PathHashError,
    PathLengthError,
    ProofError,
    RootMismatchError,
    ShrunkLogError,
)
from jichitai.infra.transparency.growth import EMPTY, TILE_WIDTH, Head, completes, grow

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "vectors" / "rfc9162.json").read_text("utf-8")
)
LEAVES = merkle.leaf_hashes([bytes.fromhex(text) for text in VECTORS["entries"]])


def leaves(count: int) -> list[bytes]:
    return [merkle.leaf_hash(number.to_bytes(8, "big")) for number in range(count)]


def definition(hashes: list[bytes]) -> bytes:
    """MTH as the RFC writes it, with its own hashing."""
    if not hashes:
        return hashlib.sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    split = 1
    while split * 2 < len(hashes):
        split *= 2
    return hashlib.sha256(
        b"\x01" + definition(hashes[:split]) + definition(hashes[split:])
    ).digest()


@pytest.mark.parametrize("size", range(9))
def test_roots_are_those_of_the_vectors(size: int) -> None:
    node = merkle.memory_node(LEAVES[:size])
    assert merkle.root(size, node).hex() == VECTORS["roots"][size]


@pytest.mark.parametrize("case", VECTORS["inclusion"])
def test_inclusion_paths_are_those_of_the_vectors(case: dict[str, Any]) -> None:
    path = merkle.inclusion_path(case["index"], case["size"], merkle.memory_node(LEAVES))
    assert [one.hex() for one in path] == case["path"]


@pytest.mark.parametrize("case", VECTORS["consistency"])
def test_consistency_paths_are_those_of_the_vectors(case: dict[str, Any]) -> None:
    path = merkle.consistency_path(case["first"], case["second"], merkle.memory_node(LEAVES))
    assert [one.hex() for one in path] == case["path"]


def test_every_small_tree_proves_every_leaf_and_every_past() -> None:
    every = leaves(40)
    node = merkle.memory_node(every)
    roots = [merkle.root(size, node) for size in range(41)]
    for size in range(41):
        assert roots[size] == definition(every[:size])
        for index in range(size):
            path = merkle.inclusion_path(index, size, node)
            merkle.verify_inclusion(every[index], index, size, path, roots[size])
        for first in range(size + 1):
            path = merkle.consistency_path(first, size, node)
            merkle.verify_consistency(first, size, roots[first], roots[size], path)


def flipped(value: bytes, at: int) -> bytes:
    place = at % len(value)
    return value[:place] + bytes([value[place] ^ 1 << at % 8]) + value[place + 1 :]


@given(st.data())
def test_any_changed_byte_of_an_inclusion_is_found_and_named(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, 300))
    index = data.draw(st.integers(0, size - 1))
    at = data.draw(st.integers(0, 10_000))
    every = leaves(size)
    node = merkle.memory_node(every)
    path = merkle.inclusion_path(index, size, node)
    expected = merkle.root(size, node)
    other = data.draw(st.integers(0, len(path) - 1))
    changed_path = [*path[:other], flipped(path[other], at), *path[other + 1 :]]
    with pytest.raises(RootMismatchError):
        merkle.verify_inclusion(flipped(every[index], at), index, size, path, expected)
    with pytest.raises(RootMismatchError):
        merkle.verify_inclusion(every[index], index, size, changed_path, expected)
    with pytest.raises(RootMismatchError):
        merkle.verify_inclusion(every[index], index, size, path, flipped(expected, at))
    with pytest.raises(PathLengthError):
        merkle.verify_inclusion(every[index], index, size, path[1:], expected)
    with pytest.raises(PathLengthError):
        merkle.verify_inclusion(every[index], index, size, [*path, expected], expected)
    with pytest.raises(PathHashError):
        merkle.verify_inclusion(every[index], index, size, [path[0][:31], *path[1:]], expected)
    for wrong in {index ^ 1, index + 1, index + size} - {index}:
        with pytest.raises((RootMismatchError, IndexOutOfRangeError, PathLengthError)):
            merkle.verify_inclusion(every[index], wrong, size, path, expected)


@given(st.data())
def test_any_changed_byte_of_a_consistency_is_found_and_named(data: st.DataObject) -> None:
    second = data.draw(st.integers(2, 300))
    first = data.draw(st.integers(1, second - 1))
    at = data.draw(st.integers(0, 10_000))
    node = merkle.memory_node(leaves(second))
    old, new = merkle.root(first, node), merkle.root(second, node)
    path = merkle.consistency_path(first, second, node)
    with pytest.raises(ProofError) as refusal:
        merkle.verify_consistency(first, second, flipped(old, at), new, path)
    assert isinstance(refusal.value, OldRootMismatchError | NewRootMismatchError)
    with pytest.raises(NewRootMismatchError):
        merkle.verify_consistency(first, second, old, flipped(new, at), path)
    other = data.draw(st.integers(0, len(path) - 1))
    changed = [*path[:other], flipped(path[other], at), *path[other + 1 :]]
    with pytest.raises((OldRootMismatchError, NewRootMismatchError)):
        merkle.verify_consistency(first, second, old, new, changed)
    with pytest.raises(PathLengthError):
        merkle.verify_consistency(first, second, old, new, path[:-1])
    with pytest.raises(ShrunkLogError):
        merkle.verify_consistency(second, first, new, old, path)


def test_the_same_size_with_another_root_is_a_fork() -> None:
    with pytest.raises(OldRootMismatchError):
        merkle.verify_consistency(3, 3, bytes(32), bytes([1]) * 32, [])


def test_a_head_over_no_leaves_must_be_the_empty_root() -> None:
    with pytest.raises(OldRootMismatchError):
        merkle.verify_consistency(0, 3, bytes(32), bytes(32), [])
    with pytest.raises(NewRootMismatchError):
        merkle.verify_consistency(0, 0, merkle.EMPTY_ROOT, bytes(32), [])


def test_leaves_and_pasts_that_do_not_exist_are_refused() -> None:
    node = merkle.memory_node(leaves(3))
    with pytest.raises(IndexOutOfRangeError):
        merkle.inclusion_path(3, 3, node)
    with pytest.raises(IndexOutOfRangeError):
        merkle.verify_inclusion(bytes(32), -1, 3, [], bytes(32))
    with pytest.raises(LogSizeError):
        merkle.consistency_path(4, 3, node)


@given(st.lists(st.integers(1, 700), min_size=1, max_size=6))
def test_growing_in_steps_gives_the_tree_of_all_leaves(steps: list[int]) -> None:
    every = leaves(sum(steps))
    node = merkle.memory_node(every)
    head: Head = EMPTY
    for step in steps:
        start = head.size
        pending = pending_of(every, start, step, node)
        growth = grow(head, every[start : start + step], pending)
        head = growth.head
        assert head.root == merkle.root(head.size, node)
        for tile in growth.tiles:
            assert tile.root == node(8 * (tile.level + 1), tile.index)
            if tile.level == 0:
                assert tile.hashes == b"".join(
                    every[tile.index * TILE_WIDTH : (tile.index + 1) * TILE_WIDTH]
                )
        fresh = head.size - max(start, head.size // TILE_WIDTH * TILE_WIDTH)
        assert growth.tail == tuple(every[head.size - fresh : head.size])


def pending_of(
    every: list[bytes], size: int, more: int, node: Callable[[int, int], bytes]
) -> dict[int, list[bytes]]:
    result = {}
    for level in completes(size, more):
        count = size >> 8 * level
        result[level] = [
            node(8 * level, index) for index in range(count // TILE_WIDTH * TILE_WIDTH, count)
        ]
    return result


def test_a_tile_of_the_second_level_holds_256_roots() -> None:
    total = TILE_WIDTH * TILE_WIDTH
    every = leaves(total)
    node = merkle.memory_node(every)
    before = grow(EMPTY, every[:-1], {level: [] for level in range(2)})
    pending = pending_of(every, total - 1, 1, node)
    after = grow(before.head, every[-1:], pending)
    assert [(tile.level, tile.index) for tile in after.tiles] == [(0, 255), (1, 0)]
    assert after.tiles[1].root == after.head.root == merkle.root(total, node)
