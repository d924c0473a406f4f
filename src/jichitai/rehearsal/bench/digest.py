"""`digest`: the nation's digest of every town, in one pass over all persons."""

import time
from collections.abc import Awaitable, Callable
from typing import Final

from jichitai.infra.database import Database, Tx, fetch_value
from jichitai.jukinet.digest.store import nation_roots
from jichitai.kernel.parties import Tier
from jichitai.rehearsal.bench import load
from jichitai.rehearsal.bench.result import Result, result
from jichitai.rehearsal.bench.stage import Stage

_ROUNDS: Final = 3
_BASELINE: Final = "select count(*), sum(hashtext(name)) from jukinet.person where state = 'live'"


async def run(stage: Stage) -> list[Result]:
    """Measure the digest of all towns against a plain pass over the same rows."""
    persons = stage.scale.persons_or(10_000_000, 200_000)
    database = await Database.open(stage.platform.dsn(Tier.NATION))
    try:
        await load.fill(stage, database, persons)
        await _settle(database)
        ours, base = [], []
        for _ in range(_ROUNDS):
            ours.append(await _timed(database, nation_roots))
            base.append(await _timed(database, _plain))
    finally:
        await database.close()
    return [
        result(
            "digest",
            "行",
            persons / min(ours),
            baseline=("select count(*), sum(hashtext(name))", persons / min(base)),
            details={"persons": persons, "seconds": min(ours)},
        )
    ]


async def _timed(database: Database, work: Callable[[Tx], Awaitable[object]]) -> float:
    async with database.transaction(read_only=True) as tx:
        started = time.perf_counter()
        await work(tx)
        return time.perf_counter() - started


async def _plain(tx: Tx) -> None:
    await fetch_value(tx, _BASELINE)


async def _settle(database: Database) -> None:
    """Read everything once, so that both sides find the same state of hint bits and cache."""
    async with database.transaction() as tx:
        await fetch_value(tx, _BASELINE)
