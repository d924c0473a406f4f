"""The subsidy for programs of a prefecture: calls, drafts, papers, books."""

from typing import Annotated, Any, Final
from uuid import UUID

from litestar import Response, get, post, put
from litestar.params import FromPath, JSONBody
from litestar.types import ControllerRouterHandler
from msgspec import Meta, Struct

from jichitai.infra.outbox import Outbox
from jichitai.security.access import SUPERVISOR
from jichitai.security.subsidy import store, views
from jichitai.security.subsidy.books import ledger_workbook, lines_workbook
from jichitai.security.subsidy.errors import UnknownCaseError
from jichitai.security.subsidy.papers import PrefectureBody
from jichitai.security.subsidy.service import files
from jichitai.security.subsidy.service.applicant import DRAFTS, Applicant, DraftBody, body_of
from jichitai.security.subsidy.store import Draft
from jichitai.security.subsidy.views import CallView, CaseView, DraftView, LedgerView
from jichitai.web.inject import Db, Given, LawClock, Who

_OPT: Final[dict[str, Any]] = {"roles": SUPERVISOR}
_TAGS: Final = ["security"]
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Beginning(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which call is answered."""

    call_id: UUID


class DraftChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A draft as it is to be, and the revision it was made on (0 for a new one)."""

    revision: Annotated[int, Meta(ge=0, le=1_000_000)]
    content: DraftBody


class Overview(Struct, frozen=True, kw_only=True):
    """Calls, drafts and cases of a prefecture."""

    calls: list[CallView]
    drafts: list[DraftView]
    cases: list[CaseView]


@get("/api/v1/security/subsidies", opt=_OPT, summary="Calls, drafts and cases", tags=_TAGS)
async def overview(principal: Who, db: Db, clock: LawClock, outbox: Given[Outbox]) -> Overview:
    """Everything of the own prefecture."""
    prefecture, today = principal.body_prefecture(), clock.today()
    applicant = Applicant(clock, outbox)
    async with db.transaction(read_only=True) as tx:
        calls = await store.calls(tx, prefecture)
        drafts = await store.drafts(tx, prefecture)
        faults = [await applicant.faults(tx, prefecture, one) for one in drafts]
        found = await files.all_files(tx, prefecture)
    return Overview(
        calls=[views.call_view(one, today) for one in calls],
        drafts=[views.draft_view(*pair) for pair in zip(drafts, faults, strict=True)],
        cases=[views.case_view(one, today) for one in found],
    )


@post("/api/v1/security/subsidies", opt=_OPT, summary="Begin an application", tags=_TAGS)
async def begin(
    data: JSONBody[Beginning], principal: Who, db: Db, clock: LawClock, outbox: Given[Outbox]
) -> DraftView:
    """A draft; functions that the record of the cloud says are met are filled in."""
    prefecture, applicant = principal.body_prefecture(), Applicant(clock, outbox)
    async with db.transaction() as tx:
        draft = await applicant.start(tx, prefecture, data.call_id, by=principal.actor)
        faults = await applicant.faults(tx, prefecture, draft)
    return views.draft_view(draft, faults)


@get("/api/v1/security/subsidies/ledger", opt=_OPT, summary="Trial balance", tags=_TAGS)
async def own_ledger(principal: Who, db: Db) -> LedgerView:
    """The prefecture's books of all its cases."""
    async with db.transaction(read_only=True) as tx:
        rows = await store.balances(tx, prefecture=principal.body_prefecture())
    return views.ledger_view(rows)


@get("/api/v1/security/subsidies/ledger.xlsx", opt=_OPT, summary="The books as a spreadsheet",
     tags=_TAGS)  # fmt: skip
async def own_ledger_file(principal: Who, db: Db) -> Response[bytes]:
    """Trial balance and every transfer."""
    prefecture = principal.body_prefecture()
    async with db.transaction(read_only=True) as tx:
        rows = await store.balances(tx, prefecture=prefecture)
        moved = await store.posted(tx, prefecture=prefecture)
    return attachment(await ledger_workbook(rows, moved), XLSX, "subsidy-ledger.xlsx")


@get("/api/v1/security/subsidies/{case_id:uuid}", opt=_OPT, summary="One case", tags=_TAGS)
async def one_case(case_id: FromPath[UUID], principal: Who, db: Db, clock: LawClock) -> CaseView:
    """State, amounts and all papers."""
    async with db.transaction(read_only=True) as tx:
        found = await files.known_file(tx, principal.body_prefecture(), case_id)
    return views.case_view(found, clock.today())


@get("/api/v1/security/subsidies/{case_id:uuid}/drafts/{kind:str}", opt=_OPT,
     summary="A draft", tags=_TAGS)  # fmt: skip
async def one_draft(
    case_id: FromPath[UUID],
    kind: FromPath[str],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Given[Outbox],
) -> DraftView:
    """`application`, `change` or `settlement`; a new one of a case begins with its plan."""
    prefecture, applicant = principal.body_prefecture(), Applicant(clock, outbox)
    async with db.transaction(read_only=True) as tx:
        draft = await applicant.draft(tx, prefecture, case_id, known(kind))
        faults = await applicant.faults(tx, prefecture, draft)
    return views.draft_view(draft, faults)


@put("/api/v1/security/subsidies/{case_id:uuid}/draft", opt=_OPT, summary="Save a draft",
     tags=_TAGS)  # fmt: skip
async def save_draft(
    case_id: FromPath[UUID],
    data: JSONBody[DraftChange],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Given[Outbox],
) -> DraftView:
    """The kind stands in the content; the amount applied for is worked out by the rules."""
    prefecture, applicant = principal.body_prefecture(), Applicant(clock, outbox)
    async with db.transaction() as tx:
        draft = await applicant.save_draft(
            tx, prefecture, case_id, data.content, revision=data.revision, by=principal.actor
        )
        faults = await applicant.faults(tx, prefecture, draft)
    return views.draft_view(draft, faults)


@post("/api/v1/security/subsidies/{case_id:uuid}/drafts/{kind:str}/submit", opt=_OPT,
      summary="Hand a draft in", tags=_TAGS)  # fmt: skip
async def submit(
    case_id: FromPath[UUID],
    kind: FromPath[str],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Given[Outbox],
) -> CaseView:
    """Refused with 422 and its faults while something is wrong."""
    prefecture, applicant = principal.body_prefecture(), Applicant(clock, outbox)
    async with db.transaction() as tx:
        await applicant.submit(tx, prefecture, case_id, known(kind), by=principal.actor)
        found = await files.known_file(tx, prefecture, case_id)
    return views.case_view(found, clock.today())


@post("/api/v1/security/subsidies/{case_id:uuid}/papers", opt=_OPT, summary="Hand a paper in",
      tags=_TAGS)  # fmt: skip
async def hand_in(
    case_id: FromPath[UUID],
    data: JSONBody[PrefectureBody],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Given[Outbox],
) -> CaseView:
    """Any kind of the prefecture; `kind` names it."""
    prefecture, applicant = principal.body_prefecture(), Applicant(clock, outbox)
    async with db.transaction() as tx:
        await applicant.issue(tx, prefecture, case_id, data, by=principal.actor)
        found = await files.known_file(tx, prefecture, case_id)
    return views.case_view(found, clock.today())


@get("/api/v1/security/subsidies/{case_id:uuid}/papers/{paper_id:uuid}", opt=_OPT,
     summary="A paper as PDF", tags=_TAGS, media_type="application/pdf")  # fmt: skip
async def own_document(
    case_id: FromPath[UUID], paper_id: FromPath[UUID], principal: Who, db: Db
) -> Response[bytes]:
    """The paper as it was kept when it came."""
    async with db.transaction(read_only=True) as tx:
        found = await store.document(tx, principal.body_prefecture(), case_id, paper_id)
    return pdf_of(found, paper_id)


@get("/api/v1/security/subsidies/{case_id:uuid}/lines.xlsx", opt=_OPT,
     summary="Cost lines as a spreadsheet", tags=_TAGS)  # fmt: skip
async def lines_file(
    case_id: FromPath[UUID], principal: Who, db: Db, clock: LawClock, outbox: Given[Outbox]
) -> Response[bytes]:
    """To be filled in and taken in again on the page of the application."""
    prefecture, applicant = principal.body_prefecture(), Applicant(clock, outbox)
    async with db.transaction(read_only=True) as tx:
        draft = await applicant.draft(tx, prefecture, case_id, "application")
    return attachment(await lines_workbook(_plan_lines(draft), clock.today()), XLSX, "lines.xlsx")


def _plan_lines(draft: Draft) -> Any:
    return getattr(body_of(draft), "lines", ())


def known(kind: str) -> str:
    """A kind that is drafted.

    Raises:
        UnknownCaseError: it is not.
    """
    if kind not in DRAFTS:
        raise UnknownCaseError("この種類の下書きはありません。書類綴から開き直してください。")
    return kind


def pdf_of(found: bytes | None, paper_id: UUID) -> Response[bytes]:
    """A PDF to be shown.

    Raises:
        UnknownCaseError: there is none.
    """
    if found is None:
        raise UnknownCaseError("この書類はありません。書類綴から開き直してください。")
    return Response(
        found,
        media_type="application/pdf",
        headers={
            "content-disposition": f'inline; filename="{paper_id}.pdf"',
            "cache-control": "no-store",
        },
    )


def attachment(content: bytes, media_type: str, name: str) -> Response[bytes]:
    """A file to be saved."""
    return Response(
        content,
        media_type=media_type,
        headers={
            "content-disposition": f'attachment; filename="{name}"',
            "cache-control": "no-store",
        },
    )


API_ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (
    overview,
    begin,
    own_ledger,
    own_ledger_file,
    one_case,
    one_draft,
    save_draft,
    submit,
    hand_in,
    own_document,
    lines_file,
)
