"""Brings the synthetic nation into the product by its own path of initial load (初期移行)."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from uuid import UUID, uuid5

from jichitai.kernel.addresses import Address
from jichitai.kernel.dates import UncertainDate
from jichitai.kernel.identifiers import JukiCode, LocalGovernmentCode, MyNumber
from jichitai.kernel.persons import PersonName, Sex
from jichitai.kernel.relations import Relation
from jichitai.register.service.initial import InitialPerson
from jichitai.rehearsal.population.people import Person, Population

_NAMES = UUID("8f6d1b0e-52a7-5b0a-9f5c-6a1f3d2b7c44")


def resident_id(seed: int, key: int) -> UUID:
    """Id of a person of the first day in the register, the same for the same seed."""
    return uuid5(_NAMES, f"resident/{seed}/{key}")


def household_id(seed: int, household: int) -> UUID:
    """Id of a household of the first day."""
    return uuid5(_NAMES, f"household/{seed}/{household}")


def by_town(population: Population) -> dict[str, list[int]]:
    """Keys of the people of each town; a household is never split."""
    found: dict[str, list[int]] = defaultdict(list)
    for key, person in enumerate(population.people):
        found[person.municipality].append(key)
    return dict(sorted(found.items()))


def initial_people(population: Population, keys: list[int]) -> Iterator[InitialPerson]:
    """These people as the initial load of the register takes them."""
    municipality = LocalGovernmentCode.parse(population.people[keys[0]].municipality)
    for key in keys:
        yield _initial(population.people[key], population.seed, key, municipality)


def _initial(
    person: Person, seed: int, key: int, municipality: LocalGovernmentCode
) -> InitialPerson:
    alias = PersonName(person.alias, person.alias_kana) if person.alias else None
    since: date = person.since
    return InitialPerson(
        id=resident_id(seed, key),
        household_id=household_id(seed, person.household),
        relation=Relation(person.relation),
        name=PersonName(person.name, person.kana),
        birth_date=UncertainDate.parse(person.birth),
        sex=Sex(person.sex),
        address=Address(municipality, person.town, person.lot, person.building, person.postal),
        resident_since=since,
        juki_code=JukiCode(person.code),
        my_number=MyNumber(person.number),
        alias=alias,
        kana_confirmed=not person.nation,
    )
