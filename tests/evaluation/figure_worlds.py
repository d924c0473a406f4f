"""A nation, prefectures and a ministry whose daily figures travel without a broker."""

import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import date, datetime, timedelta

from litestar import Litestar

from jichitai.evaluation import shell
from jichitai.evaluation.figures import evidence, publishing, receiving, routes
from jichitai.evaluation.figures.publishing import Publisher
from jichitai.evaluation.messages import F01
from jichitai.infra.broker import Broker
from jichitai.infra.clock import JST, FixedClock
from jichitai.infra.database import Database
from jichitai.infra.inbox import Handlers
from jichitai.infra.keys import Keys
from jichitai.infra.outbox import Outbox
from jichitai.infra.receiver import Receiver
from jichitai.infra.settings import Settings
from jichitai.kernel.parties import Party, Tier
from jichitai.security.cloud import store as clouds
from jichitai.security.cloud.model import Step, StepDates, new_cloud, text_of
from jichitai.security.oversight.store import reports
from jichitai.web.app import create_app
from jichitai.web.frame import plain_shell
from tests.conftest import Cluster, fresh_database
from tests.outgoing import outgoing
from tests.security.oversight_builders import policy

COUNTING = (Tier.TOWN, Tier.PREFECTURE, Tier.NATION, Tier.MINISTRY)
FIRST = date(2026, 10, 1)


