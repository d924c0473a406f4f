"""The views as rows, for calls, CSV and JSON; made once, so that no shape tells another figure."""

import csv
import io
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from litestar import Response
from msgspec import Struct
from msgspec.structs import replace

from jichitai.infra.database import Tx
from jichitai.kernel.bodies import Body, all_bodies
from jichitai.standardisation.progress import service
from jichitai.standardisation.progress.bodies import one_body
from jichitai.standardisation.progress.model import MeasureKind, Tally, body_class, businesses
from jichitai.standardisation.progress.results import (
    BodyView,
    CostBody,
    LateBody,
    LateFilters,
    Slip,
)
from jichitai.standardisation.views.asking import Asked
from jichitai.standardisation.views.errors import NotShownHereError
from jichitai.standardisation.views.items import (
    BodyDetail,
    BodyItem,
    BusinessItem,
    CostItem,
    DatasetItem,
    LateContactItem,
    LateItem,
    PrefectureItem,
    RateItem,
    SeriesItem,
    SlipItem,
    SystemItem,
)
from jichitai.standardisation.views.offices import offices

_MARK: Final = b"\xef\xbb\xbf"
_DANGEROUS: Final = ("=", "+", "-", "@", "\t", "\r")
_MOST: Final = 2_000


def as_csv(rows: Sequence[Struct]) -> bytes:
    """Rows of one type as CSV, in UTF-8 with a mark that spreadsheets know."""
    if not rows:
        return _MARK
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\r\n")
    names = rows[0].__struct_fields__
    writer.writerow(names)
    writer.writerows([_plain(getattr(row, name)) for name in names] for row in rows)
    return _MARK + target.getvalue().encode()


