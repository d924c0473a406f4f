"""What bodies reported: every revision kept, the newest of each thing read."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, TypeVar
from uuid import UUID

import msgspec
from psycopg import sql
from psycopg.rows import class_row

from jichitai.infra.database import Tx
from jichitai.kernel.bodies import Body, BodyKind
from jichitai.security.messages import S01, S02, S05
from jichitai.security.oversight.errors import RevisionTakenError

Report = S01 | S02 | S05
R = TypeVar("R", S01, S02, S05)
Area = Literal["policy", "incident", "check"]

_IDS: Final = {"policy": "policy_id", "incident": "incident_id", "check": "check_id"}
_TYPES: Final[dict[str, Any]] = {"policy": S01, "incident": S02, "check": S05}
_MAKE = {
    area: sql.SQL(
        "insert into {table} (prefecture, body, {id}, revision, content, reported_at, received_at)"
        " select %(overseer)s, body, id, revision, content::jsonb, reported_at, %(at)s"
        "   from unnest(%(bodies)s::text[], %(ids)s::uuid[], %(revisions)s::int[],"
        "               %(contents)s::text[], %(reported)s::timestamptz[])"
        "     as came (body, id, revision, content, reported_at)"
        " on conflict do nothing"
    ).format(table=sql.Identifier("security", f"oversight_{area}"), id=sql.Identifier(name))
    for area, name in _IDS.items()
}
_DIFFERENT = {
    area: sql.SQL(
        "select count(*) from unnest(%(bodies)s::text[], %(ids)s::uuid[], %(revisions)s::int[],"
        "                            %(contents)s::text[]) as came (body, id, revision, content)"
        "  join {table} as kept on kept.prefecture = %(overseer)s and kept.body = came.body"
        "   and kept.{id} = came.id and kept.revision = came.revision"
        " where kept.content <> came.content::jsonb"
    ).format(table=sql.Identifier("security", f"oversight_{area}"), id=sql.Identifier(name))
    for area, name in _IDS.items()
}
_CURRENT = {
    area: sql.SQL(
        "select distinct on (body, {id}) content::text"
        "  from {table}"
        " where prefecture = %(overseer)s and received_at <= %(until)s"
        "   and (%(bodies)s::text[] is null or body = any (%(bodies)s))"
        " order by body, {id}, revision desc"
    ).format(table=sql.Identifier("security", f"oversight_{area}"), id=sql.Identifier(name))
    for area, name in _IDS.items()
}


async def add(
    tx: Tx, overseer: str, area: Area, reports: Sequence[tuple[UUID, Report]], *, at: datetime
) -> None:
    """Keep reports; the same one twice changes nothing.

    Raises:
        RevisionTakenError: another report has the same number.
    """
    values = {
        "overseer": overseer,
        "at": at,
        "bodies": [one.body for _, one in reports],
        "ids": [thing for thing, _ in reports],
        "revisions": [one.revision for _, one in reports],
        "contents": [msgspec.json.encode(one).decode() for _, one in reports],
        "reported": [one.reported_at for _, one in reports],
    }
    cursor = await tx.execute(_MAKE[area], values)
    if cursor.rowcount == len(reports):
        return
    row = await (await tx.execute(_DIFFERENT[area], values)).fetchone()
    if row is not None and row[0]:
        raise RevisionTakenError(
            "同じ番号で内容の違う報告が、前に届いています。どちらが正しいか決められないため、"
            "受け取っていません。団体で新しい番号の報告を作ってください。"
        )


async def current(
    tx: Tx,
    overseer: str,
    area: Area,
    kind: type[R],
    *,
    until: datetime,
    bodies: Sequence[str] | None = None,
) -> list[R]:
    """The newest report of each thing, as known at an instant; of some bodies or of all."""
    some = None if bodies is None else list(bodies)
    values = {"overseer": overseer, "until": until, "bodies": some}
    cursor = await tx.execute(_CURRENT[area], values)
    decoder = msgspec.json.Decoder(kind)
    return [decoder.decode(text) for (text,) in await cursor.fetchall()]


@dataclass(frozen=True, slots=True)
class Past:
    """One report of a body's past."""

    report: S01
    received_at: datetime


async def history(tx: Tx, overseer: str, body: str) -> list[Past]:
    """Every report of a body's policies, newest first."""
    cursor = await tx.execute(
        "select content::text, received_at from security.oversight_policy"
        " where prefecture = %s and body = %s order by received_at desc, revision desc limit 200",
        (overseer, body),
    )
    decoder = msgspec.json.Decoder(S01)
    return [Past(decoder.decode(text), received) for text, received in await cursor.fetchall()]


async def checked_bodies(tx: Tx, overseer: str, fiscal_year: int) -> set[str]:
    """The bodies that handed in a self-check or audit of a fiscal year."""
    cursor = await tx.execute(
        "select distinct body from security.oversight_check"
        " where prefecture = %s and (content->>'fiscal_year')::int = %s",
        (overseer, fiscal_year),
    )
    return {body for (body,) in await cursor.fetchall()}


@dataclass(frozen=True, slots=True)
class _Joint:
    municipality: str
    kind: str
    name: str
    members: list[str]


async def joint_bodies(tx: Tx, prefecture: str | None = None) -> tuple[Body, ...]:
    """一部事務組合・広域連合 registered here, of one prefecture or all."""
    cursor = tx.cursor(row_factory=class_row(_Joint))
    await cursor.execute(
        "select municipality, kind, name, members from security.joint_body"
        " where %(prefecture)s::text is null or left(municipality, 2) = %(prefecture)s"
        " order by municipality",
        {"prefecture": prefecture},
    )
    return tuple(
        Body.joint(
            row.municipality,
            kind=BodyKind(row.kind),
            name=row.name,
            members=tuple(row.members),
        )
        for row in await cursor.fetchall()
    )


def by_body(reports: Iterable[S01]) -> dict[str, list[S01]]:
    """Reports by the code of their body."""
    found: dict[str, list[S01]] = {}
    for one in reports:
        found.setdefault(one.body, []).append(one)
    return found
