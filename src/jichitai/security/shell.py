"""Places of 情報セキュリティ in the navigation of every tier."""

from dataclasses import replace
from typing import Final

from jichitai.kernel.municipalities import UnknownMunicipalityError, prefecture
from jichitai.web.components import NavItem, Shell
from jichitai.web.frame import ShellMaker
from jichitai.web.rights import Principal, Role

SYSTEM: Final = "情報セキュリティ"

_INSIDE: Final = frozenset({Role.SECURITY_OFFICER, Role.POLICY_ADOPTER, Role.SECURITY_AUDITOR})
_OWN: Final = (
    NavItem("今日の仕事", "/security", key="h", also=("/security/organs",)),
    NavItem("方針", "/security/policies", key="p"),
    NavItem("ガイドライン", "/security/guideline", key="l"),
    NavItem("システム", "/security/systems", key="s"),
    NavItem("構成図", "/security/network", key="n"),
    NavItem("点検と監査", "/security/checks", key="c"),
    NavItem("事案", "/security/incidents", key="i"),
    NavItem("依頼と督促", "/security/notices", key="r"),
)
_SUPERVISOR: Final = (
    NavItem("構成団体の状況", "/security/members", key="m"),
    NavItem("セキュリティクラウド", "/security/cloud", key="k"),
    NavItem("補助金", "/security/subsidies", key="u"),
)
_ANALYST: Final = (NavItem("監視", "/security/monitoring", key="w"),)
_REPORT: Final = (NavItem("事案を報告する", "/security/incidents/new", key="i"),)
_MINISTRY: Final = (
    NavItem("策定の状況", "/security/bodies", key="b"),
    NavItem("調査", "/security/surveys", key="v"),
    NavItem("督促と手紙", "/security/letters", key="e"),
    NavItem("ガイドライン", "/security/guideline", key="l"),
    NavItem("セキュリティクラウド", "/security/clouds", key="k"),
    NavItem("補助金", "/security/subsidies", key="u"),
)
_PUBLIC: Final = NavItem("策定の状況（公表）", "/open-data/security")


def places(roles: frozenset[Role]) -> tuple[NavItem, ...]:
    """The places of a body's or a prefecture's people."""
    own = _OWN if roles & _INSIDE else ()
    upper = _SUPERVISOR if Role.SECURITY_SUPERVISOR in roles else ()
    watching = _ANALYST if Role.SOC_ANALYST in roles else ()
    begin = _OWN[:1] if upper and not own else ()
    found = (*begin, *own, *upper, *watching)
    return _grouped((*found, *(_REPORT if found and not own else ())))


def _grouped(places: tuple[NavItem, ...]) -> tuple[NavItem, ...]:
    return tuple(replace(one, group=SYSTEM) for one in places)


def body_shell(base: ShellMaker) -> ShellMaker:
    """The shell of a body's tier with its security: the only system of those who work for it alone.

    Clerks keep their places and find where to report an incident.
    """

    def shell(principal: Principal) -> Shell:
        found, added = base(principal), places(principal.roles)
        if not added:
            return replace(found, nav=(*found.nav, *_REPORT)) if found.nav else found
        if found.nav:
            return replace(found, nav=(*found.nav, *added))
        return replace(found, system=SYSTEM, home=added[0].href, nav=added, contact=SUPPORT)

    return shell


SUPPORT: Final = "情報セキュリティ担当"


def prefecture_shell(principal: Principal) -> Shell:
    """The shell of a prefecture."""
    return Shell(
        system="住民基本台帳ネットワーク",
        office=_prefecture_name(principal.prefecture or "") or "都道府県",
        contact="都道府県の運用担当者",
    )


def _prefecture_name(code: str) -> str:
    try:
        return prefecture(code).name
    except UnknownMunicipalityError:
        return ""


def ministry_shell(base: ShellMaker) -> ShellMaker:
    """The shell of the ministry with its places of 情報セキュリティ."""

    def shell(principal: Principal) -> Shell:
        found = base(principal)
        staff = Role.MINISTRY_OFFICER in principal.roles
        return replace(
            found,
            system="電子自治体の推進",
            nav=(*_grouped(_MINISTRY), *found.nav) if staff else found.nav,
            home=_MINISTRY[0].href if staff else found.home,
            links=(*found.links, _PUBLIC),
            contact="電子自治体の推進 担当",
        )

    return shell
