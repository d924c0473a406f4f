"""Use cases of 一年の仕事: keep records in editions, write letters, say what is to be done."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid4

from jichitai.evaluation.errors import FaultyEntryError, StaleEditError, UnknownRecordError
from jichitai.evaluation.year import store
from jichitai.evaluation.year.calendar import Usual, usual
from jichitai.evaluation.year.errors import AlreadyAnsweredError
from jichitai.evaluation.year.model import Content, Kind, Request, Task, faults, kind_of
from jichitai.evaluation.year.store import Record
from jichitai.infra import audit, mail
from jichitai.infra.audit import Actor
from jichitai.infra.clock import Clock
from jichitai.infra.database import Tx
from jichitai.infra.mail import MINISTRY_OFFICE, BadAddressError, Draft, Letter
from jichitai.kernel.dates import both

ASKING = "evaluation.request"
REMINDING = "evaluation.reminder"
_SENDER = "総務省 政策評価担当"


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One line of the calendar in a fiscal year, with what became of it."""

    usual: Usual
    starts_on: date
    ends_on: date
    record: Record | None

    @property
    def task(self) -> Task | None:
        """What was recorded of it."""
        return (
            self.record.content if self.record and isinstance(self.record.content, Task) else None
        )

    def word(self, on: date) -> str:
        """Where it stands on a day."""
        task = self.task
        if task and task.done_on:
            return "済み"
        if task and task.dropped:
            return "行わない"
        if on > self.ends_on:
            return "時期を過ぎた"
        return "いま" if on >= self.starts_on else "これから"


async def planned(tx: Tx, fiscal_year: int, known_at: datetime) -> list[Planned]:
    """The calendar of a fiscal year, by its months."""
    kept = await store.newest(tx, known_at, kinds=[Kind.TASK], fiscal_year=fiscal_year)
    of = {
        one.content.calendar_key: one
        for one in kept
        if isinstance(one.content, Task) and one.content.calendar_key
    }
    return [
        Planned(
            usual=one,
            starts_on=one.starts_on(fiscal_year),
            ends_on=one.ends_on(fiscal_year),
            record=of.get(one.key),
        )
        for one in usual()
        if one.valid_from <= one.ends_on(fiscal_year)
    ]


async def records(tx: Tx, kind: Kind, fiscal_year: int, known_at: datetime) -> list[Record]:
    """Records of a kind, oldest first; tasks of the calendar left out."""
    found = await store.newest(tx, known_at, kinds=[kind], fiscal_year=fiscal_year)
    own = [one for one in found if not (isinstance(one.content, Task) and one.content.calendar_key)]
    return sorted(own, key=lambda one: (_due(one.content), one.content.title, one.record_id))


def _due(content: Content) -> date:
    match content:
        case Task() | Request():
            return content.due_on or date.max
        case _:
            return date.max


async def record(tx: Tx, kind: Kind, record_id: UUID, known_at: datetime) -> Record:
    """One record in its newest edition.

    Raises:
        UnknownRecordError: there is none of this kind.
    """
    found = await store.newest(tx, known_at, kinds=[kind], record_id=record_id)
    if not found:
        raise UnknownRecordError(f"この{kind.word}の記録はありません。一覧から開き直してください。")
    return found[0]


async def add(tx: Tx, content: Content, fiscal_year: int, *, by: Actor, clock: Clock) -> Record:
    """Keep a new record.

    Raises:
        FaultyEntryError: field by field what is wrong.
        StaleEditError: the line of the calendar was dealt with already.
    """
    if isinstance(content, Task) and content.calendar_key:
        done = {one.usual.key: one for one in await planned(tx, fiscal_year, clock.now())}
        earlier = done.get(content.calendar_key)
        if earlier is not None and earlier.record is not None:
            raise StaleEditError(
                "この仕事の記録は、ほかの人が先に付けました。ページを開き直して確かめてください。"
            )
    return await _keep(tx, uuid4(), 1, content, fiscal_year, by=by, clock=clock)


async def change(
    tx: Tx, record_id: UUID, content: Content, *, edition: int, by: Actor, clock: Clock
) -> Record:
    """Keep a further edition of a record; the ones before stay.

    Args:
        tx: of the ministry.
        record_id: which.
        content: as it should be; of the same kind.
        edition: the one that the writer had before them.
        by: who writes.
        clock: the law's.

    Raises:
        UnknownRecordError: no such record.
        FaultyEntryError: field by field what is wrong.
        StaleEditError: somebody else wrote in between.
    """
    now = await record(tx, kind_of(content), record_id, clock.now())
    if now.edition != edition:
        raise _stale(now)
    return await _keep(tx, record_id, edition + 1, content, now.fiscal_year, by=by, clock=clock)


