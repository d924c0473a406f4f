"""Authorities and certificates as the tables hold them, and what is asked of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from cryptography import x509

from jichitai.jpki.authority.errors import NoAuthorityError, UnknownAuthorityError
from jichitai.jpki.authority.profiles import AnyKind, AuthorityKind, PrivateKey, PublicKey
from jichitai.jpki.items import BasicItems
from jichitai.jpki.kinds import Cause, CertificateKind, CertificateState, Medium, Reason

LONGEST_LIFE: Final = timedelta(days=6 * 366)
"""Of a person's certificate: less than until the sixth birthday."""
FULL: Final = ""
"""The partition of a full list."""


class AuthorityState(StrEnum):
    """What an authority may still do.

    An active one issues; a retired one only signs lists and answers for what it issued; a
    compromised one does nothing, and all that it issued has lapsed.

    Source: 公的個人認証法 第14条, 第33条 (認証局の鍵の漏えい).
    """

    ACTIVE = "active"
    RETIRED = "retired"
    COMPROMISED = "compromised"


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """One generation of one authority, with the handle of its key.

    Attributes:
        id: such as `signing-2`.
        key_label: where the vault keeps the key.
        key: signs; of a token it is only a handle.
    """

    id: str
    kind: AuthorityKind
    generation: int
    state: AuthorityState
    certificate: x509.Certificate
    key_label: str
    key: PrivateKey = field(repr=False)

    def in_time(self, at: datetime) -> bool:
        """Whether its certificate is valid at an instant."""
        begins, ends = self.certificate.not_valid_before_utc, self.certificate.not_valid_after_utc
        return begins <= at <= ends


def newest(authorities: Sequence[Authority], kind: AnyKind, at: datetime | None) -> Authority:
    """The authority of a kind that issues: the newest generation that may.

    Args:
        authorities: of all kinds.
        kind: which.
        at: when; None leaves the time out.

    Raises:
        NoAuthorityError: none may.

    Source: this project's own rule for overlapping generations.
    """
    able = [
        authority
        for authority in authorities
        if authority.kind.value == kind.value
        and authority.state is AuthorityState.ACTIVE
        and (at is None or authority.in_time(at))
    ]
    if not able:
        raise NoAuthorityError(
            f"{kind.value} の電子証明書を発行できる認証局がありません。鍵生成式"
            "（jichitai ca ceremony）を済ませてから、もう一度行ってください。",
            kind=kind.value,
        )
    return max(able, key=lambda authority: authority.generation)


def roll_over_due(certificate: x509.Certificate, at: datetime) -> bool:
    """Whether the next generation should be made: a certificate issued now might not fit any more.

    Args:
        certificate: of the authority.
        at: now.

    Source: 公的個人認証法施行規則 第13条 (発行の日から6回目の誕生日まで); the generations of the real
        service begin four years apart.
    """
    return certificate.not_valid_after_utc - at < LONGEST_LIFE


def unknown_authority(name: str) -> UnknownAuthorityError:
    """The refusal for an unknown authority."""
    return UnknownAuthorityError(
        "この認証局はありません。認証局の名前か、電子証明書の発行者を確かめてください。",
        authority=name,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A certificate to issue; whoever orders has made every check of the law.

    Attributes:
        public_key: read by `keys.check_public_key`.
        items: for signing only.
        basis: the sealed four items that the certificate stands on, kept beside it.
        not_after: last second of its last day in Japan.
        replaces: serial of the earlier certificate that this one takes the place of.
    """

    person_id: UUID
    kind: CertificateKind
    medium: Medium = Medium.CARD
    municipality: str
    public_key: PublicKey
    items: BasicItems | None
    basis: bytes
    chip_number: str
    request_id: UUID
    not_after: datetime
    replaces: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedCertificate:
    """A certificate that was issued, with the authority that did."""

    order: Order
    authority: str
    serial: int
    certificate: x509.Certificate
    authority_certificate: x509.Certificate


@dataclass(frozen=True, slots=True)
class Ending:
    """A certificate that is to lapse."""

    authority: str
    serial: int
    reason: Reason
    cause: Cause


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateRecord:
    """A certificate as the table holds it, without its bytes.

    Attributes:
        state: valid, held or revoked; expiry is a matter of `not_after`.
        ended_at: when it was held or revoked first.
        successor: serial of the certificate that took its place.
    """

    person_id: UUID
    authority: str
    serial: int
    kind: CertificateKind
    medium: Medium
    municipality: str
    chip_number: str
    not_before: datetime
    not_after: datetime
    state: CertificateState
    reason: Reason | None
    cause: Cause | None
    ended_at: datetime | None
    successor: int | None
    issued_at: datetime

    def in_force(self, at: datetime) -> bool:
        """Whether it may be relied on at an instant."""
        return self.state is CertificateState.VALID and self.not_before <= at <= self.not_after


@dataclass(frozen=True, slots=True, kw_only=True)
class Responder:
    """A certificate that signs answers about status for an authority."""

    authority: str
    certificate: x509.Certificate
    key: PrivateKey = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedList:
    """The newest list of revocations of one scope, DER.

    Attributes:
        partition: a municipality, or empty for the full list.
    """

    authority: str
    partition: str
    number: int
    list: bytes
    entries: int
    this_update: datetime
    next_update: datetime


def serial_bytes(serial: int) -> bytes:
    """A serial as tables hold it: unsigned, big-endian, as short as can be.

    >>> serial_bytes(256).hex()
    '0100'

    Source: this project's own convention.
    """
    return serial.to_bytes((serial.bit_length() + 7) // 8 or 1, "big")


def serial_hex(serial: int) -> str:
    """発行の番号 as messages and pages show it.

    >>> serial_hex(10)
    '0a'

    Source: this project's own convention.
    """
    return serial_bytes(serial).hex()


def serial_of(stored: bytes) -> int:
    """The inverse of `serial_bytes`.

    >>> serial_of(bytes.fromhex("0100"))
    256

    Source: this project's own convention.
    """
    return int.from_bytes(stored, "big")
