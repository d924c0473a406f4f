"""申出への回答: the nation's staff answer residents' inquiries before their day."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from litestar import Request, get, post
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect, Template

from jichitai.infra import audit
from jichitai.jukinet.disclosure import service, store
from jichitai.jukinet.disclosure.errors import NoSuchInquiryError
from jichitai.jukinet.disclosure.store import Inquiry
from jichitai.jukinet.pages.places import here
from jichitai.kernel.dates import parse_date
from jichitai.kernel.errors import InvalidError
from jichitai.web.components import Column, DateInput, FieldErrors, Status
from jichitai.web.frame import page
from jichitai.web.inject import Db, LawClock, NodeKeys, Who
from jichitai.web.rights import Role

AnyRequest = Request[Any, Any, Any]
Form = URLEncodedBody[dict[str, str]]

_OPT: Final[dict[str, Any]] = {"roles": frozenset({Role.NETWORK_OPERATOR})}
_PLACE: Final = "/network/inquiries"
_LIMIT: Final = 200
_SOON: Final = 7
_COLUMNS: Final = (
    Column("kind", "申出", head=True),
    Column("asked", "受付"),
    Column("due", "期限"),
    Column("left", "残り", align="end"),
    Column("state", "状態"),
)


@dataclass(frozen=True, slots=True)
class OpenInquiry:
    """An inquiry that waits, without its words."""

    inquiry: Inquiry
    today: date

    @property
    def due_on(self) -> date:
        """The last day, an extension included."""
        return self.inquiry.extended_on or self.inquiry.due_on

    @property
    def left(self) -> int:
        """Days left; negative when the day has passed."""
        return (self.due_on - self.today).days

    @property
    def status(self) -> Status:
        """How urgent it is."""
        if self.left < 0:
            return Status("期限切れ", "red")
        return Status("期限が近い", "orange") if self.left <= _SOON else Status("回答待ち", "blue")


@get(_PLACE, opt=_OPT, include_in_schema=False)
async def inquiry_list(request: AnyRequest, db: Db, clock: LawClock) -> Template:
    """All inquiries that wait, the most urgent first; their words are on their own pages."""
    async with db.transaction(read_only=True) as tx:
        found = await store.open_inquiries(tx, _LIMIT)
    context = {
        "found": [OpenInquiry(one, clock.today()) for one in found],
        "columns": _COLUMNS,
        "shell": here(request, _PLACE),
    }
    return page(request, "jukinet/inquiries.html", context)


@get("/network/inquiries/{inquiry:uuid}", opt=_OPT, include_in_schema=False)
async def inquiry_detail(
    request: AnyRequest,
    inquiry: FromPath[UUID],
    principal: Who,
    db: Db,
    clock: LawClock,
    keys: NodeKeys,
) -> Template:
    """One inquiry; that somebody reads it is recorded."""
    async with db.transaction() as tx:
        await audit.record(
            tx,
            by=principal.actor,
            action="jukinet.disclosure.read",
            subject=str(inquiry),
            at=clock.now(),
        )
    return await _page(request, inquiry, db, clock, keys, FieldErrors(), {})


@post("/network/inquiries/{inquiry:uuid}", opt=_OPT, include_in_schema=False)
async def answer(
    request: AnyRequest,
    inquiry: FromPath[UUID],
    data: Form,
    principal: Who,
    db: Db,
    clock: LawClock,
    keys: NodeKeys,
) -> Template | Redirect:
    """Answer, or extend the day with a reason that the resident is told."""
    extends = data.get("decision") == "extend"
    try:
        async with db.transaction() as tx:
            if extends:
                until = parse_date(DateInput.of_form(data, "until").text)
                reason = data.get("reason", "")
                await service.extend(tx, inquiry, until, reason, by=principal.actor, clock=clock)
            else:
                words = data.get("words", "")
                await service.answer(tx, inquiry, words, keys=keys, by=principal.actor, clock=clock)
    except InvalidError as error:
        place = "words"
        if extends:
            place = "until" if error.type.startswith("kernel.") else "reason"
        errors = FieldErrors.of({place: error.detail})
        return await _page(request, inquiry, db, clock, keys, errors, data)
    return Redirect(_PLACE, status_code=303)


ROUTES: Final = (inquiry_list, inquiry_detail, answer)


async def _page(
    request: AnyRequest,
    inquiry_id: UUID,
    db: Any,
    clock: Any,
    keys: Any,
    errors: FieldErrors,
    typed: dict[str, str],
) -> Template:
    async with db.transaction() as tx:
        found = await store.lock_inquiry(tx, inquiry_id)
    if found is None:
        raise NoSuchInquiryError("この番号の申出はありません。番号を確かめてください。")
    words, answered = service.words_of(found, keys)
    context = {
        "one": OpenInquiry(found, clock.today()),
        "words": words,
        "answered": answered,
        "errors": errors,
        "typed": typed,
        "until": DateInput.of_form(typed, "until"),
        "shell": here(request, _PLACE),
    }
    return page(
        request,
        "jukinet/inquiry_answer.html",
        context,
        status=422 if errors else 200,
        headers={"cache-control": "no-store"},
    )
