"""Timed work of phones at the nation: erase what was shown, renew certificates in time."""

from jichitai.infra.clock import Clock
from jichitai.infra.database import Database
from jichitai.jpki.authority.vault import Vault
from jichitai.jpki.phone import authority, presenting


async def sweep(database: Database) -> bool:
    """Erase requests whose time is over; once a minute."""
    async with database.transaction() as tx:
        return await presenting.sweep(tx) > 0


async def renew(
    database: Database, vault: Vault, clock: Clock, origin: str, *, found: bool = False
) -> bool:
    """Renew the certificates of document signer and verifier before they end; once an hour.

    Args:
        database: of the nation.
        vault: of the authorities.
        clock: law time.
        origin: of our site.
        found: make the root too when there is none, as a rehearsal does; in production it is made
            by `jichitai phone authority`.
    """
    async with database.transaction() as tx:
        if not found and not await authority.roots_of(tx):
            return False
        return bool(await authority.prepare(tx, vault, origin=origin, at=clock.now()))
