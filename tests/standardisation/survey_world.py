"""The ministry with its survey rounds in one process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from litestar.di import Provide

from jichitai.infra.clock import JST, FixedClock
from jichitai.infra.keys import Keys
from jichitai.infra.outbox import Outbox
from jichitai.infra.settings import Settings
from jichitai.kernel.parties import Tier
from jichitai.standardisation.shell import ministry_shell
from jichitai.standardisation.survey import routes as survey
from jichitai.standardisation.views import routes as views
from jichitai.web.app import create_app
from jichitai.web.frame import plain_shell
from tests.conftest import Cluster, fresh_database
from tests.standardisation.views_world import World


@asynccontextmanager
async def survey_world(cluster: Cluster, keys: Keys, *, origin: str = "") -> AsyncIterator[World]:
    """A ministry without any round."""
    clock = FixedClock(datetime(2026, 11, 20, 10, 0, tzinfo=JST))
    settings = Settings(tier=Tier.MINISTRY, rate_limit=0, public_url=origin)
    outbox = Outbox(keys.network, clock)
    async with fresh_database(cluster, Tier.MINISTRY, keys) as database:
        app = create_app(
            Tier.MINISTRY,
            settings,
            controllers=[*survey.MINISTRY_ROUTES, *views.MINISTRY_ROUTES],
            templates=[survey.TEMPLATES, views.TEMPLATES],
            db=database,
            clock=clock,
            keys=keys,
            shell=ministry_shell(plain_shell(Tier.MINISTRY)),
            dependencies={"outbox": Provide(lambda: outbox, sync_to_thread=False)},
        )
        yield World(app, database, clock)
