"""検知の通知: alerts of the security cloud come in, and one click turns one into an incident."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from jichitai.infra import audit
from jichitai.infra.audit import Actor
from jichitai.infra.clock import Clock
from jichitai.infra.database import Tx
from jichitai.infra.inbox import Handler
from jichitai.infra.messages import Received
from jichitai.kernel.parties import Party
from jichitai.security.errors import NotYourBodyError
from jichitai.security.incidents import desk_store, journal, service
from jichitai.security.incidents.desk_store import Alert
from jichitai.security.incidents.errors import BadReportError, ReceivedAlertError
from jichitai.security.incidents.model import Area, Facts, Incident, Kind, Severity
from jichitai.security.incidents.service import Intake
from jichitai.security.incidents.texts import check_text
from jichitai.security.incidents.timeline import EntryKind
from jichitai.security.messages import S03, decode

_LONGEST: Final = 400
_WORDS: Final = (
    (Kind.RANSOMWARE, ("ランサム", "ransom", "暗号化")),
    (Kind.DDOS, ("ddos", "dos攻撃")),
    (Kind.MALWARE, ("マルウェア", "malware", "ビーコン", "beacon", "c2", "ウイルス")),
)


def handlers(clock: Clock) -> Mapping[str, Handler]:
    """What a body does with the cloud's messages."""

    async def take(tx: Tx, batch: Sequence[Received]) -> None:
        await desk_store.take_alerts(tx, [_alert(received, clock.now()) for received in batch])

    return {S03.kind: take}


def _alert(received: Received, at: datetime) -> Alert:
    """The alert of a message.

    Raises:
        NotYourBodyError: not from the body's own prefecture, or meant for another body.
    """
    body = decode(received.kind, received.version, received.body)
    if not isinstance(body, S03):
        raise TypeError(received.kind)
    own = received.origin == Party.prefecture(body.prefecture)
    if not own or body.body[:2] != body.prefecture or received.receiver != Party.town(body.body):
        raise NotYourBodyError(
            "検知の通知の差出人か宛先が、団体の所属と合いません。送った都道府県に確かめてください。",
            origin=str(received.origin),
        )
    return Alert(
        municipality=body.body,
        alert_id=body.alert_id,
        rule_id=body.rule_id,
        rule_title=body.rule_title,
        severity=body.severity,
        area=body.area,
        first_seen=body.first_seen,
        last_seen=body.last_seen,
        events=body.events,
        context=body.context,
        advice=body.advice,
        sent_at=body.sent_at,
        received_at=at,
        state="new",
        incident_id=None,
        decided_by="",
        decided_at=None,
        reason="",
    )


def likely_kind(title: str) -> Kind:
    """What an alert probably is, by the words of its rule; the officer may choose another.

    >>> likely_kind("短時間の大量の暗号化").value, likely_kind("総当たりのサインイン").value
    ('ransomware', 'unauthorised-access')
    """
    text = title.lower()
    for kind, words in _WORDS:
        if any(word in text for word in words):
            return kind
    return Kind.UNAUTHORISED


async def accept(
    tx: Tx,
    municipality: str,
    alert_id: UUID,
    *,
    kind: Kind | None = None,
    by: Actor,
    at: datetime,
) -> Incident:
    """Turn an alert into an incident; the body knows since the alert came.

    Raises:
        UnknownDocumentError: none of this body's.
        ReceivedAlertError: it was decided on.
    """
    alert = await _undecided(tx, municipality, alert_id)
    areas = {area.value: area for area in Area}
    severities = {severity.value: severity for severity in Severity}
    intake = Intake(
        kind=kind or likely_kind(alert.rule_title),
        known_at=min(alert.received_at, at),
        area=areas.get(alert.area, Area.UNKNOWN),
        severity=severities.get(alert.severity, Severity.UNRATED),
        facts=Facts(
            summary=f"セキュリティクラウドの検知：{alert.rule_title}（{alert.events:,}件）",
            detected_at=min(alert.first_seen, at),
        ),
    )
    incident = await service.record(tx, municipality, intake, by=by, at=at)
    facts = {"alert": str(alert_id), "rule": alert.rule_id, "context": dict(alert.context)}
    text = f"検知の通知（{alert.rule_title}）から受け付けました"
    await journal.write(tx, incident, EntryKind.ALERT, text, by=by, at=at, facts=facts)
    await desk_store.decide_alert(
        tx,
        municipality,
        alert_id,
        state="incident",
        incident_id=incident.incident_id,
        by=by.id,
        at=at,
        reason="",
    )
    await _audited(tx, by, alert_id, "incident")
    return incident


async def dismiss(
    tx: Tx, municipality: str, alert_id: UUID, reason: str, *, by: Actor, at: datetime
) -> None:
    """Decide that an alert is no incident.

    Raises:
        UnknownDocumentError: none of this body's.
        ReceivedAlertError: it was decided on.
        BadReportError: no reason.
    """
    await _undecided(tx, municipality, alert_id)
    said = reason.strip()
    if not said or len(said) > _LONGEST:
        problem = "事案としない理由がないか、400文字を超えています。後で見直せるように短く書いてください。"
        raise BadReportError(problem, fields={"reason": problem})
    check_text(said)
    await desk_store.decide_alert(
        tx,
        municipality,
        alert_id,
        state="dismissed",
        incident_id=None,
        by=by.id,
        at=at,
        reason=said,
    )
    await _audited(tx, by, alert_id, "dismissed")


async def _undecided(tx: Tx, municipality: str, alert_id: UUID) -> Alert:
    alert = await desk_store.alert(tx, municipality, alert_id, lock=True)
    if alert.state != "new":
        raise ReceivedAlertError(
            "この検知の通知は、ほかの人が先に処理しました。一覧を開き直して、結果を確かめてください。"
        )
    return alert


async def _audited(tx: Tx, by: Actor, alert_id: UUID, decision: str) -> None:
    await audit.record(
        tx,
        by=by,
        action="security.incident.alert",
        subject=str(alert_id),
        facts={"decision": decision},
    )
