"""The rules of the subsidy: what may come next, what adds up, and that no yen is lost."""

from collections.abc import Sequence
from datetime import date, timedelta
from functools import reduce
from itertools import permutations
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jichitai.security.subsidy import checks, rules
from jichitai.security.subsidy.case import (
    NEXT,
    Case,
    State,
    is_limited,
    payback_hint,
)
from jichitai.security.subsidy.errors import PaperRefusedError, WrongStepError
from jichitai.security.subsidy.file import ordered, upto
from jichitai.security.subsidy.handed_in import (
    Application,
    ChangeRequest,
    DisposalRequest,
    PaymentRequest,
    Progress,
    ReturnNotice,
    Settlement,
    StatusReport,
    Withdrawal,
)
from jichitai.security.subsidy.issued import (
    Cancellation,
    ChangeApproval,
    DisposalApproval,
    Fixing,
    Payment,
    Rejection,
    ReturnReceipt,
    SendBack,
)
from jichitai.security.subsidy.papers import (
    KINDS,
    Body,
    Paper,
    paper_of,
)
from jichitai.security.subsidy.steps import after, apply, fold
from tests.security.subsidy_builders import TODAY, call, decision, line, paper, plan, settled
from tests.security.subsidy_walk import Walk

CASE_ID = UUID("00000000-0000-4000-8000-0000000000aa")
NEW = Case(prefecture="01", case_id=CASE_ID)
FAR = TODAY + timedelta(days=30)


def played(*bodies: Body) -> Case:
    return reduce(lambda case, body: apply(case, paper(case, body)), bodies, NEW)


def faults_of(made: Application, **values: Any) -> dict[str, str]:
    return dict(checks.application_faults(made, call(**values), TODAY))


# --- applications --------------------------------------------------------------------------------


def test_a_plan_within_the_rules_has_no_faults_and_half_of_it_is_granted() -> None:
    made = plan()
    assert faults_of(made) == {}
    assert checks.base_of(made, TODAY) == 300_000_999
    assert made.amount == 150_000_000


@pytest.mark.parametrize(
    ("made", "field", "words"),
    [
        (plan(functions=("SOC",)), "functions", "必須の機能"),
        (plan(was_on_premises=False), "line-3", "オンプレミス"),
        (plan(must_stay=False), "line-3", "オンプレミス"),
        (plan(hardware_reason=" "), "hardware_reason", "理由"),
        (plan(line(1, 10_000_000, code="terminal")), "line-1", "対象になりません"),
        (plan(line(1, 10_000_000, code="operation")), "line-1", "対象になりません"),
        (plan(line(1, 10_000_000, code="nothing")), "line-1", "一覧にありません"),
        (plan(line(1, 10_000_000, quantity=3)), "line-1", "数量×単価"),
        (plan(line(1, 5_000_000, code="licence")), "line-1", "期間がありません"),
        (
            plan(line(1, 5_000_000, code="licence", licence_from=date(2027, 1, 1), licence_until=date(2028, 3, 31))),
            "line-1",
            "更新の完了",
        ),
        (plan(amount=150_001_000), "amount", "計算した150,000,000円"),
        (plan(line(1, 1_999)), "amount", "0円"),
        (plan(line(1, 10_000_000), line(1, 10_000_000)), "lines", "二つあります"),
        (plan(projects=()), "projects", "事業がありません"),
        (plan(purpose=""), "purpose", "目的"),
        (plan(generation=2), "generation", "第3世代"),
    ],
)  # fmt: skip
def test_a_plan_against_the_rules_is_refused_at_its_place(
    made: Application, field: str, words: str
) -> None:
    assert words in faults_of(made)[field]


def test_the_table_has_no_ceiling_because_none_is_known() -> None:
    assert rules.rates(TODAY).ceiling is None
    capped = (
        msgspec.structs.replace
    )  # rates are dataclasses; a ceiling is honoured where one is set
    assert capped is not None
    rate = rules.Rates(numerator=1, denominator=2, unit=1000, ceiling=500, threshold=1, surcharge=0)
    assert rate.grant(10**9) == 500


