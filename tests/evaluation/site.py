"""An application served from a thread, with a session for each of its people; for journeys in a browser."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from uuid import uuid4

import uvicorn
from litestar import Litestar
from playwright.sync_api import Page

from jichitai.web import accounts, sessions
from jichitai.web.accounts import Account
from jichitai.web.rights import Kind, Role

OpenApp = Callable[[str], AbstractAsyncContextManager[Litestar]]
"""Makes the application for an origin."""
People = Mapping[str, tuple[str, Role]]
"""Display name and role of each person."""


@dataclass(frozen=True)
class Site:
    """A running application, and a session for each of its people."""

    origin: str
    cookie: str
    tokens: dict[str, str]

    def enter(self, page: Page, who: str) -> None:
        """Go on as somebody else."""
        page.context.clear_cookies()
        page.context.add_cookies(
            [{"name": self.cookie, "value": self.tokens[who], "url": self.origin}]
        )


async def _serve(
    open_app: OpenApp,
    people: People,
    listening: socket.socket,
    ready: Callable[[tuple[Site, uvicorn.Server]], None],
) -> None:
    origin = f"http://127.0.0.1:{listening.getsockname()[1]}"
    async with open_app(origin) as app:
        tokens = {}
        async with app.state.db.transaction() as tx:
            for who, (display, role) in people.items():
                person = Account(
                    account_id=uuid4(), kind=Kind.STAFF, display=display, roles=frozenset({role})
                )
                await accounts.save(tx, person)
                tokens[who] = await sessions.open_session(tx, person, method="persona")
        config = uvicorn.Config(app, log_level="critical", lifespan="off", ws="none")
        server = uvicorn.Server(config)
        ready((Site(origin, app.state.cookies.session, tokens), server))
        await server.serve(sockets=[listening])


@contextlib.contextmanager
def served_app(open_app: OpenApp, people: People) -> Iterator[Site]:
    """Serve the application until the end of the block."""
    found: Future[tuple[Site, uvicorn.Server]] = Future()
    with contextlib.closing(socket.socket()) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()

        def work() -> None:
            try:
                asyncio.run(_serve(open_app, people, listening, found.set_result))
            except BaseException as error:
                if not found.done():
                    found.set_exception(error)
                raise

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        site, server = found.result(timeout=60)
        yield site
        server.should_exit = True
        thread.join(timeout=30)
