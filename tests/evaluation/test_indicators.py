"""Indicators: what is refused, what a correction keeps, and what is counted from daily figures."""

import csv
from collections.abc import AsyncIterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jichitai.evaluation.errors import FaultyEntryError
from jichitai.evaluation.figures import store as statements
from jichitai.evaluation.figures.model import Stated, end_of
from jichitai.evaluation.indicators import builtin, checks, entering, live, service, standing
from jichitai.evaluation.indicators.checks import Entry, NewTarget
from jichitai.evaluation.indicators.errors import (
    AlreadyEnteredError,
    CountedHereError,
    StaleValueError,
    TooFewPointsError,
    UnknownIndicatorError,
    UnknownPointError,
)
from jichitai.evaluation.indicators.live import Extent, Figures, Measured, Step
from jichitai.evaluation.indicators.model import (
    UNKNOWN,
    Baseline,
    Constant,
    Definition,
    Direction,
    Filter,
    Level,
    Point,
    Query,
    Target,
    Total,
    ratio,
    shown,
)
from jichitai.evaluation.indicators.standing import Standing
from jichitai.infra.audit import Actor
from jichitai.infra.clock import JST, FixedClock
from jichitai.infra.database import Tx
from jichitai.infra.keys import Keys
from jichitai.kernel.parties import Tier
from tests.conftest import Cluster, fresh_database

WRITER = Actor("staff", "w1", "評価 太郎", frozenset({"evaluation-officer"}))
NOW = datetime(2026, 11, 20, 10, 0, tzinfo=JST)
CSIRT, LATE, ADOPTED = "P8-4-C3", "P8-3-03", "P8-4-04"


def definition(**values: Any) -> Definition:
    plain: dict[str, Any] = {
        "indicator_id": "P8-9-01",
        "section": "security",
        "level": Level.SHORT,
        "name": "試験の率",
        "unit": "%",
        "decimals": 1,
        "direction": Direction.UP,
        "denominator": Constant(value=Decimal(1788), name="団体"),
        "valid_from": date(2024, 4, 1),
    }
    return Definition(**(plain | values))


def point(day: date, value: str, **values: Any) -> Point:
    plain: dict[str, Any] = {
        "indicator_id": "P8-9-01",
        "version": 1,
        "label": day.isoformat(),
        "as_of": day,
        "value": Decimal(value),
        "text": value,
        "recorded_at": end_of(day),
    }
    return Point(**(plain | values))


def target(on: date, value: str | None, text: str = "", **values: Any) -> Target:
    number = None if value is None else Decimal(value)
    plain: dict[str, Any] = {
        "indicator_id": "P8-9-01", "version": 1, "value": number, "text": text or value or "",
        "on": on, "recorded_at": end_of(date(2024, 4, 1)),
    }  # fmt: skip
    return Target(**(plain | values))


def entry(**values: Any) -> Entry:
    plain: dict[str, Any] = {
        "indicator_id": "P8-9-01", "as_of": date(2026, 9, 30), "source": "試験の調査",
    }  # fmt: skip
    return Entry(**(plain | values))


def fields(faults: checks.Faults) -> list[str]:
    return [field for field, _ in faults]


# --- the built-in data ---------------------------------------------------------------------------


def test_the_published_values_are_those_of_the_source_and_nothing_is_added() -> None:
    text = (files("jichitai.data") / "policy8_indicators.csv").read_text("utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    published = sorted(
        (row["indicator_id"], row["actual_value"].replace("-", "〜"), row["source"])
        for row in rows
        if row["actual_value"]
    )
    holding = [
        one for one in builtin.points()
        if not any(
            (other.indicator_id, other.as_of) == (one.indicator_id, one.as_of)
            and other.edition > one.edition
            for other in builtin.points()
        )
    ]  # fmt: skip
    kept = sorted(
        (one.indicator_id, one.text if one.value is None else f"{one.value:f}", one.source)
        for one in holding
    )
    assert kept == published
    earlier = {(p.indicator_id, p.text) for p in builtin.points()} - {
        (p.indicator_id, p.text) for p in holding
    }
    assert earlier == {("P8-4-C3", "1,431"), ("P8-4-C4", "1,296")}
    known = {one.indicator_id: one for one in builtin.definitions()}
    for row in rows:
        found = known[row["indicator_id"]]
        assert (found.name, found.level, found.direction) == (
            row["name_ja"], row["logic_level"], row["direction"],
        )  # fmt: skip
    targets = {(row["indicator_id"], row["target_date"]) for row in rows if row["target_value"]}
    assert {(t.indicator_id, t.on.isoformat()) for t in builtin.targets()} == targets


