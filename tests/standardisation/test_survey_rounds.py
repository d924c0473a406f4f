"""A round at the ministry: asked, taken in, kept, reminded of, closed."""

import io
import zipfile
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest

from jichitai.correspondence.errors import AlreadyAppliedError, NothingToSendError
from jichitai.correspondence.store.reminders import reminders
from jichitai.infra.clock import FixedClock
from jichitai.infra.database import Database
from jichitai.infra.keys import Keys
from jichitai.infra.outbox import Outbox
from jichitai.kernel.parties import Tier
from jichitai.standardisation.area import STANDARDISATION
from jichitai.standardisation.progress.bodies import one_body
from jichitai.standardisation.progress.model import SourceKind
from jichitai.standardisation.progress.reports import BodyReport
from jichitai.standardisation.survey.errors import (
    BadAnswerError,
    BadRoundError,
    BodyNotAskedError,
    RoundStatusError,
)
from jichitai.standardisation.survey.layout import file_of
from jichitai.standardisation.survey.model import Asked, CheckState, Via, by_business
from jichitai.standardisation.survey.service.accepting import UNKNOWN_THERE
from jichitai.standardisation.survey.service.rounds import Rounds, counted, usual_words
from jichitai.standardisation.survey.service.sheets import Sheets
from jichitai.standardisation.survey.store import answers, rounds
from jichitai.standardisation.survey.store.answers import NewAnswer
from tests.conftest import Cluster, fresh_database
from tests.standardisation.survey_builders import (
    AS_OF,
    BODIES,
    HEADING,
    OFFICER,
    edited,
    put,
    system,
    told,
)
from tests.standardisation.test_survey_sheets import planted

CITY = BODIES["012025"]
ASKED = Asked(
    title="移行の調査（演習）",
    note="",
    as_of=AS_OF,
    due_on=date(2026, 12, 18),
    checked_by=date(2026, 12, 25),
)


@pytest.fixture(scope="module")
async def ministry(cluster: Cluster, keys: Keys) -> AsyncIterator[Database]:
    async with fresh_database(cluster, Tier.MINISTRY, keys) as database:
        yield database


async def opened(db: Database, work: Rounds, asked: Asked = ASKED) -> UUID:
    async with db.transaction() as tx:
        round_id = await work.save(tx, asked, actor=OFFICER)
        assert await work.open(tx, round_id, actor=OFFICER) == 1_788
    return round_id


