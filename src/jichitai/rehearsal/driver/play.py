"""Plays a planned year at the counters, day by day, and writes down what was acknowledged."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import date, datetime, time
from types import TracebackType
from typing import Any, Self
from uuid import UUID, uuid5

from jichitai.infra.clock import JST, RehearsalClock
from jichitai.rehearsal.driver.organs import Bodies
from jichitai.rehearsal.driver.townhall import TownHall
from jichitai.rehearsal.forms import Book, Line, form_of
from jichitai.rehearsal.history import History
from jichitai.rehearsal.plan.events import Kind, PlannedEvent, Year
from jichitai.rehearsal.plan.year import by_day

_NAMES = UUID("0b1a0a58-6f4b-5c0b-8f4d-50cf7fb4d1a3")
_NEEDS_HOUSEHOLD = frozenset({Kind.BIRTH, Kind.HEAD_CHANGE})
AT_ONCE = 24
"""Counters that work at the same time."""


@dataclass(slots=True)
class Progress:
    """What has been played."""

    events: int = 0
    day: date | None = None


class Play:
    """A year in the making.

    Args:
        year: the plan.
        book: what clerks know of the people.
        origin: of the process that serves a town.
        clock: the shared clock that is moved from day to day.
        history: where acknowledged events are written.
        bodies: public bodies that confirm people after events.
        seed: part of the ids of entries, so that a repeated play cannot enter twice.
        patience: seconds to wait out an outage.
    """

    def __init__(
        self,
        year: Year,
        book: Book,
        *,
        origin: Callable[[str], str],
        clock: RehearsalClock,
        history: History,
        bodies: Bodies | None = None,
        seed: int = 1,
        patience: float = 60.0,
    ) -> None:
        """Open no connection yet."""
        self.year, self.book = year, book
        self.clock, self.history = clock, history
        self.progress = Progress()
        self._bodies = bodies
        self._seed, self._origin, self._patience = seed, origin, patience
        self._halls: dict[str, TownHall] = {}
        self._stack = AsyncExitStack()
        self._room = asyncio.Semaphore(AT_ONCE)
        self._written: dict[int, tuple[str, str]] = {}
        self._gate: Callable[[], Awaitable[None]] | None = None

    async def __aenter__(self) -> Self:
        """Itself."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connections."""
        await self._stack.aclose()

    async def hall(self, town: str) -> TownHall:
        """The counter of a town."""
        if town not in self._halls:
            hall = TownHall(town, self._origin(town), patience=self._patience)
            self._halls[town] = await self._stack.enter_async_context(hall)
        return self._halls[town]

    def resume(self, lines: Iterable[Mapping[str, Any]]) -> None:
        """Take up a play that was interrupted: what its history holds has been entered."""
        done = {line["serial"]: line["number"] for line in lines if line["op"] == "event"}
        for event in self.year.events:
            if event.serial in done:
                self._note(event, done[event.serial])

    async def run(
        self,
        shown: Callable[[Progress], None] = lambda _: None,
        gate: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """Play every day to the end of the year.

        Args:
            shown: called after each event.
            gate: awaited before each event; may hold it back.
        """
        self._gate = gate
        waiting = [e for e in self.year.events if e.serial not in self.book.numbers]
        for day, events in by_day(waiting):
            quarter = self._is_new_quarter(day)
            self.open_day(day)
            if quarter and self._bodies is not None:
                await self._bodies.batch(day)
            await asyncio.gather(*(self._enter(event, shown) for event in events))
        self.open_day(self.year.end)

    def _is_new_quarter(self, day: date) -> bool:
        before = self.progress.day
        quarter = (day.month - 1) // 3
        return before is not None and (before.month - 1) // 3 != quarter

    def open_day(self, day: date) -> None:
        """Move the clock of all processes to the morning of a day."""
        self.progress.day = day
        self.clock.move_to(datetime.combine(day, time(9), JST))

    async def _enter(self, event: PlannedEvent, shown: Callable[[Progress], None]) -> None:
        async with self._room:
            if self._gate is not None:
                await self._gate()
            await self.enter(event)
            if self._bodies is not None:
                await self._bodies.after(event)
        shown(self.progress)

    async def enter(self, event: PlannedEvent) -> int:
        """Bring one event to its counter; the number under which it was acknowledged."""
        hall = await self.hall(event.town)
        await self._look_up(event)
        entry = uuid5(_NAMES, f"{self._seed}/{event.serial}")
        number = await hall.record(entry, form_of(event, self.book))
        self.history.event(event, number)
        self._note(event, number)
        return number

    def _note(self, event: PlannedEvent, number: int) -> None:
        """Remember what an acknowledged event means for the next forms."""
        self.book.numbers[event.serial] = (event.town, number)
        for one in event.entering:
            known = self.book.lines.get(one.key)
            self._written[one.key] = (one.name, one.birth)
            self.book.lines[one.key] = Line(
                town=event.town,
                resident="",
                household="",
                code=known.code if known else one.code,
                number=known.number if known else one.number,
            )
        if event.kind is Kind.NAME_CORRECTION and (key := event.people[0]) in self._written:
            self._written[key] = (event.name, self._written[key][1])
        self.progress.events += 1

    async def _look_up(self, event: PlannedEvent) -> None:
        """Find the lines that the form must name, as a clerk does first."""
        entering = {one.key for one in event.entering}
        for key in event.people:
            line = self.book.lines.get(key)
            if line is None:
                continue
            if not line.resident:
                await self._find(key, line)
            if key in entering and not line.code:
                hall = await self.hall(line.town)
                line.code, line.number = await hall.numbers(line.resident)
            if event.kind in _NEEDS_HOUSEHOLD:
                line.household = await (await self.hall(line.town)).household(line.resident)

    async def _find(self, key: int, line: Line) -> None:
        hall = await self.hall(line.town)
        resident = await hall.find(*self._written[key])
        if resident is None:
            raise LookupError(f"person {key} is not in the register of {line.town}")
        line.resident = resident
