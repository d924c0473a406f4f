"""The subsidy for programs of the ministry: calls, cases, drafts and approvals, books."""

from datetime import date
from typing import Any, Final
from uuid import UUID, uuid4

from litestar import Response, get, post
from litestar.params import FromPath, JSONBody
from litestar.types import ControllerRouterHandler
from msgspec import Struct

from jichitai.infra.outbox import Outbox
from jichitai.security.access import MINISTRY
from jichitai.security.cloud.model import Generation
from jichitai.security.subsidy import checks, store, views
from jichitai.security.subsidy.api import XLSX, attachment, pdf_of
from jichitai.security.subsidy.books import ledger_workbook
from jichitai.security.subsidy.issued import Call
from jichitai.security.subsidy.papers import MinistryBody
from jichitai.security.subsidy.parts import (
    FiscalYear,
    Line,
    Name,
    PositiveYen,
    Reason,
    Text,
)
from jichitai.security.subsidy.service import files
from jichitai.security.subsidy.service.granting import OWN, Granting
from jichitai.security.subsidy.views import CallView, CaseView, FaultView, LedgerView, ReviewView
from jichitai.web.inject import Db, Given, LawClock, Who

_OPT: Final[dict[str, Any]] = {"roles": MINISTRY}
_TAGS: Final = ["security"]


