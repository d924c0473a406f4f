"""The file of a case: opened, and a paper added to it, at either tier."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from jichitai.infra import audit
from jichitai.infra.audit import SYSTEM, Actor
from jichitai.infra.database import Tx
from jichitai.kernel.dates import wareki
from jichitai.kernel.municipalities import prefectures
from jichitai.security.subsidy import file, ledger, store
from jichitai.security.subsidy.case import Case
from jichitai.security.subsidy.documents import document_of
from jichitai.security.subsidy.errors import FileChangedError, UnknownCaseError, WrongStepError
from jichitai.security.subsidy.file import File
from jichitai.security.subsidy.ledger import Book, Transfer
from jichitai.security.subsidy.papers import Paper
from jichitai.security.subsidy.steps import apply, fold
from jichitai.security.subsidy.store import PaperRow

_REVERSALS: Final = 1001
"""First line of a reversal in the ledger."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A file with all its papers, and the case that they make."""

    rows: tuple[PaperRow, ...]
    file: File
    case: Case

    @property
    def in_order(self) -> list[PaperRow]:
        """The papers as they follow one another; a crossed one stands after what it follows."""
        rows = {row.paper_id: row for row in self.rows}
        found: list[PaperRow] = []
        waiting = sorted(self.file.crossed, key=lambda one: (one.on, one.number))
        for head in ("", *(one.fingerprint for one in self.file.papers)):
            found += [rows[one.paper_id] for one in self.file.papers if one.fingerprint == head]
            known = {head}
            for one in waiting:
                if one.after in known:
                    known.add(one.fingerprint)
                    found.append(rows[one.paper_id])
        return found

    def row(self, paper_id: UUID) -> PaperRow:
        """One of its papers.

        Raises:
            UnknownCaseError: it is not in this file.
        """
        for one in self.rows:
            if one.paper_id == paper_id:
                return one
        raise UnknownCaseError("この書類は、この書類綴にありません。一覧から開き直してください。")


def opened(prefecture: str, case_id: UUID, rows: Sequence[PaperRow]) -> Opened:
    """What rows of one case make."""
    found = file.ordered([row.paper for row in rows])
    return Opened(tuple(rows), found, fold(prefecture, case_id, found.papers))


async def open_file(tx: Tx, prefecture: str, case_id: UUID, *, lock: bool = False) -> Opened:
    """Open a file; an empty one when there is no paper yet."""
    if lock:
        await store.lock_case(tx, prefecture, case_id)
    return opened(prefecture, case_id, await store.papers(tx, prefecture, case_id))


def known_code(prefecture: str) -> str:
    """A prefecture's two digits.

    Raises:
        UnknownCaseError: no prefecture has them.
    """
    if prefecture not in {one.prefecture_code for one in prefectures()}:
        raise UnknownCaseError("この番号の都道府県はありません。一覧から開き直してください。")
    return prefecture


async def known_file(tx: Tx, prefecture: str, case_id: UUID, *, lock: bool = False) -> Opened:
    """Open a file that has papers.

    Raises:
        UnknownCaseError: there is none.
    """
    found = await open_file(tx, known_code(prefecture), case_id, lock=lock)
    if not found.rows:
        raise UnknownCaseError("この番号の補助金の案件はありません。一覧から開き直してください。")
    return found


async def all_files(tx: Tx, prefecture: str | None = None) -> list[Opened]:
    """The files of a prefecture, or of all."""
    groups: dict[tuple[str, UUID], list[PaperRow]] = {}
    for row in await store.all_papers(tx, prefecture):
        groups.setdefault((row.prefecture, row.case_id), []).append(row)
    return [opened(*key, rows) for key, rows in groups.items()]


def number_of(place: str, fiscal_year: int, serial: int) -> str:
    """文書番号.

    >>> number_of("01", 2026, 3)
    'R8-01-0003'
    """
    year = wareki(date(fiscal_year, 4, 1)).removeprefix("令和").split("年")[0]
    return f"R{year}-{place}-{serial:04}"


async def add(
    tx: Tx,
    book: Book,
    paper: Paper,
    *,
    at: datetime,
    by: Actor = SYSTEM,
    approved_by: Actor | None = None,
    sent_hash: str | None = None,
) -> tuple[Opened, str]:
    """Put a paper into its file and post what it moves.

    Args:
        tx: a transaction of the tier.
        book: whose books are kept here.
        paper: it.
        at: when it is put in.
        by: who made it; the machine for one that came by message.
        approved_by: the second person, where there was one.
        sent_hash: SHA-256 of the PDF as the sender made it; our own when left out.

    Returns:
        The file after it, and the SHA-256 of the PDF.

    Raises:
        WrongStepError: its place in the file is unknown, or this kind may not come there.
        PaperRefusedError: its figures do not fit the case.
        FileChangedError: another paper took its place.
    """
    before = await open_file(tx, paper.prefecture, paper.case_id, lock=True)
    known = [row.paper for row in before.rows]
    if any(one.paper_id == paper.paper_id for one in known):
        return before, before.row(paper.paper_id).document_hash
    chain = file.upto(known, paper.after)
    if chain is None:
        raise WrongStepError(
            "この書類の前にあるはずの書類が届いていません。差出人に、書類綴の確認を依頼してください。"
        )
    case = fold(paper.prefecture, paper.case_id, chain)
    done = apply(case, paper)
    made, made_hash = await document_of(paper)
    kept = await store.add_paper(
        tx,
        paper,
        document=made,
        document_hash=sent_hash or made_hash,
        made_by=by.id,
        approved_by=approved_by.id if approved_by else None,
        at=at,
    )
    if not kept:
        raise FileChangedError(
            "同じ書類のあとに、別の書類が先に入りました。書類綴を開き直してください。"
        )
    found = await open_file(tx, paper.prefecture, paper.case_id)
    if paper in found.file.papers and done.plan is not None:
        moved = ledger.transfers(book, case, paper, done)
        await store.post(
            tx, paper.prefecture, paper.case_id, paper.paper_id, done.plan.call_id, paper.on, moved
        )
    await _reverse(tx, found, paper)
    await audit.record(
        tx,
        by=by,
        action="security.subsidy.paper",
        subject=str(paper.paper_id),
        facts={"kind": paper.kind, "case": str(paper.case_id), "number": paper.number},
        at=at,
    )
    return found, made_hash


async def _reverse(tx: Tx, found: Opened, cause: Paper) -> None:
    """Take back what papers moved that have crossed with this one (赤伝)."""
    crossed = {one.paper_id for one in found.file.crossed}
    if not crossed or found.case.plan is None:
        return
    rows = await store.reversible(tx, cause.prefecture, cause.case_id, crossed)
    for paper_id in sorted({row.paper_id for row in rows}):
        moved = [row.transfer for row in rows if row.paper_id == paper_id]
        await store.post(
            tx,
            cause.prefecture,
            cause.case_id,
            paper_id,
            found.case.plan.call_id,
            cause.on,
            [_turned(one) for one in moved],
            first=_REVERSALS,
            reverses=True,
        )


def _turned(one: Transfer) -> Transfer:
    return Transfer(one.credit, one.debit, one.amount, one.project, one.category)
