"""Calls for entering, handing in, returning and approving."""

from typing import Annotated, Final
from uuid import UUID

from litestar import Response, get, post, put
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from jichitai.register.access import APPROVERS, CLERKS, actor
from jichitai.register.api.bodies import (
    Approval,
    Approved,
    Because,
    ChangedEntry,
    EntryAnswer,
    EntryItem,
    EntryState,
    NewEntry,
    entry_answer,
)
from jichitai.register.service.entries import Entries
from jichitai.web.inject import Db, LawClock, NodeKeys, Who

_TAGS: Final = ["register"]


@post(
    "/api/v1/entries",
    opt={"roles": CLERKS},
    status_code=201,
    summary="Enter a form (仮登録)",
    tags=_TAGS,
)
async def enter(
    data: JSONBody[NewEntry], principal: Who, db: Db, keys: NodeKeys, clock: LawClock
) -> Response[EntryAnswer]:
    """Keep a form; 200 when the same request had come before."""
    town = principal.town()
    async with db.transaction(town=town) as tx:
        done = await Entries(keys, clock).enter(
            tx,
            town,
            data.entry_id,
            data.form,
            reasons=data.reasons,
            by=actor(principal),
            keep_draft=data.keep_draft,
        )
    answer = entry_answer(done.entry, done.decision.findings)
    return Response(answer, status_code=200 if done.repeated else 201)


@put(
    "/api/v1/entries/{entry_id:uuid}",
    opt={"roles": CLERKS},
    summary="Change an entry of one's own",
    tags=_TAGS,
)
async def amend(
    entry_id: FromPath[UUID],
    data: JSONBody[ChangedEntry],
    principal: Who,
    db: Db,
    keys: NodeKeys,
    clock: LawClock,
) -> EntryAnswer:
    """Replace the form of an entry that is not handed in."""
    town = principal.town()
    async with db.transaction(town=town) as tx:
        done = await Entries(keys, clock).amend(
            tx, town, entry_id, data.form, reasons=data.reasons, by=actor(principal)
        )
    return entry_answer(done.entry, done.decision.findings)


@post(
    "/api/v1/entries/{entry_id:uuid}/submit",
    opt={"roles": CLERKS},
    status_code=200,
    summary="Hand an entry in (審査に回す)",
    tags=_TAGS,
)
async def submit(
    entry_id: FromPath[UUID], principal: Who, db: Db, keys: NodeKeys, clock: LawClock
) -> EntryAnswer:
    """Errors block it, alerts need a reason."""
    town = principal.town()
    async with db.transaction(town=town) as tx:
        entry = await Entries(keys, clock).submit(tx, town, entry_id, by=actor(principal))
    return entry_answer(entry)


@post(
    "/api/v1/entries/{entry_id:uuid}/approve",
    opt={"roles": APPROVERS},
    status_code=200,
    summary="Write an entry into the register (本登録)",
    tags=_TAGS,
)
async def approve(
    entry_id: FromPath[UUID],
    data: JSONBody[Approval],
    principal: Who,
    db: Db,
    keys: NodeKeys,
    clock: LawClock,
) -> Approved:
    """Only somebody other than the one who entered; approving twice gives the same event."""
    town = principal.town()
    async with db.transaction(town=town) as tx:
        number = await Entries(keys, clock).approve(
            tx, town, entry_id, revision=data.revision, by=actor(principal)
        )
    return Approved(event_number=number)


@post(
    "/api/v1/entries/{entry_id:uuid}/return",
    opt={"roles": APPROVERS},
    status_code=200,
    summary="Give an entry back with a reason (差し戻し)",
    tags=_TAGS,
)
async def return_entry(
    entry_id: FromPath[UUID],
    data: JSONBody[Because],
    principal: Who,
    db: Db,
    keys: NodeKeys,
    clock: LawClock,
) -> EntryAnswer:
    """The one who entered it can change it and hand it in again."""
    town = principal.town()
    async with db.transaction(town=town) as tx:
        entry = await Entries(keys, clock).return_with_reason(
            tx, town, entry_id, data.reason, by=actor(principal)
        )
    return entry_answer(entry)


@post(
    "/api/v1/entries/{entry_id:uuid}/withdraw",
    opt={"roles": CLERKS},
    status_code=200,
    summary="Close an entry of one's own without effect",
    tags=_TAGS,
)
async def withdraw(
    entry_id: FromPath[UUID], principal: Who, db: Db, keys: NodeKeys, clock: LawClock
) -> EntryAnswer:
    """Lets go of the persons that the entry held."""
    town = principal.town()
    async with db.transaction(town=town) as tx:
        entry = await Entries(keys, clock).withdraw(tx, town, entry_id, by=actor(principal))
    return entry_answer(entry)


@get("/api/v1/entries", opt={"roles": CLERKS}, summary="List entries", tags=_TAGS)
async def list_entries(
    principal: Who,
    db: Db,
    keys: NodeKeys,
    clock: LawClock,
    stage: FromQuery[EntryState] = "submitted",
    after: Annotated[int, QueryParameter(ge=0, le=2**53 - 1)] = 0,
    limit: Annotated[int, QueryParameter(ge=1, le=200)] = 50,
) -> list[EntryItem]:
    """Entries in one state by receipt number, after a number."""
    town = principal.town()
    async with db.transaction(town=town, read_only=True) as tx:
        found = await Entries(keys, clock).listed(tx, town, [stage], after=after, limit=limit)
    return [
        EntryItem(
            id=entry.id,
            receipt=entry.receipt,
            kind=entry.kind.value,
            state=entry.state,
            revision=entry.revision,
            errors=entry.errors,
            alerts=entry.alerts,
            entered_by=entry.entered_name,
            entered_at=entry.entered_at,
            own=entry.entered_by == principal.account_id,
        )
        for entry in found
    ]


@get("/api/v1/entries/{entry_id:uuid}", opt={"roles": CLERKS}, summary="Show an entry", tags=_TAGS)
async def show_entry(
    entry_id: FromPath[UUID], principal: Who, db: Db, keys: NodeKeys, clock: LawClock
) -> EntryAnswer:
    """The entry with what the rules say about it now."""
    town = principal.town()
    async with db.transaction(town=town, read_only=True) as tx:
        found = await Entries(keys, clock).get(tx, town, entry_id)
    return entry_answer(found.entry, found.decision.findings)
