"""Both faces of a card, drawn from its data: the pieces for the chip, and whole pictures for pages.

The design is this project's own and says on both faces that it is a specimen; it is not a copy of
the official card. What the chip holds are the published pieces: name, address and 個人番号 as PNG,
a grey photo as JPEG 2000.

Source: 番号法 第2条第7項 (券面事項); the pieces as published clients read them.
"""

import math
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Final

from PIL import Image, ImageDraw, ImageOps

from jichitai.jpki.chip.contents import CardData, Drawn
from jichitai.jpki.chip.errors import UndrawableFaceError
from jichitai.jpki.chip.pictures import line, number, opened, paragraph, photo_of, png
from jichitai.jpki.chip.reading import Back, Front
from jichitai.jpki.chip.typeface import Typeface
from jichitai.kernel.eras import wareki
from jichitai.kernel.municipalities import municipality
from jichitai.kernel.persons import Sex

WIDTH: Final = 1012
HEIGHT: Final = 638
"""85.60 mm by 53.98 mm at 300 dots an inch (ISO/IEC 7810 ID-1)."""
_NAME: Final = (620, 64)
_ADDRESS: Final = (620, 92)
_CODE: Final = (132, 44)
_INK: Final = "#1d2733"
_SOFT: Final = "#4c6375"
_LINE: Final = "#8fb3c4"
_ACCENT: Final = "#0f5f78"
_WARN: Final = "#9c2f3f"
_ROUND: Final = 36


@dataclass(frozen=True, slots=True, kw_only=True)
class _FrontParts:
    """What the drawing of a front needs, whether it comes from a register or from a chip."""

    name: Image.Image
    address: Image.Image
    code: Image.Image
    photo: Image.Image
    birth: str
    sex: str
    until: str
    certificate_until: str
    issuer: str


def draw(card: CardData, photo: bytes, typeface: Typeface | None = None) -> Drawn:
    """The pictures for the chip.

    Args:
        card: what is printed.
        photo: a portrait in any usual format.
        typeface: another font than the packaged one.

    Raises:
        UndrawableFaceError: the photo is no picture, or a text is too long for its field.

    Source: docs/reference/chip.md.
    """
    face = typeface or Typeface.packaged()
    return Drawn(
        name=png(line(face, card.name, _NAME, 46)),
        address=png(paragraph(face, card.address, _ADDRESS, 34)),
        security_code=png(line(face, card.security_code, _CODE, 38)),
        photo=photo_of(photo),
        number=None if card.my_number is None else png(number(face, card.my_number.reveal())),
    )


def front(card: CardData, photo: bytes, typeface: Typeface | None = None) -> bytes:
    """The front as it is printed, PNG.

    Raises:
        UndrawableFaceError: see `draw`.

    Source: 番号法 第2条第7項.
    """
    face = typeface or Typeface.packaged()
    place = municipality(card.municipality)
    parts = _FrontParts(
        name=line(face, card.name, _NAME, 46),
        address=paragraph(face, card.address, _ADDRESS, 34),
        code=line(face, card.security_code, _CODE, 38),
        photo=opened(photo),
        birth=card.birth.western() if card.foreign else card.birth.japanese(),
        sex=card.sex.japanese,
        until=_until(card.until, foreign=card.foreign),
        certificate_until=(
            "" if card.certificate_until is None else f"{card.certificate_until:%Y年%-m月%-d日}"
        ),
        issuer=f"{place.full_name}長",
    )
    return png(_front(face, parts))


def chip_front(read: Front, typeface: Typeface | None = None) -> bytes:
    """The front again, from what a chip holds: to put beside the printed one, PNG.

    Raises:
        UndrawableFaceError: a picture in the chip cannot be read.

    Source: docs/reference/chip.md.
    """
    face = typeface or Typeface.packaged()
    parts = _FrontParts(
        name=_ink(read.name),
        address=_ink(read.address),
        code=_ink(read.security_code),
        photo=opened(read.photo),
        birth=_day(read.birth_date),
        sex=read.sex.japanese if read.sex is not Sex.UNKNOWN else "―",
        until=_day(read.until),
        certificate_until="",
        issuer="チップの記録",
    )
    return png(_front(face, parts))


