"""受付: logs are kept at once and become events a moment later. The intake never stops.

Whatever arrives is on the disk before it is acknowledged. Reading it is another step, in which a line
that cannot be understood is set aside and counted, and a batch that cannot be read at all is left
where it is and does not hold up the others.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import anyio
import duckdb
import structlog

from jichitai.infra.clock import Clock
from jichitai.infra.database import Database, Tx
from jichitai.security.monitoring.errors import IntakeFullError, TooManyLogsError
from jichitai.security.monitoring.lake import Connection, Lake
from jichitai.security.monitoring.model.schema import LINES_IN_BATCH, Refusal
from jichitai.security.monitoring.model.sources import Source
from jichitai.security.monitoring.normalising import Outcome, normalise, prepare
from jichitai.security.monitoring.store import batches as store
from jichitai.security.monitoring.store import sources
from jichitai.security.monitoring.store.batches import Batch, NewFile

log = structlog.get_logger(__name__)

LARGEST_BATCH: Final = 64 * 1024 * 1024
"""Bytes of one batch at most, unpacked."""
MOST_WAITING: Final = 8 * 1024**3
"""Bytes that may wait on the disk of one prefecture; above that senders are asked to wait."""
_AT_ONCE: Final = 200
_BYTES_AT_ONCE: Final = 128 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class _Read:
    """What became of one batch: its outcome, or None when it could not be read."""

    batch: Batch
    source: Source
    outcome: Outcome | None


@dataclass(frozen=True, slots=True)
class Intake:
    """Takes logs in.

    Attributes:
        database: of the tier.
        clock: law time; a log's time is compared with it.
        folder: setting `log_directory`.
    """

    database: Database
    clock: Clock
    folder: Path

    def lake(self, prefecture: str) -> Lake:
        """The logs of a prefecture."""
        return Lake(self.folder, prefecture)

    async def accept(self, tx: Tx, source: Source, data: bytes, *, transport: str) -> int:
        """Keep a batch; its number.

        Raises:
            TooManyLogsError: more than one batch may hold.
            IntakeFullError: too much waits already.
        """
        if len(data) > LARGEST_BATCH:
            raise TooManyLogsError(
                "1回に送れるログは64 MiBまでです。分けて送ってください。", largest=LARGEST_BATCH
            )
        if await store.waiting_bytes(tx, source.prefecture) > MOST_WAITING:
            raise IntakeFullError(
                "まだ読み込んでいないログが多いため、受け付けていません。手元に残し、数分後に"
                "送り直してください。"
            )
        number = await store.insert(
            tx,
            source.prefecture,
            source.source_id,
            transport=transport,
            size=len(data),
            at=self.clock.now(),
        )
        await anyio.to_thread.run_sync(self.lake(source.prefecture).spool, number, data)
        return number

    async def read_waiting(self) -> bool:
        """Read what waits, one round for each prefecture; whether there may be more."""
        async with self.database.transaction(read_only=True) as tx:
            prefectures = await store.prefectures_waiting(tx)
        more = False
        for prefecture in prefectures:
            more |= await self._read_round(prefecture)
        return more

    async def _read_round(self, prefecture: str) -> bool:
        lake, at = self.lake(prefecture), self.clock.now()
        async with self.database.transaction() as tx:
            found = _some(await store.lock_waiting(tx, prefecture, _AT_ONCE))
            if not found:
                return False
            known = {one.source_id: one for one in await sources.every(tx, prefecture)}
            pairs = [(one, known[one.source_id]) for one in found]
            read, files = await anyio.to_thread.run_sync(_read, lake, pairs)
            for file in files:
                await store.add_file(tx, prefecture, file, at, scanned=False)
            for one in read:
                await _settle(tx, one, at)
        for one in read:
            if one.outcome is not None:
                lake.spooled(one.batch.batch_no).unlink(missing_ok=True)
        return True


def _some(found: Sequence[Batch]) -> list[Batch]:
    """As many batches as fit into one round; one at least."""
    taken: list[Batch] = []
    size = 0
    for batch in found:
        size += batch.bytes
        if taken and size > _BYTES_AT_ONCE:
            break
        taken.append(batch)
    return taken


def _read(lake: Lake, pairs: Sequence[tuple[Batch, Source]]) -> tuple[list[_Read], list[NewFile]]:
    """Read batches into events and write the files of each day; runs in a thread."""
    read: list[_Read] = []
    headings: dict[object, str] = {}
    with lake.connection() as connection:
        prepare(connection)
        for batch, source in pairs:
            heading = headings.get(source.source_id, source.heading)
            current = replace(source, heading=heading)
            outcome = _read_one(connection, lake, batch, current)
            if outcome is not None:
                headings[source.source_id] = outcome.heading
            read.append(_Read(batch, current, outcome))
        files = [*_write(connection, lake, "events"), *_write(connection, lake, "refused")]
    return read, files


def _read_one(connection: Connection, lake: Lake, batch: Batch, source: Source) -> Outcome | None:
    """One batch; what cannot be read leaves nothing behind."""
    try:
        data = lake.spooled(batch.batch_no).read_bytes()
        return normalise(
            connection, data, source, batch=batch.batch_no, received_at=batch.received_at
        )
    except (duckdb.Error, OSError) as error:
        log.error("batch-unreadable", batch=batch.batch_no, kind=type(error).__name__)  # noqa: TRY400  # DuckDB quotes the line
        span = [batch.batch_no * LINES_IN_BATCH, (batch.batch_no + 1) * LINES_IN_BATCH]
        for table in ("events", "refused"):
            connection.execute(f"delete from {table} where raw_id >= $1 and raw_id < $2", span)
        return None


_TIMES: Final = {"events": "time", "refused": "received_at"}


def _write(connection: Connection, lake: Lake, kind: str) -> list[NewFile]:
    """A file for each day in Japan, its rows by time."""
    time = _TIMES[kind]
    day = f"cast({time} + interval 9 hours as date)"
    days = connection.execute(
        f"select {day}, count(*), min({time}), max({time}) from {kind} group by 1 order by 1"
    ).fetchall()
    files = []
    for date_, rows, first, last in days:
        query = f"select * from {kind} where {day} = date '{date_}' order by {time}, raw_id"
        path, size = lake.write(connection, query, kind, f"day={date_}")
        files.append(
            NewFile(
                kind=kind,
                day=date_,
                path=path,
                rows=rows,
                bytes=size,
                first_time=_aware(first),
                last_time=_aware(last),
            )
        )
    return files


async def _settle(tx: Tx, one: _Read, at: datetime) -> None:
    if one.outcome is None:
        await store.settle(
            tx, one.batch, state="failed", lines=0, events=0, refused={}, marks={}, at=at
        )
        return
    await store.settle(
        tx,
        one.batch,
        state="stored",
        lines=one.outcome.lines,
        events=one.outcome.events,
        refused=one.outcome.refused,
        marks=one.outcome.marks,
        at=at,
    )
    if one.outcome.heading != one.source.heading:
        await sources.keep_heading(tx, one.source, one.outcome.heading)


def _aware(value: datetime) -> datetime:
    return value.replace(tzinfo=UTC)


def unpack(data: bytes) -> bytes:
    """Logs that were sent gzipped, within bounds.

    Raises:
        TooManyLogsError: not gzip, cut off, or larger than a batch when unpacked.
    """
    reader = zlib.decompressobj(wbits=31)
    try:
        found = reader.decompress(data, LARGEST_BATCH + 1)
    except zlib.error:
        found = b""
    if not reader.eof or len(found) > LARGEST_BATCH:
        raise TooManyLogsError(
            f"{Refusal.NOT_TEXT.japanese}。展開して64 MiBまでの gzip を送れます。",
            largest=LARGEST_BATCH,
        )
    return found
