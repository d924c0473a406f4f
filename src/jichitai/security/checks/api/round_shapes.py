"""What goes into and comes out of the calls for rounds."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from jichitai.security.assets.model.kinds import Area
from jichitai.security.checks.model.answers import Answer
from jichitai.security.checks.model.corrections import Severity
from jichitai.security.checks.model.rounds import Sort
from jichitai.security.checks.model.texts import PLAIN
from jichitai.security.guideline.model import NetworkModel

_Text = Annotated[str, Meta(max_length=2_000, pattern=PLAIN)]


_Word = Annotated[str, Meta(max_length=200, pattern=PLAIN)]


class NewRound(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a new round is to be; see `Plan`."""

    sort: Sort
    fiscal_year: Annotated[int, Meta(ge=2020, le=2100)]
    title: _Word = ""
    network_model: NetworkModel = NetworkModel.ALPHA
    cloud: bool = True
    due_on: date | None = None
    auditor: _Word = ""
    areas: Annotated[tuple[Area, ...], Meta(max_length=4)] = ()
    systems: Annotated[tuple[UUID, ...], Meta(max_length=500)] = ()


class OpenedRound(Struct, frozen=True, kw_only=True):
    """What beginning a round made."""

    round_id: UUID
    questions: int
    carried: int
    stale: int


class Counts(Struct, frozen=True, kw_only=True):
    """How many questions have which answer; what nobody confirmed counts as unanswered."""

    asked: int
    met: int
    partly: int
    unmet: int
    not_applicable: int
    unanswered: int


class PartView(Struct, frozen=True, kw_only=True):
    """Counts of one measure of the law (`law-1` … `law-8`, `policy`) or weak spot (`weak-…`)."""

    key: str
    title: str
    counts: Counts


class RoundView(Struct, frozen=True, kw_only=True):
    """A round."""

    round_id: UUID
    sort: Sort
    fiscal_year: int
    title: str
    guideline_version: str
    network_model: NetworkModel
    cloud: bool
    auditor: str
    state: str
    due_on: date | None
    opened_at: datetime
    finished_on: date | None
    revision: int
    note: str


class RoundList(Struct, frozen=True, kw_only=True):
    """The rounds of a body, the newest first."""

    rounds: list[RoundView]


class TargetView(Struct, frozen=True, kw_only=True):
    """Something that is checked."""

    target_id: UUID
    kind: str
    name: str
    area: str
    system_id: str


class EventView(Struct, frozen=True, kw_only=True):
    """Something that happened."""

    at: datetime
    by: str
    what: str
    note: str


class RoundDetail(Struct, frozen=True, kw_only=True):
    """A round with its targets, counts and history."""

    round: RoundView
    targets: list[TargetView]
    counts: Counts
    weak_spots: list[PartView]
    measures: list[PartView]
    unconfirmed: int
    uncovered: int
    events: list[EventView]


class QuestionView(Struct, frozen=True, kw_only=True):
    """A question with its answer.

    Attributes:
        version: of the answer; 0 when there is none. It goes back with the next answer.
        confirmed: false while an answer was only carried over.
        stale: why a carried answer needs a new look.
        covered: whether a gap has a correction or an exception.
    """

    target_id: UUID
    target: str
    item_id: str
    chapter: str
    title: str
    weak_spots: list[str]
    answer: Answer | None
    reason: str
    practice: str
    evidence: list[UUID]
    version: int
    confirmed: bool
    stale: list[str]
    covered: bool
    answered_by: str
    answered_at: datetime | None


class QuestionList(Struct, frozen=True, kw_only=True):
    """Questions in the order of targets and of the guideline."""

    questions: list[QuestionView]


class PlannedCorrection(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What will be done about a gap."""

    owner: Annotated[str, Meta(max_length=80, pattern=PLAIN)]
    due_on: date
    title: _Word = ""
    detail: _Text = ""
    severity: Severity = Severity.MEDIUM


class NewAnswer(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An answer, made on the version that was read."""

    target_id: UUID
    item_id: Annotated[str, Meta(max_length=60, pattern=PLAIN)]
    answer: Answer
    version: Annotated[int, Meta(ge=0, le=1_000_000)]
    reason: _Text = ""
    practice: _Text = ""
    evidence: Annotated[tuple[UUID, ...], Meta(max_length=50)] = ()
    correction: PlannedCorrection | None = None


class NewAnswers(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Answers that are written together, all or none."""

    answers: Annotated[list[NewAnswer], Meta(min_length=1, max_length=2_000)]


class Confirmation(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Confirm carried answers that nothing made stale; of all targets when none is named."""

    targets: Annotated[tuple[UUID, ...], Meta(max_length=500)] = ()


class Written(Struct, frozen=True, kw_only=True):
    """How many answers were written."""

    written: int


class Closing(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The end of a round; `note` says why questions stay open."""

    note: _Text = ""


class Reason(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why."""

    reason: Annotated[str, Meta(min_length=1, max_length=2_000, pattern=PLAIN)]


class Closed(Struct, frozen=True, kw_only=True):
    """What was reported upwards when a round ended."""

    revision: int
    open_corrections: int
    late_corrections: int
    open_exceptions: int
    parts: list[PartView]
