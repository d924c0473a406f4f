"""One process of one tier: its application, its workers, and their beginning and end."""

import asyncio
import gc
import os
import signal
import threading
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, Final

import structlog
from litestar import Litestar

from jichitai.infra import logs, traces
from jichitai.infra.broker import Broker
from jichitai.infra.clock import Clock, RehearsalClock, SystemClock
from jichitai.infra.database import Database
from jichitai.infra.dispatcher import Dispatcher
from jichitai.infra.keys import Keys
from jichitai.infra.outbox import Outbox
from jichitai.infra.ports import bind
from jichitai.infra.receiver import Receiver
from jichitai.infra.settings import Settings
from jichitai.kernel.errors import UnavailableError
from jichitai.kernel.parties import MINISTRY, NATION, Party, Tier
from jichitai.web.direct import Direct
from jichitai.web.server import WebServer

log = structlog.get_logger(__name__)

STOP_SECONDS: Final = 30.0
"""After a signal to stop, a process that has not ended by itself is ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """What the parts of one process share."""

    tier: Tier
    settings: Settings
    database: Database
    broker: Broker
    keys: Keys
    clock: Clock
    outbox: Outbox

    @property
    def parties(self) -> list[Party]:
        """Whom this process serves; empty stands for everybody of the tier."""
        match self.tier:
            case Tier.TOWN:
                return [Party.town(code) for code in self.settings.municipalities]
            case Tier.PREFECTURE:
                return [Party.prefecture(code) for code in self.settings.prefectures]
            case Tier.NATION:
                return [NATION]
            case Tier.MINISTRY:
                return [MINISTRY]


def clock_of(settings: Settings) -> Clock:
    """The system's clock, or the shared clock of a rehearsal."""
    return RehearsalClock(settings.clock_file) if settings.clock_file else SystemClock()


async def open_node(settings: Settings, stack: AsyncExitStack) -> Node:
    """Open everything a process stands on; `stack` closes it.

    Raises:
        DatabaseUnavailableError, BrokerUnavailableError, MissingKeyError: with what to do.
    """
    keys = Keys.load(settings.key_directory, settings.tier)
    clock = clock_of(settings)
    database = await Database.open(
        settings.database_url, size=settings.pool_size, name=f"jichitai-{settings.tier}"
    )
    stack.push_async_callback(database.close)
    broker = await Broker.connect(settings.broker_url, name=f"jichitai-{settings.tier}")
    stack.push_async_callback(broker.close)
    return Node(
        tier=settings.tier,
        settings=settings,
        database=database,
        broker=broker,
        keys=keys,
        clock=clock,
        outbox=Outbox(keys.network, clock),
    )


Loop = Callable[[], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True)
class Assembled:
    """One tier's process, put together.

    Attributes:
        app: its pages and calls.
        loops: its workers.
        direct: calls whose answers may be ready.
    """

    app: Litestar
    loops: list[Loop]
    direct: tuple[Direct, ...] = ()


async def serve(tier: Assembled, settings: Settings) -> None:
    """Run the application and the workers until SIGTERM or SIGINT.

    A worker that ends or raises ends the process, so that whoever supervises it starts it again
    from a known state.

    Raises:
        PortTakenError: another program listens on the port.
    """
    listening = bind(settings.http_host, settings.http_port, held=settings.http_port_held)
    tls = settings.origin.startswith("https:")
    server = WebServer(tier.app, listening, direct=tier.direct, tls=tls)
    _settle_heap()
    stopping = asyncio.Event()
    running = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        running.add_signal_handler(number, stopping.set)
    tasks = [asyncio.create_task(loop()) for loop in tier.loops]
    serving = asyncio.create_task(server.run_until_stopped())
    stop = asyncio.create_task(stopping.wait())
    log.info("started", port=settings.http_port)
    try:
        done, _ = await asyncio.wait([*tasks, serving, stop], return_when=asyncio.FIRST_COMPLETED)
        for task in done - {stop}:
            task.result()
        if stop not in done:
            raise UnavailableError("処理の一部が終了したため、この装置を止めます。")
    finally:
        _end_anyway()
        server.stop()
        for task in (*tasks, stop):
            task.cancel()
        await asyncio.gather(*tasks, stop, return_exceptions=True)
        await asyncio.wait([serving], timeout=10)
        log.info("stopped")


def _end_anyway() -> None:
    """Let nothing hold a process that was told to stop: what it acknowledged is in the database."""

    def end() -> None:
        log.error("stop-forced", seconds=STOP_SECONDS)
        os._exit(1)

    timer = threading.Timer(STOP_SECONDS, end)
    timer.daemon = True
    timer.start()


def _settle_heap() -> None:
    """Keep the collector away from what was made at the start and lives as long as the process."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


Assemble = Callable[[Node], Assembled]


async def run(settings: Settings, assemble: Assemble) -> None:
    """Run one tier's process to its end."""
    logs.configure(settings.log_level, tier=str(settings.tier))
    traces.configure(settings.traces_endpoint, service=f"jichitai-{settings.tier}")
    async with AsyncExitStack() as stack:
        node = await open_node(settings, stack)
        await serve(assemble(node), settings)


def messaging(node: Node, handlers: Any) -> tuple[Receiver, list[Loop]]:
    """The receiver, and the loops that carry messages out and in."""
    receiver = Receiver(
        node.tier,
        node.database,
        node.broker,
        node.keys,
        handlers,
        node.clock,
        node.parties if node.tier in {Tier.TOWN, Tier.PREFECTURE} else (),
    )
    dispatcher = Dispatcher(
        node.tier, node.database, node.broker, node.keys, node.settings.municipalities
    )
    return receiver, [receiver.run, dispatcher.run]


async def every(seconds: float, work: Callable[[], Awaitable[object]], *, name: str) -> None:
    """Do a piece of work again and again; an outage is waited out."""
    while True:
        try:
            busy = await work()
        except UnavailableError as error:
            log.warning("work-waits", work=name, **logs.where(error))
            busy = False
        await asyncio.sleep(0 if busy else seconds)
