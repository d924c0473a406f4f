"""SQL of incidents: the record, its time line, its reports and its photos."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

import msgspec
from psycopg.rows import DictRow, class_row, dict_row
from psycopg.types.json import Jsonb

from jichitai.infra.database import Tx
from jichitai.security.incidents.due import Done
from jichitai.security.incidents.errors import UnknownIncidentError
from jichitai.security.incidents.model import Area, Facts, Incident, Kind, Severity, State
from jichitai.security.incidents.timeline import Entry, EntryKind

_COLUMNS: Final = """
select municipality, incident_id, number, drill, outward, scenario, state, version, revision, kind,
       area, severity, known_at, facts, reported_by, reporter, handler, recorded_at, triaged_at,
       closed_at
  from security.incident
"""


def _incident(row: DictRow) -> Incident:
    typed = {
        "state": State(row["state"]),
        "kind": Kind(row["kind"]),
        "area": Area(row["area"]),
        "severity": Severity(row["severity"]),
        "facts": msgspec.convert(row["facts"], Facts),
    }
    return Incident(**(row | typed))


def _facts(facts: Facts) -> Jsonb:
    return Jsonb(msgspec.to_builtins(facts))


async def next_number(tx: Tx, municipality: str, *, drill: bool) -> str:
    """The next 受付番号 of a body; gapless, because it is taken in the incident's transaction."""
    sort = "D" if drill else "I"
    cursor = await tx.execute(
        "insert into security.incident_counter (municipality, sort, last) values (%s, %s, 1)"
        " on conflict (municipality, sort) do update set last = incident_counter.last + 1"
        " returning last",
        (municipality, sort),
    )
    row = await cursor.fetchone()
    return f"{sort}-{row[0] if row else 0:04d}"


async def add(tx: Tx, incident: Incident) -> None:
    """Keep a new incident."""
    await tx.execute(
        "insert into security.incident (municipality, incident_id, number, drill, outward, scenario,"
        " state, version, revision, kind, area, severity, known_at, facts, reported_by, reporter,"
        " handler, recorded_at, triaged_at, closed_at)"
        " values (%(municipality)s, %(incident_id)s, %(number)s, %(drill)s, %(outward)s,"
        " %(scenario)s, %(state)s, %(version)s, %(revision)s, %(kind)s, %(area)s, %(severity)s,"
        " %(known_at)s, %(facts)s, %(reported_by)s, %(reporter)s, %(handler)s, %(recorded_at)s,"
        " %(triaged_at)s, %(closed_at)s)",
        _values(incident),
    )


async def save(tx: Tx, incident: Incident) -> None:
    """Write a changed incident; the caller holds its lock."""
    await tx.execute(
        "update security.incident set state = %(state)s, version = %(version)s,"
        " revision = %(revision)s, kind = %(kind)s, area = %(area)s, severity = %(severity)s,"
        " known_at = %(known_at)s, facts = %(facts)s, handler = %(handler)s,"
        " triaged_at = %(triaged_at)s, closed_at = %(closed_at)s"
        " where municipality = %(municipality)s and incident_id = %(incident_id)s",
        _values(incident),
    )


def _values(incident: Incident) -> dict[str, Any]:
    names = Incident.__slots__
    return {name: getattr(incident, name) for name in names} | {"facts": _facts(incident.facts)}


