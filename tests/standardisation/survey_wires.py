"""A town, its prefecture and the ministry, with what stands between them, without a broker."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from litestar import Litestar
from litestar.di import Provide

from jichitai.infra.audit import Actor
from jichitai.infra.broker import Broker
from jichitai.infra.clock import JST, FixedClock
from jichitai.infra.database import Database
from jichitai.infra.keys import Keys
from jichitai.infra.outbox import Outbox
from jichitai.infra.receiver import Receiver
from jichitai.infra.settings import Settings
from jichitai.kernel.parties import Tier
from jichitai.main.standardisation import bodies, ministry, prefecture
from jichitai.standardisation.survey.model import Asked
from jichitai.standardisation.survey.service.rounds import Rounds
from jichitai.web.app import create_app
from jichitai.web.rights import Role
from tests.conftest import Cluster, fresh_database
from tests.outgoing import outgoing
from tests.web.client import signed_in

PARTS: dict[Tier, Any] = {
    Tier.TOWN: bodies,
    Tier.PREFECTURE: prefecture,
    Tier.MINISTRY: ministry,
}
SAPPORO, HOKKAIDO = "011002", "010006"
PERSON = Actor("staff", "officer-1", "担当 太郎")


class Wires:
    """Three nodes in one process, and one clock that can be set."""

    def __init__(self, databases: dict[Tier, Database], keys: Keys) -> None:
        self.databases, self.keys = databases, keys
        self.clock = FixedClock(datetime(2026, 11, 20, 10, 0, tzinfo=JST))
        self.outbox = Outbox(keys.network, self.clock)
        self.refused = 0
        self._apps: dict[Tier, Litestar] = {}

    async def flow(self) -> int:
        """Carry messages until none is left; how many had their effect."""
        applied = 0
        self.clock.instant += timedelta(minutes=1)
        receivers = {
            tier: Receiver(
                tier,
                self.databases[tier],
                Broker.__new__(Broker),
                self.keys,
                part.handlers(self.clock, self.outbox),
                self.clock,
            )
            for tier, part in PARTS.items()
        }
        while frames := await outgoing(self.databases, PARTS, self.keys, self.clock.now()):
            for tier, frame in frames:
                outcome = await receivers[tier].accept([frame])
                applied += outcome.applied
                self.refused += outcome.refused
        return applied

    async def ask(self, title: str = "移行の調査", as_of: date = date(2026, 11, 1)) -> UUID:
        """Let the ministry open a round, and everybody hear of it."""
        work = Rounds(self.clock, self.outbox, rehearsal=True)
        asked = Asked(
            title=title,
            note="令和8年11月の進捗を答えてください。",
            as_of=as_of,
            due_on=self.clock.today() + timedelta(days=14),
            checked_by=self.clock.today() + timedelta(days=28),
        )
        async with self.databases[Tier.MINISTRY].transaction() as tx:
            round_id = await work.save(tx, asked, actor=PERSON)
            await work.open(tx, round_id, actor=PERSON)
        await self.flow()
        return round_id

    def app(self, tier: Tier) -> Litestar:
        """The tier's application with the routes of the migration."""
        if tier not in self._apps:
            self._apps[tier] = create_app(
                tier,
                Settings(tier=tier, rate_limit=0),
                controllers=list(PARTS[tier].ROUTES),
                templates=list(PARTS[tier].TEMPLATES),
                db=self.databases[tier],
                clock=self.clock,
                keys=self.keys,
                dependencies={"outbox": Provide(lambda: self.outbox, sync_to_thread=False)},
            )
        return self._apps[tier]

    def town(self, code: str = SAPPORO, *, html: bool = False) -> Any:
        """Somebody who answers for a town."""
        roles = {Role.STANDARDISATION_OFFICER}
        return signed_in(self.app(Tier.TOWN), roles, municipality=code, html=html)

    def own(self, code: str = "01", *, html: bool = False) -> Any:
        """Somebody who answers for the prefecture as a body."""
        roles = {Role.STANDARDISATION_OFFICER}
        return signed_in(self.app(Tier.PREFECTURE), roles, prefecture=code, html=html)

    def checker(self, code: str = "01", *, html: bool = False) -> Any:
        """Somebody who checks the members' answers."""
        roles = {Role.STANDARDISATION_SUPERVISOR}
        return signed_in(self.app(Tier.PREFECTURE), roles, prefecture=code, html=html)


@asynccontextmanager
async def wired(cluster: Cluster, keys: Keys) -> AsyncIterator[Wires]:
    """Databases of their own, for a whole module."""
    async with AsyncExitStack() as stack:
        databases = {
            tier: await stack.enter_async_context(fresh_database(cluster, tier, keys))
            for tier in PARTS
        }
        yield Wires(databases, keys)
