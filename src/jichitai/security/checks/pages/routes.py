"""All pages of checks, for the composition root."""

from pathlib import Path
from typing import Final

from litestar.types import ControllerRouterHandler

from jichitai.security.checks.pages import (
    answering,
    corrections,
    exceptions,
    exchange,
    home,
    papers,
    risks,
    rounds,
)

TEMPLATES: Final = Path(__file__).resolve().parent.parent / "templates"
"""Folder of the templates, to be added to the application's."""

PAGE_ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (
    *home.ROUTES,
    *rounds.ROUTES,
    *answering.ROUTES,
    *exchange.ROUTES,
    *papers.ROUTES,
    *corrections.ROUTES,
    *exceptions.ROUTES,
    *risks.ROUTES,
)
