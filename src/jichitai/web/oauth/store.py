"""SQL of registered programs and of the assertions they have used up."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from psycopg.types.json import Jsonb

from jichitai.infra.database import Tx
from jichitai.web.oauth.model import Assertion, Client, ClientState

_COLUMNS: Final = "client_id, organ_id, display, jwks, scopes, state, not_after"

_SAVE = """
insert into web.client (client_id, organ_id, display, jwks, scopes, state, not_after)
values (%(client_id)s, %(organ_id)s, %(display)s, %(jwks)s, %(scopes)s, %(state)s, %(not_after)s)
on conflict (client_id) do update
   set display = excluded.display, jwks = excluded.jwks, scopes = excluded.scopes,
       state = excluded.state, not_after = excluded.not_after
 where web.client.organ_id = excluded.organ_id
"""

_USE_UP = """
insert into web.used_assertion (client_id, jti_hash, expires_at)
values (%s, %s, %s)
on conflict do nothing
"""


async def find(tx: Tx, client_id: str) -> Client | None:
    """One program, or None."""
    query = f"select {_COLUMNS} from web.client where client_id = %s"
    row = await (await tx.execute(query, (client_id,))).fetchone()
    return None if row is None else _client(row)


async def everyone(tx: Tx) -> list[Client]:
    """All programs by name."""
    query = f"select {_COLUMNS} from web.client order by client_id"
    return [_client(row) for row in await (await tx.execute(query)).fetchall()]


async def save(tx: Tx, client: Client) -> bool:
    """Add a program or bring it up to date; False when the name is another body's."""
    done = await tx.execute(
        _SAVE,
        {
            "client_id": client.client_id,
            "organ_id": client.organ_id,
            "display": client.display,
            "jwks": Jsonb(dict(client.jwks)),
            "scopes": sorted(client.scopes),
            "state": str(client.state),
            "not_after": client.not_after,
        },
    )
    return done.rowcount == 1


async def use_up(tx: Tx, assertion: Assertion, *, until: float) -> bool:
    """Remember an assertion; False when it was used before."""
    end = datetime.fromtimestamp(until, UTC)
    done = await tx.execute(_USE_UP, (assertion.client_id, assertion.jti_hash, end))
    return done.rowcount == 1


async def sweep(tx: Tx, now: datetime) -> int:
    """Forget assertions that have expired, and return how many."""
    done = await tx.execute("delete from web.used_assertion where expires_at <= %s", (now,))
    return done.rowcount


def _client(row: Sequence[Any]) -> Client:
    return Client(
        client_id=row[0],
        organ_id=row[1],
        display=row[2],
        jwks=row[3],
        scopes=frozenset(row[4]),
        state=ClientState(row[5]),
        not_after=row[6],
    )