class Figured:
    """Databases of the tiers that count, their publishers, and one clock that can be set."""

    def __init__(self, databases: dict[Tier, Database], keys: Keys) -> None:
        self.databases, self.keys = databases, keys
        self.clock = FixedClock(datetime(2026, 10, 1, 10, 0, tzinfo=JST))
        self.outbox = Outbox(keys.network, self.clock)
        self.publishers = {tier: self._publisher(tier) for tier in COUNTING}
        self.ministry = self._receiver(Tier.MINISTRY, receiving.ministry_handlers(self.clock))
        self.prefecture = self._receiver(
            Tier.PREFECTURE, receiving.prefecture_handlers(self.outbox)
        )
        self.sent = self.refused = 0
        self.app: Litestar | None = None

    def _publisher(self, tier: Tier) -> Publisher:
        own = tier is Tier.MINISTRY
        send = (
            evidence.by_own_hand(self.keys, self.clock)
            if own
            else publishing.by_outbox(self.outbox)
        )
        return Publisher(tier, self.databases[tier], self.clock, send, pause=0)

    def _receiver(self, tier: Tier, handlers: Handlers) -> Receiver:
        broker = Broker.__new__(Broker)
        return Receiver(tier, self.databases[tier], broker, self.keys, handlers, self.clock)

    def at(self, day: date, hour: int = 10) -> None:
        self.clock.instant = datetime(day.year, day.month, day.day, hour, tzinfo=JST)

    async def publish(self) -> int:
        """Let every tier publish what is closed, and carry it; how many messages came."""
        for publisher in self.publishers.values():
            while await publisher.publish():
                pass
        return await self.carry()

    async def send(self, origin: Party, to: Party, body: F01) -> None:
        """Put a message as a sender of its own making would."""
        async with self.databases[origin.tier].transaction(all_towns=True) as tx:
            await self.outbox.send(
                tx, origin=origin, to=to, kind=body.kind, version=body.version, body=body
            )

    async def carry(self) -> int:
        before = self.sent
        sending = (Tier.TOWN, Tier.PREFECTURE, Tier.NATION)
        while frames := await outgoing(self.databases, sending, self.keys, self.clock.now()):
            for tier, frame in frames:
                above = self.prefecture if tier is Tier.PREFECTURE else self.ministry
                outcome = await above.accept([frame])
                self.sent += outcome.applied if above is self.ministry else 0
                self.refused += outcome.refused
        return self.sent - before

    # --- raw records, written as the domains write them ---------------------------------------

    async def provide(
        self, day: date, *, organ: str, affair: str, result: str = "hit", size: int = 1
    ) -> None:
        """A group of answered look-ups of one body."""
        at = datetime(day.year, day.month, day.day, 12, tzinfo=JST)
        group = uuid.uuid4()
        month = day.replace(day=1)
        async with self.databases[Tier.NATION].transaction() as tx:
            await tx.execute("select jukinet.ensure_provision_month(%s)", (month,))
            await tx.execute(
                "insert into jukinet.provision_group (group_id, first_index, size, month, at)"
                " select %s, coalesce(max(first_index + size), 0), %s, %s, %s"
                "   from jukinet.provision_group",
                (group, size, month, at),
            )
            await tx.execute(
                "insert into jukinet.provision (person_id, month, group_id, place, at, organ_id,"
                " affair_id, operator_id, reason, reference, key_kind, fields, result, salt)"
                " select gen_random_uuid(), %s, %s, place, %s, %s, %s, 'op-1', 'survival', 'R',"
                "        'number', 1, %s, '\\x00' from generate_series(0, %s) as place",
                (month, group, at, organ, affair, result, size - 1),
            )

    async def certify(
        self, day: date, *, kind: str = "signing", medium: str = "card", until: date | None = None
    ) -> uuid.UUID:
        """A certificate; in force until it ends."""
        person, at = uuid.uuid4(), datetime(day.year, day.month, day.day, 11, tzinfo=JST)
        end = datetime.combine(until or day + timedelta(days=1825), at.time(), JST)
        async with self.databases[Tier.NATION].transaction() as tx:
            await tx.execute(
                "insert into jpki.authority values (%s, %s, 1, '', '', 'active', %s, %s, %s)"
                " on conflict do nothing",
                (f"{kind}-1", kind, at, end, at),
            )
            await tx.execute(
                "insert into jpki.certificate (person_id, authority, serial, kind, medium,"
                " municipality, chip_number, request_id, certificate, basis, not_before,"
                " not_after, state, issued_at) values (%s, %s, %s, %s, %s, '011002', '', %s, '',"
                " '', %s, %s, 'valid', %s)",
                (person, f"{kind}-1", person.bytes, kind, medium, person, at, end, at),
            )
        return person

    async def revoke(self, person: uuid.UUID, day: date) -> None:
        """The end of a person's certificates."""
        at = datetime(day.year, day.month, day.day, 15, tzinfo=JST)
        async with self.databases[Tier.NATION].transaction() as tx:
            await tx.execute(
                "with ended as (update jpki.certificate set state = 'revoked',"
                "  reason = 'cessationOfOperation', ended_at = %(at)s"
                "  where person_id = %(person)s and ended_at is null returning *)"
                " insert into jpki.revocation (authority, serial, municipality, reason, cause,"
                "  revoked_at, expires_at)"
                " select authority, serial, municipality, reason, 'request', %(at)s, not_after"
                "   from ended",
                {"at": at, "person": person},
            )

    async def hand_over(self, town: str, day: date, *, renewal: bool = False) -> None:
        """A card that the counter of a town handed over."""
        at = datetime(day.year, day.month, day.day, 13, tzinfo=JST)
        async with self.databases[Tier.TOWN].transaction(town=town) as tx:
            await tx.execute(
                "insert into jpki.writing (municipality, request_id, resident_id, chip_number,"
                "  kinds, renewal, card_until, applicant_case, documents, agent_documents,"
                "  guardian, state, opened_by, opened_at, closed_at)"
                " values (%(town)s, gen_random_uuid(), gen_random_uuid(), '1234567890123',"
                "  '{signing}', %(renewal)s, %(until)s, 'holder', '{}', '{}', false,"
                "  'handed-over', 'clerk', %(at)s, %(at)s)",
                {"town": town, "renewal": renewal, "until": day + timedelta(3650), "at": at},
            )

    async def report(self, body: str, day: date, state: str, revision: int) -> None:
        """A body's report on its policy, as it reached the ministry."""
        at = datetime(day.year, day.month, day.day, 14, tzinfo=JST)
        made = policy(body, state, revision=revision, reported_at=at)
        async with self.databases[Tier.MINISTRY].transaction() as tx:
            await reports.add(tx, "00", "policy", [(made.policy_id, made)], at=at)

    async def cloud(self, prefecture: str, day: date, step: Step, number: int) -> None:
        """A prefecture's security cloud: its own record, and its report to the ministry."""
        at = datetime(day.year, day.month, day.day, 16, tzinfo=JST)
        cloud = new_cloud(prefecture, 3)
        cloud = type(cloud)(
            prefecture=prefecture,
            generation=3,
            members=cloud.members,
            steps=(StepDates(step=step, done_on=day),),
        )
        async with self.databases[Tier.PREFECTURE].transaction() as tx:
            await clouds.add(tx, prefecture, 3, number, text_of(cloud), "", "x", at)
        async with self.databases[Tier.MINISTRY].transaction() as tx:
            await clouds.keep_report(
                tx,
                prefecture=prefecture,
                number=number,
                generation=3,
                content=text_of(cloud),
                message_id="",
                reported_at=at,
                received_at=at,
            )


@asynccontextmanager
async def figured(cluster: Cluster, keys: Keys) -> AsyncIterator[Figured]:
    """Databases of their own."""
    async with AsyncExitStack() as stack:
        databases = {
            tier: await stack.enter_async_context(fresh_database(cluster, tier, keys))
            for tier in COUNTING
        }
        yield Figured(databases, keys)


def ministry_app(world: Figured) -> Litestar:
    """The ministry's application with the pages and calls of daily figures; made once."""
    if world.app is None:
        world.app = create_app(
            Tier.MINISTRY,
            Settings(tier=Tier.MINISTRY),
            controllers=[*routes.ROUTES],
            templates=[routes.TEMPLATES],
            db=world.databases[Tier.MINISTRY],
            clock=world.clock,
            keys=world.keys,
            shell=shell.ministry_shell(plain_shell(Tier.MINISTRY)),
        )
    return world.app
