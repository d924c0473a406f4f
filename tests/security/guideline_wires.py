"""Applications of a town, a prefecture and the ministry with the guideline's routes."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from typing import Any

from litestar import Litestar
from litestar.di import Provide

from jichitai.infra.clock import JST, FixedClock
from jichitai.infra.keys import Keys
from jichitai.infra.outbox import Outbox
from jichitai.infra.settings import Settings
from jichitai.kernel.parties import Tier
from jichitai.security.guideline.routes import BODY_ROUTES, MINISTRY_ROUTES, TEMPLATES
from jichitai.security.oscal.routes import ROUTES as OSCAL_ROUTES
from jichitai.security.shell import body_shell, ministry_shell
from jichitai.web.app import create_app
from jichitai.web.frame import plain_shell
from jichitai.web.rights import Role
from tests.conftest import TOWN, Cluster, fresh_database
from tests.web.client import signed_in

TIERS = (Tier.TOWN, Tier.PREFECTURE, Tier.MINISTRY)


@asynccontextmanager
async def applications(cluster: Cluster, keys: Keys) -> AsyncIterator[dict[Tier, Litestar]]:
    """One application per tier, each with a database of its own."""
    clock = FixedClock(datetime(2026, 11, 20, 10, 0, tzinfo=JST))
    outbox = Outbox(keys.network, clock)
    apps = {}
    async with AsyncExitStack() as stack:
        for tier in TIERS:
            routes = MINISTRY_ROUTES if tier is Tier.MINISTRY else BODY_ROUTES
            shell = ministry_shell if tier is Tier.MINISTRY else body_shell
            apps[tier] = create_app(
                tier,
                Settings(tier=tier),
                controllers=[*routes, *OSCAL_ROUTES],
                templates=[TEMPLATES],
                shell=shell(plain_shell(tier)),
                db=await stack.enter_async_context(fresh_database(cluster, tier, keys)),
                clock=clock,
                keys=keys,
                dependencies={"outbox": Provide(lambda: outbox, sync_to_thread=False)},
            )
        yield apps


def town(
    apps: dict[Tier, Litestar],
    role: Role = Role.SECURITY_OFFICER,
    code: str = TOWN,
    *,
    html: bool = False,
) -> Any:
    """A client of a town's officer."""
    return signed_in(apps[Tier.TOWN], {role}, municipality=code, html=html)


def prefecture(
    apps: dict[Tier, Litestar], role: Role = Role.SECURITY_SUPERVISOR, *, html: bool = False
) -> Any:
    """A client of a prefecture's officer."""
    return signed_in(apps[Tier.PREFECTURE], {role}, prefecture="01", html=html)


def ministry(apps: dict[Tier, Litestar], *, html: bool = False) -> Any:
    """A client of the ministry's officer."""
    return signed_in(apps[Tier.MINISTRY], {Role.MINISTRY_OFFICER}, html=html)
