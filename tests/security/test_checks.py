"""Checks of a body from the first question to the report of its counts, in rolled-back rows."""

import io
from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import uuid4

import openpyxl
import pytest

from jichitai.infra.clock import JST, FixedClock
from jichitai.infra.database import Tx, fetch_value
from jichitai.infra.outbox import Outbox
from jichitai.security.assets.model.kinds import Area
from jichitai.security.checks.errors import (
    CheckFormError,
    NotReadyError,
    NotYourPartError,
    OwnDecisionError,
    RoundClosedError,
    WrongStepError,
)
from jichitai.security.checks.model.answers import Answer, Given
from jichitai.security.checks.model.corrections import Step
from jichitai.security.checks.model.rounds import Plan, Sort
from jichitai.security.checks.model.sheet import LABELS
from jichitai.security.checks.service.answers import Reply
from jichitai.security.checks.service.evidence import Shown
from jichitai.security.checks.service.exchange import Exchange
from jichitai.security.checks.service.register_book import registers_book
from jichitai.security.checks.store import answers, evidence, registers
from jichitai.security.errors import StaleEditError, UnknownDocumentError
from tests.conftest import TOWN
from tests.security.checks_builders import (
    AUDITOR,
    CISO,
    OFFICER,
    SECOND,
    TODAY,
    Desk,
    actor,
    application,
    assessed,
    planned,
)

THIS_YEAR = datetime(2026, 11, 20, 10, tzinfo=JST)
NEXT_YEAR = datetime(2027, 11, 19, 10, tzinfo=JST)


@pytest.fixture
def desk(town_tx: Tx, clock: FixedClock, outbox: Outbox) -> Desk:
    return Desk(town_tx, TOWN, clock, outbox)


async def test_a_self_check_is_answered_closed_and_reported(desk: Desk) -> None:
    round_id = await desk.open(areas=(Area.LGWAN, Area.INTERNET))
    lines = await desk.lines(round_id)
    assert {line.target_name for line in lines} == {
        "団体全体",
        "LGWAN接続系",
        "インターネット接続系",
    }
    assert all(line.version is None for line in lines)
    await desk.answer_all(round_id, lines[:-2])
    gap, other = lines[-2:]
    await desk.answers.answer(
        desk.tx,
        desk.body,
        round_id,
        [
            Reply(
                target_id=gap.target_id,
                item_id=gap.slug,
                given=Given(answer=Answer.UNMET, reason="予算がない"),
                version=0,
                correction=planned(title=""),
            )
        ],
        by=OFFICER,
    )
    with pytest.raises(NotReadyError, match="回答のない項目が1件"):
        await desk.rounds.close(desk.tx, desk.body, round_id, note="", by=OFFICER)
    summary = await desk.rounds.close(desk.tx, desk.body, round_id, note="改修中", by=OFFICER)
    assert summary.revision == 1
    assert summary.open_corrections == 1
    by_law = [one for one in summary.measures if not one.key.startswith("weak-")]
    assert sum(one.unmet for one in by_law) == 1
    assert sum(one.unanswered for one in by_law) == 1
    assert sum(one.met for one in by_law) == len(lines) - 2
    assert sum(one.key.startswith("weak-") for one in summary.measures) == 5
    sent = await fetch_value(desk.tx, "select receiver from infra.outbox where kind = 'S05'")
    assert sent == "prefecture-01"
    with pytest.raises(RoundClosedError):
        await desk.answer_all(round_id, [other])
    (correction,) = await registers.corrections(desk.tx, desk.body)
    assert correction.title == f"{gap.title}（{gap.target_name}）"
    assert correction.label == "C-0001"


async def test_a_gap_without_a_plan_keeps_the_round_open(desk: Desk) -> None:
    round_id = await desk.open()
    lines = await desk.lines(round_id)
    await desk.answer_all(round_id, lines[1:])
    await desk.answer_all(round_id, lines[:1], Answer.PARTLY)
    with pytest.raises(NotReadyError, match="是正の計画も例外措置もありません"):
        await desk.rounds.close(desk.tx, desk.body, round_id, note="", by=OFFICER)
    exception_id = await desk.exceptions.apply(
        desk.tx, desk.body, application(items=(lines[0].slug,)), by=OFFICER
    )
    with pytest.raises(OwnDecisionError):
        await desk.exceptions.decide(
            desk.tx, desk.body, exception_id, approved=True, note="", by=OFFICER
        )
    await desk.exceptions.decide(desk.tx, desk.body, exception_id, approved=True, note="", by=CISO)
    summary = await desk.rounds.close(desk.tx, desk.body, round_id, note="", by=OFFICER)
    assert summary.open_exceptions == 1


