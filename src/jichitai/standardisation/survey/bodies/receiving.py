"""What reaches a body: requests of the ministry, and what its prefecture said of its answers."""

from collections.abc import Sequence
from dataclasses import dataclass

from jichitai.infra.clock import Clock
from jichitai.infra.database import ALL_TOWNS, Tx, enter_town
from jichitai.infra.inbox import Handler
from jichitai.infra.messages import Received
from jichitai.kernel.bodies import prefecture_body
from jichitai.kernel.parties import MINISTRY, Party, Tier
from jichitai.standardisation.messages import G01, G03, decode
from jichitai.standardisation.survey.bodies import store
from jichitai.standardisation.survey.errors import ForeignAnswerError


@dataclass(frozen=True)
class Receiving:
    """The handlers of a body; at prefectures for the prefecture as a body."""

    clock: Clock

    async def requests(self, tx: Tx, batch: Sequence[Received]) -> None:
        """G01: only the ministry asks.

        Raises:
            ForeignAnswerError: somebody else signed it, or it names another body.
        """
        await see_bodies(tx, batch)
        came = []
        for received in batch:
            message = decode(received.kind, received.version, received.body)
            assert isinstance(message, G01)  # noqa: S101 - the kind says so
            code = code_of(received.receiver)
            if message.body != code or received.origin != MINISTRY:
                raise ForeignAnswerError(
                    "宛先の団体と内容の団体が違うか、総務省からの依頼ではありません。受け取っていません。",
                    origin=str(received.origin),
                )
            came.append((code, message))
        await store.add_requests(tx, came, at=self.clock.now())

    async def verdicts(self, tx: Tx, batch: Sequence[Received]) -> None:
        """G03: only the body's own prefecture checks.

        Raises:
            ForeignAnswerError: another party signed it, or it names another body.
        """
        await see_bodies(tx, batch)
        came = []
        for received in batch:
            message = decode(received.kind, received.version, received.body)
            assert isinstance(message, G03)  # noqa: S101 - the kind says so
            code = code_of(received.receiver)
            if message.body != code or received.origin != Party.prefecture(code[:2]):
                raise ForeignAnswerError(
                    "宛先の団体と内容の団体が違うか、この団体の都道府県からの確認ではありません。"
                    "受け取っていません。",
                    origin=str(received.origin),
                )
            came.append((code, message))
        await store.add_verdicts(tx, came, at=self.clock.now())


def code_of(party: Party) -> str:
    """The code of the body that a message reached."""
    return prefecture_body(party.code).code if party.tier is Tier.PREFECTURE else party.code


async def see_bodies(tx: Tx, batch: Sequence[Received]) -> None:
    """At a prefecture the receiver's transaction names no body; its tables name theirs."""
    if batch[0].receiver.tier is Tier.PREFECTURE:
        await enter_town(tx, ALL_TOWNS)


def town_handlers(clock: Clock) -> dict[str, Handler]:
    """What a town does with what it is told."""
    work = Receiving(clock)
    return {"G01": work.requests, "G03": work.verdicts}
