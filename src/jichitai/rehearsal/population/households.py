"""Who lives with whom: households whose sizes, ages and relations (続柄) are plausible.

Couples are made of neighbours in age, children get a mother of a plausible age, and as many
adults join a parent or a child as the mean size of a household asks for.
"""

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

MEAN_SIZE = 2.21
"""Persons in a private household; census of 2020."""
_DAY = 365.2425
_YOUNGEST_MOTHER, _OLDEST_MOTHER = 18, 46
_BIRTH_GAP = 285

_MARRIED = {20: 0.06, 25: 0.32, 30: 0.56, 35: 0.65, 40: 0.67, 45: 0.67, 50: 0.68, 55: 0.70,
            60: 0.72, 65: 0.71, 70: 0.67, 75: 0.57, 80: 0.42, 85: 0.22, 90: 0.10, 95: 0.04, 100: 0.01}  # fmt: skip
"""Women who live with a husband, by first age of the group (assumed, after the census)."""
_JOINS = (
    (20, 8.0),
    (25, 4.0),
    (30, 2.2),
    (35, 1.3),
    (50, 0.9),
    (65, 0.5),
    (75, 0.25),
    (85, 0.7),
    (200, 1.6),
)
"""How readily an adult without a spouse lives with family, by age below (assumed)."""


class Elder(NamedTuple):
    """An old parent in the household of a child: whose parent ("h", "w"), and father or mother."""

    person: int
    side: str
    father: bool


@dataclass(slots=True)
class Home:
    """One household while it is put together. Persons are indices into the block.

    Attributes:
        husband, wife: the core; one of them is missing when a person lives without a spouse.
        children: of the core, adults too.
        elders: parents of husband or wife.
        lodgers: others who live there (同居人).
    """

    husband: int | None
    wife: int | None
    children: list[int] = field(default_factory=list)
    elders: list[Elder] = field(default_factory=list)
    lodgers: list[int] = field(default_factory=list)
    elder_is_head: bool = False
    wife_is_head: bool = False
    unregistered_marriage: bool = False

    @property
    def parent(self) -> int:
        """The one whose age decides which children are plausible: the mother, else the father."""
        found = self.wife if self.wife is not None else self.husband
        if found is None:
            raise ValueError("a household has a core")
        return found

    def core(self) -> tuple[int, ...]:
        """Husband and wife, those who exist."""
        return tuple(p for p in (self.husband, self.wife) if p is not None)

    def __len__(self) -> int:
        """Persons."""
        return len(self.core()) + len(self.children) + len(self.elders) + len(self.lodgers)

    def members(self) -> Iterator[tuple[int, str]]:
        """(person, relation to the head), head first."""
        core = _relations_under_elder(self) if self.elder_is_head else _relations(self)
        yield from core
        yield from ((lodger, "同居人") for lodger in self.lodgers)


def _relations(home: Home) -> Iterator[tuple[int, str]]:
    head, spouse, side = home.husband, home.wife, "h"
    relation = "妻"
    if head is None or (home.wife_is_head and spouse is not None):
        head, spouse, side, relation = home.wife, home.husband, "w", "夫"
    if head is None:
        raise ValueError("a household has a head")
    yield head, "世帯主"
    if spouse is not None:
        yield spouse, relation + ("（未届）" if home.unregistered_marriage else "")
    yield from ((child, "子") for child in home.children)
    for elder in home.elders:
        parent = "父" if elder.father else "母"
        yield elder.person, parent if elder.side == side else f"{relation}の{parent}"


def _relations_under_elder(home: Home) -> Iterator[tuple[int, str]]:
    head, side, _ = home.elders[0]
    yield head, "世帯主"
    own, spouse = (home.husband, home.wife) if side == "h" else (home.wife, home.husband)
    if own is not None:
        yield own, "子"
    if spouse is not None:
        yield spouse, "子の妻" if side == "h" else "子の夫"
    yield from ((child, "子の子") for child in home.children)


def compose(sexes: Sequence[str], ages: list[int], chance: random.Random) -> list[Home]:
    """Put every person of a block into one household.

    Args:
        sexes: "1" or "2" by person.
        ages: age in days by person; a child that no adult could have borne is made adult in place.
        chance: the dice.

    Returns:
        Households, in an order that depends only on the dice.
    """
    return _Composer(sexes, ages, chance).run()


