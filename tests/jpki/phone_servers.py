"""Applications of the tests on real ports, for browsers and commands."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager

from litestar.types import ASGIApp

from jichitai.infra.ports import bind
from jichitai.web.server import WebServer

Served = list[tuple[ASGIApp, int]]


@contextmanager
def served(made: Callable[[], AbstractAsyncContextManager[Served]]) -> Iterator[None]:
    """Applications on ports of this computer, in a thread of their own."""
    ready, stop = threading.Event(), threading.Event()

    async def serve() -> None:
        async with made() as apps:
            servers = [WebServer(app, bind("127.0.0.1", port)) for app, port in apps]
            running = [asyncio.create_task(one.run_until_stopped()) for one in servers]
            while not all(one.started for one in servers):
                await asyncio.sleep(0.01)
            ready.set()
            while not stop.is_set():
                await asyncio.sleep(0.02)
            for one in servers:
                one.stop()
            await asyncio.gather(*running)

    failed: list[BaseException] = []

    def run() -> None:
        try:
            asyncio.run(serve())
        except BaseException as error:  # noqa: BLE001 - the test tells of it
            failed.append(error)
            ready.set()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        assert ready.wait(60)
        assert failed == []
        yield
    finally:
        stop.set()
        thread.join(10)


def free_ports(count: int) -> list[int]:
    """Ports that were free a moment ago."""
    held = [bind("127.0.0.1", 0) for _ in range(count)]
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports
