"""The desk: all reports, one report with what is missing, its papers as they would be now."""

from asyncio import to_thread
from datetime import date
from typing import Any
from uuid import UUID

from litestar import get, post
from litestar.params import FromPath
from litestar.response import Redirect, Response, Template
from litestar.types import ControllerRouterHandler

from jichitai.evaluation.policies import service as policies
from jichitai.evaluation.reports import store
from jichitai.evaluation.reports.errors import LateDayError, WrongStageError
from jichitai.evaluation.reports.model.document import Document
from jichitai.evaluation.reports.model.looking import year_text
from jichitai.evaluation.reports.model.stages import Kind, Stage
from jichitai.evaluation.reports.pages import words
from jichitai.evaluation.reports.pages.words import (
    HOME,
    PLACE,
    READ,
    REMARK,
    STEP,
    WRITE,
    AnyRequest,
    DayParameter,
    Form,
    PaperParameter,
)
from jichitai.evaluation.reports.renderers.files import FORMATS, file_of
from jichitai.evaluation.reports.renderers.shown import shown
from jichitai.evaluation.reports.service.changes import drift
from jichitai.evaluation.reports.service.desk import Desk
from jichitai.evaluation.reports.service.opened import Opened
from jichitai.infra.database import Tx
from jichitai.kernel.dates import both, fiscal_year, parse_date
from jichitai.kernel.eras import InvalidDateError
from jichitai.kernel.errors import JichitaiError
from jichitai.web.components import Crumb, Entry, FieldError, FieldErrors, NavItem, Option
from jichitai.web.frame import page
from jichitai.web.inject import Db, LawClock, Who
from jichitai.web.rights import Principal


@get(HOME, opt=READ, include_in_schema=False)
async def shelf(request: AnyRequest, principal: Who, db: Db, clock: LawClock) -> Template:
    """All reports, and a form that begins one."""
    return await _shelf(request, principal, db, clock)


async def _shelf(
    request: AnyRequest, principal: Principal, db: Db, clock: LawClock, refused: str = ""
) -> Template:
    desk = Desk(clock)
    async with db.transaction(read_only=True) as tx:
        known = await policies.policies(tx)
        rows = []
        for one in await store.reports(tx):
            standing = await desk.standing(tx, one.policy, one.fiscal_year)
            rows.append(
                {
                    "href": words.address(one.policy, one.fiscal_year),
                    "name": f"政策{one.policy}　{year_text(one.fiscal_year)}",
                    "status": words.status(standing.stage),
                    "edition": f"第{standing.published}版" if standing.published else "—",
                    "public": words.public_address(one.policy, one.fiscal_year)
                    if standing.published
                    else "",
                    "at": standing.changed_at or one.recorded_at,
                }
            )
    this = fiscal_year(clock.today())
    context = {
        "reports": rows,
        "policies": [
            Option(str(found[0].number), f"政策{found[0].number}　{found[0].name}")
            for found in known
            if found
        ],
        "years": [Option(str(year), year_text(year)) for year in range(this + 1, this - 3, -1)],
        "year": str(this),
        "writes": words.writes(principal),
        "errors": FieldErrors.of({"fiscal_year": refused} if refused else {}),
        "crumbs": [Crumb("評価書")],
    }
    status = 422 if refused else 200
    return page(request, "evaluation_reports/shelf.html", context, status=status)


@post(HOME, opt=WRITE, include_in_schema=False)
async def begin(
    request: AnyRequest, data: Form, principal: Who, db: Db, clock: LawClock
) -> Template | Redirect:
    """Begin a report."""
    try:
        policy, year = int(data.get("policy", "")), int(data.get("fiscal_year", ""))
        async with db.transaction() as tx:
            await Desk(clock).begin(tx, policy, year, by=principal.actor)
    except ValueError:
        return await _shelf(request, principal, db, clock, "政策と年度を一覧から選んでください。")
    except JichitaiError as refusal:
        return await _shelf(request, principal, db, clock, refusal.detail)
    return Redirect(words.address(policy, year), status_code=303)


@get(PLACE, opt=READ, include_in_schema=False)
async def one_report(
    request: AnyRequest,
    policy: FromPath[int],
    year: FromPath[int],
    principal: Who,
    db: Db,
    clock: LawClock,
) -> Template:
    """One report: its stage, what is missing, its texts, remarks and steps."""
    return await report_page(request, policy, year, principal, db, clock)


