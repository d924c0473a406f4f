"""経費: costs of a body before and after, in one form."""

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from unicodedata import normalize
from uuid import UUID

from litestar import get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from jichitai.standardisation.access import OFFICER
from jichitai.standardisation.errors import InvalidReportError
from jichitai.standardisation.progress.costs import BASE_YEAR, Basis, CostItem, Phase, items
from jichitai.standardisation.survey.bodies.pages.parts import (
    HOME,
    AnyRequest,
    Outgoing,
    here,
    texts,
)
from jichitai.standardisation.survey.bodies.service import Answers, Opened
from jichitai.standardisation.views.scope import own_body
from jichitai.web.components import Crumb, FieldErrors, Option
from jichitai.web.frame import page
from jichitai.web.inject import Db, LawClock, Who

_OPT: Final = {"roles": OFFICER}
_BASES: Final = [Option(one.value, one.japanese) for one in Basis]
_LARGEST: Final = 2**50


@get(f"{HOME}/{{round_id:uuid}}/costs", opt=_OPT, include_in_schema=False)
async def costs(
    request: AnyRequest,
    round_id: FromPath[UUID],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Outgoing,
) -> Template:
    """The form of the costs."""
    body = own_body(principal)
    async with db.transaction(town=body.code, read_only=True) as tx:
        found = await Answers(clock, outbox).open(tx, body.code, round_id)
    return _form(request, found, typed_of(found.report.costs))


@post(f"{HOME}/{{round_id:uuid}}/costs", opt=_OPT, include_in_schema=False)
async def keep_costs(
    request: AnyRequest,
    round_id: FromPath[UUID],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Outgoing,
) -> Template | Redirect:
    """Put the costs into the draft; with a fault the form comes back as it was typed."""
    body, work = own_body(principal), Answers(clock, outbox)
    typed = texts(await request.form())
    async with db.transaction(town=body.code, read_only=True) as tx:
        found = await work.open(tx, body.code, round_id)
    told, faults = costs_of(typed, notes=found.report.costs)
    if not faults:
        try:
            async with db.transaction(town=body.code) as tx:
                await work.keep_costs(tx, body.code, round_id, told, actor=principal.actor)
        except InvalidReportError as refusal:
            faults = {"before_year": refusal.detail}
    if faults:
        return _form(request, found, typed, FieldErrors.of(faults))
    return Redirect(f"{here(round_id)}?done=costs", status_code=303)


def _form(
    request: AnyRequest, found: Opened, typed: Mapping[str, str], errors: FieldErrors | None = None
) -> Template:
    context = {
        "given": found.request,
        "here": here(found.request.round_id),
        "phases": list(Phase),
        "items": items(),
        "bases": _BASES,
        "base_year": BASE_YEAR,
        "typed": typed,
        "uneven": uneven(found.report.costs),
        "errors": errors or FieldErrors(),
        "crumbs": [
            Crumb("調査への回答", HOME),
            Crumb(found.request.subject, here(found.request.round_id)),
            Crumb("経費"),
        ],
    }
    return page(
        request, "standardisation_answers/costs.html", context, status=422 if errors else 200
    )


def uneven(costs: Sequence[CostItem]) -> bool:
    """Whether the items of one side differ in year, months or kind; only a sheet tells those."""
    return any(
        len(
            {
                (one.fiscal_year, one.months, one.basis, one.usd_rate)
                for one in costs
                if one.phase is phase
            }
        )
        > 1
        for phase in Phase
    )


def typed_of(costs: Sequence[CostItem]) -> dict[str, str]:
    """What stands in the form."""
    typed: dict[str, str] = {"before_year": str(BASE_YEAR)}
    for one in costs:
        typed |= {
            f"{one.phase}_year": str(one.fiscal_year),
            f"{one.phase}_months": str(one.months),
            f"{one.phase}_basis": one.basis.value,
            f"{one.phase}_rate": "" if one.usd_rate is None else str(one.usd_rate),
            f"{one.phase}_{one.item}": str(one.yen),
        }
    return typed


def costs_of(
    typed: Mapping[str, str], *, notes: Sequence[CostItem]
) -> tuple[list[CostItem], dict[str, str]]:
    """The costs of a form, and what could not be read by field; notes of earlier ones stay."""
    kept = {(one.phase, one.item): one.note for one in notes}
    faults: dict[str, str] = {}
    found: list[CostItem] = []
    for phase in Phase:
        told = {
            one.key: typed[f"{phase}_{one.key}"]
            for one in items()
            if typed.get(f"{phase}_{one.key}", "").strip()
        }
        if not told:
            continue
        common = _common(typed, phase, faults)
        for key, text in told.items():
            yen = _whole(text, f"{phase}_{key}", faults, (0, _LARGEST), "金額は0円以上の数字")
            found.append(
                CostItem(phase=phase, item=key, yen=yen, note=kept.get((phase, key), ""), **common)
            )
    return found, faults


def _common(typed: Mapping[str, str], phase: Phase, faults: dict[str, str]) -> dict[str, Any]:
    year = _whole(
        typed.get(f"{phase}_year", ""),
        f"{phase}_year",
        faults,
        (2000, 2100),
        "年度は西暦の4桁の数字",
    )
    months = _whole(
        typed.get(f"{phase}_months", "") or "12",
        f"{phase}_months",
        faults,
        (1, 120),
        "月数は1から120までの数字",
    )
    basis = typed.get(f"{phase}_basis", "")
    if basis not in set(Basis):
        faults[f"{phase}_basis"] = f"{phase.japanese}の額の種類がありません。選んでください。"
    rate, name = typed.get(f"{phase}_rate", "").strip(), f"{phase}_rate"
    usd: Decimal | None = None
    if rate:
        try:
            usd = Decimal(normalize("NFKC", rate))
        except InvalidOperation:
            usd = None
        if usd is None or not usd.is_finite() or not 1 <= usd < 10_000:
            faults[name] = "1ドルの円は、150 や 149.5 のような数字で入れてください。"
            usd = None
    return {
        "fiscal_year": year or BASE_YEAR,
        "months": months or 12,
        "basis": Basis(basis) if basis in set(Basis) else Basis.ACTUAL,
        "usd_rate": usd,
    }


def _whole(text: str, name: str, faults: dict[str, str], within: tuple[int, int], rule: str) -> int:
    plain = normalize("NFKC", text).replace(",", "").removesuffix("円").strip()
    number = int(plain) if plain.isascii() and plain.isdigit() and len(plain) <= 16 else -1
    if within[0] <= number <= within[1]:
        return number
    told = f"「{text.strip()[:20]}」は読み取れません" if text.strip() else "値がありません"
    faults[name] = f"{told}。{rule}で入れてください。"
    return 0
