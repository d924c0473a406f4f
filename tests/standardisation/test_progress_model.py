"""Rules of the progress: scope, steps, rates, costs, months."""

import itertools
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jichitai.infra.clock import JST
from jichitai.kernel.bodies import all_bodies, body
from jichitai.standardisation.errors import (
    InvalidReportError,
    InvalidStepsError,
    UnknownBusinessError,
    UnlikeCostsError,
)
from jichitai.standardisation.progress.costs import (
    Basis,
    CostItem,
    Phase,
    compare,
    items,
)
from jichitai.standardisation.progress.groups import reasons
from jichitai.standardisation.progress.loading import steps_of
from jichitai.standardisation.progress.model import (
    STEPS,
    BodyClass,
    MeasureKind,
    Rate,
    SourceKind,
    StepState,
    Tally,
    answers_kind,
    body_class,
    business,
    businesses,
    done_of,
    steps,
)
from jichitai.standardisation.progress.planning import (
    deadlines,
    month_after,
    months_at,
    months_until,
    per_month,
    plan,
)
from jichitai.standardisation.progress.reports import (
    BodyReport,
    Cloud,
    DeadlineClass,
    check_report,
)
from jichitai.standardisation.progress.scope import Answer, runs

DAY = date(2026, 1, 31)


def test_twenty_businesses_and_the_common_functions() -> None:
    assert [one.number for one in businesses()] == list(range(1, 22))
    assert [one.name for one in businesses() if one.common] == ["共通機能"]
    with pytest.raises(UnknownBusinessError):
        business("no-such")


def test_a_prefecture_runs_two_businesses() -> None:
    answers = {one.name: runs(body("130001"), one, on=DAY).answer for one in businesses()}
    assert {name for name, answer in answers.items() if answer is Answer.YES} == {
        "児童扶養手当",
        "生活保護",
    }
    assert answers["共通機能"] is Answer.UNKNOWN


@pytest.mark.parametrize(
    ("code", "answer", "confidence"),
    [
        ("011002", Answer.YES, "recalled"),  # 指定都市
        ("131016", Answer.YES, "recalled"),  # 特別区
        ("336432", Answer.YES, "derived"),  # 西粟倉村, in the list of late systems
        ("273015", Answer.YES, "recalled"),  # 島本町
        ("013030", Answer.UNKNOWN, "unknown"),  # 当別町
    ],
)
def test_public_assistance_needs_a_welfare_office(
    code: str, answer: Answer, confidence: str
) -> None:
    found = runs(body(code), business("public-assistance"), on=DAY)
    assert (found.answer, found.confidence) == (answer, confidence)
    assert found.reason


def test_a_source_that_names_the_system_settles_what_was_unknown() -> None:
    found = runs(body("013030"), business("public-assistance"), on=DAY, listed=True)
    assert (found.answer, found.confidence) == (Answer.YES, "derived")


def test_every_municipality_runs_all_other_businesses() -> None:
    for one in all_bodies():
        if body_class(one) is not BodyClass.PREFECTURE:
            for b in businesses():
                known = runs(one, b, on=DAY).answer is Answer.YES
                assert known or b.key == "public-assistance"


def test_forty_steps_whose_unknown_names_stay_empty() -> None:
    assert [one.number for one in steps()] == list(range(1, STEPS + 1))
    assert [one.number for one in steps() if one.name] == [24, 25]
    assert {one.confidence for one in steps() if not one.name} == {"unknown"}
    assert steps()[0].label == "ステップ1"
    assert steps()[23].label == "ステップ24 RFPへの質問の受付"


@given(st.lists(st.sampled_from(list(StepState)), min_size=STEPS, max_size=STEPS))
def test_done_and_excluded_steps_count(states: list[StepState]) -> None:
    text = "".join(states)
    assert done_of(text) == sum(one in (StepState.DONE, StepState.EXCLUDED) for one in states)


@pytest.mark.parametrize("text", ["", "2" * 39, "2" * 41, "2" * 39 + "x", "２" * 40])
def test_other_states_are_refused(text: str) -> None:
    with pytest.raises(InvalidStepsError, match="40個"):
        done_of(text)


