"""Statements, their comparison with a recount, and how they are packed into messages. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from jichitai.evaluation.messages import FIGURES, STATEMENTS, Figure, Statement
from jichitai.infra.figures import Measure, Row
from jichitai.kernel.dates import JST
from jichitai.kernel.parties import MINISTRY, NATION, Party, Tier

FIRST: Final = date(2015, 4, 1)
"""The first day that is counted: the fiscal year in which individual numbers began."""

SPAN: Final = 62
"""Days that one statement of SQL counts at most."""

AGAIN: Final = 7
"""Days before the new ones that are counted again each time."""

SETTLING: Final = timedelta(hours=1)
"""After midnight in Japan, until a day is closed: what was begun before has been written."""

RECOUNTED: Final = "公表後に記録が加わったため、数え直した"
"""The reason of a revision that the publisher makes by itself."""

Figures = Mapping[tuple[str, ...], int]
"""Parts -> value; a combination that is missing is zero."""


@dataclass(frozen=True, slots=True)
class Stated:
    """What an origin says of a measure and a day.

    Attributes:
        measure: its key.
        day: in Japan.
        revision: from 1.
        reason: why it takes the place of an earlier one; empty for the first.
        figures: parts -> value, without zeros.
    """

    measure: str
    day: date
    revision: int
    reason: str
    figures: dict[tuple[str, ...], int]

    def part(self) -> Statement:
        """As messages carry it."""
        figures = tuple(Figure(parts, value) for parts, value in sorted(self.figures.items()))
        return Statement(
            measure=self.measure,
            day=self.day,
            revision=self.revision,
            reason=self.reason,
            figures=figures,
        )


def last_closed(now: datetime) -> date:
    """The last day in Japan that is over, and whose records have been written.

    >>> from datetime import UTC
    >>> last_closed(datetime(2026, 11, 20, 15, 30, tzinfo=UTC))  # half past midnight in Japan
    datetime.date(2026, 11, 19)

    Source: this project's.
    """
    return (now - SETTLING).astimezone(JST).date() - timedelta(days=1)


def end_of(day: date) -> datetime:
    """The last instant of a day in Japan: what is known at the end of it.

    Source: this project's.
    """
    return datetime.combine(day + timedelta(days=1), time(), JST) - timedelta(microseconds=1)


def origin_of(measure: Measure, row: Row) -> Party:
    """Who states a figure: a measure of prefectures is broken down by them first.

    Source: this project's.
    """
    match measure.tier:
        case Tier.PREFECTURE:
            return Party.prefecture(row.parts[0])
        case Tier.NATION:
            return NATION
        case Tier.MINISTRY | Tier.TOWN:
            return MINISTRY


def by_day(
    measure: Measure, rows: Iterable[Row]
) -> dict[str, dict[date, dict[tuple[str, ...], int]]]:
    """Counted rows by origin and day, without zeros.

    Raises:
        ValueError: a row has another number of parts than the measure has dimensions.

    Source: this project's.
    """
    found: dict[str, dict[date, dict[tuple[str, ...], int]]] = {}
    for row in rows:
        if len(row.parts) != len(measure.dimensions):
            raise ValueError(measure.key, row)
        if row.value:
            days = found.setdefault(str(origin_of(measure, row)), {})
            days.setdefault(row.day, {})[row.parts] = row.value
    return found


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure that a recount finds otherwise.

    Attributes:
        measure, origin, day, parts: which.
        stated: what the newest statement says; None without a statement.
        counted: what the records say now.
    """

    measure: str
    origin: str
    day: date
    parts: tuple[str, ...]
    stated: int | None
    counted: int


def differences(
    measure: str, origin: str, day: date, stated: Figures | None, counted: Figures
) -> list[Difference]:
    """Where a statement and a recount differ, by parts.

    Source: this project's.
    """
    said: Figures = stated if stated is not None else {}
    return [
        Difference(
            measure,
            origin,
            day,
            parts,
            None if stated is None else said.get(parts, 0),
            counted.get(parts, 0),
        )
        for parts in sorted({*said, *counted})
        if said.get(parts, 0) != counted.get(parts, 0)
    ]


def packed(statements: Sequence[Stated]) -> Iterator[list[Stated]]:
    """Statements in as few messages as their bounds allow, in order.

    Source: this project's.
    """
    parcel: list[Stated] = []
    figures = 0
    for one in statements:
        if parcel and (len(parcel) == STATEMENTS or figures + len(one.figures) > FIGURES):
            yield parcel
            parcel, figures = [], 0
        parcel.append(one)
        figures += len(one.figures)
    if parcel:
        yield parcel


def days(first: date, last: date) -> Iterator[date]:
    """Every day from the first to the last.

    Source: this project's.
    """
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)
