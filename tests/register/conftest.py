"""A town's application with a family in its register."""

import pytest
from litestar import Litestar

from jichitai.infra.clock import FixedClock
from jichitai.infra.database import Database
from jichitai.infra.keys import Keys
from jichitai.infra.settings import Settings
from jichitai.kernel.parties import Tier
from jichitai.register.api.routes import ROUTES
from jichitai.register.model.resident import Resident
from jichitai.register.pages.routes import ROUTES as PAGES
from jichitai.register.pages.routes import TEMPLATES
from jichitai.register.pages.shell import town_shell
from jichitai.register.service.initial import load_initial
from jichitai.register.service.network import TownRegister
from jichitai.web.app import create_app
from tests import builders
from tests.builders import TOWN


@pytest.fixture
async def town(
    town_database: Database, keys: Keys, clock: FixedClock
) -> tuple[Litestar, tuple[Resident, ...]]:
    """The application and the family of four that it knows."""
    family = builders.family(4)
    async with town_database.transaction(town=TOWN) as tx:
        await load_initial(tx, TOWN, builders.initial(family), keys=keys, clock=clock)
        codes = [builders.juki_code() for _ in range(5)]
        await TownRegister(keys, clock).add_juki_codes(tx, TOWN, codes, "batch-1")
    app = create_app(
        Tier.TOWN,
        Settings(tier=Tier.TOWN),
        controllers=[*ROUTES, *PAGES],
        templates=[TEMPLATES],
        shell=town_shell,
        db=town_database,
        clock=clock,
        keys=keys,
    )
    return app, family
