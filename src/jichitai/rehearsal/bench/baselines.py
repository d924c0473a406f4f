"""What the product is compared with: the database alone, without any of its promises."""

import time
from collections.abc import Mapping
from typing import LiteralString

import psycopg
from psycopg import sql

from jichitai.infra.database import Database

_BUFFER = 128 * 1024 * 1024


async def copy_again(database: Database, table: str, limit: int) -> tuple[int, float]:
    """COPY rows of a table into a plain table without indexes, and commit.

    Returns:
        How many rows, and the seconds of the COPY with its commit.
    """
    source = sql.Identifier(*table.split("."))
    async with database.pool.connection() as connection:
        cursor = connection.cursor()
        out_query = sql.SQL("copy (select * from {} limit {}) to stdout (format binary)").format(
            source, sql.Literal(limit)
        )
        async with cursor.copy(out_query) as out:
            chunks = [bytes(chunk) async for chunk in out]
        await cursor.execute(
            sql.SQL("create temporary table plain as select * from {} with no data").format(source)
        )
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


def copy_all(
    owner_dsn: str, tables: Mapping[str, tuple[str, ...]], indexes: Mapping[str, LiteralString]
) -> dict[str, float]:
    """COPY whole tables into plain ones with the same columns, then build their indexes.

    Rows are read ahead into memory outside the time, so that only the writing is timed.

    Args:
        owner_dsn: who may make tables.
        tables: table of the schema `jukinet` -> columns to copy.
        indexes: name -> statement on the plain tables, which stand in the schema `plain`.

    Returns:
        Seconds by step.
    """
    took: dict[str, float] = {}
    with psycopg.connect(owner_dsn, autocommit=True) as into:
        into.execute("drop schema if exists plain cascade")
        into.execute("create schema plain")
        for table, columns in tables.items():
            into.execute(
                sql.SQL("create table {} (like {} including generated including defaults)").format(
                    sql.Identifier("plain", table), sql.Identifier("jukinet", table)
                )
            )
            took[f"copy {table}"] = _copy(owner_dsn, into, table, columns)
        for name, statement in indexes.items():
            started = time.perf_counter()
            into.execute(statement)
            took[f"index {name}"] = time.perf_counter() - started
        into.execute("drop schema plain cascade")
    return took


def _copy(owner_dsn: str, into: psycopg.Connection, table: str, columns: tuple[str, ...]) -> float:
    listed = sql.SQL(", ").join(map(sql.Identifier, columns))
    read = sql.SQL("copy {} ({}) to stdout (format binary)")
    write = sql.SQL("copy {} ({}) from stdin (format binary)")
    seconds = 0.0
    with (
        psycopg.connect(owner_dsn) as source,
        source.cursor().copy(read.format(sql.Identifier("jukinet", table), listed)) as out,
    ):
        started = time.perf_counter()
        with into.cursor().copy(write.format(sql.Identifier("plain", table), listed)) as copy:
            seconds += time.perf_counter() - started
            while block := _block(out):
                started = time.perf_counter()
                copy.write(block)
                seconds += time.perf_counter() - started
            started = time.perf_counter()
        seconds += time.perf_counter() - started
    return seconds


def _block(out: psycopg.Copy) -> bytes:
    parts = []
    size = 0
    while size < _BUFFER and (part := out.read()):
        parts.append(bytes(part))
        size += len(part)
    return b"".join(parts)
