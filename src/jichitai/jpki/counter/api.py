"""The writing API: a terminal with a card writer and a ticket, and nobody else."""

from typing import Annotated, Final
from uuid import UUID

from litestar import get, post
from litestar.params import FromPath, HeaderParameter, JSONBody
from litestar.types import ControllerRouterHandler

from jichitai.infra.database import Database
from jichitai.jpki.counter import store
from jichitai.jpki.counter.access import writings_of
from jichitai.jpki.counter.bodies import (
    TICKET_HEADER,
    KeysMade,
    WritingAnswer,
    WritingDone,
    WritingOrder,
    WritingState,
)
from jichitai.jpki.counter.service.terminal import Terminal, ticket_refused
from jichitai.web.inject import Db, LawClock, NodeKeys
from jichitai.web.limits import Rate
from jichitai.web.rights import PUBLIC

_OPT: Final = {"roles": PUBLIC, "csrf": False, "rate": Rate(300, 60)}
_TAGS: Final = ["jpki"]
Secret = Annotated[
    str,
    HeaderParameter(
        name=TICKET_HEADER,
        min_length=16,
        max_length=200,
        description="the part of the ticket after its full stop",
    ),
]


@get(
    "/api/v1/jpki/writing/{request_id:uuid}",
    opt=_OPT,
    summary="What to write into which chip",
    tags=_TAGS,
)
async def writing_order(
    request_id: FromPath[UUID], ticket: Secret, db: Db, keys: NodeKeys, clock: LawClock
) -> WritingOrder:
    """For a terminal that holds the writing's ticket."""
    town = await _town(db, request_id)
    async with db.transaction(town=town) as tx:
        return await Terminal(writings_of(keys, clock)).order(tx, town, request_id, ticket)


@post(
    "/api/v1/jpki/writing/{request_id:uuid}/keys",
    opt=_OPT,
    status_code=202,
    summary="Send the keys that the chip made",
    tags=_TAGS,
)
async def send_keys(
    request_id: FromPath[UUID],
    ticket: Secret,
    data: JSONBody[KeysMade],
    db: Db,
    keys: NodeKeys,
    clock: LawClock,
) -> WritingState:
    """They go to the authority; ask for the answer next."""
    town = await _town(db, request_id)
    async with db.transaction(town=town) as tx:
        terminal = Terminal(writings_of(keys, clock))
        return await terminal.take_keys(tx, town, request_id, ticket, data)


@get(
    "/api/v1/jpki/writing/{request_id:uuid}/answer",
    opt=_OPT,
    summary="The authority's answer, or that it is awaited",
    tags=_TAGS,
)
async def writing_answer(
    request_id: FromPath[UUID], ticket: Secret, db: Db, keys: NodeKeys, clock: LawClock
) -> WritingAnswer:
    """Ask again after a moment while the state is `waiting`."""
    town = await _town(db, request_id)
    async with db.transaction(town=town) as tx:
        return await Terminal(writings_of(keys, clock)).answer(tx, town, request_id, ticket)


@post(
    "/api/v1/jpki/writing/{request_id:uuid}/done",
    opt=_OPT,
    status_code=200,
    summary="The chip is written, or could not be",
    tags=_TAGS,
)
async def writing_done(
    request_id: FromPath[UUID],
    ticket: Secret,
    data: JSONBody[WritingDone],
    db: Db,
    keys: NodeKeys,
    clock: LawClock,
) -> WritingState:
    """The ticket is good no longer."""
    town = await _town(db, request_id)
    async with db.transaction(town=town) as tx:
        return await Terminal(writings_of(keys, clock)).done(tx, town, request_id, ticket, data)


async def _town(db: Database, request_id: UUID) -> str:
    """The town of a writing; a terminal does not say which, and the ticket is checked after."""
    async with db.transaction(all_towns=True, read_only=True) as tx:
        town = await store.town_of(tx, request_id)
    if town is None:
        raise ticket_refused()
    return town


API_ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (
    writing_order,
    send_keys,
    writing_answer,
    writing_done,
)
