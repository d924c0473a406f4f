"""What programs send and receive about incidents."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType, field

from jichitai.security.incidents.due import Clock, Standing
from jichitai.security.incidents.model import (
    Answer,
    Area,
    Facts,
    Incident,
    Instant,
    Kind,
    Severity,
    State,
    Text,
    Word,
)
from jichitai.security.incidents.model import Line as Short
from jichitai.security.incidents.photo import LARGEST_BYTES
from jichitai.security.incidents.reading import Line
from jichitai.security.incidents.store import ReportRow

Version = Annotated[int, Meta(ge=1, le=1_000_000)]


class NewIncident(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What somebody reports. Only `kind` is needed; `known_at` is now when left out.

    Attributes:
        kind: what happened.
        known_at: when the body knew; the clocks start here.
        area: where.
        facts: fields of the record, as far as they are known.
        severity: as the one who reports sees it.
    """

    kind: Kind
    known_at: Instant | None = None
    area: Area = Area.UNKNOWN
    facts: Facts = field(default_factory=Facts)
    severity: Severity = Severity.UNRATED


class Change(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What changes in a record; what is left out stays.

    Attributes:
        version: of the record that the program has seen.
        facts: fields of `facts` with new values; `details` is replaced as a whole.
        reason: needed when `known_at` changes.
    """

    version: Version
    kind: Kind | UnsetType = UNSET
    area: Area | UnsetType = UNSET
    severity: Severity | UnsetType = UNSET
    known_at: Instant | UnsetType = UNSET
    handler: Word | UnsetType = UNSET
    facts: Annotated[dict[Word, Any], Meta(max_length=40)] = {}
    reason: Short = ""


class Move(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the handling goes."""

    version: Version
    to: State
    reason: Short = ""


class Note(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An entry of the time line."""

    text: Annotated[str, Meta(min_length=1, max_length=4_000)]


class Photo(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A photo, JPEG or PNG (base64)."""

    content: Annotated[bytes, Meta(min_length=1, max_length=LARGEST_BYTES)]


class Sent(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A report that leaves now, or left.

    Attributes:
        clock_id: id of the clock that it answers.
        method: how it left, where no message carries it; one of the ways that the page offers.
        sent_at: when; now when left out.
        receipt: number or name that the recipient gave.
    """

    clock_id: Word
    method: Word = ""
    sent_at: Instant | None = None
    receipt: Short = ""


class Waiver(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why a report is not needed."""

    clock_id: Word
    reason: Annotated[str, Meta(min_length=1, max_length=400)]


class ClockView(Struct, frozen=True, kw_only=True):
    """One report of an incident, with its end and how that was counted."""

    clock_id: str
    recipient: str
    report: str
    owed: Answer
    standing: Standing
    due_at: datetime | None
    late_at: datetime
    deadline: str
    counting: str
    source: str
    confidence: str
    sent_at: datetime | None
    was_late: bool


class IncidentLine(Struct, frozen=True, kw_only=True):
    """An incident on the board."""

    incident_id: UUID
    number: str
    drill: bool
    state: State
    kind: Kind
    area: Area
    severity: Severity
    known_at: datetime
    version: int
    reporter: str
    handler: str
    late: int
    next_clock: ClockView | None


class ReportView(Struct, frozen=True, kw_only=True):
    """A report that left, or the decision that none is owed."""

    report_id: UUID
    clock_id: str
    recipient: str
    report: str
    sort: str
    sent_at: datetime
    method: str
    receipt: str
    reason: str
    form: str
    document_hash: str
    revision: int


class PhotoView(Struct, frozen=True, kw_only=True):
    """A photo without its content."""

    file_id: UUID
    size: int
    sha256: str
    added_at: datetime


class IncidentView(Struct, frozen=True, kw_only=True):
    """One incident with its clocks."""

    incident_id: UUID
    number: str
    drill: bool
    outward: bool
    scenario: str
    state: State
    version: int
    revision: int
    kind: Kind
    area: Area
    severity: Severity
    known_at: datetime
    facts: Facts
    reporter: str
    handler: str
    recorded_at: datetime
    triaged_at: datetime | None
    closed_at: datetime | None
    next_states: tuple[State, ...]
    clocks: tuple[ClockView, ...]
    reports: tuple[ReportView, ...]
    photos: tuple[PhotoView, ...]


class EntryView(Struct, frozen=True, kw_only=True):
    """One entry of the time line."""

    sequence: int
    at: datetime
    kind: str
    author: str
    text: str
    facts: str
    previous_hash: str
    hash: str


class Timeline(Struct, frozen=True, kw_only=True):
    """The whole time line, and whether it holds.

    Attributes:
        holds: every entry is as it was written.
        broken_at: number of the first entry that is not.
    """

    holds: bool
    broken_at: int | None
    entries: tuple[EntryView, ...]


class AlertView(Struct, frozen=True, kw_only=True):
    """An alert of the security cloud."""

    alert_id: UUID
    rule_id: str
    rule_title: str
    severity: str
    area: str
    first_seen: datetime
    last_seen: datetime
    events: int
    context: dict[str, str]
    advice: str
    received_at: datetime
    state: str
    incident_id: UUID | None
    reason: str


class Acceptance(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Turn an alert into an incident; the kind is guessed from its rule when left out."""

    kind: Kind | None = None


class Dismissal(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why an alert is no incident."""

    reason: Annotated[str, Meta(min_length=1, max_length=400)]


class NewMember(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody who is told of incidents; an office's address, not a private one."""

    duty: Word
    name: Annotated[str, Meta(min_length=1, max_length=80)]
    office: Word = ""
    mail: Annotated[str, Meta(max_length=254)] = ""
    telephone: Annotated[str, Meta(max_length=40)] = ""


class MemberView(Struct, frozen=True, kw_only=True):
    """A member of the CSIRT."""

    member_id: UUID
    duty: str
    name: str
    office: str
    mail: str
    telephone: str


class StepView(Struct, frozen=True, kw_only=True):
    """A step of an exercise that was given."""

    number: int
    text: str
    expects: str


class ScenarioView(Struct, frozen=True, kw_only=True):
    """An exercise that is offered; its later steps are not told."""

    scenario: str
    title: str
    about: str
    kind: Kind
    steps: int


class NewDrill(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Begin an exercise.

    Attributes:
        scenario: which.
        outward: whether its reports leave as messages that say they are an exercise.
    """

    scenario: Word
    outward: bool = False


class OutcomeView(Struct, frozen=True, kw_only=True):
    """What the players did about a step."""

    number: int
    expected: str
    given_at: datetime | None
    done_at: datetime | None
    minutes: int | None


class NoticeView(Struct, frozen=True, kw_only=True):
    """What the desk was told and has not read."""

    notice_id: UUID
    incident_id: UUID
    cause: str
    title: Text
    made_at: datetime


def clock_view(clock: Clock, now: datetime) -> ClockView:
    """A clock as programs see it."""
    return ClockView(
        clock_id=clock.rule.id,
        recipient=clock.rule.recipient,
        report=clock.rule.report,
        owed=clock.owed,
        standing=clock.standing(now),
        due_at=clock.due_at,
        late_at=clock.late_at,
        deadline=clock.deadline,
        counting=clock.rule.counting,
        source=clock.rule.source,
        confidence=clock.rule.confidence,
        sent_at=clock.done.sent_at if clock.done and clock.done.sort == "sent" else None,
        was_late=clock.was_late,
    )


def line_view(line: Line, now: datetime) -> IncidentLine:
    """A line of the board as programs see it."""
    incident, first = line.incident, line.next(now)
    names = ("incident_id", "number", "drill", "state", "kind", "area", "severity", "known_at",
             "version", "reporter", "handler")  # fmt: skip
    return IncidentLine(
        **{name: getattr(incident, name) for name in names},
        late=line.late(now),
        next_clock=clock_view(first, now) if first else None,
    )


def report_view(row: ReportRow) -> ReportView:
    """A report as programs see it."""
    names = set(ReportView.__struct_fields__) - {"clock_id"}
    return ReportView(clock_id=row.clock, **{name: getattr(row, name) for name in names})


def incident_values(incident: Incident) -> dict[str, Any]:
    """The fields that the record and its view share."""
    shared = set(IncidentView.__struct_fields__) & set(Incident.__slots__)
    return {name: getattr(incident, name) for name in shared}
