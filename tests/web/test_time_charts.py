"""Charts over time keep days where they belong and obey the pages' policy."""

import re
from datetime import date
from decimal import Decimal

import pytest

from jichitai.web.time_charts import Band, Dot, Goal, Line, Marks, time_chart

DAYS = (date(2025, 4, 30), date(2025, 7, 31), date(2025, 12, 31))


def dots(*values: int | None) -> list[Dot]:
    return [
        Dot(on, value, "" if value is None else f"{value:,}")
        for on, value in zip(DAYS, values, strict=True)
    ]


def test_a_chart_says_what_it_shows_and_holds_nothing_that_runs() -> None:
    svg = time_chart([Line("<b>", dots(1, 2, 3))], label='a"<b>', unit="件")
    assert re.findall(r"style=|<style|<script|href|<image|url\(|\son\w+=|<b>", svg) == []
    assert svg.startswith('<svg role="img" aria-label="a&#34;&lt;b&gt;"')


def test_days_stand_in_proportion() -> None:
    svg = time_chart([Line("a", dots(1, 2, 3))], label="a", unit="件")
    x = [float(found) for found in re.findall(r'<circle cx="([\d.]+)"', svg)]
    assert (x[1] - x[0]) / (x[2] - x[0]) == pytest.approx(92 / 245, abs=0.01)


def test_what_nobody_knows_breaks_the_line_and_is_not_zero() -> None:
    svg = time_chart([Line("a", dots(10, None, 20))], label="a", unit="件")
    assert "<polyline" not in svg
    assert svg.count("<circle") == 2


def test_a_goal_is_named_and_lies_inside() -> None:
    goal = Goal(Decimal(100), "目標 100 %", date(2028, 3, 31))
    svg = time_chart([Line("a", dots(10, 20, 30))], label="a", unit="%", goal=goal, most=100)
    assert "目標 100 %" in svg
    assert all(0 <= float(y) <= 290 for y in re.findall(r' y\d?="([-\d.]+)"', svg))


def test_days_without_a_value_are_hatched_only_when_asked_for() -> None:
    lines = [Line("a", dots(10, None, 20))]
    plain = time_chart(lines, label="a", unit="件")
    marked = time_chart(lines, label="a", unit="件", marks=Marks(gaps=True))
    assert "url(#gap-" not in plain
    assert marked.count("url(#gap-") == 1
    assert "url(#gap-" not in time_chart(
        [Line("a", dots(1, 2, 3))], label="a", unit="件", marks=Marks(gaps=True)
    )


def test_a_span_and_yearly_targets_lie_behind_the_line_and_inside_the_axes() -> None:
    marks = Marks(
        band=Band("幅", dots(5, 10, 15), dots(15, 40, 90)),
        path=Line("年度ごとの目標", [Dot(date(2026, 3, 31), 95, "95")]),
    )
    svg = time_chart([Line("a", dots(10, 20, 30))], label="a", unit="件", marks=marks)
    assert svg.index("<polygon") < svg.index("<polyline")
    heights = [float(y) for _, y in re.findall(r"([\d.]+),([\d.]+)", svg)]
    assert all(0 <= y <= 290 for y in heights)


def test_many_days_are_a_line_without_dots() -> None:
    many = [Dot(date(2020 + n // 12, n % 12 + 1, 1), n, "") for n in range(60)]
    assert "<circle" not in time_chart([Line("a", many)], label="a", unit="件")


def test_names_at_the_ends_do_not_overlap() -> None:
    svg = time_chart([Line("a", dots(1, 2, 300)), Line("b", dots(2, 3, 301))], label="a", unit="件")
    y = sorted(float(found) for found in re.findall(r'y="([\d.]+)"[^>]*>[ab]</text>', svg))
    assert y[1] - y[0] >= 18


def test_too_many_lines_and_no_values_are_refused() -> None:
    with pytest.raises(ValueError, match="6本まで"):
        time_chart([Line(str(n), dots(1, 2, 3)) for n in range(7)], label="a", unit="件")
    with pytest.raises(ValueError, match="値が一つもありません"):
        time_chart([Line("a", dots(None, None, None))], label="a", unit="件")
