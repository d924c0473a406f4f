"""What 一年の仕事 adds to the ministry."""

from pathlib import Path
from typing import Final

from litestar.types import ControllerRouterHandler

from jichitai.evaluation.year.api import API
from jichitai.evaluation.year.pages import calendar, records

TEMPLATES: Final = Path(__file__).resolve().parent / "templates"
"""Folder of the templates, to be added to the application's."""

MINISTRY_ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (
    *API,
    *calendar.PAGES,
    *records.PAGES,
)
