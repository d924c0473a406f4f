"""Survey rounds, their answers, and published editions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from psycopg.rows import class_row

from jichitai.infra.database import Tx
from jichitai.security.oversight.errors import UnknownRoundError


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """調査: one round. `form` is the JSON text of its form."""

    round_id: UUID
    title: str
    purpose: str
    form: str
    as_of: date
    due_on: date
    denominator: str
    state: str
    made_at: datetime
    opened_at: datetime | None
    closed_at: datetime | None
    asked: int
    answered: int


_ROUND = """
select round_id, title, purpose, form::text as form, as_of, due_on, denominator, state, made_at,
       opened_at, closed_at,
       (select count(*) from security.oversight_target as target
         where target.prefecture = round.prefecture and target.round_id = round.round_id) as asked,
       (select count(distinct body) from security.oversight_answer as answer
         where answer.prefecture = round.prefecture and answer.round_id = round.round_id)
           as answered
  from security.oversight_round as round
 where prefecture = %(overseer)s and (%(round)s::uuid is null or round_id = %(round)s)
 order by made_at desc
 limit 200
"""


async def rounds(tx: Tx, overseer: str) -> list[Round]:
    """All rounds of an overseer, newest first."""
    cursor = tx.cursor(row_factory=class_row(Round))
    await cursor.execute(_ROUND, {"overseer": overseer, "round": None})
    return await cursor.fetchall()


async def round_of(tx: Tx, overseer: str, round_id: UUID, *, lock: bool = False) -> Round:
    """One round.

    Raises:
        UnknownRoundError: none of this overseer.
    """
    if lock:
        await tx.execute(
            "select 1 from security.oversight_round where prefecture = %s and round_id = %s"
            " for update",
            (overseer, round_id),
        )
    cursor = tx.cursor(row_factory=class_row(Round))
    await cursor.execute(_ROUND, {"overseer": overseer, "round": round_id})
    found = await cursor.fetchone()
    if found is None:
        raise UnknownRoundError("この調査はありません。調査の一覧から開き直してください。")
    return found


async def save_round(tx: Tx, overseer: str, values: Mapping[str, Any]) -> None:
    """Make a draft, or change it."""
    await tx.execute(
        "insert into security.oversight_round (prefecture, round_id, title, purpose, form, as_of,"
        "       due_on, denominator, state, made_at, made_by)"
        " values (%(overseer)s, %(round_id)s, %(title)s, %(purpose)s, %(form)s::jsonb, %(as_of)s,"
        "         %(due_on)s, %(denominator)s, 'draft', %(at)s, %(by)s)"
        " on conflict (prefecture, round_id) do update"
        "    set title = excluded.title, purpose = excluded.purpose, form = excluded.form,"
        "        as_of = excluded.as_of, due_on = excluded.due_on,"
        "        denominator = excluded.denominator",
        {"overseer": overseer, **values},
    )


async def move(tx: Tx, overseer: str, round_id: UUID, state: str, *, at: datetime) -> None:
    """Open or close a round."""
    await tx.execute(
        "update security.oversight_round set state = %(state)s,"
        "       opened_at = case when %(state)s = 'open' then %(at)s else opened_at end,"
        "       closed_at = case when %(state)s = 'closed' then %(at)s end"
        " where prefecture = %(overseer)s and round_id = %(round)s",
        {"overseer": overseer, "round": round_id, "state": state, "at": at},
    )


async def set_targets(tx: Tx, overseer: str, round_id: UUID, bodies: Sequence[str]) -> None:
    """Fix the bodies that a round asks."""
    await tx.execute(
        "insert into security.oversight_target (prefecture, round_id, body)"
        " select %s, %s, unnest(%s::text[])",
        (overseer, round_id, list(bodies)),
    )


async def targets(tx: Tx, overseer: str, round_id: UUID) -> list[str]:
    """The codes of the bodies that a round asks."""
    cursor = await tx.execute(
        "select body from security.oversight_target where prefecture = %s and round_id = %s"
        " order by body",
        (overseer, round_id),
    )
    return [body for (body,) in await cursor.fetchall()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """回答: one body's answers as they came."""

    body: str
    number: int
    answers: dict[str, str]
    reason: str
    via: str
    answered_at: datetime
    received_at: datetime


