"""The statement that looks people up, answers and writes the records, for a whole group at once.

PostgreSQL makes the answers as JSON text, so that a person's data pass through Python untouched.
The leaves of the log are hashed in Python, where SHA-256 is six times faster than in a server that
is built without OpenSSL.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast
from uuid import UUID

from psycopg import AsyncCursor
from psycopg.pq.abc import PGresult
from psycopg.rows import TupleRow

from jichitai.infra.arrays import array, text_array
from jichitai.infra.database import Tx
from jichitai.infra.pipeline import Call, Statement, rows, unhex
from jichitai.jukinet.affairs import Field, KeyKind
from jichitai.jukinet.provision.model import Key, Purpose
from jichitai.kernel.dates import JST

SALT_BYTES = 16
HASH_BYTES = 16
SEALED_BITS = Field.NUMBER.bit | Field.CODE.bit
"""Fields that are kept sealed."""
_UUID_TEXT = 36


@dataclass(frozen=True, slots=True)
class Ask:
    """One question: for what, by which key."""

    purpose: Purpose
    mask: int
    key: Key


@dataclass(frozen=True, slots=True)
class Moment:
    """What a group of questions shares: its name and its time."""

    group_id: UUID
    at: datetime
    month: date


@dataclass(frozen=True, slots=True)
class Answered:
    """What the statement gave back for one question.

    Attributes:
        subject: the person's id as text, or a random one when nobody or several were found.
        result: value of `Result`.
        fields: bits of the fields that are given.
        body: members of the answer as JSON text; the person's object is still open when numbers
            are to be given.
        sealed: sealed numbers, when they are to be given.
    """

    subject: str
    result: str
    fields: int
    body: str
    sealed: bytes | None


@dataclass(frozen=True, slots=True)
class Batch:
    """What the statement gave back for many keys of one purpose.

    Attributes:
        answers: the inside of one JSON list.
        outcomes: for each key its subject, result and fields.
    """

    answers: str
    outcomes: list[tuple[str, str, int]]


_WITHOUT_ADDRESS = (1 << len(Field)) - 1 - Field.ADDRESS.bit

_ONE_BY_ONE = """
select i, key_kind, hashes, sex, place, mask, organ_id, affair_id, operator_id, reason, reference
  from unnest(%(kinds)s::text[], %(hashes)s::bytea[], %(sexes)s::text[], %(places)s::text[],
              %(masks)s::integer[], %(organs)s::text[], %(affairs)s::text[],
              %(operators)s::text[], %(reasons)s::text[], %(references)s::text[])
       with ordinality
       as one (key_kind, hashes, sex, place, mask, organ_id, affair_id, operator_id, reason,
               reference, i)
"""

_SAME_PURPOSE = """
select i, %(kind)s::text as key_kind,
       substring(%(hashes)s::bytea from 16 * (i - 1) + 1 for 16) as hashes,
       ''::text as sex, ''::text as place, %(mask)s::integer as mask,
       %(organ)s::text as organ_id, %(affair)s::text as affair_id,
       %(operator)s::text as operator_id, %(reason)s::text as reason,
       %(reference)s::text as reference
  from generate_series(1, %(count)s::integer) as one (i)
"""

_BY_ANY_KEY = """
select person_id, 1::bigint as found from jukinet.number_lookup
 where key_kind = 'number' and number_hash = hashes
union all
select person_id, 1 from jukinet.code_lookup where key_kind = 'code' and code_hash = hashes
union all
select (array_agg(matched.person_id))[1], count(*)
  from (select distinct match.person_id
          from generate_series(1, octet_length(hashes), 16) as part (start),
               jukinet.match_lookup as match
         where match.match_key = substring(hashes from part.start for 16)) as matched
  join jukinet.person as candidate on candidate.person_id = matched.person_id
 where key_kind = 'match'
   and not (candidate.state = 'removed' and candidate.voided)
   and (ask.sex = '' or candidate.sex = ask.sex)
   and (ask.place = ''
        or position(ask.place in translate(candidate.address, ' \u3000', '')) > 0
        or (candidate.address <> ''
            and position(translate(candidate.address, ' \u3000', '') in ask.place) > 0))
