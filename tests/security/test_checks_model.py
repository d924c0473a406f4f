"""Rules of checks: what is asked of whom, what goes stale, who may decide."""

import io
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jichitai.security.assets.model.kinds import Area
from jichitai.security.checks.errors import (
    CheckFormError,
    NotReadyError,
    NotYourPartError,
    OwnDecisionError,
    WrongStepError,
)
from jichitai.security.checks.model import corrections, exceptions, risks, rounds
from jichitai.security.checks.model.answers import Answer, Given, Standing, check_given, count
from jichitai.security.checks.model.carrying import Between, stale_reasons
from jichitai.security.checks.model.corrections import Severity, Step
from jichitai.security.checks.model.counting import Tally, by_law, by_spot, grouped
from jichitai.security.checks.model.exceptions import Permission
from jichitai.security.checks.model.files import LARGEST, file_kind
from jichitai.security.checks.model.risks import Grade, RiskState, Treatment
from jichitai.security.checks.model.rounds import Plan, Sort, Target, TargetKind
from jichitai.security.checks.model.sheet import Asked, Filled, parted, wanted
from jichitai.security.checks.model.weak_spots import weak_spots
from jichitai.security.errors import BadUploadError
from jichitai.security.guideline import builtin
from jichitai.security.guideline.model import NetworkModel
from tests.security.checks_builders import TODAY, application, assessed, planned

ITEMS = builtin.newest().items_for(NetworkModel.ALPHA, cloud=True)


def target(kind: TargetKind, **values: object) -> Target:
    return Target(id=uuid4(), kind=kind, name=kind.japanese, **values)  # type: ignore[arg-type]


WHOLE = target(TargetKind.WHOLE)


def fields(refusal: pytest.ExceptionInfo[CheckFormError]) -> set[str]:
    found = refusal.value.facts["fields"]
    assert isinstance(found, dict)
    return set(found)


@given(
    areas=st.lists(st.sampled_from(Area), unique=True),
    clouds=st.lists(st.booleans(), max_size=3),
    model=st.sampled_from(NetworkModel),
)
def test_every_item_is_asked_and_none_twice_of_the_same_target(
    areas: list[Area], clouds: list[bool], model: NetworkModel
) -> None:
    items = builtin.newest().items_for(model, cloud=True)
    targets = [WHOLE, *(target(TargetKind.AREA, area=area) for area in areas)]
    targets += [
        target(TargetKind.SYSTEM, cloud=cloud, ref=str(n)) for n, cloud in enumerate(clouds)
    ]
    asked = rounds.questions(targets, items, on=TODAY)
    pairs = [(one.target_id, one.item_id) for one in asked]
    assert len(pairs) == len(set(pairs))
    assert {item for _, item in pairs} == {item.id for item in items}


def test_technical_items_are_asked_of_each_system_and_network_items_of_their_area() -> None:
    lgwan, internet = (target(TargetKind.AREA, area=a) for a in (Area.LGWAN, Area.INTERNET))
    juki, mail = (target(TargetKind.SYSTEM, ref=name) for name in ("juki", "mail"))
    asked = rounds.questions([WHOLE, lgwan, internet, juki, mail], ITEMS, on=TODAY)
    of = {one.id: {q.slug for q in asked if q.target_id == one.id} for one in (WHOLE, lgwan, juki)}
    assert "gl-p2-2-6.1.2" in of[juki.id]
    assert "gl-p2-2-6.1.2" not in of[WHOLE.id]
    assert "gl-p2-2-3.2.1" in of[lgwan.id] or any("3.2" in slug for slug in of[lgwan.id])
    assert any(slug.startswith("gl-p2-2-1.") for slug in of[WHOLE.id])
    assert any(slug.startswith("gl-p4-") for slug in of[WHOLE.id]), "no cloud system: the whole"


def test_the_weak_spots_name_items_of_the_newest_guideline() -> None:
    known = {item.id for item in builtin.newest().items}
    spots = weak_spots(TODAY)
    assert [spot.key for spot in spots] == [
        "weak-diagnosis",
        "weak-procurement",
        "weak-contract",
        "weak-audit",
        "weak-risk",
    ]
    for spot in spots:
        assert spot.items
        assert spot.items <= known


