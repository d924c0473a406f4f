"""All pages of the counter, for the composition root."""

from pathlib import Path
from typing import Final

from litestar.types import ControllerRouterHandler

from jichitai.register.pages import approval, entry, people, work
from jichitai.web.components import NavItem

TEMPLATES: Final = Path(__file__).resolve().parent.parent / "templates"
"""Folder of the register's templates, to be added to the application's."""

NAVIGATION: Final[tuple[NavItem, ...]] = (
    NavItem("今日の仕事", "/counter", key="h"),
    NavItem("人を検索する", "/counter/search", key="s"),
    NavItem("審査待ち", "/counter/approvals", key="a"),
)
"""Places of the side navigation for clerks and approvers."""

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
