"""Alerts, the CSIRT, notices and exercises, for programs."""

from datetime import datetime
from typing import Final
from uuid import UUID

from litestar import delete, get, post
from litestar.params import FromPath, JSONBody
from litestar.types import ControllerRouterHandler

from jichitai.security.access import INSIDE, OFFICER, body_code
from jichitai.security.incidents import alerts, csirt, desk_store, drills, reading, store
from jichitai.security.incidents.api.bodies import (
    Acceptance,
    AlertView,
    Dismissal,
    IncidentLine,
    MemberView,
    NewDrill,
    NewMember,
    NoticeView,
    OutcomeView,
    ScenarioView,
    StepView,
    line_view,
)
from jichitai.security.incidents.desk_store import Alert, Member
from jichitai.security.incidents.drills import Outcome
from jichitai.security.incidents.model import Incident
from jichitai.security.incidents.reading import Line
from jichitai.web.inject import Db, LawClock, Who

_TAGS: Final = ["security"]
_PATH: Final = "/api/v1/security/incidents"


def _alert(alert: Alert) -> AlertView:
    names = set(AlertView.__struct_fields__) - {"context"}
    context = {str(key): str(value) for key, value in alert.context.items()}
    return AlertView(**{name: getattr(alert, name) for name in names}, context=context)


def _member(member: Member) -> MemberView:
    return MemberView(**{name: getattr(member, name) for name in MemberView.__struct_fields__})


def _line(incident: Incident, now: datetime) -> IncidentLine:
    return line_view(Line(incident=incident, clocks=()), now)


@get(_PATH + "/alerts", opt={"roles": INSIDE}, summary="Alerts of the security cloud", tags=_TAGS)
async def list_alerts(principal: Who, db: Db) -> list[AlertView]:
    """Newest first, decided ones included."""
    code = body_code(principal)
    async with db.transaction(town=code, read_only=True) as tx:
        return [_alert(alert) for alert in await desk_store.alerts(tx, code)]


@post(_PATH + "/alerts/{alert_id:uuid}/incident", opt={"roles": OFFICER}, status_code=201,
      summary="Turn an alert into an incident", tags=_TAGS)  # fmt: skip
async def accept_alert(
    alert_id: FromPath[UUID],
    data: JSONBody[Acceptance],
    principal: Who,
    db: Db,
    clock: LawClock,
) -> IncidentLine:
    """The body knows since the alert came in."""
    code, now = body_code(principal), clock.now()
    async with db.transaction(town=code) as tx:
        incident = await alerts.accept(
            tx, code, alert_id, kind=data.kind, by=principal.actor, at=now
        )
    return _line(incident, now)


@post(_PATH + "/alerts/{alert_id:uuid}/dismissal", opt={"roles": OFFICER}, status_code=204,
      summary="Decide that an alert is no incident", tags=_TAGS)  # fmt: skip
async def dismiss_alert(
    alert_id: FromPath[UUID], data: JSONBody[Dismissal], principal: Who, db: Db, clock: LawClock
) -> None:
    """With a reason."""
    code = body_code(principal)
    async with db.transaction(town=code) as tx:
        await alerts.dismiss(tx, code, alert_id, data.reason, by=principal.actor, at=clock.now())


@get(_PATH + "/notices", opt={"roles": INSIDE}, summary="Notices that nobody has read", tags=_TAGS)
async def list_notices(principal: Who, db: Db) -> list[NoticeView]:
    """Of the desk; opening the incident's page marks them as read."""
    code = body_code(principal)
    async with db.transaction(town=code, read_only=True) as tx:
        found = await desk_store.unread(tx, code)
    return [
        NoticeView(
            notice_id=one.notice_id,
            incident_id=one.incident_id,
            cause=one.cause,
            title=one.title,
            made_at=one.made_at,
        )
        for one in found
    ]


@get(_PATH + "/csirt", opt={"roles": INSIDE}, summary="Who is told of incidents", tags=_TAGS)
async def list_members(principal: Who, db: Db) -> list[MemberView]:
    """By duty."""
    code = body_code(principal)
    async with db.transaction(town=code, read_only=True) as tx:
        return [_member(member) for member in await desk_store.members(tx, code)]


