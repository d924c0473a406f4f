"""The history of acknowledged operations: what the checker believes, one JSON object a line.

Lines: `person` (who lived where on the eve), `event` (a counter confirmed it with a number),
`provision` (a body got an answer), `end` (the last day that was played). No 住民票コード and no
個人番号 is written here.
"""

import json
import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from jichitai.rehearsal.plan.events import PlannedEvent, Spot
from jichitai.rehearsal.population.people import Population


class History:
    """An append-only file; every line reaches the file before the call returns."""

    def __init__(self, path: Path) -> None:
        """Open the file at its end, making it readable for the owner only."""
        self.path = path
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        self._file = os.fdopen(os.open(path, flags, 0o600), "a", encoding="utf-8")

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the file."""
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def population(self, population: Population) -> None:
        """Who lives where on the eve."""
        for key, p in enumerate(population.people):
            self._line(
                op="person", key=key, town=p.municipality, name=p.name, kana=p.kana,
                birth=p.birth, sex=p.sex,
                address=Spot(p.town, p.lot, p.building, p.postal).text, postal=p.postal,
            )  # fmt: skip
        self._file.flush()

    def event(self, event: PlannedEvent, number: int) -> None:
        """A counter confirmed the event under this number of its town."""
        place = event.place
        self._line(
            op="event", serial=event.serial, town=event.town, number=number, kind=str(event.kind),
            day=event.day, occurred_on=event.occurred_on, people=event.people,
            entering=[
                {"key": e.key, "name": e.name, "kana": e.kana, "birth": e.birth, "sex": e.sex}
                for e in event.entering
            ],
            address=place.text if place else "", postal=place.postal if place else "",
            name=event.name, kana=event.kana, cancels=event.cancels,
        )  # fmt: skip
        self._file.flush()

    def provision(self, index: int, count: int, organ: str, affair: str) -> None:
        """A body got so many answers, recorded from this place in the log on."""
        self._line(op="provision", index=index, count=count, organ=organ, affair=affair)
        self._file.flush()

    def end(self, day: date) -> None:
        """The year has been played up to this day."""
        self._line(op="end", day=day)
        self._file.flush()

    def _line(self, **values: Any) -> None:
        self._file.write(json.dumps(values, ensure_ascii=False, default=str) + "\n")


def read(path: Path) -> Iterator[dict[str, Any]]:
    """The lines of a history; a torn last line (the writer was killed) is left out."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            if line.endswith("\n"):
                yield json.loads(line)
