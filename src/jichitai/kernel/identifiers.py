"""Numbers of persons and bodies, with their check digits.

Each type is built only from a correct number, so that nobody checks it again. The two numbers
of persons are secrets: their text leaves them only through `reveal`.
"""

import re
from dataclasses import dataclass
from operator import mul
from typing import ClassVar, Final, Self

from jichitai.kernel.errors import InvalidError
from jichitai.kernel.secrets import Secret


class InvalidNumberError(InvalidError):
    """A number has the wrong length, a wrong character or a wrong check digit."""

    type = "kernel.invalid-number"
    title = "番号に誤りがあります"


class InvalidJukiCodeError(InvalidNumberError):
    """The text is no 住民票コード."""

    type = "kernel.invalid-juki-code"
    title = "住民票コードに誤りがあります"


class InvalidMyNumberError(InvalidNumberError):
    """The text is no 個人番号."""

    type = "kernel.invalid-my-number"
    title = "個人番号に誤りがあります"


class InvalidLocalGovernmentCodeError(InvalidNumberError):
    """The text is no 全国地方公共団体コード."""

    type = "kernel.invalid-local-government-code"
    title = "団体コードに誤りがあります"


class InvalidAddresseeNumberError(InvalidNumberError):
    """The text is no 宛名番号."""

    type = "kernel.invalid-addressee-number"
    title = "宛名番号に誤りがあります"


class InvalidHouseholdNumberError(InvalidNumberError):
    """The text is no 世帯番号."""

    type = "kernel.invalid-household-number"
    title = "世帯番号に誤りがあります"


class AmbiguousBodyError(InvalidError):
    """No check digit is certain for this body of a 住民票コード; take another body."""

    type = "kernel.ambiguous-body"
    title = "検査数字が一意に定まらない番号です"


class UnusableSerialError(InvalidError):
    """The serial has no check digit of one figure; take the next one."""

    type = "kernel.unusable-serial"
    title = "検査数字を付けられない連番です"


_DIGITS = str.maketrans("０１２３４５６７８９", "0123456789")
_SEPARATORS = re.compile(r"[\s\-‐‑‒–—―−ー－]+")


def plain_digits(text: str) -> str:
    """Full-width figures to ASCII, without spaces and hyphens; anything else stays as it is.

    >>> plain_digits(" １２３４-5678ー９０ ")
    '1234567890'

    Source: none; how people write numbers on forms.
    """
    return _SEPARATORS.sub("", text.translate(_DIGITS))


_LONGEST: Final = 60
_WEIGHTS: Final = bytes(2 + place % 6 for place in reversed(range(_LONGEST)))


def weighted_remainder(body: str) -> int:
    """Sum of the digits times 2, 3, 4, 5, 6, 7, 2, 3 ... from the right, modulo 11.

    >>> weighted_remainder("12345678901")
    3

    Source: 平成26年総務省令第85号 第5条 (P_n, Q_n); 住民記録システム標準仕様書 1.1.13.
    """
    weights = _WEIGHTS[_LONGEST - len(body) :]
    total: int = sum(map(mul, body.encode("ascii"), weights))
    return (total - ord("0") * sum(weights)) % 11


def _checked(text: str, length: int, name: str, error: type[InvalidNumberError]) -> None:
    """Refuse a text that is not exactly `length` ASCII digits."""
    if not (text.isascii() and text.isdigit()):
        raise error(
            f"{name}に数字以外の文字が含まれています。{name}は数字{length}桁です。"
            "数字だけを入力してください。",
            reason="characters",
        )
    if len(text) != length:
        raise error(
            f"{name}の桁数が違います（入力は{len(text)}桁）。{name}は数字{length}桁です。"
            "書類と照らして、もう一度入力してください。",
            reason="length",
        )


def _wrong_check_digit(name: str, error: type[InvalidNumberError]) -> InvalidNumberError:
    return error(
        f"{name}の検査数字（チェックデジット）が合いません。どこかの桁に誤りがあります。"
        "書類と照らして、1桁ずつ確かめて入力し直してください。",
        reason="check-digit",
    )