def packed(files: list[tuple[str, bytes]]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, data in files:
            archive.writestr(name, data)
    return target.getvalue()


async def test_a_round_goes_out_comes_back_and_keeps_every_answer(
    ministry: Database, keys: Keys, clock: FixedClock
) -> None:
    work, sheets = Rounds(clock, Outbox(keys.network, clock), True), Sheets(clock, True)
    async with ministry.transaction() as tx:
        with pytest.raises(BadRoundError):
            await work.save(tx, replace(ASKED, title=" ", due_on=AS_OF), actor=OFFICER)
        with pytest.raises(BadRoundError) as order:
            await work.save(tx, replace(ASKED, due_on=AS_OF - timedelta(1)), actor=OFFICER)
        assert "due_on" in order.value.facts["faults"]  # type: ignore[operator]
        draft = await work.save(tx, ASKED, actor=OFFICER)
        with pytest.raises(RoundStatusError):
            await sheets.archive(tx, draft)
    round_id = await opened(ministry, work)
    data = edited(file_of(HEADING, CITY, told(CITY)), put("code", 12025))
    async with ministry.transaction() as tx:
        with pytest.raises(RoundStatusError):
            await work.save(tx, ASKED, actor=OFFICER, round_id=round_id)
        upload = await sheets.take(tx, round_id, data, name="a.xlsx", actor=OFFICER)
        assert (await sheets.preview(tx, round_id, upload)).right == 20
        assert await answers.answers(tx, round_id) == {}
        done = await sheets.apply(tx, round_id, upload, repaired=[], actor=OFFICER)
        assert (done.bodies, done.left) == (1, 0)
        with pytest.raises(AlreadyAppliedError):
            await sheets.apply(tx, round_id, upload, repaired=[], actor=OFFICER)
        back = await sheets.marked(tx, round_id, upload)
        assert back.startswith(b"PK")
    async with ministry.transaction() as tx:  # the same again changes nothing
        again = await sheets.take(tx, round_id, data, name="a.xlsx", actor=OFFICER)
        done = await sheets.apply(tx, round_id, again, repaired=[], actor=OFFICER)
        assert (done.bodies, done.same) == (0, 1)
    await the_body_answers_itself(ministry, work, round_id, clock)
    async with ministry.transaction() as tx:
        plan = await work.plan(tx, round_id)
        assert (len(plan.bodies), len(plan.without_address)) == (1_788, 1_788)
        found = await rounds.round_of(tx, round_id)
        words = usual_words(found, clock.today())
        await work.remind(tx, round_id, words=words, actor=OFFICER, codes=["011002"])
        with pytest.raises(NothingToSendError):
            await work.remind(tx, round_id, words=words, actor=OFFICER, codes=["011002"])
        assert [one.body for one in await reminders(tx, STANDARDISATION, "00")] == ["011002"]
        await work.close(tx, round_id, actor=OFFICER)
        with pytest.raises(RoundStatusError):
            await work.plan(tx, round_id)
    await an_answer_against_a_workbook_is_kept(ministry, work, round_id, clock)


async def the_body_answers_itself(
    db: Database, work: Rounds, round_id: UUID, clock: FixedClock
) -> None:
    at, taking = clock.now(), work.accepting
    report = replace(told(CITY), systems=(system("residents", risks="人手が足りない"),))
    async with db.transaction() as tx:
        number = await taking.accept(tx, round_id, report, revision=1, answered_at=at)
        assert number == 2
        assert await taking.accept(tx, round_id, report, revision=1, answered_at=at) is None
        with pytest.raises(BadAnswerError):
            fewer = replace(report, systems=(system("residents", states="0" * 40),))
            await taking.accept(tx, round_id, fewer, revision=2, answered_at=at)
        with pytest.raises(BodyNotAskedError):
            stranger = replace(report, body="999999")
            await taking.accept(tx, round_id, stranger, revision=1, answered_at=at)
        await taking.check(
            tx, round_id, CITY.code, 1, state=CheckState.RETURNED, reason="確認", checked_at=at
        )
        past = await answers.history(tx, round_id, CITY.code)
        assert [(one.number, one.via, one.check) for one in past] == [
            (2, Via.MESSAGE, CheckState.RETURNED),
            (1, Via.SHEET, CheckState.NONE),
        ]
        assert len(past[0].report.systems) == 21  # rows left out stay as they were
        standing = await work.standings(tx, round_id)
        assert counted(standing)["returned"] == 1
        kind = SourceKind.REHEARSAL
        page = await one_body(tx, CITY.code, as_of=AS_OF, known_at=at, source_kind=kind)
        assert sum(one.done == 20 for one in page.systems) == 21


async def an_answer_against_a_workbook_is_kept(
    db: Database, work: Rounds, round_id: UUID, clock: FixedClock
) -> None:
    """What only a workbook said, the body cannot know: its answer is kept, and says so."""
    other = BodyReport(body=CITY.code, systems=(system("pension", states="2" * 10 + "0" * 30),))
    async with db.transaction() as tx:
        await work.accepting.accept(tx, round_id, other, revision=3, answered_at=clock.now())
        kept = by_business((await answers.answers(tx, round_id))[CITY.code].report)
    assert (kept["pension"].steps_done, kept["pension"].reason) == (10, UNKNOWN_THERE)
    assert kept["residents"].reason == ""


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_all_1788_files_go_out_and_come_back_with_20_planted_faults_found(
    ministry: Database, keys: Keys, clock: FixedClock
) -> None:
    work, sheets = Rounds(clock, Outbox(keys.network, clock), True), Sheets(clock, True)
    round_id = await opened(ministry, work, replace(ASKED, as_of=AS_OF + timedelta(1)))
    bodies = list(BODIES.values())
    earlier = await opened(ministry, work, replace(ASKED, as_of=AS_OF - timedelta(90)))
    async with ministry.transaction() as tx:
        before = [NewAnswer(report=told(one), answered_at=clock.now()) for one in bodies[:20]]
        of_then = await rounds.round_of(tx, earlier)
        await work.accepting.keep(tx, of_then, before, via=Via.SHEET, by="officer-1")
    files, count = planted(bodies)
    async with ministry.transaction(read_only=True) as tx:
        out = await sheets.archive(tx, round_id)
    with zipfile.ZipFile(io.BytesIO(out)) as archive:
        assert len(archive.namelist()) == 1_788
    back = packed([(one.name, one.data) for one in files])
    async with ministry.transaction() as tx:
        upload = await sheets.take(tx, round_id, back, name="all.zip", actor=OFFICER)
        found = await sheets.preview(tx, round_id, upload)
        done = await sheets.apply(tx, round_id, upload, repaired=[], actor=OFFICER)
    names = {row.row.split(" ")[0] for row, _ in found.faults}
    assert (len(found.faults), len(names), count) == (20, 20, 20)
    assert names == {one.name for one in files[:20]}
    assert done.bodies == 1_786  # two files could not be read for their body
