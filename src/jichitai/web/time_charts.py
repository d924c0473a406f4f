"""Charts over time drawn by hand as SVG: days stand where they belong, gaps stay gaps.

Months that nobody counted take their room on the axis, so that a slope is never steeper than what
happened. The values beside the points are the texts of the tables; nothing is rounded twice.
"""

import math
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from markupsafe import Markup, escape

from jichitai.web.charts import SERIES_COLOURS

Number = int | Decimal

_DASHES: Final = ("", "7 3", "2 3", "9 3 2 3", "4 4", "12 4")
_LEFT, _TOP, _BOTTOM = 64, 34, 34
_INNER: Final = 18
_TEXT: Final = "#333333"
_GRID: Final = "#cccccc"
_GOAL: Final = "#5e0000"
_BAND: Final = "#e8f1fe"
_APART: Final = 18
_MOST_DOTS: Final = 36
"""Points that are drawn as such; more of them would be read as a thicker line."""

_STEPS: Final = (1, 2, 5)


@dataclass(frozen=True, slots=True)
class Dot:
    """A value of a day; None where nobody knows it, which breaks the line."""

    on: date
    value: Number | None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A line with the name that stands at its end."""

    name: str
    dots: Sequence[Dot]


@dataclass(frozen=True, slots=True)
class Goal:
    """A value to be reached, drawn across; `on` marks the day by which."""

    value: Number
    label: str
    on: date | None = None


@dataclass(frozen=True, slots=True)
class Band:
    """A span around a line: what the same rule gives under worse and better assumptions.

    Attributes:
        name: what it is, for the legend under the chart.
        low: its lower edge.
        high: its upper edge, of the same days.
    """

    name: str
    low: Sequence[Dot]
    high: Sequence[Dot]


@dataclass(frozen=True, slots=True)
class Marks:
    """What stands behind the lines.

    Attributes:
        band: a span around the line.
        path: targets of each year on the way to the goal, joined by a fine line.
        gaps: whether days without a value are hatched, so that nothing there is read as nought.
    """

    band: Band | None = None
    path: Line | None = None
    gaps: bool = False

    @property
    def dots(self) -> list[Dot]:
        """All that takes room on the axes."""
        return [
            *(self.band.low if self.band else ()),
            *(self.band.high if self.band else ()),
            *(self.path.dots if self.path else ()),
        ]


_NO_MARKS: Final = Marks()


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where days and values stand."""

    first: date
    last: date
    least: Decimal
    most: Decimal
    width: int
    height: int
    right: int

    def x(self, on: date) -> float:
        days = max((self.last - self.first).days, 1)
        room = self.width - _LEFT - _INNER - self.right
        return round(_LEFT + _INNER + (on - self.first).days / days * room, 1)

    def y(self, value: Number) -> float:
        share = (Decimal(value) - self.least) / (self.most - self.least)
        return round(_TOP + (1 - float(share)) * (self.height - _TOP - _BOTTOM), 1)


def time_chart(
    lines: Sequence[Line],
    *,
    label: str,
    unit: str,
    goal: Goal | None = None,
    most: Number | None = None,
    size: tuple[int, int] = (720, 290),
    marks: Marks = _NO_MARKS,
) -> Markup:
    """Lines over days, from zero, each named at its end.

    Args:
        lines: at most six, of one unit; two measures never share a chart.
        label: what the chart shows, for those who hear the page.
        unit: of the values, above the axis.
        goal: what is to be reached.
        most: end of the axis, such as 100 for shares; the greatest value when left out.
        size: width and height in pixels; a wide chart scrolls in its own box.
        marks: a span, yearly targets and hatched gaps behind the lines.

    Raises:
        ValueError: more lines than a reader can tell apart, or not a single value.
    """
    if len(lines) > len(SERIES_COLOURS):
        raise ValueError("線は6本までです。残りは「その他」にまとめてください。")
    known = [dot for line in lines for dot in line.dots if dot.value is not None]
    if not known:
        raise ValueError("値が一つもありません。図の代わりに、まだない理由を示してください。")
    every = [*known, *(dot for dot in marks.dots if dot.value is not None)]
    frame = _frame(lines, every, goal, most, size)
    parts = [
        _text(_LEFT - 8, 16, unit, anchor="start"),
        *(_hatched(frame, lines, label) if marks.gaps else ()),
        *(_band(frame, marks.band) if marks.band else ()),
        *_values(frame),
        *_days(frame),
        *(_path(frame, marks.path) if marks.path else ()),
        *(_goal(frame, goal) if goal else ()),
        *(part for at, line in enumerate(lines) for part in _line(frame, line, at)),
        *(_names(frame, lines) if len(lines) > 1 else _figures(frame, lines[0])),
    ]
    return Markup(  # noqa: S704 - numbers are ours, texts are escaped
        f'<svg role="img" aria-label="{escape(label)}" width="{size[0]}" height="{size[1]}" '
        f'viewBox="0 0 {size[0]} {size[1]}">{"".join(parts)}</svg>'
    )


