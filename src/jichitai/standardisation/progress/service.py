"""Use cases of reading the progress: count it as known at a moment.

Every query takes two times: `as_of`, the day that the facts are about, and `known_at`, the moment
whose knowledge counts. Data sets of different kinds (`source_kind`) are never counted together.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime
from typing import Final

from jichitai.infra.database import Tx
from jichitai.kernel.bodies import BodyKind, all_bodies, body
from jichitai.kernel.municipalities import prefectures
from jichitai.standardisation.errors import UnknownDatasetError, UnlikeCostsError
from jichitai.standardisation.progress import planning
from jichitai.standardisation.progress.costs import Comparison, CostItem, compare
from jichitai.standardisation.progress.model import (
    STEPS,
    BodyClass,
    Coverage,
    Dataset,
    LateMeasure,
    MeasureKind,
    Rate,
    SourceKind,
    StepMeasure,
    SystemMeasure,
    Tally,
    body_class,
    business,
    businesses,
)
from jichitai.standardisation.progress.results import (
    ByPrefecture,
    Cell,
    CostBody,
    CostClass,
    Costs,
    Heat,
    LateBody,
    LateFilters,
    LatePage,
    National,
    Needed,
    PrefectureCell,
    Published,
    SeriesPoint,
    Slip,
)
from jichitai.standardisation.progress.store import bodies as body_store
from jichitai.standardisation.progress.store import counts
from jichitai.standardisation.progress.store import datasets as dataset_store
from jichitai.standardisation.progress.store.counts import NOTHING, Counted, Part

_NO_FILTERS: Final = LateFilters()


async def datasets(
    tx: Tx, known_at: datetime, *, source_kind: SourceKind | None = None
) -> list[Dataset]:
    """All data sets known at a moment, the newest day first."""
    return await dataset_store.known(tx, known_at, source_kind=source_kind)


async def dataset(tx: Tx, dataset_id: str, known_at: datetime) -> Dataset:
    """One data set.

    Raises:
        UnknownDatasetError: there is none, or nobody knew of it at that moment.
    """
    found = await dataset_store.find(tx, dataset_id)
    if found is None or found.recorded_at > known_at:
        raise UnknownDatasetError(
            "この資料はないか、指定した時点ではまだ登録されていません。資料の一覧から選んでください。"
        )
    return found


async def latest(
    tx: Tx,
    *,
    as_of: date,
    known_at: datetime,
    source_kind: SourceKind,
    measure: MeasureKind,
) -> Dataset | None:
    """The newest data set that tells a measure, not later than a day."""
    found = await dataset_store.known(
        tx, known_at, source_kind=source_kind, as_of=as_of, measure=measure, limit=1
    )
    return found[0] if found else None


async def published(tx: Tx, *, as_of: date, known_at: datetime) -> list[Published]:
    """National figures as their publishers told them, by measure and day."""
    return await dataset_store.published(tx, known_at, as_of)


async def national(tx: Tx, *, as_of: date, known_at: datetime, source_kind: SourceKind) -> National:
    """The country on a day: each measure by itself, with its definition and data set."""
    step_set = await latest(
        tx,
        as_of=as_of,
        known_at=known_at,
        source_kind=source_kind,
        measure=MeasureKind.STEPS,
    )
    late_set = await latest(
        tx, as_of=as_of, known_at=known_at, source_kind=source_kind, measure=MeasureKind.LATE
    )
    stepped = await _whole(tx, step_set, known_at, MeasureKind.STEPS)
    told = await published(tx, as_of=as_of, known_at=known_at)
    newest = {one.measure: one for one in told}
    return National(
        as_of=as_of,
        known_at=known_at,
        source_kind=source_kind,
        steps=_steps(step_set, stepped, Coverage.IN_SCOPE),
        steps_all=_steps(step_set, stepped, Coverage.ALL_ROWS),
        systems=_systems(step_set, stepped, Coverage.IN_SCOPE),
        systems_all=_systems(step_set, stepped, Coverage.ALL_ROWS),
        late=_late(late_set, await _whole(tx, late_set, known_at, MeasureKind.LATE)),
        published=tuple(newest.values()) if source_kind is SourceKind.OPEN else (),
    )


async def _whole(
    tx: Tx, found: Dataset | None, known_at: datetime, measure: MeasureKind
) -> Counted:
    if found is None:
        return NOTHING
    counted = await counts.by_dataset(tx, [found.dataset_id], known_at, measure)
    return _missing(counted.get(found.dataset_id, NOTHING), _expected(found))


def _steps(found: Dataset | None, counted: Counted, coverage: Coverage) -> StepMeasure | None:
    if found is None:
        return None
    return StepMeasure(dataset=found, tally=counted.of(coverage), coverage=coverage)


def _systems(found: Dataset | None, counted: Counted, coverage: Coverage) -> SystemMeasure | None:
    if found is None:
        return None
    return SystemMeasure(dataset=found, tally=counted.of(coverage), coverage=coverage)


def _late(found: Dataset | None, counted: Counted) -> LateMeasure | None:
    if found is None:
        return None
    tally = counted.all_rows
    systems = found.of_systems or counted.in_scope.systems
    return LateMeasure(
        dataset=found,
        tally=tally,
        rate=Rate(tally.late, systems),
        bodies=Rate(tally.late_bodies, _expected(found)),
    )


def _covered(found: Dataset, *, prefecture: str = "") -> Iterable[BodyClass]:
    for one in all_bodies():
        whole = found.covers == "all" or one.kind is not BodyKind.PREFECTURE
        if whole and (not prefecture or one.prefecture_code == prefecture):
            yield body_class(one)


def _expected(found: Dataset, *, prefecture: str = "") -> int:
    return sum(1 for _ in _covered(found, prefecture=prefecture))


def _missing(counted: Counted, expected: int) -> Counted:
    missing = max(0, expected - counted.in_scope.bodies)
    return Counted(
        replace(counted.in_scope, unanswered=missing),
        replace(counted.all_rows, unanswered=missing),
    )


async def heat(
    tx: Tx,
    *,
    as_of: date,
    known_at: datetime,
    source_kind: SourceKind,
    measure: MeasureKind,
    prefecture: str = "",
    coverage: Coverage = Coverage.IN_SCOPE,
) -> Heat | None:
    """Businesses by classes of bodies; None where no data set tells the measure."""
    found = await latest(
        tx, as_of=as_of, known_at=known_at, source_kind=source_kind, measure=measure
    )
    if found is None:
        return None
    part = Part(prefecture=prefecture)
    counted = await counts.heat(tx, found.dataset_id, known_at, measure, part)
    expected = list(_covered(found, prefecture=prefecture))
    cells = []
    for one in businesses():
        for sort in BodyClass:
            tally = counted.get((one.key, sort), NOTHING).of(coverage)
            scope = tally.systems + (0 if coverage is Coverage.ALL_ROWS else tally.unknown)
            outside = 0 if coverage is Coverage.ALL_ROWS else tally.outside
            missing = max(0, expected.count(sort) - scope - outside)
            cells.append(
                Cell(business=one, body_class=sort, tally=replace(tally, unanswered=missing))
            )
    return Heat(dataset=found, measure=measure, cells=tuple(cells))


async def by_prefecture(
    tx: Tx,
    *,
    as_of: date,
    known_at: datetime,
    source_kind: SourceKind,
    measure: MeasureKind,
    business_key: str = "",
    kind: BodyClass | None = None,
    coverage: Coverage = Coverage.IN_SCOPE,
) -> ByPrefecture | None:
    """All 47 prefectures, by code; None where no data set tells the measure.

    Raises:
        UnknownBusinessError: there is no such business.
    """
    if business_key:
        business(business_key)
    found = await latest(
        tx, as_of=as_of, known_at=known_at, source_kind=source_kind, measure=measure
    )
    if found is None:
        return None
    part = Part(business=business_key, body_class=kind)
    counted = await counts.by_prefecture(tx, found.dataset_id, known_at, measure, part)
    cells = []
    for one in prefectures():
        code = one.prefecture_code
        expected = sum(
            1 for sort in _covered(found, prefecture=code) if kind is None or sort is kind
        )
        tally = _missing(counted.get(code, NOTHING), expected).of(coverage)
        cells.append(PrefectureCell(prefecture=code, name=one.name, tally=tally))
    return ByPrefecture(dataset=found, measure=measure, cells=tuple(cells))


async def by_body(
    tx: Tx,
    *,
    as_of: date,
    known_at: datetime,
    source_kind: SourceKind,
    measure: MeasureKind,
    prefecture: str = "",
    coverage: Coverage = Coverage.IN_SCOPE,
) -> dict[str, Tally]:
    """Bodies that answered, by code, of one prefecture or of the country."""
    found = await latest(
        tx, as_of=as_of, known_at=known_at, source_kind=source_kind, measure=measure
    )
    if found is None:
        return {}
    part = Part(prefecture=prefecture)
    counted = await counts.by_body(tx, found.dataset_id, known_at, measure, part)
    return {code: one.of(coverage) for code, one in sorted(counted.items())}


async def late_bodies(
    tx: Tx,
    *,
    as_of: date,
    known_at: datetime,
    source_kind: SourceKind,
    filters: LateFilters = _NO_FILTERS,
    after: tuple[int, str] | None = None,
    limit: int = 50,
) -> LatePage:
    """Bodies with late systems, most first; the next page begins after the last row's `key`."""
    found = await latest(
        tx, as_of=as_of, known_at=known_at, source_kind=source_kind, measure=MeasureKind.LATE
    )
    if found is None:
        return LatePage(dataset=None, rows=(), after=None, total=0)
    read = await body_store.late(
        tx,
        found.dataset_id,
        known_at,
        source_kind=source_kind,
        filters=filters,
        after=after,
        limit=limit + 1,
    )
    order = {one.key: one for one in businesses()}
    rows = tuple(
        LateBody(
            code=row["body"],
            name=body(row["body"]).full_name,
            prefecture=row["prefecture"],
            body_class=BodyClass(row["class"]),
            late=row["late"],
            systems=row["systems"],
            businesses=tuple(one.name for key, one in order.items() if key in row["businesses"]),
            reason_classes=tuple(row["reasons"] or ()),
            last_target=row["last_target"],
            slips=row["slips"],
        )
        for row in read[:limit]
    )
    more = rows[-1].key if len(read) > limit else None
    total = read[0]["total"] if read else 0
    return LatePage(dataset=found, rows=rows, after=more, total=total)


