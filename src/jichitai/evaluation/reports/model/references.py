"""References to figures in officers' texts: `{{P8-4-04@R8}}`. Pure.

    {{ID}}              the newest value that is known
    {{ID@R8}}           the value of 令和8年度 (also 令和8年度, 2026年度)
    {{ID@R7.12.31}}     the value as of that day (also 2025-12-31; 2025-12 for the month)
    {{ID@目標}}         the target; {{ID@目標R8}} the target of that year (also target)
    {{ID@基準}}         the baseline (also baseline)
    {{…|値}}            without its unit (also value); |時点 its day, |分子 and |分母 what it was
                        divided from

Full-width brackets, signs and letters are as good, because that is what people type.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final, TypeAlias
from unicodedata import normalize

from jichitai.kernel.eras import InvalidDateError, era_named, parse_date

_OPEN: Final = re.compile(r"[{｛]{2}")
_WHOLE: Final = re.compile(r"[{｛]{2}([^{}｛｝\n]*)[}｝]{2}")
_ID: Final = re.compile(r"[A-Z][A-Z0-9]*(?:-[A-Z0-9]+)+", re.IGNORECASE)
_YEAR: Final = re.compile(r"(?:(令和|平成|R|H)\.?(元|\d{1,2})|(\d{4}))(?:年度?)?", re.IGNORECASE)
_WEST_YEAR: Final = re.compile(r"(?:FY)?(\d{4})(?:年度)?", re.IGNORECASE)
_MONTH: Final = re.compile(
    r"(?:(令和|平成|R|H)\.?(元|\d{1,2})|(\d{4}))[-./年](\d{1,2})月?(?:末)?", re.IGNORECASE
)


class Aspect(StrEnum):
    """What of a figure is printed; the value is the word that texts use."""

    WHOLE = ""
    VALUE = "値"
    DAY = "時点"
    NUMERATOR = "分子"
    DENOMINATOR = "分母"


_ASPECTS: Final = {
    **{str(one): one for one in Aspect if one},
    "value": Aspect.VALUE,
    "as-of": Aspect.DAY,
    "numerator": Aspect.NUMERATOR,
    "denominator": Aspect.DENOMINATOR,
}


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest value that is known."""

    code: str = "最新"


@dataclass(frozen=True, slots=True)
class OfYear:
    """The value of a fiscal year, by its western year."""

    year: int

    @property
    def code(self) -> str:
        """As a reference writes it."""
        return f"{self.year}年度"


@dataclass(frozen=True, slots=True)
class OfMonth:
    """The last value of a calendar month."""

    year: int
    month: int

    @property
    def code(self) -> str:
        """As a reference writes it."""
        return f"{self.year:04d}-{self.month:02d}"


@dataclass(frozen=True, slots=True)
class OfDay:
    """The value as of a day."""

    day: date

    @property
    def code(self) -> str:
        """As a reference writes it."""
        return self.day.isoformat()


@dataclass(frozen=True, slots=True)
class TargetOf:
    """The target; of one fiscal year, or the final one."""

    year: int | None = None

    @property
    def code(self) -> str:
        """As a reference writes it."""
        return "目標" if self.year is None else f"目標{self.year}年度"


@dataclass(frozen=True, slots=True)
class Baseline:
    """基準値."""

    code: str = "基準"


When: TypeAlias = Newest | OfYear | OfMonth | OfDay | TargetOf | Baseline


@dataclass(frozen=True, slots=True)
class Reference:
    """数値の参照: which figure of which indicator, and what of it."""

    indicator: str
    when: When
    aspect: Aspect = Aspect.WHOLE

    @property
    def code(self) -> str:
        """The canonical form.

        >>> parse("ｐ8-4-04＠R8").code
        'P8-4-04@2026年度'
        """
        tail = f"|{self.aspect}" if self.aspect else ""
        return f"{self.indicator}@{self.when.code}{tail}"


class ReferenceSyntaxError(ValueError):
    """The text between the brackets is no reference; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a text: words, or what stood between brackets with what is wrong with it."""

    text: str
    reference: Reference | None = None
    fault: str = ""


