"""SQL of workbooks that were read and wait for their confirmation."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from jichitai.infra.database import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRow:
    """A workbook that was read."""

    import_id: UUID
    round_id: UUID
    file_name: str
    sha256: str
    changes: list[dict[str, Any]]
    read_by: str
    read_at: datetime
    applied_at: datetime | None


_IMPORT: Final = ", ".join(ImportRow.__dataclass_fields__)


async def add(tx: Tx, body: str, row: ImportRow) -> None:
    """Keep what was read."""
    await tx.execute(
        "insert into security.check_import (municipality, import_id, round_id, file_name, sha256,"
        " changes, read_by, read_at) values (%s, %s, %s, %s, %s, %s, %s, %s)",
        (
            body,
            row.import_id,
            row.round_id,
            row.file_name,
            row.sha256,
            Jsonb(row.changes),
            row.read_by,
            row.read_at,
        ),
    )


async def one(
    tx: Tx, body: str, round_id: UUID, import_id: UUID, *, lock: bool = False
) -> ImportRow | None:
    """One workbook that was read."""
    async with tx.cursor(row_factory=class_row(ImportRow)) as cursor:
        await cursor.execute(
            f"select {_IMPORT} from security.check_import"
            " where municipality = %s and round_id = %s and import_id = %s"
            + (" for update" if lock else ""),
            (body, round_id, import_id),
        )
        return await cursor.fetchone()


async def applied(tx: Tx, body: str, import_id: UUID, at: datetime) -> None:
    """Its changes were written."""
    await tx.execute(
        "update security.check_import set applied_at = %s, changes = '[]'"
        " where municipality = %s and import_id = %s",
        (at, body, import_id),
    )
