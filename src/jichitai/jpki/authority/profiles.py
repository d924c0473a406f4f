"""Profiles: what every certificate and every list of revocations contains, field by field.

The layout follows the one read from the published certificates of the real service; names and
object identifiers are this project's own, and every name says that it has no legal effect.
Nothing here reads a clock, draws a number or keeps a key. The same tables for people:
docs/reference/certificate-profiles.md.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import cache, lru_cache
from typing import Final, TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509 import DirectoryName, Name
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from jichitai.jpki import oids
from jichitai.jpki.authority import fields
from jichitai.jpki.authority.errors import BeyondAuthorityError, IncompleteRequestError
from jichitai.jpki.items import BasicItems
from jichitai.jpki.kinds import CertificateKind, Medium, Reason
from jichitai.kernel.dates import JST
from jichitai.kernel.municipalities import municipality, prefecture

PrivateKey: TypeAlias = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
"""A key of the vault; one that lives in a token is a subclass whose `sign` asks the token."""
PublicKey: TypeAlias = rsa.RSAPublicKey | ec.EllipticCurvePublicKey

ORGANISATION: Final = "Jichitai JPKI"
TEST_MARK: Final = "TEST - no legal effect"
CPS_URI: Final = "https://jpki.jichitai.example/cps"
"""認証業務規程; `.example` belongs to nobody (RFC 2606)."""

AUTHORITY_YEARS: Final = 10
RESPONDER_LIFE: Final = timedelta(days=90)


class AuthorityKind(StrEnum):
    """Which authority: one of the two for people's certificates, or the card centre."""

    SIGNING = "signing"
    USER_AUTH = "user-auth"
    CARD = "card"


AnyKind: TypeAlias = AuthorityKind | CertificateKind


_UNITS: Final = {
    AuthorityKind.SIGNING: ("JPKI for digital signature", "署名用"),
    AuthorityKind.USER_AUTH: ("JPKI for user authentication", "利用者証明用"),
    AuthorityKind.CARD: ("Card centre", "個人番号カード用"),
}
_POLICIES: Final = {
    (CertificateKind.SIGNING, Medium.CARD): oids.SIGNING_POLICY,
    (CertificateKind.USER_AUTH, Medium.CARD): oids.USER_AUTH_POLICY,
    (CertificateKind.SIGNING, Medium.PHONE): oids.PHONE_SIGNING_POLICY,
    (CertificateKind.USER_AUTH, Medium.PHONE): oids.PHONE_USER_AUTH_POLICY,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectCertificate:
    """What a person's certificate is to say.

    Attributes:
        kind: of the certificate, and so of its authority.
        medium: card or phone; chooses the policy.
        serial: 発行の番号, positive, at most 20 bytes, unique under the authority's name.
        public_key: of the holder.
        municipality: of residence; chooses the list of revocations, and L of a signing subject.
        common_name: opaque; it must tell nothing of the person.
        items: the four items; for signing only.
        not_before: aware.
        not_after: aware; the last second of the last day in Japan.

    Source: 公的個人認証法 第7条, 第26条 (記録事項).
    """

    kind: CertificateKind
    medium: Medium = Medium.CARD
    serial: int
    public_key: PublicKey
    municipality: str
    common_name: str
    items: BasicItems | None = None
    not_before: datetime
    not_after: datetime


@dataclass(frozen=True, slots=True)
class Revoked:
    """One line of a list of revocations."""

    serial: int
    at: datetime
    reason: Reason


def authority_id(kind: AnyKind, generation: int) -> str:
    """The short name of an authority, as tables and addresses use it.

    >>> authority_id(AuthorityKind.USER_AUTH, 2)
    'user-auth-2'

    Source: this project's own naming.
    """
    return f"{kind.value}-{generation}"


@cache
def authority_name(kind: AnyKind) -> Name:
    """Subject and issuer; the same for every generation, which their key identifiers tell apart.

    Source: the published certificates of the real service (layout); RFC 5280 4.1.2.4.
    """
    unit, _ = _UNITS[AuthorityKind(kind)]
    return fields.name(
        (NameOID.COUNTRY_NAME, "JP"),
        (NameOID.ORGANIZATION_NAME, ORGANISATION),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, unit),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, TEST_MARK),
    )


