"""What the checks add to a prefecture's tier, for the composition root."""

from typing import Final

from litestar.types import ControllerRouterHandler

from jichitai.standardisation.survey.checking.api import CHECK_CALLS
from jichitai.standardisation.survey.checking.pages import CHECK_PAGES, TEMPLATES

ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (*CHECK_CALLS, *CHECK_PAGES)

__all__ = ["ROUTES", "TEMPLATES"]
