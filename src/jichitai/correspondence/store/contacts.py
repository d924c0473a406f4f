"""Contacts of bodies: a change adds a row."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from jichitai.correspondence.model.areas import Area
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


async def contacts(
    tx: Tx, area: Area, overseer: str, body: str | None = None
) -> dict[str, Contact]:
    """The newest contact of each body.

    Args:
        tx: the transaction.
        area: whose work.
        overseer: two digits of the prefecture, or `00` for the ministry.
        body: only this one.
    """
    cursor = tx.cursor(row_factory=class_row(Contact))
    await cursor.execute(
        "select distinct on (body) body, office, mail, phone, revision, recorded_at"
        "  from correspondence.contact"
        " where prefecture = %(overseer)s and area = %(area)s"
        "   and (%(body)s::text is null or body = %(body)s)"
        " order by body, revision desc",
        {"overseer": overseer, "area": area.key, "body": body},
    )
    return {one.body: one for one in await cursor.fetchall()}


async def add_contacts(
    tx: Tx, area: Area, overseer: str, found: Sequence[Contact], *, at: datetime, by: str
) -> None:
    """Add a newer contact for each of these bodies."""
    await tx.execute(
        "insert into correspondence.contact"
        "       (prefecture, area, body, revision, office, mail, phone, recorded_at, recorded_by)"
        " select %(overseer)s, %(area)s, body,"
        "        coalesce((select max(revision) from correspondence.contact as kept"
        "                   where kept.prefecture = %(overseer)s and kept.area = %(area)s"
        "                     and kept.body = came.body), 0) + 1,"
        "        office, mail, phone, %(at)s, %(by)s"
        "   from unnest(%(bodies)s::text[], %(offices)s::text[], %(mails)s::text[],"
        "               %(phones)s::text[]) as came (body, office, mail, phone)",
        {
            "overseer": overseer,
            "area": area.key,
            "at": at,
            "by": by,
            "bodies": [one.body for one in found],
            "offices": [one.office for one in found],
            "mails": [one.mail for one in found],
            "phones": [one.phone for one in found],
        },
    )
