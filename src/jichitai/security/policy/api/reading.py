"""Reading policies, the interview, the text and its history."""

from typing import Annotated, Final
from uuid import UUID

from litestar import get
from litestar.datastructures import ResponseHeader
from litestar.params import FromPath, QueryParameter
from litestar.response import Response
from litestar.types import ControllerRouterHandler
from msgspec import Struct

from jichitai.security.access import INSIDE, body_code, own_body
from jichitai.security.policy.api.views import (
    ClauseView,
    InterviewView,
    LookView,
    PolicyView,
    ReadingView,
    StepView,
    clause_view,
    look_view,
    policy_view,
    question_view,
    reading_view,
    step_view,
)
from jichitai.security.policy.model import drafting, interview
from jichitai.security.policy.service import importing, opening, papers
from jichitai.security.policy.service.desk import Desk, policy_of, version_of
from jichitai.security.policy.service.editing import clause_of
from jichitai.security.policy.service.reading import look
from jichitai.security.policy.store import clauses as clause_store
from jichitai.security.policy.store import policies as store
from jichitai.security.policy.wiring import Outgoing
from jichitai.web.inject import Db, LawClock, Who

_OPT: Final = {"roles": INSIDE}
_TAGS: Final = ["security"]
_BASE: Final = "/api/v1/security/policies"


@get(_BASE, opt=_OPT, summary="Policies of the body", tags=_TAGS)
async def list_policies(principal: Who, db: Db) -> list[PolicyView]:
    """Each with its versions, the newest first."""
    code = body_code(principal)
    async with db.transaction(town=code, read_only=True) as tx:
        rows = await store.policies(tx, code)
        versions = await store.versions(tx, code)
    return [
        policy_view(row, [one for one in versions if one.policy_id == row.policy_id])
        for row in rows
    ]


@get(f"{_BASE}/{{policy_id:uuid}}", opt=_OPT, summary="One policy", tags=_TAGS)
async def show_policy(policy_id: FromPath[UUID], principal: Who, db: Db) -> PolicyView:
    """With its versions, the newest first."""
    code = body_code(principal)
    async with db.transaction(town=code, read_only=True) as tx:
        row = await policy_of(tx, code, policy_id)
        return policy_view(row, await store.versions(tx, code, policy_id))


@get(f"{_BASE}/{{policy_id:uuid}}/interview", opt=_OPT, summary="The interview", tags=_TAGS)
async def show_interview(
    policy_id: FromPath[UUID], principal: Who, db: Db, clock: LawClock
) -> InterviewView:
    """All questions with the answers so far; `asked` is false for those that others rule out."""
    code = body_code(principal)
    async with db.transaction(town=code, read_only=True) as tx:
        row = await policy_of(tx, code, policy_id)
        found = await opening.questions_for(tx, code, clock.today())
    asked = {one.key for one in interview.asked(found, row.answers)}
    return InterviewView(
        policy_id=policy_id,
        edition=row.edition,
        questions=tuple(
            question_view(one, row.answers.get(one.key), asked=one.key in asked) for one in found
        ),
    )


@get(
    f"{_BASE}/{{policy_id:uuid}}/versions/{{version:int}}",
    opt=_OPT,
    summary="One version: text, gaps, decisions, what is missing",
    tags=_TAGS,
)
async def show_version(
    policy_id: FromPath[UUID], version: FromPath[int], principal: Who, db: Db, clock: LawClock
) -> LookView:
    """The 対策基準 too: only for the body itself."""
    code = body_code(principal)
    async with db.transaction(town=code, read_only=True) as tx:
        return look_view(await look(tx, code, policy_id, number(version), on=clock.today()))


class EditView(Struct, frozen=True, kw_only=True):
    """An earlier text of a clause."""

    edition: int
    title: str
    body: str
    items: tuple[str, ...]
    verb: str
    reason: str


class ClauseHistory(Struct, frozen=True, kw_only=True):
    """A clause with its earlier texts, the newest first."""

    clause: ClauseView
    edits: tuple[EditView, ...]


