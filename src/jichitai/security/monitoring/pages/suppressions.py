"""抑制と腕試し: what is not shown and why, and whether the rules find what they must."""

from typing import Any, Final
from uuid import UUID

import anyio
from litestar import Request, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from jichitai.infra.outbox import Outbox
from jichitai.security.access import ANALYST
from jichitai.security.monitoring.desk import Desk
from jichitai.security.monitoring.pages import words
from jichitai.security.monitoring.service.places import members
from jichitai.security.monitoring.store import alerts as store
from jichitai.security.monitoring.trial.table import trial
from jichitai.web.components import Column
from jichitai.web.frame import page
from jichitai.web.inject import Db, Given, LawClock, NodeSettings, Who

AnyRequest = Request[Any, Any, Any]
_OPT: Final[dict[str, Any]] = {"roles": ANALYST}
_PLACE: Final = "/security/monitoring/suppressions"
_COLUMNS: Final = (
    Column("rule", "検知ルール", head=True, wide=True),
    Column("body", "団体"),
    Column("value", "条件", wide=True),
    Column("reason", "理由", wide=True),
    Column("until", "期限"),
    Column("made_by", "登録した人"),
    Column("act", "操作"),
)
_TRIAL_COLUMNS: Final = (
    Column("title", "仕込んだ話", head=True, wide=True),
    Column("kind", "種類"),
    Column("lines", "行数", align="end"),
    Column("planted", "見つけるべき検知", align="end"),
    Column("found", "見つけた", align="end"),
    Column("false", "余計な検知", align="end"),
    Column("result", "結果"),
)


@get(_PLACE, opt=_OPT, include_in_schema=False)
async def show_suppressions(
    request: AnyRequest,
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Given[Outbox],
    settings: NodeSettings,
) -> Template:
    """All suppressions, those in force first."""
    prefecture, desk = principal.body_prefecture(), Desk(db, clock, outbox, settings)
    async with db.transaction(all_towns=True, read_only=True) as tx:
        found = await store.suppressions(tx, prefecture)
        names = await members(tx, prefecture)
        rules = await desk.rules.all(tx, prefecture)
    titles = {rule.id: rule.title for kept in rules for rule in kept.file.rules}
    today = clock.today()
    in_force = [one for one in found if one.ended_at is None and one.until >= today]
    context = {
        "in_force": in_force,
        "past": [one for one in found if one not in in_force][:50],
        "titles": titles,
        "names": names,
        "columns": _COLUMNS,
        "words": words,
        "tabs": words.tabs(request),
    }
    return page(request, "security_monitoring/suppressions.html", context)


@post(_PLACE + "/{suppression_id:uuid}/end", opt=_OPT, include_in_schema=False)
async def end_suppression(
    suppression_id: FromPath[UUID],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Given[Outbox],
    settings: NodeSettings,
) -> Redirect:
    """Show such alerts again."""
    desk = Desk(db, clock, outbox, settings).alerts
    async with db.transaction() as tx:
        await desk.end_suppression(tx, suppression_id, by=principal)
    return Redirect(_PLACE, status_code=303)


@get("/security/monitoring/trial", opt=_OPT, include_in_schema=False)
async def show_trial(request: AnyRequest, clock: LawClock) -> Template:
    """Run the trial now."""
    rows = await anyio.to_thread.run_sync(trial, clock.now())
    context = {
        "rows": rows,
        "columns": _TRIAL_COLUMNS,
        "planted": sum(row.planted for row in rows),
        "found": sum(row.found for row in rows),
        "false": sum(row.false for row in rows),
        "lines": sum(row.lines for row in rows),
        "now": clock.now(),
        "tabs": words.tabs(request),
    }
    return page(request, "security_monitoring/trial.html", context)
