"""Clocks: law time comes from here, never from the operating system directly."""

import mmap
import os
import struct
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Protocol, runtime_checkable

JST = timezone(timedelta(hours=9), "JST")
_OFFSET = struct.Struct("<d")


@runtime_checkable
class Clock(Protocol):
    """What a use case asks for the time."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        ...

    def today(self) -> date:
        """The present calendar day in Japan."""
        ...


class SystemClock:
    """The clock of production."""

    def now(self) -> datetime:
        """The operating system's time."""
        return datetime.now(UTC)

    def today(self) -> date:
        """The day in Japan."""
        return self.now().astimezone(JST).date()


class FixedClock:
    """A clock that stands until it is set; for tests and for reproducing an earlier day."""

    def __init__(self, instant: datetime) -> None:
        """Stand at `instant` (aware)."""
        self.instant = instant.astimezone(UTC)

    def now(self) -> datetime:
        """The instant it was set to."""
        return self.instant

    def today(self) -> date:
        """The day in Japan at that instant."""
        return self.instant.astimezone(JST).date()


class RehearsalClock:
    """A clock shifted by an offset that several processes share, so that a year can be played.

    Args:
        path: file of 8 bytes (a little-endian double: seconds added to the system's time),
            made with offset 0 when absent.
    """

    def __init__(self, path: Path) -> None:
        """Open or make the shared file."""
        if not path.exists():
            scratch = path.with_name(f"{path.name}.{os.getpid()}")
            scratch.write_bytes(_OFFSET.pack(0.0))
            scratch.replace(path)
        with path.open("r+b") as file:
            self._shared = mmap.mmap(file.fileno(), _OFFSET.size)

    def now(self) -> datetime:
        """The shifted instant."""
        (offset,) = _OFFSET.unpack_from(self._shared)
        return datetime.now(UTC) + timedelta(seconds=offset)

    def today(self) -> date:
        """The shifted day in Japan."""
        return self.now().astimezone(JST).date()

    def move_to(self, instant: datetime) -> None:
        """Shift every process that shares the file so that now is `instant`."""
        _OFFSET.pack_into(self._shared, 0, (instant - datetime.now(UTC)).total_seconds())

    def return_to_present(self) -> None:
        """Drop the shift."""
        _OFFSET.pack_into(self._shared, 0, 0.0)
