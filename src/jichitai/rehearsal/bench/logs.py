"""`logs`: a day of a security cloud, from lines to events, and all rules over the day.

Lines are those of a proxy (squid), as they make up most of a day. Two figures: reading lines into
Parquet against storing the same lines as they are, and running every packaged rule against a plain
scan that reads the same columns of the same files.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import anyio

from jichitai.rehearsal.bench.result import Result, result
from jichitai.rehearsal.bench.stage import Stage
from jichitai.security.monitoring.detection import run as run_rules
from jichitai.security.monitoring.lake import Connection, Lake
from jichitai.security.monitoring.model.schema import COLUMNS
from jichitai.security.monitoring.model.sources import Area, Function, LogFormat
from jichitai.security.monitoring.normalising import normalise, prepare
from jichitai.security.monitoring.rules.builtin import rule_files
from jichitai.security.monitoring.trial.scenarios import Feed, scenario
from jichitai.security.monitoring.trial.table import source_of

_DAY: Final = datetime(2026, 11, 19, 15, 0, tzinfo=UTC)
"""Midnight in Japan."""
_PIECE: Final = 1_000_000
_BODIES: Final = ("011002", "012025", "012033", "012041")
_USERS: Final = 16_000
_MILLION: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class _Day:
    """A day that was read.

    Attributes:
        files: of events.
        seconds: of reading and writing.
        working: processor seconds of the same.
        plain: seconds for the same lines as they are.
        size: bytes of the files.
    """

    files: list[str]
    seconds: float
    working: float
    plain: float
    size: int


async def run(stage: Stage) -> list[Result]:
    """Measure a day: 32 million lines by default."""
    rows = stage.scale.rows_or(32_000_000, 400_000)
    return await anyio.to_thread.run_sync(_measure, stage, rows)


def _measure(stage: Stage, rows: int) -> list[Result]:
    with TemporaryDirectory(prefix="jichitai-bench-logs-") as folder:
        lake = Lake(Path(folder), "01", memory="4GB")
        day = _read_day(stage, lake, rows)
        with lake.connection() as connection:
            lake.read(connection, day.files)
            ruling, working, found = _rule(connection)
            scanning = min(_scan(connection) for _ in range(3))
    rules = sum(len(file.rules) for file in rule_files())
    return [
        result(
            "logs-intake",
            "行",
            rows / day.seconds,
            baseline=("同じ行をそのまま Parquet に書く", rows / day.plain),
            details={
                "rows": rows,
                "seconds": day.seconds,
                "seconds_per_million": day.seconds / rows * _MILLION,
                "cpu_seconds_per_million": day.working / rows * _MILLION,
                "bytes_per_row": day.size / rows,
            },
        ),
        result(
            "logs-rules",
            "行",
            rows / ruling,
            baseline=("同じ Parquet の同じ列を読むだけの DuckDB", rows / scanning),
            details={
                "rows": rows,
                "rules": rules,
                "seconds": ruling,
                "seconds_per_million": ruling / rows * _MILLION,
                "cpu_seconds_per_million": working / rows * _MILLION,
                "detections": found,
            },
        ),
    ]


def _read_day(stage: Stage, lake: Lake, rows: int) -> _Day:
    """Lines piece by piece into a file each."""
    files: list[str] = []
    reading, working, plain, plain_rows, size = 0.0, 0.0, 0.0, 0, 0
    at = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
    for batch, data in enumerate(_pieces(rows), start=1):
        feed = Feed(Function.PROXY, Area.INTERNET, LogFormat.SQUID, data)
        source = source_of(feed, _BODIES[batch % len(_BODIES)], at)
        with lake.connection() as connection:
            started, busy = time.perf_counter(), time.process_time()
            prepare(connection)
            normalise(connection, data, source, batch=batch, received_at=at)
            query = "select * from events order by time, raw_id"
            path, written = lake.write(connection, query, "events", "day=2026-11-20")
            reading += time.perf_counter() - started
            working += time.process_time() - busy
            if batch in {1, 2}:
                plain += _store_plain(lake, connection, data)
                plain_rows += data.count(b"\n")
        files.append(path)
        size += written
        if batch % 4 == 0:
            stage.say(f"{batch * _PIECE:,}行を読み込みました（{reading:.0f}秒）")
    files.append(_plant(lake, at))
    return _Day(files, reading, working, plain / plain_rows * rows, size)


def _store_plain(lake: Lake, connection: Connection, data: bytes) -> float:
    """Seconds for writing the lines of a piece as they are."""
    started = time.perf_counter()
    lines = data.decode().split("\n")
    connection.execute(
        "create or replace temp table plain as select unnest($1::varchar[]) as line", [lines]
    )
    path, _ = lake.write(connection, "select line from plain", "plain")
    seconds = time.perf_counter() - started
    lake.remove(path)
    return seconds


def _plant(lake: Lake, at: datetime) -> str:
    """A file with an attack in it, so that the rules have something to find."""
    with lake.connection() as connection:
        prepare(connection)
        for batch, key in enumerate(("ransomware", "brute-force", "download"), start=900_001):
            for feed in scenario(key, at).feeds:
                source = source_of(feed, _BODIES[0], at)
                normalise(connection, feed.data, source, batch=batch, received_at=at)
        path, _ = lake.write(connection, "select * from events", "events", "day=2026-11-20")
    return path


def _pieces(rows: int) -> Iterator[bytes]:
    """A day of a proxy: times rise, users and sites repeat."""
    ends = [
        f"{n * 7919 % 900} 10.{n % 40}.{n % 250}.{n * 31 % 250} TCP_MISS/{404 if n % 40 == 0 else 200}"
        f" {n * 37 % 90_000} GET http://www.example{n * 13 % 5_000}.jp/pages/{n}/index.html"
        f" user{n * 17 % _USERS:05} HIER_DIRECT/93.184.{n % 250}.34 text/html\n"
        for n in range(min(rows, 200_000))
    ]
    step = 86_400 / rows
    begin = _DAY.timestamp()
    for first in range(0, rows, _PIECE):
        last = min(rows, first + _PIECE)
        yield "".join(
            f"{begin + n * step:.3f} {ends[n % len(ends)]}" for n in range(first, last)
        ).encode()


def _rule(connection: Connection) -> tuple[float, float, int]:
    """Seconds, processor seconds, detections."""
    rules = [rule for file in rule_files() for rule in file.rules]
    started, busy = time.perf_counter(), time.process_time()
    found = run_rules(connection, rules)
    return time.perf_counter() - started, time.process_time() - busy, len(found.detections)


def _scan(connection: Connection) -> float:
    """Seconds for reading every column that rules can name."""
    wanted = [one.name for one in COLUMNS if one.name not in {"raw", "claimed_time", "received_at"}]
    sums = ", ".join(f'bit_xor(hash("{name}"))' for name in wanted)
    started = time.perf_counter()
    connection.execute(f"select {sums} from events").fetchone()
    return time.perf_counter() - started
