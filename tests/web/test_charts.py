"""Charts obey the pages' policy and say what they show."""

import re

import pytest

from jichitai.web import charts
from tests.web.test_components_assets import contrast

SERIES = {
    "年金": [("4月", 10.0), ("5月", 12.0), ("6月", 40.0)],
    "税": [("4月", 9.0), ("5月", 11.0), ("6月", 39.0)],
}


@pytest.mark.parametrize(
    "svg",
    [
        charts.line_chart(SERIES, label="月別", unit="件"),
        charts.bar_chart([("年金", 3.0), ("税<b>", 1.0)], label="機関別", unit="件"),
    ],
    ids=["lines", "bars"],
)
def test_a_chart_has_no_style_no_script_and_nothing_from_elsewhere(svg: str) -> None:
    assert re.findall(r"style=|<style|<script|href|<image|url\(|\son\w+=|<b>", svg) == []
    assert re.fullmatch(r'<svg role="img" aria-label="[^"]+" .*</svg>', svg, re.DOTALL)
    assert "aria-roledescription" not in svg
    assert ">年金</text>" in svg


def test_lines_differ_in_dash_and_are_named_at_their_ends() -> None:
    svg = charts.line_chart(SERIES, label="月別", unit="件")
    assert len(set(re.findall(r'stroke-dasharray="([^"]+)"', svg))) == 2
    places = re.findall(r'transform="translate\([\d.]+,([\d.]+)\)"[^>]*>(?:年金|税)<', svg)
    assert abs(float(places[0]) - float(places[1])) > 12


def test_too_many_lines_are_refused() -> None:
    with pytest.raises(ValueError, match="6本まで"):
        charts.line_chart({str(n): [("4月", 1.0)] for n in range(7)}, label="x", unit="件")


def test_a_label_is_escaped() -> None:
    assert '<x">' not in charts.bar_chart([("a", 1.0)], label='<x">', unit="件")


@pytest.mark.parametrize("colour", charts.SERIES_COLOURS)
def test_a_line_is_readable_as_text(colour: str) -> None:
    assert contrast(colour, "#ffffff") >= 4.5
