"""Entries (仮登録) and the persons that they hold."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row

from jichitai.infra.database import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryRow:
    """One row of `register.entry`."""

    municipality: str
    entry_id: UUID
    receipt_number: int
    kind: str
    state: str
    revision: int
    form: bytes
    form_index: bytes
    errors: int
    alerts: int
    entered_by: str
    entered_name: str
    entered_at: datetime
    changed_at: datetime
    submitted_at: datetime | None
    decided_by: str | None
    decided_name: str | None
    decided_at: datetime | None
    return_reason: str | None
    event_number: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who holds a person with an open entry."""

    resident_id: UUID
    entry_id: UUID
    held_by: str
    held_name: str
    since: datetime


_NAMES = tuple(EntryRow.__dataclass_fields__)
_COLUMNS = ", ".join(_NAMES)
_SELECT = f"select {_COLUMNS} from register.entry where municipality = %(town)s and "
_INSERT = (
    f"insert into register.entry ({_COLUMNS}) values ({', '.join(['%s'] * len(_NAMES))})"
    " on conflict do nothing"
)
_UPDATE = (
    "update register.entry set "
    + ", ".join(f"{name} = %({name})s" for name in _NAMES[2:])
    + " where municipality = %(municipality)s and entry_id = %(entry_id)s"
)
_HOLD = """
insert into register.editing (municipality, resident_id, entry_id, held_by, held_name, since)
select %s, resident_id, %s, %s, %s, %s from unnest(%s::uuid[]) as wanted (resident_id)
    on conflict (municipality, resident_id) do nothing
"""


async def insert(tx: Tx, row: EntryRow) -> bool:
    """Add an entry; False when its id is taken."""
    cursor = await tx.execute(_INSERT, [getattr(row, name) for name in _NAMES])
    return cursor.rowcount == 1


async def update(tx: Tx, row: EntryRow) -> None:
    """Write everything but the key back."""
    await tx.execute(_UPDATE, {name: getattr(row, name) for name in _NAMES})


async def get(tx: Tx, town: str, entry_id: UUID, *, lock: bool = False) -> EntryRow | None:
    """One entry, locked until the transaction ends when asked."""
    async with tx.cursor(row_factory=class_row(EntryRow)) as cursor:
        await cursor.execute(
            _SELECT + "entry_id = %(id)s" + (" for update" if lock else ""),
            {"town": town, "id": entry_id},
        )
        return await cursor.fetchone()


async def listed(
    tx: Tx, town: str, states: Sequence[str], *, after: int, limit: int
) -> list[EntryRow]:
    """Entries in these states by receipt number."""
    async with tx.cursor(row_factory=class_row(EntryRow)) as cursor:
        await cursor.execute(
            _SELECT + "state = any(%(states)s) and receipt_number > %(after)s"
            " order by receipt_number limit %(limit)s",
            {"town": town, "states": list(states), "after": after, "limit": limit},
        )
        return list(await cursor.fetchall())


async def counts(tx: Tx, town: str) -> dict[str, int]:
    """How many open entries there are in each state."""
    rows = await (
        await tx.execute(
            "select state, count(*) from register.entry where municipality = %s"
            " and state in ('draft', 'submitted', 'returned') group by state",
            (town,),
        )
    ).fetchall()
    return {str(state): int(count) for state, count in rows}


async def hold(tx: Tx, row: EntryRow, residents: Iterable[UUID], *, at: datetime) -> list[Holder]:
    """Hold these persons for an entry, and let go of others that it held.

    Returns:
        Who holds those persons that other entries have.
    """
    wanted = list(residents)
    town = row.municipality
    if row.revision > 1:
        await tx.execute(
            "delete from register.editing where municipality = %s and entry_id = %s"
            " and not resident_id = any(%s)",
            (town, row.entry_id, wanted),
        )
    if not wanted:
        return []
    values = (town, row.entry_id, row.entered_by, row.entered_name, at, wanted)
    if (await tx.execute(_HOLD, values)).rowcount == len(set(wanted)):
        return []
    return [h for h in await holders(tx, town, wanted) if h.entry_id != row.entry_id]


async def holders(tx: Tx, town: str, residents: Iterable[UUID]) -> list[Holder]:
    """Who holds these persons."""
    async with tx.cursor(row_factory=class_row(Holder)) as cursor:
        await cursor.execute(
            "select resident_id, entry_id, held_by, held_name, since from register.editing"
            " where municipality = %s and resident_id = any(%s)",
            (town, list(residents)),
        )
        return list(await cursor.fetchall())


async def release(tx: Tx, town: str, entry_id: UUID) -> None:
    """Let go of everybody that an entry holds."""
    await tx.execute(
        "delete from register.editing where municipality = %s and entry_id = %s", (town, entry_id)
    )
