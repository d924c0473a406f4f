"""Tiers, and the parties that send and receive messages."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from jichitai.kernel.errors import InvalidError


class Tier(StrEnum):
    """階層: where a node stands in the network."""

    TOWN = "town"
    PREFECTURE = "prefecture"
    NATION = "nation"
    MINISTRY = "ministry"


class UnknownPartyError(InvalidError):
    """The text names no party."""

    type = "kernel.unknown-party"
    title = "相手先の表記が正しくありません"


_CODE_LENGTH = {Tier.TOWN: 6, Tier.PREFECTURE: 2, Tier.NATION: 0, Tier.MINISTRY: 0}


@dataclass(frozen=True, slots=True, order=True)
class Party:
    """One body that signs messages: a town, a prefecture, the nation's agency or the ministry.

    Attributes:
        tier: where it stands.
        code: 6 digits (全国地方公共団体コード) for a town, 2 digits for a prefecture, else empty.

    >>> str(Party.town("011002"))
    'town-011002'
    >>> Party.parse("prefecture-13").code
    '13'
    """

    tier: Tier
    code: str = ""

    def __post_init__(self) -> None:
        """Refuse a code whose length does not fit the tier."""
        if len(self.code) != _CODE_LENGTH[self.tier] or (self.code and not self.code.isdigit()):
            raise UnknownPartyError(
                f"{self.tier} の符号の桁数が違います。市区町村は6桁、都道府県は2桁で指定してください。",
                tier=str(self.tier),
            )

    def __str__(self) -> str:
        """The name used in subjects, message ids and tables."""
        return f"{self.tier}-{self.code}" if self.code else str(self.tier)

    @property
    def prefecture_code(self) -> str:
        """The first two digits; empty for the nation and the ministry."""
        return self.code[:2]

    @classmethod
    def town(cls, code: str) -> Self:
        """The town (市区町村) with this 6-digit code."""
        return cls(Tier.TOWN, code)

    @classmethod
    def prefecture(cls, code: str) -> Self:
        """The prefecture (都道府県) with this 2-digit code."""
        return cls(Tier.PREFECTURE, code)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the form that `str` writes.

        Raises:
            UnknownPartyError: the text is not of that form.
        """
        name, _, code = text.partition("-")
        try:
            return cls(Tier(name), code)
        except ValueError as error:
            raise UnknownPartyError(
                "相手先は town-011002、prefecture-01、nation、ministry の形で指定してください。"
            ) from error


NATION = Party(Tier.NATION)
MINISTRY = Party(Tier.MINISTRY)
