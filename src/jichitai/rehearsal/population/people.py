"""The synthetic nation itself: `synthesise` for a rehearsal, `stream` for millions."""

import hashlib
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import count, islice
from typing import NamedTuple

from jichitai.rehearsal.dice import Weighted, dice
from jichitai.rehearsal.population import foreigners, names, sources
from jichitai.rehearsal.population.households import Home, compose
from jichitai.rehearsal.population.numbers import juki_codes, my_numbers

AS_OF = date(2026, 1, 1)
"""The day before the first day of the rehearsed year begins."""
BLOCK = 20_000
"""Persons made at a time: the unit of memory and of the stream."""

DEFAULT_TOWNS = (
    "011002",  # 札幌市, designated city
    "131130",  # 渋谷区, special ward
    "134015",  # 八丈町, island
    "134023",  # 青ヶ島村, the smallest village
    "141003",  # 横浜市, designated city
    "162019",  # 富山市
    "216046",  # 白川村, village
    "271004",  # 大阪市, designated city
    "304271",  # 北山村, village
    "322016",  # 松江市
    "452092",  # えびの市
    "465054",  # 屋久島町, island
    "473821",  # 与那国町, island
)

Written = tuple[str, str, str, str, str]
"""(name, kana, alias, alias_kana, nation)."""

_DAY = 365.2425
_SPACE = "\u3000"
_UNCERTAIN = Weighted(
    [(".month-unknown", 4), (".day-unknown", 7), (".about-month", 7), (".about-year", 4)],
    [4, 4, 1, 1],
)
"""How an uncertain birth date of a very old person ends, and how much of the day is known."""
_BUILDINGS = ("コーポ", "ハイツ", "メゾン", "グランドハイツ", "パークコーポ", "サンハイツ")
_BUILDING_NAMES = ("青葉", "若葉", "富士見", "緑", "泉", "桜", "光", "松風", "日の出", "みどり")


class Person(NamedTuple):
    """One invented resident, as the register will hold them.

    Attributes:
        code, number: 住民票コード and 個人番号, plain text of invented people.
        name, kana: family and given name with one full-width space between.
        alias, alias_kana: 通称, or empty.
        nation: country of a foreign resident, or empty for a Japanese.
        birth: the text of the birth date as messages carry it.
        sex: "1" male, "2" female.
        relation: 続柄; "世帯主" opens a household.
        household: serial of the household, from 0.
        since: 住民となった年月日.
    """

    code: str
    number: str
    name: str
    kana: str
    alias: str
    alias_kana: str
    nation: str
    birth: str
    sex: str
    relation: str
    household: int
    since: date
    municipality: str
    town: str
    lot: str
    building: str
    postal: str

    @property
    def born(self) -> date:
        """The birth day; the first possible day when it is uncertain."""
        return date.fromisoformat(self.birth[:10])


@dataclass(frozen=True)
class Population:
    """Invented residents, household by household, town by town."""

    seed: int
    as_of: date
    people: tuple[Person, ...] = field(repr=False)

    def __len__(self) -> int:
        """Persons."""
        return len(self.people)

    def digest(self) -> str:
        """SHA-256 over every field of every person: equal exactly when the nation is equal."""
        total = hashlib.sha256()
        for person in self.people:
            total.update(("\t".join(map(str, person)) + "\n").encode())
        return total.hexdigest()


def shares(residents: int, towns: Sequence[str]) -> dict[str, int]:
    """How many invented people live in each town.

    Large cities are damped (power 0.6), so that villages have somebody too, and no town has more
    people than the census counted.
    """
    real = sources.people_of_towns()
    unknown = [town for town in towns if town not in real]
    if unknown:
        raise ValueError(f"市区町村コードではありません: {', '.join(unknown)}")
    left, open_towns, fixed = residents, sorted(set(towns)), dict.fromkeys(towns, 0)
    while left and open_towns:
        mass = sum(real[t] ** 0.6 for t in open_towns) or 1.0
        wish = {t: int(left * real[t] ** 0.6 / mass) for t in open_towns}
        full = [t for t in open_towns if wish[t] > real[t]]
        if not full:
            fixed.update(wish)
            largest = max(open_towns, key=lambda t: real[t])
            fixed[largest] += left - sum(wish.values())
            break
        for town in full:
            fixed[town] = real[town]
            left -= real[town]
        open_towns = [t for t in open_towns if t not in full]
    return fixed


