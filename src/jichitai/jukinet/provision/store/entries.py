"""Reading records: by the log's order, and those of one person."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from jichitai.infra.database import Tx
from jichitai.jukinet.affairs import KeyKind, fields_of
from jichitai.jukinet.provision.model import Entry, Reason, Result

_COLUMNS = """
       came.first_index + record.place, record.person_id, record.month, record.at,
       record.organ_id, record.affair_id, record.operator_id, record.reason, record.reference,
       record.key_kind, record.fields, record.result, record.salt
"""


@dataclass(frozen=True, slots=True)
class Window:
    """Which records of a person are wanted.

    Attributes:
        since: first day, in Japan.
        until: day after the last.
        organ_id: only of this body; None for all.
        before: only records that stand before this one in the order newest first.
        limit: at most so many.
        delays: pairs of affair and reason that are not shown yet, with the first day that is
            hidden.
    """

    since: date
    until: date
    organ_id: str | None
    before: tuple[UUID, int] | None
    limit: int
    delays: tuple[tuple[str, str, date], ...]


_OF_PERSON = f"""
select {_COLUMNS}, record.group_id, record.place
  from jukinet.provision as record
  join jukinet.provision_group as came on came.group_id = record.group_id
 where record.person_id = %(person)s
   and record.month >= date_trunc('month', %(since)s::date)::date
   and record.month < %(until)s::date
   and record.at >= %(since)s::timestamp at time zone 'Asia/Tokyo'
   and record.at < %(until)s::timestamp at time zone 'Asia/Tokyo'
   and (%(organ)s::text is null or record.organ_id = %(organ)s::text)
   and (%(before_group)s::uuid is null
        or (record.group_id, record.place) < (%(before_group)s::uuid, %(before_place)s::integer))
   and not exists (
       select from unnest(%(affairs)s::text[], %(reasons)s::text[], %(firsts)s::date[])
                as hidden (affair_id, reason, first)
        where record.affair_id = hidden.affair_id and record.reason = hidden.reason
          and record.at >= hidden.first::timestamp at time zone 'Asia/Tokyo')
 order by record.group_id desc, record.place desc
 limit %(limit)s
"""

_OF_LOG = f"""
select {_COLUMNS}
  from jukinet.provision_group as came
  join jukinet.provision as record
    on record.month = came.month and record.group_id = came.group_id
 where came.first_index >= %(first)s and came.first_index < %(end)s
 order by 1
"""


async def of_person(
    tx: Tx, person_id: UUID, window: Window
) -> list[tuple[Entry, tuple[UUID, int]]]:
    """Records of a person, newest first, each with the key from which the next page starts."""
    cursor = await tx.execute(
        _OF_PERSON,
        {
            "person": person_id,
            "since": window.since,
            "until": window.until,
            "organ": window.organ_id,
            "before_group": window.before[0] if window.before else None,
            "before_place": window.before[1] if window.before else None,
            "affairs": [affair for affair, _, _ in window.delays],
            "reasons": [reason for _, reason, _ in window.delays],
            "firsts": [first for _, _, first in window.delays],
            "limit": window.limit,
        },
    )
    return [(_entry(row), (row[13], row[14])) for row in await cursor.fetchall()]


async def of_person_at(tx: Tx, person_id: UUID, month: date, log_index: int) -> Entry | None:
    """One record of a person by its place in the log; None when it is another's or absent."""
    cursor = await tx.execute(
        f"select {_COLUMNS} from (select * from jukinet.provision_group"
        "  where first_index <= %(index)s order by first_index desc limit 1) as came"
        " join jukinet.provision as record"
        "   on record.person_id = %(person)s and record.month = %(month)s"
        "  and record.group_id = came.group_id and record.place = %(index)s - came.first_index",
        {"person": person_id, "month": month, "index": log_index},
    )
    row = await cursor.fetchone()
    return None if row is None else _entry(row)


async def of_log(tx: Tx, first: int, end: int) -> list[Entry]:
    """All records of the groups that begin in a stretch of the log, in its order (auditors)."""
    cursor = await tx.execute(_OF_LOG, {"first": first, "end": end})
    return [_entry(row) for row in await cursor.fetchall()]


def _entry(row: tuple[Any, ...]) -> Entry:
    return Entry(
        log_index=row[0],
        person_id=row[1],
        month=row[2],
        at=row[3],
        organ_id=row[4],
        affair_id=row[5],
        operator_id=row[6],
        reason=Reason(row[7]),
        reference=row[8],
        key_kind=KeyKind(row[9]),
        fields=fields_of(row[10]),
        result=Result(row[11]),
        salt=row[12],
    )
