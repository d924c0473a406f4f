"""The ministry's look at all 47 clouds: a map and a list, then one prefecture."""

from datetime import date
from typing import Annotated, Any, Final

from litestar import Request, get
from litestar.params import FromPath, QueryParameter
from litestar.response import Template

from jichitai.kernel.dates import JST
from jichitai.security.access import MINISTRY
from jichitai.security.cloud import catalogue, queries, store
from jichitai.security.cloud.errors import UnknownCloudError
from jichitai.security.cloud.model import Step
from jichitai.security.cloud.pages import words
from jichitai.security.cloud.queries import Row
from jichitai.web.components import Crumb, Finding, Option, Tile
from jichitai.web.formats import date_text
from jichitai.web.frame import page
from jichitai.web.inject import Db, LawClock
from jichitai.web.maps import MAP_SOURCE, map_svg
from jichitai.web.maps import Step as Legend

AnyRequest = Request[Any, Any, Any]
_OPT: Final[dict[str, Any]] = {"roles": MINISTRY}
_HOME: Final = Crumb("情報セキュリティ", "/security/bodies")
_LEGEND: Final = (
    Legend("0", "計画中"),
    Legend("1", "予算化・補助金申請"),
    Legend("2", "契約・構築中"),
    Legend("3", "移行中"),
    Legend("4", "運用開始"),
    Legend("none", "報告なし"),
)
_SHOWN: Final = {"all": "すべて", "behind": "予定を過ぎた", "silent": "報告なし"}


@get("/security/clouds", opt=_OPT, include_in_schema=False)
async def clouds(
    request: AnyRequest,
    db: Db,
    clock: LawClock,
    generation: Annotated[int, QueryParameter(ge=1, le=20)] = 3,
    show: Annotated[str, QueryParameter(max_length=20)] = "all",
) -> Template:
    """Map and list of the 47 prefectures."""
    async with db.transaction(read_only=True) as tx:
        rows = await queries.overview(tx, generation, clock.today())
    place = "/security/clouds/{}?generation=" + str(generation)
    links = {row.prefecture: place.format(row.prefecture) for row in rows}
    wanted = show if show in {*_SHOWN, *Step} else "all"
    context = {
        "generation": generation,
        "tiles": _tiles(rows, generation),
        "drawing": map_svg(
            {row.prefecture: words.STEP_FILLS[row.step] for row in rows if row.step},
            links=links,
        ),
        "legend": _LEGEND,
        "finding": _finding(rows, generation, clock.today()),
        "rows": [_line(row, links[row.prefecture]) for row in rows if _is_shown(row, wanted)],
        "generations": [Option(str(one), f"第{one}世代") for one in (3, 2, 1)],
        "shows": [*(Option(*one) for one in _SHOWN.items()), *words.STEPS],
        "show": wanted,
        "aim": _aim(generation),
        "functions_note": catalogue.FUNCTIONS_NOTE,
        "crumbs": [_HOME, Crumb("セキュリティクラウド")],
    }
    return page(request, "security_cloud/overview.html", context)


@get("/security/clouds/{prefecture:str}", opt=_OPT, include_in_schema=False)
async def cloud_of(
    request: AnyRequest,
    prefecture: FromPath[str],
    db: Db,
    clock: LawClock,
    generation: Annotated[int, QueryParameter(ge=1, le=20)] = 3,
    number: Annotated[int, QueryParameter(ge=0, le=1_000_000)] = 0,
) -> Template:
    """One prefecture: its latest report, or an earlier one."""
    if prefecture not in {f"{code:02}" for code in range(1, 48)}:
        raise UnknownCloudError("この番号の都道府県はありません。一覧から選び直してください。")
    async with db.transaction(read_only=True) as tx:
        reports = await store.reports_of(tx, prefecture)
    of_generation = [one for one in reports if one.generation == generation]
    found = next((one for one in of_generation if one.number == number or not number), None)
    name = words.prefecture_name(prefecture)
    context = {
        "name": name,
        "prefecture": prefecture,
        "generation": generation,
        "cloud": words.view(found.cloud, clock.today()) if found else None,
        "report": found,
        "reports": of_generation,
        "crumbs": [_HOME, Crumb("セキュリティクラウド", "/security/clouds"), Crumb(name)],
    }
    return page(request, "security_cloud/reported.html", context)


def _tiles(rows: list[Row], generation: int) -> list[Tile]:
    aim = catalogue.targets().get(generation)
    live = sum(row.step is Step.LIVE for row in rows)
    note = f"目標 {aim.target}／{aim.denominator}" if aim else ""
    return [
        Tile("運用開始", f"{live}／{len(rows)}", "都道府県", note),
        Tile("移行中", sum(row.step is Step.MIGRATING for row in rows), "都道府県"),
        Tile("必須の機能をすべて満たす", _complete(rows), "都道府県"),
        Tile("移行した団体", sum(row.migrated or 0 for row in rows), "団体"),
        Tile("予定を過ぎた", sum(bool(row.late) for row in rows), "都道府県"),
        Tile("報告なし", sum(row.step is None for row in rows), "都道府県"),
    ]


def _complete(rows: list[Row]) -> int:
    return sum(row.required_met == row.required for row in rows)


def _aim(generation: int) -> str:
    aim = catalogue.targets().get(generation)
    if aim is None:
        return ""
    return f"{aim.target}都道府県（{date_text(aim.due_on).striptags()}まで）。出典：{aim.source}"


def _finding(rows: list[Row], generation: int, today: date) -> Finding:
    live = sum(row.step is Step.LIVE for row in rows)
    return Finding(
        text=f"第{generation}世代を運用しているのは{len(rows)}都道府県のうち{live}です",
        source=f"都道府県の報告、地図は{MAP_SOURCE}",
        as_of=f"{today:%Y-%m-%d}",
        csv=f"/api/v1/security/clouds.csv?generation={generation}",
        definition="運用開始＝必須の機能をすべて満たし、参加団体がすべて移行し、運用開始の日を報告した都道府県。報告がない都道府県は分母に含む",
    )


def _is_shown(row: Row, show: str) -> bool:
    match show:
        case "behind":
            return bool(row.late)
        case "silent":
            return row.step is None
        case "all":
            return True
        case _:
            return row.step == show


def _line(row: Row, href: str) -> dict[str, Any]:
    return {
        "name": row.name,
        "href": href,
        "status": words.step_status(row.step),
        "required": "—" if row.required_met is None else f"{row.required_met}／{row.required}",
        "moved": "—" if row.migrated is None else f"{row.migrated}／{row.joining}",
        "late": "、".join(one.japanese for one in row.late)
        or ("—" if row.step is None else "なし"),
        "reported_on": f"{row.reported_at.astimezone(JST):%Y-%m-%d}" if row.reported_at else "—",
    }
