"""Tag, length, value: the encoding of the chip's data objects.

Source: ISO/IEC 7816-4 5.2.2 (BER-TLV), ISO/IEC 8825-1 8.1.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from jichitai.jpki.chip.errors import BrokenObjectError

_LONG_TAG = 0x1F
_MORE = 0x80


@dataclass(frozen=True, slots=True)
class Tlv:
    """One data object.

    Attributes:
        tag: its bytes read as one number, such as 0xDF21.
        value: the content.
    """

    tag: int
    value: bytes


def encode(tag: int, value: bytes) -> bytes:
    """One data object with the shortest length.

    >>> encode(0xDF10, b"123456789018").hex()
    'df100c313233343536373839303138'

    Source: ISO/IEC 7816-4 5.2.2; lengths as DER writes them.
    """
    return tag.to_bytes(max(1, (tag.bit_length() + 7) // 8)) + length(len(value)) + value


def length(size: int) -> bytes:
    """The length field: one byte, or 81 and one, or 82 and two.

    Source: ISO/IEC 7816-4 5.2.2.2.
    """
    if size < 0x80:
        return bytes([size])
    if size <= 0xFF:
        return bytes([0x81, size])
    if size <= 0xFFFF:
        return b"\x82" + size.to_bytes(2)
    raise _broken("長すぎます")


def take(data: bytes, at: int = 0) -> tuple[Tlv, int]:
    """Read the object that starts at `at`.

    Returns:
        The object, and where the next one would start.

    Raises:
        BrokenObjectError: the bytes end too early, or the length is not written as it should.

    Source: ISO/IEC 7816-4 5.2.2.
    """
    end = _tag_end(data, at)
    tag = int.from_bytes(data[at:end])
    size, start = _size(data, end)
    if start + size > len(data):
        raise _broken("途中で切れています")
    return Tlv(tag, data[start : start + size]), start + size


def parts(data: bytes) -> Iterator[Tlv]:
    """All objects of `data`, which holds nothing else.

    Raises:
        BrokenObjectError: see `take`.

    Source: ISO/IEC 7816-4 5.2.2.
    """
    at = 0
    while at < len(data):
        part, at = take(data, at)
        yield part


def fields(data: bytes, tag: int) -> dict[int, bytes]:
    """The parts of the template `tag` at the start of `data`; what follows it is ignored.

    Real cards may carry stray bytes after an object, so a reader does not look at them.

    Raises:
        BrokenObjectError: another tag, or one part is there twice.

    Source: ISO/IEC 7816-4 5.2.2.
    """
    outer, _ = take(data)
    if outer.tag != tag:
        raise _broken("別の種類です")
    found: dict[int, bytes] = {}
    for part in parts(outer.value):
        if part.tag in found:
            raise _broken("同じ項目が2回あります")
        found[part.tag] = part.value
    return found


def _tag_end(data: bytes, at: int) -> int:
    if at >= len(data):
        raise _broken("途中で切れています")
    end = at + 1
    if data[at] & _LONG_TAG == _LONG_TAG:
        while end < len(data) and data[end] & _MORE and end - at < 3:
            end += 1
        end += 1
    if end > len(data):
        raise _broken("途中で切れています")
    return end


def _size(data: bytes, at: int) -> tuple[int, int]:
    if at >= len(data):
        raise _broken("途中で切れています")
    first = data[at]
    if first < _MORE:
        return first, at + 1
    count = first - _MORE
    if count not in (1, 2) or at + 1 + count > len(data):
        raise _broken("長さを読み取れません")
    size = int.from_bytes(data[at + 1 : at + 1 + count])
    if size < (0x80 if count == 1 else 0x100):
        raise _broken("長さの書き方が正しくありません")
    return size, at + 1 + count


def _broken(why: str) -> BrokenObjectError:
    return BrokenObjectError(
        f"カードのデータが{why}。カードを置き直して、もう一度読み取ってください。"
    )
