"""What a relying party learns of a person: items, their claims, how the person proved it."""

import base64
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from jichitai.infra.crypto import BlindIndex
from jichitai.jpki.items import CertifiedItems
from jichitai.jpki.kinds import CertificateKind, Medium
from jichitai.kernel.persons import Sex

REPLACED_CLAIM: Final = "jichitai_replaced"
"""A claim of our own: item -> bitmap of replaced characters (代替文字の使用位置情報)."""


class Item(StrEnum):
    """One of the four items, by the name of its claim.

    Source: OpenID Connect Core 1.0, section 5.1; 公的個人認証法 第7条 (基本4情報).
    """

    NAME = "name"
    BIRTH_DATE = "birthdate"
    SEX = "gender"
    ADDRESS = "address"

    @property
    def japanese(self) -> str:
        """What the person is shown."""
        return _JAPANESE[self]


_JAPANESE: Final = {
    Item.NAME: "氏名",
    Item.BIRTH_DATE: "生年月日",
    Item.SEX: "性別",
    Item.ADDRESS: "住所",
}

SCOPES: Final[Mapping[str, frozenset[Item]]] = {
    "openid": frozenset(),
    "profile": frozenset({Item.NAME, Item.BIRTH_DATE, Item.SEX}),
    "address": frozenset({Item.ADDRESS}),
}


class Acr(StrEnum):
    """How sure the sign-in is: which certificate the person used.

    Source: OpenID Connect Core 1.0, section 2 (acr).
    """

    USER_AUTH = "urn:jichitai:acr:user-auth"
    SIGNATURE = "urn:jichitai:acr:signature"

    @property
    def kind(self) -> CertificateKind:
        """The certificate that it needs."""
        return CertificateKind.SIGNING if self is Acr.SIGNATURE else CertificateKind.USER_AUTH

    @classmethod
    def of(cls, kind: CertificateKind) -> "Acr":
        """What a certificate reaches."""
        return cls.SIGNATURE if kind is CertificateKind.SIGNING else cls.USER_AUTH


def amr(medium: Medium) -> list[str]:
    """The means that were used: a key in a card or a phone, opened by a PIN.

    >>> amr(Medium.CARD)
    ['sc', 'pin', 'mfa']

    Source: RFC 8176, section 2.
    """
    return ["sc" if medium is Medium.CARD else "hwk", "pin", "mfa"]


def pairwise(blind: BlindIndex, *, sector: str, person_id: UUID, rehearsal: bool) -> str:
    """The name of a person for one sector: the same at each sign-in, different elsewhere.

    A rehearsal gets other names, so that nothing of it can be joined to real sign-ins.

    Source: OpenID Connect Core 1.0, section 8.1.
    """
    kind = "openid-sub-test" if rehearsal else "openid-sub"
    digest = blind.of(kind, f"{sector}\0{person_id}")
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def wanted(scopes: Iterable[str]) -> frozenset[Item]:
    """The items that scopes stand for; unknown scopes stand for none."""
    found: frozenset[Item] = frozenset()
    for scope in scopes:
        found |= SCOPES.get(scope, frozenset())
    return found


def ordered(items: Iterable[Item]) -> list[Item]:
    """Items in the order in which people are shown them.

    >>> [str(item) for item in ordered({Item.ADDRESS, Item.NAME})]
    ['name', 'address']
    """
    wanted_items = set(items)
    return [item for item in Item if item in wanted_items]


def claims_of(items: CertifiedItems, given: Iterable[Item]) -> dict[str, Any]:
    """The claims of the items that the person gives.

    A birth date of which a part is unknown is left out, because the claim has no form for it.

    Source: OpenID Connect Core 1.0, section 5.1.
    """
    made: dict[str, Any] = {}
    replaced: dict[str, str] = {}
    for item in ordered(given):
        match item:
            case Item.NAME:
                made["name"] = items.name
                replaced["name"] = items.name_replaced
            case Item.BIRTH_DATE:
                if items.birth_code[0] != "0":
                    made["birthdate"] = items.birth_date
            case Item.SEX:
                made["gender"] = _GENDER[items.sex]
            case Item.ADDRESS:
                made["address"] = {"formatted": items.address, "country": "JP"}
                replaced["address"] = items.address_replaced
    marked = {name: bitmap for name, bitmap in replaced.items() if "1" in bitmap}
    return made | ({REPLACED_CLAIM: marked} if marked else {})


_GENDER: Final = {Sex.MALE: "male", Sex.FEMALE: "female", Sex.UNKNOWN: "unknown"}

INVENTED: Final = CertifiedItems(
    name="試験　花子",
    name_replaced="00000",
    birth_code="319850501",
    sex=Sex.FEMALE,
    address="東京都千代田区試験町一丁目1番1号",
    address_replaced="0" * 16,
)
"""The person whom every party sees while it is under rehearsal, whoever signs in."""
