"""The ministry's application with the built-in policies, over one database that keeps what is committed."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime

import httpx
from litestar import Litestar

from jichitai.evaluation.indicators import builtin as indicators
from jichitai.evaluation.policies import service
from jichitai.evaluation.policies.routes import ROUTES, TEMPLATES
from jichitai.evaluation.shell import ministry_shell
from jichitai.infra.audit import Actor
from jichitai.infra.clock import JST, FixedClock
from jichitai.infra.keys import Keys
from jichitai.infra.settings import Settings
from jichitai.kernel.parties import Tier
from jichitai.web.app import create_app
from jichitai.web.frame import plain_shell
from jichitai.web.rights import Role
from tests.conftest import Cluster, fresh_database
from tests.web.client import signed_in

API = "/api/v1/evaluation/policies/8"
PAGES = "/evaluation/policies/8"
NOW = datetime(2026, 11, 20, 10, 0, tzinfo=JST)
OFFICER = Actor("staff", "account-1", "評価 一郎")


@asynccontextmanager
async def policies(cluster: Cluster, keys: Keys, origin: str = "") -> AsyncIterator[Litestar]:
    """Policy 8 of 2025 with its indicators, at 20 November 2026."""
    clock = FixedClock(NOW)
    async with fresh_database(cluster, Tier.MINISTRY, keys) as database:
        async with database.transaction() as tx:
            await service.load_builtin(tx)
            await indicators.load(tx)
        yield create_app(
            Tier.MINISTRY,
            Settings(tier=Tier.MINISTRY, demo=True, public_url=origin),
            controllers=ROUTES,
            templates=[TEMPLATES],
            shell=ministry_shell(plain_shell(Tier.MINISTRY)),
            db=database,
            clock=clock,
            keys=keys,
        )


def officer(
    app: Litestar, role: Role = Role.EVALUATION_OFFICER, *, html: bool = False
) -> AbstractAsyncContextManager[httpx.AsyncClient]:
    """A client of somebody who writes the evaluation; each call is another person."""
    return signed_in(app, {role}, html=html)