@cache
def japanese_name(kind: AnyKind) -> Name:
    """The alternative name in Japanese, of an authority and of what it issues.

    Source: the published certificates of the real service (layout).
    """
    _, unit = _UNITS[AuthorityKind(kind)]
    return fields.name(
        (NameOID.COUNTRY_NAME, "JP"),
        (NameOID.ORGANIZATION_NAME, "自治体公的個人認証（試験用）"),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, f"自治体公的個人認証{unit}"),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, "試験用・法的効力なし"),
    )


@cache
def partition_name(kind: AnyKind, municipality_code: str) -> Name:
    """The name of one municipality's list of revocations.

    The code stands beside the name: Hokkaido has two towns called Esashi-cho.

    Args:
        kind: of the authority.
        municipality_code: six digits.

    Raises:
        UnknownMunicipalityError: no municipality has this code.

    Source: RFC 5280 4.2.1.13, 5.2.5 (distribution points); layout of the real service.
    """
    town = municipality(municipality_code)
    return Name(
        [
            *authority_name(kind).rdns,
            *fields.name(
                (NameOID.ORGANIZATIONAL_UNIT_NAME, "CRL Distribution Points"),
                (NameOID.ORGANIZATIONAL_UNIT_NAME, prefecture(town.prefecture_code).romaji),
                (NameOID.COMMON_NAME, f"{town.romaji} {municipality_code}"),
            ).rdns,
        ]
    )


def end_of_day(day: date) -> datetime:
    """The last second of a day in Japan, in UTC.

    >>> end_of_day(date(2033, 7, 15)).isoformat()
    '2033-07-15T14:59:59+00:00'

    Source: 公的個人認証法施行規則 第13条, 第49条; 民法 第141条 (期間の満了).
    """
    return datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=JST).astimezone(UTC)


def authority_end(not_before: datetime) -> datetime:
    """The last second of an authority that begins at `not_before`: ten years less a day.

    >>> authority_end(datetime(2015, 10, 20, 2, 40, 28, tzinfo=UTC)).isoformat()
    '2025-10-19T14:59:59+00:00'

    Source: the published certificates of the real service.
    """
    first = not_before.astimezone(JST).date()
    last_year = first.year + AUTHORITY_YEARS
    try:
        anniversary = first.replace(year=last_year)
    except ValueError:  # 29 February
        anniversary = date(last_year, 3, 1)
    return end_of_day(anniversary - timedelta(days=1))


def authority_certificate(
    kind: AnyKind, generation: int, key: PrivateKey, not_before: datetime, serial: int
) -> x509.Certificate:
    """Sign the root certificate of one generation with its own key.

    Args:
        kind: which authority.
        generation: from 1; it is not written into the certificate.
        key: of the new generation.
        not_before: aware, to the second.
        serial: unique under the name, over all generations.

    Source: RFC 5280 4.2.1; the published certificates of the real service (layout).
    """
    if generation < 1:
        raise IncompleteRequestError("認証局の世代は1から数えます。世代の番号を直してください。")
    name, public = authority_name(kind), key.public_key()
    extensions = (
        (fields.usage("key_cert_sign", "crl_sign"), True),
        (x509.BasicConstraints(ca=True, path_length=None), True),
        (x509.SubjectAlternativeName([DirectoryName(japanese_name(kind))]), False),
        (fields.points(name), False),
        (x509.SubjectKeyIdentifier.from_public_key(public), False),
    )
    return fields.signed(
        subject=name,
        issuer=name,
        serial=serial,
        key=public,
        validity=(not_before, authority_end(not_before)),
        extensions=extensions,
        by=key,
    )


