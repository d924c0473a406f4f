"""The face on a card: what is taken, and what is kept of it."""

from io import BytesIO
from typing import Final

from PIL import Image, ImageOps

from jichitai.jpki.counter.errors import UnusablePhotoError

LARGEST_BYTES: Final = 7 * 1024 * 1024
SHORTEST_SIDE: Final = 480
LONGEST_SIDE: Final = 6000
LIMITS: Final = "JPEG、縦横480から6000画素、正方形か縦長、7MBまで。6か月以内に撮ったもの"
_KEPT: Final = (480, 600)
_QUALITY: Final = 85


def prepared(content: bytes) -> bytes:
    """Check a photo and make the small one that is written into the chip.

    The result is a JPEG of at most 480 by 600 with nothing but the picture: no place, camera or
    time.

    Raises:
        UnusablePhotoError: not a JPEG, or of a size that the rules do not allow.

    Source: the rules for photos of the card (縦横比, 画素数); the size kept is our choice.
    """
    if not content or len(content) > LARGEST_BYTES:
        raise _refused("大きさが0か、7MBを超えています。")
    try:
        with Image.open(BytesIO(content), formats=["JPEG"]) as image:
            _check_size(*image.size)
            upright = ImageOps.exif_transpose(image).convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise _refused("JPEGの画像として読めません。") from None
    if upright.height < upright.width:
        raise _refused("横長の写真です。")
    upright.thumbnail(_KEPT)
    out = BytesIO()
    upright.save(out, "JPEG", quality=_QUALITY)
    return out.getvalue()


def _check_size(width: int, height: int) -> None:
    if not (min(width, height) >= SHORTEST_SIDE and max(width, height) <= LONGEST_SIDE):
        raise _refused(f"縦横は{SHORTEST_SIDE}から{LONGEST_SIDE}画素にしてください。")


def _refused(why: str) -> UnusablePhotoError:
    return UnusablePhotoError(
        f"{why}カードの顔写真として書き込めません。条件（{LIMITS}）に合う写真を選び直してください。"
    )
