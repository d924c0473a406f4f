"""HTTP calls of the network for the operators of nation and prefecture, each for its own towns."""

from typing import Annotated, Final
from uuid import UUID

from litestar import get, post
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.types import ControllerRouterHandler
from msgspec import Meta, Struct

from jichitai.infra import audit
from jichitai.infra.clock import Clock
from jichitai.infra.keys import Keys
from jichitai.infra.outbox import Outbox
from jichitai.infra.settings import Settings
from jichitai.jukinet.digest import cases as case_service
from jichitai.jukinet.digest import service as digest
from jichitai.jukinet.links import service as links
from jichitai.jukinet.network import queries
from jichitai.jukinet.network.queries import CaseLine, CaseState, QuarantineLine, TownLine
from jichitai.jukinet.network.scope import NATIONAL, Scope
from jichitai.jukinet.node import Node
from jichitai.kernel.identifiers import LocalGovernmentCode
from jichitai.kernel.parties import Party, Tier
from jichitai.web.inject import Db, LawClock, NodeKeys, NodeSettings, Who
from jichitai.web.rights import Principal, Role

OPERATORS: Final = frozenset({Role.NETWORK_OPERATOR, Role.PREFECTURE_OPERATOR})
_TAGS: Final = ["network"]

Because = Annotated[str, Meta(min_length=1, max_length=500)]
TownCode = Annotated[str, Meta(pattern=r"^\d{6}$")]


class LinkBody(Struct, frozen=True, forbid_unknown_fields=True):
    """Why a link is to be cut or to return."""

    reason: Because


class ConfirmBody(Struct, frozen=True, forbid_unknown_fields=True):
    """The town's name as the second operator typed it."""

    town_name: Annotated[str, Meta(min_length=1, max_length=50)]


class Requested(Struct, frozen=True):
    """The id of what was asked for."""

    request_id: UUID


class LinkDone(Struct, frozen=True):
    """The state of a link now."""

    municipality: str
    link: str


class DigestBody(Struct, frozen=True, forbid_unknown_fields=True):
    """Towns whose digests are wanted."""

    municipalities: Annotated[list[TownCode], Meta(min_length=1, max_length=1741)]


class DigestsAsked(Struct, frozen=True):
    """Town -> id of the comparison."""

    digests: dict[str, UUID]


class CloseBody(Struct, frozen=True, forbid_unknown_fields=True):
    """Why a case is closed by hand."""

    note: Because


@get(
    "/api/v1/network/towns",
    opt={"roles": OPERATORS},
    summary="State of every town's link",
    tags=_TAGS,
)
async def list_towns(principal: Who, db: Db, settings: NodeSettings) -> list[TownLine]:
    """Lag, queue, quarantine, comparison and link of each town."""
    async with db.transaction(read_only=True) as tx:
        return await queries.towns(tx, _scope(principal, settings))


@get(
    "/api/v1/network/quarantine",
    opt={"roles": OPERATORS},
    summary="Refused messages",
    tags=_TAGS,
)
async def list_quarantine(
    principal: Who, db: Db, settings: NodeSettings, origin: FromQuery[str | None] = None
) -> list[QuarantineLine]:
    """Messages that wait for a decision, newest first; without their content."""
    async with db.transaction(read_only=True) as tx:
        return await queries.quarantine(tx, _scope(principal, settings), origin=_clean(origin))


@get(
    "/api/v1/network/cases",
    opt={"roles": OPERATORS},
    summary="Differences between the levels",
    tags=_TAGS,
)
async def list_cases(
    principal: Who,
    db: Db,
    settings: NodeSettings,
    clock: LawClock,
    case_state: FromQuery[CaseState] = "open",
    municipality: FromQuery[str | None] = None,
) -> list[CaseLine]:
    """Cases with owner and age, oldest first."""
    async with db.transaction(read_only=True) as tx:
        return await queries.cases(
            tx,
            _scope(principal, settings),
            now=clock.now(),
            state=case_state,
            municipality=_clean(municipality),
        )


@post(
    "/api/v1/network/cases/{case_id:uuid}/close",
    opt={"roles": OPERATORS},
    status_code=204,
    summary="Close a case by hand",
    tags=_TAGS,
)
async def close_case(
    case_id: FromPath[UUID],
    data: JSONBody[CloseBody],
    principal: Who,
    db: Db,
    settings: NodeSettings,
    clock: LawClock,
) -> None:
    """Close a difference that was looked into, with a note."""
    scope, at = _scope(principal, settings), clock.now()
    async with db.transaction() as tx:
        await case_service.close(tx, scope, case_id, by=principal.account_id, note=data.note, at=at)
        await audit.record(
            tx,
            by=principal.actor,
            action="jukinet.case.close",
            subject=str(case_id),
            reason=data.note,
            at=at,
        )