@post(_PATH + "/csirt", opt={"roles": OFFICER}, status_code=201,
      summary="Add somebody to be told", tags=_TAGS)  # fmt: skip
async def add_member(
    data: JSONBody[NewMember], principal: Who, db: Db, clock: LawClock
) -> MemberView:
    """Duties: ciso, head, deputy, manager, contact, triage, handling."""
    code = body_code(principal)
    async with db.transaction(town=code) as tx:
        member = await csirt.add(
            tx,
            code,
            duty=data.duty,
            name=data.name,
            office=data.office,
            address=data.mail,
            telephone=data.telephone,
            by=principal.actor,
            at=clock.now(),
        )
    return _member(member)


@delete(_PATH + "/csirt/{member_id:uuid}", opt={"roles": OFFICER}, status_code=204,
        summary="Let somebody be told no longer", tags=_TAGS)  # fmt: skip
async def end_member(member_id: FromPath[UUID], principal: Who, db: Db, clock: LawClock) -> None:
    """What they were told stays."""
    code = body_code(principal)
    async with db.transaction(town=code) as tx:
        await csirt.end(tx, code, member_id, by=principal.actor, at=clock.now())


@get(_PATH + "/scenarios", opt={"roles": INSIDE}, summary="Exercises on offer", tags=_TAGS)
async def list_scenarios(clock: LawClock) -> list[ScenarioView]:
    """Written by this project; none is a real case."""
    return [
        ScenarioView(
            scenario=one.id,
            title=one.title,
            about=one.about,
            kind=one.kind,
            steps=len(one.steps),
        )
        for one in drills.scenarios(clock.today())
    ]


@post(_PATH + "/drills", opt={"roles": OFFICER}, status_code=201, summary="Begin an exercise",
      tags=_TAGS)  # fmt: skip
async def start_drill(
    data: JSONBody[NewDrill], principal: Who, db: Db, clock: LawClock
) -> IncidentLine:
    """An incident with a number D-…, marked as an exercise wherever it appears."""
    code, now = body_code(principal), clock.now()
    async with db.transaction(town=code) as tx:
        incident = await drills.start(
            tx,
            code,
            data.scenario,
            outward=data.outward,
            on=clock.today(),
            by=principal.actor,
            at=now,
        )
    return _line(incident, now)


@post(_PATH + "/{incident_id:uuid}/steps", opt={"roles": OFFICER}, status_code=201,
      summary="Give the next step of an exercise", tags=_TAGS)  # fmt: skip
async def give_step(
    incident_id: FromPath[UUID], principal: Who, db: Db, clock: LawClock
) -> StepView:
    """The players read it in the time line."""
    code = body_code(principal)
    async with db.transaction(town=code) as tx:
        step = await drills.give_next(
            tx, code, incident_id, on=clock.today(), by=principal.actor, at=clock.now()
        )
    return StepView(number=step.number, text=step.text, expects=step.expected)


@get(_PATH + "/{incident_id:uuid}/review", opt={"roles": INSIDE},
     summary="What the players did about each step", tags=_TAGS)  # fmt: skip
async def review_drill(
    incident_id: FromPath[UUID], principal: Who, db: Db, clock: LawClock
) -> list[OutcomeView]:
    """With the minutes from the step to the action that was expected."""
    code = body_code(principal)
    async with db.transaction(town=code, read_only=True) as tx:
        incident = await store.incident(tx, code, incident_id)
        chosen = drills.scenario(incident.scenario, clock.today())
        case = await reading.case(tx, code, incident_id)
    return [_outcome(one) for one in drills.review(chosen, case.entries, case.reports)]


def _outcome(one: Outcome) -> OutcomeView:
    return OutcomeView(
        number=one.step.number,
        expected=one.step.expected,
        given_at=one.given_at,
        done_at=one.done_at,
        minutes=None if one.taken is None else int(one.taken.total_seconds() // 60),
    )


DESK_ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (
    list_alerts,
    accept_alert,
    dismiss_alert,
    list_notices,
    list_members,
    add_member,
    end_member,
    list_scenarios,
    start_drill,
    give_step,
    review_drill,
)
