"""Names and sex of persons, and the keys by which people are found."""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from itertools import product
from typing import Self

from jichitai.kernel.characters import reduce_text
from jichitai.kernel.errors import InvalidError

__all__ = ["InvalidNameError", "PersonName", "Sex", "kana_key", "kana_keys", "reduce_text"]


class InvalidNameError(InvalidError):
    """A name is empty, or holds what no name has."""

    type = "kernel.invalid-name"
    title = "氏名に誤りがあります"


class Sex(StrEnum):
    """男女の別. The code values are ours; those of the national network are not public.

    >>> Sex("2").japanese
    '女'

    Source: 住民基本台帳法 第7条第3号.
    """

    MALE = "1"
    FEMALE = "2"
    UNKNOWN = "3"

    @property
    def japanese(self) -> str:
        """The word that certificates print."""
        return {"1": "男", "2": "女", "3": "不詳"}[self.value]


_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_NOT_KANA = re.compile(r"[^ァ-ヺー・　 A-Z.,'\-]")
_SPACES = re.compile("[ \u3000]+")
_DASHES = re.compile(r"[\sー―－‐\-‑‒–—−ｰ・.,']+")
_HIRAGANA = {code: code + 0x60 for code in range(ord("ぁ"), ord("ゖ") + 1)}
_LARGE = str.maketrans("ァィゥェォッャュョヮヵヶヰヱヲヂヅ", "アイウエオツヤユヨワカケイエオヂヅ")
_V_SOUNDS = (("ヴァ", "バ"), ("ヴィ", "ビ"), ("ヴェ", "ベ"), ("ヴォ", "ボ"), ("ヴ", "ブ"))
_O_ROW = "オコソトノホモヨロゴゾドボポ"
_O_LENGTHENED = re.compile(f"(?<=[{_O_ROW}])ウ")
_VOICE_MARKS = str.maketrans("", "", "\u3099\u309a")
_ALTERNATIVES = {"ヂ": "ヂジ", "ジ": "ジヂ", "ヅ": "ヅズ", "ズ": "ズヅ", "ワ": "ワハ", "ハ": "ハワ"}
_MAX_ALTERNATIVES = 5


def to_katakana(text: str) -> str:
    """Hiragana and half-width kana to full-width katakana, small Latin letters to capitals.

    >>> to_katakana("さとう ﾊﾅｺ")
    'サトウ ハナコ'

    Source: 住民記録システム標準仕様書 1.1.18 (フリガナ).
    """
    return unicodedata.normalize("NFKC", text).upper().translate(_HIRAGANA)


def _sounds(text: str) -> str:
    """Katakana of the sounds: no spaces and dashes, small kana large, long o written with オ."""
    kana = to_katakana(text)
    for sound, plain in _V_SOUNDS:
        kana = kana.replace(sound, plain)
    kana = _DASHES.sub("", kana).translate(_LARGE)
    return _O_LENGTHENED.sub("オ", kana)


def _unvoiced(kana: str) -> str:
    apart = unicodedata.normalize("NFD", kana).translate(_VOICE_MARKS)
    return unicodedata.normalize("NFC", apart)


def kana_key(text: str) -> str:
    """The key under which a kana name is stored for search (清音化かな).

    Voicing, small kana, long vowels, dashes and spaces make no difference, and ウ after a sound
    in o is read as オ.

    >>> kana_key("ゴトウ　ユーコ") == kana_key("ことお ゆこ")
    True
    >>> kana_key("オオノ") == kana_key("オノ")
    False

    Source: 住民記録システム標準仕様書 2.1.2 (検索文字入力).
    """
    return _unvoiced(_sounds(text))


