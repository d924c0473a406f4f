"""The prefecture's desk: calls and cases, one file, single papers, the books."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from litestar import Request, get, post
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect, Template

from jichitai.infra.clock import Clock
from jichitai.infra.outbox import Outbox
from jichitai.kernel.errors import InvalidError
from jichitai.security.access import SUPERVISOR
from jichitai.security.subsidy import rules, store
from jichitai.security.subsidy.errors import PaperRefusedError, UnknownCaseError, WrongStepError
from jichitai.security.subsidy.handed_in import Progress, StatusReport
from jichitai.security.subsidy.pages import forms, words
from jichitai.security.subsidy.papers import KINDS
from jichitai.security.subsidy.service import files
from jichitai.security.subsidy.service.applicant import DRAFTS, Applicant
from jichitai.security.subsidy.service.files import Opened
from jichitai.web.components import Column, Crumb, FieldError, FieldErrors
from jichitai.web.frame import page
from jichitai.web.inject import Db, Given, LawClock, Who

AnyRequest = Request[Any, Any, Any]
Form = URLEncodedBody[dict[str, str]]
OPT: Final[dict[str, Any]] = {"roles": SUPERVISOR}
HOME: Final = Crumb("情報セキュリティ", "/security")
SUBSIDIES: Final = Crumb("補助金", "/security/subsidies")
API: Final = "/api/v1/security/subsidies"


@get("/security/subsidies", opt=OPT, include_in_schema=False)
async def own_subsidies(request: AnyRequest, principal: Who, db: Db, clock: LawClock) -> Template:
    """Calls, drafts and cases of the prefecture."""
    prefecture, today = principal.body_prefecture(), clock.today()
    async with db.transaction(read_only=True) as tx:
        calls = await store.calls(tx, prefecture)
        drafts = await store.drafts(tx, prefecture)
        found = await files.all_files(tx, prefecture)
    names = {call.call_id: call.name for call in calls}
    context = {
        "calls": [words.call_row(one, today) for one in calls],
        "drafts": [
            {
                "href": f"/security/subsidies/{one.case_id}/edit/{one.kind}",
                "title": KINDS[one.kind].title,
                "call": names.get(one.call_id, "—"),
                "at": one.changed_at,
            }
            for one in drafts
        ],
        "columns": (Column("name", "公募", head=True, wide=True), *words.CASE_COLUMNS[1:]),
        "cases": [
            words.case_row(one, f"/security/subsidies/{one.case.case_id}", today)
            | {"name": names.get(one.case.plan.call_id, "—") if one.case.plan else "—"}
            for one in found
        ],
        "note": rules.UNVERIFIED_NOTE,
        "crumbs": [HOME, Crumb(SUBSIDIES.label)],
    }
    return page(request, "security_subsidy/own.html", context)


@post("/security/subsidies", opt=OPT, include_in_schema=False)
async def start(
    data: Form, principal: Who, db: Db, clock: LawClock, outbox: Given[Outbox]
) -> Redirect:
    """Begin an application."""
    try:
        call_id = UUID(data.get("call_id", ""))
    except ValueError:
        raise UnknownCaseError("この公募はありません。一覧から選び直してください。") from None
    async with db.transaction() as tx:
        draft = await Applicant(clock, outbox).start(
            tx, principal.body_prefecture(), call_id, by=principal.actor
        )
    return Redirect(f"/security/subsidies/{draft.case_id}/edit/application", status_code=303)


@get("/security/subsidies/ledger", opt=OPT, include_in_schema=False)
async def own_ledger(request: AnyRequest, principal: Who, db: Db) -> Template:
    """合計残高試算表 of the prefecture."""
    prefecture = principal.body_prefecture()
    async with db.transaction(read_only=True) as tx:
        rows = await store.balances(tx, prefecture=prefecture)
        moved = await store.posted(tx, prefecture=prefecture, limit=100)
    crumbs = [HOME, SUBSIDIES, Crumb("帳簿")]
    return ledger_page(request, rows, moved, crumbs)


def ledger_page(
    request: AnyRequest, rows: list[Any], moved: list[Any], crumbs: list[Crumb]
) -> Template:
    """The books of one tier."""
    context = {
        "columns": words.BALANCE_COLUMNS,
        "rows": words.balance_rows(rows),
        "foot": words.balance_foot(rows),
        "posted_columns": words.POSTED_COLUMNS,
        "posted": words.posted_rows(moved),
        "download": f"{API}/ledger.xlsx",
        "crumbs": crumbs,
    }
    return page(request, "security_subsidy/ledger.html", context)


@get("/security/subsidies/{case_id:uuid}", opt=OPT, include_in_schema=False)
async def own_case(
    request: AnyRequest, case_id: FromPath[UUID], principal: Who, db: Db, clock: LawClock
) -> Template:
    """One file: where it stands, its papers, what comes next."""
    prefecture = principal.body_prefecture()
    async with db.transaction(read_only=True) as tx:
        found = await files.known_file(tx, prefecture, case_id)
        drafts = [one for one in await store.drafts(tx, prefecture) if one.case_id == case_id]
        moved = await store.posted(tx, prefecture=prefecture, case_id=case_id, limit=200)
    address = f"/security/subsidies/{case_id}"
    context = case_context(found, clock, f"{API}/{case_id}", moved) | {
        "actions": [
            one | {"href": f"{address}/{'edit' if one['kind'] in DRAFTS else 'new'}/{one['kind']}"}
            for one in words.actions(found, "prefecture", address)
        ],
        "drafts": [one.kind for one in drafts],
        "sent": request.query_params.get("sent") == "1",
        "crumbs": [HOME, SUBSIDIES, Crumb("書類綴")],
    }
    return page(request, "security_subsidy/case.html", context)


def case_context(found: Opened, clock: Clock, api: str, moved: list[Any]) -> dict[str, Any]:
    """What both tiers show of a file."""
    today = clock.today()
    return {
        "case": found.case,
        "status": words.state_status(found.case.state),
        "steps": words.track(found.case.state),
        "tiles": words.case_tiles(found, today),
        "facts": words.case_facts(found),
        "paper_columns": words.PAPER_COLUMNS,
        "papers": words.paper_rows(found, api),
        "assets": words.asset_rows(found, today),
        "head": found.file.head,
        "posted_columns": words.POSTED_COLUMNS,
        "posted": words.posted_rows(moved),
    }


@get("/security/subsidies/{case_id:uuid}/new/{kind:str}", opt=OPT, include_in_schema=False)
async def paper_form(
    request: AnyRequest,
    case_id: FromPath[UUID],
    kind: FromPath[str],
    principal: Who,
    db: Db,
    clock: LawClock,
) -> Template:
    """The form of one paper."""
    found = await _expecting(db, principal, case_id, kind)
    begun = forms.fill(kind, found.case, clock.today()) if kind in forms.SIMPLE else {}
    return _form(request, found, kind, begun, {}, clock)


@post("/security/subsidies/{case_id:uuid}/new/{kind:str}", opt=OPT, include_in_schema=False)
async def hand_in(
    request: AnyRequest,
    case_id: FromPath[UUID],
    kind: FromPath[str],
    data: Form,
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Given[Outbox],
) -> Template | Redirect:
    """提出する."""
    found = await _expecting(db, principal, case_id, kind)
    problems: dict[str, str] = {}
    body: Any = (
        _status(found, data, problems, clock)
        if kind == "status"
        else forms.read(kind, data, problems)
    )
    if body is not None and not problems:
        try:
            async with db.transaction() as tx:
                await Applicant(clock, outbox).issue(
                    tx, principal.body_prefecture(), case_id, body, by=principal.actor
                )
        except PaperRefusedError as refusal:
            problems = dict(refusal.faults)
        except InvalidError as refusal:
            problems = {"": refusal.detail}
    if problems:
        return _form(request, found, kind, data, problems, clock)
    return Redirect(f"/security/subsidies/{case_id}?sent=1", status_code=303)


async def _expecting(db: Db, principal: Who, case_id: UUID, kind: str) -> Opened:
    async with db.transaction(read_only=True) as tx:
        found = await files.known_file(tx, principal.body_prefecture(), case_id)
    ours = kind in found.case.next_kinds("prefecture") and kind not in DRAFTS
    if not ours:
        raise WrongStepError(
            f"今は「{found.case.state.japanese}」の段階のため、この書類は出せません。"
            "書類綴で、次に出せる書類を確かめてください。"
        )
    return found


def _status(
    found: Opened, typed: Mapping[str, str], problems: dict[str, str], clock: Clock
) -> StatusReport | None:
    projects = found.case.plan.projects if found.case.plan else ()
    rows = []
    for one in projects:
        percent = forms.whole_of(typed, f"percent-{one.key}", problems, unit="％")
        if percent > 100:
            problems[f"percent-{one.key}"] = "進み具合は0から100までです。直してください。"
            percent = 0
        spent = forms.whole_of(typed, f"spent-{one.key}", problems)
        note = typed.get(f"note-{one.key}", "").strip()[:300]
        rows.append(Progress(project=one.key, percent=percent, spent=spent, note=note))
    as_of = forms.day_of(typed, "as_of", problems) or clock.today()
    if problems or not rows:
        return None
    outlook = typed.get("outlook", "").strip()[:4000]
    return StatusReport(as_of=as_of, projects=tuple(rows), outlook=outlook)


def _form(
    request: AnyRequest,
    found: Opened,
    kind: str,
    typed: Mapping[str, str],
    problems: Mapping[str, str],
    clock: Clock,
) -> Template:
    address = f"/security/subsidies/{found.case.case_id}"
    context = form_context(found, kind, typed, problems, clock) | {
        "action": f"{address}/new/{kind}",
        "back": address,
        "verb": "提出する",
        "crumbs": [HOME, SUBSIDIES, Crumb("書類綴", address), Crumb(KINDS[kind].title)],
    }
    template = "status.html" if kind == "status" else "paper.html"
    status = 422 if problems else 200
    return page(request, f"security_subsidy/{template}", context, status=status)


def form_context(
    found: Opened,
    kind: str,
    typed: Mapping[str, str],
    problems: Mapping[str, str],
    clock: Clock,
) -> dict[str, Any]:
    """What the form of a paper shows at either tier."""
    today = clock.today()
    return {
        "title_of": KINDS[kind].title,
        "basis": KINDS[kind].basis,
        "fields": [
            {"field": one, "options": one.options(found.case, today)}
            for one in forms.SIMPLE.get(kind, ())
        ],
        "projects": found.case.plan.projects if found.case.plan else (),
        "typed": typed,
        "errors": FieldErrors(tuple(FieldError(*one) for one in problems.items())),
        "tiles": words.case_tiles(found, today),
    }
