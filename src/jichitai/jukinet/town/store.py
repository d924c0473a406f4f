"""SQL of the town's part: cursor, identity file (CS), requests and reports."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from jichitai.infra.arrays import array
from jichitai.infra.database import Tx


class IdentityRow(NamedTuple):
    """One row of `jukinet.identity_record`, in the order of its columns."""

    municipality: str
    resident_id: UUID
    state: str
    sealed: bytes
    code_hash: bytes
    name: str
    kana: str
    birth_date: str
    sex: str
    postal_code: str
    address: str
    former_name: str | None
    former_kana: str | None
    alias: str | None
    alias_kana: str | None
    net_reason: str
    changed_on: str
    residence_since: date
    event_number: int
    row_hash: bytes
    bucket: int
    resent: int
    updated_at: datetime


_NAMES: Final = ", ".join(IdentityRow._fields)
_ARRAYS: Final = """%(municipality)s::text[], %(resident_id)s::uuid[], %(state)s::text[],
       %(sealed)s::bytea[], %(code_hash)s::bytea[], %(name)s::text[], %(kana)s::text[],
       %(birth_date)s::text[], %(sex)s::text[], %(postal_code)s::text[], %(address)s::text[],
       %(former_name)s::text[], %(former_kana)s::text[], %(alias)s::text[],
       %(alias_kana)s::text[], %(net_reason)s::text[], %(changed_on)s::text[],
       %(residence_since)s::date[], %(event_number)s::bigint[], %(row_hash)s::bytea[],
       %(bucket)s::smallint[], %(resent)s::integer[], %(updated_at)s::timestamptz[]"""
_ASSIGNMENTS: Final = ", ".join(f"{name} = excluded.{name}" for name in IdentityRow._fields[2:])

_SAVE: Final = f"""
insert into jukinet.identity_record ({_NAMES})
select {_NAMES} from unnest({_ARRAYS}) as new ({_NAMES})
    on conflict (municipality, resident_id) do update set {_ASSIGNMENTS}
"""

_CURSORS: Final = "select municipality, event_number from jukinet.cursor"

_LOCK: Final = """
insert into jukinet.cursor (municipality, event_number, moved_at) values (%(town)s, 0, %(at)s)
    on conflict (municipality) do update set event_number = cursor.event_number
returning event_number
"""

_BY_CODE: Final = f"""
select {_NAMES} from jukinet.identity_record
 where municipality = %s and code_hash = %s
 order by state, event_number desc limit 1 for update
"""


@dataclass(frozen=True, slots=True)
class NumberRequest:
    """An M11 that was sent."""

    resident_id: UUID
    change: bool
    answered: bool


@dataclass(frozen=True, slots=True)
class ErrorReport:
    """A 誤り通報 (M15) as it is kept."""

    report_id: UUID
    kind: str
    detail: str
    reported_by: str
    reported_at: datetime
    state: str
    code_hash: bytes | None


async def cursors(tx: Tx) -> dict[str, int]:
    """How far each town's event log has been read."""
    return dict(await (await tx.execute(_CURSORS)).fetchall())


async def lock_cursor(tx: Tx, municipality: str, at: datetime) -> int:
    """How far the log has been read; nobody else reads until the transaction ends."""
    row = await (await tx.execute(_LOCK, {"town": municipality, "at": at})).fetchone()
    return 0 if row is None else int(row[0])


async def move_cursor(tx: Tx, municipality: str, number: int, at: datetime) -> None:
    """The log has been read up to this event."""
    await tx.execute(
        "update jukinet.cursor set event_number = %s, moved_at = %s where municipality = %s",
        (number, at, municipality),
    )


async def save_identities(tx: Tx, rows: Sequence[IdentityRow]) -> None:
    """Write rows of the identity file; of several about one resident the last counts."""
    last = {row.resident_id: row for row in rows}
    # a line that ends makes room for another line with the same code
    ordered = sorted(last.values(), key=lambda row: row.state == "live")
    for part in (
        [row for row in ordered if row.state != "live"],
        [row for row in ordered if row.state == "live"],
    ):
        if part:
            columns = zip(*part, strict=True)
            names = IdentityRow._fields
            values: dict[str, Any] = {n: array(c) for n, c in zip(names, columns, strict=True)}
            await tx.execute(_SAVE, values)


async def identity_by_code(tx: Tx, municipality: str, code_hash: bytes) -> IdentityRow | None:
    """The row with this code, a live one before a removed one; locked."""
    row = await (await tx.execute(_BY_CODE, (municipality, code_hash))).fetchone()
    return None if row is None else IdentityRow(*row)


async def mark_resent(tx: Tx, municipality: str, resident_id: UUID, resent: int) -> None:
    """Count a repeated sending."""
    await tx.execute(
        "update jukinet.identity_record set resent = %s"
        " where municipality = %s and resident_id = %s",
        (resent, municipality, resident_id),
    )