async def series(
    tx: Tx,
    *,
    as_of: date,
    known_at: datetime,
    source_kind: SourceKind,
    measure: MeasureKind,
    part: Part | None = None,
    coverage: Coverage = Coverage.IN_SCOPE,
) -> list[SeriesPoint]:
    """Every data set of a kind that tells a measure, the oldest day first."""
    found = await dataset_store.known(
        tx, known_at, source_kind=source_kind, as_of=as_of, measure=measure
    )
    ids = [one.dataset_id for one in found]
    counted = await counts.by_dataset(tx, ids, known_at, measure, part or Part())
    return [
        SeriesPoint(dataset=one, tally=counted.get(one.dataset_id, NOTHING).of(coverage))
        for one in reversed(found)
    ]


async def slips(
    tx: Tx,
    *,
    as_of: date,
    known_at: datetime,
    source_kind: SourceKind,
    code: str = "",
    business_key: str = "",
    prefecture: str = "",
    first: bool = False,
    limit: int = 200,
) -> list[Slip]:
    """Changes of target dates, the newest first; with the first statements when asked."""
    return await body_store.slips(
        tx,
        source_kind=source_kind,
        as_of=as_of,
        known_at=known_at,
        code=code,
        business_key=business_key,
        prefecture=prefecture,
        first=first,
        limit=limit,
    )


