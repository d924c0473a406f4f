"""Pieces of a card's face: lines of text as PNG, and the photo as JPEG 2000.

Source: the pieces in the chip as published clients read them.
"""

import io
from typing import Final

from PIL import Image, ImageDraw, ImageOps

from jichitai.jpki.chip.errors import UndrawableFaceError
from jichitai.jpki.chip.typeface import Typeface

PHOTO: Final = (240, 300)
"""Of the chip's photo."""
NUMBER: Final = (560, 80)
LARGEST_SOURCE: Final = 40_000_000
"""Pixels of a photo that is handed in."""


def photo_of(content: bytes) -> bytes:
    """The chip's photo: grey, 240 by 300, JPEG 2000.

    Raises:
        UndrawableFaceError: it is no picture, or a very large one.

    Source: 番号法施行規則 (写真); the format as published clients read it.
    """
    grey = ImageOps.fit(opened(content).convert("L"), PHOTO, Image.Resampling.LANCZOS)
    out = io.BytesIO()
    grey.save(out, "JPEG2000", quality_mode="rates", quality_layers=[12], irreversible=True)
    return out.getvalue()


def png_of(photo: bytes) -> bytes:
    """A chip's photo as PNG, since browsers do not show JPEG 2000.

    Raises:
        UndrawableFaceError: it is no picture.
    """
    return png(opened(photo))


def number(face: Typeface, digits: str) -> Image.Image:
    """個人番号 in three groups."""
    return line(face, f"{digits[:4]}  {digits[4:8]}  {digits[8:]}", NUMBER, 68)


def line(face: Typeface, text: str, box: tuple[int, int], pixels: int) -> Image.Image:
    """One line, made smaller until it fits."""
    printable = face.printable(text)
    while face.width(printable, pixels) > box[0] - 4:
        pixels -= 1
        if pixels < 16:
            raise _too_long()
    image = Image.new("L", box, 255)
    pen = ImageDraw.Draw(image)
    pen.text((2, box[1] // 2), printable, font=face.size(pixels), fill=0, anchor="lm")
    return image


def paragraph(face: Typeface, text: str, box: tuple[int, int], pixels: int) -> Image.Image:
    """As many lines as needed, made smaller until they fit."""
    printable = face.printable(text)
    pixels = _unbroken(face, printable, box[0] - 4, pixels)
    while len(rows := _wrapped(face, printable, box[0] - 4, pixels)) * pixels * 1.2 > box[1]:
        pixels -= 1
        if pixels < 14:
            raise _too_long()
    image = Image.new("L", box, 255)
    pen = ImageDraw.Draw(image)
    for index, row in enumerate(rows):
        at = (2, round(pixels * (1 + 1.2 * index)))
        pen.text(at, row, font=face.size(pixels), fill=0, anchor="ls")
    return image


def _unbroken(face: Typeface, text: str, width: int, pixels: int) -> int:
    """A slightly smaller size that lets the line break at a space, if there is one."""
    halves = text.rsplit("\u3000", 1)
    for tried in range(pixels, pixels - 7, -1):
        if all(face.width(half, tried) <= width for half in halves):
            return tried
    return pixels


def _wrapped(face: Typeface, text: str, width: int, pixels: int) -> list[str]:
    halves = text.rsplit("\u3000", 1)
    broken = face.width(text, pixels) > width
    if broken and all(face.width(half, pixels) <= width for half in halves):
        return halves
    rows, row = [], ""
    for one in text:
        if row and face.width(row + one, pixels) > width:
            rows.append(row)
            row = ""
        row += one
    return [*rows, row]


def opened(content: bytes) -> Image.Image:
    """Read a picture, upright.

    Raises:
        UndrawableFaceError: it is none, or a very large one.
    """
    try:
        image = Image.open(io.BytesIO(content), formats=("PNG", "JPEG", "JPEG2000", "WEBP"))
        if image.width * image.height > LARGEST_SOURCE:
            raise _no_picture()
        image.load()
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise _no_picture() from None
    return ImageOps.exif_transpose(image)


def png(image: Image.Image) -> bytes:
    """Write a picture; lines of text small, in sixteen greys, and whole faces quickly."""
    out = io.BytesIO()
    if image.mode == "L" and image.size != PHOTO:
        image.quantize(16).save(out, "PNG", optimize=True)
    else:
        image.save(out, "PNG", compress_level=5)
    return out.getvalue()


def _no_picture() -> UndrawableFaceError:
    return UndrawableFaceError(
        "写真を画像として読み取れません。JPEG・PNG形式で、480から6000画素の写真を指定してください。"
    )


def _too_long() -> UndrawableFaceError:
    return UndrawableFaceError(
        "氏名または住所が長く、券面の欄に収まりません。券面の記載方法を担当者が決めてください。"
    )