# --- settlement ----------------------------------------------------------------------------------


def settlement_faults(made: Settlement, granted: int = 150_000_000) -> dict[str, str]:
    return dict(checks.settlement_faults(made, plan(), granted, TODAY))


def test_a_settlement_that_adds_up_has_no_faults() -> None:
    made = settled(plan(), 150_000_000)
    assert settlement_faults(made) == {}
    assert sum(one.grant for one in made.splits) == 150_000_000
    assert {(one.project, one.category) for one in made.splits} == {("P1", "work"), ("P2", "hardware")}  # fmt: skip


def test_a_settlement_without_its_split_or_one_yen_off_is_refused() -> None:
    good = settled(plan(), 150_000_000)
    change = msgspec.structs.replace
    assert "内訳がありません" in settlement_faults(change(good, splits=()))["splits"]
    assert "1円違います" in settlement_faults(change(good, total_cost=good.total_cost + 1))["total_cost"]  # fmt: skip
    first = good.splits[0]
    moved = (change(first, cost=first.cost + 1), *good.splits[1:])
    found = settlement_faults(change(good, splits=moved))
    assert {"splits", "total_cost"} <= found.keys()
    less = (change(first, grant=first.grant - 1), *good.splits[1:])
    assert "total_grant" in settlement_faults(change(good, splits=less))
    assert "ありません" in settlement_faults(change(good, splits=good.splits[:1]))["splits"]
    twice = (*good.splits, good.splits[0])
    assert "splits" in settlement_faults(change(good, splits=twice))


def test_a_settlement_says_who_was_paid_for_which_planned_line() -> None:
    good = settled(plan(), 150_000_000)
    change = msgspec.structs.replace
    rows = list(good.lines)
    rows[0] = change(rows[0], number=9)
    assert "計画にない" in settlement_faults(change(good, lines=tuple(rows)))["line-9"]
    rows[0] = change(good.lines[0], contract_amount=1)
    assert "契約額より多く" in settlement_faults(change(good, lines=tuple(rows)))["line-1"]
    rows[0] = change(good.lines[0], paid_on=date(2026, 12, 1))
    assert "日の順" in settlement_faults(change(good, lines=tuple(rows)))["line-1"]


def test_less_paid_is_less_granted_and_more_paid_is_not_more_granted() -> None:
    cheap = settled(plan(), 150_000_000, 80_000_000, 100_000_000, 70_000_000)
    assert cheap.total_grant == 125_000_000
    dear = settled(plan(), 150_000_000, 80_000_000, 250_000_000, 70_000_000)
    assert dear.total_grant == 150_000_000


@given(st.integers(0, 10**11), st.lists(st.integers(0, 10**10), max_size=12))
def test_an_allocation_loses_nothing_and_favours_nobody(total: int, weights: list[int]) -> None:
    parts = rules.allocate(total, weights)
    whole = sum(weights)
    assert sum(parts) == (total if whole else 0)
    assert all(abs(part * whole - total * weight) < whole for part, weight in zip(parts, weights, strict=True) if whole)  # fmt: skip


# --- steps ---------------------------------------------------------------------------------------


def test_a_case_from_application_to_the_last_payment() -> None:
    made = plan()
    case = played(
        made,
        decision(made),
        StatusReport(as_of=TODAY, projects=(Progress(project="P1", percent=40), Progress(project="P2", percent=0))),
        PaymentRequest(amount=100_000_000, reason="前払のため"),
        Payment(amount=100_000_000, paid_on=TODAY),
        settled(made, 150_000_000),
        Fixing(amount=150_000_000),
        PaymentRequest(amount=50_000_000),
        Payment(amount=50_000_000, paid_on=TODAY),
    )  # fmt: skip
    assert (case.state, case.paid, case.kept, case.due) == (State.CLOSED, 150_000_000, 150_000_000, 0)  # fmt: skip
    assert case.papers == 9


