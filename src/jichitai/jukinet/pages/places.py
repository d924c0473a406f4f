"""The shell of the nation's and the ministry's pages: what stands in the navigation for whom."""

from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from litestar import Request

from jichitai.web.components import NavItem, Shell
from jichitai.web.frame import shell_of
from jichitai.web.rights import Principal, Role

TEMPLATES: Final = Path(__file__).resolve().parent.parent / "templates"
"""Template folder of this package, for `create_app(templates=...)`."""

CONTACT: Final = "住民基本台帳ネットワーク 相談窓口（平日 8時30分から17時15分まで）"

_BOARD: Final = (
    NavItem("運用盤", "/network", key="n"),
    NavItem("隔離した通知", "/network/quarantine", key="q"),
    NavItem("提供の状況", "/network/provisions", key="p"),
    NavItem("住民からの申出", "/network/inquiries", key="i"),
    NavItem("サインインの相手先", "/network/relying-parties", key="r"),
)
_QUERY: Final = (NavItem("本人確認情報の照会", "/query", key="s"),)
_RESIDENT: Final = (
    NavItem("わたしの情報を見た機関", "/me"),
    NavItem("カードでサインインした場所", "/me/sign-ins"),
    NavItem("情報の提供への同意", "/me/consents"),
    NavItem("スマートフォンの証明", "/me/phone"),
    NavItem("証明を確かめる", "/proofs/verify"),
)
_PUBLIC: Final = (
    NavItem("提供の件数（公表）", "/counts"),
    NavItem("スマートフォンの証明を確かめる", "/jpki/phone/check"),
    NavItem("証明を確かめる", "/proofs/verify"),
)


def nation_shell(principal: Principal) -> Shell:
    """The shell at the nation: staff have navigation, residents and the public have links."""
    roles = principal.roles
    nav = (*(_BOARD if Role.NETWORK_OPERATOR in roles else ()),)
    nav += _QUERY if Role.ORGAN_OFFICER in roles else ()
    home = nav[0].href if nav else ("/me" if Role.RESIDENT in roles else "/counts")
    return Shell(
        system="住民基本台帳ネットワーク",
        office="機構",
        density="work" if nav else "public",
        home=home,
        nav=nav,
        links=_RESIDENT if Role.RESIDENT in roles else _PUBLIC,
        contact=CONTACT,
    )


def ministry_shell(principal: Principal) -> Shell:
    """The shell at the ministry."""
    staff = Role.MINISTRY_OFFICER in principal.roles
    return Shell(
        system="住民基本台帳制度の状況",
        office="府省",
        density="work" if staff else "public",
        home="/counts",
        nav=(NavItem("提供の件数", "/counts", key="c", group="住民基本台帳"),) if staff else (),
        links=(NavItem("提供の件数（公表）", "/counts"),),
        contact="住民基本台帳制度 担当",
    )


def here(request: Request[Any, Any, Any], place: str) -> Shell:
    """The shell of a page, with its place in the navigation marked."""
    shell = shell_of(request)
    return replace(shell, nav=tuple(replace(one, current=one.href == place) for one in shell.nav))
