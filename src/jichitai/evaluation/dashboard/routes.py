"""What 指標の状況 adds to the ministry: pages inside, the same in public, files and calls."""

from typing import Any, Final

from litestar import get
from litestar.params import FromPath
from litestar.response import Template
from litestar.types import ControllerRouterHandler

from jichitai.evaluation.access import INSIDE
from jichitai.evaluation.dashboard.api import API
from jichitai.evaluation.dashboard.files import FILES
from jichitai.evaluation.dashboard.pages import areas, boards
from jichitai.evaluation.dashboard.pages.shared import AnyRequest
from jichitai.evaluation.dashboard.places import INSIDE_PLACE, OPEN, TEMPLATES, Place
from jichitai.web.inject import Db, LawClock, Who
from jichitai.web.rights import PUBLIC


def _pages(place: Place) -> tuple[ControllerRouterHandler, ...]:
    opt: dict[str, Any] = {"roles": PUBLIC if place.public else INSIDE}

    @get(place.home, opt=opt, include_in_schema=False)
    async def home(request: AnyRequest, principal: Who, db: Db, clock: LawClock) -> Template:
        return await boards.home(request, place, principal, db, clock)

    @get(f"{place.base}/{{indicator_id:str}}", opt=opt, include_in_schema=False)
    async def indicator(
        request: AnyRequest, indicator_id: FromPath[str], db: Db, clock: LawClock
    ) -> Template:
        return await boards.indicator(request, place, indicator_id, db, clock)

    @get(
        f"{place.base}/{{indicator_id:str}}/prefectures/{{code:str}}",
        opt=opt,
        include_in_schema=False,
    )
    async def area(
        request: AnyRequest,
        indicator_id: FromPath[str],
        code: FromPath[str],
        db: Db,
        clock: LawClock,
    ) -> Template:
        return await areas.area(request, place, indicator_id, code, db, clock)

    @get(f"{place.base}/bodies/{{code:str}}", opt=opt, include_in_schema=False)
    async def body_page(
        request: AnyRequest, code: FromPath[str], db: Db, clock: LawClock
    ) -> Template:
        return await areas.body_page(request, place, code, db, clock)

    @get(f"{place.base}/bodies/{{code:str}}/like", opt=opt, include_in_schema=False)
    async def like_page(
        request: AnyRequest, code: FromPath[str], db: Db, clock: LawClock
    ) -> Template:
        return await areas.like_page(request, place, code, db, clock)

    return home, indicator, area, body_page, like_page


MINISTRY_ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (
    *API,
    *FILES,
    *_pages(INSIDE_PLACE),
    *_pages(OPEN),
)

__all__ = ["MINISTRY_ROUTES", "TEMPLATES"]
