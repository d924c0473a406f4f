"""The path of a person's certificate: from its bytes to the authority, step by step.

The authorities sign people's certificates themselves, so a path is one step long, and each field is
compared with the profile. What a general validator allows beyond it is refused; the other way
round, the tests hold that a general validator accepts whatever is accepted here.
"""

from datetime import datetime
from typing import Final

from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, SignatureAlgorithmOID

from jichitai.jpki import oids
from jichitai.jpki.items import CertifiedItems, UnreadableItemsError
from jichitai.jpki.kinds import CertificateKind, Medium
from jichitai.jpki.verifier.model import Subject
from jichitai.jpki.verifier.refusals import (
    ExpiredError,
    ForgedCertificateError,
    MalformedCertificateError,
    NotEndEntityError,
    NotYetValidError,
    UnknownExtensionError,
    WeakAlgorithmError,
    WrongKindError,
    WrongNamesError,
    WrongPolicyError,
    WrongRootError,
    WrongUsageError,
)
from jichitai.jpki.verifier.trust import Anchor, Trust

LARGEST: Final = 20_000
"""Bytes of a certificate; a real one has about 2,000."""

UNREADABLE: Final = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
    Warning,
)
"""What the library raises at certificates, lists and answers that it cannot read; warnings too,
where a program has made errors of them."""

_POLICIES: Final = {
    oids.SIGNING_POLICY: (CertificateKind.SIGNING, Medium.CARD),
    oids.USER_AUTH_POLICY: (CertificateKind.USER_AUTH, Medium.CARD),
    oids.PHONE_SIGNING_POLICY: (CertificateKind.SIGNING, Medium.PHONE),
    oids.PHONE_USER_AUTH_POLICY: (CertificateKind.USER_AUTH, Medium.PHONE),
}
_ITEMS: Final = frozenset(
    {
        oids.NAME, oids.NAME_REPLACED, oids.SEX, oids.BIRTH_DATE, oids.ADDRESS,
        oids.ADDRESS_REPLACED,
    }
)  # fmt: skip
_KNOWN: Final = frozenset(
    {
        x509.KeyUsage.oid, x509.ExtendedKeyUsage.oid, x509.BasicConstraints.oid,
        x509.CertificatePolicies.oid, x509.SubjectAlternativeName.oid,
        x509.IssuerAlternativeName.oid, x509.CRLDistributionPoints.oid,
    }
)  # fmt: skip
"""Extensions that are looked at; another one that is critical is refused."""

_ALGORITHMS: Final = frozenset(
    {SignatureAlgorithmOID.RSA_WITH_SHA256, SignatureAlgorithmOID.ECDSA_WITH_SHA256}
)


def check_certificate(der: bytes, *, kind: CertificateKind, trust: Trust, at: datetime) -> Subject:
    """Confirm everything about a certificate but its status.

    Args:
        der: the certificate.
        kind: which of the two the use needs.
        trust: both stores; only that of `kind` is used.
        at: law time, aware.

    Returns:
        The certificate with what it says.

    Raises:
        RefusedError: one subclass for each step.

    Source: RFC 5280 6.1 (path validation), 4.1 and 4.2 (fields); 公的個人認証法 第19条.
    """
    certificate, issuer = _parse(der)
    key = _key(certificate)
    anchor = _anchor(certificate, issuer, trust, kind)
    _check_validity(certificate, anchor, at)
    extensions = certificate.extensions
    _check_constraints(extensions)
    _check_usage(extensions, kind)
    medium = _medium(extensions, kind)
    return Subject(
        kind=kind,
        medium=medium,
        anchor=anchor,
        serial=certificate.serial_number,
        certificate=certificate,
        der=der,
        key=key,
        items=_names(certificate, kind),
    )


