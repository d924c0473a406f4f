"""A prefecture's own cloud: one page per generation, a form for each part, the report."""

from collections.abc import Mapping
from typing import Any, Final

from litestar import Request, get, post
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect, Template

from jichitai.infra.clock import Clock
from jichitai.infra.outbox import Outbox
from jichitai.security.access import SUPERVISOR
from jichitai.security.cloud import catalogue, model, store
from jichitai.security.cloud.errors import CloudRefusedError, NothingNewError, UnknownCloudError
from jichitai.security.cloud.model import Cloud
from jichitai.security.cloud.pages import words
from jichitai.security.cloud.pages.sections import PARTS, SECTIONS, Section
from jichitai.security.cloud.service import Clouds
from jichitai.security.cloud.store import Version
from jichitai.security.errors import StaleEditError
from jichitai.web.components import Crumb, FieldError, FieldErrors, Option
from jichitai.web.frame import page
from jichitai.web.inject import Db, Given, LawClock, Who

AnyRequest = Request[Any, Any, Any]
Form = URLEncodedBody[dict[str, str]]
_OPT: Final[dict[str, Any]] = {"roles": SUPERVISOR}
_HOME: Final = Crumb("情報セキュリティ", "/security")
_CLOUD: Final = Crumb("セキュリティクラウド", "/security/cloud")
NEXT: Final = 3
"""The generation that is being built now; offered first."""


@get("/security/cloud", opt=_OPT, include_in_schema=False)
async def own_clouds(request: AnyRequest, principal: Who, db: Db, clock: LawClock) -> Template:
    """The generations of the prefecture's cloud."""
    prefecture = principal.body_prefecture()
    async with db.transaction(read_only=True) as tx:
        found = await store.generations(tx, prefecture)
    known = {one.generation for one in found}
    context = {
        "clouds": [_line(one, clock) for one in found],
        "offered": [one for one in (NEXT, 2, 1) if one not in known],
        "crumbs": [_HOME, Crumb(_CLOUD.label)],
    }
    return page(request, "security_cloud/clouds.html", context)


@post("/security/cloud", opt=_OPT, include_in_schema=False)
async def begin(
    data: Form, principal: Who, db: Db, clock: LawClock, outbox: Given[Outbox]
) -> Redirect:
    """Register a generation."""
    text = data.get("generation", "")
    generation = int(text) if text in {"1", "2", "3", "4", "5"} else NEXT
    async with db.transaction() as tx:
        await Clouds(clock, outbox).begin(
            tx, principal.body_prefecture(), generation, by=principal.actor
        )
    return Redirect(f"/security/cloud/{generation}", status_code=303)


@get("/security/cloud/{generation:int}", opt=_OPT, include_in_schema=False)
async def own_cloud(
    request: AnyRequest,
    generation: FromPath[int],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Given[Outbox],
) -> Template:
    """One generation, whole."""
    async with db.transaction(read_only=True) as tx:
        clouds = Clouds(clock, outbox)
        found = await clouds.get(tx, principal.body_prefecture(), _bounded(generation))
        history = await store.history(tx, found.prefecture, generation, limit=20)
    return _whole(request, found, history, clock)


@post("/security/cloud/{generation:int}/report", opt=_OPT, include_in_schema=False)
async def report(
    request: AnyRequest,
    generation: FromPath[int],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Given[Outbox],
) -> Template | Redirect:
    """国に報告する."""
    prefecture = principal.body_prefecture()
    try:
        async with db.transaction() as tx:
            await Clouds(clock, outbox).report(
                tx, prefecture, _bounded(generation), by=principal.actor
            )
    except NothingNewError as refusal:
        async with db.transaction(read_only=True) as tx:
            found = await Clouds(clock, outbox).get(tx, prefecture, generation)
            history = await store.history(tx, prefecture, generation, limit=20)
        return _whole(request, found, history, clock, refused=refusal.detail)
    return Redirect(f"/security/cloud/{generation}?reported=1", status_code=303)


@get("/security/cloud/{generation:int}/{part:str}", opt=_OPT, include_in_schema=False)
async def edit(
    request: AnyRequest,
    generation: FromPath[int],
    part: FromPath[str],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Given[Outbox],
) -> Template:
    """The form of one part."""
    section = _section(part)
    async with db.transaction(read_only=True) as tx:
        clouds = Clouds(clock, outbox)
        found = await clouds.get(tx, principal.body_prefecture(), _bounded(generation))
    return _form(request, section, found, section.fill(found.cloud), {}, clock)


