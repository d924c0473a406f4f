"""Group commit: questions that wait together are answered by one statement and one commit.

Every answer leaves after its record is durable; what is shared is the price of that. The record's
leaf enters the Merkle log in the same commit. The log's row is locked only from the end of the
look-up to the commit, so several groups and batches work side by side until that point.
"""

import asyncio
import os
import time
import uuid
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final, Self

import msgspec
import prometheus_client
import psycopg
import structlog
from psycopg.pq.abc import PGresult

from jichitai.infra.clock import Clock
from jichitai.infra.crypto import Sealer
from jichitai.infra.database import Database, DatabaseUnavailableError, Tx
from jichitai.infra.metrics import REGISTRY
from jichitai.infra.pipeline import BEGIN, COMMIT, ROLLBACK, Call, Pipeline
from jichitai.infra.transparency import merkle
from jichitai.infra.transparency import store as log
from jichitai.infra.transparency.growth import Head, completes, grow
from jichitai.jukinet.affairs import Field
from jichitai.jukinet.provision.errors import RepeatedBatchError
from jichitai.jukinet.provision.model import (
    LOG,
    Key,
    Purpose,
    RecordWriter,
    receipt,
    receipts,
    stamp,
)
from jichitai.jukinet.provision.store import answering, organs
from jichitai.jukinet.provision.store.answering import SALT_BYTES, Answered, Ask, Moment
from jichitai.kernel.dates import JST
from jichitai.kernel.errors import JichitaiError

SECONDS: Final = prometheus_client.Counter(
    "jichitai_provision_seconds", "Time of groups by part", ["part"], registry=REGISTRY
)
ANSWERED: Final = prometheus_client.Counter(
    "jichitai_provision_answered", "Look-ups answered", registry=REGISTRY
)
GROUPS: Final = prometheus_client.Counter(
    "jichitai_provision_groups", "Commits of look-ups", registry=REGISTRY
)

_HEX = 2 * SALT_BYTES
_log = structlog.get_logger("jichitai.provision")


class _Numbers(msgspec.Struct):
    code: str
    number: str | None


@dataclass(slots=True)
class _Waiting:
    ask: Ask
    future: asyncio.Future[bytes] = field(repr=False)


@dataclass(slots=True)
class _LookUp:
    """One group on its way: what was asked, what was found, where its leaves stand."""

    moment: Moment
    asks: Sequence[Ask]
    salts: bytes
    started: float
    rows: list[Answered] = field(default_factory=list)
    first: int = 0
    grown: float = 0.0

    @classmethod
    def of(cls, moment: Moment, asks: Sequence[Ask]) -> Self:
        """A group that has not been asked yet."""
        return cls(moment, asks, os.urandom(SALT_BYTES * len(asks)), time.perf_counter())

    @property
    def calls(self) -> list[Call]:
        """What looks up, writes the records, and then locks the log."""
        return [answering.asking(self.moment, self.asks, self.salts), log.locking(LOG)]

    async def append(self, tx: Tx, pipe: Pipeline, found: PGresult, state: PGresult) -> list[Call]:
        """Hash the records; the calls that append them to the log."""
        before, self.rows = log.locked(LOG, state), answering.answered(found)
        self.first = before.size
        looked_up = time.perf_counter()
        at, salt = stamp(self.moment.at), self.salts.hex()
        leaves = merkle.leaf_hashes(
            [
                RecordWriter(ask.purpose, ask.key.kind, at).write(
                    row.subject,
                    row.result,
                    row.fields,
                    salt[place * _HEX : (place + 1) * _HEX],
                )
                for place, (ask, row) in enumerate(zip(self.asks, self.rows, strict=True))
            ]
        )
        usage = Counter(ask.purpose.organ.organ_id for ask in self.asks)
        calls = await _growing(tx, pipe, self.moment, before, leaves, usage)
        self.grown = time.perf_counter()
        SECONDS.labels("look-up").inc(looked_up - self.started)
        SECONDS.labels("merkle").inc(self.grown - looked_up)
        return calls


