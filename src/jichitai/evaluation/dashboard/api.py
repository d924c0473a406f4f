"""指標の状況 for programs inside; the open data are files for everybody."""

from datetime import date
from decimal import Decimal
from typing import Any, Final

from litestar import get
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler
from msgspec import Struct

from jichitai.evaluation.access import INSIDE
from jichitai.evaluation.dashboard import board as boards
from jichitai.evaluation.dashboard.board import Line
from jichitai.evaluation.dashboard.model import Group, by_class, by_prefecture
from jichitai.evaluation.dashboard.pages.boards import places_of
from jichitai.evaluation.dashboard.pages.shared import AnyRequest, moment_of
from jichitai.evaluation.dashboard.places import INSIDE_PLACE
from jichitai.web.inject import Db, LawClock

BASE: Final = "/api/v1/evaluation/dashboard"
_OPT: Final[dict[str, Any]] = {"roles": INSIDE}
_TAGS: Final = ["evaluation"]


class IndicatorItem(Struct, frozen=True, kw_only=True):
    """Where an indicator stands; unknown parts are empty."""

    indicator: str
    name: str
    section: str
    level: str
    unit: str
    value: Decimal | None
    text: str
    as_of: date | None
    target: Decimal | None
    target_on: date | None
    standing: str
    standing_word: str
    reason: str
    by_place: bool

    @classmethod
    def of(cls, line: Line) -> "IndicatorItem":
        """As programs read it."""
        point, target = line.status.point, line.status.target
        return cls(
            indicator=line.definition.indicator_id,
            name=line.definition.name,
            section=line.definition.section,
            level=line.definition.level,
            unit=line.definition.unit,
            value=point.value if point else None,
            text=point.text if point else "",
            as_of=point.as_of if point else None,
            target=target.value if target else None,
            target_on=target.on if target else None,
            standing=line.status.standing,
            standing_word=line.status.standing.word,
            reason=line.status.reason,
            by_place=line.sight is not None,
        )


class GroupItem(Struct, frozen=True, kw_only=True):
    """Bodies counted together; no rate where nobody answered."""

    key: str
    name: str
    bodies: int
    part: int
    whole: int
    percent: Decimal | None
    silent: int
    late_systems: int

    @classmethod
    def of(cls, one: Group) -> "GroupItem":
        """As programs read it."""
        return cls(
            key=one.key,
            name=one.name,
            bodies=one.bodies,
            part=one.part,
            whole=one.whole,
            percent=one.percent,
            silent=one.silent,
            late_systems=one.count,
        )


class PlacesItem(Struct, frozen=True, kw_only=True):
    """An indicator by prefecture and by class of bodies."""

    sight: str
    definition: str
    source: str
    as_of: date | None
    rehearsal: bool
    prefectures: list[GroupItem]
    classes: list[GroupItem]


@get(BASE, opt=_OPT, tags=_TAGS, summary="Where all indicators stand")
async def listed(request: AnyRequest, db: Db, clock: LawClock) -> list[IndicatorItem]:
    """Every indicator with value, target and standing; `as_of` gives an earlier day."""
    at = moment_of(request, clock)
    async with db.transaction(read_only=True) as tx:
        found = await boards.board(tx, at)
    return [
        IndicatorItem.of(line) for part in found.sections for line in (*part.lines, *part.context)
    ]


@get(f"{BASE}/{{indicator_id:str}}/places", opt=_OPT, tags=_TAGS, summary="An indicator by place")
async def by_place(
    request: AnyRequest, indicator_id: FromPath[str], db: Db, clock: LawClock
) -> PlacesItem:
    """Prefectures and classes of bodies; `source` gives another kind of data."""
    at = moment_of(request, clock)
    async with db.transaction(read_only=True) as tx:
        told = await places_of(tx, INSIDE_PLACE, indicator_id, at)
    return PlacesItem(
        sight=told.sight.label,
        definition=told.sight.definition,
        source=told.source,
        as_of=told.as_of,
        rehearsal=told.rehearsal,
        prefectures=[GroupItem.of(one) for one in by_prefecture(told)],
        classes=[GroupItem.of(one) for one in by_class(told)],
    )


API: Final[tuple[ControllerRouterHandler, ...]] = (listed, by_place)
