"""Residents and households: reading by key, saving rows and their history."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from uuid import UUID

from psycopg.rows import dict_row

from jichitai.infra.database import Tx
from jichitai.register.model.resident import Household, Resident
from jichitai.register.store.rows import COLUMNS, Row, Vault, household

_COLUMNS = ", ".join(COLUMNS)
_VALUES = ", ".join(["%s"] * len(COLUMNS))
_SELECT = f"select {_COLUMNS} from register.resident where municipality = %(town)s and "
_SELECT_HISTORY = (
    f"select {_COLUMNS} from register.resident_history where municipality = %(town)s and "
)
_HISTORY = f"insert into register.resident_history ({_COLUMNS}) values ({_VALUES})"
_CURRENT = (
    f"insert into register.resident ({_COLUMNS}) values ({_VALUES})"
    " on conflict (municipality, resident_id) do update set "
    + ", ".join(f"{column} = excluded.{column}" for column in COLUMNS[2:])
)
_HOUSEHOLD = """
insert into register.household
       (municipality, household_id, household_number, head_id, closed, event_number)
values (%s, %s, %s, %s, %s, %s)
    on conflict (municipality, household_id) do update
   set head_id = excluded.head_id, closed = excluded.closed, event_number = excluded.event_number
"""


async def _rows(tx: Tx, head: str, condition: str, town: str, **values: object) -> list[Row]:
    async with tx.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(head + condition, {"town": town, **values})
        return list(await cursor.fetchall())


async def _residents(
    tx: Tx, vault: Vault, condition: str, town: str, **values: object
) -> tuple[Resident, ...]:
    rows = await _rows(tx, _SELECT, condition, town, **values)
    return tuple(vault.resident(row) for row in rows)


async def by_ids(tx: Tx, vault: Vault, town: str, ids: Iterable[UUID]) -> tuple[Resident, ...]:
    """The newest rows of these persons, live or removed."""
    wanted = list(ids)
    if not wanted:
        return ()
    return await _residents(tx, vault, "resident_id = any(%(ids)s)", town, ids=wanted)


async def members(
    tx: Tx, vault: Vault, town: str, households: Iterable[UUID]
) -> tuple[Resident, ...]:
    """All live members of these households."""
    wanted = list(households)
    if not wanted:
        return ()
    return await _residents(
        tx, vault, "household_id = any(%(ids)s) and state = 'live'", town, ids=wanted
    )


async def once_members(tx: Tx, vault: Vault, town: str, household_id: UUID) -> tuple[Resident, ...]:
    """Persons whose line was removed while they belonged to this household."""
    return await _residents(
        tx, vault, "household_id = %(id)s and state = 'removed'", town, id=household_id
    )


async def by_code_index(
    tx: Tx, vault: Vault, town: str, indexes: Sequence[bytes]
) -> tuple[Resident, ...]:
    """Lines with one of these codes; of several lines the live one comes last."""
    if not indexes:
        return ()
    return await _residents(
        tx,
        vault,
        "code_index = any(%(indexes)s) order by state = 'live', event_number",
        town,
        indexes=list(indexes),
    )


async def by_number_index(
    tx: Tx, vault: Vault, town: str, indexes: Sequence[bytes]
) -> tuple[Resident, ...]:
    """Lines with one of these 個人番号."""
    if not indexes:
        return ()
    return await _residents(
        tx, vault, "number_index = any(%(indexes)s)", town, indexes=list(indexes)
    )


async def lookalikes(
    tx: Tx, vault: Vault, town: str, keys: Iterable[tuple[str, str, str]]
) -> tuple[Resident, ...]:
    """Lines with one of these (kana key, birth date, sex)."""
    wanted = list(keys)
    if not wanted:
        return ()
    kana, birth, sex = (list(part) for part in zip(*wanted, strict=True))
    return await _residents(
        tx,
        vault,
        "(kana_key, birth_date, sex) in"
        " (select * from unnest(%(kana)s::text[], %(birth)s::text[], %(sex)s::text[]))",
        town,
        kana=kana,
        birth=birth,
        sex=sex,
    )


async def due(tx: Tx, vault: Vault, town: str, on: date) -> tuple[Resident, ...]:
    """Live lines whose planned departure has come."""
    return await _residents(
        tx,
        vault,
        "state = 'live' and planned_on <= %(on)s order by planned_on, household_id, resident_id",
        town,
        on=on,
    )


async def due_towns(tx: Tx, on: date) -> list[str]:
    """Towns where somebody's planned departure has come; the transaction is for all towns."""
    cursor = await tx.execute(
        "select distinct municipality from register.resident"
        " where state = 'live' and planned_on <= %s order by municipality",
        (on,),
    )
    return [town for (town,) in await cursor.fetchall()]


