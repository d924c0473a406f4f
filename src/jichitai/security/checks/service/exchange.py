"""Workbooks (.xlsx): the questions of a round out, the answers in, the registers out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any, Final
from uuid import UUID, uuid4

import anyio.to_thread

from jichitai.infra import audit
from jichitai.infra.audit import Actor
from jichitai.infra.clock import Clock
from jichitai.infra.database import Tx
from jichitai.infra.documents import sheets
from jichitai.infra.documents.sheets import Column, Fault, Kind, Sheet, Value
from jichitai.kernel.dates import wareki
from jichitai.security.checks.errors import WrongStepError
from jichitai.security.checks.model import rounds as rules
from jichitai.security.checks.model.answers import Answer, Given
from jichitai.security.checks.model.corrections import Planned
from jichitai.security.checks.model.sheet import (
    ANSWERS,
    CONFIRMED,
    LABELS,
    SHEET,
    Asked,
    Filled,
    Wanted,
    Wrong,
    wanted,
)
from jichitai.security.checks.model.texts import plain
from jichitai.security.checks.service.answers import Answers, Reply
from jichitai.security.checks.service.intake import read_answers, wanted_of
from jichitai.security.checks.service.oscal import system_key
from jichitai.security.checks.service.rounds import known_round, open_round
from jichitai.security.checks.store import evidence, imports, rounds
from jichitai.security.checks.store.imports import ImportRow
from jichitai.security.checks.store.rounds import Line, RoundRow
from jichitai.security.errors import UnknownDocumentError

_WIDTHS: Final = {
    "place": 7,
    "target": 18,
    "chapter": 18,
    "item": 20,
    "title": 30,
    "meaning": 46,
    "answer": 16,
    "confirmed": 7,
    "reason": 36,
    "practice": 36,
    "evidence": 24,
    "correction": 30,
    "owner": 16,
    "due_on": 13,
    "version": 6,
}
_KINDS: Final[Mapping[str, Kind]] = {"place": "int", "version": "int", "due_on": "date"}
_LOCKED: Final = ("place", "target", "chapter", "item", "title", "meaning", "evidence", "version")
_CHOICES: Final[Mapping[str, Sequence[str]]] = {"answer": ANSWERS, "confirmed": (CONFIRMED,)}
COLUMNS: Final = tuple(
    Column(
        key=key,
        label=label,
        width=_WIDTHS[key],
        kind=_KINDS.get(key, "text"),
        choices=_CHOICES.get(key, ()),
        required=key in ("place", "item"),
        locked=key in _LOCKED,
    )
    for key, label in LABELS.items()
)
_READ: Final = tuple(
    column for column in COLUMNS if column.key not in ("target", "chapter", "meaning", "evidence")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a filled-in workbook would change; nothing is written yet.

    Attributes:
        import_id: to confirm it with; None while something is wrong, or nothing changes.
        cells: how many cells (of OSCAL: statements) were read.
        changes: what would be written.
        faults: what is wrong; the file is taken over whole or not at all.
    """

    import_id: UUID | None
    cells: int
    changes: tuple[Wanted, ...]
    faults: tuple[Wrong, ...]


class Exchange:
    """Workbooks of a body's rounds."""

    def __init__(self, clock: Clock) -> None:
        """Take law time."""
        self._clock = clock
        self._answers = Answers(clock)

    async def workbook(self, tx: Tx, body: str, round_id: UUID) -> bytes:
        """A round as a workbook to fill in, with what was answered so far.

        Raises:
            UnknownDocumentError: there is no such round.
        """
        row = await known_round(tx, body, round_id)
        lines = await rounds.lines(tx, body, round_id, self._clock.today())
        named = await _titles(tx, body, lines)
        sheet = Sheet(
            name=SHEET,
            columns=COLUMNS,
            rows=[_row(line, named) for line in lines],
            notes=_notes(row, self._clock.today()),
        )
        return await anyio.to_thread.run_sync(lambda: sheets.workbook([sheet], title=row.title))

    async def preview(
        self, tx: Tx, body: str, round_id: UUID, *, name: str, data: bytes, by: Actor
    ) -> Preview:
        """Read a filled-in workbook, or an OSCAL document, and say what it would change.

        Raises:
            UnknownDocumentError, RoundClosedError, NotYourPartError.
            WorkbookRefusedError, UnreadableOscalError, BadUploadError: the file is neither.
            NotYourBodyError: it is another body's.
        """
        row = await open_round(tx, body, round_id)
        rules.require_part(row.kind, by.roles)
        today = self._clock.today()
        lines = await rounds.lines(tx, body, round_id, today)
        if data.lstrip()[:1] == b"{":
            said, faults_read = read_answers(data, body)
            changes, wrong = wanted_of(
                said, {(line.slug, system_key(line)): _asked(line) for line in lines}
            )
            cells, faults = len(said), (*faults_read, *wrong)
        else:
            table = await anyio.to_thread.run_sync(
                lambda: sheets.read(data, sheet=SHEET, columns=_READ)
            )
            asked = {line.place + 1: _asked(line) for line in lines}
            changes, wrong = wanted((_filled(one) for one in table.rows), asked, today)
            cells, faults = table.cells, (*map(_fault, table.faults), *wrong)
        import_id = None
        if changes and not faults:
            import_id = uuid4()
            kept = ImportRow(
                import_id=import_id,
                round_id=round_id,
                file_name=name[:200],
                sha256=sha256(data).hexdigest(),
                changes=[_packed(one) for one in changes],
                read_by=by.id,
                read_at=self._clock.now(),
                applied_at=None,
            )
            await imports.add(tx, body, kept)
        return Preview(import_id=import_id, cells=cells, changes=tuple(changes), faults=faults)

    async def apply(self, tx: Tx, body: str, round_id: UUID, import_id: UUID, *, by: Actor) -> int:
        """Write what a workbook asked for.

        Returns:
            How many answers were written.

        Raises:
            UnknownDocumentError: nobody read such a workbook.
            WrongStepError: it was taken over already.
            StaleEditError: somebody answered meanwhile; nothing is written.
        """
        kept = await imports.one(tx, body, round_id, import_id, lock=True)
        if kept is None:
            raise UnknownDocumentError("この表は読み込まれていません。もう一度選んでください。")
        if kept.applied_at is not None:
            raise WrongStepError("この表の回答は取り込み済みです。一覧で確かめてください。")
        replies = [_unpacked(one) for one in kept.changes]
        written = await self._answers.answer(tx, body, round_id, replies, by=by)
        await imports.applied(tx, body, import_id, self._clock.now())
        await audit.record(
            tx,
            by=by,
            action="security.check.import",
            subject=str(round_id),
            facts={"answers": written, "sha256": kept.sha256},
        )
        return written


