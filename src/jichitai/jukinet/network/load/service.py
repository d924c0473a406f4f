"""Use cases of the initial load: a town writes its file, prefecture and nation take it in."""

import asyncio
import multiprocessing
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Final, LiteralString, Self, TypeAlias

import psycopg
from psycopg import sql

from jichitai.infra import audit
from jichitai.infra.audit import SYSTEM, Actor
from jichitai.infra.database import Tx
from jichitai.infra.keys import Keys
from jichitai.infra.messages import PublicKeys
from jichitai.jukinet.errors import LoadRefusedError
from jichitai.jukinet.messages import Identity
from jichitai.jukinet.network import store
from jichitai.jukinet.network.load.file import (
    IdentityFile,
    LoadRow,
    Manifest,
    make_file,
    open_chunk,
    row_of,
    verify_file,
)
from jichitai.jukinet.network.load.rows import (
    HEADER,
    PERSON_COLUMNS,
    TRAILER,
    Buffers,
    Encoder,
)
from jichitai.jukinet.network.notice import open_numbers
from jichitai.jukinet.network.scope import Scope
from jichitai.jukinet.node import Node
from jichitai.jukinet.town import store as town_store
from jichitai.kernel.parties import Party, Tier

Prepare: TypeAlias = Callable[[bytes, str, int, str | None], Awaitable[Buffers]]
"""(chunk, municipality, place, prefecture) -> rows for COPY."""

_TABLES: Final[dict[str, tuple[str, ...]]] = {
    "person": PERSON_COLUMNS,
    "code_lookup": ("code_hash", "person_id", "current"),
    "number_lookup": ("number_hash", "person_id", "current"),
    "match_lookup": ("match_key", "person_id"),
}
_AHEAD: Final = 4


async def export_identity(tx: Tx, node: Node, municipality: str) -> IdentityFile:
    """In the town: write the identity file for prefecture and nation.

    Args:
        tx: of this town.
        node: a process that signs for the town.
        municipality: the town; its network worker has read the first load of the register.

    Source: 住民基本台帳法 第30条の6, 第30条の7 (first notice of those already recorded).
    """
    number = await town_store.lock_cursor(tx, municipality, node.clock.now())
    rows = [_exported(node, row) async for row in _live(tx, municipality)]
    return make_file(
        rows,
        municipality=municipality,
        event_number=number,
        made_at=node.clock.now(),
        network=node.keys.network,
        key=node.keys.signer(Party.town(municipality)),
    )


async def load_identity(
    tx: Tx,
    scope: Scope,
    node: Node,
    file: IdentityFile,
    public: PublicKeys,
    *,
    prepare: Prepare | None = None,
    by: Actor = SYSTEM,
) -> int:
    """At prefecture and nation: take in the records of a town that has none here yet.

    Args:
        tx: one transaction for the whole town.
        scope: whose tables.
        node: this process.
        file: as the town made it.
        public: keys of the towns.
        prepare: makes rows of chunks; `Workers.prepare` does it in other processes.
        by: who runs the load.

    Returns:
        How many persons were taken in.

    Raises:
        LoadRefusedError: forged or changed file, a town that is in already, a code or number
            that somebody has, or wrong content. Nothing is taken in.
    """
    manifest = verify_file(file, public)
    await _refuse_known(tx, scope, manifest)
    here = prepare or partial(prepare_here, node.keys)
    prefecture = None if scope.is_nation else scope.party.code
    persons = 0
    try:
        async for buffers in _prepared(file, manifest.municipality, prefecture, here):
            await _copy(tx, scope, buffers)
            persons += buffers.persons
    except psycopg.errors.UniqueViolation:
        raise LoadRefusedError(
            "初期データの住民票コードまたは個人番号が、別の人の記録にあります。"
            "送った団体に重複を確かめてください。取り込みは行っていません。",
            municipality=manifest.municipality,
        ) from None
    if persons != manifest.persons:
        raise LoadRefusedError("初期データの人数が署名された人数と違います。")
    await _note(tx, scope, node, manifest, file, by)
    return persons


async def prepare_here(
    keys: Keys, chunk: bytes, municipality: str, place: int, prefecture: str | None
) -> Buffers:
    """Prepare a chunk in this process."""
    return _encode(keys, chunk, municipality, place, prefecture)


