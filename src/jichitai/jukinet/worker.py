"""Handlers of messages by tier, and the timed work of the network.

Handlers of provision and disclosure are put beside these by the composition root.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import date, timedelta
from typing import Final

import structlog

from jichitai.infra import links as held_links
from jichitai.infra.database import Database, Tx
from jichitai.infra.inbox import Handler, Handlers
from jichitai.infra.logs import where
from jichitai.infra.messages import Received
from jichitai.infra.receiver import Receiver
from jichitai.jukinet.digest import service as digest
from jichitai.jukinet.links import service as links
from jichitai.jukinet.network import service as network
from jichitai.jukinet.node import Node
from jichitai.jukinet.numbers import service as numbers
from jichitai.jukinet.town import service as town
from jichitai.jukinet.town import store
from jichitai.jukinet.town.intake import TownIntake
from jichitai.kernel.dates import JST
from jichitai.kernel.errors import JichitaiError, UnavailableError
from jichitai.kernel.parties import Tier
from jichitai.register.service.network import TownRegister

log = structlog.get_logger(__name__)

_IDLE_SECONDS: Final = 0.2
_FACTS: Final = 200
_DIGESTS_APART_SECONDS: Final = 60.0
"""When a clock runs a year in a minute, not every night needs its comparison."""


def town_handlers(node: Node, register: TownRegister) -> Handlers:
    """What a town's node does with each kind of message."""
    intake = TownIntake(node, register)
    return {
        "M02": intake.receive_arrivals,
        "M06": intake.receive_certificate_requests,
        "M07": intake.receive_certificates,
        "M10": intake.receive_codes,
        "M12": intake.receive_numbers,
        "M15": intake.receive_reports,
        "M23Q": _bound(node, digest.answer),
        "L01": links.receive,
    }


def prefecture_handlers(node: Node) -> Handlers:
    """What a prefecture's node does with each kind of message."""
    return {
        "M01": _bound(node, network.receive_notices),
        "M15": _bound(node, network.pass_report),
        "M23": _bound(node, digest.compare_roots),
        "M23Q": _bound(node, digest.answer),
        "M23R": _bound(node, digest.compare_parts),
        "L01": links.receive,
    }


def nation_handlers(node: Node) -> Handlers:
    """What the nation's node does with each kind of message."""
    return {
        "M01": _bound(node, network.receive_notices),
        "M10R": _bound(node, numbers.receive_code_requests),
        "M11": _bound(node, numbers.receive_number_requests),
        "M23": _bound(node, digest.compare_roots),
        "M23R": _bound(node, digest.compare_parts),
        "L01": links.receive,
    }