async def test_last_years_answers_come_back_and_say_what_went_stale(desk: Desk) -> None:
    old = await desk.open(network_model="alpha")
    lines = await desk.lines(old)
    paper = await desk.evidence.add(
        desk.tx,
        desk.body,
        Shown(title="診断報告書", place="情報政策課の書庫", valid_until=date(2027, 3, 31)),
        by=OFFICER,
    )
    first, second, third, *rest = lines
    await desk.answer_all(old, rest)
    await desk.answer_all(old, [first], evidence=(paper,))
    await desk.answer_all(old, [second], Answer.NOT_APPLICABLE)
    await desk.answer_all(old, [third], Answer.UNMET)
    await desk.corrections.open(
        desk.tx,
        desk.body,
        planned(item_id=third.item_id, target_key=third.target_key, round_id=old),
        by=OFFICER,
    )
    await desk.rounds.close(desk.tx, desk.body, old, note="", by=OFFICER)
    later = Desk(desk.tx, desk.body, FixedClock(NEXT_YEAR), desk.outbox)
    plan = Plan(sort=Sort.SELF_CHECK, fiscal_year=2027, cloud=True)
    opened = await later.rounds.open(desk.tx, desk.body, plan, by=SECOND)
    assert opened.carried == len(lines)
    assert opened.stale == 3
    found = {line.item_id: line for line in await later.lines(opened.round_id)}
    assert "有効期限" in str(found[first.item_id].stale)
    assert "モデルかクラウド" in str(found[second.item_id].stale)
    assert "前回は実施していません" in str(found[third.item_id].stale)
    assert found[third.item_id].answered_by == OFFICER.id
    assert all(line.counted is None for line in found.values())
    confirmed = await later.answers.confirm(desk.tx, desk.body, opened.round_id, by=SECOND)
    assert confirmed == len(lines) - 3
    again = [line for line in await later.lines(opened.round_id) if line.confirmed]
    assert {line.answered_by for line in again} == {SECOND.id}
    history = await answers.versions(desk.tx, desk.body, again[0].target_id, again[0].item_id)
    assert [(one.version, one.confirmed) for one in history] == [(2, True), (1, False)]


async def test_a_newer_guideline_makes_answers_stale(desk: Desk) -> None:
    before = Desk(desk.tx, desk.body, FixedClock(datetime(2026, 2, 1, 10, tzinfo=JST)), desk.outbox)
    old = await before.open(fiscal_year=2025)
    await before.answer_all(old, await before.lines(old))
    await before.rounds.close(desk.tx, desk.body, old, note="", by=OFFICER)
    plan = Plan(sort=Sort.SELF_CHECK, fiscal_year=2026, cloud=False)
    opened = await desk.rounds.open(desk.tx, desk.body, plan, by=OFFICER)
    stale = [line for line in await desk.lines(opened.round_id) if line.stale]
    assert opened.stale == len(stale) > 0
    assert all("ガイドラインの項目が変わりました" in str(line.stale) for line in stale)


async def test_two_people_answer_and_neither_is_lost(desk: Desk) -> None:
    round_id = await desk.open()
    line = (await desk.lines(round_id))[0]
    await desk.answer_all(round_id, [line])
    with pytest.raises(StaleEditError, match="officer-1さんが先に"):
        await desk.answer_all(round_id, [line], Answer.UNMET, by=SECOND)
    now = (await desk.lines(round_id))[0]
    await desk.answer_all(round_id, [now], Answer.UNMET, by=SECOND)
    history = await answers.versions(desk.tx, desk.body, line.target_id, line.item_id)
    assert [one.answer for one in history] == ["unmet", "met"]


async def test_an_auditor_does_not_audit_their_own_answers(desk: Desk) -> None:
    both = actor("both", "security-officer", "security-auditor")
    checked = await desk.open()
    line = (await desk.lines(checked))[0]
    await desk.answer_all(checked, [line], by=both)
    audited = await desk.open(sort=Sort.AUDIT)
    same = next(one for one in await desk.lines(audited) if one.item_id == line.item_id)
    with pytest.raises(NotYourPartError, match="別の人"):
        await desk.answer_all(audited, [same], by=both)
    with pytest.raises(NotYourPartError, match="監査人"):
        await desk.answer_all(audited, [same], by=OFFICER)
    await desk.answer_all(audited, [same], by=AUDITOR)