def issue(
    request: SubjectCertificate, ca: x509.Certificate, ca_key: PrivateKey
) -> x509.Certificate:
    """Sign a person's certificate.

    Args:
        request: what it is to say; its key has been checked.
        ca: the authority of the same kind.
        ca_key: its key.

    Raises:
        BeyondAuthorityError: its validity is not inside the authority's.
        IncompleteRequestError: the four items are missing, or stand where they must not, or the
            authority is of the other kind.

    Source: RFC 5280 4.2.1; 公的個人認証法 第7条, 第26条; layout of the real service.
    """
    _check(request, ca)
    extensions: list[fields.Extension] = [
        (_leaf_usage(request.kind), True),
        (_policies(request.kind, request.medium), True),
    ]
    if request.items is not None:
        extensions.append((x509.SubjectAlternativeName(request.items.other_names()), False))
    extensions += [
        (_issuer_alternative(request.kind), False),
        (fields.points(partition_name(request.kind, request.municipality)), False),
        (key_identifier(ca), False),
        (x509.SubjectKeyIdentifier.from_public_key(request.public_key), False),
    ]
    return fields.signed(
        subject=_subject(request),
        issuer=ca.subject,
        serial=request.serial,
        key=request.public_key,
        validity=(request.not_before, request.not_after),
        extensions=extensions,
        by=ca_key,
    )


def responder_certificate(
    kind: AnyKind,
    ca: x509.Certificate,
    ca_key: PrivateKey,
    public_key: PublicKey,
    *,
    number: int,
    serial: int,
    not_before: datetime,
) -> x509.Certificate:
    """Sign the certificate of a delegated OCSP responder.

    It is short-lived and says that nobody need ask whether it is revoked.

    Source: RFC 6960 4.2.2.2, 4.2.2.2.1.
    """
    own = fields.name((NameOID.COMMON_NAME, f"OCSP responder {number}"))
    not_after = min(not_before + RESPONDER_LIFE, ca.not_valid_after_utc)
    extensions = (
        (fields.usage("digital_signature"), True),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), False),
        (x509.OCSPNoCheck(), False),
        (key_identifier(ca), False),
        (x509.SubjectKeyIdentifier.from_public_key(public_key), False),
    )
    return fields.signed(
        subject=Name([*authority_name(kind).rdns, *own.rdns]),
        issuer=ca.subject,
        serial=serial,
        key=public_key,
        validity=(not_before, not_after),
        extensions=extensions,
        by=ca_key,
    )


def crl(
    ca: x509.Certificate,
    ca_key: PrivateKey,
    entries: Iterable[Revoked],
    number: int,
    this_update: datetime,
    next_update: datetime,
    partition: Name | None = None,
) -> x509.CertificateRevocationList:
    """Sign a list of revocations: the full one, or one municipality's.

    Args:
        ca: the authority.
        ca_key: its key.
        entries: in any order; the list is sorted by serial.
        number: cRLNumber; grows with every list of the same scope.
        this_update: aware.
        next_update: aware.
        partition: `partition_name` of a municipality; the list is full without.

    Source: RFC 5280 5.1, 5.2, 5.3; 公的個人認証法 第16条, 第35条 (失効情報の記録).
    """
    ordered = sorted(entries, key=lambda entry: entry.serial)
    lines = [line(entry) for entry in ordered]
    return sign_list(ca, ca_key, lines, number, this_update, next_update, partition)


