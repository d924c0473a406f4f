"""点検と監査: the first page, and the form that begins a round."""

from typing import Any, Final

from litestar import get, post
from litestar.response import Redirect, Response, Template

from jichitai.infra.database import Database
from jichitai.infra.outbox import Outbox
from jichitai.kernel.dates import fiscal_year
from jichitai.kernel.errors import JichitaiError
from jichitai.security.access import INSIDE, body_code
from jichitai.security.assets.model.kinds import Area
from jichitai.security.checks.access import CHECKERS
from jichitai.security.checks.downloads import oscal_file, registers_file
from jichitai.security.checks.errors import CheckFormError
from jichitai.security.checks.model.answers import count
from jichitai.security.checks.model.counting import by_spot
from jichitai.security.checks.model.risks import Grade
from jichitai.security.checks.model.rounds import Plan, Sort
from jichitai.security.checks.pages import words
from jichitai.security.checks.pages.forms import (
    AnyRequest,
    Typed,
    ids,
    status_of,
    typed_into,
    whole,
)
from jichitai.security.checks.service import systems
from jichitai.security.checks.service.rounds import Rounds
from jichitai.security.checks.store import registers, rounds
from jichitai.security.guideline.model import NetworkModel
from jichitai.web.components import FieldErrors, Option, Tile
from jichitai.web.frame import page
from jichitai.web.inject import Db, Given, LawClock, Who
from jichitai.web.rights import Principal, Role

_READ: Final[dict[str, Any]] = {"roles": INSIDE}
_WRITE: Final[dict[str, Any]] = {"roles": CHECKERS}


@get("/security/checks", opt=_READ, include_in_schema=False)
async def home(request: AnyRequest, principal: Who, db: Db, clock: LawClock) -> Template:
    """Weak spots first, then the rounds."""
    body, today = body_code(principal), clock.today()
    async with db.transaction(town=body, read_only=True) as tx:
        found = await rounds.rounds(tx, body)
        progress = await rounds.progress(tx, body)
        shown = next((row for row in found if progress.get(row.round_id, (0, 0))[1]), None)
        lines = [] if shown is None else await rounds.lines(tx, body, shown.round_id, today)
        corrections = await registers.corrections(tx, body)
        exceptions = await registers.exceptions(tx, body)
        risks = await registers.risks(tx, body)
    tallies = [line.tally for line in lines]
    context = {
        "tiles": [
            Tile("対応が必要な是正", sum(one.step.unfinished for one in corrections), "件"),
            Tile("うち遅れ", sum(one.late(today) for one in corrections), "件"),
            Tile("許可中の例外措置", sum(one.in_force(today) for one in exceptions), "件"),
            Tile(
                "大きいリスク",
                sum(
                    one.grade in (Grade.HIGH, Grade.EXTREME) for one in risks if one.state == "open"
                ),
                "件",
            ),
        ],
        "waiting": [one for one in exceptions if one.state == "applied"],
        "shown": shown,
        "whole": count(one.answer for one in tallies),
        "spots": [
            {"part": part, "rate": words.rate(part.count)} for part in by_spot(tallies, today)
        ],
        "rows": [
            {
                "row": row,
                "status": words.round_status(row, today),
                "asked": progress.get(row.round_id, (0, 0))[0],
                "done": progress.get(row.round_id, (0, 0))[1],
            }
            for row in found
        ],
        "may_begin": bool(principal.roles & CHECKERS),
    }
    return page(request, "checks/home.html", context)


@get("/security/checks/new", opt=_WRITE, include_in_schema=False)
async def new_round(request: AnyRequest, principal: Who, db: Db, clock: LawClock) -> Template:
    """As the last round was, for this year."""
    body = body_code(principal)
    async with db.transaction(town=body, read_only=True) as tx:
        last = next(iter(await rounds.rounds(tx, body, limit=1)), None)
    auditor = Role.SECURITY_OFFICER not in principal.roles
    typed: Typed = {
        "sort": Sort.AUDIT if auditor else Sort.SELF_CHECK,
        "fiscal_year": str(fiscal_year(clock.today())),
        "network_model": NetworkModel.ALPHA if last is None else last.network_model,
        "cloud": "1" if last is None or last.cloud else "",
        "areas": [area.value for area in Area if area is not Area.CLOUD],
        "systems": [],
    }
    return await _form(request, principal, db, typed, FieldErrors())


