"""What the network tells the register: handlers of the messages that arrive at a town."""

from collections.abc import Sequence
from typing import TypeVar

from jichitai.infra.database import Tx
from jichitai.infra.messages import Received
from jichitai.jukinet.errors import (
    InvalidMessageError,
    UnknownRequestError,
    WrongOriginError,
    WrongReceiverError,
)
from jichitai.jukinet.messages import M02, M06, M07, M10, M12, M15, Body, Certificate, decode
from jichitai.jukinet.node import Node
from jichitai.jukinet.town import model, store
from jichitai.kernel.errors import InvalidError, NotFoundError
from jichitai.kernel.identifiers import JukiCode, MyNumber
from jichitai.kernel.parties import NATION, Party, Tier
from jichitai.register.service.network import TownRegister

B = TypeVar("B", bound=Body)


class TownIntake:
    """Handlers of one process that serves towns."""

    def __init__(self, node: Node, register: TownRegister) -> None:
        """Take the process and the register's service."""
        self._node = node
        self._register = register

    async def receive_arrivals(self, tx: Tx, batch: Sequence[Received]) -> None:
        """転入通知 (M02): the person who left has arrived elsewhere."""
        for received in batch:
            body = _body(received, M02)
            _between_towns(received, body.municipality, body.previous_municipality)
            await self._register.confirm_departure(
                tx, received.receiver.code, model.arrival_notice(body)
            )

    async def receive_certificate_requests(self, tx: Tx, batch: Sequence[Received]) -> None:
        """最初の転入届の通知 (M06): answer with 転出証明書情報 (M07)."""
        for received in batch:
            body = _body(received, M06)
            _between_towns(received, body.municipality, body.previous_municipality)
            await self._answer(tx, received, body)

    async def receive_certificates(self, tx: Tx, batch: Sequence[Received]) -> None:
        """転出証明書情報 (M07): keep it until the people report."""
        for received in batch:
            body = _body(received, M07)
            _between_towns(received, body.municipality, body.destination_municipality)
            town = received.receiver.code
            for certificate in body.certificates:
                if certificate.municipality != body.municipality:
                    raise WrongOriginError("他の市区町村の転出証明書情報が含まれています。")
                await self._register.receive_certificate(
                    tx, town, model.certificate_of(certificate)
                )
            if body.request_id is not None:
                refusal = f"{body.not_found}人の転出届が見つかりません" if body.not_found else None
                await store.answer_transfer(
                    tx, town, body.request_id, "asked", refusal, self._node.clock.now()
                )

    async def receive_codes(self, tx: Tx, batch: Sequence[Received]) -> None:
        """住民票コードの指定 (M10): put the codes into the stock."""
        for received in batch:
            body = _from_nation(received, M10)
            town = received.receiver.code
            _for_us(received, body.municipality)
            codes = [_code(text) for text in body.codes]
            await self._register.add_juki_codes(tx, town, codes, str(body.batch_id))
            if body.request_id is not None:
                await store.codes_answered(tx, town, body.request_id, self._node.clock.now())

    async def receive_numbers(self, tx: Tx, batch: Sequence[Received]) -> None:
        """個人番号の通知 (M12): record the number that was asked for."""
        for received in batch:
            body = _from_nation(received, M12)
            town = received.receiver.code
            _for_us(received, body.municipality)
            request = await store.number_request(tx, town, body.request_id)
            if request is None:
                raise UnknownRequestError(
                    "この個人番号の通知に対応する要求がありません。機構に確かめてください。",
                    request=str(body.request_id),
                )
            if request.answered:
                continue
            await self._register.record_number(
                tx, town, request.resident_id, _number(body.my_number), changed=request.change
            )
            await store.number_answered(tx, town, body.request_id, self._node.clock.now())

    async def receive_reports(self, tx: Tx, batch: Sequence[Received]) -> None:
        """誤り・脱漏の通報 (M15): keep it for the clerks."""
        for received in batch:
            body = _body(received, M15)
            if received.origin.tier not in (Tier.NATION, Tier.PREFECTURE):
                raise WrongOriginError("誤り通報は都道府県または機構だけが送れます。")
            _for_us(received, body.municipality)
            await store.save_report(
                tx,
                received.receiver.code,
                report_id=body.report_id,
                kind=body.error,
                code_hash=body.code_hash,
                detail=body.detail,
                reported_by=str(received.origin),
                at=body.reported_at,
            )

    async def _answer(self, tx: Tx, received: Received, body: M06) -> None:
        us, at = received.receiver, self._node.clock.now()
        await store.save_transfer(
            tx,
            us.code,
            body.request_id,
            direction="asked-of-us",
            other=body.municipality,
            persons=len(body.juki_codes),
            at=at,
        )
        found: dict[int, Certificate] = {}
        covered: set[str] = set()
        for text in body.juki_codes:
            if text in covered:
                continue
            try:
                certificate = await self._register.departure_certificate(tx, us.code, _code(text))
            except NotFoundError:
                continue
            found[certificate.number] = model.certificate_body(certificate)
            covered.update(person.juki_code for person in certificate.people)
        missing = len(set(body.juki_codes) - covered)
        answer = M07(
            request_id=body.request_id,
            municipality=us.code,
            destination_municipality=body.municipality,
            sent_at=at,
            certificates=tuple(found.values()),
            not_found=missing,
        )
        await self._node.send(tx, us, Party.town(body.municipality), answer)
        refusal = f"{missing}人の転出届がありません" if missing else None
        await store.answer_transfer(tx, us.code, body.request_id, "asked-of-us", refusal, at)


def _body(received: Received, expected: type[B]) -> B:
    body = decode(received.kind, received.version, received.body)
    if not isinstance(body, expected):
        raise InvalidMessageError("電文の種類が処理と合いません。", kind=received.kind)
    return body


def _from_nation(received: Received, expected: type[B]) -> B:
    if received.origin != NATION:
        raise WrongOriginError(
            "この電文は機構だけが送れます。差出人を確かめてください。", origin=str(received.origin)
        )
    return _body(received, expected)


def _for_us(received: Received, municipality: str) -> None:
    if received.receiver.code != municipality:
        raise WrongReceiverError(
            "別の市区町村に宛てた内容です。差出人に確かめてください。",
            receiver=str(received.receiver),
        )


def _between_towns(received: Received, sender: str, receiver: str) -> None:
    if received.origin != Party.town(sender):
        raise WrongOriginError(
            "署名した団体と、電文の差出人が違います。", origin=str(received.origin)
        )
    _for_us(received, receiver)


def _code(text: str) -> JukiCode:
    try:
        return JukiCode(text)
    except InvalidError as error:
        raise InvalidMessageError(f"電文の内容に誤りがあります。{error.detail}") from None


def _number(text: str) -> MyNumber:
    try:
        return MyNumber(text)
    except InvalidError as error:
        raise InvalidMessageError(f"電文の内容に誤りがあります。{error.detail}") from None
