"""Dated reference tables of システム標準化: each row says from when, until when, how sure it is.

`confidence` is `read` (in the primary text), `reported`, `derived` (from a published list or
figure), `secondary` (quoted by others), `recalled` (known, not read again), `ours` or `unknown`.
An empty day means that it is not known.
"""

import csv
from datetime import date
from functools import cache
from importlib import resources
from types import MappingProxyType

Row = MappingProxyType[str, str]


@cache
def read(file: str) -> tuple[Row, ...]:
    """All rows of a CSV file of the package's data."""
    text = resources.files("jichitai.data").joinpath(file).read_text(encoding="utf-8")
    return tuple(MappingProxyType(dict(row)) for row in csv.DictReader(text.splitlines()))


def rows(name: str) -> tuple[Row, ...]:
    """All rows of `data/standardisation_<name>.csv`."""
    return read(f"standardisation_{name}.csv")


def holds(row: Row, on: date) -> bool:
    """Whether a dated row holds on a day."""
    day = on.isoformat()
    return row["valid_from"] <= day and (not row["valid_to"] or day <= row["valid_to"])