def kana_keys(text: str) -> tuple[str, ...]:
    """All stored keys that a search text should find, the plain one first.

    The standard also wants ヂ to find ジ, ヅ to find ズ and ワ to find ハ. One key cannot say so
    without taking マツダ for マスダ, so the searcher's text is spread instead; beyond five such
    sounds the rest stay as typed.

    >>> kana_keys("ナカズカ")
    ('ナカスカ', 'ナカツカ')

    Source: 住民記録システム標準仕様書 2.1.2 (「ヂ」と「ジ」, 「ズ」と「ヅ」, 「ワ」と「ハ」).
    """
    choices, spread = [], 0
    for sound in _sounds(text):
        open_sound = sound in _ALTERNATIVES and spread < _MAX_ALTERNATIVES
        spread += open_sound
        choices.append(_ALTERNATIVES[sound] if open_sound else sound)
    return tuple(dict.fromkeys(_unvoiced("".join(one)) for one in product(*choices)))


def _joined(text: str) -> str:
    """Family and given name with one wide space between; further spaces become plain ones."""
    text = text.strip()
    family, gap, given = text.partition("　")
    if not gap:
        family, _, given = text.partition(" ")
    parts = (_SPACES.sub(" ", part.strip()) for part in (family, given))
    return "　".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class PersonName:
    r"""氏名 and its reading.

    The text stays as it was typed, character by character with its variation selectors: it is
    never normalised. Family and given name stand apart by one wide space (U+3000). A name
    of one part has none.

    Attributes:
        text: the name, MJ characters.
        kana: the reading in full-width katakana, or empty when it is not known.

    >>> name = PersonName.parse("髙橋 花子", "たかはし はなこ")
    >>> name
    PersonName(text='髙橋\u3000花子', kana='タカハシ\u3000ハナコ')
    >>> name.reduced()
    '高橋\u3000花子'
    >>> name.given, name.given_key()
    ('花子', 'ハナコ')

    Source: 住民基本台帳法 第7条第1号, 第1号の2; 住民記録システム標準仕様書 1.1.1, 1.1.18.
    """

    text: str
    kana: str = ""

    def __post_init__(self) -> None:
        """Refuse an empty name and characters that cannot be printed."""
        if not self.text.strip():
            raise InvalidNameError("氏名が入力されていません。氏名を入力してください。")
        if _CONTROL.search(self.text + self.kana):
            raise InvalidNameError(
                "氏名に改行などの表示できない文字が含まれています。取り除いて入力してください。"
            )
        if _NOT_KANA.search(self.kana):
            raise InvalidNameError(
                "フリガナにカタカナでない文字が含まれています。ひらがなまたはカタカナで入力してください。"
            )

    @classmethod
    def parse(cls, text: str, kana: str = "") -> Self:
        """Read a name as people type it: one space or wide space after the family name.

        Raises:
            InvalidNameError: empty, not printable, or a reading that is no kana.

        Source: 住民記録システム標準仕様書 1.1.1, 1.1.18.
        """
        return cls(_joined(text), _joined(to_katakana(kana)))

    @property
    def family(self) -> str:
        """氏; the whole name when it has one part."""
        return self.text.partition("　")[0]

    @property
    def given(self) -> str:
        """名; empty when the name has one part."""
        return self.text.partition("　")[2]

    @property
    def family_kana(self) -> str:
        """The reading of the family name."""
        return self.kana.partition("　")[0]

    @property
    def given_kana(self) -> str:
        """The reading of the given name."""
        return self.kana.partition("　")[2]

    def __str__(self) -> str:
        return self.text

    def reduced(self) -> str:
        """The name in characters of JIS X 0213, for partners that have no others.

        Source: MJ縮退マップ 1.2.0; 住民記録システム標準仕様書 7.1.1.1 (文字の変換).
        """
        return reduce_text(self.text)

    def search_key(self) -> str:
        """The search key of the whole reading.

        Source: 住民記録システム標準仕様書 2.1.2.
        """
        return kana_key(self.kana)

    def given_key(self) -> str:
        """The search key of the given name alone (名のみの検索).

        Source: 住民記録システム標準仕様書 2.1.2.
        """
        return kana_key(self.given_kana)
