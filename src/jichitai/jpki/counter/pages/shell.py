"""What stands around the town's pages, with the place of the cards."""

from dataclasses import replace
from typing import Final

from jichitai.register.pages.shell import town_shell
from jichitai.web.components import NavItem, Shell
from jichitai.web.rights import Principal

CARDS: Final = NavItem("カードの手続", "/counter/cards", key="c")
PROOFING: Final = NavItem("対面での本人確認", "/proofing", key="p")


def card_shell(principal: Principal) -> Shell:
    """The shell of a town; those who work at the counter also find the cards."""
    shell = town_shell(principal)
    return replace(shell, nav=(*shell.nav, CARDS, PROOFING)) if shell.nav else shell
