"""費用: before and after, only where both are like for like."""

from typing import Final

from litestar.response import Template

from jichitai.standardisation.progress import service
from jichitai.standardisation.progress.costs import BASE_YEAR, TARGET_PERCENT
from jichitai.standardisation.progress.results import CostBody, CostClass, Costs
from jichitai.standardisation.views.asking import AnyRequest, Asked
from jichitai.standardisation.views.pages.setting import asked_at, crumbs, setting
from jichitai.standardisation.views.places import Place, address
from jichitai.web.components import Column, Crumb, Tile
from jichitai.web.frame import page
from jichitai.web.inject import Db, LawClock

RULES: Final = (
    f"比べるのは、毎年かかる同じ項目どうしです。{BASE_YEAR}年度（平成30年度）と移行後の両方に同じ項目がそろった団体だけを比べます。",
    "移行のための一時の経費は入れません。1年に満たない契約は12か月分に直します。",
    "住民1人あたりは、令和2年国勢調査の人口で割ります。",
    "ドル建ての料金は、使った為替レートを書き添えます。レートの書かれていない額は比べません。",
    f"目標は、運用の経費を{BASE_YEAR}年度より{TARGET_PERCENT}%少なくすることです。",
)
_BODIES: Final = (
    Column("name", "団体", head=True),
    Column("before", "平成30年度（円／年）", align="end"),
    Column("after", "移行後（円／年）", align="end"),
    Column("change", "増減と目標", align="end"),
    Column("notes", "1人あたりと注", wide=True),
)
_CLASSES: Final = (
    Column("kind", "区分", head=True),
    Column("bodies", "比べた団体", align="end"),
    Column("before", "平成30年度（円／年）", align="end"),
    Column("after", "移行後（円／年）", align="end"),
    Column("rate", "後／前", align="end"),
)
_REFUSED: Final = (
    Column("name", "団体", head=True),
    Column("fault", "比べなかった理由", wide=True),
)


async def costs(request: AnyRequest, db: Db, clock: LawClock) -> Template:
    """Costs against the aim."""
    place, asked = asked_at(request, clock.today())
    async with db.transaction(read_only=True) as tx:
        known = await service.datasets(tx, asked.known_at)
        found = await service.costs(tx, **asked.times)
    context = {
        **setting(request, place, asked, known),
        "tiles": _tiles(found),
        "rules": RULES,
        "class_columns": _CLASSES,
        "classes": [_class_row(one) for one in found.classes],
        "columns": _BODIES,
        "rows": [_row(one, place, asked) for one in found.bodies if one.comparison],
        "refused_columns": _REFUSED,
        "refused": [
            {"name": one.name, "fault": one.fault} for one in found.bodies if not one.comparison
        ],
        "crumbs": crumbs(place, asked, Crumb("費用")),
    }
    return page(request, "standardisation/costs.html", context)


def _tiles(found: Costs) -> list[Tile]:
    if not found.bodies:
        return [Tile("比べられる団体", "—", note="費用の回答がまだありません")]
    return [
        Tile("費用を答えた団体", len(found.bodies), "団体"),
        Tile("同じ項目で比べた団体", found.compared, "団体"),
        Tile(f"{TARGET_PERCENT}%以上減った団体", found.met, "団体"),
    ]


def _class_row(one: CostClass) -> dict[str, object]:
    return {
        "kind": one.body_class,
        "bodies": f"{one.bodies:,}",
        "before": f"{one.before:,}",
        "after": f"{one.after:,}",
        "rate": one.rate.text,
    }


def _row(one: CostBody, place: Place, asked: Asked) -> dict[str, object]:
    told = one.comparison
    if told is None:
        return {}
    person = told.per_resident
    return {
        "href": address(place.body(one.code), asked.values),
        "name": one.name,
        "kind": one.body_class,
        "before": f"{told.before:,}",
        "after": f"{told.after:,}",
        "change": f"{told.change_percent:+}%（{told.ratio}倍）",
        "target": "届いている" if told.meets_target else "届いていない",
        "person": f"1人あたり {person[0]:,}円 → {person[1]:,}円" if person else "",
        "notes": "。".join(told.notes),
    }
