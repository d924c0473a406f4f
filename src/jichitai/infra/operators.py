"""Operators' commands: one transaction on the node's own database, and who acts.

The commands run on the node itself, with its settings; whoever may read the node's database
password may use them, and each deed leaves a row in the audit log.
"""

import asyncio
import getpass
import os
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import click

from jichitai.infra.audit import Actor
from jichitai.infra.database import Database, Tx
from jichitai.infra.settings import Settings, read_settings
from jichitai.kernel.parties import Tier

T = TypeVar("T")
TIER: Final = click.Choice([str(tier) for tier in Tier])


def with_database(tier: str, work: Callable[[Database, Settings], Awaitable[T]]) -> T:
    """Do the work of a command that needs the database itself, or the settings."""

    async def connected() -> T:
        settings = read_settings(os.environ, tier=tier)
        database = await Database.open(settings.database_url, size=1, name="jichitai-command")
        try:
            return await work(database, settings)
        finally:
            await database.close()

    return asyncio.run(connected())


def run(tier: str, work: Callable[[Tx], Awaitable[T]]) -> T:
    """Do the work of a command in one transaction, which commits when it returns."""

    async def transact(database: Database, settings: Settings) -> T:
        async with database.transaction(all_towns=settings.tier is Tier.TOWN) as tx:
            return await work(tx)

    return with_database(tier, transact)


def shell_user() -> Actor:
    """The user of the machine who gives the command."""
    return Actor("operator", f"shell:{getpass.getuser()}")
