"""What the guideline adds to each tier."""

from pathlib import Path
from typing import Final

from litestar.types import ControllerRouterHandler

from jichitai.security.guideline.api import API_ROUTES, PUBLISHER_API
from jichitai.security.guideline.pages.browse import BROWSE_ROUTES
from jichitai.security.guideline.pages.versions import PUBLISHER_PAGES, VERSION_ROUTES

TEMPLATES: Final = Path(__file__).resolve().parent / "templates"
"""Folder of the templates, to be added to the application's."""

BODY_ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (
    *API_ROUTES,
    *BROWSE_ROUTES,
    *VERSION_ROUTES,
)
"""At a town and at a prefecture."""

MINISTRY_ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (
    *BODY_ROUTES,
    *PUBLISHER_API,
    *PUBLISHER_PAGES,
)