class GroupCommitter:
    """Answers questions in groups; one per process of the nation.

    Args:
        database: the nation's.
        clock: law time.
        columns: opens sealed numbers, only when an affair gives them.
        lanes: groups that may be under way at once; each keeps a connection of the pool.
        largest: questions in one group at most.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        columns: Sealer,
        *,
        lanes: int = 1,
        largest: int = 256,
    ) -> None:
        """Make it; `start` sets it to work."""
        self._database = database
        self._clock = clock
        self._columns = columns
        self._lanes = lanes
        self._largest = largest
        self._queue: asyncio.Queue[_Waiting] = asyncio.Queue(maxsize=4096)
        self._tasks: list[asyncio.Task[None]] = []
        self._months: set[date] = set()

    async def start(self) -> None:
        """Begin to answer."""
        self._tasks = [asyncio.create_task(self._lane()) for _ in range(self._lanes)]

    async def close(self) -> None:
        """Stop; questions that still wait are refused as unavailable."""
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with suppress(asyncio.CancelledError):
                await task
        while not self._queue.empty():
            _refuse([self._queue.get_nowait()], _unavailable())

    async def answer(self, ask: Ask) -> bytes:
        """Answer one question; returns JSON when its record is durable.

        Raises:
            DatabaseUnavailableError: the database did not answer; the record may exist.
        """
        waiting = _Waiting(ask, asyncio.get_running_loop().create_future())
        if self._queue.full():
            await self._queue.put(waiting)
        else:
            self._queue.put_nowait(waiting)
        return await waiting.future

    async def answer_batch(
        self, purpose: Purpose, mask: int, key: Key, request_number: str
    ) -> bytes:
        """Answer many numbers or codes of one purpose by one commit; returns JSON.

        Args:
            purpose: what all of them are for.
            mask: bits of the fields to give.
            key: hashes of the keys, one after the other.
            request_number: of the body; answered once.

        Raises:
            RepeatedBatchError: this number was answered before; nothing was looked up.
            DatabaseUnavailableError: the database did not answer.
        """
        moment = await self._moment()
        count = len(key.hashes) // answering.HASH_BYTES
        salts = os.urandom(SALT_BYTES * count)
        writer = RecordWriter(purpose, key.kind, stamp(moment.at))
        async with self._database.transaction() as tx:
            await _claim(tx, purpose.organ.organ_id, request_number, moment, count)
            cursor = await answering.answer_batch(tx, moment, purpose, mask, key, salts)
            if mask & answering.SEALED_BITS:
                rows = await answering.each(cursor)
                answers = ",".join(f"{{{self._body(row)}}}" for row in rows)
                outcomes = [(row.subject, row.result, row.fields) for row in rows]
            else:
                batch = await answering.together(cursor)
                answers, outcomes = batch.answers, batch.outcomes
            salt = salts.hex()
            leaves = merkle.leaf_hashes(
                [
                    writer.write(*outcome, salt[at * _HEX : (at + 1) * _HEX])
                    for at, outcome in enumerate(outcomes)
                ]
            )
            async with Pipeline(tx) as pipe:
                (found,) = await pipe.run(log.locking(LOG))
                before = log.locked(LOG, found)
                usage = {purpose.organ.organ_id: count}
                await pipe.run(*await _growing(tx, pipe, moment, before, leaves, usage))
        ANSWERED.inc(count)
        GROUPS.inc()
        first = receipt(moment.month, before.size)
        return (
            f'{{"request_number":"{request_number}","first_receipt":"{first}",'
            f'"at":"{stamp(moment.at)}","count":{count},"answers":[{answers}]}}'
        ).encode()

    async def answer_many(self, asks: Sequence[Ask], request_number: str) -> bytes:
        """The batch form for names and birth dates; returns JSON.

        Raises:
            RepeatedBatchError: this number was answered before; nothing was looked up.
            DatabaseUnavailableError: the database did not answer.
        """
        moment = await self._moment()
        organ_id = asks[0].purpose.organ.organ_id
        async with self._database.transaction() as tx:
            await _claim(tx, organ_id, request_number, moment, len(asks))
            look_up = _LookUp.of(moment, asks)
            async with Pipeline(tx) as pipe:
                found = await pipe.run(*look_up.calls)
                await pipe.run(*await look_up.append(tx, pipe, *found))
        answers = ",".join(f"{{{self._body(row)}}}" for row in look_up.rows)
        return (
            f'{{"request_number":"{request_number}",'
            f'"first_receipt":"{receipt(moment.month, look_up.first)}","at":"{stamp(moment.at)}",'
            f'"count":{len(asks)},"answers":[{answers}]}}'
        ).encode()

    async def _lane(self) -> None:
        """Hold a connection and answer groups on it; a broken one is replaced."""
        while True:
            first = await self._queue.get()
            group = [first]
            try:
                async with (
                    self._database.pool.connection() as tx,
                    Pipeline(tx, lasting=True) as pipe,
                ):
                    await self._serve(tx, pipe, group)
            except (psycopg.OperationalError, psycopg.InterfaceError, TimeoutError) as error:
                _log.warning("provision.lane-broken", error=type(error).__name__)
                _refuse(group, _unavailable())
            except asyncio.CancelledError:
                _refuse(group, _unavailable())
                raise
            except Exception as error:  # noqa: BLE001  # a worker loop: the next group goes on
                _log.warning("provision.group-refused", error=type(error).__name__)
                _refuse(group, error)

    async def _serve(self, tx: Tx, pipe: Pipeline, group: list[_Waiting]) -> None:
        """Answer group after group; `group` always holds those that are under way."""
        while True:
            while len(group) < self._largest and not self._queue.empty():
                group.append(self._queue.get_nowait())
            await self._answer_or_split(tx, pipe, group)
            group[:] = [await self._queue.get()]

    async def _answer_or_split(self, tx: Tx, pipe: Pipeline, group: Sequence[_Waiting]) -> None:
        """Answer a group; when the database refuses it as a whole, each question alone."""
        look_up = _LookUp.of(await self._moment(), [waiting.ask for waiting in group])
        try:
            found = await pipe.run(BEGIN, *look_up.calls)
            await pipe.run(*await look_up.append(tx, pipe, *found[1:]), COMMIT)
        except (psycopg.OperationalError, psycopg.InterfaceError):
            raise
        except psycopg.Error as error:
            await pipe.run(ROLLBACK)
            if len(group) == 1:
                _refuse(group, error)
                return
            for waiting in group:
                await self._answer_or_split(tx, pipe, [waiting])
        else:
            SECONDS.labels("append and commit").inc(time.perf_counter() - look_up.grown)
            self._tell(group, look_up)

    def _tell(self, group: Sequence[_Waiting], done: _LookUp) -> None:
        """Give everybody their answer: the records are durable now."""
        ANSWERED.inc(len(group))
        GROUPS.inc()
        at, numbers = stamp(done.moment.at), receipts(done.moment.month, done.first)
        for waiting, row, number in zip(group, done.rows, numbers, strict=False):
            try:
                answer = f'{{"receipt":"{number}","at":"{at}",{self._body(row)}}}'.encode()
            except JichitaiError as refusal:
                _refuse([waiting], refusal)
                continue
            if not waiting.future.done():
                waiting.future.set_result(answer)

    async def _moment(self) -> Moment:
        now = self._clock.now()
        month = now.astimezone(JST).date().replace(day=1)
        if month not in self._months:
            async with self._database.transaction() as tx:
                await organs.ensure_month(tx, month)
            self._months.add(month)
        return Moment(time_ordered_id(now), now, month)

    def _body(self, row: Answered) -> str:
        """Members of one answer; opens sealed numbers when they are to be given."""
        if not row.fields & answering.SEALED_BITS:
            return row.body
        numbers = _Numbers(code="", number=None)
        if row.sealed is not None:
            plain = self._columns.open(row.sealed, uuid.UUID(row.subject).bytes)
            numbers = msgspec.json.decode(plain, type=_Numbers)
        body = row.body
        if row.fields & Field.NUMBER.bit:
            body += f',"number":{msgspec.json.encode(numbers.number).decode()}'
        if row.fields & Field.CODE.bit:
            body += f',"code":"{numbers.code}"'
        return body + "}"


def time_ordered_id(at: datetime) -> uuid.UUID:
    """A UUID of version 7: 48 bits of milliseconds, then random."""
    milliseconds = int(at.timestamp() * 1000) & ((1 << 48) - 1)
    chance = int.from_bytes(os.urandom(10), "big")
    value = milliseconds << 80 | 7 << 76 | (chance >> 68) << 64 | 2 << 62 | chance & ((1 << 62) - 1)
    return uuid.UUID(int=value)


async def _growing(
    tx: Tx,
    pipe: Pipeline,
    moment: Moment,
    before: Head,
    leaves: Sequence[bytes],
    usage: dict[str, int],
) -> list[Call]:
    """The calls that append the leaves of a group and tell where they stand."""
    if completes(before.size, len(leaves)):  # once in 256 leaves
        async with pipe.paused():
            growth = await log.extend(tx, LOG, before, leaves)
    else:
        growth = grow(before, leaves, {})
    placed = answering.placing(moment, before.size, len(leaves), usage)
    return [*log.saving(LOG, before, growth), placed]


async def _claim(tx: Tx, organ_id: str, request_number: str, moment: Moment, count: int) -> None:
    """Take a request number, once."""
    if not await answering.claim_batch(tx, organ_id, request_number, moment, count):
        raise RepeatedBatchError(
            "この要求番号の一括照会には既に回答しています。同じ照会を二重に記録しないため、"
            "受け付けませんでした。新しい照会には新しい要求番号を付けてください。",
            request_number=request_number,
        )


def _refuse(group: Sequence[_Waiting], error: Exception) -> None:
    for waiting in group:
        if not waiting.future.done():
            waiting.future.set_exception(error)


def _unavailable() -> DatabaseUnavailableError:
    return DatabaseUnavailableError(
        "データベースが応答しないため、照会に回答できませんでした。しばらくしてから、"
        "もう一度照会してください。"
    )
