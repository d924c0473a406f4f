"""The record of one incident: overview, time line, changing it, moving it on."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from litestar import Request, get, post
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect, Template

from jichitai.infra.database import Database
from jichitai.kernel.dates import JST
from jichitai.kernel.errors import ConflictError, InvalidError, JichitaiError
from jichitai.security.access import INSIDE, OFFICER, body_code
from jichitai.security.incidents import desk_store, drills, handling, reading, service
from jichitai.security.incidents.due import Standing, by_urgency, remaining
from jichitai.security.incidents.handling import Amendment
from jichitai.security.incidents.model import Incident, Severity, State
from jichitai.security.incidents.pages import words
from jichitai.security.incidents.reading import Case
from jichitai.security.incidents.timeline import EntryKind
from jichitai.web.components import Column, Entry
from jichitai.web.formats import time_text
from jichitai.web.frame import page
from jichitai.web.inject import Db, LawClock, Who
from jichitai.web.rights import Principal

AnyRequest = Request[Any, Any, Any]
Form = URLEncodedBody[dict[str, str]]
_BASE: Final = "/security/incidents/{incident_id:uuid}"
_READ: Final = {"roles": INSIDE}
_WRITE: Final = {"roles": OFFICER}
_CLOCK_COLUMNS: Final = (
    Column("name", "報告", head=True, wide=True),
    Column("standing", "状態"),
    Column("deadline", "期限", wide=True),
)


@get(_BASE, opt=_READ, include_in_schema=False)
async def show(
    request: AnyRequest, incident_id: FromPath[UUID], principal: Who, db: Db, clock: LawClock
) -> Template:
    """What is known, what is owed, and what can be done next."""
    code, now = body_code(principal), clock.now()
    async with db.transaction(town=code) as tx:
        case = await reading.case(tx, code, incident_id)
        await desk_store.mark_read(tx, code, incident_id, principal.account_id, now)
    return _show(request, principal, case, now, {}, {})


def _show(
    request: AnyRequest,
    who: Principal,
    case: Case,
    now: datetime,
    typed: Mapping[str, str],
    problems: Mapping[str, str],
    *,
    status: int = 200,
) -> Template:
    incident = case.incident
    context = common(case, "概要", now, who) | {
        "typed": typed,
        "errors": words.errors_of(problems),
        "sections": _sections(incident),
        "clocks": clock_rows(case, now),
        "clock_columns": _CLOCK_COLUMNS,
        "moves": words.moves(incident),
        "severities": words.SEVERITIES,
        "photos": case.photos,
        "next_step": _next_step(case, now),
        "outcomes": _outcomes(case, now),
    }
    return page(request, "security_incidents/show.html", context, status=status)


def common(case: Case, at: str, now: datetime, who: Principal) -> dict[str, Any]:
    """What every view of one incident shows."""
    late = sum(clock.standing(now) is Standing.LATE for clock in case.clocks)
    return {
        "incident": case.incident,
        "case": case,
        "tabs": words.tabs(case.incident, at, late=late),
        "officer": bool(who.roles & OFFICER),
        "words": words,
        "now": now,
    }


def clock_rows(case: Case, now: datetime) -> list[dict[str, Any]]:
    """The clocks, late ones first, with how long is left."""
    return [
        {"clock": one, "standing": one.standing(now), "left": remaining(one, now)}
        for one in by_urgency(case.clocks, now)
    ]


def _sections(
    incident: Incident,
) -> list[tuple[str, list[tuple[str, str]], list[str]]]:
    """Headings with the fields that are known, and the names of those that are not."""
    found = []
    for title, group in words.SECTIONS:
        rows = [(field.label, words.text_of(incident, field)) for field in group]
        known = [(label, text) for label, text in rows if text]
        found.append((title, known, [label for label, text in rows if not text]))
    return found


def _next_step(case: Case, now: datetime) -> drills.Step | None:
    if not case.incident.scenario or case.incident.state.over:
        return None
    steps = drills.scenario(case.incident.scenario, now.astimezone(JST).date()).steps
    given = sum(entry.kind is EntryKind.INJECT for entry in case.entries)
    return steps[given] if given < len(steps) else None


def _outcomes(case: Case, now: datetime) -> list[drills.Outcome]:
    if not case.incident.scenario:
        return []
    chosen = drills.scenario(case.incident.scenario, now.astimezone(JST).date())
    return drills.review(chosen, case.entries, case.reports)


@get(_BASE + "/timeline", opt=_READ, include_in_schema=False)
async def show_timeline(
    request: AnyRequest, incident_id: FromPath[UUID], principal: Who, db: Db, clock: LawClock
) -> Template:
    """Everything that was done, newest first, and whether the chain of hashes holds."""
    code, now = body_code(principal), clock.now()
    async with db.transaction(town=code, read_only=True) as tx:
        case = await reading.case(tx, code, incident_id)
    items = [
        Entry(
            when=time_text(entry.at, operator=True),
            what=entry.text,
            who=f"{entry.author}　{entry.hash.hex()[:12]}",
            word=f"{entry.kind.japanese}　{entry.sequence}番",
        )
        for entry in reversed(case.entries)
    ]
    context = common(case, "経緯", now, principal) | {"items": items}
    return page(request, "security_incidents/timeline.html", context)


# --- deeds -------------------------------------------------------------------


@post(_BASE + "/triage", opt=_WRITE, include_in_schema=False)
async def triage(
    request: AnyRequest,
    incident_id: FromPath[UUID],
    data: Form,
    principal: Who,
    db: Db,
    clock: LawClock,
) -> Template | Redirect:
    """Rate it and begin."""
    severity = data.get("severity", "")
    if severity not in {option.value for option in words.SEVERITIES}:
        problem = "重さが選ばれていません。対応の順番を決めるために選んでください。"
        return await _again(
            request, principal, db, incident_id, clock.now(), data, {"severity": problem}
        )
    change = Amendment(
        version=version_of(data),
        severity=Severity(severity),
        handler=data.get("handler", "").strip()[:80],
    )
    code = body_code(principal)
    try:
        async with db.transaction(town=code) as tx:
            await handling.triage(tx, code, incident_id, change, by=principal.actor, at=clock.now())
    except (InvalidError, ConflictError) as refusal:
        return await _refused(
            request, principal, db, incident_id, clock.now(), data, refusal, "severity"
        )
    return Redirect(f"/security/incidents/{incident_id}", status_code=303)


@post(_BASE + "/state", opt=_WRITE, include_in_schema=False)
async def move(
    request: AnyRequest,
    incident_id: FromPath[UUID],
    data: Form,
    principal: Who,
    db: Db,
    clock: LawClock,
) -> Template | Redirect:
    """Move the handling on, back or to its end."""
    code, to = body_code(principal), data.get("to", "")
    if to not in set(State):
        problem = "次の状態が選ばれていません。選んでください。"
        return await _again(request, principal, db, incident_id, clock.now(), data, {"to": problem})
    try:
        async with db.transaction(town=code) as tx:
            await handling.move(
                tx,
                code,
                incident_id,
                State(to),
                version=version_of(data),
                reason=data.get("reason", "")[:400],
                by=principal.actor,
                at=clock.now(),
            )
    except (InvalidError, ConflictError) as refusal:
        return await _refused(request, principal, db, incident_id, clock.now(), data, refusal, "to")
    return Redirect(f"/security/incidents/{incident_id}", status_code=303)


@post(_BASE + "/notes", opt=_WRITE, include_in_schema=False)
async def add_note(
    request: AnyRequest,
    incident_id: FromPath[UUID],
    data: Form,
    principal: Who,
    db: Db,
    clock: LawClock,
) -> Template | Redirect:
    """Write into the time line."""
    code = body_code(principal)
    try:
        async with db.transaction(town=code) as tx:
            await service.note(
                tx, code, incident_id, data.get("text", ""), by=principal.actor, at=clock.now()
            )
    except InvalidError as refusal:
        return await _refused(
            request, principal, db, incident_id, clock.now(), data, refusal, "text"
        )
    return Redirect(f"/security/incidents/{incident_id}/timeline", status_code=303)


@post(_BASE + "/step", opt=_WRITE, include_in_schema=False)
async def next_step(
    incident_id: FromPath[UUID], principal: Who, db: Db, clock: LawClock
) -> Redirect:
    """Give the players of an exercise the next step."""
    code = body_code(principal)
    async with db.transaction(town=code) as tx:
        await drills.give_next(
            tx, code, incident_id, on=clock.today(), by=principal.actor, at=clock.now()
        )
    return Redirect(f"/security/incidents/{incident_id}", status_code=303)


def version_of(data: Mapping[str, str]) -> int:
    """The version of the record that a form was made from; 0 for nonsense."""
    text = data.get("version", "")
    return int(text) if text.isdecimal() and len(text) < 8 else 0


async def _refused(
    request: AnyRequest,
    who: Principal,
    db: Database,
    incident_id: UUID,
    now: datetime,
    typed: Mapping[str, str],
    refusal: JichitaiError,
    field: str,
) -> Template:
    status = 409 if isinstance(refusal, ConflictError) else 422
    problems = words.fields_of(refusal, field)
    return await _again(request, who, db, incident_id, now, typed, problems, status=status)


async def _again(
    request: AnyRequest,
    who: Principal,
    db: Database,
    incident_id: UUID,
    now: datetime,
    typed: Mapping[str, str],
    problems: Mapping[str, str],
    *,
    status: int = 422,
) -> Template:
    code = body_code(who)
    async with db.transaction(town=code, read_only=True) as tx:
        case = await reading.case(tx, code, incident_id)
    return _show(request, who, case, now, typed, problems, status=status)
