"""Words of regulations on one footing: old and new terms, marks and particles out of the way."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from math import log
from typing import Final

from jichitai.security.tables import rows

_PARTICLES: Final = re.compile(
    r"及び|および|並びに|ならびに|又は|または|若しくは|における|に関する|に対する|に係る|について|ための|による"
    r"|[のとやをは・、,，。.「」『』()（）\[\]【】〔〕:：;；/／\s]|等"
)
_FIELD: Final = re.compile(r"^(?:[^情]{0,6}[市町村区県])?情報セキュリティ(?:ポリシー|対策)?")
_KANA: Final = re.compile(r"^[ぁ-ん]+$")
_JOINED: Final = re.compile(r"及び|および|並びに|ならびに|又は|または|若しくは|[・、,，]")


@dataclass(frozen=True, slots=True)
class Name:
    """Another name that regulations use for a chapter, section or item (by `target`)."""

    text: str
    target: str


@cache
def _words() -> tuple[tuple[str, str], ...]:
    return tuple(
        (row["from"].lower(), row["to"].lower())
        for row in rows("clause_words")
        if row["kind"] == "word"
    )


@cache
def names() -> tuple[Name, ...]:
    """Other names of chapters, sections and items, from the table of words."""
    return tuple(
        Name(row["from"], target)
        for row in rows("clause_words")
        if row["kind"] == "name"
        for target in row["to"].split(";")
    )


@lru_cache(maxsize=8_192)
def normal(text: str) -> str:
    """A title with today's terms and without particles, brackets and blanks; for comparison only.

    >>> normal("コンピュータウイルス対策"), normal("不正プログラム対策等")
    ('不正プログラム対策', '不正プログラム対策')
    """
    plain = unicodedata.normalize("NFKC", text).lower()
    for old, new in _words():
        if old in plain:
            plain = plain.replace(old, new)
    return _PARTICLES.sub("", plain)


@lru_cache(maxsize=8_192)
def core(text: str) -> str:
    """A normal text without the words that every title of this field may begin with.

    >>> core("情報セキュリティポリシー例外措置"), core("情報セキュリティ")
    ('例外措置', '情報セキュリティ')
    """
    bare = _FIELD.sub("", text)
    return bare if len(bare) >= 3 else text


@lru_cache(maxsize=8_192)
def grams(text: str) -> frozenset[str]:
    """Pairs of neighbouring characters of a normal text; the text itself when it is one character.

    >>> sorted(grams("監査報告"))
    ['報告', '査報', '監査']
    """
    if len(text) < 2:
        return frozenset({text}) if text else frozenset()
    return frozenset(text[index : index + 2] for index in range(len(text) - 1))


@lru_cache(maxsize=8_192)
def telling(text: str) -> frozenset[str]:
    """Pairs of characters of a normal text that carry meaning: not of kana endings alone.

    >>> sorted(telling("保管する"))
    ['保管', '管す']
    """
    return frozenset(gram for gram in grams(text) if not _KANA.match(gram))


@lru_cache(maxsize=4_096)
def parts(title: str) -> tuple[str, ...]:
    """The things that a title names one after the other; the title itself when it names one.

    >>> parts("不正プログラム及び不正アクセス対策")
    ('不正プログラム対策', '不正アクセス対策')
    """
    found = [part.strip() for part in _JOINED.split(title) if len(part.strip()) >= 2]
    if len(found) < 2:
        return (title,)
    tail = next((end for end in ("対策", "の管理", "の取扱い") if found[-1].endswith(end)), "")
    return tuple(part if part.endswith(tail) else part + tail for part in found)


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each pair of characters tells: what many titles share tells little."""

    of: Mapping[str, float]
    unknown: float

    @classmethod
    def over(cls, texts: Iterable[str]) -> "Weights":
        """Weights from all titles of a catalogue, in normal form."""
        return cls.over_sets(map(grams, texts))

    @classmethod
    def over_sets(cls, sets: Iterable[frozenset[str]]) -> "Weights":
        """Weights from sets of pairs."""
        counts: dict[str, int] = {}
        total = 0
        for found in sets:
            total += 1
            for gram in found:
                counts[gram] = counts.get(gram, 0) + 1
        return cls({g: log(1 + total / c) for g, c in counts.items()}, log(1 + total))

    def weight(self, found: Iterable[str]) -> float:
        """Sum of the weights."""
        return sum(self.of.get(gram, self.unknown) for gram in found)

    def likeness(self, one: str, other: str) -> float:
        """Likeness of two normal texts, from 0 to 1 (weighted Dice coefficient)."""
        if one == other:
            return 1.0 if one else 0.0
        mine, theirs = grams(one), grams(other)
        shared = mine & theirs
        if not shared:
            return 0.0
        whole = self.weight(mine) + self.weight(theirs)
        return 2 * self.weight(shared) / whole

    def covered(self, title: str, text_grams: frozenset[str]) -> float:
        """Share of a title that a text holds, from 0 to 1."""
        mine = grams(title)
        whole = self.weight(mine)
        return self.weight(mine & text_grams) / whole if whole else 0.0
