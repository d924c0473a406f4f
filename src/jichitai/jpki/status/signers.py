"""Who signs OCSP answers: the responders of the table, with their keys from the vault."""

from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec, rsa

from jichitai.infra.clock import Clock
from jichitai.infra.database import Tx
from jichitai.jpki.authority import store
from jichitai.jpki.authority.profiles import AuthorityKind
from jichitai.jpki.authority.vault import Vault
from jichitai.jpki.status.answers import Signer

_SPEAKS: Final = frozenset({AuthorityKind.SIGNING, AuthorityKind.USER_AUTH})


class VaultSigners:
    """Finds the signers that are in force; each key is fetched from the vault once.

    Args:
        vault: where the responders' keys are.
        clock: law time.
    """

    def __init__(self, vault: Vault, clock: Clock) -> None:
        self._vault = vault
        self._clock = clock
        self._known: dict[tuple[str, int], Signer] = {}

    async def __call__(self, tx: Tx) -> list[Signer]:
        """The signers of all authorities whose responder certificate has begun and not ended.

        Raises:
            MissingVaultKeyError, VaultUnavailableError: a key cannot be had.
        """
        now = self._clock.now()
        responders = await store.responders(tx, now)
        found = []
        for authority in await store.authorities(tx):
            if authority.kind not in _SPEAKS or authority.id not in responders:
                continue
            certificate, label = responders[authority.id]
            if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
                continue
            place = (authority.id, certificate.serial_number)
            if place not in self._known:
                key = self._vault.key(label)
                if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
                    continue
                self._known[place] = Signer(authority.id, authority.certificate, certificate, key)
            found.append(self._known[place])
        return found
