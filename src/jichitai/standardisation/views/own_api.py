"""Calls of a prefecture for its members, and of a body for itself: the published data."""

from datetime import date
from typing import Final

from litestar import get
from litestar.params import FromPath, FromQuery
from litestar.types import ControllerRouterHandler

from jichitai.infra.clock import Clock
from jichitai.kernel.bodies import all_bodies
from jichitai.standardisation.access import OFFICER, SUPERVISOR
from jichitai.standardisation.progress.results import BodyView
from jichitai.standardisation.views import tabular
from jichitai.standardisation.views.asking import asked
from jichitai.standardisation.views.items import BodyDetail, BodyItem
from jichitai.standardisation.views.scope import member_of, own_body
from jichitai.standardisation.views.standing import late_tally, published, view_of
from jichitai.web.inject import LawClock, Who

_TAGS: Final = ["standardisation-progress"]
AsOf = FromQuery[date | None]


@get(
    "/api/v1/standardisation/own",
    opt={"roles": OFFICER},
    summary="The body itself (移行の状況)",
    tags=_TAGS,
)
async def own(principal: Who, clock: LawClock, as_of: AsOf = None) -> BodyDetail:
    """What is published of the body that the account works for."""
    return tabular.detail_of(_views([own_body(principal).code], clock, as_of)[0], inside=False)


@get(
    "/api/v1/standardisation/members",
    opt={"roles": SUPERVISOR},
    summary="Members of the prefecture (構成団体の移行)",
    tags=_TAGS,
)
async def members(principal: Who, clock: LawClock, as_of: AsOf = None) -> list[BodyItem]:
    """What is published of the members, and of the prefecture itself, by code."""
    prefecture = principal.body_prefecture()
    codes = [one.code for one in all_bodies() if one.prefecture_code == prefecture]
    return [
        tabular.body_item(
            one.body,
            one.tally if one.steps_from else None,
            late_tally(one.systems) if one.late_from else None,
        )
        for one in _views(codes, clock, as_of)
    ]


@get(
    "/api/v1/standardisation/members/{code:str}",
    opt={"roles": SUPERVISOR},
    summary="One member (団体)",
    tags=_TAGS,
)
async def member(
    code: FromPath[str], principal: Who, clock: LawClock, as_of: AsOf = None
) -> BodyDetail:
    """What is published of one member."""
    found = member_of(principal, code)
    return tabular.detail_of(_views([found.code], clock, as_of)[0], inside=False)


def _views(codes: list[str], clock: Clock, as_of: date | None) -> list[BodyView]:
    found = asked(clock.today(), as_of=as_of)
    told = published(codes, found.known_at)
    return [
        view_of(code, told, on=found.on, known_at=found.known_at, kind=found.source)
        for code in codes
    ]


OWN_CALLS: Final[tuple[ControllerRouterHandler, ...]] = (own,)
MEMBER_CALLS: Final[tuple[ControllerRouterHandler, ...]] = (members, member)