async def test_a_closed_round_is_corrected_with_a_reason_as_a_later_revision(desk: Desk) -> None:
    round_id = await desk.open()
    lines = await desk.lines(round_id)
    await desk.answer_all(round_id, lines)
    await desk.rounds.close(desk.tx, desk.body, round_id, note="", by=OFFICER)
    with pytest.raises(CheckFormError):
        await desk.rounds.reopen(desk.tx, desk.body, round_id, reason=" ", by=OFFICER)
    await desk.rounds.reopen(desk.tx, desk.body, round_id, reason="誤りの訂正", by=OFFICER)
    with pytest.raises(WrongStepError):
        await desk.rounds.reopen(desk.tx, desk.body, round_id, reason="もう一度", by=OFFICER)
    summary = await desk.rounds.close(desk.tx, desk.body, round_id, note="", by=OFFICER)
    assert summary.revision == 2
    told = [one.what for one in await registers.events(desk.tx, desk.body, round_id)]
    assert told == ["open", "close", "reopen", "close"]


async def test_a_file_of_evidence_is_kept_with_its_hash_and_taken_back_with_a_reason(
    desk: Desk,
) -> None:
    found = await desk.evidence.add(
        desk.tx,
        desk.body,
        Shown(title="写真", file_name="../../秘/写真.exe", content=b"\x89PNG\r\n\x1a\n..."),
        by=OFFICER,
    )
    row = await evidence.one(desk.tx, desk.body, found)
    assert row is not None
    assert row.file_name == "写真.png"
    assert row.valid_from == TODAY
    assert await evidence.content(desk.tx, desk.body, found) == b"\x89PNG\r\n\x1a\n..."
    with pytest.raises(CheckFormError):
        await desk.evidence.withdraw(desk.tx, desk.body, found, reason="", by=OFFICER)
    await desk.evidence.withdraw(desk.tx, desk.body, found, reason="別の写真だった", by=OFFICER)
    with pytest.raises(WrongStepError):
        await desk.evidence.withdraw(desk.tx, desk.body, found, reason="もう一度", by=OFFICER)
    round_id = await desk.open()
    with pytest.raises(CheckFormError, match="取り下げ"):
        await desk.answer_all(round_id, (await desk.lines(round_id))[:1], evidence=(found,))


async def test_evidence_needs_a_file_or_a_place(desk: Desk) -> None:
    wrong = Shown(title="", valid_until=TODAY - timedelta(days=1))
    with pytest.raises(CheckFormError) as refusal:
        await desk.evidence.add(desk.tx, desk.body, wrong, by=OFFICER)
    assert set(refusal.value.facts["fields"]) == {  # type: ignore[call-overload]
        "evidence_title",
        "evidence_file",
        "evidence_until",
    }


async def test_a_correction_is_done_by_one_and_confirmed_by_another(desk: Desk) -> None:
    number = await desk.corrections.open(desk.tx, desk.body, planned(), by=OFFICER)

    async def move(step: Step, by: object, note: str = "") -> None:
        await desk.corrections.move(desk.tx, desk.body, number, step, note=note, by=by)  # type: ignore[arg-type]

    await move(Step.DOING, OFFICER)
    await move(Step.DONE, OFFICER, "別の建物に置いた")
    with pytest.raises(OwnDecisionError):
        await move(Step.VERIFIED, OFFICER)
    await move(Step.DOING, AUDITOR, "戻していない機器がある")
    await move(Step.DONE, OFFICER, "すべて置いた")
    await move(Step.VERIFIED, AUDITOR)
    row = await registers.correction(desk.tx, desk.body, number)
    assert row is not None
    assert row.step is Step.VERIFIED
    with pytest.raises(WrongStepError):
        await desk.corrections.change(
            desk.tx, desk.body, number, planned(), version=row.version, by=OFFICER
        )


async def test_a_late_correction_may_change_its_owner_and_keeps_the_history(desk: Desk) -> None:
    soon = planned(due_on=TODAY)
    number = await desk.corrections.open(desk.tx, desk.body, soon, by=OFFICER)
    later = Desk(desk.tx, desk.body, FixedClock(NEXT_YEAR), desk.outbox)
    row = await registers.correction(desk.tx, desk.body, number)
    assert row is not None
    assert row.late(NEXT_YEAR.date())
    moved = replace(soon, owner="総務課")
    await later.corrections.change(desk.tx, desk.body, number, moved, version=1, by=SECOND)
    with pytest.raises(StaleEditError):
        await later.corrections.change(desk.tx, desk.body, number, moved, version=1, by=SECOND)
    with pytest.raises(CheckFormError):
        past = replace(moved, due_on=TODAY + timedelta(days=1))
        await later.corrections.change(desk.tx, desk.body, number, past, version=2, by=SECOND)
    told = await registers.events(desk.tx, desk.body, number)
    assert told[-1].note == "担当：情報政策課 → 総務課"


