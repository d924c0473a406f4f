"""The work list of cards, one person's cards, and one writing from application to hand-over."""

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from litestar import Request, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from jichitai.infra.clock import Clock
from jichitai.infra.database import Database, Tx
from jichitai.infra.keys import Keys
from jichitai.jpki.counter import store
from jichitai.jpki.counter.access import CLERKS, writings_of
from jichitai.jpki.counter.documents import Case
from jichitai.jpki.counter.errors import ApplicationRefusedError, UnknownWritingError
from jichitai.jpki.counter.model import TICKET_LIFE, Stage
from jichitai.jpki.counter.pages import words
from jichitai.jpki.counter.service.desk import Desk
from jichitai.jpki.counter.store import Writing
from jichitai.jpki.kinds import CertificateKind
from jichitai.jpki.reader.agent_protocol import PORT, WRITE_PATH
from jichitai.register.service.people import People
from jichitai.web.edge import content_security_policy
from jichitai.web.frame import page
from jichitai.web.inject import Db, LawClock, NodeKeys, NodeSettings, Who
from jichitai.web.rights import Principal

AnyRequest = Request[Any, Any, Any]
_OPT: Final = {"roles": CLERKS}
AGENT: Final = f"http://127.0.0.1:{PORT}"
"""Where the program of the card writer listens on the clerk's own machine."""


@get("/counter/cards", opt=_OPT, include_in_schema=False)
async def cards(
    request: AnyRequest, principal: Who, db: Db, keys: NodeKeys, clock: LawClock
) -> Template:
    """Writings that are under way, and certificates that ended lately."""
    town = principal.town()
    async with db.transaction(town=town, read_only=True) as tx:
        under_way = await store.writings(tx, town)
        ended = await store.ended(tx, town)
        ids = {row.resident_id for row in under_way} | {row.resident_id for row in ended}
        known = await People(keys, clock).names(tx, town, ids)
    names = {id_: row.name.text for id_, row in known.items()}
    context = {
        "under_way": [
            {
                "id": row.request_id,
                "name": names.get(row.resident_id, ""),
                "kinds": words.kinds_word(row.kinds),
                "at": row.opened_at,
                "status": words.stage_status(row.stage),
            }
            for row in under_way
        ],
        "ended": [
            {
                "resident_id": row.resident_id,
                "name": names.get(row.resident_id, ""),
                "kind": CertificateKind(row.kind).japanese,
                "cause": words.cause_word(row.cause),
                "at": row.ended_at,
                "status": words.certificate_status(row, clock.today()),
            }
            for row in ended
        ],
    }
    return page(request, "counter_card/cards.html", context)


@get("/counter/residents/{resident_id:uuid}/card", opt=_OPT, include_in_schema=False)
async def person_card(
    request: AnyRequest,
    resident_id: FromPath[UUID],
    principal: Who,
    db: Db,
    keys: NodeKeys,
    clock: LawClock,
) -> Template:
    """One person's cards and certificates, and what can be done with them."""
    town, today = principal.town(), clock.today()
    async with db.transaction(town=town) as tx:
        row = await People(keys, clock).person(tx, town, resident_id, by=principal.actor)
        chips = await store.chips_of(tx, town, resident_id)
        certificates = await store.certificates_of(tx, town, resident_id)
        writings = await store.writings_of(tx, town, resident_id)
        reports = await store.reports_of(tx, town, resident_id)
    context = {
        "row": row,
        "tabs": words.person_tabs(row.id, row.household_id),
        "chips": [{"row": chip, "status": words.chip_status(chip)} for chip in chips],
        "certificates": [
            {
                "kind": CertificateKind(one.kind).japanese,
                "serial": one.serial,
                "until": one.not_after,
                "cause": words.cause_word(one.cause),
                "status": words.certificate_status(one, today),
            }
            for one in certificates
        ],
        "writings": [
            {
                "id": one.request_id,
                "kinds": words.kinds_word(one.kinds),
                "at": one.opened_at,
                "status": words.stage_status(one.stage),
            }
            for one in writings
        ],
        "reports": [
            {
                "at": one.sent_at,
                "cause": words.cause_word(one.cause),
                "kinds": words.kinds_word(one.kinds),
            }
            for one in reports
        ],
        "under_way": next((one.request_id for one in writings if one.stage.under_way), None),
        "reported": request.query_params.get("reported") == "1",
    }
    return page(request, "counter_card/person.html", context)


@get("/counter/cards/{request_id:uuid}", opt=_OPT, include_in_schema=False)
async def show_writing(
    request: AnyRequest,
    request_id: FromPath[UUID],
    principal: Who,
    db: Db,
    keys: NodeKeys,
    clock: LawClock,
) -> Template:
    """One writing: where it stands, and its next step."""
    return await _writing_page(request, request_id, principal, db, keys, clock)


