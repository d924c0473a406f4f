"""Calls of the views at the ministry."""

from datetime import date
from typing import Annotated, Final

from litestar import get
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.types import ControllerRouterHandler

from jichitai.standardisation.access import STAFF
from jichitai.standardisation.progress import groups as grouping
from jichitai.standardisation.progress import service
from jichitai.standardisation.progress.counted import Part
from jichitai.standardisation.progress.facts import Fact
from jichitai.standardisation.progress.model import MeasureKind, SourceKind
from jichitai.standardisation.views import tabular
from jichitai.standardisation.views.asking import Asked, asked, narrowed_of
from jichitai.standardisation.views.items import (
    BodyDetail,
    BodyItem,
    BusinessItem,
    CostItem,
    DatasetItem,
    GroupItem,
    LatePageItem,
    NeededItem,
    PrefectureItem,
    RateItem,
    SeriesItem,
    SlipItem,
)
from jichitai.standardisation.views.pages.lists import after_of, late_filters
from jichitai.standardisation.views.scope import inside
from jichitai.web.inject import Db, LawClock, Who

BASE: Final = "/api/v1/standardisation/progress"
_TAGS: Final = ["standardisation-progress"]
_OPT: Final = {"roles": STAFF}
Word = Annotated[str, QueryParameter(max_length=40, pattern=r"^[^\x00]*$")]
Source = Annotated[str, QueryParameter(pattern="^(open|survey|rehearsal)?$")]
Measure = Annotated[str, QueryParameter(pattern="^(steps|systems|late)$")]
AsOf = FromQuery[date | None]
_LATEST: Final = date(2100, 3, 31)


def _of(clock: LawClock, as_of: date | None, source: str) -> Asked:
    return asked(clock.today(), as_of=as_of, source=source)


@get(f"{BASE}/datasets", opt=_OPT, summary="Data sets that are known (資料)", tags=_TAGS)
async def datasets(
    db: Db, clock: LawClock, as_of: AsOf = None, source: Source = ""
) -> list[DatasetItem]:
    """What every figure rests on, the newest day first; `source` narrows to one kind."""
    found = _of(clock, as_of, source)
    kind = SourceKind(source) if source else None
    async with db.transaction(read_only=True) as tx:
        known = await service.datasets(tx, found.known_at, source_kind=kind)
    return [DatasetItem.of(one) for one in known]


@get(f"{BASE}/national", opt=_OPT, summary="The country by each measure (全国の状況)", tags=_TAGS)
async def national(
    db: Db, clock: LawClock, as_of: AsOf = None, source: Source = ""
) -> list[RateItem]:
    """Each measure by itself with its definition; measures are never added or compared."""
    async with db.transaction(read_only=True) as tx:
        return await tabular.national_rows(tx, _of(clock, as_of, source))


@get(
    f"{BASE}/prefectures",
    opt=_OPT,
    summary="Prefectures by each measure (都道府県ごと)",
    tags=_TAGS,
)
async def prefectures(
    db: Db, clock: LawClock, as_of: AsOf = None, source: Source = ""
) -> list[PrefectureItem]:
    """All 47 by every measure."""
    async with db.transaction(read_only=True) as tx:
        return await tabular.prefecture_rows(tx, _of(clock, as_of, source))


@get(f"{BASE}/businesses", opt=_OPT, summary="Businesses by class of body (業務ごと)", tags=_TAGS)
async def businesses(
    db: Db, clock: LawClock, as_of: AsOf = None, source: Source = "", prefecture: Word = ""
) -> list[BusinessItem]:
    """The 21 systems by class of body and measure, of the country or of one prefecture."""
    async with db.transaction(read_only=True) as tx:
        return await tabular.business_rows(tx, _of(clock, as_of, source), prefecture)


@get(f"{BASE}/bodies", opt=_OPT, summary="Bodies with their figures (団体ごと)", tags=_TAGS)
async def bodies(
    db: Db,
    clock: LawClock,
    as_of: AsOf = None,
    source: Source = "",
    prefecture: Word = "",
    kind: Word = "",
    q: Word = "",
) -> list[BodyItem]:
    """Bodies by code; one that told nothing has no figures, not 0."""
    narrowed = narrowed_of({"prefecture": prefecture, "kind": kind, "q": q})
    async with db.transaction(read_only=True) as tx:
        rows = await tabular.body_rows(tx, _of(clock, as_of, source))
    chosen = {one.code for one in narrowed.bodies}
    return [one for one in rows if one.code in chosen]


@get(f"{BASE}/bodies/{{code:str}}", opt=_OPT, summary="One body (団体)", tags=_TAGS)
async def one_body(
    code: FromPath[str],
    principal: Who,
    db: Db,
    clock: LawClock,
    as_of: AsOf = None,
    source: Source = "",
) -> BodyDetail:
    """One body with its systems, the changes of its target dates and its data sets."""
    async with db.transaction(read_only=True) as tx:
        return await tabular.body_detail(
            tx, _of(clock, as_of, source), code, inside=inside(principal)
        )


