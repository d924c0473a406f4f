"""Whose person table a statement means: the nation's, or that of one prefecture.

The tables of both tiers are the same but for the column `prefecture` in front of every key, so
the statements are written once, with `{p}` for that column in lists, `{v}` for its value and `{w}`
for the condition on it.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any, LiteralString, Self

from jichitai.jukinet.errors import WrongReceiverError
from jichitai.kernel.municipalities import Municipality, in_prefecture, municipalities
from jichitai.kernel.parties import NATION, Party, Tier


@dataclass(frozen=True, slots=True)
class Scope:
    """The nation, or one prefecture."""

    party: Party

    @classmethod
    def of(cls, party: Party) -> Self:
        """The scope of a receiver.

        Raises:
            WrongReceiverError: neither the nation nor a prefecture.
        """
        if party.tier not in (Tier.NATION, Tier.PREFECTURE):
            raise WrongReceiverError(
                "本人確認情報は都道府県と全国の装置だけが保持します。宛先を確かめてください。",
                receiver=str(party),
            )
        return cls(party)

    @property
    def is_nation(self) -> bool:
        """Whether this is the nation's table."""
        return self.party.tier is Tier.NATION

    def towns(self) -> tuple[Municipality, ...]:
        """The municipalities whose residents are kept here, by code."""
        return municipalities() if self.is_nation else in_prefecture(self.party.code)

    def sql(self, statement: LiteralString) -> LiteralString:
        """The statement for this tier."""
        return _filled(statement, nation=self.is_nation)

    def values(self, **values: Any) -> dict[str, Any]:
        """Parameters with the prefecture beside them."""
        if not self.is_nation:
            values["prefecture"] = self.party.code
        return values


NATIONAL = Scope(NATION)


@cache
def _filled(statement: LiteralString, *, nation: bool) -> LiteralString:
    marks = ("", "", "") if nation else (
        "prefecture, ",
        "%(prefecture)s::text, ",
        "prefecture = %(prefecture)s and ",
    )  # fmt: skip
    column, value, condition = marks
    return statement.replace("{p}", column).replace("{v}", value).replace("{w}", condition)