def back(card: CardData, typeface: Typeface | None = None) -> bytes:
    """The back as it is printed, with 個人番号 and the contacts of the chip, PNG.

    Raises:
        UndrawableFaceError: the card has no number to print.

    Source: 番号法 第2条第7項.
    """
    face = typeface or Typeface.packaged()
    if card.my_number is None:
        raise UndrawableFaceError(
            "個人番号のないカードの裏面は作成できません。個人番号の指定を待って作成してください。"
        )
    birth = card.birth.western() if card.foreign else card.birth.japanese()
    printed = number(face, card.my_number.reveal())
    return png(_back(face, printed, line(face, card.name, _NAME, 34), birth))


def chip_back(read: Back, typeface: Typeface | None = None) -> bytes:
    """The back again, from what a chip holds, PNG.

    Raises:
        UndrawableFaceError: the picture in the chip cannot be read.

    Source: docs/reference/chip.md.
    """
    return png(_back(typeface or Typeface.packaged(), _ink(read.number), None, ""))


def _front(face: Typeface, parts: _FrontParts) -> Image.Image:
    image = _ground(0).copy()
    _title(face, image, "個人番号カード")
    _field(face, image, (48, 128), "氏名")
    _paste(image, parts.name, (128, 92))
    _field(face, image, (48, 208), "住所")
    _paste(image, parts.address, (128, 176))
    _field(face, image, (48, 318), "生年月日")
    face.write(image, (168, 320), parts.birth, _fitting(face, parts.birth, 32, 340), _INK)
    _field(face, image, (520, 318), "性別")
    face.write(image, (588, 320), parts.sex, 32, _INK)
    _field(face, image, (48, 378), "有効期限")
    face.write(image, (168, 380), f"{parts.until}まで", 30, _INK)
    _photo(image, parts.photo, (758, 92, 758 + 206, 92 + 264))
    _code(face, image, parts.code)
    if parts.certificate_until:
        _field(face, image, (48, 432), "電子証明書の有効期限")
        face.write(image, (300, 433), parts.certificate_until, 24, _INK)
    _notes(face, image)
    face.write(image, (758, 456), parts.issuer, _fitting(face, parts.issuer, 24, 206), _INK)
    return _finished(face, image)


def _back(
    face: Typeface, printed: Image.Image, name: Image.Image | None, birth: str
) -> Image.Image:
    image = _ground(1).copy()
    _title(face, image, "個人番号カード（裏）")
    _field(face, image, (330, 232), "個人番号")
    _paste(image, printed, (330, 252))
    if name is not None:
        _field(face, image, (330, 392), "氏名")
        _paste(image, name, (400, 352))
        _field(face, image, (330, 452), "生年月日")
        face.write(image, (450, 453), birth, 28, _INK)
    _contacts(image, (92, 220))
    face.write(image, (48, 560), "個人番号は、法律で定められた手続でだけ使います。", 24, _SOFT)
    return _finished(face, image)


def _title(face: Typeface, image: Image.Image, title: str) -> None:
    ImageDraw.Draw(image).rectangle((0, 0, WIDTH, 62), fill=_ACCENT)
    face.write(image, (40, 44), title, 34, "#ffffff")
    note = "JICHITAI SPECIMEN"
    face.write(image, (WIDTH - 40 - face.width(note, 24), 41), note, 24, "#cfe6ee")


def _field(face: Typeface, image: Image.Image, at: tuple[int, int], label: str) -> None:
    face.write(image, at, label, 22, _SOFT)


def _fitting(face: Typeface, text: str, pixels: int, width: int) -> int:
    """The largest size up to `pixels` at which a text is not wider than `width`."""
    return next(size for size in range(pixels, 0, -1) if face.width(text, size) <= width)


def _notes(face: Typeface, image: Image.Image) -> None:
    """追記欄."""
    pen = ImageDraw.Draw(image)
    pen.rounded_rectangle((40, 462, 724, 582), 10, outline=_LINE, width=2)
    face.write(image, (52, 486), "追記欄", 18, _SOFT)
    for at in (506, 532, 558):
        pen.line((52, at, 712, at), fill=_LINE, width=1)


def _code(face: Typeface, image: Image.Image, code: Image.Image) -> None:
    ImageDraw.Draw(image).rounded_rectangle((758, 366, 964, 420), 8, outline=_LINE, width=2)
    face.write(image, (768, 388), "セキュリティ", 14, _SOFT)
    face.write(image, (768, 410), "コード", 14, _SOFT)
    _paste(image, code, (866, 372))


