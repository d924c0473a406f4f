"""Maps of prefectures and municipalities as inline SVG.

A map is for the eye only (`aria-hidden`, links outside the tab order): the page puts a table with
the same links beside it. Borders: 「国土数値情報（行政区域データ）」（国土交通省）を加工して作成.
"""

import gzip
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from importlib import resources
from itertools import pairwise
from typing import Any, Literal

from markupsafe import Markup, escape

Fill = Literal["0", "1", "2", "3", "4", "none", "ok", "warn", "bad", "cut"]
"""Colour classes: five steps of a scale, no answer (hatched), and states of a network."""

MAP_SOURCE = "国土数値情報（行政区域データ）（国土交通省）を加工して作成"

Point = tuple[float, float]
Ring = list[Point]

_OKINAWA = "47"
_TOKYO = "13"
_WIDTH = 640.0
_GRID = 0.8
"""Points stand on a grid of this many pixels, written as whole numbers under one scale."""
_SMALLEST_RING = 1.0
_SOUTHERN_ISLANDS = 34.9
"""Latitude south of which a town of Tokyo is drawn as a dot at the foot of the map."""
_INSET = (24.0, 24.0, 150.0, 110.0)
"""Where Okinawa stands on the map of the whole country: left, top, width, height."""


@dataclass(frozen=True, slots=True)
class Step:
    """An entry of the legend."""

    fill: Fill
    label: str


@dataclass(frozen=True, slots=True)
class _Area:
    code: str
    prefecture: str
    name: str
    rings: list[Ring] = field(repr=False)


def map_svg(
    fills: Mapping[str, Fill],
    *,
    links: Mapping[str, str] | None = None,
    prefecture: str = "",
    towns: bool = False,
) -> Markup:
    """A map: the prefectures, all municipalities, or the municipalities of one prefecture.

    Args:
        fills: colour class by code (two digits of a prefecture, six of a municipality); an area
            that is not named has given no answer and is hatched.
        links: address by code; areas without one are not links.
        prefecture: two digits; draws its municipalities alone.
        towns: draw all municipalities of the country.
    """
    outlines = _outlines(prefecture, towns=towns)
    shapes = [
        _shape(code, d, dot, fills.get(code, "none"), (links or {}).get(code, ""))
        for code, d, dot in outlines.shapes
    ]
    frame = "" if prefecture else f'<path class="jc-map-frame" fill="none" d="{_frame()}"/>'
    hatch_id = f"hatch-{prefecture or ('towns' if towns else 'country')}"
    body = "".join(shapes).replace("url(#hatch)", f"url(#{hatch_id})")
    return Markup(  # noqa: S704 - codes and paths come from package data, links are escaped
        f'<svg class="jc-map" aria-hidden="true" focusable="false" '
        f'viewBox="0 0 {outlines.width:.0f} {outlines.height:.0f}">{_hatch(hatch_id)}{frame}'
        f'<g transform="scale({_GRID})">{body}</g></svg>'
    )


def _hatch(hatch_id: str) -> str:
    return (
        f'<defs><pattern id="{hatch_id}" width="9" height="9" patternUnits="userSpaceOnUse" '
        'patternTransform="rotate(45)"><rect class="jc-hatch-ground" width="9" height="9"/>'
        '<line class="jc-hatch-line" x1="0" y1="0" x2="0" y2="9"/></pattern></defs>'
    )


def _frame() -> str:
    left, top, width, height = _INSET
    return f"M{left - 8:.0f} {top - 8:.0f}h{width + 16:.0f}v{height + 16:.0f}h-{width + 16:.0f}z"


def _shape(code: str, d: str, dot: Point | None, fill: Fill, link: str) -> str:
    paint = 'fill="url(#hatch)"' if fill == "none" else f'class="f-{fill}"'
    drawn = f'<path {paint} d="{d}"/>' if d else ""
    if dot is not None:
        drawn += f'<circle {paint} cx="{dot[0]:.0f}" cy="{dot[1]:.0f}" r="2.4"/>'
    if not link:
        return drawn
    return f'<a href="{escape(link)}" tabindex="-1" data-code="{code}">{drawn}</a>'


@dataclass(frozen=True, slots=True)
class _Outlines:
    width: float
    height: float
    shapes: list[tuple[str, str, Point | None]]


@lru_cache(maxsize=64)
def _outlines(prefecture: str, *, towns: bool) -> _Outlines:
    """Paths by code, fitted into the width; kept, because borders do not change."""
    areas = _areas("municipalities" if towns or prefecture else "prefectures")
    if prefecture:
        own = [area for area in areas if area.prefecture == prefecture]
        return _fit([_without_islands(area) for area in own] if prefecture == _TOKYO else own)
    mainland = [_without_far_islands(area) for area in areas if area.prefecture != _OKINAWA]
    main = _fit(mainland)
    inset = _fit([area for area in areas if area.prefecture == _OKINAWA], _INSET)
    return _Outlines(main.width, main.height, main.shapes + inset.shapes)