def _body(body: int | str, length: int, name: str, error: type[InvalidNumberError]) -> str:
    text = f"{body:0{length}d}" if isinstance(body, int) else plain_digits(body)
    _checked(text, length, f"{name}の検査数字を除いた部分", error)
    return text


class JukiCode(Secret):
    """住民票コード: ten random digits and a check digit.

    For the remainders 0 and 1 the published material does not settle the check digit, so that
    0 and 1 are both accepted and no such code is ever generated.

    >>> JukiCode.parse("２４７２７０ 59608")
    <JukiCode ・・・>
    >>> JukiCode.from_body(1234567890).reveal()
    '12345678903'

    Source: 住民基本台帳法施行規則 第1条; 平成14年総務省告示第436号 (formula by analogy, see
    docs/glossary.md).
    """

    __slots__ = ()

    def __init__(self, value: str) -> None:
        """Check eleven ASCII digits."""
        _checked(value, 11, "住民票コード", InvalidJukiCodeError)
        remainder, check = weighted_remainder(value[:10]), int(value[10])
        if check != 11 - remainder and not (remainder <= 1 and check <= 1):
            raise _wrong_check_digit("住民票コード", InvalidJukiCodeError)
        super().__init__(value)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a code as people write it: full-width, with spaces or hyphens.

        Raises:
            InvalidJukiCodeError: length, characters or check digit are wrong.

        Source: 住民基本台帳法施行規則 第1条.
        """
        return cls(plain_digits(text))

    @classmethod
    def from_body(cls, body: int | str) -> Self:
        """Add the check digit to ten digits.

        Raises:
            AmbiguousBodyError: the remainder is 0 or 1; draw another body.
            InvalidJukiCodeError: not ten digits.

        Source: 平成14年総務省告示第436号.
        """
        digits = _body(body, 10, "住民票コード", InvalidJukiCodeError)
        remainder = weighted_remainder(digits)
        if remainder <= 1:
            raise AmbiguousBodyError(
                "この10桁には検査数字が一意に定まりません。別の10桁から作り直してください。"
            )
        return cls(f"{digits}{11 - remainder}")


class MyNumber(Secret):
    """個人番号 (マイナンバー): eleven digits and a check digit.

    >>> MyNumber.from_body("12345678901").reveal()
    '123456789018'
    >>> str(MyNumber.parse("9832 0567 3214"))
    '<MyNumber ・・・>'

    Source: 番号法 第2条第5項; 平成26年総務省令第85号 第5条.
    """

    __slots__ = ()

    def __init__(self, value: str) -> None:
        """Check twelve ASCII digits."""
        _checked(value, 12, "個人番号", InvalidMyNumberError)
        if value[11] != self._check_digit(value[:11]):
            raise _wrong_check_digit("個人番号", InvalidMyNumberError)
        super().__init__(value)

    @staticmethod
    def _check_digit(body: str) -> str:
        remainder = weighted_remainder(body)
        return "0" if remainder <= 1 else str(11 - remainder)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a number as people write it: full-width, with spaces or hyphens.

        Raises:
            InvalidMyNumberError: length, characters or check digit are wrong.

        Source: 平成26年総務省令第85号 第5条.
        """
        return cls(plain_digits(text))

    @classmethod
    def from_body(cls, body: int | str) -> Self:
        """Add the check digit to eleven digits.

        Raises:
            InvalidMyNumberError: not eleven digits.

        Source: 平成26年総務省令第85号 第5条.
        """
        digits = _body(body, 11, "個人番号", InvalidMyNumberError)
        return cls(digits + cls._check_digit(digits))