async def answers(tx: Tx, overseer: str, round_id: UUID) -> dict[str, Answer]:
    """The newest answer of each body."""
    cursor = tx.cursor(row_factory=class_row(Answer))
    await cursor.execute(
        "select distinct on (body) body, number, answers, reason, via, answered_at, received_at"
        "  from security.oversight_answer where prefecture = %s and round_id = %s"
        " order by body, number desc",
        (overseer, round_id),
    )
    return {one.body: one for one in await cursor.fetchall()}


async def past_answers(tx: Tx, overseer: str, round_id: UUID, body: str) -> list[Answer]:
    """Every answer of one body, newest first."""
    cursor = tx.cursor(row_factory=class_row(Answer))
    await cursor.execute(
        "select body, number, answers, reason, via, answered_at, received_at"
        "  from security.oversight_answer where prefecture = %s and round_id = %s and body = %s"
        " order by number desc",
        (overseer, round_id, body),
    )
    return await cursor.fetchall()


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAnswer:
    """Answers to be added. `revision` is the body's own count, when it came as a message."""

    body: str
    answers: Mapping[str, str]
    reason: str = ""
    revision: int | None = None
    answered_at: datetime


async def add_answers(
    tx: Tx,
    overseer: str,
    round_id: UUID,
    came: Sequence[NewAnswer],
    *,
    via: str,
    at: datetime,
    by: str = "",
) -> None:
    """Add answers behind those that are there; the same message twice adds nothing."""
    await tx.execute(
        "insert into security.oversight_answer (prefecture, round_id, body, number, revision,"
        "       answers, reason, via, answered_at, received_at, received_by)"
        " select %(overseer)s, %(round)s, came.body,"
        "        coalesce((select max(kept.number) from security.oversight_answer as kept"
        "                   where kept.prefecture = %(overseer)s and kept.round_id = %(round)s"
        "                     and kept.body = came.body), 0) + 1,"
        "        came.revision, came.answers::jsonb, came.reason, %(via)s, came.answered_at,"
        "        %(at)s, %(by)s"
        "   from unnest(%(bodies)s::text[], %(revisions)s::int[], %(answers)s::text[],"
        "               %(reasons)s::text[], %(answered)s::timestamptz[])"
        "     as came (body, revision, answers, reason, answered_at)"
        "  where came.revision is null or not exists ("
        "        select 1 from security.oversight_answer as kept"
        "         where kept.prefecture = %(overseer)s and kept.round_id = %(round)s"
        "           and kept.body = came.body and kept.revision = came.revision)",
        {
            "overseer": overseer,
            "round": round_id,
            "via": via,
            "at": at,
            "by": by,
            "bodies": [one.body for one in came],
            "revisions": [one.revision for one in came],
            "answers": [msgspec.json.encode(dict(one.answers)).decode() for one in came],
            "reasons": [one.reason for one in came],
            "answered": [one.answered_at for one in came],
        },
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """公表: one edition of a round's result. `content` is its JSON text."""

    round_id: UUID
    title: str
    edition: int
    reason: str
    content: str
    published_at: datetime
    current: bool


_PUBLICATIONS = """
select round_id, title, edition, reason, content::text as content, published_at,
       edition = max(edition) over (partition by round_id) as current
  from security.oversight_publication
  join security.oversight_round using (prefecture, round_id)
 where prefecture = %(overseer)s and (%(round)s::uuid is null or round_id = %(round)s)
 order by published_at desc, edition desc
"""


async def publications(tx: Tx, overseer: str, round_id: UUID | None = None) -> list[Publication]:
    """Editions, newest first; of one round or of all."""
    cursor = tx.cursor(row_factory=class_row(Publication))
    await cursor.execute(_PUBLICATIONS, {"overseer": overseer, "round": round_id})
    return await cursor.fetchall()


async def add_publication(tx: Tx, overseer: str, values: Mapping[str, Any]) -> int:
    """Add an edition; its number."""
    cursor = await tx.execute(
        "insert into security.oversight_publication (prefecture, round_id, edition, reason,"
        "       content, published_at, published_by)"
        " select %(overseer)s, %(round_id)s, coalesce(max(edition), 0) + 1, %(reason)s,"
        "        %(content)s::jsonb, %(at)s, %(by)s"
        "   from security.oversight_publication"
        "  where prefecture = %(overseer)s and round_id = %(round_id)s"
        " returning edition",
        {"overseer": overseer, **values},
    )
    row = await cursor.fetchone()
    return int(row[0]) if row else 0