async def report_page(
    request: AnyRequest,
    policy: int,
    year: int,
    principal: Principal,
    db: Db,
    clock: LawClock,
    errors: tuple[FieldError, ...] = (),
    typed: dict[str, str] | None = None,
    status: int = 422,
) -> Template:
    """The page of a report, with what went wrong."""
    desk = Desk(clock)
    async with db.transaction(read_only=True) as tx:
        opened = await desk.open(tx, policy, year)
        waiting = await desk.waiting(tx, policy, year, opened.standing)
    standing = opened.standing
    base = words.address(policy, year)
    context = {
        "name": f"政策{policy}　{opened.known.policy_name}　{year_text(year)}の評価書",
        "base": base,
        "public": words.public_address(policy, year) if standing.published else "",
        "edition": standing.edition,
        "published": standing.published,
        "stage": standing.stage,
        "status": words.status(standing.stage),
        "as_of_text": both(opened.known.as_of),
        "missing": opened.missing,
        "slots": [_slot_row(opened, one.key) for one in opened.slots],
        "remarks": _remarks(opened),
        "steps": _steps(opened),
        "drift": drift(waiting, opened.document) if waiting else [],
        "waiting": waiting,
        "waiting_day": both(waiting.as_of) if waiting else "",
        "own": standing.submitted is not None
        and (
            standing.submitted.by_id == principal.actor.id or principal.actor.id in standing.writers
        ),
        "handed_in": standing.submitted is not None
        and standing.submitted.by_id == principal.actor.id,
        "formats": FORMATS,
        "writes": words.writes(principal) and standing.stage in (Stage.DRAFT, Stage.PUBLISHED),
        "officer": words.writes(principal),
        "decides": words.decides(principal),
        "expert": words.is_expert(principal),
        "today": clock.today().isoformat(),
        "typed": typed or {},
        "errors": FieldErrors(errors),
        "crumbs": words.crumbs(policy, year),
    }
    return page(
        request, "evaluation_reports/report.html", context, status=status if errors else 200
    )


def _slot_row(opened: Opened, key: str) -> dict[str, Any]:
    slot, row = opened.slot(key), opened.saved.get(key)
    faults = len(opened.assembled.faults.get(key, ()))
    text = opened.text(key).strip()
    if faults:
        state = f"参照の誤り {faults}件"
    elif text:
        state = "様式の文のまま" if row is None else f"第{row.version}版"
    else:
        state = "空（必須）" if slot.form.required else "空"
    return {
        "key": key,
        "label": slot.label,
        "state": state,
        "by": row.by_name if row else "—",
        "at": row.recorded_at if row else None,
        "start": text.split("\n", 1)[0][:50] or "—",
    }


def _remarks(opened: Opened) -> list[dict[str, Any]]:
    labels = {one.key: one.label for one in opened.slots}
    return [
        {
            "id": row.remark_id,
            "sort": "学識経験者の意見" if row.sort == "expert" else "コメント",
            "about": labels.get(row.slot, "全体"),
            "by": row.by_name,
            "at": row.recorded_at,
            "content": row.content,
            "answers": answers,
            "open": row.sort == "expert" and not answers,
        }
        for row, answers in opened.remarks
    ]


def _steps(opened: Opened) -> list[Entry]:
    return [
        Entry(
            when=one.recorded_at.strftime("%Y-%m-%d"),
            what=f"第{one.edition}版を{one.kind.japanese}（{both(one.as_of)}現在）"
            + (f"　理由：{one.reason}" if one.reason else ""),
            who=one.by_name,
            word="公表" if one.kind is Kind.PUBLISHED else "",
        )
        for one in reversed(opened.standing.steps)
    ]


async def document_of(
    tx: Tx, desk: Desk, policy: int, year: int, as_of: str
) -> tuple[Document, Opened]:
    """The document that waits, or the draft of a day."""
    opened = await desk.open(tx, policy, year, as_of=_day(as_of))
    waiting = None if as_of else await desk.waiting(tx, policy, year, opened.standing)
    return waiting or opened.document, opened


def _day(text: str) -> date | None:
    try:
        return parse_date(text) if text.strip() else None
    except InvalidDateError as refusal:
        raise LateDayError(f"時点を日として読めません。{refusal.detail}") from None


@get(f"{PLACE}/preview", opt=READ, include_in_schema=False)
async def preview(
    request: AnyRequest,
    policy: FromPath[int],
    year: FromPath[int],
    db: Db,
    clock: LawClock,
    paper: PaperParameter = "statement",
    as_of: DayParameter = "",
) -> Template:
    """A paper as a page, with the figures of today or of another day."""
    async with db.transaction(read_only=True) as tx:
        document, opened = await document_of(tx, Desk(clock), policy, year, as_of)
    kind = "summary" if paper == "summary" else "statement"
    base = words.address(policy, year)
    names = {"statement": "評価書", "summary": "要旨"}
    day = f"&as_of={document.as_of.isoformat()}" if as_of else ""
    context = {
        "document": document,
        "doc": shown(document),
        "paper": document.paper(kind),
        "tabs": [
            NavItem(label, f"{base}/preview?paper={one}{day}", current=one == kind)
            for one, label in names.items()
        ],
        "status": words.status(opened.standing.stage),
        "as_of_text": both(document.as_of),
        "day": document.as_of.isoformat(),
        "base": base,
        "kind": kind,
        "formats": FORMATS,
        "query": f"?as_of={document.as_of.isoformat()}" if as_of else "",
        "crumbs": words.crumbs(policy, year, names[kind]),
    }
    return page(request, "evaluation_reports/preview.html", context)


