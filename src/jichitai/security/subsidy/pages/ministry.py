"""The ministry's desk: calls and their budgets, cases, drafts and approvals, the books."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Final
from uuid import UUID, uuid4

import msgspec
from litestar import Request, get, post
from litestar.params import FromPath, QueryParameter, URLEncodedBody
from litestar.response import Redirect, Template

from jichitai.infra.clock import Clock
from jichitai.infra.outbox import Outbox
from jichitai.kernel.errors import JichitaiError
from jichitai.security.access import MINISTRY
from jichitai.security.subsidy import checks, rules, store, views
from jichitai.security.subsidy.documents import blocks_of
from jichitai.security.subsidy.errors import PaperRefusedError, WrongStepError
from jichitai.security.subsidy.issued import Call
from jichitai.security.subsidy.ledger import Account
from jichitai.security.subsidy.pages import forms, words
from jichitai.security.subsidy.pages.prefecture import case_context, form_context, ledger_page
from jichitai.security.subsidy.papers import KINDS
from jichitai.security.subsidy.service import files
from jichitai.security.subsidy.service.files import Opened
from jichitai.security.subsidy.service.granting import OWN, Granting, review_body
from jichitai.security.subsidy.store import Review
from jichitai.web.components import Crumb, Fact, FieldError, FieldErrors, Option, Tile
from jichitai.web.formats import yen_text
from jichitai.web.frame import page
from jichitai.web.inject import Db, Given, LawClock, Who

AnyRequest = Request[Any, Any, Any]
Form = URLEncodedBody[dict[str, str]]
_OPT: Final[dict[str, Any]] = {"roles": MINISTRY}
_HOME: Final = Crumb("情報セキュリティ", "/security/bodies")
_SUBSIDIES: Final = Crumb("補助金", "/security/subsidies")
_API: Final = "/api/v1/security/subsidies"
_SHOWN: Final = {
    "all": "すべて",
    "ours": "国がつぎに動く",
    "late": "期限を過ぎた",
    "open": "終わっていない",
}


@get("/security/subsidies", opt=_OPT, include_in_schema=False)
async def all_subsidies(
    request: AnyRequest,
    db: Db,
    clock: LawClock,
    show: Annotated[str, QueryParameter(max_length=20)] = "all",
) -> Template:
    """Budget, calls, what waits for approval, and all cases."""
    today = clock.today()
    async with db.transaction(read_only=True) as tx:
        calls = await store.calls(tx, OWN)
        found = await files.all_files(tx)
        waiting = await store.reviews(tx, waiting=True)
        rows = await store.balances(tx)
    wanted = show if show in _SHOWN else "all"
    balance = {row.account: row.balance for row in rows}
    shown = [one for one in found if _is_shown(one, wanted, today)]
    context = {
        "budget": [
            Fact("予算", yen_text(balance.get(Account.APPROPRIATION, 0))),
            Fact("交付決定前の予算", yen_text(-balance.get(Account.AVAILABLE, 0))),
            Fact("交付決定額（確定前）", yen_text(-balance.get(Account.COMMITTED, 0))),
            Fact("執行済みの予算", yen_text(-balance.get(Account.EXECUTED, 0))),
            Fact("返還金（未収）", yen_text(balance.get(Account.RECEIVABLE, 0))),
        ],
        "tiles": [
            Tile("案件", len(found), "件"),
            Tile("国がつぎに動く", sum(_is_shown(one, "ours", today) for one in found), "件"),
            Tile("決裁待ち", len(waiting), "件"),
            Tile("期限を過ぎた", sum(_is_shown(one, "late", today) for one in found), "件"),
        ],
        "calls": [words.call_row(one, today) for one in calls],
        "waiting": [_review_row(one) for one in waiting],
        "columns": words.CASE_COLUMNS,
        "cases": [
            words.case_row(one, _address(one.case.prefecture, one.case.case_id), today)
            for one in shown
        ],
        "shows": [Option(*one) for one in _SHOWN.items()],
        "show": wanted,
        "note": rules.UNVERIFIED_NOTE,
        "crumbs": [_HOME, Crumb(_SUBSIDIES.label)],
    }
    return page(request, "security_subsidy/all.html", context)


def _is_shown(found: Opened, show: str, today: date) -> bool:
    match show:
        case "ours":
            return found.case.turn == "ministry"
        case "late":
            return views.late(found, today)
        case "open":
            return found.case.turn is not None
        case _:
            return True


def _address(prefecture: str, case_id: UUID) -> str:
    return f"/security/subsidies/{prefecture}/{case_id}"


def _review_row(review: Review) -> dict[str, Any]:
    return {
        "href": _address(review.prefecture, review.case_id),
        "name": words.prefecture_name(review.prefecture),
        "title": KINDS[review.kind].title,
        "by": review.drafted_name,
        "at": review.drafted_at,
        "note": review.note or "—",
    }


@get("/security/subsidies/calls/new", opt=_OPT, include_in_schema=False)
async def call_form(request: AnyRequest, clock: LawClock) -> Template:
    """An empty call with the usual budget."""
    today = clock.today()
    begun = {
        "fiscal_year": str(today.year - (today.month < 4)),
        "generation": "3",
        "budget": str(rules.usual_budget(today)),
        "opens_on": today.isoformat(),
    }
    return _call_page(request, begun, {})


@post("/security/subsidies/calls/new", opt=_OPT, include_in_schema=False)
async def open_call(
    request: AnyRequest,
    data: Form,
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Given[Outbox],
) -> Template | Redirect:
    """公募する."""
    problems: dict[str, str] = {}
    call = _call(data, problems)
    if call is not None:
        try:
            async with db.transaction() as tx:
                await Granting(clock, outbox).open_call(tx, call, by=principal.actor)
        except PaperRefusedError as refusal:
            problems = dict(refusal.faults)
    if problems:
        return _call_page(request, data, problems)
    return Redirect("/security/subsidies", status_code=303)


def _call(typed: Mapping[str, str], problems: dict[str, str]) -> Call | None:
    values = {
        "call_id": str(uuid4()),
        "number": "-",
        "name": typed.get("name", "").strip(),
        "fiscal_year": forms.whole_of(typed, "fiscal_year", problems, unit="年度"),
        "generation": forms.whole_of(typed, "generation", problems, unit="世代"),
        "budget": forms.whole_of(typed, "budget", problems),
        "opens_on": forms.day_of(typed, "opens_on", problems),
        "closes_on": forms.day_of(typed, "closes_on", problems),
        "text": typed.get("text", "").strip()[:4000],
    }
    for name, label in (("name", "名称"), ("opens_on", "受付の始まり"), ("closes_on", "締切")):
        if not values[name] and name not in problems:
            problems[name] = f"「{label}」がありません。入れてください。"
    if problems:
        return None
    try:
        return msgspec.convert(values, Call)
    except msgspec.ValidationError:
        problems[""] = (
            "年度は西暦4桁、世代は1から20、予算は1円以上、名称は120字までです。直してください。"
        )
        return None


def _call_page(
    request: AnyRequest, typed: Mapping[str, str], problems: Mapping[str, str]
) -> Template:
    context = {
        "typed": typed,
        "errors": FieldErrors(tuple(FieldError(*one) for one in problems.items())),
        "crumbs": [_HOME, _SUBSIDIES, Crumb("公募する")],
    }
    return page(request, "security_subsidy/call.html", context, status=422 if problems else 200)


@get("/security/subsidies/ledger", opt=_OPT, include_in_schema=False)
async def ledger(request: AnyRequest, db: Db) -> Template:
    """合計残高試算表 of the ministry."""
    async with db.transaction(read_only=True) as tx:
        rows = await store.balances(tx)
        moved = await store.posted(tx, limit=100)
    return ledger_page(request, rows, moved, [_HOME, _SUBSIDIES, Crumb("帳簿")])


@get("/security/subsidies/{prefecture:str}/{case_id:uuid}", opt=_OPT, include_in_schema=False)
async def one_case(
    request: AnyRequest,
    prefecture: FromPath[str],
    case_id: FromPath[UUID],
    principal: Who,
    db: Db,
    clock: LawClock,
) -> Template:
    """One file with its checks, what may come next, and the draft that waits."""
    return await _case_page(request, prefecture, case_id, principal, db, clock)


async def _case_page(
    request: AnyRequest,
    prefecture: str,
    case_id: UUID,
    principal: Who,
    db: Db,
    clock: Clock,
    refused: str = "",
) -> Template:
    today = clock.today()
    async with db.transaction(read_only=True) as tx:
        found = await files.known_file(tx, prefecture, case_id)
        reviews = await store.reviews(tx, prefecture=prefecture, case_id=case_id)
        moved = await store.posted(tx, prefecture=prefecture, case_id=case_id, limit=200)
        plan = found.case.proposed or found.case.plan
        call = await store.call(tx, OWN, plan.call_id) if plan else None
    address = _address(prefecture, case_id)
    waiting = next((one for one in reviews if one.outcome is None), None)
    context = case_context(found, clock, f"{_API}/{prefecture}/{case_id}", moved) | {
        "name": words.prefecture_name(prefecture),
        "actions": [] if waiting else words.actions(found, "ministry", f"{address}/draft"),
        "faults": words.fault_rows(checks.application_faults(plan, call, today) if plan else []),
        "checked": plan is not None,
        "waiting": _waiting(waiting, today) if waiting else None,
        "own": waiting is not None and waiting.drafted_by == principal.actor.id,
        "reviews": [_ended(one) for one in reviews if one.outcome],
        "refused": refused,
        "address": address,
        "crumbs": [_HOME, _SUBSIDIES, Crumb(words.prefecture_name(prefecture))],
    }
    status = 409 if refused else 200
    return page(request, "security_subsidy/review.html", context, status=status)


def _waiting(review: Review, today: date) -> dict[str, Any]:
    return {
        "id": review.review_id,
        "title": KINDS[review.kind].title,
        "by": review.drafted_name,
        "at": review.drafted_at,
        "note": review.note,
        "blocks": blocks_of(review_body(review), today),
    }


def _ended(review: Review) -> dict[str, Any]:
    outcomes = {"approved": "決裁", "declined": "取下げ・差戻し", "overtaken": "追い越し"}
    return {
        "title": KINDS[review.kind].title,
        "by": review.drafted_name,
        "ended": review.ended_name or "—",
        "outcome": outcomes.get(review.outcome or "", "—"),
        "at": review.ended_at,
        "reason": review.reason or "—",
    }


@get("/security/subsidies/{prefecture:str}/{case_id:uuid}/draft/{kind:str}", opt=_OPT,
     include_in_schema=False)  # fmt: skip
async def draft_form(
    request: AnyRequest,
    prefecture: FromPath[str],
    case_id: FromPath[UUID],
    kind: FromPath[str],
    db: Db,
    clock: LawClock,
) -> Template:
    """The form of one paper, filled in by the rules."""
    found = await _expecting(db, prefecture, case_id, kind)
    return _form(request, found, kind, forms.fill(kind, found.case, clock.today()), {}, clock)


@post("/security/subsidies/{prefecture:str}/{case_id:uuid}/draft/{kind:str}", opt=_OPT,
      include_in_schema=False)  # fmt: skip
async def propose(
    request: AnyRequest,
    prefecture: FromPath[str],
    case_id: FromPath[UUID],
    kind: FromPath[str],
    data: Form,
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Given[Outbox],
) -> Template | Redirect:
    """起案する."""
    found = await _expecting(db, prefecture, case_id, kind)
    problems: dict[str, str] = {}
    body: Any = forms.read(kind, data, problems)
    if body is not None:
        try:
            async with db.transaction() as tx:
                await Granting(clock, outbox).propose(
                    tx,
                    prefecture,
                    case_id,
                    body,
                    by=principal.actor,
                    note=data.get("review_note", "").strip()[:300],
                )
        except PaperRefusedError as refusal:
            problems = dict(refusal.faults)
        except JichitaiError as refusal:
            problems = {"": refusal.detail}
    if problems:
        return _form(request, found, kind, data, problems, clock)
    return Redirect(_address(prefecture, case_id), status_code=303)


@post("/security/subsidies/{prefecture:str}/{case_id:uuid}/reviews/{review_id:uuid}", opt=_OPT,
      include_in_schema=False)  # fmt: skip
async def decide(
    request: AnyRequest,
    prefecture: FromPath[str],
    case_id: FromPath[UUID],
    review_id: FromPath[UUID],
    data: Form,
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Given[Outbox],
) -> Template | Redirect:
    """決裁する, or 差し戻す with a reason."""
    granting = Granting(clock, outbox)
    try:
        async with db.transaction() as tx:
            if data.get("deed") == "decline":
                reason = data.get("reason", "")
                await granting.decline(tx, review_id, by=principal.actor, reason=reason)
            else:
                await granting.approve(tx, review_id, by=principal.actor)
    except JichitaiError as refusal:
        return await _case_page(
            request, prefecture, case_id, principal, db, clock, refused=refusal.detail
        )
    return Redirect(_address(prefecture, case_id), status_code=303)


async def _expecting(db: Db, prefecture: str, case_id: UUID, kind: str) -> Opened:
    async with db.transaction(read_only=True) as tx:
        found = await files.known_file(tx, prefecture, case_id)
    if kind not in found.case.next_kinds("ministry"):
        raise WrongStepError(
            f"今は「{found.case.state.japanese}」の段階のため、この書類は起案できません。"
            "書類綴で、次に出せる書類を確かめてください。"
        )
    return found


def _form(
    request: AnyRequest,
    found: Opened,
    kind: str,
    typed: Mapping[str, str],
    problems: Mapping[str, str],
    clock: Clock,
) -> Template:
    address = _address(found.case.prefecture, found.case.case_id)
    name = words.prefecture_name(found.case.prefecture)
    context = form_context(found, kind, typed, problems, clock) | {
        "action": f"{address}/draft/{kind}",
        "back": address,
        "verb": "起案する",
        "noted": True,
        "crumbs": [_HOME, _SUBSIDIES, Crumb(name, address), Crumb(KINDS[kind].title)],
    }
    status = 422 if problems else 200
    return page(request, "security_subsidy/paper.html", context, status=status)