def _parse(der: bytes) -> tuple[x509.Certificate, bytes]:
    """The certificate, and the bytes of its issuer as they stand in it."""
    if len(der) > LARGEST:
        raise _malformed()
    try:
        certificate = x509.load_der_x509_certificate(der)
        certificate.extensions  # noqa: B018  (parsed here, so that later reads cannot fail)
        issuer: bytes = asn1.Certificate.load(der)["tbs_certificate"]["issuer"].dump()
        version, serial = certificate.version, certificate.serial_number
    except UNREADABLE as error:
        raise _malformed() from error
    whole = ends_in_whole_bytes(der, certificate.signature)
    if version is not x509.Version.v3 or serial <= 0 or not whole:
        raise _malformed()
    if certificate.signature_algorithm_oid not in _ALGORITHMS:
        raise WeakAlgorithmError(
            "電子証明書の署名方式が、認められたもの（SHA-256）ではありません。偽造できるおそれが"
            "あるため使えません。新しい電子証明書を使ってください。"
        )
    return certificate, issuer


def ends_in_whole_bytes(der: bytes, signature: bytes) -> bool:
    """Whether the signature at the end of a certificate or list has no unused bits.

    The library does not look at their number, which is not covered by the signature.
    """
    return der[-len(signature) - 1 :] == b"\0" + signature


def _key(certificate: x509.Certificate) -> rsa.RSAPublicKey:
    try:
        key = certificate.public_key()
    except (ValueError, TypeError) as error:
        raise _malformed() from error
    except UnsupportedAlgorithm as error:
        raise _weak_key() from error
    if not isinstance(key, rsa.RSAPublicKey):
        raise _weak_key()
    if key.key_size != 2048 or key.public_numbers().e != 65537:
        raise _weak_key()
    return key


def _anchor(
    certificate: x509.Certificate, issuer: bytes, trust: Trust, kind: CertificateKind
) -> Anchor:
    named = trust.store(kind).named(issuer)
    if not named:
        if trust.other(kind).named(issuer):
            raise WrongKindError(
                f"{kind.japanese}が必要ですが、もう一方の種類の電子証明書です。"
                f"{kind.japanese}を選んでやり直してください。",
                expected=str(kind),
            )
        raise WrongRootError(
            "この電子証明書を発行した認証局は、信頼する認証局の一覧にありません。"
            "電子証明書がどこで発行されたかを確かめてください。"
        )
    candidates = _generations(certificate, named)
    for anchor in candidates:
        if _signed_by(certificate, anchor):
            return anchor
    raise ForgedCertificateError(
        "認証局の名前は正しいものの、その認証局の鍵による署名ではありません。偽造または破損です。"
        "この電子証明書を使わず、提示した人に確かめてください。"
    )


