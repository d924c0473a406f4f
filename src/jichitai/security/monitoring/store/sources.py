"""Sources of logs, their tokens, and senders that nobody registered."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from psycopg.rows import RowMaker

from jichitai.infra.database import Tx
from jichitai.security.monitoring.errors import UnknownSourceError
from jichitai.security.monitoring.model.sources import Area, Function, LogFormat, Source

_COLUMNS: Final = (
    "prefecture, source_id, body, area, function, format, name, host(network(address)) as host,"
    " masklen(address) as length, family(address) as family, heading, registered_at, retired_at"
)


def _row(cursor: Any) -> RowMaker[Source]:
    def make(values: Sequence[Any]) -> Source:
        (prefecture, id_, body, area, function, form, name, host, length, family, *rest) = values
        whole = length in (32, 128) and (family == 4) == (length == 32)
        address = None if host is None else host if whole else f"{host}/{length}"
        heading, registered_at, retired_at = rest
        return Source(
            prefecture=prefecture,
            source_id=id_,
            body=body,
            area=Area(area),
            function=Function(function),
            format=LogFormat(form),
            name=name,
            address=address,
            heading=heading,
            registered_at=registered_at,
            retired_at=retired_at,
        )

    return make


async def hold(tx: Tx) -> None:
    """Let one registration at a time look at addresses, on the whole node."""
    await tx.execute("select pg_advisory_xact_lock(hashtextextended('monitoring-address', 0))")


async def overlapping(tx: Tx, address: str) -> bool:
    """Whether a source of any prefecture sends from this address or network."""
    cursor = await tx.execute(
        "select 1 from security.monitoring_source"
        " where retired_at is null and address && %s::inet limit 1",
        (address,),
    )
    return await cursor.fetchone() is not None


async def insert(tx: Tx, source: Source, *, by: str) -> None:
    """Register a source."""
    await tx.execute(
        "insert into security.monitoring_source (prefecture, source_id, body, area, function,"
        " format, name, address, registered_at, registered_by)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (
            source.prefecture,
            source.source_id,
            source.body,
            source.area,
            source.function,
            source.format,
            source.name,
            source.address,
            source.registered_at,
            by,
        ),
    )


async def every(tx: Tx, prefecture: str) -> list[Source]:
    """All sources of a prefecture, those in use first."""
    cursor = tx.cursor(row_factory=_row)
    await cursor.execute(
        f"select {_COLUMNS} from security.monitoring_source where prefecture = %s"
        " order by retired_at is not null, body, name",
        (prefecture,),
    )
    return await cursor.fetchall()


async def get(tx: Tx, source_id: UUID, prefecture: str | None = None) -> Source:
    """One source; with `prefecture` only of that one.

    Raises:
        UnknownSourceError: there is none.
    """
    cursor = tx.cursor(row_factory=_row)
    await cursor.execute(
        f"select {_COLUMNS} from security.monitoring_source where source_id = %s"
        " and (%s::text is null or prefecture = %s)",
        (source_id, prefecture, prefecture),
    )
    found = await cursor.fetchone()
    if found is None:
        raise UnknownSourceError(
            "この番号のログの取得元はありません。取得元の一覧で番号を確かめてください。"
        )
    return found


async def by_address(tx: Tx, address: str) -> Source | None:
    """The source in use that sends from this address."""
    cursor = tx.cursor(row_factory=_row)
    await cursor.execute(
        f"select {_COLUMNS} from security.monitoring_source"
        " where retired_at is null and address >>= %s::inet limit 1",
        (address,),
    )
    return await cursor.fetchone()


async def retire(tx: Tx, source: Source, at: datetime) -> None:
    """Take a source out of use; its token ends with it."""
    key = (source.prefecture, source.source_id)
    await tx.execute(
        "update security.monitoring_source set retired_at = %s"
        " where prefecture = %s and source_id = %s",
        (at, *key),
    )
    await tx.execute(
        "delete from security.monitoring_token where prefecture = %s and source_id = %s", key
    )


async def keep_heading(tx: Tx, source: Source, heading: str) -> None:
    """Remember the heading of a source's tables for its next batch."""
    await tx.execute(
        "update security.monitoring_source set heading = %s"
        " where prefecture = %s and source_id = %s",
        (heading, source.prefecture, source.source_id),
    )


async def set_token(tx: Tx, source: Source, token_hash: bytes, at: datetime) -> None:
    """Give a source a token; an earlier one ends."""
    await tx.execute(
        "insert into security.monitoring_token (prefecture, source_id, token_hash, made_at)"
        " values (%s, %s, %s, %s) on conflict (prefecture, source_id) do update"
        " set token_hash = excluded.token_hash, made_at = excluded.made_at",
        (source.prefecture, source.source_id, token_hash, at),
    )


async def token_hash(tx: Tx, source: Source) -> bytes | None:
    """Hash of a source's token."""
    cursor = await tx.execute(
        "select token_hash from security.monitoring_token where prefecture = %s and source_id = %s",
        (source.prefecture, source.source_id),
    )
    row = await cursor.fetchone()
    return None if row is None else bytes(row[0])


async def count_stranger(tx: Tx, prefecture: str, address: str, lines: int, at: datetime) -> None:
    """Count what came from an address that nobody registered."""
    await tx.execute(
        "insert into security.monitoring_stranger (prefecture, address, lines, first_seen, last_seen)"
        " values (%s, %s, %s, %s, %s) on conflict (prefecture, address) do update"
        " set lines = monitoring_stranger.lines + excluded.lines, last_seen = excluded.last_seen",
        (prefecture, address, lines, at, at),
    )


async def strangers(tx: Tx, prefectures: Sequence[str]) -> list[tuple[str, int, datetime]]:
    """Addresses that nobody registered, with lines and when they were last heard."""
    cursor = await tx.execute(
        "select host(address), lines, last_seen from security.monitoring_stranger"
        " where prefecture = any(%s) order by last_seen desc limit 50",
        (list(prefectures),),
    )
    return [(row[0], row[1], row[2]) for row in await cursor.fetchall()]