def _notes(row: RoundRow, today: date) -> tuple[str, ...]:
    return (
        f"{row.title}　ガイドライン{row.guideline_version}（項目の一覧は非公式）　{wareki(today)} 現在",
        "書き込むのは「回答」から「実施の状況」までと、是正の3つの列です。灰色の列と行の順番は変えないでください。",
        "前回の回答のままでよいときは「確認」に「済」を入れます。空のままの行は、確かめていないものとして扱います。",
    )


def _row(line: Line, named: Mapping[UUID, str]) -> dict[str, Value]:
    given = line.given
    return {
        "place": line.place + 1,
        "target": line.target_name,
        "chapter": f"{line.chapter_no} {line.chapter}",
        "item": line.item_id,
        "title": line.title,
        "meaning": line.meaning,
        "answer": "" if given is None else given.japanese,
        "confirmed": CONFIRMED if line.confirmed else "",
        "reason": line.reason or "",
        "practice": line.practice or "",
        "evidence": "、".join(named.get(one, "") for one in line.evidence or []),
        "version": line.version or 0,
    }


async def _titles(tx: Tx, body: str, lines: Sequence[Line]) -> dict[UUID, str]:
    ids = {one for line in lines for one in line.evidence or []}
    return {one.evidence_id: one.title for one in await evidence.some(tx, body, list(ids))}


def _asked(line: Line) -> Asked:
    standing = line.standing
    return Asked(
        place=line.place + 1,
        target_id=line.target_id,
        target=line.target_name,
        item_id=line.item_id,
        title=line.title,
        version=line.version or 0,
        confirmed=bool(line.confirmed),
        by_name=line.answered_by_name or "",
        given=None if standing is None else standing.given,
    )


def _filled(row: sheets.Row) -> Filled:
    def text(key: str) -> str:
        value = row.values.get(key)
        return plain(value).strip() if isinstance(value, str) else ""

    def whole(key: str) -> int | None:
        value = row.values.get(key)
        return value if isinstance(value, int) else None

    due_on = row.values.get("due_on")
    return Filled(
        number=row.number,
        place=whole("place"),
        item=text("item"),
        answer=text("answer"),
        confirmed=text("confirmed") == CONFIRMED,
        reason=text("reason"),
        practice=text("practice"),
        correction=text("correction"),
        owner=text("owner"),
        due_on=due_on if isinstance(due_on, date) else None,
        version=whole("version"),
    )


def _fault(fault: Fault) -> Wrong:
    return Wrong(where=fault.cell, value=fault.value, why=fault.why, remedy=fault.remedy)


def _packed(change: Wanted) -> dict[str, Any]:
    planned = change.correction
    return {
        "target_id": str(change.asked.target_id),
        "item_id": change.asked.item_id,
        "version": change.asked.version,
        "answer": change.given.answer.value,
        "reason": change.given.reason,
        "practice": change.given.practice,
        "evidence": [str(one) for one in change.given.evidence],
        "correction": None
        if planned is None or planned.due_on is None
        else {
            "title": planned.title,
            "owner": planned.owner,
            "due_on": planned.due_on.isoformat(),
        },
    }


def _unpacked(kept: Mapping[str, Any]) -> Reply:
    planned = kept["correction"]
    return Reply(
        target_id=UUID(kept["target_id"]),
        item_id=kept["item_id"],
        version=kept["version"],
        given=Given(
            answer=Answer(kept["answer"]),
            reason=kept["reason"],
            practice=kept["practice"],
            evidence=tuple(map(UUID, kept["evidence"])),
        ),
        correction=None
        if planned is None
        else Planned(
            title=planned["title"],
            owner=planned["owner"],
            due_on=date.fromisoformat(planned["due_on"]),
        ),
    )
