"""The event log and the counters of a town."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from psycopg.rows import class_row, dict_row

from jichitai.infra.database import Tx
from jichitai.register.model.reasons import EventKind
from jichitai.register.model.resident import Change, Resident
from jichitai.register.store.rows import COLUMNS, Row, Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """The last numbers that a town has given out."""

    event_number: int
    receipt_number: int
    addressee_serial: int
    household_serial: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One row of the log."""

    municipality: str
    number: int
    event_id: UUID
    kind: str
    reason: str
    net_reason: str
    basis: str
    delta: int
    occurred_on: str
    reported_on: date
    recorded_at: datetime
    entry_id: UUID | None
    entered_by: str
    approved_by: str
    alerts: list[str]
    previous_municipality: str | None
    destination: str | None
    destination_address: str
    planned_on: date | None
    special: bool
    cancels: int | None
    persons: int


_NAMES = tuple(Event.__dataclass_fields__)
_EVENT = ", ".join(_NAMES)
_PARTS = "event_number, receipt_number, addressee_serial, household_serial"


_LOCK = f"""
insert into register.town_counter (municipality) values (%s)
    on conflict (municipality) do update set municipality = excluded.municipality
returning {_PARTS}
"""


async def lock(tx: Tx, town: str) -> Counter:
    """Take the town's lock until the transaction ends; every writer of the log starts here."""
    async with tx.cursor(row_factory=class_row(Counter)) as cursor:
        await cursor.execute(_LOCK, (town,))
        counter = await cursor.fetchone()
    assert counter is not None  # noqa: S101 - the statement always returns the row
    return counter


async def peek(tx: Tx, town: str) -> Counter:
    """The counters without a lock, for judging an entry before it is approved."""
    async with tx.cursor(row_factory=class_row(Counter)) as cursor:
        await cursor.execute(
            f"select {_PARTS} from register.town_counter where municipality = %s", (town,)
        )
        counter = await cursor.fetchone()
    return counter or Counter(
        event_number=0, receipt_number=0, addressee_serial=0, household_serial=0
    )


async def last_numbers(tx: Tx) -> dict[str, int]:
    """Number of the newest event of every town that this transaction may see."""
    cursor = await tx.execute("select municipality, event_number from register.town_counter")
    return dict(await cursor.fetchall())


async def advance(tx: Tx, town: str, counter: Counter) -> None:
    """Write the counters back; the lock is held."""
    await tx.execute(
        "update register.town_counter set event_number = %s, receipt_number = %s,"
        " addressee_serial = %s, household_serial = %s where municipality = %s",
        (
            counter.event_number,
            counter.receipt_number,
            counter.addressee_serial,
            counter.household_serial,
            town,
        ),
    )


async def append(tx: Tx, event: Event) -> None:
    """Add one event."""
    values = [getattr(event, name) for name in _NAMES]
    await tx.execute(
        f"insert into register.event ({_EVENT}) values ({', '.join(['%s'] * len(values))})",
        values,
    )


async def event(tx: Tx, town: str, number: int) -> Event | None:
    """One event by its number."""
    found = await after(tx, town, number - 1, 1)
    return found[0] if found and found[0].number == number else None


async def after(tx: Tx, town: str, number: int, limit: int) -> list[Event]:
    """The events after a number, in order."""
    async with tx.cursor(row_factory=class_row(Event)) as cursor:
        await cursor.execute(
            f"select {_EVENT} from register.event where municipality = %s and number > %s"
            " order by number limit %s",
            (town, number, limit),
        )
        return list(await cursor.fetchall())


async def by_entry(tx: Tx, town: str, entry_id: UUID) -> int | None:
    """Number of the event that an entry became."""
    row = await (
        await tx.execute(
            "select number from register.event where municipality = %s and entry_id = %s",
            (town, entry_id),
        )
    ).fetchone()
    return None if row is None else int(row[0])


async def of_resident(tx: Tx, town: str, resident_id: UUID) -> list[Event]:
    """The events of a person, the newest first."""
    async with tx.cursor(row_factory=class_row(Event)) as cursor:
        await cursor.execute(
            f"select {_EVENT} from register.event where municipality = %(town)s and number in"
            " (select event_number from register.resident_history"
            "   where municipality = %(town)s and resident_id = %(id)s) order by number desc",
            {"town": town, "id": resident_id},
        )
        return list(await cursor.fetchall())


_CHANGES = f"""
select {", ".join(f"h.{column}" for column in COLUMNS)},
       {", ".join(f"p.{column} as p_{column}" for column in COLUMNS)}
  from register.resident_history as h
  left join register.resident_history as p
    on p.municipality = h.municipality and p.resident_id = h.resident_id
   and p.version = h.version - 1
 where h.municipality = %s and h.event_number = any(%s)
 order by h.event_number, h.household_id, h.resident_id
"""


async def changes(
    tx: Tx, vault: Vault, town: str, numbers: Sequence[int]
) -> dict[int, list[Change]]:
    """The rows before and after each of these events."""
    found: dict[int, list[Change]] = {}
    if not numbers:
        return found
    async with tx.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(_CHANGES, (town, list(numbers)))
        for row in await cursor.fetchall():
            found.setdefault(row["event_number"], []).append(_change(vault, row))
    return found


def _change(vault: Vault, row: Row) -> Change:
    earlier = {column: row[f"p_{column}"] for column in COLUMNS}
    known = earlier["resident_id"] is not None
    return Change(before=vault.resident(earlier) if known else None, after=vault.resident(row))


async def later_kinds(tx: Tx, town: str, number: int) -> frozenset[EventKind]:
    """Kinds of the later events that touched a person of this event again."""
    rows = await (
        await tx.execute(
            """
            select distinct e.kind
              from register.resident_history as h
              join register.resident_history as l
                on l.municipality = h.municipality and l.resident_id = h.resident_id
               and l.event_number > h.event_number
              join register.event as e
                on e.municipality = l.municipality and e.number = l.event_number
             where h.municipality = %s and h.event_number = %s
            """,
            (town, number),
        )
    ).fetchall()
    return frozenset(EventKind(row[0]) for row in rows)


async def is_cancelled(tx: Tx, town: str, number: int) -> bool:
    """Whether an event was reversed."""
    row = await (
        await tx.execute(
            "select 1 from register.event where municipality = %s and cancels = %s", (town, number)
        )
    ).fetchone()
    return row is not None


async def live_residents(tx: Tx, vault: Vault, town: str) -> AsyncIterator[Resident]:
    """All live lines of a town in the order of their ids, read by a server-side cursor."""
    async with tx.cursor(name="live_residents", row_factory=dict_row) as cursor:
        cursor.itersize = 2000
        await cursor.execute(
            f"select {', '.join(COLUMNS)} from register.resident"
            " where municipality = %s and state = 'live' order by resident_id",
            (town,),
        )
        async for row in cursor:
            yield vault.resident(row)
