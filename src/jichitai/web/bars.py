"""Horizontal bars drawn by hand as SVG, for places beside each other; no data is hatched."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from markupsafe import Markup, escape

from jichitai.web.charts import SERIES_COLOURS

_HIGH: Final = 22
_GAP: Final = 8
_TOP: Final = 26
_TEXT: Final = "#333333"
_MARKED: Final = SERIES_COLOURS[1]


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar.

    Attributes:
        name: whose it is.
        value: None where nobody told it.
        text: what stands behind the bar.
        marked: whether it is the one that the others are compared with; its name is bold too.
    """

    name: str
    value: int | Decimal | None
    text: str
    marked: bool = False


def bars(rows: Sequence[Bar], *, label: str, unit: str, most: int | Decimal) -> Markup:
    """Bars from zero to `most`, in the order in which they come.

    Args:
        rows: at least one.
        label: what the chart shows, for those who hear the page.
        unit: above the bars.
        most: the value of a whole bar.
    """
    names = max(len(row.name) for row in rows) * 14 + 16
    room, behind = 320, max(len(row.text) for row in rows) * 10 + 24
    width, height = names + room + behind, _TOP + len(rows) * (_HIGH + _GAP)
    parts = [_text(names, 15, unit), _hatch()]
    for at, row in enumerate(rows):
        parts += _bar(row, names, room, _TOP + at * (_HIGH + _GAP), Decimal(most))
    return Markup(  # noqa: S704 - numbers are ours, texts are escaped
        f'<svg role="img" aria-label="{escape(label)}" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}">{"".join(parts)}</svg>'
    )


def _bar(row: Bar, left: int, room: int, y: int, most: Decimal) -> list[str]:
    middle = y + _HIGH - 6
    name = _text(left - 10, middle, row.name, anchor="end", bold=row.marked)
    if row.value is None:
        long = room // 4
        drawn = (
            f'<rect x="{left}" y="{y}" width="{long}" height="{_HIGH}" fill="url(#bar-none)" '
            f'stroke="#767676" stroke-width="0.5"/>'
        )
    else:
        long = int(room * min(Decimal(row.value), most) / most) if most else 0
        colour = _MARKED if row.marked else SERIES_COLOURS[0]
        drawn = (
            f'<rect x="{left}" y="{y}" width="{max(long, 1)}" height="{_HIGH}" fill="{colour}"/>'
        )
    return [name, drawn, _text(left + long + 8, middle, row.text, bold=row.marked)]


def _hatch() -> str:
    return (
        '<defs><pattern id="bar-none" width="8" height="8" patternUnits="userSpaceOnUse" '
        'patternTransform="rotate(45)"><line x1="0" y1="0" x2="0" y2="8" stroke="#666666" '
        'stroke-width="2"/></pattern></defs>'
    )


def _text(x: int, y: int, text: str, *, anchor: str = "start", bold: bool = False) -> str:
    weight = ' font-weight="bold"' if bold else ""
    return (
        f'<text x="{x}" y="{y}" font-size="13" text-anchor="{anchor}" fill="{_TEXT}"{weight}>'
        f"{escape(text)}</text>"
    )
