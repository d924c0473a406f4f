"""A full disk under PostgreSQL: writes are refused, nothing acknowledged is lost, space heals it."""

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from jichitai.infra.database import Database, DatabaseUnavailableError, fetch_value
from jichitai.infra.embedded.postgres import PostgresServer

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]
MEGABYTE = 1024 * 1024


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own with 160 MB."""
    place = tmp_path / "small"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=160m,mode=0755", "none", str(place)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode != 0:
        pytest.skip(
            "小さなファイルシステムを作る権限がありません（mount）。root で試験してください"
        )
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


async def test_a_full_disk_refuses_writes_and_heals_without_loss(small_disk: Path) -> None:
    server = PostgresServer(small_disk / "postgres", durable=False)
    server.start()
    filler = small_disk / "filler"
    try:
        with psycopg.connect(server.superuser_dsn(), autocommit=True) as connection:
            connection.execute("create table kept (number bigint primary key, load text not null)")
        database = await Database.open(server.superuser_dsn(), size=2, wait=5)
        written = await _write(database, 1, 50)
        filler.write_bytes(b"x" * max(0, _free(small_disk) - 2 * MEGABYTE))
        refusal = ""
        for start in range(51, 4000, 50):
            try:
                written += await _write(database, start, 50)
            except DatabaseUnavailableError as error:
                refusal = error.detail
                break
        assert "もう一度" in refusal
        with pytest.raises(DatabaseUnavailableError):
            for start in range(100_000, 200_000, 50):
                await _write(database, start, 50)
        filler.unlink()
        await _until_it_answers(database, server)
        async with database.transaction() as tx:
            found = await fetch_value(tx, "select count(*) from kept where number < 100000")
        assert found >= written  # every acknowledged row; an answer that was lost may be there too
        assert await _write(database, 300_000, 50) == 50
        await database.close()
    finally:
        filler.unlink(missing_ok=True)
        server.stop()


async def _write(database: Database, start: int, rows: int) -> int:
    """Rows of 20 kB that cannot be compressed; returns how many were acknowledged."""
    values = [(number, os.urandom(10_000).hex()) for number in range(start, start + rows)]
    async with database.transaction() as tx, tx.cursor() as cursor:
        await cursor.executemany("insert into kept values (%s, %s)", values)
    return rows


async def _until_it_answers(database: Database, server: PostgresServer) -> None:
    end = time.monotonic() + 60
    while True:
        try:
            async with database.transaction() as tx:
                await tx.execute("select 1")
        except DatabaseUnavailableError:
            assert time.monotonic() < end
            server.start()  # what a supervisor does
        else:
            return


def _free(place: Path) -> int:
    state = os.statvfs(place)
    return state.f_bavail * state.f_frsize
