"""What leaves a check as a document: the report for the assembly, and OSCAL."""

import io
from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from docx import Document
from pypdf import PdfReader
from trestle.oscal.assessment_plan import AssessmentPlan
from trestle.oscal.assessment_results import AssessmentResults
from trestle.oscal.poam import PlanOfActionAndMilestones
from trestle.oscal.ssp import SystemSecurityPlan

from jichitai.infra.clock import JST, FixedClock
from jichitai.infra.database import Tx, enter_town
from jichitai.infra.messages import Received
from jichitai.infra.outbox import Outbox
from jichitai.kernel.bodies import body
from jichitai.kernel.parties import Party
from jichitai.security.assets.model.drafts import SystemDraft
from jichitai.security.assets.model.kinds import Area, Form
from jichitai.security.assets.service import Assets
from jichitai.security.checks.errors import WrongStepError
from jichitai.security.checks.model.answers import Answer
from jichitai.security.checks.model.corrections import Step
from jichitai.security.checks.service import oscal
from jichitai.security.checks.service.evidence import Shown
from jichitai.security.checks.service.exchange import Exchange
from jichitai.security.checks.service.intake import Intake
from jichitai.security.checks.service.report import Reports, as_pdf, as_word
from jichitai.security.checks.service.todos import todos
from jichitai.security.checks.store import registers
from jichitai.security.errors import BadUploadError, NotYourBodyError
from jichitai.security.messages import S04
from jichitai.security.oscal.assessment import assessment_plan, assessment_results
from jichitai.security.oscal.errors import UnreadableOscalError
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
    finding,
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


# --- what comes in ------------------------------------------------------------


def json_of(node: object) -> bytes:
    return msgspec.json.encode(node)


async def answers_of(desk: Desk, round_id: object) -> dict[tuple[str, str], tuple[object, ...]]:
    lines = await desk.lines(round_id)  # type: ignore[arg-type]
    return {
        (line.slug, line.target_key): (line.answer, line.practice, line.reason) for line in lines
    }


@pytest.mark.parametrize("kind", ["ar", "ssp"])
async def test_answers_go_out_as_oscal_and_come_back_the_same(desk: Desk, kind: str) -> None:
    round_id = await filled(desk)
    now = desk.clock.now()
    node = (
        assessment_results(await oscal.assessment(desk.tx, desk.body, round_id, now))  # type: ignore[arg-type]
        if kind == "ar"
        else security_plan(await oscal.security_plan(desk.tx, desk.body, now))
    )
    other = Desk(desk.tx, "141003", desk.clock, desk.outbox)
    await enter_town(desk.tx, other.body)
    again = await other.open(areas=(Area.LGWAN,))
    with pytest.raises(NotYourBodyError):
        await Exchange(desk.clock).preview(
            desk.tx, other.body, again, name="x", data=json_of(node), by=OFFICER
        )
    ours = json_of(node).replace(b'"value":"011002"', b'"value":"141003"')
    read = await Exchange(desk.clock).preview(
        desk.tx, other.body, again, name="x.json", data=ours, by=OFFICER
    )
    assert read.faults == ()
    assert read.import_id is not None
    written = await Exchange(desk.clock).apply(
        desk.tx, other.body, again, read.import_id, by=OFFICER
    )
    new = await answers_of(other, again)
    await enter_town(desk.tx, desk.body)
    old = await answers_of(desk, round_id)
    assert written == sum(answer is not None for answer, *_ in old.values())
    assert new == old


async def test_oscal_of_another_round_or_kind_is_refused(desk: Desk) -> None:
    round_id = await filled(desk)
    node = assessment_results(
        await oscal.assessment(desk.tx, desk.body, round_id, desk.clock.now())  # type: ignore[arg-type]
    )
    again = await desk.open()
    exchange = Exchange(desk.clock)
    read = await exchange.preview(
        desk.tx, desk.body, again, name="x", data=json_of(node), by=OFFICER
    )
    assert read.import_id is None
    assert {fault.why for fault in read.faults} == {"この点検にない項目と対象の組です"}
    with pytest.raises(BadUploadError, match="system-security-plan"):
        await exchange.preview(desk.tx, desk.body, again, name="x", data=b'{"a": 1}', by=OFFICER)
    with pytest.raises(UnreadableOscalError):
        broken = b'{"assessment-results": {"uuid": 1}}'
        await exchange.preview(desk.tx, desk.body, again, name="x", data=broken, by=OFFICER)


async def test_corrections_come_in_once_by_their_own_ids(desk: Desk) -> None:
    await filled(desk)
    actions = await oscal.action_plan(desk.tx, desk.body, desk.clock.now())
    ours = json_of(action_plan(actions)).replace(b'"value":"011002"', b'"value":"141003"')
    await enter_town(desk.tx, "141003")
    taken = await Intake(desk.clock).take_corrections(desk.tx, "141003", ours, by=OFFICER)
    assert (taken.added, taken.known, len(taken.faults)) == (2, 0, 2)
    assert all("例外措置の画面" in fault.remedy for fault in taken.faults)
    again = await Intake(desk.clock).take_corrections(desk.tx, "141003", ours, by=OFFICER)
    assert (again.added, again.known) == (0, 2)
    one, _ = await registers.corrections(desk.tx, "141003")
    assert one.item_id
    assert one.owner == "情報政策課"
    with pytest.raises(NotYourBodyError):
        await Intake(desk.clock).take_corrections(
            desk.tx, "141003", json_of(action_plan(actions)), by=OFFICER
        )