class TownWorker:
    """Reads the registers of the towns that this process serves, and sends what they cause."""

    def __init__(
        self,
        database: Database,
        node: Node,
        register: TownRegister,
        towns: Sequence[str] = (),
        wake: Callable[[], None] = lambda: None,
        digest_hour: int = 0,
    ) -> None:
        """Take the town database.

        Args:
            database: of the town tier.
            node: this process.
            register: the register's service.
            towns: the municipalities served; all in the database when empty.
            wake: called when messages were put into the outbox.
            digest_hour: hour (JST) of the nightly digests; -1 sends none by itself.
        """
        self._database = database
        self._node = node
        self._register = register
        self._digest_hour = digest_hour
        self._digest_day = self._night()
        self._towns = tuple(towns)
        self._wake = wake
        self._day: date | None = None
        self._digests_at = 0.0

    async def run(self) -> None:
        """Work for ever; every outage is waited out."""
        while True:
            try:
                await self.start_day()
                await self.compare_nightly()
                if not await self.derive_pending():
                    await asyncio.sleep(_IDLE_SECONDS)
            except UnavailableError as error:
                log.warning("town-worker-waits", **where(error))
                await asyncio.sleep(0.5)

    async def derive_pending(self) -> int:
        """Derive messages for every town that has new events; returns how many events."""
        behind = await self._behind()
        read = 0
        for municipality in behind:
            try:
                read += await self._derive(municipality)
            except UnavailableError:
                raise
            except JichitaiError as error:
                log.warning("derive-refused", municipality=municipality, **where(error))
        if read:
            self._wake()
        return read

    async def start_day(self) -> bool:
        """Once a day: carry out departures that fall due."""
        today = self._node.clock.today()
        if self._day == today:
            return False
        for municipality in await self._due(today):
            await self._depart(municipality, today)
        if self._day is None:  # a town that starts empty has to ask for its first codes
            for municipality in await self._known():
                await self._derive(municipality)
        self._day = today
        return True

    async def compare_nightly(self) -> bool:
        """Once a night, from the hour of the settings on: send digests (夜間整合性確認).

        A process that starts after the hour takes this night's digests for sent.
        """
        night = self._night()
        if night == self._digest_day or self._digest_hour < 0:
            return False
        if time.monotonic() - self._digests_at < _DIGESTS_APART_SECONDS:
            return False
        await self.derive_pending()
        await self.send_digests()
        self._digest_day, self._digests_at = night, time.monotonic()
        return True

    def _night(self) -> date:
        """The day whose digests are due: today from the hour on, yesterday before."""
        now = self._node.clock.now().astimezone(JST)
        return (now - timedelta(hours=max(self._digest_hour, 0))).date()

    async def send_digests(self, municipalities: Sequence[str] = ()) -> int:
        """Send digests of these towns, or of all; returns how many."""
        wanted = municipalities or await self._known()
        for municipality in wanted:
            async with self._database.transaction(town=municipality) as tx:
                await digest.run_digest(tx, self._node, municipality)
        self._wake()
        return len(wanted)

    async def _depart(self, municipality: str, today: date) -> None:
        """Remove those whose planned departure has come."""
        try:
            async with self._database.transaction(town=municipality) as tx:
                await self._register.apply_due(tx, municipality, today)
        except UnavailableError:
            raise
        except JichitaiError as error:
            log.warning("departure-refused", municipality=municipality, **where(error))

    async def _derive(self, municipality: str) -> int:
        read = 0
        while True:
            async with self._database.transaction(town=municipality) as tx:
                now = await town.derive(tx, self._node, self._register, municipality, limit=_FACTS)
            read += now
            if now < _FACTS:
                return read

    async def _behind(self) -> list[str]:
        async with self._database.transaction(all_towns=True, read_only=True) as tx:
            newest = await self._register.last_numbers(tx)
            read = await store.cursors(tx)
        return [code for code in self._mine(newest) if newest[code] > read.get(code, 0)]

    async def _due(self, today: date) -> list[str]:
        async with self._database.transaction(all_towns=True, read_only=True) as tx:
            due = await self._register.due_towns(tx, today)
        return [code for code in due if not self._towns or code in self._towns]

    async def _known(self) -> list[str]:
        if self._towns:
            return sorted(self._towns)
        async with self._database.transaction(all_towns=True, read_only=True) as tx:
            return self._mine(await self._register.last_numbers(tx))

    def _mine(self, numbers: dict[str, int]) -> list[str]:
        return sorted(code for code in numbers if not self._towns or code in self._towns)


class NationWorker:
    """The nation's daily work: contradictions that nobody explained become cases."""

    def __init__(self, database: Database, node: Node) -> None:
        """Take the nation's database."""
        self._database = database
        self._node = node
        self._day: date | None = None

    async def run(self) -> None:
        """Work for ever; every outage is waited out."""
        while True:
            try:
                await self.start_day()
            except UnavailableError as error:
                log.warning("nation-worker-waits", **where(error))
            await asyncio.sleep(1.0)

    async def start_day(self) -> int:
        """Once a day: open cases for live records left behind; returns how many."""
        today = self._node.clock.today()
        if self._day == today:
            return 0
        async with self._database.transaction() as tx:
            opened = await network.open_overdue(tx, self._node)
        self._day = today
        return opened


class LinkWorker:
    """Applies what was held back, as soon as a link is open again."""

    def __init__(self, database: Database, receiver: Receiver, tier: Tier) -> None:
        """Take the receiver that holds."""
        self._database = database
        self._receiver = receiver
        self._all_towns = tier is Tier.TOWN

    async def run(self) -> None:
        """Work for ever; every outage is waited out."""
        while True:
            try:
                await self.release()
            except UnavailableError as error:
                log.warning("link-worker-waits", **where(error))
            await asyncio.sleep(1.0)

    async def release(self) -> int:
        """Release what may go on; returns how many messages."""
        async with self._database.transaction(all_towns=self._all_towns, read_only=True) as tx:
            waiting = await held_links.receivers_with_held(tx)
        return await self._receiver.release(waiting) if waiting else 0


def _bound(
    node: Node, handle: Callable[[Tx, Node, Sequence[Received]], Awaitable[None]]
) -> Handler:
    async def handler(tx: Tx, batch: Sequence[Received]) -> None:
        await handle(tx, node, batch)

    return handler
