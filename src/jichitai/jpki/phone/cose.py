"""COSE_Sign1 and COSE_Key for the one algorithm that is used here: ECDSA over P-256, SHA-256.

Every other algorithm is refused, so that nobody can choose a weaker one for us.
"""

from dataclasses import dataclass
from typing import Any, Final, Self, TypeAlias

import cbor2
from cbor2 import CBORTag
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.hashes import SHA256

from jichitai.jpki.phone.refusals import MalformedPresentationError

ES256: Final = -7
X5CHAIN: Final = 33
_ALGORITHM: Final = 1
_HALF: Final = 32
_PROTECTED: Final = cbor2.dumps({_ALGORITHM: ES256})

SigningKey: TypeAlias = ec.EllipticCurvePrivateKey


class BadSignatureError(Exception):
    """A signature does not fit; the caller says whose it is."""


@dataclass(frozen=True, slots=True)
class Sign1:
    """A COSE_Sign1 message.

    Attributes:
        protected: encoded protected header.
        unprotected: the other header.
        payload: signed bytes, or None when they are sent apart.
        signature: 64 bytes.

    Source: RFC 9052 4.2.
    """

    protected: bytes
    unprotected: dict[Any, Any]
    payload: bytes | None
    signature: bytes

    @classmethod
    def made(
        cls,
        key: SigningKey,
        payload: bytes,
        *,
        detached: bool = False,
        unprotected: dict[Any, Any] | None = None,
    ) -> Self:
        """Sign.

        Args:
            key: a P-256 key, in memory or behind a token.
            payload: what is signed.
            detached: leave the payload out of the message.
            unprotected: header values that are not signed.
        """
        der = key.sign(_to_sign(_PROTECTED, payload), ec.ECDSA(SHA256()))
        r, s = decode_dss_signature(der)
        signature = r.to_bytes(_HALF, "big") + s.to_bytes(_HALF, "big")
        return cls(_PROTECTED, unprotected or {}, None if detached else payload, signature)

    @classmethod
    def read(cls, value: Any) -> Self:
        """Read a decoded message.

        Raises:
            MalformedPresentationError: not the four parts of the standard.
        """
        if isinstance(value, CBORTag) and value.tag == 18:
            value = value.value
        match value:
            case [bytes(protected), dict(open_part), payload, bytes(sig)] if (
                payload is None or isinstance(payload, bytes)
            ) and all(type(label) in (int, str) for label in open_part):
                return cls(protected, open_part, payload, sig)
            case _:
                raise malformed("COSE_Sign1")

    def encoded(self) -> list[Any]:
        """The four parts, to be put into a larger message."""
        return [self.protected, self.unprotected, self.payload, self.signature]

    def check(self, key: ec.EllipticCurvePublicKey, *, detached: bytes | None = None) -> None:
        """Make sure that the signature is by the key.

        Args:
            key: the signer's.
            detached: the payload when it was sent apart.

        Raises:
            BadSignatureError: another key, other bytes, another algorithm, or two payloads.
        """
        if detached is not None and self.payload is not None:
            raise BadSignatureError
        payload = self.payload if detached is None else detached
        if payload is None or len(self.signature) != 2 * _HALF or not self._is_es256():
            raise BadSignatureError
        r, s = (int.from_bytes(self.signature[i : i + _HALF], "big") for i in (0, _HALF))
        try:
            key.verify(
                encode_dss_signature(r, s),
                _to_sign(self.protected, payload),
                ec.ECDSA(SHA256()),
            )
        except InvalidSignature:
            raise BadSignatureError from None

    def _is_es256(self) -> bool:
        return self.protected == _PROTECTED


def cose_key(key: ec.EllipticCurvePublicKey) -> dict[int, Any]:
    """A P-256 public key as COSE_Key.

    Source: RFC 9053 7.1.
    """
    numbers = key.public_numbers()
    x, y = numbers.x.to_bytes(_HALF, "big"), numbers.y.to_bytes(_HALF, "big")
    return {1: 2, -1: 1, -2: x, -3: y}


def public_key(value: Any) -> ec.EllipticCurvePublicKey:
    """Read a COSE_Key.

    Raises:
        MalformedPresentationError: no P-256 key, or a point off the curve.
    """
    try:
        if value[1] != 2 or value[-1] != 1 or len(value[-2]) != _HALF or len(value[-3]) != _HALF:
            raise malformed("COSE_Key")
        x, y = int.from_bytes(value[-2], "big"), int.from_bytes(value[-3], "big")
        return ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    except (KeyError, TypeError, ValueError, IndexError):
        raise malformed("COSE_Key") from None


def malformed(part: str) -> MalformedPresentationError:
    """The refusal of bytes that cannot be read."""
    return MalformedPresentationError(
        f"証明の中の {part} が ISO/IEC 18013-5 の形式ではありません。"
        "ウォレットを新しくして、もう一度やり直してください。",
        part=part,
    )


def _to_sign(protected: bytes, payload: bytes) -> bytes:
    return cbor2.dumps(["Signature1", protected, b"", payload])
