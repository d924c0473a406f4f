"""Reports for programs: the same use cases as JSON."""

from asyncio import to_thread
from datetime import date, datetime
from typing import Annotated, Any, Final
from uuid import UUID

from litestar import Response, get, post, put
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.types import ControllerRouterHandler
from msgspec import Meta, Struct

from jichitai.evaluation.access import APPROVERS, EXPERTS, INSIDE, WRITERS
from jichitai.evaluation.reports import store
from jichitai.evaluation.reports.errors import UnknownReportError
from jichitai.evaluation.reports.model.document import encoded
from jichitai.evaluation.reports.renderers.files import file_of
from jichitai.evaluation.reports.service.desk import Desk
from jichitai.infra.clock import Clock
from jichitai.infra.database import Tx
from jichitai.web.inject import Db, LawClock, Who

_BASE: Final = "/api/v1/evaluation/reports"
_PLACE: Final = f"{_BASE}/{{policy:int}}/{{year:int}}"
_TAGS: Final = ["evaluation-reports"]
_READ: Final[dict[str, Any]] = {"roles": INSIDE}
_WRITE: Final[dict[str, Any]] = {"roles": WRITERS}
_DECIDE: Final[dict[str, Any]] = {"roles": APPROVERS}
_PLAIN: Final = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f]*\Z"

Text = Annotated[str, Meta(max_length=20_000, pattern=_PLAIN)]
Words = Annotated[str, Meta(max_length=2000, pattern=_PLAIN)]
Note = Annotated[str, Meta(max_length=400, pattern=_PLAIN)]
SlotKey = Annotated[str, Meta(pattern=r"^[a-z0-9-]{0,40}\Z")]
DayParameter = Annotated[date | None, QueryParameter()]


class Begin(Struct, frozen=True):
    """Which report is begun."""

    policy: Annotated[int, Meta(ge=1, le=999)]
    fiscal_year: Annotated[int, Meta(ge=2000, le=2100)]


class SlotView(Struct, frozen=True):
    """A text of a report."""

    slot: str
    title: str
    section: str
    required: bool
    version: int
    text: str
    faults: list[str]


class RemarkView(Struct, frozen=True):
    """A remark with the answers to it."""

    remark_id: UUID
    sort: str
    slot: str
    text: str
    by: str
    recorded_at: datetime
    answers: list[str]


class StepView(Struct, frozen=True):
    """What was done with a report."""

    kind: str
    edition: int
    as_of: date
    reason: str
    by: str
    recorded_at: datetime


class ReportView(Struct, frozen=True):
    """A report on the desk."""

    policy: int
    fiscal_year: int
    name: str
    stage: str
    edition: int
    published: int
    missing: list[str]
    texts: list[SlotView]
    remarks: list[RemarkView]
    steps: list[StepView]


class ReportLine(Struct, frozen=True):
    """A report in the list."""

    policy: int
    fiscal_year: int
    stage: str
    published: int


class NewText(Struct, frozen=True):
    """A text and the version that it was written on."""

    text: Text
    version: Annotated[int, Meta(ge=0, le=1_000_000)]
    note: Note = ""


class Saved(Struct, frozen=True):
    """The version that was kept."""

    version: int


class NewRemark(Struct, frozen=True):
    """A remark; `slot` names the part that it is about."""

    text: Annotated[str, Meta(min_length=1, max_length=4000, pattern=_PLAIN)]
    slot: SlotKey = ""


class NewAnswer(Struct, frozen=True):
    """What was done with a remark."""

    text: Annotated[str, Meta(min_length=1, max_length=4000, pattern=_PLAIN)]


class Added(Struct, frozen=True):
    """The remark that was kept."""

    remark_id: UUID


class Submission(Struct, frozen=True):
    """As of which day, and for a later edition why."""

    as_of: date
    reason: Words = ""


class Reason(Struct, frozen=True):
    """Why it is sent back."""

    reason: Words


@get(_BASE, opt=_READ, summary="All evaluation reports", tags=_TAGS)
async def reports(db: Db, clock: LawClock) -> list[ReportLine]:
    """Reports that were begun, with their stages."""
    desk = Desk(clock)
    async with db.transaction(read_only=True) as tx:
        found = []
        for one in await store.reports(tx):
            standing = await desk.standing(tx, one.policy, one.fiscal_year)
            found.append(
                ReportLine(one.policy, one.fiscal_year, str(standing.stage), standing.published)
            )
    return found


