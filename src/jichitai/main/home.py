"""The first page of a tier: it leads each person to their work."""

from collections.abc import Mapping
from typing import Any, Final

from litestar import Request, get
from litestar.response import Redirect

from jichitai.kernel.parties import Tier
from jichitai.web.frame import shell_of
from jichitai.web.inject import NodeSettings, Who
from jichitai.web.rights import PUBLIC, Role

_PLACES: Final[Mapping[Tier, Mapping[Role, str]]] = {
    Tier.TOWN: {Role.CLERK: "/counter", Role.APPROVER: "/counter"},
    Tier.PREFECTURE: {},
    Tier.NATION: {
        Role.RESIDENT: "/me",
        Role.ORGAN_OFFICER: "/query",
        Role.NETWORK_OPERATOR: "/network",
        Role.LOG_AUDITOR: "/counts",
    },
    Tier.MINISTRY: {},
}
_OPEN: Final[Mapping[Tier, str]] = {Tier.MINISTRY: "/counts"}


@get("/", opt={"roles": PUBLIC}, include_in_schema=False, sync_to_thread=False)
def home(request: Request[Any, Any, Any], principal: Who, settings: NodeSettings) -> Redirect:
    """Lead to the work of the signed-in person, or to what is open to all."""
    for role, place in _PLACES[settings.tier].items():
        if role in principal.roles:
            return Redirect(place, status_code=303)
    if principal.signed_in:
        own = shell_of(request)
        place = own.home if own.nav and own.home != "/" else "/sign-in/passkeys"
        return Redirect(place, status_code=303)
    return Redirect(_OPEN.get(settings.tier, "/sign-in"), status_code=303)
