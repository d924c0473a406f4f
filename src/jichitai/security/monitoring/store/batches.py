"""What arrived, and the files of events that became of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from jichitai.infra.database import Tx, fetch_value


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Bytes that arrived at once."""

    prefecture: str
    batch_no: int
    source_id: UUID
    transport: str
    state: str
    bytes: int
    lines: int
    events: int
    refused: dict[str, int]
    marks: dict[str, int]
    received_at: datetime
    read_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFile:
    """A Parquet file of one day."""

    prefecture: str
    file_no: int
    kind: str
    day: date
    path: str
    rows: int
    bytes: int
    first_time: datetime
    last_time: datetime
    scanned_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFile:
    """A file that is to be listed."""

    kind: str
    day: date
    path: str
    rows: int
    bytes: int
    first_time: datetime
    last_time: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFigures:
    """What a source sent since a time."""

    source_id: UUID
    lines: int
    events: int
    refused: int
    marked: int
    waiting: int
    last_at: datetime | None


_BATCH: Final = (
    "prefecture, batch_no, source_id, transport, state, bytes, lines, events, refused, marks,"
    " received_at, read_at"
)
_FILE: Final = (
    "prefecture, file_no, kind, day, path, rows, bytes, first_time, last_time, scanned_at"
)


async def insert(
    tx: Tx, prefecture: str, source_id: UUID, *, transport: str, size: int, at: datetime
) -> int:
    """A batch that waits to be read; its number."""
    number: int = await fetch_value(
        tx,
        "insert into security.monitoring_batch"
        " (prefecture, source_id, transport, state, bytes, received_at)"
        " values (%s, %s, %s, 'waiting', %s, %s) returning batch_no",
        (prefecture, source_id, transport, size, at),
    )
    return number


async def waiting_bytes(tx: Tx, prefecture: str) -> int:
    """How much waits to be read."""
    total: int = await fetch_value(
        tx,
        "select coalesce(sum(bytes), 0)::bigint from security.monitoring_batch"
        " where prefecture = %s and state = 'waiting'",
        (prefecture,),
    )
    return total


async def prefectures_waiting(tx: Tx) -> list[str]:
    """Prefectures that have batches to read."""
    cursor = await tx.execute(
        "select distinct prefecture from security.monitoring_batch where state = 'waiting'"
    )
    return [row[0] for row in await cursor.fetchall()]


async def lock_waiting(tx: Tx, prefecture: str, most: int) -> list[Batch]:
    """The oldest batches that wait, and that nobody else reads."""
    cursor = tx.cursor(row_factory=class_row(Batch))
    await cursor.execute(
        f"select {_BATCH} from security.monitoring_batch"
        " where prefecture = %s and state = 'waiting' order by batch_no limit %s"
        " for update skip locked",
        (prefecture, most),
    )
    return await cursor.fetchall()


async def settle(
    tx: Tx,
    batch: Batch,
    *,
    state: str,
    lines: int,
    events: int,
    refused: Mapping[str, int],
    marks: Mapping[str, int],
    at: datetime,
) -> None:
    """Write down what became of a batch."""
    await tx.execute(
        "update security.monitoring_batch set state = %s, lines = %s, events = %s, refused = %s,"
        " marks = %s, read_at = %s where prefecture = %s and batch_no = %s",
        (
            state,
            lines,
            events,
            Jsonb(dict(refused)),
            Jsonb(dict(marks)),
            at,
            batch.prefecture,
            batch.batch_no,
        ),
    )


async def get(tx: Tx, prefecture: str, batch_no: int) -> Batch | None:
    """One batch."""
    cursor = tx.cursor(row_factory=class_row(Batch))
    await cursor.execute(
        f"select {_BATCH} from security.monitoring_batch where prefecture = %s and batch_no = %s",
        (prefecture, batch_no),
    )
    return await cursor.fetchone()


async def latest(
    tx: Tx, prefecture: str, source_id: UUID | None = None, most: int = 50
) -> list[Batch]:
    """The newest batches."""
    cursor = tx.cursor(row_factory=class_row(Batch))
    await cursor.execute(
        f"select {_BATCH} from security.monitoring_batch where prefecture = %s"
        " and (%s::uuid is null or source_id = %s) order by batch_no desc limit %s",
        (prefecture, source_id, source_id, most),
    )
    return await cursor.fetchall()


async def figures(tx: Tx, prefecture: str, since: datetime) -> dict[UUID, SourceFigures]:
    """What each source sent since a time."""
    cursor = tx.cursor(row_factory=class_row(SourceFigures))
    await cursor.execute(
        "select source_id, sum(lines)::bigint as lines, sum(events)::bigint as events,"
        " sum((select coalesce(sum(v::bigint), 0) from jsonb_each_text(refused) as r (k, v)))::bigint"
        "  as refused,"
        " sum((select coalesce(sum(v::bigint), 0) from jsonb_each_text(marks) as m (k, v)))::bigint"
        "  as marked,"
        " count(*) filter (where state = 'waiting') as waiting, max(received_at) as last_at"
        " from security.monitoring_batch where prefecture = %s and received_at >= %s"
        " group by source_id",
        (prefecture, since),
    )
    return {row.source_id: row for row in await cursor.fetchall()}


