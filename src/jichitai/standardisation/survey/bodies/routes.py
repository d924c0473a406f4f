"""What the survey adds to a body's tier, for the composition root."""

from typing import Final

from litestar.types import ControllerRouterHandler

from jichitai.standardisation.survey.bodies.api import ANSWER_CALLS
from jichitai.standardisation.survey.bodies.pages.answering import ANSWER_PAGES
from jichitai.standardisation.survey.bodies.pages.files import FILE_PAGES
from jichitai.standardisation.survey.bodies.pages.parts import TEMPLATES
from jichitai.standardisation.survey.bodies.pages.spending import costs, keep_costs

ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (
    *ANSWER_CALLS,
    *ANSWER_PAGES,
    *FILE_PAGES,
    costs,
    keep_costs,
)

__all__ = ["ROUTES", "TEMPLATES"]
