"""What stands around the counter's pages."""

from typing import Final

from jichitai.register.pages.views import town_name
from jichitai.web.components import NavItem, Shell
from jichitai.web.rights import Principal, Role

NAVIGATION: Final[tuple[NavItem, ...]] = (
    NavItem("今日の仕事", "/counter", key="h"),
    NavItem(
        "人を検索する",
        "/counter/search",
        key="s",
        also=("/counter/residents", "/counter/households"),
    ),
    NavItem("審査待ち", "/counter/approvals", key="a"),
)
"""Places of the side navigation for clerks and approvers."""


def town_shell(principal: Principal) -> Shell:
    """The shell of a town: its name, and the counter's places for those who work there."""
    works = bool(principal.roles & {Role.CLERK, Role.APPROVER})
    return Shell(
        system="住民記録",
        office=town_name(principal.municipality or "") or "市区町村",
        home="/counter" if works else "/",
        nav=NAVIGATION if works else (),
        section="住民課" if works else "",
        contact="住民課の運用担当者",
    )
