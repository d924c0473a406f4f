"""What members answered, every revision, and what the prefecture said of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.rows import dict_row

from jichitai.infra.database import Tx
from jichitai.standardisation.messages import G02
from jichitai.standardisation.progress.reports import BodyReport
from jichitai.standardisation.survey.bodies.content import report_of
from jichitai.standardisation.survey.model import CheckState, decode, encode


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberAnswer:
    """回答 of a member, with the newest finding of it.

    Attributes:
        checks: how often it was looked at; 0 while it waits.
    """

    round_id: UUID
    body: str
    revision: int
    report: BodyReport
    reason: str
    answered_at: datetime
    checks: int
    check: CheckState
    check_reason: str
    checked_at: datetime | None


_ANSWERS = """
select answer.round_id, answer.body, answer.revision, content::text as content, answer.reason,
       answered_at, coalesce(told.number, 0) as checks, coalesce(told.state, '') as state,
       coalesce(told.reason, '') as told_reason, told.checked_at
  from standardisation.member_answer as answer
  left join lateral (
       select number, state, reason, checked_at from standardisation.member_check as done
        where done.prefecture = answer.prefecture and done.round_id = answer.round_id
          and done.body = answer.body and done.revision = answer.revision
        order by number desc limit 1) as told on true
 where answer.prefecture = %(prefecture)s
"""


def _answer(row: dict[str, Any]) -> MemberAnswer:
    return MemberAnswer(
        round_id=row["round_id"],
        body=row["body"],
        revision=row["revision"],
        report=decode(row["content"]),
        reason=row["reason"],
        answered_at=row["answered_at"],
        checks=row["checks"],
        check=CheckState(row["state"]),
        check_reason=row["told_reason"],
        checked_at=row["checked_at"],
    )


async def add_answers(tx: Tx, prefecture: str, came: Sequence[G02], *, at: datetime) -> None:
    """Keep answers that pass through; rows are only added."""
    await tx.cursor().executemany(
        "insert into standardisation.member_answer (prefecture, round_id, body, revision, content,"
        "       reason, answered_at, received_at)"
        " values (%s, %s, %s, %s, %s::jsonb, %s, %s, %s) on conflict do nothing",
        [
            (
                prefecture,
                one.round_id,
                one.body,
                one.revision,
                encode(report_of(one)),
                one.reason,
                one.answered_at,
                at,
            )
            for one in came
        ],
    )


async def newest(tx: Tx, prefecture: str, round_id: UUID) -> dict[str, MemberAnswer]:
    """The newest answer of each member to a round, by code."""
    cursor = tx.cursor(row_factory=dict_row)
    query = f"{_ANSWERS} and answer.round_id = %(round)s order by answer.body, answer.revision"
    await cursor.execute(query, {"prefecture": prefecture, "round": round_id})
    return {row["body"]: _answer(row) for row in await cursor.fetchall()}


async def answers(tx: Tx, prefecture: str, round_id: UUID, body: str) -> list[MemberAnswer]:
    """Every answer of a member to a round, newest first."""
    cursor = tx.cursor(row_factory=dict_row)
    query = (
        f"{_ANSWERS} and answer.round_id = %(round)s and answer.body = %(body)s"
        " order by answer.revision desc"
    )
    await cursor.execute(query, {"prefecture": prefecture, "round": round_id, "body": body})
    return [_answer(row) for row in await cursor.fetchall()]


async def before(tx: Tx, prefecture: str, one: MemberAnswer) -> MemberAnswer | None:
    """The answer that the member gave last before this one, to whichever round."""
    cursor = tx.cursor(row_factory=dict_row)
    query = (
        f"{_ANSWERS} and answer.body = %(body)s"
        " and (answer.answered_at, answer.revision) < (%(at)s, %(revision)s)"
        " order by answer.answered_at desc, answer.revision desc limit 1"
    )
    values = {
        "prefecture": prefecture,
        "body": one.body,
        "at": one.answered_at,
        "revision": one.revision,
    }
    await cursor.execute(query, values)
    row = await cursor.fetchone()
    return _answer(row) if row else None


async def lock(tx: Tx, prefecture: str, body: str) -> None:
    """Findings about a member come one after another."""
    key = "select pg_advisory_xact_lock(hashtextextended('standardisation.check:' || %s, 0))"
    await tx.execute(key, (f"{prefecture}:{body}",))


async def add_check(
    tx: Tx,
    prefecture: str,
    one: MemberAnswer,
    *,
    state: CheckState,
    reason: str,
    at: datetime,
    by: str,
) -> int:
    """Add a finding; its number."""
    number = one.checks + 1
    await tx.execute(
        "insert into standardisation.member_check (prefecture, round_id, body, revision, number,"
        "       state, reason, checked_at, checked_by)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (prefecture, one.round_id, one.body, one.revision, number, state.value, reason, at, by),
    )
    return number
