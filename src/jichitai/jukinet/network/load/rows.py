"""From the rows of a file to the bytes of binary COPY: hashed, sealed, checked.

This is the part of a load that costs processor time, so it is plain, allocates little, and can
run in worker processes.
"""

import os
import re
import struct
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final

import msgspec

from jichitai.infra.crypto import BlindIndex, Sealer
from jichitai.jukinet import hashing
from jichitai.jukinet.errors import LoadRefusedError
from jichitai.jukinet.model import bucket_of
from jichitai.jukinet.network.load.file import LoadRow
from jichitai.kernel.dates import UncertainDate
from jichitai.kernel.errors import InvalidError
from jichitai.kernel.identifiers import JukiCode, MyNumber
from jichitai.kernel.persons import kana_key, reduce_text

HEADER: Final = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
TRAILER: Final = b"\xff\xff"
PERSON_COLUMNS: Final = (
    "person_id", "municipality", "state", "voided", "resent", "sealed", "code_hash",
    "number_hash", "name", "name_reduced", "kana", "kana_key", "birth_date", "sex",
    "postal_code", "address", "former_name", "former_kana", "alias", "alias_kana",
    "net_reason", "changed_on", "residence_since", "event_number", "row_hash", "bucket",
)  # fmt: skip

_INT: Final = struct.Struct(">i")
_DATE: Final = struct.Struct(">ii")
_BIGINT: Final = struct.Struct(">iq")
_SMALLINT: Final = struct.Struct(">ih")
_LENGTHS: Final = tuple(_INT.pack(n) for n in range(2048))
_NULL: Final = _INT.pack(-1)
_ZERO: Final = _INT.pack(4) + _INT.pack(0)
_FALSE: Final = _INT.pack(1) + b"\x00"
_TRUE: Final = _INT.pack(1) + b"\x01"
_SIXTEEN: Final = _INT.pack(16)
_EPOCH: Final = date(2000, 1, 1).toordinal()
_SEPARATOR: Final = "\x1f"
_FIELDS: Final = 14
_CONTROL: Final = re.compile(r"[\x00-\x1e\x7f]")
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Buffers:
    """Binary COPY rows (without header and trailer) for each table."""

    persons: int
    person: bytes
    code_lookup: bytes
    number_lookup: bytes
    match_lookup: bytes