def _plain(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "1" if value else "0"
        case date() | datetime():
            return value.isoformat()
        case int() | Decimal():
            return str(value)
        case list():
            return "、".join(map(_plain, value))
        case _:
            text = str(value)
            return f"'{text}" if text.startswith(_DANGEROUS) else text


def attached(data: bytes, name: str) -> Response[bytes]:
    """A CSV file to be kept."""
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(data, media_type="text/csv; charset=utf-8", headers=headers)


async def national_rows(tx: Tx, asked: Asked) -> list[RateItem]:
    """Each measure by itself, with its definition."""
    found = await service.national(tx, **asked.times)
    rows = [
        RateItem.of(kind, str(one.coverage), one.rate, one.dataset)
        for kind, one in (
            (MeasureKind.STEPS, found.steps),
            (MeasureKind.STEPS, found.steps_all),
            (MeasureKind.SYSTEMS, found.systems),
            (MeasureKind.SYSTEMS, found.systems_all),
        )
        if one is not None
    ]
    if found.late is not None:
        rows.append(RateItem.of(MeasureKind.LATE, "all-rows", found.late.rate, found.late.dataset))
    rows += [
        RateItem(
            measure=told.measure.value,
            label=f"{told.measure.label}（公表値）",
            coverage="published",
            numerator=told.rate.numerator,
            denominator=told.rate.denominator,
            percent=told.rate.percent,
            unit=told.measure.unit,
            as_of=told.as_of,
            dataset="",
            source=told.source,
            confidence=told.confidence,
            definition=told.note,
        )
        for told in found.published
        if told.rate is not None
    ]
    return rows


async def prefecture_rows(tx: Tx, asked: Asked) -> list[PrefectureItem]:
    """All prefectures by every measure."""
    rows: list[PrefectureItem] = []
    for measure in MeasureKind:
        counted = MeasureKind.LATE if measure is MeasureKind.LATE else MeasureKind.STEPS
        found = await service.by_prefecture(tx, measure=counted, **asked.times)
        for one in found.cells if found else ():
            rate = one.tally.rate(measure)
            rows.append(
                PrefectureItem(
                    prefecture=one.prefecture,
                    name=one.name,
                    measure=measure.value,
                    numerator=rate.numerator,
                    denominator=rate.denominator,
                    percent=rate.percent,
                    bodies=one.tally.bodies,
                    late_bodies=one.tally.late_bodies,
                    unanswered=one.tally.unanswered,
                    unknown=one.tally.unknown,
                    as_of=found.dataset.as_of if found else asked.on,
                    dataset=found.dataset.dataset_id if found else "",
                )
            )
    return rows


async def body_rows(tx: Tx, asked: Asked) -> list[BodyItem]:
    """All bodies, by code."""
    stepped = await service.by_body(tx, measure=MeasureKind.STEPS, **asked.times)
    lated = await service.by_body(tx, measure=MeasureKind.LATE, **asked.times)
    return [body_item(one, stepped.get(one.code), lated.get(one.code)) for one in all_bodies()]


def body_item(one: Body, tally: Tally | None, late: Tally | None) -> BodyItem:
    """A body; what nobody told stays empty."""
    return BodyItem(
        code=one.code,
        name=one.full_name,
        prefecture=one.prefecture_code,
        kind=body_class(one),
        systems=tally.systems if tally else None,
        done_steps=tally.done_steps if tally else None,
        steps_percent=tally.rate(MeasureKind.STEPS).percent if tally else None,
        complete_systems=tally.complete if tally else None,
        systems_percent=tally.rate(MeasureKind.SYSTEMS).percent if tally else None,
        unknown_systems=tally.unknown if tally else None,
        late_systems=late.late if late else None,
    )


async def business_rows(tx: Tx, asked: Asked, prefecture: str = "") -> list[BusinessItem]:
    """All businesses by class of body and measure."""
    rows: list[BusinessItem] = []
    order = {one.key: one for one in businesses()}
    for measure in MeasureKind:
        counted = MeasureKind.LATE if measure is MeasureKind.LATE else MeasureKind.STEPS
        found = await service.heat(tx, measure=counted, prefecture=prefecture, **asked.times)
        for one in found.cells if found else ():
            rate, tally = one.tally.rate(measure), one.tally
            rows.append(
                BusinessItem(
                    business=one.business.key,
                    number=order[one.business.key].number,
                    name=one.business.name,
                    kind=one.body_class,
                    measure=measure.value,
                    numerator=rate.numerator,
                    denominator=rate.denominator,
                    percent=rate.percent,
                    unanswered=tally.unanswered,
                    unknown=tally.unknown,
                    outside=tally.outside,
                    as_of=found.dataset.as_of if found else asked.on,
                    dataset=found.dataset.dataset_id if found else "",
                )
            )
    return rows


async def series_rows(tx: Tx, asked: Asked) -> list[SeriesItem]:
    """Every figure that was published, and every one counted from a data set."""
    told = await service.published(tx, as_of=asked.on, known_at=asked.known_at)
    rows = [
        SeriesItem(
            measure=one.measure.value,
            origin="published",
            as_of=one.as_of,
            numerator=one.systems,
            denominator=one.of_systems,
            percent=one.rate.percent if one.rate else None,
            bodies=one.bodies,
            known_at=one.recorded_at,
            source=one.source,
            confidence=one.confidence,
            note=one.note,
        )
        for one in told
        if not asked.values.get("source")
    ]
    for measure in MeasureKind:
        counted = MeasureKind.LATE if measure is MeasureKind.LATE else MeasureKind.STEPS
        for point in await service.series(tx, measure=counted, **asked.times):
            rate = point.tally.rate(measure)
            rows.append(
                SeriesItem(
                    measure=measure.value,
                    origin="counted",
                    as_of=point.as_of,
                    numerator=rate.numerator,
                    denominator=rate.denominator,
                    percent=rate.percent,
                    bodies=point.tally.late_bodies
                    if measure is MeasureKind.LATE
                    else point.tally.bodies,
                    known_at=point.dataset.recorded_at,
                    source=point.dataset.source,
                    confidence=point.dataset.confidence,
                    note=point.dataset.note,
                )
            )
    return rows


def cost_item(one: CostBody) -> CostItem:
    """Costs of a body."""
    told = one.comparison
    return CostItem(
        code=one.code,
        name=one.name,
        kind=one.body_class,
        population=one.population,
        before_yen=told.before if told else None,
        after_yen=told.after if told else None,
        ratio=told.ratio if told else None,
        change_percent=told.change_percent if told else None,
        meets_target=told.meets_target if told else None,
        fault=one.fault,
    )


def slip_item(one: Slip) -> SlipItem:
    """A change of a target date."""
    return SlipItem(
        code=one.code,
        business=one.business.key,
        number=one.number,
        as_of=one.as_of,
        before=one.before,
        target_on=one.target_on,
        months=one.months,
        reason=one.reason,
        recorded_at=one.recorded_at,
    )


def late_item(one: LateBody) -> LateItem:
    """A body with late systems."""
    return LateItem(**_late(one))


def _late(one: LateBody) -> dict[str, Any]:
    return {
        "code": one.code,
        "name": one.name,
        "prefecture": one.prefecture,
        "kind": str(one.body_class),
        "late": one.late,
        "systems": one.systems,
        "businesses": list(one.businesses),
        "reason_classes": list(one.reason_classes),
        "last_target": one.last_target,
        "slips": one.slips,
    }


async def late_rows(
    tx: Tx, asked: Asked, filters: LateFilters, *, contacts: bool
) -> Sequence[LateItem]:
    """The whole list of bodies with late systems, with their offices where asked for."""
    found = await service.late_bodies(tx, filters=filters, limit=_MOST, **asked.times)
    if not contacts:
        return [late_item(one) for one in found.rows]
    return await with_offices(tx, found.rows)


async def with_offices(
    tx: Tx, rows: Sequence[LateBody], *, inside: bool = True
) -> list[LateContactItem]:
    """Bodies with late systems, and whom to call, which only the ministry's officers see."""
    known = await offices(tx, [one.code for one in rows]) if inside else {}
    items = []
    for one in rows:
        office = known.get(one.code)
        item = LateContactItem(**_late(one))
        if office is not None:
            told = {"office": office.office, "mail": office.mail, "phone": office.phone}
            item = replace(item, **told)
        items.append(item)
    return items


async def body_detail(tx: Tx, asked: Asked, code: str, *, inside: bool) -> BodyDetail:
    """One body; what bodies tell the ministry alone is for its officers only.

    Raises:
        NotShownHereError: none of the 1,788.
    """
    known_body(code)
    found = await one_body(tx, code, **asked.times)
    return detail_of(found, inside=inside)


def known_body(code: str) -> None:
    """Refuse a code that is none of the 1,788.

    Raises:
        NotShownHereError: it is not.
    """
    if code not in {one.code for one in all_bodies()}:
        raise NotShownHereError(
            "この番号の団体はありません。6桁の団体コードで探すため、一覧から選び直してください。"
        )


def detail_of(found: BodyView, *, inside: bool) -> BodyDetail:
    """A body as an answer."""
    systems = [
        SystemItem(
            business=one.business.key,
            name=one.business.name,
            runs=one.runs.value,
            runs_reason=one.runs_reason,
            done=one.done,
            states=one.states,
            late=one.late,
            reason_class=one.reason_class,
            target_on=one.target_on,
            deadline_class=one.deadline_class.value,
            **(
                {
                    "vendor": one.vendor,
                    "contract": one.contract,
                    "cloud": one.cloud.value,
                    "risks": one.risks,
                }
                if inside
                else {}
            ),
        )
        for one in found.systems
    ]
    datasets = {
        one.dataset_id: one for one in (found.steps_from, found.late_from) if one is not None
    }
    return BodyDetail(
        code=found.body.code,
        name=found.body.full_name,
        prefecture=found.body.prefecture_code,
        kind=found.body_class,
        systems=systems,
        slips=[slip_item(one) for one in found.slips],
        datasets=[DatasetItem.of(one) for one in datasets.values()],
    )