async def mark(
    tx: Tx, key: str, fiscal_year: int, *, done: bool, by: Actor, clock: Clock
) -> Record:
    """Record that a line of the calendar is done, or open again.

    Raises:
        UnknownRecordError: no such line of the calendar.
        StaleEditError: somebody else recorded it in between.
    """
    every = await planned(tx, fiscal_year, clock.now())
    line = next((one for one in every if one.usual.key == key), None)
    if line is None:
        raise UnknownRecordError(
            "この仕事は年間の予定にありません。予定の表から選び直してください。"
        )
    task = Task(
        title=line.usual.title,
        calendar_key=key,
        due_on=line.ends_on,
        place=line.usual.place,
        done_on=clock.today() if done else None,
        note=line.task.note if line.task else "",
    )
    if line.record is None:
        return await add(tx, task, fiscal_year, by=by, clock=clock)
    return await change(
        tx, line.record.record_id, task, edition=line.record.edition, by=by, clock=clock
    )


def _stale(now: Record) -> StaleEditError:
    return StaleEditError(
        f"開いてから保存するまでの間に、{now.recorded_name}さんが第{now.edition}版を保存しました。"
        "開き直して、ほかの人の変更を確かめてから書き直してください。",
        edition=now.edition,
    )


async def _keep(
    tx: Tx,
    record_id: UUID,
    edition: int,
    content: Content,
    fiscal_year: int,
    *,
    by: Actor,
    clock: Clock,
) -> Record:
    wrong = faults(content)
    if isinstance(content, Request):
        wrong += _address_faults(content)
    if wrong:
        raise FaultyEntryError(wrong)
    kept = Record(
        record_id=record_id,
        edition=edition,
        kind=kind_of(content),
        fiscal_year=fiscal_year,
        content=content,
        recorded_at=clock.now(),
        recorded_by=by.id,
        recorded_name=by.display,
    )
    if not await store.add(tx, kept):
        raise _stale(await record(tx, kept.kind, record_id, clock.now()))
    await audit.record(
        tx,
        by=by,
        action="evaluation.calendar.record",
        subject=str(record_id),
        facts={"kind": str(kept.kind), "edition": edition, "fiscal_year": fiscal_year},
    )
    return kept


def _address_faults(content: Request) -> list[tuple[str, str]]:
    try:
        mail.address(content.mail)
    except BadAddressError as refusal:
        return [("mail", refusal.detail)]
    return []


async def send(tx: Tx, record_id: UUID, *, reminder: bool, by: Actor, clock: Clock) -> UUID:
    """Write the letter of a request, or its reminder; the post hands it over.

    Raises:
        UnknownRecordError: no such request.
        AlreadyAnsweredError: the answer came.
        BadLetterError: the words may not leave.
    """
    found = await record(tx, Kind.REQUEST, record_id, clock.now())
    asked = found.content
    assert isinstance(asked, Request)  # noqa: S101 - the kind was asked for
    if asked.answered_on is not None:
        raise AlreadyAnsweredError(
            f"{both(asked.answered_on)}に回答があったため、送りません。"
            "追加で聞くことがあれば、新しい依頼を作ってください。"
        )
    head = "【再度のお願い】" if reminder else ""
    letter_id = await mail.write(
        tx,
        office=MINISTRY_OFFICE,
        draft=Draft(
            to=asked.mail,
            subject=f"{head}{asked.title}",
            text=_letter(asked),
            purpose=REMINDING if reminder else ASKING,
            reference=str(record_id),
        ),
        at=clock.now(),
    )
    await audit.record(
        tx,
        by=by,
        action="evaluation.calendar.letter",
        subject=str(record_id),
        facts={"reminder": reminder},
    )
    return letter_id


def _letter(asked: Request) -> str:
    wanted = f"対象の指標：{'、'.join(asked.indicators)}\n" if asked.indicators else ""
    return (
        f"{asked.office} 御中\n\n{asked.text}\n\n{wanted}"
        f"回答の期限：{both(asked.due_on)}\n\n"
        "このメールには返信できません。\n\n"
        f"{_SENDER}\n"
    )


async def letters(tx: Tx, record_id: UUID) -> list[Letter]:
    """The letters of a request, newest first."""
    return await mail.letters(tx, office=MINISTRY_OFFICE, reference=str(record_id))