class Encoder:
    """Makes the rows of one scope; the prefecture stands in front of every row."""

    def __init__(
        self, columns: Sealer, blind: BlindIndex, municipality: str, prefecture: str | None
    ) -> None:
        """Take the keys and whose rows."""
        self._columns = columns
        self._blind = blind
        self._municipality = municipality
        front = b"" if prefecture is None else _text(prefecture)
        extra = 0 if prefecture is None else 1
        self._person_head = struct.pack(">h", len(PERSON_COLUMNS) + extra) + front + _SIXTEEN
        self._lookup_head = struct.pack(">h", 3 + extra) + front + _SIXTEEN
        self._match_head = struct.pack(">h", 2 + extra) + front + _SIXTEEN
        self._fixed = _text(municipality) + _text("live") + _FALSE + _ZERO

    def encode(self, rows: Sequence[LoadRow]) -> Buffers:
        """Check, hash and seal rows.

        Raises:
            LoadRefusedError: a number or a date is wrong; says which row, not its content.
        """
        persons: list[bytes] = []
        codes: list[bytes] = []
        numbers: list[bytes] = []
        matches: list[bytes] = []
        for place, row in enumerate(rows):
            try:
                self._add(row, persons, codes, numbers, matches)
            except InvalidError as error:
                raise LoadRefusedError(
                    f"初期データの{place + 1}行目に誤りがあります。{error.detail}", row=place + 1
                ) from None
        return Buffers(
            len(rows), b"".join(persons), b"".join(codes), b"".join(numbers), b"".join(matches)
        )

    def _add(
        self,
        row: LoadRow,
        persons: list[bytes],
        codes: list[bytes],
        numbers: list[bytes],
        matches: list[bytes],
    ) -> None:
        code, number = row.juki_code, row.my_number
        JukiCode(code)
        person_id = _new_id()
        code_hash = hashing.code_hash(self._blind, code)
        codes.append(self._lookup_head + code_hash + _SIXTEEN + person_id + _TRUE)
        if number is None:
            number_field = _NULL
        else:
            MyNumber(number)
            number_hash = hashing.number_hash(self._blind, number)
            number_field = _SIXTEEN + number_hash
            numbers.append(self._lookup_head + number_hash + _SIXTEEN + person_id + _TRUE)
        _check_date(row.birth_date)
        reduced, key = _reduced(row.name), _kana_key(row.kana)
        found_by = (
            hashing.name_key(self._blind, reduced, row.birth_date),
            hashing.kana_match_key(self._blind, key, row.birth_date),
        )
        matches.extend(self._match_head + one + _SIXTEEN + person_id for one in found_by)
        sealed = self._columns.seal(_encode({"code": code, "number": number}), person_id)
        persons.append(
            b"".join(
                (
                    self._person_head,
                    person_id,
                    self._fixed,
                    _LENGTHS[len(sealed)],
                    sealed,
                    _SIXTEEN,
                    code_hash,
                    number_field,
                    _text(row.name),
                    _text(reduced),
                    _text(row.kana),
                    _text(key),
                    _text(row.birth_date),
                    _text(row.sex),
                    _text(row.postal_code),
                    _text(row.address),
                    _maybe(row.former_name),
                    _maybe(row.former_kana),
                    _maybe(row.alias),
                    _maybe(row.alias_kana),
                    _text(row.net_reason),
                    _text(row.changed_on),
                    _DATE.pack(4, row.residence_since.toordinal() - _EPOCH),
                    _BIGINT.pack(8, row.event_number),
                    _SIXTEEN,
                    self._row_hash(row),
                    _SMALLINT.pack(2, bucket_of(code_hash)),
                )
            )
        )

    def _row_hash(self, row: LoadRow) -> bytes:
        canonical = _SEPARATOR.join(
            (
                self._municipality,
                row.residence_since.isoformat(),
                row.juki_code,
                row.my_number or "",
                row.name,
                row.kana,
                row.birth_date,
                row.sex,
                row.postal_code,
                row.address,
                row.former_name or "",
                row.former_kana or "",
                row.alias or "",
                row.alias_kana or "",
            )
        )
        if canonical.count(_SEPARATOR) != _FIELDS - 1 or _CONTROL.search(canonical):
            raise InvalidError("表示できない文字があります。")
        return self._blind.of("row", canonical)


def _new_id() -> bytes:
    """A random id that begins with the time, so that the index grows at its end (RFC 9562 v7)."""
    raw = bytearray(os.urandom(16))
    raw[:6] = (time.time_ns() // 1_000_000).to_bytes(6, "big")
    raw[6] = 0x70 | raw[6] & 0x0F
    raw[8] = 0x80 | raw[8] & 0x3F
    return bytes(raw)


def _text(value: str) -> bytes:
    raw = value.encode()
    return _LENGTHS[len(raw)] + raw


def _maybe(value: str | None) -> bytes:
    return _NULL if value is None else _text(value)


def _reduced(name: str) -> str:
    return "　".join(map(_reduced_part, name.split("　")))


@lru_cache(maxsize=262_144)
def _reduced_part(part: str) -> str:
    return reduce_text(part)


_BEGINS: Final = frozenset(map(chr, range(ord("ァ"), ord("ヺ") + 1))) - set("ゥウヴ")
"""Sounds that are read alike after any other; a mark of a long vowel is none."""


def _kana_key(kana: str) -> str:
    family, gap, given = kana.partition("　")
    if not gap or given[:1] not in _BEGINS:
        return kana_key(kana)  # ウ after a sound in o is read as オ, also across the gap
    return _kana_part(family) + _kana_part(given)


@lru_cache(maxsize=262_144)
def _kana_part(part: str) -> str:
    return kana_key(part)


@lru_cache(maxsize=131_072)
def _check_date(text: str) -> None:
    if UncertainDate.parse(text).code != text:
        raise InvalidError("年月日が正規の形ではありません。")
