"""SQL of 一年の仕事: editions are only added."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from psycopg.rows import dict_row

from jichitai.evaluation.year.model import TYPES, Content, Kind
from jichitai.infra.database import Tx

_ENCODER: Final = msgspec.json.Encoder(order="sorted")


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A record in one of its editions."""

    record_id: UUID
    edition: int
    kind: Kind
    fiscal_year: int
    content: Content
    recorded_at: datetime
    recorded_by: str
    recorded_name: str


_NEWEST: Final = """
select distinct on (record_id) record_id, edition, kind, fiscal_year, content,
       recorded_at, recorded_by, recorded_name
  from evaluation.year_record
 where recorded_at <= %(known)s
   and (%(kinds)s::text[] is null or kind = any(%(kinds)s))
   and (%(year)s::int is null or fiscal_year = %(year)s)
   and (%(id)s::uuid is null or record_id = %(id)s)
 order by record_id, edition desc
"""


async def newest(
    tx: Tx,
    known_at: datetime,
    *,
    kinds: list[Kind] | None = None,
    fiscal_year: int | None = None,
    record_id: UUID | None = None,
) -> list[Record]:
    """The newest edition of each record."""
    cursor = tx.cursor(row_factory=dict_row)
    await cursor.execute(
        _NEWEST,
        {
            "known": known_at,
            "kinds": None if kinds is None else [str(one) for one in kinds],
            "year": fiscal_year,
            "id": record_id,
        },
    )
    return [_record(row) for row in await cursor.fetchall()]


async def editions(tx: Tx, record_id: UUID) -> list[Record]:
    """Every edition of one record, the newest first."""
    cursor = tx.cursor(row_factory=dict_row)
    await cursor.execute(
        "select record_id, edition, kind, fiscal_year, content, recorded_at, recorded_by,"
        "       recorded_name"
        "  from evaluation.year_record where record_id = %s order by edition desc",
        (record_id,),
    )
    return [_record(row) for row in await cursor.fetchall()]


def _record(row: dict[str, Any]) -> Record:
    kind = Kind(row["kind"])
    content = msgspec.json.decode(row["content"], type=TYPES[kind])
    return Record(**{**row, "kind": kind, "content": content})


async def add(tx: Tx, record: Record) -> bool:
    """Keep an edition; False when somebody else made the same edition first."""
    cursor = await tx.execute(
        "insert into evaluation.year_record (record_id, edition, kind, fiscal_year, content,"
        "       recorded_at, recorded_by, recorded_name)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s) on conflict do nothing",
        (
            record.record_id,
            record.edition,
            str(record.kind),
            record.fiscal_year,
            _ENCODER.encode(record.content).decode(),
            record.recorded_at,
            record.recorded_by,
            record.recorded_name,
        ),
    )
    return cursor.rowcount == 1
