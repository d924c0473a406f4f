"""Calls of residents, of auditors of the log, and of everybody who reads the counts."""

import base64
from datetime import date
from typing import Annotated, Final
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from litestar.types import ControllerRouterHandler

from jichitai.infra.audit import Actor
from jichitai.infra.transparency import store as log
from jichitai.jukinet import tree_heads
from jichitai.jukinet.disclosure import model, service, store
from jichitai.jukinet.disclosure.bodies import (
    Consistency,
    CountList,
    Extension,
    InquiryItem,
    NewInquiry,
    ProofFile,
    ProvisionPage,
    Reply,
    count_list,
    inquiry_item,
    proof_file,
    provision_page,
)
from jichitai.jukinet.disclosure.service import Wanted
from jichitai.jukinet.provision.model import LOG, ORIGIN
from jichitai.kernel.dates import fiscal_year
from jichitai.web.inject import Db, LawClock, NodeKeys, Who
from jichitai.web.rights import PUBLIC, Principal, Role

_RESIDENT: Final = frozenset({Role.RESIDENT})
_OPERATOR: Final = frozenset({Role.NETWORK_OPERATOR})
_TAGS: Final = ["disclosure"]
_LOG_TAGS: Final = ["log"]
_LARGEST: Final = 2**53


@get(
    "/api/v1/me/provisions",
    opt={"roles": _RESIDENT},
    summary="Who asked about me (提供の記録)",
    tags=_TAGS,
)
async def my_provisions(
    principal: Who,
    db: Db,
    clock: LawClock,
    since: FromQuery[date | None] = None,
    until: FromQuery[date | None] = None,
    organ: Annotated[str | None, QueryParameter(max_length=40)] = None,
    mark: Annotated[str | None, QueryParameter(max_length=50)] = None,
) -> ProvisionPage:
    """Newest first, 100 a page."""
    wanted = Wanted(since=since, until=until, organ_id=organ, mark=mark)
    async with db.transaction(read_only=True) as tx:
        page = await service.page_of(tx, principal.person(), wanted, on=clock.today())
    return provision_page(page)


@get(
    "/api/v1/me/provisions/{receipt:str}/proof",
    opt={"roles": _RESIDENT},
    summary="The proof of one record (証明ファイル)",
    tags=_TAGS,
)
async def my_proof(
    receipt: FromPath[str], principal: Who, db: Db, keys: NodeKeys, clock: LawClock
) -> Response[ProofFile]:
    """A file that anybody can check alone, with the public key of the log."""
    async with db.transaction(read_only=True) as tx:
        made = await service.proof_of(tx, principal.person(), receipt, keys, on=clock.today())
    return Response(
        proof_file(made),
        headers={"content-disposition": f'attachment; filename="proof-{made.index}.json"'},
    )


@get(
    "/api/v1/me/inquiries",
    opt={"roles": _RESIDENT},
    summary="My inquiries and their answers",
    tags=_TAGS,
)
async def my_inquiries(principal: Who, db: Db, keys: NodeKeys) -> list[InquiryItem]:
    """Newest first."""
    async with db.transaction(read_only=True) as tx:
        found = await store.inquiries_of(tx, principal.person())
    return [inquiry_item(one, keys) for one in found]


@post(
    "/api/v1/me/inquiries",
    opt={"roles": _RESIDENT},
    status_code=201,
    summary="Ask about a record, or for a correction (申出)",
    tags=_TAGS,
)
async def inquire(
    data: JSONBody[NewInquiry], principal: Who, db: Db, keys: NodeKeys, clock: LawClock
) -> InquiryItem:
    """It must be answered within 30 days."""
    async with db.transaction() as tx:
        made = await service.inquire(
            tx,
            principal.person(),
            data.kind,
            data.words,
            receipt=data.receipt,
            keys=keys,
            clock=clock,
            by=_actor(principal),
        )
    return inquiry_item(made, keys)


@get(
    "/api/v1/inquiries",
    opt={"roles": _OPERATOR},
    summary="Inquiries that wait for an answer",
    tags=_TAGS,
)
async def open_inquiries(db: Db, keys: NodeKeys) -> list[InquiryItem]:
    """The most urgent first."""
    async with db.transaction(read_only=True) as tx:
        found = await store.open_inquiries(tx, model.PAGE)
    return [inquiry_item(one, keys) for one in found]


