"""期限の暦: the days of all rounds, counted in business days."""

from typing import Final

from litestar import get
from litestar.response import Template
from litestar.types import ControllerRouterHandler

from jichitai.standardisation.access import MINISTRY
from jichitai.standardisation.survey.pages.parts import (
    CALENDAR,
    HOME,
    STATUSES,
    AnyRequest,
    crumbs,
)
from jichitai.standardisation.survey.service.deadlines import deadlines
from jichitai.web.components import Column, Crumb
from jichitai.web.frame import page
from jichitai.web.inject import Db, LawClock, Who

_COLUMNS: Final = (
    Column("on", "日", head=True),
    Column("what", "期限", wide=True),
    Column("left", "開庁日で", align="end"),
    Column("open", "残り", align="end"),
    Column("status", "状態"),
)


@get(CALENDAR, opt={"roles": MINISTRY}, include_in_schema=False)
async def calendar(request: AnyRequest, principal: Who, db: Db, clock: LawClock) -> Template:
    """What falls due, the next first; what has passed below."""
    del principal
    today = clock.today()
    async with db.transaction(read_only=True) as tx:
        found = await deadlines(tx, today=today)
    context = {
        "home": HOME,
        "today": today,
        "coming": [one for one in found if one.on >= today],
        "past": [one for one in reversed(found) if one.on < today][:50],
        "columns": _COLUMNS,
        "statuses": STATUSES,
        "crumbs": crumbs(Crumb("期限の暦")),
    }
    return page(request, "standardisation_rounds/calendar.html", context)


ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (calendar,)
