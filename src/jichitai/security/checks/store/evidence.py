"""SQL of evidence (根拠資料)."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from psycopg.rows import class_row

from jichitai.infra.database import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceRow:
    """Evidence without its content."""

    evidence_id: UUID
    title: str
    place: str
    file_name: str | None
    media_type: str | None
    size: int | None
    sha256: str | None
    valid_from: date
    valid_until: date | None
    added_by_name: str
    added_at: datetime
    withdrawn_at: datetime | None
    withdrawn_why: str


_EVIDENCE: Final = ", ".join(EvidenceRow.__dataclass_fields__)


async def add(tx: Tx, values: dict[str, Any]) -> None:
    """Enter evidence."""
    await tx.execute(
        "insert into security.check_evidence (municipality, evidence_id, title, place, file_name,"
        " media_type, size, sha256, content, valid_from, valid_until, added_by, added_by_name,"
        " added_at)"
        " values (%(municipality)s, %(evidence_id)s, %(title)s, %(place)s, %(file_name)s,"
        " %(media_type)s, %(size)s, %(sha256)s, %(content)s, %(valid_from)s, %(valid_until)s,"
        " %(added_by)s, %(added_by_name)s, %(added_at)s)",
        values,
    )


async def one(tx: Tx, body: str, evidence_id: UUID) -> EvidenceRow | None:
    """One piece of evidence."""
    async with tx.cursor(row_factory=class_row(EvidenceRow)) as cursor:
        await cursor.execute(
            f"select {_EVIDENCE} from security.check_evidence"
            " where municipality = %s and evidence_id = %s",
            (body, evidence_id),
        )
        return await cursor.fetchone()


async def some(tx: Tx, body: str, ids: list[UUID]) -> list[EvidenceRow]:
    """Evidence by ids."""
    async with tx.cursor(row_factory=class_row(EvidenceRow)) as cursor:
        await cursor.execute(
            f"select {_EVIDENCE} from security.check_evidence"
            " where municipality = %s and evidence_id = any(%s) order by added_at",
            (body, ids),
        )
        return await cursor.fetchall()


async def newest(tx: Tx, body: str, *, limit: int = 200) -> list[EvidenceRow]:
    """Evidence that was not withdrawn, the newest first."""
    async with tx.cursor(row_factory=class_row(EvidenceRow)) as cursor:
        await cursor.execute(
            f"select {_EVIDENCE} from security.check_evidence"
            " where municipality = %s and withdrawn_at is null order by added_at desc limit %s",
            (body, limit),
        )
        return await cursor.fetchall()


async def used(tx: Tx, body: str) -> dict[UUID, int]:
    """Evidence -> how many questions of any round name it in their newest answer."""
    cursor = await tx.execute(
        "select evidence_id, count(*) from ("
        "  select distinct on (target_id, item_id) evidence from security.check_answer"
        "   where municipality = %s order by target_id, item_id, version desc) as newest,"
        "  unnest(newest.evidence) as evidence_id group by evidence_id",
        (body,),
    )
    return {found: int(number) for found, number in await cursor.fetchall()}


async def content(tx: Tx, body: str, evidence_id: UUID) -> bytes | None:
    """The file of a piece of evidence."""
    cursor = await tx.execute(
        "select content from security.check_evidence where municipality = %s and evidence_id = %s",
        (body, evidence_id),
    )
    row = await cursor.fetchone()
    return None if row is None or row[0] is None else bytes(row[0])


async def withdraw(tx: Tx, body: str, evidence_id: UUID, why: str, at: datetime) -> None:
    """Take evidence back; what it was stays."""
    await tx.execute(
        "update security.check_evidence set withdrawn_at = %s, withdrawn_why = %s"
        " where municipality = %s and evidence_id = %s",
        (at, why, body, evidence_id),
    )


async def expired(tx: Tx, body: str, today: date) -> set[UUID]:
    """Evidence that shows nothing any more."""
    cursor = await tx.execute(
        "select evidence_id from security.check_evidence"
        " where municipality = %s and (withdrawn_at is not null or valid_until < %s)",
        (body, today),
    )
    return {found for (found,) in await cursor.fetchall()}
