"""The ministry with the published data, for looks at indicators by time and place."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from litestar import Litestar
from litestar.di import Provide

from jichitai.evaluation.dashboard import routes as dashboard
from jichitai.evaluation.indicators import builtin
from jichitai.evaluation.policies import service as policies
from jichitai.evaluation.scenarios import routes as scenarios
from jichitai.evaluation.year import routes as year
from jichitai.infra.clock import JST, FixedClock
from jichitai.infra.keys import Keys
from jichitai.infra.outbox import Outbox
from jichitai.infra.settings import Settings
from jichitai.kernel.bodies import body
from jichitai.kernel.parties import MINISTRY, Tier
from jichitai.security.oversight.service.receiving import Receiving
from jichitai.standardisation.progress.loading import load_open_data
from jichitai.web.app import create_app
from jichitai.web.rights import Role
from tests.conftest import Cluster, fresh_database
from tests.security.oversight_builders import policy, received

REPORTS = (policy("131016"), policy("131024", "adopted"), policy("131032", "drafting"))
"""Policies of three wards of Tokyo: published, adopted, drafted."""

WRITER = frozenset({Role.EVALUATION_OFFICER})
ROUTES = (*dashboard.MINISTRY_ROUTES, *year.MINISTRY_ROUTES, *scenarios.MINISTRY_ROUTES)
TEMPLATES = (dashboard.TEMPLATES, year.TEMPLATES, scenarios.TEMPLATES)


@asynccontextmanager
async def ministry(cluster: Cluster, keys: Keys) -> AsyncIterator[Litestar]:
    """The application with what comes with the software in its database."""
    clock = FixedClock(datetime(2026, 11, 20, 10, 0, tzinfo=JST))
    async with fresh_database(cluster, Tier.MINISTRY, keys) as database:
        async with database.transaction() as tx:
            await load_open_data(tx, clock)
            await builtin.load(tx)
            await policies.load_builtin(tx)
            work = Receiving(clock, Outbox(keys.network, clock))
            for report in REPORTS:
                origin = body(report.body).party
                await work.policies(tx, [received(report, origin=origin, receiver=MINISTRY)])
        yield create_app(
            Tier.MINISTRY,
            Settings(tier=Tier.MINISTRY),
            controllers=[*ROUTES],
            templates=[*TEMPLATES],
            db=database,
            clock=clock,
            keys=keys,
            dependencies={
                "outbox": Provide(lambda: Outbox(keys.network, clock), sync_to_thread=False)
            },
        )