@get(
    f"{BASE}/late", opt=_OPT, summary="Bodies with late systems (特定移行支援システム)", tags=_TAGS
)
async def late(
    principal: Who,
    db: Db,
    clock: LawClock,
    as_of: AsOf = None,
    source: Source = "",
    prefecture: Word = "",
    kind: Word = "",
    business: Word = "",
    reason: Annotated[str, QueryParameter(pattern="^[1-4]?$")] = "",
    after: Annotated[str, QueryParameter(max_length=12, pattern=r"^([0-9]{1,2}\.[0-9]{6})?$")] = "",
    limit: Annotated[int, QueryParameter(ge=1, le=2_000)] = 200,
) -> LatePageItem:
    """Most late systems first, with whom to call; `after` of an answer leads to the next page."""
    narrowed = narrowed_of(
        {"prefecture": prefecture, "kind": kind, "business": business, "reason": reason}
    )
    async with db.transaction(read_only=True) as tx:
        found = await service.late_bodies(
            tx,
            filters=late_filters(narrowed),
            after=after_of(after),
            limit=limit,
            **_of(clock, as_of, source).times,
        )
        items = await tabular.with_offices(tx, found.rows, inside=inside(principal))
    return LatePageItem(
        total=found.total,
        items=items,
        after=f"{found.after[0]}.{found.after[1]}" if found.after else None,
        dataset=found.dataset.dataset_id if found.dataset else None,
    )


@get(f"{BASE}/series", opt=_OPT, summary="Figures over time (推移)", tags=_TAGS)
async def series(
    db: Db, clock: LawClock, as_of: AsOf = None, source: Source = ""
) -> list[SeriesItem]:
    """Every figure that was published, and every one that is counted from a data set."""
    async with db.transaction(read_only=True) as tx:
        return await tabular.series_rows(tx, _of(clock, as_of, source))


@get(f"{BASE}/slips", opt=_OPT, summary="Changes of target dates (目標日の変更)", tags=_TAGS)
async def slips(
    db: Db,
    clock: LawClock,
    as_of: AsOf = None,
    source: Source = "",
    code: Word = "",
    limit: Annotated[int, QueryParameter(ge=1, le=2_000)] = 200,
) -> list[SlipItem]:
    """The newest first; the earlier date stays in each."""
    async with db.transaction(read_only=True) as tx:
        found = await service.slips(tx, code=code, limit=limit, **_of(clock, as_of, source).times)
    return [tabular.slip_item(one) for one in found]


@get(f"{BASE}/needed", opt=_OPT, summary="What is needed each month (月ごとに必要な数)", tags=_TAGS)
async def needed(
    db: Db,
    clock: LawClock,
    by: FromQuery[date],
    measure: Measure = "systems",
    business: Word = "",
    as_of: AsOf = None,
    source: Source = "",
) -> NeededItem | None:
    """What is left, divided by the months until a day; nothing where nothing is counted."""
    narrowed = narrowed_of({"business": business})
    async with db.transaction(read_only=True) as tx:
        found = await service.needed_per_month(
            tx,
            measure=MeasureKind(measure),
            deadline=min(by, _LATEST),
            part=Part(business=narrowed.business),
            **_of(clock, as_of, source).times,
        )
    if found is None:
        return None
    return NeededItem(
        measure=found.measure.value,
        remaining=found.remaining,
        total=found.total,
        deadline=found.deadline,
        months=found.months,
        per_month=found.per_month,
        months_at_pace=found.months_at_pace,
        as_of=found.dataset.as_of,
        dataset=found.dataset.dataset_id,
        plan=list(found.plan),
    )


@get(f"{BASE}/costs", opt=_OPT, summary="Costs like for like (費用)", tags=_TAGS)
async def costs(db: Db, clock: LawClock, as_of: AsOf = None, source: Source = "") -> list[CostItem]:
    """Running costs before and after; `fault` says why a body is not compared."""
    async with db.transaction(read_only=True) as tx:
        found = await service.costs(tx, **_of(clock, as_of, source).times)
    return [tabular.cost_item(one) for one in found.bodies]


@get(f"{BASE}/groups", opt=_OPT, summary="Systems by one fact (内訳)", tags=_TAGS)
async def groups(
    principal: Who,
    db: Db,
    clock: LawClock,
    by: Annotated[
        str, QueryParameter(pattern="^(vendor|cloud|deadline_class|reason_class|target_year)$")
    ] = "reason_class",
    as_of: AsOf = None,
    source: Source = "",
) -> list[GroupItem]:
    """By vendor, cloud, class of deadline, reason or target year; nothing without a data set.

    Vendors are for the ministry's officers only: others get nothing by vendor.
    """
    if by == Fact.VENDOR and not inside(principal):
        return []
    async with db.transaction(read_only=True) as tx:
        found = await grouping.groups(tx, by=Fact(by), **_of(clock, as_of, source).times)
    return [
        GroupItem(
            value=one.value,
            text=one.text,
            systems=one.systems,
            complete=one.complete,
            late=one.late,
            bodies=one.bodies,
        )
        for one in (found[1] if found else ())
    ]


API_ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (
    datasets,
    national,
    prefectures,
    businesses,
    bodies,
    one_body,
    late,
    series,
    slips,
    needed,
    costs,
    groups,
)
