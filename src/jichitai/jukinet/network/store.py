"""SQL of the person tables at prefecture and nation; every statement takes many persons at once."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from jichitai.infra.arrays import array
from jichitai.infra.database import Tx
from jichitai.jukinet.model import Claim, Standing
from jichitai.jukinet.network.scope import Scope


class PersonRow(NamedTuple):
    """One row of `jukinet.person`, in the order of its columns."""

    person_id: UUID
    municipality: str
    state: str
    voided: bool
    resent: int
    sealed: bytes
    code_hash: bytes
    number_hash: bytes | None
    name: str
    name_reduced: str
    kana: str
    kana_key: str
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


@dataclass(frozen=True, slots=True)
class Known:
    """What decides about a person: the standing claim, and by what they are found now."""

    claim: Claim
    code_hash: bytes
    number_hash: bytes | None
    name_reduced: str
    kana_key: str
    birth_date: str


class PersonKey(NamedTuple):
    """Names one message in the history of a person."""

    person_id: UUID
    municipality: str
    event_number: int
    resent: int


_COLUMNS: Final = """person_id, municipality, state, voided, resent, sealed, code_hash, number_hash,
       name, name_reduced, kana, kana_key, birth_date, sex, postal_code, address,
       former_name, former_kana, alias, alias_kana, net_reason, changed_on,
       residence_since, event_number, row_hash, bucket"""

_ARRAYS: Final = """%(person_id)s::uuid[], %(municipality)s::text[], %(state)s::text[],
       %(voided)s::boolean[], %(resent)s::integer[], %(sealed)s::bytea[], %(code_hash)s::bytea[],
       %(number_hash)s::bytea[], %(name)s::text[], %(name_reduced)s::text[], %(kana)s::text[],
       %(kana_key)s::text[], %(birth_date)s::text[], %(sex)s::text[], %(postal_code)s::text[],
       %(address)s::text[], %(former_name)s::text[], %(former_kana)s::text[], %(alias)s::text[],
       %(alias_kana)s::text[], %(net_reason)s::text[], %(changed_on)s::text[],
       %(residence_since)s::date[], %(event_number)s::bigint[], %(row_hash)s::bytea[],
       %(bucket)s::smallint[]"""

_FIND_CODES: Final = """
select code_hash, person_id from jukinet.code_lookup
 where {w}code_hash = any(%(hashes)s::bytea[])
"""

_CLAIM_CODES: Final = """
insert into jukinet.code_lookup ({p}code_hash, person_id, current)
select {v}code_hash, person_id, false
  from unnest(%(hashes)s::bytea[], %(persons)s::uuid[]) as new (code_hash, person_id)
 order by code_hash
    on conflict do nothing
"""

_CLAIM_NUMBERS: Final = """
insert into jukinet.number_lookup ({p}number_hash, person_id, current)
select {v}number_hash, person_id, false
  from unnest(%(hashes)s::bytea[], %(persons)s::uuid[]) as new (number_hash, person_id)
 order by number_hash
    on conflict do nothing
"""

_FIND_NUMBERS: Final = """
select number_hash, person_id from jukinet.number_lookup
 where {w}number_hash = any(%(hashes)s::bytea[])
"""

_FIND_HOLDERS: Final = """
select number_lookup.number_hash, person.person_id, person.birth_date, person.sex
  from jukinet.number_lookup join jukinet.person using ({p}person_id)
 where {w}number_lookup.number_hash = any(%(hashes)s::bytea[])
"""

_LOCK_PERSONS: Final = """
select person_id, municipality, event_number, state, voided, residence_since, resent,
       code_hash, number_hash, name_reduced, kana_key, birth_date
  from jukinet.person
 where {w}person_id = any(%(ids)s::uuid[])
 order by person_id
   for update
"""

_CLAIMS: Final = """
select distinct on (person_id, municipality)
       person_id, municipality, event_number, state, voided, residence_since, resent
  from jukinet.person_history
 where {w}person_id = any(%(ids)s::uuid[])
 order by person_id, municipality, event_number desc, resent desc
