"""Proofs: what a verification hands back. Whoever holds one need not ask again."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from jichitai.jpki.items import CertifiedItems
from jichitai.jpki.kinds import CertificateKind, Medium
from jichitai.jpki.verifier.trust import Anchor


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A certificate whose path stands, and whose status nobody has asked for yet.

    Attributes:
        kind: signing or user authentication.
        medium: card or phone, as the policy says.
        anchor: the authority and generation that signed it.
        serial: 発行の番号, positive; unique under `anchor`.
        certificate: parsed.
        der: the bytes as they came.
        key: the holder's public key.
        items: the four items; none in a certificate for user authentication.
    """

    kind: CertificateKind
    medium: Medium
    anchor: Anchor
    serial: int
    certificate: x509.Certificate
    der: bytes
    key: RSAPublicKey
    items: CertifiedItems | None

    @property
    def authority(self) -> str:
        """Id of the authority and generation, such as `signing-2`."""
        return self.anchor.id

    @property
    def serial_bytes(self) -> bytes:
        """発行の番号 as tables keep it: unsigned, big-endian, without leading zeros."""
        return self.serial.to_bytes((self.serial.bit_length() + 7) // 8, "big")

    @property
    def serial_hex(self) -> str:
        """発行の番号 as messages carry it: two lower-case digits a byte."""
        return self.serial_bytes.hex()


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """Who said that a certificate is not revoked, and for which time.

    Attributes:
        source: `crl`, `ocsp` or `record` (the authority's own table).
        this_update: what the answer knows of is up to here.
        next_update: the answer is good until here.
    """

    source: str
    this_update: datetime
    next_update: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """電子証明書の有効性の確認: the certificate was valid at one instant.

    Attributes:
        subject: the certificate and what it says.
        status: who confirmed that it is not revoked.
        at: the instant that was asked about.

    Source: 公的個人認証法 第19条第1項, 第36条の2.
    """

    subject: Subject
    status: Confirmation
    at: datetime

    @property
    def serial(self) -> int:
        """発行の番号."""
        return self.subject.serial

    @property
    def serial_hex(self) -> str:
        """発行の番号 in lower-case hexadecimal."""
        return self.subject.serial_hex

    @property
    def authority(self) -> str:
        """Id of the authority and generation."""
        return self.subject.authority

    @property
    def kind(self) -> CertificateKind:
        """Which of the two certificates."""
        return self.subject.kind

    @property
    def items(self) -> CertifiedItems | None:
        """The four items of a signing certificate."""
        return self.subject.items


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """電子署名の確認: this content was signed by the holder of a valid certificate.

    Attributes:
        by: the certificate.
        digest: SHA-256 of what was signed.
    """

    by: Verified
    digest: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """利用者証明の確認: the holder answered this service's challenge, once.

    Attributes:
        by: the certificate.
        audience: origin of the service.
        challenge: as it was given out.
    """

    by: Verified
    audience: str
    challenge: str


class StatusSource(Protocol):
    """Whoever knows whether a certificate was revoked."""

    async def confirm(self, subject: Subject, at: datetime) -> Confirmation:
        """Return who confirms that the certificate is good at `at`, or refuse.

        Raises:
            RevokedError, HeldError, UnknownStatusError: it is not good.
            StatusUnreachableError, StaleStatusError, UntrustedStatusError and their kin: nobody
                who may say so says that it is good.
        """
        ...
