"""What programs send and receive about monitoring."""

from datetime import date, datetime
from typing import Annotated, Literal, TypeAlias
from uuid import UUID

from msgspec import Meta, Struct

from jichitai.security.monitoring.model.alerts import (
    Alert,
    AlertState,
    Decision,
    Step,
    Suppression,
    decisions,
)
from jichitai.security.monitoring.model.findings import CellFault, FindingRow
from jichitai.security.monitoring.model.rules import Severity
from jichitai.security.monitoring.model.sources import Area, Function, LogFormat, Source
from jichitai.security.monitoring.service.rulebook import Kept
from jichitai.security.monitoring.store.batches import Batch, SourceFigures

_PLAIN = r"^[^\x00]*$"
Word: TypeAlias = Annotated[str, Meta(max_length=80, pattern=_PLAIN)]
Reason: TypeAlias = Annotated[str, Meta(max_length=1_000, pattern=_PLAIN)]
Text: TypeAlias = Annotated[str, Meta(max_length=8_000, pattern=_PLAIN)]
BodyCode: TypeAlias = Annotated[
    str, Meta(pattern=r"^[0-9]{6}$", description="全国地方公共団体コード")
]
RuleText: TypeAlias = Annotated[str, Meta(max_length=65_536, pattern=_PLAIN)]


class SourceWanted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A source to be registered. `address` is the sender of its syslog over TCP, if it has one."""

    body: BodyCode
    area: Area
    function: Function
    format: LogFormat
    name: Annotated[str, Meta(min_length=1, max_length=80, pattern=_PLAIN)]
    address: Annotated[str, Meta(max_length=60, pattern=_PLAIN)] = ""


class Traffic(Struct, frozen=True, kw_only=True):
    """What a source sent in the last 24 hours."""

    lines: int = 0
    events: int = 0
    refused: int = 0
    marked: int = 0
    waiting: int = 0
    last_at: datetime | None = None


class SourceView(Struct, frozen=True, kw_only=True):
    """A registered source."""

    source_id: UUID
    body: str
    area: Area
    function: Function
    format: LogFormat
    name: str
    address: str | None
    registered_at: datetime
    retired_at: datetime | None
    last_day: Traffic


class NewSourceView(Struct, frozen=True, kw_only=True):
    """A source with its token, which is shown this once."""

    source_id: UUID
    token: str


class BatchView(Struct, frozen=True, kw_only=True):
    """What became of logs that were sent. `state` is waiting, stored or failed."""

    batch: int
    source_id: UUID
    transport: str
    state: str
    bytes: int
    lines: int
    events: int
    refused: dict[str, int]
    marks: dict[str, int]
    received_at: datetime
    read_at: datetime | None


class Accepted(Struct, frozen=True, kw_only=True):
    """Logs are kept, and become events in a moment."""

    batch: int


class RuleLine(Struct, frozen=True, kw_only=True):
    """A rule file."""

    name: str
    rule_id: str
    title: str
    level: Severity
    kind: str
    enabled: bool
    packaged: bool
    tags: tuple[str, ...]
    reason: str


class RuleView(Struct, frozen=True, kw_only=True):
    """A rule file with its text and samples."""

    line: RuleLine
    description: str
    false_positives: tuple[str, ...]
    advice: str
    text: str
    samples: str


class RuleGiven(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rule file of the prefecture's own: Sigma, and events that it must and must not alert on."""

    text: RuleText
    samples: RuleText


