"""Addresses (住所) as the register keeps them."""

import re
from dataclasses import dataclass

from jichitai.kernel.errors import InvalidError
from jichitai.kernel.identifiers import LocalGovernmentCode, plain_digits


class InvalidAddressError(InvalidError):
    """An address lacks its town, or holds a character that no address has."""

    type = "kernel.invalid-address"
    title = "住所に誤りがあります"


class InvalidPostalCodeError(InvalidError):
    """The text is no postal code of seven digits."""

    type = "kernel.invalid-postal-code"
    title = "郵便番号に誤りがあります"


_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def parse_postal_code(text: str) -> str:
    """Read a 郵便番号 as people write it: full-width, with hyphen, spaces or 〒.

    Returns:
        Seven ASCII digits, or an empty text for an empty text.

    Raises:
        InvalidPostalCodeError: not seven digits.

    >>> parse_postal_code("〒１００－０００１")
    '1000001'

    Source: 住民記録システム標準仕様書 1.1.17 (郵便番号).
    """
    digits = plain_digits(text.replace("〒", ""))
    if digits and (len(digits) != 7 or not digits.isascii() or not digits.isdigit()):
        raise InvalidPostalCodeError(
            "郵便番号は数字7桁です。例えば 100-0001 のように入力するか、分からないときは空欄にしてください。"
        )
    return digits


@dataclass(frozen=True, slots=True)
class Address:
    """住所: municipality, town, lot, building.

    Attributes:
        municipality: code of the municipality (not of a ward of a designated city).
        town: 町字 with 丁目, and the ward's name before it in a designated city.
        lot: 番地 or 街区符号・住居番号.
        building: 方書.
        postal_code: seven digits, or empty.
        machiaza: 町字ID of the address base registry, or empty.

    >>> address = Address(LocalGovernmentCode("131016"), "千代田一丁目", "1番1号", "皇居寮101")
    >>> address.full("東京都千代田区")
    '東京都千代田区千代田一丁目1番1号　皇居寮101'

    Source: 住民基本台帳法 第7条第7号; 住民記録システム標準仕様書 1.3.3, 1.3.4.
    """

    municipality: LocalGovernmentCode
    town: str
    lot: str
    building: str = ""
    postal_code: str = ""
    machiaza: str = ""

    def __post_init__(self) -> None:
        """Refuse an address that cannot be printed."""
        if not (self.town or self.lot):
            raise InvalidAddressError("町名と番地がありません。町名または番地を入力してください。")
        if _CONTROL.search(self.town + self.lot + self.building):
            raise InvalidAddressError(
                "住所に改行などの表示できない文字が含まれています。取り除いて入力してください。"
            )

    @property
    def text(self) -> str:
        """The address after the name of the municipality; the building follows a wide space."""
        line = self.town + self.lot
        return f"{line}　{self.building}" if self.building else line

    @property
    def postal_code_text(self) -> str:
        """The postal code for print, e.g. 〒100-0001; empty when there is none."""
        return f"〒{self.postal_code[:3]}-{self.postal_code[3:]}" if self.postal_code else ""

    def full(self, municipality_name: str) -> str:
        """The whole address in one line.

        Args:
            municipality_name: the name with its prefecture, as `Municipality.full_name` gives it.

        Source: 住民基本台帳事務処理要領 第2-1-(2)-キ (住所は都道府県名から記載).
        """
        return municipality_name + self.text
