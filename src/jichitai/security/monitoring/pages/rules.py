"""検知ルール: which run, what they look for, whether their samples come out right."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

import anyio
from litestar import Request, get, post
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect, Template

from jichitai.infra.outbox import Outbox
from jichitai.kernel.errors import ConflictError, InvalidError
from jichitai.security.access import ANALYST
from jichitai.security.monitoring.desk import Desk
from jichitai.security.monitoring.pages import words
from jichitai.security.monitoring.rules.samples import Verdict, examine, read_samples
from jichitai.security.monitoring.store import alerts as alert_store
from jichitai.web.components import Column, FieldErrors
from jichitai.web.frame import page
from jichitai.web.inject import Db, Given, LawClock, NodeSettings, Who
from jichitai.web.rights import Principal

AnyRequest = Request[Any, Any, Any]
Form = URLEncodedBody[dict[str, str]]
_OPT: Final[dict[str, Any]] = {"roles": ANALYST}
_PLACE: Final = "/security/monitoring/rules"
_COLUMNS: Final = (
    Column("title", "検知ルール", head=True, wide=True),
    Column("level", "重大度"),
    Column("kind", "見るもの"),
    Column("alerts", "30日の検知", align="end"),
    Column("false", "うち誤検知", align="end"),
    Column("state", "状態"),
)
_VERDICT_COLUMNS: Final = (
    Column("title", "試験", head=True, wide=True),
    Column("expected", "期待"),
    Column("found", "結果"),
    Column("events", "件数", align="end"),
    Column("right", "判定"),
)
_NOTHING: Final[Mapping[str, str]] = {}
_MONTH: Final = timedelta(days=30)


@get(_PLACE, opt=_OPT, include_in_schema=False)
async def show_rules(
    request: AnyRequest,
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Given[Outbox],
    settings: NodeSettings,
) -> Template:
    """All rules, those that are switched off marked."""
    prefecture, desk = principal.body_prefecture(), Desk(db, clock, outbox, settings)
    async with db.transaction(read_only=True) as tx:
        found = await desk.rules.all(tx, prefecture)
        counts = await alert_store.rule_counts(tx, prefecture, clock.now() - _MONTH)
    found.sort(key=lambda one: (-one.file.head.level.rank, one.file.name))
    context = {
        "rules": found,
        "counts": counts,
        "columns": _COLUMNS,
        "words": words,
        "tabs": words.tabs(request),
    }
    return page(request, "security_monitoring/rules.html", context)


@get(_PLACE + "/new", opt=_OPT, include_in_schema=False)
async def new_rule(request: AnyRequest) -> Template:
    """The form for an own rule."""
    return _form(request, _NOTHING, FieldErrors())


@post(_PLACE + "/new", opt=_OPT, include_in_schema=False)
async def add_rule(
    request: AnyRequest,
    data: Form,
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Given[Outbox],
    settings: NodeSettings,
) -> Template | Redirect:
    """Add it, if its samples come out right."""
    desk, name = Desk(db, clock, outbox, settings), data.get("name", "").strip()
    text, samples = (data.get(one, "").replace("\0", "") for one in ("text", "samples"))
    try:
        async with db.transaction() as tx:
            await desk.rules.put(tx, name, text, samples, by=principal)
    except (InvalidError, ConflictError) as refusal:
        field = refusal.facts.get("field")
        where = str(field) if field in {"name", "samples"} else "text"
        status = 409 if isinstance(refusal, ConflictError) else 422
        return _form(request, data, FieldErrors.of({where: refusal.detail}), status=status)
    return Redirect(f"{_PLACE}/{name}", status_code=303)


@get(_PLACE + "/{name:str}", opt=_OPT, include_in_schema=False)
async def show_rule(
    request: AnyRequest,
    name: FromPath[str],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Given[Outbox],
    settings: NodeSettings,
) -> Template:
    """One rule: what it means, its text, its samples."""
    return await _page(request, name, principal, Desk(db, clock, outbox, settings))


@post(_PLACE + "/{name:str}/test", opt=_OPT, status_code=200, include_in_schema=False)
async def test_rule(
    request: AnyRequest,
    name: FromPath[str],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Given[Outbox],
    settings: NodeSettings,
) -> Template:
    """The same with the result of its samples."""
    desk = Desk(db, clock, outbox, settings)
    async with db.transaction(read_only=True) as tx:
        kept = await desk.rules.get(tx, principal.body_prefecture(), name)
    samples = read_samples(kept.samples, name=name)
    verdicts = await anyio.to_thread.run_sync(examine, kept.file, samples)
    return await _page(request, name, principal, desk, verdicts=verdicts)


@post(_PLACE + "/{name:str}/switch", opt=_OPT, include_in_schema=False)
async def switch_rule(
    request: AnyRequest,
    name: FromPath[str],
    data: Form,
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Given[Outbox],
    settings: NodeSettings,
) -> Template | Redirect:
    """Switch it on or off."""
    desk = Desk(db, clock, outbox, settings)
    reason = data.get("reason", "").replace("\0", "")[:1000]
    try:
        async with db.transaction() as tx:
            on = data.get("enabled") == "1"
            await desk.rules.switch(tx, name, enabled=on, reason=reason, by=principal)
    except InvalidError as refusal:
        errors = FieldErrors.of({"reason": refusal.detail})
        return await _page(request, name, principal, desk, errors=errors, status=422)
    return Redirect(f"{_PLACE}/{name}", status_code=303)


def _form(
    request: AnyRequest, typed: Mapping[str, str], errors: FieldErrors, *, status: int = 200
) -> Template:
    context = {"typed": typed, "errors": errors}
    return page(request, "security_monitoring/new_rule.html", context, status=status)


async def _page(
    request: AnyRequest,
    name: str,
    principal: Principal,
    desk: Desk,
    *,
    verdicts: Sequence[Verdict] | None = None,
    errors: FieldErrors | None = None,
    status: int = 200,
) -> Template:
    async with desk.database.transaction(read_only=True) as tx:
        kept = await desk.rules.get(tx, principal.body_prefecture(), name)
    context = {
        "kept": kept,
        "head": kept.file.head,
        "verdicts": verdicts,
        "columns": _VERDICT_COLUMNS,
        "words": words,
        "errors": errors or FieldErrors(),
    }
    return page(request, "security_monitoring/rule.html", context, status=status)