async def add_file(tx: Tx, prefecture: str, file: NewFile, at: datetime, *, scanned: bool) -> None:
    """List a file: from now on it counts."""
    await tx.execute(
        "insert into security.monitoring_file (prefecture, kind, day, path, rows, bytes,"
        " first_time, last_time, made_at, scanned_at)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (
            prefecture,
            file.kind,
            file.day,
            file.path,
            file.rows,
            file.bytes,
            file.first_time,
            file.last_time,
            at,
            at if scanned else None,
        ),
    )


async def unscanned(tx: Tx, prefecture: str, most: int) -> list[LogFile]:
    """Files of events that no rule has read yet, the oldest first."""
    cursor = tx.cursor(row_factory=class_row(LogFile))
    await cursor.execute(
        f"select {_FILE} from security.monitoring_file"
        " where prefecture = %s and kind = 'events' and scanned_at is null"
        " order by file_no limit %s for update skip locked",
        (prefecture, most),
    )
    return await cursor.fetchall()


async def prefectures_unscanned(tx: Tx) -> list[str]:
    """Prefectures that have files which no rule has read."""
    cursor = await tx.execute(
        "select distinct prefecture from security.monitoring_file"
        " where kind = 'events' and scanned_at is null"
    )
    return [row[0] for row in await cursor.fetchall()]


async def between(tx: Tx, prefecture: str, first: datetime, last: datetime) -> list[LogFile]:
    """Files of events whose times touch a span."""
    cursor = tx.cursor(row_factory=class_row(LogFile))
    await cursor.execute(
        f"select {_FILE} from security.monitoring_file"
        " where prefecture = %s and kind = 'events' and first_time <= %s and last_time >= %s"
        " order by file_no",
        (prefecture, last, first),
    )
    return await cursor.fetchall()


async def mark_scanned(tx: Tx, prefecture: str, numbers: Sequence[int], at: datetime) -> None:
    """The rules have read these files."""
    await tx.execute(
        "update security.monitoring_file set scanned_at = %s"
        " where prefecture = %s and file_no = any(%s)",
        (at, prefecture, list(numbers)),
    )


async def crowded_day(tx: Tx, most: int) -> tuple[str, str, date] | None:
    """A prefecture, kind and day with more small files than that, all of them read by the rules."""
    cursor = await tx.execute(
        "select prefecture, kind, day from security.monitoring_file"
        " where scanned_at is not null or kind = 'refused'"
        " group by prefecture, kind, day having count(*) > %s order by count(*) desc limit 1",
        (most,),
    )
    row = await cursor.fetchone()
    return None if row is None else (row[0], row[1], row[2])


async def files_of_day(tx: Tx, prefecture: str, kind: str, day: date) -> list[LogFile]:
    """The files of a day that may be put together, locked."""
    cursor = tx.cursor(row_factory=class_row(LogFile))
    await cursor.execute(
        f"select {_FILE} from security.monitoring_file"
        " where prefecture = %s and kind = %s and day = %s"
        " and (scanned_at is not null or kind = 'refused') order by file_no for update",
        (prefecture, kind, day),
    )
    return await cursor.fetchall()


async def expired(tx: Tx, before: date, most: int) -> list[LogFile]:
    """Files of days before a day, locked."""
    cursor = tx.cursor(row_factory=class_row(LogFile))
    await cursor.execute(
        f"select {_FILE} from security.monitoring_file where day < %s"
        " order by day, file_no limit %s for update",
        (before, most),
    )
    return await cursor.fetchall()


async def delist(tx: Tx, files: Sequence[LogFile]) -> None:
    """These files count no longer."""
    for prefecture in {file.prefecture for file in files}:
        await tx.execute(
            "delete from security.monitoring_file where prefecture = %s and file_no = any(%s)",
            (prefecture, [file.file_no for file in files if file.prefecture == prefecture]),
        )


async def listed(tx: Tx, prefecture: str) -> set[str]:
    """Paths of all files that count."""
    cursor = await tx.execute(
        "select path from security.monitoring_file where prefecture = %s", (prefecture,)
    )
    return {row[0] for row in await cursor.fetchall()}


async def days(tx: Tx, prefecture: str) -> list[tuple[date, int, int, int]]:
    """The latest days: events, bytes, files."""
    cursor = await tx.execute(
        "select day, sum(rows)::bigint, sum(bytes)::bigint, count(*)"
        " from security.monitoring_file where prefecture = %s and kind = 'events'"
        " group by day order by day desc limit 14",
        (prefecture,),
    )
    return [(row[0], row[1], row[2], row[3]) for row in await cursor.fetchall()]
