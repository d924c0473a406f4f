"""A prefecture and the ministry, with what stands between them, without a broker."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from litestar import Litestar
from litestar.di import Provide

from jichitai.infra.broker import Broker
from jichitai.infra.clock import JST, FixedClock
from jichitai.infra.database import Database
from jichitai.infra.inbox import Handlers
from jichitai.infra.keys import Keys
from jichitai.infra.outbox import Outbox
from jichitai.infra.receiver import Receiver
from jichitai.infra.settings import Settings
from jichitai.kernel.parties import Tier
from jichitai.web.app import create_app
from jichitai.web.rights import Role
from tests.conftest import Cluster, fresh_database
from tests.outgoing import outgoing
from tests.web.client import signed_in

HOKKAIDO, TOKYO = "01", "13"
UPPER = (Tier.PREFECTURE, Tier.MINISTRY)


class Upper:
    """Two databases, their receivers, and one clock that can be set."""

    def __init__(self, databases: dict[Tier, Database], keys: Keys) -> None:
        self.databases, self.keys = databases, keys
        self.clock = FixedClock(datetime(2026, 11, 20, 10, 0, tzinfo=JST))
        self.outbox = Outbox(keys.network, self.clock)
        self.refused = 0
        self._apps: dict[Any, Litestar] = {}

    async def flow(self, handlers: dict[Tier, Handlers]) -> int:
        """Carry messages until none is left; how many had their effect."""
        applied = 0
        receivers = {
            tier: Receiver(
                tier,
                self.databases[tier],
                Broker.__new__(Broker),
                self.keys,
                handlers.get(tier, {}),
                self.clock,
            )
            for tier in UPPER
        }
        while frames := await outgoing(self.databases, UPPER, self.keys, self.clock.now()):
            for tier, frame in frames:
                if tier in receivers:
                    outcome = await receivers[tier].accept([frame])
                    applied += outcome.applied
                    self.refused += outcome.refused
        return applied

    def app(self, tier: Tier, routes: Any, *templates: Path) -> Litestar:
        """The tier's application with some routes; made once, as that takes a while."""
        key = (tier, tuple(routes))
        if key not in self._apps:
            self._apps[key] = self._made(tier, routes, templates)
        return self._apps[key]

    def _made(self, tier: Tier, routes: Any, templates: tuple[Path, ...]) -> Litestar:
        return create_app(
            tier,
            Settings(tier=tier),
            controllers=[*routes],
            templates=[*templates],
            db=self.databases[tier],
            clock=self.clock,
            keys=self.keys,
            dependencies={"outbox": Provide(lambda: self.outbox, sync_to_thread=False)},
        )


@asynccontextmanager
async def upper(cluster: Cluster, keys: Keys) -> AsyncIterator[Upper]:
    """Databases of their own, for a whole module."""
    async with AsyncExitStack() as stack:
        databases = {
            tier: await stack.enter_async_context(fresh_database(cluster, tier, keys))
            for tier in UPPER
        }
        yield Upper(databases, keys)


def supervisor(app: Litestar, prefecture: str = HOKKAIDO, *, html: bool = False) -> Any:
    """A client of the prefecture's officer for its towns."""
    return signed_in(app, {Role.SECURITY_SUPERVISOR}, prefecture=prefecture, html=html)


def officer(app: Litestar, *, html: bool = False) -> Any:
    """A client of an officer of the ministry; each call is another person."""
    return signed_in(app, {Role.MINISTRY_OFFICER}, html=html)
