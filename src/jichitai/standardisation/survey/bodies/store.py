"""What a body is asked, its draft, what it sent, and what its prefecture said of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from psycopg.rows import class_row, dict_row

from jichitai.infra.database import Tx
from jichitai.standardisation.messages import G01, G03
from jichitai.standardisation.progress.reports import BodyReport
from jichitai.standardisation.survey.errors import UnknownRoundError
from jichitai.standardisation.survey.model import CheckState, decode, encode


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """調査の依頼 with how far the body is: `sent` answers, and the finding of the newest."""

    round_id: UUID
    subject: str
    note: str
    as_of: date
    due_on: date
    checked_by: date
    state: str
    asked: bool
    members: list[str]
    sent_at: datetime
    sent: int
    answered_at: datetime | None
    check: str
    drafted: bool

    @property
    def open(self) -> bool:
        """Whether answers are taken."""
        return self.state == "open"

    @property
    def checked(self) -> CheckState:
        """What the prefecture said of the newest answer."""
        return CheckState(self.check)


_REQUESTS = """
select request.round_id, subject, note, as_of, due_on, checked_by, request.state, asked, members,
       sent_at, coalesce(last.revision, 0) as sent, last.answered_at,
       coalesce(verdict.state, '') as check,
       exists (select 1 from standardisation.answer_draft as draft
                where draft.municipality = request.municipality
                  and draft.round_id = request.round_id) as drafted
  from standardisation.request
  left join lateral (
       select revision, answered_at from standardisation.answer_sent as answer
        where answer.municipality = request.municipality
          and answer.round_id = request.round_id
        order by revision desc limit 1) as last on true
  left join lateral (
       select state from standardisation.answer_verdict as told
        where told.municipality = request.municipality
          and told.round_id = request.round_id and told.revision = last.revision
        order by number desc limit 1) as verdict on true
 where request.municipality = %(body)s and (%(id)s::uuid is null or request.round_id = %(id)s)
 order by due_on desc, sent_at desc, request.round_id
 limit 200
"""


async def add_requests(tx: Tx, came: Sequence[tuple[str, G01]], *, at: datetime) -> None:
    """Keep what arrived; a newer telling of a round takes the place of an older one."""
    await tx.cursor().executemany(
        "insert into standardisation.request (municipality, round_id, subject, note, as_of, due_on,"
        "       checked_by, state, asked, members, sent_at, received_at)"
        " values (%(body)s, %(id)s, %(subject)s, %(note)s, %(as_of)s, %(due_on)s, %(checked_by)s,"
        "         %(state)s, %(asked)s, %(members)s, %(sent_at)s, %(at)s)"
        " on conflict (municipality, round_id) do update"
        "    set subject = excluded.subject, note = excluded.note, as_of = excluded.as_of,"
        "        due_on = excluded.due_on, checked_by = excluded.checked_by,"
        "        state = excluded.state, asked = excluded.asked, members = excluded.members,"
        "        sent_at = excluded.sent_at, received_at = excluded.received_at"
        "  where request.sent_at <= excluded.sent_at",
        [
            {
                "body": code,
                "id": one.round_id,
                "subject": one.subject,
                "note": one.note,
                "as_of": one.as_of,
                "due_on": one.due_on,
                "checked_by": one.checked_by,
                "state": one.state,
                "asked": one.asked,
                "members": list(one.members),
                "sent_at": one.sent_at,
                "at": at,
            }
            for code, one in came
        ],
    )


async def requests(tx: Tx, body: str) -> list[Request]:
    """The rounds that a body was told of, the latest day first."""
    cursor = tx.cursor(row_factory=class_row(Request))
    await cursor.execute(_REQUESTS, {"body": body, "id": None})
    return await cursor.fetchall()


async def request(tx: Tx, body: str, round_id: UUID) -> Request:
    """One of them.

    Raises:
        UnknownRoundError: the body was not told of it.
    """
    cursor = tx.cursor(row_factory=class_row(Request))
    await cursor.execute(_REQUESTS, {"body": body, "id": round_id})
    found = await cursor.fetchone()
    if found is None:
        raise UnknownRoundError(
            "この調査の依頼は届いていません。「調査への回答」の一覧から開き直してください。"
        )
    return found


async def lock(tx: Tx, body: str) -> None:
    """Answers of a body come one after another."""
    key = "select pg_advisory_xact_lock(hashtextextended('standardisation.answer:' || %s, 0))"
    await tx.execute(key, (body,))


async def draft(tx: Tx, body: str, round_id: UUID) -> BodyReport | None:
    """The answer that was typed but not sent."""
    cursor = await tx.execute(
        "select content::text from standardisation.answer_draft"
        " where municipality = %s and round_id = %s",
        (body, round_id),
    )
    row = await cursor.fetchone()
    return decode(row[0]) if row else None


async def save_draft(tx: Tx, round_id: UUID, report: BodyReport, *, at: datetime, by: str) -> None:
    """Keep what was typed."""
    await tx.execute(
        "insert into standardisation.answer_draft"
        "       (municipality, round_id, content, saved_at, saved_by)"
        " values (%s, %s, %s::jsonb, %s, %s)"
        " on conflict (municipality, round_id) do update set content = excluded.content,"
        "    saved_at = excluded.saved_at, saved_by = excluded.saved_by",
        (report.body, round_id, encode(report), at, by),
    )


async def drop_draft(tx: Tx, body: str, round_id: UUID) -> None:
    """Forget what was typed, once it was sent."""
    await tx.execute(
        "delete from standardisation.answer_draft where municipality = %s and round_id = %s",
        (body, round_id),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """確認: what the prefecture said of one answer."""

    revision: int
    state: CheckState
    reason: str
    checked_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """An answer that was sent, with what was said of it last."""

    round_id: UUID
    revision: int
    report: BodyReport
    reason: str
    answered_at: datetime
    verdict: Verdict | None


_SENT = """
select answer.round_id, answer.revision, content::text as content, answer.reason, answered_at,
       told.state, told.reason as told_reason, told.checked_at
  from standardisation.answer_sent as answer
  left join lateral (
       select state, reason, checked_at from standardisation.answer_verdict as verdict
        where verdict.municipality = answer.municipality
          and verdict.round_id = answer.round_id and verdict.revision = answer.revision
        order by number desc limit 1) as told on true
 where answer.municipality = %(body)s
