"""Places of 政策評価 in the navigation of the ministry."""

from dataclasses import replace
from typing import Final

from jichitai.web.components import NavItem, Shell
from jichitai.web.frame import ShellMaker
from jichitai.web.rights import Principal, Role

SYSTEM: Final = "政策評価"


def _place(label: str, href: str, key: str) -> NavItem:
    return NavItem(label, href, key=key, group=SYSTEM)


_READ: Final = (
    _place("指標の状況", "/evaluation", "h"),
    _place("政策と効果発現経路", "/evaluation/policies", "o"),
    _place("指標", "/evaluation/indicators", "n"),
    _place("評価書", "/evaluation/reports", "r"),
)
_WORK: Final = (
    _place("一年の仕事", "/evaluation/year", "y"),
    _place("試算", "/evaluation/what-if", "w"),
    _place("届いた数字", "/evaluation/figures", "j"),
)
_PUBLIC: Final = (
    NavItem("指標の状況（公表）", "/open-data/evaluation"),
    NavItem("評価書（公表）", "/reports"),
)
_INSIDE: Final = frozenset(
    {Role.MINISTRY_OFFICER, Role.EVALUATION_OFFICER, Role.EVALUATION_APPROVER}
)


def places(roles: frozenset[Role]) -> tuple[NavItem, ...]:
    """The places of those who write, approve or comment the evaluation."""
    if roles & _INSIDE:
        return (*_READ, *_WORK)
    return _READ if Role.EVALUATION_EXPERT in roles else ()


def ministry_shell(base: ShellMaker) -> ShellMaker:
    """The shell of the ministry with its evaluation; the only system of those with nothing else."""

    def shell(principal: Principal) -> Shell:
        found, added = base(principal), places(principal.roles)
        links = (*found.links, *_PUBLIC)
        if not added:
            return replace(found, links=links)
        first = not found.nav
        return replace(
            found,
            density="work",
            nav=(*found.nav, *added),
            links=links,
            home=added[0].href if first else found.home,
        )

    return shell
