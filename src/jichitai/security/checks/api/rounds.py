"""Rounds of self-checks and audits, for programs."""

from datetime import date, datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from litestar import get, post
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.types import ControllerRouterHandler
from msgspec import Meta, Struct

from jichitai.infra.outbox import Outbox
from jichitai.security.access import INSIDE, body_code
from jichitai.security.assets.model.kinds import Area
from jichitai.security.checks.model.answers import Answer, Count, Given, count
from jichitai.security.checks.model.corrections import Planned, Severity
from jichitai.security.checks.model.counting import Part, by_law, by_spot
from jichitai.security.checks.model.rounds import Plan, Sort
from jichitai.security.checks.service.answers import Answers, Reply
from jichitai.security.checks.service.rounds import Rounds, known_round
from jichitai.security.checks.store import registers, rounds
from jichitai.security.checks.store.rounds import Line, RoundRow
from jichitai.security.guideline.model import NetworkModel
from jichitai.web.inject import Db, LawClock, Who
from jichitai.web.inject import Given as Injected
from jichitai.web.rights import Role

CHECKERS: Final = frozenset({Role.SECURITY_OFFICER, Role.SECURITY_AUDITOR})
"""Who answers: officers in self-checks, auditors in audits; the service tells them apart."""

_READ: Final[dict[str, Any]] = {"roles": INSIDE}
_WRITE: Final[dict[str, Any]] = {"roles": CHECKERS}
_TAGS: Final = ["security"]
_Text = Annotated[str, Meta(max_length=2_000)]
_Word = Annotated[str, Meta(max_length=200)]
Only = Annotated[
    Literal["all", "unanswered", "gaps", "stale", "uncovered"],
    QueryParameter(description="which questions"),
]


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

    owner: Annotated[str, Meta(max_length=80)]
    due_on: date
    title: _Word = ""
    detail: _Text = ""
    severity: Severity = Severity.MEDIUM


