"""リスク台帳: the matrix, the list, one risk and its treatment."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from litestar import get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from jichitai.infra.clock import Clock
from jichitai.infra.database import Database
from jichitai.kernel.errors import JichitaiError
from jichitai.security.access import INSIDE, OFFICER, body_code
from jichitai.security.checks.access import DECIDERS
from jichitai.security.checks.errors import CheckFormError
from jichitai.security.checks.model.risks import LIKELIHOODS, SCALE, Assessed, Treatment, grade
from jichitai.security.checks.pages import words
from jichitai.security.checks.pages.forms import AnyRequest, Typed, status_of, typed_into, whole
from jichitai.security.checks.service import systems
from jichitai.security.checks.service.risks import Risks
from jichitai.security.checks.store import registers
from jichitai.security.checks.store.registers import RiskRow
from jichitai.security.errors import UnknownDocumentError
from jichitai.security.guideline import service as guideline
from jichitai.web.components import FieldErrors
from jichitai.web.frame import page
from jichitai.web.inject import Db, LawClock, Who
from jichitai.web.rights import Principal

_READ: Final[dict[str, Any]] = {"roles": INSIDE}
_WRITE: Final[dict[str, Any]] = {"roles": OFFICER}
_DECIDE: Final[dict[str, Any]] = {"roles": DECIDERS}


@get("/security/checks/risks", opt=_READ, include_in_schema=False)
async def list_page(request: AnyRequest, principal: Who, db: Db, clock: LawClock) -> Template:
    """The matrix, then the list, the biggest first."""
    body, today = body_code(principal), clock.today()
    async with db.transaction(town=body, read_only=True) as tx:
        found = await registers.risks(tx, body)
    context = {
        "matrix": _matrix([one for one in found if one.state != "closed"]),
        "rows": [_row(one, today) for one in found],
        "late": words.LATE,
        "may_write": bool(principal.roles & OFFICER),
    }
    return page(request, "checks/risks.html", context)


@get("/security/checks/risks/new", opt=_WRITE, include_in_schema=False)
async def new(request: AnyRequest, principal: Who, db: Db, clock: LawClock) -> Template:
    """An empty form."""
    return await _form(request, principal, db, clock, None, {"items": []}, FieldErrors())


@post("/security/checks/risks/new", opt=_WRITE, include_in_schema=False)
async def enter(
    request: AnyRequest, principal: Who, db: Db, clock: LawClock
) -> Template | Redirect:
    """Enter it."""
    body = body_code(principal)
    typed = await typed_into(request, "items")
    try:
        async with db.transaction(town=body) as tx:
            found = await Risks(clock).enter(tx, body, _assessed(typed), by=principal.actor)
    except JichitaiError as refusal:
        errors, status = words.fields_of(refusal), status_of(refusal)
        return await _form(request, principal, db, clock, None, typed, errors, status)
    return Redirect(f"/security/checks/risks/{found}", status_code=303)


@get("/security/checks/risks/{risk_id:uuid}", opt=_READ, include_in_schema=False)
async def show(
    request: AnyRequest, risk_id: FromPath[UUID], principal: Who, db: Db, clock: LawClock
) -> Template:
    """One risk and what happened to it."""
    return await _page(request, risk_id, principal, db, clock, {}, FieldErrors())


@get("/security/checks/risks/{risk_id:uuid}/assess", opt=_WRITE, include_in_schema=False)
async def assess_form(
    request: AnyRequest, risk_id: FromPath[UUID], principal: Who, db: Db, clock: LawClock
) -> Template:
    """The form, as the risk stands."""
    row = await _known(db, body_code(principal), risk_id)
    return await _form(request, principal, db, clock, row, _typed(row), FieldErrors())


@post("/security/checks/risks/{risk_id:uuid}/assess", opt=_WRITE, include_in_schema=False)
async def assess(
    request: AnyRequest, risk_id: FromPath[UUID], principal: Who, db: Db, clock: LawClock
) -> Template | Redirect:
    """Assess it anew."""
    body = body_code(principal)
    typed = await typed_into(request, "items")
    version = whole(typed, "version") or 0
    try:
        async with db.transaction(town=body) as tx:
            await Risks(clock).assess(
                tx, body, risk_id, _assessed(typed), version=version, by=principal.actor
            )
    except JichitaiError as refusal:
        errors, status = words.fields_of(refusal), status_of(refusal)
        row = await _known(db, body, risk_id)
        return await _form(request, principal, db, clock, row, typed, errors, status)
    return Redirect(f"/security/checks/risks/{risk_id}", status_code=303)


@post("/security/checks/risks/{risk_id:uuid}", opt=_DECIDE, include_in_schema=False)
async def decide(
    request: AnyRequest, risk_id: FromPath[UUID], principal: Who, db: Db, clock: LawClock
) -> Template | Redirect:
    """Accept it, or close it."""
    body = body_code(principal)
    typed = await typed_into(request)
    note, risks = str(typed.get("note", "")), Risks(clock)
    try:
        async with db.transaction(town=body) as tx:
            if typed.get("deed") == "close":
                await risks.close(tx, body, risk_id, note=note, by=principal.actor)
            else:
                await risks.accept(tx, body, risk_id, note=note, by=principal.actor)
    except JichitaiError as refusal:
        errors, status = words.fields_of(refusal), status_of(refusal)
        return await _page(request, risk_id, principal, db, clock, typed, errors, status)
    return Redirect(f"/security/checks/risks/{risk_id}", status_code=303)


def _assessed(typed: Typed) -> Assessed:
    found, wrong = words.days(typed, "review_on")
    treatment = str(typed.get("treatment", ""))
    if treatment not in set(Treatment):
        wrong["treatment"] = "対応が選ばれていません。どうするかを選んでください。"
    if wrong:
        raise CheckFormError.of(wrong)
    return Assessed(
        asset=str(typed.get("asset", ""))[:200],
        threat=str(typed.get("threat", ""))[:200],
        weakness=str(typed.get("weakness", ""))[:2_000],
        likelihood=whole(typed, "likelihood") or 0,
        impact=whole(typed, "impact") or 0,
        treatment=Treatment(treatment),
        plan=str(typed.get("plan", ""))[:2_000],
        owner=str(typed.get("owner", ""))[:80],
        residual_likelihood=whole(typed, "residual_likelihood"),
        residual_impact=whole(typed, "residual_impact"),
        review_on=found["review_on"],
        items=tuple(typed["items"]),
    )


def _typed(row: RiskRow) -> Typed:
    names = ("asset", "threat", "weakness", "treatment", "plan", "owner")
    scales = ("likelihood", "impact", "residual_likelihood", "residual_impact")
    return (
        {name: getattr(row, name) for name in names}
        | {name: str(getattr(row, name) or "") for name in scales}
        | {"review_on": row.review_on.isoformat(), "items": row.items, "version": str(row.version)}
    )


def _matrix(found: Sequence[RiskRow]) -> list[dict[str, Any]]:
    """Risks by likelihood (rows, the likeliest first) and impact (columns)."""
    return [
        {
            "likelihood": f"{likelihood} {LIKELIHOODS[likelihood]}",
            **{
                str(impact): {
                    "count": sum(
                        (one.likelihood, one.impact) == (likelihood, impact) for one in found
                    ),
                    "status": words.grade_status(grade(likelihood, impact)),
                }
                for impact in SCALE
            },
        }
        for likelihood in reversed(SCALE)
    ]


def _row(one: RiskRow, today: date) -> dict[str, Any]:
    return {
        "row": one,
        "grade": words.grade_status(one.grade),
        "residual": words.grade_status(one.residual),
        "status": words.risk_status(one),
        "late": one.state != "closed" and one.review_on < today,
    }


async def _known(db: Database, body: str, risk_id: UUID) -> RiskRow:
    async with db.transaction(town=body, read_only=True) as tx:
        row = await registers.risk(tx, body, risk_id)
    if row is None:
        raise UnknownDocumentError(
            "この団体に、そのリスクはありません。一覧から開き直してください。"
        )
    return row


async def _form(
    request: AnyRequest,
    principal: Principal,
    db: Database,
    clock: Clock,
    row: RiskRow | None,
    typed: Typed,
    errors: FieldErrors,
    status: int = 200,
) -> Template:
    body = body_code(principal)
    async with db.transaction(town=body, read_only=True) as tx:
        known = await systems.known(tx, body)
        catalogue = await guideline.current(tx, on=clock.today())
    context = {
        "row": row,
        "typed": typed,
        "errors": errors,
        "systems": [one.name for one in known],
        "likelihoods": words.LIKELIHOOD_OPTIONS,
        "impacts": words.IMPACT_OPTIONS,
        "treatments": words.TREATMENTS,
        "items": [
            one
            for one in words.item_options(catalogue.items)
            if one.value in typed["items"] or one.label.split("　")[0] in typed["items"]
        ],
    }
    return page(request, "checks/risk_form.html", context, status=status)


async def _page(
    request: AnyRequest,
    risk_id: UUID,
    principal: Principal,
    db: Database,
    clock: Clock,
    typed: Typed,
    errors: FieldErrors,
    status: int = 200,
) -> Template:
    body, today = body_code(principal), clock.today()
    row = await _known(db, body, risk_id)
    async with db.transaction(town=body, read_only=True) as tx:
        events = await registers.events(tx, body, risk_id)
        found = await registers.corrections(tx, body)
    own = row.assessed_by == principal.account_id
    context = {
        **_row(row, today),
        "own": own,
        "may_accept": row.state == "open" and not own and bool(principal.roles & DECIDERS),
        "may_write": row.state != "closed" and bool(principal.roles & OFFICER),
        "corrections": [
            {"row": one, "status": words.step_status(one)}
            for one in found
            if one.risk_id == risk_id
        ],
        "is_late": row.state != "closed" and row.review_on < today,
        "late": words.LATE,
        "typed": typed,
        "errors": errors,
        "events": words.history(events),
    }
    return page(request, "checks/risk.html", context, status=status)


ROUTES: Final = (list_page, new, enter, show, assess_form, assess, decide)
