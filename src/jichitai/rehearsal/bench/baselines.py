"""What the product is compared with: the database alone, without any of its promises."""

import time

from jichitai.infra.database import Database


async def copy_again(database: Database, table: str, limit: int) -> tuple[int, float]:
    """COPY rows of a table into a plain table without indexes, and commit.

    Returns:
        How many rows, and the seconds of the COPY with its commit.
    """
    async with database.pool.connection() as connection:
        cursor = connection.cursor()
        chunks = []
        async with cursor.copy(
            f"copy (select * from {table} limit {limit}) to stdout (format binary)"
        ) as out:
            chunks = [bytes(chunk) async for chunk in out]
        await cursor.execute(f"create temporary table plain as select * from {table} with no data")
        await connection.commit()
        started = time.perf_counter()
        async with cursor.copy("copy plain from stdin (format binary)") as into:
            for chunk in chunks:
                await into.write(chunk)
        rows = cursor.rowcount
        await connection.commit()
        took = time.perf_counter() - started
        await cursor.execute("drop table plain")
        await connection.commit()
    return rows, took