def test_counts_add_up_by_measure_and_by_weak_spot() -> None:
    asked = rounds.questions([WHOLE], ITEMS, on=TODAY)
    tallies = [
        Tally(law=q.law, chapter=q.chapter, target="", spots=q.spots, answer=answer)
        for q, answer in zip(asked, [*Answer, None] * len(asked), strict=False)
    ]
    whole = count(one.answer for one in tallies)
    parts = by_law(tallies)
    assert sum((part.count for part in parts), start=count([])) == whole
    assert {part.key for part in parts} == {"policy", *(f"law-{n}" for n in range(1, 9))}
    assert whole.owed == whole.asked - whole.not_applicable
    assert [part.key for part in by_spot(tallies, TODAY)] == [s.key for s in weak_spots(TODAY)]
    assert len(by_spot([], TODAY)) == 5


def test_counts_are_grouped_in_the_order_of_the_marks() -> None:
    tallies = [
        Tally(law="policy", chapter=chapter, target="", spots=(), answer=Answer.MET)
        for chapter in ("b", "a", "b")
    ]
    found = grouped(tallies, lambda one: one.chapter)
    assert [(part.key, part.count.met) for part in found] == [("b", 2), ("a", 1)]


def test_the_same_row_twice_is_a_fault_of_the_second() -> None:
    asked = Asked(
        place=1,
        target_id=WHOLE.id,
        target="団体全体",
        item_id="GL-1",
        title="目的",
        version=0,
        confirmed=False,
        by_name="",
        given=None,
    )
    row = Filled(
        number=5,
        place=1,
        item="GL-1",
        answer="実施している",
        confirmed=False,
        reason="",
        practice="",
        correction="",
        owner="",
        due_on=None,
        version=0,
    )
    changes, faults = wanted([row, replace(row, number=6)], {1: asked}, TODAY)
    assert len(changes) == 1
    assert [(one.where, one.why[:2]) for one in faults] == [("6行 番号", "5行")]
    assert parted("直せません。") == ("直せません", "直してください")


@pytest.mark.parametrize("answer", [Answer.PARTLY, Answer.UNMET, Answer.NOT_APPLICABLE])
def test_what_is_not_done_needs_its_reason(answer: Answer) -> None:
    with pytest.raises(CheckFormError) as refusal:
        check_given(Given(answer=answer, reason="　 "))
    assert fields(refusal) == {"reason"}
    assert check_given(Given(answer=answer, reason=" 機器がない ")).reason == "機器がない"


def test_a_long_text_is_refused_and_evidence_is_named_once() -> None:
    with pytest.raises(CheckFormError) as refusal:
        check_given(Given(answer=Answer.MET, practice="あ" * 2_001))
    assert fields(refusal) == {"practice"}
    one = uuid4()
    assert check_given(Given(answer=Answer.MET, evidence=(one, one))).evidence == (one,)


@pytest.mark.parametrize("word", ["実施している", "met"])
def test_answers_are_read_by_word_and_by_key(word: str) -> None:
    assert Answer.of(word) is Answer.MET
    with pytest.raises(CheckFormError):
        Answer.of("はい")


PAPER = uuid4()


def standing(answer: Answer, *evidence: UUID) -> Standing:
    return Standing(
        given=Given(answer=answer, reason="理由", evidence=evidence),
        version=1,
        confirmed=True,
        stale=(),
        by="a",
        by_name="a",
        at=datetime(2026, 3, 1, tzinfo=UTC),
    )


NOTHING = Between(items={}, expired=frozenset(), conditions=False, exceptions=frozenset())


@pytest.mark.parametrize(
    ("answer", "between", "word"),
    [
        (Answer.MET, NOTHING, None),
        (Answer.MET, replace(NOTHING, items={"x": "表現の変更"}), "ガイドライン"),
        (Answer.MET, replace(NOTHING, expired=frozenset({PAPER})), "有効期限"),
        (Answer.MET, replace(NOTHING, exceptions=frozenset({"x"})), "例外措置"),
        (Answer.NOT_APPLICABLE, replace(NOTHING, conditions=True), "対象外"),
        (Answer.MET, replace(NOTHING, conditions=True), None),
        (Answer.UNMET, NOTHING, "是正"),
    ],
)
def test_what_makes_a_carried_answer_stale(
    answer: Answer, between: Between, word: str | None
) -> None:
    found = stale_reasons("x", standing(answer, PAPER), between)
    assert bool(found) is (word is not None)
    assert word is None or word in found[0]


def test_audits_are_the_auditors_and_self_checks_the_officers() -> None:
    rounds.require_part(Sort.SELF_CHECK, ["security-officer"])
    rounds.require_part(Sort.AUDIT, ["security-auditor"])
    for sort, role in ((Sort.SELF_CHECK, "security-auditor"), (Sort.AUDIT, "security-officer")):
        with pytest.raises(NotYourPartError):
            rounds.require_part(sort, [role])


def test_a_round_ends_only_when_gaps_are_planned_and_open_questions_explained() -> None:
    rounds.check_close(unanswered=0, unconfirmed=0, uncovered=0, note="")
    rounds.check_close(unanswered=3, unconfirmed=1, uncovered=0, note="改修中のため")
    with pytest.raises(NotReadyError, match="1件"):
        rounds.check_close(unanswered=0, unconfirmed=0, uncovered=1, note="改修中")
    with pytest.raises(NotReadyError, match="未回答"):
        rounds.check_close(unanswered=3, unconfirmed=0, uncovered=0, note=" ")


def test_a_plan_names_its_outside_auditor_and_a_near_year() -> None:
    with pytest.raises(CheckFormError) as refusal:
        rounds.check_plan(
            Plan(sort=Sort.EXTERNAL_AUDIT, fiscal_year=2031, due_on=TODAY - timedelta(days=1)),
            TODAY,
        )
    assert fields(refusal) == {"fiscal_year", "due_on", "auditor"}
    rounds.check_plan(Plan(sort=Sort.SELF_CHECK, fiscal_year=2026), TODAY)


# --- corrections --------------------------------------------------------------


def test_a_correction_has_an_owner_and_a_day_to_come() -> None:
    with pytest.raises(CheckFormError) as refusal:
        corrections.check_planned(planned(title="", owner=" ", due_on=None), TODAY)
    assert fields(refusal) == {"title", "owner", "due_on"}
    with pytest.raises(CheckFormError) as refusal:
        corrections.check_planned(
            planned(due_on=TODAY - timedelta(days=1), detail="あ" * 2_001), TODAY
        )
    assert fields(refusal) == {"due_on", "detail"}
    corrections.check_planned(planned(due_on=TODAY), TODAY)


def test_nobody_confirms_their_own_correction() -> None:
    def move(before: Step, after: Step, by: str = "b", note: str = "した") -> None:
        corrections.check_step(before, after, done_by="a", by=by, note=note)

    move(Step.OPEN, Step.DOING)
    move(Step.DONE, Step.VERIFIED)
    move(Step.DONE, Step.DOING)
    with pytest.raises(OwnDecisionError):
        move(Step.DONE, Step.VERIFIED, by="a")
    with pytest.raises(WrongStepError):
        move(Step.OPEN, Step.VERIFIED)
    with pytest.raises(WrongStepError):
        move(Step.VERIFIED, Step.OPEN)
    with pytest.raises(CheckFormError):
        move(Step.DOING, Step.DONE, note="")


@pytest.mark.parametrize("severity", Severity)
def test_a_finding_without_a_day_gets_one_by_its_severity(severity: Severity) -> None:
    found = corrections.finding_due(severity, TODAY)
    assert found > TODAY
    assert found.weekday() < 5


# --- exceptions ---------------------------------------------------------------


def test_an_exception_says_why_what_instead_and_until_when() -> None:
    with pytest.raises(CheckFormError) as refusal:
        exceptions.check_application(
            application(
                title="", reason="", risk="あ" * 2_001, compensating="", items=(), until=None
            ),
            TODAY,
        )
    assert fields(refusal) == {"title", "reason", "risk", "compensating", "items", "until"}
    for until in (TODAY - timedelta(days=1), TODAY + timedelta(days=367)):
        with pytest.raises(CheckFormError) as refusal:
            exceptions.check_application(application(until=until), TODAY)
        assert fields(refusal) == {"until"}
    exceptions.check_application(application(), TODAY)


