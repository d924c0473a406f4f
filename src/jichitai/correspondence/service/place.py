"""Who asks: the ministry, or one prefecture, which asks its members only."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from jichitai.correspondence.errors import NotYourMemberError
from jichitai.infra.database import Database, Tx
from jichitai.infra.mail import MINISTRY_OFFICE
from jichitai.kernel.bodies import Body, BodyKind, all_bodies, prefecture_body
from jichitai.kernel.municipalities import prefecture
from jichitai.kernel.parties import MINISTRY, Party

MINISTRY_KEY: Final = "00"


@dataclass(frozen=True)
class Overseer:
    """見守る側. A domain gives it the name that stands at the foot of its letters.

    Attributes:
        key: two digits of the prefecture, or `00`.
    """

    key: str

    @property
    def ministry(self) -> bool:
        """Whether it is the ministry."""
        return self.key == MINISTRY_KEY

    @property
    def party(self) -> Party:
        """Who signs its requests."""
        return MINISTRY if self.ministry else Party.prefecture(self.key)

    @cached_property
    def office(self) -> str:
        """The writer of its letters."""
        return MINISTRY_OFFICE if self.ministry else prefecture_body(self.key).code

    @property
    def name(self) -> str:
        """Its name at the foot of letters."""
        return "総務省" if self.ministry else prefecture(self.key).prefecture

    @cached_property
    def fixed(self) -> tuple[Body, ...]:
        """The bodies of the 1,788 that it oversees; a prefecture its municipalities."""
        return tuple(
            one
            for one in all_bodies()
            if self.ministry
            or (one.prefecture_code == self.key and one.kind is not BodyKind.PREFECTURE)
        )

    async def bodies(self, tx: Tx) -> tuple[Body, ...]:
        """All bodies that it oversees, by code."""
        del tx
        return self.fixed

    async def body(self, tx: Tx, code: str) -> Body:
        """One of them.

        Raises:
            NotYourMemberError: no body of this overseer.
        """
        found = next((one for one in await self.bodies(tx) if one.code == code), None)
        if found is None:
            raise NotYourMemberError(
                "この番号の団体は、ここで見守る団体ではありません。一覧から選び直してください。"
            )
        return found

    @asynccontextmanager
    async def transaction(self, db: Database, *, read_only: bool = False) -> AsyncIterator[Tx]:
        """A transaction in which its letters can be reached."""
        async with db.transaction(all_towns=True, read_only=read_only) as tx:
            yield tx
