"""SQL of the picture: systems, segments, links, the network model, their history."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, Literal, TypeVar
from uuid import UUID

import msgspec
from psycopg.rows import tuple_row
from psycopg.types.json import Jsonb

from jichitai.infra.database import Tx
from jichitai.security.assets.model.drafts import LinkDraft, ModelDraft, SegmentDraft, SystemDraft
from jichitai.security.assets.model.picture import Link, Picture, Segment, System
from jichitai.security.assets.partners import partners_on
from jichitai.security.guideline.model import NetworkModel

Kind = Literal["system", "segment", "link"]
Deed = Literal["enter", "change", "retire", "remove"]
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelLine:
    """One line of the history of the network model."""

    line: int
    draft: ModelDraft
    said_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One entry, change or removal."""

    line: int
    kind: Kind
    ref: UUID
    deed: Deed
    name: str
    done_at: datetime


_SYSTEMS: Final = """
select system_id, number, revision, changed_at, content, retired_on
  from security.asset_system
 where municipality = %(body)s and (%(all)s or retired_on is null)
 order by number
"""


async def systems(tx: Tx, body: str, *, retired: bool = False) -> list[System]:
    """The systems of a body that are in use, by number; with `retired` the others too."""
    rows = await _rows(tx, _SYSTEMS, {"body": body, "all": retired})
    return [
        System(
            id=row[0],
            number=row[1],
            revision=row[2],
            changed_at=row[3],
            draft=_content(row[4], SystemDraft),
            retired_on=row[5],
        )
        for row in rows
    ]


async def system(tx: Tx, body: str, system_id: UUID) -> System | None:
    """One system, retired or not."""
    return next((s for s in await systems(tx, body, retired=True) if s.id == system_id), None)


_SEGMENTS: Final = """
select segment_id, number, revision, changed_at, content
  from security.asset_segment where municipality = %(body)s order by number
"""


async def segments(tx: Tx, body: str) -> list[Segment]:
    """The segments of a body, by number."""
    return [
        Segment(
            id=row[0],
            number=row[1],
            revision=row[2],
            changed_at=row[3],
            draft=_content(row[4], SegmentDraft),
        )
        for row in await _rows(tx, _SEGMENTS, {"body": body})
    ]


_LINKS: Final = """
select link_id, number, revision, changed_at, content
  from security.asset_link where municipality = %(body)s order by number
"""


async def links(tx: Tx, body: str) -> list[Link]:
    """The links of a body, by number."""
    return [
        Link(
            id=row[0],
            number=row[1],
            revision=row[2],
            changed_at=row[3],
            draft=_content(row[4], LinkDraft),
        )
        for row in await _rows(tx, _LINKS, {"body": body})
    ]


_MODELS: Final = """
select line, content, said_at from security.asset_model
 where municipality = %(body)s order by since desc, line desc
"""


async def models(tx: Tx, body: str) -> list[ModelLine]:
    """What a body said of its network model, the latest first."""
    return [
        ModelLine(line=row[0], draft=_content(row[1], ModelDraft), said_at=row[2])
        for row in await _rows(tx, _MODELS, {"body": body})
    ]


async def model_on(tx: Tx, body: str, on: date) -> ModelDraft | None:
    """The network model in force on a day; None while the body has said nothing."""
    return next((one.draft for one in await models(tx, body) if one.draft.since <= on), None)


async def network_model(tx: Tx, body: str, on: date) -> NetworkModel | None:
    """The network model's name alone, for other parts of 情報セキュリティ."""
    found = await model_on(tx, body, on)
    return found.model if found else None


async def picture(tx: Tx, body: str, on: date) -> Picture:
    """Everything that a body has entered, as the rules see it on a day."""
    return Picture(
        systems=await systems(tx, body),
        segments=await segments(tx, body),
        links=await links(tx, body),
        model=await model_on(tx, body, on),
        partners=partners_on(on),
        on=on,
    )


_NEXT: Final = """
insert into security.asset_counter (municipality, kind, last_number) values (%s, %s, 1)
on conflict (municipality, kind) do update
   set last_number = security.asset_counter.last_number + 1
returning last_number
"""


async def next_number(tx: Tx, body: str, kind: Kind) -> int:
    """The next number of systems, segments or links; locks the counter until the end."""
    row = await (await tx.execute(_NEXT, (body, kind))).fetchone()
    if row is None:
        raise LookupError(kind)
    return int(row[0])


_INSERT_SYSTEM: Final = """
insert into security.asset_system
       (municipality, system_id, number, revision, name, area, segment_id, content, changed_at)
values (%(body)s, %(id)s, %(number)s, 1, %(name)s, %(area)s, %(segment)s, %(content)s, %(at)s)
"""
_UPDATE_SYSTEM: Final = """
update security.asset_system
   set revision = revision + 1, name = %(name)s, area = %(area)s, segment_id = %(segment)s,
       content = %(content)s, changed_at = %(at)s
 where municipality = %(body)s and system_id = %(id)s and revision = %(revision)s
   and retired_on is null
"""


async def insert_system(
    tx: Tx, body: str, system_id: UUID, number: int, draft: SystemDraft, at: datetime
) -> None:
    """Keep a new system."""
    values = _system_values(body, system_id, draft, at) | {"number": number}
    await tx.execute(_INSERT_SYSTEM, values)


async def update_system(
    tx: Tx, body: str, system_id: UUID, revision: int, draft: SystemDraft, at: datetime
) -> bool:
    """Change a system; False when it is not at this revision any more."""
    values = _system_values(body, system_id, draft, at) | {"revision": revision}
    return (await tx.execute(_UPDATE_SYSTEM, values)).rowcount == 1


