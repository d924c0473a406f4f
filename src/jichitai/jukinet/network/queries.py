"""Reads for operators of prefecture and nation: towns, quarantine, cases. No personal data."""

from datetime import datetime
from typing import Final, Literal, TypeAlias
from uuid import UUID

from msgspec import Struct

from jichitai.infra.database import Tx
from jichitai.jukinet.network.scope import Scope
from jichitai.kernel.municipalities import Municipality

CaseState: TypeAlias = Literal["open", "explained", "closed"]


class TownLine(Struct, frozen=True, kw_only=True):
    """One town as its prefecture or the nation sees it.

    Attributes:
        event_number: the newest event that was heard of.
        messages: notices taken in.
        lag_seconds: from the record in the town to its arrival, for the newest notice.
        heard_at: when the newest notice arrived.
        persons: residents here by the last comparison.
        waiting: messages to the town that it has not confirmed.
        held: messages of the town held back because its link is cut.
        quarantined: refused messages of the town that wait for a decision.
        digest: equal, comparing, differs, or empty before the first comparison.
        compared_at: of the last comparison.
        equal_at: when the records were last equal.
        cases: open differences.
        link: open or cut.
        request: cut or return, when such a request waits for a second operator.
    """

    code: str
    name: str
    prefecture: str
    event_number: int
    messages: int
    lag_seconds: float | None
    heard_at: datetime | None
    persons: int
    waiting: int
    held: int
    quarantined: int
    digest: str
    compared_at: datetime | None
    equal_at: datetime | None
    cases: int
    link: str
    request: str


class QuarantineLine(Struct, frozen=True, kw_only=True):
    """One refused message, without its content."""

    quarantine_id: UUID
    received_at: datetime
    sender: str
    origin: str
    number: int | None
    message_id: str
    kind: str
    reason_type: str
    reason: str
    size: int
    state: str
    owner: str | None


class CaseLine(Struct, frozen=True, kw_only=True):
    """One difference with its owner and age."""

    case_id: UUID
    municipality: str
    kind: str
    owner: str
    opened_at: datetime
    age_hours: float
    detail: str
    state: str
    closed_at: datetime | None
    closing_note: str | None


_TOWNS: Final = """
with heard as (
    select municipality, event_number, messages, received_at,
           extract(epoch from received_at - recorded_at)::float8 as lag
      from jukinet.town_intake {where}
), waiting as (
    select substring(receiver from 6) as municipality, count(*) as waiting
      from infra.outbox where sender = %(us)s and receiver like 'town-%%' group by receiver
), held as (
    select substring(origin from 6) as municipality, count(*) as held
      from infra.held where receiver = %(us)s and origin like 'town-%%' group by origin
), quarantined as (
    select substring(origin from 6) as municipality, count(*) as quarantined
      from infra.quarantine
     where receiver = %(us)s and state = 'open' and origin like 'town-%%' group by origin
), found as (
    select municipality, count(*) as cases from jukinet.digest_case
     where {w}state = 'open' group by municipality
), cut as (
    select substring(party from 6) as municipality from infra.link
     where state = 'cut' and party like 'town-%%'
), asked as (
    select municipality, action from jukinet.link_request where {w}state = 'waiting'
), compared as (
    select municipality, state, rows_here, compared_at, equal_at from jukinet.digest_state {where}
)
select municipality, coalesce(heard.event_number, 0), coalesce(heard.messages, 0), heard.lag,
       heard.received_at, coalesce(compared.rows_here, 0), coalesce(waiting.waiting, 0),
       coalesce(held.held, 0), coalesce(quarantined.quarantined, 0),
       coalesce(compared.state, ''), compared.compared_at, compared.equal_at,
       coalesce(found.cases, 0), cut.municipality is not null, coalesce(asked.action, '')
  from heard
  full join compared using (municipality)
  full join waiting using (municipality)
  full join held using (municipality)
  full join quarantined using (municipality)
  full join found using (municipality)
  full join cut using (municipality)
  full join asked using (municipality)
"""

_QUARANTINE: Final = """
select quarantine_id, received_at, sender, origin, number, message_id, kind, reason_type, reason,
       octet_length(content), state, owner
  from infra.quarantine
 where receiver = %(us)s and state = %(state)s and (%(origin)s::text is null or origin = %(origin)s)
 order by received_at desc
 limit %(limit)s
"""

_CASES: Final = """
select case_id, municipality, kind, owner, opened_at,
       extract(epoch from coalesce(closed_at, %(now)s) - opened_at)::float8 / 3600,
       detail, state, closed_at, closing_note
  from jukinet.digest_case
 where {w}state = %(state)s and (%(town)s::text is null or municipality = %(town)s)
 order by opened_at
 limit %(limit)s
"""


async def towns(tx: Tx, scope: Scope) -> list[TownLine]:
    """Every town of the scope, also those that were never heard of, by code."""
    where = "" if scope.is_nation else "where prefecture = %(prefecture)s"
    statement = _TOWNS.replace("{where}", where)
    cursor = await tx.execute(scope.sql(statement), scope.values(us=str(scope.party)))
    rows = {row[0]: row[1:] for row in await cursor.fetchall()}
    nothing = (0, 0, None, None, 0, 0, 0, 0, "", None, None, 0, False, "")
    return [_line(town, *rows.get(str(town.code), nothing)) for town in scope.towns()]


async def quarantine(
    tx: Tx, scope: Scope, *, state: str = "open", origin: str | None = None, limit: int = 200
) -> list[QuarantineLine]:
    """Refused messages, newest first."""
    values = {"us": str(scope.party), "state": state, "origin": origin, "limit": limit}
    cursor = await tx.execute(_QUARANTINE, values)
    names = QuarantineLine.__struct_fields__
    return [QuarantineLine(**dict(zip(names, row, strict=True))) for row in await cursor.fetchall()]


async def cases(
    tx: Tx,
    scope: Scope,
    *,
    now: datetime,
    state: CaseState = "open",
    municipality: str | None = None,
    limit: int = 500,
) -> list[CaseLine]:
    """Differences, oldest first."""
    values = scope.values(now=now, state=state, town=municipality, limit=limit)
    cursor = await tx.execute(scope.sql(_CASES), values)
    names = CaseLine.__struct_fields__
    return [CaseLine(**dict(zip(names, row, strict=True))) for row in await cursor.fetchall()]


def _line(
    town: Municipality,
    event_number: int,
    messages: int,
    lag: float | None,
    heard_at: datetime | None,
    persons: int,
    waiting: int,
    held: int,
    quarantined: int,
    digest: str,
    compared_at: datetime | None,
    equal_at: datetime | None,
    cases: int,
    cut: bool,  # noqa: FBT001 - a row of the query, by position
    request: str,
) -> TownLine:
    return TownLine(
        code=str(town.code),
        name=town.name,
        prefecture=town.prefecture,
        event_number=event_number,
        messages=messages,
        lag_seconds=lag,
        heard_at=heard_at,
        persons=persons,
        waiting=waiting,
        held=held,
        quarantined=quarantined,
        digest=digest,
        compared_at=compared_at,
        equal_at=equal_at,
        cases=cases,
        link="cut" if cut else "open",
        request=request,
    )
