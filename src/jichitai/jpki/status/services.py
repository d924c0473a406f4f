"""The status services of one process, put together once."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from time import time

from jichitai.infra.clock import Clock
from jichitai.infra.database import Database
from jichitai.jpki.authority.vault import Vault
from jichitai.jpki.status.consent import store as consents
from jichitai.jpki.status.publication import ASKS, OCSP_PATH, SAYS
from jichitai.jpki.status.publisher import Publisher
from jichitai.jpki.status.record import Roots
from jichitai.jpki.status.responder import Responder
from jichitai.jpki.status.signers import VaultSigners
from jichitai.web.direct import Direct

Work = Callable[[], Awaitable[bool]]


class StatusServices:
    """Responder, publisher and roots over one database and one vault.

    Args:
        database: the nation's.
        clock: law time.
        vault: where the keys of authorities and responders are.
    """

    def __init__(self, database: Database, clock: Clock, vault: Vault) -> None:
        self._database = database
        self.responder = Responder(database, clock, VaultSigners(vault, clock))
        self.publisher = Publisher(database, clock, vault)
        self.roots = Roots()

    @property
    def given(self) -> Mapping[str, object]:
        """What handlers name as arguments."""
        return {
            "responder": self.responder,
            "publisher": self.publisher,
            "roots": self.roots,
        }

    @property
    def direct(self) -> tuple[Direct, ...]:
        """Answers that the web server may give on the connection."""
        return (Direct(OCSP_PATH, ASKS, SAYS, self.responder.at_hand),)

    @property
    def work(self) -> Mapping[str, tuple[float, Work]]:
        """Timed work by name, with its pause in seconds; beside it runs `responder.follow`."""
        return {
            "revocation-lists": (60.0, self.publisher.daily),
            "consent-requests": (600.0, self._sweep),
        }

    async def _sweep(self) -> bool:
        async with self._database.transaction() as tx:
            await consents.sweep(tx, datetime.fromtimestamp(time(), UTC))
        return False
