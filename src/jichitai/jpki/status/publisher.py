"""The lists of revocations as they are published: made every day, and when somebody needs one."""

from datetime import datetime, timedelta
from typing import Final

import structlog

from jichitai.infra import audit
from jichitai.infra.audit import SYSTEM, Actor
from jichitai.infra.clock import Clock
from jichitai.infra.database import Database, Tx
from jichitai.jpki.authority import lists, store
from jichitai.jpki.authority.authorities import Authorities
from jichitai.jpki.authority.model import FULL, PublishedList
from jichitai.jpki.authority.vault import Vault
from jichitai.jpki.kinds import CertificateKind
from jichitai.kernel.dates import JST

log = structlog.get_logger(__name__)

EARLY: Final = timedelta(hours=12)
"""A list that has less than this before it is renewed out of turn."""


class Publisher:
    """Makes and finds lists with the authorities' keys.

    Args:
        database: the nation's.
        clock: law time.
        vault: where the authorities' keys are.
    """

    def __init__(self, database: Database, clock: Clock, vault: Vault) -> None:
        self._database = database
        self._clock = clock
        self._vault = vault
        self._authorities: Authorities | None = None

    async def list_of(self, authority: str, partition: str = FULL) -> PublishedList:
        """The list of one scope; made now when there is none or the old one has run out.

        Args:
            authority: its id.
            partition: a municipality's code; empty for the full list.

        Raises:
            UnknownAuthorityError: no such authority.
            UnknownMunicipalityError: no such municipality.
        """
        now = self._clock.now()
        async with self._database.transaction(read_only=True) as tx:
            found = await store.published_list(tx, authority, partition)
        if found is not None and found.this_update <= now < found.next_update:
            return found
        async with self._database.transaction() as tx:
            known = await self.authorities(tx)
            return await lists.list_of(tx, known, authority, partition, at=now)

    async def make_all(self, *, by: Actor = SYSTEM, reason: str | None = None) -> int:
        """Make every list anew; how many there are.

        Source: 公的個人認証法 第16条, 第35条.
        """
        async with self._database.transaction() as tx:
            known = await self.authorities(tx)
            made = await lists.make_crls(tx, known, at=self._clock.now())
            if made:
                facts = {"lists": len(made), "number": max(one.number for one in made)}
                await audit.record(
                    tx, by=by, action="jpki.lists.publish", reason=reason, facts=facts
                )
        return len(made)

    async def daily(self) -> bool:
        """Make the lists when a new day has begun in Japan, or the old ones soon run out."""
        async with self._database.transaction(read_only=True) as tx:
            known = await self.authorities(tx)
            due = await self._due(tx, known)
        if due:
            log.info("lists-published", lists=await self.make_all())
        return False

    async def authorities(self, tx: Tx) -> Authorities:
        """The authorities as they stand now.

        Raises:
            MissingVaultKeyError, VaultUnavailableError: their keys cannot be had.
        """
        if self._authorities is None:
            self._authorities = await Authorities.load(tx, self._vault)
        else:
            self._authorities = await self._authorities.fresh(tx)
        return self._authorities

    async def _due(self, tx: Tx, known: Authorities) -> bool:
        now = self._clock.now()
        for kind in CertificateKind:
            for authority in known.all(kind):
                if not authority.in_time(now):
                    continue
                found = await store.published_list(tx, authority.id, FULL)
                if found is None or is_due(found, now):
                    return True
        return False


def is_due(found: PublishedList, now: datetime) -> bool:
    """Whether a list is of another day in Japan than today, or has soon run out.

    Source: 公的個人認証サービス (失効情報は毎日更新する).
    """
    made_on = found.this_update.astimezone(JST).date()
    return made_on != now.astimezone(JST).date() or found.next_update - now < EARLY
