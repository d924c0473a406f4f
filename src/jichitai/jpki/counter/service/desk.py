"""What a clerk does: open a writing, give out its ticket, hand the card over, or give up."""

import secrets
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from uuid import UUID, uuid4

import msgspec

from jichitai.infra.audit import Actor
from jichitai.infra.database import Tx
from jichitai.jpki import clocks
from jichitai.jpki.counter import model, store
from jichitai.jpki.counter.bodies import CardFace
from jichitai.jpki.counter.documents import Case
from jichitai.jpki.counter.errors import ChipInUseError, WritingUnderWayError
from jichitai.jpki.counter.model import Application, ChipState, Stage
from jichitai.jpki.counter.service.writings import FORGET, IN_WORK, Writings, real_now
from jichitai.jpki.kinds import CertificateKind, CertificateState
from jichitai.jpki.lifecycle.errors import NotResidentError
from jichitai.jpki.lifecycle.model import certified_name
from jichitai.kernel.municipalities import municipality as place_of
from jichitai.register.model.resident import Resident

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a terminal is given; see `bodies`."""

    text: str
    expires_at: datetime

    def __repr__(self) -> str:
        """Hide the ticket."""
        return "<Ticket>"


class Desk:
    """Use cases of the clerk."""

    def __init__(self, writings: Writings) -> None:
        """Take the writings of the process."""
        self._writings = writings

    async def open(
        self, tx: Tx, town: str, resident: Resident, application: Application, *, by: Actor
    ) -> UUID:
        """Take an application and prepare one writing.

        Returns:
            The request id, which names it everywhere.

        Raises:
            NotResidentError: the line is removed.
            ApplicationRefusedError: it has errors.
            ChipInUseError: the card is somebody's, or this person's and no renewal was asked for.
            WritingUnderWayError: another one has not ended.

        Source: 番号法 第17条; 公的個人認証法 第3条, 第22条.
        """
        today, at = self._writings.node.clock.today(), self._writings.node.clock.now()
        if not resident.live:
            raise NotResidentError(
                "この人の住民票は消除されています。住所のある市区町村で手続をするよう案内してください。"
            )
        case, until = model.check_application(application, resident.birth_date, today)
        await self._check_chip(tx, town, resident.id, application)
        request_id = uuid4()
        printed_end = await self._printed_end(tx, town, resident, until)
        face = _face(resident, town, application.photo, until, printed_end)
        entered = await store.open_writing(
            tx,
            {
                "municipality": town,
                "request_id": request_id,
                "resident_id": resident.id,
                "chip_number": application.chip_number,
                "kinds": [kind.value for kind in application.kinds],
                "renewal": application.renewal,
                "card_until": until,
                "applicant_case": case.value,
                "documents": [*application.documents],
                "agent_documents": [*application.agent_documents],
                "agent_reason": application.agent_reason or None,
                "guardian": application.guardian,
                "sealed": self._writings.node.keys.columns.seal(_encode(face), request_id.bytes),
                "opened_by": by.id,
                "opened_at": at,
            },
        )
        if not entered:
            raise WritingUnderWayError(
                "この人のカードの手続が終わっていません。その手続を開いて、続けるか取りやめてください。"
            )
        facts = {
            "kinds": [*application.kinds],
            "case": case,
            "renewal": application.renewal,
        }
        await self._writings.record(tx, by, "jpki.writing.open", request_id, facts)
        return request_id

    async def ticket(self, tx: Tx, town: str, request_id: UUID, *, by: Actor) -> Ticket:
        """Give out a ticket for a terminal; an earlier one is good no longer.

        Raises:
            UnknownWritingError, WrongStageError.
        """
        writing = await self._writings.get(tx, town, request_id)
        model.expect(writing.stage, *IN_WORK)
        secret = secrets.token_urlsafe(32)
        expires_at = real_now() + model.TICKET_LIFE
        await store.change_writing(
            tx, town, request_id, ticket_hash=ticket_hash(secret), expires_at=expires_at
        )
        await self._writings.record(tx, by, "jpki.writing.ticket", request_id)
        return Ticket(f"{request_id}.{secret}", expires_at)

    async def hand_over(
        self,
        tx: Tx,
        town: str,
        request_id: UUID,
        *,
        received_by: str,
        face_compared: bool,
        contents_confirmed: bool,
        by: Actor,
    ) -> None:
        """交付: the person has the card, and the card is in use.

        Args:
            tx: a transaction of the town.
            town: its code.
            request_id: the writing.
            received_by: `holder` or `agent`.
            face_compared: the clerk compared the photo with the person.
            contents_confirmed: the person confirmed what was written.
            by: the clerk.

        Raises:
            UnknownWritingError, WrongStageError.
            ApplicationRefusedError: something was not done; `fields` names it.

        Source: 番号法 第17条第1項; 番号法施行令 第13条.
        """
        writing = await self._writings.get(tx, town, request_id)
        model.expect(writing.stage, Stage.WRITTEN)
        model.check_hand_over(
            Case(writing.applicant_case),
            received_by,
            face_compared=face_compared,
            contents_confirmed=contents_confirmed,
        )
        at = self._writings.node.clock.now()
        await store.set_chip(tx, town, writing.chip_number, ChipState.HANDED_OVER, at)
        await store.change_writing(
            tx,
            town,
            request_id,
            state=Stage.HANDED_OVER,
            closed_by=by.id,
            closed_at=at,
            received_by=received_by,
            **FORGET,
        )
        facts = {"received_by": received_by, "documents": writing.documents}
        await self._writings.record(tx, by, "jpki.chip.hand-over", request_id, facts)

    async def give_up(self, tx: Tx, town: str, request_id: UUID, *, by: Actor, reason: str) -> None:
        """取りやめ: nothing is handed over; certificates that exist are ended.

        Raises:
            UnknownWritingError, WrongStageError.

        Source: 公的個人認証法 第9条, 第28条; CPS of the real service 4.9.9 (交付前の廃棄).
        """
        writing = await self._writings.get(tx, town, request_id)
        model.expect(writing.stage, *IN_WORK, Stage.WRITTEN)
        if writing.stage is Stage.WRITTEN:
            at = self._writings.node.clock.now()
            await store.set_chip(tx, town, writing.chip_number, ChipState.LAPSED, at)
        await self._writings.close(tx, writing, Stage.GIVEN_UP, closed_by=by.id)
        await self._writings.record(tx, by, "jpki.writing.give-up", request_id, reason=reason)

    async def _check_chip(
        self, tx: Tx, town: str, resident_id: UUID, application: Application
    ) -> None:
        known = await store.chip(tx, town, application.chip_number)
        if known is None or known.status is ChipState.LAPSED:
            return
        if known.resident_id == resident_id and application.renewal:
            return
        raise ChipInUseError(
            "この製造番号のカードは使われています。本人のカードの電子証明書を更新するときは更新を選び、"
            "そうでなければ番号を確かめてください。"
        )

    async def _printed_end(self, tx: Tx, town: str, resident: Resident, until: date) -> date | None:
        """The last day of the certificates, as far as the town can tell it beforehand."""
        known = await store.certificates_of(tx, town, resident.id)
        ends = [
            row.not_after
            for row in known
            if row.kind == CertificateKind.USER_AUTH
            and row.state == CertificateState.VALID
            and row.not_after is not None
        ]
        return clocks.validity_end(
            resident.birth_date,
            self._writings.node.clock.today(),
            card_until=until,
            renewed_from=clocks.last_day(max(ends)) if ends else None,
        )


def ticket_hash(secret: str) -> bytes:
    """What is kept of a ticket."""
    return sha256(secret.encode()).digest()


def _face(
    resident: Resident, town: str, photo: bytes | None, until: date, certificate_until: date | None
) -> CardFace:
    place = place_of(town)
    former, alias = resident.former_name, resident.alias
    return CardFace(
        my_number=resident.my_number.reveal() if resident.my_number else None,
        juki_code=resident.juki_code.reveal(),
        name=certified_name(
            resident.name.text, former.text if former else None, alias.text if alias else None
        ),
        address=f"{place.prefecture}{place.county}{place.name}{resident.address.text}",
        birth_date=resident.birth_date.code,
        sex=resident.sex.value,
        until=until,
        certificate_until=certificate_until,
        foreign=alias is not None,
        security_code=f"{secrets.randbelow(10_000):04}",
        photo=photo,
    )
