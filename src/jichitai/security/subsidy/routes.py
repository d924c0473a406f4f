"""What the subsidy adds to each tier."""

from typing import Final

from litestar.types import ControllerRouterHandler

from jichitai.security.subsidy import api, ministry_api

PREFECTURE_ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (*api.API_ROUTES,)
MINISTRY_ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (*ministry_api.API_ROUTES,)
