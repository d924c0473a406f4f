"""Clauses, their earlier texts, rival texts, decisions on items, and sources that were read."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from psycopg.rows import class_row, dict_row
from psycopg.types.json import Jsonb

from jichitai.infra.database import Tx
from jichitai.security.policy.model.coverage import Decided
from jichitai.security.policy.model.text import Clause, Part

Key = tuple[str, UUID, int]
"""Body, policy and version."""

_COLUMNS: Final = (
    "clause_id as id, part, chapter, title, body, items, guideline_version, edition, origin,"
    " template, position"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EditRow:
    """An earlier text of a clause."""

    edition: int
    title: str
    body: str
    items: list[str]
    verb: str
    reason: str
    edited_by: str
    edited_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RivalRow:
    """A text that waits beside a clause."""

    clause_id: UUID
    rival_id: UUID
    base_edition: int
    title: str
    body: str
    items: list[str]
    written_by: str
    written_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRow:
    """An existing regulation as it was read."""

    source_id: UUID
    name: str
    sha256: str
    articles: list[dict[str, Any]]
    matches: list[dict[str, Any]]
    taken_by: str
    taken_at: datetime
    used_at: datetime | None


def _clause(row: dict[str, Any]) -> Clause:
    return Clause(**{**row, "part": Part(row["part"]), "items": tuple(row["items"])})


async def clauses(tx: Tx, key: Key, *, part: Part | None = None) -> list[Clause]:
    """Clauses of a version in order, the policy before the standard."""
    async with tx.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(
            f"select {_COLUMNS} from security.policy_clause"
            " where municipality = %(body)s and policy_id = %(id)s and version = %(version)s"
            " and not removed and (%(part)s::text is null or part = %(part)s)"
            " order by part, position, clause_id",
            {"body": key[0], "id": key[1], "version": key[2], "part": part},
        )
        return [_clause(row) for row in await cursor.fetchall()]


async def clause(tx: Tx, key: Key, clause_id: UUID, *, lock: bool = False) -> Clause | None:
    """One clause."""
    async with tx.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(
            f"select {_COLUMNS} from security.policy_clause where municipality = %s"
            " and policy_id = %s and version = %s and clause_id = %s and not removed"
            + (" for update" if lock else ""),
            (*key, clause_id),
        )
        row = await cursor.fetchone()
        return None if row is None else _clause(row)


async def put(
    tx: Tx, key: Key, many: Iterable[Clause], *, verb: str, by: str, at: datetime, reason: str = ""
) -> None:
    """Save clauses and keep each text in the history; two statements however many."""
    rows = [
        {
            "body": key[0],
            "policy": key[1],
            "version": key[2],
            "id": one.id,
            "part": one.part,
            "position": one.position,
            "chapter": one.chapter,
            "title": one.title,
            "text": one.body,
            "items": list(one.items),
            "guideline": one.guideline_version,
            "origin": one.origin,
            "template": one.template,
            "edition": one.edition,
            "by": by,
            "at": at,
            "verb": verb,
            "reason": reason,
        }
        for one in many
    ]
    async with tx.cursor() as cursor:
        await cursor.executemany(
            "insert into security.policy_clause (municipality, policy_id, version, clause_id, part,"
            " position, chapter, title, body, items, guideline_version, origin, template, edition,"
            " changed_by, changed_at) values (%(body)s, %(policy)s, %(version)s, %(id)s, %(part)s,"
            " %(position)s, %(chapter)s, %(title)s, %(text)s, %(items)s, %(guideline)s, %(origin)s,"
            " %(template)s, %(edition)s, %(by)s, %(at)s)"
            " on conflict (municipality, policy_id, version, clause_id) do update set"
            " position = excluded.position, chapter = excluded.chapter, title = excluded.title,"
            " body = excluded.body, items = excluded.items, removed = false,"
            " guideline_version = excluded.guideline_version, origin = excluded.origin,"
            " edition = excluded.edition, changed_by = excluded.changed_by,"
            " changed_at = excluded.changed_at",
            rows,
        )
        await cursor.executemany(
            "insert into security.policy_edit (municipality, policy_id, version, clause_id, edition,"
            " title, body, items, verb, reason, edited_by, edited_at) values (%(body)s, %(policy)s,"
            " %(version)s, %(id)s, %(edition)s, %(title)s, %(text)s, %(items)s, %(verb)s,"
            " %(reason)s, %(by)s, %(at)s)",
            rows,
        )


async def remove(tx: Tx, key: Key, clause_ids: Sequence[UUID], *, by: str, at: datetime) -> None:
    """Take clauses out of the text; their history stays."""
    await tx.execute(
        "with gone as (update security.policy_clause set removed = true, edition = edition + 1,"
        " changed_by = %(by)s, changed_at = %(at)s where municipality = %(body)s"
        " and policy_id = %(id)s and version = %(version)s and clause_id = any(%(ids)s)"
        " and not removed returning *)"
        " insert into security.policy_edit (municipality, policy_id, version, clause_id, edition,"
        " title, body, items, verb, edited_by, edited_at)"
        " select municipality, policy_id, version, clause_id, edition, title, body, items,"
        " 'removed', %(by)s, %(at)s from gone",
        {
            "body": key[0],
            "id": key[1],
            "version": key[2],
            "ids": list(clause_ids),
            "by": by,
            "at": at,
        },
    )


async def known_editions(tx: Tx, key: Key) -> dict[UUID, int]:
    """Last edition of every clause that the version ever had, removed ones too."""
    cursor = await tx.execute(
        "select clause_id, edition from security.policy_clause"
        " where municipality = %s and policy_id = %s and version = %s",
        key,
    )
    return dict(await cursor.fetchall())


async def edits(tx: Tx, key: Key, clause_id: UUID) -> list[EditRow]:
    """Texts of a clause, the newest first."""
    async with tx.cursor(row_factory=class_row(EditRow)) as cursor:
        await cursor.execute(
            "select edition, title, body, items, verb, reason, edited_by, edited_at"
            " from security.policy_edit where municipality = %s and policy_id = %s"
            " and version = %s and clause_id = %s order by edition desc limit 100",
            (*key, clause_id),
        )
        return await cursor.fetchall()


async def edit(tx: Tx, key: Key, clause_id: UUID, edition: int) -> EditRow | None:
    """One text of a clause."""
    async with tx.cursor(row_factory=class_row(EditRow)) as cursor:
        await cursor.execute(
            "select edition, title, body, items, verb, reason, edited_by, edited_at"
            " from security.policy_edit where municipality = %s and policy_id = %s"
            " and version = %s and clause_id = %s and edition = %s",
            (*key, clause_id, edition),
        )
        return await cursor.fetchone()


_RIVAL: Final = ", ".join(RivalRow.__dataclass_fields__)


async def add_rival(tx: Tx, key: Key, row: RivalRow) -> None:
    """Keep a text that came second."""
    await tx.execute(
        f"insert into security.policy_rival (municipality, policy_id, version, {_RIVAL})"
        " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (*key, *(getattr(row, name) for name in RivalRow.__dataclass_fields__)),
    )


async def rivals(tx: Tx, key: Key, *, clause_id: UUID | None = None) -> list[RivalRow]:
    """Texts that wait to be merged, the oldest first."""
    async with tx.cursor(row_factory=class_row(RivalRow)) as cursor:
        await cursor.execute(
            f"select {_RIVAL} from security.policy_rival where municipality = %(body)s"
            " and policy_id = %(id)s and version = %(version)s and settled_at is null"
            " and (%(clause)s::uuid is null or clause_id = %(clause)s) order by written_at",
            {"body": key[0], "id": key[1], "version": key[2], "clause": clause_id},
        )
        return await cursor.fetchall()


async def settle(tx: Tx, key: Key, rival_id: UUID, *, by: str, at: datetime) -> bool:
    """A rival text was merged or given up; false when it was settled before."""
    cursor = await tx.execute(
        "update security.policy_rival set settled_at = %s, settled_by = %s where municipality = %s"
        " and policy_id = %s and version = %s and rival_id = %s and settled_at is null",
        (at, by, *key, rival_id),
    )
    return cursor.rowcount == 1


async def decide(tx: Tx, key: Key, what: Decided, *, by: str, at: datetime) -> None:
    """Keep a decision on one item."""
    await tx.execute(
        "insert into security.policy_decision (municipality, policy_id, version, item, number,"
        " guideline_version, applies, reason, decided_by, decided_at)"
        " select %(body)s, %(id)s, %(version)s, %(item)s, coalesce(max(number), 0) + 1,"
        " %(guideline)s, %(applies)s, %(reason)s, %(by)s, %(at)s"
        " from security.policy_decision where municipality = %(body)s and policy_id = %(id)s"
        " and version = %(version)s and item = %(item)s",
        {
            "body": key[0],
            "id": key[1],
            "version": key[2],
            "item": what.item,
            "guideline": what.guideline_version,
            "applies": what.applies,
            "reason": what.reason,
            "by": by,
            "at": at,
        },
    )


async def decisions(tx: Tx, key: Key) -> list[Decided]:
    """The last decision on each item."""
    async with tx.cursor(row_factory=class_row(Decided)) as cursor:
        await cursor.execute(
            "select distinct on (item) item, guideline_version, applies, reason"
            " from security.policy_decision where municipality = %s and policy_id = %s"
            " and version = %s order by item, number desc",
            key,
        )
        return await cursor.fetchall()


async def add_source(
    tx: Tx,
    key: Key,
    source_id: UUID,
    *,
    name: str,
    sha256: str,
    articles: list[dict[str, Any]],
    matches: list[dict[str, Any]],
    by: str,
    at: datetime,
) -> None:
    """Keep a regulation that was read."""
    await tx.execute(
        "insert into security.policy_source (municipality, policy_id, version, source_id, name,"
        " sha256, articles, matches, taken_by, taken_at)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (*key, source_id, name, sha256, Jsonb(articles), Jsonb(matches), by, at),
    )


async def source(tx: Tx, key: Key, source_id: UUID) -> SourceRow | None:
    """A regulation that was read."""
    async with tx.cursor(row_factory=class_row(SourceRow)) as cursor:
        await cursor.execute(
            f"select {', '.join(SourceRow.__dataclass_fields__)} from security.policy_source"
            " where municipality = %s and policy_id = %s and version = %s and source_id = %s",
            (*key, source_id),
        )
        return await cursor.fetchone()


async def use_source(tx: Tx, key: Key, source_id: UUID, *, at: datetime) -> None:
    """Its articles became clauses."""
    await tx.execute(
        "update security.policy_source set used_at = %s"
        " where municipality = %s and policy_id = %s and version = %s and source_id = %s",
        (at, *key, source_id),
    )
