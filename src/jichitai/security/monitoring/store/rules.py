"""A prefecture's own rule files, and switches of the packaged ones."""

from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from jichitai.infra.database import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleRow:
    """What a prefecture changed: a file of its own (with a text), or a switch (without)."""

    name: str
    text: str | None
    samples: str
    enabled: bool
    reason: str
    changed_at: datetime
    changed_by: str


async def every(tx: Tx, prefecture: str) -> list[RuleRow]:
    """All changes of a prefecture."""
    cursor = tx.cursor(row_factory=class_row(RuleRow))
    await cursor.execute(
        "select name, text, samples, enabled, reason, changed_at, changed_by"
        " from security.monitoring_rule where prefecture = %s order by name",
        (prefecture,),
    )
    return await cursor.fetchall()


async def save(tx: Tx, prefecture: str, row: RuleRow) -> None:
    """Keep a change."""
    await tx.execute(
        "insert into security.monitoring_rule"
        " (prefecture, name, text, samples, enabled, reason, changed_at, changed_by)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s)"
        " on conflict (prefecture, name) do update set text = excluded.text,"
        " samples = excluded.samples, enabled = excluded.enabled, reason = excluded.reason,"
        " changed_at = excluded.changed_at, changed_by = excluded.changed_by",
        (
            prefecture,
            row.name,
            row.text,
            row.samples,
            row.enabled,
            row.reason,
            row.changed_at,
            row.changed_by,
        ),
    )
