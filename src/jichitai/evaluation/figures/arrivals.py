"""SQL of lists: what came when from whom, statement by statement."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from psycopg.rows import class_row

from jichitai.evaluation.figures.model import Stated
from jichitai.infra.database import Tx


@dataclass(frozen=True, slots=True)
class Coverage:
    """How far an origin has told of a measure.

    Attributes:
        measure: which.
        origin: who.
        first: the first day that a statement is about; None when there was nothing yet.
        through: the last day that was told of.
        statements: how many there are.
        corrected: how many of them take the place of an earlier one.
        recorded_at: when the newest word came.
    """

    measure: str
    origin: str
    first: date | None
    through: date
    statements: int
    corrected: int
    recorded_at: datetime


async def coverage(
    tx: Tx, known_at: datetime, *, measure: str | None = None, origin: str | None = None
) -> list[Coverage]:
    """How far every origin has told of every measure, as known at an instant."""
    cursor = tx.cursor(row_factory=class_row(Coverage))
    await cursor.execute(
        "select measure, origin, min(first) as first, max(through) as through,"
        "       sum(statements)::bigint as statements, sum(corrected)::bigint as corrected,"
        "       max(recorded_at) as recorded_at"
        "  from (select measure, origin, null::date as first, max(through) as through,"
        "               0 as statements, 0 as corrected, max(recorded_at) as recorded_at"
        "          from evaluation.figure_coverage where recorded_at <= %(known)s"
        "         group by measure, origin"
        "        union all"
        "        select measure, origin, min(day), max(day), count(*),"
        "               count(*) filter (where reason <> ''), max(recorded_at)"
        "          from evaluation.figure_statement where recorded_at <= %(known)s"
        "         group by measure, origin) as told"
        " where (%(measure)s::text is null or measure = %(measure)s)"
        "   and (%(origin)s::text is null or origin = %(origin)s)"
        " group by measure, origin order by measure, origin",
        {"known": known_at, "measure": measure, "origin": origin},
    )
    return await cursor.fetchall()


@dataclass(frozen=True, slots=True)
class Line:
    """One statement of a list, without its figures."""

    measure: str
    origin: str
    day: date
    revision: int
    reason: str
    figures: int
    total: int
    message_id: str
    counted_at: datetime
    recorded_at: datetime


_LINE: Final = """
select measure, origin, day, revision, reason, figures, total, message_id, counted_at,
       recorded_at
  from evaluation.figure_statement
"""


async def lines(
    tx: Tx,
    measure: str,
    *,
    origin: str = "",
    corrected: bool = False,
    before: tuple[date, str, int] | None = None,
    limit: int = 50,
) -> list[Line]:
    """Statements on a measure, the newest day first.

    Args:
        tx: of the ministry.
        measure: which.
        origin: only of this one; all when empty.
        corrected: only those that take the place of an earlier one.
        before: day, origin and revision of the last line of the page before.
        limit: at most so many.
    """
    cursor = tx.cursor(row_factory=class_row(Line))
    await cursor.execute(
        f"{_LINE} where measure = %(measure)s and (%(origin)s = '' or origin = %(origin)s)"
        "   and (not %(corrected)s or reason <> '')"
        "   and (%(day)s::date is null"
        "        or (day, origin, revision) < (%(day)s::date, %(by)s::text, %(revision)s::integer))"
        " order by day desc, origin desc, revision desc limit %(limit)s",
        {
            "measure": measure,
            "origin": origin,
            "corrected": corrected,
            "day": before[0] if before else None,
            "by": before[1] if before else "",
            "revision": before[2] if before else 0,
            "limit": limit,
        },
    )
    return await cursor.fetchall()


async def revisions(tx: Tx, measure: str, origin: str, day: date) -> list[tuple[Line, Stated]]:
    """Every statement of an origin on a measure and day, the newest first, with its figures."""
    cursor = tx.cursor(row_factory=class_row(Line))
    await cursor.execute(
        f"{_LINE} where measure = %s and origin = %s and day = %s order by revision desc",
        (measure, origin, day),
    )
    found = await cursor.fetchall()
    rows = await tx.execute(
        "select revision, parts, value from evaluation.daily_figure"
        " where measure = %s and origin = %s and day = %s order by parts",
        (measure, origin, day),
    )
    figures: dict[int, dict[tuple[str, ...], int]] = {}
    for revision, parts, value in await rows.fetchall():
        figures.setdefault(revision, {})[tuple(parts)] = value
    return [
        (one, Stated(measure, day, one.revision, one.reason, figures.get(one.revision, {})))
        for one in found
    ]


async def of_message(tx: Tx, message_id: str, limit: int = 2_000) -> list[Line]:
    """The statements that came with a message."""
    cursor = tx.cursor(row_factory=class_row(Line))
    await cursor.execute(
        f"{_LINE} where message_id = %s order by measure, day, origin, revision limit %s",
        (message_id, limit),
    )
    return await cursor.fetchall()


async def figures_of(
    tx: Tx, message_id: str
) -> dict[tuple[str, date, int], dict[tuple[str, ...], int]]:
    """The figures that came with a message, by measure, day and revision."""
    cursor = await tx.execute(
        "select figure.measure, figure.day, figure.revision, figure.parts, figure.value"
        "  from evaluation.figure_statement as stated"
        "  join evaluation.daily_figure as figure using (measure, origin, day, revision)"
        " where stated.message_id = %s",
        (message_id,),
    )
    found: dict[tuple[str, date, int], dict[tuple[str, ...], int]] = {}
    for measure, day, revision, parts, value in await cursor.fetchall():
        found.setdefault((measure, day, revision), {})[tuple(parts)] = value
    return found
