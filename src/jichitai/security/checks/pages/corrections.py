"""是正: the list with who is late, one correction, its steps."""

from typing import Annotated, Any, Final, Literal
from uuid import UUID

from litestar import get, post
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect, Template

from jichitai.infra.clock import Clock
from jichitai.infra.database import Database
from jichitai.kernel.errors import JichitaiError
from jichitai.security.access import INSIDE, body_code
from jichitai.security.checks.access import CHECKERS
from jichitai.security.checks.downloads import LARGEST_BODY
from jichitai.security.checks.errors import CheckFormError
from jichitai.security.checks.model.corrections import Origin, Planned, Severity, Step
from jichitai.security.checks.pages import words
from jichitai.security.checks.pages.forms import (
    AnyRequest,
    Typed,
    file_of,
    ids,
    status_of,
    typed_into,
    whole,
)
from jichitai.security.checks.service.corrections import Corrections
from jichitai.security.checks.service.intake import Intake, Taken
from jichitai.security.checks.store import registers
from jichitai.security.checks.store.registers import CorrectionRow
from jichitai.security.errors import UnknownDocumentError
from jichitai.web.components import FieldErrors, NavItem
from jichitai.web.frame import page
from jichitai.web.inject import Db, LawClock, Who
from jichitai.web.rights import Principal

_READ: Final[dict[str, Any]] = {"roles": INSIDE}
_WRITE: Final[dict[str, Any]] = {"roles": CHECKERS}
_VIEWS: Final = (("open", "対応が必要"), ("late", "遅れ"), ("done", "確認待ち"), ("all", "すべて"))
Only = Annotated[
    Literal["open", "late", "done", "all"], QueryParameter(description="which corrections")
]
Risk = Annotated[str, QueryParameter(max_length=40)]
_BUTTONS: Final = {
    Step.DOING: "対応を始める",
    Step.OPEN: "未着手に戻す",
    Step.DONE: "実施済みと報告する",
    Step.VERIFIED: "直ったことを確かめた",
    Step.WITHDRAWN: "取り下げる",
}
_OFFERED: Final = {
    Step.OPEN: (Step.DOING, Step.DONE, Step.WITHDRAWN),
    Step.DOING: (Step.DONE, Step.WITHDRAWN),
    Step.DONE: (Step.VERIFIED, Step.DOING),
    Step.VERIFIED: (),
    Step.WITHDRAWN: (),
}


@get("/security/checks/corrections", opt=_READ, include_in_schema=False)
async def list_page(
    request: AnyRequest, principal: Who, db: Db, clock: LawClock, only: Only = "open"
) -> Template:
    """Those due first."""
    body, today = body_code(principal), clock.today()
    async with db.transaction(town=body, read_only=True) as tx:
        found = await registers.corrections(tx, body)
    views = {
        "open": [one for one in found if one.step.unfinished],
        "late": [one for one in found if one.late(today)],
        "done": [one for one in found if one.step is Step.DONE],
        "all": found,
    }
    context = {
        "tabs": [
            NavItem(
                label,
                f"/security/checks/corrections?only={name}",
                current=name == only,
                count=len(views[name]),
                key=str(n),
            )
            for n, (name, label) in enumerate(_VIEWS, start=1)
        ],
        "rows": [
            {
                "row": one,
                "status": words.step_status(one),
                "severity": words.severity_status(one),
                "late": one.late(today),
            }
            for one in views[only]
        ],
        "late": words.LATE,
        "may_write": bool(principal.roles & CHECKERS),
    }
    return page(request, "checks/corrections.html", context)


@get("/security/checks/corrections/new", opt=_WRITE, include_in_schema=False)
async def new(request: AnyRequest, risk: Risk = "") -> Template:
    """An empty form."""
    typed: Typed = {"severity": Severity.MEDIUM.value, "risk": risk}
    return _new_page(request, typed, FieldErrors())


@post("/security/checks/corrections/new", opt=_WRITE, include_in_schema=False)
async def enter(
    request: AnyRequest, principal: Who, db: Db, clock: LawClock
) -> Template | Redirect:
    """Enter it."""
    body = body_code(principal)
    typed = await typed_into(request)
    try:
        planned = _planned(typed)
        async with db.transaction(town=body) as tx:
            if planned.risk_id and await registers.risk(tx, body, planned.risk_id) is None:
                raise UnknownDocumentError("この団体に、そのリスクはありません。")
            found = await Corrections(clock).open(tx, body, planned, by=principal.actor)
    except JichitaiError as refusal:
        return _new_page(request, typed, words.fields_of(refusal), status_of(refusal))
    return Redirect(f"/security/checks/corrections/{found}", status_code=303)


@get("/security/checks/corrections/import", opt=_WRITE, include_in_schema=False)
async def import_form(request: AnyRequest) -> Template:
    """Choose a POA&M."""
    return _import_page(request, None, FieldErrors())


