"""Charts drawn on the server as SVG: no script, no inline style, text as text.

The library takes a second to import, so that only drawing a chart brings it in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

if TYPE_CHECKING:
    import altair as alt

SERIES_COLOURS = ("#0017c1", "#c74700", "#197a4b", "#5c10be", "#333333", "#6e5600")
"""Token colours whose contrast on white is at least 4.8; the dash pattern tells them apart too."""

SERIES_DASHES = ([1, 0], [7, 3], [2, 3], [9, 3, 2, 3], [4, 4], [12, 4])

_DROPPED = re.compile(
    r' (?:role="graphics-[a-z]+"|aria-roledescription="[^"]*"|aria-label="[^"]*"'
    r'|aria-hidden="true"|pointer-events="none"|font-family="[^"]*"|opacity="1"'
    r'|xmlns:xlink="[^"]*"|version="1.1"|class="(?!marks)[^"]*")'
)
_NUMBER = re.compile(r"(\d+\.\d{2})\d+")


def line_chart(
    series: Mapping[str, Sequence[tuple[str, float]]], *, label: str, unit: str, width: int = 560
) -> Markup:
    """Lines over months or days, each named at its end and drawn in a dash of its own.

    Args:
        series: points (period, value) of each line, periods in order; at most six lines.
        label: what the chart shows, for those who hear the page.
        unit: unit of the values, above the axis.
        width: width in pixels; a wide chart scrolls in its own box.

    Raises:
        ValueError: more lines than a reader can tell apart.
    """
    import altair as alt

    if len(series) > len(SERIES_COLOURS):
        raise ValueError("線は6本までです。残りは「その他」にまとめてください。")
    names = list(series)
    rows: list[dict[str, Any]] = [
        {"period": period, "value": value, "name": name}
        for name, points in series.items()
        for period, value in points
    ]
    periods: list[str] = list(dict.fromkeys(row["period"] for row in rows))
    ends = _ends(series, rows)
    base = alt.Chart(_inline(rows)).encode(
        x=alt.X("period:O", sort=periods, title=None, axis=alt.Axis(labelAngle=0)),
        y=alt.Y("value:Q", title=None, axis=alt.Axis(format=",~f")),
        color=alt.Color("name:N", legend=None, scale=_scale(names, SERIES_COLOURS)),
        strokeDash=alt.StrokeDash("name:N", legend=None, scale=_scale(names, SERIES_DASHES)),
    )
    names_at_ends = alt.Chart(_inline(ends)).encode(
        x=alt.X("period:O", sort=periods),
        y="value:Q",
        text="name:N",
        color=alt.Color("name:N", legend=None, scale=_scale(names, SERIES_COLOURS)),
    )
    chart = alt.layer(
        base.mark_line(strokeWidth=2.5),
        base.mark_point(filled=True, size=36, opacity=1).encode(strokeDash=alt.Undefined),
        names_at_ends.mark_text(align="left", dx=8, fontSize=13, fontWeight="bold"),
    ).properties(width=width, height=240, title=alt.TitleParams(unit, anchor="start", fontSize=13))
    return _svg(chart, label)


def bar_chart(rows: Sequence[tuple[str, float]], *, label: str, unit: str) -> Markup:
    """Horizontal bars from the largest to the smallest, each with its value.

    Args:
        rows: (name, value), in the order in which they are drawn.
        label: what the chart shows, for those who hear the page.
        unit: unit of the values.
    """
    import altair as alt

    values = [{"name": name, "value": value} for name, value in rows]
    names = [name for name, _ in rows]
    base = alt.Chart(_inline(values)).encode(
        y=alt.Y("name:N", sort=names, title=None, axis=alt.Axis(labelLimit=260)),
        x=alt.X("value:Q", title=None, axis=None),
    )
    chart = alt.layer(
        base.mark_bar(color=SERIES_COLOURS[0], height=20),
        base.mark_text(align="left", dx=6, fontSize=13, color="#1a1a1a").encode(
            text=alt.Text("value:Q", format=",~f")
        ),
    ).properties(
        width=360,
        height=alt.Step(30),
        title=alt.TitleParams(unit, anchor="start", fontSize=13),
    )
    return _svg(chart, label)


def _ends(
    series: Mapping[str, Sequence[tuple[str, float]]], rows: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Where the names stand: at the last points, moved apart when they would overlap."""
    ends: list[dict[str, Any]] = [
        {"name": name, "period": points[-1][0], "value": float(points[-1][1])}
        for name, points in series.items()
        if points
    ]
    apart = max((row["value"] for row in rows), default=0.0) * 0.075
    ends.sort(key=lambda end: float(end["value"]))
    for below, above in pairwise(ends):
        above["value"] = max(above["value"], below["value"] + apart)
    return ends


def _scale(names: list[str], values: Sequence[Any]) -> alt.Scale:
    import altair as alt

    return alt.Scale(domain=names, range=list(values[: len(names)]))


def _inline(rows: Sequence[Mapping[str, Any]]) -> alt.InlineData:
    import altair as alt

    return alt.InlineData(values=[dict(row) for row in rows])


def _svg(chart: alt.LayerChart | alt.FacetChart, label: str) -> Markup:
    chart = chart.configure_view(stroke=None).configure_axis(
        labelFontSize=13, labelColor="#333333", gridColor="#e6e6e6", domainColor="#949494"
    )
    return Markup(_clean(_convert(chart.to_json(indent=None)), label))  # noqa: S704 - vega escapes


@lru_cache(maxsize=64)
def _convert(specification: str) -> str:
    import vl_convert

    return str(vl_convert.vegalite_to_svg(specification))


def _clean(svg: str, label: str) -> str:
    """Keep the drawing, drop what the policy of the page or a screen reader stumbles over."""
    svg = _NUMBER.sub(r"\1", _DROPPED.sub("", svg))
    svg = re.sub(r'<path d="M0,0h0v0h0Z"/>|<path d="" display="none"/>', "", svg)
    return svg.replace("<svg ", f'<svg role="img" aria-label="{escape(label)}" ', 1)
