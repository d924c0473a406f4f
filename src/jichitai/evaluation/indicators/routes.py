"""What indicators add to the ministry's tier."""

from pathlib import Path
from typing import Final

from litestar.types import ControllerRouterHandler

from jichitai.evaluation.indicators import builtin
from jichitai.evaluation.indicators.api.routes import API_ROUTES
from jichitai.evaluation.indicators.pages.defining import DEFINING_PAGES
from jichitai.evaluation.indicators.pages.imports import IMPORT_PAGES
from jichitai.evaluation.indicators.pages.reading import READING_PAGES
from jichitai.evaluation.indicators.pages.writing import WRITING_PAGES
from jichitai.infra.database import Database

TEMPLATES: Final = Path(__file__).resolve().parent / "templates"
"""Folder of the templates, to be added to the application's."""

ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (
    *API_ROUTES,
    *READING_PAGES,
    *WRITING_PAGES,
    *DEFINING_PAGES,
    *IMPORT_PAGES,
)


async def load(database: Database) -> bool:
    """Bring the built-in indicators into the ministry's database, once."""
    async with database.transaction() as tx:
        await builtin.load(tx)
    return False