@get(
    f"{_BASE}/{{policy_id:uuid}}/versions/{{version:int}}/clauses/{{clause_id:uuid}}",
    opt=_OPT,
    summary="A clause and its earlier texts",
    tags=_TAGS,
)
async def show_clause(
    policy_id: FromPath[UUID],
    version: FromPath[int],
    clause_id: FromPath[UUID],
    principal: Who,
    db: Db,
) -> ClauseHistory:
    """What it said before, and who stands behind the guideline's items is in the version."""
    code = body_code(principal)
    key = (code, policy_id, number(version))
    async with db.transaction(town=code, read_only=True) as tx:
        clause = await clause_of(tx, key, clause_id)
        edits = await clause_store.edits(tx, key, clause_id)
        same = await clause_store.clauses(tx, key, part=clause.part)
    place = next(i for i, one in enumerate(same, start=1) if one.id == clause_id)
    return ClauseHistory(
        clause=clause_view(clause, place),
        edits=tuple(
            EditView(
                edition=one.edition,
                title=one.title,
                body=one.body,
                items=tuple(one.items),
                verb=one.verb,
                reason=one.reason,
            )
            for one in edits
        ),
    )


class ProposalView(Struct, frozen=True, kw_only=True):
    """Our own draft text for one item; empty when there is none."""

    item: str
    text: str


@get(
    f"{_BASE}/{{policy_id:uuid}}/proposal",
    opt=_OPT,
    summary="The draft text for one item of the guideline",
    tags=_TAGS,
)
async def show_proposal(
    policy_id: FromPath[UUID],
    item: Annotated[str, QueryParameter(min_length=1, max_length=60)],
    principal: Who,
    db: Db,
    clock: LawClock,
) -> ProposalView:
    """Filled in with the answers of the interview."""
    code = body_code(principal)
    async with db.transaction(town=code, read_only=True) as tx:
        row = await policy_of(tx, code, policy_id)
        answers = interview.filled(
            await opening.questions_for(tx, code, clock.today()), row.answers
        )
        text = drafting.proposal(item, await own_body(tx, code), answers)
    return ProposalView(item=item, text=text)


@get(f"{_BASE}/{{policy_id:uuid}}/steps", opt=_OPT, summary="What happened", tags=_TAGS)
async def show_steps(policy_id: FromPath[UUID], principal: Who, db: Db) -> list[StepView]:
    """In order."""
    code = body_code(principal)
    async with db.transaction(town=code, read_only=True) as tx:
        await policy_of(tx, code, policy_id)
        return [step_view(one) for one in await store.steps(tx, code, policy_id)]


@get(
    f"{_BASE}/{{policy_id:uuid}}/versions/{{version:int}}/sources/{{source_id:uuid}}",
    opt=_OPT,
    summary="A regulation that was read, held against the guideline",
    tags=_TAGS,
)
async def show_source(
    policy_id: FromPath[UUID],
    version: FromPath[int],
    source_id: FromPath[UUID],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Outgoing,
) -> ReadingView:
    """Articles with the items they seem to answer, and the items that none answers."""
    code = body_code(principal)
    key = (code, policy_id, number(version))
    async with db.transaction(town=code, read_only=True) as tx:
        return reading_view(await importing.read(Desk(clock, outbox), tx, key, source_id))


@get(
    f"{_BASE}/{{policy_id:uuid}}/versions/{{version:int}}/papers/{{part:str}}",
    opt=_OPT,
    summary="One part as an unsigned PDF, for reading inside the body",
    tags=_TAGS,
    media_type="application/pdf",
    response_headers=[ResponseHeader(name="content-disposition", documentation_only=True)],
)
async def show_paper(
    policy_id: FromPath[UUID],
    version: FromPath[int],
    part: FromPath[str],
    principal: Who,
    db: Db,
    clock: LawClock,
) -> Response[bytes]:
    """`basic` or `standard`."""
    code = body_code(principal)
    async with db.transaction(town=code, read_only=True) as tx:
        row = await version_of(tx, code, policy_id, number(version))
        content = await papers.inside(tx, row, papers.part_named(part), clock.now())
    return pdf_answer(content, f"policy-{code}-{version}-{part}.pdf")


def pdf_answer(content: bytes, name: str) -> Response[bytes]:
    """A PDF to be kept as a file."""
    return Response(
        content,
        media_type="application/pdf",
        headers={"content-disposition": f'attachment; filename="{name}"'},
    )


def number(version: int) -> int:
    """A version's number inside the range that the database knows."""
    return version if 0 < version < 2**31 else 0


READING_ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (
    list_policies,
    show_policy,
    show_interview,
    show_version,
    show_clause,
    show_proposal,
    show_steps,
    show_source,
    show_paper,
)
