"""Statements sent together on one connection: results, refusals, and a connection left as it was."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from uuid import UUID

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.pq import TransactionStatus

from jichitai.infra.arrays import text_array
from jichitai.infra.database import Database, Tx, fetch_value
from jichitai.infra.pipeline import BEGIN, COMMIT, ROLLBACK, Pipeline, Statement, rows, unhex

ECHO = Statement("select %(text)s::text, %(number)s::bigint, %(text)s::text || '!'")
DIVIDE = Statement("select 1 / %(by)s::integer")
KEEP = Statement("insert into kept values (%(value)s::integer)")
COUNT = Statement("select count(*) from kept")
LARGE = Statement("select repeat(%(text)s::text, 3)")


@pytest.fixture
async def tx(nation_database: Database) -> AsyncIterator[Tx]:
    async with nation_database.pool.connection() as connection:
        await connection.execute("create temp table kept (value integer check (value < 100))")
        yield connection
        if not connection.closed:
            await connection.execute("drop table kept")


@pytest.mark.parametrize("lasting", [False, True])
async def test_each_call_has_its_result_in_order(tx: Tx, lasting: bool) -> None:
    async with Pipeline(tx, lasting=lasting) as pipe:
        for turn in range(3):
            results = await pipe.run(
                BEGIN,
                ECHO.with_values(text="あ\"'", number=turn),
                KEEP.with_values(value=turn),
                COMMIT,
            )
            assert len(results) == 4
            assert rows(results[1]) == [("あ\"'".encode(), str(turn).encode(), "あ\"'!".encode())]
        (counted,) = await pipe.run(COUNT.with_values())
        assert rows(counted) == [(b"3",)]
    assert await fetch_value(tx, "select count(*) from kept") == 3


@pytest.mark.parametrize("lasting", [False, True])
async def test_the_first_refusal_is_raised_and_nothing_after_it_runs(tx: Tx, lasting: bool) -> None:
    async with Pipeline(tx, lasting=lasting) as pipe:
        with pytest.raises(psycopg.errors.CheckViolation):
            await pipe.run(
                BEGIN, KEEP.with_values(value=1), KEEP.with_values(value=100), DIVIDE.with_values(by=0),
                COMMIT,
            )  # fmt: skip
        await pipe.run(ROLLBACK)
        with pytest.raises(psycopg.errors.DivisionByZero):
            await pipe.run(DIVIDE.with_values(by=0))
        (half,) = await pipe.run(DIVIDE.with_values(by=1))
        assert rows(half) == [(b"1",)]
    assert await fetch_value(tx, "select count(*) from kept") == 0


async def test_a_missing_value_is_named(tx: Tx) -> None:
    with pytest.raises(KeyError, match="number"):
        ECHO.with_values(text="a")


async def test_psycopg_works_in_a_pause_and_inside_its_own_transaction(tx: Tx) -> None:
    async with tx.transaction():
        await tx.execute("insert into kept values (1)")
        async with Pipeline(tx) as pipe:
            await pipe.run(KEEP.with_values(value=2))
            async with pipe.paused():
                assert await fetch_value(tx, "select count(*) from kept") == 2
            await pipe.run(KEEP.with_values(value=3))
        assert await fetch_value(tx, "select sum(value) from kept") == 6
    assert tx.info.transaction_status == TransactionStatus.IDLE


async def test_much_in_both_directions(tx: Tx) -> None:
    text = "長い" * 200_000
    async with Pipeline(tx) as pipe:
        results = await pipe.run(*[LARGE.with_values(text=text) for _ in range(4)])
    assert all(rows(one) == [((text * 3).encode(),)] for one in results)


async def test_a_dead_server_process_is_an_outage(nation_database: Database) -> None:
    async with nation_database.pool.connection() as other:
        with pytest.raises(psycopg.OperationalError):
            async with nation_database.pool.connection() as tx, Pipeline(tx) as pipe:
                waiting = asyncio.create_task(
                    pipe.run(Statement("select pg_sleep(30)").with_values())
                )
                await asyncio.sleep(0.2)
                await other.execute("select pg_terminate_backend(%s)", (tx.info.backend_pid,))
                await asyncio.wait_for(waiting, 10)
    async with nation_database.pool.connection() as again:
        assert await fetch_value(again, "select 1") == 1


async def test_one_that_was_cancelled_is_not_used_again(nation_database: Database) -> None:
    async with nation_database.pool.connection() as tx:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2), Pipeline(tx) as pipe:
                await pipe.run(Statement("select pg_sleep(30)").with_values())
        assert tx.closed
    async with nation_database.pool.connection() as again:
        assert await fetch_value(again, "select 1") == 1


async def test_values_of_every_kind_arrive(tx: Tx) -> None:
    statement = Statement(
        "select %(b)s::bytea, %(d)s::date, %(t)s::timestamptz at time zone 'UTC', %(u)s::uuid,"
        " %(n)s::text is null"
    )
    at = datetime(2026, 11, 23, 1, 2, 3, 456789, tzinfo=UTC)
    async with Pipeline(tx) as pipe:
        (result,) = await pipe.run(
            statement.with_values(b=b"\x00\xff", d=date(2026, 2, 3), t=at, u=UUID(int=7), n=None)
        )
    ((raw, day, instant, identifier, null),) = rows(result)
    assert unhex(raw or b"") == b"\x00\xff"
    assert (day, instant) == (b"2026-02-03", b"2026-11-23 01:02:03.456789")
    assert (identifier, null) == (str(UUID(int=7)).encode(), b"t")


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0"))))
def test_any_texts_make_an_array(values: list[str]) -> None:
    """The literal reads back: PostgreSQL's rules for arrays, followed here by hand."""
    literal = text_array(values)
    found, at = [], 1
    while literal[at] != "}":
        assert literal[at] == '"'
        at, one = at + 1, ""
        while literal[at] != '"':
            at += literal[at] == "\\"
            one, at = one + literal[at], at + 1
        found.append(one)
        at += 1
        at += literal[at] == ","
    assert found == values
