"""SQL of the nation's stock of codes and of the numbers made."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from jichitai.infra.database import Tx

_RESERVE: Final = """
insert into jukinet.code_stock (code_hash, municipality, batch_id, allotted_at)
select hash, %(town)s, %(batch)s, %(at)s
  from unnest(%(hashes)s::bytea[]) as new (hash)
 where not exists (select from jukinet.code_lookup where code_hash = hash)
 order by hash
    on conflict do nothing
returning code_hash
"""

_BATCH: Final = """
insert into jukinet.code_batch (batch_id, municipality, request_id, codes, sent_at)
values (%(batch)s, %(town)s, %(request)s, %(codes)s, %(at)s)
    on conflict do nothing
"""

_PERSON_NUMBER: Final = """
select person.person_id, person.sealed, person.number_hash
  from jukinet.code_lookup join jukinet.person using (person_id)
 where code_lookup.code_hash = %s
"""

_ISSUED: Final = """
select number_hash, counter, sealed from jukinet.issued_number
 where code_hash = any(%s) and current
   for update
"""

_ISSUE: Final = """
insert into jukinet.issued_number
       (number_hash, code_hash, counter, sealed, current, issued_at)
select %(number)s, %(code)s, %(counter)s, %(sealed)s, true, %(at)s
 where not exists (select from jukinet.number_lookup where number_hash = %(number)s)
    on conflict (number_hash) do nothing
returning counter
"""


@dataclass(frozen=True, slots=True)
class Issued:
    """A number that was made."""

    number_hash: bytes
    counter: int
    sealed: bytes


async def batch_of(tx: Tx, request_id: UUID) -> UUID | None:
    """The batch that answered a request, if it was answered."""
    cursor = await tx.execute(
        "select batch_id from jukinet.code_batch where request_id = %s", (request_id,)
    )
    row = await cursor.fetchone()
    return None if row is None else row[0]


async def reserve_codes(
    tx: Tx, hashes: Sequence[bytes], *, municipality: str, batch_id: UUID, at: datetime
) -> set[bytes]:
    """Reserve codes that nobody has or had; returns the hashes that were free."""
    values = {"hashes": list(hashes), "town": municipality, "batch": batch_id, "at": at}
    cursor = await tx.execute(_RESERVE, values)
    return {row[0] for row in await cursor.fetchall()}


async def save_batch(
    tx: Tx,
    *,
    batch_id: UUID,
    municipality: str,
    request_id: UUID | None,
    codes: int,
    at: datetime,
) -> None:
    """Keep that a stock was sent."""
    values = {
        "batch": batch_id,
        "town": municipality,
        "request": request_id,
        "codes": codes,
        "at": at,
    }
    await tx.execute(_BATCH, values)


async def person_number(tx: Tx, code_hash: bytes) -> tuple[UUID, bytes, bytes | None] | None:
    """Person id, sealed numbers and hash of the current number of whoever has or had a code."""
    row = await (await tx.execute(_PERSON_NUMBER, (code_hash,))).fetchone()
    return None if row is None else (row[0], row[1], row[2])


async def issued(tx: Tx, codes: Sequence[bytes]) -> Issued | None:
    """The current number made for one of these codes."""
    row = await (await tx.execute(_ISSUED, (list(codes),))).fetchone()
    return None if row is None else Issued(*row)


async def counters_used(tx: Tx, code_hash: bytes) -> int:
    """The counter from which the next number of a code is derived."""
    cursor = await tx.execute(
        "select coalesce(max(counter) + 1, 0) from jukinet.issued_number where code_hash = %s",
        (code_hash,),
    )
    row = await cursor.fetchone()
    return 0 if row is None else int(row[0])


async def withdraw(tx: Tx, number_hash: bytes) -> None:
    """A number is not current any more; it is never given to anybody again."""
    await tx.execute(
        "update jukinet.issued_number set current = false where number_hash = %s", (number_hash,)
    )


async def issue(
    tx: Tx, *, number_hash: bytes, code_hash: bytes, counter: int, sealed: bytes, at: datetime
) -> bool:
    """Keep a number; returns False when it is or was somebody's."""
    values = {
        "number": number_hash,
        "code": code_hash,
        "counter": counter,
        "sealed": sealed,
        "at": at,
    }
    return (await (await tx.execute(_ISSUE, values)).fetchone()) is not None


async def request_known(tx: Tx, request_id: UUID) -> bytes | None:
    """Hash of the number with which a request was answered."""
    cursor = await tx.execute(
        "select number_hash from jukinet.number_request where request_id = %s", (request_id,)
    )
    row = await cursor.fetchone()
    return None if row is None else bytes(row[0])


async def sealed_number(tx: Tx, number_hash: bytes) -> bytes | None:
    """The sealed text of a number that was made."""
    cursor = await tx.execute(
        "select sealed from jukinet.issued_number where number_hash = %s", (number_hash,)
    )
    row = await cursor.fetchone()
    return None if row is None else bytes(row[0])


async def save_request(
    tx: Tx, request_id: UUID, municipality: str, number_hash: bytes, at: datetime
) -> None:
    """Keep with which number a request was answered."""
    await tx.execute(
        "insert into jukinet.number_request"
        " (request_id, municipality, number_hash, answered_at) values (%s, %s, %s, %s)"
        " on conflict do nothing",
        (request_id, municipality, number_hash, at),
    )
