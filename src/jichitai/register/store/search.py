"""Searching persons: small read-only rows for a list."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from psycopg import sql
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


def _like(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"{escaped}%"


def _named(c: Conditions) -> list[tuple[str, str, object]]:
    """Conditions on names: column condition, parameter, value."""
    found: list[tuple[str, str, object]] = []
    if c.name_key:
        found.append(("name_key like %(name)s", "name", _like(c.name_key)))
    if c.kana_keys:
        found.append(("kana_key like any(%(kana)s)", "kana", [_like(k) for k in c.kana_keys]))
    if c.given_keys:
        found.append(("given_key like any(%(given)s)", "given", [_like(k) for k in c.given_keys]))
    return found


def _fixed(c: Conditions) -> list[tuple[str, str, object]]:
    """Conditions that only the newest row answers."""
    asked: list[tuple[str, str, object]] = [
        ("birth_date = %(birth)s", "birth", c.birth_date),
        ("sex = %(sex)s", "sex", c.sex),
        ("addressee_number = %(addressee)s", "addressee", c.addressee_number),
        ("code_index = %(code)s", "code", c.code_index),
        ("number_index = %(number)s", "number", c.number_index),
        (
            "address_town || address_lot like %(address)s",
            "address",
            _like(c.address) if c.address else "",
        ),
    ]
    return [one for one in asked if one[2]]


async def search(tx: Tx, town: str, conditions: Conditions, limit: int) -> list[Hit]:
    """Persons that fulfil the conditions, live ones first, by reading."""
    named, fixed = _named(conditions), _fixed(conditions)
    current = " and ".join(text for text, _, _ in named) or "true"
    wanted, past = current, "false"
    if conditions.past and named:
        past = f"not ({current})"
        wanted = (
            f"(({current}) or resident_id in (select resident_id from register.resident_history"
            f" where municipality = %(town)s and {current}))"
        )
    parts = [wanted, *(text for text, _, _ in fixed)]
    if not conditions.removed:
        parts.append("state = 'live'")
    query = sql.SQL(_SELECT).format(
        past=sql.SQL(past),
        conditions=sql.SQL(" and ".join(parts)),
    )
    values = {name: value for _, name, value in (*named, *fixed)}
    async with tx.cursor(row_factory=class_row(Hit)) as cursor:
        await cursor.execute(query, {"town": town, "limit": limit, **values})
        return list(await cursor.fetchall())
