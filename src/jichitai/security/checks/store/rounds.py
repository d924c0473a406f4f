"""SQL of rounds, their targets and questions, and the answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from psycopg.rows import class_row

from jichitai.infra.database import Tx, fetch_value
from jichitai.security.checks.model.answers import Answer, Given, Standing
from jichitai.security.checks.model.counting import Tally
from jichitai.security.checks.model.rounds import Question, Sort, Target, TargetKind
from jichitai.security.guideline.model import NetworkModel


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundRow:
    """A round as its row stands."""

    round_id: UUID
    sort: str
    fiscal_year: int
    number: int
    title: str
    guideline_version: str
    network_model: str
    cloud: bool
    auditor: str
    previous_id: UUID | None
    due_on: date | None
    state: str
    opened_by: str
    opened_by_name: str
    opened_at: datetime
    closed_by_name: str | None
    closed_at: datetime | None
    finished_on: date | None
    note: str
    revision: int

    @property
    def kind(self) -> Sort:
        """Self-check or audit."""
        return Sort(self.sort)

    @property
    def model(self) -> NetworkModel:
        """The network's model when the round began."""
        return NetworkModel(self.network_model)

    @property
    def open(self) -> bool:
        """Whether answers may still change."""
        return self.state == "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A question with its target and the newest version of its answer."""

    target_id: UUID
    target_name: str
    target_kind: str
    target_key: str
    item_id: str
    slug: str
    chapter_no: str
    chapter: str
    section: str
    title: str
    meaning: str
    level: str
    law: str
    spots: list[str]
    place: int
    version: int | None
    answer: str | None
    reason: str | None
    practice: str | None
    evidence: list[UUID] | None
    confirmed: bool | None
    stale: list[str] | None
    answered_by: str | None
    answered_by_name: str | None
    answered_at: datetime | None
    carried_from: UUID | None
    corrections: int
    exceptions: int

    @property
    def given(self) -> Answer | None:
        """The answer, confirmed or not."""
        return Answer(self.answer) if self.answer else None

    @property
    def counted(self) -> Answer | None:
        """The answer as it counts: nothing until somebody confirmed it."""
        return self.given if self.confirmed else None

    @property
    def uncovered(self) -> bool:
        """Whether it is a gap that nobody has promised to close."""
        counted = self.counted
        return counted is not None and counted.gap and not (self.corrections or self.exceptions)

    def among(self, only: str) -> bool:
        """Whether it is one of `unanswered`, `gaps`, `stale`, `uncovered`; any other word is all."""
        match only:
            case "unanswered":
                return self.counted is None
            case "gaps":
                return self.given is not None and self.given.gap
            case "stale":
                return bool(self.stale) and not self.confirmed
            case "uncovered":
                return self.uncovered
            case _:
                return True

    @property
    def tally(self) -> Tally:
        """What counting needs."""
        return Tally(
            law=self.law,
            chapter=f"{self.chapter_no} {self.chapter}",
            target=self.target_name,
            spots=tuple(self.spots),
            answer=self.counted,
        )

    @property
    def standing(self) -> Standing | None:
        """The answer as the model knows it."""
        if self.answer is None or self.version is None or self.answered_at is None:
            return None
        return Standing(
            given=Given(
                answer=Answer(self.answer),
                reason=self.reason or "",
                practice=self.practice or "",
                evidence=tuple(self.evidence or ()),
            ),
            version=self.version,
            confirmed=bool(self.confirmed),
            stale=tuple(self.stale or ()),
            by=self.answered_by or "",
            by_name=self.answered_by_name or "",
            at=self.answered_at,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetRow:
    """A target as its row stands."""

    target_id: UUID
    kind: str
    name: str
    area: str
    cloud: bool
    ref: str

    @property
    def target(self) -> Target:
        """The same as the model knows it."""
        return Target(
            id=self.target_id,
            kind=TargetKind(self.kind),
            name=self.name,
            area=self.area,
            cloud=self.cloud,
            ref=self.ref,
        )


_ROUND: Final = ", ".join(RoundRow.__dataclass_fields__)
_TARGET: Final = ", ".join(TargetRow.__dataclass_fields__)

_LINES: Final = """
select q.target_id, t.name as target_name, t.kind as target_kind, t.key as target_key,
       q.item_id, q.slug, q.chapter_no, q.chapter, q.section, q.title, q.meaning, q.level, q.law,
       q.spots, q.place,
       a.version, a.answer, a.reason, a.practice, a.evidence, a.confirmed, a.stale,
       a.answered_by, a.answered_by_name, a.answered_at, a.carried_from,
       (select count(*) from security.correction c
         where c.municipality = q.municipality and c.item_id = q.item_id
           and c.target_key = t.key
           and (c.state in ('open', 'doing', 'done')
                or (c.state = 'verified' and c.round_id = q.round_id))) as corrections,
       (select count(*) from security.check_exception e
         where e.municipality = q.municipality and e.state = 'approved' and e.until >= %(today)s
           and q.item_id = any(e.items) and e.target_key in ('', t.key)) as exceptions
  from security.check_question q
  join security.check_target t
    on t.municipality = q.municipality and t.target_id = q.target_id
  left join lateral (
       select version, answer, reason, practice, evidence, confirmed, stale, answered_by,
              answered_by_name, answered_at, carried_from
         from security.check_answer a
        where a.municipality = q.municipality and a.target_id = q.target_id
          and a.item_id = q.item_id
        order by version desc limit 1) a on true
 where q.municipality = %(body)s and q.round_id = %(round)s
"""


async def next_number(tx: Tx, body: str, kind: str) -> int:
    """The next number of a register; two who ask wait for one another."""
    number = await fetch_value(
        tx,
        "insert into security.check_counter (municipality, kind, last_number) values (%s, %s, 1)"
        " on conflict (municipality, kind) do update"
        "    set last_number = check_counter.last_number + 1 returning last_number",
        (body, kind),
    )
    return int(number)


async def add_round(tx: Tx, values: dict[str, Any]) -> None:
    """Enter a round."""
    await tx.execute(
        "insert into security.check_round (municipality, round_id, sort, fiscal_year, number,"
        " title, guideline_version, network_model, cloud, auditor, previous_id, due_on, state,"
        " opened_by, opened_by_name, opened_at)"
        " values (%(municipality)s, %(round_id)s, %(sort)s, %(fiscal_year)s, %(number)s,"
        " %(title)s, %(guideline_version)s, %(network_model)s, %(cloud)s, %(auditor)s,"
        " %(previous_id)s, %(due_on)s, 'open', %(opened_by)s, %(opened_by_name)s, %(opened_at)s)",
        values,
    )


async def add_targets(tx: Tx, body: str, round_id: UUID, targets: Sequence[Target]) -> None:
    """Enter the targets of a round."""
    async with tx.cursor() as cursor:
        await cursor.executemany(
            "insert into security.check_target"
            " (municipality, round_id, target_id, kind, name, area, cloud, ref, key, place)"
            " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [
                (body, round_id, t.id, t.kind, t.name, t.area, t.cloud, t.ref, t.key, place)
                for place, t in enumerate(targets)
            ],
        )


