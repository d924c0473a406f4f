"""What daily figures add to the ministry's tier."""

from pathlib import Path
from typing import Final

from litestar.types import ControllerRouterHandler

from jichitai.evaluation.figures.api import API
from jichitai.evaluation.figures.pages import PAGES

TEMPLATES: Final = Path(__file__).resolve().parent / "templates"
"""Folder of the templates, to be added to the application's."""

ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (*API, *PAGES)
