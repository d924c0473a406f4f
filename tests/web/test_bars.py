"""Bars beside each other: in proportion, no data hatched, nothing that runs."""

import re

from jichitai.web.bars import Bar, bars


def test_bars_are_in_proportion_and_the_marked_one_stands_out() -> None:
    svg = bars(
        [Bar("甲市", 50, "50 %"), Bar("乙市", 100, "100 %", marked=True)],
        label="a",
        unit="%",
        most=100,
    )
    widths = [int(w) for w in re.findall(r'<rect[^>]* width="(\d+)" height="22" fill="#', svg)]
    assert widths == [160, 320]
    assert len(set(re.findall(r'fill="(#[0-9a-f]{6})"/>', svg))) == 2
    assert svg.count('font-weight="bold"') == 2


def test_no_data_is_hatched_and_not_zero() -> None:
    svg = bars(
        [Bar("甲市", None, "回答なし"), Bar("乙市", 0, "0 %")], label="a", unit="%", most=100
    )
    assert svg.count('fill="url(#bar-none)"') == 1
    assert "回答なし" in svg


def test_names_are_escaped() -> None:
    svg = bars([Bar("<b>", 1, "1")], label='"<', unit="%", most=0)
    assert "<b>" not in svg
    assert re.findall(r"style=|<script|href", svg) == []