def synthesise(
    seed: int = 1,
    residents: int = 20_000,
    towns: Sequence[str] = DEFAULT_TOWNS,
    as_of: date = AS_OF,
) -> Population:
    """The whole nation at once; the same arguments give the same people on every machine."""
    return Population(
        seed, as_of, tuple(p for block in stream(seed, residents, towns, as_of) for p in block)
    )


def stream(
    seed: int, residents: int, towns: Sequence[str], as_of: date = AS_OF
) -> Iterator[list[Person]]:
    """The nation in blocks of at most `BLOCK` people of one town: constant memory."""
    serials = Serials(juki_codes(seed), my_numbers(seed), count())
    for town, people in shares(residents, towns).items():
        for part in range(0, people, BLOCK):
            maker = _BlockMaker(dice(seed, town, part), town, as_of, serials)
            yield maker.make(min(BLOCK, people - part))


class Columns(NamedTuple):
    """Many invented people as parallel lists, for measuring bulk work."""

    codes: list[str]
    numbers: list[str]
    names: list[str]
    kana: list[str]
    births: list[str]
    sexes: list[str]
    municipalities: list[str]
    towns: list[str]
    lots: list[str]
    postals: list[str]
    since: list[date]


def bulk(
    seed: int, residents: int, towns: Sequence[str] = DEFAULT_TOWNS, pool: int = 100_000
) -> Iterator[Columns]:
    """Millions of people quickly: the persons of a pool, each time with other dates and codes.

    Names go with the sex; household relations are not kept. One item has `pool` people or fewer.
    """
    people = sorted(synthesise(seed, min(pool, residents), towns).people, key=lambda p: p.sex)
    men = sum(person.sex == "1" for person in people)
    fixed = [list(column) for column in zip(*people, strict=True)]
    name, kana, sex, since, town_code, town, lot, postal = (
        fixed[Person._fields.index(field)]
        for field in ("name", "kana", "sex", "since", "municipality", "town", "lot", "postal")
    )
    births = [person.birth for person in people]
    codes, numbers = juki_codes(seed + 1), my_numbers(seed + 1)
    for turn, done in enumerate(range(0, residents, len(people))):
        size = min(len(people), residents - done)
        by_sex = [_turned(part, turn * 7_919) for part in (births[:men], births[men:])]
        yield Columns(
            list(islice(codes, size)), list(islice(numbers, size)), name[:size], kana[:size],
            (by_sex[0] + by_sex[1])[:size], sex[:size], town_code[:size], town[:size], lot[:size],
            postal[:size], since[:size],
        )  # fmt: skip


def _turned(column: list[str], places: int) -> list[str]:
    cut = places % max(1, len(column))
    return column[cut:] + column[:cut]


class Serials(NamedTuple):
    """What must be unique over the whole nation, without end."""

    codes: Iterator[str]
    numbers: Iterator[str]
    households: Iterator[int]


