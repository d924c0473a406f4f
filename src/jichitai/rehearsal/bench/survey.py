"""`survey`: a workbook for each of the 1,788 bodies out, filled in, and all of them taken back.

Ours writes the archive, reads every file with its faults, and writes the answers and the progress
into the database. The baseline opens the same files with openpyxl and looks at their cells: it
neither writes them, nor judges a value, nor keeps anything.
"""

import io
import time
from datetime import date, datetime, timedelta
from typing import Final

from openpyxl import load_workbook

from jichitai.correspondence.service.archives import packed
from jichitai.infra.audit import SYSTEM
from jichitai.infra.clock import JST, FixedClock
from jichitai.infra.database import Database
from jichitai.infra.keys import Keys
from jichitai.infra.outbox import Outbox
from jichitai.kernel.bodies import Body, all_bodies
from jichitai.kernel.parties import Tier
from jichitai.rehearsal.bench.result import Result, result
from jichitai.rehearsal.bench.stage import Stage
from jichitai.standardisation.progress.reports import BodyReport, SystemReport
from jichitai.standardisation.survey.layout import Heading, file_of
from jichitai.standardisation.survey.model import Asked, asked_businesses
from jichitai.standardisation.survey.service.rounds import Rounds
from jichitai.standardisation.survey.service.sheets import Sheets

_NOW: Final = datetime(2026, 11, 20, 10, tzinfo=JST)
_AS_OF: Final = date(2026, 11, 1)
_DUE: Final = date(2026, 12, 4)
_QUICK: Final = 20


async def run(stage: Stage) -> list[Result]:
    """Measure a survey round from the archive to the progress."""
    clock = FixedClock(_NOW)
    keys = Keys.load(stage.platform.keys, Tier.MINISTRY)
    bodies = all_bodies()[:_QUICK] if stage.scale.quick else all_bodies()
    sheets = Sheets(clock, rehearsal=True)
    database = await Database.open(stage.platform.dsn(Tier.MINISTRY))
    try:
        async with database.transaction() as tx:
            rounds = Rounds(clock, Outbox(keys.network, clock), rehearsal=True)
            round_id = await rounds.save(tx, _ASKED, actor=SYSTEM)
            await rounds.open(tx, round_id, actor=SYSTEM)
        filled = [(f"{one.code}.xlsx", file_of(_HEADING, one, _answer(one))) for one in bodies]
        back = packed(filled)
        started = time.perf_counter()
        async with database.transaction(read_only=True) as tx:
            await sheets.archive(tx, round_id)
        out = time.perf_counter() - started
        async with database.transaction() as tx:
            upload = await sheets.take(tx, round_id, back, name="all.zip", actor=SYSTEM)
            written = await sheets.apply(tx, round_id, upload, repaired=(), actor=SYSTEM)
        seconds = time.perf_counter() - started
    finally:
        await database.close()
    if written.bodies != len(bodies):
        raise RuntimeError("the round lost answers")
    stage.say(f"{len(bodies):,}団体：取出し {out:.1f}秒、取込みまで {seconds:.1f}秒")
    started = time.perf_counter()
    for _, data in filled:
        _looked_at(data)
    base = time.perf_counter() - started
    return [
        result(
            "survey",
            "団体の調査票",
            len(bodies) / seconds,
            baseline=("openpyxl で開いてセルを見るだけ", len(bodies) / base),
            details={"bodies": len(bodies), "seconds": seconds, "out_seconds": out},
        )
    ]


_ASKED: Final = Asked(
    title="移行の調査（測定）",
    note="",
    as_of=_AS_OF,
    due_on=_DUE,
    checked_by=_DUE + timedelta(days=14),
)
_HEADING: Final = Heading(title=_ASKED.title, as_of=_AS_OF, due_on=_DUE)


def _answer(one: Body) -> BodyReport:
    asked = asked_businesses(one, on=_AS_OF)
    states = "2" * 20 + "1" * 5 + "0" * 15
    systems = (SystemReport(business=each.key, states=states, late=False) for each in asked)
    return BodyReport(body=one.code, systems=tuple(systems))


def _looked_at(data: bytes) -> int:
    book = load_workbook(io.BytesIO(data))
    return sum(
        cell.value is not None for sheet in book for row in sheet.iter_rows() for cell in row
    )
