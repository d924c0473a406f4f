"""Where everything of a drawn logic model stands: the same numbers for the page and for the PDF.

Four columns of boxes, an effect running from left to right. A box is as high as its lines. Boxes of
a column keep the order of the model and stand as near as they can to what they are connected with;
an edge that jumps a column keeps a lane between its boxes. Lengths are in pixels of the page.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final, Literal

from msgspec import Struct

from jichitai.evaluation.policies.lines import broken, width_of
from jichitai.evaluation.policies.model import (
    Attached,
    Column,
    Edge,
    Grade,
    LogicModel,
    Node,
)

WIDTH: Final = 988.0
_GAP: Final = 48.0
COLUMN: Final = (WIDTH - 3 * _GAP) / 4
_HEAD: Final = 40.0
_TOP: Final = _HEAD + 24.0
_BETWEEN: Final = 20.0
_LANE: Final = 24.0
PAD: Final = 12.0
_SWEEPS: Final = 8
BADGE: Final = 11.0

Style = Literal["text", "name", "label", "value", "note"]
_SIZES: Final[Mapping[Style, tuple[float, float]]] = {
    "text": (15.0, 22.0),
    "name": (14.0, 20.0),
    "label": (14.0, 20.0),
    "value": (14.0, 20.0),
    "note": (14.0, 19.0),
}
"""Height of the letters, and from line to line."""


class Line(Struct, frozen=True, kw_only=True):
    """A line of text; `x` is its left end, `y` its baseline."""

    x: float
    y: float
    text: str
    style: Style
    size: float


class Head(Struct, frozen=True, kw_only=True):
    """The word over a column."""

    column: Column
    x: float
    y: float
    width: float
    height: float
    text: str


class Box(Struct, frozen=True, kw_only=True):
    """A node: its frame, its lines, the hairlines above each indicator, and how many findings."""

    node: str
    column: Column
    x: float
    y: float
    width: float
    height: float
    lines: tuple[Line, ...]
    rules: tuple[float, ...]
    findings: int


class Curve(Struct, frozen=True, kw_only=True):
    """An edge: Bézier curves from box to box, an arrow's tip, and the grade on its way.

    Attributes:
        start: where it begins.
        parts: each (first handle, second handle, end).
        badge: middle of the circle with the grade.
    """

    source: str
    target: str
    grade: Grade
    start: tuple[float, float]
    parts: tuple[tuple[tuple[float, float], tuple[float, float], tuple[float, float]], ...]
    badge: tuple[float, float]

    @property
    def tip(self) -> tuple[float, float]:
        """Where it ends."""
        return self.parts[-1][2]


class Drawing(Struct, frozen=True, kw_only=True):
    """A whole model, ready to draw."""

    width: float
    height: float
    heads: tuple[Head, ...]
    boxes: tuple[Box, ...]
    curves: tuple[Curve, ...]


def drawing(
    model: LogicModel,
    values: Mapping[str, Attached],
    findings: Mapping[str, int] | None = None,
) -> Drawing:
    """Place a model.

    Args:
        model: a model without faults.
        values: what is shown for its indicators, by id.
        findings: number of findings by node; those nodes get a mark.

    Source: security-and-evaluation 6.2 (four columns, indicators in the boxes, ※ notes).
    """
    blocks = {node.key: _block(node, values) for node in model.nodes}
    tops = _tops(model, {key: block.height for key, block in blocks.items()})
    boxes = tuple(
        _box(node, blocks[node.key], tops[node.key], (findings or {}).get(node.key, 0))
        for node in model.nodes
    )
    bottom = max((box.y + box.height for box in boxes), default=_TOP + 40.0)
    lanes = [y + _LANE for key, y in tops.items() if key not in blocks]
    return Drawing(
        width=WIDTH,
        height=round(max([bottom, *lanes]) + 12.0, 1),
        heads=tuple(_head(column) for column in Column),
        boxes=boxes,
        curves=_curves(model, {box.node: box for box in boxes}, tops),
    )


def _left(column: Column) -> float:
    return column.place * (COLUMN + _GAP)


def _head(column: Column) -> Head:
    return Head(column=column, x=_left(column), y=0.0, width=COLUMN, height=_HEAD, text=column.word)


class _Block(Struct, frozen=True, kw_only=True):
    """What stands in a box, measured from its top."""

    lines: tuple[Line, ...]
    rules: tuple[float, ...]
    height: float


def _block(node: Node, values: Mapping[str, Attached]) -> _Block:
    lines: list[Line] = []
    rules: list[float] = []
    y = PAD - 2

    def put(text: str, style: Style) -> None:
        nonlocal y
        size, leading = _SIZES[style]
        for part in broken(text, COLUMN - 2 * PAD, size):
            y += leading
            lines.append(
                Line(x=PAD, y=round(y - leading * 0.24, 1), text=part, style=style, size=size)
            )

    put(node.text, "text")
    for key in node.indicators:
        one = values.get(key)
        y += 9.0
        rules.append(y)
        y += 5.0
        put(one.name if one else f"指標 {key}（定義なし）", "name")
        if one is not None:
            if one.target:
                put(f"目標：{one.target}", "value")
            put(f"実績：{one.actual}", "value")
    if node.note:
        y += 6.0
        put(f"※{node.note}", "note")
    return _Block(lines=tuple(lines), rules=tuple(rules), height=round(y + PAD, 1))


def _box(node: Node, block: _Block, top: float, findings: int) -> Box:
    left = _left(node.column)
    return Box(
        node=node.key,
        column=node.column,
        x=left,
        y=top,
        width=COLUMN,
        height=block.height,
        lines=tuple(
            Line(
                x=round(left + line.x, 1),
                y=round(top + line.y, 1),
                text=line.text,
                style=line.style,
                size=line.size,
            )
            for line in block.lines
        ),
        rules=tuple(round(top + rule, 1) for rule in block.rules),
        findings=findings,
    )


def lane(edge: Edge, column: Column) -> str:
    """Name of the lane that an edge keeps in a column which it jumps."""
    return f"{edge.source}>{edge.target}@{column.place}"


def _jumped(model: LogicModel, edge: Edge) -> list[Column]:
    source, target = model.node(edge.source), model.node(edge.target)
    if source is None or target is None:
        return []
    return [one for one in Column if source.column.place < one.place < target.column.place]


def _tops(model: LogicModel, heights: Mapping[str, float]) -> dict[str, float]:
    """The top of every box and lane: in order, apart, near to what each is connected with."""
    high = dict(heights)
    columns: dict[Column, list[str]] = {
        column: [node.key for node in model.column(column)] for column in Column
    }
    joined: dict[str, list[str]] = {key: [] for key in high}
    for edge in model.edges:
        stops = _jumped(model, edge)
        way = [edge.source, *(lane(edge, column) for column in stops), edge.target]
        for key in way[1:-1]:
            high[key] = _LANE
            joined[key] = []
        for one, other in pairwise(way):
            joined[one].append(other)
            joined[other].append(one)
        for column, key in zip(stops, way[1:-1], strict=True):
            columns[column].insert(_lane_place(model, columns[column], edge), key)
    middles: dict[str, float] = {}
    for keys in columns.values():
        y = 0.0
        for key in keys:
            middles[key] = y + high[key] / 2
            y += high[key] + _BETWEEN
    order = [*Column, *reversed(Column)]
    for _ in range(_SWEEPS):
        for column in order:
            _settle(columns[column], high, joined, middles)
    tops = {key: middle - high[key] / 2 for key, middle in middles.items()}
    lift = _TOP - min(tops.values(), default=_TOP)
    return {key: round(top + lift, 1) for key, top in tops.items()}


def _lane_place(model: LogicModel, keys: Sequence[str], edge: Edge) -> int:
    """Where in a column an edge passes: as far down as its source stands in its own column."""
    source = model.node(edge.source)
    if source is None:
        return len(keys)
    siblings = model.column(source.column)
    share = (siblings.index(source) + 0.75) / len(siblings)
    return round(share * len(keys))


def _settle(
    keys: Sequence[str],
    high: Mapping[str, float],
    joined: Mapping[str, Sequence[str]],
    middles: dict[str, float],
) -> None:
    """Move a column's boxes to the middle of their neighbours, in order and without overlap.

    The places with the least sum of squared distances, by pooling neighbours that collide.
    """
    offset = 0.0
    pools: list[tuple[float, int]] = []  # (mean of wished place less offset, how many)
    offsets: list[float] = []
    for number, key in enumerate(keys):
        if number:
            offset += (high[keys[number - 1]] + high[key]) / 2 + _BETWEEN
        offsets.append(offset)
        near = joined[key]
        wish = sum(middles[one] for one in near) / len(near) if near else middles[key]
        mean, count = wish - offset, 1
        while pools and pools[-1][0] > mean:
            before, size = pools.pop()
            mean, count = (before * size + mean * count) / (size + count), size + count
        pools.append((mean, count))
    places = [mean for mean, count in pools for _ in range(count)]
    for key, place, add in zip(keys, places, offsets, strict=True):
        middles[key] = place + add


def _curves(
    model: LogicModel, boxes: Mapping[str, Box], tops: Mapping[str, float]
) -> tuple[Curve, ...]:
    leaving = _ports(model, boxes, tops, out=True)
    arriving = _ports(model, boxes, tops, out=False)
    badges: list[tuple[float, float]] = []
    found: list[Curve] = []
    for edge in model.edges:
        source, target = boxes[edge.source], boxes[edge.target]
        start = (source.x + source.width, leaving[edge.source, edge.target])
        end = (target.x - 2.0, arriving[edge.source, edge.target])
        points = [start]
        for column in _jumped(model, edge):
            y = tops[lane(edge, column)] + _LANE / 2
            points += [(_left(column), y), (_left(column) + COLUMN, y)]
        points.append(end)
        parts = tuple(_part(one, other) for one, other in pairwise(points))
        badge = _badge(points[0], points[1], badges)
        badges.append(badge)
        found.append(
            Curve(
                source=edge.source,
                target=edge.target,
                grade=edge.grade,
                start=start,
                parts=parts,
                badge=badge,
            )
        )
    return tuple(found)


def _ports(
    model: LogicModel, boxes: Mapping[str, Box], tops: Mapping[str, float], *, out: bool
) -> dict[tuple[str, str], float]:
    """The height at which each edge leaves or enters its box, spread so that none cross there."""
    ports: dict[tuple[str, str], float] = {}
    for key, box in boxes.items():
        edges = model.out_of(key) if out else model.into(key)

        def far(edge: Edge) -> float:
            stops = _jumped(model, edge)
            if stops:
                return tops[lane(edge, stops[0] if out else stops[-1])] + _LANE / 2
            other = boxes[edge.target if out else edge.source]
            return other.y + other.height / 2

        ordered = sorted(edges, key=far)
        room = min(26.0, (box.height - 16.0) / max(len(ordered), 1))
        for number, edge in enumerate(ordered):
            shift = (number - (len(ordered) - 1) / 2) * room
            ports[edge.source, edge.target] = round(box.y + box.height / 2 + shift, 1)
    return ports


def _part(
    one: tuple[float, float], other: tuple[float, float]
) -> tuple[tuple[float, float], tuple[float, float], tuple[float, float]]:
    reach = max((other[0] - one[0]) * 0.5, 16.0)
    return (round(one[0] + reach, 1), one[1]), (round(other[0] - reach, 1), other[1]), other


def _badge(
    start: tuple[float, float], end: tuple[float, float], taken: Sequence[tuple[float, float]]
) -> tuple[float, float]:
    """A place on the first stretch of a curve where no other badge stands."""
    handle, other, _ = _part(start, end)

    def at(t: float) -> tuple[float, float]:
        u = 1 - t
        x, y = (
            u**3 * start[n] + 3 * u * u * t * handle[n] + 3 * u * t * t * other[n] + t**3 * end[n]
            for n in (0, 1)
        )
        return round(x, 1), round(y, 1)

    def free(place: tuple[float, float]) -> float:
        return min((abs(place[0] - x) + abs(place[1] - y) for x, y in taken), default=4 * BADGE)

    places = [at(t) for t in (0.45, 0.36, 0.54, 0.3, 0.6)]
    return next((one for one in places if free(one) >= 2.4 * BADGE), max(places, key=free))


__all__ = [
    "BADGE",
    "COLUMN",
    "PAD",
    "WIDTH",
    "Box",
    "Curve",
    "Drawing",
    "Head",
    "Line",
    "drawing",
    "width_of",
]
