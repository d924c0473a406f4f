"""Days on which certificates and cards end, and the seconds around midnight in Japan."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jichitai.jpki import clocks
from jichitai.jpki.clocks import ClockName
from jichitai.kernel.dates import JST, UncertainDate

BORN = UncertainDate.parse("1985-05-01")
LEAP = UncertainDate.parse("2000-02-29")
FAR = date(2099, 1, 1)
DAYS = st.dates(min_value=date(2016, 1, 1), max_value=date(2060, 12, 31))
BIRTHS = st.dates(min_value=date(1920, 1, 1), max_value=date(2015, 12, 31))


def end(issued_on: date, *, birth: UncertainDate = BORN, **values: date) -> date:
    return clocks.validity_end(birth, issued_on, **{"card_until": FAR, **values})


@pytest.mark.parametrize(
    ("issued_on", "until"),
    [
        (date(2026, 4, 30), date(2030, 5, 1)),
        (date(2026, 5, 1), date(2031, 5, 1)),
        (date(2026, 5, 2), date(2031, 5, 1)),
        (date(2026, 11, 20), date(2031, 5, 1)),
    ],
)
def test_a_certificate_ends_with_the_fifth_birthday_after_its_issue(
    issued_on: date, until: date
) -> None:
    assert end(issued_on) == until


@pytest.mark.parametrize(
    ("renewed_on", "until"),
    [
        (date(2031, 2, 1), date(2035, 5, 1)),
        (date(2031, 2, 2), date(2036, 5, 1)),
        (date(2031, 5, 1), date(2036, 5, 1)),
        (date(2031, 5, 2), date(2036, 5, 1)),
    ],
)
def test_a_renewal_in_the_last_three_months_runs_to_the_sixth_birthday(
    renewed_on: date, until: date
) -> None:
    assert end(renewed_on, renewed_from=date(2031, 5, 1)) == until


def test_a_renewal_after_the_end_counts_five_birthdays_like_a_first_issue() -> None:
    late = date(2031, 6, 1)
    assert end(late, renewed_from=date(2031, 5, 1)) == end(late) == date(2036, 5, 1)


def test_those_born_on_the_leap_day_have_their_birthday_on_28_february() -> None:
    assert end(date(2026, 2, 27), birth=LEAP) == date(2030, 2, 28)
    assert end(date(2026, 2, 28), birth=LEAP) == date(2031, 2, 28)
    assert end(date(2027, 2, 28), birth=LEAP) == date(2032, 2, 28)  # a leap year
    assert clocks.card_validity_end(LEAP, date(2026, 3, 1)) == date(2036, 2, 28)


def test_no_certificate_outlives_the_card_nor_a_signing_one_the_other() -> None:
    issued_on = date(2026, 11, 20)
    assert end(issued_on, card_until=date(2030, 3, 31)) == date(2030, 3, 31)
    assert end(issued_on, auth_until=date(2029, 5, 1)) == date(2029, 5, 1)
    assert end(issued_on, auth_until=FAR) == date(2031, 5, 1)


@pytest.mark.parametrize(
    ("until", "opens"),
    [
        (date(2031, 5, 1), date(2031, 2, 2)),
        (date(2031, 5, 31), date(2031, 3, 1)),
        (date(2032, 5, 30), date(2032, 3, 1)),
        (date(2031, 1, 15), date(2030, 10, 16)),
    ],
)
def test_renewal_opens_when_less_than_three_months_remain(until: date, opens: date) -> None:
    assert clocks.renewal_opens(until) == opens


def test_a_card_runs_to_the_tenth_birthday_from_18_and_to_the_fifth_before() -> None:
    born = UncertainDate.parse("2008-11-20")
    assert clocks.card_validity_end(born, date(2026, 11, 19)) == date(2030, 11, 20)
    assert clocks.card_validity_end(born, date(2026, 11, 20)) == date(2036, 11, 20)


def test_the_age_for_a_card_of_ten_years_was_20_until_march_2022() -> None:
    born = UncertainDate.parse("2003-06-01")
    assert clocks.card_validity_end(born, date(2022, 3, 31)) == date(2026, 6, 1)
    assert clocks.card_validity_end(born, date(2022, 4, 1)) == date(2031, 6, 1)


def test_a_signing_certificate_needs_no_guardian_from_the_fifteenth_birthday_on() -> None:
    born = UncertainDate.parse("2011-11-20")
    assert not clocks.may_sign_alone(born, date(2026, 11, 19))
    assert clocks.may_sign_alone(born, date(2026, 11, 20))


def test_the_thirty_days_after_a_planned_departure_do_not_count_that_day() -> None:
    assert clocks.departure_lapse(date(2026, 11, 20)) == date(2026, 12, 20)
    assert clocks.departure_lapse(date(2028, 1, 31)) == date(2028, 3, 1)


def test_a_birth_of_which_only_the_year_is_known_still_gives_an_end() -> None:
    assert end(date(2026, 11, 20), birth=UncertainDate.parse("昭和20年月日不詳")) == date(
        2031, 1, 1
    )
    unknown = UncertainDate.parse("年月日不詳")
    assert end(date(2026, 11, 20), birth=unknown) == date(2031, 11, 20)
    assert clocks.may_sign_alone(unknown, date(2026, 11, 20))


def test_a_day_ends_with_its_last_second_in_japan() -> None:
    assert clocks.end_of(date(2031, 5, 1)) == datetime(2031, 5, 1, 14, 59, 59, tzinfo=UTC)
    assert clocks.last_day(clocks.end_of(date(2031, 5, 1))) == date(2031, 5, 1)
    assert clocks.start_of(date(2031, 5, 2)) - clocks.end_of(date(2031, 5, 1)) == timedelta(
        seconds=1
    )


def test_consents_and_records_run_ten_years() -> None:
    today = date(2026, 11, 20)
    for name in (ClockName.CONSENT, ClockName.REVOCATION_RECORD):
        assert clocks.period(name, today) == 10
    assert clocks.years_after(date(2028, 2, 29), 10) == date(2038, 2, 28)


def test_a_period_without_a_rule_for_the_day_is_refused() -> None:
    with pytest.raises(clocks.UnknownClockError):
        clocks.period(ClockName.CONSENT, date(2023, 5, 15))


def test_every_name_has_a_row_and_rows_of_one_name_do_not_overlap() -> None:
    assert {row.id for row in clocks.rows()} == set(ClockName)
    for name in ClockName:
        mine = [row for row in clocks.rows() if row.id is name]
        for earlier, later in pairwise(mine):
            assert earlier.valid_to is not None
            assert earlier.valid_to < later.valid_from
        assert mine[-1].valid_to is None
        assert all(row.basis and row.certainty in ("law", "practice") for row in mine)


@given(BIRTHS, DAYS)
def test_a_certificate_runs_four_to_five_years_and_ends_on_a_birthday(
    birth: date, issued_on: date
) -> None:
    until = end(issued_on, birth=UncertainDate.of(birth))
    assert clocks.years_after(issued_on, 4) <= until <= clocks.years_after(issued_on, 5)
    assert (until.month, until.day) in {(birth.month, birth.day), (2, 28)}


@given(BIRTHS, DAYS, st.integers(0, 120))
def test_renewing_earlier_within_the_window_gains_nothing_and_loses_nothing(
    birth: date, first_issue: date, days_before: int
) -> None:
    born = UncertainDate.of(birth)
    until = end(first_issue, birth=born)
    on = until - timedelta(days=days_before)
    renewed = end(on, birth=born, renewed_from=until)
    if clocks.renewal_opens(until) <= on < until:
        assert renewed.year == until.year + 5


@given(DAYS)
def test_midnight_in_japan_parts_two_days(day: date) -> None:
    last = clocks.end_of(day)
    assert last.astimezone(JST).date() == day
    assert (last + timedelta(seconds=1)).astimezone(JST).date() == day + timedelta(days=1)
