"""Bodies of the JSON calls of 見守り."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from jichitai.correspondence.model.preview import Preview, Wrong
from jichitai.correspondence.store.contacts import Contact
from jichitai.correspondence.store.reminders import Reminder
from jichitai.security.messages import S01, S02, S05
from jichitai.security.obligations.model import Denominator, Rate
from jichitai.security.oversight.model.forms import Form, Tally
from jichitai.security.oversight.model.letters import Matter
from jichitai.security.oversight.model.standing import Rates, SizeClass, Standing
from jichitai.security.oversight.store.surveys import Answer, Publication, Round

Code = Annotated[str, Meta(pattern=r"^\d{6}$")]
_PLAIN = r"^[^\x00]*$"
"""No NUL: the database keeps none."""
Title = Annotated[str, Meta(min_length=1, max_length=120, pattern=_PLAIN)]
Text = Annotated[str, Meta(max_length=2_000, pattern=_PLAIN)]
Reason = Annotated[str, Meta(max_length=400, pattern=_PLAIN)]
Answers = Annotated[
    dict[Annotated[str, Meta(max_length=80, pattern=_PLAIN)], Reason], Meta(max_length=100)
]


class RateItem(Struct, frozen=True, kw_only=True):
    """One rate with its parts."""

    numerator: int
    total: int
    percent: float | None

    @classmethod
    def of(cls, rate: Rate) -> "RateItem":
        """From the rate."""
        return cls(numerator=rate.numerator, total=rate.total, percent=rate.percent)


class RatesItem(Struct, frozen=True, kw_only=True):
    """The rates on one denominator."""

    denominator: Denominator
    name: str
    definition: str
    adopted: RateItem
    counted: RateItem
    silent: int

    @classmethod
    def of(cls, rates: Rates) -> "RatesItem":
        """From the rates."""
        return cls(
            denominator=rates.denominator,
            name=rates.denominator.japanese,
            definition=rates.denominator.definition,
            adopted=RateItem.of(rates.adopted),
            counted=RateItem.of(rates.counted),
            silent=rates.silent,
        )


class Summary(Struct, frozen=True, kw_only=True):
    """The rates on every denominator on a day."""

    as_of: date
    rates: list[RatesItem]


class BodyItem(Struct, frozen=True, kw_only=True):
    """Where one body stands."""

    code: str
    name: str
    kind: str
    size: str
    prefecture: str
    status: str
    status_word: str
    adopted: bool
    counted: bool
    organs: dict[str, str]
    network_model: str
    review_late: bool
    reported_at: datetime | None
    reminded_at: datetime | None
    contact: bool

    @classmethod
    def of(cls, one: Standing, *, reminded_at: datetime | None, contact: bool) -> "BodyItem":
        """From the standing."""
        return cls(
            code=one.body.code,
            name=one.body.full_name,
            kind=one.body.kind,
            size=SizeClass.of(one.body),
            prefecture=one.body.prefecture_code,
            status=one.head.key,
            status_word=one.head.japanese,
            adopted=one.adopted,
            counted=one.counted,
            organs={str(organ): step.key for organ, step in one.organs.items()},
            network_model=one.model,
            review_late=one.review_late,
            reported_at=one.reported_at,
            reminded_at=reminded_at,
            contact=contact,
        )


class BodyPage(Struct, frozen=True, kw_only=True):
    """A part of the list; ask again with `after` while it is not null."""

    total: int
    items: list[BodyItem]
    after: str | None


class ContactBody(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The office of a body."""

    office: Title
    mail: Annotated[str, Meta(min_length=3, max_length=254, pattern=_PLAIN)]
    phone: Annotated[str, Meta(max_length=30, pattern=_PLAIN)] = ""


class BodyEvidence(Struct, frozen=True, kw_only=True):
    """One body with what its standing rests on."""

    body: BodyItem
    policies: list[S01]
    history: list[S01]
    incidents: list[S02]
    checks: list[S05]
    contact: Contact | None
    reminders: list[Reminder]