"""

_RETIRE: Final = f"""
insert into jukinet.person_history ({{p}}{_COLUMNS}, recorded_at)
select {{p}}{_COLUMNS}, updated_at
  from jukinet.person
 where {{w}}person_id = any(%(ids)s::uuid[])
    on conflict do nothing
"""

_WRITE_HISTORY: Final = f"""
insert into jukinet.person_history ({{p}}{_COLUMNS}, recorded_at)
select {{v}}{_COLUMNS}, %(at)s
  from unnest({_ARRAYS}) as new ({_COLUMNS})
    on conflict do nothing
"""

_ASSIGNMENTS: Final = ", ".join(
    f"{column} = excluded.{column}" for column in (*PersonRow._fields[1:], "updated_at")
)

_WRITE_PERSONS: Final = f"""
insert into jukinet.person ({{p}}{_COLUMNS}, updated_at)
select {{v}}{_COLUMNS}, %(at)s
  from unnest({_ARRAYS}) as new ({_COLUMNS})
    on conflict ({{p}}person_id) do update set {_ASSIGNMENTS}
"""

_RESTORE: Final = f"""
insert into jukinet.person ({{p}}{_COLUMNS}, updated_at)
select {{p}}{_COLUMNS}, %(at)s
  from jukinet.person_history
 where {{w}}(person_id, municipality, event_number, resent) in (
       select * from unnest(%(ids)s::uuid[], %(towns)s::text[], %(numbers)s::bigint[],
                            %(resent)s::integer[]))
    on conflict ({{p}}person_id) do update set {_ASSIGNMENTS}
returning {_COLUMNS}
"""

_MARK_CODES: Final = """
update jukinet.code_lookup
   set current = new.current
  from unnest(%(hashes)s::bytea[], %(marks)s::boolean[]) as new (hash, current)
 where {w}code_lookup.code_hash = new.hash and code_lookup.current <> new.current
"""

_MARK_NUMBERS: Final = """
update jukinet.number_lookup
   set current = new.current
  from unnest(%(hashes)s::bytea[], %(marks)s::boolean[]) as new (hash, current)
 where {w}number_lookup.number_hash = new.hash and number_lookup.current <> new.current
"""

_DROP_MATCHES: Final = """
delete from jukinet.match_lookup
 using unnest(%(keys)s::bytea[], %(persons)s::uuid[]) as old (key, person)
 where {w}match_key = old.key and person_id = old.person
"""

_ADD_MATCHES: Final = """
insert into jukinet.match_lookup ({p}match_key, person_id)
select {v}key, person from unnest(%(keys)s::bytea[], %(persons)s::uuid[]) as new (key, person)
    on conflict do nothing
"""

_DROP_OTHERS: Final = """
delete from jukinet.other_residence
 using unnest(%(persons)s::uuid[], %(towns)s::text[]) as old (person, town)
 where {w}person_id = old.person and municipality = old.town
returning municipality, code_hash
"""

_ADD_OTHERS: Final = """
insert into jukinet.other_residence
       ({p}person_id, municipality, residence_since, event_number, code_hash, row_hash, bucket,
        since)
select {p}person_id, municipality, residence_since, event_number, code_hash, row_hash, bucket,
       %(at)s
  from jukinet.person_history
 where {w}(person_id, municipality, event_number, resent) in (
       select * from unnest(%(persons)s::uuid[], %(towns)s::text[], %(numbers)s::bigint[],
                            %(resent)s::integer[]))
    on conflict ({p}person_id, municipality) do update
       set residence_since = excluded.residence_since, event_number = excluded.event_number,
           code_hash = excluded.code_hash, row_hash = excluded.row_hash,
           bucket = excluded.bucket
