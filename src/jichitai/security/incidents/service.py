"""Use cases of whoever reports an incident: take it in, add to it."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

import msgspec

from jichitai.infra.audit import Actor
from jichitai.infra.database import Tx
from jichitai.infra.keys import Keys
from jichitai.security.incidents import journal, model, notices, photo, store
from jichitai.security.incidents.errors import BadReportError, UnusablePictureError
from jichitai.security.incidents.model import Area, Facts, Incident, Kind, Severity, State
from jichitai.security.incidents.store import FileRow, ReportRow
from jichitai.security.incidents.texts import check_text
from jichitai.security.incidents.timeline import EntryKind

_NOTHING: Final = Facts()
_LONGEST_NOTE: Final = 4_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """What somebody reports; only what and when are needed.

    Attributes:
        kind: what happened.
        known_at: when the body knew; the legal clocks start here.
        area: where.
        facts: whatever else is known; what the kind says is filled in where it is unknown.
        severity: as the one who reports sees it.
        drill: an exercise.
        outward: whether an exercise's reports leave as messages (marked as an exercise).
        scenario: which exercise.
    """

    kind: Kind
    known_at: datetime
    area: Area = Area.UNKNOWN
    facts: Facts = _NOTHING
    severity: Severity = Severity.UNRATED
    drill: bool = False
    outward: bool = True
    scenario: str = ""


async def record(tx: Tx, municipality: str, intake: Intake, *, by: Actor, at: datetime) -> Incident:
    """Take an incident in, start its clocks and tell the CSIRT.

    Args:
        tx: a transaction of the body.
        municipality: the body's code; a prefecture's own is 130001 and the like.
        intake: what is reported.
        by: who reports it.
        at: the instant.

    Raises:
        BadReportError: the times are impossible; `fields` names them.
        PersonsNumberError: a text holds a number of a person.
    """
    facts = _guessed(intake.facts, intake.kind)
    journal.check(intake.known_at, facts, at)
    incident = Incident(
        municipality=municipality,
        incident_id=uuid4(),
        number=await store.next_number(tx, municipality, drill=intake.drill),
        drill=intake.drill,
        outward=intake.outward or not intake.drill,
        scenario=intake.scenario,
        state=State.RECEIVED,
        version=1,
        revision=0,
        kind=intake.kind,
        area=intake.area,
        severity=intake.severity,
        known_at=intake.known_at,
        facts=facts,
        reported_by=by.id,
        reporter=by.display or by.id,
        handler="",
        recorded_at=at,
        triaged_at=None,
        closed_at=None,
    )
    await store.add(tx, incident)
    text = model.drill_mark(
        f"{incident.kind.japanese}を受け付けました（{incident.area.japanese}）",
        drill=incident.drill,
    )
    await journal.write(
        tx,
        incident,
        EntryKind.RECEIVED,
        text,
        by=by,
        at=at,
        facts={"record": journal.shown(incident)},
    )
    await _tell_at_once(tx, incident, by=by, at=at)
    await journal.audited(
        tx, by, "security.incident.record", incident, {"kind": incident.kind.value}
    )
    return incident


async def _tell_at_once(tx: Tx, incident: Incident, *, by: Actor, at: datetime) -> None:
    """Tell the CSIRT; that ends the clock of the report inside the body."""
    title = f"事案を受け付けました（{incident.kind.japanese}）"
    told = await notices.tell(tx, incident, cause="recorded", title=title, at=at)
    if not told:
        return
    names = notices.duties(told)
    await journal.write(tx, incident, EntryKind.NOTIFIED, f"{names}に知らせました", by=by, at=at)
    for clock in await journal.clocks_of(tx, incident):
        if clock.rule.channel == "inside" and clock.open:
            row = ReportRow(
                report_id=uuid4(),
                incident_id=incident.incident_id,
                clock=clock.rule.id,
                recipient=clock.rule.recipient,
                report=clock.rule.report,
                sort="sent",
                due_at=clock.late_at,
                sent_at=at,
                recorded_at=at,
                sent_by="system",
                method="システムの通知",
                receipt="",
                reason="",
                form="",
                content=None,
                document_hash="",
                revision=0,
            )
            await store.add_report(tx, incident.municipality, row)


def _guessed(facts: Facts, kind: Kind) -> Facts:
    """The facts, with what the kind says where they say nothing."""
    guess = {
        name: answer
        for name, answer in model.first_guess(kind).items()
        if getattr(facts, name) is model.Answer.UNKNOWN
    }
    return msgspec.structs.replace(facts, **guess)


async def note(
    tx: Tx, municipality: str, incident_id: UUID, text: str, *, by: Actor, at: datetime
) -> None:
    """Add an entry to the time line.

    Raises:
        UnknownIncidentError: none of this body's.
        BadReportError: nothing is written, or too much.
        PersonsNumberError: it holds a number of a person.
    """
    incident = await store.incident(tx, municipality, incident_id, lock=True)
    said = text.strip()
    if not said or len(said) > _LONGEST_NOTE:
        problem = "記録する内容がないか、4,000文字を超えています。短く分けて書いてください。"
        raise BadReportError(problem, fields={"text": problem})
    check_text(said)
    await journal.write(tx, incident, EntryKind.NOTE, said, by=by, at=at)


async def attach(
    tx: Tx,
    municipality: str,
    incident_id: UUID,
    content: bytes,
    *,
    keys: Keys,
    by: Actor,
    at: datetime,
) -> FileRow:
    """Keep a photo, sealed; the time line holds its hash.

    Raises:
        UnknownIncidentError: none of this body's.
        UnusablePictureError: no picture, too large, or too many of them.
    """
    incident = await store.incident(tx, municipality, incident_id, lock=True)
    if len(await store.photos(tx, municipality, incident_id)) >= photo.MOST_PHOTOS:
        raise UnusablePictureError(
            f"写真は1件の事案に{photo.MOST_PHOTOS}枚までです。要らない写真を増やさず、"
            "必要なものは別の記録（文書管理）に保存してください。"
        )
    picture = photo.prepared(content)
    row = FileRow(
        file_id=uuid4(),
        media_type=photo.MEDIA_TYPE,
        size=len(picture),
        sha256=hashlib.sha256(picture).hexdigest(),
        added_at=at,
        added_by=by.id,
    )
    sealed = keys.columns.seal(picture, _context(incident_id, row.file_id))
    await store.add_photo(tx, municipality, incident_id, row, sealed)
    await journal.write(
        tx,
        incident,
        EntryKind.PHOTO,
        "写真を加えました",
        by=by,
        at=at,
        facts={"sha256": row.sha256},
    )
    return row


async def picture(
    tx: Tx, municipality: str, incident_id: UUID, file_id: UUID, *, keys: Keys
) -> bytes:
    """A photo, opened.

    Raises:
        UnknownIncidentError: there is none.
    """
    sealed = await store.sealed_photo(tx, municipality, incident_id, file_id)
    return keys.columns.open(sealed, _context(incident_id, file_id))


def _context(incident_id: UUID, file_id: UUID) -> bytes:
    return b"security.incident_file" + incident_id.bytes + file_id.bytes