class ReminderBody(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Whom to remind of what. Without `bodies` all that are late; without words the usual ones."""

    matter: Matter
    bodies: Annotated[list[Code], Meta(min_length=1, max_length=3_000)] | None = None
    round_id: UUID | None = None
    due_on: date | None = None
    subject: Annotated[str, Meta(max_length=100, pattern=_PLAIN)] = ""
    text: Text = ""


class ReminderPlan(Struct, frozen=True, kw_only=True):
    """Whom a reminder reaches, and why others not."""

    bodies: list[str]
    without_address: list[str]
    reminded_today: list[str]
    done: list[str]


class RoundBody(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a survey asks, of whom and until when."""

    title: Title
    purpose: Text = ""
    form: Form
    as_of: date
    due_on: date
    denominator: Denominator


class RoundItem(Struct, frozen=True, kw_only=True):
    """A survey round."""

    round_id: UUID
    title: str
    state: str
    as_of: date
    due_on: date
    denominator: str
    asked: int
    answered: int
    opened_at: datetime | None
    closed_at: datetime | None

    @classmethod
    def of(cls, found: Round) -> "RoundItem":
        """From the round."""
        return cls(**{name: getattr(found, name) for name in cls.__struct_fields__})


class RoundDetail(Struct, frozen=True, kw_only=True):
    """A survey round with its form, its answers and their counts."""

    survey: RoundItem
    form: Form
    tally: list[Tally]
    answers: list[Answer]
    missing: list[str]


class Made(Struct, frozen=True, kw_only=True):
    """The id of what was made."""

    id: UUID


class Done(Struct, frozen=True, kw_only=True):
    """How many bodies it concerned."""

    bodies: int


class WrongItem(Struct, frozen=True, kw_only=True):
    """A fault of a cell with its row."""

    row: str
    body: str
    fault: Wrong


class PreviewItem(Struct, frozen=True, kw_only=True):
    """What a file would write; nothing is written yet."""

    upload_id: UUID | None
    cells: int
    rows: int
    right: int
    faults: list[WrongItem]

    @classmethod
    def of(cls, found: Preview, upload_id: UUID | None = None) -> "PreviewItem":
        """From the preview."""
        return cls(
            upload_id=upload_id,
            cells=found.cells,
            rows=len(found.rows),
            right=found.right,
            faults=[WrongItem(row=row.row, body=row.name, fault=one) for row, one in found.faults],
        )


class ApplyBody(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The rows whose offered repair is accepted."""

    repaired: Annotated[list[Annotated[str, Meta(max_length=200)]], Meta(max_length=3_000)] = []


class PublishBody(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Why an earlier edition is corrected; empty for the first."""

    reason: Reason = ""


class EditionItem(Struct, frozen=True, kw_only=True):
    """One published edition."""

    survey: UUID
    title: str
    edition: int
    reason: str
    published_at: datetime
    current: bool

    @classmethod
    def of(cls, found: Publication) -> "EditionItem":
        """From the publication."""
        return cls(
            survey=found.round_id,
            title=found.title,
            edition=found.edition,
            reason=found.reason,
            published_at=found.published_at,
            current=found.current,
        )


class NoticeItem(Struct, frozen=True, kw_only=True):
    """An entry of a body's inbox."""

    notice_id: UUID
    sender: str
    sort: str
    subject: str
    text: str
    due_on: date | None
    round_id: UUID | None
    sent_at: datetime
    read_at: datetime | None
    answered: int


class SentItem(Struct, frozen=True, kw_only=True):
    """An answer that was sent."""

    revision: int
    answers: dict[str, str]
    reason: str
    answered_at: datetime


class NoticeDetail(Struct, frozen=True, kw_only=True):
    """A request with its form, what was typed and what was sent."""

    notice: NoticeItem
    form: Form | None
    answers: dict[str, str]
    drafted: bool
    sent: list[SentItem]


class DraftBody(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What was typed so far."""

    answers: Answers


class AnswerBody(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Answers to be sent; a correction says why."""

    answers: Answers
    reason: Reason = ""


class Revision(Struct, frozen=True, kw_only=True):
    """The number of the answer."""

    revision: int
