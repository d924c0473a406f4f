"""申請と本人確認: the first step, on one form."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final
from uuid import UUID

from litestar import Request, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath
from litestar.response import Redirect, Template

from jichitai.infra.clock import Clock
from jichitai.jpki import clocks
from jichitai.jpki.counter import photo
from jichitai.jpki.counter.access import CLERKS, writings_of
from jichitai.jpki.counter.documents import Case
from jichitai.jpki.counter.errors import (
    ApplicationRefusedError,
    ChipInUseError,
    UnusablePhotoError,
    WritingUnderWayError,
)
from jichitai.jpki.counter.model import Application
from jichitai.jpki.counter.pages import words
from jichitai.jpki.counter.service.desk import Desk
from jichitai.jpki.kinds import CertificateKind
from jichitai.kernel.dates import InvalidDateError, parse_date
from jichitai.kernel.identifiers import plain_digits
from jichitai.register.model.resident import Resident
from jichitai.register.service.people import People
from jichitai.web.frame import page
from jichitai.web.inject import Db, LawClock, NodeKeys, Who

AnyRequest = Request[Any, Any, Any]
_OPT: Final = {"roles": CLERKS}
_BODY: Final = 8 * 1024 * 1024
_LISTS: Final = ("kinds", "documents", "agent_documents")


@get("/counter/residents/{resident_id:uuid}/card/new", opt=_OPT, include_in_schema=False)
async def application_form(
    request: AnyRequest,
    resident_id: FromPath[UUID],
    principal: Who,
    db: Db,
    keys: NodeKeys,
    clock: LawClock,
) -> Template:
    """An empty form, but for what the law proposes."""
    async with db.transaction(town=principal.town()) as tx:
        row = await People(keys, clock).person(
            tx, principal.town(), resident_id, by=principal.actor
        )
    today = clock.today()
    until = clocks.card_validity_end(row.birth_date, today)
    alone = clocks.may_sign_alone(row.birth_date, today)
    kinds = [CertificateKind.USER_AUTH.value, *([CertificateKind.SIGNING.value] if alone else [])]
    return _form(request, row, clock, {"card_until": until.isoformat(), "kinds": kinds}, {})


@post(
    "/counter/residents/{resident_id:uuid}/card/new",
    opt=_OPT,
    include_in_schema=False,
    request_max_body_size=_BODY,
)
async def apply(
    request: AnyRequest,
    resident_id: FromPath[UUID],
    principal: Who,
    db: Db,
    keys: NodeKeys,
    clock: LawClock,
) -> Template | Redirect:
    """Take the application; the chip can be written next."""
    town = principal.town()
    sent = await request.form()
    typed: dict[str, Any] = {
        name: str(value).strip() for name, value in sent.items() if isinstance(value, str)
    }
    typed |= {name: [str(value) for value in sent.getall(name, [])] for name in _LISTS}
    async with db.transaction(town=town) as tx:
        row = await People(keys, clock).person(tx, town, resident_id, by=principal.actor)
    try:
        picture = await _photo(sent.get("photo"))
    except UnusablePhotoError as refusal:
        return _form(request, row, clock, typed, {"photo": refusal.detail}, status=422)
    try:
        async with db.transaction(town=town) as tx:
            request_id = await Desk(writings_of(keys, clock)).open(
                tx, town, row, _application(typed, picture), by=principal.actor
            )
    except ApplicationRefusedError as refusal:
        return _form(request, row, clock, typed, words.fields_of(refusal), status=422)
    except (ChipInUseError, WritingUnderWayError) as refusal:
        return _form(request, row, clock, typed, {"chip_number": refusal.detail}, status=409)
    return Redirect(f"/counter/cards/{request_id}", status_code=303)


async def _photo(sent: object) -> bytes | None:
    if not isinstance(sent, UploadFile):
        return None
    content = await sent.read()
    return photo.prepared(content) if content else None


def _application(typed: Mapping[str, Any], picture: bytes | None) -> Application:
    case = str(typed.get("case", ""))
    known = {kind.value for kind in CertificateKind}
    return Application(
        chip_number=plain_digits(str(typed.get("chip_number", ""))),
        kinds=[CertificateKind(kind) for kind in typed["kinds"] if kind in known],
        renewal=typed.get("renewal") == "1",
        card_until=_day(str(typed.get("card_until", ""))),
        case=Case(case) if case in set(Case) else None,
        documents=typed["documents"],
        agent_documents=typed["agent_documents"],
        agent_reason=str(typed.get("agent_reason", "")),
        guardian=typed.get("guardian") == "1",
        photo=picture,
    )


def _day(text: str) -> date | None:
    try:
        return parse_date(text) if text else None
    except InvalidDateError:
        return None


def _form(
    request: AnyRequest,
    row: Resident,
    clock: Clock,
    typed: Mapping[str, Any],
    problems: Mapping[str, str],
    *,
    status: int = 200,
) -> Template:
    today = clock.today()
    context = {
        "row": row,
        "typed": typed,
        "errors": words.errors_of(problems),
        "kinds": words.KINDS,
        "cases": words.CASES,
        "documents": words.document_options(today),
        "reasons": words.reason_options(today),
        "limits": photo.LIMITS,
        "young": not clocks.may_sign_alone(row.birth_date, today),
        "baby": not clocks.is_of_age(row.birth_date, 1, today),
        "steps": words.starting_steps(),
    }
    return page(request, "counter_card/apply.html", context, status=status)
