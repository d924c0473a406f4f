"""運用盤: how the links of all towns stand, and what an operator does about it.

Deeds are the services' (links, quarantine); the board reads and asks. A town is cut by two
operators: one asks with a reason, another confirms and types the town's name.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect, Template

from jichitai.infra.outbox import Outbox
from jichitai.jukinet.errors import UnknownTownError
from jichitai.jukinet.links import service as links
from jichitai.jukinet.links import store as link_requests
from jichitai.jukinet.network.scope import NATIONAL
from jichitai.jukinet.node import Node
from jichitai.jukinet.pages import board_queries as queries
from jichitai.jukinet.pages.board_queries import Condition, TownState
from jichitai.jukinet.pages.places import here
from jichitai.jukinet.pages.quarantine import QUARANTINE_COLUMNS
from jichitai.kernel.dates import JST
from jichitai.kernel.errors import InvalidError, JichitaiError
from jichitai.kernel.municipalities import prefectures
from jichitai.kernel.parties import Party
from jichitai.web.components import Column, Crumb, FieldErrors, Finding, Tile
from jichitai.web.frame import page
from jichitai.web.inject import Db, LawClock, NodeKeys, Who
from jichitai.web.maps import MAP_SOURCE, Step, map_svg
from jichitai.web.rights import Role

AnyRequest = Request[Any, Any, Any]
Form = URLEncodedBody[dict[str, str]]
Outgoing = NamedDependency[Outbox]

_OPERATOR: Final = frozenset({Role.NETWORK_OPERATOR})
_OPT: Final[dict[str, Any]] = {"roles": _OPERATOR}

_STEPS: Final = (
    Step("ok", "正常"),
    Step("warn", "遅れ"),
    Step("bad", "隔離・不一致"),
    Step("cut", "切断"),
    Step("none", "未接続"),
)
_TOWN_COLUMNS: Final = (
    Column("name", "団体", head=True),
    Column("condition", "状態"),
    Column("lag", "遅れ", align="end"),
    Column("waiting", "送信待ち", align="end"),
    Column("quarantined", "隔離", align="end"),
    Column("digest", "照合"),
    Column("owner", "担当"),
)
_PREFECTURE_COLUMNS: Final = (
    Column("name", "都道府県", head=True),
    Column("fine", "正常", align="end"),
    Column("troubled", "異常", align="end"),
    Column("unheard", "未接続", align="end"),
)


@dataclass(frozen=True, slots=True)
class PrefectureRow:
    """The towns of a prefecture counted by condition."""

    code: str
    name: str
    href: str
    fine: int
    troubled: int
    unheard: int
    worst: Condition


@get("/network", opt=_OPT, include_in_schema=False)
async def board(request: AnyRequest, db: Db, clock: LawClock) -> Template:
    """The whole country: where something is wrong, since when, who owns it."""
    async with db.transaction(read_only=True) as tx:
        towns = await queries.towns(tx, clock.now())
        heard = await queries.last_heard(tx)
    rows = _by_prefecture(towns)
    links_by_code = {row.code: row.href for row in rows}
    context = {
        "tiles": _tiles(towns),
        "drawing": map_svg({row.code: row.worst.fill for row in rows}, links=links_by_code),
        "finding": _finding(towns, clock.now()),
        "steps": _STEPS,
        "troubled": _troubled(towns),
        "town_columns": _TOWN_COLUMNS,
        "prefecture_columns": _PREFECTURE_COLUMNS,
        "prefecture_rows": rows,
        "heard": heard,
        "now": clock.now(),
    }
    return _page(request, "/network", "jukinet/board.html", context)


@get("/network/prefectures/{code:str}", opt=_OPT, include_in_schema=False)
async def board_of_prefecture(
    request: AnyRequest, code: FromPath[str], db: Db, clock: LawClock
) -> Template:
    """One prefecture: its towns on a map and in a list."""
    async with db.transaction(read_only=True) as tx:
        towns = [
            one for one in await queries.towns(tx, clock.now()) if one.town.prefecture_code == code
        ]
    if not towns:
        raise UnknownTownError("この番号の都道府県はありません。一覧から選び直してください。")
    context = {
        "name": towns[0].town.prefecture,
        "tiles": _tiles(towns),
        "drawing": map_svg(
            {one.code: one.condition.fill for one in towns},
            links={one.code: f"/network/towns/{one.code}" for one in towns},
            prefecture=code,
        ),
        "finding": _finding(towns, clock.now()),
        "steps": _STEPS,
        "town_columns": _TOWN_COLUMNS,
        "towns": sorted(towns, key=lambda one: (list(Condition).index(one.condition), one.code)),
        "now": clock.now(),
    }
    return _page(request, "/network", "jukinet/board_prefecture.html", context)


@get("/network/towns/{code:str}", opt=_OPT, include_in_schema=False)
async def town_page(request: AnyRequest, code: FromPath[str], db: Db, clock: LawClock) -> Template:
    """One town: its link, its refused messages, and the two-person cut."""
    return await _town_page(request, code, db, clock, FieldErrors(), {})


@post("/network/towns/{code:str}/request", opt=_OPT, include_in_schema=False)
async def ask(
    request: AnyRequest,
    code: FromPath[str],
    data: Form,
    principal: Who,
    db: Db,
    clock: LawClock,
    keys: NodeKeys,
    outbox: Outgoing,
) -> Template | Redirect:
    """Ask for the cut of a town, or for its return."""
    action: links.Action = "return" if data.get("action") == "return" else "cut"
    try:
        async with db.transaction() as tx:
            await links.request(
                tx,
                Node(keys, outbox, clock),
                NATIONAL,
                code,
                action,
                reason=data.get("reason", ""),
                by=principal.actor,
            )
    except InvalidError as error:
        errors = FieldErrors.of({"reason": error.detail})
        return await _town_page(request, code, db, clock, errors, data)
    return Redirect(f"/network/towns/{code}", status_code=303)


@post("/network/towns/{code:str}/confirm", opt=_OPT, include_in_schema=False)
async def confirm(
    request: AnyRequest,
    code: FromPath[str],
    data: Form,
    principal: Who,
    db: Db,
    clock: LawClock,
    keys: NodeKeys,
    outbox: Outgoing,
) -> Template | Redirect:
    """Confirm as the second person, or take the request back."""
    node = Node(keys, outbox, clock)
    try:
        async with db.transaction() as tx:
            if data.get("decision") == "withdraw":
                await links.withdraw(tx, node, NATIONAL, code, by=principal.actor)
            else:
                name = data.get("typed_name", "")
                await links.confirm(tx, node, NATIONAL, code, typed_name=name, by=principal.actor)
    except JichitaiError as error:
        errors = FieldErrors.of({"typed_name": error.detail})
        return await _town_page(request, code, db, clock, errors, data)
    return Redirect(f"/network/towns/{code}", status_code=303)


async def _town_page(
    request: AnyRequest,
    code: str,
    db: Db,
    clock: LawClock,
    errors: FieldErrors,
    typed: dict[str, str],
) -> Template:
    async with db.transaction(read_only=True) as tx:
        found = next(
            (one for one in await queries.towns(tx, clock.now()) if one.code == code), None
        )
        if found is None:
            raise UnknownTownError("該当する市区町村がありません。団体コードを確かめてください。")
        entries = await queries.quarantine(tx, origin=str(Party.town(code)))
        every = await link_requests.all_waiting(tx, NATIONAL)
    context = {
        "town": found,
        "entries": entries,
        "columns": QUARANTINE_COLUMNS,
        "waiting": next((one for one in every if one.municipality == code), None),
        "errors": errors,
        "typed": typed,
        "now": clock.now(),
        "crumbs": _crumbs(found),
    }
    return _page(
        request, "/network", "jukinet/board_town.html", context, status=422 if errors else 200
    )


def _page(
    request: AnyRequest, place: str, template: str, context: dict[str, Any], *, status: int = 200
) -> Template:
    return page(request, template, {"shell": here(request, place), **context}, status=status)


def _by_prefecture(towns: Sequence[TownState]) -> list[PrefectureRow]:
    rows = []
    for prefecture in prefectures():
        code = prefecture.prefecture_code
        conditions = [one.condition for one in towns if one.town.prefecture_code == code]
        order = [one for one in Condition if one in conditions]
        fine, unheard = conditions.count(Condition.FINE), conditions.count(Condition.UNHEARD)
        rows.append(
            PrefectureRow(
                code=code,
                name=prefecture.name,
                href=f"/network/prefectures/{code}",
                fine=fine,
                troubled=len(conditions) - fine - unheard,
                unheard=unheard,
                worst=order[0],
            )
        )
    return rows


def _troubled(towns: Sequence[TownState]) -> list[TownState]:
    """Towns that need somebody, the worst first."""
    calm = {Condition.FINE, Condition.UNHEARD}
    order = list(Condition)
    found = [one for one in towns if one.condition not in calm or one.requested]
    return sorted(found, key=lambda one: (order.index(one.condition), one.code))


def _tiles(towns: Sequence[TownState]) -> list[Tile]:
    conditions = [one.condition for one in towns]
    tiles = [Tile("団体", len(towns))]
    return tiles + [Tile(one.status.word, conditions.count(one)) for one in reversed(Condition)]


def _finding(towns: Sequence[TownState], now: datetime) -> Finding:
    troubled = sum(1 for one in towns if one.condition not in {Condition.FINE, Condition.UNHEARD})
    text = f"異常のある団体は{troubled:,}団体です" if troubled else "異常のある団体はありません"
    return Finding(
        text=text,
        source=f"機構、地図は{MAP_SOURCE}",
        as_of=f"{now.astimezone(JST):%Y-%m-%d %H:%M:%S}",
    )


def _crumbs(found: TownState) -> list[Crumb]:
    town = found.town
    return [
        Crumb("運用盤", "/network"),
        Crumb(town.prefecture, f"/network/prefectures/{town.prefecture_code}"),
        Crumb(town.county + town.name),
    ]


ROUTES: Final = (
    board,
    board_of_prefecture,
    town_page,
    ask,
    confirm,
)
