"""提供状況の公表 (第30条の16): counts of provisions by body and affair, as page and as CSV.

The nation counts from its log; the ministry shows what the nation reported.
"""

import csv
from asyncio import to_thread
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from io import StringIO
from typing import Any, Final

from litestar import Request, Response, get
from litestar.response import Template

from jichitai.infra.database import Database, Tx
from jichitai.jukinet import affairs
from jichitai.jukinet.pages.places import here
from jichitai.jukinet.pages.query_forms import legal_basis
from jichitai.kernel.dates import JST, fiscal_year, wareki
from jichitai.kernel.errors import InvalidError
from jichitai.kernel.parties import Tier
from jichitai.web import charts
from jichitai.web.components import Column, Finding, NavItem, Tile
from jichitai.web.frame import page
from jichitai.web.inject import Db, LawClock
from jichitai.web.rights import PUBLIC, Role

AnyRequest = Request[Any, Any, Any]

_LINES: Final = 5
_OTHERS: Final = "その他の機関"
_DEFINITION: Final = "回答した照会の件数。該当なしを含み、断った照会を含まない"
_COLUMNS: Final = (
    Column("organ", "利用機関", head=True),
    Column("affair", "事務", wide=True),
    Column("basis", "根拠"),
    Column("hits", "該当あり", align="end"),
    Column("others", "該当なしなど", align="end"),
    Column("total", "計", align="end"),
)
_HEAD: Final = ("年月", "機関の番号", "利用機関", "事務の番号", "事務", "結果", "件数")


class UnknownYearError(InvalidError):
    """No fiscal year was named."""

    type = "jukinet.unknown-year"
    title = "年度が正しくありません"


@dataclass(frozen=True, slots=True)
class Count:
    """How often a body was answered for an affair in a month, by result."""

    month: date
    organ_id: str
    organ: str
    affair_id: str
    affair: str
    result: str
    provided: int


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table: a body and an affair over the year."""

    organ: str
    affair: str
    basis: str
    hits: str
    others: str
    total: str


_NATION = """
select counted.month, counted.organ_id, coalesce(organ.name, counted.organ_id),
       counted.affair_id, counted.result, counted.provided
  from jukinet.provision_count as counted
  left join jukinet.organ using (organ_id)
 where counted.month >= %(first)s and counted.month < %(end)s
 order by counted.month, counted.organ_id, counted.affair_id, counted.result
"""

_MINISTRY = """
select month, organ_id, organ_name, affair_id, affair_name, result, provided
  from jukinet.published_count
 where month >= %(first)s and month < %(end)s
 order by month, organ_id, affair_id, result
"""


@get("/counts", opt={"roles": PUBLIC}, include_in_schema=False)
async def counts_page(request: AnyRequest, db: Db, clock: LawClock) -> Template:
    """The counts of a fiscal year: what, for whom, for which affair."""
    return await _page(request, db, clock.today(), "/counts", "jukinet/counts.html")


@get(
    "/network/provisions",
    opt={"roles": frozenset({Role.NETWORK_OPERATOR})},
    include_in_schema=False,
)
async def provisions_page(request: AnyRequest, db: Db, clock: LawClock) -> Template:
    """The same counts inside the operators' navigation."""
    return await _page(request, db, clock.today(), "/network/provisions", "jukinet/counts.html")


@get("/counts.csv", opt={"roles": PUBLIC}, include_in_schema=False)
async def counts_csv(request: AnyRequest, db: Db, clock: LawClock) -> Response[bytes]:
    """The same figures, month by month, in UTF-8 with a mark that spreadsheets know."""
    year = _year(request, clock.today())
    counts, _ = await _read(db, _tier(request), year)
    text = StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(_HEAD)
    writer.writerows(
        (
            f"{one.month:%Y-%m}",
            one.organ_id,
            one.organ,
            one.affair_id,
            one.affair,
            one.result,
            one.provided,
        )
        for one in counts
    )
    return Response(
        text.getvalue().encode("utf-8-sig"),
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="provisions-{year}.csv"'},
    )


