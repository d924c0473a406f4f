"""SQL of counts and inquiries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from jichitai.infra.database import Tx
from jichitai.jukinet.disclosure.model import InquiryKind

_ROLL_UP = """
with so_far as (select next_index from jukinet.provision_rollup for update),
came as materialized (
    select group_id, month, first_index + size as end_index
      from jukinet.provision_group, so_far
     where first_index >= so_far.next_index
     order by first_index limit %(groups)s
),
counted as (
    select record.month, record.organ_id, record.affair_id, record.result, count(*) as provided
      from came
      join jukinet.provision as record
        on record.month = came.month and record.group_id = came.group_id
     where record.month in (select month from came)
       and record.group_id >= %(lowest)s::uuid
       and record.group_id <= %(highest)s::uuid
     group by record.month, record.organ_id, record.affair_id, record.result
),
added as (
    insert into jukinet.provision_count (month, organ_id, affair_id, result, provided)
    select month, organ_id, affair_id, result, provided from counted
    on conflict (month, organ_id, affair_id, result)
        do update set provided = provision_count.provided + excluded.provided
)
update jukinet.provision_rollup
   set next_index = (select max(end_index) from came)
 where exists (select from came)
"""


@dataclass(frozen=True, slots=True)
class Count:
    """Answers of one month, body, affair and result."""

    month: date
    organ_id: str
    affair_id: str
    result: str
    provided: int


@dataclass(frozen=True, slots=True)
class Inquiry:
    """申出: a resident's question or request, with its clock."""

    person_id: UUID
    inquiry_id: UUID
    kind: InquiryKind
    log_index: int | None
    words: bytes
    asked_at: datetime
    due_on: date
    extended_on: date | None
    extension_reason: str | None
    state: str
    answer: bytes | None
    answered_at: datetime | None


_INQUIRY = """
select person_id, inquiry_id, kind, log_index, words, asked_at, due_on, extended_on,
       extension_reason, state, answer, answered_at
  from jukinet.disclosure_inquiry
"""


async def roll_up(tx: Tx, groups: int) -> int:
    """Count the next groups of the log, at most so many; returns how many.

    Groups are committed in the order of the log, so none can appear behind the mark.
    """
    cursor = await tx.execute(
        "select array_agg(group_id) from (select group_id from jukinet.provision_group"
        "  where first_index >= (select next_index from jukinet.provision_rollup for update)"
        "  order by first_index limit %s) as came",
        (groups,),
    )
    row = await cursor.fetchone()
    if row is None or row[0] is None:
        return 0
    came: list[UUID] = row[0]
    await tx.execute(_ROLL_UP, {"groups": groups, "lowest": min(came), "highest": max(came)})
    return len(came)


async def counted_to(tx: Tx) -> int:
    """How far in the log the counts reach."""
    cursor = await tx.execute("select next_index from jukinet.provision_rollup")
    row = await cursor.fetchone()
    return 0 if row is None else int(row[0])


async def counts(tx: Tx, first: date, end: date) -> list[Count]:
    """Counts of the months from `first` to before `end`."""
    cursor = await tx.execute(
        "select month, organ_id, affair_id, result, provided from jukinet.provision_count"
        " where month >= %s and month < %s order by month, organ_id, affair_id, result",
        (first, end),
    )
    return [Count(*row) for row in await cursor.fetchall()]


async def organ_names(tx: Tx) -> dict[str, str]:
    """Names of the registered bodies by id."""
    cursor = await tx.execute("select organ_id, name from jukinet.organ")
    return {row[0]: row[1] for row in await cursor.fetchall()}


async def add_inquiry(tx: Tx, inquiry: Inquiry) -> None:
    """Keep a new inquiry."""
    await tx.execute(
        "insert into jukinet.disclosure_inquiry"
        " (person_id, inquiry_id, kind, log_index, words, asked_at, due_on, state)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s)",
        (
            inquiry.person_id,
            inquiry.inquiry_id,
            str(inquiry.kind),
            inquiry.log_index,
            inquiry.words,
            inquiry.asked_at,
            inquiry.due_on,
            inquiry.state,
        ),
    )


async def inquiries_of(tx: Tx, person_id: UUID) -> list[Inquiry]:
    """Inquiries of a person, newest first."""
    cursor = await tx.execute(
        f"{_INQUIRY} where person_id = %s order by asked_at desc, inquiry_id", (person_id,)
    )
    return [_inquiry(row) for row in await cursor.fetchall()]


async def open_inquiries(tx: Tx, limit: int) -> list[Inquiry]:
    """Inquiries that wait for an answer, the most urgent first."""
    cursor = await tx.execute(
        f"{_INQUIRY} where state = 'open' order by due_on, asked_at limit %s", (limit,)
    )
    return [_inquiry(row) for row in await cursor.fetchall()]


async def lock_inquiry(tx: Tx, inquiry_id: UUID) -> Inquiry | None:
    """One inquiry, locked."""
    cursor = await tx.execute(f"{_INQUIRY} where inquiry_id = %s for update", (inquiry_id,))
    row = await cursor.fetchone()
    return None if row is None else _inquiry(row)


async def extend_inquiry(tx: Tx, inquiry: Inquiry, until: date, reason: str) -> None:
    """Set a later day for the answer."""
    await tx.execute(
        "update jukinet.disclosure_inquiry set extended_on = %s, extension_reason = %s"
        " where person_id = %s and inquiry_id = %s",
        (until, reason, inquiry.person_id, inquiry.inquiry_id),
    )


async def answer_inquiry(
    tx: Tx, inquiry: Inquiry, answer: bytes, at: datetime, answered_by: str
) -> None:
    """Keep the answer and close the inquiry."""
    await tx.execute(
        "update jukinet.disclosure_inquiry set state = 'answered', answer = %s, answered_at = %s,"
        " answered_by = %s where person_id = %s and inquiry_id = %s",
        (answer, at, answered_by, inquiry.person_id, inquiry.inquiry_id),
    )


async def save_published(
    tx: Tx, published: Sequence[tuple[object, ...]], up_to_index: int, at: datetime
) -> None:
    """At the ministry: take over reported counts; the newest report of a count stands."""
    columns = [list(column) for column in zip(*published, strict=True)] or [[] for _ in range(8)]
    await tx.execute(
        "insert into jukinet.published_count (month, organ_id, organ_name, affair_id, affair_name,"
        " result, provided, replaces_copy, up_to_index, reported_at)"
        " select t.*, %s, %s from unnest(%s::date[], %s::text[], %s::text[], %s::text[],"
        " %s::text[], %s::text[], %s::bigint[], %s::boolean[]) as t"
        " on conflict (month, organ_id, affair_id, result) do update"
        "    set organ_name = excluded.organ_name, affair_name = excluded.affair_name,"
        "        provided = excluded.provided, replaces_copy = excluded.replaces_copy,"
        "        up_to_index = excluded.up_to_index, reported_at = excluded.reported_at"
        "  where excluded.up_to_index >= published_count.up_to_index",
        (up_to_index, at, *columns),
    )


async def published_names(tx: Tx) -> dict[str, str]:
    """At the ministry: names of the bodies in reported counts, as last reported."""
    cursor = await tx.execute(
        "select distinct on (organ_id) organ_id, organ_name from jukinet.published_count"
        " order by organ_id, reported_at desc"
    )
    return dict(await cursor.fetchall())


def _inquiry(row: Sequence[object]) -> Inquiry:
    values = list(row)
    values[2] = InquiryKind(str(values[2]))
    return Inquiry(*values)  # type: ignore[arg-type]  # columns in the order of the fields