class _BlockMaker:
    def __init__(self, chance: random.Random, town: str, as_of: date, serials: Serials) -> None:
        self.chance = chance
        self.town = town
        self.serials = serials
        self.today = as_of.toordinal()
        self.streets = sources.streets(town)
        self.rank = Weighted(self.streets, [1 / (n + 12) for n in range(len(self.streets))])
        self.groups = sources.census_groups()

    def make(self, size: int) -> list[Person]:
        drawn = self.chance.choices(
            self.groups, cum_weights=_running(g[3] for g in self.groups), k=size
        )
        sexes = [sex for sex, _, _, _ in drawn]
        ages = [self._age(first) for _, first, _, _ in drawn]
        homes = compose(sexes, ages, self.chance)
        births = [self.today - days for days in ages]
        quota = foreigners.FOREIGN_SHARE * size
        rows: list[Person] = []
        for home, nation in self._with_nations(homes, ages, quota):
            rows += self._household(home, nation, sexes, births)
        return rows

    def _age(self, first: int) -> int:
        chance = self.chance
        if first >= 100:
            return int((100 + min(chance.expovariate(0.6), 13)) * _DAY)
        return int((first + 5 * chance.random()) * _DAY)

    def _with_nations(
        self, homes: list[Home], ages: list[int], quota: float
    ) -> Iterator[tuple[Home, foreigners.Nation | None]]:
        """Mark households of younger adults as foreign until the share of persons is reached."""
        young = [i for i, h in enumerate(homes) if ages[h.parent] < 55 * _DAY and not h.elders]
        self.chance.shuffle(young)
        foreign: dict[int, foreigners.Nation] = {}
        for index in young:
            if quota < self.chance.random() * 2:
                break
            quota -= len(homes[index])
            foreign[index] = foreigners.NATIONS.draw(self.chance)
        return ((home, foreign.get(i)) for i, home in enumerate(homes))

    def _household(
        self,
        home: Home,
        nation: foreigners.Nation | None,
        sexes: list[str],
        births: list[int],
    ) -> Iterator[Person]:
        serial = next(self.serials.households)
        place = self._place(len(home))
        families = self._families(home, nation)
        moved = self.today - int(self.chance.expovariate(1 / 4400.0)) - 1
        given: set[str] = set()
        for person, relation in home.members():
            birth = births[person]
            since = max(birth, moved)
            if person in home.children or relation in {"妻", "夫"}:
                since = max(since, self.today - int(self.chance.expovariate(1 / 9000.0)) - 1)
            if nation is None:
                written = self._japanese(families[person], sexes[person], birth)
                while written[0] in given:
                    written = self._japanese(families[person], sexes[person], birth)
                given.add(written[0])
            else:
                written = self._foreign(families[person], sexes[person], nation)
            yield Person(
                next(self.serials.codes), next(self.serials.numbers), *written,
                self._birth_text(birth), sexes[person], relation, serial,
                date.fromordinal(since), self.town, *place,
            )  # fmt: skip

    def _families(self, home: Home, nation: foreigners.Nation | None) -> dict[int, tuple[str, str]]:
        """The family name of each member."""
        chance = self.chance
        if nation is not None:
            own = {p: foreigners.family_name(nation, chance) for p, _ in home.members()}
            own.update(dict.fromkeys(home.children, own[home.core()[0]]))
            return own
        family = self._surname()
        found = dict.fromkeys((p for p, _ in home.members()), family)
        from_wife = chance.random() < 0.05
        for elder in home.elders:
            if elder.side == ("h" if from_wife else "w"):
                found[elder.person] = self._surname()
        for lodger in home.lodgers:
            found[lodger] = self._surname()
        if home.unregistered_marriage and home.wife is not None:
            found[home.wife] = self._surname()
        return found

    def _surname(self) -> tuple[str, str]:
        text, kana = names.surnames().draw(self.chance)
        return names.rare_glyphs(text, self.chance), kana

    def _japanese(self, family: tuple[str, str], sex: str, birth: int) -> Written:
        given, kana = names.given_name(sex, date.fromordinal(birth).year, self.chance)
        return (f"{family[0]}{_SPACE}{given}", f"{family[1]}{_SPACE}{kana}", "", "", "")

    def _foreign(self, family: tuple[str, str], sex: str, nation: foreigners.Nation) -> Written:
        given, kana = foreigners.given_name(nation, sex, self.chance)
        alias = alias_kana = ""
        if self.chance.random() < nation.alias_share:
            a, b = names.surnames().draw(self.chance), names.given_name(sex, 1975, self.chance)
            alias, alias_kana = f"{a[0]}{_SPACE}{b[0]}", f"{a[1]}{_SPACE}{b[1]}"
        name = f"{family[0]}{_SPACE}{given}"
        return (name, f"{family[1]}{_SPACE}{kana}", alias, alias_kana, nation.code)

    def _birth_text(self, birth: int) -> str:
        day = date.fromordinal(birth)
        if self.today - birth > 92 * _DAY and self.chance.random() < 0.004:
            pattern, reach = _UNCERTAIN.draw(self.chance)
            return day.isoformat()[:reach] + "-01-01"[: 10 - reach] + pattern
        return day.isoformat()

    def _place(self, people: int) -> tuple[str, str, str, str]:
        """(town, lot, building, postal code) of one household."""
        chance = self.chance
        town, postal = self.rank.draw(chance)
        if town.endswith("丁目"):
            lot = f"{1 + int(chance.random() * 40)}番{1 + int(chance.random() * 25)}号"
        else:
            lot = f"{1 + int(chance.random() ** 2 * 3000)}番地"
            if chance.random() < 0.5:
                lot += str(1 + int(chance.random() * 20))
        building = ""
        if chance.random() < (0.6 if people == 1 else 0.3):
            floor, door = 1 + int(chance.random() * 9), 1 + int(chance.random() * 8)
            name = chance.choice(_BUILDING_NAMES) + chance.choice(_BUILDINGS)
            building = f"{name}{floor}{door:02d}号"
        return town, lot, building, postal


def _running(weights: Iterator[int]) -> list[int]:
    total, sums = 0, []
    for weight in weights:
        total += weight
        sums.append(total)
    return sums


def age_on(person: Person, day: date) -> int:
    """Completed years on a day (a person completes a year on the eve in law; here on the day)."""
    born = person.born
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))
