"""Use cases of reading the progress: count it as known at a moment.

Every query takes two times: `as_of`, the day that the facts are about, and `known_at`, the moment
whose knowledge counts. Data sets of different kinds (`source_kind`) are never counted together.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime
from typing import Final

from jichitai.infra.database import Tx
from jichitai.kernel.bodies import body
from jichitai.kernel.municipalities import prefectures
from jichitai.standardisation.errors import UnknownDatasetError, UnlikeCostsError
from jichitai.standardisation.progress import counted, planning
from jichitai.standardisation.progress.costs import Comparison, CostItem, compare
from jichitai.standardisation.progress.counted import NOTHING, Counted, Part
from jichitai.standardisation.progress.model import (
    BodyClass,
    Coverage,
    Dataset,
    MeasureKind,
    SourceKind,
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
        steps=counted.steps_measure(step_set, stepped, Coverage.IN_SCOPE),
        steps_all=counted.steps_measure(step_set, stepped, Coverage.ALL_ROWS),
        systems=counted.systems_measure(step_set, stepped, Coverage.IN_SCOPE),
        systems_all=counted.systems_measure(step_set, stepped, Coverage.ALL_ROWS),
        late=counted.late_measure(late_set, await _whole(tx, late_set, known_at, MeasureKind.LATE)),
        published=tuple(newest.values()) if source_kind is SourceKind.OPEN else (),
    )


async def _whole(
    tx: Tx, found: Dataset | None, known_at: datetime, measure: MeasureKind
) -> Counted:
    if found is None:
        return NOTHING
    sums = await counts.by_dataset(tx, [found.dataset_id], known_at, measure)
    return counted.missing(sums.get(found.dataset_id, NOTHING), counted.expected(found))


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
    sums = await counts.heat(tx, found.dataset_id, known_at, measure, part)
    expected = list(counted.covered(found, prefecture=prefecture))
    cells = []
    for one in businesses():
        for sort in BodyClass:
            tally = sums.get((one.key, sort), NOTHING).of(coverage)
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
    sums = await counts.by_prefecture(tx, found.dataset_id, known_at, measure, part)
    cells = []
    for one in prefectures():
        code = one.prefecture_code
        expected = sum(
            1 for sort in counted.covered(found, prefecture=code) if kind is None or sort is kind
        )
        tally = counted.missing(sums.get(code, NOTHING), expected).of(coverage)
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
    codes: tuple[str, ...] = (),
    coverage: Coverage = Coverage.IN_SCOPE,
) -> dict[str, Tally]:
    """Bodies that answered, by code: of the country, of one prefecture, or those with a code."""
    found = await latest(
        tx, as_of=as_of, known_at=known_at, source_kind=source_kind, measure=measure
    )
    if found is None:
        return {}
    part = Part(prefecture=prefecture, bodies=codes)
    sums = await counts.by_body(tx, found.dataset_id, known_at, measure, part)
    return {code: one.of(coverage) for code, one in sorted(sums.items())}


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
    sums = await counts.by_dataset(tx, ids, known_at, measure, part or Part())
    return [
        SeriesPoint(dataset=one, tally=sums.get(one.dataset_id, NOTHING).of(coverage))
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
    remaining, total = counted.left(last.tally, measure)
    months = planning.months_until(last.as_of, deadline)
    pace = counted.pace(points, measure)
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