class _Composer:
    def __init__(self, sexes: Sequence[str], ages: list[int], chance: random.Random) -> None:
        self.sexes = sexes
        self.ages = ages
        self.chance = chance
        self.homes: list[Home] = []
        self.by_age: dict[int, list[Home]] = defaultdict(list)

    def run(self) -> list[Home]:
        alone = self._couples()
        mothers = {p for p in alone if self._lone_mother(p)}
        for person in sorted(mothers):
            self._open(Home(None, person))
        alone = [p for p in alone if p not in mothers]
        alone += self._children()
        self._settle(alone)
        for home in self.homes:
            home.children.sort(key=lambda p: -self.ages[p])
            self._choose_head(home)
        self.chance.shuffle(self.homes)
        return self.homes

    def _years(self, person: int) -> int:
        return int(self.ages[person] / _DAY)

    def _open(self, home: Home) -> None:
        self.homes.append(home)
        self.by_age[self._years(home.parent)].append(home)

    def _couples(self) -> list[int]:
        """Open a household for every couple; return the adults left over."""
        wives: list[tuple[float, int]] = []
        husbands: list[tuple[float, int]] = []
        alone: list[int] = []
        chance, gauss = self.chance.random, self.chance.gauss
        for person, (sex, days) in enumerate(zip(self.sexes, self.ages, strict=True)):
            years = days / _DAY
            if years < 18:
                continue
            male = sex == "1"
            shifted = years - 2.0 if male else years
            share = _MARRIED[min(100, int(shifted) // 5 * 5)] if shifted >= 20 else 0.0
            if chance() < (share * 1.04 if male else share):
                (husbands if male else wives).append((shifted + gauss(0.0, 2.0), person))
            else:
                alone.append(person)
        for pool, size in ((wives, len(husbands)), (husbands, len(wives))):
            self.chance.shuffle(pool)
            alone.extend(person for _, person in pool[size:])
            del pool[size:]
            pool.sort()
        for (_, wife), (_, husband) in zip(wives, husbands, strict=True):
            if abs(self.ages[wife] - self.ages[husband]) > 22 * _DAY:
                alone += (wife, husband)
            else:
                self._open(Home(husband, wife, unregistered_marriage=chance() < 0.012))
        alone.sort()
        return alone

    def _lone_mother(self, person: int) -> bool:
        return (
            self.sexes[person] == "2"
            and 23 <= self._years(person) <= 52
            and self.chance.random() < 0.16
        )

    def _children(self) -> list[int]:
        """Give every minor a mother; return those who had to be made adult."""
        minors = [p for p, days in enumerate(self.ages) if days / _DAY < 18]
        self.chance.shuffle(minors)
        grown = []
        for child in minors:
            if not self._place_child(child, tries=10, most=(1.0, 0.9, 0.35, 0.1, 0.03)):
                self.ages[child] = int((20 + 40 * self.chance.random()) * _DAY)
                grown.append(child)
        return grown

    def _place_child(self, child: int, *, tries: int, most: tuple[float, ...]) -> bool:
        age = self.ages[child] / _DAY
        youngest, oldest = int(age + _YOUNGEST_MOTHER + 1), int(age + _OLDEST_MOTHER - 1)
        for attempt in range(tries):
            wanted = int(age + self.chance.gauss(31.5, 4.5 + attempt))
            homes = self.by_age.get(min(max(wanted, youngest), oldest))
            if not homes:
                continue
            home = homes[int(self.chance.random() * len(homes))]
            siblings = len(home.children)
            if (
                siblings < len(most)
                and self.chance.random() < most[siblings]
                and self._could_be(home, child)
            ):
                home.children.append(child)
                return True
        return False

    def _could_be(self, home: Home, child: int) -> bool:
        """The ages of the parents and of the siblings allow this child."""
        age = self.ages[child]
        return all(abs(self.ages[other] - age) > _BIRTH_GAP for other in home.children) and all(
            _YOUNGEST_MOTHER * _DAY < self.ages[parent] - age < 60 * _DAY for parent in home.core()
        )

    def _settle(self, alone: list[int]) -> None:
        """Let as many adults join a family as the mean size asks; the others live alone."""
        weight = {p: next(w for below, w in _JOINS if self._years(p) < below) for p in alone}
        wanted = len(self.homes) + len(alone) - round(len(self.ages) / MEAN_SIZE)
        order = sorted(alone, key=lambda p: -(self.chance.random() ** (1 / weight[p])))
        joining = set(order[: max(0, wanted)])
        spare = order[max(0, wanted) :]
        for person in spare:
            self._open(self._single(person))
        for person in sorted(joining):
            if not (self._place_grown(person) or self._place_elder(person)):
                self._open(self._single(person))
        self._share_flats(max(0, len(self.homes) - round(len(self.ages) / MEAN_SIZE)))

    def _single(self, person: int) -> Home:
        return Home(person, None) if self.sexes[person] == "1" else Home(None, person)

    def _place_grown(self, person: int) -> bool:
        return self._years(person) < 70 and self._place_child(
            person, tries=14, most=(1.0, 0.9, 0.5, 0.2)
        )

    def _place_elder(self, person: int) -> bool:
        """Let an old parent join a child's household, on the side of the child that fits."""
        age = self.ages[person] / _DAY
        if age < 60:
            return False
        father = self.sexes[person] == "1"
        for _ in range(10):
            homes = self.by_age.get(int(age - self.chance.gauss(29, 5)))
            if not homes:
                continue
            home = homes[int(self.chance.random() * len(homes))]
            side = "h" if home.wife is None or self.chance.random() < 0.65 else "w"
            child = home.husband if side == "h" else home.wife
            if child is None or len(home.elders) >= 2:
                continue
            taken = {(elder.side, elder.father) for elder in home.elders}
            gap = self.ages[person] - self.ages[child]
            if (side, father) not in taken and 19 * _DAY < gap < 45 * _DAY:
                home.elders.append(Elder(person, side, father))
                return True
        return False

    def _share_flats(self, count: int) -> None:
        """Merge some single households (同居人) when families alone do not reach the mean."""
        singles = [h for h in self.homes if len(h) == 1 and self._years(h.parent) < 45]
        self.chance.shuffle(singles)
        merged: set[int] = set()
        for _ in range(min(count, len(singles) // 2)):
            guest, host = singles.pop(), singles.pop()
            host.lodgers.append(guest.parent)
            merged.add(id(guest))
        self.homes = [h for h in self.homes if id(h) not in merged]

    def _choose_head(self, home: Home) -> None:
        chance = self.chance.random()
        home.wife_is_head = home.wife is not None and chance < 0.08
        if len(home.elders) == 1 and not home.lodgers:
            elder = home.elders[0].person
            home.elder_is_head = self._years(elder) < 80 and chance > 0.6