having count(*) > 0
"""

_BY_NUMBER = """
select person_id, 1::bigint as found from jukinet.number_lookup where number_hash = hashes
"""

_BY_CODE = """
select person_id, 1::bigint as found from jukinet.code_lookup where code_hash = hashes
"""

_ANSWER = """
with ask as ({ask}),
looked as materialized (
    select ask.i, ask.key_kind, ask.organ_id, ask.affair_id, ask.operator_id, ask.reason,
           ask.reference, outcome.result,
           case when outcome.result in ('none', 'several') then gen_random_uuid()
                else person.person_id end as subject,
           case when outcome.result in ('none', 'several') then 0
                when protected.person_id is null then ask.mask
                else ask.mask & {without_address} end as fields,
           protected.person_id is not null and ask.mask & {address} > 0 as withheld,
           person.state, person.municipality, person.name, person.kana, person.former_name,
           person.alias, person.birth_date, person.sex, person.postal_code, person.address,
           person.net_reason, person.changed_on, person.sealed
      from ask
      left join lateral ({lookup}) as known on true
      left join jukinet.person on person.person_id = known.person_id and known.found = 1
      left join jukinet.protected_person as protected
        on protected.person_id = person.person_id
       and protected.since <= %(today)s::date
       and (protected.until is null or protected.until >= %(today)s::date),
           lateral (select case
               when known.found > 1 then 'several'
               when person.person_id is null or (person.state = 'removed' and person.voided)
                   then 'none'
               when person.state = 'live' then 'hit'
               when person.net_reason = 'N05' then 'deceased'
               else 'moved' end) as outcome (result)
),
written as (
    insert into jukinet.provision
           (person_id, month, group_id, place, at, organ_id, affair_id, operator_id, reason,
            reference, key_kind, fields, result, salt)
    select subject, %(month)s::date, %(group_id)s::uuid, i - 1, %(at)s::timestamptz, organ_id,
           affair_id, operator_id, reason, reference, key_kind, fields, result,
           substring(%(salts)s::bytea from 16 * (i::integer - 1) + 1 for 16)
      from looked
),
made as (
    select i, result, subject, fields,
           case when fields & {numbers} > 0 then sealed end as sealed,
           '"result":"' || result || '"'
           || case when result in ('none', 'several') then '' else
                  ',"person":{{"state":"' || state || '"'
                  || case when fields & {name} > 0 then
                         ',"name":' || to_json(name) || ',"kana":' || to_json(kana)
                         || coalesce(',"former_name":' || to_json(former_name), '')
                         || coalesce(',"alias":' || to_json(alias), '') else '' end
                  || case when fields & {birth_date} > 0
                          then ',"birth_date":"' || birth_date || '"' else '' end
                  || case when fields & {sex} > 0 then ',"sex":"' || sex || '"' else '' end
                  || case when fields & {address} > 0 then
                         ',"municipality":"' || municipality || '","postal_code":"' || postal_code
                         || '","address":' || to_json(address) else '' end
                  || case when fields & {change_info} > 0 then
                         ',"change_reason":"' || net_reason || '","changed_on":"' || changed_on
                         || '"' else '' end
                  || case when withheld then ',"withheld":["address"]' else '' end
                  || case when fields & {numbers} > 0 then '' else '}}' end
             end as body
      from looked
)
{give}
"""

_EACH = "select subject::text, result, fields, body, sealed from made order by i"

_TOGETHER = """
select string_agg('{' || body || '}', ',' order by i),
       string_agg(subject || result || ' ' || fields, ',' order by i)
  from made
