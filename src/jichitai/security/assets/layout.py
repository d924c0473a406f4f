"""Where everything of a picture stands in its diagram: lanes, boxes, channels for the lines.

Areas are lanes side by side, partners outside stand below. Lines run at right angles in the
channels between the lanes, each on a track of its own, so that none passes behind a box.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final

from jichitai.security.assets.model.drafts import End
from jichitai.security.assets.model.kinds import OWN_AREAS, Area
from jichitai.security.assets.model.picture import Link, Picture

LANE: Final = 196
MARGIN: Final = 12
HEAD: Final = 44
BOX: Final = 50
_PAD: Final = 10
_BOX_GAP: Final = 12
_SEGMENT_HEAD: Final = 26
_TRACK: Final = 20
_ANCHOR: Final = 18
_BUS: Final = 16
_OUTSIDE_HEAD: Final = 30
_SHORT: Final = {
    Area.MYNUMBER: "マイナンバー系",
    Area.LGWAN: "LGWAN系",
    Area.INTERNET: "インターネット系",
}


@dataclass(slots=True, kw_only=True)
class Box:
    """A system, segment or partner in the diagram.

    Attributes:
        ref: id or code.
        kind: what it is.
        name: its name.
        second: second line: rating or use.
        lane: index of its lane.
        left, top, width, height: its place.
        outside: whether it is a partner.
        right_anchors, left_anchors: lines that end at each side.
    """

    ref: str
    kind: str
    name: str
    second: str
    lane: int
    left: float = 0
    top: float = 0
    width: float = 0
    height: float = BOX
    outside: bool = False
    right_anchors: int = 0
    left_anchors: int = 0
    inner: list["Box"] = field(default_factory=list)

    @property
    def right(self) -> float:
        """Its right edge."""
        return self.left + self.width


@dataclass(slots=True, kw_only=True)
class Lane:
    """One area with its boxes."""

    title: str
    boxes: list[Box]
    left: float = 0
    bottom: float = 0


@dataclass(slots=True, kw_only=True)
class Line:
    """A link in the diagram.

    Attributes:
        link: the link.
        one, other: its boxes, from the left to the right.
        points: corners of the line.
        label: middle of its label.
    """

    link: Link
    one: Box
    other: Box
    points: list[tuple[float, float]] = field(default_factory=list)
    label: tuple[float, float] = (0, 0)


@dataclass(slots=True, kw_only=True)
class Layout:
    """The whole diagram."""

    lanes: list[Lane]
    outside: list[Box]
    lines: list[Line]
    width: float = 0
    height: float = 0
    lanes_top: float = 0
    outside_top: float = 0


def arrange(picture: Picture) -> Layout:
    """Give everything its place."""
    lanes = _lanes(picture)
    boxes = {box.ref: box for lane in lanes for box in _all(lane.boxes)}
    outside = _outside(picture, boxes)
    boxes |= {box.ref: box for box in outside}
    layout = Layout(lanes=lanes, outside=outside, lines=list(_lines(picture, boxes)))
    _Tracks(layout).run()
    return layout


def _all(boxes: Sequence[Box]) -> Iterator[Box]:
    for box in boxes:
        yield box
        yield from box.inner


def _lanes(picture: Picture) -> list[Lane]:
    areas = list(OWN_AREAS)
    used = {one.draft.area for one in picture.systems}
    if Area.CLOUD in used | {one.draft.area for one in picture.segments}:
        areas.append(Area.CLOUD)
    return [
        Lane(title=area.japanese, boxes=_boxes(picture, area, index))
        for index, area in enumerate(areas)
    ]


def _boxes(picture: Picture, area: Area, lane: int) -> list[Box]:
    found: list[Box] = []
    inside: dict[str, list[Box]] = {}
    loose: list[Box] = []
    for system in picture.systems:
        draft = system.draft
        if draft.area is not area:
            continue
        second = f"機密性{draft.confidentiality}"
        if area is Area.CLOUD:
            second = f"{draft.confidentiality}・{_SHORT[draft.counts_as]}"
        box = Box(ref=str(system.id), kind="system", name=draft.name, second=second, lane=lane)
        segment = str(draft.segment_id) if draft.segment_id else ""
        (inside.setdefault(segment, []) if segment else loose).append(box)
    for segment_ in picture.segments:
        if segment_.draft.area is area:
            ref = str(segment_.id)
            use = segment_.draft.use.japanese + ("・無線LAN" if segment_.draft.wireless else "")
            found.append(
                Box(
                    ref=ref,
                    kind="segment",
                    name=segment_.draft.name,
                    second=use,
                    lane=lane,
                    inner=inside.get(ref, []),
                )
            )
    return [*found, *loose]


def _outside(picture: Picture, boxes: dict[str, Box]) -> list[Box]:
    """Partners that links end at, below the lane that they are joined with first."""
    found: dict[str, Box] = {}
    for link in picture.links:
        ends = (link.draft.one, link.draft.other)
        for end, other in (ends, ends[::-1]):
            partner = picture.partner(end)
            if partner is None or end.ref in found:
                continue
            lane = boxes[other.ref].lane if other.ref in boxes else 0
            found[end.ref] = Box(
                ref=end.ref,
                kind="partner",
                name=partner.name,
                second="インターネットに面する" if partner.faces_internet else "",
                lane=lane,
                outside=True,
            )
    return list(found.values())


def _lines(picture: Picture, boxes: dict[str, Box]) -> Iterator[Line]:
    for link in picture.links:
        one, other = _box(link.draft.one, boxes), _box(link.draft.other, boxes)
        if one is not None and other is not None:
            first, second = sorted((one, other), key=lambda box: (box.lane, box.outside))
            yield Line(link=link, one=first, other=second)


def _box(end: End, boxes: dict[str, Box]) -> Box | None:
    return boxes.get(end.ref)


@dataclass(slots=True)
class _Tracks:
    """Tracks of the lines: channels beside the lanes, a bus above and one below them."""

    layout: Layout
    _channels: dict[int, int] = field(default_factory=dict)
    _above: int = 0
    _below: int = 0
    _plans: list[tuple[Line, int, int, str, int]] = field(default_factory=list)
    _ends: dict[tuple[int, str], list[tuple[int, bool]]] = field(default_factory=dict)

    def run(self) -> None:
        for line in self.layout.lines:
            self._plan(line)
        self._place()
        for line, start, end, bus, row in self._plans:
            self._draw(line, start, end, bus, row)
        self._label()

    def _take(self, channel: int) -> int:
        self._channels[channel] = self._channels.get(channel, 0) + 1
        return self._channels[channel] - 1

    def _plan(self, line: Line) -> None:
        """Which channels and which bus a line uses, and at which sides it ends."""
        one, other = line.one, line.other
        start, end, bus, row = self._take(one.lane), -1, "", 0
        line.one.right_anchors += 1
        if one.lane == other.lane:
            other.right_anchors += 1
        else:
            other.left_anchors += 1
            if other.lane > one.lane + 1 or one.outside or other.outside:
                end = self._take(other.lane - 1) if other.lane - 1 != one.lane else -1
                if other.lane > one.lane + 1:
                    bus = "below" if one.outside or other.outside else "above"
                    row = self._below if bus == "below" else self._above
                    self._below += bus == "below"
                    self._above += bus == "above"
        self._plans.append((line, start, end, bus, row))

    def _gap(self, channel: int) -> float:
        return 2 * _PAD + _TRACK * max(self._channels.get(channel, 0), 1)

    def _place(self) -> None:
        layout = self.layout
        top = MARGIN + self._above * _BUS
        left: float = MARGIN
        layout.lanes_top = top
        for index, lane in enumerate(layout.lanes):
            lane.left = left
            lane.bottom = _stack(lane.boxes, left + _PAD, top + HEAD, LANE - 2 * _PAD)
            left += LANE + self._gap(index)
        bottom = max((lane.bottom for lane in layout.lanes), default=top) + _PAD
        for lane in layout.lanes:
            lane.bottom = bottom
        layout.width = (
            left
            - self._gap(len(layout.lanes) - 1)
            * (0 if self._channels.get(len(layout.lanes) - 1) else 1)
            + MARGIN
        )
        layout.height = bottom + MARGIN
        if layout.outside:
            layout.outside_top = bottom + self._below * _BUS + MARGIN
            layout.height = self._place_outside() + MARGIN

    def _place_outside(self) -> float:
        layout = self.layout
        lowest = top = layout.outside_top + _OUTSIDE_HEAD
        by_lane = sorted(layout.outside, key=lambda box: box.lane)
        for lane, boxes in groupby(by_lane, key=lambda box: box.lane):
            left = layout.lanes[lane].left + _PAD
            lowest = max(lowest, _stack(list(boxes), left, top, LANE - 2 * _PAD))
        return lowest

    def _x(self, channel: int, track: int) -> float:
        return self.layout.lanes[channel].left + LANE + _PAD + _TRACK * (track + 0.5)

    def _anchor(self, box: Box, side: str) -> float:
        """The next free height at a side of a box."""
        taken = self._ends.setdefault((id(box), side), [])
        count = box.right_anchors if side == "right" else box.left_anchors
        taken.append((len(taken), True))
        height = min(box.height, _SEGMENT_HEAD + BOX) if box.inner else box.height
        return box.top + height * len(taken) / (count + 1)

    def _draw(self, line: Line, start: int, end: int, bus: str, row: int) -> None:
        one, other = line.one, line.other
        x, y = self._x(one.lane, start), self._anchor(one, "right")
        points = [(one.right, y), (x, y)]
        if one.lane == other.lane:
            end_y = self._anchor(other, "right")
            points += [(x, end_y), (other.right, end_y)]
        else:
            end_y = self._anchor(other, "left")
            if bus:
                level = self._level(bus, row)
                x2 = self._x(other.lane - 1, end)
                points += [(x, level), (x2, level), (x2, end_y), (other.left, end_y)]
            else:
                points += [(x, end_y), (other.left, end_y)]
        line.points = points

    def _level(self, bus: str, row: int) -> float:
        if bus == "above":
            return MARGIN + _BUS * row + 4
        return self.layout.lanes[0].bottom + _BUS * (row + 0.5)

    def _label(self) -> None:
        """Labels on the upright part of each line, none above another."""
        taken: list[tuple[float, float]] = []
        for line in self.layout.lines:
            (x, y1), (_, y2) = line.points[1], line.points[2]
            low, high = sorted((y1, y2))
            y = (y1 + y2) / 2
            for step in range(40):
                tried = y + (step + 1) // 2 * 18 * (1 if step % 2 else -1)
                free = all(abs(x - a) > 40 or abs(tried - b) > 17 for a, b in taken)
                if free and low - 30 <= tried <= high + 30:
                    y = tried
                    break
            taken.append((x, y))
            line.label = (x, y)


def _stack(boxes: Sequence[Box], left: float, top: float, width: float) -> float:
    """Boxes one below the other; returns where they end."""
    for box in boxes:
        box.left, box.top, box.width = left, top, width
        anchors = max(box.right_anchors, box.left_anchors)
        box.height = max(BOX, _ANCHOR * (anchors + 1) if anchors > 1 else 0)
        if box.inner:
            head = max(BOX, _ANCHOR * (anchors + 1) if anchors > 1 else 0)
            end = _stack(box.inner, left + 8, top + head, width - 16)
            box.height = end - top
        top += box.height + _BOX_GAP
    return top
