"""What the nation tells a town: answers to requests (J02), and certificates that end (J04)."""

from collections.abc import Sequence
from typing import Final

import msgspec

from jichitai.infra.database import Tx
from jichitai.infra.inbox import Handlers
from jichitai.infra.messages import Received
from jichitai.jpki.counter import store
from jichitai.jpki.counter.model import ChipState, Stage
from jichitai.jpki.counter.service.writings import Writings
from jichitai.jpki.kinds import Cause, CertificateState
from jichitai.jpki.messages import J02, J04, decode
from jichitai.jukinet.errors import (
    InvalidMessageError,
    UnknownPersonError,
    WrongOriginError,
    WrongReceiverError,
)
from jichitai.jukinet.messages import Body
from jichitai.kernel.identifiers import JukiCode
from jichitai.kernel.parties import NATION

_CARD_ENDS_TOO: Final = frozenset({Cause.DELETED, Cause.NOT_MOVED_IN})
"""Causes that end the card as well (番号法 第17条第10項; 番号法施行令 第14条)."""
_encode = msgspec.json.Encoder().encode


class Told:
    """Handlers of one process that serves towns."""

    def __init__(self, writings: Writings) -> None:
        """Take the writings of the process."""
        self._writings = writings

    @property
    def handlers(self) -> Handlers:
        """By kind of message."""
        return {"J02": self.receive_answers, "J04": self.receive_endings}

    async def receive_answers(self, tx: Tx, batch: Sequence[Received]) -> None:
        """電子証明書の発行 (J02)."""
        for received in batch:
            body = _from_nation(received)
            if not isinstance(body, J02):
                raise InvalidMessageError("電子証明書の発行の電文ではありません。")
            _for_us(received, body.municipality)
            await self.receive_answer(tx, received.receiver.code, body)

    async def receive_endings(self, tx: Tx, batch: Sequence[Received]) -> None:
        """電子証明書の失効の通知 (J04): keep it, so that the counter can tell the holder.

        Source: 公的個人認証法 第13条第2項, 第32条第2項.
        """
        for received in batch:
            body = _from_nation(received)
            if not isinstance(body, J04):
                raise InvalidMessageError("電子証明書の失効の通知ではありません。")
            _for_us(received, body.municipality)
            await self._end(tx, received.receiver.code, body)

    async def _end(self, tx: Tx, town: str, body: J04) -> None:
        code = JukiCode.parse(body.juki_code)
        record = await self._writings.register.by_code(tx, town, code)
        if record is None:
            raise UnknownPersonError(
                "失効の通知にある住民票コードの記録が、この市区町村にありません。機構に確かめてください。"
            )
        await store.end_certificate(
            tx,
            town,
            body.certificate,
            body.serial,
            resident_id=record.resident_id,
            state=CertificateState(body.state),
            reason=body.reason,
            cause=body.cause,
            ended_at=body.at,
            at=self._writings.node.clock.now(),
        )
        if body.cause in _CARD_ENDS_TOO:
            at = self._writings.node.clock.now()
            for chip in await store.chips_of(tx, town, record.resident_id):
                await store.set_chip(tx, town, chip.chip_number, ChipState.LAPSED, at)

    async def receive_answer(self, tx: Tx, town: str, body: J02) -> None:
        """電子証明書の発行 (J02): keep it for the terminal that waits.

        Certificates for a writing that was given up meanwhile are ended at once.

        Raises:
            UnknownWritingError: no such request here.
        """
        writing = await self._writings.get(tx, town, body.request_id)
        if writing.stage is not Stage.WAITING:
            if body.issued and writing.stage in {Stage.GIVEN_UP, Stage.FAILED}:
                await self._writings.end_unwritten(tx, writing)
            return
        at = self._writings.node.clock.now()
        if body.refusal:
            await store.change_writing(
                tx,
                town,
                body.request_id,
                state=Stage.REFUSED,
                refusal=body.refusal,
                detail=body.detail,
                answered_at=at,
                sealed=None,
            )
            return
        sealed = self._writings.node.keys.columns.seal(_encode(body), body.request_id.bytes)
        await store.change_writing(
            tx, town, body.request_id, state=Stage.ANSWERED, answer=sealed, answered_at=at
        )


def _from_nation(received: Received) -> Body:
    if received.origin != NATION:
        raise WrongOriginError("認証局からの電文ではありません。", origin=str(received.origin))
    return decode(received.kind, received.version, received.body)


def _for_us(received: Received, municipality: str) -> None:
    if received.receiver.code != municipality:
        raise WrongReceiverError("宛先の違う電文です。", receiver=str(received.receiver))
