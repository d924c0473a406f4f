"""Definitions, targets and values that people or sources gave; rows are only added."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final

import msgspec

from jichitai.evaluation.indicators.model import Definition, Point, Target
from jichitai.infra.audit import Actor
from jichitai.infra.database import Tx

_JSON: Final = msgspec.json.Encoder(order="sorted")
_decode: Final = msgspec.json.Decoder(Definition).decode
_KEPT: Final = {"recorded_at", "edition", "reason", "by"}


def written(definition: Definition) -> str:
    """A definition in its one written form, without what is kept beside it."""
    plain = msgspec.to_builtins(definition, builtin_types=(), str_keys=True)
    kept = {key: value for key, value in plain.items() if key not in _KEPT}
    return _JSON.encode(kept).decode()


async def definitions(
    tx: Tx, known_at: datetime, *, indicator_id: str | None = None
) -> list[Definition]:
    """The last edition known of every version, by id and version."""
    cursor = await tx.execute(
        "select distinct on (indicator_id, version) content, edition, reason, by_name, recorded_at"
        "  from evaluation.indicator_definition"
        " where recorded_at <= %(known)s"
        "   and (%(id)s::text is null or indicator_id = %(id)s)"
        " order by indicator_id, version, edition desc",
        {"known": known_at, "id": indicator_id},
    )
    return [_definition(row) for row in await cursor.fetchall()]


async def editions(tx: Tx, indicator_id: str, known_at: datetime) -> list[Definition]:
    """Every version and edition of an indicator, the newest first."""
    cursor = await tx.execute(
        "select content, edition, reason, by_name, recorded_at"
        "  from evaluation.indicator_definition where indicator_id = %s and recorded_at <= %s"
        " order by version desc, edition desc",
        (indicator_id, known_at),
    )
    return [_definition(row) for row in await cursor.fetchall()]


def _definition(row: Sequence[Any]) -> Definition:
    content, edition, reason, by, recorded_at = row
    return msgspec.structs.replace(
        _decode(content), edition=edition, reason=reason, by=by, recorded_at=recorded_at
    )


async def add_definitions(tx: Tx, found: Sequence[Definition], by: Actor) -> int:
    """Keep definitions; those whose version and edition are there already stay as they were."""
    cursor = await tx.execute(
        "insert into evaluation.indicator_definition (indicator_id, version, edition, content,"
        "       reason, by_id, by_name, recorded_at)"
        " select indicator_id, version, edition, content, reason, %s, %s, recorded_at"
        "   from unnest(%s::text[], %s::integer[], %s::integer[], %s::text[], %s::text[],"
        "               %s::timestamptz[])"
        "     as new (indicator_id, version, edition, content, reason, recorded_at)"
        " on conflict do nothing",
        (
            by.id,
            by.display,
            [one.indicator_id for one in found],
            [one.version for one in found],
            [one.edition for one in found],
            [written(one) for one in found],
            [one.reason for one in found],
            [one.recorded_at for one in found],
        ),
    )
    return cursor.rowcount


async def targets(tx: Tx, ids: Sequence[str] | None, known_at: datetime) -> list[Target]:
    """Every edition of every target that was known, by indicator, day and edition."""
    cursor = await tx.execute(
        "select indicator_id, version, target_on, edition, value, shown, yearly, source, reason,"
        "       by_name, recorded_at,"
        "       lead(recorded_at) over (partition by indicator_id, version, target_on"
        "                               order by edition)"
        "  from evaluation.indicator_target"
        " where recorded_at <= %(known)s and (%(ids)s::text[] is null or indicator_id = any(%(ids)s))"
        " order by indicator_id, version, target_on, edition",
        {"known": known_at, "ids": None if ids is None else list(ids)},
    )
    return [
        Target(
            indicator_id=row[0],
            version=row[1],
            on=row[2],
            edition=row[3],
            value=row[4],
            text=row[5],
            yearly=row[6],
            source=row[7],
            reason=row[8],
            by=row[9],
            recorded_at=row[10],
            superseded_at=row[11],
        )
        for row in await cursor.fetchall()
    ]


async def add_targets(tx: Tx, found: Sequence[Target], by: Actor) -> int:
    """Keep targets; an edition that is there already stays as it was."""
    cursor = await tx.execute(
        "insert into evaluation.indicator_target (indicator_id, version, target_on, edition, value,"
        "       shown, yearly, source, reason, by_id, by_name, recorded_at)"
        " select indicator_id, version, target_on, edition, value, shown, yearly, source, reason,"
        "        %s, %s, recorded_at"
        "   from unnest(%s::text[], %s::integer[], %s::date[], %s::integer[], %s::numeric[],"
        "               %s::text[], %s::boolean[], %s::text[], %s::text[], %s::timestamptz[])"
        "     as new (indicator_id, version, target_on, edition, value, shown, yearly, source,"
        "             reason, recorded_at)"
        " on conflict do nothing",
        (
            by.id,
            by.display,
            [one.indicator_id for one in found],
            [one.version for one in found],
            [one.on for one in found],
            [one.edition for one in found],
            [one.value for one in found],
            [one.text for one in found],
            [one.yearly for one in found],
            [one.source for one in found],
            [one.reason for one in found],
            [one.recorded_at for one in found],
        ),
    )
    return cursor.rowcount


_POINT: Final = (
    "indicator_id, version, as_of, edition, label, dated, value, shown, numerator,"
    " denominator, source, confidence, assumed, reason"
)


async def points(tx: Tx, ids: Sequence[str] | None, known_at: datetime) -> list[Point]:
    """Every edition of every value that was known, by indicator, version, day and edition."""
    cursor = await tx.execute(
        f"select {_POINT}, by_name, recorded_at,"
        "       lead(recorded_at) over (partition by indicator_id, version, as_of"
        "                               order by edition)"
        "  from evaluation.indicator_point"
        " where recorded_at <= %(known)s and (%(ids)s::text[] is null or indicator_id = any(%(ids)s))"
        " order by indicator_id, version, as_of, edition",
        {"known": known_at, "ids": None if ids is None else list(ids)},
    )
    return [
        Point(
            indicator_id=row[0],
            version=row[1],
            as_of=row[2],
            edition=row[3],
            label=row[4],
            dated=row[5],
            value=row[6],
            text=row[7],
            numerator=row[8],
            denominator=row[9],
            source=row[10],
            confidence=row[11],
            assumed=row[12],
            reason=row[13],
            by=row[14],
            recorded_at=row[15],
            superseded_at=row[16],
        )
        for row in await cursor.fetchall()
    ]


async def add_points(tx: Tx, found: Sequence[Point], by: Actor) -> int:
    """Keep values; an edition that is there already stays as it was."""
    cursor = await tx.execute(
        f"insert into evaluation.indicator_point ({_POINT}, by_id, by_name, recorded_at)"
        f" select {_POINT}, %s, %s, recorded_at"
        "   from unnest(%s::text[], %s::integer[], %s::date[], %s::integer[],"
        "               %s::text[], %s::boolean[], %s::numeric[], %s::text[], %s::numeric[],"
        "               %s::numeric[], %s::text[], %s::text[], %s::text[], %s::text[],"
        f"               %s::timestamptz[]) as new ({_POINT}, recorded_at)"
        " on conflict do nothing",
        (by.id, by.display, *_columns(found)),
    )
    return cursor.rowcount


def _columns(found: Sequence[Point]) -> list[list[Any]]:
    return [
        [one.indicator_id for one in found],
        [one.version for one in found],
        [one.as_of for one in found],
        [one.edition for one in found],
        [one.label for one in found],
        [one.dated for one in found],
        [one.value for one in found],
        [one.text for one in found],
        [one.numerator for one in found],
        [one.denominator for one in found],
        [one.source for one in found],
        [one.confidence for one in found],
        [one.assumed for one in found],
        [one.reason for one in found],
        [one.recorded_at for one in found],
    ]


async def lock(tx: Tx, indicator_id: str) -> None:
    """Hold an indicator until the transaction ends, so that editions are counted one by one."""
    await tx.execute(
        "select pg_advisory_xact_lock(hashtextextended('evaluation.indicator ' || %s, 0))",
        (indicator_id,),
    )


async def last_edition(tx: Tx, table: str, indicator_id: str, version: int, on: date) -> int:
    """Number of the last edition of a value or a target, 0 when there is none.

    Args:
        tx: of the tier.
        table: point or target.
        indicator_id: which indicator.
        version: which series.
        on: day of the value or the target.
    """
    query = {
        "point": "select max(edition) from evaluation.indicator_point"
        " where indicator_id = %s and version = %s and as_of = %s",
        "target": "select max(edition) from evaluation.indicator_target"
        " where indicator_id = %s and version = %s and target_on = %s",
    }[table]
    cursor = await tx.execute(query, (indicator_id, version, on))
    row = await cursor.fetchone()
    return int(row[0]) if row and row[0] else 0
