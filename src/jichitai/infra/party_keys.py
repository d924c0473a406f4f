"""Public keys of the parties, as this tier knows them."""

import time
from collections.abc import Iterable
from datetime import datetime

from joserfc.jwk import OKPKey

from jichitai.infra.clock import Clock
from jichitai.infra.database import Database, Tx
from jichitai.infra.keys import PublicKey
from jichitai.infra.messages import PublicKeys, public_jwk
from jichitai.kernel.errors import NotFoundError
from jichitai.kernel.parties import Party

_REFRESH_SECONDS = 5.0


class UnknownKeyError(NotFoundError):
    """No public key of this name is registered in the tier."""

    type = "infra.unknown-key"
    title = "登録されていない鍵です"


async def register(tx: Tx, keys: Iterable[PublicKey], *, valid_from: datetime) -> None:
    """Make public keys known; a key already known is left as it is."""
    rows = list(keys)
    await tx.execute(
        "insert into infra.party_key (party, kid, public_key, valid_from)"
        " select party, kid, public_key, %s"
        "   from unnest(%s::text[], %s::text[], %s::bytea[]) as new (party, kid, public_key)"
        " on conflict (party, kid) do nothing",
        (
            valid_from,
            [str(key.party) for key in rows],
            [key.kid for key in rows],
            [key.public_key for key in rows],
        ),
    )


async def retire(tx: Tx, party: Party, *, keep: str, at: datetime) -> int:
    """End the validity of a party's other keys after a rotation; returns how many.

    Raises:
        UnknownKeyError: the key to keep is not known here, so nothing would be left.
    """
    await _demand(tx, keep)
    cursor = await tx.execute(
        "update infra.party_key set valid_to = %s"
        " where party = %s and kid <> %s and (valid_to is null or valid_to > %s)",
        (at, str(party), keep, at),
    )
    return cursor.rowcount


async def revoke(tx: Tx, kid: str, *, at: datetime) -> int:
    """Refuse a key from now on, whatever it signed; returns how many rows.

    Raises:
        UnknownKeyError: no such key.
    """
    await _demand(tx, kid)
    cursor = await tx.execute(
        "update infra.party_key set revoked_at = %s where kid = %s and revoked_at is null",
        (at, kid),
    )
    return cursor.rowcount


async def public_key(tx: Tx, kid: str) -> bytes:
    """The 32 bytes of a key that is or was valid here, and was not revoked.

    Raises:
        UnknownKeyError: no such key.
    """
    cursor = await tx.execute(
        "select public_key from infra.party_key where kid = %s and revoked_at is null", (kid,)
    )
    row = await cursor.fetchone()
    if row is None:
        raise UnknownKeyError(
            f"鍵 {kid} はこの階層に登録されていないか、失効しています。鍵の名前を確かめてください。",
            kid=kid,
        )
    return bytes(row[0])


async def _demand(tx: Tx, kid: str) -> None:
    known = await tx.execute("select 1 from infra.party_key where kid = %s", (kid,))
    if await known.fetchone() is None:
        raise UnknownKeyError(
            f"鍵 {kid} はこの階層に登録されていません。鍵の名前を確かめ、公開鍵を先に"
            "登録してください。",
            kid=kid,
        )


class KeyBook:
    """The keys valid now, kept in memory and read again every few seconds.

    Keys whose time has ended are kept apart: they sign nothing new, but what was put aside while
    they were valid is still theirs. A revoked key is in neither.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        """Start empty; the first use reads the table."""
        self._database = database
        self._clock = clock
        self._known: dict[str, tuple[str, OKPKey]] = {}
        self._keys: dict[str, tuple[str, OKPKey]] = {}
        self._raw: dict[str, bytes] = {}
        self._read_at = 0.0

    async def current(self, *, fresh: bool = False) -> PublicKeys:
        """Kid -> (party, key).

        Args:
            fresh: read the table now, for instance after an unknown signer.
        """
        if fresh or time.monotonic() - self._read_at > _REFRESH_SECONDS:
            await self._read()
        return self._keys

    async def with_retired(self) -> PublicKeys:
        """The keys of now and those whose time has ended, read now; none that is revoked."""
        await self._read()
        return self._known

    async def _read(self) -> None:
        now = self._clock.now()
        async with self._database.transaction(read_only=True) as tx:
            cursor = await tx.execute(
                "select kid, party, public_key, valid_to is null or valid_to > %s"
                "  from infra.party_key where revoked_at is null",
                (now,),
            )
            rows = await cursor.fetchall()
        self._known = {
            kid: self._known[kid] if self._raw.get(kid) == raw else (party, public_jwk(raw))
            for kid, party, raw, _ in rows
        }
        self._keys = {kid: self._known[kid] for kid, _, _, valid in rows if valid}
        self._raw = {kid: raw for kid, _, raw, _ in rows}
        self._read_at = time.monotonic()