@post("/security/checks/new", opt=_WRITE, include_in_schema=False)
async def begin_round(
    request: AnyRequest, principal: Who, db: Db, clock: LawClock, outbox: Given[Outbox]
) -> Template | Redirect:
    """Begin it."""
    body = body_code(principal)
    typed = await typed_into(request, "areas", "systems")
    try:
        plan = _plan(typed)
        async with db.transaction(town=body) as tx:
            opened = await Rounds(clock, outbox).open(tx, body, plan, by=principal.actor)
    except JichitaiError as refusal:
        status = status_of(refusal)
        return await _form(request, principal, db, typed, words.fields_of(refusal), status)
    return Redirect(f"/security/checks/{opened.round_id}", status_code=303)


@get("/security/checks/registers.xlsx", opt=_READ, include_in_schema=False)
async def registers_page(principal: Who, db: Db, clock: LawClock) -> Response[bytes]:
    """Corrections, exceptions and risks as a workbook."""
    return await registers_file(db, body_code(principal), clock)


@get("/security/checks/ssp.json", opt=_READ, include_in_schema=False)
async def ssp_page(principal: Who, db: Db, clock: LawClock) -> Response[bytes]:
    """The OSCAL security plan."""
    return await oscal_file(db, principal, clock, "ssp")


@get("/security/checks/poam.json", opt=_READ, include_in_schema=False)
async def poam_page(principal: Who, db: Db, clock: LawClock) -> Response[bytes]:
    """The OSCAL plan of action."""
    return await oscal_file(db, principal, clock, "poam")


def _plan(typed: Typed) -> Plan:
    sort, model = typed.get("sort", ""), typed.get("network_model", "")
    year = whole(typed, "fiscal_year")
    wrong: dict[str, str] = {}
    if sort not in set(Sort):
        wrong["sort"] = "種類が選ばれていません。何をするかで答える人が変わります。選んでください。"
    if year is None:
        wrong["fiscal_year"] = "年度を読めません。西暦4桁で入力してください（例：2026）。"
    found, bad_days = words.days(typed, "due_on")
    wrong |= bad_days
    if model not in set(NetworkModel):
        wrong["network_model"] = "モデルが選ばれていません。聞く項目が変わります。選んでください。"
    if any(area not in set(Area) for area in typed["areas"]):
        wrong["areas"] = "領域を読めません。選び直してください。"
    if wrong or year is None:
        raise CheckFormError.of(wrong)
    return Plan(
        sort=Sort(sort),
        fiscal_year=year,
        title=str(typed.get("title", ""))[:200],
        network_model=NetworkModel(model),
        cloud=typed.get("cloud") == "1",
        due_on=found["due_on"],
        auditor=str(typed.get("auditor", ""))[:200],
        areas=tuple(map(Area, typed["areas"])),
        systems=ids(typed["systems"], "systems"),
    )


async def _form(
    request: AnyRequest,
    principal: Principal,
    db: Database,
    typed: Typed,
    errors: FieldErrors,
    status: int = 200,
) -> Template:
    body = body_code(principal)
    async with db.transaction(town=body, read_only=True) as tx:
        known = await systems.known(tx, body)
    context = {
        "typed": typed,
        "errors": errors,
        "sorts": words.SORTS,
        "models": words.MODELS,
        "areas": words.AREAS,
        "systems": [Option(str(one.system_id), one.name) for one in known],
    }
    return page(request, "checks/new.html", context, status=status)


ROUTES: Final = (home, new_round, begin_round, registers_page, ssp_page, poam_page)
