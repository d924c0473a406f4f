"""Alerts, suppressions and the trial, for programs."""

from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import anyio
from litestar import delete, get, post
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.types import ControllerRouterHandler

from jichitai.infra.outbox import Outbox
from jichitai.security.access import ANALYST
from jichitai.security.monitoring.api.bodies import (
    AlertView,
    AlertWhole,
    IncidentMade,
    Judgement,
    LineView,
    Notice,
    OpenStates,
    SuppressionView,
    SuppressionWanted,
    TrialLine,
    alert_view,
    alert_whole,
    suppression_view,
)
from jichitai.security.monitoring.desk import Desk
from jichitai.security.monitoring.incidents import record_own
from jichitai.security.monitoring.model.alerts import AlertState
from jichitai.security.monitoring.service.alerts import Alerts
from jichitai.security.monitoring.service.places import own_body
from jichitai.security.monitoring.store import alerts as store
from jichitai.security.monitoring.trial.table import trial
from jichitai.web.inject import Db, Given, LawClock, NodeSettings, Who

_TAGS: Final = ["security"]
_PATH: Final = "/api/v1/security/monitoring/alerts"
_ONE: Final = _PATH + "/{alert_id:uuid}"
_OPT: Final[dict[str, Any]] = {"roles": ANALYST}
STATES: Final[dict[str, tuple[AlertState, ...]]] = {
    "waiting": tuple(one for one in AlertState if one.waits),
    "open": tuple(one for one in AlertState if one.open and one is not AlertState.SUPPRESSED),
    "all": (),
}


@get(_PATH, opt=_OPT, summary="Alerts", tags=_TAGS)
async def list_alerts(
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Given[Outbox],
    settings: NodeSettings,
    show: FromQuery[OpenStates] = "open",
    body_code: FromQuery[str | None] = None,
    before: FromQuery[datetime | None] = None,
) -> list[AlertView]:
    """Found last first, 50 at most; go on with `before` = `found_at` of the last."""
    desk = Desk(db, clock, outbox, settings).alerts
    wanted = body_code if body_code is None or body_code.isdigit() else ""
    instant = before.replace(tzinfo=UTC) if before and before.tzinfo is None else before
    async with db.transaction(read_only=True) as tx:
        found = await store.listed(
            tx, principal.body_prefecture(), states=STATES[show], body=wanted, before=instant
        )
    return [alert_view(one, desk.notice_due(one)) for one in found]


@get(_ONE, opt=_OPT, summary="One alert with its history", tags=_TAGS)
async def show_alert(
    alert_id: FromPath[UUID],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Given[Outbox],
    settings: NodeSettings,
) -> AlertWhole:
    """With the decisions that are possible now, and the rule's advice."""
    desk = Desk(db, clock, outbox, settings)
    async with db.transaction(read_only=True) as tx:
        alert = await store.get(tx, principal.body_prefecture(), alert_id)
        steps = await store.steps(tx, alert)
        advice = await desk.alerts.advice(tx, desk.rules, alert)
    return alert_whole(alert, steps, desk.alerts.notice_due(alert), advice)


@get(_ONE + "/lines", opt=_OPT, summary="Raw lines behind an alert", tags=_TAGS)
async def show_lines(
    alert_id: FromPath[UUID],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Given[Outbox],
    settings: NodeSettings,
) -> list[LineView]:
    """Reading them is recorded."""
    desk = Desk(db, clock, outbox, settings).alerts
    async with db.transaction() as tx:
        found = await desk.evidence(tx, alert_id, by=principal)
    return [
        LineView(raw_id=one.raw_id, time=one.time, source_id=one.source_id, line=one.line)
        for one in found
    ]