@given(st.integers(0, STEPS))
def test_a_published_rate_tells_the_steps(done: int) -> None:
    assert steps_of(str(Decimal(done) / STEPS)) == done


def test_a_rate_between_steps_is_refused() -> None:
    with pytest.raises(InvalidReportError, match=r"0\.83"):
        steps_of("0.83")


@given(st.integers(0, 10**9), st.integers(1, 10**9))
def test_a_rate_is_exact_to_one_decimal(numerator: int, denominator: int) -> None:
    percent = Rate(numerator, denominator).percent
    assert percent is not None
    assert abs(percent * denominator - numerator * 100) <= Decimal("0.05") * denominator


def test_there_is_no_rate_over_nothing() -> None:
    assert (Rate(0, 0).percent, Rate(0, 0).text) == (None, "—")


def test_each_measure_has_its_own_words() -> None:
    words = {(one.label, one.definition) for one in MeasureKind}
    assert len(words) == 3
    assert MeasureKind.STEPS.unit == "ステップ"
    tally = Tally(systems=2, done_steps=50, complete=1, late=1)
    assert [tally.rate(one).text for one in MeasureKind] == ["62.5%", "50.0%", "50.0%"]
    assert "演習" in SourceKind.REHEARSAL.japanese
    assert {one.japanese for one in StepState} == {"未着手", "作業中", "完了", "対象外"}
    assert Cloud.YES.japanese == "利用する"
    assert DeadlineClass.LATE.japanese == "特定移行支援"
    assert Answer.UNKNOWN.japanese == "不明"


def test_answers_of_a_rehearsal_are_of_a_kind_of_their_own() -> None:
    assert answers_kind(rehearsal=True) is SourceKind.REHEARSAL
    assert answers_kind(rehearsal=False) is SourceKind.SURVEY


# -- months ----------------------------------------------------------------------------------------


@given(st.dates(date(2020, 1, 1), date(2040, 1, 1)), st.integers(0, 200))
def test_months_until_counts_whole_months(start: date, months: int) -> None:
    first = start.replace(day=1)
    assert months_until(first, month_after(first, months)) == months


@settings(max_examples=50)
@given(st.integers(0, 100_000), st.integers(1, 120))
def test_an_even_plan_leaves_nothing_at_its_end(remaining: int, months: int) -> None:
    path = plan(remaining, DAY, months)
    assert len(path) == months
    assert path[-1][1] == 0
    left = [remaining, *(one for _, one in path)]
    need = per_month(remaining, months)
    assert need is not None
    assert all(0 <= a - b <= need for a, b in itertools.pairwise(left))


def test_a_date_that_is_past_leaves_no_month() -> None:
    assert per_month(5, 0) is None
    assert plan(5, DAY, 0) == ()
    assert months_at(5, Rate(0, 3)) is None
    assert months_at(5, None) is None
    assert months_at(0, None) == 0


def test_dates_of_the_policy_hold_from_their_day() -> None:
    assert [one.key for one in deadlines(date(2024, 12, 23))] == ["migration"]
    assert [one.key for one in deadlines(date(2024, 12, 24))] == ["migration", "support"]


# -- costs -----------------------------------------------------------------------------------------


def costs(
    before: int = 1_000_000,
    after: int = 700_000,
    *,
    item: str = "software",
    year: int = 2027,
    months: int = 12,
    usd_rate: Decimal | None = None,
) -> list[CostItem]:
    return [
        CostItem(phase=Phase.BEFORE, item=item, fiscal_year=2018, yen=before),
        CostItem(
            phase=Phase.AFTER,
            item=item,
            fiscal_year=year,
            yen=after,
            months=months,
            basis=Basis.CONTRACT,
            usd_rate=usd_rate,
        ),
    ]


def test_thirty_per_cent_less_is_the_aim() -> None:
    assert compare(costs(), people=1000).meets_target
    just_above = compare(costs(after=700_001), people=1000)
    assert not just_above.meets_target
    assert just_above.change_percent == Decimal("-30.0")
    assert just_above.ratio == Decimal("0.70")
    assert just_above.per_resident == (1000, 700)
    assert compare(costs(), people=0).per_resident is None


def test_amounts_are_brought_to_a_year() -> None:
    assert compare(costs(after=175_000, months=3), people=1).after == 700_000
    assert compare(costs(after=3_500_000, months=60), people=1).after == 700_000