def test_every_builtin_definition_keeps_the_rules() -> None:
    ids = [one.indicator_id for one in builtin.definitions()]
    assert len(set(ids)) == len(ids)
    for one in builtin.definitions():
        assert checks.definition_faults(one, service.measures(), ids) == []
    for value in builtin.points():
        if value.numerator is not None and value.denominator is not None and value.value:
            assert abs(ratio(value.numerator, value.denominator) - value.value) < Decimal("0.1")


# --- rules ---------------------------------------------------------------------------------------


@given(st.integers(0, 100_000), st.integers(1, 100_000), st.integers(0, 3))
def test_a_share_short_of_the_whole_never_looks_whole(part: int, whole: int, decimals: int) -> None:
    value = ratio(Decimal(min(part, whole)), Decimal(whole))
    if part < whole and value < 100:
        assert not shown(value, decimals).startswith("100")


def test_what_is_wrong_with_a_value_is_said_field_by_field() -> None:
    rate, today = definition(), date(2026, 11, 20)

    def wrong(**values: Any) -> list[str]:
        return fields(checks.entry_faults(rate, entry(**values), before, today=today))

    before = [point(date(2026, 3, 31), "60")]
    assert wrong(numerator=Decimal(1200)) == []
    assert wrong(value=Decimal(70), rate_only=True) == []
    assert wrong(value=Decimal(70)) == ["numerator"]
    assert wrong(numerator=Decimal(1800)) == ["numerator"]
    assert wrong(numerator=Decimal(1200), denominator=Decimal(1700)) == ["denominator"]
    assert wrong(numerator=Decimal(1200), value=Decimal(99)) == ["value"]
    assert wrong(numerator=Decimal(900)) == ["reason"]
    assert wrong(numerator=Decimal(900), reason="分母の団体を数え直した") == []
    assert wrong() == ["value"]
    assert wrong(words="99以上") == []
    assert wrong(numerator=Decimal(1200), as_of=date(2026, 12, 1)) == ["as_of"]
    assert wrong(numerator=Decimal(1200), source=" ") == ["source"]
    assert wrong(value=Decimal(101), rate_only=True) == ["value"]
    assert wrong(numerator=Decimal(1200), confidence="sure") == ["confidence"]
    unnamed = definition(denominator=None)
    faults = checks.entry_faults(unnamed, entry(numerator=Decimal(5)), [], today=today)
    assert fields(faults) == ["denominator"]


def test_a_cumulative_figure_fits_between_its_neighbours() -> None:
    total = definition(unit="枚", decimals=0, denominator=None, cumulative=True)
    known = [point(date(2026, 3, 31), "100"), point(date(2026, 10, 31), "200")]
    for value, found in (("99", ["reason"]), ("150", []), ("201", ["reason"]), ("-1", ["value"])):
        new = entry(value=Decimal(value))
        faults = checks.entry_faults(total, new, known, today=date(2026, 11, 20))
        assert fields(faults) == found, value


def test_a_target_stands_after_its_baseline_and_has_a_denominator() -> None:
    known = [point(date(2026, 3, 31), "60")]
    new = NewTarget(
        indicator_id="P8-9-01", on=date(2026, 3, 31), value=Decimal(100), source="実施計画"
    )
    assert fields(checks.target_faults(definition(), new, known, [])) == ["on"]
    based = definition(baseline=Baseline(value=Decimal(50), on=date(2027, 3, 31)))
    assert fields(checks.target_faults(based, new, [], [])) == ["on"]
    assert fields(checks.target_faults(definition(denominator=None), new, [], [])) == ["value"]
    assert checks.target_faults(definition(), new, [], []) == []
    final = [target(date(2026, 1, 1), "100")]
    yearly = NewTarget(
        indicator_id="P8-9-01", on=date(2026, 3, 31), value=Decimal(90), source="計画", yearly=True
    )
    assert fields(checks.target_faults(definition(), yearly, [], final)) == ["on"]


