"""JSON of the calls of verifiers and holders."""

import base64
import binascii
from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, TypeAlias
from uuid import UUID

from cryptography.hazmat.primitives.hashes import SHA256
from msgspec import Meta, Struct

from jichitai.jpki.authority.model import CertificateRecord, serial_hex
from jichitai.jpki.authority.store import AuthorityRow
from jichitai.jpki.kinds import CertificateKind, Medium, Reason
from jichitai.jpki.status.consent.model import Consent, ConsentState, Item
from jichitai.jpki.status.consent.service import Asked, Current
from jichitai.jpki.status.errors import UnfitConsentError
from jichitai.jpki.status.serials import Name, Told, Word

AuthorityName: TypeAlias = Annotated[
    str, Meta(pattern=r"^(signing|user-auth)-[1-9][0-9]{0,3}$", description="認証局と世代")
]
Serial: TypeAlias = Annotated[
    str, Meta(pattern=r"^[0-9a-f]{2,40}$", description="発行の番号（16進、小文字）")
]
Binary: TypeAlias = Annotated[
    str, Meta(pattern=r"^[A-Za-z0-9_-]{1,12000}$", description="base64url, without padding")
]


class CertificateName(Struct, frozen=True, kw_only=True):
    """A certificate, as verifiers name it."""

    authority: AuthorityName
    serial: Serial

    @property
    def name(self) -> Name:
        """The same for the service."""
        return Name(self.authority, int(self.serial, 16))


class CertificateNames(Struct, frozen=True, kw_only=True):
    """Certificates of a 現況確認."""

    certificates: Annotated[list[CertificateName], Meta(min_length=1, max_length=1000)]


class Counterpart(CertificateName, frozen=True, kw_only=True):
    """A question about a corresponding certificate."""

    kind: CertificateKind
    medium: Medium


class CertificateStanding(Struct, frozen=True, kw_only=True):
    """How a certificate stands."""

    authority: str
    serial: str
    state: Word
    reason: Reason | None
    ended_at: datetime | None
    at: datetime


class CertificateStandings(Struct, frozen=True, kw_only=True):
    """How certificates stand, in the order of the question."""

    certificates: list[CertificateStanding]


class OtherCertificate(Struct, frozen=True, kw_only=True):
    """A certificate of the same holder that is in force."""

    authority: str
    serial: str
    kind: CertificateKind
    medium: Medium
    not_after: datetime


class ConsentWish(Struct, frozen=True, kw_only=True):
    """What a body would like a consent for."""

    items: Annotated[list[Item], Meta(min_length=1, max_length=4)]
    until: date | None = None


class ConsentQuestion(Struct, frozen=True, kw_only=True):
    """What the body passes on to the holder's card agent."""

    request_id: UUID
    challenge: str
    text: str
    audience: str
    items: list[Item]
    until: date
    expires_at: datetime


class SignedConsent(Struct, frozen=True, kw_only=True):
    """The holder's answer, as the card agent gave it."""

    challenge: Annotated[str, Meta(min_length=16, max_length=100)]
    signature: Binary
    certificate: Binary


class ConsentTaken(Struct, frozen=True, kw_only=True):
    """A consent that is good now."""

    consent_id: UUID
    items: list[Item]
    given_at: datetime
    until: date


class CurrentItems(Struct, frozen=True, kw_only=True):
    """最新の利用者情報: `items` holds what may be given; nothing when there is no record."""

    consent_id: UUID
    provision_id: UUID
    at: datetime
    record: bool
    items: dict[str, str]


class OwnConsent(Struct, frozen=True, kw_only=True):
    """A consent as its holder sees it."""

    consent_id: UUID
    body: str
    service: str
    items: list[Item]
    given_at: datetime
    until: date
    state: ConsentState
    ended_at: datetime | None
    review: bool


class Published(Struct, frozen=True, kw_only=True):
    """How many lists were made."""

    lists: int


class PublishReason(Struct, frozen=True, kw_only=True):
    """Why lists are made out of turn."""

    reason: Annotated[str, Meta(max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]


class AuthorityItem(Struct, frozen=True, kw_only=True):
    """One generation of an authority; compare the fingerprint with the printed record."""

    authority: str
    kind: CertificateKind
    generation: int
    state: str
    not_before: datetime
    not_after: datetime
    sha256: str


def standing_item(told: Told) -> CertificateStanding:
    """The answer about one certificate."""
    return CertificateStanding(
        authority=told.name.authority,
        serial=serial_hex(told.name.serial),
        state=told.word,
        reason=told.reason,
        ended_at=told.ended_at,
        at=told.at,
    )


def other_item(record: CertificateRecord) -> OtherCertificate:
    """The answer that names another certificate."""
    return OtherCertificate(
        authority=record.authority,
        serial=serial_hex(record.serial),
        kind=record.kind,
        medium=record.medium,
        not_after=record.not_after,
    )


def question_item(asked: Asked, audience: str) -> ConsentQuestion:
    """What a body passes on."""
    return ConsentQuestion(
        request_id=asked.request_id,
        challenge=asked.challenge,
        text=asked.text,
        audience=audience,
        items=list(asked.items),
        until=asked.until,
        expires_at=asked.expires_at,
    )


def taken_item(consent: Consent) -> ConsentTaken:
    """The answer to a signed consent."""
    return ConsentTaken(
        consent_id=consent.consent_id,
        items=list(consent.items),
        given_at=consent.given_at,
        until=consent.until,
    )


def current_item(current: Current) -> CurrentItems:
    """The items as they are now."""
    return CurrentItems(
        consent_id=current.consent.consent_id,
        provision_id=current.provision_id,
        at=current.at,
        record=current.live,
        items={str(item): value for item, value in current.values.items()},
    )


def own_items(found: Sequence[Consent], on: date) -> list[OwnConsent]:
    """A holder's consents."""
    return [
        OwnConsent(
            consent_id=one.consent_id,
            body=one.body_name,
            service=one.service,
            items=list(one.items),
            given_at=one.given_at,
            until=one.until,
            state=one.state,
            ended_at=one.ended_at,
            review=one.wants_review_on(on),
        )
        for one in found
    ]


def authority_item(row: AuthorityRow) -> AuthorityItem:
    """One line of the list of authorities."""
    return AuthorityItem(
        authority=row.id,
        kind=CertificateKind(row.kind.value),
        generation=row.generation,
        state=row.state,
        not_before=row.certificate.not_valid_before_utc,
        not_after=row.certificate.not_valid_after_utc,
        sha256=row.certificate.fingerprint(SHA256()).hex(),
    )


def opened(text: str, field: str) -> bytes:
    """Bytes from base64url.

    Raises:
        UnfitConsentError: they are not written so.
    """
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        raise UnfitConsentError(
            f"{field} が base64url（= なし）ではありません。カードの回答をそのまま渡してください。",
            field=field,
        ) from None