@post(
    "/api/v1/network/towns/{code:str}/cut-requests",
    opt={"roles": OPERATORS},
    status_code=201,
    summary="Ask for the cutting of a town's link (切断)",
    tags=_TAGS,
)
async def request_cut(
    code: FromPath[str],
    data: JSONBody[LinkBody],
    principal: Who,
    db: Db,
    keys: NodeKeys,
    clock: LawClock,
    settings: NodeSettings,
) -> Requested:
    """The first of two operators; nothing is cut yet."""
    async with db.transaction() as tx:
        request_id = await links.request(
            tx,
            _node(keys, clock),
            _scope(principal, settings),
            code,
            "cut",
            reason=data.reason,
            by=principal.actor,
        )
    return Requested(request_id)


@post(
    "/api/v1/network/towns/{code:str}/return",
    opt={"roles": OPERATORS},
    status_code=201,
    summary="Ask for the return of a town's link",
    tags=_TAGS,
)
async def request_return(
    code: FromPath[str],
    data: JSONBody[LinkBody],
    principal: Who,
    db: Db,
    keys: NodeKeys,
    clock: LawClock,
    settings: NodeSettings,
) -> Requested:
    """The first of two operators; the link stays cut."""
    async with db.transaction() as tx:
        request_id = await links.request(
            tx,
            _node(keys, clock),
            _scope(principal, settings),
            code,
            "return",
            reason=data.reason,
            by=principal.actor,
        )
    return Requested(request_id)


@post(
    "/api/v1/network/towns/{code:str}/confirm",
    opt={"roles": OPERATORS},
    status_code=200,
    summary="Confirm what another operator asked for",
    tags=_TAGS,
)
async def confirm_link(
    code: FromPath[str],
    data: JSONBody[ConfirmBody],
    principal: Who,
    db: Db,
    keys: NodeKeys,
    clock: LawClock,
    settings: NodeSettings,
) -> LinkDone:
    """The second operator types the town's name; the link is cut, or open again."""
    async with db.transaction() as tx:
        done = await links.confirm(
            tx,
            _node(keys, clock),
            _scope(principal, settings),
            code,
            typed_name=data.town_name,
            by=principal.actor,
        )
    return LinkDone(code, "cut" if done.action == "cut" else "open")


@post(
    "/api/v1/network/towns/{code:str}/withdraw",
    opt={"roles": OPERATORS},
    status_code=204,
    summary="Take a waiting request about a link back",
    tags=_TAGS,
)
async def withdraw_link(
    code: FromPath[str],
    principal: Who,
    db: Db,
    keys: NodeKeys,
    clock: LawClock,
    settings: NodeSettings,
) -> None:
    """Nothing is changed."""
    async with db.transaction() as tx:
        await links.withdraw(
            tx, _node(keys, clock), _scope(principal, settings), code, by=principal.actor
        )


@post(
    "/api/v1/network/digests",
    opt={"roles": OPERATORS},
    status_code=202,
    summary="Ask towns for new digests (整合性確認)",
    tags=_TAGS,
)
async def ask_digests(
    data: JSONBody[DigestBody],
    principal: Who,
    db: Db,
    keys: NodeKeys,
    clock: LawClock,
    settings: NodeSettings,
) -> DigestsAsked:
    """The comparisons follow when the towns have answered; see the list of towns."""
    scope = _scope(principal, settings)
    wanted = sorted({str(LocalGovernmentCode(code)) for code in data.municipalities})
    async with db.transaction() as tx:
        ids = await digest.ask_digests(tx, _node(keys, clock), scope, wanted)
        await audit.record(
            tx,
            by=principal.actor,
            action="jukinet.digest.request",
            facts={"towns": len(ids)},
            at=clock.now(),
        )
    return DigestsAsked(ids)


def _node(keys: Keys, clock: Clock) -> Node:
    return Node(keys, Outbox(keys.network, clock), clock)


def _scope(principal: Principal, settings: Settings) -> Scope:
    """The nation's operators act for all towns, a prefecture's for their own."""
    if settings.tier is Tier.NATION:
        return NATIONAL
    return Scope.of(Party.prefecture(principal.body_prefecture()))


def _clean(text: str | None) -> str | None:
    """PostgreSQL takes no NUL in a text; nothing is named like that."""
    return None if text is None else text.replace("\x00", "")


UPPER_ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (
    list_towns,
    list_quarantine,
    list_cases,
    close_case,
    request_cut,
    request_return,
    confirm_link,
    withdraw_link,
    ask_digests,
)