class Workers:
    """Processes that hash and seal, so that a load uses every core."""

    def __init__(self, key_directory: Path, tier: Tier, processes: int) -> None:
        """Take where the keys are; each process reads them itself."""
        self._pool = ProcessPoolExecutor(
            processes,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_start,
            initargs=(key_directory, tier),
        )

    async def prepare(
        self, chunk: bytes, municipality: str, place: int, prefecture: str | None
    ) -> Buffers:
        """Prepare a chunk in one of the processes."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, _work, chunk, municipality, place, prefecture)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pool.shutdown(cancel_futures=True)


_keys: Keys | None = None


def _start(key_directory: Path, tier: Tier) -> None:
    global _keys  # noqa: PLW0603 - a worker process has one set of keys
    _keys = Keys.load(key_directory, tier)


def _work(chunk: bytes, municipality: str, place: int, prefecture: str | None) -> Buffers:
    assert _keys is not None  # noqa: S101 - the pool's initializer has run
    return _encode(_keys, chunk, municipality, place, prefecture)


def _encode(
    keys: Keys, chunk: bytes, municipality: str, place: int, prefecture: str | None
) -> Buffers:
    rows = open_chunk(chunk, municipality, place, keys.network)
    return Encoder(keys.columns, keys.network_blind, municipality, prefecture).encode(rows)


async def _prepared(
    file: IdentityFile, municipality: str, prefecture: str | None, prepare: Prepare
) -> AsyncIterator[Buffers]:
    """Chunks in their order, some of them being prepared ahead."""
    waiting: list[asyncio.Task[Buffers]] = []
    places = iter(range(len(file.chunks)))
    try:
        while True:
            for place in places:
                work = prepare(file.chunks[place], municipality, place, prefecture)
                waiting.append(asyncio.ensure_future(work))
                if len(waiting) >= _AHEAD:
                    break
            if not waiting:
                return
            yield await waiting.pop(0)
    finally:
        for task in waiting:
            task.cancel()


async def _copy(tx: Tx, scope: Scope, buffers: Buffers) -> None:
    front = () if scope.is_nation else ("prefecture",)
    for table, columns in _TABLES.items():
        statement = sql.SQL("copy {} ({}) from stdin (format binary)").format(
            sql.Identifier("jukinet", table),
            sql.SQL(", ").join(map(sql.Identifier, (*front, *columns))),
        )
        async with tx.cursor() as cursor, cursor.copy(statement) as copy:
            await copy.write(HEADER + getattr(buffers, table) + TRAILER)


async def _refuse_known(tx: Tx, scope: Scope, manifest: Manifest) -> None:
    if not scope.is_nation and manifest.municipality[:2] != scope.party.code:
        raise LoadRefusedError("他の都道府県の市区町村の初期データです。")
    query: LiteralString = (
        "select exists (select from jukinet.person where {w}municipality = %(town)s"
        "                  and state = 'live')"
        "    or exists (select from jukinet.initial_load where {w}municipality = %(town)s)"
    )
    values = scope.values(town=manifest.municipality)
    # A plan kept from the first towns, when the table was empty, would scan the whole table.
    cursor = await tx.execute(scope.sql(query), values, prepare=False)
    row = await cursor.fetchone()
    if row is not None and row[0]:
        raise LoadRefusedError(
            "この市区町村の記録は既にあります。二重の取り込みを防ぐため止めました。",
            municipality=manifest.municipality,
        )


async def _note(
    tx: Tx, scope: Scope, node: Node, manifest: Manifest, file: IdentityFile, by: Actor
) -> None:
    at = node.clock.now()
    await tx.execute(
        scope.sql(
            "insert into jukinet.initial_load ({p}municipality, file_digest, persons,"
            " event_number, signed_by, loaded_at)"
            " values ({v}%(town)s, %(digest)s, %(persons)s, %(number)s, %(by)s, %(at)s)"
        ),
        scope.values(
            town=manifest.municipality,
            digest=manifest.sha256,
            persons=manifest.persons,
            number=manifest.event_number,
            by=str(Party.town(manifest.municipality)),
            at=at,
        ),
    )
    heard = [(manifest.municipality, manifest.event_number, len(file.chunks), manifest.made_at)]
    await store.note_heard(tx, scope, heard, at)
    await audit.record(
        tx,
        by=by,
        action="jukinet.load",
        subject=str(Party.town(manifest.municipality)),
        facts={"persons": manifest.persons},
        at=at,
    )


async def _live(tx: Tx, municipality: str) -> AsyncIterator[town_store.IdentityRow]:
    async with tx.cursor(name="identity_export") as cursor:
        await cursor.execute(
            sql.SQL(
                "select {} from jukinet.identity_record"
                " where municipality = %s and state = 'live' order by code_hash"
            ).format(sql.SQL(", ").join(map(sql.Identifier, town_store.IdentityRow._fields))),
            (municipality,),
        )
        async for row in cursor:
            yield town_store.IdentityRow(*row)


def _exported(node: Node, row: town_store.IdentityRow) -> LoadRow:
    code, number = open_numbers(node.keys.columns, row.sealed, row.resident_id)
    identity = Identity(
        juki_code=code,
        my_number=number,
        name=row.name,
        kana=row.kana,
        birth_date=row.birth_date,
        sex=row.sex,  # type: ignore[arg-type]  # the table holds what a message held
        postal_code=row.postal_code,
        address=row.address,
        former_name=row.former_name,
        former_kana=row.former_kana,
        alias=row.alias,
        alias_kana=row.alias_kana,
    )
    return row_of(
        identity,
        changed_on=row.changed_on,
        since=row.residence_since,
        event_number=row.event_number,
    )