class Switch(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rule file on or off."""

    enabled: bool
    reason: Reason = ""


class VerdictView(Struct, frozen=True, kw_only=True):
    """What a sample gave."""

    title: str
    expected: bool
    found: bool
    events: int


class AlertView(Struct, frozen=True, kw_only=True):
    """An alert."""

    alert_id: UUID
    rule_id: str
    rule_file: str
    title: str
    severity: Severity
    body: str
    area: str
    key: dict[str, str]
    sample: dict[str, str]
    first_seen: datetime
    last_seen: datetime
    events: int
    state: AlertState
    found_at: datetime
    notice_due: datetime | None
    notified_at: datetime | None
    incident: str


class StepView(Struct, frozen=True, kw_only=True):
    """What was done with an alert."""

    at: datetime
    by: str
    action: str
    note: str


class AlertWhole(Struct, frozen=True, kw_only=True):
    """An alert with its history and what may be decided."""

    alert: AlertView
    steps: list[StepView]
    decisions: list[Decision]
    advice: str


class LineView(Struct, frozen=True, kw_only=True):
    """A raw line behind an alert."""

    raw_id: int
    time: datetime
    source_id: str
    line: str


class Judgement(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A decision on an alert."""

    decision: Decision
    reason: Reason = ""


class Notice(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the body is advised to do; the rule's own advice when it is left out."""

    advice: Text = ""


class SuppressionWanted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Alerts like this one are harmless until a day: `field` of its key has this value."""

    field: Word
    until: date
    reason: Reason
    all_bodies: bool = False


class SuppressionView(Struct, frozen=True, kw_only=True):
    """A suppression."""

    suppression_id: UUID
    rule_id: str
    body: str | None
    field: str
    value: str
    reason: str
    until: date
    made_at: datetime
    made_by: str
    ended_at: datetime | None


class IncidentMade(Struct, frozen=True, kw_only=True):
    """The incident that an alert became."""

    incident_id: UUID
    number: str


class FindingView(Struct, frozen=True, kw_only=True):
    """A weakness that somebody outside found."""

    finding_id: UUID
    body: str
    source: str
    title: str
    reference: str
    target: str
    severity: str
    found_on: date
    due_on: date | None
    advice: str
    sent_at: datetime | None


class FaultView(Struct, frozen=True, kw_only=True):
    """What is wrong with a cell of a list."""

    row: int
    column: str
    why: str
    remedy: str


class ListLooked(Struct, frozen=True, kw_only=True):
    """What a list holds; nothing was kept."""

    rows: int
    repeated: int
    bodies: dict[str, int]
    faults: list[FaultView]


class ListTaken(Struct, frozen=True, kw_only=True):
    """What was kept of a list."""

    rows: int
    new: int


class FindingsSent(Struct, frozen=True, kw_only=True):
    """What was passed on."""

    findings: int
    bodies: tuple[str, ...]


class TrialLine(Struct, frozen=True, kw_only=True):
    """A line of the table planted - found - false."""

    scenario: str
    title: str
    lines: int
    planted: int
    found: int
    false: int
    missed: tuple[str, ...]
    wrong: tuple[str, ...]


OpenStates = Literal["waiting", "open", "all"]


def source_view(source: Source, traffic: SourceFigures | None) -> SourceView:
    """A source for a program."""
    names = set(SourceView.__struct_fields__) - {"last_day"}
    return SourceView(
        **{name: getattr(source, name) for name in names},
        last_day=Traffic(
            **{name: getattr(traffic, name) for name in Traffic.__struct_fields__}
            if traffic is not None
            else {}
        ),
    )


def batch_view(batch: Batch) -> BatchView:
    """A batch for a program."""
    names = set(BatchView.__struct_fields__) - {"batch"}
    return BatchView(batch=batch.batch_no, **{name: getattr(batch, name) for name in names})


def rule_line(kept: Kept) -> RuleLine:
    """A rule file for a program."""
    head = kept.file.head
    return RuleLine(
        name=kept.file.name,
        rule_id=head.id,
        title=head.title,
        level=head.level,
        kind=head.course.kind.value if head.course else "event",
        enabled=kept.enabled,
        packaged=kept.packaged,
        tags=head.tags,
        reason=kept.reason,
    )


def rule_view(kept: Kept) -> RuleView:
    """A rule file with its text."""
    head = kept.file.head
    return RuleView(
        line=rule_line(kept),
        description=head.description,
        false_positives=head.false_positives,
        advice=head.advice,
        text=kept.file.text,
        samples=kept.samples,
    )


def alert_view(alert: Alert, due: datetime | None) -> AlertView:
    """An alert for a program."""
    names = set(AlertView.__struct_fields__) - {"notice_due"}
    return AlertView(**{name: getattr(alert, name) for name in names}, notice_due=due)


def alert_whole(alert: Alert, steps: list[Step], due: datetime | None, advice: str) -> AlertWhole:
    """An alert with its history."""
    return AlertWhole(
        alert=alert_view(alert, due),
        steps=[
            StepView(at=one.at, by=one.by_name, action=one.action, note=one.note) for one in steps
        ],
        decisions=decisions(alert.state),
        advice=advice,
    )


def suppression_view(one: Suppression) -> SuppressionView:
    """A suppression for a program."""
    names = SuppressionView.__struct_fields__
    return SuppressionView(**{name: getattr(one, name) for name in names})


def finding_view(row: FindingRow) -> FindingView:
    """A finding for a program."""
    return FindingView(**{name: getattr(row, name) for name in FindingView.__struct_fields__})


def fault_view(fault: CellFault) -> FaultView:
    """A fault for a program."""
    return FaultView(row=fault.row, column=fault.column, why=fault.why, remedy=fault.remedy)
