"""Changing the record of an incident: one form for all of its fields."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from litestar import Request, get, post
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect, Template

from jichitai.kernel.errors import ConflictError, InvalidError
from jichitai.security.access import OFFICER, body_code
from jichitai.security.assets import store as assets
from jichitai.security.assets.model.picture import System
from jichitai.security.errors import StaleEditError
from jichitai.security.incidents import handling, store
from jichitai.security.incidents.handling import Amendment
from jichitai.security.incidents.model import Area, Incident, Kind, Severity
from jichitai.security.incidents.pages import when, words
from jichitai.security.incidents.pages.record import version_of
from jichitai.web.components import Option
from jichitai.web.frame import page
from jichitai.web.inject import Db, LawClock, Who

AnyRequest = Request[Any, Any, Any]
Form = URLEncodedBody[dict[str, str]]
_BASE: Final = "/security/incidents/{incident_id:uuid}"
_WRITE: Final = {"roles": OFFICER}


@get(_BASE + "/edit", opt=_WRITE, include_in_schema=False)
async def edit_form(
    request: AnyRequest, incident_id: FromPath[UUID], principal: Who, db: Db
) -> Template:
    """The record as a form."""
    code = body_code(principal)
    async with db.transaction(town=code, read_only=True) as tx:
        incident = await store.incident(tx, code, incident_id)
        systems = await assets.systems(tx, code)
    return _edit(request, incident, systems, _typed(incident), {})


@post(_BASE + "/edit", opt=_WRITE, include_in_schema=False)
async def edit(
    request: AnyRequest,
    incident_id: FromPath[UUID],
    data: Form,
    principal: Who,
    db: Db,
    clock: LawClock,
) -> Template | Redirect:
    """Keep what was changed."""
    code, now = body_code(principal), clock.now()
    async with db.transaction(town=code, read_only=True) as tx:
        incident = await store.incident(tx, code, incident_id)
        systems = await assets.systems(tx, code)
    change, problems = _change(incident, systems, data, now)
    if problems:
        return _edit(request, incident, systems, data, problems, status=422)
    try:
        async with db.transaction(town=code) as tx:
            await handling.amend(tx, code, incident_id, change, by=principal.actor, at=now)
    except StaleEditError as refusal:
        async with db.transaction(town=code, read_only=True) as tx:
            newer = await store.incident(tx, code, incident_id)
        return _edit(request, newer, systems, data, {"reason": refusal.detail}, status=409)
    except (InvalidError, ConflictError) as refusal:
        status = 409 if isinstance(refusal, ConflictError) else 422
        problems = words.fields_of(refusal, "reason")
        return _edit(request, incident, systems, data, problems, status=status)
    return Redirect(f"/security/incidents/{incident_id}", status_code=303)


def _typed(incident: Incident) -> dict[str, str]:
    found = {}
    for _, group in words.SECTIONS:
        for field in group:
            value = words.value_of(incident, field.name)
            if isinstance(value, datetime):
                found[field.name] = when.typed(value)
            elif field.type == "check":
                found[field.name] = "1" if value else ""
            else:
                found[field.name] = "" if value is None else str(value)
    system_id = incident.facts.system_id
    return found | {
        "version": str(incident.version),
        "system_id": "" if system_id is None else str(system_id),
    }


def _change(
    incident: Incident, systems: Sequence[System], data: Mapping[str, str], now: datetime
) -> tuple[Amendment, dict[str, str]]:
    facts = _chosen(incident, systems, data)
    top: dict[str, Any] = {}
    problems: dict[str, str] = {}
    before = _typed(incident)
    for _, group in words.SECTIONS:
        for field in group:
            text = data.get(field.name, "").strip().replace("\r\n", "\n")
            if text == before[field.name]:
                continue  # what was picked from the list stands, unless it was typed over
            try:
                value = _parsed(field, text, now)
            except ValueError:
                problems[field.name] = _wrong(field)
                continue
            (top if field.name in words.TOP else facts)[field.name] = value
    change = Amendment(
        version=version_of(data), facts=facts, reason=data.get("reason", "")[:400], **top
    )
    return change, problems


def _chosen(
    incident: Incident, systems: Sequence[System], data: Mapping[str, str]
) -> dict[str, Any]:
    """The system that was picked from the body's own list, with its name and organ."""
    picked = data.get("system_id", "")
    known = str(incident.facts.system_id or "")
    if picked == known:
        return {}
    for one in systems:
        if str(one.id) == picked:
            draft = one.draft
            return {"system_id": picked, "system": draft.name, "organ": draft.organ.value}
    return {"system_id": None}


def _wrong(field: words.Field) -> str:
    how = {
        "instant": "日時は「2026-11-20 13:58」か「R8.11.20 13:58」のように入れてください。",
        "count": "人数は数字で入れてください。分からないときは空けておけます。",
    }
    return f"{field.label}を読み取れません。{how.get(field.type, '示した中から選んでください。')}"


def _parsed(field: words.Field, text: str, now: datetime) -> Any:
    match field.type:
        case "instant":
            if not text and field.name != "known_at":
                return None
            return when.written(text, now)
        case "count":
            return int(text.replace(",", "")) if text else None
        case "check":
            return text == "1"
        case "kind":
            return Kind(text)
        case "area":
            return Area(text)
        case "severity":
            return Severity(text or "unrated")
        case "answer" | "organ" | "rating":
            options = {option.value for option in words.OPTIONS[field.type]}
            if text not in options and (text or field.type == "answer"):
                raise ValueError(field.name)
            return text
        case _:
            return text


def _edit(
    request: AnyRequest,
    incident: Incident,
    systems: Sequence[System],
    typed: Mapping[str, str],
    problems: Mapping[str, str],
    *,
    status: int = 200,
) -> Template:
    context = {
        "incident": incident,
        "systems": [
            Option(str(one.id), f"{one.draft.name}（{one.draft.area.japanese}）") for one in systems
        ],
        "typed": typed,
        "errors": words.errors_of(problems),
        "sections": words.SECTIONS,
        "options": words.OPTIONS,
        "words": words,
    }
    return page(request, "security_incidents/edit.html", context, status=status)