returning person_id, municipality, code_hash
"""

_HEARD: Final = """
insert into jukinet.town_intake
       ({p}municipality, event_number, messages, recorded_at, received_at)
select {v}municipality, event_number, messages, recorded_at, %(at)s
  from unnest(%(towns)s::text[], %(numbers)s::bigint[], %(counts)s::bigint[],
              %(recorded)s::timestamptz[])
       as new (municipality, event_number, messages, recorded_at)
 order by municipality
    on conflict ({p}municipality) do update
       set event_number = greatest(town_intake.event_number, excluded.event_number),
           messages = town_intake.messages + excluded.messages,
           recorded_at = greatest(town_intake.recorded_at, excluded.recorded_at),
           received_at = excluded.received_at
"""


async def find_by_codes(tx: Tx, scope: Scope, hashes: Collection[bytes]) -> dict[bytes, UUID]:
    """Persons by the hash of any code they ever had."""
    if not hashes:
        return {}
    cursor = await tx.execute(scope.sql(_FIND_CODES), scope.values(hashes=array(hashes)))
    return dict(await cursor.fetchall())


async def claim_codes(tx: Tx, scope: Scope, wanted: dict[bytes, UUID]) -> dict[bytes, UUID]:
    """Tie codes to persons unless somebody was faster; returns whose they are now."""
    if not wanted:
        return {}
    values = scope.values(hashes=array(wanted), persons=array(wanted.values()))
    await tx.execute(scope.sql(_CLAIM_CODES), values)
    return await find_by_codes(tx, scope, wanted)


async def claim_numbers(tx: Tx, scope: Scope, wanted: dict[bytes, UUID]) -> dict[bytes, UUID]:
    """Tie numbers to persons unless they are another's; returns whose they are now."""
    if not wanted:
        return {}
    values = scope.values(hashes=array(wanted), persons=array(wanted.values()))
    await tx.execute(scope.sql(_CLAIM_NUMBERS), values)
    cursor = await tx.execute(scope.sql(_FIND_NUMBERS), scope.values(hashes=array(wanted)))
    return dict(await cursor.fetchall())


async def find_holders(
    tx: Tx, scope: Scope, hashes: Collection[bytes]
) -> dict[bytes, tuple[UUID, str, str]]:
    """By the hash of any number they ever had: persons, with birth date and sex."""
    if not hashes:
        return {}
    cursor = await tx.execute(scope.sql(_FIND_HOLDERS), scope.values(hashes=array(hashes)))
    return {row[0]: (row[1], row[2], row[3]) for row in await cursor.fetchall()}


async def lock_persons(tx: Tx, scope: Scope, ids: Sequence[UUID]) -> dict[UUID, Known]:
    """The standing rows of these persons, locked in one order."""
    if not ids:
        return {}
    cursor = await tx.execute(scope.sql(_LOCK_PERSONS), scope.values(ids=array(ids)))
    return {
        row[0]: Known(_claim(row[1:7]), *row[7:])
        for row in await cursor.fetchall()
    }  # fmt: skip


async def former_claims(tx: Tx, scope: Scope, ids: Sequence[UUID]) -> list[tuple[UUID, Claim]]:
    """The latest of each town in the history of these persons."""
    if not ids:
        return []
    cursor = await tx.execute(scope.sql(_CLAIMS), scope.values(ids=array(ids)))
    return [(row[0], _claim(row[1:])) for row in await cursor.fetchall()]


async def retire(tx: Tx, scope: Scope, ids: Sequence[UUID]) -> None:
    """Copy standing rows into the history, before they are replaced."""
    if ids:
        await tx.execute(scope.sql(_RETIRE), scope.values(ids=array(ids)))


async def write_history(tx: Tx, scope: Scope, rows: Sequence[PersonRow], at: datetime) -> None:
    """Add rows that do not stand; those known already change nothing."""
    if rows:
        await tx.execute(scope.sql(_WRITE_HISTORY), scope.values(at=at, **_arrays(rows)))


