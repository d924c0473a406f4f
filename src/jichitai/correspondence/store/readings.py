"""Archives that were handed in and wait to be read (取込みの読取り)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from psycopg.rows import class_row

from jichitai.correspondence.model.areas import Area
from jichitai.infra.database import Tx

_CLAIM: Final = """
update correspondence.reading as taken
   set claim = gen_random_uuid(), claimed_at = now(), tries = tries + 1, done = 0,
       started_at = coalesce(started_at, now())
 where (prefecture, area, upload_id) = (
       select prefecture, area, upload_id from correspondence.reading
        where prefecture = %(overseer)s and area = %(area)s and refusal = ''
          and (claimed_at is null or claimed_at < now() - make_interval(secs => %(silent)s))
        order by asked_at
        limit 1
          for update skip locked)
returning upload_id, subject, name, data, tries, claim, asked_at, asked_by
"""

_SHOWN: Final = """
select upload_id, name, total, done, refusal, asked_at,
       coalesce(extract(epoch from now() - started_at)::int, 0) as seconds
  from correspondence.reading
 where prefecture = %(overseer)s and area = %(area)s and subject = %(subject)s
   and (%(upload)s::uuid is null or upload_id = %(upload)s)
 order by asked_at desc
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How far an archive is read.

    Attributes:
        upload_id: under which it will be found when it is read.
        name: the file's name.
        total: spreadsheets in it.
        done: those read so far.
        refusal: why it is not read; empty while it waits or is read.
        asked_at: when it was handed in.
        seconds: since reading began; 0 before.
    """

    upload_id: UUID
    name: str
    total: int
    done: int
    refusal: str
    asked_at: datetime
    seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """An archive that this process reads, as long as its `claim` stands.

    Attributes:
        upload_id: its id.
        subject: what it belongs to.
        name: the file's name.
        data: the archive.
        tries: how often somebody began to read it, this time included.
        claim: changes when another process takes over.
        asked_at: when it was handed in.
        asked_by: the account.
    """

    upload_id: UUID
    subject: str
    name: str
    data: bytes
    tries: int
    claim: UUID
    asked_at: datetime
    asked_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewReading:
    """An archive to be read; `total` spreadsheets."""

    upload_id: UUID
    subject: str
    name: str
    data: bytes
    total: int
    at: datetime
    by: str


async def add_reading(tx: Tx, area: Area, overseer: str, new: NewReading) -> None:
    """Keep an archive until it is read."""
    await tx.execute(
        "insert into correspondence.reading (prefecture, area, upload_id, subject, name, data,"
        "       total, asked_at, asked_by)"
        " values (%(overseer)s, %(area)s, %(upload_id)s, %(subject)s, %(name)s, %(data)s,"
        "         %(total)s, %(at)s, %(by)s)",
        {
            "overseer": overseer,
            "area": area.key,
            "upload_id": new.upload_id,
            "subject": new.subject,
            "name": new.name[:200],
            "data": new.data,
            "total": new.total,
            "at": new.at,
            "by": new.by,
        },
    )


async def readings(
    tx: Tx, area: Area, overseer: str, *, subject: str, upload_id: UUID | None = None
) -> list[Reading]:
    """The archives of a subject that are not read yet, newest first; or one of them."""
    cursor = tx.cursor(row_factory=class_row(Reading))
    await cursor.execute(
        _SHOWN,
        {"overseer": overseer, "area": area.key, "subject": subject, "upload": upload_id},
    )
    return await cursor.fetchall()


async def claim(tx: Tx, area: Area, overseer: str, *, silent: float) -> Claimed | None:
    """Take the archive that waits longest, or one whose reader fell silent.

    Args:
        tx: the running transaction.
        area: whose work it is.
        overseer: who asked.
        silent: seconds without a sign of life after which a reader counts as gone.
    """
    cursor = tx.cursor(row_factory=class_row(Claimed))
    await cursor.execute(_CLAIM, {"overseer": overseer, "area": area.key, "silent": silent})
    return await cursor.fetchone()


async def advance(tx: Tx, area: Area, overseer: str, mine: Claimed, done: int) -> bool:
    """Note how many spreadsheets were read; False when another process took over."""
    cursor = await tx.execute(
        "update correspondence.reading set done = %s, claimed_at = now()"
        " where prefecture = %s and area = %s and upload_id = %s and claim = %s",
        (done, overseer, area.key, mine.upload_id, mine.claim),
    )
    return cursor.rowcount == 1


async def refuse(tx: Tx, area: Area, overseer: str, mine: Claimed, why: str) -> None:
    """Give the archive up with a reason; its data goes."""
    await tx.execute(
        "update correspondence.reading set refusal = %s, data = ''"
        " where prefecture = %s and area = %s and upload_id = %s and claim = %s",
        (why[:400], overseer, area.key, mine.upload_id, mine.claim),
    )


async def end(tx: Tx, area: Area, overseer: str, mine: Claimed) -> bool:
    """The archive was read; False when another process took over."""
    cursor = await tx.execute(
        "delete from correspondence.reading"
        " where prefecture = %s and area = %s and upload_id = %s and claim = %s",
        (overseer, area.key, mine.upload_id, mine.claim),
    )
    return cursor.rowcount == 1
