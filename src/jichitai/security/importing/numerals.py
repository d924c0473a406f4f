"""Numbers as documents print them: 十二, ①, ア, １２, and back."""

import unicodedata
from typing import Final

_DIGITS: Final = {char: index for index, char in enumerate("〇一二三四五六七八九")}
_UNITS: Final = {"十": 10, "百": 100, "千": 1000}
_AIUEO: Final = (
    "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワヲン"
)
_IROHA: Final = (
    "イロハニホヘトチリヌルヲワカヨタレソツネナラムウヰノオクヤマケフコエテアサキユメミシヱヒモセス"
)
_CIRCLED: Final = 0x2460
"""Code point of ①; fifty such signs follow in three places."""


def kanji_number(text: str) -> int:
    """The value of a number in 漢数字 or digits.

    >>> [kanji_number(text) for text in ("十二", "百五", "二十", "３４", "一〇三")]
    [12, 105, 20, 34, 103]

    Raises:
        ValueError: it is no number.

    Source: 公用文作成の考え方 (令和4年1月7日 文化審議会建議) 数字の書き表し方.
    """
    plain = unicodedata.normalize("NFKC", text)
    if plain.isdecimal():
        return int(plain)
    if not any(unit in plain for unit in _UNITS):
        return int("".join(str(_DIGITS[char]) for char in _known(plain)))
    total = pending = 0
    for char in _known(plain):
        if char in _UNITS:
            total += (pending or 1) * _UNITS[char]
            pending = 0
        else:
            pending = _DIGITS[char]
    return total + pending


def _known(text: str) -> str:
    if not text or any(char not in _DIGITS and char not in _UNITS for char in text):
        raise ValueError(f"{text} is no number")
    return text


def in_kanji(value: int) -> str:
    """A number below 1,000 in 漢数字.

    >>> [in_kanji(value) for value in (1, 10, 12, 20, 105)]
    ['一', '十', '十二', '二十', '百五']

    Source: 公用文作成の考え方 (令和4年1月7日 文化審議会建議) 数字の書き表し方.
    """
    out = ""
    for unit, name in ((100, "百"), (10, "十"), (1, "")):
        digit, value = divmod(value, unit)
        if digit:
            out += ("" if digit == 1 and name else "〇一二三四五六七八九"[digit]) + name
    return out or "〇"


def circled(value: int) -> str:
    """丸付き数字; a number in brackets past fifty.

    >>> circled(1), circled(21), circled(51)
    ('①', '㉑', '(51)')

    Source: JIS X 0213 (丸付き数字).
    """
    if 1 <= value <= 20:
        return chr(_CIRCLED + value - 1)
    if value <= 35:
        return chr(0x3251 + value - 21)
    return chr(0x32B1 + value - 36) if value <= 50 else f"({value})"


def printed(value: int, style: str) -> str:
    """A number in one of the number formats of a word processor.

    Args:
        value: from 1.
        style: name of the format (ST_NumberFormat), e.g. `japaneseCounting`.

    >>> [printed(3, style) for style in ("decimal", "japaneseCounting", "aiueoFullWidth", "bullet")]
    ['3', '三', 'ウ', '・']

    Source: ECMA-376 Part 1, 17.18.59 (ST_NumberFormat).
    """
    match style:
        case "bullet":
            return "・"
        case "none":
            return ""
        case "decimalEnclosedCircle" | "decimalEnclosedCircleChinese":
            return circled(value)
        case "decimalEnclosedParen":
            return f"({value})"
        case "japaneseCounting" | "ideographDigital" | "chineseCounting" | "japaneseLegal":
            return in_kanji(value)
        case "aiueo" | "aiueoFullWidth":
            return _letter(value, _AIUEO)
        case "iroha" | "irohaFullWidth":
            return _letter(value, _IROHA)
        case "lowerLetter" | "upperLetter":
            letter = _letter(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
            return letter.lower() if style == "lowerLetter" else letter
        case "lowerRoman" | "upperRoman":
            roman = _roman(value)
            return roman.lower() if style == "lowerRoman" else roman
        case _:
            return str(value)


def _letter(value: int, letters: str) -> str:
    return letters[(value - 1) % len(letters)]


def _roman(value: int) -> str:
    signs = ((10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"))
    out = ""
    for size, sign in signs:
        count, value = divmod(value, size)
        out += sign * count
    return out


def half_width(text: str) -> str:
    """Digits, Latin letters and brackets in half width; kanji and kana untouched.

    Compatibility forms of kanji stay as they are, because names must not change.

    >>> half_width("第１２条（ＩＤ等の管理）")
    '第12条(ID等の管理)'

    Source: JIS X 0208 (全角英数字).
    """
    return text.translate(_WIDE)


_WIDE: Final = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
