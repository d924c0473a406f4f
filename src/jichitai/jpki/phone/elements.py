"""Items of the credential: document type, name spaces, and their values for a person.

Names and layout have the shape of the official ones; the first two labels are ours. `test` is
reserved for tests (RFC 2606), so that no credential from here is ever taken for a real one.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Final

from cbor2 import CBORTag

from jichitai.kernel.dates import UncertainDate, age_on, attains_on
from jichitai.kernel.persons import Sex

DOCTYPE: Final = "test.jichitai.23220.1.jp.mnc"
JP: Final = "test.jichitai.23220.1.jp"
COMMON: Final = "test.jichitai.23220.1"
AGES: Final = (13, 15, 16, 18, 20, 60, 65, 70, 75)
"""Ages for which the credential says whether the holder has attained them."""

_FULL_DATE: Final = 1004
_ISO_5218: Final = {Sex.MALE: 1, Sex.FEMALE: 2, Sex.UNKNOWN: 0}


@dataclass(frozen=True, slots=True)
class Element:
    """The address of an item: name space and identifier."""

    space: str
    name: str

    @property
    def japanese(self) -> str:
        """What the item is called on pages."""
        if self.name.startswith("age_over_"):
            return f"{self.name.removeprefix('age_over_')}歳以上かどうか"
        return _JAPANESE.get(self.name, self.name)


_JAPANESE: Final = {
    "full_name_unicode": "氏名",
    "resident_address_unicode": "住所",
    "local_gov_code_unicode": "市区町村の番号",
    "individual_number_unicode": "個人番号",
    "portrait": "顔写真",
    "sex_unicode": "性別",
    "sex": "性別（国際規格の番号）",
    "birth_date_unicode": "生年月日",
    "birth_date": "生年月日（国際規格の形）",
    "age_in_years": "年齢",
}

NAME: Final = Element(JP, "full_name_unicode")
ADDRESS: Final = Element(JP, "resident_address_unicode")
BIRTH_TEXT: Final = Element(JP, "birth_date_unicode")
PORTRAIT: Final = Element(JP, "portrait")
NUMBER: Final = Element(JP, "individual_number_unicode")
OVER_20: Final = Element(COMMON, "age_over_20")


class Query(StrEnum):
    """What a verifier may ask for, as named sets; nothing else can be asked."""

    OVER_20 = "over-20"
    OVER_18 = "over-18"
    IDENTITY = "identity"

    @property
    def elements(self) -> tuple[Element, ...]:
        """The items, and no others.

        Source: 犯収法施行規則 第6条第1項第1号 ル (name, address, birth date and portrait; neither sex nor
            number) for `IDENTITY`.
        """
        match self:
            case Query.OVER_20:
                return (OVER_20,)
            case Query.OVER_18:
                return (Element(COMMON, "age_over_18"),)
            case Query.IDENTITY:
                return (NAME, ADDRESS, BIRTH_TEXT, PORTRAIT)

    @property
    def japanese(self) -> str:
        """What the holder is told."""
        return _QUERIES[self]


_QUERIES: Final = {
    Query.OVER_20: "20歳以上かどうかだけ",
    Query.OVER_18: "18歳以上かどうかだけ",
    Query.IDENTITY: "氏名・住所・生年月日・顔写真（本人確認）",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """The person of a credential.

    Attributes:
        name: family and given name apart by a full-width space.
        address: from the prefecture on.
        municipality: code of six digits.
        birth_date: may be uncertain; then there is nothing about ages.
        sex: of the register.
        number: 個人番号, when the holder wants it in the phone.
        portrait: JPEG or JPEG 2000, when the card was read for it.
    """

    name: str
    address: str
    municipality: str
    birth_date: UncertainDate
    sex: Sex
    number: str | None = None
    portrait: bytes | None = None

    def __repr__(self) -> str:
        """Hide the person."""
        return "<Holder ・・・>"


def elements_of(holder: Holder, on: date) -> dict[Element, Any]:
    """Every item of a person's credential, as CBOR values.

    Ages are those on the day of issue; see `next_update`.

    Args:
        holder: the person.
        on: the day of issue in Japan.

    Returns:
        Element -> value, in the order of the name spaces.

    Source: 番号法 第18条の2; ISO/IEC 18013-5 7.2.5 (age attestation).
    """
    found: dict[Element, Any] = {
        NAME: holder.name,
        ADDRESS: holder.address,
        Element(JP, "local_gov_code_unicode"): holder.municipality[:5],
        Element(JP, "sex_unicode"): holder.sex.japanese,
        BIRTH_TEXT: holder.birth_date.western(),
        Element(COMMON, "sex"): _ISO_5218[holder.sex],
    }
    if holder.number is not None:
        found[NUMBER] = holder.number
    if holder.portrait is not None:
        found[PORTRAIT] = holder.portrait
    if holder.birth_date.is_certain:
        born = holder.birth_date.sort_key
        age = age_on(born, on)
        found[Element(COMMON, "birth_date")] = CBORTag(_FULL_DATE, born.isoformat())
        found[Element(COMMON, "age_in_years")] = age
        for limit in AGES:
            found[Element(COMMON, f"age_over_{limit}")] = age >= limit
    return found


def next_update(holder: Holder, on: date) -> date | None:
    """The first day on which the ages in the credential are out of date; None when it has none.

    Source: 年齢計算ニ関スル法律; ISO/IEC 18013-5 9.1.2.4 (expectedUpdate).
    """
    if not holder.birth_date.is_certain:
        return None
    born = holder.birth_date.sort_key
    return attains_on(born, age_on(born, on) + 1) + timedelta(days=1)
