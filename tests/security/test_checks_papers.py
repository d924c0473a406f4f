"""What leaves a check as a document: the report for the assembly, and OSCAL."""

import io
from datetime import date, datetime, timedelta

import pytest
from docx import Document
from pypdf import PdfReader
from trestle.oscal.assessment_plan import AssessmentPlan
from trestle.oscal.assessment_results import AssessmentResults
from trestle.oscal.poam import PlanOfActionAndMilestones
from trestle.oscal.ssp import SystemSecurityPlan

from jichitai.infra.clock import JST, FixedClock
from jichitai.infra.database import Tx
from jichitai.infra.outbox import Outbox
from jichitai.security.checks.errors import WrongStepError
from jichitai.security.checks.model.answers import Answer
from jichitai.security.checks.model.corrections import Step
from jichitai.security.checks.model.rounds import Area
from jichitai.security.checks.service import oscal
from jichitai.security.checks.service.evidence import Shown
from jichitai.security.checks.service.report import Reports, as_pdf, as_word
from jichitai.security.checks.store import registers
from jichitai.security.oscal.assessment import assessment_plan, assessment_results
from jichitai.security.oscal.model import Implementation, RiskState
from jichitai.security.oscal.plan import component_id, security_plan
from jichitai.security.oscal.poam import action_plan
from tests.conftest import TOWN
from tests.security.checks_builders import (
    AUDITOR,
    CISO,
    OFFICER,
    TODAY,
    Desk,
    application,
    assessed,
    planned,
)


@pytest.fixture
def desk(town_tx: Tx, clock: FixedClock, outbox: Outbox) -> Desk:
    return Desk(town_tx, TOWN, clock, outbox)


async def filled(desk: Desk) -> object:
    """A round with every kind of answer, and something in every register."""
    round_id = await desk.open(areas=(Area.LGWAN,))
    first, second, third, fourth, *rest = await desk.lines(round_id)
    paper = await desk.evidence.add(
        desk.tx,
        desk.body,
        Shown(title="診断報告書", content=b"%PDF-1.7\n", valid_until=date(2027, 3, 31)),
        by=OFFICER,
    )
    await desk.answer_all(round_id, [first], evidence=(paper,), practice="年に1度受ける")
    await desk.answer_all(round_id, [second], Answer.UNMET)
    await desk.answer_all(round_id, [third], Answer.NOT_APPLICABLE)
    await desk.answer_all(round_id, [fourth], Answer.PARTLY)
    await desk.answer_all(round_id, rest[1:])
    for line in (second, fourth):
        await desk.corrections.open(
            desk.tx,
            desk.body,
            planned(
                title="秘密の弱いところを直す",
                item_id=line.item_id,
                target_key=line.target_key,
                round_id=round_id,
            ),
            by=OFFICER,
        )
    exception_id = await desk.exceptions.apply(desk.tx, desk.body, application(), by=OFFICER)
    await desk.exceptions.decide(desk.tx, desk.body, exception_id, approved=True, note="", by=CISO)
    await desk.exceptions.apply(desk.tx, desk.body, application(title="別の件"), by=OFFICER)
    await desk.risks.enter(
        desk.tx, desk.body, assessed(residual_likelihood=1, residual_impact=5), by=OFFICER
    )
    await desk.rounds.close(desk.tx, desk.body, round_id, note="統合の工事中", by=OFFICER)
    return round_id


async def test_the_report_counts_and_names_no_weakness(desk: Desk) -> None:
    round_id = await filled(desk)
    later = FixedClock(datetime(2027, 6, 1, 9, tzinfo=JST))
    report = await Reports(later).report(desk.tx, desk.body, round_id)  # type: ignore[arg-type]
    pdf, docx = await as_pdf(report), await as_word(report)
    pages = PdfReader(io.BytesIO(pdf))
    text = "".join(page.extract_text() for page in pages.pages).replace(" ", "")
    word = Document(io.BytesIO(docx))
    cells = [cell.text for table in word.tables for row in table.rows for cell in row.cells]
    said = "\n".join(paragraph.text for paragraph in word.paragraphs)
    for found in (text, said + "\n".join(cells)):
        assert "2026年度自己点検の結果" in found.replace(" ", "")
        assert "脆弱性診断" in found
        assert "統合の工事中" in found
        assert "秘密の弱いところ" not in found, "weaknesses stay inside"
    assert "期限を過ぎたものは2件" in said
    assert await as_pdf(report) == pdf


async def test_a_second_report_compares_with_the_first(desk: Desk) -> None:
    await filled(desk)
    again = await desk.open()
    report = await Reports(desk.clock).report(desk.tx, desk.body, again)
    assert report.draft
    assert "でした" in str(report.blocks)


async def test_oscal_documents_of_a_check_are_valid(desk: Desk) -> None:
    with pytest.raises(WrongStepError):
        await oscal.security_plan(desk.tx, desk.body, desk.clock.now())
    with pytest.raises(WrongStepError):
        await oscal.action_plan(desk.tx, desk.body, desk.clock.now())
    round_id = await filled(desk)
    now = desk.clock.now()
    values = await oscal.assessment(desk.tx, desk.body, round_id, now)  # type: ignore[arg-type]
    plan = await oscal.security_plan(desk.tx, desk.body, now)
    actions = await oscal.action_plan(desk.tx, desk.body, now)
    for model, node in (
        (AssessmentPlan, assessment_plan(values)),
        (AssessmentResults, assessment_results(values)),
        (SystemSecurityPlan, security_plan(plan)),
        (PlanOfActionAndMilestones, action_plan(actions)),
    ):
        (content,) = node.values()
        model.parse_obj(content)
    states = [answer.state for answer in values.answers]
    assert states.count(Implementation.PLANNED) == 1
    assert states.count(Implementation.PARTIAL) == 1
    assert states.count(Implementation.NOT_APPLICABLE) == 1
    assert len(values.control_ids) > len({answer.control_id for answer in values.answers}) - 1
    (with_paper,) = [answer for answer in values.answers if answer.evidence]
    assert with_paper.expires_at is not None
    assert with_paper.expires_at.date() == date(2027, 3, 31)
    assert {answer.system_key for answer in values.answers} == {"", "area:lgwan"}
    assert component_id(values.subject, "area:lgwan")
    assert [one.state for one in actions.corrections].count(RiskState.DEVIATION_APPROVED) == 1
    assert [one.state for one in actions.corrections].count(RiskState.DEVIATION_REQUESTED) == 1


async def test_a_finished_correction_is_closed_in_oscal(desk: Desk) -> None:
    number = await desk.corrections.open(
        desk.tx, desk.body, planned(due_on=TODAY + timedelta(days=1)), by=OFFICER
    )
    for step, by in ((Step.DONE, OFFICER), (Step.VERIFIED, AUDITOR)):
        await desk.corrections.move(desk.tx, desk.body, number, step, note="した", by=by)
    (found,) = (await oscal.action_plan(desk.tx, desk.body, desk.clock.now())).corrections
    assert (found.state, found.closed_on) == (RiskState.CLOSED, TODAY)
    row = await registers.correction(desk.tx, desk.body, number)
    assert row is not None
    assert found.id == row.correction_id
