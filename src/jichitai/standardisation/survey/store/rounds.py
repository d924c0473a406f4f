"""Rounds and the bodies that they ask."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from psycopg.rows import TupleRow

from jichitai.infra.database import Tx
from jichitai.standardisation.survey.errors import UnknownRoundError
from jichitai.standardisation.survey.model import Asked, Round, RoundStatus

_COLUMNS: Final = (
    "round_id, title, note, as_of, due_on, checked_by, status, made_at, opened_at, closed_at"
)

_SAVE: Final = """
insert into standardisation.round (round_id, title, note, as_of, due_on, checked_by, status,
       made_at, made_by)
values (%(round)s, %(title)s, %(note)s, %(as_of)s, %(due_on)s, %(checked_by)s, 'draft', %(at)s,
        %(by)s)
    on conflict (round_id) do update
   set title = excluded.title, note = excluded.note, as_of = excluded.as_of,
       due_on = excluded.due_on, checked_by = excluded.checked_by
"""


def _round(row: TupleRow) -> Round:
    return Round(
        round_id=row[0],
        title=row[1],
        note=row[2],
        as_of=row[3],
        due_on=row[4],
        checked_by=row[5],
        status=RoundStatus(row[6]),
        made_at=row[7],
        opened_at=row[8],
        closed_at=row[9],
    )


async def save(tx: Tx, round_id: UUID, asked: Asked, *, at: datetime, by: str) -> None:
    """Keep a draft, or change it."""
    values = {
        "round": round_id,
        "title": asked.title,
        "note": asked.note,
        "as_of": asked.as_of,
        "due_on": asked.due_on,
        "checked_by": asked.checked_by,
        "at": at,
        "by": by,
    }
    await tx.execute(_SAVE, values)


async def rounds(tx: Tx, *, limit: int = 200) -> list[Round]:
    """Rounds, newest first."""
    cursor = await tx.execute(
        f"select {_COLUMNS} from standardisation.round order by made_at desc, round_id limit %s",
        (limit,),
    )
    return [_round(row) for row in await cursor.fetchall()]


async def round_of(tx: Tx, round_id: UUID, *, lock: bool = False) -> Round:
    """One round.

    Raises:
        UnknownRoundError: there is none.
    """
    cursor = await tx.execute(
        f"select {_COLUMNS} from standardisation.round where round_id = %s"
        + (" for update" if lock else ""),
        (round_id,),
    )
    row = await cursor.fetchone()
    if row is None:
        raise UnknownRoundError("この番号の調査はありません。調査の一覧から選び直してください。")
    return _round(row)


async def move(tx: Tx, round_id: UUID, status: RoundStatus, *, at: datetime) -> None:
    """Open or close it."""
    await tx.execute(
        "update standardisation.round set status = %(status)s,"
        "       opened_at = case when %(status)s = 'open' then %(at)s else opened_at end,"
        "       closed_at = case when %(status)s = 'closed' then %(at)s else closed_at end"
        " where round_id = %(round)s",
        {"round": round_id, "status": status.value, "at": at},
    )


async def add_targets(tx: Tx, round_id: UUID, codes: Sequence[str]) -> None:
    """Fix which bodies are asked."""
    await tx.execute(
        "insert into standardisation.round_target (round_id, body) select %s, unnest(%s::text[])",
        (round_id, list(codes)),
    )


async def targets(tx: Tx, round_id: UUID) -> list[str]:
    """The codes of the bodies that are asked, in order."""
    cursor = await tx.execute(
        "select body from standardisation.round_target where round_id = %s order by body",
        (round_id,),
    )
    return [row[0] for row in await cursor.fetchall()]


async def counts(tx: Tx) -> dict[UUID, tuple[int, int]]:
    """Bodies asked and answered, by round."""
    cursor = await tx.execute(
        "select target.round_id, count(*),"
        "       count(*) filter (where exists (select from standardisation.answer"
        "               where answer.round_id = target.round_id and answer.body = target.body))"
        "  from standardisation.round_target as target group by target.round_id"
    )
    return {row[0]: (row[1], row[2]) for row in await cursor.fetchall()}