@dataclass(frozen=True, slots=True, order=True)
class LocalGovernmentCode:
    """全国地方公共団体コード: prefecture 2, body 3, check digit 1.

    >>> LocalGovernmentCode.parse("011002").prefecture_code
    '01'
    >>> str(LocalGovernmentCode.from_body("13101"))
    '131016'

    Source: JIS X 0401, JIS X 0402; 総務省 全国地方公共団体コード仕様.
    """

    value: str

    def __post_init__(self) -> None:
        """Check six ASCII digits."""
        name, error = "団体コード", InvalidLocalGovernmentCodeError
        _checked(self.value, 6, name, error)
        if not "01" <= self.value[:2] <= "47":
            raise error(
                "団体コードの先頭2桁が都道府県の番号ではありません。01から47で始まる6桁を入力してください。",
                reason="prefecture",
            )
        if self.value[5] != self._check_digit(self.value[:5]):
            raise _wrong_check_digit(name, error)

    def __str__(self) -> str:
        return self.value

    @staticmethod
    def _check_digit(body: str) -> str:
        return str((11 - weighted_remainder(body)) % 10)

    @property
    def prefecture_code(self) -> str:
        """The first two digits."""
        return self.value[:2]

    @property
    def is_prefecture(self) -> bool:
        """Whether the body is a prefecture itself."""
        return self.value[2:5] == "000"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a code as people write it: full-width, with spaces or hyphens.

        Raises:
            InvalidLocalGovernmentCodeError: length, characters or check digit are wrong.

        Source: JIS X 0402.
        """
        return cls(plain_digits(text))

    @classmethod
    def from_body(cls, body: str) -> Self:
        """Add the check digit to five digits.

        Raises:
            InvalidLocalGovernmentCodeError: not five digits, or no such prefecture.

        Source: JIS X 0402.
        """
        digits = _body(body, 5, "団体コード", InvalidLocalGovernmentCodeError)
        return cls(digits + cls._check_digit(digits))


@dataclass(frozen=True, slots=True, order=True)
class _LocalNumber:
    """A serial of one town and its check digit, ten digits or more with leading zeros."""

    value: str

    name: ClassVar[str]
    error: ClassVar[type[InvalidNumberError]]

    def __post_init__(self) -> None:
        """Check ten to fifteen ASCII digits."""
        _checked(self.value, min(max(len(self.value), 10), 15), self.name, self.error)
        remainder = weighted_remainder(self.value[:-1])
        if remainder == 1 or self.value[-1] != str(-remainder % 11):
            raise _wrong_check_digit(self.name, self.error)

    def __str__(self) -> str:
        return self.value

    @property
    def serial(self) -> int:
        """The number without its check digit."""
        return int(self.value[:-1])

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a number as people write it; leading zeros may be left out.

        Raises:
            InvalidNumberError: length, characters or check digit are wrong.

        Source: 住民記録システム標準仕様書 1.1.13 (宛名番号・世帯番号).
        """
        digits = plain_digits(text)
        return cls(digits.zfill(10) if digits else digits)

    @classmethod
    def from_serial(cls, serial: int) -> Self:
        """Add the check digit to a serial from 1.

        Raises:
            UnusableSerialError: the check digit would be 10, or the serial is not positive or
                longer than fourteen digits.

        Source: 住民記録システム標準仕様書 1.1.13 (modulus 11, weights 2 to 7, remainder 0 gives 0).
        """
        remainder = weighted_remainder(f"{serial:09d}") if 0 < serial < 10**14 else 1
        if remainder == 1:
            raise UnusableSerialError(
                f"この連番には{cls.name}の検査数字を付けられません。次の連番を使ってください。"
            )
        return cls(f"{serial:09d}{-remainder % 11}")

    @classmethod
    def next_serial(cls, after: int) -> int:
        """The first serial greater than `after` that has a check digit.

        >>> AddresseeNumber.next_serial(5)
        7

        Source: 住民記録システム標準仕様書 1.1.13; skipping a remainder of 1 is our rule.
        """
        serial = after + 1
        while weighted_remainder(str(serial)) == 1:
            serial += 1
        return serial


@dataclass(frozen=True, slots=True, order=True)
class AddresseeNumber(_LocalNumber):
    """宛名番号: the local number of a person or body in one town.

    >>> str(AddresseeNumber.from_serial(1))
    '0000000019'
    >>> AddresseeNumber.parse("0000108").serial
    10

    Source: 住民記録システム標準仕様書 1.1.13.
    """

    name = "宛名番号"
    error = InvalidAddresseeNumberError


@dataclass(frozen=True, slots=True, order=True)
class HouseholdNumber(_LocalNumber):
    """世帯番号: the local number of a household in one town.

    >>> str(HouseholdNumber.from_serial(2))
    '0000000027'

    Source: 住民記録システム標準仕様書 1.1.13.
    """

    name = "世帯番号"
    error = InvalidHouseholdNumberError
