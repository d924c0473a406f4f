"""Key pairs made ahead: RSA-2048 takes longer to draw than everything else of an issue together.

A chip draws its own keys. Where keys are drawn outside it (a phone's software wallet, a rehearsal
with thousands of cards), they wait here, each sealed in a file of its own, and each is given out
once: the file is claimed and gone before its content is used.
"""

import multiprocessing
import os
import secrets
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

from jichitai.infra.settings import Settings
from jichitai.jpki.authority.errors import EmptyPoolError
from jichitai.jpki.authority.vault import kept_secret
from jichitai.kernel.secrets import Secret

FOLDER: Final = "jpki-pool"
SECRET_FILE: Final = "jpki-pool-secret"  # noqa: S105 - the name of a file
_SUFFIX: Final = ".key"
_NONCE: Final = 12


class KeyPool:
    """A directory of RSA key pairs that nobody has used."""

    def __init__(self, directory: Path, secret: Secret) -> None:
        """Take a directory, which is made (mode 0700) when absent.

        Args:
            directory: of the sealed keys; several processes may share it.
            secret: at least 32 random bytes as text; what seals the keys is derived from it.
        """
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._directory = directory
        derived = HKDF(SHA256(), 32, salt=None, info=b"jichitai-key-pool")
        self._seal = AESGCM(derived.derive(secret.reveal().encode()))

    def __len__(self) -> int:
        """How many keys wait."""
        return sum(1 for _ in self._files())

    def fill(self, wanted: int, *, processes: int = 1) -> int:
        """Draw keys until so many wait.

        Args:
            wanted: level to fill up to.
            processes: that draw at the same time; 1 draws in this one.

        Returns:
            How many were drawn.
        """
        lacking = max(0, wanted - len(self))
        if processes <= 1 or lacking <= 1:
            for _ in range(lacking):
                self._put(draw())
            return lacking
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(processes, mp_context=context) as executor:
            for der in executor.map(_drawn, range(lacking), chunksize=8):
                self._put(der)
        return lacking

    def take(self) -> rsa.RSAPrivateKey:
        """A key that nobody else gets, and of which no copy remains here.

        Raises:
            EmptyPoolError: none is left.
        """
        for file in self._files():
            claimed = file.with_suffix(f".{secrets.token_hex(8)}")
            try:
                file.rename(claimed)
                sealed = claimed.read_bytes()
                claimed.unlink()
                der = self._seal.decrypt(sealed[:_NONCE], sealed[_NONCE:], file.stem.encode())
            except (FileNotFoundError, InvalidTag):  # another was quicker, or not ours
                continue
            key = load_der_private_key(der, password=None)
            if isinstance(key, rsa.RSAPrivateKey):
                return key
        raise EmptyPoolError(
            "作り置きの鍵がなくなりました。jichitai ca pool で鍵を足してから、もう一度行って"
            "ください。"
        )

    def _files(self) -> Iterator[Path]:
        return self._directory.glob(f"*{_SUFFIX}")

    def _put(self, der: bytes) -> None:
        name = secrets.token_hex(8)
        nonce = secrets.token_bytes(_NONCE)
        sealed = nonce + self._seal.encrypt(nonce, der, name.encode())
        scratch = self._directory / f".{name}"
        descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(sealed)
        scratch.rename(self._directory / f"{name}{_SUFFIX}")


def open_pool(settings: Settings) -> KeyPool:
    """The pool of this node, beside its other keys.

    Raises:
        VaultUnavailableError: its secret cannot be read.
    """
    secret = kept_secret(settings.key_directory, SECRET_FILE)
    return KeyPool(settings.key_directory / FOLDER, secret)


def draw() -> bytes:
    """One new key pair, PKCS#8."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def _drawn(_: int) -> bytes:
    return draw()