def sign_list(
    ca: x509.Certificate,
    ca_key: PrivateKey,
    lines: Sequence[x509.RevokedCertificate],
    number: int,
    this_update: datetime,
    next_update: datetime,
    partition: Name | None = None,
) -> x509.CertificateRevocationList:
    """The same as `crl` over lines that are made already, as several lists hold the same ones.

    Args:
        ca: the authority.
        ca_key: its key.
        lines: sorted by serial.
        number: cRLNumber.
        this_update: aware.
        next_update: aware.
        partition: of a municipality, or None.

    Source: RFC 5280 5.1, 5.2, 5.3.
    """
    builder = (  # the lines go in at once: adding one by one copies the list each time
        x509.CertificateRevocationListBuilder(revoked_certificates=list(lines))
        .issuer_name(ca.subject)
        .last_update(this_update.replace(microsecond=0))
        .next_update(next_update.replace(microsecond=0))
    )
    builder = builder.add_extension(key_identifier(ca), critical=False)
    builder = builder.add_extension(x509.CRLNumber(number), critical=False)
    if partition is not None:
        point = x509.IssuingDistributionPoint(
            full_name=[DirectoryName(partition)],
            relative_name=None,
            only_contains_user_certs=True,
            only_contains_ca_certs=False,
            only_some_reasons=None,
            indirect_crl=False,
            only_contains_attribute_certs=False,
        )
        builder = builder.add_extension(point, critical=True)
    return builder.sign(ca_key, SHA256())


def line(entry: Revoked) -> x509.RevokedCertificate:
    """One line of a list.

    Source: RFC 5280 5.3.1 (a reason is left out rather than given as unspecified).
    """
    builder = (
        x509.RevokedCertificateBuilder()
        .serial_number(entry.serial)
        .revocation_date(entry.at.astimezone(UTC).replace(microsecond=0))
    )
    if entry.reason is not Reason.UNSPECIFIED:
        builder = builder.add_extension(_reason(entry.reason), critical=False)
    return builder.build()


@cache
def _reason(reason: Reason) -> x509.CRLReason:
    return x509.CRLReason(reason.flag)


@lru_cache(maxsize=64)
def key_identifier(ca: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    """What points at an authority's key; the only thing that tells generations apart.

    Source: RFC 5280 4.2.1.1.
    """
    own = ca.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own.value)


def policy(kind: CertificateKind, medium: Medium) -> x509.ObjectIdentifier:
    """The policy that a certificate of this kind and medium carries.

    Source: RFC 5280 4.2.1.4.
    """
    return _POLICIES[kind, medium]


def _check(request: SubjectCertificate, ca: x509.Certificate) -> None:
    if ca.subject != authority_name(request.kind):
        raise IncompleteRequestError(
            "電子証明書の種類と認証局の種類が違います。同じ種類の認証局を選んでください。"
        )
    if (request.items is not None) != (request.kind is CertificateKind.SIGNING):
        raise IncompleteRequestError(
            "4情報は署名用電子証明書だけに記載します。種類と記載事項を確かめてください。",
            kind=request.kind.value,
        )
    inside = (
        ca.not_valid_before_utc
        <= request.not_before.replace(microsecond=0)
        <= request.not_after
        <= ca.not_valid_after_utc
    )
    if not inside:
        raise BeyondAuthorityError(
            "電子証明書の有効期間が認証局の有効期間に収まりません。認証局の次の世代を作り、"
            "その世代で発行してください。"
        )


def _subject(request: SubjectCertificate) -> Name:
    if request.kind is CertificateKind.USER_AUTH:
        return fields.name((NameOID.COUNTRY_NAME, "JP"), (NameOID.COMMON_NAME, request.common_name))
    town = municipality(request.municipality)
    return fields.name(
        (NameOID.COUNTRY_NAME, "JP"),
        (NameOID.LOCALITY_NAME, prefecture(town.prefecture_code).romaji),
        (NameOID.LOCALITY_NAME, town.romaji),
        (NameOID.COMMON_NAME, request.common_name),
    )


@cache
def _policies(kind: CertificateKind, medium: Medium) -> x509.CertificatePolicies:
    return x509.CertificatePolicies([x509.PolicyInformation(policy(kind, medium), [CPS_URI])])


@cache
def _issuer_alternative(kind: CertificateKind) -> x509.IssuerAlternativeName:
    return x509.IssuerAlternativeName([DirectoryName(japanese_name(kind))])


@cache
def _leaf_usage(kind: CertificateKind) -> x509.KeyUsage:
    if kind is CertificateKind.SIGNING:
        return fields.usage("digital_signature", "content_commitment")
    return fields.usage("digital_signature")