def _frame(
    lines: Sequence[Line],
    known: Sequence[Dot],
    goal: Goal | None,
    most: Number | None,
    size: tuple[int, int],
) -> _Frame:
    days = [*(dot.on for line in lines for dot in line.dots), *(dot.on for dot in known)]
    if goal and goal.on:
        days.append(goal.on)
    values = [Decimal(dot.value) for dot in known if dot.value is not None]
    if goal:
        values.append(Decimal(goal.value))
    top = Decimal(most) if most is not None else _round_up(max(values))
    longest = max(len(line.name) for line in lines) if len(lines) > 1 else 3
    right = min(24 + 14 * longest, size[0] // 3)
    return _Frame(min(days), max(days), min(Decimal(0), *values), top, *size, right)


def _step(most: Decimal) -> Decimal:
    rough = most / 4
    power = Decimal(10) ** math.floor(math.log10(rough)) if rough > 0 else Decimal(1)
    return next((power * n for n in _STEPS if power * n >= rough), power * 10)


def _round_up(most: Decimal) -> Decimal:
    if most <= 0:
        return Decimal(1)
    step = _step(most)
    return math.ceil(most / step) * step


def _values(frame: _Frame) -> Iterator[str]:
    step = _step(frame.most)
    value = math.ceil(frame.least / step) * step
    while value <= frame.most:
        y = frame.y(value)
        yield (
            f'<line x1="{_LEFT}" x2="{frame.width - frame.right}" y1="{y}" y2="{y}" '
            f'stroke="{_GRID}" stroke-width="1"/>'
        )
        yield _text(_LEFT - 8, y + 5, f"{value:,f}", anchor="end")
        value += step


def _days(frame: _Frame) -> Iterator[str]:
    """Months under the axis, as many as can be read."""
    months = (frame.last.year - frame.first.year) * 12 + frame.last.month - frame.first.month
    step = next((n for n in (1, 3, 6, 12, 24, 60) if months / n <= 7), 120)
    base = frame.height - _BOTTOM
    for at in range(months + 1):
        number = frame.first.month - 1 + at
        on = date(frame.first.year + number // 12, number % 12 + 1, 1)
        if (on.month - 4) % step if step <= 12 else (on.month != 4 or on.year % (step // 12)):
            continue
        if on < frame.first.replace(day=1):
            continue
        x = frame.x(max(on, frame.first))
        yield f'<line x1="{x}" x2="{x}" y1="{base}" y2="{base + 5}" stroke="{_TEXT}"/>'
        yield _text(x, base + 22, f"{on.year}年{on.month}月", anchor="middle")


def _goal(frame: _Frame, goal: Goal) -> Iterator[str]:
    y = frame.y(goal.value)
    end = frame.width - frame.right
    yield (
        f'<line x1="{_LEFT}" x2="{end}" y1="{y}" y2="{y}" stroke="{_GOAL}" '
        f'stroke-width="2" stroke-dasharray="3 5"/>'
    )
    if goal.on:
        x = frame.x(goal.on)
        yield (
            f'<path d="M{x} {y - 7}l7 7l-7 7l-7 -7z" fill="#ffffff" stroke="{_GOAL}" '
            f'stroke-width="2"/>'
        )
    yield _text(_LEFT + 6, y - 8 if y > _TOP + 12 else y + 18, goal.label, fill=_GOAL)


def _band(frame: _Frame, band: Band) -> Iterator[str]:
    """The span as one closed shape with a fine edge, so that it shows without colour too."""
    there = [(frame.x(dot.on), frame.y(dot.value or 0)) for dot in band.high]
    back = [(frame.x(dot.on), frame.y(dot.value or 0)) for dot in reversed(band.low)]
    points = " ".join(f"{x},{y}" for x, y in [*there, *back])
    yield f'<polygon points="{points}" fill="{_BAND}" stroke="{SERIES_COLOURS[0]}" stroke-width="0.75"/>'


def _path(frame: _Frame, line: Line) -> Iterator[str]:
    """Yearly targets: hollow diamonds on a fine dashed line."""
    known = [dot for dot in line.dots if dot.value is not None]
    points = " ".join(f"{frame.x(dot.on)},{frame.y(dot.value or 0)}" for dot in known)
    yield (
        f'<polyline points="{points}" fill="none" stroke="{_GOAL}" stroke-width="1.25" '
        f'stroke-dasharray="2 4"/>'
    )
    for dot in known:
        x, y = frame.x(dot.on), frame.y(dot.value or 0)
        yield (
            f'<path d="M{x} {y - 5}l5 5l-5 5l-5 -5z" fill="#ffffff" stroke="{_GOAL}" '
            f'stroke-width="1.5"/>'
        )


def _hatched(frame: _Frame, lines: Sequence[Line], label: str) -> Iterator[str]:
    """Spans in which no line has a value."""
    days = sorted({dot.on for line in lines for dot in line.dots})
    told = {dot.on for line in lines for dot in line.dots if dot.value is not None}
    spans: list[tuple[date, date]] = []
    for at, on in enumerate(days):
        if on in told:
            continue
        first, last = days[max(at - 1, 0)], days[min(at + 1, len(days) - 1)]
        if spans and spans[-1][1] >= first:
            spans[-1] = (spans[-1][0], last)
        else:
            spans.append((first, last))
    if not spans:
        return
    key = f"gap-{zlib.crc32(label.encode()):08x}"
    yield (
        f'<defs><pattern id="{key}" width="8" height="8" patternUnits="userSpaceOnUse" '
        f'patternTransform="rotate(45)"><line x1="0" y1="0" x2="0" y2="8" stroke="{_GRID}" '
        f'stroke-width="2"/></pattern></defs>'
    )
    height = frame.height - _TOP - _BOTTOM
    for first, last in spans:
        x, end = frame.x(first), frame.x(last)
        yield (
            f'<rect x="{x}" y="{_TOP}" width="{round(max(end - x, 4), 1)}" height="{height}" '
            f'fill="url(#{key})"/>'
        )


def _line(frame: _Frame, line: Line, at: int) -> Iterator[str]:
    colour, dash = SERIES_COLOURS[at], _DASHES[at]
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    for run in _runs(line.dots):
        points = " ".join(f"{frame.x(dot.on)},{frame.y(dot.value or 0)}" for dot in run)
        yield (
            f'<polyline points="{points}" fill="none" stroke="{colour}" '
            f'stroke-width="2.5"{dashed}/>'
        )
    for dot in line.dots if len(line.dots) <= _MOST_DOTS else ():
        if dot.value is None:
            continue
        x, y = frame.x(dot.on), frame.y(dot.value)
        yield f'<circle cx="{x}" cy="{y}" r="4" fill="{colour}"/>'


def _figures(frame: _Frame, line: Line) -> Iterator[str]:
    """What stands beside the points of a line that is alone."""
    known = [dot for dot in line.dots if dot.value is not None]
    for dot in _spaced(frame, known):
        x, y = frame.x(dot.on), frame.y(dot.value or 0)
        above = y - 10 if y > _TOP + 6 else y + 20
        yield _text(x, above, dot.text, anchor="middle", fill=SERIES_COLOURS[0], bold=True)


def _spaced(frame: _Frame, dots: Sequence[Dot]) -> Iterator[Dot]:
    """The points whose texts have room; the last one always has."""
    kept: list[Dot] = []
    for dot in reversed(dots):
        room = sum(13 if ord(sign) > 255 else 8 for sign in dot.text) + 8
        if dot.text and (not kept or frame.x(kept[-1].on) - frame.x(dot.on) >= room):
            kept.append(dot)
    yield from kept


def _runs(dots: Sequence[Dot]) -> Iterator[list[Dot]]:
    run: list[Dot] = []
    for dot in dots:
        if dot.value is not None:
            run.append(dot)
            continue
        if len(run) > 1:
            yield run
        run = []
    if len(run) > 1:
        yield run


def _names(frame: _Frame, lines: Sequence[Line]) -> Iterator[str]:
    """Names at the ends, moved apart where they would overlap."""
    ends: list[tuple[float, float, int, str]] = []
    for at, line in enumerate(lines):
        last = next((dot for dot in reversed(line.dots) if dot.value is not None), None)
        if last is not None and last.value is not None:
            ends.append((frame.y(last.value) + 5, frame.x(last.on) + 10, at, line.name))
    lowest = -math.inf
    for y, x, at, name in sorted(ends):
        lowest = max(y, lowest + _APART)
        yield _text(x, lowest, name, fill=SERIES_COLOURS[at], bold=True)


def _text(
    x: float,
    y: float,
    text: str,
    *,
    anchor: str = "start",
    fill: str = _TEXT,
    bold: bool = False,
) -> str:
    weight = ' font-weight="bold"' if bold else ""
    return (
        f'<text x="{round(x, 1)}" y="{round(y, 1)}" font-size="13" text-anchor="{anchor}" '
        f'fill="{fill}"{weight}>{escape(text)}</text>'
    )
