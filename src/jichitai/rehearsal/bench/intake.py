"""`intake`: signed notices of every town, through the broker, into the nation's store.

Measured are the two ends of the scale: each town sends what it had waiting in one frame, as after
an outage, and each notice comes in a frame of its own, so that every one brings a signature of its
town to be checked. Timed is the way from the broker into the committed store: signatures of town and prefecture
checked, bodies opened, rules applied, person, history and look-ups written, marks moved.
"""

import asyncio
import contextlib
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from itertools import islice

from jichitai.infra.broker import Broker
from jichitai.infra.clock import FixedClock
from jichitai.infra.database import Database, Tx, fetch_value
from jichitai.infra.dispatcher import Dispatcher
from jichitai.infra.inbox import Handlers
from jichitai.infra.keys import Keys
from jichitai.infra.messages import FRAME_ITEMS, Received
from jichitai.infra.outbox import Outbox
from jichitai.infra.receiver import Receiver
from jichitai.jukinet.network import service
from jichitai.jukinet.node import Node
from jichitai.kernel.errors import UnavailableError
from jichitai.kernel.parties import NATION, Party, Tier
from jichitai.rehearsal.bench.baselines import copy_again
from jichitai.rehearsal.bench.notices import RECORDED, Registers, TownPost
from jichitai.rehearsal.bench.people import residents
from jichitai.rehearsal.bench.result import Result, result
from jichitai.rehearsal.bench.stage import Stage

_ROUNDS = 3
_FRAMES = (FRAME_ITEMS, 1)
_AT_ONCE = 2_000
_PATIENCE = 15.0


@dataclass(slots=True)
class _Sum:
    messages: int = 0
    seconds: float = 0.0

    def add(self, messages: int, seconds: float) -> None:
        self.messages += messages
        self.seconds += seconds

    @property
    def per_second(self) -> float:
        return self.messages / self.seconds if self.seconds else 0.0


async def run(stage: Stage) -> list[Result]:
    """Measure the intake of the nation."""
    persons = stage.scale.persons_or(30_000, 3_600)
    sums = {size: _Sum() for size in _FRAMES}
    plain = _Sum()
    async with _network(stage) as network:
        people = residents(persons * 2)
        registers, post = Registers(), TownPost(network.towns)
        stage.say(f"準備：{persons:,}人の初回の記載を全国に届けます")
        first = list(registers.first_entries(islice(people, persons)))
        known = [person for person, _ in first]
        await network.publish(post.send((notice for _, notice in first), in_frame=FRAME_ITEMS))
        await network.receive()
        parts = _ROUNDS * len(_FRAMES)
        for number in range(parts):
            size = _FRAMES[number % len(_FRAMES)]
            notices = registers.a_year(known[number::parts], people)
            sent = await network.publish(post.send(notices, in_frame=size))
            took = await network.receive()
            sums[size].add(sent, took)
            plain.add(*await copy_again(network.nation, "jukinet.person_history", sent))
            stage.say(f"{number + 1}回目：{sent:,}件（束は{size}件まで）、毎秒{sent / took:,.0f}件")
        await network.check()
    return [
        result(
            name,
            "通知",
            sums[size].per_second,
            baseline=("同じ行の COPY（索引なし）", plain.per_second),
            details={"messages": sums[size].messages, "towns": network.heard_towns},
        )
        for name, size in zip(("intake", "intake-one-by-one"), _FRAMES, strict=True)
    ]


class _Network:
    """Prefectures that publish, and the nation that receives."""

    def __init__(
        self, databases: dict[Tier, Database], broker: Broker, keys: dict[Tier, Keys]
    ) -> None:
        """Lay out both sides."""
        self.nation = databases[Tier.NATION]
        self.prefecture = databases[Tier.PREFECTURE]
        self.towns = keys[Tier.TOWN]
        clock = FixedClock(RECORDED)
        self._outbox = Outbox(keys[Tier.PREFECTURE].network, clock)
        self._dispatcher = Dispatcher(
            Tier.PREFECTURE, self.prefecture, broker, keys[Tier.PREFECTURE]
        )
        nation = keys[Tier.NATION]
        node = Node(nation, Outbox(nation.network, clock), clock)
        handlers: Handlers = {"M01": partial(_handle, service.receive_notices, node)}
        self._receiver = Receiver(Tier.NATION, self.nation, broker, nation, handlers, clock)
        self._sent = 0
        self.heard_towns = 0

    async def publish(self, frames: Iterable[list[Received]]) -> int:
        """Bring frames to the broker by way of the prefectures; returns how many notices."""
        sent = 0
        for some in _lots(frames, _AT_ONCE):
            by_prefecture: dict[Party, list[Received]] = defaultdict(list)
            for frame in some:
                by_prefecture[frame[0].receiver] += frame
                sent += len(frame)
            async with self.prefecture.transaction() as tx:
                for prefecture, messages in by_prefecture.items():
                    await self._outbox.forward(tx, by=prefecture, to=NATION, messages=messages)
            while await self._dispatcher.publish_pending():
                pass
        self._sent += sent
        return sent

    async def receive(self) -> float:
        """Let the nation take in what waits at the broker; returns the seconds."""
        started = time.perf_counter()
        receiving = asyncio.create_task(self._receiver.run())
        try:
            await self._until_applied(receiving)
        finally:
            took = time.perf_counter() - started
            receiving.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await receiving
        return took

    async def _until_applied(self, receiving: "asyncio.Task[None]") -> None:
        seen, moved_at = -1, time.perf_counter()
        while self._receiver.applied < self._sent and not receiving.done():
            if self._receiver.applied != seen:
                seen, moved_at = self._receiver.applied, time.perf_counter()
            elif time.perf_counter() - moved_at > _PATIENCE:
                await self.check()
                return
            await asyncio.sleep(0.005)

    async def check(self) -> None:
        """See that every notice had its effect once.

        Raises:
            UnavailableError: the figures would be worth nothing.
        """
        async with self.nation.transaction(read_only=True) as tx:
            heard = await fetch_value(tx, "select sum(messages) from jukinet.town_intake")
            refused = await fetch_value(tx, "select count(*) from infra.quarantine")
            self.heard_towns = await fetch_value(tx, "select count(*) from jukinet.town_intake")
        if heard != self._sent or refused:
            raise UnavailableError(
                f"送った{self._sent}件に対して効果は{heard}件、隔離は{refused}件でした。"
                "測定の値は使えません。"
            )


async def _handle(
    take: Callable[[Tx, Node, Sequence[Received]], Awaitable[None]],
    node: Node,
    tx: Tx,
    batch: Sequence[Received],
) -> None:
    await take(tx, node, batch)


@asynccontextmanager
async def _network(stage: Stage) -> AsyncIterator[_Network]:
    platform = stage.platform
    tiers = (Tier.PREFECTURE, Tier.NATION)
    broker = await Broker.connect(platform.nats.url, patient=False)
    databases = {tier: await Database.open(platform.dsn(tier)) for tier in tiers}
    try:
        await broker.ensure_stream(Tier.NATION)
        keys = {tier: Keys.load(platform.keys, tier) for tier in (Tier.TOWN, *tiers)}
        yield _Network(databases, broker, keys)
    finally:
        for database in databases.values():
            await database.close()
        await broker.close()


def _lots(frames: Iterable[list[Received]], size: int) -> Iterator[list[list[Received]]]:
    iterator = iter(frames)
    while some := list(islice(iterator, size)):
        yield some
