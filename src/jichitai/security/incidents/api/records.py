"""Incidents for programs: take in, read, change, hand in."""

from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from litestar import Response, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from litestar.types import ControllerRouterHandler
from msgspec import UNSET, convert

from jichitai.infra.audit import record as audit_record
from jichitai.infra.outbox import Outbox
from jichitai.kernel.dates import JST
from jichitai.security.access import EMPLOYEE, INSIDE, OFFICER, body_code
from jichitai.security.incidents import (
    documents,
    handling,
    model,
    reading,
    reporting,
    service,
    store,
)
from jichitai.security.incidents.api.bodies import (
    Change,
    EntryView,
    IncidentLine,
    IncidentView,
    Move,
    NewIncident,
    Note,
    Photo,
    PhotoView,
    ReportView,
    Sent,
    Timeline,
    Waiver,
    clock_view,
    incident_values,
    line_view,
    report_view,
)
from jichitai.security.incidents.errors import BadReportError, UnknownIncidentError
from jichitai.security.incidents.forms import Filled, Form, wrong_details
from jichitai.security.incidents.handling import Amendment
from jichitai.security.incidents.model import Incident
from jichitai.security.incidents.reading import Case
from jichitai.security.incidents.reporting import Sending
from jichitai.security.incidents.service import Intake
from jichitai.security.incidents.store import Wanted
from jichitai.web.inject import Db, Given, LawClock, NodeKeys, Who

PHOTO_BODY: Final = 15 * 1024 * 1024
PDF: Final = "application/pdf"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_TAGS: Final = ["security"]
_PATH: Final = "/api/v1/security/incidents"
Post = Given[Outbox]


def _view(case: Case, now: datetime) -> IncidentView:
    return IncidentView(
        **incident_values(case.incident),
        next_states=model.next_states(case.incident.state),
        clocks=tuple(clock_view(clock, now) for clock in case.clocks),
        reports=tuple(map(report_view, case.reports)),
        photos=tuple(
            PhotoView(file_id=row.file_id, size=row.size, sha256=row.sha256, added_at=row.added_at)
            for row in case.photos
        ),
    )


@post(_PATH, opt={"roles": EMPLOYEE}, status_code=201, summary="Report an incident", tags=_TAGS)
async def report_incident(
    data: JSONBody[NewIncident], principal: Who, db: Db, clock: LawClock
) -> IncidentView:
    """Anybody of the body's staff; the clocks start, and the CSIRT is told."""
    code, now = body_code(principal), clock.now()
    check_details(data.facts.details, now)
    intake = Intake(
        kind=data.kind,
        known_at=data.known_at or now,
        area=data.area,
        facts=data.facts,
        severity=data.severity,
    )
    async with db.transaction(town=code) as tx:
        incident = await service.record(tx, code, intake, by=principal.actor, at=now)
        return _view(await reading.case(tx, code, incident.incident_id), now)


def check_details(details: dict[str, str], now: datetime) -> None:
    """Refuse items that no form has, or values that they cannot have.

    Raises:
        BadReportError: `fields` names them.
    """
    fields = wrong_details(details.items(), now.astimezone(JST).date())
    if fields:
        raise BadReportError(" ".join(fields.values()), fields=fields)


@get(_PATH, opt={"roles": INSIDE}, summary="The board of incidents", tags=_TAGS)
async def list_incidents(
    principal: Who,
    db: Db,
    clock: LawClock,
    over: FromQuery[bool | None] = None,
    drill: FromQuery[bool | None] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=200)] = 50,
) -> list[IncidentLine]:
    """Late ones first. `over=false` leaves out what has ended, `drill=false` exercises."""
    code, now = body_code(principal), clock.now()
    async with db.transaction(town=code, read_only=True) as tx:
        lines = await reading.board(tx, code, Wanted(over=over, drill=drill), limit=limit)
    return [line_view(line, now) for line in reading.by_urgency(lines, now)]


@get(_PATH + "/{incident_id:uuid}", opt={"roles": INSIDE}, summary="One incident", tags=_TAGS)
async def show_incident(
    incident_id: FromPath[UUID], principal: Who, db: Db, clock: LawClock
) -> IncidentView:
    """The record, its clocks, its reports and photos."""
    code = body_code(principal)
    async with db.transaction(town=code, read_only=True) as tx:
        return _view(await reading.case(tx, code, incident_id), clock.now())


@patch(
    _PATH + "/{incident_id:uuid}", opt={"roles": OFFICER}, summary="Change the record", tags=_TAGS
)
async def change_incident(
    incident_id: FromPath[UUID],
    data: JSONBody[Change],
    principal: Who,
    db: Db,
    clock: LawClock,
) -> IncidentView:
    """Each change stands in the time line with the old value."""
    code, now = body_code(principal), clock.now()
    async with db.transaction(town=code) as tx:
        change = _amendment(data, now)
        await handling.amend(tx, code, incident_id, change, by=principal.actor, at=now)
        return _view(await reading.case(tx, code, incident_id), now)


