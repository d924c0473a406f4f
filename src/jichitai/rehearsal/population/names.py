"""Names of invented Japanese people: surnames by frequency, a tail, rare glyphs, given names.

Sources: surnames with estimated people and given names with spellings as in the package data;
glyphs from the MJ character table. Shares marked "assumed" have no published figure.
"""

import random
from collections import Counter
from functools import cache

from jichitai.kernel.characters import variants
from jichitai.rehearsal.dice import Weighted, dice
from jichitai.rehearsal.population.sources import table

Written = tuple[str, str]
"""(text, katakana)."""

LISTED_SHARE = 0.79
"""Part of the nation whose surname is in the list of 1,999."""
_TAIL_SIZE = 9000

_KNOWN_VARIANTS: dict[str, tuple[tuple[str, float], ...]] = {
    "高": (("髙", 0.07),),
    "崎": (("﨑", 0.07), ("嵜", 0.01)),
    "吉": (("𠮷", 0.04),),
    "辺": (("邊", 0.08), ("邉", 0.12)),
    "斎": (("齋", 0.10),),
    "斉": (("齊", 0.05),),
    "浜": (("濱", 0.10), ("濵", 0.04)),
    "徳": (("德", 0.05),),
    "瀬": (("瀨", 0.04),),
    "島": (("嶋", 0.06), ("嶌", 0.003)),
    "沢": (("澤", 0.08),),
    "桜": (("櫻", 0.05),),
}
"""Well-known other forms and the share of bearers who write them (assumed)."""
_MJ_VARIANT_SHARE = 0.004
"""Families that write one character as an uncommon MJ glyph (assumed)."""


@cache
def _listed() -> list[tuple[str, str, int]]:
    return [(r["kanji"], r["kana"], int(r["estimated_people"])) for r in table("surnames.csv")]


def _splits() -> dict[str, tuple[str, str]]:
    """How the reading of each two-character surname falls apart, by vote of all surnames."""
    votes: Counter[tuple[int, str, str]] = Counter()
    names = [(kanji, kana) for kanji, kana, _ in _listed() if len(kanji) == 2 and len(kana) > 1]
    for kanji, kana in names:
        for cut in range(1, len(kana)):
            votes[0, kanji[0], kana[:cut]] += 1
            votes[1, kanji[1], kana[cut:]] += 1
    return {
        kanji: max(
            ((kana[:cut], kana[cut:]) for cut in range(1, len(kana))),
            key=lambda halves, k=kanji: (
                votes[0, k[0], halves[0]] * votes[1, k[1], halves[1]],
                halves,
            ),  # type: ignore[misc]
        )
        for kanji, kana in names
    }


@cache
def surnames() -> Weighted[Written]:
    """Listed surnames by frequency, and a tail of recombined ones for everybody else."""
    listed = _listed()
    known = {kanji for kanji, _, _ in listed}
    people = {kanji: count for kanji, _, count in listed}
    front: Counter[tuple[str, str]] = Counter()
    back: Counter[tuple[str, str]] = Counter()
    for kanji, (first, second) in _splits().items():
        front[kanji[0], first] += people[kanji]
        back[kanji[1], second] += people[kanji]
    chance = dice(0, "surname tail")
    fronts, backs = (Weighted(list(c), [w**0.5 for w in c.values()]) for c in (front, back))
    tail: dict[str, str] = {}
    while len(tail) < _TAIL_SIZE:
        (a, x), (b, y) = fronts.draw(chance), backs.draw(chance)
        if a != b and a + b not in known:
            tail.setdefault(a + b, x + y)
    mass = sum(people.values()) * (1 - LISTED_SHARE) / LISTED_SHARE
    harmonic = sum(1 / (rank + 200) for rank in range(_TAIL_SIZE))
    items = [(kanji, kana) for kanji, kana, _ in listed] + list(tail.items())
    weights = [float(n) for _, _, n in listed]
    weights += [mass / (rank + 200) / harmonic for rank in range(_TAIL_SIZE)]
    return Weighted(items, weights)


def rare_glyphs(surname: str, chance: random.Random) -> str:
    """The surname as this family writes it in the register; mostly as it is."""
    written = surname
    for character in surname:
        for variant, share in _KNOWN_VARIANTS.get(character, ()):
            if chance.random() < share:
                return written.replace(character, variant, 1)
    if chance.random() < _MJ_VARIANT_SHARE:
        for character in surname:
            if forms := variants(character):
                return written.replace(character, chance.choice(forms), 1)
    return written


_KO_SHARE = ((1935, 0.75), (1955, 0.60), (1970, 0.40), (1985, 0.18), (2000, 0.06), (9999, 0.02))
"""Women whose name ends in 子, by last birth year of the group (assumed)."""
_OLD_MALE = ("夫", "男", "雄", "郎", "治", "一", "三", "蔵", "吉")
_MALE_OLD_SHARE = (
    (1935, 0.70),
    (1955, 0.55),
    (1970, 0.35),
    (1985, 0.15),
    (2000, 0.07),
    (9999, 0.03),
)
"""Men whose name ends in one of the older endings (assumed)."""


def _spellings(name: str, endings: tuple[str, ...]) -> tuple[Weighted[Written], Weighted[Written]]:
    """(names with the older endings, the others); usual characters and short spellings weigh more."""
    rows = [(r["kana"], r["kanji_variants"].split()) for r in table(name)]
    usual = Counter(character for _, texts in rows for text in texts for character in text)
    groups: tuple[dict[Written, float], dict[Written, float]] = ({}, {})
    for kana, texts in rows:
        for text in texts:
            weight = min(usual[character] for character in text) ** 1.5 / (4 ** abs(len(text) - 2))
            groups[0 if text.endswith(endings) else 1][text, kana] = weight / len(texts) ** 0.5
    old, new = (Weighted(list(g), list(g.values())) for g in groups)
    return old, new


@cache
def _given(sex: str) -> tuple[Weighted[Written], Weighted[Written]]:
    if sex == "1":
        return _spellings("given_names_male.csv", _OLD_MALE)
    return _spellings("given_names_female.csv", ("子",))


def given_name(sex: str, birth_year: int, chance: random.Random) -> Written:
    """A given name that fits the sex and, roughly, the generation."""
    old, new = _given(sex)
    shares = _MALE_OLD_SHARE if sex == "1" else _KO_SHARE
    share = next(part for last, part in shares if birth_year <= last)
    return (old if chance.random() < share else new).draw(chance)
