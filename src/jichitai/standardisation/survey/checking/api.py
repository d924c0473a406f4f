"""Calls of a prefecture that checks what its members answer."""

from datetime import date, datetime
from typing import Annotated, Final, Literal
from uuid import UUID

from litestar import get, post
from litestar.params import FromPath, JSONBody
from litestar.types import ControllerRouterHandler
from msgspec import Meta, Struct

from jichitai.standardisation.access import SUPERVISOR
from jichitai.standardisation.messages import Cost, Line, System
from jichitai.standardisation.survey.bodies.content import costs_of, systems_of
from jichitai.standardisation.survey.bodies.store import Request
from jichitai.standardisation.survey.checking.pages import Outgoing
from jichitai.standardisation.survey.checking.service import Checks, counts
from jichitai.standardisation.survey.checking.store import MemberAnswer
from jichitai.standardisation.survey.model import CheckState
from jichitai.web.inject import Db, LawClock, Who

_BASE: Final = "/api/v1/standardisation/checks"
_TAGS: Final = ["standardisation-checks"]
_OPT: Final = {"roles": SUPERVISOR}
_Count = Annotated[int, Meta(ge=0, le=1_000_000)]


class RoundItem(Struct, frozen=True, kw_only=True):
    """A round, and how far the members and their checks are."""

    round_id: UUID
    subject: str
    as_of: date
    due_on: date
    checked_by: date
    open: bool
    asked: int
    answered: int
    waiting: int
    ok: int
    returned: int
    missing: int


class MemberItem(Struct, frozen=True, kw_only=True):
    """A member and its newest answer; `revision` is 0 without one."""

    body: str
    name: str
    revision: int
    answered_at: datetime | None
    check: str
    check_reason: str


class AnswerItem(Struct, frozen=True, kw_only=True):
    """One answer; `checks` counts how often it was looked at."""

    revision: int
    checks: int
    reason: str
    answered_at: datetime
    systems: tuple[System, ...]
    costs: tuple[Cost, ...]
    check: str
    check_reason: str
    checked_at: datetime | None

    @classmethod
    def of(cls, one: MemberAnswer) -> "AnswerItem":
        """From what is kept."""
        return cls(
            revision=one.revision,
            checks=one.checks,
            reason=one.reason,
            answered_at=one.answered_at,
            systems=systems_of(one.report),
            costs=costs_of(one.report),
            check=one.check.value,
            check_reason=one.check_reason,
            checked_at=one.checked_at,
        )


class ChangeItem(Struct, frozen=True, kw_only=True):
    """What the newest answer tells differently from the one before."""

    where: str
    fact: str
    before: str
    after: str
    backwards: bool


class LookedItem(Struct, frozen=True, kw_only=True):
    """A member's answers, newest first, and what changed last."""

    body: str
    name: str
    answers: tuple[AnswerItem, ...]
    changes: tuple[ChangeItem, ...]


class CheckBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A finding; `revision` and `checks` are those of the answer that was read."""

    revision: _Count
    checks: _Count
    state: Literal["ok", "returned"]
    reason: Line = ""


class Finding(Struct, frozen=True, kw_only=True):
    """The number of a finding of one answer."""

    number: int


@get(_BASE, opt=_OPT, summary="Rounds to check (回答の確認)", tags=_TAGS)
async def rounds(principal: Who, db: Db, clock: LawClock, outbox: Outgoing) -> list[RoundItem]:
    """The latest day first."""
    prefecture, work = principal.body_prefecture(), Checks(clock, outbox)
    async with db.transaction(all_towns=True, read_only=True) as tx:
        found = []
        for one in await work.rounds(tx, prefecture):
            _, members = await work.members(tx, prefecture, one.round_id)
            found.append(_round(one, **counts(members)))
    return found


def _round(one: Request, **counted: int) -> RoundItem:
    return RoundItem(
        round_id=one.round_id,
        subject=one.subject,
        as_of=one.as_of,
        due_on=one.due_on,
        checked_by=one.checked_by,
        open=one.open,
        **counted,
    )


@get(f"{_BASE}/{{round_id:uuid}}", opt=_OPT, summary="Members of a round", tags=_TAGS)
async def members(
    round_id: FromPath[UUID], principal: Who, db: Db, clock: LawClock, outbox: Outgoing
) -> list[MemberItem]:
    """By code."""
    prefecture = principal.body_prefecture()
    async with db.transaction(all_towns=True, read_only=True) as tx:
        _, found = await Checks(clock, outbox).members(tx, prefecture, round_id)
    return [
        MemberItem(
            body=one.body.code,
            name=one.body.name,
            revision=one.answer.revision if one.answer else 0,
            answered_at=one.answer.answered_at if one.answer else None,
            check=one.answer.check.value if one.answer else "",
            check_reason=one.answer.check_reason if one.answer else "",
        )
        for one in found
    ]


@get(f"{_BASE}/{{round_id:uuid}}/{{code:str}}", opt=_OPT, summary="A member's answers", tags=_TAGS)
async def answer(
    round_id: FromPath[UUID],
    code: FromPath[str],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Outgoing,
) -> LookedItem:
    """Newest first, with what changed since the answer before."""
    prefecture = principal.body_prefecture()
    async with db.transaction(all_towns=True, read_only=True) as tx:
        found = await Checks(clock, outbox).look(tx, prefecture, round_id, code)
    return LookedItem(
        body=found.body.code,
        name=found.body.name,
        answers=tuple(AnswerItem.of(one) for one in found.answers),
        changes=tuple(
            ChangeItem(
                where=one.where,
                fact=one.fact,
                before=one.before,
                after=one.after,
                backwards=one.backwards,
            )
            for one in (found.changes if found.before else ())
        ),
    )


@post(
    f"{_BASE}/{{round_id:uuid}}/{{code:str}}/findings",
    opt=_OPT,
    summary="Find an answer right, or give it back",
    tags=_TAGS,
)
async def decide(
    round_id: FromPath[UUID],
    code: FromPath[str],
    data: JSONBody[CheckBody],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Outgoing,
) -> Finding:
    """The ministry and the member hear it; given back only with a reason."""
    prefecture = principal.body_prefecture()
    async with db.transaction(all_towns=True) as tx:
        number = await Checks(clock, outbox).decide(
            tx,
            prefecture,
            round_id,
            code,
            revision=data.revision,
            checks=data.checks,
            state=CheckState(data.state),
            reason=data.reason,
            actor=principal.actor,
        )
    return Finding(number=number)


CHECK_CALLS: Final[tuple[ControllerRouterHandler, ...]] = (rounds, members, answer, decide)