NATION_ROUTES: Final = (counts_page, counts_csv, provisions_page)
MINISTRY_ROUTES: Final = (counts_page, counts_csv)


def _tier(request: AnyRequest) -> Tier:
    tier: Tier = request.app.state.tier
    return tier


def _year(request: AnyRequest, today: date) -> int:
    text = request.query_params.get("year", "")
    if not text:
        return fiscal_year(today)
    if not (text.isascii() and text.isdigit() and 2002 <= int(text) <= fiscal_year(today)):
        raise UnknownYearError(
            "この年度の件数はありません。住民基本台帳ネットワークは2002年度に始まりました。"
            "年度を選び直してください。"
        )
    return int(text)


async def _page(
    request: AnyRequest, db: Database, today: date, path: str, template: str
) -> Template:
    year = _year(request, today)
    counts, as_of = await _read(db, _tier(request), year)
    current = fiscal_year(today)
    context = {
        "year": year,
        "first": date(year, 4, 1),
        "tabs": [
            NavItem(_year_name(one), f"{path}?year={one}", one == year)
            for one in range(current, max(2001, current - 3), -1)
        ],
        "tiles": _tiles(counts),
        "rows": _rows(counts),
        "columns": _COLUMNS,
        "foot": _foot(counts),
        "figures": await to_thread(_figures, counts, year, as_of) if counts else [],
        "as_of": _moment(as_of),
        "csv": f"/counts.csv?year={year}",
        "definition": _DEFINITION,
        "ministry": _tier(request) is Tier.MINISTRY,
        "shell": here(request, path),
    }
    return page(request, template, context)


async def _read(db: Database, tier: Tier, year: int) -> tuple[list[Count], datetime | None]:
    span = {"first": date(year, 4, 1), "end": date(year + 1, 4, 1)}
    async with db.transaction(read_only=True) as tx:
        if tier is Tier.MINISTRY:
            cursor = await tx.execute(_MINISTRY, span)
            counts = [Count(*row) for row in await cursor.fetchall()]
            return counts, await _one(tx, "select max(reported_at) from jukinet.published_count")
        cursor = await tx.execute(_NATION, span)
        known = affairs.affairs()
        counts = [
            Count(
                month,
                organ_id,
                organ,
                affair,
                known[affair].name if affair in known else affair,
                result,
                provided,
            )
            for month, organ_id, organ, affair, result, provided in await cursor.fetchall()
        ]
        return counts, await _one(
            tx,
            "select max(came.at) from jukinet.provision_group as came, jukinet.provision_rollup"
            " where came.first_index < next_index",
        )


async def _one(tx: Tx, statement: Any) -> datetime | None:
    row = await (await tx.execute(statement)).fetchone()
    return row[0] if row else None


def _moment(as_of: datetime | None) -> str:
    if as_of is None:
        return "—"
    local = as_of.astimezone(JST)
    return f"{wareki(local.date())} {local:%H:%M}"


def _year_name(year: int) -> str:
    return f"{wareki(date(year, 4, 1)).split('年')[0]}年度"


def _tiles(counts: Sequence[Count]) -> list[Tile]:
    total = sum(one.provided for one in counts)
    hits = sum(one.provided for one in counts if one.result == "hit")
    return [
        Tile("提供", total, "件"),
        Tile("うち該当あり", hits, "件"),
        Tile("利用機関", len({one.organ_id for one in counts}), "機関"),
        Tile("事務", len({one.affair_id for one in counts}), "事務"),
    ]


def _rows(counts: Sequence[Count]) -> list[Row]:
    found: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0])
    for one in counts:
        found[one.organ, one.affair_id, one.affair][one.result != "hit"] += one.provided
    ordered = sorted(found.items(), key=lambda item: (-sum(item[1]), item[0]))
    return [
        Row(organ, affair, _basis(affair_id), f"{hits:,}", f"{others:,}", f"{hits + others:,}")
        for (organ, affair_id, affair), (hits, others) in ordered
    ]


