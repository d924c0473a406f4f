"""Where a benchmark takes place: servers of its own, safe against a crash, gone afterwards."""

import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from jichitai.infra.platform import Platform, everybody


@dataclass(frozen=True, slots=True)
class Scale:
    """How much is measured.

    Attributes:
        quick: a small run that shows that everything works; its servers are not safe against a
            crash, and its figures mean nothing.
        persons: how many persons, when the caller chose.
        seconds: how long each timed part lasts, when the caller chose.
        rows: how many rows of logs, when the caller chose.
    """

    quick: bool = False
    persons: int | None = None
    seconds: float | None = None
    rows: int | None = None

    def times_or(self, usual: int, quick: int) -> int:
        """How often something is done."""
        return quick if self.quick else usual

    def rows_or(self, usual: int, quick: int) -> int:
        """Rows of logs, by the caller's choice or ours."""
        return self.rows or (quick if self.quick else usual)

    def persons_or(self, usual: int, quick: int) -> int:
        """Persons, by the caller's choice or ours."""
        return self.persons or (quick if self.quick else usual)

    def seconds_or(self, usual: float, quick: float) -> float:
        """Seconds of a timed part, by the caller's choice or ours."""
        return self.seconds or (quick if self.quick else usual)


@dataclass(frozen=True, slots=True)
class Stage:
    """Running servers, how much to measure, and where to say what happens."""

    platform: Platform
    scale: Scale
    console: Console = field(default_factory=lambda: Console(stderr=True))

    def say(self, text: str) -> None:
        """Tell how far the run is, on standard error."""
        self.console.print(f"  {text}", highlight=False)


@contextmanager
def stage(scale: Scale, console: Console) -> Iterator[Stage]:
    """Servers with every party of the nation, in a directory that is removed at the end."""
    with (
        _leaving_on_request(),
        tempfile.TemporaryDirectory(prefix="jichitai-bench-") as directory,
    ):
        platform = Platform(Path(directory) / "data", durable=not scale.quick)
        with platform:
            platform.prepare(everybody())
            yield Stage(platform, scale, console)


@contextmanager
def _leaving_on_request() -> Iterator[None]:
    """Turn SIGTERM into an orderly end, so that servers stop and the directory goes."""
    before = signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