def test_a_definition_that_cannot_be_counted_is_refused() -> None:
    measures = service.measures()

    def wrong(**values: Any) -> list[str]:
        return fields(checks.definition_faults(definition(**values), measures, ["P8-1-01"]))

    stock = Query(measure="security.policies_adopted", total=Total.LATEST)
    assert wrong() == []
    assert wrong(denominator=None) == ["denominator"]
    assert wrong(unit="件") == ["denominator"]
    assert wrong(numerator=stock) == []
    assert wrong(numerator=Query(measure="security.policies_adopted")) == ["numerator"]
    assert wrong(numerator=Query(measure="nobody.counts")) == ["numerator"]
    odd = Query(measure="jukinet.provided", where=(Filter("colour", ("red",)),))
    assert wrong(numerator=odd) == ["numerator"]
    assert wrong(denominator=stock) == ["denominator"]
    assert wrong(numerator=stock, breakdowns=("organ",)) == ["breakdowns"]
    assert wrong(numerator=stock, breakdowns=("prefecture",)) == []
    assert wrong(replaces="P8-0-00") == ["replaces"]


# --- standing and forecast -----------------------------------------------------------------------

BEGUN = [point(date(2025, 4, 1), "0")]
GOAL = [target(date(2027, 4, 1), "100")]


@pytest.mark.parametrize(
    ("points", "targets", "on", "found"),
    [
        ([], [], date(2026, 4, 1), Standing.NO_VALUE),
        (BEGUN, [], date(2026, 4, 1), Standing.NO_TARGET),
        ([], GOAL, date(2026, 4, 1), Standing.NO_VALUE),
        (BEGUN, GOAL, date(2026, 4, 1), Standing.OPEN),
        ([*BEGUN, point(date(2026, 4, 1), "50")], GOAL, date(2026, 4, 1), Standing.ON_WAY),
        ([*BEGUN, point(date(2026, 4, 1), "41")], GOAL, date(2026, 4, 1), Standing.NEAR),
        ([*BEGUN, point(date(2026, 4, 1), "39")], GOAL, date(2026, 4, 1), Standing.BEHIND),
        ([*BEGUN, point(date(2026, 4, 1), "100")], GOAL, date(2026, 4, 1), Standing.REACHED),
        ([*BEGUN, point(date(2026, 4, 1), "39")], GOAL, date(2027, 5, 1), Standing.AWAITED),
        ([*BEGUN, point(date(2027, 4, 1), "99")], GOAL, date(2027, 5, 1), Standing.MISSED),
        (BEGUN, [target(date(2027, 4, 1), None, "ほぼ全部")], date(2026, 4, 1), Standing.OPEN),
    ],
)
def test_a_standing_is_a_word_with_a_rule(
    points: list[Point], targets: list[Target], on: date, found: Standing
) -> None:
    status = standing.judge(definition(), points, targets, on)
    assert status.standing is found
    assert status.standing.icon
    assert status.standing.word
    assert status.reason


def test_less_is_better_where_the_definition_says_so() -> None:
    down = definition(direction=Direction.DOWN, unit="件", denominator=None)
    points = [point(date(2025, 4, 1), "100"), point(date(2026, 4, 1), "40")]
    aim = [target(date(2027, 4, 1), "0")]
    assert standing.judge(down, points, aim, date(2026, 4, 1)).standing is Standing.ON_WAY
    aim = [target(date(2027, 4, 1), "40")]
    assert standing.judge(down, points, aim, date(2026, 4, 1)).standing is Standing.REACHED


def test_a_forecast_names_its_method_and_stays_within_the_whole() -> None:
    days = [date(2026, 1, 1) + timedelta(days=100 * n) for n in range(4)]
    points = [point(day, str(10 * n + 10)) for n, day in enumerate(days)]
    found = standing.forecast(definition(), points, GOAL, date(2027, 4, 1))
    assert "最小二乗法" in found.method
    assert found.used == 4
    assert (found.low, found.value, found.high) == (Decimal("55.5"),) * 3
    assert found.reaches_on == date(2026, 1, 1) + timedelta(days=900)
    beyond = standing.forecast(definition(), points, GOAL, date(2031, 4, 1))
    assert beyond.value == 100
    two = standing.forecast(definition(), points[:2], GOAL, date(2027, 4, 1))
    assert "2点" in two.method
    assert two.low is None
    with pytest.raises(TooFewPointsError):
        standing.forecast(definition(), points[:1], GOAL, date(2027, 4, 1))
    falling = [point(day, str(90 - n)) for n, day in enumerate(days)]
    assert standing.forecast(definition(), falling, GOAL, date(2027, 4, 1)).reaches_on is None


