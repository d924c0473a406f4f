"""SQL of the guideline's versions."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal

from psycopg.rows import class_row

from jichitai.infra.database import Tx
from jichitai.security.guideline.codec import Packed, unpack
from jichitai.security.guideline.model import Catalogue

Origin = Literal["published", "imported"]
_TABLES: Final[dict[Origin, tuple[str, str, str]]] = {
    "published": ("security.guideline_published", "published_by", "arrived_at"),
    "imported": ("security.guideline_import", "imported_by", "imported_at"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionRow:
    """A version that is kept here, without its items."""

    version: str
    title: str
    published_on: date
    official: bool
    source: str
    items: int
    content_hash: str
    account: str
    at: datetime


@dataclass(frozen=True, slots=True)
class _Content:
    content: bytes
    content_hash: str


async def add(
    tx: Tx,
    origin: Origin,
    body: str,
    catalogue: Catalogue,
    packed: Packed,
    *,
    account: str,
    at: datetime,
) -> bool:
    """Keep a version; false when one of this name is there."""
    table, by, when = _TABLES[origin]
    cursor = await tx.execute(
        f"insert into {table} (municipality, version, title, published_on, official, source,"
        f" items, content_hash, content, {by}, {when})"
        " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
        " on conflict (municipality, version) do nothing",
        (
            body,
            catalogue.version,
            catalogue.title,
            catalogue.published_on,
            catalogue.official,
            catalogue.source,
            len(catalogue.items),
            packed.content_hash,
            packed.content,
            account,
            at,
        ),
    )
    return cursor.rowcount == 1


async def rows(tx: Tx, origin: Origin, body: str) -> list[EditionRow]:
    """Versions that an office keeps, the oldest first."""
    table, by, when = _TABLES[origin]
    async with tx.cursor(row_factory=class_row(EditionRow)) as cursor:
        await cursor.execute(
            "select version, title, published_on, official, source, items, content_hash,"
            f" {by} as account, {when} as at from {table}"
            " where municipality = %s order by published_on, version",
            (body,),
        )
        return await cursor.fetchall()


async def catalogue(tx: Tx, origin: Origin, version: str) -> Catalogue | None:
    """One version with its items, of the office whose rows this transaction sees."""
    table, *_ = _TABLES[origin]
    return await _one(tx, f"select content, content_hash from {table} where version = %s", version)


async def newest(tx: Tx, on: date) -> Catalogue | None:
    """The newest version that was published by a day."""
    return await _one(
        tx,
        "select content, content_hash from security.guideline_published"
        " where published_on <= %s order by published_on desc, version desc limit 1",
        on,
    )


async def discard(tx: Tx, body: str, version: str) -> bool:
    """Drop a version that was taken in; false when there is none."""
    cursor = await tx.execute(
        "delete from security.guideline_import where municipality = %s and version = %s",
        (body, version),
    )
    return cursor.rowcount == 1


async def _one(tx: Tx, query: str, value: object) -> Catalogue | None:
    async with tx.cursor(row_factory=class_row(_Content)) as cursor:
        await cursor.execute(query, (value,))
        row = await cursor.fetchone()
    return None if row is None else unpack(row.content, row.content_hash)
