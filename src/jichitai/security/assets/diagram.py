"""構成図: the diagram of a picture as SVG, drawn on the server, text as text.

Lines that break a rule are red, broken and marked; nothing is told by colour alone. The same
facts stand in a table beside it.
"""

from collections.abc import Mapping, Sequence
from typing import Final, Literal

from markupsafe import Markup, escape

from jichitai.security.assets.layout import BOX, HEAD, LANE, MARGIN, Box, Layout, Line, arrange
from jichitai.security.assets.model.kinds import Sanitising
from jichitai.security.assets.model.picture import Picture
from jichitai.security.assets.rules.catalogue import Finding

Look = Literal["fine", "clean", "warning", "violation"]
_STROKES: Final[Mapping[Look, str]] = {
    "fine": 'stroke="#333333" stroke-width="1.5"',
    "clean": 'stroke="#0017c1" stroke-width="1.5"',
    "warning": 'stroke="#6e5600" stroke-width="2" stroke-dasharray="2 3"',
    "violation": 'stroke="#ce0000" stroke-width="3" stroke-dasharray="9 5"',
}
_INK: Final[Mapping[Look, str]] = {
    "fine": "#333333",
    "clean": "#0017c1",
    "warning": "#6e5600",
    "violation": "#ce0000",
}
_LETTERS: Final = 12
"""Letters in a line of a box."""


def draw(picture: Picture, findings: Sequence[Finding]) -> Markup:
    """The diagram.

    Args:
        picture: what the body entered.
        findings: what the check said of it.
    """
    layout = arrange(picture)
    looks = {line.link.number: _look(line, findings) for line in layout.lines}
    marked = {one.system_id or one.segment_id for one in findings if one.violation}
    refs = {str(one) for one in marked if one is not None}
    parts = [
        *_ground(layout),
        *(part for lane in layout.lanes for box in lane.boxes for part in _box(box, refs)),
        *(part for box in layout.outside for part in _box(box, refs)),
        *(_path(line, looks[line.link.number]) for line in _worst_last(layout, looks)),
        *(_label(line, looks[line.link.number]) for line in _worst_last(layout, looks)),
    ]
    broken = sum(1 for look in looks.values() if look == "violation")
    about = (
        f"ネットワークの構成図。システム{len(picture.systems)}件、通信{len(layout.lines)}件、"
        f"規則に合わない通信{broken}件。内容は下の表と同じです。"
    )
    width, height = round(layout.width), round(layout.height)
    return Markup(  # noqa: S704 - every text is escaped where it is written
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{escape(about)}" '
        f'viewBox="0 0 {width} {height}" width="{width}" height="{height}" font-size="13">'
        f"{''.join(parts)}</svg>"
    )


def sample(look: Look) -> Markup:
    """A short line as the legend shows it."""
    return Markup(  # noqa: S704 - fixed text
        '<svg viewBox="0 0 48 12" width="48" height="12" aria-hidden="true">'
        f'<path d="M2 6H46" fill="none" {_STROKES[look]}/></svg>'
    )


def _look(line: Line, findings: Sequence[Finding]) -> Look:
    own = [one for one in findings if one.link_id == line.link.id]
    if any(one.violation for one in own):
        return "violation"
    if own:
        return "warning"
    return "clean" if line.link.draft.sanitising is not Sanitising.NONE else "fine"


def _worst_last(layout: Layout, looks: Mapping[int, Look]) -> list[Line]:
    order = list(_STROKES)
    return sorted(layout.lines, key=lambda line: order.index(looks[line.link.number]))