def _basis(affair_id: str) -> str:
    known = affairs.affairs().get(affair_id)
    return legal_basis(known).removeprefix("住民基本台帳法 ") if known else "—"


def _foot(counts: Sequence[Count]) -> tuple[str, ...]:
    total = sum(one.provided for one in counts)
    hits = sum(one.provided for one in counts if one.result == "hit")
    return ("計", "", "", f"{hits:,}", f"{total - hits:,}", f"{total:,}")


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart with what it shows."""

    id: str
    svg: str
    finding: Finding
    columns: tuple[Column, ...]
    rows: tuple[dict[str, str], ...]


def _figures(counts: Sequence[Count], year: int, as_of: datetime | None) -> list[Figure]:
    totals: dict[str, int] = defaultdict(int)
    monthly: dict[tuple[str, date], int] = defaultdict(int)
    for one in counts:
        totals[one.organ] += one.provided
    ranked = sorted(totals, key=lambda organ: (-totals[organ], organ))
    shown = ranked[:_LINES]
    for one in counts:
        monthly[one.organ if one.organ in shown else _OTHERS, one.month] += one.provided
    names = [*shown, *([_OTHERS] if len(ranked) > _LINES else [])]
    return [
        _bars(ranked, totals, year, as_of),
        *(
            [_lines(names, monthly, year, as_of)]
            if len({month for _, month in monthly}) > 1
            else []
        ),
    ]


def _bars(ranked: list[str], totals: dict[str, int], year: int, as_of: datetime | None) -> Figure:
    total, first = sum(totals.values()), ranked[0]
    finding = Finding(
        text=f"最も多い機関は{first}で、{total:,}件のうち{totals[first]:,}件です",
        source="機構",
        as_of=_moment(as_of),
        csv=f"/counts.csv?year={year}",
        definition=_DEFINITION,
    )
    return Figure(
        id="by-organ",
        svg=charts.bar_chart(
            [(organ, float(totals[organ])) for organ in ranked[:15]],
            label="利用機関ごとの提供の件数",
            unit="件",
        ),
        finding=finding,
        columns=(Column("organ", "利用機関", head=True), Column("count", "件数", align="end")),
        rows=tuple({"organ": organ, "count": f"{totals[organ]:,}"} for organ in ranked),
    )


def _lines(
    names: list[str], monthly: dict[tuple[str, date], int], year: int, as_of: datetime | None
) -> Figure:
    months = sorted({month for _, month in monthly})
    running = as_of is not None and as_of.astimezone(JST).date().replace(day=1) == months[-1]
    finding = Finding(
        text=_change(names, monthly, months[:-1] if running else months),
        source="機構",
        as_of=_moment(as_of),
        csv=f"/counts.csv?year={year}",
        definition=_DEFINITION,
        notes=(f"{months[-1].month}月は月の途中までの件数です。",) if running else (),
    )
    series = {
        name: [(f"{month.month}月", float(monthly.get((name, month), 0))) for month in months]
        for name in names
    }
    return Figure(
        id="by-month",
        svg=charts.line_chart(series, label="月ごと、機関ごとの提供の件数", unit="件"),
        finding=finding,
        columns=(
            Column("month", "月", head=True),
            *(Column(name, name, align="end") for name in names),
        ),
        rows=tuple(
            {
                "month": f"{month.month}月",
                **{name: f"{monthly.get((name, month), 0):,}" for name in names},
            }
            for month in months
        ),
    )


def _change(names: list[str], monthly: dict[tuple[str, date], int], whole: list[date]) -> str:
    """What the last whole month says beside the one before it."""
    sums = [sum(monthly.get((name, month), 0) for name in names) for month in whole]
    head = f"{whole[-1].month}月は{sums[-1]:,}件"
    if len(sums) < 2 or sums[-1] == sums[-2]:
        return f"{head}でした" if len(sums) < 2 else f"{head}で、前の月と同じでした"
    word = "増えました" if sums[-1] > sums[-2] else "減りました"
    return f"{head}で、前の月（{sums[-2]:,}件）より{word}"
