"""Array parameters for statements over many rows.

psycopg writes arrays element by element in Python, which costs more than all the rest of a batch.
JSON and array literals agree on numbers, booleans, null and quoted text without control
characters, so one call of msgspec writes the whole array.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

_encode = msgspec.json.Encoder().encode


def array(values: Iterable[Any]) -> str:
    r"""The literal of a one-dimensional array; the statement casts it.

    Args:
        values: all of one type (text without control characters, bytes, int, bool, date, datetime
            with zone, UUID) or None.

    >>> array(["山田", None, 'a"b'])
    '{"山田",null,"a\\"b"}'
    >>> array([b"\x01\xff", None])
    '{"\\\\x01ff",null}'
    """
    plain: Sequence[Any] = [f"\\x{v.hex()}" if type(v) is bytes else v for v in values]
    return "{" + _encode(plain)[1:-1].decode() + "}"


def text_array(values: Iterable[str]) -> str:
    r"""The same for texts that may hold anything.

    >>> text_array(["", 'a"b', "c\\d"])
    '{"","a\\"b","c\\\\d"}'
    """
    quoted = (value.replace("\\", "\\\\").replace('"', '\\"') for value in values)
    return "{" + ",".join([f'"{value}"' for value in quoted]) + "}"
