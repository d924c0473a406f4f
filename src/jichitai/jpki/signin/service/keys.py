"""Keys of ID tokens: made, published a day before they sign, replaced, destroyed."""

import secrets
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from joserfc.jwk import ECKey, KeyParameters, KeySet, RSAKey

from jichitai.infra import audit
from jichitai.infra.audit import Actor
from jichitai.infra.crypto import Sealer
from jichitai.infra.database import Tx
from jichitai.jpki.signin.store import keys as store
from jichitai.jpki.signin.store.keys import StoredKey
from jichitai.jpki.signin.tokens import ALGORITHMS, Signer, SigningJwk

SIGNS_FOR: Final = timedelta(days=90)
LEAD: Final = timedelta(days=1)
"""A key is published this long before it signs; parties may keep our keys for an hour."""
AFTERLIFE: Final = timedelta(hours=1)
"""A key stays published this long after it signed last; tokens live ten minutes."""
_opened: dict[str, SigningJwk] = {}


async def tend(tx: Tx, sealer: Sealer, now: datetime) -> bool:
    """Make the keys that are missing or soon due; True when something changed."""
    await store.lock(tx)
    changed = False
    for alg in ALGORITHMS:
        own = [key for key in await store.published(tx, now) if key.alg == alg]
        lasting = [key for key in own if key.gone_at is None]
        if not lasting:
            await store.add(tx, _new(alg, sealer, now, signs_from=now))
            changed = True
        elif lasting[-1].signs_from + SIGNS_FOR - LEAD <= now:
            new = _new(alg, sealer, now, signs_from=now + LEAD)
            await store.add(tx, new)
            for key in lasting:
                await store.end(tx, key.kid, new.signs_from + AFTERLIFE)
            changed = True
    await store.sweep(tx, now)
    return changed


async def rotate(tx: Tx, sealer: Sealer, now: datetime, *, leaked: bool, by: Actor) -> list[str]:
    """Replace all keys now; a leaked one is not published any more from now on.

    Returns:
        Names of the new keys.
    """
    await store.lock(tx)
    made = []
    for key in await store.published(tx, now):
        await store.end(tx, key.kid, now if leaked else now + AFTERLIFE)
    for alg in ALGORITHMS:
        new = _new(alg, sealer, now, signs_from=now)
        await store.add(tx, new)
        made.append(new.kid)
    await store.sweep(tx, now)
    await audit.record(
        tx, by=by, action="jpki.openid.rotate", subject="openid", facts={"leaked": leaked}
    )
    return made


async def signer(tx: Tx, sealer: Sealer, alg: str, now: datetime) -> Signer:
    """The key that signs now; the first ones are made when they are first needed."""
    found = await _signing(tx, alg, now)
    if found is None:
        await tend(tx, sealer, now)
        found = await _signing(tx, alg, now)
    if found is None:  # pragma: no cover  # `tend` has just made it in this transaction
        raise LookupError(alg)
    if found.kid not in _opened:
        raw = sealer.open(found.sealed, found.kid.encode())
        _opened[found.kid] = _imported(alg, msgspec.json.decode(raw, type=dict[str, Any]))
    return Signer(found.kid, alg, _opened[found.kid])


async def jwks(tx: Tx, sealer: Sealer, now: datetime) -> dict[str, Any]:
    """The public keys that verify our tokens (RFC 7517)."""
    found = await store.published(tx, now)
    if {key.alg for key in found} < set(ALGORITHMS):
        await tend(tx, sealer, now)
        found = await store.published(tx, now)
    return {"keys": [dict(key.public_jwk) for key in found]}


async def key_set(tx: Tx, sealer: Sealer, now: datetime) -> KeySet:
    """The same for our own checks."""
    return KeySet.import_key_set({"keys": (await jwks(tx, sealer, now))["keys"]})


async def _signing(tx: Tx, alg: str, now: datetime) -> StoredKey | None:
    ready = [
        key for key in await store.published(tx, now) if key.alg == alg and key.signs_from <= now
    ]
    return ready[-1] if ready else None


def _new(alg: str, sealer: Sealer, now: datetime, *, signs_from: datetime) -> StoredKey:
    kid = f"openid-{now:%Y%m%d}-{secrets.token_hex(4)}"
    parameters: KeyParameters = {"kid": kid, "use": "sig", "alg": alg}
    key: SigningJwk = (
        ECKey.generate_key("P-256", parameters)
        if alg == "ES256"
        else RSAKey.generate_key(2048, parameters)
    )
    private = msgspec.json.encode(key.as_dict(private=True))
    return StoredKey(
        kid=kid,
        alg=alg,
        public_jwk=dict(key.as_dict(private=False)),
        sealed=sealer.seal(private, kid.encode()),
        made_at=now,
        signs_from=signs_from,
        gone_at=None,
    )


def _imported(alg: str, jwk: dict[str, Any]) -> SigningJwk:
    return ECKey.import_key(jwk) if alg == "ES256" else RSAKey.import_key(jwk)