def _system_values(body: str, system_id: UUID, draft: SystemDraft, at: datetime) -> dict[str, Any]:
    return {
        "body": body,
        "id": system_id,
        "name": draft.name,
        "area": draft.area,
        "segment": draft.segment_id,
        "content": _json(draft),
        "at": at,
    }


_RETIRE: Final = """
update security.asset_system set revision = revision + 1, retired_on = %s, changed_at = %s
 where municipality = %s and system_id = %s and revision = %s and retired_on is null
"""


async def retire_system(
    tx: Tx, body: str, system_id: UUID, revision: int, on: date, at: datetime
) -> bool:
    """End a system; False when it is not at this revision any more."""
    done = await tx.execute(_RETIRE, (on, at, body, system_id, revision))
    return done.rowcount == 1


_INSERT_SEGMENT: Final = """
insert into security.asset_segment
       (municipality, segment_id, number, revision, area, content, changed_at)
values (%s, %s, %s, 1, %s, %s, %s)
"""
_UPDATE_SEGMENT: Final = """
update security.asset_segment
   set revision = revision + 1, area = %s, content = %s, changed_at = %s
 where municipality = %s and segment_id = %s and revision = %s
"""


async def insert_segment(
    tx: Tx, body: str, segment_id: UUID, number: int, draft: SegmentDraft, at: datetime
) -> None:
    """Keep a new segment."""
    values = (body, segment_id, number, draft.area, _json(draft), at)
    await tx.execute(_INSERT_SEGMENT, values)


async def update_segment(
    tx: Tx, body: str, segment_id: UUID, revision: int, draft: SegmentDraft, at: datetime
) -> bool:
    """Change a segment; False when it is not at this revision any more."""
    values = (draft.area, _json(draft), at, body, segment_id, revision)
    return (await tx.execute(_UPDATE_SEGMENT, values)).rowcount == 1


_INSERT_LINK: Final = """
insert into security.asset_link
       (municipality, link_id, number, revision, one_ref, other_ref, content, changed_at)
values (%s, %s, %s, 1, %s, %s, %s, %s)
"""
_UPDATE_LINK: Final = """
update security.asset_link
   set revision = revision + 1, one_ref = %s, other_ref = %s, content = %s, changed_at = %s
 where municipality = %s and link_id = %s and revision = %s
"""


async def insert_link(
    tx: Tx, body: str, link_id: UUID, number: int, draft: LinkDraft, at: datetime
) -> None:
    """Keep a new link."""
    ends = (draft.one.ref, draft.other.ref)
    await tx.execute(_INSERT_LINK, (body, link_id, number, *ends, _json(draft), at))


async def update_link(
    tx: Tx, body: str, link_id: UUID, revision: int, draft: LinkDraft, at: datetime
) -> bool:
    """Change a link; False when it is not at this revision any more."""
    ends = (draft.one.ref, draft.other.ref)
    values = (*ends, _json(draft), at, body, link_id, revision)
    return (await tx.execute(_UPDATE_LINK, values)).rowcount == 1


_REMOVE: Final = {
    "segment": "delete from security.asset_segment"
    " where municipality = %s and segment_id = %s and revision = %s",
    "link": "delete from security.asset_link"
    " where municipality = %s and link_id = %s and revision = %s",
}


async def remove(
    tx: Tx, body: str, kind: Literal["segment", "link"], ref: UUID, revision: int
) -> bool:
    """Take a segment or link away; False when it is not at this revision any more."""
    return (await tx.execute(_REMOVE[kind], (body, ref, revision))).rowcount == 1


_ADD_MODEL: Final = """
insert into security.asset_model (municipality, line, since, content, said_by, said_at)
select %(body)s, coalesce(max(line), 0) + 1, %(since)s, %(content)s, %(by)s, %(at)s
  from security.asset_model where municipality = %(body)s
"""


async def add_model(tx: Tx, body: str, draft: ModelDraft, by: str, at: datetime) -> None:
    """Add what a body says of its network model; earlier lines stay."""
    values = {"body": body, "since": draft.since, "content": _json(draft), "by": by, "at": at}
    await tx.execute(_ADD_MODEL, values)


_ADD_HISTORY: Final = """
insert into security.asset_history (municipality, kind, ref, deed, content, done_by, done_at)
values (%s, %s, %s, %s, %s, %s, %s)
"""


async def add_history(
    tx: Tx,
    body: str,
    kind: Kind,
    ref: UUID,
    deed: Deed,
    draft: SystemDraft | SegmentDraft | LinkDraft,
    *,
    by: str,
    at: datetime,
) -> None:
    """Remember what was entered, changed or taken away."""
    await tx.execute(_ADD_HISTORY, (body, kind, ref, deed, _json(draft), by, at))


_HISTORY: Final = """
select line, kind, ref, deed, coalesce(content->>'name', content->>'purpose', ''), done_at
  from security.asset_history
 where municipality = %(body)s and (%(ref)s::uuid is null or ref = %(ref)s)
 order by line desc limit %(limit)s
"""


async def history(tx: Tx, body: str, *, ref: UUID | None = None, limit: int = 50) -> list[Change]:
    """The latest entries, changes and removals."""
    rows = await _rows(tx, _HISTORY, {"body": body, "ref": ref, "limit": limit})
    return [
        Change(line=row[0], kind=row[1], ref=row[2], deed=row[3], name=row[4], done_at=row[5])
        for row in rows
    ]


async def _rows(tx: Tx, query: str, values: dict[str, Any]) -> Sequence[tuple[Any, ...]]:
    cursor = tx.cursor(row_factory=tuple_row)
    return await (await cursor.execute(query, values)).fetchall()


def _json(draft: msgspec.Struct) -> Jsonb:
    return Jsonb(msgspec.to_builtins(draft))


def _content(value: object, kind: type[T]) -> T:
    return msgspec.convert(value, kind, strict=False)