@post(
    "/api/v1/inquiries/{inquiry_id:uuid}/extension",
    opt={"roles": _OPERATOR},
    status_code=200,
    summary="Extend the time for an answer",
    tags=_TAGS,
)
async def extend(
    inquiry_id: FromPath[UUID],
    data: JSONBody[Extension],
    principal: Who,
    db: Db,
    keys: NodeKeys,
    clock: LawClock,
) -> InquiryItem:
    """The resident is told the reason and the new day."""
    async with db.transaction() as tx:
        changed = await service.extend(
            tx, inquiry_id, data.until, data.reason, by=_actor(principal), clock=clock
        )
    return inquiry_item(changed, keys)


@post(
    "/api/v1/inquiries/{inquiry_id:uuid}/answer",
    opt={"roles": _OPERATOR},
    status_code=204,
    summary="Answer an inquiry",
    tags=_TAGS,
)
async def answer(
    inquiry_id: FromPath[UUID],
    data: JSONBody[Reply],
    principal: Who,
    db: Db,
    keys: NodeKeys,
    clock: LawClock,
) -> None:
    """The answer appears on the resident's page."""
    async with db.transaction() as tx:
        await service.answer(
            tx, inquiry_id, data.words, keys=keys, by=_actor(principal), clock=clock
        )


@get(
    "/api/v1/log/checkpoint",
    opt={"roles": PUBLIC},
    media_type="text/plain",
    summary="The signed state of the provision log (C2SP checkpoint)",
    tags=_LOG_TAGS,
)
async def checkpoint(db: Db, keys: NodeKeys) -> str:
    """Signed now; compare it with those that the prefectures keep."""
    async with db.transaction(read_only=True) as tx:
        return (await tree_heads.fresh(tx, keys))[1]


@get(
    "/api/v1/log/key",
    opt={"roles": PUBLIC},
    media_type="text/plain",
    summary="The public key of the provision log",
    tags=_LOG_TAGS,
    sync_to_thread=False,
)
def log_key(keys: NodeKeys) -> str:
    """As a C2SP verifier key; keep it as `nation.pub`."""
    return f"{tree_heads.verifier_key(keys)}\n"


@get(
    "/api/v1/log/consistency",
    opt={"roles": PUBLIC},
    summary="That the log only grew between two sizes",
    tags=_LOG_TAGS,
)
async def consistency(
    db: Db,
    first: Annotated[int, QueryParameter(name="from", ge=0, le=_LARGEST)],
    second: Annotated[int, QueryParameter(name="to", ge=0, le=_LARGEST)],
) -> Consistency:
    """Consistency proof by RFC 9162, 2.1.4."""
    async with db.transaction(read_only=True) as tx:
        path = await log.consistency_path(tx, LOG, first, second)
    return Consistency(
        log=ORIGIN,
        first=first,
        second=second,
        path=[base64.b64encode(one).decode() for one in path],
    )


@get(
    "/api/v1/counts",
    opt={"roles": PUBLIC},
    summary="Published counts of provisions (第30条の16)",
    tags=_TAGS,
)
async def published_counts(
    db: Db,
    clock: LawClock,
    year: Annotated[int | None, QueryParameter(name="fiscal_year", ge=2002, le=9998)] = None,
) -> CountList:
    """By month, body, affair and result, for one fiscal year; this one when none is named."""
    chosen = fiscal_year(clock.today()) if year is None else year
    first, end = model.fiscal_months(chosen)
    async with db.transaction(read_only=True) as tx:
        counts = await service.counts(tx, first, end)
    return count_list(chosen, counts)


def disclosure_routes() -> tuple[ControllerRouterHandler, ...]:
    """All calls of this part; only the nation serves them."""
    return (
        my_provisions,
        my_proof,
        my_inquiries,
        inquire,
        open_inquiries,
        extend,
        answer,
        checkpoint,
        log_key,
        consistency,
        published_counts,
    )


def _actor(principal: Principal) -> Actor:
    return Actor(
        str(principal.kind), principal.account_id, principal.display, frozenset(principal.roles)
    )
