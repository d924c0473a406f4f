"""`load`: the initial load of a whole nation by the product's path, indexes included.

Timed is what the nation does with the signed files of the towns: check the signature, open the
seal, check every item, hash, seal again, write person and look-ups. Writing the files is the towns'
work and is not timed.
"""

import asyncio
import os
import time
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Final, LiteralString

from jichitai.infra.clock import FixedClock
from jichitai.infra.database import Database, fetch_value
from jichitai.infra.keys import Keys
from jichitai.infra.messages import PublicKeys
from jichitai.infra.migrate import OWNER
from jichitai.infra.outbox import Outbox
from jichitai.infra.party_keys import KeyBook
from jichitai.jukinet.network.load.file import IdentityFile, make_file, row_of
from jichitai.jukinet.network.load.rows import PERSON_COLUMNS
from jichitai.jukinet.network.load.service import Workers, load_identity
from jichitai.jukinet.network.scope import NATIONAL
from jichitai.jukinet.node import Node
from jichitai.kernel.errors import UnavailableError
from jichitai.kernel.municipalities import municipalities
from jichitai.kernel.parties import Party, Tier
from jichitai.rehearsal.bench.baselines import copy_all
from jichitai.rehearsal.bench.notices import RECORDED
from jichitai.rehearsal.bench.people import Resident, residents
from jichitai.rehearsal.bench.result import Result, result
from jichitai.rehearsal.bench.stage import Stage
from jichitai.rehearsal.population.people import shares

_LOT: Final = 500_000
_LANES: Final = 3
_PER_TOWN: Final = 5_000
"""Persons of a town at least; a smaller nation has fewer towns."""

_TABLES: Final = {
    "person": PERSON_COLUMNS,
    "code_lookup": ("code_hash", "person_id", "current"),
    "number_lookup": ("number_hash", "person_id", "current"),
    "match_lookup": ("match_key", "person_id"),
}
_INDEXES: Final[dict[str, LiteralString]] = {
    "person_pkey": "alter table plain.person add primary key (person_id)",
    "person_by_town": "create index on plain.person (municipality, bucket) where state = 'live'",
    "code_lookup_pkey": "alter table plain.code_lookup add primary key (code_hash)",
    "number_lookup_pkey": "alter table plain.number_lookup add primary key (number_hash)",
    "match_lookup_pkey": "alter table plain.match_lookup add primary key (match_key, person_id)",
}


async def run(stage: Stage) -> list[Result]:
    """Measure the load, then the same rows by plain COPY."""
    persons = stage.scale.persons_or(10_000_000, 200_000)
    database = await Database.open(stage.platform.dsn(Tier.NATION))
    try:
        seconds = await fill(stage, database, persons)
    finally:
        await database.close()
    stage.say(f"取り込み：毎秒{persons / seconds:,.0f}人。基準を測ります")
    steps = copy_all(stage.platform.dsn(Tier.NATION, OWNER), _TABLES, _INDEXES)
    plain = sum(steps.values())
    return [
        result(
            "load",
            "人",
            persons / seconds,
            baseline=("同じ行の COPY と、その後の索引作成", persons / plain),
            details={
                "persons": persons,
                "seconds": seconds,
                "baseline copy seconds": _sum(steps, "copy"),
                "baseline index seconds": _sum(steps, "index"),
            },
        )
    ]


def _sum(steps: Mapping[str, float], kind: str) -> float:
    return sum(took for step, took in steps.items() if step.startswith(kind))


async def fill(stage: Stage, database: Database, persons: int) -> float:
    """Load so many persons into the nation; returns the seconds of the load alone."""
    tower = Keys.load(stage.platform.keys, Tier.TOWN)
    keys = Keys.load(stage.platform.keys, Tier.NATION)
    clock = FixedClock(RECORDED)
    node = Node(keys, Outbox(keys.network, clock), clock)
    public = await KeyBook(database, clock).current()
    seconds, done = 0.0, 0
    with Workers(stage.platform.keys, Tier.NATION, os.cpu_count() or 1) as workers:
        for files in _lots(tower, persons):
            started = time.perf_counter()
            done += await _take_in(database, node, files, public, workers)
            took = time.perf_counter() - started
            seconds += took
            stage.say(f"{done:,}人を取り込みました（ここまで毎秒{done / seconds:,.0f}人）")
    async with database.transaction(read_only=True) as tx:
        stored = await fetch_value(tx, "select count(*) from jukinet.person")
    if stored != persons:
        raise UnavailableError(f"{persons}人のうち{stored}人しか保存されていません。")
    return seconds


async def _take_in(
    database: Database,
    node: Node,
    files: list[IdentityFile],
    public: PublicKeys,
    workers: Workers,
) -> int:
    """Load files side by side, a transaction each, so that one's commit hides another's work."""
    waiting = iter(files)

    async def lane() -> int:
        loaded = 0
        for file in waiting:
            async with database.transaction() as tx:
                loaded += await load_identity(
                    tx, NATIONAL, node, file, public, prepare=workers.prepare
                )
        return loaded

    return sum(await asyncio.gather(*(lane() for _ in range(_LANES))))


def _lots(keys: Keys, persons: int) -> Iterator[list[IdentityFile]]:
    people = residents(persons)
    towns = [town.code.value for town in municipalities()][: max(1, persons // _PER_TOWN)]
    files: list[IdentityFile] = []
    waiting = 0
    for town, size in shares(persons, towns).items():
        if size:
            files.append(_file(keys, town, islice(people, size)))
            waiting += size
        if waiting >= _LOT:
            yield files
            files, waiting = [], 0
    if files:
        yield files


def _file(keys: Keys, town: str, people: Iterator[Resident]) -> IdentityFile:
    rows = (
        row_of(
            person.identity,
            changed_on=person.since.isoformat(),
            since=person.since,
            event_number=number,
        )
        for number, person in enumerate(people, 1)
    )
    return make_file(
        rows,
        municipality=town,
        event_number=1,
        made_at=RECORDED,
        network=keys.network,
        key=keys.signer(Party.town(town)),
    )
