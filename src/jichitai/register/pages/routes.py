"""All pages of the counter, for the composition root."""

from pathlib import Path
from typing import Final

from litestar.types import ControllerRouterHandler

from jichitai.register.pages import approval, entry, people, work

TEMPLATES: Final = Path(__file__).resolve().parent.parent / "templates"
"""Folder of the register's templates, to be added to the application's."""

ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (
    work.today,
    entry.choose_event,
    entry.start,
    entry.show_step,
    entry.take_step,
    approval.queue,
    approval.show,
    approval.approve,
    approval.return_entry,
    people.search_form,
    people.search,
    people.search_result,
    people.person,
    people.ask_numbers,
    people.show_numbers,
    people.history,
    people.household,
)