def test_nobody_permits_their_own_exception() -> None:
    def decide(**values: object) -> None:
        plain: dict[str, object] = {"applicant": "a", "by": "b", "approved": True, "note": ""}
        exceptions.check_decision(Permission.APPLIED, **(plain | values))  # type: ignore[arg-type]

    decide()
    with pytest.raises(OwnDecisionError):
        decide(by="a")
    with pytest.raises(CheckFormError):
        decide(approved=False)
    with pytest.raises(WrongStepError):
        exceptions.check_decision(Permission.REFUSED, applicant="a", by="b", approved=True, note="")


# --- risks --------------------------------------------------------------------


@given(likelihood=st.sampled_from(risks.SCALE), impact=st.sampled_from(risks.SCALE))
def test_a_likelier_or_heavier_risk_is_never_smaller(likelihood: int, impact: int) -> None:
    order = list(Grade)
    here = order.index(risks.grade(likelihood, impact))
    assert order.index(risks.grade(min(likelihood + 1, 5), impact)) >= here
    assert order.index(risks.grade(likelihood, min(impact + 1, 5))) >= here


def test_a_risk_is_assessed_whole() -> None:
    with pytest.raises(CheckFormError) as refusal:
        risks.check_assessed(
            assessed(asset="", threat="", owner="", likelihood=6, plan="", review_on=None), TODAY
        )
    assert fields(refusal) == {"asset", "threat", "owner", "likelihood", "plan", "review_on"}
    risks.check_assessed(assessed(treatment=Treatment.ACCEPT, plan=""), TODAY)
    with pytest.raises(CheckFormError, match="大きく"):
        risks.check_assessed(assessed(residual_likelihood=5, residual_impact=5), TODAY)
    with pytest.raises(CheckFormError, match="両方"):
        risks.check_assessed(assessed(residual_likelihood=1), TODAY)
    with pytest.raises(CheckFormError) as refusal:
        risks.check_assessed(assessed(review_on=date(2026, 1, 1)), TODAY)
    assert fields(refusal) == {"review_on"}


def test_nobody_accepts_a_risk_that_they_assessed() -> None:
    risks.check_acceptance(RiskState.OPEN, assessed_by="a", by="b", note="費用に合わない")
    with pytest.raises(OwnDecisionError):
        risks.check_acceptance(RiskState.OPEN, assessed_by="a", by="a", note="費用に合わない")
    with pytest.raises(CheckFormError):
        risks.check_acceptance(RiskState.OPEN, assessed_by="a", by="b", note="")
    with pytest.raises(WrongStepError):
        risks.check_acceptance(RiskState.CLOSED, assessed_by="a", by="b", note="x")


# --- files --------------------------------------------------------------------


def packed(*names: str, size: int = 1) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as folder:
        for name in names:
            folder.writestr(name, b"\0" * size)
    return target.getvalue()


@pytest.mark.parametrize(
    ("content", "suffix"),
    [
        (b"%PDF-1.7\n", ".pdf"),
        (b"\x89PNG\r\n\x1a\n....", ".png"),
        (b"\xff\xd8\xff\xe0", ".jpg"),
        ("議事録\r\n".encode("cp932"), ".txt"),
        (packed("word/document.xml"), ".docx"),
        (packed("xl/workbook.xml"), ".xlsx"),
    ],
)
def test_a_file_is_known_by_its_content(content: bytes, suffix: str) -> None:
    assert file_kind(content).suffix == suffix


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "空"),
        (b"%PDF-" + b"0" * LARGEST, "大きすぎ"),
        (b"\xd0\xcf\x11\xe0" + b"0" * 20, "古い形式"),
        (packed("word/document.xml", "word/vbaProject.bin"), "マクロ"),
        (packed("xl/workbook.xml", size=61 * 1024 * 1024), "大きくなりすぎ"),
        (packed("a.exe"), "圧縮"),
        (b"PK\x03\x04broken", "壊れ"),
        (b"MZ\x90\x00\x03", "受け取れません"),
    ],
)
def test_a_file_that_may_harm_is_refused(content: bytes, word: str) -> None:
    with pytest.raises(BadUploadError, match=word):
        file_kind(content)