async def history(tx: Tx, vault: Vault, town: str, resident_id: UUID) -> tuple[Resident, ...]:
    """All rows of a person, the newest first."""
    rows = await _rows(
        tx, _SELECT_HISTORY, "resident_id = %(id)s order by version desc", town, id=resident_id
    )
    return tuple(vault.resident(row) for row in rows)


async def as_of(
    tx: Tx, vault: Vault, town: str, resident_id: UUID, at: datetime
) -> Resident | None:
    """The row of a person that was valid at an instant (by the time of 本登録)."""
    rows = await _rows(
        tx,
        _SELECT_HISTORY,
        "resident_id = %(id)s and event_number <= (select coalesce(max(number), 0)"
        " from register.event where municipality = %(town)s and recorded_at < %(at)s)"
        " order by version desc limit 1",
        town,
        id=resident_id,
        at=at,
    )
    return vault.resident(rows[0]) if rows else None


async def members_as_of(
    tx: Tx, vault: Vault, town: str, household_id: UUID, at: datetime
) -> tuple[Resident, ...]:
    """The members of a household at an instant (by the time of 本登録)."""
    rows = await _rows(
        tx,
        _SELECT_HISTORY,
        """(resident_id, version) in (
             select resident_id, max(version) from register.resident_history
              where municipality = %(town)s
                and resident_id in (select resident_id from register.resident_history
                                     where municipality = %(town)s and household_id = %(id)s)
                and event_number <= (select coalesce(max(number), 0) from register.event
                                      where municipality = %(town)s and recorded_at < %(at)s)
              group by resident_id)
           and household_id = %(id)s and state = 'live'""",
        town,
        id=household_id,
        at=at,
    )
    return tuple(vault.resident(row) for row in rows)


async def households(tx: Tx, town: str, ids: Iterable[UUID]) -> tuple[Household, ...]:
    """Households by id."""
    wanted = list(ids)
    if not wanted:
        return ()
    async with tx.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(
            "select municipality, household_id, household_number, head_id, closed"
            "  from register.household where municipality = %s and household_id = any(%s)",
            (town, wanted),
        )
        return tuple(household(row) for row in await cursor.fetchall())


async def household_by_number(tx: Tx, town: str, number: str) -> UUID | None:
    """Id of the household with this 世帯番号."""
    row = await (
        await tx.execute(
            "select household_id from register.household"
            " where municipality = %s and household_number = %s",
            (town, number),
        )
    ).fetchone()
    return None if row is None else row[0]


async def save(
    tx: Tx, vault: Vault, number: int, rows: Iterable[Resident], changed: Iterable[Household]
) -> None:
    """Save the rows of one event: the newest row replaced, one more row of history each."""
    values = [vault.row(row, number) for row in rows]
    async with tx.cursor() as cursor:
        await cursor.executemany(_CURRENT, values)
        await cursor.executemany(_HISTORY, values)
        await cursor.executemany(
            _HOUSEHOLD,
            [
                (h.municipality.value, h.id, h.number.value, h.head, h.closed, number)
                for h in changed
            ],
        )