@post(_ONE + "/decision", opt=_OPT, status_code=200, summary="Judge an alert", tags=_TAGS)
async def judge(
    alert_id: FromPath[UUID],
    data: JSONBody[Judgement],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Given[Outbox],
    settings: NodeSettings,
) -> AlertView:
    """take, false, close or reopen; all but take need a reason."""
    desk = Desk(db, clock, outbox, settings).alerts
    async with db.transaction() as tx:
        alert = await desk.decide(tx, alert_id, data.decision, data.reason, by=principal)
    return alert_view(alert, desk.notice_due(alert))


@post(_ONE + "/notice", opt=_OPT, status_code=200, summary="Tell the body of an alert", tags=_TAGS)
async def notify(
    alert_id: FromPath[UUID],
    data: JSONBody[Notice],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Given[Outbox],
    settings: NodeSettings,
) -> AlertView:
    """Sends the message S03 to the member body."""
    desk = Desk(db, clock, outbox, settings)
    async with db.transaction() as tx:
        alert = await store.get(tx, principal.body_prefecture(), alert_id)
        advice = data.advice or await desk.alerts.advice(tx, desk.rules, alert)
        alert = await desk.alerts.notify(tx, alert_id, advice, by=principal)
    return alert_view(alert, desk.alerts.notice_due(alert))


@post(_ONE + "/incident", opt=_OPT, status_code=201,
      summary="Record an alert about the prefecture itself as an incident", tags=_TAGS)  # fmt: skip
async def make_incident(
    alert_id: FromPath[UUID],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Given[Outbox],
    settings: NodeSettings,
) -> IncidentMade:
    """Alerts of other bodies become incidents there, once they are told."""
    desk: Alerts = Desk(db, clock, outbox, settings).alerts
    async with db.transaction(town=own_body(principal.body_prefecture())) as tx:
        made = await record_own(tx, desk, alert_id, by=principal)
    return IncidentMade(incident_id=made.incident_id, number=made.number)


@post(_ONE + "/suppression", opt=_OPT, status_code=201,
      summary="Do not show alerts like this one until a day", tags=_TAGS)  # fmt: skip
async def suppress(
    alert_id: FromPath[UUID],
    data: JSONBody[SuppressionWanted],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Given[Outbox],
    settings: NodeSettings,
) -> SuppressionView:
    """They are counted all the same."""
    desk = Desk(db, clock, outbox, settings).alerts
    async with db.transaction() as tx:
        made = await desk.suppress(
            tx,
            alert_id,
            field=data.field,
            all_bodies=data.all_bodies,
            until=data.until,
            reason=data.reason,
            by=principal,
        )
    return suppression_view(made)


@get("/api/v1/security/monitoring/suppressions", opt=_OPT, summary="Suppressions", tags=_TAGS)
async def list_suppressions(principal: Who, db: Db) -> list[SuppressionView]:
    """The newest first, ended ones included."""
    async with db.transaction(read_only=True) as tx:
        found = await store.suppressions(tx, principal.body_prefecture())
    return [suppression_view(one) for one in found]


@delete("/api/v1/security/monitoring/suppressions/{suppression_id:uuid}", opt=_OPT,
        summary="End a suppression", tags=_TAGS)  # fmt: skip
async def end_suppression(
    suppression_id: FromPath[UUID],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Given[Outbox],
    settings: NodeSettings,
) -> None:
    """Such alerts are shown again from now on."""
    desk = Desk(db, clock, outbox, settings).alerts
    async with db.transaction() as tx:
        await desk.end_suppression(tx, suppression_id, by=principal)


@get("/api/v1/security/monitoring/trial", opt=_OPT, summary="Planted, found, false", tags=_TAGS)
async def show_trial(clock: LawClock) -> list[TrialLine]:
    """Attacks and harmless look-alikes are run through the packaged rules, apart from real logs."""
    rows = await anyio.to_thread.run_sync(trial, clock.now())
    names = TrialLine.__struct_fields__
    return [TrialLine(**{name: getattr(row, name) for name in names}) for row in rows]


ALERT_ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (
    list_alerts,
    show_alert,
    show_lines,
    judge,
    notify,
    make_incident,
    suppress,
    list_suppressions,
    end_suppression,
    show_trial,
)