class NewAnswer(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An answer, made on the version that was read."""

    target_id: UUID
    item_id: Annotated[str, Meta(max_length=60)]
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

    reason: Annotated[str, Meta(min_length=1, max_length=2_000)]


class Closed(Struct, frozen=True, kw_only=True):
    """What was reported upwards when a round ended."""

    revision: int
    open_corrections: int
    late_corrections: int
    open_exceptions: int
    parts: list[PartView]


@get("/api/v1/security/checks", opt=_READ, summary="Rounds of checks", tags=_TAGS)
async def list_rounds(principal: Who, db: Db) -> RoundList:
    """The newest first."""
    body = body_code(principal)
    async with db.transaction(town=body, read_only=True) as tx:
        found = await rounds.rounds(tx, body)
    return RoundList(rounds=[round_view(row) for row in found])


@post("/api/v1/security/checks", opt=_WRITE, status_code=201, summary="Begin a round", tags=_TAGS)
async def open_round(
    data: JSONBody[NewRound], principal: Who, db: Db, clock: LawClock, outbox: Injected[Outbox]
) -> OpenedRound:
    """A self-check takes over last year's answers, to be confirmed."""
    body = body_code(principal)
    plan = Plan(**{name: getattr(data, name) for name in NewRound.__struct_fields__})
    async with db.transaction(town=body) as tx:
        found = await Rounds(clock, outbox).open(tx, body, plan, by=principal.actor)
    return OpenedRound(
        round_id=found.round_id,
        questions=found.questions,
        carried=found.carried,
        stale=found.stale,
    )


@get(
    "/api/v1/security/checks/{round_id:uuid}", opt=_READ, summary="A round and its counts",
    tags=_TAGS,
)  # fmt: skip
async def show_round(
    round_id: FromPath[UUID], principal: Who, db: Db, clock: LawClock
) -> RoundDetail:
    """Counts by weak spot and by measure of the law."""
    body, today = body_code(principal), clock.today()
    async with db.transaction(town=body, read_only=True) as tx:
        row = await known_round(tx, body, round_id)
        targets = await rounds.targets(tx, body, round_id)
        lines = await rounds.lines(tx, body, round_id, today)
        events = await registers.events(tx, body, round_id)
    tallies = [line.tally for line in lines]
    return RoundDetail(
        round=round_view(row),
        targets=[
            TargetView(
                target_id=one.target_id,
                kind=one.kind,
                name=one.name,
                area=one.area,
                system_id=one.ref,
            )
            for one in targets
        ],
        counts=_counts(count(one.answer for one in tallies)),
        weak_spots=[_part(one) for one in by_spot(tallies, today)],
        measures=[_part(one) for one in by_law(tallies)],
        unconfirmed=sum(line.confirmed is False for line in lines),
        uncovered=sum(line.uncovered for line in lines),
        events=[
            EventView(at=one.at, by=one.by_name, what=one.what, note=one.note) for one in events
        ],
    )


@get(
    "/api/v1/security/checks/{round_id:uuid}/questions", opt=_READ,
    summary="Questions and answers of a round", tags=_TAGS,
)  # fmt: skip
async def list_questions(
    round_id: FromPath[UUID], principal: Who, db: Db, clock: LawClock, only: Only = "all"
) -> QuestionList:
    """All of them, or those that need something."""
    body = body_code(principal)
    async with db.transaction(town=body, read_only=True) as tx:
        await known_round(tx, body, round_id)
        lines = await rounds.lines(tx, body, round_id, clock.today())
    return QuestionList(questions=[_question(line) for line in lines if wanted(line, only)])


@post(
    "/api/v1/security/checks/{round_id:uuid}/answers", opt=_WRITE, status_code=200,
    summary="Answer questions", tags=_TAGS, request_max_body_size=12 * 1024 * 1024,
)  # fmt: skip
async def answer(
    round_id: FromPath[UUID], data: JSONBody[NewAnswers], principal: Who, db: Db, clock: LawClock
) -> Written:
    """All or none; 409 when somebody answered meanwhile."""
    body = body_code(principal)
    replies = [_reply(one) for one in data.answers]
    async with db.transaction(town=body) as tx:
        written = await Answers(clock).answer(tx, body, round_id, replies, by=principal.actor)
    return Written(written=written)


@post(
    "/api/v1/security/checks/{round_id:uuid}/confirm", opt=_WRITE, status_code=200,
    summary="Confirm carried answers", tags=_TAGS,
)  # fmt: skip
async def confirm(
    round_id: FromPath[UUID], data: JSONBody[Confirmation], principal: Who, db: Db, clock: LawClock
) -> Written:
    """Those that nothing made stale."""
    body = body_code(principal)
    async with db.transaction(town=body) as tx:
        written = await Answers(clock).confirm(tx, body, round_id, data.targets, by=principal.actor)
    return Written(written=written)


@post(
    "/api/v1/security/checks/{round_id:uuid}/close", opt=_WRITE, status_code=200,
    summary="End a round and report its counts", tags=_TAGS,
)  # fmt: skip
async def close(
    round_id: FromPath[UUID],
    data: JSONBody[Closing],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Injected[Outbox],
) -> Closed:
    """Counts leave the body, answers never do."""
    body = body_code(principal)
    async with db.transaction(town=body) as tx:
        summary = await Rounds(clock, outbox).close(
            tx, body, round_id, note=data.note, by=principal.actor
        )
        lines = await rounds.lines(tx, body, round_id, clock.today())
    tallies = [line.tally for line in lines]
    return Closed(
        revision=summary.revision,
        open_corrections=summary.open_corrections,
        late_corrections=summary.late_corrections,
        open_exceptions=summary.open_exceptions,
        parts=[_part(one) for one in (*by_spot(tallies, clock.today()), *by_law(tallies))],
    )


@post(
    "/api/v1/security/checks/{round_id:uuid}/reopen", opt=_WRITE, status_code=204,
    summary="Correct a round that had ended", tags=_TAGS,
)  # fmt: skip
async def reopen(
    round_id: FromPath[UUID],
    data: JSONBody[Reason],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Injected[Outbox],
) -> None:
    """Its next end is reported as a later revision."""
    body = body_code(principal)
    async with db.transaction(town=body) as tx:
        await Rounds(clock, outbox).reopen(
            tx, body, round_id, reason=data.reason, by=principal.actor
        )


def wanted(line: Line, only: str) -> bool:
    """Whether a question is among those asked for."""
    match only:
        case "unanswered":
            return line.counted is None
        case "gaps":
            return line.given is not None and line.given.gap
        case "stale":
            return bool(line.stale) and not line.confirmed
        case "uncovered":
            return line.uncovered
        case _:
            return True


def round_view(row: RoundRow) -> RoundView:
    """A round as programs see it."""
    return RoundView(
        round_id=row.round_id,
        sort=row.kind,
        fiscal_year=row.fiscal_year,
        title=row.title,
        guideline_version=row.guideline_version,
        network_model=row.model,
        cloud=row.cloud,
        auditor=row.auditor,
        state=row.state,
        due_on=row.due_on,
        opened_at=row.opened_at,
        finished_on=row.finished_on,
        revision=row.revision,
        note=row.note,
    )


def _counts(found: Count) -> Counts:
    return Counts(
        asked=found.asked,
        met=found.met,
        partly=found.partly,
        unmet=found.unmet,
        not_applicable=found.not_applicable,
        unanswered=found.unanswered,
    )


def _part(part: Part) -> PartView:
    return PartView(key=part.key, title=part.title, counts=_counts(part.count))


def _question(line: Line) -> QuestionView:
    return QuestionView(
        target_id=line.target_id,
        target=line.target_name,
        item_id=line.item_id,
        chapter=f"{line.chapter_no} {line.chapter}",
        title=line.title,
        weak_spots=line.spots,
        answer=line.given,
        reason=line.reason or "",
        practice=line.practice or "",
        evidence=line.evidence or [],
        version=line.version or 0,
        confirmed=bool(line.confirmed),
        stale=[] if line.confirmed else line.stale or [],
        covered=bool(line.corrections or line.exceptions),
        answered_by=line.answered_by_name or "",
        answered_at=line.answered_at,
    )


def _reply(one: NewAnswer) -> Reply:
    planned = one.correction
    return Reply(
        target_id=one.target_id,
        item_id=one.item_id,
        version=one.version,
        given=Given(
            answer=one.answer, reason=one.reason, practice=one.practice, evidence=one.evidence
        ),
        correction=None
        if planned is None
        else Planned(
            title=planned.title,
            detail=planned.detail,
            owner=planned.owner,
            due_on=planned.due_on,
            severity=planned.severity,
        ),
    )


ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (
    list_rounds,
    open_round,
    show_round,
    list_questions,
    answer,
    confirm,
    close,
    reopen,
)
