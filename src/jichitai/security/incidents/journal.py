"""What every use case of an incident shares: its time line, its clocks, checks of what is written."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from jichitai.infra import audit
from jichitai.infra.audit import Actor
from jichitai.infra.database import Tx
from jichitai.kernel.dates import JST
from jichitai.security.access import own_body
from jichitai.security.incidents import due, store, texts, timeline
from jichitai.security.incidents.due import Clock
from jichitai.security.incidents.errors import BadReportError
from jichitai.security.incidents.model import Facts, Incident
from jichitai.security.incidents.timeline import EntryKind

_AHEAD: Final = timedelta(minutes=5)
_EARLIEST: Final = datetime(2000, 1, 1, tzinfo=JST)
_TIMES: Final = {"known_at": "知った時", "occurred_at": "起きた時", "detected_at": "検知した時"}


def check(known_at: datetime, facts: Facts, at: datetime) -> None:
    """Refuse impossible times and numbers of persons in texts.

    Raises:
        BadReportError: see there.
        PersonsNumberError: see there.
    """
    fields: dict[str, str] = {}
    times = {
        "known_at": known_at,
        "occurred_at": facts.occurred_at,
        "detected_at": facts.detected_at,
    }
    for name, instant in times.items():
        if instant is None:
            continue
        if instant > at + _AHEAD:
            fields[name] = (
                f"{_TIMES[name]}が未来です。期限と経緯の前後が合わなくなります。日時を直してください。"
            )
        elif instant < _EARLIEST:
            fields[name] = (
                f"{_TIMES[name]}が古すぎます（2000年より前）。年の打ち間違いを確かめてください。"
            )
    if fields:
        raise BadReportError(" ".join(fields.values()), fields=fields)
    texts.check_text(*_texts(facts))


def _texts(facts: Facts) -> list[str]:
    values = [getattr(facts, name) for name in facts.__struct_fields__]
    return [*(value for value in values if type(value) is str), *facts.details.values()]


async def clocks_of(tx: Tx, incident: Incident) -> tuple[Clock, ...]:
    """The clocks of an incident as they stand."""
    body = await own_body(tx, incident.municipality)
    rows = await store.reports(tx, incident.municipality, [incident.incident_id])
    return due.clocks(incident, body.kind, [row.done for row in rows])


async def write(
    tx: Tx,
    incident: Incident,
    kind: EntryKind,
    text: str,
    *,
    by: Actor,
    at: datetime,
    facts: Mapping[str, Any] | None = None,
) -> bytes:
    """Add an entry to the line of an incident whose lock is held; returns its hash."""
    last = await store.last_entry(tx, incident.municipality, incident.incident_id)
    entry = timeline.append(
        incident.incident_id,
        last,
        at=at,
        kind=kind,
        author_id=by.id,
        author=by.display or by.id,
        text=text,
        facts=facts,
    )
    await store.add_entry(tx, incident.municipality, incident.incident_id, entry)
    return entry.hash


def shown(incident: Incident) -> dict[str, Any]:
    """The record as the time line keeps it, without what is empty or not known."""
    facts = {
        name: value
        for name, value in msgspec.to_builtins(incident.facts).items()
        if value not in ("", None, "unknown", False, {})
    }
    return {
        "kind": incident.kind.value,
        "area": incident.area.value,
        "severity": incident.severity.value,
        "known_at": incident.known_at.isoformat(),
        "handler": incident.handler,
        "facts": facts,
    }


def differences(before: Incident, after: Incident) -> dict[str, list[Any]]:
    """Field -> old and new value."""
    old, new = _flat(before), _flat(after)
    return {
        name: [old.get(name), new.get(name)]
        for name in sorted(old.keys() | new.keys())
        if old.get(name) != new.get(name)
    }


def _flat(incident: Incident) -> dict[str, Any]:
    facts: dict[str, Any] = msgspec.to_builtins(incident.facts)
    details = {f"details.{key}": value for key, value in facts.pop("details").items()}
    top = {
        "kind": incident.kind.value,
        "area": incident.area.value,
        "severity": incident.severity.value,
        "state": incident.state.value,
        "known_at": incident.known_at.isoformat(),
        "handler": incident.handler,
    }
    return top | facts | details


async def audited(
    tx: Tx, by: Actor, action: str, incident: Incident, facts: Mapping[str, Any]
) -> None:
    """Say in the audit log that an officer did something with an incident."""
    await audit.record(
        tx,
        by=by,
        action=action,
        subject=str(incident.incident_id),
        facts={**facts, "number": incident.number, "drill": incident.drill},
    )