@post("/security/cloud/{generation:int}/{part:str}", opt=_OPT, include_in_schema=False)
async def save(
    request: AnyRequest,
    generation: FromPath[int],
    part: FromPath[str],
    data: Form,
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Given[Outbox],
) -> Template | Redirect:
    """Take in one part; what was typed comes back with what is wrong with it."""
    section = _section(part)
    clouds = Clouds(clock, outbox)
    async with db.transaction(read_only=True) as tx:
        found = await clouds.get(tx, principal.body_prefecture(), _bounded(generation))
    problems: dict[str, str] = {}
    changes = section.read(data, found.cloud, problems)
    if not problems:
        try:
            await _save(db, clouds, found, changes, data, section, principal)
        except CloudRefusedError as refusal:
            problems = {section.field_of(field): message for field, message in refusal.faults}
        except StaleEditError as refusal:
            problems = {"": refusal.detail}
    if problems:
        return _form(request, section, found, data, problems, clock)
    return Redirect(f"/security/cloud/{generation}", status_code=303)


async def _save(
    db: Db,
    clouds: Clouds,
    found: Version,
    changes: model.Changes,
    data: Mapping[str, str],
    section: Section,
    principal: Who,
) -> None:
    text = data.get("revision", "")
    revision = int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0
    async with db.transaction() as tx:
        await clouds.save(
            tx,
            model.changed(found.cloud, changes),
            revision=revision,
            what=section.title,
            by=principal.actor,
        )


def _section(name: str) -> Section:
    try:
        return SECTIONS[name]
    except KeyError:
        raise UnknownCloudError(
            "この画面はありません。セキュリティクラウドの画面から開き直してください。"
        ) from None


def _bounded(generation: int) -> int:
    return min(max(generation, 0), 99)


def _line(version: Version, clock: Clock) -> dict[str, Any]:
    cloud = version.cloud
    required = sum(one.required for one in catalogue.functions(clock.today()))
    return {
        "generation": cloud.generation,
        "title": words.title(cloud),
        "status": words.step_status(cloud.step),
        "required": f"{required - len(cloud.missing(clock.today()))}／{required}",
        "moved": f"{cloud.migrated}／{len(cloud.joining)}",
        "changed_at": version.changed_at,
        "sent_at": version.sent_at,
    }


def _whole(
    request: AnyRequest,
    found: Version,
    history: list[Version],
    clock: Clock,
    *,
    refused: str = "",
) -> Template:
    context = {
        "cloud": words.view(found.cloud, clock.today()),
        "generation": found.generation,
        "version": found,
        "history": history,
        "refused": refused,
        "reported": request.query_params.get("reported") == "1",
        "edit": f"/security/cloud/{found.generation}",
        "crumbs": [_HOME, _CLOUD, Crumb(f"第{found.generation}世代")],
    }
    return page(request, "security_cloud/cloud.html", context, status=409 if refused else 200)


def _form(
    request: AnyRequest,
    section: Section,
    found: Version,
    typed: Mapping[str, str],
    problems: Mapping[str, str],
    clock: Clock,
) -> Template:
    errors = FieldErrors(tuple(FieldError(name, text) for name, text in problems.items()))
    cloud: Cloud = found.cloud
    context = {
        "section": section,
        "cloud": words.view(cloud, clock.today()),
        "typed": typed,
        "errors": errors,
        "revision": typed.get("revision", found.revision),
        "steps": words.STEPS,
        "haves": words.HAVES,
        "moves": words.MOVES,
        "metrics": catalogue.metrics().values(),
        "cost_rows": [
            {
                "key": f"{one.fiscal_year}-{one.sort}",
                "year": f"{one.fiscal_year}年度",
                "sort": words.SORTS[one.sort],
            }
            for one in cloud.costs
        ],
        "parts": list(zip(PARTS, ("総額", "補助金", "都道府県", "参加団体"), strict=True)),
        "sorts": [Option(value, label) for value, label in words.SORTS.items()],
        "action": f"/security/cloud/{found.generation}/{section.name}",
        "back": f"/security/cloud/{found.generation}",
        "crumbs": [
            _HOME,
            _CLOUD,
            Crumb(f"第{found.generation}世代", f"/security/cloud/{found.generation}"),
            Crumb(section.title),
        ],
    }
    return page(request, section.template, context, status=422 if problems else 200)
