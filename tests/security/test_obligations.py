"""Who owes a policy, how the eight measures bind, and rates with named denominators."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jichitai.kernel.bodies import Body, BodyKind, all_bodies, body
from jichitai.kernel.municipalities import UnknownMunicipalityError
from jichitai.security.obligations.model import (
    Denominator,
    Duty,
    Presence,
    Rate,
    bodies_in,
    duty,
    measures,
    obligations,
    organs_of,
    presence,
)
from jichitai.security.organs import Organ

FIRST_DAY = date(2026, 4, 1)
TODAY = date(2026, 11, 20)
BODIES = st.sampled_from(all_bodies())
UNION = Body.joint("018015", kind=BodyKind.UNION, name="例示衛生組合", members=("011002", "012025"))


def test_nobody_owes_before_the_law_came_into_force() -> None:
    assert organs_of(body("011002"), on=date(2026, 3, 31)) == ()
    assert obligations(body("011002"), on=FIRST_DAY)[0].since == FIRST_DAY


@given(one=BODIES)
def test_every_body_has_an_assembly_and_a_head_that_owe(one: Body) -> None:
    assert organs_of(one, on=TODAY)[:2] == (Organ.ASSEMBLY, Organ.HEAD)


@given(one=BODIES)
def test_the_police_commission_never_owes(one: Body) -> None:
    everything = dict.fromkeys(Organ, True)
    assert Organ.PUBLIC_SAFETY not in organs_of(one, on=TODAY, established=everything)


@given(one=BODIES, said=st.dictionaries(st.sampled_from(list(Organ)), st.booleans()))
def test_what_a_body_says_never_goes_against_the_law(one: Body, said: dict[Organ, bool]) -> None:
    owing = set(organs_of(one, on=TODAY, established=said))
    for organ in Organ:
        match presence(one.kind, organ, on=TODAY):
            case Presence.ALWAYS:
                assert organ in owing
            case Presence.NEVER | Presence.OUTSIDE:
                assert organ not in owing
            case Presence.USUAL:
                assert (organ in owing) is said.get(organ, True)
            case Presence.SOMETIMES:
                assert (organ in owing) is said.get(organ, False)


def test_a_special_ward_has_no_property_tax_board_but_the_metropolis_may() -> None:
    assert Organ.PROPERTY_TAX not in organs_of(body("131016"), on=TODAY)
    said = {Organ.PROPERTY_TAX: True}
    assert Organ.PROPERTY_TAX in organs_of(body("130001"), on=TODAY, established=said)


def test_a_joint_body_owes_by_way_of_article_292() -> None:
    found = obligations(UNION, on=TODAY)
    assert {one.organ for one in found} >= {Organ.ASSEMBLY, Organ.HEAD, Organ.AUDIT}
    assert all("292" in one.article for one in found)


def test_denominators_are_the_published_ones() -> None:
    assert [len(bodies_in(one)) for one in Denominator] == [1788, 47, 1741, 0, 1788, 1788]
    assert bodies_in(Denominator.JOINT, joint=[UNION]) == (UNION,)
    assert len(bodies_in(Denominator.EVERY_BODY, joint=[UNION])) == 1789
    assert all(one.japanese and one.definition for one in Denominator)


@given(total=st.integers(0, 20_000), data=st.data())
def test_only_a_whole_is_shown_as_a_hundred_percent(total: int, data: st.DataObject) -> None:
    part = data.draw(st.integers(0, total))
    rate = Rate(numerator=part, total=total, denominator=Denominator.ALL_1788, as_of=TODAY)
    if total == 0:
        assert rate.percent is None
    else:
        assert rate.percent is not None
        assert (rate.percent == 100) is (part == total)
        assert abs(rate.percent - 100 * part / total) <= 0.1


def test_the_eight_measures_bind_from_july_2027_with_grace_for_two() -> None:
    eight = measures()
    assert [one.number for one in eight] == list(range(1, 9))
    assert [one.number for one in eight if one.grace] == [5, 7]
    covered = [chapter for one in eight for chapter in one.chapters]
    assert sorted(covered) == ["1", "2", "3", "4", "5", "6", "7", "8", "9", "P4"]


@pytest.mark.parametrize(
    ("number", "on", "existed", "exempt", "expected"),
    [
        (1, date(2027, 6, 30), False, False, Duty.NOT_YET),
        (1, date(2027, 7, 1), True, False, Duty.BINDING),
        (5, date(2027, 7, 1), True, False, Duty.IN_GRACE),
        (5, date(2027, 7, 1), False, False, Duty.BINDING),
        (7, date(2028, 1, 1), True, False, Duty.IN_GRACE),
        (5, date(2027, 7, 1), False, True, Duty.EXEMPT),
    ],
)
def test_how_a_measure_binds(
    number: int, on: date, existed: bool, exempt: bool, expected: Duty
) -> None:
    one = measures()[number - 1]
    assert duty(one, on=on, existed_before=existed, exempt=exempt) is expected


def test_a_joint_body_of_unknown_members_is_refused() -> None:
    with pytest.raises(UnknownMunicipalityError):
        Body.joint("018015", kind=BodyKind.UNION, name="x", members=("999999",))


def test_who_signs_for_a_body() -> None:
    assert str(body("010006").party) == "prefecture-01"
    assert str(body("011002").party) == "town-011002"
    assert str(UNION.party) == "town-018015"
