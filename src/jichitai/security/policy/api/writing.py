"""Opening, answering, drafting, editing, taking in."""

from typing import Any, Final
from uuid import UUID

from litestar import delete, post, put
from litestar.params import FromPath, JSONBody
from litestar.types import ControllerRouterHandler
from msgspec import Struct

from jichitai.security.access import OFFICER, body_code
from jichitai.security.policy.api import bodies
from jichitai.security.policy.api.reading import number
from jichitai.security.policy.api.views import (
    ClauseView,
    PolicyView,
    ReadingView,
    VersionView,
    clause_view,
    policy_view,
    reading_view,
    version_view,
)
from jichitai.security.policy.errors import RivalTextError
from jichitai.security.policy.service import editing, importing, opening
from jichitai.security.policy.service.desk import Desk
from jichitai.security.policy.service.editing import Writing
from jichitai.security.policy.service.importing import Choice
from jichitai.security.policy.store import policies as store
from jichitai.security.policy.wiring import Outgoing
from jichitai.web.inject import Db, LawClock, Who

_OPT: Final[dict[str, Any]] = {"roles": OFFICER}
_TAGS: Final = ["security"]
_BASE: Final = "/api/v1/security/policies"
_VERSION: Final = f"{_BASE}/{{policy_id:uuid}}/versions/{{version:int}}"
_CLAUSE: Final = f"{_VERSION}/clauses/{{clause_id:uuid}}"
_UPLOAD: Final = 28 * 1024 * 1024


@post(_BASE, opt=_OPT, status_code=201, summary="Begin a policy", tags=_TAGS)
async def open_policy(
    data: JSONBody[bodies.Opening], principal: Who, db: Db, clock: LawClock, outbox: Outgoing
) -> PolicyView:
    """Its first version is being drafted from now on."""
    code = body_code(principal)
    async with db.transaction(town=code) as tx:
        row = await opening.open_policy(
            Desk(clock, outbox),
            tx,
            code,
            by=principal.actor,
            organs=data.organs,
            name=data.name.strip(),
        )
        return policy_view(row, await store.versions(tx, code, row.policy_id))


@put(f"{_BASE}/{{policy_id:uuid}}/interview", opt=_OPT, summary="Keep answers", tags=_TAGS)
async def put_answers(
    policy_id: FromPath[UUID],
    data: JSONBody[bodies.Answering],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Outgoing,
) -> PolicyView:
    """Answers that are not sent stay as they are."""
    code = body_code(principal)
    async with db.transaction(town=code) as tx:
        row = await opening.answer(
            Desk(clock, outbox),
            tx,
            code,
            policy_id,
            data.answers,
            edition=data.edition,
            by=principal.actor,
        )
        return policy_view(row, await store.versions(tx, code, policy_id))


class Drafted(Struct, frozen=True):
    """How many clauses were written."""

    written: int


@post(
    f"{_BASE}/{{policy_id:uuid}}/draft",
    opt=_OPT,
    status_code=200,
    summary="Write the draft from the answers",
    tags=_TAGS,
)
async def make_draft(
    policy_id: FromPath[UUID], principal: Who, db: Db, clock: LawClock, outbox: Outgoing
) -> Drafted:
    """Clauses that a person wrote stay as they are."""
    code = body_code(principal)
    async with db.transaction(town=code) as tx:
        return Drafted(
            await opening.draft(Desk(clock, outbox), tx, code, policy_id, by=principal.actor)
        )


@post(
    f"{_BASE}/{{policy_id:uuid}}/versions",
    opt=_OPT,
    status_code=201,
    summary="Begin a revision",
    tags=_TAGS,
)
async def revise(
    policy_id: FromPath[UUID],
    data: JSONBody[bodies.Reasoned],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Outgoing,
) -> VersionView:
    """A new version with the text of the last one."""
    code = body_code(principal)
    async with db.transaction(town=code) as tx:
        row = await opening.revise(
            Desk(clock, outbox), tx, code, policy_id, reason=data.reason, by=principal.actor
        )
    return version_view(row)


@put(_CLAUSE, opt=_OPT, summary="Save a clause, or merge two texts of it", tags=_TAGS)
async def save_clause(
    policy_id: FromPath[UUID],
    version: FromPath[int],
    clause_id: FromPath[UUID],
    data: JSONBody[bodies.ClauseText],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Outgoing,
) -> ClauseView:
    """409 when somebody saved it first; the text that was sent is kept as `rival_id`."""
    code = body_code(principal)
    desk, key = Desk(clock, outbox), (code, policy_id, number(version))
    writing = Writing(title=data.title, body=data.body, items=data.items)
    kept: RivalTextError | None = None
    async with db.transaction(town=code) as tx:
        try:
            if data.rival_id is None:
                clause = await editing.save(
                    desk, tx, key, clause_id, writing, edition=data.edition, by=principal.actor
                )
            else:
                clause = await editing.settle(
                    desk,
                    tx,
                    key,
                    clause_id,
                    data.rival_id,
                    writing,
                    edition=data.edition,
                    by=principal.actor,
                )
        except RivalTextError as refusal:
            kept = refusal  # the second text is kept, so the transaction commits
    if kept is not None:
        raise kept
    return clause_view(clause, 0)


