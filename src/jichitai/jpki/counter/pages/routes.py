"""All pages of the cards' counter, for the composition root."""

from pathlib import Path
from typing import Final

from litestar.types import ControllerRouterHandler

from jichitai.jpki.counter.pages import applying, cards, reporting

TEMPLATES: Final = Path(__file__).resolve().parent.parent / "templates"
"""Folder of the counter's templates, to be added to the application's."""

PAGE_ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (
    cards.cards,
    cards.person_card,
    cards.show_writing,
    cards.give_ticket,
    cards.hand_over,
    cards.ask_give_up,
    cards.give_up,
    applying.application_form,
    applying.apply,
    reporting.report_form,
    reporting.report,
)
