"""Formats and values behind the macros: privacy first."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from jichitai.kernel.dates import UncertainDate, parse_date
from jichitai.kernel.identifiers import JukiCode
from jichitai.web import components, formats
from jichitai.web.rendering import environment
from jichitai.web.terms import terms


def test_a_masked_number_is_not_in_the_markup() -> None:
    code = JukiCode.from_body("1234567890")
    markup = formats.number_text(code)
    assert code.reveal() not in markup
    assert not any(digit in markup for digit in "0123456789")


def test_a_plain_text_is_no_number_of_a_person() -> None:
    with pytest.raises(TypeError):
        formats.number_text("12345678903")  # type: ignore[arg-type]


@pytest.mark.parametrize("part", ["見本　花子", "12345678903", "番号 123456789012"])
def test_a_title_takes_no_name_and_no_number(part: str) -> None:
    with pytest.raises(ValueError, match="題名"):
        formats.page_title(part)


def test_an_address_is_not_written_without_saying_whether_it_is_restricted() -> None:
    ui: Any = environment([]).globals["ui"]
    assert "本町" not in str(ui.address("例示市本町1", restricted=True))
    assert "本町" in str(ui.address("例示市本町1", restricted=False))


def test_a_name_is_escaped() -> None:
    assert "<b>" not in formats.name_text("<b> x", "<b>")


@pytest.mark.parametrize(
    ("form", "day"),
    [
        ({"d_era": "R", "d_year": "8", "d_month": "11", "d_day": "20"}, date(2026, 11, 20)),
        ({"d_era": "AD", "d_year": "2026", "d_month": "1", "d_day": "2"}, date(2026, 1, 2)),
        ({"d_era": "R", "d_year": "S55/1/2"}, date(1980, 1, 2)),
        ({"d_era": "S", "d_year": "２０２６１１２０"}, date(2026, 11, 20)),
    ],
)
def test_a_date_field_reads_as_it_was_typed(form: dict[str, str], day: date) -> None:
    assert parse_date(components.DateInput.of_form(form, "d").text) == day


@pytest.mark.parametrize("text", components.UNCERTAIN_DAYS)
def test_every_example_of_an_uncertain_day_is_understood(text: str) -> None:
    assert not UncertainDate.parse(text).is_certain


def test_an_uncertain_day_has_no_machine_date() -> None:
    assert formats.date_text(UncertainDate.parse("昭和20年頃")) == (
        '<span class="jc-nowrap">昭和20年頃</span>'
    )


def test_an_instant_is_shown_in_japan() -> None:
    instant = datetime(2026, 11, 20, 15, 3, tzinfo=UTC)
    assert "令和8年11月21日" in formats.time_text(instant)
    assert "0時03分" in formats.time_text(instant)
    assert "2026-11-21 00:03" in formats.time_text(instant, operator=True)


def test_terms_have_all_their_parts() -> None:
    for term in terms().values():
        assert all((term.term, term.reading, term.english, term.plain, term.source)), term
