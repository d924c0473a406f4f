"""One tier's PostgreSQL database: a pool, and one transaction per request or message."""

import select
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, Self, TypeAlias

import psycopg
from psycopg import AsyncConnection, sql
from psycopg.pq import TransactionStatus
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from jichitai.kernel.errors import UnavailableError

Tx: TypeAlias = AsyncConnection[TupleRow]
ALL_TOWNS = "*"


class DatabaseUnavailableError(UnavailableError):
    """The database does not answer; the request changed nothing."""

    type = "infra.database-unavailable"
    title = "データベースに接続できません"


class Database:
    """The database of one tier, reached as one role."""

    def __init__(self, pool: AsyncConnectionPool[Tx]) -> None:
        """Wrap an open pool."""
        self.pool = pool

    @classmethod
    async def open(
        cls, dsn: str, *, size: int = 8, wait: float = 15.0, name: str = "jichitai"
    ) -> Self:
        """Open a pool.

        Args:
            dsn: PostgreSQL connection string.
            size: connections at most.
            wait: seconds a request waits for a connection before it is refused.
            name: shown in pg_stat_activity.

        Raises:
            DatabaseUnavailableError: no connection within `wait`.
        """
        pool: AsyncConnectionPool[Tx] = AsyncConnectionPool(
            dsn,
            min_size=1,
            max_size=size,
            timeout=wait,
            max_idle=120,
            reconnect_timeout=5,
            check=_still_there,
            kwargs={"application_name": name, "prepare_threshold": 3, "autocommit": True},
            open=False,
        )
        try:
            await pool.open(wait=True, timeout=wait)
        except PoolTimeout as error:
            await pool.close()
            raise DatabaseUnavailableError(
                "データベースが応答しません。起動しているか、接続先の設定を確かめてください。"
            ) from error
        return cls(pool)

    @asynccontextmanager
    async def transaction(
        self, *, town: str | None = None, all_towns: bool = False, read_only: bool = False
    ) -> AsyncIterator[Tx]:
        """One transaction; it commits when the block ends and rolls back when it raises.

        Args:
            town: in the town tier, the municipality whose rows may be seen and written.
            all_towns: in the town tier, every municipality this login is entitled to
                (workers of shared hosting only).
            read_only: refuse writes.

        Raises:
            DatabaseUnavailableError: no connection can be had, or it broke.
        """
        begin = _begin(ALL_TOWNS if all_towns and town is None else town, read_only=read_only)
        try:
            async with self.pool.connection() as tx:
                await tx.execute(begin, prepare=False)
                try:
                    yield tx
                except BaseException:
                    # a connection that breaks meanwhile rolls back too; what ended the block is
                    # told, and above all a cancellation is not lost
                    with suppress(psycopg.Error):
                        await tx.rollback()
                    raise
                await _commit(tx)
        except PoolTimeout as error:
            raise DatabaseUnavailableError(
                "データベースが応答しません。しばらくしてからもう一度お試しください。"
            ) from error
        except psycopg.OperationalError as error:
            if isinstance(error, _RETRYABLE) or error.sqlstate is None or _is_outage(error):
                raise DatabaseUnavailableError(
                    "データベースとの接続が切れました。しばらくしてからもう一度お試しください。"
                ) from error
            raise

    async def close(self) -> None:
        """Close every connection."""
        await self.pool.close()


def _begin(town: str | None, *, read_only: bool) -> sql.SQL | sql.Composed:
    """What opens a transaction, in one round trip."""
    begin = sql.SQL("begin read only" if read_only else "begin")
    if town is None:
        return begin
    named = sql.SQL("select set_config('jichitai.town', {}, true)").format(sql.Literal(town))
    return sql.SQL("; ").join([begin, named])


async def _commit(tx: Tx) -> None:
    if tx.info.transaction_status == TransactionStatus.INERROR:
        # PostgreSQL would answer the commit of a failed transaction with a silent rollback
        await tx.rollback()
        raise psycopg.errors.InFailedSqlTransaction("a statement of the transaction had failed")
    await tx.commit()


async def _still_there(connection: Tx) -> None:
    """Refuse a connection whose server has gone; costs no round trip.

    An idle connection has nothing to read, unless the server closed it or said that it will.
    """
    readable, _, _ = select.select([connection.fileno()], [], [], 0)
    if readable:
        await connection.execute("select 1")


_RETRYABLE = (
    psycopg.errors.AdminShutdown,
    psycopg.errors.CrashShutdown,
    psycopg.errors.CannotConnectNow,
    psycopg.errors.DiskFull,
    psycopg.errors.QueryCanceled,
    psycopg.errors.SerializationFailure,
    psycopg.errors.DeadlockDetected,
)


def _is_outage(error: psycopg.Error) -> bool:
    return str(error.sqlstate or "")[:2] in {"08", "53", "57", "58"}


async def enter_town(tx: Tx, town: str) -> None:
    """Bind the running transaction to one town's rows (row-level security reads this)."""
    await tx.execute("select set_config('jichitai.town', %s, true)", (town,))


async def fetch_value(tx: Tx, query: str, parameters: Any = None) -> Any:
    """The first column of the first row, or None."""
    row = await (await tx.execute(query, parameters)).fetchone()
    return None if row is None else row[0]