@post(_BASE, opt=_WRITE, summary="Begin a report", tags=_TAGS)
async def begin(data: JSONBody[Begin], principal: Who, db: Db, clock: LawClock) -> ReportView:
    """Its texts are those of the policy and of the form until they are written."""
    async with db.transaction() as tx:
        await Desk(clock).begin(tx, data.policy, data.fiscal_year, by=principal.actor)
        return await _view(tx, clock, data.policy, data.fiscal_year)


@get(_PLACE, opt=_READ, summary="A report on the desk", tags=_TAGS)
async def report(policy: FromPath[int], year: FromPath[int], db: Db, clock: LawClock) -> ReportView:
    """Its stage, texts, what is missing, remarks and steps."""
    async with db.transaction(read_only=True) as tx:
        return await _view(tx, clock, policy, year)


async def _view(tx: Tx, clock: Clock, policy: int, year: int) -> ReportView:
    _bounded(policy, year)
    opened = await Desk(clock).open(tx, policy, year)
    standing = opened.standing
    return ReportView(
        policy=policy,
        fiscal_year=year,
        name=opened.known.policy_name,
        stage=str(standing.stage),
        edition=standing.edition,
        published=standing.published,
        missing=opened.missing,
        texts=[
            SlotView(
                one.key,
                one.title,
                one.section,
                one.form.required,
                opened.version(one.key),
                opened.text(one.key),
                [f"{f.text}：{f.why}" for f in opened.assembled.faults.get(one.key, ())],
            )
            for one in opened.slots
        ],
        remarks=[
            RemarkView(row.remark_id, row.sort, row.slot, row.content, row.by_name,
                       row.recorded_at, [one.content for one in answers])
            for row, answers in opened.remarks
        ],
        steps=[
            StepView(str(one.kind), one.edition, one.as_of, one.reason, one.by_name,
                     one.recorded_at)
            for one in standing.steps
        ],
    )  # fmt: skip


def _bounded(policy: int, year: int) -> None:
    if not (0 < policy < 1000 and 2000 <= year < 3000):
        raise UnknownReportError(
            "この政策と年度の評価書はありません。番号と年度を確かめてください。"
        )


@get(f"{_PLACE}/document", opt=_READ, summary="The document of a day as JSON", tags=_TAGS,
     media_type="application/json")  # fmt: skip
async def document(
    policy: FromPath[int], year: FromPath[int], db: Db, clock: LawClock, as_of: DayParameter = None
) -> Response[bytes]:
    """As known at the end of the day in Japan; the same day gives the same bytes."""
    _bounded(policy, year)
    async with db.transaction(read_only=True) as tx:
        opened = await Desk(clock).open(tx, policy, year, as_of=as_of)
    return Response(encoded(opened.document), media_type="application/json")


@get(f"{_PLACE}/files/{{name:str}}", opt=_READ, summary="The draft as a file", tags=_TAGS)
async def draft_file(
    policy: FromPath[int],
    year: FromPath[int],
    name: FromPath[str],
    db: Db,
    clock: LawClock,
    as_of: DayParameter = None,
) -> Response[bytes]:
    """statement.pdf, summary.pdf, statement.docx, summary.docx, report.xlsx, figures.csv, ….."""
    _bounded(policy, year)
    async with db.transaction(read_only=True) as tx:
        opened = await Desk(clock).open(tx, policy, year, as_of=as_of)
    made = await to_thread(file_of, opened.document, name)
    headers = {"content-disposition": f'attachment; filename="draft-{policy}-{year}-{made.name}"'}
    return Response(made.content, media_type=made.media_type, headers=headers)


@put(f"{_PLACE}/texts/{{slot:str}}", opt=_WRITE, summary="Keep a text", tags=_TAGS)
async def save_text(
    policy: FromPath[int],
    year: FromPath[int],
    slot: FromPath[str],
    data: JSONBody[NewText],
    principal: Who,
    db: Db,
    clock: LawClock,
) -> Saved:
    """The next version; refused when somebody saved meanwhile, or a reference leads nowhere."""
    _bounded(policy, year)
    async with db.transaction() as tx:
        version = await Desk(clock).save_text(
            tx, policy, year, slot, data.text, expected=data.version, note=data.note,
            by=principal.actor,
        )  # fmt: skip
    return Saved(version)


