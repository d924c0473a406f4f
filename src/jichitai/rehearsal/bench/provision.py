"""`provision`: audited, Merkle-logged look-ups over HTTP, one by one and a thousand at a time.

The nation runs as its own process, exactly as `jichitai up --tier nation`; a program with a real
access token asks it over kept connections. The baseline is pgbench on the same server: one select
and one insert with a commit each, without HTTP, rights, JSON and log.
"""

import random
import re
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Final
from urllib.request import urlopen

import msgspec
import psycopg

from jichitai.infra.database import Database
from jichitai.infra.embedded.places import free_port
from jichitai.infra.members import Process
from jichitai.infra.migrate import OWNER
from jichitai.infra.settings import own_environment
from jichitai.kernel.parties import Tier
from jichitai.rehearsal.bench import load, organ, pgbench
from jichitai.rehearsal.bench.client import Tally, ask
from jichitai.rehearsal.bench.people import residents
from jichitai.rehearsal.bench.result import Result, result
from jichitai.rehearsal.bench.stage import Stage

_HOST: Final = "127.0.0.1"
_CONNECTIONS: Final = 32
_CLIENTS: Final = 8
_ROUNDS: Final = 3
_KEYS: Final = 1_000
_BATCHES: Final = 4
_PREPARED: Final = 20_000
_PART: Final = re.compile(
    r'^jichitai_provision_seconds_total\{part="([^"]+)"\} (\S+)', re.MULTILINE
)
_encode = msgspec.json.encode


@dataclass(slots=True)
class _Sums:
    single: Tally = field(default_factory=Tally)
    batch: Tally = field(default_factory=Tally)
    plain: list[float] = field(default_factory=list)
    plain_batch: list[float] = field(default_factory=list)


