"""Calls of a prefecture for its members, and of a body for itself."""

from datetime import date
from typing import Annotated, Final

from litestar import get
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.types import ControllerRouterHandler

from jichitai.kernel.bodies import all_bodies
from jichitai.standardisation.access import OFFICER, SUPERVISOR
from jichitai.standardisation.progress.results import BodyView
from jichitai.standardisation.views import tabular
from jichitai.standardisation.views.answered import newest, told_of_members, told_of_own
from jichitai.standardisation.views.asking import Asked, asked
from jichitai.standardisation.views.items import BodyDetail, BodyItem
from jichitai.standardisation.views.scope import member_of, own_body
from jichitai.standardisation.views.standing import Told, late_tally, view_of
from jichitai.web.inject import Db, LawClock, Who

_TAGS: Final = ["standardisation-progress"]
AsOf = FromQuery[date | None]
Source = Annotated[str, QueryParameter(pattern="^(open|survey)?$")]


@get(
    "/api/v1/standardisation/own",
    opt={"roles": OFFICER},
    summary="The body itself (移行の状況)",
    tags=_TAGS,
)
async def own(
    principal: Who, db: Db, clock: LawClock, as_of: AsOf = None, source: Source = ""
) -> BodyDetail:
    """What is published of the body that the account works for, or what it answered."""
    code, found = own_body(principal).code, asked(clock.today(), as_of=as_of, source=source)
    told = await told_of_own(db, code, found)
    return tabular.detail_of(_view(code, told, found), inside=True)


@get(
    "/api/v1/standardisation/members",
    opt={"roles": SUPERVISOR},
    summary="Members of the prefecture (構成団体の移行)",
    tags=_TAGS,
)
async def members(
    principal: Who, db: Db, clock: LawClock, as_of: AsOf = None, source: Source = ""
) -> list[BodyItem]:
    """What is published of the members and the prefecture itself, or what they answered."""
    prefecture = principal.body_prefecture()
    found = asked(clock.today(), as_of=as_of, source=source)
    told = newest(await told_of_members(db, prefecture, found))
    views = [
        _view(one.code, told, found) for one in all_bodies() if one.prefecture_code == prefecture
    ]
    return [
        tabular.body_item(
            one.body,
            one.tally if one.steps_from else None,
            late_tally(one.systems) if one.late_from else None,
        )
        for one in views
    ]


@get(
    "/api/v1/standardisation/members/{code:str}",
    opt={"roles": SUPERVISOR},
    summary="One member (団体)",
    tags=_TAGS,
)
async def member(
    code: FromPath[str],
    principal: Who,
    db: Db,
    clock: LawClock,
    as_of: AsOf = None,
    source: Source = "",
) -> BodyDetail:
    """What is published of one member, or what it answered."""
    body, found = member_of(principal, code), asked(clock.today(), as_of=as_of, source=source)
    told = await told_of_members(db, body.prefecture_code, found, code=body.code)
    return tabular.detail_of(_view(code, told, found), inside=True)


def _view(code: str, told: Told, found: Asked) -> BodyView:
    return view_of(code, told, on=found.on, known_at=found.known_at, kind=found.source)


OWN_CALLS: Final[tuple[ControllerRouterHandler, ...]] = (own,)
MEMBER_CALLS: Final[tuple[ControllerRouterHandler, ...]] = (members, member)