def _photo(image: Image.Image, photo: Image.Image, box: tuple[int, int, int, int]) -> None:
    left, top, right, bottom = box
    fitted = ImageOps.fit(
        photo.convert("RGB"), (right - left, bottom - top), Image.Resampling.LANCZOS
    )
    image.paste(fitted, (left, top), _corners(fitted.size, 12))
    ImageDraw.Draw(image).rounded_rectangle(box, 12, outline=_LINE, width=2)


def _contacts(image: Image.Image, at: tuple[int, int]) -> None:
    """The eight contacts of the chip.

    Source: ISO/IEC 7816-2 (places of the contacts).
    """
    left, top = at
    pen = ImageDraw.Draw(image)
    box = (left, top, left + 150, top + 130)
    pen.rounded_rectangle(box, 22, fill="#d9c27c", outline="#a88d3c", width=3)
    for row in (1, 2, 3):
        at_row = top + row * 130 // 4
        pen.line((left, at_row, left + 52, at_row), fill="#a88d3c", width=3)
        pen.line((left + 98, at_row, left + 150, at_row), fill="#a88d3c", width=3)
    pen.rounded_rectangle(
        (left + 52, top + 24, left + 98, top + 106), 10, outline="#a88d3c", width=3
    )


def _finished(face: Typeface, image: Image.Image) -> Image.Image:
    """The mark of a specimen, and round corners."""
    mark = "見本 ・ 効力はありません ・ SPECIMEN"
    face.write(image, (WIDTH - 40 - face.width(mark, 22), 612), mark, 22, _WARN)
    stamp = Image.new("RGBA", (620, 170))
    text = face.size(120)
    ImageDraw.Draw(stamp).text((310, 85), "見本", font=text, fill=(156, 47, 63, 34), anchor="mm")
    turned = stamp.rotate(18, expand=True)
    image.paste(turned, ((WIDTH - turned.width) // 2 - 60, 210), turned)
    image.putalpha(_corners(image.size, _ROUND))
    return image


@cache
def _corners(size: tuple[int, int], radius: int) -> Image.Image:
    """A mask with round corners, smooth."""
    fine = 4
    mask = Image.new("L", (size[0] * fine, size[1] * fine))
    box = (0, 0, mask.width - 1, mask.height - 1)
    ImageDraw.Draw(mask).rounded_rectangle(box, radius * fine, fill=255)
    return mask.resize(size, Image.Resampling.LANCZOS)


@cache
def _ground(side: int) -> Image.Image:
    """A pale ground with fine waves; one for each side."""
    fine = 2
    image = Image.new("RGB", (WIDTH * fine, HEIGHT * fine))
    pen = ImageDraw.Draw(image)
    for y in range(image.height):
        share = y / image.height
        tint = (round(244 - 14 * share), round(249 - 7 * share), round(250 - 3 * share))
        pen.line((0, y, image.width, y), fill=tint)
    for wave in range(46):
        phase, rise = wave * 0.37 + side * 1.9, 30 + 22 * math.sin(wave * 0.21 + side)
        points = [
            (x, wave * 30 + rise * math.sin(x / 190 + phase) + 14 * math.sin(x / 61 - phase))
            for x in range(0, image.width + 8, 8)
        ]
        pen.line(points, fill="#cfe2ea" if wave % 2 else "#dcd9ea", width=2)
    return image.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)


def _paste(image: Image.Image, ink: Image.Image, at: tuple[int, int]) -> None:
    """Lay black on white over the ground."""
    image.paste(_INK, (at[0], at[1], at[0] + ink.width, at[1] + ink.height), ImageOps.invert(ink))


def _ink(content: bytes) -> Image.Image:
    return opened(content).convert("L")


def _day(text: str) -> str:
    """`YYYY-MM-DD` of a chip, for people."""
    year, month, day = text.split("-")
    if "00" in (month, day):
        return "年月日不詳"
    return f"{year}年{int(month)}月{int(day)}日"


def _until(day: date, *, foreign: bool) -> str:
    return (
        f"{day:%Y年%-m月%-d日}"
        if foreign
        else f"{day:%Y年}（{wareki(day).split('年')[0]}年）{day:%-m月%-d日}"
    )
