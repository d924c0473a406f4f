"""効果発現経路の図: a logic model as inline SVG, without script, without inline style.

Colours are attributes, so that the page's policy holds and a saved file looks the same. The strength
of the evidence is a letter on each line, and a dash pattern besides.
"""

from collections.abc import Mapping
from typing import Final

from markupsafe import Markup, escape

from jichitai.evaluation.policies.geometry import BADGE, Box, Curve, Drawing, Head, drawing
from jichitai.evaluation.policies.model import Attached, Column, Grade, LogicModel

_FONT: Final = "'Noto Sans JP', 'Noto Sans CJK JP', sans-serif"
_KEY: Final = "#0017c1"
_STRONG: Final = "#1a1a1a"
_TEXT: Final = "#333333"
_SECOND: Final = "#595959"
_HEADS: Final[Mapping[Column, str]] = {
    Column.ACTIVITY: "#4d4d4d",
    Column.OUTPUT: "#2f5bd0",
    Column.SHORT: "#0017c1",
    Column.LONG: "#000071",
}
_FRAMES: Final[Mapping[Column, tuple[str, str]]] = {
    Column.ACTIVITY: ("#f7f7f7", "#949494"),
    Column.OUTPUT: ("#f4f8ff", "#7096f8"),
    Column.SHORT: ("#e8f1fe", "#4979f5"),
    Column.LONG: ("#d9e6ff", "#0017c1"),
}
DASHES: Final[Mapping[Grade, tuple[str, str, str]]] = {
    Grade.A: (_KEY, "3.5", ""),
    Grade.B: (_KEY, "2.2", ""),
    Grade.C: (_KEY, "2.2", "9 5"),
    Grade.D: ("#595959", "2.2", "2.5 4.5"),
}
"""Colour, thickness and dashes of an edge by grade."""


def svg(
    model: LogicModel,
    values: Mapping[str, Attached],
    *,
    label: str = "",
    findings: Mapping[str, int] | None = None,
) -> Markup:
    """A model drawn.

    Args:
        model: a model without faults.
        values: what is shown for its indicators, by id.
        label: what the drawing shows, for those who hear the page.
        findings: number of findings by node; those nodes get a mark.
    """
    return rendered(drawing(model, values, findings), label=label or "効果発現経路の図")


def rendered(found: Drawing, *, label: str) -> Markup:
    """A drawing as SVG; its words are said again in the list that stands beside it."""
    body = [
        *(_head(head, last=head.column is Column.LONG) for head in found.heads),
        *(_curve(curve) for curve in found.curves),
        *(_box(box) for box in found.boxes),
        *(_badge(curve) for curve in found.curves),
    ]
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{}" width="{:.0f}"'
        ' height="{:.0f}" viewBox="0 0 {:.0f} {:.0f}" font-family="{}">{}</svg>'
    ).format(
        label,
        found.width,
        found.height,
        found.width,
        found.height,
        _FONT,
        Markup("".join(body)),  # noqa: S704 - every text in it is escaped below
    )


def _head(head: Head, *, last: bool) -> str:
    """A ribbon that points to the next column."""
    x, y, w, h = head.x, head.y, head.width, head.height
    point = 0.0 if last else 18.0
    notch = 0.0 if head.column is Column.ACTIVITY else 14.0
    shape = (
        f"M{x:g} {y:g}h{w:g}l{point:g} {h / 2:g}l{-point:g} {h / 2:g}h{-w:g}l{notch:g} {-h / 2:g}z"
    )
    middle = x + (w + notch) / 2
    return (
        f'<path d="{shape}" fill="{_HEADS[head.column]}"/>'
        f'<text x="{middle:g}" y="{y + h / 2 + 5.5:g}" text-anchor="middle" font-size="16"'
        f' font-weight="700" fill="#ffffff">{escape(head.text)}</text>'
    )


def _box(box: Box) -> str:
    ground, frame = _FRAMES[box.column]
    bar = _HEADS[box.column]
    parts = [
        (
            f'<rect x="{box.x + 0.75:g}" y="{box.y + 0.75:g}" width="{box.width - 1.5:g}"'
            f' height="{box.height - 1.5:g}" rx="8" fill="{ground}" stroke="{frame}"'
            ' stroke-width="1.5"/>'
        ),
        (
            f'<path d="M{box.x + 8:g} {box.y + 0.75:g}h{box.width - 16:g}" stroke="{bar}"'
            ' stroke-width="3"/>'
        ),
    ]
    parts += [
        f'<path d="M{box.x + 12:g} {rule:g}h{box.width - 24:g}" stroke="{frame}"'
        ' stroke-width="1" stroke-opacity="0.7"/>'
        for rule in box.rules
    ]
    for line in box.lines:
        weight = "700" if line.style in ("text", "value") else "400"
        colour = {"text": _STRONG, "value": _KEY, "note": _SECOND}.get(line.style, _TEXT)
        parts.append(
            f'<text x="{line.x:g}" y="{line.y:g}" font-size="{line.size:g}"'
            f' font-weight="{weight}" fill="{colour}">{escape(line.text)}</text>'
        )
    if box.findings:
        parts.append(_mark(box))
    return f"<g>{''.join(parts)}</g>"


def _mark(box: Box) -> str:
    """A warning sign on the corner of a box that has findings."""
    x, y = box.x + box.width - 18, box.y - 14
    return (
        f'<path d="M{x:g} {y:g}l13 22h-26z" fill="#ffd43d" stroke="#6e5600" stroke-width="1.5"'
        ' stroke-linejoin="round"/>'
        f'<text x="{x:g}" y="{y + 19:g}" text-anchor="middle" font-size="14" font-weight="700"'
        f' fill="#1a1a1a">!</text>'
    )


def _curve(curve: Curve) -> str:
    colour, thickness, dashes = DASHES[curve.grade]
    way = f"M{curve.start[0]:g} {curve.start[1]:g}" + "".join(
        f"C{a[0]:g} {a[1]:g} {b[0]:g} {b[1]:g} {c[0] - (9 if c == curve.tip else 0):g} {c[1]:g}"
        for a, b, c in curve.parts
    )
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    x, y = curve.tip
    return (
        f'<path d="{way}" fill="none" stroke="{colour}" stroke-width="{thickness}"{dashed}/>'
        f'<path d="M{x:g} {y:g}l-11 -6v12z" fill="{colour}"/>'
    )


def _badge(curve: Curve) -> str:
    colour = DASHES[curve.grade][0]
    x, y = curve.badge
    return (
        f'<circle cx="{x:g}" cy="{y:g}" r="{BADGE:g}" fill="#ffffff" stroke="{colour}"'
        ' stroke-width="1.5"/>'
        f'<text x="{x:g}" y="{y + 5:g}" text-anchor="middle" font-size="14" font-weight="700"'
        f' fill="{colour}">{curve.grade}</text>'
    )
