"""Certificates of phone credentials: a root, the signer of documents, and verifiers that ask.

ISO/IEC 18013-5 annex B gives the profile; extended key usages are under our own arc.
"""

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509 import ExtensionNotFound, ObjectIdentifier
from cryptography.x509.oid import NameOID

from jichitai.jpki import oids
from jichitai.jpki.authority.profiles import end_of_day
from jichitai.jpki.phone.cose import SigningKey
from jichitai.kernel.dates import JST

ROOT_YEARS: Final = 9
SIGNER_DAYS: Final = 457
"""Longest life of a document signer's certificate (ISO/IEC 18013-5 annex B.1.4)."""
READER_DAYS: Final = 397
SIGNER_USAGE: Final = oids.PHONE_SIGNER
READER_USAGE: Final = oids.PHONE_READER
_UNIT: Final = "TEST phone credential"


class ChainError(Exception):
    """A chain does not hold; `what` is chain, time or usage."""

    def __init__(self, what: str) -> None:
        """Say which check failed."""
        super().__init__(what)
        self.what = what


def root_certificate(
    key: SigningKey, *, generation: int, not_before: datetime, not_after: datetime, serial: int
) -> x509.Certificate:
    """The self-signed certificate of the authority for phone credentials.

    Source: ISO/IEC 18013-5 annex B.1.2 (IACA root).
    """
    name = _name(f"Jichitai TEST phone credential root {generation}")
    builder = _builder(name, name, key.public_key(), not_before, not_after, serial)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_usage(authority=True), critical=True)
    builder = builder.add_extension(
        x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False
    )
    return builder.sign(key, SHA256())


def leaf_certificate(
    public_key: ec.EllipticCurvePublicKey,
    *,
    common_name: str,
    usage: ObjectIdentifier,
    root: x509.Certificate,
    root_key: SigningKey,
    not_before: datetime,
    not_after: datetime,
    serial: int,
    origin: str = "",
) -> x509.Certificate:
    """A certificate under the root: of a document signer, or of a verifier (with its origin).

    Source: ISO/IEC 18013-5 annex B.1.4 (document signer), B.1.7 (reader authentication).
    """
    builder = _builder(_name(common_name), root.subject, public_key, not_before, not_after, serial)
    authority = root.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    builder = (
        builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(authority=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([usage]), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(authority),
            critical=False,
        )
    )
    if origin:
        names = x509.SubjectAlternativeName([x509.UniformResourceIdentifier(origin)])
        builder = builder.add_extension(names, critical=False)
    return builder.sign(root_key, SHA256())


def parse(der: bytes) -> x509.Certificate:
    """Read a certificate that somebody sent.

    Raises:
        ValueError: it cannot be read, whatever the reason.
    """
    try:
        found = x509.load_der_x509_certificate(der)
    except (x509.InvalidVersion, TypeError, CryptographyDeprecationWarning) as error:
        raise ValueError("no certificate") from error
    if not der.endswith(b"\0" + found.signature):  # a reader may pass over unused bits (X.690 11.2)
        raise ValueError("signature not of whole octets")
    return found


def check_chain(
    leaf: x509.Certificate,
    roots: tuple[x509.Certificate, ...],
    *,
    usage: ObjectIdentifier,
    at: datetime,
) -> ec.EllipticCurvePublicKey:
    """Make sure that a certificate stands directly under one of the roots and may do its work.

    Args:
        leaf: of the signer or the verifier.
        roots: every trusted generation.
        usage: extended key usage that it must have, alone and critical.
        at: law time.

    Returns:
        The leaf's key.

    Raises:
        ChainError: chain, time or usage.
    """
    root = next((one for one in roots if _issued_by(leaf, one)), None)
    if root is None:
        raise ChainError("chain")
    for one in (leaf, root):
        if not one.not_valid_before_utc <= at <= one.not_valid_after_utc:
            raise ChainError("time")
    key = leaf.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise ChainError("usage")
    if not _may(leaf, usage):
        raise ChainError("usage")
    return key


def thumbprint(certificate: x509.Certificate) -> bytes:
    """SHA-256 of the certificate's DER."""
    return sha256(certificate.public_bytes(Encoding.DER)).digest()


def origin_of(certificate: x509.Certificate) -> str:
    """The origin in a verifier's certificate; empty when there is none."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except ExtensionNotFound:
        return ""
    return next(iter(names.get_values_for_type(x509.UniformResourceIdentifier)), "")


def name_of(certificate: x509.Certificate) -> str:
    """The common name."""
    found = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[0].value) if found else ""


def root_end(not_before: datetime) -> datetime:
    """The last second of a root that begins at `not_before`."""
    first = not_before.astimezone(JST).date()
    return end_of_day(first.replace(year=first.year + ROOT_YEARS, day=min(first.day, 28)))


def end_of(not_before: datetime, days: int, root: x509.Certificate) -> datetime:
    """The end of a leaf's life: the last second of a day in Japan, and never after its root."""
    last = not_before.astimezone(JST).date() + timedelta(days=days - 1)
    return min(end_of_day(last), root.not_valid_after_utc)


def _issued_by(leaf: x509.Certificate, root: x509.Certificate) -> bool:
    try:
        leaf.verify_directly_issued_by(root)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError):
        return False
    return True


def _may(leaf: x509.Certificate, usage: ObjectIdentifier) -> bool:
    try:
        basic = leaf.extensions.get_extension_for_class(x509.BasicConstraints).value
        keys = leaf.extensions.get_extension_for_class(x509.KeyUsage).value
        extended = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except ExtensionNotFound:
        return False
    return (
        not basic.ca
        and keys.digital_signature
        and not keys.key_cert_sign
        and extended.critical
        and list(extended.value) == [usage]
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "JP"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Jichitai JPKI"),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, _UNIT),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    public_key: ec.EllipticCurvePublicKey,
    not_before: datetime,
    not_after: datetime,
    serial: int,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(serial)
        .not_valid_before(not_before)
        .not_valid_after(not_after)
    )


def _usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )
