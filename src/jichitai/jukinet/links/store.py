"""SQL of the requests for 切断 and return."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from jichitai.infra.database import Tx
from jichitai.jukinet.network.scope import Scope


@dataclass(frozen=True, slots=True)
class LinkRequest:
    """A request that another operator must confirm."""

    request_id: UUID
    municipality: str
    action: str
    reason: str
    requested_by: str
    requested_at: datetime
    state: str


_ADD: Final = """
insert into jukinet.link_request
       ({p}request_id, municipality, action, reason, requested_by, requested_at, state)
values ({v}%(id)s, %(town)s, %(action)s, %(reason)s, %(by)s, %(at)s, 'waiting')
    on conflict ({p}municipality) where state = 'waiting' do nothing
"""

_SELECT: Final = """
select request_id, municipality, action, reason, requested_by, requested_at, state
  from jukinet.link_request
"""

_WAITING: Final = (
    _SELECT
    + """
 where {w}municipality = %(town)s and state = 'waiting'
   for update
"""
)

_ALL_WAITING: Final = (
    _SELECT
    + """
 where {w}state = 'waiting'
 order by requested_at
"""
)

_DECIDE: Final = """
update jukinet.link_request set state = %(state)s, decided_by = %(by)s, decided_at = %(at)s
 where {w}request_id = %(id)s
"""


async def add(tx: Tx, scope: Scope, request: LinkRequest) -> bool:
    """Keep a request; returns False when another one is waiting for the town."""
    values = scope.values(
        id=request.request_id,
        town=request.municipality,
        action=request.action,
        reason=request.reason,
        by=request.requested_by,
        at=request.requested_at,
    )
    return (await tx.execute(scope.sql(_ADD), values)).rowcount > 0


async def waiting(tx: Tx, scope: Scope, municipality: str) -> LinkRequest | None:
    """The request that waits for a town, locked."""
    cursor = await tx.execute(scope.sql(_WAITING), scope.values(town=municipality))
    row = await cursor.fetchone()
    return None if row is None else LinkRequest(*row)


async def all_waiting(tx: Tx, scope: Scope) -> list[LinkRequest]:
    """Every request that waits, oldest first."""
    cursor = await tx.execute(scope.sql(_ALL_WAITING), scope.values())
    return [LinkRequest(*row) for row in await cursor.fetchall()]


async def decide(
    tx: Tx, scope: Scope, request_id: UUID, state: str, *, by: str, at: datetime
) -> None:
    """Confirm or withdraw a request."""
    values = scope.values(id=request_id, state=state, by=by, at=at)
    await tx.execute(scope.sql(_DECIDE), values)
