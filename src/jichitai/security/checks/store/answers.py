"""SQL of the versions of answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from psycopg.rows import class_row

from jichitai.infra.database import Tx
from jichitai.security.checks.model.answers import Given
from jichitai.security.checks.store.rounds import Line


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAnswer:
    """A version of an answer about to be written."""

    target_id: UUID
    item_id: str
    version: int
    given: Given
    confirmed: bool = True
    carried_from: UUID | None = None
    stale: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One version of an answer, for its history."""

    version: int
    answer: str
    reason: str
    practice: str
    confirmed: bool
    carried_from: UUID | None
    answered_by_name: str
    answered_at: datetime


_VERSION: Final = ", ".join(Version.__dataclass_fields__)


_ADD_ANSWERS: Final = """
insert into security.check_answer (municipality, round_id, target_id, item_id, version, answer,
       reason, practice, evidence, confirmed, carried_from, stale, answered_by, answered_by_name,
       answered_at)
select %(body)s, %(round)s, target_id, item_id, version, answer, reason, practice, evidence,
       confirmed, carried_from, stale, answered_by, answered_by_name, answered_at
  from rows from (jsonb_to_recordset(%(rows)s) as (target_id uuid, item_id text, version integer,
       answer text, reason text, practice text, evidence uuid[], confirmed boolean,
       carried_from uuid, stale text[], answered_by text, answered_by_name text,
       answered_at timestamptz)) as given
    on conflict do nothing
"""


async def add_answers(
    tx: Tx,
    body: str,
    round_id: UUID,
    answers: Sequence[NewAnswer],
    *,
    by: str,
    by_name: str,
    at: datetime,
) -> int:
    """Write versions of answers in one statement; those whose version exists are left out.

    Returns:
        How many were written; fewer than asked when somebody else was first.
    """
    who = {"answered_by": by, "answered_by_name": by_name, "answered_at": at}
    rows = [{**_answer(answer), **who} for answer in answers]
    cursor = await tx.execute(_ADD_ANSWERS, {"body": body, "round": round_id, "rows": _json(rows)})
    return cursor.rowcount


async def carry_answers(
    tx: Tx, body: str, round_id: UUID, carried: Sequence[tuple[NewAnswer, Line]]
) -> None:
    """Write answers taken over from an earlier round, in the name of those who gave them."""
    rows = [
        {
            **_answer(answer),
            "answered_by": before.answered_by,
            "answered_by_name": before.answered_by_name,
            "answered_at": before.answered_at,
        }
        for answer, before in carried
    ]
    await tx.execute(_ADD_ANSWERS, {"body": body, "round": round_id, "rows": _json(rows)})


def _json(rows: Sequence[dict[str, Any]]) -> str:
    return msgspec.json.encode(rows).decode()


def _answer(answer: NewAnswer) -> dict[str, Any]:
    return {
        "target_id": answer.target_id,
        "item_id": answer.item_id,
        "version": answer.version,
        "answer": answer.given.answer,
        "reason": answer.given.reason,
        "practice": answer.given.practice,
        "evidence": answer.given.evidence,
        "confirmed": answer.confirmed,
        "carried_from": answer.carried_from,
        "stale": answer.stale,
    }


async def versions(tx: Tx, body: str, target_id: UUID, item_id: str) -> list[Version]:
    """All versions of an answer, the newest first."""
    async with tx.cursor(row_factory=class_row(Version)) as cursor:
        await cursor.execute(
            f"select {_VERSION} from security.check_answer"
            " where municipality = %s and target_id = %s and item_id = %s order by version desc",
            (body, target_id, item_id),
        )
        return await cursor.fetchall()


async def self_checkers(
    tx: Tx, body: str, fiscal_year: int, item_id: str, target_key: str
) -> set[str]:
    """Accounts that answered an item for a target in the year's self-checks."""
    cursor = await tx.execute(
        "select distinct a.answered_by"
        "  from security.check_answer a"
        "  join security.check_round r"
        "    on r.municipality = a.municipality and r.round_id = a.round_id"
        "  join security.check_target t"
        "    on t.municipality = a.municipality and t.target_id = a.target_id"
        " where a.municipality = %s and r.sort = 'self-check' and r.fiscal_year = %s"
        "   and a.item_id = %s and t.key = %s",
        (body, fiscal_year, item_id, target_key),
    )
    return {str(who) for (who,) in await cursor.fetchall()}
