"""試算 for programs."""

from typing import Any, Final

from litestar import Request, get
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler
from msgspec import Struct

from jichitai.evaluation.access import INSIDE
from jichitai.evaluation.scenarios import starts
from jichitai.evaluation.scenarios.entry import checked
from jichitai.evaluation.scenarios.model import trial
from jichitai.evaluation.scenarios.results import Result, result
from jichitai.evaluation.scenarios.subjects import Subject, subject
from jichitai.web.inject import Db, LawClock

BASE: Final = "/api/v1/evaluation/what-if"
_OPT: Final[dict[str, Any]] = {"roles": INSIDE}
_TAGS: Final = ["evaluation"]


class SubjectItem(Struct, frozen=True, kw_only=True):
    """What can be tried, with where it stands; empty where nobody has told."""

    key: str
    title: str
    unit: str
    indicator: str
    total: int
    done: int | None
    start_on: str
    start_source: str
    goal: str
    goal_on: str
    goal_source: str

    @classmethod
    def of(cls, one: Subject) -> "SubjectItem":
        """As programs read it."""
        return cls(
            key=one.key,
            title=one.title,
            unit=one.unit,
            indicator=one.indicator_id,
            total=one.total,
            done=one.start.done if one.start else None,
            start_on=one.start.on.isoformat() if one.start else "",
            start_source=one.start.source if one.start else "",
            goal=f"{one.goal.share:f}",
            goal_on=one.goal.on.isoformat(),
            goal_source=one.goal.source,
        )


@get(BASE, opt=_OPT, tags=_TAGS, summary="What can be tried")
async def listed(db: Db, clock: LawClock) -> list[SubjectItem]:
    """Subjects with their start and goal."""
    async with db.transaction(read_only=True) as tx:
        return [SubjectItem.of(one) for one in await starts.standings(tx, clock.now())]


@get(f"{BASE}/{{key:str}}", opt=_OPT, tags=_TAGS, summary="Try assumptions")
async def tried(
    request: Request[Any, Any, Any], key: FromPath[str], db: Db, clock: LawClock
) -> Result:
    """What follows from assumptions, given as a query like that of the page.

    `done`, `start_on`, `ready`, `adoption`, `capacity`, `growth`, `band`, `goal`, `goal_on`; what is
    left out stands as on the page at first.
    """
    async with db.transaction(read_only=True) as tx:
        about = await starts.standing(tx, subject(key), clock.now())
    return result(about, trial(checked(about, request.query_params)))


API: Final[tuple[ControllerRouterHandler, ...]] = (listed, tried)
