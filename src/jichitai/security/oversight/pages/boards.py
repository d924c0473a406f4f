"""団体の状況: the map and the list."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from litestar import Response
from litestar.params import FromPath
from litestar.response import Template

from jichitai.correspondence.errors import NotYourMemberError
from jichitai.kernel.dates import wareki
from jichitai.kernel.municipalities import prefectures
from jichitai.security.oversight.model.filters import chosen
from jichitai.security.oversight.model.standing import (
    SizeClass,
    Standing,
)
from jichitai.security.oversight.pages.figures import (
    RATE_COLUMNS,
    WEAK_COLUMNS,
    by_prefecture,
    finding,
    month_before,
    rate_row,
    sortable,
    sorted_rows,
    tiles,
)
from jichitai.security.oversight.pages.shared import (
    BODY_COLUMNS,
    CHIPS,
    RATE_STEPS,
    TOWN_FILLS,
    TOWN_STEPS,
    AnyRequest,
    address,
    crumbs,
    day_of,
    filter_of,
    filter_options,
    filter_values,
    rate_fill,
    urls_of,
)
from jichitai.security.oversight.service import opened, overview
from jichitai.security.oversight.service.overview import Overview
from jichitai.security.oversight.service.place import Overseer, overseer_of
from jichitai.web.components import (
    Crumb,
    Page,
    Status,
)
from jichitai.web.frame import page
from jichitai.web.inject import Db, LawClock, Who
from jichitai.web.maps import map_svg

_ROWS: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyRow:
    """A line of the list."""

    standing: Standing
    href: str
    status: Status
    reminded: datetime | None
    next_review: date | None

    @classmethod
    def of(cls, one: Standing, by: Overseer, found: Overview) -> "BodyRow":
        """The line of a body."""
        leading = one.leading
        return cls(
            standing=one,
            href=urls_of(by).body(one.body.code),
            status=CHIPS[one.head],
            reminded=found.reminded.get(one.body.code),
            next_review=leading.next_review_on if leading else None,
        )


async def board(request: AnyRequest, principal: Who, db: Db, clock: LawClock) -> Template:
    """The whole country at the ministry; the members at a prefecture."""
    by, on = overseer_of(principal), day_of(request, clock.today())
    async with by.transaction(db, read_only=True) as tx:
        found = await overview.overview(tx, by, on=on)
        before = await overview.standings(tx, by, on=month_before(on))
    if not by.ministry:
        return _area(request, by, found, by.key)
    past = overview.all_rates(before, by, on=month_before(on))[0]
    sort = request.query_params.get("sort", "")
    rows = sorted_rows(by_prefecture(found.standings), sort)
    fills = {
        one.code: rate_fill(one.counted, one.total, silent=one.silent == one.total) for one in rows
    }
    context = {
        "by": by,
        "urls": urls_of(by),
        "tiles": tiles(found.rates[0], past),
        "rate_columns": RATE_COLUMNS,
        "rates": [rate_row(one) for one in found.rates],
        "weak": found.weak,
        "weak_columns": WEAK_COLUMNS,
        "drawing": map_svg(fills, links={one.code: one.href for one in rows}),
        "finding": finding(found.rates[0], on),
        "steps": RATE_STEPS,
        "columns": sortable(sort, on, clock.today()),
        "rows": rows,
        "on": on,
        "options": filter_options(),
        "typed": {},
        "late": sum(not one.counted for one in found.standings),
        "as_of": wareki(on),
    }
    return page(request, "security_oversight/country.html", context)


async def prefecture_board(
    request: AnyRequest, code: FromPath[str], principal: Who, db: Db, clock: LawClock
) -> Template:
    """One prefecture at the ministry."""
    by, on = overseer_of(principal), day_of(request, clock.today())
    async with by.transaction(db, read_only=True) as tx:
        found = await overview.overview(tx, by, on=on)
    if code not in {one.prefecture_code for one in prefectures()}:
        raise NotYourMemberError("この番号の都道府県はありません。一覧から選び直してください。")
    return _area(request, by, found, code)


def _area(request: AnyRequest, by: Overseer, found: Overview, code: str) -> Template:
    urls = urls_of(by)
    own = [one for one in found.standings if one.body.prefecture_code == code]
    rates = overview.all_rates(own, by, on=found.on)
    name = next(one.name for one in prefectures() if one.prefecture_code == code)
    towns = {one.body.code: one for one in own}
    context = {
        "by": by,
        "urls": urls,
        "name": name,
        "tiles": tiles(rates[0], None, within=name),
        "rate_columns": RATE_COLUMNS,
        "rates": [rate_row(one, within=name) for one in rates if one.counted.total],
        "weak": found.weak,
        "weak_columns": WEAK_COLUMNS,
        "drawing": map_svg(
            {key: TOWN_FILLS[one.head] for key, one in towns.items()},
            links={key: urls.body(key) for key in towns},
            prefecture=code,
        ),
        "finding": finding(rates[0], found.on, within=name),
        "steps": TOWN_STEPS,
        "columns": BODY_COLUMNS[:3] + BODY_COLUMNS[6:],
        "rows": [BodyRow.of(one, by, found) for one in own],
        "on": found.on,
        "crumbs": crumbs(by, Crumb(name)) if by.ministry else [],
        "remind": address(
            f"{urls.letters}/new",
            {"matter": "policy", **({"prefecture": code} if by.ministry else {})},
        ),
        "late": sum(not one.counted for one in own),
        "as_of": wareki(found.on),
    }
    return page(request, "security_oversight/area.html", context)


async def listed(request: AnyRequest, principal: Who, db: Db, clock: LawClock) -> Template:
    """The list of bodies, narrowed."""
    by, on = overseer_of(principal), day_of(request, clock.today())
    narrowed = filter_of(request.query_params)
    async with by.transaction(db, read_only=True) as tx:
        found = await overview.overview(tx, by, on=on)
    every = chosen(found.standings, narrowed)
    urls, values = urls_of(by), filter_values(narrowed)
    shown, paging = _paged(
        every, request.query_params.get("after", ""), f"{urls.bodies}/list", values
    )
    context = {
        "by": by,
        "urls": urls,
        "options": filter_options(),
        "typed": values,
        "columns": BODY_COLUMNS,
        "rows": [BodyRow.of(one, by, found) for one in shown],
        "page": paging,
        "csv": address(f"{urls.bodies}/list.csv", values),
        "remind": address(f"{urls.letters}/new", {"matter": "policy", **values}),
        "late": sum(not one.counted for one in every),
        "on": on,
        "crumbs": crumbs(by, Crumb("一覧")),
        "as_of": wareki(on),
    }
    return page(request, "security_oversight/list.html", context)


def _paged(
    every: Sequence[Standing], after: str, path: str, values: Mapping[str, str]
) -> tuple[list[Standing], Page]:
    start = sum(one.body.code <= after for one in every)
    shown = list(every[start : start + _ROWS])
    rest = start + len(shown) < len(every)
    before = every[start - _ROWS - 1].body.code if start > _ROWS else ""
    back = {**values, "after": before} if before else dict(values)
    return shown, Page(
        start + 1,
        len(shown),
        len(every),
        previous=address(path, back) if start else "",
        next=address(path, {**values, "after": shown[-1].body.code}) if rest else "",
        unit="団体",
    )


async def listed_csv(
    request: AnyRequest, principal: Who, db: Db, clock: LawClock
) -> Response[bytes]:
    """The same list as CSV, for those who oversee."""
    by, on = overseer_of(principal), day_of(request, clock.today())
    async with by.transaction(db, read_only=True) as tx:
        found = await overview.overview(tx, by, on=on)
    rows = [
        opened.ListedBody(
            code=one.body.code,
            name=one.body.full_name,
            kind=one.body.kind,
            size=SizeClass.of(one.body).japanese,
            status=one.head.japanese,
            organs_counted=one.organs_counted,
            organs=len(one.organs),
            network_model=one.model,
            reported_at=one.reported_at,
            reminded_at=found.reminded.get(one.body.code),
        )
        for one in chosen(found.standings, filter_of(request.query_params))
    ]
    return Response(
        opened.as_csv(rows),
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="bodies-{on}.csv"'},
    )