@post("/counter/cards/{request_id:uuid}/ticket", opt=_OPT, status_code=200, include_in_schema=False)
async def give_ticket(
    request: AnyRequest,
    request_id: FromPath[UUID],
    principal: Who,
    db: Db,
    keys: NodeKeys,
    clock: LawClock,
    settings: NodeSettings,
) -> Template:
    """The page that leads to the card writer on this machine, with a fresh ticket."""
    town = principal.town()
    async with db.transaction(town=town) as tx:
        desk = Desk(writings_of(keys, clock))
        ticket = await desk.ticket(tx, town, request_id, by=principal.actor)
        writing = await _known(tx, town, request_id)
    context = {
        "agent": f"{settings.card_agent}{WRITE_PATH}",
        "ticket": ticket,
        "minutes": TICKET_LIFE // timedelta(minutes=1),
        "writing": writing,
        "return_url": f"{settings.origin}/counter/cards/{request_id}",
        "steps": words.steps_of(writing.stage),
    }
    headers = {
        "content-security-policy": content_security_policy(form_action=settings.card_agent),
        "referrer-policy": "origin",
    }
    return page(request, "counter_card/ticket.html", context, headers=headers)


@post("/counter/cards/{request_id:uuid}/hand-over", opt=_OPT, include_in_schema=False)
async def hand_over(
    request: AnyRequest,
    request_id: FromPath[UUID],
    principal: Who,
    db: Db,
    keys: NodeKeys,
    clock: LawClock,
) -> Template | Redirect:
    """交付する, once the face and the card have been looked at."""
    sent = await request.form()
    town = principal.town()
    try:
        async with db.transaction(town=town) as tx:
            await Desk(writings_of(keys, clock)).hand_over(
                tx,
                town,
                request_id,
                received_by=str(sent.get("received_by", "")),
                face_compared=sent.get("face_compared") == "1",
                contents_confirmed=sent.get("contents_confirmed") == "1",
                by=principal.actor,
            )
    except ApplicationRefusedError as refusal:
        problems = words.fields_of(refusal)
        return await _writing_page(
            request, request_id, principal, db, keys, clock, problems=problems, status=422
        )
    return Redirect(f"/counter/cards/{request_id}", status_code=303)


@get("/counter/cards/{request_id:uuid}/give-up", opt=_OPT, include_in_schema=False)
async def ask_give_up(
    request: AnyRequest, request_id: FromPath[UUID], principal: Who, db: Db
) -> Template:
    """Ask for the reason before a writing is given up."""
    town = principal.town()
    async with db.transaction(town=town, read_only=True) as tx:
        writing = await _known(tx, town, request_id)
    return _give_up_page(request, writing, {})


@post("/counter/cards/{request_id:uuid}/give-up", opt=_OPT, include_in_schema=False)
async def give_up(
    request: AnyRequest,
    request_id: FromPath[UUID],
    principal: Who,
    db: Db,
    keys: NodeKeys,
    clock: LawClock,
) -> Template | Redirect:
    """取りやめる: certificates that exist are ended."""
    reason = str((await request.form()).get("reason", "")).strip()
    town = principal.town()
    async with db.transaction(town=town) as tx:
        writing = await _known(tx, town, request_id)
        if reason:
            await Desk(writings_of(keys, clock)).give_up(
                tx, town, request_id, by=principal.actor, reason=reason[:200]
            )
    if not reason:
        message = "取りやめる理由がありません。理由は記録に残ります。入力してください。"
        return _give_up_page(request, writing, {"reason": message}, status=422)
    return Redirect(f"/counter/cards/{request_id}", status_code=303)


def _give_up_page(
    request: AnyRequest, writing: Writing, problems: dict[str, str], *, status: int = 200
) -> Template:
    context = {
        "writing": writing,
        "written": writing.stage in {Stage.ANSWERED, Stage.WRITTEN},
        "errors": words.errors_of(problems),
    }
    return page(request, "counter_card/give_up.html", context, status=status)


async def _writing_page(
    request: AnyRequest,
    request_id: UUID,
    principal: Principal,
    db: Database,
    keys: Keys,
    clock: Clock,
    *,
    problems: dict[str, str] | None = None,
    status: int = 200,
) -> Template:
    town, today = principal.town(), clock.today()
    async with db.transaction(town=town) as tx:
        writing = await _known(tx, town, request_id)
        person = await People(keys, clock).person(tx, town, writing.resident_id, by=principal.actor)
    context = {
        "writing": writing,
        "row": person,
        "stage": writing.state,
        "steps": words.steps_of(writing.stage),
        "status": words.stage_status(writing.stage),
        "kinds": words.kinds_word(writing.kinds),
        "case": Case(writing.applicant_case).japanese,
        "documents": words.documents_word(writing.documents, today),
        "agent_documents": words.documents_word(writing.agent_documents, today),
        "agent_reason": words.reason_word(writing.agent_reason, today),
        "receivers": words.receivers(writing),
        "failure": _FAILURES.get(writing.failure or "", ""),
        "errors": words.errors_of(problems or {}),
    }
    return page(request, "counter_card/writing.html", context, status=status)


_FAILURES: Final = {
    "removed": "書込みの途中でカードが離れました。",
    "wrong-chip": "別のカードが置かれました。",
    "chip-refused": "カードが書込みを受け付けませんでした。",
    "abandoned": "端末で取りやめました。",
    "other": "端末で書き込めませんでした。",
}


async def _known(tx: Tx, town: str, request_id: UUID) -> Writing:
    writing = await store.writing(tx, town, request_id)
    if writing is None:
        raise UnknownWritingError(
            "この市区町村に、この書込みの手続はありません。カードの手続の一覧から開き直してください。"
        )
    return writing