def _generations(certificate: x509.Certificate, named: tuple[Anchor, ...]) -> tuple[Anchor, ...]:
    """The generations that the authority key identifier allows."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier)
    except x509.ExtensionNotFound:
        return named
    identifier = found.value.key_identifier
    if identifier is None:
        return named
    candidates = tuple(anchor for anchor in named if anchor.key_identifier == identifier)
    if not candidates:
        raise WrongRootError(
            "この電子証明書を発行した認証局の世代が、信頼する認証局の一覧にありません。"
            "認証局が公表する新しい世代の証明書を加えてください。"
        )
    return candidates


def _signed_by(certificate: x509.Certificate, anchor: Anchor) -> bool:
    signature, content = certificate.signature, certificate.tbs_certificate_bytes
    rsa_signed = certificate.signature_algorithm_oid == SignatureAlgorithmOID.RSA_WITH_SHA256
    try:
        if isinstance(anchor.key, rsa.RSAPublicKey) and rsa_signed:
            anchor.key.verify(signature, content, PKCS1v15(), SHA256())
            return True
        if isinstance(anchor.key, ec.EllipticCurvePublicKey) and not rsa_signed:
            anchor.key.verify(signature, content, ec.ECDSA(SHA256()))
            return True
    except InvalidSignature:
        return False
    return False


def _check_validity(certificate: x509.Certificate, anchor: Anchor, at: datetime) -> None:
    """Both must be valid at `at`; the last second counts."""
    spans = (
        ("認証局の証明書", "authority", anchor.not_before, anchor.not_after),
        ("電子証明書", "holder", certificate.not_valid_before_utc, certificate.not_valid_after_utc),
    )
    for name, whose, not_before, not_after in spans:
        if at < not_before:
            raise NotYetValidError(
                f"{name}の有効期間がまだ始まっていません。始まってからやり直してください。",
                whose=whose,
                not_before=not_before.isoformat(),
            )
        if at > not_after:
            raise ExpiredError(
                f"{name}の有効期間が過ぎています。住所地の市区町村の窓口で更新した新しい"
                "電子証明書を使ってください。",
                whose=whose,
                not_after=not_after.isoformat(),
            )


def _check_constraints(extensions: x509.Extensions) -> None:
    for found in extensions:
        if found.critical and found.oid not in _KNOWN:
            raise UnknownExtensionError(
                "意味の分からない必須の拡張が電子証明書にあります。制限を見落とすおそれがあるため"
                "受け付けません。発行した認証局に確かめてください。",
                extension=found.oid.dotted_string,
            )
    try:
        constraints = extensions.get_extension_for_class(x509.BasicConstraints).value
    except x509.ExtensionNotFound:
        return
    if constraints.ca:
        raise NotEndEntityError(
            "認証局の証明書が提示されました。利用者の電子証明書でやり直してください。"
        )


def _check_usage(extensions: x509.Extensions, kind: CertificateKind) -> None:
    """Exactly the bits of the profile, in a critical extension, and no other purpose."""
    try:
        found = extensions.get_extension_for_class(x509.KeyUsage)
    except x509.ExtensionNotFound:
        raise _wrong_usage(kind) from None
    usage = found.value
    other = (
        usage.key_encipherment, usage.data_encipherment, usage.key_agreement,
        usage.key_cert_sign, usage.crl_sign,
    )  # fmt: skip
    signing = kind is CertificateKind.SIGNING
    right = usage.digital_signature and usage.content_commitment is signing and not any(other)
    if not (right and found.critical):
        raise _wrong_usage(kind)
    try:
        purposes = extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return
    if ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE not in purposes:
        raise _wrong_usage(kind)


def _medium(extensions: x509.Extensions, kind: CertificateKind) -> Medium:
    """The policy names the kind and the medium; there is exactly one."""
    try:
        policies = list(extensions.get_extension_for_class(x509.CertificatePolicies).value)
    except x509.ExtensionNotFound:
        policies = []
    known = [_POLICIES.get(policy.policy_identifier) for policy in policies]
    if len(known) != 1 or known[0] is None or known[0][0] is not kind:
        raise WrongPolicyError(
            f"証明書ポリシーが{kind.japanese}のものではありません。どの規程で発行されたか分からない"
            "電子証明書は使えません。発行した認証局に確かめてください。",
            expected=str(kind),
        )
    return known[0][1]


def _names(certificate: x509.Certificate, kind: CertificateKind) -> CertifiedItems | None:
    """Country and common name; the four items in a signing certificate and in no other."""
    countries = certificate.subject.get_attributes_for_oid(NameOID.COUNTRY_NAME)
    common = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    if [found.value for found in countries] != ["JP"] or len(common) != 1 or not common[0].value:
        raise _wrong_names(kind)
    if kind is CertificateKind.SIGNING:
        try:
            return CertifiedItems.of(certificate)
        except UnreadableItemsError:
            raise _wrong_names(kind) from None
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return None
    if any(other.type_id in _ITEMS for other in names.get_values_for_type(x509.OtherName)):
        raise _wrong_names(kind)
    return None


def _malformed() -> MalformedCertificateError:
    return MalformedCertificateError(
        "X.509の電子証明書として読み取れません。カードから読み取ったDER形式のまま渡してください。"
    )


def _weak_key() -> WeakAlgorithmError:
    return WeakAlgorithmError(
        "電子証明書の鍵が、認められたもの（RSA 2048ビット、公開指数65537）ではありません。"
        "発行した認証局に確かめてください。"
    )


def _wrong_usage(kind: CertificateKind) -> WrongUsageError:
    return WrongUsageError(
        f"この電子証明書の鍵は、{kind.japanese}の用途には使えません。"
        "用途に合う電子証明書を選んでやり直してください。",
        expected=str(kind),
    )


def _wrong_names(kind: CertificateKind) -> WrongNamesError:
    return WrongNamesError(
        f"名義の欄が{kind.japanese}の定めの形式ではありません。だれの電子証明書か決められないため"
        "使えません。発行した認証局に確かめてください。",
        expected=str(kind),
    )