async def needed_per_month(
    tx: Tx,
    *,
    as_of: date,
    known_at: datetime,
    source_kind: SourceKind,
    measure: MeasureKind,
    deadline: date,
    part: Part | None = None,
) -> Needed | None:
    """What would have to be done each month to have nothing left on a date.

    By `STEPS` steps are left, by `SYSTEMS` systems that are not complete, by `LATE` late systems.
    None where no data set tells the measure.
    """
    points = await series(
        tx,
        as_of=as_of,
        known_at=known_at,
        source_kind=source_kind,
        measure=measure,
        part=part,
    )
    if not points:
        return None
    last = points[-1]
    remaining, total = _left(last.tally, measure)
    months = planning.months_until(last.as_of, deadline)
    pace = _pace(points, measure)
    return Needed(
        measure=measure,
        dataset=last.dataset,
        remaining=remaining,
        total=total,
        deadline=deadline,
        months=months,
        per_month=planning.per_month(remaining, months),
        done_per_month=pace,
        months_at_pace=planning.months_at(remaining, pace),
        plan=planning.plan(remaining, last.as_of, months),
    )


def _left(tally: Tally, measure: MeasureKind) -> tuple[int, int]:
    match measure:
        case MeasureKind.STEPS:
            return tally.systems * STEPS - tally.done_steps, tally.systems * STEPS
        case MeasureKind.SYSTEMS:
            return tally.systems - tally.complete, tally.systems
        case MeasureKind.LATE:
            return tally.late, tally.systems


