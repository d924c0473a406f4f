"""Folders and DuckDB: where events lie, and how a connection is held within bounds.

    ROOT/<prefecture>/spool/<batch>          bytes as they arrived, until they are events
    ROOT/<prefecture>/events/day=YYYY-MM-DD/ Parquet, one or more files a day (JST)
    ROOT/<prefecture>/refused/day=…/         lines that were set aside

A file counts only once the database lists it. What is not listed is left over from a crash.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import duckdb

from jichitai.security.monitoring.model.schema import COLUMNS

Connection = duckdb.DuckDBPyConnection
_PRIVATE: Final = 0o700


@dataclass(frozen=True, slots=True)
class Lake:
    """The logs of one prefecture.

    Attributes:
        root: folder of all prefectures' logs (setting `log_directory`).
        prefecture: two digits.
        memory: what DuckDB may use before it goes to disk.
        threads: processors for DuckDB; 0 takes all.
    """

    root: Path
    prefecture: str
    memory: str = "1GB"
    threads: int = 0

    @property
    def folder(self) -> Path:
        """The prefecture's own folder."""
        return self.root.resolve() / self.prefecture

    def place(self, *parts: str) -> Path:
        """A folder below the prefecture's own, made when it is missing."""
        found = self.folder.joinpath(*parts)
        found.mkdir(parents=True, exist_ok=True, mode=_PRIVATE)
        return found

    def spooled(self, batch: int) -> Path:
        """Where a batch waits."""
        return self.place("spool") / f"{batch:012d}"

    def spool(self, batch: int, data: bytes) -> None:
        """Keep a batch until it is read; it is on the disk when this returns."""
        final = self.spooled(batch)
        half = final.with_suffix(".half")
        with half.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        half.replace(final)

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """DuckDB in memory that reaches this folder and nothing else."""
        temporary = self.place("temporary")
        connection = duckdb.connect(":memory:")
        try:
            connection.execute("set timezone = 'UTC'")
            connection.execute(f"set memory_limit = '{self.memory}'")
            if self.threads:
                connection.execute(f"set threads = {int(self.threads)}")
            connection.execute("set temp_directory = $1", [str(temporary)])
            connection.execute("set allowed_directories = $1", [[str(self.folder)]])
            connection.execute("set enable_external_access = false")
            connection.execute("set lock_configuration = true")
            yield connection
        finally:
            connection.close()

    def read(self, connection: Connection, paths: Sequence[str], *, name: str = "events") -> None:
        """Make the events of these files (paths below the prefecture's folder) a view."""
        if not paths:
            connection.execute(f"create or replace view {name} as {nothing()}")
            return
        listed = ", ".join(_quoted(str(self.folder / path)) for path in paths)
        connection.execute(
            f"create or replace view {name} as select * from read_parquet([{listed}],"
            " hive_partitioning = false)"
        )

    def write(self, connection: Connection, query: str, *parts: str) -> tuple[str, int]:
        """Write a query as a Parquet file that appears whole or not at all.

        Returns:
            Its path below the prefecture's folder, and its size in bytes.
        """
        folder = self.place(*parts)
        name = f"{uuid4().hex}.parquet"
        half = folder / f".{name}.half"
        connection.execute(
            f"copy ({query}) to {_quoted(str(half))}"
            " (format parquet, compression zstd, row_group_size 122880)"
        )
        with half.open("rb+") as file:
            os.fsync(file.fileno())
        final = folder / name
        half.replace(final)
        return str(final.relative_to(self.folder)), final.stat().st_size

    def remove(self, path: str) -> None:
        """Delete a file that is listed no longer."""
        found = (self.folder / path).resolve()
        if found.is_relative_to(self.folder):
            found.unlink(missing_ok=True)


def nothing() -> str:
    """SQL of the events table without a row."""
    columns = ", ".join(f'cast(null as {one.kind}) as "{one.name}"' for one in COLUMNS)
    return f"select {columns} limit 0"


def one_value(connection: Connection, query: str, parameters: Any = None) -> Any:
    """The single value of a query."""
    row = connection.execute(query, parameters).fetchone()
    return None if row is None else row[0]


def _quoted(path: str) -> str:
    return "'" + path.replace("'", "''") + "'"