"""


def _sent(row: dict[str, Any]) -> Sent:
    verdict = None
    if row["state"] is not None:
        verdict = Verdict(
            revision=row["revision"],
            state=CheckState(row["state"]),
            reason=row["told_reason"],
            checked_at=row["checked_at"],
        )
    return Sent(
        round_id=row["round_id"],
        revision=row["revision"],
        report=decode(row["content"]),
        reason=row["reason"],
        answered_at=row["answered_at"],
        verdict=verdict,
    )


async def sent_answers(tx: Tx, body: str, round_id: UUID) -> list[Sent]:
    """Every answer that a body sent to a round, newest first."""
    cursor = tx.cursor(row_factory=dict_row)
    query = f"{_SENT} and answer.round_id = %(round)s order by answer.revision desc limit 200"
    await cursor.execute(query, {"body": body, "round": round_id})
    return [_sent(row) for row in await cursor.fetchall()]


async def last_answer(tx: Tx, body: str) -> Sent | None:
    """What a body answered last, to whichever round."""
    cursor = tx.cursor(row_factory=dict_row)
    query = f"{_SENT} order by answered_at desc, answer.revision desc limit 1"
    await cursor.execute(query, {"body": body})
    row = await cursor.fetchone()
    return _sent(row) if row else None


async def add_sent(
    tx: Tx, round_id: UUID, report: BodyReport, *, reason: str, at: datetime, by: str
) -> int:
    """Add an answer; its revision."""
    cursor = await tx.execute(
        "insert into standardisation.answer_sent (municipality, round_id, revision, content, reason,"
        "       answered_at, answered_by)"
        " select %(body)s, %(round)s, coalesce(max(revision), 0) + 1, %(content)s::jsonb,"
        "        %(reason)s, %(at)s, %(by)s"
        "   from standardisation.answer_sent"
        "  where municipality = %(body)s and round_id = %(round)s"
        " returning revision",
        {
            "body": report.body,
            "round": round_id,
            "content": encode(report),
            "reason": reason,
            "at": at,
            "by": by,
        },
    )
    row = await cursor.fetchone()
    return int(row[0]) if row else 0


async def add_verdicts(tx: Tx, came: Sequence[tuple[str, G03]], *, at: datetime) -> None:
    """Keep what the prefecture said; rows are only added."""
    await tx.cursor().executemany(
        "insert into standardisation.answer_verdict (municipality, round_id, revision, number,"
        "       state, reason, checked_at, received_at)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s) on conflict do nothing",
        [
            (
                code,
                one.round_id,
                one.revision,
                one.number,
                one.state,
                one.reason,
                one.checked_at,
                at,
            )
            for code, one in came
        ],
    )
