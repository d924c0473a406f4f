"""What the calls of the ministry's rounds take and give."""

from datetime import date, datetime
from typing import Annotated, Literal, TypeAlias
from uuid import UUID

from msgspec import Meta, Struct

from jichitai.correspondence.model.preview import Preview, Wrong
from jichitai.correspondence.store.readings import Reading
from jichitai.standardisation.progress.reports import BodyReport
from jichitai.standardisation.survey.model import Asked, Given, Round
from jichitai.standardisation.survey.service.deadlines import Deadline
from jichitai.standardisation.survey.service.rounds import Standing

Line: TypeAlias = Annotated[str, Meta(max_length=120, pattern=r"^[^\x00]*$")]
Text: TypeAlias = Annotated[str, Meta(max_length=2_000, pattern=r"^[^\x00]*$")]
Code: TypeAlias = Annotated[str, Meta(pattern=r"^\d{6}\Z")]
FAULTS_TOLD = 1_000


class RoundBody(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a round asks."""

    title: Line
    note: Text = ""
    as_of: date
    due_on: date
    checked_by: date

    def asked(self) -> Asked:
        """As the service takes it."""
        return Asked(
            title=self.title,
            note=self.note,
            as_of=self.as_of,
            due_on=self.due_on,
            checked_by=self.checked_by,
        )


class RoundItem(Struct, frozen=True, kw_only=True):
    """One round."""

    id: UUID
    title: str
    note: str
    as_of: date
    due_on: date
    checked_by: date
    status: str
    asked: int
    answered: int

    @classmethod
    def of(cls, found: Round, counts: tuple[int, int] = (0, 0)) -> "RoundItem":
        """From the round, with bodies asked and answered."""
        return cls(
            id=found.round_id,
            title=found.title,
            note=found.note,
            as_of=found.as_of,
            due_on=found.due_on,
            checked_by=found.checked_by,
            status=found.status.value,
            asked=counts[0],
            answered=counts[1],
        )


class StandingItem(Struct, frozen=True, kw_only=True):
    """Where a body stands: late, missing, returned, answered or checked."""

    code: str
    name: str
    status: str
    answered_at: datetime | None
    number: int | None
    reason: str

    @classmethod
    def of(cls, one: Standing) -> "StandingItem":
        """From the standing."""
        given = one.given
        return cls(
            code=one.body.code,
            name=one.body.full_name,
            status=one.key,
            answered_at=given.answered_at if given else None,
            number=given.number if given else None,
            reason=given.check_reason if given else "",
        )


class RoundDetail(Struct, frozen=True, kw_only=True):
    """A round and its bodies."""

    round: RoundItem
    bodies: list[StandingItem]


class AnswerItem(Struct, frozen=True, kw_only=True):
    """One answer of a body."""

    number: int
    via: str
    answered_at: datetime
    received_at: datetime
    check: str
    check_reason: str
    report: BodyReport

    @classmethod
    def of(cls, one: Given) -> "AnswerItem":
        """From the answer."""
        return cls(
            number=one.number,
            via=one.via.value,
            answered_at=one.answered_at,
            received_at=one.received_at,
            check=one.check.value,
            check_reason=one.check_reason,
            report=one.report,
        )


class FaultItem(Struct, frozen=True, kw_only=True):
    """A fault with its row."""

    row: str
    body: str
    fault: Wrong


class PreviewItem(Struct, frozen=True, kw_only=True):
    """What a file would write; nothing is written yet. At most 1,000 faults are told.

    An archive of many files is read in the background: `state` is `reading` until then, and
    `files_read` of `files` tells how far it is; ask again later. `refused` comes with `why`.
    """

    upload_id: UUID
    state: Literal["reading", "read", "refused"] = "read"
    files: int = 0
    files_read: int = 0
    why: str = ""
    cells: int
    rows: int
    right: int
    fault_count: int
    faults: list[FaultItem]

    @classmethod
    def of(cls, found: Preview, upload_id: UUID) -> "PreviewItem":
        """From the preview."""
        faults = found.faults
        return cls(
            upload_id=upload_id,
            cells=found.cells,
            rows=len(found.rows),
            right=found.right,
            fault_count=len(faults),
            faults=[
                FaultItem(row=row.row, body=row.name, fault=one)
                for row, one in faults[:FAULTS_TOLD]
            ],
        )


def reading_item(one: Reading) -> PreviewItem:
    """A file that is not read yet."""
    return PreviewItem(
        upload_id=one.upload_id,
        state="refused" if one.refusal else "reading",
        files=one.total,
        files_read=one.done,
        why=one.refusal,
        cells=0,
        rows=0,
        right=0,
        fault_count=0,
        faults=[],
    )


class ApplyBody(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The rows whose offered repair is accepted."""

    repaired: Annotated[list[Annotated[str, Meta(max_length=200)]], Meta(max_length=40_000)] = []


class WrittenItem(Struct, frozen=True, kw_only=True):
    """What an upload changed: bodies written, standing the same, rows left out."""

    bodies: int
    same: int
    left: int


class ReminderBody(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A reminder; without words the usual ones, without codes all that have not answered."""

    subject: Annotated[str, Meta(max_length=100, pattern=r"^[^\x00]*$")] = ""
    text: Text = ""
    codes: Annotated[list[Code], Meta(max_length=1_788)] | None = None


class ReminderItem(Struct, frozen=True, kw_only=True):
    """Whom a reminder reaches."""

    bodies: list[str]
    without_address: list[str]
    reminded_today: list[str]


class Made(Struct, frozen=True, kw_only=True):
    """What was made."""

    id: UUID


class Done(Struct, frozen=True, kw_only=True):
    """How many bodies it was about."""

    bodies: int


class DeadlineItem(Struct, frozen=True, kw_only=True):
    """A day of a round."""

    round: UUID
    title: str
    what: str
    on: date
    works_until: date
    business_days_left: int
    missing: int

    @classmethod
    def of(cls, one: Deadline) -> "DeadlineItem":
        """From the deadline."""
        return cls(
            round=one.round.round_id,
            title=one.round.title,
            what=one.what,
            on=one.on,
            works_until=one.works_until,
            business_days_left=one.left,
            missing=one.missing,
        )