# --- systems ------------------------------------------------------------------


async def test_systems_of_the_register_are_checked_by_themselves(desk: Desk) -> None:
    assets = Assets(desk.clock)
    draft = SystemDraft(name="住民記録", area=Area.MYNUMBER, vendor="見本株式会社")
    system = await assets.enter_system(desk.tx, desk.body, draft, by=OFFICER)
    cloud = SystemDraft(
        name="施設予約",
        area=Area.CLOUD,
        treated_as=Area.INTERNET,
        form=Form.CLOUD,
        cloud_name="見本",
    )
    booking = await assets.enter_system(desk.tx, desk.body, cloud, by=OFFICER)
    round_id = await desk.open(systems=(system.id, booking.id), cloud=True)
    lines = await desk.lines(round_id)
    of = {
        name: {line.slug for line in lines if line.target_name == name}
        for name in ("住民記録", "施設予約", "団体全体")
    }
    assert "gl-p2-2-6.1.2" in of["住民記録"] & of["施設予約"]
    assert any(slug.startswith("gl-p4") for slug in of["施設予約"] - of["住民記録"])
    await desk.answer_all(round_id, lines)
    plan = await oscal.security_plan(desk.tx, desk.body, desk.clock.now())
    assert [one.vendor for one in plan.systems] == ["見本株式会社", ""]
    await desk.rounds.close(desk.tx, desk.body, round_id, note="", by=OFFICER)
    later = Desk(desk.tx, desk.body, FixedClock(datetime(2027, 6, 1, 9, tzinfo=JST)), desk.outbox)
    again = await later.open(systems=(booking.id,), fiscal_year=2027, cloud=True)
    kept = [line for line in await later.lines(again) if line.target_name == "施設予約"]
    assert all(line.carried_from == round_id for line in kept)


# --- what waits, what arrives -------------------------------------------------


async def test_what_waits_stands_on_the_first_page(desk: Desk) -> None:
    owner = body(desk.body)
    assert await todos(desk.tx, owner, TODAY) == []
    await desk.open(due_on=TODAY)
    for due in (TODAY, TODAY + timedelta(days=10)):
        await desk.corrections.open(desk.tx, desk.body, planned(due_on=due), by=OFFICER)
    done = await desk.corrections.open(desk.tx, desk.body, planned(), by=OFFICER)
    await desk.corrections.move(desk.tx, desk.body, done, Step.DONE, note="した", by=OFFICER)
    first = await desk.exceptions.apply(
        desk.tx, desk.body, application(until=TODAY + timedelta(days=20)), by=OFFICER
    )
    await desk.exceptions.decide(desk.tx, desk.body, first, approved=True, note="", by=CISO)
    await desk.exceptions.apply(desk.tx, desk.body, application(), by=OFFICER)
    await desk.risks.enter(desk.tx, desk.body, assessed(review_on=TODAY), by=OFFICER)
    found = await todos(desk.tx, owner, TODAY + timedelta(days=1))
    assert {one.label: (one.count, one.late) for one in found if "自己点検" not in one.label} == {
        "期限を過ぎた是正を進める": (1, True),
        "期限の近い是正を進める": (1, False),
        "是正が済んだことを確かめる": (1, False),
        "例外措置の申請を決める": (1, False),
        "終わりの近い例外措置を見直す": (1, False),
        "リスクを評価し直す": (1, True),
    }
    (check,) = [one for one in found if "自己点検" in one.label]
    assert check.late


def received(told: S04, origin: Party, receiver: str = TOWN) -> Received:
    return Received(
        id="x-1",
        kind="S04",
        version=1,
        origin=origin,
        sender=origin,
        receiver=Party.town(receiver),
        number=1,
        part=0,
        sent_at=datetime(2026, 11, 20, tzinfo=UTC),
        body=msgspec.json.encode(told),
        signed=b"",
        index=0,
    )


async def test_findings_of_the_prefecture_become_corrections(desk: Desk) -> None:
    one, other = finding(), finding(severity="critical", due_on=date(2026, 12, 25))
    told = S04(body=TOWN, findings=(one, other), sent_at=datetime(2026, 11, 20, tzinfo=UTC))
    receive = desk.corrections.receive
    await receive(desk.tx, [received(told, Party.prefecture("01"))])
    await receive(desk.tx, [received(told, Party.prefecture("01"))])
    found = {row.finding_id: row for row in await registers.corrections(desk.tx, TOWN)}
    assert set(found) == {one.finding_id, other.finding_id}
    assert found[other.finding_id].due_on == date(2026, 12, 25)
    assert found[one.finding_id].late(TODAY)
    history = await registers.events(desk.tx, TOWN, found[one.finding_id].correction_id)
    assert [event.what for event in history] == ["enter", "told-again"]
    for message in (
        received(told, Party.prefecture("13")),
        received(told, Party.prefecture("01"), "131016"),
    ):
        with pytest.raises(NotYourBodyError):
            await receive(desk.tx, [message])
