"""Photos of an incident: what is taken, and that nothing but the picture is kept."""

from io import BytesIO
from typing import Final

from PIL import Image, ImageOps

from jichitai.security.incidents.errors import UnusablePictureError

LARGEST_BYTES: Final = 10 * 1024 * 1024
LONGEST_SIDE: Final = 12_000
LIMITS: Final = "JPEGかPNG、10MBまで。場所や機種の情報は消して保存します"
MOST_PHOTOS: Final = 20
MEDIA_TYPE: Final = "image/jpeg"
_MOST_PIXELS: Final = 60_000_000
_KEPT: Final = (2000, 2000)
_QUALITY: Final = 85


def prepared(content: bytes) -> bytes:
    """Check a photo and make the one that is kept: a JPEG without place, camera or time.

    Raises:
        UnusablePictureError: too large, or no JPEG or PNG.

    Source: the limits are ours.
    """
    if not content or len(content) > LARGEST_BYTES:
        raise _refused("大きさが0か、10MBを超えています。")
    try:
        with Image.open(BytesIO(content), formats=["JPEG", "PNG"]) as image:
            width, height = image.size
            if max(width, height) > LONGEST_SIDE or width * height > _MOST_PIXELS:
                raise _refused("画素が多すぎます。")
            upright = ImageOps.exif_transpose(image)
            flat = Image.new("RGB", upright.size, "white")
            shown = upright.convert("RGBA")
            flat.paste(shown, mask=shown.getchannel("A"))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise _refused("JPEGかPNGの画像として読めません。") from None
    flat.thumbnail(_KEPT)
    out = BytesIO()
    flat.save(out, "JPEG", quality=_QUALITY)
    return out.getvalue()


def _refused(why: str) -> UnusablePictureError:
    return UnusablePictureError(
        f"{why}この写真は保存できません。条件（{LIMITS}）に合う写真を選び直すか、"
        "写真なしで報告してください。"
    )
