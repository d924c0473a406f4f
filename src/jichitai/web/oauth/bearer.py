"""Bearer tokens on the hot path: verified once, then found by hash until they end.

A token costs one signature check; after that a dictionary look-up. The state of its program is
asked again every few seconds, so a program that is closed loses access within that time.
"""

import asyncio
import hashlib
import time
from collections import OrderedDict
from datetime import UTC, datetime
from typing import Final

from joserfc.jwk import KeySet
from litestar.datastructures import State

from jichitai.infra.database import Database
from jichitai.kernel.parties import NATION
from jichitai.web.oauth import model, service, store
from jichitai.web.oauth.model import Access, Client
from jichitai.web.rights import Principal

REMEMBERED: Final = 10_000
STATE_LIFE: Final = 3.0
"""Seconds that the state of a program is believed."""


class BearerTokens:
    """Finds the program that holds a token.

    Args:
        state: the application's; `db` and `keys` are read when first needed.
        issuer: our origin.
    """

    def __init__(self, state: State, issuer: str) -> None:
        self._state = state
        self._issuer = issuer
        self._keys = KeySet([])
        self._kids: set[str] = set()
        self._tokens: OrderedDict[bytes, tuple[Access, Principal]] = OrderedDict()
        self._clients: dict[str, tuple[float, Client | None]] = {}
        self._asking = asyncio.Lock()

    async def principal(self, token: str) -> Principal:
        """Who holds the token.

        Raises:
            BadTokenError: it is not good, or its program may no longer act.
        """
        now = time.time()
        key = hashlib.blake2b(token.encode(), digest_size=16).digest()
        known = self._tokens.get(key)
        if known is not None and known[0].expires_at > now:
            access, principal = known
            asked = self._clients.get(access.client_id)
            if asked is None or now - asked[0] >= STATE_LIFE or now < asked[0]:
                await self._usable(access.client_id, now)
            elif asked[1] is None:
                raise model.bad_token()
            return principal
        self._tokens.pop(key, None)
        access = model.verify_access(token, keys=self._key_set(), issuer=self._issuer, now=now)
        client = await self._usable(access.client_id, now)
        principal = client.principal(access.scopes & client.scopes)
        self._tokens[key] = (access, principal)
        if len(self._tokens) > REMEMBERED:
            self._tokens.popitem(last=False)
        return principal

    def _key_set(self) -> KeySet:
        """Our keys since the start: tokens outlive a rotation by minutes."""
        kid = self._state["keys"].signer(NATION).kid
        if kid not in self._kids:
            self._kids.add(kid)
            self._keys = KeySet([*self._keys.keys, *service.public_keys(self._state["keys"]).keys])
        return self._keys

    async def _usable(self, client_id: str, now: float) -> Client:
        async with self._asking:
            asked = self._clients.get(client_id)
            if asked is None or not 0 <= now - asked[0] < STATE_LIFE:
                asked = self._clients[client_id] = (now, await self._ask(client_id, now))
        if asked[1] is None:
            raise model.bad_token()
        return asked[1]

    async def _ask(self, client_id: str, now: float) -> Client | None:
        db: Database = self._state.db
        async with db.transaction(read_only=True) as tx:
            client = await store.find(tx, client_id)
        if client is None or not client.usable(datetime.fromtimestamp(now, UTC)):
            return None
        return client