@post(_PATH + "/{incident_id:uuid}/triage", opt={"roles": OFFICER}, status_code=200,
      summary="Triage an incident and begin", tags=_TAGS)  # fmt: skip
async def triage_incident(
    incident_id: FromPath[UUID],
    data: JSONBody[Change],
    principal: Who,
    db: Db,
    clock: LawClock,
) -> IncidentView:
    """Needs a severity, sent now or before."""
    code, now = body_code(principal), clock.now()
    async with db.transaction(town=code) as tx:
        change = _amendment(data, now)
        await handling.triage(tx, code, incident_id, change, by=principal.actor, at=now)
        return _view(await reading.case(tx, code, incident_id), now)


def _amendment(data: Change, now: datetime) -> Amendment:
    names = ("kind", "area", "severity", "known_at", "handler")
    given: dict[str, Any] = {
        name: getattr(data, name) for name in names if getattr(data, name) is not UNSET
    }
    details = data.facts.get("details")
    if isinstance(details, dict):
        check_details({str(key): str(value) for key, value in details.items()}, now)
    return Amendment(version=data.version, facts=data.facts, reason=data.reason, **given)


@post(_PATH + "/{incident_id:uuid}/state", opt={"roles": OFFICER}, status_code=200,
      summary="Move the handling on", tags=_TAGS)  # fmt: skip
async def move_incident(
    incident_id: FromPath[UUID], data: JSONBody[Move], principal: Who, db: Db, clock: LawClock
) -> IncidentView:
    """To one of `next_states`; backwards needs a reason, the end needs every report."""
    code, now = body_code(principal), clock.now()
    async with db.transaction(town=code) as tx:
        await handling.move(
            tx,
            code,
            incident_id,
            data.to,
            version=data.version,
            reason=data.reason,
            by=principal.actor,
            at=now,
        )
        return _view(await reading.case(tx, code, incident_id), now)


@post(_PATH + "/{incident_id:uuid}/notes", opt={"roles": EMPLOYEE}, status_code=204,
      summary="Add to the time line", tags=_TAGS)  # fmt: skip
async def add_note(
    incident_id: FromPath[UUID], data: JSONBody[Note], principal: Who, db: Db, clock: LawClock
) -> None:
    """Those inside, or whoever reported it."""
    code = body_code(principal)
    async with db.transaction(town=code) as tx:
        await reading.readable(tx, code, incident_id, principal)
        await service.note(tx, code, incident_id, data.text, by=principal.actor, at=clock.now())


@post(_PATH + "/{incident_id:uuid}/photos", opt={"roles": EMPLOYEE}, status_code=201,
      summary="Add a photo", tags=_TAGS, request_max_body_size=PHOTO_BODY)  # fmt: skip
async def add_photo(
    incident_id: FromPath[UUID],
    data: JSONBody[Photo],
    principal: Who,
    db: Db,
    keys: NodeKeys,
    clock: LawClock,
) -> PhotoView:
    """Kept as a picture alone, without place and camera; sealed."""
    code = body_code(principal)
    async with db.transaction(town=code) as tx:
        await reading.readable(tx, code, incident_id, principal)
        row = await service.attach(
            tx, code, incident_id, data.content, keys=keys, by=principal.actor, at=clock.now()
        )
    return PhotoView(file_id=row.file_id, size=row.size, sha256=row.sha256, added_at=row.added_at)


@get(_PATH + "/{incident_id:uuid}/photos/{file_id:uuid}", opt={"roles": INSIDE},
     summary="A photo", tags=_TAGS)  # fmt: skip
async def show_photo(
    incident_id: FromPath[UUID], file_id: FromPath[UUID], principal: Who, db: Db, keys: NodeKeys
) -> Response[bytes]:
    """A JPEG. Opening it stands in the audit log."""
    code = body_code(principal)
    async with db.transaction(town=code) as tx:
        content = await service.picture(tx, code, incident_id, file_id, keys=keys)
        await audit_record(
            tx,
            by=principal.actor,
            action="security.incident.look",
            subject=str(incident_id),
            facts={"photo": str(file_id)},
        )
    return Response(content, media_type="image/jpeg", headers=_private())


@get(_PATH + "/{incident_id:uuid}/timeline", opt={"roles": INSIDE},
     summary="The time line, and whether it holds", tags=_TAGS)  # fmt: skip
