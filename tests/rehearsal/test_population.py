"""The synthetic nation: the same for the same seed, like the census, and plausible."""

from collections import Counter, defaultdict
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jichitai.kernel.characters import unknown_characters
from jichitai.kernel.dates import UncertainDate
from jichitai.kernel.identifiers import JukiCode, MyNumber
from jichitai.kernel.persons import PersonName
from jichitai.rehearsal.population import sources
from jichitai.rehearsal.population.foreigners import FOREIGN_SHARE
from jichitai.rehearsal.population.households import MEAN_SIZE
from jichitai.rehearsal.population.people import (
    AS_OF,
    DEFAULT_TOWNS,
    Person,
    Population,
    bulk,
    shares,
    synthesise,
)

SMALL = ("131130", "304271", "134023")


@pytest.fixture(scope="module")
def nation() -> Population:
    return synthesise(seed=7, residents=30_000)


def homes(population: Population) -> dict[int, list[Person]]:
    found: dict[int, list[Person]] = defaultdict(list)
    for person in population.people:
        found[person.household].append(person)
    return found


def test_the_same_seed_gives_the_same_bytes() -> None:
    first, again, other = (synthesise(seed, 2_000, SMALL) for seed in (3, 3, 4))
    assert first.digest() == again.digest()
    assert first.digest() != other.digest()


def test_the_number_of_residents_is_exact_and_villages_keep_their_real_size() -> None:
    found = shares(20_000, DEFAULT_TOWNS)
    real = sources.people_of_towns()
    assert sum(found.values()) == 20_000
    assert all(0 < found[town] <= real[town] for town in DEFAULT_TOWNS)


def test_an_unknown_town_is_refused() -> None:
    with pytest.raises(ValueError, match="市区町村コードではありません"):
        shares(10, ("999999",))


def test_codes_and_numbers_are_unique_and_as_the_kernel_makes_them(nation: Population) -> None:
    assert len({p.code for p in nation.people}) == len(nation)
    assert len({p.number for p in nation.people}) == len(nation)
    for person in nation.people[::97]:
        assert JukiCode.from_body(person.code[:10]).reveal() == person.code
        assert MyNumber.from_body(person.number[:11]).reveal() == person.number


def test_age_and_sex_follow_the_census(nation: Population) -> None:
    found = Counter(
        (p.sex, min(100, int((AS_OF - p.born).days / 365.2425) // 5 * 5)) for p in nation.people
    )
    groups = sources.census_groups()
    total = sum(people for _, _, _, people in groups)
    for sex, first, _, people in groups:
        assert found[sex, first] / len(nation) == pytest.approx(people / total, abs=0.006)


def test_households_have_the_census_mean_and_usual_sizes(nation: Population) -> None:
    sizes = Counter(len(members) for members in homes(nation).values())
    households = sum(sizes.values())
    assert len(nation) / households == pytest.approx(MEAN_SIZE, abs=0.03)
    assert 0.28 < sizes[1] / households < 0.45
    assert 0.22 < sizes[2] / households < 0.38
    assert sum(n for size, n in sizes.items() if size >= 6) / households < 0.05


def test_every_household_has_one_head_and_children_younger_than_their_parents(
    nation: Population,
) -> None:
    for members in homes(nation).values():
        assert [m.relation for m in members].count("世帯主") == 1
        assert len({m.municipality + m.town + m.lot for m in members}) == 1
        assert len({m.name for m in members}) == len(members) or any(m.nation for m in members)
        head = members[0]
        assert head.relation == "世帯主"
        for member in members[1:]:
            years = (member.born - head.born).days / 365.2425
            if member.relation == "子":
                assert 16 < years < 61
            elif member.relation in {"父", "母"}:
                assert -46 < years < -17
            elif member.relation in {"妻", "夫"}:
                assert member.sex != head.sex
                assert abs(years) < 23


def test_minors_do_not_head_a_household(nation: Population) -> None:
    heads = [p for p in nation.people if p.relation == "世帯主"]
    assert all((AS_OF - p.born).days / 365.2425 >= 17.9 for p in heads)


def test_nobody_lived_here_before_birth_or_after_the_day(nation: Population) -> None:
    assert all(p.born <= p.since + timedelta(days=366) for p in nation.people)
    assert all(p.since <= AS_OF for p in nation.people)


def test_the_kernel_reads_every_name_and_date(nation: Population) -> None:
    for person in nation.people[::11]:
        PersonName(person.name, person.kana)
        assert UncertainDate.parse(person.birth).code == person.birth


def test_the_share_of_foreign_residents_is_real(nation: Population) -> None:
    foreign = [p for p in nation.people if p.nation]
    assert len(foreign) / len(nation) == pytest.approx(FOREIGN_SHARE, abs=0.003)
    assert all(p.name.isascii() or "\u3000" in p.name for p in foreign)
    assert 0.02 < sum(bool(p.alias) for p in foreign) / len(foreign) < 0.25


def test_rare_glyphs_are_rare_but_there(nation: Population) -> None:
    rare = sum(
        any(ord(c) > 0xFFFF or c in "髙﨑邊邉齋齊濵德瀨嵜嶌" for c in p.name) for p in nation.people
    )
    sequences = sum(any(0xE0100 <= ord(c) <= 0xE01EF for c in p.name) for p in nation.people)
    assert 0.002 < rare / len(nation) < 0.03
    assert 0 < sequences / len(nation) < 0.01
    assert not any(unknown_characters(p.name) for p in nation.people)


def test_surnames_follow_their_frequency(nation: Population) -> None:
    found = Counter(p.name.split("\u3000")[0] for p in nation.people if not p.nation)
    assert "佐藤" in dict(found.most_common(4))
    assert 0.010 < found["佐藤"] / len(nation) < 0.020
    listed = {row["kanji"] for row in sources.table("surnames.csv")}
    assert 0.12 < sum(n for name, n in found.items() if name not in listed) / len(nation) < 0.30


def test_a_few_very_old_people_have_an_uncertain_birth_date() -> None:
    people = synthesise(2, 60_000, ("141003",)).people
    uncertain = [p for p in people if "." in p.birth]
    assert all(UncertainDate.parse(p.birth).code == p.birth for p in uncertain)
    assert 1 <= len(uncertain) < 20
    assert all(p.born.year < 1935 for p in uncertain)


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(min_value=0, max_value=2**31),
    residents=st.integers(min_value=0, max_value=400),
    towns=st.sets(st.sampled_from(SMALL), min_size=1),
)
def test_any_size_and_seed_gives_whole_households(
    seed: int, residents: int, towns: set[str]
) -> None:
    population = synthesise(seed, residents, sorted(towns))
    capacity = sum(sources.people_of_towns()[town] for town in towns)
    assert len(population) == min(residents, capacity)
    assert {p.municipality for p in population.people} <= towns
    for members in homes(population).values():
        assert [m.relation for m in members].count("世帯主") == 1


def test_bulk_people_are_unique_and_differ_from_round_to_round() -> None:
    rounds = list(bulk(5, 5_000, SMALL, pool=2_000))
    assert [len(r.codes) for r in rounds] == [2_000, 2_000, 1_000]
    codes = [code for r in rounds for code in r.codes]
    assert len(set(codes)) == 5_000
    assert len({pair for r in rounds for pair in zip(r.names, r.births, strict=True)}) > 4_900