async def test_an_exception_is_refused_with_a_reason_and_ends(desk: Desk) -> None:
    number = await desk.exceptions.apply(desk.tx, desk.body, application(), by=OFFICER)
    with pytest.raises(NotYourPartError):
        await desk.exceptions.decide(desk.tx, desk.body, number, approved=True, note="", by=AUDITOR)
    with pytest.raises(WrongStepError):
        await desk.exceptions.end(desk.tx, desk.body, number, note="x", by=OFFICER)
    await desk.exceptions.decide(desk.tx, desk.body, number, approved=True, note="", by=SECOND)
    with pytest.raises(CheckFormError):
        await desk.exceptions.end(desk.tx, desk.body, number, note="", by=OFFICER)
    await desk.exceptions.end(desk.tx, desk.body, number, note="機器を替えた", by=OFFICER)
    row = await registers.exception(desk.tx, desk.body, number)
    assert row is not None
    assert (row.state, row.until) == ("ended", TODAY)
    with pytest.raises(CheckFormError, match="ガイドラインにない"):
        await desk.exceptions.apply(desk.tx, desk.body, application(items=("x",)), by=OFFICER)


async def test_a_risk_is_assessed_accepted_by_another_and_assessed_anew(desk: Desk) -> None:
    number = await desk.risks.enter(desk.tx, desk.body, assessed(), by=OFFICER)
    with pytest.raises(OwnDecisionError):
        await desk.risks.accept(desk.tx, desk.body, number, note="費用", by=OFFICER)
    with pytest.raises(NotYourPartError):
        await desk.risks.accept(desk.tx, desk.body, number, note="費用", by=AUDITOR)
    await desk.risks.accept(desk.tx, desk.body, number, note="費用に合わない", by=CISO)
    better = assessed(residual_likelihood=1, residual_impact=5, items=("gl-p2-2-6.1.2",))
    await desk.risks.assess(desk.tx, desk.body, number, better, version=2, by=OFFICER)
    with pytest.raises(StaleEditError):
        await desk.risks.assess(desk.tx, desk.body, number, better, version=2, by=OFFICER)
    row = await registers.risk(desk.tx, desk.body, number)
    assert row is not None
    assert (row.state, row.items, row.decided_by_name) == ("open", ["GL-P2-2-6.1(2)"], None)
    await desk.risks.close(desk.tx, desk.body, number, note="システムをやめた", by=OFFICER)
    with pytest.raises(WrongStepError):
        await desk.risks.close(desk.tx, desk.body, number, note="もう一度", by=OFFICER)


async def test_what_is_not_there_is_not_found(desk: Desk) -> None:
    nowhere = uuid4()
    with pytest.raises(UnknownDocumentError):
        await desk.rounds.close(desk.tx, desk.body, nowhere, note="", by=OFFICER)
    with pytest.raises(UnknownDocumentError):
        await desk.corrections.move(desk.tx, desk.body, nowhere, Step.DOING, note="", by=OFFICER)
    round_id = await desk.open()
    line = (await desk.lines(round_id))[0]
    with pytest.raises(UnknownDocumentError):
        await desk.answer_all(round_id, [replace(line, item_id="GL-X")])
    with pytest.raises(CheckFormError, match="台帳にない"):
        await desk.open(systems=(nowhere,))


# --- workbooks ----------------------------------------------------------------


def edited(data: bytes, **cells: object) -> bytes:
    """The workbook with other values in some cells, such as `answer_5` (row 5)."""
    book = openpyxl.load_workbook(io.BytesIO(data))
    page = book["回答"]
    head = next(row for row in page.iter_rows(max_row=10) if row[0].value == "番号")
    places = {cell.value: cell.column for cell in head}
    for name, value in cells.items():
        key, _, number = name.rpartition("_")
        page.cell(head[0].row + int(number), places[LABELS[key]]).value = value
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