@post(f"{_PLACE}/remarks", opt=_READ, summary="Remark on a report", tags=_TAGS)
async def remark(
    policy: FromPath[int],
    year: FromPath[int],
    data: JSONBody[NewRemark],
    principal: Who,
    db: Db,
    clock: LawClock,
) -> Added:
    """A comment; from an expert, a remark that the report prints with the answer to it."""
    _bounded(policy, year)
    async with db.transaction() as tx:
        found = await Desk(clock).remark(
            tx, policy, year, data.text, expert=bool(principal.roles & EXPERTS), slot=data.slot,
            by=principal.actor,
        )  # fmt: skip
    return Added(found)


@post(f"{_PLACE}/remarks/{{remark_id:uuid}}/answers", opt=_WRITE, summary="Answer a remark",
      tags=_TAGS, status_code=204)  # fmt: skip
async def answer(
    policy: FromPath[int],
    year: FromPath[int],
    remark_id: FromPath[UUID],
    data: JSONBody[NewAnswer],
    principal: Who,
    db: Db,
    clock: LawClock,
) -> None:
    """What was done with it."""
    _bounded(policy, year)
    async with db.transaction() as tx:
        await Desk(clock).answer(tx, policy, year, remark_id, data.text, by=principal.actor)


@post(f"{_PLACE}/submit", opt=_WRITE, summary="Hand in for approval", tags=_TAGS, status_code=200)
async def submit(
    policy: FromPath[int],
    year: FromPath[int],
    data: JSONBody[Submission],
    principal: Who,
    db: Db,
    clock: LawClock,
) -> ReportView:
    """From now on its figures and texts no longer change."""
    _bounded(policy, year)
    async with db.transaction() as tx:
        await Desk(clock).submit(
            tx, policy, year, as_of=data.as_of, reason=data.reason, by=principal.actor
        )
        return await _view(tx, clock, policy, year)


@post(f"{_PLACE}/withdraw", opt=_WRITE, summary="Take back", tags=_TAGS, status_code=200)
async def withdraw(
    policy: FromPath[int], year: FromPath[int], principal: Who, db: Db, clock: LawClock
) -> ReportView:
    """By who handed it in."""
    _bounded(policy, year)
    async with db.transaction() as tx:
        await Desk(clock).withdraw(tx, policy, year, by=principal.actor)
        return await _view(tx, clock, policy, year)


@post(f"{_PLACE}/approve", opt=_DECIDE, summary="Approve", tags=_TAGS, status_code=200)
async def approve(
    policy: FromPath[int], year: FromPath[int], principal: Who, db: Db, clock: LawClock
) -> ReportView:
    """Refused (403) for those who wrote it."""
    _bounded(policy, year)
    async with db.transaction() as tx:
        await Desk(clock).decide(tx, policy, year, approve=True, by=principal.actor)
        return await _view(tx, clock, policy, year)


@post(f"{_PLACE}/return", opt=_DECIDE, summary="Send back", tags=_TAGS, status_code=200)
async def send_back(
    policy: FromPath[int],
    year: FromPath[int],
    data: JSONBody[Reason],
    principal: Who,
    db: Db,
    clock: LawClock,
) -> ReportView:
    """With a reason."""
    _bounded(policy, year)
    async with db.transaction() as tx:
        await Desk(clock).decide(
            tx, policy, year, approve=False, reason=data.reason, by=principal.actor
        )
        return await _view(tx, clock, policy, year)


@post(f"{_PLACE}/publish", opt=_DECIDE, summary="Publish", tags=_TAGS, status_code=200)
async def publish(
    policy: FromPath[int], year: FromPath[int], principal: Who, db: Db, clock: LawClock
) -> ReportView:
    """The approved document, at /reports/{policy}/{year}/editions/{edition} for good."""
    _bounded(policy, year)
    async with db.transaction() as tx:
        await Desk(clock).publish(tx, policy, year, by=principal.actor)
        return await _view(tx, clock, policy, year)


API_ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (
    reports,
    begin,
    report,
    document,
    draft_file,
    save_text,
    remark,
    answer,
    submit,
    withdraw,
    approve,
    send_back,
    publish,
)
