"""事案の受付: two minutes on a phone, with or without script, and what comes back."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from litestar import Request, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath
from litestar.response import Redirect, Template

from jichitai.infra.database import Tx
from jichitai.kernel.errors import InvalidError
from jichitai.security.access import EMPLOYEE, INSIDE, body_code
from jichitai.security.incidents import desk_store, journal, photo, reading, service, store
from jichitai.security.incidents.api.records import PHOTO_BODY
from jichitai.security.incidents.desk_store import Duty
from jichitai.security.incidents.due import by_urgency, remaining
from jichitai.security.incidents.errors import UnusablePictureError
from jichitai.security.incidents.model import Answer, Area, Facts, Incident, Kind
from jichitai.security.incidents.pages import when, words
from jichitai.security.incidents.service import Intake
from jichitai.security.incidents.store import Wanted
from jichitai.web.frame import page
from jichitai.web.inject import Db, LawClock, NodeKeys, Who
from jichitai.web.rights import Principal, provide_principal

AnyRequest = Request[Any, Any, Any]
_OPT: Final = {"roles": EMPLOYEE}


@get("/security/incidents/new", opt=_OPT, include_in_schema=False)
async def intake_form(request: AnyRequest, principal: Who, db: Db, clock: LawClock) -> Template:
    """An empty form; only when and what are needed. Below it stand one's own reports."""
    code = body_code(principal)
    async with db.transaction(town=code, read_only=True) as tx:
        own = Wanted(reported_by=principal.account_id)
        mine = await store.incidents(tx, code, own, limit=5)
    return _form(request, principal, clock.now(), {"when": "0"}, {}, mine=mine)


@post(
    "/security/incidents/new",
    opt=_OPT,
    include_in_schema=False,
    request_max_body_size=PHOTO_BODY,
)
async def take_in(
    request: AnyRequest, principal: Who, db: Db, keys: NodeKeys, clock: LawClock
) -> Template | Redirect:
    """Take the report; its number and its clocks come back."""
    code, now = body_code(principal), clock.now()
    sent = await request.form()
    typed = {name: str(value) for name, value in sent.items() if isinstance(value, str)}
    content = await _photo(sent.get("photo"))
    intake, problems = _read(typed, now)
    if content:
        problems |= _photo_problem(content)
    if problems or intake is None:
        return _form(request, principal, now, typed, problems, status=422)
    try:
        async with db.transaction(town=code) as tx:
            incident = await service.record(tx, code, intake, by=principal.actor, at=now)
            if content:
                await service.attach(
                    tx,
                    code,
                    incident.incident_id,
                    content,
                    keys=keys,
                    by=principal.actor,
                    at=now,
                )
    except InvalidError as refusal:
        problems = words.fields_of(refusal, "summary")
        return _form(request, principal, now, typed, problems, status=422)
    return Redirect(f"/security/incidents/{incident.incident_id}/receipt", status_code=303)


async def _photo(sent: object) -> bytes:
    return await sent.read() if isinstance(sent, UploadFile) else b""


def _photo_problem(content: bytes) -> dict[str, str]:
    try:
        photo.prepared(content)
    except UnusablePictureError as refusal:
        return {"photo": refusal.detail}
    return {}


def _read(typed: Mapping[str, str], now: datetime) -> tuple[Intake | None, dict[str, str]]:
    problems = {}
    known_at = None
    try:
        known_at = when.instant(typed.get("when", ""), typed.get("when_text", ""), now)
    except when.UnreadableTimeError:
        name = "when_text" if typed.get("when") == "other" else "when"
        problems[name] = (
            "気づいた日時を読み取れません。期限を数える起点になります。"
            "「11/20 13:58」か「13:58」のように入れてください。"
        )
    kind = typed.get("kind", "")
    if kind not in set(Kind):
        problems["kind"] = (
            "何が起きたかが選ばれていません。知らせる先を決めるために、近いものを選んでください。"
            "分からないときは「その他・わからない」で構いません。"
        )
    persons = typed.get("persons", "").strip().replace(",", "")
    if persons and not (persons.isdecimal() and len(persons) <= 9):
        problems["persons"] = "人数は数字で入れてください。分からないときは空けておけます。"
    for name, most in (("summary", 4_000), ("section", 80), ("system", 400)):
        if len(typed.get(name, "")) > most:
            problems[name] = (
                f"{most:,}文字を超えています。短くするか、後で経緯に書き足してください。"
            )
    if problems or known_at is None:
        return None, problems
    area, personal = typed.get("area", ""), typed.get("personal", "")
    facts = Facts(
        summary=typed.get("summary", "").strip(),
        section=typed.get("section", "").strip(),
        system=typed.get("system", "").strip(),
        personal=Answer(personal) if personal in set(Answer) else Answer.UNKNOWN,
        persons=int(persons) if persons else None,
    )
    found = Area(area) if area in set(Area) else Area.UNKNOWN
    return Intake(kind=Kind(kind), known_at=known_at, area=found, facts=facts), {}


def _form(
    request: AnyRequest,
    who: Principal,
    now: datetime,
    typed: Mapping[str, str],
    problems: Mapping[str, str],
    *,
    mine: Sequence[Incident] = (),
    status: int = 200,
) -> Template:
    context = {
        "mine": mine,
        "words": words,
        "owner": hashlib.sha256(who.account_id.encode()).hexdigest()[:16],
        "now": now.isoformat(),
        "typed": typed,
        "errors": words.errors_of(problems),
        "choices": when.CHOICES,
        "kinds": words.KINDS,
        "areas": words.AREAS,
        "answers": words.ANSWERS,
        "limits": photo.LIMITS,
        "more": any(typed.get(name) for name in ("summary", "section", "system", "persons")),
    }
    return page(request, "security_incidents/new.html", context, status=status)


@get("/security/incidents/{incident_id:uuid}/receipt", opt=_OPT, include_in_schema=False)
async def receipt(
    request: AnyRequest, incident_id: FromPath[UUID], principal: Who, db: Db, clock: LawClock
) -> Template:
    """Number, clocks, who was told, and what can still be added."""
    code = body_code(principal)
    async with db.transaction(town=code, read_only=True) as tx:
        incident = await reading.readable(tx, code, incident_id, principal)
        return await _receipt(request, tx, incident, clock.now(), {}, {})


@post(
    "/security/incidents/{incident_id:uuid}/receipt",
    opt=_OPT,
    include_in_schema=False,
    request_max_body_size=PHOTO_BODY,
)
async def add_later(
    request: AnyRequest,
    incident_id: FromPath[UUID],
    principal: Who,
    db: Db,
    keys: NodeKeys,
    clock: LawClock,
) -> Template | Redirect:
    """Words or a photo that came later."""
    code, now = body_code(principal), clock.now()
    sent = await request.form()
    typed = {name: str(value) for name, value in sent.items() if isinstance(value, str)}
    content = await _photo(sent.get("photo"))
    async with db.transaction(town=code, read_only=True) as tx:
        incident = await reading.readable(tx, code, incident_id, principal)
    try:
        async with db.transaction(town=code) as tx:
            if content:
                await service.attach(
                    tx, code, incident_id, content, keys=keys, by=principal.actor, at=now
                )
            if typed.get("text", "").strip() or not content:
                await service.note(
                    tx, code, incident_id, typed.get("text", ""), by=principal.actor, at=now
                )
    except InvalidError as refusal:
        field = "photo" if isinstance(refusal, UnusablePictureError) else "text"
        problems = words.fields_of(refusal, field)
        async with db.transaction(town=code, read_only=True) as tx:
            return await _receipt(request, tx, incident, now, typed, problems, status=422)
    return Redirect(f"/security/incidents/{incident_id}/receipt?added=1", status_code=303)


async def _receipt(
    request: AnyRequest,
    tx: Tx,
    incident: Incident,
    now: datetime,
    typed: Mapping[str, str],
    problems: Mapping[str, str],
    *,
    status: int = 200,
) -> Template:
    code, incident_id = incident.municipality, incident.incident_id
    inside = bool(provide_principal(request).roles & INSIDE)
    clocks = by_urgency(await journal.clocks_of(tx, incident), now)
    notices = await desk_store.notices_of(tx, code, incident_id)
    told = [one for one in notices if one.duty and one.cause == "recorded"]
    context = {
        "incident": incident,
        "clocks": [
            {"clock": one, "left": remaining(one, now), "standing": one.standing(now)}
            for one in clocks
        ],
        "told": [(Duty(one.duty).japanese, one.made_at) for one in told],
        "photos": len(await store.photos(tx, code, incident_id)),
        "typed": typed,
        "errors": words.errors_of(problems),
        "limits": photo.LIMITS,
        "added": request.query_params.get("added") == "1",
        "inside": inside,
        "words": words,
    }
    return page(request, "security_incidents/receipt.html", context, status=status)