async def ask_number(
    tx: Tx, municipality: str, request_id: UUID, resident_id: UUID, at: datetime, *, change: bool
) -> None:
    """Keep an M11."""
    await tx.execute(
        "insert into jukinet.number_request"
        " (municipality, request_id, resident_id, change, requested_at)"
        " values (%s, %s, %s, %s, %s)",
        (municipality, request_id, resident_id, change, at),
    )


async def number_request(tx: Tx, municipality: str, request_id: UUID) -> NumberRequest | None:
    """The M11 that an answer belongs to."""
    cursor = await tx.execute(
        "select resident_id, change, answered_at is not null from jukinet.number_request"
        " where municipality = %s and request_id = %s for update",
        (municipality, request_id),
    )
    row = await cursor.fetchone()
    return None if row is None else NumberRequest(*row)


async def number_answered(tx: Tx, municipality: str, request_id: UUID, at: datetime) -> None:
    """The answer has had its effect."""
    await tx.execute(
        "update jukinet.number_request set answered_at = %s"
        " where municipality = %s and request_id = %s",
        (at, municipality, request_id),
    )


async def waits_for_codes(tx: Tx, municipality: str) -> bool:
    """Whether an M10R is still without an answer."""
    cursor = await tx.execute(
        "select 1 from jukinet.code_request where municipality = %s and answered_at is null",
        (municipality,),
    )
    return await cursor.fetchone() is not None


async def ask_codes(tx: Tx, municipality: str, request_id: UUID, wanted: int, at: datetime) -> None:
    """Keep an M10R."""
    await tx.execute(
        "insert into jukinet.code_request (municipality, request_id, wanted, requested_at)"
        " values (%s, %s, %s, %s)",
        (municipality, request_id, wanted, at),
    )


async def codes_answered(tx: Tx, municipality: str, request_id: UUID, at: datetime) -> None:
    """The stock that was asked for has come."""
    await tx.execute(
        "update jukinet.code_request set answered_at = %s"
        " where municipality = %s and request_id = %s",
        (at, municipality, request_id),
    )


async def save_transfer(
    tx: Tx,
    municipality: str,
    request_id: UUID,
    *,
    direction: str,
    other: str,
    persons: int,
    at: datetime,
) -> None:
    """Keep an M06 that was sent or has come; a repetition changes nothing."""
    await tx.execute(
        "insert into jukinet.transfer_request"
        " (municipality, request_id, direction, other, persons, requested_at)"
        " values (%s, %s, %s, %s, %s, %s) on conflict do nothing",
        (municipality, request_id, direction, other, persons, at),
    )


async def answer_transfer(
    tx: Tx, municipality: str, request_id: UUID, direction: str, refusal: str | None, at: datetime
) -> bool:
    """The M07 of a request was sent or has come; returns whether there is such a request."""
    cursor = await tx.execute(
        "update jukinet.transfer_request set answered_at = %s, refusal = %s"
        " where municipality = %s and request_id = %s and direction = %s",
        (at, refusal, municipality, request_id, direction),
    )
    return cursor.rowcount > 0


async def save_report(
    tx: Tx,
    municipality: str,
    *,
    report_id: UUID,
    kind: str,
    code_hash: bytes,
    detail: str,
    reported_by: str,
    at: datetime,
) -> None:
    """Keep an M15; a repetition changes nothing."""
    await tx.execute(
        "insert into jukinet.error_report"
        " (municipality, report_id, kind, code_hash, detail, reported_by, reported_at, state)"
        " values (%s, %s, %s, %s, %s, %s, %s, 'open') on conflict do nothing",
        (municipality, report_id, kind, code_hash, detail, reported_by, at),
    )


async def reports(tx: Tx, municipality: str, limit: int = 200) -> list[ErrorReport]:
    """誤り通報 that came, newest first."""
    cursor = await tx.execute(
        "select report_id, kind, detail, reported_by, reported_at, state, code_hash"
        "  from jukinet.error_report where municipality = %s"
        " order by state = 'open' desc, reported_at desc limit %s",
        (municipality, limit),
    )
    return [ErrorReport(*row) for row in await cursor.fetchall()]


async def open_report(tx: Tx, municipality: str, report_id: UUID) -> ErrorReport | None:
    """One open 誤り通報, locked."""
    cursor = await tx.execute(
        "select report_id, kind, detail, reported_by, reported_at, state, code_hash"
        "  from jukinet.error_report"
        " where municipality = %s and report_id = %s and state = 'open' for update",
        (municipality, report_id),
    )
    row = await cursor.fetchone()
    return None if row is None else ErrorReport(*row)


async def close_report(
    tx: Tx, municipality: str, report_id: UUID, *, by: str, at: datetime
) -> None:
    """A 誤り通報 was dealt with."""
    await tx.execute(
        "update jukinet.error_report set state = 'closed', closed_by = %s, closed_at = %s"
        " where municipality = %s and report_id = %s",
        (by, at, municipality, report_id),
    )
