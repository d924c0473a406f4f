"""Local bodies (団体): the 47 prefectures, the 1,741 municipalities and the joint bodies.

The 1,788 are known from the table of codes; joint bodies (一部事務組合, 広域連合) are registered by
whoever runs the node.

Source: 地方自治法 第1条の3, 第284条, 第292条.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Final, Self

from jichitai.kernel.identifiers import LocalGovernmentCode
from jichitai.kernel.municipalities import (
    Kind,
    Municipality,
    municipalities,
    municipality,
    prefecture,
    prefectures,
)
from jichitai.kernel.parties import Party


class BodyKind(StrEnum):
    """団体の区分."""

    PREFECTURE = "都道府県"
    DESIGNATED_CITY = "指定都市"
    CITY = "市"
    SPECIAL_WARD = "特別区"
    TOWN = "町"
    VILLAGE = "村"
    UNION = "一部事務組合"
    WIDE_UNION = "広域連合"

    @property
    def joint(self) -> bool:
        """Whether it is a body that others made together (地方自治法 第284条)."""
        return self in (BodyKind.UNION, BodyKind.WIDE_UNION)


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """団体: a local body with its code, kind and people.

    Attributes:
        code: 全国地方公共団体コード, six digits.
        kind: 都道府県, 指定都市, 市, 特別区, 町, 村, 一部事務組合 or 広域連合.
        name: name without prefecture and county.
        full_name: name as documents print it.
        prefecture_code: two digits.
        population: people at the census of 2020; 0 for a joint body.
        members: codes of the bodies that made a joint body.

    Source: 地方自治法 第1条の3, 第284条.
    """

    code: str
    kind: BodyKind
    name: str
    full_name: str
    prefecture_code: str
    population: int = 0
    members: tuple[str, ...] = ()

    @property
    def party(self) -> Party:
        """Who signs this body's messages."""
        if self.kind is BodyKind.PREFECTURE:
            return Party.prefecture(self.prefecture_code)
        return Party.town(self.code)

    @classmethod
    def of(cls, found: Municipality) -> Self:
        """One of the 1,788."""
        return cls(
            code=str(found.code),
            kind=BodyKind(found.kind),
            name=found.name,
            full_name=found.full_name,
            prefecture_code=found.prefecture_code,
            population=found.population,
        )

    @classmethod
    def joint(cls, code: str, *, kind: BodyKind, name: str, members: tuple[str, ...]) -> Self:
        """A joint body.

        Raises:
            InvalidLocalGovernmentCodeError: the code has no such form.
            UnknownMunicipalityError: a member is no body.
        """
        parsed = LocalGovernmentCode.parse(code)
        for member in members:
            municipality(member)
        return cls(
            code=str(parsed),
            kind=kind,
            name=name,
            full_name=name,
            prefecture_code=parsed.prefecture_code,
            members=members,
        )


def body(code: str) -> Body:
    """The prefecture or municipality with this code.

    Raises:
        UnknownMunicipalityError: no body of the 1,788 has it.

    >>> body("010006").party
    Party(tier=<Tier.PREFECTURE: 'prefecture'>, code='01')

    Source: 総務省 全国地方公共団体コード.
    """
    return Body.of(municipality(code))


def prefecture_body(prefecture_code: str) -> Body:
    """A prefecture as a body, by its two digits.

    >>> prefecture_body("13").code
    '130001'

    Source: 総務省 全国地方公共団体コード.
    """
    return Body.of(prefecture(prefecture_code))


@cache
def all_bodies() -> tuple[Body, ...]:
    """The 1,788 bodies, by code.

    >>> len(all_bodies())
    1788

    Source: 総務省 全国地方公共団体コード.
    """
    found = (Body.of(one) for one in (*prefectures(), *municipalities()))
    return tuple(sorted(found, key=lambda one: one.code))


KINDS_OF_1788: Final = tuple(BodyKind(kind) for kind in Kind)
"""Kinds that the published rates count; joint bodies stand apart."""