def _fit(areas: Sequence[_Area], box: tuple[float, float, float, float] | None = None) -> _Outlines:
    """Scale areas into a box (or the whole width), drop what is too small to see."""
    points = [point for area in areas for ring in area.rings for point in ring]
    west, east = min(x for x, _ in points), max(x for x, _ in points)
    south, north = min(y for _, y in points), max(y for _, y in points)
    squeeze = math.cos(math.radians((south + north) / 2))
    wide, high = (east - west) * squeeze, north - south
    left, top, width, height = box or (4.0, 4.0, _WIDTH - 8, _WIDTH * 1.1)
    scale = min(width / wide, height / high)
    if box is None:
        width, height = wide * scale, high * scale

    def place(point: Point) -> Point:
        x, y = left + (point[0] - west) * squeeze * scale, top + (north - point[1]) * scale
        return x / _GRID, y / _GRID

    shapes = [
        _drawn(area.code, [[place(p) for p in ring] for ring in area.rings]) for area in areas
    ]
    return _Outlines(width + 2 * left, height + 2 * top, shapes)


def _without_far_islands(area: _Area) -> _Area:
    """Tokyo without the islands 1,000 km south, which would shrink the country."""
    if area.prefecture != _TOKYO:
        return area
    return replace(area, rings=[r for r in area.rings if r[0][1] > 32.0] or [_dot(139.8, 32.4)])


def _without_islands(area: _Area) -> _Area:
    """A town of Tokyo for the map of Tokyo: island towns become dots, north to south."""
    kept = [ring for ring in area.rings if ring[0][1] > _SOUTHERN_ISLANDS]
    lat, lng = area.rings[0][0][1], area.rings[0][0][0]
    foot = _dot(139.2 + (_SOUTHERN_ISLANDS - lat) * 0.05, 35.44 - (lng - 139.0) * 0.02)
    return replace(area, rings=kept or [foot])


def _dot(lng: float, lat: float) -> Ring:
    return [(lng, lat), (lng + 1e-5, lat), (lng, lat + 1e-5)]


def _drawn(code: str, rings: list[Ring]) -> tuple[str, str, Point | None]:
    sized = sorted(((abs(_surface(ring)), ring) for ring in rings), key=lambda it: -it[0])
    seen = [ring for size, ring in sized if size * _GRID**2 >= _SMALLEST_RING]
    if not seen:
        return code, "", _middle(sized[0][1])
    return code, "".join(_path(_simplify(ring)) for ring in seen), None


def _surface(ring: Ring) -> float:
    pairs = zip(ring, ring[1:] + ring[:1], strict=True)
    return sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairs) / 2


def _middle(ring: Ring) -> Point:
    return sum(x for x, _ in ring) / len(ring), sum(y for _, y in ring) / len(ring)


def _simplify(ring: Ring) -> list[tuple[int, int]]:
    """Points on the grid, without repeats and without those on a straight line.

    Two areas with a common border get the same points, so that the border stays common.
    """
    kept: list[tuple[int, int]] = []
    for x, y in ring:
        point = (round(x), round(y))
        if not kept or point != kept[-1]:
            kept.append(point)
    return [point for at, point in enumerate(kept) if not _straight(kept, at)]


def _straight(ring: list[tuple[int, int]], at: int) -> bool:
    if len(ring) < 4 or at in (0, len(ring) - 1):
        return False
    (x0, y0), (x1, y1), (x2, y2) = ring[at - 1 : at + 2]
    return (x1 - x0) * (y2 - y1) == (x2 - x1) * (y1 - y0)


def _path(ring: list[tuple[int, int]]) -> str:
    """Relative moves: fewer bytes than absolute ones."""
    steps = [x for (x0, y0), (x1, y1) in pairwise(ring) for x in (x1 - x0, y1 - y0)]
    moves = "".join(str(step) if step < 0 else f" {step}" for step in steps).strip()
    return f"M{ring[0][0]} {ring[0][1]}l{moves}z"


@cache
def _areas(name: str) -> list[_Area]:
    """All areas of a TopoJSON file, without the six villages of the northern territories."""
    packed = resources.files("jichitai.data").joinpath(f"map_{name}.topojson.gz").read_bytes()
    topology = json.loads(gzip.decompress(packed))
    arcs = [_decode(arc, topology["transform"]) for arc in topology["arcs"]]
    (layer,) = topology["objects"].values()
    return [
        _Area(
            code=properties.get("lg_code") or properties["prefecture_code"],
            prefecture=properties["prefecture_code"],
            name=properties.get("city_name") or properties["prefecture_name"],
            rings=list(_rings(geometry, arcs)),
        )
        for geometry in layer["geometries"]
        if not (properties := geometry["properties"]).get("is_hoppo_city")
    ]


def _decode(arc: Sequence[Sequence[int]], transform: Mapping[str, Sequence[float]]) -> Ring:
    x = y = 0
    (scale_x, scale_y), (move_x, move_y) = transform["scale"], transform["translate"]
    points: Ring = []
    for step_x, step_y in arc:
        x, y = x + step_x, y + step_y
        points.append((x * scale_x + move_x, y * scale_y + move_y))
    return points


def _rings(geometry: Mapping[str, Any], arcs: Sequence[Ring]) -> Iterator[Ring]:
    """Outer and inner rings alike; SVG's even-odd of opposite turns draws the holes."""
    found: list[list[list[int]]] | list[list[int]] = geometry["arcs"]
    polygons: Any = [found] if geometry["type"] == "Polygon" else found
    for polygon in polygons:
        for indexes in polygon:
            ring: Ring = []
            for index in indexes:
                part = arcs[index] if index >= 0 else arcs[~index][::-1]
                ring.extend(part[1:] if ring else part)
            yield ring
