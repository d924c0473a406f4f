"""回答の確認: what members answered, what changed, and the prefecture's finding."""

from pathlib import Path
from typing import Any, Final
from uuid import UUID

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from litestar.types import ControllerRouterHandler

from jichitai.infra.outbox import Outbox
from jichitai.kernel.dates import both, wareki
from jichitai.standardisation.access import SUPERVISOR
from jichitai.standardisation.progress.costs import item
from jichitai.standardisation.progress.model import body_class, business
from jichitai.standardisation.survey.bodies.words import CHECKS
from jichitai.standardisation.survey.changes import (
    cost_text,
    states_text,
    steps_text,
    yes_or_no,
)
from jichitai.standardisation.survey.checking.service import (
    Checks,
    Looked,
    Member,
    counts,
    standing_of,
)
from jichitai.standardisation.survey.errors import BadCheckError
from jichitai.standardisation.survey.model import CheckState
from jichitai.web.components import Column, Crumb, Fact, FieldErrors, NavItem, Option, Status
from jichitai.web.frame import page
from jichitai.web.inject import Db, LawClock, Who

TEMPLATES: Final = Path(__file__).resolve().parent / "templates"
"""Folder of the templates, to be added to the application's."""

HOME: Final = "/standardisation/checks"
AnyRequest = Request[Any, Any, Any]
Outgoing = NamedDependency[Outbox]
_OPT: Final = {"roles": SUPERVISOR}
_ROUNDS: Final = (
    Column("subject", "調査", head=True, wide=True),
    Column("as_of", "時点"),
    Column("due", "回答の期限"),
    Column("checked_by", "確認の期限"),
    Column("answered", "回答", "end"),
    Column("ok", "確認済み", "end"),
    Column("returned", "差戻し", "end"),
)
_MEMBERS: Final = (
    Column("name", "団体", head=True),
    Column("kind", "区分"),
    Column("at", "回答の日時"),
    Column("systems", "業務", "end"),
    Column("check", "確認"),
    Column("reason", "差し戻した理由", wide=True),
)
_CHANGES: Final = (
    Column("where", "業務・経費", head=True, wide=True),
    Column("fact", "項目"),
    Column("before", "前の回答", wide=True),
    Column("after", "今の回答", wide=True),
)
_SYSTEMS: Final = (
    Column("name", "業務", head=True, wide=True),
    Column("steps", "完了したステップ", wide=True),
    Column("late", "特定移行支援"),
    Column("target", "移行目標日"),
    Column("vendor", "事業者", wide=True),
    Column("risks", "リスク", wide=True),
)
_ANSWERS: Final = (
    Column("revision", "回", head=True),
    Column("at", "回答の日時"),
    Column("reason", "直した理由", wide=True),
    Column("check", "確認", wide=True),
)
_SHOWN: Final = {
    "waiting": "確認を待つ",
    "returned": "差し戻した",
    "ok": "確認済み",
    "missing": "未回答",
    "asked": "すべて",
}
_STATES: Final = [Option("ok", "確認済みにする"), Option("returned", "差し戻す")]
_MISSING: Final = Status("未回答", "grey", "まだ回答が届いていない")
_OVERDUE: Final = Status("期限を過ぎた", "red", "回答の期限を過ぎても届いていない")


@get(HOME, opt=_OPT, include_in_schema=False)
async def rounds(
    request: AnyRequest, principal: Who, db: Db, clock: LawClock, outbox: Outgoing
) -> Template:
    """The rounds, and how far the members and their checks are."""
    prefecture, work = principal.body_prefecture(), Checks(clock, outbox)
    async with db.transaction(all_towns=True, read_only=True) as tx:
        rows = []
        for one in await work.rounds(tx, prefecture):
            _, members = await work.members(tx, prefecture, one.round_id)
            rows.append({"given": one, **counts(members)})
    context = {"columns": _ROUNDS, "rows": rows, "home": HOME}
    return page(request, "standardisation_checks/list.html", context)


@get(f"{HOME}/{{round_id:uuid}}", opt=_OPT, include_in_schema=False)
async def members(
    request: AnyRequest,
    round_id: FromPath[UUID],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Outgoing,
) -> Template:
    """The members of a round; those that wait for the check stand first."""
    prefecture, work = principal.body_prefecture(), Checks(clock, outbox)
    async with db.transaction(all_towns=True, read_only=True) as tx:
        given, found = await work.members(tx, prefecture, round_id)
    overdue, here = clock.today() > given.due_on, f"{HOME}/{round_id}"
    told, shown = counts(found), request.query_params.get("show", "waiting")
    shown = shown if shown in _SHOWN else "waiting"
    context = {
        "given": given,
        "here": here,
        "counts": told,
        "tabs": [
            NavItem(label, f"{here}?show={key}", current=key == shown, count=told[key], unit="団体")
            for key, label in _SHOWN.items()
        ],
        "caption": _SHOWN[shown],
        "columns": _MEMBERS,
        "rows": [
            _member(one, overdue=overdue) for one in found if shown in ("asked", standing_of(one))
        ],
        "done": request.query_params.get("done", "")[:10],
        "crumbs": [Crumb("回答の確認", HOME), Crumb(given.subject)],
    }
    return page(request, "standardisation_checks/members.html", context)