async def run(stage: Stage) -> list[Result]:
    """Measure both forms of provision beside pgbench, round by round."""
    persons = stage.scale.persons_or(1_000_000, 20_000)
    seconds = stage.scale.seconds_or(10.0, 2.0)
    keys = min(_KEYS, persons // 2)
    database = await Database.open(stage.platform.dsn(Tier.NATION))
    try:
        await load.fill(stage, database, persons)
        key = await organ.register(database)
    finally:
        await database.close()
    _prepare(stage)
    numbers = [str(person.identity.my_number) for person in residents(persons)]
    random.Random(1).shuffle(numbers)  # noqa: S311  # an order, not a secret
    sums = _Sums()
    async with _nation(stage) as port:
        token = await organ.token(f"http://{_HOST}:{port}", key)
        singles = _singles(numbers[:_PREPARED], token, port)
        batches = _batches(numbers, keys, token, port)
        await _round(stage, port, singles, batches, _Sums(), persons, keys, min(2.0, seconds))
        before = _parts(port)
        for number in range(stage.scale.times_or(_ROUNDS, 1)):
            await _round(stage, port, singles, batches, sums, persons, keys, seconds)
            stage.say(
                f"{number + 1}回目：1件ずつ毎秒{sums.single.per_second:,.0f}件、"
                f"一括 毎秒{sums.batch.per_second * keys:,.0f}件、pgbench 毎秒{sums.plain[-1]:,.0f}件"
            )
        shares = _shares(before, _parts(port))
    return _results(sums, keys, persons, shares)


async def _round(
    stage: Stage,
    port: int,
    singles: Iterator[bytes],
    batches: Iterator[bytes],
    sums: _Sums,
    persons: int,
    keys: int,
    seconds: float,
) -> None:
    dsn, directory = stage.platform.dsn(Tier.NATION, OWNER), stage.platform.directory
    sums.single.add(await ask(_HOST, port, singles, connections=_CONNECTIONS, seconds=seconds))
    sums.plain.append(
        await pgbench.run(
            dsn, pgbench.ONE, directory, clients=_CLIENTS, seconds=seconds, persons=persons
        )
    )
    sums.batch.add(await ask(_HOST, port, batches, connections=_BATCHES, seconds=seconds / 2))
    sums.plain_batch.append(
        await pgbench.run(
            dsn, pgbench.MANY, directory,
            clients=_BATCHES, seconds=seconds / 2, persons=persons, keys=keys,
        )
    )  # fmt: skip


def _results(sums: _Sums, keys: int, persons: int, shares: dict[str, float]) -> list[Result]:
    return [
        result(
            "provision",
            "照会",
            sums.single.per_second,
            baseline=("pgbench 8接続、検索と記録を1件ずつ確定", _mean(sums.plain)),
            latencies=sums.single.latencies,
            details={"persons": persons, "connections": _CONNECTIONS, **shares},
        ),
        result(
            "provision-batch",
            "キー",
            sums.batch.per_second * keys,
            baseline=(f"pgbench {_BATCHES}接続、{keys}件を1文で", _mean(sums.plain_batch) * keys),
            latencies=sums.batch.latencies,
            details={"keys in a request": keys, "connections": _BATCHES},
        ),
    ]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _prepare(stage: Stage) -> None:
    with psycopg.connect(stage.platform.dsn(Tier.NATION, OWNER), autocommit=True) as connection:
        for statement in pgbench.PREPARE.split(";\n"):
            if statement.strip():
                connection.execute(statement.encode())
        connection.execute("vacuum analyze")


@asynccontextmanager
async def _nation(stage: Stage) -> AsyncIterator[int]:
    port = free_port()
    environment = own_environment() | stage.platform.environment(Tier.NATION, port=port)
    environment["JICHITAI_RATE_LIMIT"] = "0"
    nation = Process(
        "nation",
        [sys.executable, "-m", "jichitai", "up", "--tier", "nation"],
        log=stage.platform.directory / "logs" / "nation.log",
        environment=environment,
        health=f"http://{_HOST}:{port}/readyz",
        start_timeout=90.0,
    )
    await nation.start()
    try:
        yield port
    finally:
        await nation.stop()


def _singles(numbers: Sequence[str], token: str, port: int) -> Iterator[bytes]:
    made = [
        _request(
            "/api/v1/provisions",
            {
                "affair": organ.AFFAIR,
                "reason": "survival",
                "reference": f"bench-{place}",
                "operator": organ.OPERATOR,
                "number": number,
            },
            token,
            port,
        )
        for place, number in enumerate(numbers)
    ]
    while True:
        yield from made


def _batches(numbers: Sequence[str], keys: int, token: str, port: int) -> Iterator[bytes]:
    """Requests made beforehand, of which only the request number changes."""
    mark = "0" * 9
    made = [
        _request(
            "/api/v1/provisions/batch",
            {
                "affair": organ.AFFAIR,
                "reason": "survival",
                "reference": "bench",
                "request_number": f"b-{mark}",
                "operator": organ.OPERATOR,
                "numbers": list(numbers[first : first + keys]),
            },
            token,
            port,
        )
        for first in range(0, min(len(numbers) - keys + 1, 50 * keys), keys)
    ]
    for number in count():
        yield made[number % len(made)].replace(f"b-{mark}".encode(), f"b-{number:09d}".encode(), 1)


def _request(path: str, body: dict[str, object], token: str, port: int) -> bytes:
    content = _encode(body)
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {_HOST}:{port}\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


def _parts(port: int) -> dict[str, float]:
    with urlopen(f"http://{_HOST}:{port}/metrics", timeout=10) as answer:
        return {part: float(value) for part, value in _PART.findall(answer.read().decode())}


def _shares(before: dict[str, float], after: dict[str, float]) -> dict[str, float]:
    """The share of each part in the time of the groups."""
    spent = {part: value - before.get(part, 0.0) for part, value in after.items()}
    total = sum(spent.values()) or 1.0
    return {f"share of {part}": value / total for part, value in sorted(spent.items())}
