"""対応: change the record, triage it, move it on and bring it to an end."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from jichitai.infra.audit import Actor
from jichitai.infra.database import Tx
from jichitai.security.errors import StaleEditError
from jichitai.security.incidents import journal, model, store
from jichitai.security.incidents.due import Clock
from jichitai.security.incidents.errors import (
    BadReportError,
    ReportsOpenError,
    WrongIncidentStateError,
)
from jichitai.security.incidents.model import Area, Facts, Incident, Kind, Severity, State
from jichitai.security.incidents.texts import check_text
from jichitai.security.incidents.timeline import EntryKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Amendment:
    """What somebody changes in a record; None leaves a field as it is.

    Attributes:
        version: of the record that they saw.
        facts: names of fields of `Facts` and their new values.
        reason: needed when the time of knowing moves, because the clocks move with it.
    """

    version: int
    kind: Kind | None = None
    area: Area | None = None
    severity: Severity | None = None
    known_at: datetime | None = None
    handler: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    reason: str = ""


async def amend(
    tx: Tx, municipality: str, incident_id: UUID, change: Amendment, *, by: Actor, at: datetime
) -> Incident:
    """Change the record; every change stands in the time line with its old value.

    Raises:
        UnknownIncidentError: none of this body's.
        StaleEditError: somebody else changed it first.
        BadReportError: a value is impossible.
        WrongIncidentStateError: it is over, or the time of knowing moves without a reason.
    """
    before = await _locked(tx, municipality, incident_id, change.version)
    _refuse_over(before)
    after = _changed(before, change)
    if after.known_at != before.known_at and not change.reason.strip():
        raise WrongIncidentStateError(
            "知った時を変えると報告の期限も動きます。変える理由を書いてください。",
            state=before.state.value,
        )
    return await _keep(tx, before, after, EntryKind.AMENDED, change.reason, by=by, at=at)


async def triage(
    tx: Tx, municipality: str, incident_id: UUID, change: Amendment, *, by: Actor, at: datetime
) -> Incident:
    """トリアージ: rate what came in, name who handles it, and begin.

    Raises:
        UnknownIncidentError: none of this body's.
        StaleEditError: somebody else was first.
        WrongIncidentStateError: it was triaged already, or is not rated.
    """
    before = await _locked(tx, municipality, incident_id, change.version)
    model.check_move(before, State.HANDLING, reason="triage")
    after = _changed(before, change)
    if after.severity is Severity.UNRATED:
        raise WrongIncidentStateError(
            "重さ（低・中・高・重大）が選ばれていません。対応の順番を決めるために選んでください。",
            state=before.state.value,
        )
    after = replace(after, state=State.HANDLING, triaged_at=before.triaged_at or at)
    return await _keep(tx, before, after, EntryKind.TRIAGED, change.reason, by=by, at=at)


async def move(
    tx: Tx,
    municipality: str,
    incident_id: UUID,
    to: State,
    *,
    version: int,
    reason: str,
    by: Actor,
    at: datetime,
) -> Incident:
    """Move the handling on; an incident ends only when no report is owed.

    Raises:
        UnknownIncidentError: none of this body's.
        StaleEditError: somebody else was first.
        WrongIncidentStateError: no such way from here.
        ReportsOpenError: reports are owed; `clocks` names them.
    """
    before = await _locked(tx, municipality, incident_id, version)
    model.check_move(before, to, reason=reason)
    check_text(reason)
    if to is State.CLOSED:
        _refuse_open(await journal.clocks_of(tx, before))
    after = replace(before, state=to, closed_at=at if to.over else None)
    return await _keep(tx, before, after, EntryKind.MOVED, reason, by=by, at=at)


def _refuse_open(clocks: tuple[Clock, ...]) -> None:
    waiting = [clock for clock in clocks if clock.done is None and clock.rule.channel != "inside"]
    if waiting:
        names = "、".join(clock.rule.name for clock in waiting)
        raise ReportsOpenError(
            f"{names}が済んでいないため、終結にできません。報告するか、該当しない理由を記録するか、"
            "「まだ分からない」の項目を決めてください。",
            clocks=[clock.rule.id for clock in waiting],
        )


async def _locked(tx: Tx, municipality: str, incident_id: UUID, version: int) -> Incident:
    incident = await store.incident(tx, municipality, incident_id, lock=True)
    if incident.version != version:
        raise StaleEditError(
            "開いた後に、ほかの人がこの事案を変更しました。上書きを防ぐため保存していません。"
            "今の内容を確かめてから、もう一度直してください。",
            version=incident.version,
        )
    return incident


def _refuse_over(incident: Incident) -> None:
    if incident.state.over:
        raise WrongIncidentStateError(
            f"この事案は「{incident.state.japanese}」です。直すときは、理由を書いて再開してください。",
            state=incident.state.value,
        )


def _changed(before: Incident, change: Amendment) -> Incident:
    values = msgspec.to_builtins(before.facts) | dict(change.facts)
    try:
        facts = msgspec.convert(values, Facts)
    except msgspec.ValidationError as error:
        name = str(error).rpartition("$.")[2].rstrip("`").partition("[")[0].partition(".")[0]
        problem = "書ける長さや形を超えています。短くするか、選び直してください。"
        raise BadReportError(problem, fields={name: problem}) from None
    given = {
        name: value
        for name in ("kind", "area", "severity", "known_at", "handler")
        if (value := getattr(change, name)) is not None
    }
    return replace(before, facts=facts, **given)


async def _keep(
    tx: Tx,
    before: Incident,
    after: Incident,
    kind: EntryKind,
    reason: str,
    *,
    by: Actor,
    at: datetime,
) -> Incident:
    journal.check(after.known_at, after.facts, at)
    check_text(after.handler, reason)
    after = replace(after, version=before.version + 1)
    changes = journal.differences(before, after)
    await store.save(tx, after)
    text = _told(before, after, kind, reason)
    await journal.write(tx, after, kind, text, by=by, at=at, facts={"changes": changes})
    action = "security.incident.move" if kind is EntryKind.MOVED else "security.incident.amend"
    await journal.audited(
        tx, by, action, after, {"state": after.state.value, "fields": sorted(changes)}
    )
    return after


def _told(before: Incident, after: Incident, kind: EntryKind, reason: str) -> str:
    because = f"（{reason.strip()}）" if reason.strip() else ""
    match kind:
        case EntryKind.MOVED:
            return f"{before.state.japanese} から {after.state.japanese} にしました{because}"
        case EntryKind.TRIAGED:
            who = f"。担当：{after.handler}" if after.handler else ""
            return f"重さを「{after.severity.japanese}」として対応を始めました{who}{because}"
        case _:
            return f"内容を更新しました{because}"
