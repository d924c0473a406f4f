"""A page inside its frame: the shell of the tier, filled in with who is signed in."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final
from urllib.parse import quote

from litestar import Request
from litestar.response import Template

from jichitai.kernel.parties import Tier
from jichitai.web.components import NavItem, Shell
from jichitai.web.rights import Principal, provide_principal
from jichitai.web.sessions import IDLE_LOCK, Session

ShellMaker = Callable[[Principal], Shell]
"""The tier's own part of the shell: names, navigation, links, contact."""

_SYSTEMS: Final[Mapping[Tier, tuple[str, str]]] = {
    Tier.TOWN: ("住民記録", "市区町村"),
    Tier.PREFECTURE: ("住民基本台帳ネットワーク", "都道府県"),
    Tier.NATION: ("住民基本台帳ネットワーク", "全国"),
    Tier.MINISTRY: ("住民基本台帳制度の状況", "府省"),
}


def plain_shell(tier: Tier) -> ShellMaker:
    """The shell of a tier that brings none of its own."""
    system, office = _SYSTEMS[tier]
    return lambda _: Shell(system=system, office=office)


def shell_of(request: Request[Any, Any, Any]) -> Shell:
    """The shell around an answer to this request."""
    principal = provide_principal(request)
    state = request.app.state
    shell: Shell = state.shell(principal)
    session = request.scope.get("auth")
    signed_in = isinstance(session, Session) and not session.locked
    if not isinstance(session, Session) or not signed_in:
        return replace(
            shell, density="public", nav=(), rehearsal=state.settings.demo, sign_out="", lock_url=""
        )
    staff = session.density == "work"
    return replace(
        shell,
        density="work" if staff else "public",
        nav=folded(marked(shell.nav, request.url.path)),
        person=session.account.display if staff else "",
        sign_out="/sign-out",
        lock_url=f"/sign-in/lock?return={quote(request.url.path, safe='/')}" if staff else "",
        lock_after=int(IDLE_LOCK.total_seconds()),
        keep_url="/sign-in/keep" if staff else "",
        rehearsal=state.settings.demo,
    )


def marked(nav: Sequence[NavItem], path: str) -> tuple[NavItem, ...]:
    """The navigation with the place of a page marked: the one whose path goes furthest with it.

    >>> places = (NavItem("今日の仕事", "/counter"), NavItem("審査待ち", "/counter/approvals"))
    >>> [place.current for place in marked(places, "/counter/approvals/1")]
    [False, True]
    """

    def length(place: NavItem) -> int:
        starts = (place.href, *place.also)
        return max((len(s) for s in starts if f"{path}/".startswith(f"{s}/")), default=0)

    furthest = max(map(length, nav), default=0)
    return tuple(replace(one, current=0 < furthest == length(one)) for one in nav)


def folded(nav: Sequence[NavItem]) -> tuple[NavItem, ...]:
    """The navigation with one system open: of every other system only a place that leads there.

    >>> places = [NavItem(f"{group}{n}", f"/{group}/{n}", group=group) for group in "ab" for n in "12"]
    >>> [place.label for place in folded([*places[:3], replace(places[3], current=True)])]
    ['a', 'b1', 'b2']
    >>> [place.label for place in folded(places[:2])]
    ['a1', 'a2']
    """
    groups = list(dict.fromkeys(one.group for one in nav if one.group))
    if len(groups) < 2:
        return tuple(nav)
    opened = next((one.group for one in nav if one.current and one.group), groups[0])
    shown: list[NavItem] = []
    for group in dict.fromkeys(one.group for one in nav):
        own = [one for one in nav if one.group == group]
        shown += own if group in ("", opened) else [replace(own[0], label=group, also=())]
    return tuple(shown)


def page(
    request: Request[Any, Any, Any],
    template: str,
    context: Mapping[str, Any] | None = None,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Template:
    """A page of the tier.

    Args:
        request: what is answered.
        template: name below a template folder.
        context: values of the page; `shell` and `csrf_input` are added.
        status: 422 when a form comes back with errors.
        headers: further headers.
    """
    values = {"shell": shell_of(request), **(context or {})}
    return Template(
        template,
        context=values,
        status_code=status,
        media_type="text/html",
        headers=dict(headers or {}),
    )


def local_path(path: str | None) -> str:
    """A path of our own to return to; `/` for anything else."""
    good = (
        path is not None
        and path.startswith("/")
        and not path.startswith(("//", "/\\"))
        and path.isprintable()
        and len(path) <= 200
        and not path.startswith(("/sign-in", "/sign-out", "/api/"))
    )
    return path if good and path is not None else "/"
