"""Municipalities, towns and addresses."""

import pytest

from jichitai.kernel.addresses import (
    Address,
    InvalidAddressError,
    InvalidPostalCodeError,
    parse_postal_code,
)
from jichitai.kernel.identifiers import LocalGovernmentCode
from jichitai.kernel.municipalities import (
    Kind,
    UnknownMunicipalityError,
    in_prefecture,
    municipalities,
    municipality,
    prefecture,
    prefectures,
    wards,
)
from jichitai.kernel.towns import towns_of

CHIYODA = LocalGovernmentCode("131016")


def test_the_table_is_complete() -> None:
    assert len(prefectures()) == 47
    assert len(municipalities()) == 1741
    assert sum(body.population for body in municipalities()) == 126_226_568
    assert len({body.code for body in municipalities()}) == 1741
    assert sum(len(in_prefecture(body.prefecture_code)) for body in prefectures()) == 1741
    counts = [sum(body.kind is kind for body in municipalities()) for kind in list(Kind)[1:]]
    assert counts == [20, 772, 23, 743, 183]


def test_a_body_is_found_by_code_in_either_form() -> None:
    assert municipality("131016") is municipality(CHIYODA)
    assert municipality("130001").full_name == "東京都"
    assert municipality("014532").full_name == "北海道上川郡東神楽町"
    assert municipality("012025").core_city
    assert prefecture("47").name == "沖縄県"


@pytest.mark.parametrize("code", ["999999", ""])
def test_an_unknown_body_is_refused(code: str) -> None:
    with pytest.raises(UnknownMunicipalityError, match="団体コード"):
        municipality(code)
    with pytest.raises(UnknownMunicipalityError):
        towns_of(code)


def test_an_unknown_prefecture_is_refused() -> None:
    with pytest.raises(UnknownMunicipalityError, match="都道府県"):
        prefecture("48")


def test_only_designated_cities_have_wards() -> None:
    cities = [body for body in municipalities() if wards(body.code)]
    assert {body.kind for body in cities} == {Kind.DESIGNATED_CITY}
    assert sum(len(wards(body.code)) for body in cities) == 171
    assert all(ward.city_code == body.code for body in cities for ward in wards(body.code))


def test_every_municipality_has_towns() -> None:
    for body in municipalities():
        assert towns_of(body.code), body.full_name


def test_towns_of_a_prefecture_are_none() -> None:
    assert towns_of("130001") == ()


def test_most_towns_have_a_postal_code_and_a_reading() -> None:
    towns = [town for body in in_prefecture("13") for town in towns_of(body.code)]
    assert all(parse_postal_code(town.postal_code) == town.postal_code for town in towns)
    assert sum(bool(town.postal_code) for town in towns) > 0.99 * len(towns)
    assert sum(bool(town.kana) for town in towns) > 0.9 * len(towns)
    assert towns_of("011002")[0].ward == "中央区"


def test_an_address_prints_with_and_without_building() -> None:
    address = Address(CHIYODA, "千代田", "1番1号", postal_code="1000001")
    assert address.text == "千代田1番1号"
    assert address.full("東京都千代田区") == "東京都千代田区千代田1番1号"
    assert address.postal_code_text == "〒100-0001"
    assert Address(CHIYODA, "千代田", "1番1号", "寮").text == "千代田1番1号　寮"
    assert Address(CHIYODA, "", "7番地").postal_code_text == ""


@pytest.mark.parametrize(("town", "lot"), [("", ""), ("千代\n田", "1"), ("千代田", "1\x00")])
def test_an_address_that_cannot_be_printed_is_refused(town: str, lot: str) -> None:
    with pytest.raises(InvalidAddressError, match="ください"):
        Address(CHIYODA, town, lot)


@pytest.mark.parametrize("text", ["100-000", "〒１００－０００１２", "abcdefg", "٣٣٣٣٣٣٣"])
def test_a_postal_code_has_seven_digits(text: str) -> None:
    with pytest.raises(InvalidPostalCodeError, match="7桁"):
        parse_postal_code(text)


def test_a_postal_code_may_be_left_out() -> None:
    assert parse_postal_code(" ") == ""
