"""What reports add to the ministry's tier."""

from pathlib import Path
from typing import Final

from litestar.types import ControllerRouterHandler

from jichitai.evaluation.reports.api import API_ROUTES
from jichitai.evaluation.reports.pages.desk import DESK_PAGES
from jichitai.evaluation.reports.pages.editor import EDITOR_PAGES
from jichitai.evaluation.reports.pages.public import PUBLIC_PAGES

TEMPLATES: Final = Path(__file__).resolve().parent / "templates"
"""Folder of the templates, to be added to the application's."""

ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (
    *API_ROUTES,
    *DESK_PAGES,
    *EDITOR_PAGES,
    *PUBLIC_PAGES,
)