def test_what_comes_once_is_left_out() -> None:
    once = CostItem(phase=Phase.AFTER, item="migration", fiscal_year=2025, yen=9_000_000)
    found = compare([*costs(), once], people=1)
    assert (found.after, [line.item.key for line in found.lines]) == (700_000, ["software"])


def test_years_kinds_and_exchange_rates_are_noted() -> None:
    both = [*costs(), *costs(item="cloud", usd_rate=Decimal("150.000"))]
    assert compare(both, people=1).notes == (
        "移行前は2018年度、移行後は2027年度。どちらも12か月分に直した額",
        "移行前は決算の額",
        "移行後は契約の額",
        "移行後のクラウド利用料は1ドル150円で計算",
    )


def _lone(phase: Phase, item: str = "cloud", year: int = 2018, yen: int = 1) -> CostItem:
    return CostItem(phase=phase, item=item, fiscal_year=year, yen=yen)


@pytest.mark.parametrize(
    ("amounts", "why"),
    [
        ([], "移行前の経費がない"),
        ([_lone(Phase.BEFORE)], "移行後の経費がない"),
        ([_lone(Phase.AFTER)], "移行前の経費がない"),
        ([*costs(), _lone(Phase.AFTER, year=2027)], "クラウド利用料は移行前と移行後の片方"),
        ([*costs(), _lone(Phase.BEFORE, "software")], "「ソフトウェア利用料・借料」が二つ"),
        ([_lone(Phase.BEFORE, year=2019), _lone(Phase.AFTER, year=2027)], "移行前の経費が2019年度"),
        ([*costs(), *costs(item="cloud", year=2028)], "年度が項目によって違います"),
        (costs(before=0), "移行前の経費が0円"),
        ([_lone(Phase.BEFORE, "no-such")], "この経費の項目はありません"),
    ],
)
def test_unlike_things_are_not_compared(amounts: Sequence[CostItem], why: str) -> None:
    with pytest.raises(UnlikeCostsError, match=why):
        compare(amounts, people=1)


@given(st.lists(st.tuples(st.integers(1, 10**9), st.integers(0, 10**9)), min_size=1, max_size=6))
def test_the_whole_is_the_sum_of_its_lines(pairs: list[tuple[int, int]]) -> None:
    recurring = [one.key for one in items() if one.recurring]
    amounts = [
        amount
        for key, (before, after) in zip(recurring, pairs, strict=False)
        for amount in costs(before, after, item=key)
    ]
    found = compare(amounts, people=1)
    assert found.before == sum(line.before for line in found.lines)
    assert found.after == sum(line.after for line in found.lines)


def test_an_item_of_cost_is_reported_once() -> None:
    with pytest.raises(InvalidReportError, match="同じ経費の項目が二つ"):
        check_report(BodyReport(body="011002", systems=(), costs=tuple(costs() * 2)))


@pytest.mark.parametrize(
    ("fact", "why"),
    [
        ({"yen": -1}, "金額か月数"),
        ({"months": 0}, "金額か月数"),
        ({"months": 121}, "金額か月数"),
        ({"fiscal_year": 8}, "西暦の年度"),
        ({"usd_rate": Decimal("0.9")}, "為替レート"),
    ],
)
def test_an_impossible_cost_is_refused(fact: dict[str, object], why: str) -> None:
    facts = {"phase": Phase.AFTER, "item": "cloud", "fiscal_year": 2027, "yen": 1, **fact}
    wrong = CostItem(**facts)  # type: ignore[arg-type]
    with pytest.raises(InvalidReportError, match=why):
        check_report(BodyReport(body="011002", systems=(), costs=(wrong,)))


def test_reasons_carry_the_figures_that_were_published() -> None:
    before = reasons(as_of=DAY, known_at=datetime(2025, 9, 29, tzinfo=JST))
    assert [one.systems for one in before] == [None] * 4
    after = reasons(as_of=DAY, known_at=datetime(2025, 9, 30, tzinfo=JST))
    assert [one.systems for one in after] == [45, 196, 184, 3345]
    assert sum(one.systems or 0 for one in after) == 3770
    assert {one.as_of for one in after} == {date(2025, 7, 31)}
