"""A passkey in software: P-256, no attestation, as a device would answer."""

import hashlib
import json
import os
import struct
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import bytes_to_base64url

_PRESENT, _VERIFIED, _ATTESTED = 0x01, 0x04, 0x40


@dataclass
class SoftwarePasskey:
    """One credential; `count` is what the device says of its own uses."""

    origin: str
    rp_id: str
    count: int = 0
    verified: bool = True
    credential_id: bytes = field(default_factory=lambda: os.urandom(32))
    private: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    def create(self, options: dict[str, Any]) -> dict[str, Any]:
        """Answer to `navigator.credentials.create`."""
        client = self._client_data("webauthn.create", options["challenge"])
        numbers = self.private.public_key().public_numbers()
        key = _cbor_map(
            [
                (1, 2),
                (3, -7),
                (-1, 1),
                (-2, numbers.x.to_bytes(32, "big")),
                (-3, numbers.y.to_bytes(32, "big")),
            ]
        )
        attested = bytes(16) + struct.pack(">H", len(self.credential_id)) + self.credential_id + key
        data = self._authenticator_data(_ATTESTED) + attested
        attestation = _cbor_map([("fmt", "none"), ("attStmt", {}), ("authData", data)])
        return self._envelope({"clientDataJSON": client, "attestationObject": attestation})

    def get(self, options: dict[str, Any]) -> dict[str, Any]:
        """Answer to `navigator.credentials.get`."""
        self.count += 1
        client = self._client_data("webauthn.get", options["challenge"])
        data = self._authenticator_data(0)
        signature = self.private.sign(
            data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256())
        )
        return self._envelope(
            {"clientDataJSON": client, "authenticatorData": data, "signature": signature}
        )

    def _client_data(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin}).encode()

    def _authenticator_data(self, flags: int) -> bytes:
        flags |= _PRESENT | (_VERIFIED if self.verified else 0)
        return hashlib.sha256(self.rp_id.encode()).digest() + struct.pack(">BI", flags, self.count)

    def _envelope(self, response: dict[str, bytes]) -> dict[str, Any]:
        name = bytes_to_base64url(self.credential_id)
        return {
            "id": name,
            "rawId": name,
            "type": "public-key",
            "response": {key: bytes_to_base64url(value) for key, value in response.items()},
        }


def _cbor_map(entries: list[tuple[int | str, Any]]) -> bytes:
    return bytes([0xA0 + len(entries)]) + b"".join(_cbor(k) + _cbor(v) for k, v in entries)


def _cbor(value: Any) -> bytes:
    if isinstance(value, int):
        return _head(0, value) if value >= 0 else _head(1, -1 - value)
    if isinstance(value, bytes):
        return _head(2, len(value)) + value
    if isinstance(value, str):
        return _head(3, len(value.encode())) + value.encode()
    return bytes([0xA0])


def _head(kind: int, value: int) -> bytes:
    if value < 24:
        return bytes([kind << 5 | value])
    if value < 256:
        return bytes([kind << 5 | 24, value])
    return bytes([kind << 5 | 25]) + struct.pack(">H", value)