def _ground(layout: Layout) -> list[str]:
    parts = [f'<rect width="{layout.width:.0f}" height="{layout.height:.0f}" fill="#ffffff"/>']
    for lane in layout.lanes:
        height = lane.bottom - layout.lanes_top
        parts.append(
            f'<rect x="{lane.left:.0f}" y="{layout.lanes_top:.0f}" width="{LANE}" '
            f'height="{height:.0f}" rx="8" fill="#f2f2f2" stroke="#949494"/>'
            f'<text x="{lane.left + LANE / 2:.0f}" y="{layout.lanes_top + 27:.0f}" '
            f'text-anchor="middle" font-weight="700" font-size="14" fill="#1a1a1a">'
            f"{escape(lane.title)}</text>"
        )
        if not lane.boxes:
            parts.append(
                f'<text x="{lane.left + LANE / 2:.0f}" y="{layout.lanes_top + HEAD + 24:.0f}" '
                f'text-anchor="middle" fill="#666666">（登録なし）</text>'
            )
    if layout.outside:
        width = layout.width - 2 * MARGIN
        parts.append(
            f'<rect x="{MARGIN}" y="{layout.outside_top:.0f}" width="{width:.0f}" '
            f'height="{layout.height - layout.outside_top - MARGIN / 2:.0f}" rx="8" '
            'fill="none" stroke="#949494" stroke-dasharray="4 4"/>'
            f'<text x="{MARGIN + 12}" y="{layout.outside_top + 20:.0f}" font-weight="700" '
            'fill="#1a1a1a">団体の外</text>'
        )
    return parts


def _box(box: Box, marked: set[str]) -> list[str]:
    bad = box.ref in marked
    fill = {"segment": "#ffffff", "system": "#e8f1fe", "partner": "#ffffff"}[box.kind]
    stroke = 'stroke="#ce0000" stroke-width="2.5"' if bad else 'stroke="#666666"'
    dash = ' stroke-dasharray="9 5"' if bad else ""
    lines = _wrapped(("✕ " if bad else "") + box.name)
    texts = [
        f'<text x="{box.left + 10:.0f}" y="{box.top + 18 + 15 * index:.0f}" '
        f'{_weight(box)}fill="{"#ce0000" if bad else "#1a1a1a"}">{escape(line)}</text>'
        for index, line in enumerate(lines)
    ]
    if box.second and len(lines) == 1:
        texts.append(
            f'<text x="{box.left + 10:.0f}" y="{box.top + 37:.0f}" font-size="12" '
            f'fill="#333333">{escape(_cut(box.second, 14))}</text>'
        )
    radius = 2 if box.kind == "segment" else 8
    own = (
        f'<g><title>{escape(box.name)}</title><rect x="{box.left:.0f}" y="{box.top:.0f}" '
        f'width="{box.width:.0f}" height="{max(box.height, BOX):.0f}" rx="{radius}" '
        f'fill="{fill}" {stroke}{dash}/>{"".join(texts)}</g>'
    )
    return [own, *(part for inner in box.inner for part in _box(inner, marked))]


def _weight(box: Box) -> str:
    return 'font-weight="700" ' if box.kind == "segment" else ""


def _wrapped(name: str) -> list[str]:
    if len(name) <= _LETTERS:
        return [name]
    return [name[:_LETTERS], _cut(name[_LETTERS:], _LETTERS)]


def _cut(text: str, letters: int) -> str:
    return text if len(text) <= letters else text[: letters - 1] + "…"


def _path(line: Line, look: Look) -> str:
    (x, y), *rest = line.points
    path = f"M{x:.0f} {y:.0f}" + "".join(f"L{a:.0f} {b:.0f}" for a, b in rest)
    ends = "".join(
        f'<circle cx="{a:.0f}" cy="{b:.0f}" r="3.5" fill="{_INK[look]}"/>'
        for a, b in (line.points[0], line.points[-1])
    )
    return f'<path d="{path}" fill="none" stroke-linejoin="round" {_STROKES[look]}/>{ends}'


def _label(line: Line, look: Look) -> str:
    mark = {"violation": "✕", "warning": "！"}.get(look, "")
    text = mark + line.link.label
    width = 12 + 8 * len(text)
    x, y = line.label
    return (
        f"<g><title>{escape(line.link.draft.purpose)}</title>"
        f'<rect x="{x - width / 2:.0f}" y="{y - 8:.0f}" width="{width}" height="16" rx="8" '
        f'fill="#ffffff" stroke="{_INK[look]}"/>'
        f'<text x="{x:.0f}" y="{y + 4:.0f}" text-anchor="middle" font-size="12" '
        f'font-weight="700" fill="{_INK[look]}">{escape(text)}</text></g>'
    )
