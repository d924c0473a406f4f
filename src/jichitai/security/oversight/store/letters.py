"""Contacts of bodies and the log of reminders."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from psycopg.rows import class_row

from jichitai.infra.database import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """連絡先: the office of a body; never a person's own address."""

    body: str
    office: str
    mail: str
    phone: str
    revision: int = 0
    recorded_at: datetime | None = None


async def contacts(tx: Tx, overseer: str, body: str | None = None) -> dict[str, Contact]:
    """The newest contact of each body."""
    cursor = tx.cursor(row_factory=class_row(Contact))
    await cursor.execute(
        "select distinct on (body) body, office, mail, phone, revision, recorded_at"
        "  from security.oversight_contact"
        " where prefecture = %(overseer)s and (%(body)s::text is null or body = %(body)s)"
        " order by body, revision desc",
        {"overseer": overseer, "body": body},
    )
    return {one.body: one for one in await cursor.fetchall()}


async def add_contacts(
    tx: Tx, overseer: str, found: Sequence[Contact], *, at: datetime, by: str
) -> None:
    """Add a newer contact for each of these bodies."""
    await tx.execute(
        "insert into security.oversight_contact"
        "       (prefecture, body, revision, office, mail, phone, recorded_at, recorded_by)"
        " select %(overseer)s, body,"
        "        coalesce((select max(revision) from security.oversight_contact as kept"
        "                   where kept.prefecture = %(overseer)s and kept.body = came.body), 0) + 1,"
        "        office, mail, phone, %(at)s, %(by)s"
        "   from unnest(%(bodies)s::text[], %(offices)s::text[], %(mails)s::text[],"
        "               %(phones)s::text[]) as came (body, office, mail, phone)",
        {
            "overseer": overseer,
            "at": at,
            "by": by,
            "bodies": [one.body for one in found],
            "offices": [one.office for one in found],
            "mails": [one.mail for one in found],
            "phones": [one.phone for one in found],
        },
    )


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
  from security.oversight_reminder as reminder
  left join infra.letter using (letter_id)
 where prefecture = %(overseer)s
   and (%(body)s::text is null or reminder.body = %(body)s)
   and (%(state)s::text is null or coalesce(letter.state, '') = %(state)s)
   and (%(before)s::timestamptz is null or reminded_at < %(before)s)
 order by reminded_at desc, reminder.body
 limit %(limit)s
"""


async def reminders(
    tx: Tx,
    overseer: str,
    *,
    body: str | None = None,
    state: str | None = None,
    before: datetime | None = None,
    limit: int = 100,
) -> list[Reminder]:
    """Reminders, newest first."""
    cursor = tx.cursor(row_factory=class_row(Reminder))
    await cursor.execute(
        _REMINDERS,
        {"overseer": overseer, "body": body, "state": state, "before": before, "limit": limit},
    )
    return await cursor.fetchall()


async def last_reminded(
    tx: Tx, overseer: str, *, matter: str | None = None, round_id: UUID | None = None
) -> dict[str, datetime]:
    """When each body was last reminded, of anything or of one matter."""
    cursor = await tx.execute(
        "select body, max(reminded_at) from security.oversight_reminder"
        " where prefecture = %(overseer)s and (%(matter)s::text is null or matter = %(matter)s)"
        "   and (%(round)s::uuid is null or round_id = %(round)s)"
        " group by body",
        {"overseer": overseer, "matter": matter, "round": round_id},
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
        "insert into security.oversight_reminder (prefecture, reminder_id, body, matter, round_id,"
        "       subject, letter_id, due_on, reminded_at, reminded_by)"
        " select %(overseer)s, id, body, %(matter)s, %(round)s, %(subject)s, letter, %(due)s,"
        "        %(at)s, %(by)s"
        "   from unnest(%(ids)s::uuid[], %(bodies)s::text[], %(letters)s::uuid[])"
        "     as sent (id, body, letter)",
        {
            "overseer": overseer,
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
