"""Answers of bodies and the prefectures' checks: rows are only added."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from psycopg.rows import TupleRow

from jichitai.infra.database import Tx
from jichitai.standardisation.progress.reports import BodyReport, SystemReport
from jichitai.standardisation.survey.model import CheckState, Given, Via, decode, encode

_ANSWERS: Final = """
select answer.body, answer.number, answer.revision, answer.via, answer.content::text,
       answer.answered_at, answer.received_at, answer.received_by,
       coalesce(checked.state, ''), coalesce(checked.reason, ''), checked.checked_at
  from standardisation.answer as answer
  left join lateral (select state, reason, checked_at from standardisation.answer_check as one
                      where one.round_id = answer.round_id and one.body = answer.body
                        and one.number = answer.number
                      order by seq desc limit 1) as checked on true
 where answer.round_id = %(round)s
   and (%(bodies)s::text[] is null or answer.body = any (%(bodies)s))
   and (not %(newest)s or answer.number = (
            select max(number) from standardisation.answer as later
             where later.round_id = answer.round_id and later.body = answer.body))
 order by answer.body, answer.number desc
"""

_LAST: Final = """
select distinct on (answer.body) answer.body, answer.content::text
  from standardisation.answer as answer
  join standardisation.round as round using (round_id)
 where answer.body = any (%(bodies)s) and round.as_of <= %(as_of)s
 order by answer.body, round.as_of desc, answer.received_at desc, answer.number desc
"""

_TOLD: Final = """
select answer.told, answer.content::text
  from standardisation.answer as answer
  join standardisation.round as round using (round_id)
 where answer.body = %(body)s and answer.via = 'message' and round.as_of <= %(as_of)s
 order by round.as_of desc, answer.number desc
"""

_ADD: Final = """
insert into standardisation.answer (round_id, body, number, revision, via, content, told,
       answered_at, received_at, received_by)
select %(round)s, body, coalesce((select max(number) from standardisation.answer as kept
                                   where kept.round_id = %(round)s and kept.body = came.body), 0) + 1,
       revision, %(via)s, content::jsonb, string_to_array(told, ' '), answered_at, %(at)s, %(by)s
  from unnest(%(bodies)s::text[], %(revisions)s::int[], %(contents)s::text[], %(told)s::text[],
              %(answered)s::timestamptz[]) as came (body, revision, content, told, answered_at)
returning body, number
"""

_CHECK: Final = """
insert into standardisation.answer_check (round_id, body, number, seq, state, reason, checked_at,
       received_at)
select round_id, body, number,
       coalesce((select max(seq) from standardisation.answer_check as kept
                  where kept.round_id = answer.round_id and kept.body = answer.body
                    and kept.number = answer.number), 0) + 1,
       %(state)s, %(reason)s, %(checked)s, %(at)s
  from standardisation.answer as answer
 where round_id = %(round)s and body = %(body)s and revision = %(revision)s
returning number
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAnswer:
    """An answer to be kept, with the rows that came; its revision is None for a workbook."""

    report: BodyReport
    answered_at: datetime
    revision: int | None = None


def _given(row: TupleRow) -> Given:
    return Given(
        body=row[0],
        number=row[1],
        revision=row[2],
        via=Via(row[3]),
        report=decode(row[4]),
        answered_at=row[5],
        received_at=row[6],
        received_by=row[7],
        check=CheckState(row[8]),
        check_reason=row[9],
        checked_at=row[10],
    )


async def answers(
    tx: Tx, round_id: UUID, *, bodies: Sequence[str] | None = None
) -> dict[str, Given]:
    """The answer of each body that stands."""
    values = {"round": round_id, "newest": True, "bodies": _some(bodies)}
    cursor = await tx.execute(_ANSWERS, values)
    return {row[0]: _given(row) for row in await cursor.fetchall()}


async def history(tx: Tx, round_id: UUID, code: str) -> list[Given]:
    """Every answer of one body, newest first."""
    values = {"round": round_id, "newest": False, "bodies": [code]}
    cursor = await tx.execute(_ANSWERS, values)
    return [_given(row) for row in await cursor.fetchall()]


async def last_reports(tx: Tx, bodies: Sequence[str], *, as_of: date) -> dict[str, BodyReport]:
    """What each body answered last, in the rounds up to one about this day."""
    cursor = await tx.execute(_LAST, {"bodies": list(bodies), "as_of": as_of})
    return {row[0]: decode(row[1]) for row in await cursor.fetchall()}


async def told_by_itself(tx: Tx, code: str, *, as_of: date) -> dict[str, SystemReport]:
    """What a body said last on its own page, by business, in the rounds up to one about this day."""
    cursor = await tx.execute(_TOLD, {"body": code, "as_of": as_of})
    found: dict[str, SystemReport] = {}
    for told, content in await cursor.fetchall():
        fresh = set(told) - found.keys()
        found |= {one.business: one for one in decode(content).systems if one.business in fresh}
    return found


async def known_revisions(tx: Tx, round_id: UUID, code: str) -> set[int]:
    """The body's own counts of its answers that are here."""
    cursor = await tx.execute(
        "select revision from standardisation.answer"
        " where round_id = %s and body = %s and revision is not null",
        (round_id, code),
    )
    return {row[0] for row in await cursor.fetchall()}


async def add(
    tx: Tx,
    round_id: UUID,
    came: Sequence[tuple[NewAnswer, BodyReport]],
    *,
    via: Via,
    at: datetime,
    by: str,
) -> dict[str, int]:
    """Keep answers, one of each body at most, each with all the rows that it stands for.

    Returns:
        Their numbers by body.
    """
    values = {
        "round": round_id,
        "via": via.value,
        "at": at,
        "by": by,
        "bodies": [one.report.body for one, _ in came],
        "revisions": [one.revision for one, _ in came],
        "contents": [encode(whole) for _, whole in came],
        "told": [" ".join(told.business for told in one.report.systems) for one, _ in came],
        "answered": [one.answered_at for one, _ in came],
    }
    cursor = await tx.execute(_ADD, values)
    return {row[0]: row[1] for row in await cursor.fetchall()}


async def add_check(
    tx: Tx,
    round_id: UUID,
    code: str,
    revision: int,
    *,
    state: CheckState,
    reason: str,
    checked_at: datetime,
    at: datetime,
) -> int | None:
    """Keep a prefecture's check; the answer's number here, None when the answer is not here."""
    values = {
        "round": round_id,
        "body": code,
        "revision": revision,
        "state": state.value,
        "reason": reason,
        "checked": checked_at,
        "at": at,
    }
    cursor = await tx.execute(_CHECK, values)
    row = await cursor.fetchone()
    return None if row is None else int(row[0])


def _some(bodies: Sequence[str] | None) -> list[str] | None:
    return None if bodies is None else list(bodies)