async def show_timeline(incident_id: FromPath[UUID], principal: Who, db: Db) -> Timeline:
    """Every entry with its hash; the chain is checked at each call."""
    code = body_code(principal)
    async with db.transaction(town=code, read_only=True) as tx:
        case = await reading.case(tx, code, incident_id)
    return Timeline(
        holds=case.broken_at is None,
        broken_at=case.broken_at,
        entries=tuple(
            EntryView(
                sequence=entry.sequence,
                at=entry.at,
                kind=entry.kind.value,
                author=entry.author,
                text=entry.text,
                facts=entry.facts,
                previous_hash=entry.previous_hash.hex(),
                hash=entry.hash.hex(),
            )
            for entry in case.entries
        ),
    )


@post(_PATH + "/{incident_id:uuid}/reports", opt={"roles": OFFICER}, status_code=201,
      summary="Hand in a report, or write down that it left", tags=_TAGS)  # fmt: skip
async def send_report(
    incident_id: FromPath[UUID],
    data: JSONBody[Sent],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Post,
) -> ReportView:
    """To the prefecture or the ministry it leaves as a message (S02)."""
    code, now = body_code(principal), clock.now()
    sending = Sending(
        clock=data.clock_id, method=data.method, sent_at=data.sent_at, receipt=data.receipt
    )
    async with db.transaction(town=code) as tx:
        row = await reporting.submit(
            tx, code, incident_id, sending, outbox=outbox, by=principal.actor, at=now
        )
    return report_view(row)


@post(_PATH + "/{incident_id:uuid}/waivers", opt={"roles": OFFICER}, status_code=204,
      summary="Decide that a report is not needed", tags=_TAGS)  # fmt: skip
async def waive_report(
    incident_id: FromPath[UUID], data: JSONBody[Waiver], principal: Who, db: Db, clock: LawClock
) -> None:
    """With a reason, which stands in the time line."""
    code = body_code(principal)
    async with db.transaction(town=code) as tx:
        await reporting.waive(
            tx,
            code,
            incident_id,
            data.clock_id,
            data.reason,
            by=principal.actor,
            at=clock.now(),
        )


@get(_PATH + "/{incident_id:uuid}/papers/{name:str}", opt={"roles": INSIDE},
     summary="A form, filled in now", tags=_TAGS)  # fmt: skip
async def show_paper(
    incident_id: FromPath[UUID],
    name: FromPath[str],
    principal: Who,
    db: Db,
    clock: LawClock,
    clock_id: Annotated[str, QueryParameter(max_length=40)] = "",
) -> Response[bytes]:
    """`ddos`, `ransomware`, `general` or `ppc`, with `.pdf` or `.xlsx`."""
    form, _, ending = name.partition(".")
    if form not in set(Form) or ending not in ("pdf", "xlsx"):
        raise UnknownIncidentError("この名前の様式はありません。様式の一覧から開いてください。")
    code = body_code(principal)
    async with db.transaction(town=code, read_only=True) as tx:
        paper = await reading.draft(
            tx, code, incident_id, Form(form), clock_id=clock_id, at=clock.now()
        )
        incident = await store.incident(tx, code, incident_id)
    return await paper_response(paper, incident, ending)


@get(_PATH + "/{incident_id:uuid}/reports/{report_id:uuid}/{name:str}", opt={"roles": INSIDE},
     summary="A report as it left", tags=_TAGS)  # fmt: skip
async def show_report(
    incident_id: FromPath[UUID],
    report_id: FromPath[UUID],
    name: FromPath[str],
    principal: Who,
    db: Db,
) -> Response[bytes]:
    """`paper.pdf` or `paper.xlsx`, from what was kept when it left."""
    code = body_code(principal)
    async with db.transaction(town=code, read_only=True) as tx:
        incident = await store.incident(tx, code, incident_id)
        rows = await store.reports(tx, code, [incident_id])
    found = next((row for row in rows if row.report_id == report_id and row.content), None)
    stem, _, ending = name.partition(".")
    if found is None or stem != "paper" or ending not in ("pdf", "xlsx"):
        raise UnknownIncidentError("この報告の書類はありません。報告の一覧から開いてください。")
    return await paper_response(convert(found.content, Filled), incident, ending)


async def paper_response(paper: Filled, incident: Incident, ending: str) -> Response[bytes]:
    """A paper as a file; its name holds the number and the form only."""
    pdf = ending == "pdf"
    content = await (documents.as_pdf(paper) if pdf else documents.as_workbook(paper))
    file = f"{incident.number}-{paper.form.value}.{ending}"
    headers = _private() | {"content-disposition": f'attachment; filename="{file}"'}
    return Response(content, media_type=PDF if pdf else XLSX, headers=headers)


def _private() -> dict[str, str]:
    return {"cache-control": "no-store", "x-content-type-options": "nosniff"}


RECORD_ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (
    report_incident,
    list_incidents,
    show_incident,
    change_incident,
    triage_incident,
    move_incident,
    add_note,
    add_photo,
    show_photo,
    show_timeline,
    send_report,
    waive_report,
    show_paper,
    show_report,
)