def _member(one: Member, *, overdue: bool) -> dict[str, Any]:
    told = one.answer
    return {
        "code": one.body.code,
        "name": one.body.name,
        "kind": body_class(one.body).value,
        "at": told.answered_at if told else None,
        "systems": len(told.report.systems) if told else "—",
        "check": CHECKS[told.check] if told else _OVERDUE if overdue else _MISSING,
        "reason": (told.check_reason if told else "") or "—",
    }


@get(f"{HOME}/{{round_id:uuid}}/{{code:str}}", opt=_OPT, include_in_schema=False)
async def answer(
    request: AnyRequest,
    round_id: FromPath[UUID],
    code: FromPath[str],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Outgoing,
) -> Template:
    """One member's answer, with what changed since the one before."""
    prefecture = principal.body_prefecture()
    async with db.transaction(all_towns=True, read_only=True) as tx:
        found = await Checks(clock, outbox).look(tx, prefecture, round_id, code)
    return _page(request, found)


def _page(
    request: AnyRequest,
    found: Looked,
    *,
    errors: FieldErrors | None = None,
    typed: dict[str, str] | None = None,
) -> Template:
    newest, given = found.newest, found.request
    here = f"{HOME}/{given.round_id}"
    context = {
        "given": given,
        "here": f"{here}/{found.body.code}",
        "body": found.body,
        "newest": newest,
        "late": newest is not None and newest.answered_at.date() > given.due_on,
        "before": found.before,
        "change_columns": _CHANGES,
        "changes": found.changes if found.before else [],
        "backwards": sum(one.backwards for one in found.changes) if found.before else 0,
        "system_columns": _SYSTEMS,
        "systems": _systems(found),
        "costs": [
            f"{one.phase.japanese}　{item(one.item).name}：{cost_text(one)}"
            for one in (newest.report.costs if newest else ())
        ],
        "answer_columns": _ANSWERS,
        "checks": CHECKS,
        "answers": found.answers,
        "facts": _facts(found),
        "states": _STATES,
        "typed": typed or {},
        "errors": errors or FieldErrors(),
        "crumbs": [
            Crumb("回答の確認", HOME),
            Crumb(given.subject, here),
            Crumb(found.body.name),
        ],
    }
    return page(
        request, "standardisation_checks/answer.html", context, status=422 if errors else 200
    )


def _facts(found: Looked) -> list[Fact]:
    given = found.request
    return [
        Fact("調査", given.subject),
        Fact("時点", both(given.as_of)),
        Fact("回答の期限", both(given.due_on)),
        Fact("確認の期限", both(given.checked_by)),
    ]


def _systems(found: Looked) -> list[dict[str, str]]:
    return [
        {
            "name": business(one.business).name,
            "steps": f"{steps_text(one)}（{states_text(one.states)}）",
            "late": yes_or_no(late=one.late),
            "target": wareki(one.target_on) if one.target_on else "—",
            "vendor": one.vendor or "—",
            "risks": one.risks or "—",
        }
        for one in (found.newest.report.systems if found.newest else ())
    ]


@post(f"{HOME}/{{round_id:uuid}}/{{code:str}}", opt=_OPT, include_in_schema=False)
async def decide(
    request: AnyRequest,
    round_id: FromPath[UUID],
    code: FromPath[str],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Outgoing,
) -> Template | Redirect:
    """Find the answer right, or give it back with a reason."""
    prefecture, work = principal.body_prefecture(), Checks(clock, outbox)
    typed = {key: text for key, text in (await request.form()).items() if isinstance(text, str)}
    try:
        async with db.transaction(all_towns=True) as tx:
            await work.decide(
                tx,
                prefecture,
                round_id,
                code,
                revision=_number(typed.get("revision", "")),
                checks=_number(typed.get("checks", "")),
                state=_state(typed.get("state", "")),
                reason=typed.get("reason", ""),
                actor=principal.actor,
            )
    except BadCheckError as refusal:
        faults: Any = refusal.facts["faults"]
        async with db.transaction(all_towns=True, read_only=True) as tx:
            found = await work.look(tx, prefecture, round_id, code)
        return _page(request, found, errors=FieldErrors.of(faults), typed=typed)
    return Redirect(f"{HOME}/{round_id}?done=checked", status_code=303)


def _state(text: str) -> CheckState:
    return CheckState(text) if text in set(CheckState) else CheckState.NONE


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 8 else -1


CHECK_PAGES: Final[tuple[ControllerRouterHandler, ...]] = (rounds, members, answer, decide)