@get(f"{PLACE}/files/{{name:str}}", opt=READ, include_in_schema=False)
async def draft_file(
    policy: FromPath[int],
    year: FromPath[int],
    name: FromPath[str],
    db: Db,
    clock: LawClock,
    as_of: DayParameter = "",
) -> Response[bytes]:
    """A file of the draft, or of what waits."""
    async with db.transaction(read_only=True) as tx:
        document, _ = await document_of(tx, Desk(clock), policy, year, as_of)
    made = await to_thread(file_of, document, name)
    return attachment(made.content, made.media_type, f"draft-{policy}-{year}-{name}")


def attachment(content: bytes, media_type: str, name: str) -> Response[bytes]:
    """A file to keep."""
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=media_type, headers=headers)


@post(f"{PLACE}/remarks", opt=REMARK, include_in_schema=False)
async def remark(
    request: AnyRequest,
    policy: FromPath[int],
    year: FromPath[int],
    data: Form,
    principal: Who,
    db: Db,
    clock: LawClock,
) -> Template | Redirect:
    """Comment, or remark as an expert."""
    content = words.plain(data.get("content", ""), 4000)
    try:
        async with db.transaction() as tx:
            await Desk(clock).remark(
                tx, policy, year, content, expert=words.is_expert(principal),
                slot=data.get("slot", "")[:40], by=principal.actor,
            )  # fmt: skip
    except JichitaiError as refusal:
        errors = (FieldError("content", refusal.detail),)
        return await report_page(request, policy, year, principal, db, clock, errors, data)
    return Redirect(f"{words.address(policy, year)}#remarks", status_code=303)


@post(f"{PLACE}/remarks/{{remark_id:uuid}}/answers", opt=WRITE, include_in_schema=False)
async def answer(
    request: AnyRequest,
    policy: FromPath[int],
    year: FromPath[int],
    remark_id: FromPath[UUID],
    data: Form,
    principal: Who,
    db: Db,
    clock: LawClock,
) -> Template | Redirect:
    """Say what was done with a remark."""
    content = words.plain(data.get("answer", ""), 4000)
    try:
        async with db.transaction() as tx:
            await Desk(clock).answer(tx, policy, year, remark_id, content, by=principal.actor)
    except JichitaiError as refusal:
        errors = (FieldError(f"answer-{remark_id}", refusal.detail),)
        return await report_page(request, policy, year, principal, db, clock, errors, data)
    return Redirect(f"{words.address(policy, year)}#remarks", status_code=303)


@post(f"{PLACE}/steps", opt=STEP, include_in_schema=False)
async def step(
    request: AnyRequest,
    policy: FromPath[int],
    year: FromPath[int],
    data: Form,
    principal: Who,
    db: Db,
    clock: LawClock,
) -> Template | Redirect:
    """決裁に出す・取り下げる・差し戻す・決裁する・公表する."""
    try:
        async with db.transaction() as tx:
            await _step(tx, Desk(clock), policy, year, data, principal)
    except JichitaiError as refusal:
        errors = (FieldError("reason", refusal.detail),)
        return await report_page(request, policy, year, principal, db, clock, errors, data, 409)
    return Redirect(words.address(policy, year), status_code=303)


async def _step(
    tx: Tx, desk: Desk, policy: int, year: int, data: dict[str, str], principal: Principal
) -> None:
    deed, by = data.get("deed", ""), principal.actor
    reason = words.plain(data.get("reason", ""), 2000)
    if deed in ("submit", "withdraw") and words.writes(principal):
        if deed == "withdraw":
            await desk.withdraw(tx, policy, year, by=by)
            return
        day = _day(data.get("as_of", ""))
        if day is None:
            raise LateDayError("時点がありません。いつの時点までの数値を載せるかを入れてください。")
        await desk.submit(tx, policy, year, as_of=day, reason=reason, by=by)
    elif deed in ("approve", "return") and words.decides(principal):
        await desk.decide(tx, policy, year, approve=deed == "approve", reason=reason, by=by)
    elif deed == "publish" and words.decides(principal):
        await desk.publish(tx, policy, year, by=by)
    else:
        raise WrongStageError("この操作は選べません。画面のボタンから選び直してください。")


DESK_PAGES: tuple[ControllerRouterHandler, ...] = (
    shelf,
    begin,
    one_report,
    preview,
    draft_file,
    remark,
    answer,
    step,
)
