"""A body's inbox: what is asked of it, its draft, and the answers that it sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from jichitai.infra.database import Tx
from jichitai.kernel.parties import Party
from jichitai.security.errors import UnknownDocumentError
from jichitai.security.messages import S10


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """依頼・督促. `form` is the JSON text of a survey's form, else empty."""

    notice_id: UUID
    sender: str
    sort: str
    subject: str
    body: str
    due_on: date | None
    round_id: UUID | None
    form: str
    sent_at: datetime
    received_at: datetime
    read_at: datetime | None
    answered: int


_NOTICES = """
select notice_id, sender, sort, subject, body, due_on, round_id, form, sent_at, received_at,
       read_at,
       (select count(*) from security.notice_answer as answer
         where answer.municipality = notice.municipality
           and answer.round_id = notice.round_id) as answered
  from security.notice
 where municipality = %(body)s and (%(id)s::uuid is null or notice_id = %(id)s)
 order by sent_at desc, notice_id
 limit 200
"""


async def add(tx: Tx, came: Sequence[tuple[str, Party, S10]], *, at: datetime) -> None:
    """Keep what arrived: the receiving body's code, who asks, and the message."""
    await tx.execute(
        "insert into security.notice (municipality, notice_id, sender, sort, subject, body, due_on,"
        "       round_id, form, sent_at, received_at)"
        " select municipality, notice_id, sender, sort, subject, body, due_on, round_id, form,"
        "        sent_at, %(at)s"
        "   from unnest(%(bodies)s::text[], %(ids)s::uuid[], %(senders)s::text[], %(sorts)s::text[],"
        "               %(subjects)s::text[], %(texts)s::text[], %(dues)s::date[],"
        "               %(rounds)s::uuid[], %(forms)s::text[], %(sents)s::timestamptz[])"
        "     as came (municipality, notice_id, sender, sort, subject, body, due_on, round_id,"
        "              form, sent_at)"
        " on conflict do nothing",
        {
            "at": at,
            "bodies": [body for body, _, _ in came],
            "ids": [message.notice_id for _, _, message in came],
            "senders": [str(sender) for _, sender, _ in came],
            "sorts": [message.sort for _, _, message in came],
            "subjects": [message.subject for _, _, message in came],
            "texts": [message.text for _, _, message in came],
            "dues": [message.due_on for _, _, message in came],
            "rounds": [message.round_id for _, _, message in came],
            "forms": [message.form for _, _, message in came],
            "sents": [message.sent_at for _, _, message in came],
        },
    )


async def notices(tx: Tx, body: str) -> list[Notice]:
    """A body's inbox, newest first."""
    cursor = tx.cursor(row_factory=class_row(Notice))
    await cursor.execute(_NOTICES, {"body": body, "id": None})
    return await cursor.fetchall()


async def notice(tx: Tx, body: str, notice_id: UUID) -> Notice:
    """One entry of the inbox.

    Raises:
        UnknownDocumentError: none of this body.
    """
    cursor = tx.cursor(row_factory=class_row(Notice))
    await cursor.execute(_NOTICES, {"body": body, "id": notice_id})
    found = await cursor.fetchone()
    if found is None:
        raise UnknownDocumentError(
            "この依頼の記録がありません。「依頼と督促」の一覧から開き直してください。"
        )
    return found


async def mark_read(tx: Tx, body: str, notice_id: UUID, *, at: datetime, by: str) -> None:
    """Note who opened it first."""
    await tx.execute(
        "update security.notice set read_at = %s, read_by = %s"
        " where municipality = %s and notice_id = %s and read_at is null",
        (at, by, body, notice_id),
    )


async def draft(tx: Tx, body: str, round_id: UUID) -> dict[str, str]:
    """The answers that were typed but not sent."""
    cursor = await tx.execute(
        "select answers from security.notice_draft where municipality = %s and round_id = %s",
        (body, round_id),
    )
    row = await cursor.fetchone()
    return dict(row[0]) if row else {}


async def save_draft(
    tx: Tx, body: str, round_id: UUID, answers: Mapping[str, str], *, at: datetime, by: str
) -> None:
    """Keep what was typed."""
    await tx.execute(
        "insert into security.notice_draft (municipality, round_id, answers, saved_at, saved_by)"
        " values (%s, %s, %s, %s, %s)"
        " on conflict (municipality, round_id) do update set answers = excluded.answers,"
        "    saved_at = excluded.saved_at, saved_by = excluded.saved_by",
        (body, round_id, Jsonb(dict(answers)), at, by),
    )


async def drop_draft(tx: Tx, body: str, round_id: UUID) -> None:
    """Forget what was typed, once it was sent."""
    await tx.execute(
        "delete from security.notice_draft where municipality = %s and round_id = %s",
        (body, round_id),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """An answer that was sent."""

    revision: int
    answers: dict[str, str]
    reason: str
    answered_at: datetime


async def sent_answers(tx: Tx, body: str, round_id: UUID) -> list[Sent]:
    """Every answer that a body sent to a round, newest first."""
    cursor = tx.cursor(row_factory=class_row(Sent))
    await cursor.execute(
        "select revision, answers, reason, answered_at from security.notice_answer"
        " where municipality = %s and round_id = %s order by revision desc",
        (body, round_id),
    )
    return await cursor.fetchall()


async def add_sent(
    tx: Tx,
    body: str,
    round_id: UUID,
    *,
    answers: Mapping[str, str],
    reason: str,
    at: datetime,
    by: str,
) -> int:
    """Add an answer; its revision."""
    cursor = await tx.execute(
        "insert into security.notice_answer (municipality, round_id, revision, answers, reason,"
        "       answered_at, answered_by)"
        " select %(body)s, %(round)s, coalesce(max(revision), 0) + 1, %(answers)s, %(reason)s,"
        "        %(at)s, %(by)s"
        "   from security.notice_answer where municipality = %(body)s and round_id = %(round)s"
        " returning revision",
        {
            "body": body,
            "round": round_id,
            "answers": Jsonb(dict(answers)),
            "reason": reason,
            "at": at,
            "by": by,
        },
    )
    row = await cursor.fetchone()
    return int(row[0]) if row else 0
