"""The planner's own picture of who lives where; it shares nothing with the register."""

import random
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date

from jichitai.rehearsal.plan.events import Expected, Particulars, Spot
from jichitai.rehearsal.population.people import Population

HEAD = "世帯主"
SPOUSES = frozenset({"夫", "妻", "夫（未届）", "妻（未届）"})


@dataclass(slots=True)
class Human:
    """A person as the planner knows them.

    Attributes:
        home: key of the household, or -1 when registered nowhere.
        free_from: the first day on which another event may concern this person.
        settled: 住所を定めた日 of the present address.
    """

    key: int
    name: str
    kana: str
    birth: str
    sex: str
    relation: str
    home: int
    code: str
    number: str
    foreign: bool
    settled: date
    free_from: date
    alias: str = ""
    alias_kana: str = ""

    @property
    def born(self) -> date:
        """The first day that the birth date can mean."""
        return date.fromisoformat(self.birth[:10])

    def age(self, day: date) -> int:
        """Years."""
        return int((day - self.born).days / 365.2425)

    def particulars(self, relation: str) -> Particulars:
        """What a form says of the person."""
        return Particulars(
            key=self.key, name=self.name, kana=self.kana, birth=self.birth, sex=self.sex,
            relation=relation, code=self.code, number=self.number, alias=self.alias,
            alias_kana=self.alias_kana,
        )  # fmt: skip


@dataclass(slots=True)
class Household:
    """A household as the planner knows it."""

    key: int
    town: str
    spot: Spot
    members: list[int] = field(default_factory=list)


class World:
    """Everybody, and every household."""

    def __init__(self, population: Population) -> None:
        """Take over the population as it stands."""
        self.humans: list[Human] = []
        self.homes: dict[int, Household] = {}
        self.last: dict[int, tuple[str, Spot]] = {}
        for key, p in enumerate(population.people):
            spot = Spot(p.town, p.lot, p.building, p.postal)
            home = self.homes.setdefault(p.household, Household(p.household, p.municipality, spot))
            home.members.append(key)
            self.humans.append(
                Human(
                    key,
                    p.name,
                    p.kana,
                    p.birth,
                    p.sex,
                    p.relation,
                    p.household,
                    p.code,
                    p.number,
                    bool(p.nation),
                    p.since,
                    population.as_of,
                    p.alias,
                    p.alias_kana,
                )
            )
        self._next_home = max(self.homes, default=0) + 1

    def home_of(self, key: int) -> Household:
        """The household of a registered person."""
        return self.homes[self.humans[key].home]

    def open_home(self, town: str, spot: Spot) -> Household:
        """A new household."""
        home = Household(self._next_home, town, spot)
        self.homes[home.key] = home
        self._next_home += 1
        return home

    def add(self, human: Human) -> None:
        """A person who was never registered; the key must be the next one."""
        if human.key != len(self.humans):
            raise ValueError("keys are given one after another")
        self.humans.append(human)

    def leave(self, keys: Iterable[int]) -> None:
        """Take people out of their households; a single person who stays becomes the head."""
        for key in keys:
            human = self.humans[key]
            home = self.homes[human.home]
            self.last[key] = (home.town, home.spot)
            home.members.remove(key)
            human.home = -1
            if len(home.members) == 1:
                self.humans[home.members[0]].relation = HEAD

    def enter(self, home: Household, keys: Iterable[int], relations: Iterable[str]) -> None:
        """Put people into a household."""
        for key, relation in zip(keys, relations, strict=True):
            self.humans[key].home = home.key
            self.humans[key].relation = relation
            home.members.append(key)

    def headless(self, home: Household) -> bool:
        """Whether people live there without a head."""
        return bool(home.members) and all(self.humans[m].relation != HEAD for m in home.members)

    def successor(self, home: Household, day: date) -> int | None:
        """Who becomes the head when there is none: the spouse, else the eldest adult."""
        adults = [m for m in home.members if self.humans[m].age(day) >= 18]
        spouses = [m for m in adults if self.humans[m].relation in SPOUSES]
        return min(spouses or adults, key=lambda m: self.humans[m].birth, default=None)

    def relations_to(self, head: int, home: Household) -> dict[int, str]:
        """Relations of the other members once `head` is 世帯主."""
        chief = self.humans[head]
        return {m: _relation(self.humans[m], chief) for m in home.members if m != head}

    def expected(self, key: int, *, absent: bool) -> Expected:
        """What the network must know at the end; `absent` people are registered nowhere."""
        human = self.humans[key]
        if human.home >= 0:
            home = self.homes[human.home]
            town, spot = home.town, home.spot
        else:
            town, spot = self.last[key]
        return Expected(
            key=key, municipality="" if absent else town, name=human.name, kana=human.kana,
            birth=human.birth, sex=human.sex, spot=spot, code=human.code,
        )  # fmt: skip

    def move_spot(self, home: Household, spot: Spot) -> None:
        """The household's address is written differently from now on."""
        home.spot = replace(spot)


def _relation(member: Human, head: Human) -> str:
    """The relation of a member to a new head, told from what both were to the old head."""
    old, new = member.relation, head.relation
    parent = "父" if member.sex == "1" else "母"
    if new in SPOUSES:
        return _seen_by_spouse(old, new[0])
    if new == "子":
        known = {HEAD: parent, "子の妻": "妻", "子の夫": "夫", "子の子": "子"}
        if old in SPOUSES:
            return parent
        if old == "子":
            return _sibling(member, head)
        return known.get(old, "縁故者")
    if new in {"父", "母"}:
        known = {HEAD: "子", "夫": "子の夫", "妻": "子の妻", "子": "子の子", "父": "夫", "母": "妻"}
        return known.get(old, "縁故者")
    return "同居人" if old == "同居人" else "縁故者"


def _seen_by_spouse(old: str, new: str) -> str:
    """Relations when the head's spouse takes over; `new` is what the spouse was (夫 or 妻)."""
    gone = "妻" if new == "夫" else "夫"
    if old == HEAD:
        return gone
    if old in {"父", "母", "兄", "姉", "弟", "妹"}:
        return f"{gone}の{old}"
    if old.startswith(f"{new}の"):
        return old.removeprefix(f"{new}の")
    return old


def _sibling(member: Human, head: Human) -> str:
    older = member.birth < head.birth
    if member.sex == "1":
        return "兄" if older else "弟"
    return "姉" if older else "妹"


def pick(chance: random.Random, keys: list[int]) -> int:
    """One of the keys."""
    return keys[int(chance.random() * len(keys))]
