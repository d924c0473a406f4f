"""Applications of the ministry, a prefecture and a town, with reports in them."""

from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from litestar import Litestar
from litestar.di import Provide

from jichitai.infra.clock import FixedClock
from jichitai.infra.database import Database
from jichitai.infra.keys import Keys
from jichitai.infra.outbox import Outbox
from jichitai.infra.settings import Settings
from jichitai.jukinet.messages import Body as Message
from jichitai.kernel.bodies import body
from jichitai.kernel.parties import MINISTRY, Party, Tier
from jichitai.security.messages import S10
from jichitai.security.oversight.model.forms import written
from jichitai.security.oversight.routes import (
    MINISTRY_ROUTES,
    PREFECTURE_ROUTES,
    TEMPLATES,
    TOWN_ROUTES,
)
from jichitai.security.oversight.service.receiving import Receiving
from jichitai.web.app import create_app
from jichitai.web.rights import Role
from tests.conftest import TOWN, Cluster, fresh_database
from tests.security.oversight_builders import (
    NOON,
    adoption,
    check,
    form,
    incident,
    policy,
    received,
)
from tests.web.client import signed_in

ROUTES = {
    Tier.MINISTRY: MINISTRY_ROUTES,
    Tier.PREFECTURE: PREFECTURE_ROUTES,
    Tier.TOWN: TOWN_ROUTES,
}
SURVEY, NOTICE = UUID(int=2), UUID(int=1)


@dataclass
class World:
    """Three nodes in one process; messages are put in by hand."""

    apps: dict[Tier, Litestar]
    databases: dict[Tier, Database]
    clock: FixedClock
    outbox: Outbox

    async def report(self, *messages: Message) -> None:
        """Let reports arrive at the ministry and at the prefecture of Hokkaido."""
        work = Receiving(self.clock, self.outbox)
        for message in messages:
            origin = body(message.body).party  # type: ignore[attr-defined]
            for tier, receiver in (
                (Tier.PREFECTURE, Party.prefecture("01")),
                (Tier.MINISTRY, MINISTRY),
            ):
                here = tier is Tier.MINISTRY or origin.code.startswith("01")
                if not here or (tier is Tier.PREFECTURE and origin.tier is Tier.PREFECTURE):
                    continue
                handle = {
                    "S01": work.policies,
                    "S02": work.incidents,
                    "S05": work.checks,
                    "S11": work.answers,
                }[message.kind]
                async with self.databases[tier].transaction() as tx:
                    await handle(tx, [received(message, origin=origin, receiver=receiver)])

    async def ask(self, **changes: Any) -> None:
        """Let a survey arrive at the town."""
        values: dict[str, Any] = {
            "notice_id": NOTICE,
            "body": TOWN,
            "sort": "survey",
            "subject": "令和8年度 情報セキュリティ体制の調査",
            "text": "体制の実態をつかむため。",
            "due_on": date(2026, 12, 15),
            "round_id": SURVEY,
            "form": written(form()),
            "sent_at": NOON,
        }
        message = S10(**(values | changes))
        async with self.databases[Tier.TOWN].transaction(town=TOWN) as tx:
            arrived = received(message, origin=MINISTRY, receiver=Party.town(TOWN))
            await Receiving(self.clock, self.outbox).requests(tx, [arrived])

    def minister(self, *, html: bool = False) -> Any:
        return signed_in(self.apps[Tier.MINISTRY], {Role.MINISTRY_OFFICER}, html=html)

    def supervisor(self, prefecture: str = "01", *, html: bool = False) -> Any:
        app = self.apps[Tier.PREFECTURE]
        return signed_in(app, {Role.SECURITY_SUPERVISOR}, prefecture=prefecture, html=html)

    def officer(
        self, town: str = TOWN, *, html: bool = False, roles: Iterable[Role] | None = None
    ) -> Any:
        found = roles or {Role.SECURITY_OFFICER}
        return signed_in(self.apps[Tier.TOWN], found, municipality=town, html=html)


def application(tier: Tier, database: Database, clock: FixedClock, keys: Keys) -> Litestar:
    outbox = Outbox(keys.network, clock)
    return create_app(
        tier,
        Settings(tier=tier, rate_limit=0),
        controllers=list(ROUTES[tier]),
        templates=[TEMPLATES],
        db=database,
        clock=clock,
        keys=keys,
        dependencies={"outbox": Provide(lambda: outbox, sync_to_thread=False)},
    )


@asynccontextmanager
async def oversight_world(
    cluster: Cluster, keys: Keys, clock: FixedClock, tiers: Iterable[Tier] = tuple(ROUTES)
) -> AsyncIterator[World]:
    async with AsyncExitStack() as stack:
        databases = {
            tier: await stack.enter_async_context(fresh_database(cluster, tier, keys))
            for tier in tiers
        }
        apps = {tier: application(tier, db, clock, keys) for tier, db in databases.items()}
        yield World(apps, databases, clock, Outbox(keys.network, clock))


def sample_reports() -> list[Message]:
    """Hokkaido at every stage, and a few bodies elsewhere."""
    joint = policy(
        "011002",
        organs=("head", "education"),
        adoptions=(adoption(joint=True), adoption("education", joint=True)),
        has_standard=True,
    )
    stages = ("drafting", "review", "approval", "adopted", "repealed")
    members = ("012033", "012041", "012050", "012068", "012076")
    return [
        joint,
        policy("012025", "published", reachable_at=None),
        *(policy(code, stage) for code, stage in zip(members, stages, strict=True)),
        policy("130001", next_review_on=date(2026, 9, 30)),
        policy("131016", network_model="β´"),
        policy("141003"),
        incident("011002"),
        incident("011002", incident_id=UUID(int=8), number="I-0043", drill=True),
        check("011002"),
    ]
