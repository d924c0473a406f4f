"""What policies and logic models add to the ministry's tier."""

from pathlib import Path
from typing import Final

from litestar.types import ControllerRouterHandler

from jichitai.evaluation.policies.api import API_ROUTES
from jichitai.evaluation.policies.pages.models import MODEL_PAGES
from jichitai.evaluation.policies.pages.nodes import NODE_PAGES
from jichitai.evaluation.policies.pages.shelf import SHELF_PAGES
from jichitai.evaluation.policies.pages.texts import TEXT_PAGES

TEMPLATES: Final = Path(__file__).resolve().parent / "templates"
"""Folder of the templates, to be added to the application's."""

ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (
    *API_ROUTES,
    *SHELF_PAGES,
    *TEXT_PAGES,
    *MODEL_PAGES,
    *NODE_PAGES,
)
