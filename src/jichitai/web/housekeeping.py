"""What has ended is removed: sessions, used assertions."""

from jichitai.infra.database import Database
from jichitai.web import sessions
from jichitai.web.oauth import store


async def sweep(database: Database) -> int:
    """Remove ended sessions and forgotten assertions, and return how many rows went.

    Args:
        database: the tier's; safe to run in several processes, every few minutes.
    """
    async with database.transaction() as tx:
        return await sessions.sweep(tx) + await store.sweep(tx, sessions.instant())