def test_what_was_paid_beyond_the_fixed_amount_comes_back() -> None:
    made = plan()
    cheap = settled(made, 150_000_000, 80_000_000, 100_000_000, 70_000_000)
    until = played(
        made,
        decision(made),
        PaymentRequest(amount=150_000_000),
        Payment(amount=150_000_000, paid_on=TODAY),
        cheap,
    )
    with pytest.raises(PaperRefusedError, match="25,000,000円"):
        apply(until, paper(until, Fixing(amount=125_000_000)))
    case = apply(until, paper(until, Fixing(amount=125_000_000, return_due=25_000_000, return_by=FAR)))  # fmt: skip
    assert (case.state, case.due, case.turn) == (State.RETURN_DUE, 25_000_000, "prefecture")
    for part, state in ((10_000_000, State.RETURN_DUE), (15_000_000, State.CLOSED)):
        case = apply(case, paper(case, ReturnNotice(amount=part, paid_on=TODAY)))
        case = apply(case, paper(case, ReturnReceipt(amount=part, received_on=TODAY)))
        assert case.state is state
    assert case.kept == 125_000_000


def test_a_change_takes_effect_when_it_is_approved_and_not_before() -> None:
    made = plan()
    smaller = plan(line(1, 80_000_000, "P1", "design"))
    case = played(made, decision(made), ChangeRequest(reason="規模の縮小", plan=smaller))
    assert (case.plan, case.proposed) == (made, smaller)
    back = apply(case, paper(case, SendBack(reason="理由が足りません")))
    assert (back.state, back.plan, back.proposed) == (State.DECIDED, made, None)
    done = apply(case, paper(case, ChangeApproval(amount=40_000_000, base=80_000_000)))
    assert (done.plan, done.granted, done.state) == (smaller, 40_000_000, State.DECIDED)
    with pytest.raises(PaperRefusedError, match="超えています"):
        apply(case, paper(case, ChangeApproval(amount=41_000_000, base=80_000_000)))


def test_an_application_is_corrected_and_can_be_withdrawn_in_time() -> None:
    made = plan()
    case = played(made, SendBack(reason="見積がありません"), made, decision(made))
    gone = apply(case, paper(case, Withdrawal(reason="計画の中止")))
    assert (gone.state, gone.granted) == (State.WITHDRAWN, 0)
    with pytest.raises(PaperRefusedError, match="過ぎています"):
        apply(case, paper(case, Withdrawal(reason="計画の中止"), on=FAR + timedelta(days=1)))


def test_an_asset_is_disposed_of_only_with_approval_while_it_is_limited() -> None:
    made = plan()
    case = played(made, decision(made), settled(made, 150_000_000), Fixing(amount=150_000_000), PaymentRequest(amount=150_000_000), Payment(amount=150_000_000, paid_on=TODAY))  # fmt: skip
    ask = DisposalRequest(asset=1, manner="destroy", planned_on=FAR, reason="故障のため")
    later = date(2029, 5, 1)
    asked = apply(case, paper(case, ask, on=later))
    asset = case.asset(1)
    assert asset is not None
    hint = payback_hint(asset, later)
    assert 0 < hint < 35_000_000
    done = apply(asked, paper(asked, DisposalApproval(asset=1, payback=hint, pay_by=date(2029, 6, 1)), on=later))  # fmt: skip
    assert (done.state, done.due) == (State.RETURN_DUE, hint)
    for wrong in (2, 9):
        with pytest.raises(PaperRefusedError):
            after(case, msgspec.structs.replace(ask, asset=wrong), on=later)
    assert not is_limited(asset, rules.limited_until("server", asset.acquired_on) + timedelta(days=1))  # fmt: skip