# --- series from sums ----------------------------------------------------------------------------

MEASURED: Mapping[str, Measured] = {
    "x.flow": Measured("x.flow", "流れ", Tier.NATION, True, ("kind",)),
    "x.stock": Measured("x.stock", "現在", Tier.PREFECTURE, False, ("prefecture", "kind")),
}
YEARS = live.periods(Step.YEAR, date(2023, 4, 1), date(2026, 11, 20))


def summed(measure: str, by_year: Mapping[int, Mapping[tuple[str, ...], int]]) -> Figures:
    ends = [min(one.last, date(2026, 11, 19)) for one in YEARS]
    return Figures(
        YEARS,
        MEASURED,
        {(measure, n): Extent(ends[n], NOW, 2) for n in by_year},
        {(measure, n): sums for n, sums in by_year.items()},
    )


def test_days_make_years_as_the_definition_says() -> None:
    figures = summed(
        "x.flow", {0: {}, 1: {("a",): 3, ("b",): 4}, 2: {("a",): 5}, 3: {("b",): 2, ("a",): 1}}
    )
    counted = definition(unit="件", decimals=0, denominator=None)

    def values(query: Query) -> list[str]:
        found = live.series(definition_of(counted, query), figures)
        return [one.text for one in found]

    assert values(Query(measure="x.flow")) == ["7", "5", "3"]
    assert values(Query(measure="x.flow", total=Total.EVER)) == ["7", "12", "15"]
    only = Query(measure="x.flow", where=(Filter("kind", ("b",)),))
    assert values(only) == ["4", "0", "2"]
    assert values(Query(measure="x.flow", distinct="kind", total=Total.EVER)) == ["2", "2", "2"]
    assert values(Query(measure="x.flow", distinct="kind")) == ["2", "1", "2"]
    found = live.series(definition_of(counted, Query(measure="x.flow")), figures)
    assert [one.complete for one in found] == [True, True, False]
    assert found[-1].as_of == date(2026, 11, 19)
    parts = live.series(definition_of(counted, Query(measure="x.flow")), figures, breakdown="kind")
    assert [(p.fiscal_year, p.part, p.text) for p in parts if p.fiscal_year == 2024] == [
        (2024, "a", "3"), (2024, "b", "4"),
    ]  # fmt: skip


def definition_of(base: Definition, query: Query) -> Definition:
    values = {name: getattr(base, name) for name in base.__struct_fields__}
    return Definition(**(values | {"numerator": query}))


def test_a_rate_keeps_its_parts_and_says_how_many_prefectures_told() -> None:
    sums: dict[tuple[str, ...], int] = {
        ("01", "done"): 3,
        ("13", "done"): 1,
        ("01", "all"): 4,
        ("13", "all"): 4,
    }
    figures = summed("x.stock", {3: sums})
    done, whole = (
        Query(measure="x.stock", total=Total.LATEST, where=(Filter("kind", (kind,)),))
        for kind in ("done", "all")
    )
    rate = definition(numerator=done, denominator=whole)
    (found,) = live.series(rate, figures)
    assert (found.text, str(found.numerator), str(found.denominator)) == ("50.0", "4", "8")
    assert "2／47都道府県" in found.source
    apart = live.series(rate, figures, breakdown="prefecture")
    assert [(one.part, one.text) for one in apart] == [("01", "75.0"), ("13", "25.0")]


# --- in the database -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
async def at_work(cluster18: Cluster, keys: Keys) -> AsyncIterator[Any]:
    async with fresh_database(cluster18, Tier.MINISTRY, keys) as database:
        async with database.transaction() as tx:
            assert await builtin.load(tx) == 51 + 8 + 56
            assert await builtin.load(tx) == 0
        yield database


