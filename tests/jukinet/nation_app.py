"""The nation's application with its pages, people and bodies, for tests of pages."""

from collections.abc import AsyncIterator

import pytest
from litestar import Litestar
from litestar.di import Provide

from jichitai.infra.clock import FixedClock
from jichitai.infra.database import Database
from jichitai.infra.keys import Keys
from jichitai.infra.outbox import Outbox
from jichitai.infra.receiver import Receiver
from jichitai.infra.settings import Settings
from jichitai.jukinet.pages.places import TEMPLATES, nation_shell
from jichitai.jukinet.pages.routes import nation_pages
from jichitai.jukinet.provision.service import Provision
from jichitai.kernel.parties import Tier
from jichitai.web.app import create_app
from tests.jukinet import provision_people as people
from tests.jukinet.provision_people import Somebody

HANAKO = Somebody(serial=1)
TWINS = (
    Somebody(serial=2, name="例示　太郎", kana="レイジ　タロウ", sex="1", address="東町1番"),
    Somebody(serial=3, name="例示　太郎", kana="レイジ　タロウ", sex="1", address="西町2番"),
)


@pytest.fixture
async def provision(
    nation_database: Database, keys: Keys, clock: FixedClock
) -> AsyncIterator[Provision]:
    async with nation_database.transaction() as tx:
        await people.settle(tx, keys, HANAKO, *TWINS)
        await people.register_bodies(tx, clock)
    service = Provision(nation_database, keys, clock)
    await service.start()
    yield service
    await service.close()


@pytest.fixture
def nation(
    nation_database: Database, keys: Keys, clock: FixedClock, provision: Provision
) -> Litestar:
    receiver = Receiver(Tier.NATION, nation_database, None, keys, {}, clock)  # type: ignore[arg-type]
    outbox = Outbox(keys.network, clock)
    return create_app(
        Tier.NATION,
        Settings(tier=Tier.NATION, demo=True),
        controllers=nation_pages(),
        db=nation_database,
        clock=clock,
        keys=keys,
        shell=nation_shell,
        templates=[TEMPLATES],
        dependencies={
            "provision": Provide(lambda: provision, sync_to_thread=False),
            "receiver": Provide(lambda: receiver, sync_to_thread=False),
            "outbox": Provide(lambda: outbox, sync_to_thread=False),
        },
    )
