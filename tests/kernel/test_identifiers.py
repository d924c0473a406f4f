"""Numbers of persons and bodies."""

import copy
import pickle
import traceback

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from jichitai.kernel.identifiers import (
    AddresseeNumber,
    AmbiguousBodyError,
    HouseholdNumber,
    InvalidAddresseeNumberError,
    InvalidHouseholdNumberError,
    InvalidJukiCodeError,
    InvalidLocalGovernmentCodeError,
    InvalidMyNumberError,
    InvalidNumberError,
    JukiCode,
    LocalGovernmentCode,
    MyNumber,
    UnusableSerialError,
    weighted_remainder,
)
from jichitai.kernel.secrets import Secret
from tests.kernel.vectors import vectors

WIDE = str.maketrans("0123456789", "０１２３４５６７８９")
juki_bodies = st.integers(0, 10**10 - 1).filter(lambda n: weighted_remainder(f"{n:010d}") > 1)
my_bodies = st.integers(0, 10**11 - 1)
serials = st.integers(1, 10**14 - 1).filter(lambda n: weighted_remainder(str(n)) != 1)


def changed_digit(text: str, place: int, step: int) -> str:
    digit = (int(text[place]) + step) % 10
    return f"{text[:place]}{digit}{text[place + 1 :]}"


@pytest.mark.parametrize("row", vectors("my_number.csv"), ids=lambda row: row["body"])
def test_a_my_number_has_the_published_check_digit(row: dict[str, str]) -> None:
    assert MyNumber.from_body(row["body"]).reveal() == row["number"]
    assert MyNumber.parse(row["number"]).reveal() == row["number"]


@pytest.mark.parametrize("row", vectors("juki_code.csv"), ids=lambda row: row["body"])
def test_a_juki_code_has_the_published_check_digit_or_is_skipped(row: dict[str, str]) -> None:
    assert weighted_remainder(row["body"]) == int(row["remainder"])
    if row["code"]:
        assert JukiCode.from_body(row["body"]) == JukiCode(row["code"])
    else:
        with pytest.raises(AmbiguousBodyError):
            JukiCode.from_body(row["body"])


@pytest.mark.parametrize("row", vectors("local_government_code.csv"), ids=lambda row: row["code"])
def test_a_local_government_code_has_the_published_check_digit(row: dict[str, str]) -> None:
    assert str(LocalGovernmentCode.from_body(row["body"])) == row["code"]


@pytest.mark.parametrize("row", vectors("local_number.csv"), ids=lambda row: row["serial"])
def test_a_local_number_has_the_check_digit_of_the_standard(row: dict[str, str]) -> None:
    text = row["serial"] + row["check"]
    assert AddresseeNumber.from_serial(int(row["serial"])) == AddresseeNumber.parse(text)
    assert HouseholdNumber.from_serial(int(row["serial"])).value == text.zfill(10)


@given(juki_bodies)
def test_a_generated_juki_code_is_read_back_from_any_spelling(body: int) -> None:
    code = JukiCode.from_body(body)
    plain = code.reveal()
    assert JukiCode.parse(plain) == code
    assert JukiCode.parse(f" {plain[:4]}-{plain[4:8]}ー{plain[8:]}　".translate(WIDE)) == code


@given(my_bodies)
def test_a_generated_my_number_is_read_back_from_any_spelling(body: int) -> None:
    number = MyNumber.from_body(body)
    plain = number.reveal()
    assert MyNumber.parse(f"{plain[:4]} {plain[4:8]} {plain[8:]}".translate(WIDE)) == number


@pytest.mark.parametrize("check", ["0", "1"])
def test_both_check_digits_are_accepted_where_the_notice_is_not_certain(check: str) -> None:
    assert JukiCode.parse("3141592653" + check)
    assert JukiCode.parse("0000000000" + check)


@pytest.mark.parametrize("check", "23456789")
def test_no_other_check_digit_is_accepted_there(check: str) -> None:
    with pytest.raises(InvalidJukiCodeError):
        JukiCode.parse("3141592653" + check)


@given(my_bodies, st.integers(0, 11), st.integers(1, 9))
def test_one_changed_digit_of_a_my_number_is_refused_but_for_the_known_share(
    body: int, place: int, step: int
) -> None:
    number = MyNumber.from_body(body).reveal()
    other = changed_digit(number, place, step)
    if place < 11 and {weighted_remainder(number[:11]), weighted_remainder(other[:11])} == {0, 1}:
        assert MyNumber.parse(other).reveal() == other
    else:
        with pytest.raises(InvalidMyNumberError):
            MyNumber.parse(other)


@given(juki_bodies, st.integers(0, 10), st.integers(1, 9))
def test_one_changed_digit_of_a_juki_code_is_refused_but_for_the_known_share(
    body: int, place: int, step: int
) -> None:
    code = JukiCode.from_body(body).reveal()
    other = changed_digit(code, place, step)
    if place < 10 and code[10] == "1" and weighted_remainder(other[:10]) <= 1:
        assert JukiCode.parse(other).reveal() == other
    else:
        with pytest.raises(InvalidJukiCodeError):
            JukiCode.parse(other)


