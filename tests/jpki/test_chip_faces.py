"""The faces of a card: every character drawn, pictures small enough for the chip, a specimen."""

import io
import lzma
import re
from datetime import date
from importlib import resources
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from jichitai.jpki.chip import faces, pictures, portraits
from jichitai.jpki.chip.contents import Drawn
from jichitai.jpki.chip.errors import UndrawableFaceError
from jichitai.jpki.chip.typeface import PACKAGED, Typeface
from jichitai.kernel.municipalities import municipalities
from tests.jpki.test_chip_objects import card

PHOTO = portraits.portrait("seed")


@pytest.fixture(scope="module")
def drawn() -> Drawn:
    return faces.draw(card(), PHOTO)


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def test_the_pieces_are_of_the_published_kinds(drawn: Drawn) -> None:
    for piece in (drawn.name, drawn.address, drawn.security_code, drawn.number):
        assert piece is not None
        assert opened(piece).format == "PNG"
    photo = opened(drawn.photo)
    assert (photo.format, photo.mode, photo.size) == ("JPEG2000", "L", (240, 300))
    assert opened(pictures.png_of(drawn.photo)).format == "PNG"


def test_the_front_fits_into_its_file(drawn: Drawn) -> None:
    noisy = Image.effect_noise((1200, 1500), 90).convert("RGB")
    out = io.BytesIO()
    noisy.save(out, "JPEG")
    worst = faces.draw(card(address="北海道札幌市中央区" + "鬱蒼龍驤" * 16), out.getvalue())
    for one in (drawn, worst):
        assert len(one.name + one.address + one.photo + one.security_code) < 30_000


def test_whole_faces_have_the_size_of_a_card() -> None:
    for content in (faces.front(card(), PHOTO), faces.back(card())):
        face = opened(content)
        assert face.size == (faces.WIDTH, faces.HEIGHT)
        assert round(face.width / face.height, 3) == round(85.60 / 53.98, 3)
        alpha = face.getchannel("A")
        assert alpha.getpixel((0, 0)) == 0
        assert alpha.getpixel((face.width // 2, 300)) == 255


def test_the_longest_names_of_towns_and_days_stay_inside_the_card() -> None:
    face = Typeface.packaged()
    issuers = [f"{town.full_name}長" for town in municipalities()]
    longest = max(issuers, key=lambda text: face.width(text, 24))
    assert face.width(longest, faces._fitting(face, longest, 24, 206)) <= 206
    assert faces._fitting(face, longest, 24, 206) >= 14
    days = "昭和20年8月推定15日から31日までの間"
    assert faces._fitting(face, days, 32, 340) >= 14


def test_a_foreign_residents_dates_are_western() -> None:
    assert faces.front(card(foreign=True), PHOTO) != faces.front(card(), PHOTO)
    assert faces._until(date(2036, 5, 1), foreign=True) == "2036年5月1日"
    assert faces._until(date(2036, 5, 1), foreign=False) == "2036年（令和18年）5月1日"


def test_a_variant_of_a_character_is_drawn_as_such() -> None:
    face = Typeface.packaged()
    plain = pictures.line(face, "葛", (100, 60), 48)
    variant = pictures.line(face, "葛\U000e0100", (100, 60), 48)
    assert ImageChops.difference(plain, variant).getbbox() is not None


def test_characters_that_the_font_lacks_are_replaced() -> None:
    face = Typeface.packaged()
    assert face.printable("髙橋　花子") == "髙橋　花子"
    assert face.printable("山\U000fffd0") == "山〓"
    assert face.printable("辻\U000e0101") == "辻\U000e0101"


def test_a_text_is_made_smaller_until_it_fits_and_then_refused() -> None:
    face = Typeface.packaged()
    assert pictures.line(face, "寿限無" * 8, (620, 64), 46).size == (620, 64)
    with pytest.raises(UndrawableFaceError):
        pictures.line(face, "寿限無" * 40, (620, 64), 46)
    with pytest.raises(UndrawableFaceError):
        pictures.paragraph(face, "北海道札幌市" * 60, (620, 92), 34)


@pytest.mark.parametrize(
    "content", [b"", b"no picture", b"\x89PNG\r\n\x1a\n", b"GIF89a" + bytes(9)]
)
def test_what_is_no_picture_is_refused(content: bytes) -> None:
    with pytest.raises(UndrawableFaceError):
        pictures.photo_of(content)


def test_a_picture_of_monstrous_size_is_refused_unread() -> None:
    out = io.BytesIO()
    Image.new("1", (40_001, 1_000)).save(out, "PNG")
    with pytest.raises(UndrawableFaceError):
        pictures.photo_of(out.getvalue())


def test_a_card_without_a_number_has_no_back() -> None:
    with pytest.raises(UndrawableFaceError, match=re.compile("個人番号")):
        faces.back(card(my_number=None))


def test_a_portrait_follows_from_its_seed_alone() -> None:
    assert portraits.portrait("seed") == PHOTO
    assert portraits.portrait("other") != PHOTO
    assert opened(PHOTO).size == (480, 600)


def test_portraits_differ() -> None:
    assert len({portraits.portrait(f"seed {number}") for number in range(5)}) == 5


def test_another_font_may_be_used(tmp_path: Path) -> None:
    packed = resources.files("jichitai.data").joinpath(f"fonts/{PACKAGED}").read_bytes()
    font = tmp_path / "font.ttf"
    font.write_bytes(lzma.decompress(packed))
    text = pictures.line(Typeface.load(font), "鷗", (60, 60), 48)
    assert text.tobytes() == pictures.line(Typeface.packaged(), "鷗", (60, 60), 48).tobytes()
    font.write_bytes(b"no font")
    with pytest.raises(OSError, match=r"invalid|unknown"):
        Typeface.load(font)
