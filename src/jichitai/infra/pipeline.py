"""Statements sent together over libpq's pipeline, with next to nothing around them.

psycopg's own pipeline costs about 100 µs of Python for each statement, which is more than the
server needs for it. A hot path that sends the same few statements thousands of times a second keeps
one connection and drives it through `psycopg.pq`, the documented wrapper around libpq.
"""

import asyncio
import itertools
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Final, Self
from uuid import UUID

import psycopg
from psycopg.pq import ConnStatus, ExecStatus, PipelineStatus
from psycopg.pq.abc import PGconn, PGresult

from jichitai.infra.database import Tx

Value = str | bytes | int | date | datetime | UUID | None

_PLACEHOLDER: Final = re.compile(r"%\((\w+)\)s")
_GOOD: Final = frozenset({ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK, ExecStatus.EMPTY_QUERY})
_numbers = itertools.count()
_LOST: Final = "データベースとの接続が切れました。"


@dataclass(frozen=True)
class Statement:
    """One statement of a hot path.

    Attributes:
        text: SQL with `%(name)s` for parameters, each cast to its type in the text.
    """

    text: str

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Parameters in the order of their numbers."""
        return tuple(dict.fromkeys(_PLACEHOLDER.findall(self.text)))

    @cached_property
    def sql(self) -> bytes:
        """The text with numbered parameters."""
        numbers = {name: f"${number}" for number, name in enumerate(self.names, start=1)}
        return _PLACEHOLDER.sub(lambda found: numbers[found[1]], self.text).encode()

    def with_values(self, **values: Value) -> "Call":
        """The statement with its parameters.

        Raises:
            KeyError: one is missing.
        """
        return Call(self, tuple([_text(values[name]) for name in self.names]))


@dataclass(frozen=True, slots=True)
class Call:
    """A statement and the text form of its parameters."""

    statement: Statement
    values: tuple[bytes | None, ...]


BEGIN: Final = Statement("begin").with_values()
COMMIT: Final = Statement("commit").with_values()
ROLLBACK: Final = Statement("rollback").with_values()


class Pipeline:
    """A connection used for nothing else while the pipeline is open.

    Args:
        tx: an open connection. A transaction may run on it; `BEGIN` and `COMMIT` are calls too.
        lasting: the pipeline stays open for many runs, so its statements are prepared once. They
            are not remembered beyond it: psycopg discards what is prepared after a rollback.
    """

    def __init__(self, tx: Tx, *, lasting: bool = False) -> None:
        self._pg: PGconn = tx.pgconn
        self._loop = asyncio.get_running_loop()
        self._waiting: asyncio.Future[None] | None = None
        self._socket = self._pg.socket
        self._lasting = lasting
        self._prepared: dict[Statement, bytes] = {}

    async def __aenter__(self) -> Self:
        """Take the connection over."""
        self._enter()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Give it back as it was; one that was left in the middle of something is closed."""
        self._leave()
        if self._pg.status == ConnStatus.OK and self._pg.pipeline_status != PipelineStatus.OFF:
            self._pg.finish()

    @asynccontextmanager
    async def paused(self) -> AsyncIterator[None]:
        """Let psycopg use the connection for a moment, within the running transaction."""
        self._leave()
        try:
            yield
        finally:
            self._enter()

    async def run(self, *calls: Call) -> list[PGresult]:
        """Send calls in one go and wait for their results, one for each.

        Raises:
            psycopg.Error: the first call that was refused; those after it were not run, and a
                running transaction can only be rolled back.
            psycopg.OperationalError: the connection broke.
        """
        pg = self._pg
        sent: list[tuple[Statement, bytes] | None] = []  # None stands for a call
        for call in calls:
            if not self._lasting:
                pg.send_query_params(call.statement.sql, call.values)
                sent.append(None)
                continue
            name = self._prepared.get(call.statement)
            if name is None:
                name = b"jc_%d" % next(_numbers)
                pg.send_prepare(name, call.statement.sql)
                sent.append((call.statement, name))
            pg.send_query_prepared(name, call.values)
            sent.append(None)
        pg.pipeline_sync()
        while pg.flush():
            await self._writable()
        answers: list[PGresult] = []
        refused: psycopg.Error | None = None
        for made, result in zip(sent, await self._results(), strict=True):
            if result.status not in _GOOD:
                refused = refused or _error(result)
            elif made is None:
                answers.append(result)
            else:
                self._prepared[made[0]] = made[1]
        if refused is not None:
            raise refused
        return answers

    async def _results(self) -> list[PGresult]:
        """What came back, up to the end of what was sent."""
        pg = self._pg
        results: list[PGresult] = []
        while True:
            while pg.is_busy():
                await self._readable()
            result = pg.get_result()
            if result is None:  # stands between the results of two calls
                if pg.status != ConnStatus.OK:
                    raise psycopg.OperationalError(_LOST)
                continue
            if result.status == ExecStatus.PIPELINE_SYNC:
                return results
            results.append(result)

    # --- waiting ---------------------------------------------------------------

    def _enter(self) -> None:
        self._pg.enter_pipeline_mode()
        self._socket = self._pg.socket
        self._loop.add_reader(self._socket, self._on_readable)

    def _leave(self) -> None:
        self._loop.remove_reader(self._socket)
        idle = self._pg.transaction_status != psycopg.pq.TransactionStatus.ACTIVE
        if self._pg.status == ConnStatus.OK and idle:
            self._pg.exit_pipeline_mode()

    def _on_readable(self) -> None:
        """Take what has come; the one who waits goes on."""
        waiting = self._waiting
        try:
            self._pg.consume_input()
        except psycopg.OperationalError as error:
            self._loop.remove_reader(self._socket)  # a lost connection no longer tells its number
            if waiting is not None and not waiting.done():
                waiting.set_exception(error)
            return
        if waiting is not None and not waiting.done():
            waiting.set_result(None)

    async def _readable(self) -> None:
        if self._pg.status != ConnStatus.OK:
            raise psycopg.OperationalError(_LOST)
        self._waiting = self._loop.create_future()
        try:
            await self._waiting
        finally:
            self._waiting = None

    async def _writable(self) -> None:
        """Wait until more can be sent; what the server says meanwhile is read."""
        free = asyncio.Event()
        self._loop.add_writer(self._socket, free.set)
        try:
            await free.wait()
        finally:
            self._loop.remove_writer(self._socket)


def _error(result: PGresult) -> psycopg.Error:
    state = (result.error_field(psycopg.pq.DiagnosticField.SQLSTATE) or b"").decode()
    message = result.error_message.decode("utf-8", "replace")
    try:
        kind = psycopg.errors.lookup(state)
    except KeyError:
        kind = psycopg.DatabaseError
    return kind(message)


def _text(value: Value) -> bytes | None:
    match value:
        case None:
            return None
        case str():
            return value.encode()
        case bytes():
            return b"\\x" + value.hex().encode()
        case date():
            return value.isoformat().encode()
        case _:
            return str(value).encode()


def rows(result: PGresult) -> list[tuple[bytes | None, ...]]:
    """All rows of a result in text form."""
    columns = range(result.nfields)
    value = result.get_value
    return [tuple([value(row, column) for column in columns]) for row in range(result.ntuples)]


def unhex(text: bytes) -> bytes:
    r"""A `bytea` in its text form.

    >>> unhex(b"\\x01ff")
    b'\x01\xff'
    """
    return bytes.fromhex(text[2:].decode())
