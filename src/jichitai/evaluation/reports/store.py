"""SQL of reports: rows are only added; what was known at a time is found by `recorded_at`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from psycopg.rows import class_row

from jichitai.evaluation.reports.model.stages import Kind, Step
from jichitai.infra.audit import Actor
from jichitai.infra.database import Tx, fetch_value


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRow:
    """A report that was begun."""

    policy: int
    fiscal_year: int
    begun_name: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TextRow:
    """A version of a slot's text."""

    slot: str
    version: int
    content: str
    note: str
    by_id: str
    by_name: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RemarkRow:
    """A remark."""

    remark_id: UUID
    sort: str
    slot: str
    content: str
    by_id: str
    by_name: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerRow:
    """An answer to a remark."""

    remark_id: UUID
    number: int
    content: str
    by_name: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRow:
    """A file of an edition."""

    name: str
    media_type: str
    content: bytes
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionRow:
    """A published edition."""

    policy: int
    fiscal_year: int
    edition: int
    as_of: date
    reason: str
    recorded_at: datetime


_KNOWN: Final = "(%(at)s::timestamptz is null or recorded_at <= %(at)s)"
_OF: Final = "policy = %(policy)s and fiscal_year = %(year)s"


async def reports(tx: Tx) -> list[ReportRow]:
    """All reports, the newest fiscal year first."""
    cursor = tx.cursor(row_factory=class_row(ReportRow))
    query = (
        "select policy, fiscal_year, begun_name, recorded_at from evaluation.report"
        " order by fiscal_year desc, policy"
    )
    return await (await cursor.execute(query)).fetchall()


async def report(tx: Tx, policy: int, year: int) -> ReportRow | None:
    """One report."""
    cursor = tx.cursor(row_factory=class_row(ReportRow))
    query = (
        f"select policy, fiscal_year, begun_name, recorded_at from evaluation.report where {_OF}"
    )
    return await (await cursor.execute(query, {"policy": policy, "year": year})).fetchone()


async def begin(tx: Tx, policy: int, year: int, *, by: Actor, at: datetime) -> bool:
    """Begin a report; false when it was begun before."""
    done = await tx.execute(
        "insert into evaluation.report (policy, fiscal_year, begun_by, begun_name, recorded_at)"
        " values (%s, %s, %s, %s, %s) on conflict do nothing",
        (policy, year, by.id, by.display, at),
    )
    return done.rowcount == 1


async def lock(tx: Tx, policy: int, year: int) -> None:
    """Let one change of a report follow the other."""
    await tx.execute(
        "select pg_advisory_xact_lock(hashtext('evaluation.report'), %s)", (policy * 10_000 + year,)
    )


_TEXT: Final = "slot, version, content, note, by_id, by_name, recorded_at"


async def texts(
    tx: Tx, policy: int, year: int, *, known_at: datetime | None = None
) -> list[TextRow]:
    """The newest version of each slot that was saved."""
    cursor = tx.cursor(row_factory=class_row(TextRow))
    query = (
        f"select distinct on (slot) {_TEXT} from evaluation.report_text"
        f" where {_OF} and {_KNOWN} order by slot, version desc"
    )
    values = {"policy": policy, "year": year, "at": known_at}
    return await (await cursor.execute(query, values)).fetchall()


async def text_versions(tx: Tx, policy: int, year: int, slot: str | None = None) -> list[TextRow]:
    """Every version of a slot, or of all, the newest first."""
    cursor = tx.cursor(row_factory=class_row(TextRow))
    query = (
        f"select {_TEXT} from evaluation.report_text"
        f" where {_OF} and (%(slot)s::text is null or slot = %(slot)s)"
        " order by recorded_at desc, slot, version desc limit 500"
    )
    values = {"policy": policy, "year": year, "slot": slot}
    return await (await cursor.execute(query, values)).fetchall()


async def add_text(
    tx: Tx, policy: int, year: int, slot: str, version: int, content: str, note: str,
    *, by: Actor, at: datetime,
) -> bool:  # fmt: skip
    """Keep a version; false when its number is taken."""
    done = await tx.execute(
        "insert into evaluation.report_text (policy, fiscal_year, slot, version, content, note,"
        " by_id, by_name, recorded_at) values (%s, %s, %s, %s, %s, %s, %s, %s, %s)"
        " on conflict do nothing",
        (policy, year, slot, version, content, note, by.id, by.display, at),
    )
    return done.rowcount == 1


async def remarks(
    tx: Tx, policy: int, year: int, *, known_at: datetime | None = None
) -> tuple[list[RemarkRow], list[AnswerRow]]:
    """Remarks and the answers to them, oldest first."""
    values: dict[str, Any] = {"policy": policy, "year": year, "at": known_at}
    cursor = tx.cursor(row_factory=class_row(RemarkRow))
    query = (
        "select remark_id, sort, slot, content, by_id, by_name, recorded_at"
        f" from evaluation.report_remark where {_OF} and {_KNOWN} order by recorded_at, remark_id"
    )
    found = await (await cursor.execute(query, values)).fetchall()
    answered = tx.cursor(row_factory=class_row(AnswerRow))
    query = (
        "select remark_id, number, content, by_name, recorded_at from evaluation.report_answer"
        f" where remark_id = any(%(ids)s) and {_KNOWN} order by remark_id, number"
    )
    values["ids"] = [one.remark_id for one in found]
    return found, await (await answered.execute(query, values)).fetchall()


