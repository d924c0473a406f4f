"""Eras, uncertain dates, ages and fiscal years."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jichitai.kernel.dates import (
    DatePattern,
    InvalidDateError,
    UncertainDate,
    age_on,
    attains_on,
    both,
    fiscal_year,
    parse_date,
    wareki,
)
from jichitai.kernel.eras import era_named, era_of, eras
from tests.kernel.vectors import vectors

days = st.dates(date(1873, 1, 1), date(2100, 12, 31))
WIDE = str.maketrans("0123456789-./", "０１２３４５６７８９－．／")


@st.composite
def uncertain_dates(draw: st.DrawFn) -> UncertainDate:
    year, month, day = draw(
        st.tuples(st.integers(1873, 2100), st.integers(1, 12), st.integers(1, 30))
    )
    pattern = draw(st.sampled_from(DatePattern))
    match pattern:
        case DatePattern.UNKNOWN:
            return UncertainDate.unknown()
        case DatePattern.ABOUT_YEAR | DatePattern.MONTH_UNKNOWN:
            return UncertainDate(pattern, year, 1, 1)
        case DatePattern.SEASON:
            return UncertainDate(pattern, year, draw(st.sampled_from([3, 6, 9, 12])), 1)
        case DatePattern.ABOUT_MONTH | DatePattern.ESTIMATED_MONTH | DatePattern.DAY_UNKNOWN:
            return UncertainDate(pattern, year, month, 1)
        case DatePattern.THIRD | DatePattern.ABOUT_THIRD:
            return UncertainDate(pattern, year, month, draw(st.sampled_from([1, 11, 21])))
        case DatePattern.RANGE | DatePattern.ESTIMATED_RANGE | DatePattern.ABOUT_RANGE:
            return UncertainDate(pattern, year, month, day, until=(year, month, 31))
        case _:
            return UncertainDate(pattern, year, month, day)


@given(days)
def test_a_day_is_read_back_from_every_way_of_writing_it(day: date) -> None:
    era = era_of(day)
    year = era.year_of(day.year)
    for text in (
        f"{day:%Y-%m-%d}",
        f"{day:%Y%m%d}",
        f"{day:%Y/%m/%d}",
        f"{day.year}年{day.month}月{day.day}日",
        f"{day.year}.{day.month}.{day.day}",
        wareki(day),
        both(day),
        f"{era.initial}{year}.{day.month}.{day.day}",
        f"{era.initial.lower()}{year}/{day.month}/{day.day}",
        f"{era.name[0]}{year}-{day.month}-{day.day}",
        f"{era.initial}{year:02d}{day:%m%d}",
    ):
        assert parse_date(text) == day
        assert parse_date(f"　{text} ".translate(WIDE)) == day


@pytest.mark.parametrize(
    "text",
    [
        "",
        "きのう",
        "2025-02-29",
        "2025-13-01",
        "元年5月1日",
        "55/1/2",
        "K3.1.1",
        "20261",
        "令和8年11月",
    ],
)
def test_a_text_that_is_no_day_is_refused_with_advice(text: str) -> None:
    with pytest.raises(InvalidDateError, match="ください"):
        parse_date(text)


@pytest.mark.parametrize(
    "text",
    ["昭和64年1月8日", "平成31年5月1日", "令和元年4月30日", "明治45年7月31日", "大正15年12月26日"],
)
def test_a_day_outside_its_era_is_refused(text: str) -> None:
    with pytest.raises(InvalidDateError, match="元号と年"):
        parse_date(text)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("明治45年7月30日", date(1912, 7, 30)),
        ("大正元年7月30日", date(1912, 7, 30)),
        ("大正15年12月25日", date(1926, 12, 25)),
        ("昭和元年12月25日", date(1926, 12, 25)),
    ],
)
def test_a_day_that_two_eras_claim_is_accepted_with_either(text: str, day: date) -> None:
    assert parse_date(text) == day
    assert UncertainDate.parse(text).japanese() == text


def test_days_before_the_eras_and_unknown_eras_are_refused() -> None:
    with pytest.raises(InvalidDateError, match="明治"):
        era_of(date(1868, 1, 24))
    with pytest.raises(InvalidDateError, match="元号"):
        era_named("慶応")


def test_the_eras_follow_each_other_without_gap() -> None:
    table = eras()
    for older, newer in pairwise(table):
        assert older.last + timedelta(days=1) == newer.first
        assert older.claimed_until in {older.last, newer.first}


@pytest.mark.parametrize("row", vectors("uncertain_dates.csv"), ids=lambda row: row["code"])
def test_each_pattern_of_the_standard_is_kept_as_written(row: dict[str, str]) -> None:
    found = UncertainDate.parse(row["text"])
    assert found.code == row["code"]
    assert str(found.sort_key) == row["sort_key"]
    assert found.japanese() == row["text"]
    assert UncertainDate.parse(found.code) == found


@given(uncertain_dates())
def test_an_uncertain_date_survives_storage_and_print(day: UncertainDate) -> None:
    assert day.code.isascii()
    assert str(day) == day.code
    assert UncertainDate.parse(day.code) == day
    assert UncertainDate.parse(day.japanese()) == day
    year = era_of(day._era_day).year_text(day.year)
    assert day.western() == day.japanese().replace(year, f"{day.year}年")


@given(uncertain_dates(), uncertain_dates())
def test_codes_sort_like_the_days_they_stand_for(one: UncertainDate, other: UncertainDate) -> None:
    if one.code[:10] <= other.code[:10]:
        assert one.sort_key <= other.sort_key


@given(days)
def test_a_certain_day_stays_itself(day: date) -> None:
    found = UncertainDate.of(day)
    assert found.is_certain
    assert found.sort_key == day
    assert found.code == day.isoformat()
    assert UncertainDate.parse(wareki(day)) == found
    assert found.japanese() == wareki(day)


def test_an_impossible_day_is_kept_but_not_certain() -> None:
    day = UncertainDate.parse("昭和57年2月29日")
    assert not day.is_certain
    assert day.sort_key == date(1982, 2, 28)
    assert day.western() == "1982年2月29日"
    assert not UncertainDate.parse("不詳").is_certain


@pytest.mark.parametrize(
    "text",
    [
        "昭和57年13月1日",
        "昭和57年2月32日",
        "1982-00-01",
        "1982-02-10.about-year",
        "1982-04-01.season",
        "1982-04-02.day-unknown",
        "1982-04-02.third",
        "1982-04-02.unknown",
        "1982-04-02.range",
        "1982-04-02.range-1983-04-02",
        "1982-04-02.about-range-1982-05-02",
        "1982-04-02.about-range-1982-04-01",
        "1982-04-02.range-1982-04-39",
        "1982-04-02.range-1982-14-09",
        "1982-04-02.about-day-1982-04-03",
        "1982-04-02.perhaps",
        "1982-04-02.R",
        "平成64年頃から",
        "昭和65年頃",
        "0001-01-01",
    ],
)
def test_a_pattern_that_no_document_states_is_refused(text: str) -> None:
    with pytest.raises(InvalidDateError, match="ください"):
        UncertainDate.parse(text)


@pytest.mark.parametrize(
    ("birth", "age", "day"),
    [
        (date(2008, 4, 1), 18, date(2026, 3, 31)),
        (date(2008, 4, 2), 18, date(2026, 4, 1)),
        (date(2008, 1, 1), 18, date(2025, 12, 31)),
        (date(2004, 2, 29), 20, date(2024, 2, 28)),
        (date(2004, 2, 29), 21, date(2025, 2, 28)),
        (date(2004, 3, 1), 21, date(2025, 2, 28)),
        (date(2004, 3, 1), 20, date(2024, 2, 29)),
    ],
)
def test_an_age_is_attained_at_the_end_of_the_day_before_the_birthday(
    birth: date, age: int, day: date
) -> None:
    assert attains_on(birth, age) == day
    assert age_on(birth, day) == age - 1
    assert age_on(birth, day + timedelta(days=1)) == age


@given(days, st.integers(0, 45000))
def test_age_counts_the_years_attained_before_the_day(birth: date, lived: int) -> None:
    on = birth + timedelta(days=lived)
    age = age_on(birth, on)
    assert age >= 0
    assert age == 0 or attains_on(birth, age) < on
    assert attains_on(birth, age + 1) >= on


def test_nobody_has_an_age_before_birth() -> None:
    with pytest.raises(InvalidDateError):
        age_on(date(2026, 1, 2), date(2026, 1, 1))
    assert age_on(date(2026, 1, 2), date(2026, 1, 2)) == 0


def test_the_fiscal_year_begins_in_april() -> None:
    assert fiscal_year(date(2026, 3, 31)) == 2025
    assert fiscal_year(date(2026, 4, 1)) == 2026
