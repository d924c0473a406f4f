"""Reports of bodies: editions, reasons, target dates, and what is counted from them."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from jichitai.infra.clock import JST
from jichitai.infra.database import Database, Tx
from jichitai.kernel.bodies import all_bodies
from jichitai.kernel.parties import Tier
from jichitai.standardisation.errors import (
    BackwardsError,
    DatasetTakenError,
    InvalidReportError,
    InvalidStepsError,
)
from jichitai.standardisation.progress import recount, service
from jichitai.standardisation.progress.bodies import one_body
from jichitai.standardisation.progress.costs import CostItem, Phase
from jichitai.standardisation.progress.facts import Fact
from jichitai.standardisation.progress.groups import groups
from jichitai.standardisation.progress.model import (
    Dataset,
    MeasureKind,
    Rate,
    SourceKind,
    body_class,
    businesses,
)
from jichitai.standardisation.progress.recording import record_report, record_reports
from jichitai.standardisation.progress.reports import Cloud, DeadlineClass
from jichitai.standardisation.progress.results import LateFilters
from tests.conftest import Cluster, fresh_database
from tests.standardisation.progress_builders import (
    HAKODATE,
    SAPPORO,
    report,
    round_dataset,
    system,
)

NOVEMBER = datetime(2026, 11, 5, 9, tzinfo=JST)
SURVEY = SourceKind.SURVEY


@pytest.fixture(scope="module")
async def ministry(cluster: Cluster) -> AsyncIterator[Database]:
    async with fresh_database(cluster, Tier.MINISTRY) as database:
        yield database


@pytest.fixture
async def tx(ministry: Database) -> AsyncIterator[Tx]:
    """A transaction that is rolled back, so that tests stand in any order."""
    async with ministry.pool.connection() as connection:
        await connection.execute("begin")
        yield connection
        await connection.rollback()


async def told(
    tx: Tx, dataset: Dataset, *systems: object, at: datetime = NOVEMBER, body: str = SAPPORO
) -> int:
    given = report(body, *systems)  # type: ignore[arg-type]
    return await record_report(tx, dataset, given, at=at, by="test")


async def test_a_correction_stands_beside_what_it_corrects(tx: Tx) -> None:
    dataset = round_dataset()
    assert await told(tx, dataset) == 1
    later = NOVEMBER + timedelta(days=3)
    assert await told(tx, dataset, system("residents", 30), at=later) == 2

    views = [
        await one_body(tx, SAPPORO, as_of=dataset.as_of, known_at=known, source_kind=SURVEY)
        for known in (NOVEMBER, later)
    ]
    assert [view.systems[0].done for view in views] == [20, 30]
    assert [view.systems[1].done for view in views] == [20, 20], "what is not told again is carried"
    assert [view.tally.done_steps for view in views] == [21 * 20, 21 * 20 + 10]
    assert [len(view.editions) for view in views] == [1, 2]
    points = [
        (
            await service.series(
                tx,
                as_of=dataset.as_of,
                known_at=known,
                source_kind=SURVEY,
                measure=MeasureKind.STEPS,
            )
        )[0].tally.done_steps
        for known in (NOVEMBER, later)
    ]
    assert points == [21 * 20, 21 * 20 + 10]


async def test_steps_that_go_back_need_a_reason(tx: Tx) -> None:
    await told(tx, round_dataset())
    november = round_dataset("round-2026-11", date(2026, 11, 30))
    with pytest.raises(
        BackwardsError, match="「住民基本台帳」の完了したステップが20から19に減って"
    ):
        await told(tx, november, system("residents", 19))
    assert await told(tx, november, system("residents", 19, reason="再設計のため")) == 1


async def test_published_figures_that_go_back_are_taken_as_they_are(tx: Tx) -> None:
    await told(tx, round_dataset("open-10", source_kind=SourceKind.OPEN))
    november = round_dataset("open-11", date(2026, 11, 30), source_kind=SourceKind.OPEN)
    assert await told(tx, november, system("residents", 19)) == 1


async def test_one_report_of_each_body_is_taken_at_a_time(tx: Tx) -> None:
    with pytest.raises(InvalidReportError, match="一つの団体の報告が二つ"):
        await record_reports(tx, round_dataset(), [report(), report()], at=NOVEMBER, by="test")


async def test_an_earlier_round_may_be_filled_in_after_a_later_one(tx: Tx) -> None:
    await told(tx, round_dataset("round-2026-11", date(2026, 11, 30)), system("residents", 30))
    assert await told(tx, round_dataset(), system("residents", 10)) == 1


async def test_every_change_of_a_target_date_is_kept(tx: Tx) -> None:
    dataset = round_dataset()
    for day, reason in ((31, ""), (31, "同じ日"), (30, "事業者の都合")):
        late = system(
            late=True,
            reason_class=4,
            target_on=date(2027, 3, 31) if day == 31 else date(2028, 6, 30),
            target_reason=reason,
        )
        await told(tx, dataset, late)
    found = await service.slips(
        tx, as_of=dataset.as_of, known_at=NOVEMBER, source_kind=SURVEY, first=True
    )
    assert [(one.before, one.target_on, one.reason) for one in found] == [
        (date(2027, 3, 31), date(2028, 6, 30), "事業者の都合"),
        (None, date(2027, 3, 31), ""),
    ]
    assert [one.months for one in found] == [15, None]
    page = await service.late_bodies(
        tx,
        as_of=dataset.as_of,
        known_at=NOVEMBER,
        source_kind=SURVEY,
        filters=LateFilters(reason_class=4, business="residents", prefecture="01"),
    )
    assert [(row.code, row.late, row.slips, row.last_target) for row in page.rows] == [
        (SAPPORO, 1, 1, date(2028, 6, 30))
    ]


async def test_the_rehearsal_and_the_answers_are_never_counted_together(tx: Tx) -> None:
    await told(tx, round_dataset())
    play = round_dataset("play-2026-10", source_kind=SourceKind.REHEARSAL)
    await told(tx, play, system("residents", 40), body=HAKODATE)
    for kind, bodies, done in ((SURVEY, 1, 21 * 20), (SourceKind.REHEARSAL, 1, 40)):
        found = await service.national(tx, as_of=play.as_of, known_at=NOVEMBER, source_kind=kind)
        assert found.steps is not None
        assert found.steps.dataset.rehearsal is (kind is SourceKind.REHEARSAL)
        assert (found.steps.tally.bodies, found.steps.tally.done_steps) == (bodies, done)
        assert found.steps.tally.unanswered == 1787
        assert found.published == ()
    with pytest.raises(DatasetTakenError, match="別の番号"):
        await told(tx, replace(play, source_kind=SURVEY))


async def test_a_business_that_a_body_does_not_run_is_in_no_denominator(tx: Tx) -> None:
    dataset, town = round_dataset(), "013030"  # 当別町
    aid = "public-assistance"
    await told(tx, dataset, system("residents", 40), system(aid, states="3" * 40), body=town)
    found = await one_body(tx, town, as_of=dataset.as_of, known_at=NOVEMBER, source_kind=SURVEY)
    assert (found.tally.systems, found.tally.complete, found.tally.outside) == (1, 1, 1)
    excluded = next(one for one in found.systems if one.business.key == aid)
    assert (excluded.runs, excluded.runs_reason) == ("no", "団体が全ステップを対象外と答えた")


@pytest.mark.parametrize(
    ("wrong", "refusal"),
    [
        ({"states": "2" * 39}, InvalidStepsError),
        ({"states": "9" * 40}, InvalidStepsError),
        ({"states": None, "done": 41}, InvalidReportError),
        ({"reason_class": 2}, InvalidReportError),
        ({"late": True, "reason_class": 5}, InvalidReportError),
        ({"late": True, "deadline_class": DeadlineClass.IN_TIME}, InvalidReportError),
        ({"deadline_class": DeadlineClass.LATE}, InvalidReportError),
    ],
)
async def test_a_report_that_contradicts_itself_changes_nothing(
    tx: Tx, wrong: dict[str, object], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        await told(tx, round_dataset(), system("seals"), system("residents", **wrong))  # type: ignore[arg-type]
    with pytest.raises(InvalidReportError, match="二つあります"):
        await told(tx, round_dataset(), system("residents"), system("residents"))
    assert await service.datasets(tx, NOVEMBER) == []


async def test_systems_are_grouped_by_what_bodies_told(tx: Tx) -> None:
    dataset = round_dataset()
    late: dict[str, Any] = {"late": True, "reason_class": 1, "deadline_class": DeadlineClass.LATE}
    await told(
        tx,
        dataset,
        system("residents", 40, vendor="A社", cloud=Cloud.YES),
        system("seals", vendor="A社", target_on=date(2028, 3, 31), **late),
        system("voters", vendor="B社", target_on=date(2028, 4, 1), **late),
    )

    async def grouped(by: Fact) -> list[tuple[str, int, int, int]]:
        found = await groups(tx, as_of=dataset.as_of, known_at=NOVEMBER, source_kind=SURVEY, by=by)
        assert found is not None
        return [(one.text, one.systems, one.complete, one.late) for one in found[1]]

    assert await grouped(Fact.VENDOR) == [("A社", 2, 1, 1), ("B社", 1, 0, 1)]
    assert await grouped(Fact.CLOUD) == [("回答なし", 2, 0, 2), ("利用する", 1, 1, 0)]
    assert await grouped(Fact.DEADLINE) == [("特定移行支援", 2, 0, 2), ("回答なし", 1, 1, 0)]
    assert await grouped(Fact.REASON) == [("メインフレーム", 2, 0, 2)]
    assert await grouped(Fact.TARGET_YEAR) == [("2027年度", 1, 0, 1), ("2028年度", 1, 0, 1)]


async def test_costs_are_summed_over_bodies_that_are_like_for_like(tx: Tx) -> None:
    dataset = round_dataset()
    like = (amount(Phase.BEFORE, 2018, 1_000_000), amount(Phase.AFTER, 2026, 2_300_000))
    unlike = (amount(Phase.BEFORE, 2019, 1_000_000), amount(Phase.AFTER, 2026, 1))
    told = [replace(report(SAPPORO), costs=like), replace(report(HAKODATE), costs=unlike)]
    await record_reports(tx, dataset, told, at=NOVEMBER, by="test")
    later = NOVEMBER + timedelta(days=1)
    await record_reports(tx, dataset, [report(SAPPORO, system("seals", 21))], at=later, by="test")

    found = await service.costs(tx, as_of=dataset.as_of, known_at=later, source_kind=SURVEY)
    assert (found.compared, found.met, len(found.bodies)) == (1, 0, 2)
    assert "移行前の経費が2019年度" in found.bodies[1].fault
    (whole,) = found.classes
    assert (whole.body_class, whole.before, whole.after) == ("指定都市", 1_000_000, 2_300_000)
    assert whole.rate.text == "230.0%"
    view = await one_body(tx, SAPPORO, as_of=dataset.as_of, known_at=later, source_kind=SURVEY)
    assert view.comparison is not None
    assert view.comparison.change_percent == 130
    none = await service.costs(tx, as_of=dataset.as_of, known_at=later, source_kind=SourceKind.OPEN)
    assert (none.dataset, none.bodies) == (None, ())


def amount(phase: Phase, year: int, yen: int) -> CostItem:
    return CostItem(phase=phase, item="operation", fiscal_year=year, yen=yen)


async def test_the_pace_is_that_of_the_two_last_data_sets(tx: Tx) -> None:
    await record_report(tx, round_dataset(), report(done=20), at=NOVEMBER, by="test")
    november = round_dataset("round-2026-11", date(2026, 11, 30))
    await record_report(tx, november, report(done=30), at=NOVEMBER, by="test")
    found = await service.needed_per_month(
        tx,
        as_of=november.as_of,
        known_at=datetime(2026, 12, 31, tzinfo=JST),
        source_kind=SURVEY,
        measure=MeasureKind.STEPS,
        deadline=date(2027, 3, 31),
    )
    assert found is not None
    assert (found.remaining, found.total) == (210, 840)
    assert (found.months, found.per_month) == (4, 53)
    assert found.done_per_month == Rate(210, 1)
    assert found.months_at_pace == 1


async def test_a_prefecture_reports_on_no_business_that_it_does_not_run(tx: Tx) -> None:
    with pytest.raises(InvalidReportError, match="北海道は「住民基本台帳」を行わない"):
        await told(tx, round_dataset(), system("residents"), body="010006")


async def test_all_cells_of_the_country_are_recounted(tx: Tx) -> None:
    dataset = round_dataset()
    reports = [
        report(
            one.code,
            *(
                system(b.key, (n * 7 + b.number) % 41)
                for b in businesses()
                if not (one.kind == "都道府県" and b.key in PREFECTURES_DO_NOT)
            ),
        )
        for n, one in enumerate(all_bodies())
    ]
    await record_reports(tx, dataset, reports, at=NOVEMBER, by="test")
    again = await recount.recompute(tx, dataset.dataset_id, NOVEMBER)
    kinds = {"as_of": dataset.as_of, "known_at": NOVEMBER, "source_kind": SURVEY}
    whole = await service.national(tx, **kinds)  # type: ignore[arg-type]
    heat = await service.heat(tx, measure=MeasureKind.STEPS, **kinds)  # type: ignore[arg-type]
    assert whole.steps is not None
    assert heat is not None
    told_all = [
        (one, b, (n * 7 + b.number) % 41)
        for n, one in enumerate(all_bodies())
        for b in businesses()
        if not (one.kind == "都道府県" and b.key in PREFECTURES_DO_NOT)
    ]
    assert whole.steps.tally.systems == again.whole.systems == len(told_all)
    assert whole.steps.tally.done_steps == again.whole.done_steps == sum(n for *_, n in told_all)
    assert whole.steps.tally.complete == again.whole.complete
    assert again.whole.complete == sum(1 for *_, n in told_all if n == 40)
    assert again.steps[None][9].done == sum(1 for *_, n in told_all if n >= 10)
    for cell in heat.cells:
        counted = again.cells.get((cell.business.key, cell.body_class))
        mine = [
            n for one, b, n in told_all if b is cell.business and body_class(one) is cell.body_class
        ]
        assert (counted.done_steps if counted else 0) == cell.tally.done_steps == sum(mine)
        expected = 47 if cell.body_class == "都道府県" and not mine else 0
        assert cell.tally.unanswered == expected


PREFECTURES_DO_NOT = {
    one.key
    for one in businesses()
    if one.key not in ("single-parents", "public-assistance", "common")
}
