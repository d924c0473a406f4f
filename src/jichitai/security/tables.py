"""Dated reference tables of 情報セキュリティ: each row says from when, until when, and how sure it is.

`confidence` is `read` (in the primary text), `recalled` (known, not read again) or `ours`.
"""

import csv
from datetime import date
from functools import cache
from importlib import resources
from types import MappingProxyType

Row = MappingProxyType[str, str]


@cache
def rows(name: str) -> tuple[Row, ...]:
    """All rows of `data/security_<name>.csv`."""
    file = resources.files("jichitai.data").joinpath(f"security_{name}.csv")
    read = csv.DictReader(file.read_text(encoding="utf-8").splitlines())
    return tuple(MappingProxyType(dict(row)) for row in read)


def rows_on(name: str, on: date) -> tuple[Row, ...]:
    """The rows of a table that hold on a day."""
    day = on.isoformat()
    return tuple(
        row
        for row in rows(name)
        if row["valid_from"] <= day and (not row["valid_to"] or day <= row["valid_to"])
    )