async def add_remark(tx: Tx, policy: int, year: int, row: RemarkRow, *, edition: int) -> None:
    """Keep a remark."""
    await tx.execute(
        "insert into evaluation.report_remark (remark_id, policy, fiscal_year, edition, sort, slot,"
        " content, by_id, by_name, recorded_at) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (row.remark_id, policy, year, edition, row.sort, row.slot, row.content, row.by_id,
         row.by_name, row.recorded_at),
    )  # fmt: skip


async def add_answer(tx: Tx, remark_id: UUID, content: str, *, by: Actor, at: datetime) -> None:
    """Keep the next answer to a remark."""
    await tx.execute(
        "insert into evaluation.report_answer (remark_id, number, content, by_id, by_name,"
        " recorded_at) select %(id)s, coalesce(max(number), 0) + 1, %(content)s, %(by)s, %(name)s,"
        " %(at)s from evaluation.report_answer where remark_id = %(id)s",
        {"id": remark_id, "content": content, "by": by.id, "name": by.display, "at": at},
    )


_STEP: Final = "number, kind, edition, as_of, reason, by_id, by_name, recorded_at"


async def steps(tx: Tx, policy: int, year: int, *, known_at: datetime | None = None) -> list[Step]:
    """What was done with a report, oldest first."""
    cursor = tx.cursor(row_factory=class_row(_StepRow))
    query = f"select {_STEP} from evaluation.report_step where {_OF} and {_KNOWN} order by number"
    values = {"policy": policy, "year": year, "at": known_at}
    return [one.step for one in await (await cursor.execute(query, values)).fetchall()]


class _StepRow:
    def __init__(self, *, kind: str, **values: Any) -> None:
        self.step = Step(kind=Kind(kind), **values)


async def add_step(
    tx: Tx, policy: int, year: int, step: Step, *, content: bytes | None = None
) -> None:
    """Keep a step, with the document that it is about."""
    await tx.execute(
        "insert into evaluation.report_step (policy, fiscal_year, number, kind, edition, as_of,"
        " reason, content, by_id, by_name, recorded_at)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (policy, year, step.number, step.kind, step.edition, step.as_of, step.reason,
         content.decode() if content is not None else None, step.by_id, step.by_name,
         step.recorded_at),
    )  # fmt: skip


async def content(tx: Tx, policy: int, year: int, number: int) -> str | None:
    """The document of a step."""
    query = f"select content from evaluation.report_step where {_OF} and number = %(number)s"
    found = await fetch_value(tx, query, {"policy": policy, "year": year, "number": number})
    return None if found is None else str(found)


async def published(
    tx: Tx, policy: int, year: int, edition: int | None = None
) -> tuple[EditionRow, str] | None:
    """A published edition and its document; the newest when none is named."""
    cursor = await tx.execute(
        "select edition, as_of, reason, recorded_at, content from evaluation.report_step"
        f" where {_OF} and kind = 'published'"
        " and (%(edition)s::integer is null or edition = %(edition)s)"
        " order by edition desc limit 1",
        {"policy": policy, "year": year, "edition": edition},
    )
    row = await cursor.fetchone()
    if row is None:
        return None
    kept = EditionRow(policy=policy, fiscal_year=year, edition=row[0], as_of=row[1],
                      reason=row[2], recorded_at=row[3])  # fmt: skip
    return kept, str(row[4])


async def editions(tx: Tx, policy: int | None = None, year: int | None = None) -> list[EditionRow]:
    """Published editions, of one report or of all; the newest first."""
    cursor = tx.cursor(row_factory=class_row(EditionRow))
    query = (
        "select policy, fiscal_year, edition, as_of, reason, recorded_at"
        " from evaluation.report_step where kind = 'published'"
        " and (%(policy)s::integer is null or policy = %(policy)s)"
        " and (%(year)s::integer is null or fiscal_year = %(year)s)"
        " order by fiscal_year desc, policy, edition desc"
    )
    return await (await cursor.execute(query, {"policy": policy, "year": year})).fetchall()


async def add_files(tx: Tx, policy: int, year: int, edition: int, files: Sequence[FileRow]) -> None:
    """Keep the files of an edition."""
    async with tx.cursor() as cursor:
        await cursor.executemany(
            "insert into evaluation.report_file (policy, fiscal_year, edition, name, media_type,"
            " content, digest) values (%s, %s, %s, %s, %s, %s, %s)",
            [
                (policy, year, edition, one.name, one.media_type, one.content, one.digest)
                for one in files
            ],
        )


async def file(tx: Tx, policy: int, year: int, edition: int, name: str) -> FileRow | None:
    """One file of an edition."""
    cursor = tx.cursor(row_factory=class_row(FileRow))
    query = (
        f"select name, media_type, content, digest from evaluation.report_file where {_OF}"
        " and edition = %(edition)s and name = %(name)s"
    )
    values = {"policy": policy, "year": year, "edition": edition, "name": name}
    return await (await cursor.execute(query, values)).fetchone()
