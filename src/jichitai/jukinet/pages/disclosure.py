"""わたしの情報を見た機関: a resident's own page. Nothing here names an officer or another person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from urllib.parse import urlencode

from litestar import Request, Response, get, post
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect, Template

from jichitai.infra.keys import Keys
from jichitai.infra.transparency import proof
from jichitai.infra.transparency.errors import LogDamagedError
from jichitai.jukinet import tree_heads
from jichitai.jukinet.disclosure import model, service, store
from jichitai.jukinet.disclosure.model import InquiryKind
from jichitai.jukinet.disclosure.service import Shown, Wanted
from jichitai.jukinet.disclosure.store import Inquiry
from jichitai.jukinet.pages.languages import Language, Words, words_in
from jichitai.jukinet.pages.places import CONTACT, here
from jichitai.kernel.dates import fiscal_year
from jichitai.kernel.errors import InvalidError
from jichitai.web.components import FieldErrors, NavItem, Status
from jichitai.web.frame import page
from jichitai.web.inject import Db, LawClock, NodeKeys, Who
from jichitai.web.rights import PUBLIC, Role

AnyRequest = Request[Any, Any, Any]
Form = URLEncodedBody[dict[str, str]]

_OPT: Final[dict[str, Any]] = {"roles": frozenset({Role.RESIDENT})}
_NO_STORE: Final = {"cache-control": "no-store"}
_STATES: Final = {
    "open": Status("調べています", "blue", "回答を待っています"),
    "answered": Status("回答しました", "green"),
}


@dataclass(frozen=True, slots=True)
class InquiryView:
    """An inquiry as its writer sees it."""

    inquiry: Inquiry
    words: str
    answer: str | None

    @property
    def status(self) -> Status:
        """The state in a word."""
        return _STATES[self.inquiry.state]

    @property
    def due_on(self) -> date:
        """The last day for the answer, an extension included."""
        return self.inquiry.extended_on or self.inquiry.due_on


@get("/me", opt=_OPT, include_in_schema=False)
async def my_provisions(request: AnyRequest, principal: Who, db: Db, clock: LawClock) -> Template:
    """Who was given what about me, newest first."""
    today = clock.today()
    query = request.query_params
    every = query.get("period") == "all"
    words = words_in(query.get("lang"))
    since = service.FIRST_DAY if every else date(fiscal_year(today), 4, 1)
    organ = query.get("organ") or None
    wanted = Wanted(since=since, organ_id=organ, mark=query.get("mark") or None)
    async with db.transaction(read_only=True) as tx:
        found = await service.page_of(tx, principal.person(), wanted, on=today)
        own = await store.inquiries_of(tx, principal.person())
    context = {
        "found": found.shown,
        "since": since,
        "today": today,
        "organ": organ,
        "organ_name": found.shown[0].organ_name if organ and found.shown else "",
        "organs": _organs(found.shown, words),
        "periods": _periods(today, words, every=every, organ=organ),
        "older": _address(words, every=every, organ=organ, mark=found.next_mark)
        if found.next_mark
        else "",
        "newest": _address(words, every=False, organ=None),
        "words": words,
        "languages": [
            NavItem(
                one.own_name,
                _address(words_in(one), every=every, organ=organ),
                one is words.language,
            )
            for one in Language
        ],
        "marked": bool(wanted.mark),
        "inquiries": len(own),
    }
    return page(request, "jukinet/me.html", context, headers=_NO_STORE)


@get("/me/provisions/{receipt:str}/proof", opt=_OPT, include_in_schema=False)
async def my_proof(
    request: AnyRequest,
    receipt: FromPath[str],
    principal: Who,
    db: Db,
    clock: LawClock,
    keys: NodeKeys,
) -> Response[bytes] | Template:
    """The proof file of one record; the service checks it before it leaves."""
    try:
        async with db.transaction() as tx:
            made = await service.proof_of(tx, principal.person(), receipt, keys, on=clock.today())
    except LogDamagedError as error:
        context = {"error": error, "receipt": receipt, "contact": CONTACT}
        return page(request, "jukinet/damaged.html", context, status=500, headers=_NO_STORE)
    return Response(
        proof.encode(made),
        media_type="application/json",
        headers={
            **_NO_STORE,
            "content-disposition": f'attachment; filename="proof-{receipt}.json"',
        },
    )


@get("/proofs/verify", opt={"roles": PUBLIC}, include_in_schema=False)
async def verify_page(request: AnyRequest, keys: NodeKeys) -> Template:
    """Check a proof file inside the page."""
    context = {
        "keys": str(tree_heads.verifier_key(keys)),
        "contact": CONTACT,
        "shell": here(request, "/proofs/verify"),
    }
    return page(request, "jukinet/verify.html", context)


@get("/me/provisions/{receipt:str}/inquiry", opt=_OPT, include_in_schema=False)
async def inquiry_page(
    request: AnyRequest, receipt: FromPath[str], principal: Who, db: Db, clock: LawClock
) -> Template:
    """Ask about a record that one cannot explain."""
    return await _inquiry_form(request, receipt, principal, db, clock, FieldErrors(), "")


@post("/me/provisions/{receipt:str}/inquiry", opt=_OPT, include_in_schema=False)
async def inquire(
    request: AnyRequest,
    receipt: FromPath[str],
    data: Form,
    principal: Who,
    db: Db,
    clock: LawClock,
    keys: NodeKeys,
) -> Template | Redirect:
    """Take the inquiry; the clock of 30 days starts."""
    words = data.get("words", "")
    try:
        async with db.transaction() as tx:
            await service.inquire(
                tx,
                principal.person(),
                InquiryKind.UNKNOWN_PROVISION,
                words,
                receipt=receipt,
                keys=keys,
                clock=clock,
                by=principal.actor,
            )
    except InvalidError as error:
        errors = FieldErrors.of({"words": error.detail})
        return await _inquiry_form(request, receipt, principal, db, clock, errors, words)
    return Redirect("/me/inquiries?sent=1", status_code=303)


@get("/me/inquiries", opt=_OPT, include_in_schema=False)
async def my_inquiries(request: AnyRequest, principal: Who, db: Db, keys: NodeKeys) -> Template:
    """What I asked, until when an answer must come, and the answers."""
    async with db.transaction(read_only=True) as tx:
        found = await store.inquiries_of(tx, principal.person())
    context = {
        "found": [_view(one, keys) for one in found],
        "sent": request.query_params.get("sent") == "1",
    }
    return page(request, "jukinet/my_inquiries.html", context, headers=_NO_STORE)


@get("/me/correction", opt=_OPT, include_in_schema=False, sync_to_thread=False)
def correction_page(request: AnyRequest) -> Template:
    """Ask for a correction of one's own record."""
    return _correction(request, FieldErrors(), "")


