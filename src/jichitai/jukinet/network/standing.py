"""Reads of standing records for those who act on them at the nation, such as the authorities."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, LiteralString
from uuid import UUID

from jichitai.infra.database import Tx
from jichitai.infra.keys import Keys
from jichitai.jukinet import hashing
from jichitai.jukinet.messages import Identity
from jichitai.jukinet.network.notice import open_numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingRecord:
    """The standing record of one person.

    Attributes:
        person_id: the surrogate that never changes.
        municipality: where the record is.
        live: a resident there, or removed.
        voided: the entry was cancelled, and there is no other residence.
        net_reason: of the last notice.
        changed_on: its day, as the code of an uncertain date.
        residence_since: 住民となった日.
        identity: 本人確認情報.
    """

    person_id: UUID
    municipality: str
    live: bool
    voided: bool
    net_reason: str
    changed_on: str
    residence_since: date
    identity: Identity


_COLUMNS: Final = """person.person_id, municipality, state, voided, net_reason, changed_on,
       residence_since, sealed, name, kana, birth_date, sex, postal_code, address,
       former_name, former_kana, alias, alias_kana"""

_BY_PERSONS: Final = f"""
select {_COLUMNS}
  from jukinet.person
 where person_id = any(%(ids)s::uuid[])
 order by person_id
"""

_BY_CODE: Final = f"""
select {_COLUMNS}
  from jukinet.code_lookup join jukinet.person using (person_id)
 where code_lookup.code_hash = %(code)s
"""


async def by_persons(tx: Tx, keys: Keys, ids: Collection[UUID]) -> dict[UUID, StandingRecord]:
    """Standing records of persons."""
    return {record.person_id: record for record in await _read(tx, keys, _BY_PERSONS, ids=[*ids])}


async def by_code(
    tx: Tx, keys: Keys, juki_code: str, *, lock: bool = False
) -> StandingRecord | None:
    """The record of the person who has or had a 住民票コード.

    Args:
        tx: of the nation.
        keys: to hash the code and open the numbers.
        juki_code: eleven digits.
        lock: keep notices about the person waiting until the transaction ends.
    """
    statement = _BY_CODE + " for update of person" if lock else _BY_CODE
    code = hashing.code_hash(keys.network_blind, juki_code)
    found = await _read(tx, keys, statement, code=code)
    return found[0] if found else None


async def _read(
    tx: Tx, keys: Keys, statement: LiteralString, **values: Any
) -> list[StandingRecord]:
    cursor = await tx.execute(statement, values)
    return [_record(keys, row) for row in await cursor.fetchall()]


def _record(keys: Keys, row: tuple[Any, ...]) -> StandingRecord:
    person_id, municipality, state, voided, net_reason, changed_on, since, sealed, *texts = row
    code, number = open_numbers(keys.columns, sealed, person_id)
    names = (
        "name", "kana", "birth_date", "sex", "postal_code", "address",
        "former_name", "former_kana", "alias", "alias_kana",
    )  # fmt: skip
    return StandingRecord(
        person_id=person_id,
        municipality=municipality,
        live=state == "live",
        voided=voided,
        net_reason=net_reason,
        changed_on=changed_on,
        residence_since=since,
        identity=Identity(juki_code=code, my_number=number, **dict(zip(names, texts, strict=True))),
    )