@given(st.integers(1, 47), st.integers(0, 999), st.integers(0, 5), st.integers(1, 9))
def test_one_changed_digit_of_a_local_government_code_is_refused_but_for_zero_and_ten(
    prefecture: int, body: int, place: int, step: int
) -> None:
    code = LocalGovernmentCode.from_body(f"{prefecture:02d}{body:03d}").value
    other = changed_digit(code, place, step)
    before, after = weighted_remainder(code[:5]), weighted_remainder(other[:5])
    assume("01" <= other[:2] <= "47")
    if place < 5 and {before, after} == {0, 10}:
        assert LocalGovernmentCode.parse(other)
    else:
        with pytest.raises(InvalidLocalGovernmentCodeError):
            LocalGovernmentCode.parse(other)


@given(serials)
def test_a_local_number_gives_its_serial_back(serial: int) -> None:
    number = AddresseeNumber.from_serial(serial)
    assert number.serial == serial
    assert AddresseeNumber.parse(str(number)) == number
    assert AddresseeNumber.parse(str(number).lstrip("0")) == number


@given(serials, st.integers(1, 9))
def test_a_wrong_check_digit_of_a_local_number_is_refused(serial: int, step: int) -> None:
    number = str(AddresseeNumber.from_serial(serial))
    with pytest.raises(InvalidAddresseeNumberError):
        AddresseeNumber.parse(changed_digit(number, len(number) - 1, step))


@given(st.integers(0, 10**9))
def test_the_next_serial_always_has_a_check_digit(after: int) -> None:
    serial = HouseholdNumber.next_serial(after)
    assert serial > after
    assert HouseholdNumber.from_serial(serial).serial == serial
    for skipped in range(after + 1, serial):
        with pytest.raises(UnusableSerialError):
            HouseholdNumber.from_serial(skipped)


@pytest.mark.parametrize("serial", [-1, 0, 6, 10**14])
def test_a_serial_without_check_digit_is_refused(serial: int) -> None:
    with pytest.raises(UnusableSerialError):
        AddresseeNumber.from_serial(serial)


KINDS = [JukiCode, MyNumber, LocalGovernmentCode, AddresseeNumber, HouseholdNumber]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("text", ["", "12345678901234567", "12a456", "１２３４五", "٣٣٣٣٣٣"])
def test_wrong_text_is_refused_without_being_repeated(
    kind: type[JukiCode | MyNumber | LocalGovernmentCode | AddresseeNumber], text: str
) -> None:
    with pytest.raises(InvalidNumberError) as caught:
        kind.parse(text)
    assert "入力" in caught.value.detail
    assert not text or text not in caught.value.detail + repr(caught.value.facts)
    assert caught.value.facts["reason"] in {"characters", "length"}


def test_a_household_number_has_its_own_error() -> None:
    with pytest.raises(InvalidHouseholdNumberError):
        HouseholdNumber.parse("18")


@pytest.mark.parametrize("text", ["000000", "480002"])
def test_a_code_outside_the_prefectures_is_refused(text: str) -> None:
    with pytest.raises(InvalidLocalGovernmentCodeError, match="都道府県"):
        LocalGovernmentCode.parse(text)


@pytest.mark.parametrize("body", ["123", "abcdefghij", -1, 10**11])
def test_a_body_of_another_length_is_refused(body: int | str) -> None:
    with pytest.raises(InvalidJukiCodeError):
        JukiCode.from_body(body)
    with pytest.raises(InvalidMyNumberError):
        MyNumber.from_body(body)


def test_a_prefecture_is_told_from_a_municipality() -> None:
    assert LocalGovernmentCode("130001").is_prefecture
    assert not LocalGovernmentCode("131016").is_prefecture


def boom(secret: Secret) -> str:
    held = [secret, {"held": secret}]
    raise RuntimeError(f"{secret} {secret!r} {secret:>40} {held}")


@given(my_bodies)
def test_nothing_but_reveal_shows_a_secret(body: int) -> None:
    number = MyNumber.from_body(body)
    plain = number.reveal()
    shown = [repr(number), str(number), f"{number}", f"{number:^30}", format(number, ">3")]
    try:
        boom(number)
    except RuntimeError as error:
        report = traceback.TracebackException.from_exception(error, capture_locals=True)
        shown += [str(error), *(report.stack[-1].locals or {}).values()]
    assert len(shown) == 8
    assert not [text for text in shown if plain in text]


@given(juki_bodies)
def test_a_refused_number_is_not_in_the_trace(body: int) -> None:
    code = JukiCode.from_body(body).reveal()
    wrong = changed_digit(code, 10, 5)
    with pytest.raises(InvalidJukiCodeError) as caught:
        JukiCode.parse(wrong)
    trace = "".join(traceback.format_exception(caught.value))
    assert wrong not in trace
    assert wrong not in repr(caught.value)


def test_a_secret_cannot_be_changed_pickled_or_taken_for_a_text() -> None:
    code = JukiCode("12345678903")
    with pytest.raises(AttributeError):
        code._value = "0"
    with pytest.raises(AttributeError):
        del code._value
    with pytest.raises(TypeError):
        pickle.dumps(code)
    assert code != "12345678903"
    assert code != Secret("12345678903")
    assert copy.copy(code) is code
    assert copy.deepcopy([code])[0] is code
    assert {code: 1}[JukiCode.parse("12345678903")] == 1
    assert not hasattr(code, "__dict__")