async def test_a_workbook_goes_out_is_filled_in_and_comes_back(desk: Desk) -> None:
    exchange = Exchange(desk.clock)
    round_id = await desk.open()
    lines = await desk.lines(round_id)
    await desk.answer_all(round_id, lines[:1])
    data = await exchange.workbook(desk.tx, desk.body, round_id)
    unchanged = await exchange.preview(
        desk.tx, desk.body, round_id, name="a.xlsx", data=data, by=OFFICER
    )
    assert (unchanged.changes, unchanged.faults, unchanged.import_id) == ((), (), None)
    filled = edited(
        data,
        answer_2="実施している",
        practice_2="毎朝確かめる",
        answer_3="実施していない",
        reason_3="予算がない",
        correction_3="機器を買う",
        owner_3="総務課",
        due_on_3="令和9年3月31日",
    )
    read = await exchange.preview(
        desk.tx, desk.body, round_id, name="a.xlsx", data=filled, by=OFFICER
    )
    assert read.faults == ()
    assert len(read.changes) == 2
    assert read.import_id is not None
    assert (await desk.lines(round_id))[1].version is None, "nothing is written by looking"
    assert await exchange.apply(desk.tx, desk.body, round_id, read.import_id, by=OFFICER) == 2
    second, third = (await desk.lines(round_id))[1:3]
    assert (second.answer, second.practice) == ("met", "毎朝確かめる")
    assert (third.answer, third.corrections) == ("unmet", 1)
    with pytest.raises(WrongStepError):
        await exchange.apply(desk.tx, desk.body, round_id, read.import_id, by=OFFICER)
    with pytest.raises(UnknownDocumentError):
        await exchange.apply(desk.tx, desk.body, round_id, uuid4(), by=OFFICER)


async def test_faults_of_a_workbook_name_their_row_and_nothing_is_taken(desk: Desk) -> None:
    exchange = Exchange(desk.clock)
    round_id = await desk.open()
    data = await exchange.workbook(desk.tx, desk.body, round_id)
    await desk.answer_all(round_id, (await desk.lines(round_id))[3:4])
    filled = edited(
        data,
        answer_1="はい",
        answer_2="対象外",
        answer_4="実施していない",
        answer_5="実施している",
        correction_5="買う",
        item_6="GL-X",
        place_7=8,
        place_9=900,
        due_on_10="令和8年13月1日",
        answer_11="実施していない",
        reason_11="まだ",
        owner_11="総務課",
        correction_12="だれかが直す",
    )
    read = await exchange.preview(
        desk.tx, desk.body, round_id, name="a.xlsx", data=filled, by=OFFICER
    )
    assert read.import_id is None
    said = {fault.where: fault.why for fault in read.faults}
    head = 4
    assert "選べる値" in said["G5"]
    assert "理由" in said[f"{head + 2}行 理由"]
    assert "先に回答" in said[f"{head + 4}行 版"]
    assert "是正が書かれて" in said[f"{head + 5}行 是正の内容"]
    assert "項目と違います" in said[f"{head + 6}行 項目ID"]
    assert "項目と違います" in said[f"{head + 7}行 項目ID"]
    assert "ない番号" in said[f"{head + 9}行 番号"]
    assert "期限がありません" in said[f"{head + 11}行 是正の期限"]
    assert "空です" in said[f"{head + 12}行 回答"]
    assert any(fault.value == "令和8年13月1日" for fault in read.faults)


async def test_a_carried_answer_is_confirmed_by_the_mark_in_the_workbook(desk: Desk) -> None:
    exchange = Exchange(desk.clock)
    old = await desk.open()
    await desk.answer_all(old, await desk.lines(old))
    await desk.rounds.close(desk.tx, desk.body, old, note="", by=OFFICER)
    again = await desk.open()
    data = await exchange.workbook(desk.tx, desk.body, again)
    filled = edited(data, confirmed_1="済")
    read = await exchange.preview(desk.tx, desk.body, again, name="a.xlsx", data=filled, by=OFFICER)
    assert [one.asked.place for one in read.changes] == [1]


async def test_the_registers_are_written_out_with_who_is_late(desk: Desk) -> None:
    await desk.corrections.open(desk.tx, desk.body, planned(due_on=TODAY), by=OFFICER)
    await desk.exceptions.apply(desk.tx, desk.body, application(), by=OFFICER)
    await desk.risks.enter(desk.tx, desk.body, assessed(), by=OFFICER)
    data = await registers_book(desk.tx, desk.body, NEXT_YEAR.date())
    book = openpyxl.load_workbook(io.BytesIO(data))
    assert book.sheetnames == ["是正", "例外措置", "リスク"]
    texts = {str(cell.value) for page in book for row in page.iter_rows() for cell in row}
    assert {"C-0001", "E-0001", "R-0001", "遅れ"} <= texts
