"""Committee, decisions of the organs, publication, review, the end."""

from typing import Any, Final
from uuid import UUID

from litestar import post
from litestar.params import FromPath, JSONBody
from litestar.types import ControllerRouterHandler
from msgspec import Struct

from jichitai.security.access import OFFICER, body_code, organ_of
from jichitai.security.policy.api import bodies
from jichitai.security.policy.api.reading import number
from jichitai.security.policy.api.views import VersionView, version_view
from jichitai.security.policy.model.states import STANDING, expect
from jichitai.security.policy.reach import HttpFetcher
from jichitai.security.policy.service import deciding, opening, publishing
from jichitai.security.policy.service.deciding import Decision, Meeting
from jichitai.security.policy.service.desk import Desk, version_of
from jichitai.security.policy.service.publishing import Press
from jichitai.security.policy.store.policies import Due
from jichitai.security.policy.wiring import Outgoing
from jichitai.web.inject import Db, LawClock, NodeSettings, Who
from jichitai.web.limits import Rate
from jichitai.web.rights import Role

ADOPTER: Final = frozenset({Role.POLICY_ADOPTER})
RETURNERS: Final = frozenset({Role.POLICY_ADOPTER, Role.SECURITY_OFFICER})
_OPT: Final[dict[str, Any]] = {"roles": OFFICER}
_TAGS: Final = ["security"]
_VERSION: Final = "/api/v1/security/policies/{policy_id:uuid}/versions/{version:int}"


@post(f"{_VERSION}/submit", opt=_OPT, status_code=200, tags=_TAGS,
      summary="Lay the text before the committee")  # fmt: skip
async def submit(
    policy_id: FromPath[UUID],
    version: FromPath[int],
    data: JSONBody[bodies.Submitting],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Outgoing,
) -> VersionView:
    """409 with `problems` while something is missing; afterwards the text is fixed."""
    code = body_code(principal)
    async with db.transaction(town=code) as tx:
        row = await deciding.submit(
            Desk(clock, outbox),
            tx,
            (code, policy_id, number(version)),
            accepted_gaps=data.accepted_gaps,
            by=principal.actor,
        )
    return version_view(row)


@post(f"{_VERSION}/committee", opt=_OPT, status_code=200, tags=_TAGS,
      summary="What the committee said")  # fmt: skip
async def committee(
    policy_id: FromPath[UUID],
    version: FromPath[int],
    data: JSONBody[bodies.MeetingResult],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Outgoing,
) -> VersionView:
    """On to the organs, or back to the authors with a reason."""
    code = body_code(principal)
    meeting = Meeting(
        number=data.number, held_on=data.held_on, approved=data.approved, remarks=data.remarks
    )
    async with db.transaction(town=code) as tx:
        row = await deciding.committee(
            Desk(clock, outbox),
            tx,
            (code, policy_id, number(version)),
            meeting,
            by=principal.actor,
        )
    return version_view(row)


@post(f"{_VERSION}/adoptions", opt={"roles": ADOPTER}, status_code=201, tags=_TAGS,
      summary="The decision of the account's organ")  # fmt: skip
async def adopt(
    policy_id: FromPath[UUID],
    version: FromPath[int],
    data: JSONBody[bodies.AdoptionDecision],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Outgoing,
) -> VersionView:
    """With the last organ's decision the policy is adopted."""
    code, organ = body_code(principal), organ_of(principal)
    decision = Decision(
        number=data.decision_number,
        decided_on=data.decided_on,
        document_hash=data.document_hash,
    )
    async with db.transaction(town=code) as tx:
        row = await deciding.adopt(
            Desk(clock, outbox),
            tx,
            (code, policy_id, number(version)),
            organ,
            decision,
            by=principal.actor,
        )
    return version_view(row)


@post(f"{_VERSION}/return", opt={"roles": RETURNERS}, status_code=200, tags=_TAGS,
      summary="Give the text back to its authors")  # fmt: skip
