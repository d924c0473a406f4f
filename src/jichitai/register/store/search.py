"""Searching persons: small read-only rows for a list."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from psycopg.rows import class_row

from jichitai.infra.database import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A person found.

    Attributes:
        past: found by a name or reading that is no longer the current one.
    """

    resident_id: UUID
    household_id: UUID
    state: str
    addressee_number: str
    name: str
    kana: str
    birth_date: str
    sex: str
    relation: str
    address: str
    removed_reason: str | None
    planned_on: date | None
    past: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """All of them must hold; an empty one is not asked.

    Attributes:
        name_key: beginning of the name in reduced characters without spaces.
        kana_keys: beginnings of the reading's key, any of them.
        given_keys: beginnings of the given name's key, any of them.
        birth_date: code of the birth date.
        code_index, number_index: keyed hashes.
    """

    name_key: str = ""
    kana_keys: Sequence[str] = ()
    given_keys: Sequence[str] = ()
    birth_date: str = ""
    sex: str = ""
    addressee_number: str = ""
    address: str = ""
    code_index: bytes | None = None
    number_index: bytes | None = None
    removed: bool = False
    past: bool = False


_SELECT = """
select resident_id, household_id, state, addressee_number, name, kana, birth_date, sex, relation,
       address_town || address_lot
         || case when address_building = '' then '' else '　' || address_building end as address,
       removed_reason, planned_on, {past} as past
  from register.resident
 where municipality = %(town)s and {conditions}
 order by state, kana_key, birth_date, resident_id
 limit %(limit)s
"""


_Asked = tuple[str, dict[str, object]]


def _beginning(column: str, keys: Sequence[str]) -> _Asked:
    """Any of these beginnings, as byte ranges.

    Row-level security lets only leakproof operators use an index; LIKE is none of them.
    """
    parts: list[str] = []
    values: dict[str, object] = {}
    for number, key in enumerate(keys):
        first, past = f"{column}_{number}", f"{column}_{number}_past"
        parts.append(f"({column} ~>=~ %({first})s and {column} ~<~ %({past})s)")
        values |= {first: key, past: key[:-1] + chr(_next(ord(key[-1])))}
    return f"({' or '.join(parts)})", values


def _next(code: int) -> int:
    """The following code point; the surrogates are none."""
    return 0xE000 if code == 0xD7FF else min(code + 1, 0x10FFFF)


def _named(c: Conditions) -> list[_Asked]:
    """Conditions on names, which earlier rows can answer too."""
    keys = {
        "name_key": [c.name_key] if c.name_key else [],
        "kana_key": [key for key in c.kana_keys if key],
        "given_key": [key for key in c.given_keys if key],
    }
    return [_beginning(column, wanted) for column, wanted in keys.items() if wanted]


def _fixed(c: Conditions) -> list[_Asked]:
    """Conditions that only the newest row answers."""
    equal = {
        "birth_date": c.birth_date,
        "sex": c.sex,
        "addressee_number": c.addressee_number,
        "code_index": c.code_index,
        "number_index": c.number_index,
    }
    asked: list[_Asked] = [
        (f"{column} = %({column})s", {column: value}) for column, value in equal.items() if value
    ]
    if c.address:
        text = "starts_with(address_town || address_lot, %(address)s)"
        asked.append((text, {"address": c.address}))
    return asked


async def search(tx: Tx, town: str, conditions: Conditions, limit: int) -> list[Hit]:
    """Persons that fulfil the conditions, live ones first, by reading."""
    named, fixed = _named(conditions), _fixed(conditions)
    current = " and ".join(text for text, _ in named) or "true"
    wanted, past = current, "false"
    if conditions.past and named:
        past = f"not ({current})"
        wanted = f"""resident_id in (
            select resident_id from register.resident
             where municipality = %(town)s and {current}
             union
            select resident_id from register.resident_history
             where municipality = %(town)s and {current})"""
    parts = [wanted, *(text for text, _ in fixed)]
    if not conditions.removed:
        parts.append("state = 'live'")
    values: dict[str, object] = {"town": town, "limit": limit}
    for _, more in (*named, *fixed):
        values |= more
    async with tx.cursor(row_factory=class_row(Hit)) as cursor:
        query = _SELECT.format(past=past, conditions=" and ".join(parts))
        await cursor.execute(query, values)
        return list(await cursor.fetchall())
