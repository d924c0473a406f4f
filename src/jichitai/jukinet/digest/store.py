"""SQL of the digests, over the records of one town."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, LiteralString
from uuid import UUID

from jichitai.infra.database import Tx
from jichitai.jukinet.digest.model import EMPTY, Sum, sum_of
from jichitai.jukinet.network.scope import NATIONAL, Scope
from jichitai.kernel.parties import Party, Tier

_UPPER: Final = """
(select code_hash, row_hash, row_high, row_low, bucket from jukinet.person
  where {w}municipality = %(town)s and state = 'live'
  union all
 select code_hash, row_hash, row_high, row_low, bucket from jukinet.other_residence
  where {w}municipality = %(town)s) as held
"""

_TOWN: Final = """
(select code_hash, row_hash, row_high, row_low, bucket from jukinet.identity_record
  where municipality = %(town)s and state = 'live') as held
"""

_SUM: Final = "count(*), coalesce(bit_xor(row_high), 0), coalesce(bit_xor(row_low), 0)"

_ALL_TOWNS: Final = f"""
select municipality, {_SUM}
  from (select municipality, row_high, row_low from jukinet.person where state = 'live'
         union all
        select municipality, row_high, row_low from jukinet.other_residence) as held
 group by municipality
"""

_SAVE_STATE: Final = """
insert into jukinet.digest_state
       ({p}municipality, digest_id, state, rows_below, rows_here, buckets_open, differences,
        compared_at, equal_at)
values ({v}%(town)s, %(digest)s, %(state)s, %(below)s, %(here)s, %(buckets)s, %(differences)s,
        %(at)s, case when %(state)s = 'equal' then %(at)s::timestamptz end)
    on conflict ({p}municipality) do update
       set digest_id = excluded.digest_id, state = excluded.state,
           rows_below = excluded.rows_below, rows_here = excluded.rows_here,
           buckets_open = excluded.buckets_open, differences = excluded.differences,
           compared_at = excluded.compared_at,
           equal_at = coalesce(excluded.equal_at, digest_state.equal_at)
"""


class Holder:
    """The records of one town, as the town, its prefecture or the nation holds them."""

    def __init__(self, party: Party, municipality: str) -> None:
        """Name who holds and whose records."""
        self.municipality = municipality
        self._scope = NATIONAL if party.tier is Tier.TOWN else Scope.of(party)
        self._held: LiteralString = _TOWN if party.tier is Tier.TOWN else _UPPER

    async def root(self, tx: Tx) -> Sum:
        """The digest of all rows."""
        cursor = await self._run(tx, f"select {_SUM} from {self._held}")
        row = await cursor.fetchone()
        return EMPTY if row is None else sum_of(*row)

    async def buckets(self, tx: Tx) -> dict[int, Sum]:
        """The digests of the buckets that hold rows."""
        cursor = await self._run(tx, f"select bucket, {_SUM} from {self._held} group by bucket")
        return {row[0]: sum_of(*row[1:]) for row in await cursor.fetchall()}

    async def rows(self, tx: Tx, buckets: Sequence[int]) -> dict[int, dict[bytes, bytes]]:
        """Code hash -> row hash, by bucket; each bucket asked for is there, also when empty."""
        query: LiteralString = (
            f"select bucket, code_hash, row_hash from {self._held}"
            " where bucket = any(%(buckets)s::smallint[])"
        )
        cursor = await self._run(tx, query, buckets=list(buckets))
        found: dict[int, dict[bytes, bytes]] = {number: {} for number in buckets}
        for bucket, code_hash, row_hash in await cursor.fetchall():
            found[bucket][code_hash] = row_hash
        return found

    async def _run(self, tx: Tx, query: LiteralString, **values: Any) -> Any:
        parameters = self._scope.values(town=self.municipality, **values)
        return await tx.execute(self._scope.sql(query), parameters)


async def nation_roots(tx: Tx) -> dict[str, Sum]:
    """The nation's digest of every town, in one pass."""
    cursor = await tx.execute(_ALL_TOWNS)
    return {row[0]: sum_of(*row[1:]) for row in await cursor.fetchall()}


async def save_state(
    tx: Tx,
    scope: Scope,
    municipality: str,
    *,
    digest_id: UUID,
    state: str,
    below: int,
    here: int,
    at: datetime,
    buckets: int = 0,
    differences: int = 0,
) -> None:
    """Keep the outcome of the last comparison of a town."""
    values = scope.values(
        town=municipality,
        digest=digest_id,
        state=state,
        below=below,
        here=here,
        buckets=buckets,
        differences=differences,
        at=at,
    )
    await tx.execute(scope.sql(_SAVE_STATE), values)


async def state_of(tx: Tx, scope: Scope, municipality: str) -> tuple[int, int, int]:
    """Rows below, rows here and open buckets of the last comparison."""
    cursor = await tx.execute(
        scope.sql(
            "select rows_below, rows_here, buckets_open from jukinet.digest_state"
            " where {w}municipality = %(town)s"
        ),
        scope.values(town=municipality),
    )
    row = await cursor.fetchone()
    return (0, 0, 0) if row is None else (row[0], row[1], row[2])


async def note_sent(
    tx: Tx, municipality: str, digest_id: UUID, sum_: Sum, event_number: int, at: datetime
) -> None:
    """In the town: keep what was sent."""
    await tx.execute(
        "insert into jukinet.digest_run"
        " (municipality, digest_id, rows, root, event_number, sent_at)"
        " values (%s, %s, %s, %s, %s, %s) on conflict do nothing",
        (municipality, digest_id, sum_.rows, sum_.digest, event_number, at),
    )


async def event_number(tx: Tx, municipality: str) -> int:
    """In the town: how far the network worker has read the event log."""
    cursor = await tx.execute(
        "select event_number from jukinet.cursor where municipality = %s", (municipality,)
    )
    row = await cursor.fetchone()
    return 0 if row is None else int(row[0])
