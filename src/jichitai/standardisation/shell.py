"""Places of システム標準化 in the navigation of every tier."""

from dataclasses import replace
from typing import Final

from jichitai.web.components import NavItem, Shell
from jichitai.web.frame import ShellMaker
from jichitai.web.rights import Principal, Role

SYSTEM: Final = "システム標準化"
SUPPORT: Final = "システム標準化担当"


def _place(label: str, href: str, key: str) -> NavItem:
    return NavItem(label, href, key=key, group=SYSTEM)


_OWN: Final = (
    _place("移行の状況", "/standardisation/own", "m"),
    _place("調査への回答", "/standardisation/answers", "a"),
)
_MEMBERS: Final = (
    _place("構成団体の移行", "/standardisation", "t"),
    _place("回答の確認", "/standardisation/checks", "f"),
)
_MINISTRY: Final = (
    _place("移行の状況", "/standardisation", "m"),
    _place("移行の調査", "/standardisation/rounds", "a"),
    _place("期限の暦", "/standardisation/calendar", "d"),
)
_PUBLIC: Final = NavItem("移行の状況（公表）", "/open-data/standardisation")


def places(roles: frozenset[Role]) -> tuple[NavItem, ...]:
    """The places of a body's or a prefecture's people."""
    own = _OWN if Role.STANDARDISATION_OFFICER in roles else ()
    return (*own, *(_MEMBERS if Role.STANDARDISATION_SUPERVISOR in roles else ()))


def body_shell(base: ShellMaker) -> ShellMaker:
    """The shell of a body's tier with its migration; the only system of those with nothing else."""

    def shell(principal: Principal) -> Shell:
        found, added = base(principal), places(principal.roles)
        if not added:
            return found
        if found.nav:
            return replace(found, nav=(*found.nav, *added))
        return replace(found, system=SYSTEM, home=added[0].href, nav=added, contact=SUPPORT)

    return shell


def ministry_shell(base: ShellMaker) -> ShellMaker:
    """The shell of the ministry with the migration of all bodies."""

    def shell(principal: Principal) -> Shell:
        found = base(principal)
        staff = Role.MINISTRY_OFFICER in principal.roles
        return replace(
            found,
            nav=(*_MINISTRY, *found.nav) if staff else found.nav,
            links=(*found.links, _PUBLIC),
        )

    return shell
