"""Rounds of self-checks and audits, for programs."""

from typing import Annotated, Any, Final, Literal
from uuid import UUID

from litestar import get, post
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.types import ControllerRouterHandler

from jichitai.infra.outbox import Outbox
from jichitai.security.access import INSIDE, body_code
from jichitai.security.checks.access import CHECKERS
from jichitai.security.checks.api.round_shapes import (
    Closed,
    Closing,
    Confirmation,
    Counts,
    EventView,
    NewAnswer,
    NewAnswers,
    NewRound,
    OpenedRound,
    PartView,
    QuestionList,
    QuestionView,
    Reason,
    RoundDetail,
    RoundList,
    RoundView,
    TargetView,
    Written,
)
from jichitai.security.checks.model.answers import Count, Given, count
from jichitai.security.checks.model.corrections import Planned
from jichitai.security.checks.model.counting import Part, by_law, by_spot
from jichitai.security.checks.model.rounds import Plan
from jichitai.security.checks.service.answers import Answers, Reply
from jichitai.security.checks.service.rounds import Rounds, known_round
from jichitai.security.checks.store import registers, rounds
from jichitai.security.checks.store.rounds import Line, RoundRow
from jichitai.web.inject import Db, LawClock, Who
from jichitai.web.inject import Given as Injected

_READ: Final[dict[str, Any]] = {"roles": INSIDE}
_WRITE: Final[dict[str, Any]] = {"roles": CHECKERS}
_TAGS: Final = ["security"]
Only = Annotated[
    Literal["all", "unanswered", "gaps", "stale", "uncovered"],
    QueryParameter(description="which questions"),
]


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
    return QuestionList(questions=[_question(line) for line in lines if line.among(only)])


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
