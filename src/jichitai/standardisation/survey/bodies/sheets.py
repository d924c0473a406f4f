"""The body's own spreadsheet: filled in with what it told so far, and read into the draft."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from anyio import to_thread

from jichitai.correspondence.model.preview import Preview
from jichitai.correspondence.service.archives import File
from jichitai.infra.audit import Actor
from jichitai.infra.database import Tx
from jichitai.standardisation.progress.reports import check_report
from jichitai.standardisation.survey.bodies.service import Answers, Opened
from jichitai.standardisation.survey.layout import Heading, file_of
from jichitai.standardisation.survey.reading import Known, preview, reports

LARGEST: Final = 6 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Read:
    """What became of a file: rows that went into the draft, and what is wrong with the others."""

    kept: int
    preview: Preview


def heading_of(found: Opened) -> Heading:
    """What stands above the table."""
    given = found.request
    return Heading(title=given.subject, as_of=given.as_of, due_on=given.due_on, note=given.note)


async def sheet(tx: Tx, work: Answers, code: str, round_id: UUID) -> bytes:
    """The form with the draft, or with what was answered last."""
    found = await work.open(tx, code, round_id)
    return await to_thread.run_sync(file_of, heading_of(found), found.body, found.report)


async def take(
    tx: Tx,
    work: Answers,
    code: str,
    round_id: UUID,
    data: bytes,
    *,
    repair: bool,
    actor: Actor,
) -> Read:
    """Read the body's own file: right rows go into the draft, faulty ones are told.

    Args:
        tx: the running transaction.
        work: the body's work.
        code: the body.
        round_id: of which round.
        data: the file.
        repair: whether faults that the product can mend, such as a lost zero, are mended.
        actor: who brings it.

    Raises:
        WorkbookRefusedError: it cannot be read at all.
        InvalidReportError: costs that cannot be.
        RoundStatusError: the round is closed.
    """
    found = await work.open(tx, code, round_id)
    known = Known(
        as_of=found.request.as_of,
        among={code: found.body},
        answers={code: found.last} if found.last else {},
        done={},
        only=code,
    )
    taken = await to_thread.run_sync(preview, [File("", data)], known)
    repaired = [row.row for row in taken.rows if row.repairable] if repair else []
    told = reports(taken, repaired).get(code)
    if told is None:
        return Read(kept=0, preview=taken)
    check_report(told)
    await work.keep_all(tx, code, round_id, told, actor=actor)
    return Read(kept=len(told.systems) + len(told.costs), preview=taken)
