"""全国の状況 and one prefecture: the measures apart, the map beside its list."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from litestar.params import FromPath
from litestar.response import Template

from jichitai.infra.database import Tx
from jichitai.kernel.bodies import all_bodies
from jichitai.kernel.dates import both, wareki
from jichitai.standardisation.progress import service
from jichitai.standardisation.progress.model import (
    Dataset,
    LateMeasure,
    MeasureKind,
    Rate,
    Tally,
    body_class,
)
from jichitai.standardisation.progress.results import National
from jichitai.standardisation.views.asking import AnyRequest, Asked
from jichitai.standardisation.views.pages.setting import (
    asked_at,
    crumbs,
    legend,
    measures,
    options,
    prefecture_name,
    setting,
)
from jichitai.standardisation.views.places import Place, address
from jichitai.standardisation.views.sums import sum_of
from jichitai.standardisation.views.words import Cell, cell, confidence
from jichitai.web.components import Column, Crumb, Finding, Tile
from jichitai.web.frame import page
from jichitai.web.inject import Db, LawClock
from jichitai.web.maps import MAP_SOURCE, map_svg

_PARTS: Final = (MeasureKind.STEPS, MeasureKind.LATE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One measure with its figures and its definition."""

    key: str
    title: str
    tiles: Sequence[Tile]
    as_of: str
    source: str
    mark: str
    definition: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaRow:
    """A prefecture or a body in the list beside the map."""

    code: str
    name: str
    href: str
    kind: str
    tally: Tally | None
    measure: MeasureKind

    @property
    def cell(self) -> Cell:
        """The share with its colour."""
        return cell(self.measure, self.tally)

    @property
    def rate(self) -> str:
        """The share in figures."""
        return self.cell.text

    @property
    def of(self) -> str:
        """What it is a share of."""
        return self.cell.note or "—"

    @property
    def bodies(self) -> str:
        """How many bodies told it, or are late, of all that there are."""
        if self.tally is None:
            return "—"
        late = self.measure is MeasureKind.LATE
        whole = self.tally.bodies + self.tally.unanswered
        return f"{self.tally.late_bodies if late else self.tally.bodies:,}／{whole:,}"

    @property
    def unknown(self) -> str:
        """Systems of which nobody knows whether they are run."""
        return f"{self.tally.unknown:,}" if self.tally else "—"

    @property
    def share(self) -> tuple[int, int]:
        """For sorting: exact, the unknown last."""
        if self.tally is None or not self.tally.systems:
            return (10**9, 0)
        rate = self.tally.rate(self.measure)
        return (rate.numerator * 10**8 // rate.denominator, 0)


async def country(request: AnyRequest, db: Db, clock: LawClock) -> Template:
    """The whole country, for the ministry and for the public."""
    place, asked = asked_at(request, clock.today())
    async with db.transaction(read_only=True) as tx:
        known = await service.datasets(tx, asked.known_at)
        national = await service.national(tx, **asked.times)
        areas = await service.by_prefecture(tx, measure=asked.counted, **asked.times)
    rows = [
        AreaRow(
            code=one.prefecture,
            name=one.name,
            href=address(place.area(one.prefecture), {**asked.values, "show": asked.measure}),
            kind="",
            tally=one.tally,
            measure=asked.measure,
        )
        for one in (areas.cells if areas else ())
    ]
    context = {
        **setting(request, place, asked, known),
        **board(request, asked, rows, areas.dataset if areas else None),
        "cards": national_cards(national),
        "late_tiles": late_tiles(national.late),
        "late_words": late_words(national.late.bodies.numerator if national.late else 0),
        "options": options(),
        "values": asked.values,
        "month_before": address(
            place.base,
            {
                **asked.values,
                "show": asked.measure,
                "as_of": (asked.on - timedelta(days=30)).isoformat(),
            },
        ),
        "files": files(place, asked),
    }
    return page(request, "standardisation/country.html", context)


async def area(request: AnyRequest, code: FromPath[str], db: Db, clock: LawClock) -> Template:
    """One prefecture with its bodies."""
    place, asked = asked_at(request, clock.today())
    name = prefecture_name(code)
    async with db.transaction(read_only=True) as tx:
        known = await service.datasets(tx, asked.known_at)
        parts = {kind: await _part(tx, asked, kind, code) for kind in _PARTS}
    dataset, tallies = parts[asked.counted]
    rows = [
        AreaRow(
            code=one.code,
            name=one.name,
            href=address(place.body(one.code), asked.values),
            kind=body_class(one),
            tally=tallies.get(one.code),
            measure=asked.measure,
        )
        for one in all_bodies()
        if one.prefecture_code == code
    ]
    (steps_set, steps_by), (late_set, late_by) = (parts[kind] for kind in _PARTS)
    stepped, late = sum_of(steps_by.values()), sum_of(late_by.values())
    context = {
        **setting(request, place, asked, known),
        **board(request, asked, rows, dataset, prefecture=code),
        "name": name,
        "cards": [
            card(kind, within=name, dataset=steps_set, rates=[(name, stepped.rate(kind))])
            for kind in (MeasureKind.STEPS, MeasureKind.SYSTEMS)
        ],
        "late_tiles": area_late_tiles(late, late_set, len(rows)),
        "late_words": late_words(late.late_bodies),
        "late_href": address(place.late, {**asked.values, "prefecture": code}),
        "crumbs": crumbs(place, asked, Crumb(name)),
    }
    return page(request, "standardisation/area.html", context)


async def _part(
    tx: Tx, asked: Asked, measure: MeasureKind, prefecture: str
) -> tuple[Dataset | None, dict[str, Tally]]:
    found = await service.latest(tx, measure=measure, **asked.times)
    return found, await service.by_body(tx, measure=measure, prefecture=prefecture, **asked.times)


def board(
    request: AnyRequest,
    asked: Asked,
    rows: Sequence[AreaRow],
    dataset: Dataset | None,
    *,
    prefecture: str = "",
) -> dict[str, Any]:
    """The map and the list beside it: both show one measure, with the same links."""
    path = request.url.path
    sort = request.query_params.get("sort", "")
    fills = {one.code: one.cell.fill for one in rows}
    return {
        "shown": measures(path, asked, {}),
        "drawing": map_svg(
            fills, links={one.code: one.href for one in rows}, prefecture=prefecture
        ),
        "finding": finding(asked, rows, dataset),
        "steps": legend(asked),
        "columns": _columns(path, asked, sort, country=not prefecture),
        "rows": _sorted(rows, sort, asked),
    }


def _columns(path: str, asked: Asked, sort: str, *, country: bool) -> list[Column]:
    kept = {**asked.values, "show": str(asked.measure)}
    late = asked.measure is MeasureKind.LATE

    def link(key: str) -> str:
        return address(path, {**kept, "sort": key})

    columns = [
        Column(
            "name",
            "都道府県" if country else "団体",
            head=True,
            sort_url=link("name"),
            sorted="" if sort == "rate" else "ascending",
        )
    ]
    columns += [
        Column(
            "rate",
            "率",
            align="end",
            sort_url=link("rate"),
            sorted=("descending" if late else "ascending") if sort == "rate" else "",
        ),
        Column("of", asked.measure.unit, align="end"),
    ]
    columns.append(Column("unknown", "対象か不明", align="end"))
    if country:
        columns.append(Column("bodies", "該当する団体" if late else "数えた団体", align="end"))
    else:
        columns.append(Column("kind", "区分"))
    return columns


def _sorted(rows: Sequence[AreaRow], sort: str, asked: Asked) -> list[AreaRow]:
    if sort != "rate":
        return list(rows)
    known = [one for one in rows if one.share[0] < 10**9]
    silent = [one for one in rows if one.share[0] == 10**9]
    late = asked.measure is MeasureKind.LATE
    return [*sorted(known, key=lambda one: one.share, reverse=late), *silent]


def finding(asked: Asked, rows: Sequence[AreaRow], dataset: Dataset | None) -> Finding:
    """What the map shows, in one sentence."""
    known = [one for one in rows if one.tally is not None and one.tally.systems]
    if not known or dataset is None:
        text = "この物差しで数えたデータは、まだありません"
    elif len(known) == 1:
        text = f"数えられたのは{known[0].name}だけです（{known[0].rate}）"
    elif asked.measure is MeasureKind.LATE:
        most = max(known, key=lambda one: one.share)
        text = f"間に合わないシステムの割合が最も高いのは{most.name}の{most.rate}です"
    else:
        least = min(known, key=lambda one: one.share)
        text = f"{asked.measure.label}が最も低いのは{least.name}の{least.rate}です"
    return Finding(
        text=text,
        source=f"{dataset.source if dataset else '—'}、地図は{MAP_SOURCE}",
        as_of=wareki(dataset.as_of) if dataset else "—",
        definition=asked.measure.definition,
    )


def national_cards(national: National) -> list[Card]:
    """The two measures of completion, each by itself."""
    found = []
    for kind, scope, every in (
        (MeasureKind.STEPS, national.steps, national.steps_all),
        (MeasureKind.SYSTEMS, national.systems, national.systems_all),
    ):
        rates = []
        if scope is not None and every is not None:
            rates = [("対象のシステムだけ", scope.rate), ("資料のすべての行", every.rate)]
        told = next((one for one in national.published if one.measure is kind), None)
        if told is not None and told.rate is not None:
            rates.append((f"公表された値（{wareki(told.as_of)}）", told.rate))
        found.append(card(kind, dataset=scope.dataset if scope else None, rates=rates))
    return found


def card(
    kind: MeasureKind,
    *,
    dataset: Dataset | None,
    rates: Sequence[tuple[str, Rate]],
    within: str = "全国",
) -> Card:
    """One measure of completion."""
    sure = dataset.confidence if dataset else ""
    covers = "（市区町村だけ）" if dataset and dataset.covers == "municipalities" else ""
    tiles = [_tile(label, rate, kind.unit) for label, rate in rates]
    return Card(
        key=kind.value,
        title=f"{kind.label}{covers}",
        tiles=tiles or [Tile(within, "—", note="まだデータがありません")],
        as_of=both(dataset.as_of) if dataset else "—",
        source=dataset.source if dataset else "—",
        mark="" if sure in ("", "read", "reported") else confidence(sure).word,
        definition=kind.definition,
    )


def _tile(label: str, rate: Rate, unit: str) -> Tile:
    return Tile(label, rate.text, note=f"{rate.numerator:,}／{rate.denominator:,}{unit}")


def late_tiles(late: LateMeasure | None) -> list[Tile]:
    """Late systems, and bodies with any."""
    if late is None:
        return [Tile("期限に間に合わないシステム", "—", note="まだデータがありません")]
    on = wareki(late.dataset.as_of)
    return [
        Tile(
            "期限に間に合わないシステム",
            f"{late.tally.late:,}",
            note=f"{late.rate.text}（{late.rate.denominator:,}システムのうち）　{on}現在",
        ),
        Tile(
            "間に合わないシステムのある団体",
            f"{late.bodies.numerator:,}",
            note=f"{late.bodies.text}（{late.bodies.denominator:,}団体のうち）　{on}現在",
        ),
    ]


def area_late_tiles(late: Tally, dataset: Dataset | None, bodies: int) -> list[Tile]:
    """The same for a part of the country, over the systems known to be in scope."""
    if dataset is None:
        return late_tiles(None)
    on = wareki(dataset.as_of)
    return [
        Tile("期限に間に合わないシステム", late.late, note=f"{on}現在"),
        Tile(
            "間に合わないシステムのある団体",
            late.late_bodies,
            note=f"{bodies:,}団体のうち　{on}現在",
        ),
    ]


def late_words(bodies: int) -> str:
    """The words of the button that leads to the list."""
    return f"間に合わない{bodies:,}団体の一覧" if bodies else "間に合わない団体の一覧"


def files(place: Place, asked: Asked) -> list[dict[str, str]]:
    """The open data, each as CSV and JSON."""
    labels = {
        "national": "全国の物差しごとの数字と定義",
        "prefectures": "都道府県ごと",
        "bodies": "団体ごと",
        "businesses": "業務と団体の区分ごと",
        "series": "推移",
    }
    return [
        {
            "label": label,
            "csv": address(f"{place.base}/{key}.csv", asked.values),
            "json": address(f"{place.base}/{key}.json", asked.values),
        }
        for key, label in labels.items()
    ]
