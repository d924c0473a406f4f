"""Portraits of people who do not exist: a plain silhouette, another for each seed.

They stand where a photograph stands on a card, in rehearsals and tests. Nobody's face is drawn,
and nothing in them says anything about the person whose data stand beside.
"""

import hashlib
import io
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageDraw

WIDTH: Final = 480
HEIGHT: Final = 600
_FINE: Final = 3
_MIDDLE: Final = WIDTH // 2
_GROUNDS: Final = ("#dfe7ee", "#e4e9e2", "#e9e5ee", "#e6ebee", "#ece8e2")
_SKINS: Final = ("#c9b7a6", "#bfae9f", "#d2c1b1", "#b9a898")
_HAIRS: Final = ("#4a4a50", "#5a5450", "#3f444c", "#6a6663", "#8d8b8a")
_CLOTHES: Final = ("#3f5d78", "#5f6f64", "#6b5c78", "#7a6a5a", "#50606a", "#8a5f5f")


@dataclass(frozen=True, slots=True)
class _Lock:
    """A part of the hair.

    Attributes:
        left, right: how far it stands out beyond the head.
        top, bottom: in the picture.
        radius: of the corners; None: an oval.
        arc: first and last degree, when only a piece of the oval is drawn.
    """

    left: int
    top: int
    right: int
    bottom: int
    radius: int | None = None
    arc: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class _Style:
    behind: tuple[_Lock, ...]
    before: tuple[_Lock, ...]


_STYLES: Final = (
    _Style((_Lock(12, 118, 12, 330),), (_Lock(6, 120, 6, 330, arc=(184, 356)),)),
    _Style(
        (_Lock(16, 112, 16, 350),),
        (_Lock(10, 116, -20, 330, arc=(176, 318)), _Lock(-40, 122, 10, 300, arc=(232, 362))),
    ),
    _Style((_Lock(28, 112, 28, 410, radius=100),), (_Lock(14, 118, 14, 350, arc=(190, 350)),)),
    _Style((_Lock(24, 112, 24, 540, radius=104),), (_Lock(12, 116, 12, 340, arc=(196, 344)),)),
    _Style(
        (_Lock(-44, 70, -44, 146), _Lock(12, 116, 12, 330)),
        (_Lock(8, 118, 8, 320, arc=(186, 354)),),
    ),
)


def portrait(seed: str) -> bytes:
    """A portrait for a seed, PNG in colour, 480 by 600.

    The same seed gives the same picture; the seed is hashed and cannot be read from it.
    """
    dice = hashlib.blake2b(seed.encode(), person=b"jichitai-face").digest()
    ground = _GROUNDS[dice[0] % len(_GROUNDS)]
    hair, skin = _HAIRS[dice[1] % len(_HAIRS)], _SKINS[dice[2] % len(_SKINS)]
    style, wide = _STYLES[dice[3] % len(_STYLES)], 82 + dice[4] % 13
    image = Image.new("RGB", (WIDTH * _FINE, HEIGHT * _FINE), ground)
    draw = ImageDraw.Draw(image)
    for lock in style.behind:
        _hair(draw, lock, wide, hair)
    _shoulders(draw, 150 + dice[5] % 28, _CLOTHES[dice[6] % len(_CLOTHES)], skin, dice[7] % 3)
    draw.ellipse(_box(_MIDDLE - wide, 148, _MIDDLE + wide, 386), fill=skin)
    for lock in style.before:
        _hair(draw, lock, wide, hair)
    out = io.BytesIO()
    image.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS).save(out, "PNG", optimize=True)
    return out.getvalue()


def _shoulders(draw: ImageDraw.ImageDraw, half: int, cloth: str, skin: str, collar: int) -> None:
    draw.rounded_rectangle(_box(196, 340, 284, 470), 34 * _FINE, fill=skin)
    draw.rounded_rectangle(_box(_MIDDLE - half, 430, _MIDDLE + half, 760), 96 * _FINE, fill=cloth)
    match collar:
        case 0:
            draw.polygon(_points(196, 430, 284, 430, _MIDDLE, 506), fill=skin)
        case 1:
            draw.ellipse(_box(194, 398, 286, 462), fill=skin)
        case _:
            draw.polygon(_points(186, 430, 294, 430, _MIDDLE, 526), fill="#f3f4f4")
            draw.polygon(_points(204, 426, 276, 426, _MIDDLE, 484), fill=skin)


def _hair(draw: ImageDraw.ImageDraw, lock: _Lock, wide: int, colour: str) -> None:
    box = _box(_MIDDLE - wide - lock.left, lock.top, _MIDDLE + wide + lock.right, lock.bottom)
    if lock.radius is not None:
        draw.rounded_rectangle(box, lock.radius * _FINE, fill=colour)
    elif lock.arc is not None:
        draw.chord(box, *lock.arc, fill=colour)
    else:
        draw.ellipse(box, fill=colour)


def _box(left: int, top: int, right: int, bottom: int) -> tuple[int, int, int, int]:
    return left * _FINE, top * _FINE, right * _FINE, bottom * _FINE


def _points(*numbers: int) -> list[int]:
    return [number * _FINE for number in numbers]
