"""Bulk loading.

COPY cannot write into tables with row-level security, so it fills a scratch table of the
transaction, from which one statement moves the rows under the town's policy.
"""

from collections.abc import Iterable

from psycopg import sql

from jichitai.infra.database import Tx
from jichitai.register.store.rows import COLUMNS

_HOME = (
    "municipality", "household_id", "household_number", "head_id", "closed", "event_number",
)  # fmt: skip


async def residents(tx: Tx, rows: Iterable[tuple[object, ...]]) -> None:
    """Load first rows of residents, each also as the first row of its history.

    Args:
        tx: the transaction.
        rows: values of `COLUMNS`, read once.
    """
    await _load(tx, "resident", COLUMNS, rows, ("resident", "resident_history"))


async def households(tx: Tx, rows: Iterable[tuple[object, ...]]) -> None:
    """Load new households.

    Args:
        tx: the transaction.
        rows: municipality, id, number, head, closed, number of the event.
    """
    await _load(tx, "household", _HOME, rows, ("household",))


async def _load(
    tx: Tx,
    like: str,
    columns: Iterable[str],
    rows: Iterable[tuple[object, ...]],
    into: tuple[str, ...],
) -> None:
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    scratch, source = sql.Identifier("pg_temp", f"load_{like}"), sql.Identifier("register", like)
    await tx.execute(sql.SQL("create temporary table {} (like {})").format(scratch, source))
    copying = sql.SQL("copy {} ({}) from stdin").format(scratch, names)
    async with tx.cursor() as cursor, cursor.copy(copying) as copy:
        for row in rows:
            await copy.write_row(row)
    for table in into:
        await tx.execute(
            sql.SQL("insert into {} ({}) select {} from {}").format(
                sql.Identifier("register", table), names, names, scratch
            )
        )
    await tx.execute(sql.SQL("drop table {}").format(scratch))
