"""Calls for searching and showing persons, households and the event log."""

from datetime import date
from typing import Annotated, Final
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from jichitai.register.access import CLERKS, READERS, actor
from jichitai.register.api.bodies import (
    Because,
    EventAnswer,
    HitAnswer,
    HouseholdAnswer,
    Numbers,
    ResidentAnswer,
    Search,
    SearchAnswer,
    VersionAnswer,
    event_answer,
    resident_answer,
    version_answer,
)
from jichitai.register.service.people import People, Query
from jichitai.web.inject import Db, LawClock, NodeKeys, Who

_TAGS: Final = ["register"]


@post(
    "/api/v1/residents/search",
    opt={"roles": CLERKS},
    status_code=200,
    summary="Search residents",
    tags=_TAGS,
)
async def search_residents(
    data: JSONBody[Search], principal: Who, db: Db, keys: NodeKeys, clock: LawClock
) -> SearchAnswer:
    """Conditions stand in the body; the reason is kept in the audit log."""
    town = principal.town()
    conditions = {k: v for k, v in msgspec.structs.asdict(data).items() if k != "reason"}
    async with db.transaction(town=town) as tx:
        found = await People(keys, clock).search(
            tx, town, Query(**conditions), reason=data.reason, by=actor(principal)
        )
    return SearchAnswer(
        hits=[
            HitAnswer(
                id=hit.resident_id,
                household_id=hit.household_id,
                state=hit.state,
                addressee_number=hit.addressee_number,
                name=hit.name,
                kana=hit.kana,
                birth_date=hit.birth_date,
                sex=hit.sex,
                relation=hit.relation,
                address=hit.address,
                past=hit.past,
            )
            for hit in found.hits
        ],
        more=found.more,
    )


@get(
    "/api/v1/residents/{resident_id:uuid}",
    opt={"roles": CLERKS},
    summary="Show a resident",
    tags=_TAGS,
)
async def show_resident(
    resident_id: FromPath[UUID],
    principal: Who,
    db: Db,
    keys: NodeKeys,
    clock: LawClock,
    as_of: FromQuery[date | None] = None,
) -> ResidentAnswer:
    """Now, or as the register stood at the end of a day."""
    town = principal.town()
    async with db.transaction(town=town) as tx:
        row = await People(keys, clock).person(
            tx, town, resident_id, by=actor(principal), as_of=as_of
        )
    return resident_answer(row)


@get(
    "/api/v1/residents/{resident_id:uuid}/history",
    opt={"roles": CLERKS},
    summary="Show a resident's history",
    tags=_TAGS,
)
async def show_history(
    resident_id: FromPath[UUID], principal: Who, db: Db, keys: NodeKeys, clock: LawClock
) -> list[VersionAnswer]:
    """All rows with their events, the newest first."""
    town = principal.town()
    async with db.transaction(town=town) as tx:
        versions = await People(keys, clock).history(tx, town, resident_id, by=actor(principal))
    return [version_answer(version) for version in versions]


@post(
    "/api/v1/residents/{resident_id:uuid}/numbers",
    opt={"roles": CLERKS},
    status_code=200,
    summary="Show a resident's two numbers, for a reason",
    tags=_TAGS,
)
async def show_numbers(
    resident_id: FromPath[UUID],
    data: JSONBody[Because],
    principal: Who,
    db: Db,
    keys: NodeKeys,
    clock: LawClock,
) -> Numbers:
    """The look and its reason are kept in the audit log."""
    town = principal.town()
    async with db.transaction(town=town) as tx:
        code, number = await People(keys, clock).reveal(
            tx, town, resident_id, reason=data.reason, by=actor(principal)
        )
    return Numbers(juki_code=code.reveal(), my_number=number.reveal() if number else None)


@get(
    "/api/v1/households/{household_id:uuid}",
    opt={"roles": CLERKS},
    summary="Show a household",
    tags=_TAGS,
)
async def show_household(
    household_id: FromPath[UUID],
    principal: Who,
    db: Db,
    keys: NodeKeys,
    clock: LawClock,
    as_of: FromQuery[date | None] = None,
) -> HouseholdAnswer:
    """Now, or as the register stood at the end of a day."""
    town = principal.town()
    async with db.transaction(town=town) as tx:
        view = await People(keys, clock).household(
            tx, town, household_id, by=actor(principal), as_of=as_of
        )
    return HouseholdAnswer(
        id=view.household.id,
        number=view.household.number.value,
        head_id=view.household.head,
        closed=view.household.closed,
        members=[resident_answer(row) for row in view.members],
        removed=[resident_answer(row) for row in view.removed],
    )


@get("/api/v1/events", opt={"roles": READERS}, summary="Read the event log", tags=_TAGS)
async def list_events(
    principal: Who,
    db: Db,
    keys: NodeKeys,
    clock: LawClock,
    after: Annotated[int, QueryParameter(ge=0, le=2**53 - 1)] = 0,
    limit: Annotated[int, QueryParameter(ge=1, le=1000)] = 100,
) -> list[EventAnswer]:
    """Events of the town after a number, in order."""
    town = principal.town()
    async with db.transaction(town=town, read_only=True) as tx:
        found = await People(keys, clock).events_after(tx, town, after, limit)
    return [event_answer(event) for event in found]
