"""Alerts of the security cloud, the CSIRT and exercises, on pages."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from litestar import Request, get, post
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect, Template

from jichitai.infra.database import Database
from jichitai.kernel.errors import ConflictError, InvalidError
from jichitai.security.access import INSIDE, OFFICER, body_code
from jichitai.security.incidents import alerts, csirt, desk_store, drills, reading
from jichitai.security.incidents.errors import UnknownScenarioError
from jichitai.security.incidents.model import Area, Kind
from jichitai.security.incidents.pages import words
from jichitai.security.incidents.store import Wanted
from jichitai.web.components import Column, Option
from jichitai.web.frame import page
from jichitai.web.inject import Db, LawClock, Who
from jichitai.web.rights import Principal

AnyRequest = Request[Any, Any, Any]
Form = URLEncodedBody[dict[str, str]]
_READ: Final = {"roles": INSIDE}
_WRITE: Final = {"roles": OFFICER}
_ALERT: Final = "/security/incidents/alerts/{alert_id:uuid}"
_CSIRT: Final = "/security/incidents/csirt"
_DRILLS: Final = "/security/incidents/drills"
_MEMBER_COLUMNS: Final = (
    Column("duty", "役割", head=True),
    Column("name", "職名・名前", wide=True),
    Column("mail", "メール", wide=True),
    Column("telephone", "電話"),
    Column("act", "操作"),
)
_DRILL_COLUMNS: Final = (
    Column("number", "番号", head=True),
    Column("title", "訓練", wide=True),
    Column("known_at", "始めた時"),
    Column("state", "状態"),
)


@get(_ALERT, opt=_READ, include_in_schema=False)
async def show_alert(
    request: AnyRequest, alert_id: FromPath[UUID], principal: Who, db: Db
) -> Template:
    """One alert with its context, and the two answers to it."""
    return await _alert(request, principal, db, alert_id, {}, {})


@post(_ALERT, opt=_WRITE, include_in_schema=False)
async def decide(
    request: AnyRequest,
    alert_id: FromPath[UUID],
    data: Form,
    principal: Who,
    db: Db,
    clock: LawClock,
) -> Template | Redirect:
    """Make an incident of it, or say why it is none."""
    code, kind = body_code(principal), data.get("kind", "")
    try:
        async with db.transaction(town=code) as tx:
            if data.get("deed") == "dismiss":
                await alerts.dismiss(
                    tx,
                    code,
                    alert_id,
                    data.get("reason", ""),
                    by=principal.actor,
                    at=clock.now(),
                )
                return Redirect("/security/incidents", status_code=303)
            incident = await alerts.accept(
                tx,
                code,
                alert_id,
                kind=Kind(kind) if kind in set(Kind) else None,
                by=principal.actor,
                at=clock.now(),
            )
    except (InvalidError, ConflictError) as refusal:
        status = 409 if isinstance(refusal, ConflictError) else 422
        problems = words.fields_of(refusal, "reason" if data.get("deed") == "dismiss" else "kind")
        return await _alert(request, principal, db, alert_id, data, problems, status=status)
    return Redirect(f"/security/incidents/{incident.incident_id}", status_code=303)


async def _alert(
    request: AnyRequest,
    who: Principal,
    db: Database,
    alert_id: UUID,
    typed: Mapping[str, str],
    problems: Mapping[str, str],
    *,
    status: int = 200,
) -> Template:
    code = body_code(who)
    async with db.transaction(town=code, read_only=True) as tx:
        alert = await desk_store.alert(tx, code, alert_id)
    areas = {area.value: area.japanese for area in Area}
    context = {
        "alert": alert,
        "area": areas.get(alert.area, alert.area),
        "severity": words.alert_severity(alert.severity),
        "kinds": words.KINDS,
        "likely": alerts.likely_kind(alert.rule_title).value,
        "officer": bool(who.roles & OFFICER),
        "typed": typed,
        "errors": words.errors_of(problems),
    }
    return page(request, "security_incidents/alert.html", context, status=status)


@get(_CSIRT, opt=_READ, include_in_schema=False)
async def show_csirt(request: AnyRequest, principal: Who, db: Db) -> Template:
    """Who is told of incidents."""
    return await _members(request, principal, db, {}, {})


@post(_CSIRT, opt=_WRITE, include_in_schema=False)
async def add_member(
    request: AnyRequest, data: Form, principal: Who, db: Db, clock: LawClock
) -> Template | Redirect:
    """Let somebody be told."""
    code = body_code(principal)
    try:
        async with db.transaction(town=code) as tx:
            await csirt.add(
                tx,
                code,
                duty=data.get("duty", ""),
                name=data.get("name", ""),
                office=data.get("office", ""),
                address=data.get("mail", ""),
                telephone=data.get("telephone", ""),
                by=principal.actor,
                at=clock.now(),
            )
    except InvalidError as refusal:
        problems = words.fields_of(refusal, "name")
        return await _members(request, principal, db, data, problems, status=422)
    return Redirect(_CSIRT, status_code=303)


@post(_CSIRT + "/{member_id:uuid}/end", opt=_WRITE, include_in_schema=False)
async def end_member(
    member_id: FromPath[UUID], principal: Who, db: Db, clock: LawClock
) -> Redirect:
    """Let somebody be told no longer."""
    code = body_code(principal)
    async with db.transaction(town=code) as tx:
        await csirt.end(tx, code, member_id, by=principal.actor, at=clock.now())
    return Redirect(_CSIRT, status_code=303)


async def _members(
    request: AnyRequest,
    who: Principal,
    db: Database,
    typed: Mapping[str, str],
    problems: Mapping[str, str],
    *,
    status: int = 200,
) -> Template:
    code = body_code(who)
    async with db.transaction(town=code, read_only=True) as tx:
        members = await desk_store.members(tx, code)
    context = {
        "members": members,
        "columns": _MEMBER_COLUMNS,
        "duties": words.DUTIES,
        "names": {option.value: option.label for option in words.DUTIES},
        "officer": bool(who.roles & OFFICER),
        "typed": typed,
        "errors": words.errors_of(problems),
    }
    return page(request, "security_incidents/csirt.html", context, status=status)


@get(_DRILLS, opt=_READ, include_in_schema=False)
async def show_drills(request: AnyRequest, principal: Who, db: Db, clock: LawClock) -> Template:
    """Exercises on offer, and those that were held."""
    return await _drills(request, principal, db, clock.today(), {}, {})


@post(_DRILLS, opt=_WRITE, include_in_schema=False)
async def start_drill(
    request: AnyRequest, data: Form, principal: Who, db: Db, clock: LawClock
) -> Template | Redirect:
    """Begin an exercise."""
    code = body_code(principal)
    try:
        async with db.transaction(town=code) as tx:
            incident = await drills.start(
                tx,
                code,
                data.get("scenario", ""),
                outward=data.get("outward") == "1",
                on=clock.today(),
                by=principal.actor,
                at=clock.now(),
            )
    except UnknownScenarioError:
        problem = "訓練の筋書きが選ばれていません。始める訓練を選んでください。"
        return await _drills(
            request, principal, db, clock.today(), data, {"scenario": problem}, status=422
        )
    return Redirect(f"/security/incidents/{incident.incident_id}", status_code=303)


async def _drills(
    request: AnyRequest,
    who: Principal,
    db: Database,
    today: Any,
    typed: Mapping[str, str],
    problems: Mapping[str, str],
    *,
    status: int = 200,
) -> Template:
    code = body_code(who)
    async with db.transaction(town=code, read_only=True) as tx:
        held = await reading.board(tx, code, Wanted(drill=True))
    offered = drills.scenarios(today)
    context = {
        "held": [line.incident for line in held],
        "titles": {one.id: one.title for one in offered},
        "scenarios": [Option(one.id, one.title, hint=one.about) for one in offered],
        "columns": _DRILL_COLUMNS,
        "officer": bool(who.roles & OFFICER),
        "typed": typed,
        "errors": words.errors_of(problems),
        "words": words,
    }
    return page(request, "security_incidents/drills.html", context, status=status)