@post(
    "/security/checks/corrections/import",
    opt=_WRITE,
    include_in_schema=False,
    request_max_body_size=LARGEST_BODY,
)
async def take_in(request: AnyRequest, principal: Who, db: Db, clock: LawClock) -> Template:
    """Enter the corrections that it brings."""
    body = body_code(principal)
    sent = await file_of(request, "poam")
    try:
        async with db.transaction(town=body) as tx:
            taken = await Intake(clock).take_corrections(
                tx, body, b"" if sent is None else sent[1], by=principal.actor
            )
    except JichitaiError as refusal:
        errors = FieldErrors.of({"poam": refusal.detail})
        return _import_page(request, None, errors, status_of(refusal))
    return _import_page(request, taken, FieldErrors())


def _import_page(
    request: AnyRequest, taken: Taken | None, errors: FieldErrors, status: int = 200
) -> Template:
    context = {"taken": taken, "errors": errors}
    return page(request, "checks/correction_import.html", context, status=status)


@get("/security/checks/corrections/{correction_id:uuid}", opt=_READ, include_in_schema=False)
async def show(
    request: AnyRequest, correction_id: FromPath[UUID], principal: Who, db: Db, clock: LawClock
) -> Template:
    """One correction, what may be done next, and what happened."""
    return await _page(request, correction_id, principal, db, clock, None, FieldErrors())


@post("/security/checks/corrections/{correction_id:uuid}", opt=_WRITE, include_in_schema=False)
async def change(
    request: AnyRequest, correction_id: FromPath[UUID], principal: Who, db: Db, clock: LawClock
) -> Template | Redirect:
    """Change it, or take its next step."""
    body = body_code(principal)
    typed = await typed_into(request)
    corrections = Corrections(clock)
    try:
        async with db.transaction(town=body) as tx:
            if step := typed.get("step"):
                if step not in set(Step):
                    raise CheckFormError.of({"note": "次の段階を読めません。選び直してください。"})
                await corrections.move(
                    tx,
                    body,
                    correction_id,
                    Step(step),
                    note=str(typed.get("note", "")),
                    by=principal.actor,
                )
            else:
                await corrections.change(
                    tx,
                    body,
                    correction_id,
                    _planned(typed),
                    version=whole(typed, "version") or 0,
                    by=principal.actor,
                )
    except JichitaiError as refusal:
        errors, status = words.fields_of(refusal), status_of(refusal)
        return await _page(request, correction_id, principal, db, clock, typed, errors, status)
    return Redirect(f"/security/checks/corrections/{correction_id}", status_code=303)


def _planned(typed: Typed) -> Planned:
    found, wrong = words.days(typed, "due_on")
    if wrong:
        raise CheckFormError.of(wrong)
    severity, risk = str(typed.get("severity", "")), str(typed.get("risk", ""))
    return Planned(
        title=str(typed.get("title", "")),
        detail=str(typed.get("detail", "")),
        owner=str(typed.get("owner", "")),
        due_on=found["due_on"],
        severity=Severity(severity) if severity in set(Severity) else Severity.MEDIUM,
        origin=Origin.RISK if risk else Origin.MANUAL,
        risk_id=ids([risk], "title")[0] if risk else None,
    )


def _new_page(
    request: AnyRequest, typed: Typed, errors: FieldErrors, status: int = 200
) -> Template:
    context = {"typed": typed, "errors": errors, "severities": words.SEVERITIES}
    return page(request, "checks/correction_new.html", context, status=status)


async def _page(
    request: AnyRequest,
    correction_id: UUID,
    principal: Principal,
    db: Database,
    clock: Clock,
    typed: Typed | None,
    errors: FieldErrors,
    status: int = 200,
) -> Template:
    body, today = body_code(principal), clock.today()
    async with db.transaction(town=body, read_only=True) as tx:
        row = await registers.correction(tx, body, correction_id)
        if row is None:
            raise UnknownDocumentError(
                "この団体に、その是正はありません。一覧から開き直してください。"
            )
        events = await registers.events(tx, body, correction_id)
        risk = None if row.risk_id is None else await registers.risk(tx, body, row.risk_id)
    own = row.step is Step.DONE and row.done_by == principal.account_id
    context = {
        "row": row,
        "status": words.step_status(row),
        "severity": words.severity_status(row),
        "is_late": row.late(today),
        "late": words.LATE,
        "risk": risk,
        "may_write": bool(principal.roles & CHECKERS) and not row.step.closed,
        "own": own,
        "steps": [
            (one.value, _BUTTONS[one])
            for one in _OFFERED[row.step]
            if not (own and one is Step.VERIFIED)
        ],
        "typed": _typed(row) | (typed or {}),
        "errors": errors,
        "severities": words.SEVERITIES,
        "events": words.history(events),
    }
    return page(request, "checks/correction.html", context, status=status)


def _typed(row: CorrectionRow) -> Typed:
    return {
        "title": row.title,
        "detail": row.detail,
        "owner": row.owner,
        "due_on": row.due_on.isoformat(),
        "severity": row.severity,
    }


ROUTES: Final = (list_page, new, enter, import_form, take_in, show, change)