def _pace(points: list[SeriesPoint], measure: MeasureKind) -> Rate | None:
    """How much less was left in the last data set than in the one before, over their months."""
    if len(points) < 2:
        return None
    before, now = points[-2], points[-1]
    months = planning.months_until(before.as_of, now.as_of)
    if months == 0:
        return None
    return Rate(_left(before.tally, measure)[0] - _left(now.tally, measure)[0], months)


async def costs(
    tx: Tx, *, as_of: date, known_at: datetime, source_kind: SourceKind, prefecture: str = ""
) -> Costs:
    """Costs before and after, body by body, summed only over those that are like for like."""
    row = await body_store.costs_from(tx, source_kind=source_kind, as_of=as_of, known_at=known_at)
    if row is None:
        return Costs(dataset=None, bodies=(), classes=(), compared=0, met=0)
    found = dataset_store.dataset_of(row)
    told = await body_store.costs(tx, found.dataset_id, known_at, prefecture=prefecture)
    compared = tuple(_cost_body(code, people, amounts) for code, people, amounts in told)
    stand = [one for one in compared if one.comparison]
    return Costs(
        dataset=found,
        bodies=compared,
        classes=tuple(_cost_classes(stand)),
        compared=len(stand),
        met=sum(1 for one in stand if one.comparison and one.comparison.meets_target),
    )


def _cost_body(code: str, people: int, amounts: Iterable[CostItem]) -> CostBody:
    one = body(code)
    comparison, fault = compared(list(amounts), people)
    return CostBody(
        code=code,
        name=one.full_name,
        body_class=body_class(one),
        population=people,
        comparison=comparison,
        fault=fault,
    )


def compared(amounts: list[CostItem], people: int) -> tuple[Comparison | None, str]:
    """Costs like for like, or None and why they cannot be compared."""
    try:
        return compare(amounts, people=people), ""
    except UnlikeCostsError as refusal:
        return None, refusal.detail


def _cost_classes(stand: list[CostBody]) -> Iterable[CostClass]:
    for sort in BodyClass:
        same = [one.comparison for one in stand if one.body_class is sort and one.comparison]
        if same:
            yield CostClass(
                body_class=sort,
                bodies=len(same),
                before=sum(one.before for one in same),
                after=sum(one.after for one in same),
                people=sum(one.people for one in same),
            )
