"""What a terminal with a card writer does; its ticket is all that it has to show."""

import hmac
from datetime import datetime
from hashlib import sha256
from uuid import UUID

import msgspec
from cryptography import x509

from jichitai.infra.audit import SYSTEM
from jichitai.infra.database import Tx
from jichitai.jpki.authority.model import serial_hex
from jichitai.jpki.counter import model, store
from jichitai.jpki.counter.bodies import (
    CardFace,
    KeysMade,
    WritingAnswer,
    WritingDone,
    WritingOrder,
    WritingState,
)
from jichitai.jpki.counter.errors import OtherKeysError, TicketRefusedError, WrongChipError
from jichitai.jpki.counter.model import ChipState, Stage
from jichitai.jpki.counter.service.desk import ticket_hash
from jichitai.jpki.counter.service.writings import IN_WORK, Writings, real_now
from jichitai.jpki.counter.store import Writing
from jichitai.jpki.messages import J01, Issued
from jichitai.kernel.municipalities import municipality as place_of
from jichitai.kernel.parties import NATION, Party

_encode = msgspec.json.Encoder().encode
_face = msgspec.json.Decoder(CardFace)


class Terminal:
    """Use cases of the terminal; every method works in the caller's transaction."""

    def __init__(self, writings: Writings) -> None:
        """Take the writings of the process."""
        self._writings = writings

    async def order(self, tx: Tx, town: str, request_id: UUID, secret: str) -> WritingOrder:
        """What the terminal is to write; once it is written, still that it is.

        Raises:
            TicketRefusedError, WrongStageError.
        """
        writing = await self._admitted(tx, town, request_id, secret)
        model.expect(writing.stage, *IN_WORK, Stage.WRITTEN)
        assert writing.sealed is not None  # noqa: S101 - kept while it is under way
        assert writing.expires_at is not None  # noqa: S101 - the ticket has one
        face = self._writings.node.keys.columns.open(bytes(writing.sealed), request_id.bytes)
        place = place_of(town)
        return WritingOrder(
            request_id=request_id,
            municipality=town,
            municipality_name=f"{place.prefecture}{place.county}{place.name}",
            chip_number=writing.chip_number,
            certificates=writing.certificates,
            renewal=writing.renewal,
            state=writing.stage,
            expires_at=writing.expires_at,
            face=_face.decode(face),
        )

    async def take_keys(
        self, tx: Tx, town: str, request_id: UUID, secret: str, made: KeysMade
    ) -> WritingState:
        """Send the keys that the chip made to the authority (J01).

        Raises:
            TicketRefusedError, WrongStageError.
            WrongChipError: another chip than the one of the application.
            OtherKeysError: other keys were sent before.

        Source: 公的個人認証法 第3条第4項, 第22条第4項.
        """
        writing = await self._admitted(tx, town, request_id, secret)
        if made.chip_number != writing.chip_number:
            raise WrongChipError(
                "申請と違う製造番号のカードです。申請のカードを置き直すか、申請を取りやめてやり直して"
                "ください。"
            )
        if {key.kind for key in made.keys} != set(writing.certificates):
            raise OtherKeysError("申請と違う種類の鍵です。カードを置き直してやり直してください。")
        digest = self._writings.node.keys.blind.of("keys", sha256(_encode(made)).hexdigest())
        if writing.made_hash is not None:
            if bytes(writing.made_hash) != digest:
                raise OtherKeysError(
                    "この手続では別の鍵が既に認証局に送られています。取りやめて、新しい申請としてやり"
                    "直してください。"
                )
            return _state(writing)
        model.expect(writing.stage, Stage.OPEN)
        await self._writings.node.send(
            tx, Party.town(town), NATION, await self._request(tx, writing, made)
        )
        await store.change_writing(
            tx,
            town,
            request_id,
            made_hash=digest,
            state=Stage.WAITING,
            sent_at=self._writings.node.clock.now(),
        )
        return WritingState(request_id=request_id, state=Stage.WAITING)

    async def answer(self, tx: Tx, town: str, request_id: UUID, secret: str) -> WritingAnswer:
        """What the authority answered, or that it has not yet.

        Raises:
            TicketRefusedError, WrongStageError.
        """
        writing = await self._admitted(tx, town, request_id, secret)
        model.expect(writing.stage, Stage.WAITING, Stage.ANSWERED, Stage.REFUSED)
        if writing.stage is Stage.REFUSED:
            return WritingAnswer(
                request_id=request_id,
                state=Stage.REFUSED,
                refusal=writing.refusal,
                detail=writing.detail,
            )
        body = self._writings.answer_of(writing)
        if body is None:
            return WritingAnswer(request_id=request_id, state=Stage.WAITING)
        return WritingAnswer(
            request_id=request_id,
            state=Stage.ANSWERED,
            issued=body.issued,
            signatures=body.signatures,
            permit=body.permit,
        )

    async def done(
        self, tx: Tx, town: str, request_id: UUID, secret: str, outcome: WritingDone
    ) -> WritingState:
        """The terminal has finished; saying so again changes nothing.

        Certificates that did not reach a chip are ended (交付前の廃棄).

        Raises:
            TicketRefusedError, WrongStageError.

        Source: 公的個人認証法 第3条第6項, 第7項, 第22条第6項, 第7項.
        """
        writing = await self._admitted(tx, town, request_id, secret)
        at = self._writings.node.clock.now()
        if not outcome.written:
            model.expect(writing.stage, *IN_WORK, Stage.REFUSED)
            if writing.stage is Stage.REFUSED:
                return _state(writing)
            await self._writings.close(
                tx, writing, Stage.FAILED, failure=outcome.failure or "other"
            )
            return WritingState(request_id=request_id, state=Stage.FAILED)
        model.expect(writing.stage, Stage.ANSWERED, Stage.WRITTEN)
        if writing.stage is Stage.WRITTEN:
            return _state(writing)
        body = self._writings.answer_of(writing)
        assert body is not None  # noqa: S101 - it is answered
        for issued in body.issued:
            await _enter(tx, writing, issued, at)
        await store.save_chip(tx, writing, ChipState.WRITTEN, at)
        await store.change_writing(
            tx, town, request_id, state=Stage.WRITTEN, written_at=at, answer=None
        )
        await self._writings.record(tx, SYSTEM, "jpki.writing.written", request_id)
        return WritingState(request_id=request_id, state=Stage.WRITTEN)

    async def _request(self, tx: Tx, writing: Writing, made: KeysMade) -> J01:
        town = writing.municipality
        record = await self._writings.register.resident(tx, town, writing.resident_id)
        return J01(
            request_id=writing.request_id,
            municipality=town,
            juki_code=record.juki_code.reveal(),
            chip_number=writing.chip_number,
            card_until=writing.card_until.isoformat(),
            keys=made.keys,
            objects=made.objects,
            chip_challenge=made.challenge,
            renews=writing.renewal,
            guardian=writing.guardian,
        )

    async def _admitted(self, tx: Tx, town: str, request_id: UUID, secret: str) -> Writing:
        writing = await store.writing(tx, town, request_id, lock=True)
        known = bytes(writing.ticket_hash) if writing and writing.ticket_hash else b""
        good = hmac.compare_digest(known, ticket_hash(secret))
        if writing is None or not good or (writing.expires_at or real_now()) <= real_now():
            raise ticket_refused()
        return writing


def ticket_refused() -> TicketRefusedError:
    """The refusal for a wrong ticket, an old one, and for a writing that does not exist."""
    return TicketRefusedError(
        "書込みの券が違うか、期限が切れたか、新しい券に替わっています。窓口の画面で券を出し直して"
        "ください。"
    )


def _state(writing: Writing) -> WritingState:
    return WritingState(request_id=writing.request_id, state=writing.stage)


async def _enter(tx: Tx, writing: Writing, issued: Issued, at: datetime) -> None:
    certificate = x509.load_der_x509_certificate(issued.certificate)
    await store.add_certificate(
        tx,
        writing.municipality,
        issued.kind,
        serial_hex(certificate.serial_number),
        resident_id=writing.resident_id,
        chip_number=writing.chip_number,
        not_after=certificate.not_valid_after_utc,
        at=at,
    )