@post("/me/correction", opt=_OPT, include_in_schema=False)
async def correct(
    request: AnyRequest, data: Form, principal: Who, db: Db, clock: LawClock, keys: NodeKeys
) -> Template | Redirect:
    """Take the request for a correction."""
    words = data.get("words", "")
    try:
        async with db.transaction() as tx:
            await service.inquire(
                tx,
                principal.person(),
                InquiryKind.CORRECTION,
                words,
                receipt=None,
                keys=keys,
                clock=clock,
                by=principal.actor,
            )
    except InvalidError as error:
        return _correction(request, FieldErrors.of({"words": error.detail}), words)
    return Redirect("/me/inquiries?sent=1", status_code=303)


ROUTES: Final = (
    my_provisions,
    my_proof,
    verify_page,
    inquiry_page,
    inquire,
    my_inquiries,
    correction_page,
    correct,
)


async def _inquiry_form(
    request: AnyRequest,
    receipt: str,
    principal: Any,
    db: Any,
    clock: Any,
    errors: FieldErrors,
    words: str,
) -> Template:
    async with db.transaction(read_only=True) as tx:
        shown = await service.entry_of(tx, principal.person(), receipt, on=clock.today())
    context = {
        "one": shown,
        "errors": errors,
        "words": words,
        "due_on": model.due(clock.today()),
    }
    status = 422 if errors else 200
    return page(request, "jukinet/inquiry.html", context, status=status, headers=_NO_STORE)


def _correction(request: AnyRequest, errors: FieldErrors, words: str) -> Template:
    context = {"errors": errors, "words": words, "days": model.ANSWER_DAYS}
    status = 422 if errors else 200
    return page(request, "jukinet/correction.html", context, status=status, headers=_NO_STORE)


def _view(inquiry: Inquiry, keys: Keys) -> InquiryView:
    return InquiryView(inquiry, *service.words_of(inquiry, keys))


def _organs(shown: Sequence[Shown], words: Words) -> list[NavItem]:
    """The bodies on this page, as links that show only theirs."""
    names = {one.entry.organ_id: one.organ_name for one in shown}
    return [
        NavItem(name, _address(words, every=True, organ=organ)) for organ, name in names.items()
    ]


def _periods(today: date, words: Words, *, every: bool, organ: str | None) -> list[NavItem]:
    return [
        NavItem(words.year(today), _address(words, every=False, organ=organ), current=not every),
        NavItem(words["all_time"], _address(words, every=True, organ=organ), current=every),
    ]


def _address(words: Words, *, every: bool, organ: str | None, mark: str | None = None) -> str:
    language = "" if words.language is Language.JAPANESE else str(words.language)
    parts = {
        "period": "all" if every else "",
        "organ": organ or "",
        "mark": mark or "",
        "lang": language,
    }
    query = urlencode({name: value for name, value in parts.items() if value})
    return f"/me?{query}" if query else "/me"
