"""All routes and templates of checks, for the composition root: at towns, and prefectures as bodies."""

from typing import Final

from litestar.types import ControllerRouterHandler

from jichitai.security.checks.api.routes import API_ROUTES
from jichitai.security.checks.pages.routes import PAGE_ROUTES
from jichitai.security.checks.pages.routes import TEMPLATES as _TEMPLATES

ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (*PAGE_ROUTES, *API_ROUTES)
TEMPLATES: Final = _TEMPLATES
"""Folder of the templates, to be added to the application's."""
