"""Timed work of the authorities: responders are certified anew before they end."""

from jichitai.infra.clock import Clock
from jichitai.infra.database import Database
from jichitai.jpki.authority import ceremony
from jichitai.jpki.authority.authorities import Authorities
from jichitai.jpki.authority.vault import Vault


async def keep_responders(database: Database, clock: Clock, vault: Vault) -> bool:
    """Make responders where one is missing or ends within 30 days.

    Returns:
        False: there is nothing more to do at once.

    Raises:
        MissingVaultKeyError, VaultUnavailableError: the authorities' keys cannot be had.
    """
    async with database.transaction() as tx:
        authorities = await Authorities.load(tx, vault)
        await ceremony.renew_responders(tx, vault, authorities, clock.now())
    return False
