"""What the calls take and give, and how values of the register become it."""

from dataclasses import asdict
from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from jichitai.register.model.findings import Finding
from jichitai.register.model.forms import Form
from jichitai.register.model.masking import masked
from jichitai.register.model.resident import Resident
from jichitai.register.service.entry import Entry
from jichitai.register.service.people import Version
from jichitai.register.store.log import Event

EntryState = Literal["draft", "submitted", "approved", "returned", "withdrawn"]
Reason = Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
Text = Annotated[str, msgspec.Meta(max_length=500)]
Number = Annotated[int, msgspec.Meta(ge=0, le=9_007_199_254_740_991)]


class NewEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A form to be entered.

    Attributes:
        entry_id: made by the caller; the same request again makes no second entry.
        reasons: reason per alert code.
        keep_draft: keep it although it has errors.
    """

    entry_id: UUID
    form: Form
    reasons: dict[str, Text] = {}
    keep_draft: bool = False


class ChangedEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A form that replaces the one entered before."""

    form: Form
    reasons: dict[str, Text] = {}


class Approval(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """本登録 of the revision that the approver saw."""

    revision: Annotated[int, msgspec.Meta(ge=1, le=2_147_483_647)]


class Because(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A deed that needs a reason."""

    reason: Reason


class Search(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Conditions of a search; see `Query`."""

    reason: Reason
    name: Text = ""
    kana: Text = ""
    given_kana: Text = ""
    birth_date: Text = ""
    sex: Text = ""
    address: Text = ""
    addressee_number: Text = ""
    juki_code: Text = ""
    my_number: Text = ""
    removed: bool = False
    past: bool = False


class FindingAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """An error or an alert."""

    level: str
    code: str
    field: str
    detail: str


class EntryAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """An entry; numbers of persons in its form are masked."""

    id: UUID
    receipt: int
    kind: str
    state: str
    revision: int
    form: Form
    reasons: dict[str, str]
    findings: list[FindingAnswer]
    entered_by: str
    entered_at: datetime
    submitted_at: datetime | None
    decided_by: str | None
    decided_at: datetime | None
    return_reason: str | None
    event_number: int | None


class EntryItem(msgspec.Struct, frozen=True, kw_only=True):
    """An entry in a list; it names nobody."""

    id: UUID
    receipt: int
    kind: str
    state: str
    revision: int
    errors: int
    alerts: int
    entered_by: str
    entered_at: datetime
    own: bool


class Approved(msgspec.Struct, frozen=True, kw_only=True):
    """The event that an entry became."""

    event_number: int


class HitAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A person found."""

    id: UUID
    household_id: UUID
    state: str
    addressee_number: str
    name: str
    kana: str
    birth_date: str
    sex: str
    relation: str
    address: str
    past: bool


class SearchAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Persons found; `more` says that the list is cut."""

    hits: list[HitAnswer]
    more: bool


class ResidentAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A resident without the two numbers."""

    id: UUID
    version: int
    state: str
    addressee_number: str
    household_id: UUID
    relation: str
    name: str
    kana: str
    kana_confirmed: bool
    former_name: str | None
    alias: str | None
    birth_date: str
    sex: str
    address: str
    postal_code: str
    resident_since: str
    address_since: str
    reported_on: date
    basis: str
    previous_municipality: str
    previous_address: str
    has_my_number: bool
    planned_departure: date | None
    removed_on: str | None
    removed_reason: str | None


class VersionAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A row of a history with its event."""

    event_number: int
    kind: str
    reason: str
    occurred_on: str
    recorded_at: datetime
    cancels: int | None
    resident: ResidentAnswer


class HouseholdAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A household; `removed` are lines that were removed while they belonged to it."""

    id: UUID
    number: str
    head_id: UUID | None
    closed: bool
    members: list[ResidentAnswer]
    removed: list[ResidentAnswer]


class EventAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the event log; it names nobody."""

    number: int
    kind: str
    reason: str
    net_reason: str
    basis: str
    delta: int
    occurred_on: str
    reported_on: date
    recorded_at: datetime
    persons: int
    cancels: int | None


class Numbers(msgspec.Struct, frozen=True, kw_only=True):
    """住民票コード and 個人番号, shown for a reason that is on record."""

    juki_code: str
    my_number: str | None

    def __repr__(self) -> str:
        """Hide the numbers from logs and traces."""
        return "<Numbers ・・・>"


def entry_answer(entry: Entry, found: tuple[Finding, ...] = ()) -> EntryAnswer:
    """An entry as JSON, without numbers of persons."""
    return EntryAnswer(
        id=entry.id,
        receipt=entry.receipt,
        kind=entry.kind.value,
        state=entry.state,
        revision=entry.revision,
        form=masked(entry.form),
        reasons=dict(entry.reasons),
        findings=[
            FindingAnswer(level=f.level.value, code=f.code, field=f.field, detail=f.text)
            for f in found
        ],
        entered_by=entry.entered_name,
        entered_at=entry.entered_at,
        submitted_at=entry.submitted_at,
        decided_by=entry.decided_name,
        decided_at=entry.decided_at,
        return_reason=entry.return_reason,
        event_number=entry.event_number,
    )


def resident_answer(row: Resident) -> ResidentAnswer:
    """A resident as JSON, without the two numbers."""
    return ResidentAnswer(
        id=row.id,
        version=row.version,
        state=row.state.value,
        addressee_number=row.addressee_number.value,
        household_id=row.household_id,
        relation=row.relation.text,
        name=row.name.text,
        kana=row.name.kana,
        kana_confirmed=row.kana_confirmed,
        former_name=row.former_name.text if row.former_name else None,
        alias=row.alias.text if row.alias else None,
        birth_date=row.birth_date.code,
        sex=row.sex.value,
        address=row.address.text,
        postal_code=row.address.postal_code,
        resident_since=row.resident_since.code,
        address_since=row.address_since.code,
        reported_on=row.reported_on,
        basis=row.basis.value,
        previous_municipality=row.previous_municipality,
        previous_address=row.previous_address,
        has_my_number=row.my_number is not None,
        planned_departure=row.departure.planned_on if row.departure else None,
        removed_on=row.removed_on.code if row.removed_on else None,
        removed_reason=row.removed_reason.value if row.removed_reason else None,
    )


def version_answer(version: Version) -> VersionAnswer:
    """A row of a history as JSON."""
    event = version.event
    return VersionAnswer(
        event_number=event.number,
        kind=event.kind,
        reason=event.reason,
        occurred_on=event.occurred_on,
        recorded_at=event.recorded_at,
        cancels=event.cancels,
        resident=resident_answer(version.row),
    )


def event_answer(event: Event) -> EventAnswer:
    """A row of the log as JSON."""
    values = asdict(event)
    return EventAnswer(**{name: values[name] for name in EventAnswer.__struct_fields__})