async def add_questions(tx: Tx, body: str, round_id: UUID, asked: Sequence[Question]) -> None:
    """Enter the questions of a round, in one statement."""
    await tx.execute(
        "insert into security.check_question (municipality, round_id, target_id, item_id, slug,"
        " chapter_no, chapter, section, title, meaning, level, law, spots, place)"
        " select %s, %s, target_id, item_id, slug, chapter_no, chapter, section, title, meaning,"
        "        level, law, spots, place"
        "   from rows from (jsonb_to_recordset(%s) as (target_id uuid, item_id text, slug text,"
        "        chapter_no text, chapter text, section text, title text, meaning text,"
        "        level text, law text, spots text[], place integer)) as asked",
        (body, round_id, _json([{**_fields(q), "place": n} for n, q in enumerate(asked)])),
    )


async def rounds(tx: Tx, body: str, *, limit: int = 200) -> list[RoundRow]:
    """The rounds of a body, the newest first."""
    async with tx.cursor(row_factory=class_row(RoundRow)) as cursor:
        await cursor.execute(
            f"select {_ROUND} from security.check_round where municipality = %s"
            " order by fiscal_year desc, opened_at desc, number desc limit %s",
            (body, limit),
        )
        return await cursor.fetchall()


async def progress(tx: Tx, body: str) -> dict[UUID, tuple[int, int]]:
    """Round -> questions asked, questions with a confirmed answer."""
    cursor = await tx.execute(
        "select q.round_id, count(*), count(*) filter (where a.confirmed)"
        "  from security.check_question q"
        "  left join lateral (select confirmed from security.check_answer a"
        "        where a.municipality = q.municipality and a.target_id = q.target_id"
        "          and a.item_id = q.item_id order by version desc limit 1) a on true"
        " where q.municipality = %s group by q.round_id",
        (body,),
    )
    return {found: (int(asked), int(done)) for found, asked, done in await cursor.fetchall()}