"""


def _statement(ask: str, lookup: str, give: str) -> str:
    return _ANSWER.format(
        ask=ask,
        lookup=lookup,
        give=give,
        without_address=_WITHOUT_ADDRESS,
        name=Field.NAME.bit,
        birth_date=Field.BIRTH_DATE.bit,
        sex=Field.SEX.bit,
        address=Field.ADDRESS.bit,
        change_info=Field.CHANGE_INFO.bit,
        numbers=SEALED_BITS,
    )


_GROUP = Statement(_statement(_ONE_BY_ONE, _BY_ANY_KEY, _EACH))
_BATCH = {
    (KeyKind.NUMBER, False): _statement(_SAME_PURPOSE, _BY_NUMBER, _TOGETHER),
    (KeyKind.NUMBER, True): _statement(_SAME_PURPOSE, _BY_NUMBER, _EACH),
    (KeyKind.CODE, False): _statement(_SAME_PURPOSE, _BY_CODE, _TOGETHER),
    (KeyKind.CODE, True): _statement(_SAME_PURPOSE, _BY_CODE, _EACH),
}


def asking(moment: Moment, asks: Sequence[Ask], salts: bytes) -> Call:
    """The call that finds, records and answers a group of questions of any bodies.

    Its result is read by `answered`.

    Args:
        moment: name and time of the group.
        asks: the questions; record n of the group belongs to question n.
        salts: 16 random bytes for each question.
    """
    columns = zip(*map(_columns, asks), strict=True)
    lists = {
        name: text_array(column) if name == "places" else array(column)
        for name, column in zip(_NAMES, columns, strict=True)
    }
    return _GROUP.with_values(**lists, **_shared(moment, salts))


def answered(result: PGresult) -> list[Answered]:
    """The answers to a group, in the order of the questions."""
    return [
        Answered(
            subject.decode(),
            outcome.decode(),
            int(fields),
            body.decode(),
            None if sealed is None else unhex(sealed),
        )
        for subject, outcome, fields, body, sealed in cast(
            "list[tuple[bytes, bytes, bytes, bytes, bytes | None]]", rows(result)
        )
    ]


async def answer_batch(
    tx: Tx, moment: Moment, purpose: Purpose, mask: int, key: Key, salts: bytes
) -> AsyncCursor[TupleRow]:
    """The same for one purpose and many keys of one exact kind, concatenated in `key.hashes`.

    Rows are read by `together`, or by `each` when numbers are to be given.
    """
    opens = bool(mask & SEALED_BITS)
    parameters = {
        "kind": str(key.kind),
        "hashes": key.hashes,
        "mask": mask,
        "organ": purpose.organ.organ_id,
        "affair": purpose.affair.id,
        "operator": purpose.operator_id,
        "reason": str(purpose.reason),
        "reference": purpose.reference,
        "count": len(key.hashes) // HASH_BYTES,
    }
    return await tx.execute(_BATCH[key.kind, opens], parameters | _shared(moment, salts))


async def each(cursor: AsyncCursor[TupleRow]) -> list[Answered]:
    """Answers one by one."""
    return [Answered(*row) for row in await cursor.fetchall()]


async def together(cursor: AsyncCursor[TupleRow]) -> Batch:
    """All answers of a batch at once."""
    row = await cursor.fetchone()
    if row is None or row[0] is None:
        return Batch("", [])
    outcomes = []
    for text in row[1].split(","):
        result, _, fields = text[_UUID_TEXT:].partition(" ")
        outcomes.append((text[:_UUID_TEXT], result, int(fields)))
    return Batch(row[0], outcomes)


def placing(moment: Moment, first_index: int, size: int, usage: Mapping[str, int]) -> Call:
    """The call that writes where the leaves of a group stand, and counts the bodies' questions.

    The log is locked at this point, so writers of usage never cross.
    """
    return _PLACE.with_values(
        group=moment.group_id,
        first=first_index,
        size=size,
        month=moment.month,
        at=moment.at,
        day=moment.at.astimezone(JST).date(),
        organs=array(usage),
        asked=array(usage.values()),
    )


_PLACE = Statement("""
with placed as (
    insert into jukinet.provision_group (group_id, first_index, size, month, at)
    values (%(group)s::uuid, %(first)s::bigint, %(size)s::integer, %(month)s::date,
            %(at)s::timestamptz)
)
insert into jukinet.organ_usage (organ_id, day, asked)
select organ_id, %(day)s::date, asked
  from unnest(%(organs)s::text[], %(asked)s::integer[]) as used (organ_id, asked)
on conflict (organ_id, day) do update set asked = organ_usage.asked + excluded.asked
""")


async def claim_batch(
    tx: Tx, organ_id: str, request_number: str, moment: Moment, size: int
) -> bool:
    """Take a request number of a body; False when it was taken before."""
    cursor = await tx.execute(
        "insert into jukinet.provision_batch (organ_id, request_number, group_id, size, at)"
        " values (%s, %s, %s, %s, %s) on conflict do nothing",
        (organ_id, request_number, moment.group_id, size, moment.at),
    )
    return cursor.rowcount == 1


_NAMES = (
    "kinds",
    "hashes",
    "sexes",
    "places",
    "masks",
    "organs",
    "affairs",
    "operators",
    "reasons",
    "references",
)


def _shared(moment: Moment, salts: bytes) -> dict[str, bytes | UUID | date]:
    return {
        "salts": salts,
        "group_id": moment.group_id,
        "at": moment.at,
        "month": moment.month,
        "today": moment.at.astimezone(JST).date(),
    }


def _columns(ask: Ask) -> tuple[Any, ...]:
    purpose, key = ask.purpose, ask.key
    return (
        str(key.kind),
        key.hashes,
        key.sex,
        key.place,
        ask.mask,
        purpose.organ.organ_id,
        purpose.affair.id,
        purpose.operator_id,
        str(purpose.reason),
        purpose.reference,
    )
