"""保存: logs are kept for the agreed time, small files are put together, leftovers are removed."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import anyio

from jichitai.security.monitoring.lake import Lake
from jichitai.security.monitoring.model.targets import targets
from jichitai.security.monitoring.service.intake import Intake
from jichitai.security.monitoring.store import batches as store
from jichitai.security.monitoring.store.batches import LogFile, NewFile

CROWDED: Final = 24
"""So many files of one day are put together into one."""
_AT_ONCE: Final = 500
_LEFT_OVER: Final = 3600.0


@dataclass(frozen=True, slots=True)
class Keeping:
    """Looks after the files of events."""

    intake: Intake

    async def expire(self) -> bool:
        """Delete days that are past their time; whether there may be more."""
        clock = self.intake.clock
        before = clock.today() - targets(clock.today()).retention
        async with self.intake.database.transaction() as tx:
            files = await store.expired(tx, before, _AT_ONCE)
            await store.delist(tx, files)
        for file in files:
            self.intake.lake(file.prefecture).remove(file.path)
        return len(files) == _AT_ONCE

    async def compact(self) -> bool:
        """Put the small files of the most crowded day together; whether there was one."""
        async with self.intake.database.transaction() as tx:
            crowded = await store.crowded_day(tx, CROWDED)
            if crowded is None:
                return False
            prefecture, kind, day = crowded
            files = await store.files_of_day(tx, prefecture, kind, day)
            lake = self.intake.lake(prefecture)
            made = await anyio.to_thread.run_sync(_together, lake, files)
            await store.add_file(
                tx, prefecture, made, self.intake.clock.now(), scanned=kind == "events"
            )
            await store.delist(tx, files)
        for file in files:
            lake.remove(file.path)
        return True

    async def sweep(self, prefecture: str, now: float) -> int:
        """Delete files that no list names and that are an hour old, left from a crash.

        Args:
            prefecture: two digits.
            now: seconds since 1970, by the clock that the files are dated with.
        """
        async with self.intake.database.transaction(read_only=True) as tx:
            listed = await store.listed(tx, prefecture)
        lake = self.intake.lake(prefecture)
        return await anyio.to_thread.run_sync(_sweep, lake, listed, now - _LEFT_OVER)


def _together(lake: Lake, files: Sequence[LogFile]) -> NewFile:
    kind, day = files[0].kind, files[0].day
    time = "time" if kind == "events" else "received_at"
    with lake.connection() as connection:
        lake.read(connection, [file.path for file in files], name="small")
        query = f"select * from small order by {time}, raw_id"
        path, size = lake.write(connection, query, kind, f"day={day}")
    return NewFile(
        kind=kind,
        day=day,
        path=path,
        rows=sum(file.rows for file in files),
        bytes=size,
        first_time=min(file.first_time for file in files),
        last_time=max(file.last_time for file in files),
    )


def _sweep(lake: Lake, listed: set[str], before: float) -> int:
    removed = 0
    for folder in ("events", "refused"):
        for path in _files(lake.place(folder)):
            name = str(path.relative_to(lake.folder))
            if name not in listed and path.stat().st_mtime < before:
                lake.remove(name)
                removed += 1
    return removed


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]