async def round_of(tx: Tx, body: str, round_id: UUID, *, lock: bool = False) -> RoundRow | None:
    """One round."""
    async with tx.cursor(row_factory=class_row(RoundRow)) as cursor:
        await cursor.execute(
            f"select {_ROUND} from security.check_round"
            " where municipality = %s and round_id = %s" + (" for update" if lock else ""),
            (body, round_id),
        )
        return await cursor.fetchone()


async def last_closed(tx: Tx, body: str, sort: Sort) -> RoundRow | None:
    """The newest closed round of a sort, whose answers the next one takes over."""
    async with tx.cursor(row_factory=class_row(RoundRow)) as cursor:
        await cursor.execute(
            f"select {_ROUND} from security.check_round"
            " where municipality = %s and sort = %s and state = 'closed'"
            " order by fiscal_year desc, opened_at desc, number desc limit 1",
            (body, sort),
        )
        return await cursor.fetchone()


async def change_round(tx: Tx, body: str, round_id: UUID, **values: Any) -> None:
    """Set columns of a round."""
    assignments = ", ".join(f"{column} = %({column})s" for column in values)
    await tx.execute(
        f"update security.check_round set {assignments}"
        " where municipality = %(_body)s and round_id = %(_id)s",
        {**values, "_body": body, "_id": round_id},
    )


async def targets(tx: Tx, body: str, round_id: UUID) -> list[TargetRow]:
    """The targets of a round."""
    async with tx.cursor(row_factory=class_row(TargetRow)) as cursor:
        await cursor.execute(
            f"select {_TARGET} from security.check_target"
            " where municipality = %s and round_id = %s order by place",
            (body, round_id),
        )
        return await cursor.fetchall()


async def lines(tx: Tx, body: str, round_id: UUID, today: date) -> list[Line]:
    """All questions of a round with their answers."""
    async with tx.cursor(row_factory=class_row(Line)) as cursor:
        await cursor.execute(
            _LINES + " order by q.place", {"body": body, "round": round_id, "today": today}
        )
        return await cursor.fetchall()


async def line(
    tx: Tx, body: str, round_id: UUID, target_id: UUID, item: str, today: date
) -> Line | None:
    """One question, by the item's id or its slug."""
    if not item.isprintable():
        return None
    async with tx.cursor(row_factory=class_row(Line)) as cursor:
        await cursor.execute(
            _LINES + " and q.target_id = %(target)s and %(item)s in (q.item_id, q.slug)",
            {
                "body": body,
                "round": round_id,
                "today": today,
                "target": target_id,
                "item": item,
            },
        )
        return await cursor.fetchone()


async def same_question(
    tx: Tx, body: str, round_id: UUID, item_id: str, target_key: str, today: date
) -> Line | None:
    """The same question of the same target in another round."""
    async with tx.cursor(row_factory=class_row(Line)) as cursor:
        await cursor.execute(
            _LINES + " and q.item_id = %(item)s and t.key = %(key)s",
            {"body": body, "round": round_id, "today": today, "item": item_id, "key": target_key},
        )
        return await cursor.fetchone()


def _json(rows: Sequence[dict[str, Any]]) -> str:
    return msgspec.json.encode(rows).decode()


def _fields(question: Question) -> dict[str, Any]:
    return {name: getattr(question, name) for name in Question.__dataclass_fields__}


async def ended_exceptions(tx: Tx, body: str, since: datetime, today: date) -> set[str]:
    """Items whose exceptions ended after an instant and hold no longer."""
    cursor = await tx.execute(
        "select unnest(items) from security.check_exception"
        " where municipality = %(body)s and decided_at is not null"
        "   and (state = 'ended' or (state = 'approved' and until < %(today)s))"
        "   and until >= %(since)s::date",
        {"body": body, "today": today, "since": since},
    )
    return {str(item) for (item,) in await cursor.fetchall()}
