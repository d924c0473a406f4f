"""The clerk's part of issuing a card, for programs: apply, take a ticket, hand over."""

from datetime import date, datetime
from typing import Annotated, Any, Final
from uuid import UUID

from litestar import get, post
from litestar.params import FromPath, JSONBody
from litestar.types import ControllerRouterHandler
from msgspec import Meta, Struct

from jichitai.infra.database import Tx
from jichitai.jpki import clocks
from jichitai.jpki.counter import store
from jichitai.jpki.counter.access import CLERKS, writings_of
from jichitai.jpki.counter.documents import Case
from jichitai.jpki.counter.errors import UnknownWritingError
from jichitai.jpki.counter.model import Application, Stage
from jichitai.jpki.counter.photo import LARGEST_BYTES, prepared
from jichitai.jpki.counter.service.desk import Desk
from jichitai.jpki.counter.store import Writing
from jichitai.jpki.kinds import CertificateKind
from jichitai.jpki.messages import ChipNumber
from jichitai.register.service.people import People
from jichitai.web.inject import Db, LawClock, NodeKeys, Who

_OPT: Final[dict[str, Any]] = {"roles": CLERKS}
_BODY: Final = 12 * 1024 * 1024
_TAGS: Final = ["jpki"]
_Word = Annotated[str, Meta(max_length=40)]
_Words = Annotated[tuple[_Word, ...], Meta(max_length=20)]


class CardApplication(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a clerk has taken from somebody who wants a card.

    Attributes:
        resident_id: of this town.
        chip_number: 製造番号 of the card to be written.
        kinds: certificates to be written.
        case: who came.
        documents: ids of `identity_documents.csv` that the holder showed.
        agent_documents: ids that the agent or representative showed.
        agent_reason: id of `agent_reasons.csv`, when an agent came.
        guardian: the representative asks for a signing certificate for somebody under 15.
        renewal: certificates are renewed in the person's own card.
        card_until: last day of the card; the longest that the law allows when left out.
        photo: JPEG; none for a baby.
    """

    resident_id: UUID
    chip_number: ChipNumber
    kinds: Annotated[tuple[CertificateKind, ...], Meta(min_length=1, max_length=2)]
    case: Case
    documents: _Words
    agent_documents: _Words = ()
    agent_reason: _Word = ""
    guardian: bool = False
    renewal: bool = False
    card_until: date | None = None
    photo: Annotated[bytes, Meta(max_length=LARGEST_BYTES)] | None = None

    def __repr__(self) -> str:
        """The type only."""
        return "<CardApplication>"


class OpenedWriting(Struct, frozen=True, kw_only=True):
    """One writing."""

    request_id: UUID
    state: Stage


class WritingTicket(Struct, frozen=True, kw_only=True):
    """A ticket for the terminal that writes.

    Attributes:
        ticket: `<request id>.<secret>`; see the writing API.
        expires_at: it is good until then, once.
    """

    ticket: str
    expires_at: datetime

    def __repr__(self) -> str:
        """Hide the ticket."""
        return "<WritingTicket>"


class HandOver(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """交付: what the clerk did before the card changed hands.

    Attributes:
        received_by: who takes it.
        face_compared: the photo was compared with the person.
        contents_confirmed: the person confirmed what was written.
    """

    received_by: Annotated[str, Meta(pattern="^(holder|agent)$")]
    face_compared: bool
    contents_confirmed: bool


@post("/api/v1/jpki/cards", opt=_OPT, status_code=201, summary="Take an application for a card",
      tags=_TAGS, request_max_body_size=_BODY)  # fmt: skip
async def take_application(
    data: JSONBody[CardApplication], principal: Who, db: Db, keys: NodeKeys, clock: LawClock
) -> OpenedWriting:
    """Open a writing; the chip can be written next."""
    town = principal.town()
    picture = None if data.photo is None else prepared(data.photo)
    async with db.transaction(town=town) as tx:
        row = await People(keys, clock).person(tx, town, data.resident_id, by=principal.actor)
        longest = clocks.card_validity_end(row.birth_date, clock.today())
        application = Application(
            chip_number=data.chip_number,
            kinds=data.kinds,
            renewal=data.renewal,
            card_until=data.card_until or longest,
            case=data.case,
            documents=data.documents,
            agent_documents=data.agent_documents,
            agent_reason=data.agent_reason,
            guardian=data.guardian,
            photo=picture,
        )
        desk = Desk(writings_of(keys, clock))
        request_id = await desk.open(tx, town, row, application, by=principal.actor)
    return OpenedWriting(request_id=request_id, state=Stage.OPEN)


@get("/api/v1/jpki/cards/{request_id:uuid}", opt=_OPT, summary="Where a writing stands", tags=_TAGS)
async def writing(request_id: FromPath[UUID], principal: Who, db: Db) -> OpenedWriting:
    """One writing of this town."""
    town = principal.town()
    async with db.transaction(town=town, read_only=True) as tx:
        found = await _known(tx, town, request_id)
    return OpenedWriting(request_id=request_id, state=found.stage)


@post("/api/v1/jpki/cards/{request_id:uuid}/ticket", opt=_OPT, status_code=201,
      summary="A ticket for the terminal that writes", tags=_TAGS)  # fmt: skip
async def take_ticket(
    request_id: FromPath[UUID], principal: Who, db: Db, keys: NodeKeys, clock: LawClock
) -> WritingTicket:
    """An earlier ticket is good no longer."""
    town = principal.town()
    async with db.transaction(town=town) as tx:
        given = await Desk(writings_of(keys, clock)).ticket(
            tx, town, request_id, by=principal.actor
        )
    return WritingTicket(ticket=given.text, expires_at=given.expires_at)


@post("/api/v1/jpki/cards/{request_id:uuid}/hand-over", opt=_OPT, status_code=200,
      summary="Hand the card over", tags=_TAGS)  # fmt: skip
async def hand_card_over(
    request_id: FromPath[UUID],
    data: JSONBody[HandOver],
    principal: Who,
    db: Db,
    keys: NodeKeys,
    clock: LawClock,
) -> OpenedWriting:
    """交付する: the card is in use from now on."""
    town = principal.town()
    async with db.transaction(town=town) as tx:
        await Desk(writings_of(keys, clock)).hand_over(
            tx,
            town,
            request_id,
            received_by=data.received_by,
            face_compared=data.face_compared,
            contents_confirmed=data.contents_confirmed,
            by=principal.actor,
        )
    return OpenedWriting(request_id=request_id, state=Stage.HANDED_OVER)


async def _known(tx: Tx, town: str, request_id: UUID) -> Writing:
    found = await store.writing(tx, town, request_id)
    if found is None:
        raise UnknownWritingError(
            "この番号のカードの手続はありません。手続の一覧で番号を確かめてください。"
        )
    return found


DESK_ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (
    take_application,
    writing,
    take_ticket,
    hand_card_over,
)
