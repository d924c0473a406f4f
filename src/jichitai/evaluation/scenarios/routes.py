"""What 試算 adds to the ministry."""

from typing import Final

from litestar.types import ControllerRouterHandler

from jichitai.evaluation.scenarios.api import API
from jichitai.evaluation.scenarios.pages.trials import PAGES, TEMPLATES

MINISTRY_ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (*API, *PAGES)

__all__ = ["MINISTRY_ROUTES", "TEMPLATES"]
