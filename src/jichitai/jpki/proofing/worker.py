"""Timed work of proofings at the towns."""

from datetime import UTC, datetime
from time import time

from jichitai.infra.database import Database
from jichitai.jpki.proofing import store


async def sweep(database: Database) -> bool:
    """Erase readings whose time is over, with all that was read; once a minute."""
    async with database.transaction(all_towns=True) as tx:
        return await store.sweep(tx, datetime.fromtimestamp(time(), UTC)) > 0
