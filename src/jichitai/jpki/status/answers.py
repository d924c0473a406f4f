"""OCSP answers, signed for an authority by its responder.

The library that builds answers sets `producedAt` by the machine's clock and takes one certificate
only. So the fixed parts are made by a library once, and the few parts that change are put between
them; tests read every answer back with three other programs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from typing import Final

from asn1crypto.algos import DigestAlgorithm, SignedDigestAlgorithm
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509 import ocsp
from cryptography.x509.ocsp import OCSPResponseStatus

from jichitai.jpki.kinds import Reason
from jichitai.jpki.status.requests import CertId

SigningKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

_NAMING: Final = hashes.SHA1()  # noqa: S303  # names keys (RFC 6960 4.2.1), proves nothing
_ALGORITHMS: Final = (_NAMING, hashes.SHA256(), hashes.SHA384(), hashes.SHA512())
_SEQUENCE: Final = 0x30
_INTEGER: Final = 0x02
_BITS: Final = 0x03
_OCTETS: Final = 0x04
_ENUMERATED: Final = 0x0A
_TIME: Final = 0x18
_SUCCESSFUL: Final = b"\x0a\x01\x00"
_BASIC_TYPE: Final = bytes.fromhex("06092b0601050507300101")
_NONCE_TYPE: Final = bytes.fromhex("06092b0601050507300102")
_GOOD: Final = b"\x80\x00"
_UNKNOWN: Final = b"\x82\x00"
_CODES: Final = {
    Reason.KEY_COMPROMISE: 1,
    Reason.CA_COMPROMISE: 2,
    Reason.AFFILIATION_CHANGED: 3,
    Reason.SUPERSEDED: 4,
    Reason.CESSATION: 5,
    Reason.HOLD: 6,
}


class Word(StrEnum):
    """What is said of a certificate."""

    GOOD = "good"
    REVOKED = "revoked"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Standing:
    """How a certificate stands.

    Attributes:
        word: good, revoked or unknown.
        ended_at: since when it is revoked or held.
        reason: why; None when nothing is said.
    """

    word: Word
    ended_at: datetime | None = None
    reason: Reason | None = None


GOOD: Final = Standing(Word.GOOD)
UNKNOWN: Final = Standing(Word.UNKNOWN)


def issuer_ids(authority: x509.Certificate) -> list[tuple[str, bytes, bytes]]:
    """What requests may call an authority: algorithm, hash of its name, hash of its key."""
    name = authority.subject.public_bytes()
    key = _key_bits(authority)
    return [(one.name, _hash(one, name), _hash(one, key)) for one in _ALGORITHMS]


class Signer:
    """Signs answers for one authority.

    Args:
        authority: its id, such as signing-1.
        issuer: the authority's certificate.
        certificate: the responder's, issued by the authority for this purpose.
        key: the responder's.
    """

    def __init__(
        self,
        authority: str,
        issuer: x509.Certificate,
        certificate: x509.Certificate,
        key: SigningKey,
    ) -> None:
        self.authority = authority
        self.issuer = issuer
        self.certificate = certificate
        self._key = key
        kind = "sha256_rsa" if isinstance(key, rsa.RSAPrivateKey) else "sha256_ecdsa"
        self._algorithm: bytes = SignedDigestAlgorithm({"algorithm": kind}).dump()
        key_hash = _hash(_NAMING, _key_bits(certificate))
        self._responder = _tlv(0xA2, _tlv(_OCTETS, key_hash))
        der = certificate.public_bytes(serialization.Encoding.DER)
        self._certificates = _tlv(0xA0, _tlv(_SEQUENCE, der))

    def answer(
        self,
        found: Sequence[tuple[CertId, Standing]],
        *,
        nonce: bytes | None,
        this_update: datetime,
        next_update: datetime,
    ) -> bytes:
        """Sign what is known of some certificates of the authority.

        Args:
            found: certificates in the order of the request.
            nonce: of the request.
            this_update: when that was known to be right.
            next_update: until when it may be believed.

        Returns:
            OCSPResponse, DER.

        Source: RFC 6960, section 4.2.1.
        """
        known_at = _time(this_update)
        until = _tlv(0xA0, _time(next_update))
        singles = b"".join(
            _tlv(_SEQUENCE, _cert_id(one) + _status(standing) + known_at + until)
            for one, standing in found
        )
        body = self._responder + known_at + _tlv(_SEQUENCE, singles)
        if nonce is not None:
            inner = _NONCE_TYPE + _tlv(_OCTETS, _tlv(_OCTETS, nonce))
            body += _tlv(0xA1, _tlv(_SEQUENCE, _tlv(_SEQUENCE, inner)))
        said = _tlv(_SEQUENCE, body)
        signature = _tlv(_BITS, b"\0" + self._sign(said))
        basic = _tlv(_SEQUENCE, said + self._algorithm + signature + self._certificates)
        wrapped = _tlv(0xA0, _tlv(_SEQUENCE, _BASIC_TYPE + _tlv(_OCTETS, basic)))
        return _tlv(_SEQUENCE, _SUCCESSFUL + wrapped)

    def _sign(self, said: bytes) -> bytes:
        if isinstance(self._key, rsa.RSAPrivateKey):
            return self._key.sign(said, padding.PKCS1v15(), hashes.SHA256())
        return self._key.sign(said, ec.ECDSA(hashes.SHA256()))


@cache
def refusal(status: OCSPResponseStatus) -> bytes:
    """An answer that says only why there is none; nobody signs it.

    Source: RFC 6960, section 4.2.1.
    """
    return ocsp.OCSPResponseBuilder.build_unsuccessful(status).public_bytes(
        serialization.Encoding.DER
    )


def _cert_id(one: CertId) -> bytes:
    names = _tlv(_OCTETS, one.issuer_name) + _tlv(_OCTETS, one.issuer_key)
    number = one.serial.to_bytes(one.serial.bit_length() // 8 + 1, "big", signed=True)
    return _tlv(_SEQUENCE, _algorithm(one.algorithm) + names + _tlv(_INTEGER, number))


@cache
def _algorithm(name: str) -> bytes:
    return bytes(DigestAlgorithm({"algorithm": name}).dump())


def _status(standing: Standing) -> bytes:
    if standing.word is Word.GOOD:
        return _GOOD
    if standing.word is Word.UNKNOWN or standing.ended_at is None:
        return _UNKNOWN
    said = _time(standing.ended_at)
    code = None if standing.reason is None else _CODES.get(standing.reason)
    if code is not None:
        said += _tlv(0xA0, _tlv(_ENUMERATED, bytes([code])))
    return _tlv(0xA1, said)


def _time(moment: datetime) -> bytes:
    return _tlv(_TIME, f"{moment.astimezone(UTC):%Y%m%d%H%M%SZ}".encode())


def _tlv(tag: int, content: bytes) -> bytes:
    length = len(content)
    if length < 0x80:
        return bytes((tag, length)) + content
    size = (length.bit_length() + 7) // 8
    return bytes((tag, 0x80 | size)) + length.to_bytes(size, "big") + content


def _key_bits(certificate: x509.Certificate) -> bytes:
    """The content of the public key's BIT STRING, which names of keys are made from."""
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.PKCS1)
    if isinstance(key, ec.EllipticCurvePublicKey):
        return key.public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
    raise TypeError(type(key))


def _hash(algorithm: hashes.HashAlgorithm, content: bytes) -> bytes:
    digest = hashes.Hash(algorithm)
    digest.update(content)
    return digest.finalize()
