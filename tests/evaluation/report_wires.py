"""The ministry's application with reports, over one database that keeps what is committed."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import httpx
from litestar import Litestar

from jichitai.evaluation.indicators import builtin as indicators
from jichitai.evaluation.policies import service as policies
from jichitai.evaluation.reports.routes import ROUTES, TEMPLATES
from jichitai.evaluation.shell import ministry_shell
from jichitai.infra.clock import JST, FixedClock
from jichitai.infra.database import Database
from jichitai.infra.keys import Keys
from jichitai.infra.settings import Settings
from jichitai.kernel.parties import Tier
from jichitai.web.app import create_app
from jichitai.web.frame import plain_shell
from jichitai.web.rights import Role
from tests.conftest import Cluster, fresh_database
from tests.web.client import signed_in

API = "/api/v1/evaluation/reports"
PLACE = "/evaluation/reports/8/2026"
NOW = datetime(2026, 11, 20, 10, 0, tzinfo=JST)
RESULT = "方針の策定率の目標は{{P8-4-04@目標}}、ガイドラインの改定は{{P8-4-02@R6}}であった。"


@dataclass
class Ministry:
    """The application, its database, and its clock."""

    app: Litestar
    database: Database
    clock: FixedClock

    def later(self, **span: float) -> None:
        """Let time pass."""
        self.clock.instant += timedelta(**span)


@asynccontextmanager
async def ministry(cluster: Cluster, keys: Keys, origin: str = "") -> AsyncIterator[Ministry]:
    """Policy 8 with its indicators, on 20 November 2026."""
    clock = FixedClock(NOW)
    async with fresh_database(cluster, Tier.MINISTRY, keys) as database:
        async with database.transaction() as tx:
            await policies.load_builtin(tx)
            await indicators.load(tx)
        app = create_app(
            Tier.MINISTRY,
            Settings(tier=Tier.MINISTRY, demo=True, public_url=origin),
            controllers=ROUTES,
            templates=[TEMPLATES],
            shell=ministry_shell(plain_shell(Tier.MINISTRY)),
            db=database,
            clock=clock,
            keys=keys,
        )
        yield Ministry(app, database, clock)


def person(
    found: Ministry, role: Role = Role.EVALUATION_OFFICER, *, html: bool = False
) -> AbstractAsyncContextManager[httpx.AsyncClient]:
    """A client of somebody who takes part; each call is another person."""
    return signed_in(found.app, {role}, html=html)