async def test_a_correction_keeps_both_and_an_earlier_day_still_finds_the_first(
    at_work: Any,
) -> None:
    async with at_work.transaction(read_only=True) as tx:
        before = await service.points(tx, [CSIRT], end_of(date(2024, 4, 25)))
        after = await service.points(tx, [CSIRT], NOW)
        held = await service.current(tx, [CSIRT, "P8-1-01"], NOW)
    assert [(one.text, one.holds) for one in before[CSIRT]] == [("1,431", True)]
    assert [(one.text, one.edition) for one in after[CSIRT]] == [("1,431", 1), ("1,383", 2)]
    first, second = after[CSIRT]
    assert first.superseded_at == second.recorded_at == end_of(date(2024, 4, 26))
    assert "差し替え" in second.reason
    assert first.assumed
    assert held[CSIRT] == second
    assert held["P8-1-01"] is None
    assert shown(None, 0) == UNKNOWN


async def test_the_first_series_of_cards_stays_beside_the_one_that_followed(at_work: Any) -> None:
    async with at_work.transaction(read_only=True) as tx:
        found = await service.definitions(tx, NOW)
        both = await service.points(tx, ["P8-2-01", "P8-2-02"], NOW)
    assert found["P8-2-02"].replaces == "P8-2-01"
    assert both["P8-2-01"][-1].text == "100,108,393"
    assert both["P8-2-02"][-1].text == "100,029,804"


async def test_values_are_entered_once_and_corrected_with_a_reason(at_work: Any) -> None:
    clock = FixedClock(NOW)
    new = Entry(
        indicator_id=LATE, as_of=date(2026, 6, 30), value=Decimal(9000), source="デジタル庁"
    )
    async with at_work.transaction() as tx:
        entered = await entering.enter(tx, new, by=WRITER, clock=clock)
        assert (entered.edition, entered.text) == (1, "9,000")
        with pytest.raises(AlreadyEnteredError):
            await entering.enter(tx, new, by=WRITER, clock=clock)
        with pytest.raises(CountedHereError):
            counted = Entry(indicator_id=ADOPTED, as_of=date(2026, 6, 30), value=Decimal(1))
            await entering.enter(tx, counted, by=WRITER, clock=clock)
        with pytest.raises(UnknownIndicatorError):
            await entering.enter(tx, entry(), by=WRITER, clock=clock)
    later = FixedClock(NOW + timedelta(days=1))
    right = Entry(
        indicator_id=LATE, as_of=date(2026, 6, 30), value=Decimal(8990), source="デジタル庁",
        reason="団体からの訂正を反映した",
    )  # fmt: skip
    async with at_work.transaction() as tx:
        silent = Entry(indicator_id=LATE, as_of=new.as_of, value=Decimal(1), source="x")
        with pytest.raises(FaultyEntryError) as refused:
            await entering.correct(tx, silent, edition=1, by=WRITER, clock=later)
        assert fields(list(refused.value.faults)) == ["reason"]
        corrected = await entering.correct(tx, right, edition=1, by=WRITER, clock=later)
        assert corrected.edition == 2
        with pytest.raises(StaleValueError):
            await entering.correct(tx, right, edition=1, by=WRITER, clock=later)
        with pytest.raises(FaultyEntryError):
            await entering.correct(tx, right, edition=2, by=WRITER, clock=later)
        with pytest.raises(UnknownPointError):
            other = Entry(indicator_id=LATE, as_of=date(2026, 7, 1), value=Decimal(1))
            await entering.correct(tx, other, edition=1, by=WRITER, clock=later)
    async with at_work.transaction(read_only=True) as tx:
        then = await service.current(tx, [LATE], NOW)
        now = await service.current(tx, [LATE], later.instant)
    assert then[LATE] == entered
    assert now[LATE] == corrected


