"""Sealing of columns and message bodies, and keyed hashes to find a value without storing it."""

import hashlib
import os
import struct
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from jichitai.kernel.errors import ForbiddenError

KEY_BYTES = 32
_NONCE_BYTES = 12
_HEAD = struct.Struct(">I")


class UnreadableSealError(ForbiddenError):
    """A sealed value was changed, moved to another place, or its key is not here."""

    type = "infra.unreadable-seal"
    title = "暗号化された項目を開けません"


class Sealer:
    """AES-256-GCM with a ring of keys; the newest seals, all of them open.

    A sealed value is: key number (4 bytes), nonce (12), ciphertext with tag (plain + 16).
    The context is authenticated, so that a value moved to another row or message is refused.
    """

    def __init__(self, keys: Mapping[int, bytes]) -> None:
        """Take key number -> 32 bytes; the largest number is the active key."""
        self._ring = {number: AESGCM(key) for number, key in keys.items()}
        self._active = max(keys)
        self._head = _HEAD.pack(self._active)

    def seal(self, plain: bytes, context: bytes) -> bytes:
        """Encrypt `plain` bound to `context`."""
        nonce = os.urandom(_NONCE_BYTES)
        return self._head + nonce + self._ring[self._active].encrypt(nonce, plain, context)

    def open(self, sealed: bytes, context: bytes) -> bytes:
        """Decrypt.

        Raises:
            UnreadableSealError: changed, from another context, or sealed by an unknown key.
        """
        try:
            (number,) = _HEAD.unpack_from(sealed)
            body = sealed[_HEAD.size :]
            return self._ring[number].decrypt(body[:_NONCE_BYTES], body[_NONCE_BYTES:], context)
        except (InvalidTag, KeyError, struct.error, ValueError):
            raise UnreadableSealError(
                "暗号化された項目を開けません。鍵の組が違うか、値が書き換えられています。"
                "鍵の保管場所と、データの復元元を確かめてください。"
            ) from None


class BlindIndex:
    """A keyed hash (BLAKE2b, 16 bytes) that finds a value without revealing it."""

    def __init__(self, key: bytes) -> None:
        """Take a key of 32 bytes."""
        self.key = key
        self._started: dict[str, hashlib.blake2b] = {}

    def of(self, kind: str, value: str) -> bytes:
        """Hash of one value.

        Args:
            kind: name of the identifier, at most 16 ASCII characters; separates the domains.
            value: the canonical text.
        """
        one = (self._started.get(kind) or self._start(kind)).copy()
        one.update(value.encode())
        return one.digest()

    def _start(self, kind: str) -> "hashlib.blake2b":
        """A hash that has taken in key and kind; copying it is cheaper than keying again."""
        started = hashlib.blake2b(key=self.key, digest_size=16, person=kind.encode())
        self._started[kind] = started
        return started
