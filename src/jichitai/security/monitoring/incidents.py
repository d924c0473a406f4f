"""An alert about the prefecture itself becomes one of its incidents."""

from uuid import UUID

from jichitai.infra.database import Tx
from jichitai.security.incidents import alerts as received
from jichitai.security.incidents import service
from jichitai.security.incidents.model import Area, Facts, Incident, Severity
from jichitai.security.incidents.service import Intake
from jichitai.security.monitoring.model.sources import Area as LogArea
from jichitai.security.monitoring.service.alerts import Alerts
from jichitai.web.rights import Principal

_AREAS = {
    LogArea.NUMBER: Area.MY_NUMBER,
    LogArea.LGWAN: Area.LGWAN,
    LogArea.INTERNET: Area.INTERNET,
    LogArea.CLOUD: Area.CLOUD,
}


async def record_own(tx: Tx, alerts: Alerts, alert_id: UUID, *, by: Principal) -> Incident:
    """Record the incident, and note it with the alert.

    Args:
        tx: a transaction of the prefecture as a body.
        alerts: the service.
        alert_id: an alert about the prefecture.
        by: the analyst.

    Raises:
        UnknownAlertError, WrongStepError: there is no such alert that waits.
    """
    alert = await alerts.own(tx, alert_id, by=by)
    now = alerts.clock.now()
    words = {severity.value: severity for severity in Severity}
    intake = Intake(
        kind=received.likely_kind(alert.title),
        known_at=min(alert.found_at, now),
        area=_AREAS.get(LogArea(alert.area), Area.UNKNOWN),
        severity=words.get(alert.severity.value, Severity.UNRATED),
        facts=Facts(
            summary=f"セキュリティクラウドの検知：{alert.title}（{alert.events:,}件）",
            detected_at=min(alert.first_seen, now),
        ),
    )
    incident = await service.record(tx, alert.body, intake, by=by.actor, at=now)
    await alerts.became_incident(tx, alert_id, incident.number, by=by)
    return incident
