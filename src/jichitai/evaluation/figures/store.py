"""SQL of statements and figures; the same tables at every tier that counts or collects."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from psycopg import sql

from jichitai.evaluation.figures.model import Stated
from jichitai.infra.database import Tx
from jichitai.infra.figures import Row

Where = Mapping[int, Sequence[str]]
"""Place of a dimension, from 1 -> the values that are wanted."""

_SEPARATOR: Final = "\x1f"


async def add(
    tx: Tx,
    origin_statements: Iterable[tuple[str, str, Stated]],
    *,
    counted_at: datetime,
    recorded_at: datetime,
) -> int:
    """Add statements with their figures; those that are there already stay as they were.

    Args:
        tx: of the tier.
        origin_statements: origin, id of the message, statement.
        counted_at: when the origin counted.
        recorded_at: since when this tier knows.

    Returns:
        How many statements were new.
    """
    rows = list(origin_statements)
    cursor = await tx.execute(
        "insert into evaluation.figure_statement"
        " (measure, origin, day, revision, reason, figures, total, message_id, counted_at,"
        "  recorded_at)"
        " select measure, origin, day, revision, reason, figures, total, message_id, %s, %s"
        "   from unnest(%s::text[], %s::text[], %s::date[], %s::integer[], %s::text[],"
        "               %s::integer[], %s::bigint[], %s::text[])"
        "     as new (measure, origin, day, revision, reason, figures, total, message_id)"
        " on conflict do nothing",
        (
            counted_at,
            recorded_at,
            [one.measure for _, _, one in rows],
            [origin for origin, _, _ in rows],
            [one.day for _, _, one in rows],
            [one.revision for _, _, one in rows],
            [one.reason for _, _, one in rows],
            [len(one.figures) for _, _, one in rows],
            [sum(one.figures.values()) for _, _, one in rows],
            [message for _, message, _ in rows],
        ),
    )
    added = cursor.rowcount
    await _add_figures(tx, [(origin, one) for origin, _, one in rows], recorded_at)
    return added


async def _add_figures(tx: Tx, rows: Sequence[tuple[str, Stated]], recorded_at: datetime) -> None:
    flat = [
        (one.measure, origin, one.day, one.revision, _SEPARATOR.join(parts), value)
        for origin, one in rows
        for parts, value in one.figures.items()
    ]
    columns: list[list[Any]] = [list(column) for column in zip(*flat, strict=True)]
    if not columns:
        return
    await tx.execute(
        "insert into evaluation.daily_figure"
        " (measure, origin, day, revision, parts, value, recorded_at)"
        " select measure, origin, day, revision, string_to_array(parts, %s), value, %s"
        "   from unnest(%s::text[], %s::text[], %s::date[], %s::integer[], %s::text[],"
        "               %s::bigint[])"
        "     as new (measure, origin, day, revision, parts, value)"
        " on conflict do nothing",
        (_SEPARATOR, recorded_at, *columns),
    )


async def cover(
    tx: Tx, told: Iterable[tuple[str, str, date, str]], *, recorded_at: datetime
) -> None:
    """Keep how far origins have told.

    Args:
        tx: of the tier.
        told: measure, origin, day, id of the message.
        recorded_at: since when this tier knows.
    """
    columns: list[list[Any]] = [list(column) for column in zip(*told, strict=True)]
    if columns:
        await tx.execute(
            "insert into evaluation.figure_coverage"
            " (measure, origin, through, message_id, recorded_at)"
            " select t.*, %s from unnest(%s::text[], %s::text[], %s::date[], %s::text[]) as t"
            " on conflict do nothing",
            (recorded_at, *columns),
        )


async def newest(
    tx: Tx, measure: str, first: date, last: date, known_at: datetime
) -> dict[str, dict[date, Stated]]:
    """The newest statement of each origin and day, as known at an instant."""
    cursor = await tx.execute(
        "select distinct on (origin, day) origin, day, revision, reason"
        "  from evaluation.figure_statement"
        " where measure = %s and day between %s and %s and recorded_at <= %s"
        " order by origin, day, revision desc",
        (measure, first, last, known_at),
    )
    found: dict[str, dict[date, Stated]] = {}
    for origin, day, revision, reason in await cursor.fetchall():
        found.setdefault(origin, {})[day] = Stated(measure, day, revision, reason, {})
    cursor = await tx.execute(
        "select origin, day, parts, value from evaluation.daily(%s, %s, %s, %s)",
        (measure, first, last, known_at),
    )
    for origin, day, parts, value in await cursor.fetchall():
        found[origin][day].figures[tuple(parts)] = value
    return found


async def before(
    tx: Tx, measure: str, day: date, known_at: datetime
) -> dict[str, dict[tuple[str, ...], int]]:
    """Of a stock, what each origin has told of the end of a day."""
    cursor = await tx.execute(
        "select origin, parts, value from evaluation.standing(%s, %s, %s)",
        (measure, day, known_at),
    )
    found: dict[str, dict[tuple[str, ...], int]] = {}
    for origin, parts, value in await cursor.fetchall():
        found.setdefault(origin, {})[tuple(parts)] = value
    return found


async def covered(tx: Tx, measure: str, known_at: datetime) -> dict[str, date]:
    """How far each origin has told of a measure."""
    cursor = await tx.execute(
        "select origin, through from evaluation.covered(%s, %s)", (measure, known_at)
    )
    return dict(await cursor.fetchall())


async def flows(
    tx: Tx,
    measure: str,
    first: date,
    last: date,
    known_at: datetime,
    where: Where,
    *,
    by: Sequence[int],
    per: str,
) -> list[Row]:
    """Figures of days added up, by the first day of a period and some of the parts."""
    query = sql.SQL(
        "select {period} as period, {by}, sum(value)::bigint"
        "  from evaluation.daily(%(measure)s, %(first)s, %(last)s, %(known)s)"
        " where true {where} group by 1, 2 order by 1, 2"
    ).format(period=_PERIODS[per], by=_parts(by), where=_conditions(where))
    cursor = await tx.execute(query, _values(measure, first, last, known_at, where))
    return [Row(day, tuple(parts), value) for day, parts, value in await cursor.fetchall()]


async def stocks(
    tx: Tx,
    measure: str,
    first: date,
    last: date,
    known_at: datetime,
    where: Where,
    *,
    by: Sequence[int],
    per: str,
) -> list[Row]:
    """Figures at the end of each period, by the first day of the period.

    Of a period that is not over, and of the whole time, the last day that an origin has told of
    stands.
    """
    query = sql.SQL(
        "select newest.period, {by}, sum(figure.value)::bigint"
        "  from (select period, least(max(day), %(last)s::date) as final"
        "          from (select {period} as period, day from (select generate_series("
        "                    %(first)s::date, %(last)s::date, interval '1 day')::date as day)"
        "                    as every_day) as placed"
        "         group by period) as span"
        " cross join evaluation.covered(%(measure)s, %(known)s) as told"
        " cross join lateral (select span.period, stated.day, stated.revision"
        "          from evaluation.figure_statement as stated"
        "         where stated.measure = %(measure)s and stated.origin = told.origin"
        "           and stated.day <= span.final and stated.recorded_at <= %(known)s"
        "           and told.through >= greatest(span.period, %(first)s::date)"
        "         order by stated.day desc, stated.revision desc limit 1) as newest"
        "  join evaluation.daily_figure as figure"
        "    on figure.measure = %(measure)s and figure.day = newest.day"
        "   and figure.origin = told.origin and figure.revision = newest.revision"
        " where true {where} group by 1, 2 order by 1, 2"
    ).format(period=_PERIODS[per], by=_parts(by), where=_conditions(where))
    cursor = await tx.execute(query, _values(measure, first, last, known_at, where))
    return [Row(day, tuple(parts), value) for day, parts, value in await cursor.fetchall()]


_PERIODS: Final = {
    "day": sql.SQL("day"),
    "month": sql.SQL("date_trunc('month', day)::date"),
    "fiscal-year": sql.SQL(
        "(date_trunc('year', day - interval '3 months') + interval '3 months')::date"
    ),
    "all": sql.SQL("%(first)s::date"),
}


def _parts(by: Sequence[int]) -> sql.Composable:
    if not by:
        return sql.SQL("array[]::text[]")
    chosen = [sql.SQL("parts[{}]").format(sql.Literal(place)) for place in by]
    return sql.SQL("array[{}]").format(sql.SQL(", ").join(chosen))


def _conditions(where: Where) -> sql.Composable:
    return sql.SQL("").join(
        sql.SQL(" and parts[{}] = any({})").format(
            sql.Literal(place), sql.Placeholder(f"part_{place}")
        )
        for place in where
    )


def _values(
    measure: str, first: date, last: date, known_at: datetime, where: Where
) -> dict[str, Any]:
    named = {f"part_{place}": list(wanted) for place, wanted in where.items()}
    return {"measure": measure, "first": first, "last": last, "known": known_at, **named}


async def through(tx: Tx, *, lock: bool = False) -> dict[str, date]:
    """How far each measure of this tier has been counted."""
    query = "select measure, through from evaluation.counted order by measure"
    cursor = await tx.execute(f"{query} for update" if lock else query)
    return dict(await cursor.fetchall())


async def count_through(tx: Tx, reached: Mapping[str, date], at: datetime) -> None:
    """Note how far measures have been counted."""
    await tx.execute(
        "insert into evaluation.counted (measure, through, counted_at)"
        " select measure, through, %s from unnest(%s::text[], %s::date[]) as new (measure, through)"
        " on conflict on constraint counted_pkey do update"
        "    set through = excluded.through, counted_at = excluded.counted_at",
        (at, list(reached), list(reached.values())),
    )
