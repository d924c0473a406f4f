"""What 見守り adds to each tier, for the composition root."""

from typing import Final

from litestar.types import ControllerRouterHandler

from jichitai.security.access import MINISTRY, SUPERVISOR
from jichitai.security.oversight.api.inbox import INBOX_ROUTES
from jichitai.security.oversight.api.overseers import overseer_routes
from jichitai.security.oversight.api.rounds import round_routes
from jichitai.security.oversight.pages.inbox import INBOX_PAGES
from jichitai.security.oversight.pages.opened import OPEN_ROUTES
from jichitai.security.oversight.pages.routes import member_pages, ministry_pages
from jichitai.security.oversight.pages.shared import TEMPLATES

TOWN_ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (*INBOX_ROUTES, *INBOX_PAGES)
PREFECTURE_ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (
    *TOWN_ROUTES,
    *overseer_routes(SUPERVISOR),
    *round_routes(SUPERVISOR),
    *member_pages(),
)
MINISTRY_ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (
    *overseer_routes(MINISTRY),
    *round_routes(MINISTRY),
    *ministry_pages(),
    *OPEN_ROUTES,
)

__all__ = ["MINISTRY_ROUTES", "PREFECTURE_ROUTES", "TEMPLATES", "TOWN_ROUTES"]
