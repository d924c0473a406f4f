"""What the ministry's rounds add to its tier, for the composition root."""

from typing import Final

from litestar.types import ControllerRouterHandler

from jichitai.standardisation.survey.api.routes import ROUTES as API_ROUTES
from jichitai.standardisation.survey.pages import calendar, contacts, letters, rounds, uploads
from jichitai.standardisation.survey.pages.parts import TEMPLATES

MINISTRY_ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (
    *API_ROUTES,
    *rounds.ROUTES,
    *uploads.ROUTES,
    *letters.ROUTES,
    *contacts.ROUTES,
    *calendar.ROUTES,
)

__all__ = ["MINISTRY_ROUTES", "TEMPLATES"]
