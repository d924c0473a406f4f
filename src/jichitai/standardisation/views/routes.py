"""What the views add to each tier, for the composition root."""

from typing import Any, Final

from litestar import get
from litestar.types import ControllerRouterHandler

from jichitai.standardisation.access import OFFICER, STAFF, SUPERVISOR
from jichitai.standardisation.views.api import API_ROUTES
from jichitai.standardisation.views.own_api import MEMBER_CALLS, OWN_CALLS
from jichitai.standardisation.views.pages import (
    boards,
    bodies,
    groups,
    lists,
    members,
    opened,
    plans,
    series,
    spending,
    tables,
)
from jichitai.standardisation.views.places import MINISTRY, OPEN, OWN, TEMPLATES, Place
from jichitai.web.rights import PUBLIC

_TAGS: Final = ["standardisation-open-data"]


def _shown(path: str, roles: frozenset[str]) -> Any:
    return get(path, opt={"roles": roles}, include_in_schema=False)


def _views(place: Place, roles: frozenset[str]) -> list[ControllerRouterHandler]:
    def shown(path: str) -> Any:
        return _shown(path, roles)

    return [
        shown(place.base)(boards.country),
        shown(f"{place.base}/prefectures/{{code:str}}")(boards.area),
        shown(place.businesses)(tables.by_business),
        shown(place.late)(lists.late),
        shown(f"{place.late}.csv")(lists.late_csv),
        shown(place.bodies)(lists.bodies),
        shown(f"{place.base}/bodies/{{code:str}}")(bodies.body_page),
        shown(f"{place.base}/bodies/{{code:str}}/data.json")(opened.body_json),
        shown(place.trend)(series.trend),
        shown(place.groups)(groups.by_fact),
        shown(place.plan)(plans.plan),
        shown(place.costs)(spending.costs),
    ]


def _files() -> list[ControllerRouterHandler]:
    paths = [f"{OPEN.base}/{name}.{shape}" for name in opened.FILES for shape in ("csv", "json")]
    summary = "Progress of the migration, as open data"
    return [get(paths, opt={"roles": PUBLIC}, summary=summary, tags=_TAGS)(opened.file)]


BODY_ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (
    *OWN_CALLS,
    _shown(OWN.base, OFFICER)(members.own),
)
"""A body for itself: at towns, and at prefectures as bodies."""

PREFECTURE_ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (
    *BODY_ROUTES,
    *MEMBER_CALLS,
    _shown("/standardisation", SUPERVISOR)(members.area),
    _shown("/standardisation/bodies/{code:str}", SUPERVISOR)(members.member),
)

MINISTRY_ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (
    *API_ROUTES,
    *_views(MINISTRY, STAFF),
    *_views(OPEN, PUBLIC),
    *_files(),
)

__all__ = ["BODY_ROUTES", "MINISTRY_ROUTES", "PREFECTURE_ROUTES", "TEMPLATES"]
