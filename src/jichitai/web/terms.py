"""用語: the official terms on pages, with reading, English and plain Japanese.

Templates draw labels from here, so that one term is written one way everywhere.
"""

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Term:
    """An official term.

    Attributes:
        key: name in templates.
        term: the official term.
        reading: its reading in hiragana.
        english: the English name.
        plain: やさしい日本語, one short sentence or name.
        source: law or standard that uses the term.
    """

    key: str
    term: str
    reading: str
    english: str
    plain: str
    source: str

    def __str__(self) -> str:
        return self.term


@cache
def terms() -> MappingProxyType[str, Term]:
    """All terms by key, in the order of the file."""
    text = resources.files("jichitai.web").joinpath("terms.csv").read_text(encoding="utf-8")
    return MappingProxyType({row["key"]: Term(**row) for row in csv.DictReader(text.splitlines())})


def term(key: str) -> Term:
    """The term with this key.

    Raises:
        KeyError: no such term; add it to `terms.csv` with its source.

    >>> str(term("move_in_notice"))
    '転入届'
    """
    return terms()[key]