async def send_back(
    policy_id: FromPath[UUID],
    version: FromPath[int],
    data: JSONBody[bodies.Reasoned],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Outgoing,
) -> VersionView:
    """Decisions on it no longer count."""
    code = body_code(principal)
    officer = Role.SECURITY_OFFICER in principal.roles
    async with db.transaction(town=code) as tx:
        row = await deciding.send_back(
            Desk(clock, outbox),
            tx,
            (code, policy_id, number(version)),
            reason=data.reason,
            by=principal.actor,
            organ=None if officer else organ_of(principal),
        )
    return version_view(row)


@post(f"{_VERSION}/publish", opt=_OPT, status_code=200, tags=_TAGS,
      summary="Publish with the body's signature")  # fmt: skip
async def publish(
    policy_id: FromPath[UUID],
    version: FromPath[int],
    data: JSONBody[bodies.Publishing],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Outgoing,
    settings: NodeSettings,
) -> VersionView:
    """It counts once the address was reached."""
    code = body_code(principal)
    async with db.transaction(town=code) as tx:
        row = await publishing.publish(
            Desk(clock, outbox),
            Press.of(settings),
            tx,
            (code, policy_id, number(version)),
            address=data.address,
            by=principal.actor,
        )
    return version_view(row)


class Checked(Struct, frozen=True):
    """What a look at the published address found: `ok`, or what is wrong."""

    result: str
    version: VersionView


@post(f"{_VERSION}/check", opt={**_OPT, "rate": Rate(20, 60)}, status_code=200, tags=_TAGS,
      summary="Look at the published address now")  # fmt: skip
async def check(
    policy_id: FromPath[UUID],
    version: FromPath[int],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Outgoing,
    settings: NodeSettings,
) -> Checked:
    """As the timed work does."""
    code = body_code(principal)
    due = Due(code, policy_id, number(version))
    async with db.transaction(town=code, read_only=True) as tx:
        expect((await version_of(tx, code, policy_id, due.version)).step, *STANDING)
    fetcher = HttpFetcher(inside=settings.demo)
    result = await publishing.check(Desk(clock, outbox), db, fetcher, due)
    async with db.transaction(town=code, read_only=True) as tx:
        row = await version_of(tx, code, policy_id, due.version)
    return Checked(result, version_view(row))


@post(f"{_VERSION}/reviewed", opt=_OPT, status_code=200, tags=_TAGS,
      summary="Reviewed, and it stays as it is")  # fmt: skip
async def reviewed(
    policy_id: FromPath[UUID],
    version: FromPath[int],
    data: JSONBody[bodies.Numbered],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Outgoing,
) -> VersionView:
    """The clock of the review starts again today."""
    code = body_code(principal)
    async with db.transaction(town=code) as tx:
        row = await publishing.reviewed(
            Desk(clock, outbox),
            tx,
            (code, policy_id, number(version)),
            number=data.number,
            reason=data.reason,
            by=principal.actor,
        )
    return version_view(row)


@post(f"{_VERSION}/repeal", opt=_OPT, status_code=200, tags=_TAGS, summary="Repeal a policy")
async def repeal(
    policy_id: FromPath[UUID],
    version: FromPath[int],
    data: JSONBody[bodies.Numbered],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Outgoing,
) -> VersionView:
    """Its page stays and says so."""
    code = body_code(principal)
    async with db.transaction(town=code) as tx:
        row = await publishing.repeal(
            Desk(clock, outbox),
            tx,
            (code, policy_id, number(version)),
            number=data.number,
            reason=data.reason,
            by=principal.actor,
        )
    return version_view(row)


@post(f"{_VERSION}/drop", opt=_OPT, status_code=204, tags=_TAGS,
      summary="Give up a version before its publication")  # fmt: skip
async def drop(
    policy_id: FromPath[UUID],
    version: FromPath[int],
    data: JSONBody[bodies.Reasoned],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Outgoing,
) -> None:
    """With a reason."""
    code = body_code(principal)
    async with db.transaction(town=code) as tx:
        await opening.drop(
            Desk(clock, outbox),
            tx,
            code,
            policy_id,
            number(version),
            reason=data.reason,
            by=principal.actor,
        )


DECIDING_ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (
    submit,
    committee,
    adopt,
    send_back,
    publish,
    check,
    reviewed,
    repeal,
    drop,
)
