"""One tier's PostgreSQL database: a pool, and one transaction per request or message."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Self, TypeAlias

import psycopg
from psycopg import AsyncConnection
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
            check=AsyncConnectionPool.check_connection,
            kwargs={"application_name": name, "prepare_threshold": 3},
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
        try:
            async with self.pool.connection() as tx, tx.transaction():
                if read_only:
                    await tx.execute("set transaction read only")
                if town is not None or all_towns:
                    await enter_town(tx, ALL_TOWNS if town is None else town)
                yield tx
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