def parse(inside: str) -> Reference:
    """Read what stands between the brackets.

    Raises:
        ReferenceSyntaxError: it is no reference.

    >>> parse("P8-4-04@目標R8|値").code
    'P8-4-04@目標2026年度|値'

    Source: form 1 of this software.
    """
    text = re.sub(r"\s+", "", normalize("NFKC", inside))
    head, _, aspect = text.partition("|")
    indicator, _, when = head.partition("@")
    if not indicator:
        raise ReferenceSyntaxError("括弧の中が空です。指標の番号（例 P8-4-04）を入れてください。")
    if not _ID.fullmatch(indicator):
        raise ReferenceSyntaxError(
            f"「{indicator}」は指標の番号の形ではありません。P8-4-04 のように書いてください。"
        )
    if aspect and aspect not in _ASPECTS:
        raise ReferenceSyntaxError(
            f"「|{aspect}」は使えません。「|値」「|時点」「|分子」「|分母」のどれかにしてください。"
        )
    return Reference(indicator.upper(), _when(when), _ASPECTS.get(aspect, Aspect.WHOLE))


def _when(text: str) -> When:
    if text.lower() in ("", "最新", "latest"):
        return Newest()
    if text.lower() in ("基準", "基準値", "baseline"):
        return Baseline()
    if found := re.fullmatch(r"(?:目標値?|target)(.*)", text, re.IGNORECASE):
        return TargetOf(_year(found[1]) if found[1] else None)
    if _YEAR.fullmatch(text) or _WEST_YEAR.fullmatch(text):
        return OfYear(_year(text))
    if found := _MONTH.fullmatch(text):
        month = int(found[4])
        if 1 <= month <= 12:
            return OfMonth(_western(found[1], found[2], found[3]), month)
    try:
        return OfDay(parse_date(text))
    except InvalidDateError:
        raise ReferenceSyntaxError(
            f"「@{text}」がいつの値か分かりません。"
            "「@R8」（年度）、「@R7.12.31」（日）、「@目標」「@基準」のどれかで書いてください。"
        ) from None


def _year(text: str) -> int:
    if found := _YEAR.fullmatch(text):
        return _western(found[1], found[2], found[3])
    if found := _WEST_YEAR.fullmatch(text):
        return int(found[1])
    raise ReferenceSyntaxError(
        f"「{text}」は年度として読めません。R8 や 2026年度 と書いてください。"
    )


def _western(era: str | None, year: str | None, western: str | None) -> int:
    if western:
        return int(western)
    return era_named((era or "R").upper()).western(1 if year == "元" else int(year or 1))


def pieces(text: str) -> Iterator[Piece]:
    """Take a text apart into words and references.

    Source: form 1 of this software.
    """
    at = 0
    for found in _WHOLE.finditer(text):
        if found.start() > at:
            yield _words(text[at : found.start()])
        try:
            yield Piece(found[0], parse(found[1]))
        except ReferenceSyntaxError as wrong:
            yield Piece(found[0], fault=str(wrong))
        at = found.end()
    if at < len(text):
        yield _words(text[at:])


def _words(text: str) -> Piece:
    if _OPEN.search(text):
        return Piece(
            text,
            fault="「{{」が「}}」で閉じていません。数値の参照は {{P8-4-04@R8}} の形で、一行の中に書いてください。",
        )
    return Piece(text)


def inserted(text: str, reference: str) -> str:
    """The text with a reference in its first empty `{{}}`, or at its end.

    >>> inserted("策定率は{{}}です。", "P8-4-04@R8")
    '策定率は{{P8-4-04@R8}}です。'
    >>> inserted("策定率は", "P8-4-04@R8")
    '策定率は{{P8-4-04@R8}}'

    Source: form 1 of this software.
    """
    written = "{{" + reference + "}}"
    place = re.search(r"[{｛]{2}\s*[}｝]{2}", text)
    if place:
        return text[: place.start()] + written + text[place.end() :]
    return text.rstrip("\n") + written