@post(f"{_VERSION}/clauses", opt=_OPT, status_code=201, summary="Add a clause", tags=_TAGS)
async def add_clause(
    policy_id: FromPath[UUID],
    version: FromPath[int],
    data: JSONBody[bodies.NewClause],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Outgoing,
) -> ClauseView:
    """Behind another clause, or at the end of its part."""
    code = body_code(principal)
    async with db.transaction(town=code) as tx:
        clause = await editing.add(
            Desk(clock, outbox),
            tx,
            (code, policy_id, number(version)),
            data.part,
            data.chapter,
            Writing(title=data.title, body=data.body, items=data.items),
            after=data.after,
            by=principal.actor,
        )
    return clause_view(clause, 0)


@delete(_CLAUSE, opt=_OPT, status_code=204, summary="Take a clause out", tags=_TAGS)
async def remove_clause(
    policy_id: FromPath[UUID],
    version: FromPath[int],
    clause_id: FromPath[UUID],
    data: JSONBody[bodies.Removing],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Outgoing,
) -> None:
    """Its history stays."""
    code = body_code(principal)
    async with db.transaction(town=code) as tx:
        await editing.remove(
            Desk(clock, outbox),
            tx,
            (code, policy_id, number(version)),
            clause_id,
            edition=data.edition,
            by=principal.actor,
        )


@post(
    f"{_CLAUSE}/confirm",
    opt=_OPT,
    status_code=200,
    summary="A stale clause stays as it is, with a reason",
    tags=_TAGS,
)
async def confirm_clause(
    policy_id: FromPath[UUID],
    version: FromPath[int],
    clause_id: FromPath[UUID],
    data: JSONBody[bodies.Confirming],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Outgoing,
) -> ClauseView:
    """It was read against the guideline of today."""
    code = body_code(principal)
    async with db.transaction(town=code) as tx:
        clause = await editing.confirm(
            Desk(clock, outbox),
            tx,
            (code, policy_id, number(version)),
            clause_id,
            edition=data.edition,
            reason=data.reason,
            by=principal.actor,
        )
    return clause_view(clause, 0)


@post(
    f"{_VERSION}/decisions",
    opt=_OPT,
    status_code=204,
    summary="An item of the guideline is not applied, with a reason",
    tags=_TAGS,
)
async def decline_item(
    policy_id: FromPath[UUID],
    version: FromPath[int],
    data: JSONBody[bodies.Declining],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Outgoing,
) -> None:
    """With `applies` an earlier decision is taken back."""
    code = body_code(principal)
    async with db.transaction(town=code) as tx:
        await editing.decline(
            Desk(clock, outbox),
            tx,
            (code, policy_id, number(version)),
            data.item,
            applies=data.applies,
            reason=data.reason,
            by=principal.actor,
        )


@post(
    f"{_VERSION}/sources",
    opt=_OPT,
    status_code=201,
    summary="Read an existing regulation",
    tags=_TAGS,
    request_max_body_size=_UPLOAD,
)
async def take_source(
    policy_id: FromPath[UUID],
    version: FromPath[int],
    data: JSONBody[bodies.Upload],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Outgoing,
) -> ReadingView:
    """Nothing of the version changes yet; confirm the matches next."""
    code = body_code(principal)
    desk, key = Desk(clock, outbox), (code, policy_id, number(version))
    async with db.transaction(town=code) as tx:
        source_id = await importing.take(desk, tx, key, data.content, data.name, by=principal.actor)
        return reading_view(await importing.read(desk, tx, key, source_id))


@post(
    f"{_VERSION}/sources/{{source_id:uuid}}/use",
    opt=_OPT,
    status_code=200,
    summary="Make clauses of a regulation that was read",
    tags=_TAGS,
)
async def use_source(
    policy_id: FromPath[UUID],
    version: FromPath[int],
    source_id: FromPath[UUID],
    data: JSONBody[bodies.Using],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Outgoing,
) -> Drafted:
    """With `designate` the existing policy itself is named the policy of 第244条の6."""
    code = body_code(principal)
    choices = {
        one.article: Choice(article=one.article, part=one.part, items=one.items)
        for one in data.choices
    }
    async with db.transaction(town=code) as tx:
        written = await importing.use(
            Desk(clock, outbox),
            tx,
            (code, policy_id, number(version)),
            source_id,
            choices,
            designate=data.designate,
            by=principal.actor,
        )
    return Drafted(written)


WRITING_ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (
    open_policy,
    put_answers,
    make_draft,
    revise,
    save_clause,
    add_clause,
    remove_clause,
    confirm_clause,
    decline_item,
    take_source,
    use_source,
)
