"""Statements, their comparison with a recount, and how they are packed into messages. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, TypeAlias

import msgspec

from jichitai.evaluation.messages import STATEMENTS, Figure, Statement
from jichitai.infra.figures import Measure, Row, Sort
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

PARCEL: Final = 180_000
"""Bytes of statements in one message, so that it stays below the limit of bodies."""

RECOUNTED: Final = "公表後に記録が加わったため、数え直した"
"""The reason of a revision that the publisher makes by itself."""

ALWAYS: Final = datetime(9999, 1, 1, tzinfo=UTC)
"""Everything that was ever told, whatever the clock of a rehearsal says."""

Figures = Mapping[tuple[str, ...], int]
"""Parts -> value; a combination that is missing is zero."""


ByOrigin: TypeAlias = dict[str, dict[date, dict[tuple[str, ...], int]]]
"""Figures by origin and day."""


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
        figures = tuple(
            Figure(parts=parts, value=value) for parts, value in sorted(self.figures.items())
        )
        return Statement(
            measure=self.measure,
            day=self.day,
            revision=self.revision,
            reason=self.reason,
            figures=figures,
        )


def last_closed(now: datetime) -> date:
    """The last day in Japan that is over, and whose records have been written.

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


def origin_of(measure: Measure, parts: tuple[str, ...]) -> Party:
    """Who states a figure: a measure of towns or prefectures is broken down by them first.

    Source: this project's.
    """
    match measure.tier:
        case Tier.TOWN:
            return Party.town(parts[0])
        case Tier.PREFECTURE:
            return Party.prefecture(parts[0])
        case Tier.NATION:
            return NATION
        case Tier.MINISTRY:
            return MINISTRY


def first_stop(origin: Party) -> Party:
    """Where an origin sends its figures: a town's way to the ministry leads through its prefecture.

    Source: this project's.
    """
    return Party.prefecture(origin.code[:2]) if origin.tier is Tier.TOWN else MINISTRY


def by_day(measure: Measure, rows: Iterable[Row]) -> ByOrigin:
    """Counted rows by origin and day, without zeros.

    Raises:
        ValueError: a row has another number of parts than the measure has dimensions.

    Source: this project's.
    """
    found: ByOrigin = {}
    several = measure.tier in (Tier.TOWN, Tier.PREFECTURE)
    origin = "" if several else str(origin_of(measure, ()))
    for day, parts, value in rows:
        if len(parts) != len(measure.dimensions):
            raise ValueError(measure.key, day, parts)
        if value:
            name = str(origin_of(measure, parts)) if several else origin
            found.setdefault(name, {}).setdefault(day, {})[parts] = value
    return found


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure that a recount finds otherwise.

    Attributes:
        measure, origin, day, parts: which.
        stated: what was told of the day.
        counted: what the records say now.
    """

    measure: str
    origin: str
    day: date
    parts: tuple[str, ...]
    stated: int
    counted: int


def differences(
    measure: str, origin: str, day: date, told: Figures, counted: Figures
) -> list[Difference]:
    """Where what was told of a day and a recount differ, by parts.

    Source: this project's.
    """
    return [
        Difference(measure, origin, day, parts, told.get(parts, 0), counted.get(parts, 0))
        for parts in sorted({*told, *counted})
        if told.get(parts, 0) != counted.get(parts, 0)
    ]


def packed(statements: Iterable[Stated]) -> Iterator[list[Stated]]:
    """Statements in as few messages as their bounds allow, in order.

    Source: this project's.
    """
    parcel: list[Stated] = []
    size = 0
    for one in statements:
        own = len(msgspec.json.encode(one.part()))
        if parcel and (len(parcel) == STATEMENTS or size + own > PARCEL):
            yield parcel
            parcel, size = [], 0
        parcel.append(one)
        size += own
    if parcel:
        yield parcel


def due(
    measure: Measure,
    counted: Mapping[date, dict[tuple[str, ...], int]],
    stated: Mapping[date, Stated],
    *,
    before: Figures,
    first: date,
    last: date,
    new_from: date,
) -> list[Stated]:
    """What an origin has to state after a count, by day.

    A flow is stated for days on which there was something, a stock for days on which it changed. A
    day that was told before is stated again when the count finds it otherwise.

    Args:
        measure: what was counted.
        counted: by day; a day that is missing is empty.
        stated: the newest statements of these days.
        before: of a stock, what was told of the day before the first.
        first: day of the count.
        last: day of the count, included.
        new_from: days before this one were told before.

    Source: this project's.
    """
    told: Figures = before
    found: list[Stated] = []
    for day in days(first, last):
        own = stated.get(day)
        if own is not None:
            told = own.figures
        elif measure.sort is Sort.FLOW:
            told = {}
        now = counted.get(day, {})
        if now != told:
            revision = 1 if own is None else own.revision + 1
            reason = RECOUNTED if own is not None or day < new_from else ""
            found.append(Stated(measure.key, day, revision, reason, now))
            told = now
    return found


def told_by_day(
    measure: Measure,
    stated: Mapping[date, Stated],
    *,
    before: Figures,
    first: date,
    last: date,
) -> Iterator[tuple[date, Figures]]:
    """What an origin has told of each day: its statement, or what the lack of one says.

    Source: this project's.
    """
    told: Figures = before
    for day in days(first, last):
        own = stated.get(day)
        if own is not None:
            told = own.figures
        elif measure.sort is Sort.FLOW:
            told = {}
        yield day, told


def days(first: date, last: date) -> Iterator[date]:
    """Every day from the first to the last.

    Source: this project's.
    """
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)
