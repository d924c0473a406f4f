"""Weaknesses that somebody outside found, until they are passed on."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from psycopg.rows import class_row

from jichitai.infra.database import Tx
from jichitai.security.monitoring.model.findings import FindingRow

_COLUMNS: Final = (
    "finding_id, body, source, title, reference, target, severity, found_on, due_on, advice,"
    " imported_at, sent_at"
)


async def put(
    tx: Tx, prefecture: str, rows: Sequence[FindingRow], *, at: datetime, by: str
) -> list[UUID]:
    """Add findings; one that is known already stays as it was. Returns the new ones."""
    cursor = await tx.execute(
        "insert into security.monitoring_finding (prefecture, finding_id, body, source, title,"
        " reference, target, severity, found_on, due_on, advice, imported_at, imported_by)"
        " select %(prefecture)s, finding_id, body, source, title, reference, target, severity,"
        " found_on, due_on, advice, %(at)s, %(by)s from unnest(%(ids)s::uuid[], %(bodies)s::text[],"
        " %(sources)s::text[], %(titles)s::text[], %(references)s::text[], %(targets)s::text[],"
        " %(severities)s::text[], %(found)s::date[], %(due)s::date[], %(advice)s::text[])"
        " as given (finding_id, body, source, title, reference, target, severity, found_on,"
        "           due_on, advice)"
        " on conflict (prefecture, finding_id) do nothing returning finding_id",
        {
            "prefecture": prefecture,
            "at": at,
            "by": by,
            "ids": [row.finding_id for row in rows],
            "bodies": [row.body for row in rows],
            "sources": [row.source for row in rows],
            "titles": [row.title for row in rows],
            "references": [row.reference for row in rows],
            "targets": [row.target for row in rows],
            "severities": [str(row.severity) for row in rows],
            "found": [row.found_on for row in rows],
            "due": [row.due_on for row in rows],
            "advice": [row.advice for row in rows],
        },
    )
    return [row[0] for row in await cursor.fetchall()]


async def unsent(tx: Tx, prefecture: str, body: str | None = None) -> list[FindingRow]:
    """Findings that were not passed on yet, locked, by body."""
    cursor = tx.cursor(row_factory=class_row(FindingRow))
    await cursor.execute(
        f"select {_COLUMNS} from security.monitoring_finding where prefecture = %s"
        " and sent_at is null and (%s::text is null or body = %s)"
        " order by body, found_on, finding_id for update",
        (prefecture, body, body),
    )
    return await cursor.fetchall()


async def listed(tx: Tx, prefecture: str, *, body: str | None = None) -> list[FindingRow]:
    """Findings, those to be passed on first."""
    cursor = tx.cursor(row_factory=class_row(FindingRow))
    await cursor.execute(
        f"select {_COLUMNS} from security.monitoring_finding where prefecture = %s"
        " and (%s::text is null or body = %s)"
        " order by sent_at is not null, imported_at desc, body, finding_id limit 500",
        (prefecture, body, body),
    )
    return await cursor.fetchall()


async def mark_sent(tx: Tx, prefecture: str, ids: Sequence[UUID], at: datetime) -> None:
    """These were passed on."""
    await tx.execute(
        "update security.monitoring_finding set sent_at = %s"
        " where prefecture = %s and finding_id = any(%s)",
        (at, prefecture, list(ids)),
    )
