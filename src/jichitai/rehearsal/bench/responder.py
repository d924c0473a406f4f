"""The nation's status services alone in a process of their own, for `bench jpki`.

The server, the gate, the routes and the answers kept on the connection are those of the nation.
"""

import asyncio
import os
import signal

import uvloop
from litestar.di import Provide

from jichitai.infra.clock import SystemClock
from jichitai.infra.database import Database
from jichitai.infra.keys import Keys
from jichitai.infra.ports import bind
from jichitai.infra.settings import read_settings
from jichitai.jpki.authority.vault import open_vault
from jichitai.jpki.status.publication import ROUTES
from jichitai.jpki.status.services import StatusServices
from jichitai.web.app import create_app
from jichitai.web.server import WebServer


async def serve() -> None:
    """Serve until SIGTERM."""
    settings = read_settings(os.environ)
    database = await Database.open(settings.database_url)
    clock = SystemClock()
    services = StatusServices(database, clock, open_vault(settings))
    app = create_app(
        settings.tier,
        settings,
        controllers=ROUTES,
        db=database,
        clock=clock,
        keys=Keys.load(settings.key_directory, settings.tier),
        dependencies={name: _given(service) for name, service in services.given.items()},
    )
    await services.responder.start()
    server = WebServer(app, bind(settings.http_host, settings.http_port), direct=services.direct)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, server.stop)
    following = asyncio.create_task(services.responder.follow())
    await server.run_until_stopped()
    following.cancel()
    await database.close()


def _given(service: object) -> Provide:
    return Provide(lambda: service, sync_to_thread=False)


if __name__ == "__main__":
    uvloop.run(serve())
