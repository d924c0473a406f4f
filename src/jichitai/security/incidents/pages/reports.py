"""期限と報告: the clocks with how they are counted, papers, and what left."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from litestar import Request, get, post
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect, Template

from jichitai.infra.database import Database
from jichitai.infra.outbox import Outbox
from jichitai.kernel.dates import JST
from jichitai.kernel.errors import ConflictError, InvalidError
from jichitai.security.access import INSIDE, OFFICER, body_code
from jichitai.security.errors import StaleEditError
from jichitai.security.incidents import forms, handling, reading, reporting, store
from jichitai.security.incidents.errors import NotOwedError
from jichitai.security.incidents.forms import Form
from jichitai.security.incidents.handling import Amendment
from jichitai.security.incidents.pages import when, words
from jichitai.security.incidents.pages.record import clock_rows, common
from jichitai.security.incidents.reading import Case
from jichitai.security.incidents.reporting import BY_MESSAGE, Sending
from jichitai.web.components import Column, Option
from jichitai.web.frame import page
from jichitai.web.inject import Db, Given, LawClock, Who
from jichitai.web.rights import Principal

AnyRequest = Request[Any, Any, Any]
Typed = URLEncodedBody[dict[str, str]]
_BASE: Final = "/security/incidents/{incident_id:uuid}"
_READ: Final = {"roles": INSIDE}
_WRITE: Final = {"roles": OFFICER}
_SENT_COLUMNS: Final = (
    Column("name", "報告", head=True, wide=True),
    Column("sent_at", "報告した時"),
    Column("method", "方法・受付", wide=True),
    Column("paper", "書類"),
)
_CLOCK_COLUMNS: Final = (
    Column("name", "報告", head=True, wide=True),
    Column("standing", "状態"),
    Column("deadline", "期限と数え方", wide=True),
    Column("act", "操作"),
)


@get(_BASE + "/reports", opt=_READ, include_in_schema=False)
async def show_reports(
    request: AnyRequest, incident_id: FromPath[UUID], principal: Who, db: Db, clock: LawClock
) -> Template:
    """Every clock, every paper, every report that left."""
    code = body_code(principal)
    async with db.transaction(town=code, read_only=True) as tx:
        case = await reading.case(tx, code, incident_id)
    now = clock.now()
    papers = []
    for form in reading.forms_of(case.incident):
        last = case.entries[-1].hash if case.entries else b""
        paper = forms.filled(
            form, case.incident, case.body, recipient="", report="", at=now, timeline_hash=last
        )
        papers.append({"form": form, "missing": paper.missing()})
    context = common(case, "期限と報告", now, principal) | {
        "rows": clock_rows(case, now),
        "columns": _CLOCK_COLUMNS,
        "sent_columns": _SENT_COLUMNS,
        "papers": papers,
        "sent": request.query_params.get("sent") == "1",
    }
    return page(request, "security_incidents/reports.html", context)


@get(_BASE + "/reports/{clock_id:str}", opt=_WRITE, include_in_schema=False)
async def report_form(
    request: AnyRequest,
    incident_id: FromPath[UUID],
    clock_id: FromPath[str],
    principal: Who,
    db: Db,
    clock: LawClock,
) -> Template:
    """What will be handed in, and what is missing in it."""
    return await _report(request, principal, db, incident_id, clock_id, clock.now(), {}, {})


@post(_BASE + "/reports/{clock_id:str}", opt=_WRITE, include_in_schema=False)
async def send(
    request: AnyRequest,
    incident_id: FromPath[UUID],
    clock_id: FromPath[str],
    data: Typed,
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Given[Outbox],
) -> Template | Redirect:
    """Hand it in, write down that it left, or say why it is not needed."""
    code, now = body_code(principal), clock.now()
    try:
        async with db.transaction(town=code) as tx:
            if data.get("deed") == "waive":
                await reporting.waive(
                    tx,
                    code,
                    incident_id,
                    clock_id,
                    data.get("reason", ""),
                    by=principal.actor,
                    at=now,
                )
            else:
                text = data.get("sent_at", "").strip()
                sending = Sending(
                    clock=clock_id,
                    method=data.get("method", ""),
                    sent_at=when.written(text, now) if text else None,
                    receipt=data.get("receipt", ""),
                )
                await reporting.submit(
                    tx, code, incident_id, sending, outbox=outbox, by=principal.actor, at=now
                )
    except when.UnreadableTimeError:
        problem = "報告した日時を読み取れません。「11/20 13:58」のように入れてください。"
        problems = {"sent_at": problem}
    except (InvalidError, NotOwedError) as refusal:
        problems = words.fields_of(refusal, "reason" if data.get("deed") == "waive" else "receipt")
    else:
        return Redirect(f"/security/incidents/{incident_id}/reports?sent=1", status_code=303)
    return await _report(
        request, principal, db, incident_id, clock_id, now, data, problems, status=422
    )


async def _report(
    request: AnyRequest,
    who: Principal,
    db: Database,
    incident_id: UUID,
    clock_id: str,
    now: Any,
    typed: Mapping[str, str],
    problems: Mapping[str, str],
    *,
    status: int = 200,
) -> Template:
    code = body_code(who)
    async with db.transaction(town=code, read_only=True) as tx:
        case = await reading.case(tx, code, incident_id)
        found = next((one for one in case.clocks if one.rule.id == clock_id), None)
        if found is None:
            raise NotOwedError(
                "この事案には、その報告の期限がありません。「期限と報告」から開き直してください。"
            )
        paper = await reporting.paper_of(
            tx, case.incident, case.body, found, report=found.rule.report, at=now
        )
    final = found.rule.report == "確報"
    context = common(case, "期限と報告", now, who) | {
        "clock": found,
        "row": next(one for one in clock_rows(case, now) if one["clock"] is found),
        "paper": paper,
        "missing": paper.missing(final=final) if paper else [],
        "by_message": found.rule.channel == BY_MESSAGE,
        "ways": words.WAYS,
        "typed": typed,
        "errors": words.errors_of(problems),
    }
    return page(request, "security_incidents/report.html", context, status=status)


# --- the forms' own items ------------------------------------------------------


@get(_BASE + "/forms/{name:str}", opt=_WRITE, include_in_schema=False)
async def form_page(
    request: AnyRequest,
    incident_id: FromPath[UUID],
    name: FromPath[str],
    principal: Who,
    db: Db,
    clock: LawClock,
) -> Template:
    """The items that only this form asks for."""
    code = body_code(principal)
    async with db.transaction(town=code, read_only=True) as tx:
        case = await reading.case(tx, code, incident_id)
    typed = case.incident.facts.details | {"version": str(case.incident.version)}
    return _form(request, principal, case, _named(name), clock.now(), typed, {})


@post(_BASE + "/forms/{name:str}", opt=_WRITE, include_in_schema=False)
async def fill_form(
    request: AnyRequest,
    incident_id: FromPath[UUID],
    name: FromPath[str],
    data: Typed,
    principal: Who,
    db: Db,
    clock: LawClock,
) -> Template | Redirect:
    """Keep the items of the form."""
    code, now, form = body_code(principal), clock.now(), _named(name)
    async with db.transaction(town=code, read_only=True) as tx:
        case = await reading.case(tx, code, incident_id)
    day = now.astimezone(JST).date()
    given = {
        item.key: data.get(item.key, "").strip().replace("\r\n", "\n")
        for item in forms.own_items(form, day)
    }
    problems = forms.wrong_details(given.items(), day)
    problems |= {
        key: "400文字を超えています。短くするか、経緯や添付に分けてください。"
        for key, value in given.items()
        if len(value) > 400
    }
    status = 422
    if not problems:
        details = {
            key: value for key, value in (case.incident.facts.details | given).items() if value
        }
        version = data.get("version", "")
        change = Amendment(
            version=int(version) if version.isdecimal() and len(version) < 8 else 0,
            facts={"details": details},
        )
        try:
            async with db.transaction(town=code) as tx:
                await handling.amend(tx, code, incident_id, change, by=principal.actor, at=now)
        except StaleEditError as refusal:
            newer = await _version(db, code, incident_id)
            problems, status = {"": refusal.detail}, 409
            data = data | {"version": str(newer)}
        except (InvalidError, ConflictError) as refusal:
            problems = {"": refusal.detail}
            status = 409 if isinstance(refusal, ConflictError) else 422
        else:
            return Redirect(f"/security/incidents/{incident_id}/reports", status_code=303)
    return _form(request, principal, case, form, now, data, problems, status=status)


async def _version(db: Database, code: str, incident_id: UUID) -> int:
    async with db.transaction(town=code, read_only=True) as tx:
        return (await store.incident(tx, code, incident_id)).version


def _named(name: str) -> Form:
    if name not in set(Form):
        raise NotOwedError("この名前の様式はありません。「期限と報告」から開き直してください。")
    return Form(name)


def _form(
    request: AnyRequest,
    who: Principal,
    case: Case,
    form: Form,
    now: Any,
    typed: Mapping[str, str],
    problems: Mapping[str, str],
    *,
    status: int = 200,
) -> Template:
    items = forms.own_items(form, now.astimezone(JST).date())
    context = common(case, "期限と報告", now, who) | {
        "form": form,
        "items": items,
        "options": {
            item.key: [Option(choice, choice) for choice in item.choices] for item in items
        },
        "typed": typed,
        "errors": words.errors_of(problems),
    }
    return page(request, "security_incidents/form.html", context, status=status)
