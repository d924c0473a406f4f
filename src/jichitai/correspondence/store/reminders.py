"""The log of reminders."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from psycopg.rows import class_row

from jichitai.correspondence.model.areas import Area
from jichitai.infra.database import Tx


@dataclass(frozen=True, slots=True)
class Reminder:
    """督促の記録, with where its letter stands; `letter` is empty when no address was known."""

    reminder_id: UUID
    body: str
    matter: str
    round_id: UUID | None
    subject: str
    due_on: date | None
    reminded_at: datetime
    letter_id: UUID | None
    letter: str
    recipient: str
    attempts: int
    reason: str


_REMINDERS = """
select reminder_id, reminder.body, matter, round_id, reminder.subject, due_on, reminded_at, letter_id,
       coalesce(letter.state, '') as letter, coalesce(letter.recipient, '') as recipient,
       coalesce(letter.attempts, 0) as attempts, coalesce(letter.reason, '') as reason
  from correspondence.reminder as reminder
  left join infra.letter using (letter_id)
 where prefecture = %(overseer)s and area = %(area)s
   and (%(round)s::uuid is null or round_id = %(round)s)
   and (%(body)s::text is null or reminder.body = %(body)s)
   and (%(state)s::text is null or coalesce(letter.state, '') = %(state)s)
   and (%(before)s::timestamptz is null or reminded_at < %(before)s)
 order by reminded_at desc, reminder.body
 limit %(limit)s
"""


async def reminders(
    tx: Tx,
    area: Area,
    overseer: str,
    *,
    body: str | None = None,
    round_id: UUID | None = None,
    state: str | None = None,
    before: datetime | None = None,
    limit: int = 100,
) -> list[Reminder]:
    """Reminders, newest first."""
    cursor = tx.cursor(row_factory=class_row(Reminder))
    await cursor.execute(
        _REMINDERS,
        {
            "overseer": overseer,
            "area": area.key,
            "body": body,
            "round": round_id,
            "state": state,
            "before": before,
            "limit": limit,
        },
    )
    return await cursor.fetchall()


async def last_reminded(
    tx: Tx, area: Area, overseer: str, *, matter: str | None = None, round_id: UUID | None = None
) -> dict[str, datetime]:
    """When each body was last reminded, of anything or of one matter."""
    cursor = await tx.execute(
        "select body, max(reminded_at) from correspondence.reminder"
        " where prefecture = %(overseer)s and area = %(area)s"
        "   and (%(matter)s::text is null or matter = %(matter)s)"
        "   and (%(round)s::uuid is null or round_id = %(round)s)"
        " group by body",
        {"overseer": overseer, "area": area.key, "matter": matter, "round": round_id},
    )
    return dict(await cursor.fetchall())


@dataclass(frozen=True, slots=True, kw_only=True)
class NewReminder:
    """A reminder to be logged."""

    reminder_id: UUID
    body: str
    letter_id: UUID | None


async def add_reminders(
    tx: Tx,
    area: Area,
    overseer: str,
    sent: Sequence[NewReminder],
    *,
    matter: str,
    round_id: UUID | None,
    subject: str,
    due_on: date | None,
    at: datetime,
    by: str,
) -> None:
    """Log reminders of one matter."""
    await tx.execute(
        "insert into correspondence.reminder (prefecture, area, reminder_id, body, matter,"
        "       round_id, subject, letter_id, due_on, reminded_at, reminded_by)"
        " select %(overseer)s, %(area)s, id, body, %(matter)s, %(round)s, %(subject)s, letter,"
        "        %(due)s, %(at)s, %(by)s"
        "   from unnest(%(ids)s::uuid[], %(bodies)s::text[], %(letters)s::uuid[])"
        "     as sent (id, body, letter)",
        {
            "overseer": overseer,
            "area": area.key,
            "matter": matter,
            "round": round_id,
            "subject": subject,
            "due": due_on,
            "at": at,
            "by": by,
            "ids": [one.reminder_id for one in sent],
            "bodies": [one.body for one in sent],
            "letters": [one.letter_id for one in sent],
        },
    )
