"""業務ごとの表: businesses by classes of bodies, one measure at a time."""

from collections.abc import Mapping
from dataclasses import dataclass

from litestar.response import Template

from jichitai.kernel.dates import wareki
from jichitai.standardisation.progress import service
from jichitai.standardisation.progress.model import (
    BodyClass,
    Business,
    MeasureKind,
    Tally,
    businesses,
)
from jichitai.standardisation.progress.results import Heat
from jichitai.standardisation.views.asking import AnyRequest, Asked
from jichitai.standardisation.views.pages.setting import (
    asked_at,
    crumbs,
    legend,
    measures,
    setting,
)
from jichitai.standardisation.views.places import Place, address
from jichitai.standardisation.views.sums import sum_of
from jichitai.standardisation.views.words import Cell, small_cell
from jichitai.web.components import Column, Crumb, Finding
from jichitai.web.frame import page
from jichitai.web.inject import Db, LawClock

ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class BusinessRow:
    """One business."""

    business: Business
    name: str
    href: str
    cells: Mapping[str, Cell]
    tally: Tally


async def by_business(request: AnyRequest, db: Db, clock: LawClock) -> Template:
    """The heat table."""
    place, asked = asked_at(request, clock.today())
    async with db.transaction(read_only=True) as tx:
        known = await service.datasets(tx, asked.known_at)
        heat = await service.heat(tx, measure=asked.counted, **asked.times)
    rows = rows_of(heat, place, asked) if heat else []
    context = {
        **setting(request, place, asked, known),
        "as_of_text": wareki(heat.dataset.as_of) if heat else "—",
        "shown": measures(place.businesses, asked, {}),
        "steps": legend(asked),
        "caption": f"{asked.measure.label}（{asked.measure.unit}）",
        "columns": [
            Column("name", "業務", head=True),
            Column(ALL, "計", align="end"),
            *(Column(kind, kind, align="end") for kind in _classes(heat)),
        ],
        "rows": rows,
        "finding": finding(rows, heat, asked),
        "crumbs": crumbs(place, asked, Crumb("業務ごとの表")),
    }
    return page(request, "standardisation/businesses.html", context)


def _classes(heat: Heat | None) -> list[BodyClass]:
    """The classes that the data set covers."""
    if heat is None or heat.dataset.covers == "all":
        return list(BodyClass)
    return [one for one in BodyClass if one is not BodyClass.PREFECTURE]


def rows_of(heat: Heat, place: Place, asked: Asked) -> list[BusinessRow]:
    """The 21 rows of the table, each with its sum."""
    found = []
    for one in businesses():
        own = {str(c.body_class): c.tally for c in heat.cells if c.business.key == one.key}
        whole = sum_of(own.values())
        told = whole.systems or whole.unknown or whole.outside
        cells = {
            key: small_cell(asked.measure, tally if told else Tally())
            for key, tally in {**own, ALL: whole}.items()
        }
        href = ""
        if asked.measure is MeasureKind.LATE and whole.late:
            href = address(place.late, {**asked.values, "business": one.key})
        found.append(BusinessRow(business=one, name=one.name, href=href, cells=cells, tally=whole))
    return found


def finding(rows: list[BusinessRow], heat: Heat | None, asked: Asked) -> Finding:
    """What the table shows, in one sentence."""
    known = [one for one in rows if one.tally.systems]
    if not known or heat is None:
        return Finding(
            text="この物差しで数えたデータは、まだありません",
            source="—",
            as_of="—",
            definition=asked.measure.definition,
        )

    def share(one: BusinessRow) -> float:
        rate = one.tally.rate(asked.measure)
        return rate.numerator / rate.denominator

    low, high = min(known, key=share), max(known, key=share)
    return Finding(
        text=f"最も低いのは{low.name}の{low.cells[ALL].text}、"
        f"最も高いのは{high.name}の{high.cells[ALL].text}です",
        source=heat.dataset.source,
        as_of=wareki(heat.dataset.as_of),
        definition=asked.measure.definition,
    )