async def test_a_changed_definition_begins_a_series_and_leaves_the_first_alone(
    at_work: Any,
) -> None:
    clock = FixedClock(NOW + timedelta(days=2))
    new = definition(indicator_id="P8-9-77", edition=0)
    async with at_work.transaction() as tx:
        first = await entering.define(tx, new, new_series=False, reason="", by=WRITER, clock=clock)
        told = Entry(
            indicator_id="P8-9-77", as_of=date(2026, 3, 31), numerator=Decimal(894), source="調査"
        )
        assert (await entering.enter(tx, told, by=WRITER, clock=clock)).text == "50.0"
        values = {name: getattr(first, name) for name in first.__struct_fields__}
        narrower = Definition(
            **(values | {"denominator": Constant(value=Decimal(1741), name="市区町村")})
        )
        with pytest.raises(FaultyEntryError) as refused:
            await entering.define(
                tx, narrower, new_series=False, reason="分母を変える", by=WRITER, clock=clock
            )
        assert fields(list(refused.value.faults)) == ["new_series"]
        second = await entering.define(
            tx, narrower, new_series=True, reason="分母を変える", by=WRITER, clock=clock
        )
        assert (second.version, second.edition) == (2, 1)
        with pytest.raises(StaleValueError):
            await entering.define(
                tx, narrower, new_series=True, reason="分母を変える", by=WRITER, clock=clock
            )
        goal = NewTarget(
            indicator_id="P8-9-77", on=date(2028, 3, 31), value=Decimal(100), source="計画"
        )
        kept = await entering.set_target(tx, goal, by=WRITER, clock=clock)
        assert (kept.version, kept.edition) == (2, 1)
        with pytest.raises(StaleValueError):
            await entering.set_target(tx, goal, by=WRITER, clock=clock)
        assert (await service.current(tx, ["P8-9-77"], clock.now()))["P8-9-77"] is not None
    async with at_work.transaction(read_only=True) as tx:
        found = await service.versions(tx, "P8-9-77", clock.now())
        points = (await service.points(tx, ["P8-9-77"], clock.now()))["P8-9-77"]
    assert [(one.version, one.edition) for one in found] == [(2, 1), (1, 1)]
    assert [(one.version, one.text) for one in points] == [(1, "50.0")]


async def tell(
    tx: Tx, measure: str, day: date, figures: dict[tuple[str, ...], int], revision: int = 1,
    *, recorded: date | None = None,
) -> None:  # fmt: skip
    said = Stated(measure, day, revision, "" if revision == 1 else "数え直した", figures)
    at = end_of(recorded or day)
    await statements.add(tx, [("ministry", "m", said)], counted_at=at, recorded_at=at)


async def test_rates_are_counted_from_daily_figures_as_they_were_known(at_work: Any) -> None:
    all_of, adopted = "security.policy_bodies", "security.policies_adopted"
    whole: dict[tuple[str, ...], int] = {
        ("bodies-1788", "01", "市"): 1000,
        ("bodies-1788", "13", "町"): 788,
    }
    async with at_work.transaction() as tx:
        for day, number in ((date(2026, 3, 31), 894), (date(2026, 5, 1), 1341)):
            await tell(tx, all_of, day, {**whole, ("organ-pairs", "01", "市"): 5})
            await tell(tx, adopted, day, {("bodies-1788", "01", "市"): number})
        await tell(
            tx, adopted, date(2026, 5, 1), {("bodies-1788", "01", "市"): 1788}, 2,
            recorded=date(2026, 6, 1),
        )  # fmt: skip
        await tell(tx, "jukinet.provided", date(2025, 6, 1), {("o", "a", "hit"): 7})
        await tell(tx, "jukinet.provided", date(2025, 7, 1), {("o", "b", "hit"): 5})
    async with at_work.transaction(read_only=True) as tx:
        early = (await service.points(tx, [ADOPTED], end_of(date(2026, 5, 2))))[ADOPTED]
        late = (await service.points(tx, [ADOPTED], NOW))[ADOPTED]
        status = (await service.statuses(tx, NOW, on=date(2026, 11, 20), ids=[ADOPTED]))[ADOPTED]
        parts = await service.points(tx, None, NOW, breakdown="prefecture")
        provided = (await service.points(tx, ["P8-1-01"], NOW))["P8-1-01"]
        months = await service.points(tx, ["P8-1-01"], NOW, step=Step.MONTH)
        ahead = await service.forecast(tx, ADOPTED, end_of(date(2026, 5, 2)), on=date(2027, 3, 31))
        unknown = await service.forecast(tx, "P8-4-06", NOW, on=date(2027, 3, 31))
    assert [(one.text, str(one.numerator)) for one in early] == [("50.0", "894"), ("75.0", "1341")]
    assert [one.text for one in late] == ["50.0", "100.0"]
    assert status.standing is Standing.REACHED
    assert [one.part for one in parts[ADOPTED] if one.fiscal_year == 2026] == ["01", "13"]
    assert [(one.label, one.text) for one in provided] == [("令和7年度（2025年度）", "12")]
    assert [one.text for one in months["P8-1-01"]] == ["7", "5"]
    assert ahead is not None
    assert ahead.value == 100
    assert unknown is None
