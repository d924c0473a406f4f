"""SQL of readings, which go with their view, and of the records that stay."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from psycopg.rows import class_row

from jichitai.infra.database import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A reading of one card, asked for by one officer."""

    municipality: str
    reading_id: UUID
    account_id: str
    method: str
    purpose: str
    reference: str
    secret_hash: bytes
    challenge: str
    state: str
    sealed: bytes | None
    printed: bytes | None
    refusal: str | None
    detail: str | None
    made_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """本人確認記録: what stays of a proofing."""

    municipality: str
    record_id: UUID
    account_id: str
    method: str
    law: str
    article: str
    letter: str
    law_version: str
    version_from: date
    purpose: str
    reference: str
    result: str
    checks: list[str]
    authority: str
    chip_hash: bytes
    card_until: date
    proofed_at: datetime
    keep_until: date | None


_READING: Final = ", ".join(Reading.__dataclass_fields__)
_RECORD: Final = ", ".join(Record.__dataclass_fields__)


def _places(names: str) -> str:
    return ", ".join(f"%({name})s" for name in names.split(", "))


async def add_reading(tx: Tx, reading: Reading) -> None:
    """Keep a reading."""
    values = {name: getattr(reading, name) for name in Reading.__dataclass_fields__}
    await tx.execute(
        f"insert into jpki.proofing_reading ({_READING}) values ({_places(_READING)})".encode(),
        values,
    )


async def reading(tx: Tx, municipality: str, number: UUID, *, lock: bool = False) -> Reading | None:
    """One reading."""
    statement = (
        f"select {_READING} from jpki.proofing_reading"
        " where municipality = %s and reading_id = %s" + (" for update" if lock else "")
    )
    async with tx.cursor(row_factory=class_row(Reading)) as cursor:
        await cursor.execute(statement.encode(), (municipality, number))
        return await cursor.fetchone()


async def by_secret(tx: Tx, municipality: str, secret_hash: bytes) -> Reading | None:
    """The reading of a transaction, locked."""
    statement = (
        f"select {_READING} from jpki.proofing_reading"
        " where municipality = %s and secret_hash = %s for update"
    )
    async with tx.cursor(row_factory=class_row(Reading)) as cursor:
        await cursor.execute(statement.encode(), (municipality, secret_hash))
        return await cursor.fetchone()


async def finish(
    tx: Tx,
    made: Reading,
    *,
    state: str,
    sealed: bytes | None = None,
    refusal: str | None = None,
    detail: str | None = None,
) -> None:
    """Write down what came of a reading."""
    await tx.execute(
        "update jpki.proofing_reading set state = %s, sealed = %s, refusal = %s, detail = %s"
        " where municipality = %s and reading_id = %s",
        (state, sealed, refusal, detail, made.municipality, made.reading_id),
    )


async def keep_printed(tx: Tx, made: Reading, sealed: bytes) -> None:
    """Keep a picture of the printed card as long as the reading."""
    await tx.execute(
        "update jpki.proofing_reading set printed = %s where municipality = %s and reading_id = %s",
        (sealed, made.municipality, made.reading_id),
    )


async def erase(tx: Tx, made: Reading) -> None:
    """Erase a reading with all that was read."""
    await tx.execute(
        "delete from jpki.proofing_reading where municipality = %s and reading_id = %s",
        (made.municipality, made.reading_id),
    )


async def sweep(tx: Tx, now: datetime) -> int:
    """Erase readings whose time is over; how many."""
    cursor = await tx.execute("delete from jpki.proofing_reading where expires_at < %s", (now,))
    return cursor.rowcount


async def add_record(tx: Tx, record: Record) -> None:
    """Keep a record."""
    values = {name: getattr(record, name) for name in Record.__dataclass_fields__}
    await tx.execute(
        f"insert into jpki.proofing_record ({_RECORD}) values ({_places(_RECORD)})".encode(), values
    )


async def record(tx: Tx, municipality: str, number: UUID) -> Record | None:
    """One record."""
    statement = (
        f"select {_RECORD} from jpki.proofing_record where municipality = %s and record_id = %s"
    )
    async with tx.cursor(row_factory=class_row(Record)) as cursor:
        await cursor.execute(statement.encode(), (municipality, number))
        return await cursor.fetchone()


async def records(tx: Tx, municipality: str, limit: int = 50) -> list[Record]:
    """A town's records, newest first."""
    statement = (
        f"select {_RECORD} from jpki.proofing_record where municipality = %s"
        " order by proofed_at desc limit %s"
    )
    async with tx.cursor(row_factory=class_row(Record)) as cursor:
        await cursor.execute(statement.encode(), (municipality, limit))
        return await cursor.fetchall()