async def incident(tx: Tx, municipality: str, incident_id: UUID, *, lock: bool = False) -> Incident:
    """One incident of a body.

    Raises:
        UnknownIncidentError: there is none, or another body's.
    """
    query = _COLUMNS + " where municipality = %s and incident_id = %s"
    cursor = tx.cursor(row_factory=dict_row)
    await cursor.execute(query + (" for update" if lock else ""), (municipality, incident_id))
    row = await cursor.fetchone()
    if row is None:
        raise UnknownIncidentError(
            "この番号の事案は、あなたの団体の記録にありません。一覧から開き直してください。"
        )
    return _incident(row)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which incidents a list shows.

    Attributes:
        over: open ones (False), ended ones (True), or all (None).
        drill: exercises, real ones, or all.
        reported_by: those that this account reported.
        before: known earlier than this one; the list goes on from here.
    """

    over: bool | None = None
    drill: bool | None = None
    reported_by: str | None = None
    before: tuple[datetime, UUID] | None = None


async def incidents(
    tx: Tx, municipality: str, wanted: Wanted, *, limit: int = 50
) -> list[Incident]:
    """A body's incidents, newest first."""
    cursor = tx.cursor(row_factory=dict_row)
    await cursor.execute(
        _COLUMNS + " where municipality = %(municipality)s"
        "   and (%(over)s::boolean is null or (state in ('closed', 'dismissed')) = %(over)s)"
        "   and (%(drill)s::boolean is null or drill = %(drill)s)"
        "   and (%(reported_by)s::text is null or reported_by = %(reported_by)s)"
        "   and (%(at)s::timestamptz is null or (known_at, incident_id) < (%(at)s, %(id)s::uuid))"
        " order by known_at desc, incident_id desc limit %(limit)s",
        {
            "municipality": municipality,
            "over": wanted.over,
            "drill": wanted.drill,
            "reported_by": wanted.reported_by,
            "at": wanted.before[0] if wanted.before else None,
            "id": wanted.before[1] if wanted.before else None,
            "limit": limit,
        },
    )
    return [_incident(row) for row in await cursor.fetchall()]


async def open_everywhere(tx: Tx) -> list[Incident]:
    """Open incidents of all bodies of this node, for the clocks' watch."""
    cursor = tx.cursor(row_factory=dict_row)
    await cursor.execute(
        _COLUMNS + " where state not in ('closed', 'dismissed') order by municipality, known_at"
    )
    return [_incident(row) for row in await cursor.fetchall()]


async def counts(tx: Tx, municipality: str) -> dict[str, int]:
    """How many incidents stand in each state; exercises are left out."""
    cursor = await tx.execute(
        "select state, count(*) from security.incident"
        " where municipality = %s and not drill group by state",
        (municipality,),
    )
    return dict(await cursor.fetchall())


# --- time line ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _EntryRow:
    sequence: int
    at: datetime
    kind: str
    author_id: str
    author: str
    text: str
    facts: str
    previous_hash: bytes
    hash: bytes

    def entry(self) -> Entry:
        values = {name: getattr(self, name) for name in _EntryRow.__slots__}
        return Entry(**(values | {"kind": EntryKind(self.kind)}))


_ENTRIES: Final = """
select sequence, at, kind, author_id, author, text, facts, previous_hash, hash
  from security.incident_entry where municipality = %s and incident_id = %s
"""


async def entries(tx: Tx, municipality: str, incident_id: UUID) -> list[Entry]:
    """The whole time line, oldest first."""
    cursor = tx.cursor(row_factory=class_row(_EntryRow))
    await cursor.execute(_ENTRIES + " order by sequence", (municipality, incident_id))
    return [row.entry() for row in await cursor.fetchall()]


async def last_entry(tx: Tx, municipality: str, incident_id: UUID) -> Entry | None:
    """The newest entry."""
    cursor = tx.cursor(row_factory=class_row(_EntryRow))
    await cursor.execute(_ENTRIES + " order by sequence desc limit 1", (municipality, incident_id))
    row = await cursor.fetchone()
    return row.entry() if row else None


async def add_entry(tx: Tx, municipality: str, incident_id: UUID, entry: Entry) -> None:
    """Add an entry at the end."""
    await tx.execute(
        "insert into security.incident_entry (municipality, incident_id, sequence, at, kind,"
        " author_id, author, text, facts, previous_hash, hash)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (
            municipality,
            incident_id,
            entry.sequence,
            entry.at,
            entry.kind,
            entry.author_id,
            entry.author,
            entry.text,
            entry.facts,
            entry.previous_hash,
            entry.hash,
        ),
    )


