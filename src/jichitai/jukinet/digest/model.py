"""Digests of a town's records: how they are packed into messages and compared.

A digest of rows is the exclusive-or of their keyed hashes (16 bytes) with their count. The key is
known to the levels only, so nobody outside can make two sets of rows with one digest; and the
database sums it in one pass.
"""

import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from jichitai.jukinet.errors import InvalidMessageError
from jichitai.jukinet.model import BUCKETS

_BUCKET: Final = struct.Struct(">HI16s")
_ROW: Final = struct.Struct(">16s16s")
_PAIR: Final = struct.Struct(">qq")
ROWS_IN_MESSAGE: Final = 4_600
ROWS_IN_COMPARISON: Final = 20_000


@dataclass(frozen=True, slots=True)
class Sum:
    """The digest of a set of rows.

    Source: 住民記録システム標準仕様書 v1.0 7.1.1.2 (整合性確認).
    """

    rows: int
    digest: bytes


EMPTY: Final = Sum(0, bytes(16))


def sum_of(rows: int, high: int, low: int) -> Sum:
    """From the two halves that the database sums as signed integers."""
    return Sum(rows, _PAIR.pack(high, low))


@dataclass(frozen=True, slots=True)
class Difference:
    """One person whose rows differ, and how."""

    code_hash: bytes
    kind: Literal["missing-above", "missing-below", "differs"]


def pack_buckets(buckets: Mapping[int, Sum]) -> bytes:
    """The digests of buckets as one text of fixed records, by number."""
    return b"".join(
        _BUCKET.pack(number, one.rows, one.digest) for number, one in sorted(buckets.items())
    )


def unpack_buckets(packed: bytes) -> dict[int, Sum]:
    """Read what `pack_buckets` made.

    Raises:
        InvalidMessageError: not of that form.
    """
    if len(packed) % _BUCKET.size:
        raise _torn()
    found = {number: Sum(rows, one) for number, rows, one in _BUCKET.iter_unpack(packed)}
    if any(number >= BUCKETS for number in found):
        raise _torn()
    return found


def pack_rows(rows: Mapping[bytes, bytes]) -> bytes:
    """Code hashes with row hashes as one text of fixed records."""
    return b"".join(_ROW.pack(code, row) for code, row in sorted(rows.items()))


def unpack_rows(packed: bytes) -> dict[bytes, bytes]:
    """Read what `pack_rows` made.

    Raises:
        InvalidMessageError: not of that form.
    """
    if len(packed) % _ROW.size:
        raise _torn()
    return dict(_ROW.iter_unpack(packed))


def differing(below: Mapping[int, Sum], here: Mapping[int, Sum]) -> list[int]:
    """Numbers of the buckets whose digests are not equal, in order."""
    numbers = sorted(set(below) | set(here))
    return [n for n in numbers if below.get(n, EMPTY) != here.get(n, EMPTY)]


def worth_opening(
    buckets: Iterable[int], below: Mapping[int, Sum], here: Mapping[int, Sum]
) -> list[int]:
    """The first of the differing buckets, as many as one comparison should open.

    When most of a file is missing, thousands of cases tell no more than the first ones do.
    """
    chosen: list[int] = []
    left = ROWS_IN_COMPARISON
    for number in buckets:
        left -= max(below.get(number, EMPTY).rows, here.get(number, EMPTY).rows)
        if chosen and left < 0:
            break
        chosen.append(number)
    return chosen


def in_messages(rows: Mapping[int, Mapping[bytes, bytes]]) -> list[dict[int, dict[bytes, bytes]]]:
    """Split the rows of buckets so that each part fits into a message; whole buckets each."""
    parts: list[dict[int, dict[bytes, bytes]]] = [{}]
    filled = 0
    for number, bucket in sorted(rows.items()):
        if filled and filled + len(bucket) > ROWS_IN_MESSAGE:
            parts.append({})
            filled = 0
        parts[-1][number] = dict(bucket)
        filled += len(bucket)
    return parts


def differences(below: Mapping[bytes, bytes], here: Mapping[bytes, bytes]) -> list[Difference]:
    """Row by row: what the level below has and we have not, the reverse, and unequal content.

    Source: 住民記録システム標準仕様書 v1.0 7.1.1.2 (整合性確認).
    """
    found = []
    for code in sorted(set(below) | set(here)):
        if code not in here:
            found.append(Difference(code, "missing-above"))
        elif code not in below:
            found.append(Difference(code, "missing-below"))
        elif below[code] != here[code]:
            found.append(Difference(code, "differs"))
    return found


def _torn() -> InvalidMessageError:
    return InvalidMessageError("整合性確認の回答の長さが合いません。送信側の版を確かめてください。")
