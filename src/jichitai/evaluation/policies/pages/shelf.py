"""Policies: the list, one policy in one year, and starting a year."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from litestar import get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template
from litestar.types import ControllerRouterHandler

from jichitai.evaluation.policies import changing, service, values
from jichitai.evaluation.policies.checks import checks
from jichitai.evaluation.policies.model import Policy, year_text
from jichitai.evaluation.policies.pages import words
from jichitai.evaluation.policies.pages.models import drawn
from jichitai.evaluation.policies.pages.words import BASE, POLICY, READ, WRITE, AnyRequest
from jichitai.evaluation.policies.service import OpenModel
from jichitai.kernel import dates
from jichitai.web.components import Crumb
from jichitai.web.frame import page
from jichitai.web.inject import Db, LawClock, Who


@get(BASE, opt=READ, include_in_schema=False)
async def shelf(request: AnyRequest, db: Db, clock: LawClock) -> Template:
    """All policies; each with its years and sections."""
    async with db.transaction(read_only=True) as tx:
        found = await service.policies(tx)
    present = dates.fiscal_year(clock.today())
    context = {
        "policies": [_policy(years, present) for years in found],
        "present": year_text(present),
        "crumbs": [words.HOME, Crumb(words.SHELF.label)],
    }
    return page(request, "evaluation_policies/shelf.html", context)


def _policy(years: Sequence[Policy], present: int) -> dict[str, Any]:
    """A policy as it stands this year; `years` from the newest."""
    now = next((one for one in years if one.fiscal_year <= present), years[-1])
    return {
        "policy": now,
        "href": f"{BASE}/{now.number}/{max(present, now.fiscal_year)}",
        "years": [(year_text(one.fiscal_year), words.address(one)) for one in years],
    }


@get(POLICY, opt=READ, include_in_schema=False)
async def policy_page(
    request: AnyRequest,
    number: FromPath[int],
    year: FromPath[int],
    principal: Who,
    db: Db,
    clock: LawClock,
) -> Template:
    """Purpose, sections with their background and models, and what the checks say."""
    async with db.transaction(read_only=True) as tx:
        opened = await service.open_policy(tx, number, year)
        years = await service.years(tx, number)
        models = {one.model.section: one for one in await service.open_models(tx, number, year)}
        ids = [key for one in models.values() for key in one.model.indicators]
        attached = await values.of(tx, ids, clock.now())
    policy = opened.policy
    writes = words.may_write(principal)
    context = {
        "policy": policy,
        "edition": opened.edition,
        "inherited": opened.inherited,
        "year": year_text(policy.fiscal_year),
        "before": year_text(opened.edition.fiscal_year),
        "tabs": words.years_tabs(policy, years),
        "base": words.address(policy),
        "writes": writes and not opened.inherited,
        "starts": writes and opened.inherited,
        "started": request.query_params.get("started", ""),
        "saved": request.query_params.get("saved", ""),
        "sections": [
            _section(policy, one.key, models[one.key], attached) for one in policy.sections
        ],
        "crumbs": [
            words.HOME,
            words.SHELF,
            Crumb(f"政策{policy.number}（{year_text(policy.fiscal_year)}）"),
        ],
    }
    return page(request, "evaluation_policies/policy.html", context)


def _section(policy: Policy, key: str, opened: OpenModel, attached: Any) -> dict[str, Any]:
    model = opened.model
    section = policy.section(key)
    assert section is not None  # noqa: S101 - the key comes from the policy
    found = checks(model, attached)
    return {
        "section": section,
        "model": words.model_address(policy, key),
        "edit": words.address(policy, "sections", key, "edit"),
        "svg": drawn(section, model, attached, found) if model.nodes else None,
        "findings": len(found),
        "kinds": Counter(one.rule for one in found),
        "note": model.note,
        "edges": len(model.edges),
        "nodes": len(model.nodes),
    }


@post(POLICY + "/start", opt=WRITE, include_in_schema=False)
async def start(
    number: FromPath[int], year: FromPath[int], principal: Who, db: Db, clock: LawClock
) -> Redirect:
    """この年度の版を作る: a copy of the year before."""
    async with db.transaction() as tx:
        policy = await changing.start_year(
            tx, number, year, today=clock.today(), by=principal.actor, at=clock.now()
        )
    return Redirect(f"{words.address(policy)}?started=1", status_code=303)


SHELF_PAGES: Final[tuple[ControllerRouterHandler, ...]] = (shelf, policy_page, start)