def test_figures_of_the_ministry_are_bound_as_well() -> None:
    made = plan()
    applied = played(made)
    for body in (
        decision(made, 150_001_000),
        msgspec.structs.replace(decision(made), base=1),
        msgspec.structs.replace(decision(made), settle_by=date(2026, 1, 1)),
    ):
        with pytest.raises(PaperRefusedError):
            after(applied, body, on=TODAY)
    decided = apply(applied, paper(applied, decision(made)))
    with pytest.raises(PaperRefusedError, match="までです"):
        after(decided, PaymentRequest(amount=150_000_001), on=TODAY)
    asked = apply(decided, paper(decided, PaymentRequest(amount=5)))
    with pytest.raises(PaperRefusedError, match="違います"):
        after(asked, Payment(amount=6, paid_on=TODAY), on=TODAY)
    with pytest.raises(PaperRefusedError, match="0円"):
        after(asked, Cancellation(reason="虚偽", return_due=5), on=TODAY)


SAMPLES: Sequence[Body] = (
    plan(),
    Withdrawal(reason="x"),
    ChangeRequest(reason="x", plan=plan()),
    StatusReport(as_of=TODAY, projects=(Progress(project="P1", percent=1),)),
    PaymentRequest(amount=1),
    settled(plan(), 150_000_000),
    ReturnNotice(amount=1, paid_on=TODAY),
    DisposalRequest(asset=1, manner="lend", planned_on=TODAY, reason="x"),
    SendBack(reason="x"),
    Rejection(reason="x"),
    decision(plan()),
    ChangeApproval(amount=1, base=1),
    Payment(amount=1, paid_on=TODAY),
    Fixing(amount=1),
    Cancellation(reason="x", return_due=0),
    ReturnReceipt(amount=1, received_on=TODAY),
    DisposalApproval(asset=1, payback=0),
)


@pytest.mark.parametrize("state", list(State))
def test_no_paper_comes_out_of_turn(state: State) -> None:
    case = Case(prefecture="01", case_id=CASE_ID, state=state)
    assert {body.__struct_config__.tag for body in SAMPLES} == set(KINDS)
    for body in SAMPLES:
        if body.__struct_config__.tag not in NEXT[state]:
            with pytest.raises(WrongStepError):
                after(case, body, on=TODAY)


@pytest.mark.parametrize("body", SAMPLES, ids=[str(one.__struct_config__.tag) for one in SAMPLES])  # fmt: skip
def test_a_paper_reads_back_as_it_was_written(body: Body) -> None:
    written = paper(NEW, body)
    again = paper_of(written.text)
    assert again == written
    assert (again.fingerprint, len(again.fingerprint)) == (written.fingerprint, 64)


# --- no yen is lost ------------------------------------------------------------------------------


@settings(max_examples=70)
@given(st.data())
def test_no_life_of_a_case_loses_a_yen(data: st.DataObject) -> None:
    walk = Walk(data, NEW)
    walk.run()
    assert fold("01", CASE_ID, walk.papers) == walk.case
    file = ordered(data.draw(st.permutations(walk.papers)))
    assert (list(file.papers), file.crossed, file.head) == (walk.papers, (), walk.case.head)


def test_papers_that_cross_leave_the_same_file_on_both_sides() -> None:
    made = plan()
    before = chain(made, decision(made))
    case = fold("01", CASE_ID, before)
    asked = paper(case, PaymentRequest(amount=10))
    follows = paper(apply(case, asked), SendBack(reason="…"))
    follows = msgspec.structs.replace(follows, body=Withdrawal(reason="中止"))
    cancelled = paper(case, Cancellation(reason="虚偽", return_due=0))
    for arrived in permutations([asked, follows, cancelled]):
        file = ordered([*before, *arrived])
        assert list(file.papers) == [*before, cancelled]
        assert set(file.crossed) == {asked, follows}


def chain(*bodies: Body) -> list[Paper]:
    case, found = NEW, []
    for body in bodies:
        found.append(paper(case, body))
        case = apply(case, found[-1])
    return found


def test_the_way_to_an_earlier_paper_is_found_and_to_an_unknown_one_is_not() -> None:
    papers = chain(plan(), SendBack(reason="補正"), plan())
    assert upto(papers, papers[1].fingerprint) == papers[:2]
    assert upto(papers, "") == []
    assert upto(papers[1:], papers[2].fingerprint) is None