# --- reports -----------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRow:
    """A report that left, or the decision that none is owed."""

    report_id: UUID
    incident_id: UUID
    clock: str
    recipient: str
    report: str
    sort: Literal["sent", "waived"]
    due_at: datetime | None
    sent_at: datetime
    recorded_at: datetime
    sent_by: str
    method: str
    receipt: str
    reason: str
    form: str
    content: dict[str, Any] | None
    document_hash: str
    revision: int

    @property
    def done(self) -> Done:
        """What the clock asks of it."""
        return Done(clock=self.clock, sort=self.sort, sent_at=self.sent_at)


_REPORTS: Final = """
select report_id, incident_id, clock, recipient, report, sort, due_at, sent_at, recorded_at,
       sent_by, method, receipt, reason, form, content, document_hash, revision
  from security.incident_report
"""


async def reports(tx: Tx, municipality: str, incident_ids: Sequence[UUID]) -> list[ReportRow]:
    """What was handed in about these incidents, oldest first."""
    cursor = tx.cursor(row_factory=class_row(ReportRow))
    await cursor.execute(
        _REPORTS + " where municipality = %s and incident_id = any(%s)"
        " order by recorded_at, sent_at, report_id",
        (municipality, list(incident_ids)),
    )
    return await cursor.fetchall()


async def reports_everywhere(tx: Tx, incident_ids: Sequence[UUID]) -> list[ReportRow]:
    """The same for incidents of all bodies of this node."""
    cursor = tx.cursor(row_factory=class_row(ReportRow))
    await cursor.execute(_REPORTS + " where incident_id = any(%s)", (list(incident_ids),))
    return await cursor.fetchall()


async def add_report(tx: Tx, municipality: str, row: ReportRow) -> None:
    """Keep a report or a decision."""
    values = {name: getattr(row, name) for name in ReportRow.__slots__}
    content = None if row.content is None else Jsonb(row.content)
    await tx.execute(
        "insert into security.incident_report (municipality, incident_id, report_id, clock,"
        " recipient, report, sort, due_at, sent_at, recorded_at, sent_by, method, receipt, reason,"
        " form, content, document_hash, revision)"
        " values (%(municipality)s, %(incident_id)s, %(report_id)s, %(clock)s, %(recipient)s,"
        " %(report)s, %(sort)s, %(due_at)s, %(sent_at)s, %(recorded_at)s, %(sent_by)s, %(method)s,"
        " %(receipt)s, %(reason)s, %(form)s, %(content)s, %(document_hash)s, %(revision)s)",
        values | {"municipality": municipality, "content": content},
    )


# --- photos ------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRow:
    """A photo without its content."""

    file_id: UUID
    media_type: str
    size: int
    sha256: str
    added_at: datetime
    added_by: str


async def photos(tx: Tx, municipality: str, incident_id: UUID) -> list[FileRow]:
    """The photos of an incident, oldest first."""
    cursor = tx.cursor(row_factory=class_row(FileRow))
    await cursor.execute(
        "select file_id, media_type, size, sha256, added_at, added_by from security.incident_file"
        " where municipality = %s and incident_id = %s order by added_at, file_id",
        (municipality, incident_id),
    )
    return await cursor.fetchall()


async def add_photo(
    tx: Tx, municipality: str, incident_id: UUID, row: FileRow, sealed: bytes
) -> None:
    """Keep a photo, sealed."""
    await tx.execute(
        "insert into security.incident_file (municipality, incident_id, file_id, media_type, size,"
        " sha256, sealed, added_at, added_by) values (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (
            municipality,
            incident_id,
            row.file_id,
            row.media_type,
            row.size,
            row.sha256,
            sealed,
            row.added_at,
            row.added_by,
        ),
    )


async def sealed_photo(tx: Tx, municipality: str, incident_id: UUID, file_id: UUID) -> bytes:
    """The sealed content of a photo.

    Raises:
        UnknownIncidentError: there is none.
    """
    cursor = await tx.execute(
        "select sealed from security.incident_file"
        " where municipality = %s and incident_id = %s and file_id = %s",
        (municipality, incident_id, file_id),
    )
    row = await cursor.fetchone()
    if row is None:
        raise UnknownIncidentError("この写真は、あなたの団体の記録にありません。")
    return bytes(row[0])