class NewCall(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A call to be opened."""

    name: Name
    fiscal_year: FiscalYear
    generation: Generation
    budget: PositiveYen
    opens_on: date
    closes_on: date
    text: Text = ""


class Proposal(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A paper to be drafted; `kind` in its content names it."""

    content: MinistryBody
    note: Line = ""


class Refusal(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why a draft goes nowhere."""

    reason: Reason


class Cases(Struct, frozen=True, kw_only=True):
    """Calls with their budgets, cases, and drafts that wait for approval."""

    calls: list[CallView]
    cases: list[CaseView]
    waiting: list[ReviewView]


class CaseFile(Struct, frozen=True, kw_only=True):
    """A case with its drafts, and what the checks say of its plan."""

    case: CaseView
    reviews: list[ReviewView]
    faults: list[FaultView]


@get("/api/v1/security/subsidies", opt=_OPT, summary="Calls, cases, drafts", tags=_TAGS)
async def all_cases(db: Db, clock: LawClock) -> Cases:
    """Of all prefectures."""
    today = clock.today()
    async with db.transaction(read_only=True) as tx:
        calls = [
            views.call_view(one, today, await store.balances(tx, call_id=one.call_id))
            for one in await store.calls(tx, OWN)
        ]
        found = await files.all_files(tx)
        waiting = await store.reviews(tx, waiting=True)
    return Cases(
        calls=calls,
        cases=[views.case_view(one, today) for one in found],
        waiting=[views.review_view(one) for one in waiting],
    )


@post("/api/v1/security/subsidies/calls", opt=_OPT, summary="Open a call", tags=_TAGS)
async def open_call(
    data: JSONBody[NewCall], principal: Who, db: Db, clock: LawClock, outbox: Given[Outbox]
) -> CallView:
    """All 47 prefectures are told."""
    call = Call(
        call_id=uuid4(),
        number="-",
        name=data.name,
        fiscal_year=data.fiscal_year,
        generation=data.generation,
        budget=data.budget,
        opens_on=data.opens_on,
        closes_on=data.closes_on,
        text=data.text,
    )
    async with db.transaction() as tx:
        opened = await Granting(clock, outbox).open_call(tx, call, by=principal.actor)
        rows = await store.balances(tx, call_id=opened.call_id)
    return views.call_view(opened, clock.today(), rows)


@get("/api/v1/security/subsidies/ledger", opt=_OPT, summary="Trial balance", tags=_TAGS)
async def ledger(db: Db) -> LedgerView:
    """The ministry's books of all calls."""
    async with db.transaction(read_only=True) as tx:
        rows = await store.balances(tx)
    return views.ledger_view(rows)


@get("/api/v1/security/subsidies/ledger.xlsx", opt=_OPT, summary="The books as a spreadsheet",
     tags=_TAGS)  # fmt: skip
async def ledger_file(db: Db) -> Response[bytes]:
    """Trial balance and every transfer."""
    async with db.transaction(read_only=True) as tx:
        rows = await store.balances(tx)
        moved = await store.posted(tx)
    return attachment(await ledger_workbook(rows, moved), XLSX, "subsidy-ledger.xlsx")


@get("/api/v1/security/subsidies/{prefecture:str}/{case_id:uuid}", opt=_OPT, summary="One case",
     tags=_TAGS)  # fmt: skip
async def case_file(
    prefecture: FromPath[str], case_id: FromPath[UUID], db: Db, clock: LawClock
) -> CaseFile:
    """State, amounts, papers, drafts, and what the checks say."""
    today = clock.today()
    async with db.transaction(read_only=True) as tx:
        found = await files.known_file(tx, prefecture, case_id)
        reviews = await store.reviews(tx, prefecture=prefecture, case_id=case_id)
        plan = found.case.proposed or found.case.plan
        call = await store.call(tx, OWN, plan.call_id) if plan else None
    faults = checks.application_faults(plan, call, today) if plan else []
    return CaseFile(
        case=views.case_view(found, today),
        reviews=[views.review_view(one) for one in reviews],
        faults=[FaultView(field=field, message=message) for field, message in faults],
    )


@post("/api/v1/security/subsidies/{prefecture:str}/{case_id:uuid}/reviews", opt=_OPT,
      summary="Draft a paper", tags=_TAGS)  # fmt: skip
async def propose(
    prefecture: FromPath[str],
    case_id: FromPath[UUID],
    data: JSONBody[Proposal],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Given[Outbox],
) -> ReviewView:
    """起案する: nothing leaves before another person approves it."""
    async with db.transaction() as tx:
        review = await Granting(clock, outbox).propose(
            tx, prefecture, case_id, data.content, by=principal.actor, note=data.note
        )
    return views.review_view(review)


@post("/api/v1/security/subsidies/reviews/{review_id:uuid}/approve", opt=_OPT, status_code=200,
      summary="Approve a drafted paper", tags=_TAGS)  # fmt: skip
async def approve(
    review_id: FromPath[UUID], principal: Who, db: Db, clock: LawClock, outbox: Given[Outbox]
) -> CaseView:
    """決裁する; refused (403) for the person who drafted it."""
    async with db.transaction() as tx:
        paper = await Granting(clock, outbox).approve(tx, review_id, by=principal.actor)
        found = await files.known_file(tx, paper.prefecture, paper.case_id)
    return views.case_view(found, clock.today())


@post("/api/v1/security/subsidies/reviews/{review_id:uuid}/decline", opt=_OPT, status_code=204,
      summary="Send a drafted paper back", tags=_TAGS)  # fmt: skip
async def decline(
    review_id: FromPath[UUID],
    data: JSONBody[Refusal],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Given[Outbox],
) -> None:
    """By the drafter or by anybody who might approve it, with a reason."""
    async with db.transaction() as tx:
        await Granting(clock, outbox).decline(tx, review_id, by=principal.actor, reason=data.reason)


@get("/api/v1/security/subsidies/{prefecture:str}/{case_id:uuid}/papers/{paper_id:uuid}",
     opt=_OPT, summary="A paper as PDF", tags=_TAGS, media_type="application/pdf")  # fmt: skip
async def document(
    prefecture: FromPath[str], case_id: FromPath[UUID], paper_id: FromPath[UUID], db: Db
) -> Response[bytes]:
    """The paper as it was kept when it came."""
    async with db.transaction(read_only=True) as tx:
        found = await store.document(tx, files.known_code(prefecture), case_id, paper_id)
    return pdf_of(found, paper_id)


API_ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (
    all_cases,
    open_call,
    ledger,
    ledger_file,
    case_file,
    propose,
    approve,
    decline,
    document,
)
