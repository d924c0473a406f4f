"""Entries (仮登録) and the persons that they hold."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg import sql
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
_COLUMNS = sql.SQL(", ").join(map(sql.Identifier, _NAMES))
_SELECT = sql.SQL("select {} from register.entry where municipality = %(town)s and ").format(
    _COLUMNS
)


async def insert(tx: Tx, row: EntryRow) -> None:
    """Add an entry."""
    await tx.execute(
        sql.SQL("insert into register.entry ({}) values ({})").format(
            _COLUMNS, sql.SQL(", ").join(sql.Placeholder() * len(_NAMES))
        ),
        [getattr(row, name) for name in _NAMES],
    )


async def update(tx: Tx, row: EntryRow) -> None:
    """Write everything but the key back."""
    await tx.execute(
        sql.SQL(
            "update register.entry set {} where municipality = %(municipality)s"
            " and entry_id = %(entry_id)s"
        ).format(
            sql.SQL(", ").join(
                sql.SQL("{} = {}").format(sql.Identifier(name), sql.Placeholder(name))
                for name in _NAMES[2:]
            )
        ),
        {name: getattr(row, name) for name in _NAMES},
    )


async def get(tx: Tx, town: str, entry_id: UUID, *, lock: bool = False) -> EntryRow | None:
    """One entry, locked until the transaction ends when asked."""
    async with tx.cursor(row_factory=class_row(EntryRow)) as cursor:
        await cursor.execute(
            _SELECT + sql.SQL("entry_id = %(id)s") + sql.SQL(" for update" if lock else ""),
            {"town": town, "id": entry_id},
        )
        return await cursor.fetchone()


async def listed(
    tx: Tx, town: str, states: Sequence[str], *, after: int, limit: int
) -> list[EntryRow]:
    """Entries in these states by receipt number."""
    async with tx.cursor(row_factory=class_row(EntryRow)) as cursor:
        await cursor.execute(
            _SELECT
            + sql.SQL(
                "state = any(%(states)s) and receipt_number > %(after)s"
                " order by receipt_number limit %(limit)s"
            ),
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
    """Hold these persons for an entry; returns the holders of those that others have."""
    wanted = list(residents)
    await tx.execute(
        "delete from register.editing where municipality = %s and entry_id = %s"
        " and not resident_id = any(%s)",
        (row.municipality, row.entry_id, wanted),
    )
    async with tx.cursor() as cursor:
        await cursor.executemany(
            "insert into register.editing"
            " (municipality, resident_id, entry_id, held_by, held_name, since)"
            " values (%s, %s, %s, %s, %s, %s) on conflict do nothing",
            [
                (row.municipality, resident, row.entry_id, row.entered_by, row.entered_name, at)
                for resident in wanted
            ],
        )
    return [
        holder
        for holder in await holders(tx, row.municipality, wanted)
        if holder.entry_id != row.entry_id
    ]


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
