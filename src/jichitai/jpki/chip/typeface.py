"""Letters for pictures: the packaged font, and what to do about characters that it lacks."""

import io
import lzma
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Final, Self

from PIL import Image, ImageDraw, ImageFont, features

from jichitai.kernel.characters import GETA, clusters, reduce_text

PACKAGED: Final = "NotoSansJP_500Medium.ttf.xz"
"""Noto Sans JP Medium: 16,732 characters and 13,416 variants chosen by selectors."""
_PROBE: Final = 24
_NOWHERE: Final = "\U0010fffd"


class Typeface:
    """One font in all sizes.

    Args:
        content: of a TrueType or OpenType file.
    """

    def __init__(self, content: bytes) -> None:
        """Keep the font; sizes are made when asked for."""
        self._content = content
        self._sizes: dict[int, ImageFont.FreeTypeFont] = {}
        self._known: dict[str, bool] = {}
        self._shapes = features.check("raqm")

    @classmethod
    def packaged(cls) -> "Typeface":
        """The font that comes with this software."""
        return _packaged()

    @classmethod
    def load(cls, path: Path) -> Self:
        """Another font, such as one with every character of names (文字情報基盤).

        Raises:
            OSError: it cannot be read, or is no font.
        """
        face = cls(path.read_bytes())
        face.size(_PROBE)
        return face

    def size(self, pixels: int) -> ImageFont.FreeTypeFont:
        """The font in one size."""
        if pixels not in self._sizes:
            self._sizes[pixels] = ImageFont.truetype(io.BytesIO(self._content), pixels)
        return self._sizes[pixels]

    def printable(self, text: str) -> str:
        """The text with every character that the font lacks replaced.

        First the selector is dropped, then the character reduced to JIS X 0213, then 〓 stands.

        Source: MJ縮退マップ 1.2.0.
        """
        return "".join(self._cluster(one) for one in clusters(text))

    def width(self, text: str, pixels: int) -> int:
        """How wide a text that is printable becomes."""
        return round(self.size(pixels).getlength(text))

    def write(
        self, image: Image.Image, at: tuple[int, int], text: str, pixels: int, colour: str
    ) -> None:
        """Draw a text, its left end and baseline at `at`."""
        draw = ImageDraw.Draw(image)
        draw.text(at, self.printable(text), font=self.size(pixels), fill=colour, anchor="ls")

    def _cluster(self, cluster: str) -> str:
        plain = cluster[0]
        if self._has(plain):
            return cluster if self._shapes else plain
        reduced = reduce_text(cluster)
        return reduced if all(self._has(one) for one in reduced) else GETA

    def _has(self, character: str) -> bool:
        if character not in self._known:
            self._known[character] = character.isspace() or self._ink(character) != self._ink(
                _NOWHERE
            )
        return self._known[character]

    def _ink(self, character: str) -> bytes:
        return bytes(self.size(_PROBE).getmask(character))


@cache
def _packaged() -> Typeface:
    packed = resources.files("jichitai.data").joinpath(f"fonts/{PACKAGED}").read_bytes()
    return Typeface(lzma.decompress(packed))
