"""What has ended is removed while the application runs: sessions, used assertions."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

import structlog
from litestar import Litestar

from jichitai.infra.database import Database
from jichitai.infra.logs import where
from jichitai.web import sessions
from jichitai.web.oauth import store

EVERY: Final = 300.0
"""Seconds between two rounds."""

_log = structlog.get_logger("jichitai.web")


async def sweep(database: Database) -> int:
    """Remove ended sessions and forgotten assertions, and return how many rows went.

    Args:
        database: the tier's; several processes may do it at once.
    """
    async with database.transaction(all_towns=True) as tx:
        return await sessions.sweep(tx) + await store.sweep(tx, sessions.instant())


@asynccontextmanager
async def sweeping(app: Litestar) -> AsyncIterator[None]:
    """Sweep now and then, as long as the application runs."""
    task = asyncio.create_task(_keep_sweeping(app))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _keep_sweeping(app: Litestar) -> None:
    while True:
        await asyncio.sleep(EVERY)
        try:
            await sweep(app.state.db)
        except Exception as error:  # noqa: BLE001  # the next round tries again
            _log.warning("web.sweep-failed", **where(error))
