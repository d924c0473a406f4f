"""Answers of members: taken where the member itself signed them, kept, and passed on upwards."""

from collections.abc import Sequence
from dataclasses import dataclass

from jichitai.infra.clock import Clock
from jichitai.infra.database import Tx
from jichitai.infra.inbox import Handler
from jichitai.infra.messages import Received
from jichitai.infra.outbox import Outbox
from jichitai.kernel.bodies import BodyKind, body
from jichitai.kernel.parties import MINISTRY
from jichitai.standardisation.messages import G02, decode
from jichitai.standardisation.survey.bodies import receiving as own
from jichitai.standardisation.survey.checking import store
from jichitai.standardisation.survey.errors import ForeignAnswerError


@dataclass(frozen=True)
class Receiving:
    """The handlers of a prefecture for its members."""

    clock: Clock
    outbox: Outbox

    async def answers(self, tx: Tx, batch: Sequence[Received]) -> None:
        """G02: kept, and passed on with the member's signature.

        Raises:
            ForeignAnswerError: another body signed it, or it is no member.
        """
        by = batch[0].receiver
        came = []
        for received in batch:
            message = answer_in(received)
            whose = body(message.body)
            if whose.kind is BodyKind.PREFECTURE or whose.prefecture_code != by.code:
                raise ForeignAnswerError(
                    "この都道府県の団体の回答ではありません。受け取っていません。",
                    body=message.body,
                )
            came.append(message)
        await store.add_answers(tx, by.code, came, at=self.clock.now())
        await self.outbox.forward(tx, by=by, to=MINISTRY, messages=batch)


def answer_in(received: Received) -> G02:
    """The answer in a message, signed by the body that it is about.

    Raises:
        ForeignAnswerError: another body signed it.
        UnknownMunicipalityError: nobody has this code.
    """
    message = decode(received.kind, received.version, received.body)
    assert isinstance(message, G02)  # noqa: S101 - the kind says so
    if received.origin != body(message.body).party:
        raise ForeignAnswerError(
            "回答の団体と署名した団体が違います。受け取っていません。団体が自分の回答を送り直してください。",
            body=message.body,
            origin=str(received.origin),
        )
    return message


def prefecture_handlers(clock: Clock, outbox: Outbox) -> dict[str, Handler]:
    """What a prefecture does with requests to itself, and with its members' answers."""
    return {
        "G01": own.Receiving(clock).requests,
        "G02": Receiving(clock, outbox).answers,
    }
