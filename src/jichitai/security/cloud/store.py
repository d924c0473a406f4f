"""SQL of the register of clouds: versions at a prefecture, reports at the ministry."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from jichitai.infra.database import Tx
from jichitai.security.cloud.model import Cloud, cloud_of


@dataclass(frozen=True, slots=True)
class Version:
    """One state of a generation at its prefecture."""

    prefecture: str
    generation: int
    revision: int
    content: str
    what: str
    changed_by: str
    changed_at: datetime
    sent_at: datetime | None

    @property
    def cloud(self) -> Cloud:
        """The state."""
        return cloud_of(self.content)


@dataclass(frozen=True, slots=True)
class Report:
    """One report at the ministry."""

    prefecture: str
    number: int
    generation: int
    content: str
    reported_at: datetime

    @property
    def cloud(self) -> Cloud:
        """The state."""
        return cloud_of(self.content)


_VERSION = """
select version.prefecture, version.generation, version.revision, version.content, version.what,
       version.changed_by, version.changed_at,
       (select max(sent.sent_at) from security.cloud_sent as sent
         where sent.prefecture = version.prefecture and sent.generation = version.generation
           and sent.revision = version.revision) as sent_at
  from security.cloud_version as version
"""


async def current(tx: Tx, prefecture: str, generation: int) -> Version | None:
    """The latest state of a generation."""
    query = f"{_VERSION} where prefecture = %s and generation = %s order by revision desc limit 1"
    cursor = tx.cursor(row_factory=class_row(Version))
    return await (await cursor.execute(query, (prefecture, generation))).fetchone()


async def generations(tx: Tx, prefecture: str) -> list[Version]:
    """The latest state of every generation, the newest generation first."""
    query = f"""
        select distinct on (generation) * from ({_VERSION} where prefecture = %s) as version
         order by generation desc, revision desc"""
    cursor = tx.cursor(row_factory=class_row(Version))
    return await (await cursor.execute(query, (prefecture,))).fetchall()


async def history(tx: Tx, prefecture: str, generation: int, limit: int = 200) -> list[Version]:
    """States of a generation, the newest first."""
    query = f"{_VERSION} where prefecture = %s and generation = %s order by revision desc limit %s"
    cursor = tx.cursor(row_factory=class_row(Version))
    return await (await cursor.execute(query, (prefecture, generation, limit))).fetchall()


async def add(
    tx: Tx,
    prefecture: str,
    generation: int,
    revision: int,
    content: str,
    what: str,
    by: str,
    at: datetime,
) -> bool:
    """Add a state; False when somebody else was first with this revision."""
    cursor = await tx.execute(
        "insert into security.cloud_version"
        " (prefecture, generation, revision, content, what, changed_by, changed_at)"
        " values (%s, %s, %s, %s, %s, %s, %s) on conflict do nothing",
        (prefecture, generation, revision, content, what, by, at),
    )
    return cursor.rowcount == 1


async def sent(
    tx: Tx, prefecture: str, generation: int, revision: int, by: str, at: datetime
) -> int:
    """Note that a state leaves for the ministry; its number among the prefecture's reports."""
    cursor = await tx.execute(
        "insert into security.cloud_sent (prefecture, number, generation, revision, sent_by, sent_at)"
        " select %(prefecture)s, coalesce(max(number), 0) + 1, %(generation)s, %(revision)s,"
        "        %(by)s, %(at)s"
        "   from security.cloud_sent where prefecture = %(prefecture)s"
        " returning number",
        {
            "prefecture": prefecture,
            "generation": generation,
            "revision": revision,
            "by": by,
            "at": at,
        },
    )
    row = await cursor.fetchone()
    return int(row[0]) if row else 0


async def keep_report(
    tx: Tx,
    *,
    prefecture: str,
    number: int,
    generation: int,
    content: str,
    message_id: str,
    reported_at: datetime,
    received_at: datetime,
) -> None:
    """Keep a report; one that came before stays as it was."""
    await tx.execute(
        "insert into security.cloud_report"
        " (prefecture, number, generation, content, message_id, reported_at, received_at)"
        " values (%s, %s, %s, %s, %s, %s, %s) on conflict do nothing",
        (prefecture, number, generation, content, message_id, reported_at, received_at),
    )


async def latest_reports(tx: Tx, generation: int) -> dict[str, Report]:
    """The latest report on a generation by prefecture."""
    cursor = tx.cursor(row_factory=class_row(Report))
    await cursor.execute(
        "select distinct on (prefecture) prefecture, number, generation, content, reported_at"
        "  from security.cloud_report where generation = %s order by prefecture, number desc",
        (generation,),
    )
    return {row.prefecture: row for row in await cursor.fetchall()}


async def reports_of(tx: Tx, prefecture: str, limit: int = 200) -> Sequence[Report]:
    """Reports of one prefecture, the newest first."""
    cursor = tx.cursor(row_factory=class_row(Report))
    await cursor.execute(
        "select prefecture, number, generation, content, reported_at from security.cloud_report"
        " where prefecture = %s order by number desc limit %s",
        (prefecture, limit),
    )
    return await cursor.fetchall()