async def write_persons(tx: Tx, scope: Scope, rows: Sequence[PersonRow], at: datetime) -> None:
    """Make these the standing rows."""
    if rows:
        await tx.execute(scope.sql(_WRITE_PERSONS), scope.values(at=at, **_arrays(rows)))


async def restore(tx: Tx, scope: Scope, keys: Sequence[PersonKey], at: datetime) -> list[PersonRow]:
    """Make rows of the history stand again; returns them."""
    if not keys:
        return []
    values = scope.values(
        at=at,
        ids=array(key.person_id for key in keys),
        towns=array(key.municipality for key in keys),
        numbers=array(key.event_number for key in keys),
        resent=array(key.resent for key in keys),
    )
    cursor = await tx.execute(scope.sql(_RESTORE), values)
    return [PersonRow(*row) for row in await cursor.fetchall()]


async def mark_current(
    tx: Tx, scope: Scope, *, codes: dict[bytes, bool], numbers: dict[bytes, bool]
) -> None:
    """Say which codes and numbers are in use now and which were."""
    for statement, marks in ((_MARK_CODES, codes), (_MARK_NUMBERS, numbers)):
        if marks:
            values = scope.values(hashes=array(marks), marks=array(marks.values()))
            await tx.execute(scope.sql(statement), values)


async def change_matches(
    tx: Tx,
    scope: Scope,
    *,
    drop: Sequence[tuple[bytes, UUID]],
    add: Sequence[tuple[bytes, UUID]],
) -> None:
    """Change by which match keys persons are found."""
    for statement, pairs in ((_DROP_MATCHES, drop), (_ADD_MATCHES, add)):
        if pairs:
            keys, persons = zip(*pairs, strict=True)
            values = scope.values(keys=array(keys), persons=array(persons))
            await tx.execute(scope.sql(statement), values)


async def drop_other_residences(
    tx: Tx, scope: Scope, pairs: Collection[tuple[UUID, str]]
) -> list[tuple[str, bytes]]:
    """Forget live records beside the standing one; returns town and code hash of each."""
    if not pairs:
        return []
    persons, towns = zip(*pairs, strict=True)
    values = scope.values(persons=array(persons), towns=array(towns))
    cursor = await tx.execute(scope.sql(_DROP_OTHERS), values)
    return [(row[0], row[1]) for row in await cursor.fetchall()]


async def add_other_residences(
    tx: Tx, scope: Scope, keys: Collection[PersonKey], at: datetime
) -> dict[tuple[UUID, str], bytes]:
    """Keep live records beside the standing one; returns the code hash of each."""
    if not keys:
        return {}
    persons, towns, numbers, resent = zip(*keys, strict=True)
    values = scope.values(
        persons=array(persons),
        towns=array(towns),
        numbers=array(numbers),
        resent=array(resent),
        at=at,
    )
    cursor = await tx.execute(scope.sql(_ADD_OTHERS), values)
    return {(row[0], row[1]): row[2] for row in await cursor.fetchall()}


async def note_heard(
    tx: Tx, scope: Scope, heard: Iterable[tuple[str, int, int, datetime]], at: datetime
) -> None:
    """Keep how far each town has been heard: (town, event number, messages, recorded at)."""
    towns, numbers, counts, recorded = zip(*heard, strict=True)
    values = scope.values(
        at=at,
        towns=array(towns),
        numbers=array(numbers),
        counts=array(counts),
        recorded=array(recorded),
    )
    await tx.execute(scope.sql(_HEARD), values)


def _claim(row: Sequence[Any]) -> Claim:
    municipality, event_number, state, voided, residence_since, resent = row
    return Claim(municipality, event_number, Standing(state), voided, residence_since, resent)


def _arrays(rows: Sequence[PersonRow]) -> dict[str, str]:
    columns = zip(*rows, strict=True)
    return {name: array(column) for name, column in zip(PersonRow._fields, columns, strict=True)}
