"""Parts that several profiles share: names, usages, distribution points."""

from collections.abc import Iterable
from datetime import datetime
from functools import cache
from typing import Final, TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509 import DirectoryName, Name

Extension: TypeAlias = tuple[x509.ExtensionType, bool]
"""An extension, and whether it is critical."""
_NO_USAGE: Final = dict.fromkeys(
    (
        "digital_signature", "content_commitment", "key_encipherment", "data_encipherment",
        "key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
    ),
    False,
)  # fmt: skip


def name(*parts: tuple[x509.ObjectIdentifier, str]) -> Name:
    """A name of one attribute a step; PrintableString for the country, UTF8String elsewhere.

    Source: RFC 5280 4.1.2.4.
    """
    return Name([x509.NameAttribute(oid, text) for oid, text in parts])


def usage(*bits: str) -> x509.KeyUsage:
    """A keyUsage with these bits, and no other.

    Source: RFC 5280 4.2.1.3.
    """
    return x509.KeyUsage(**{**_NO_USAGE, **dict.fromkeys(bits, True)})


@cache
def points(place: Name) -> x509.CRLDistributionPoints:
    """One distribution point, a directory name.

    Source: RFC 5280 4.2.1.13.
    """
    point = x509.DistributionPoint([DirectoryName(place)], None, None, None)
    return x509.CRLDistributionPoints([point])


def signed(
    *,
    subject: Name,
    issuer: Name,
    serial: int,
    key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey,
    validity: tuple[datetime, datetime],
    extensions: Iterable[Extension],
    by: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey,
) -> x509.Certificate:
    """Put the fields of a certificate together and sign it with SHA-256.

    Args:
        subject: of the certificate.
        issuer: whose key signs.
        serial: positive.
        key: of the subject.
        validity: notBefore and notAfter, aware; parts of a second are dropped.
        extensions: in the order in which they stand in it.
        by: signs.

    Source: RFC 5280 4.1.
    """
    begin, end = validity
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .serial_number(serial)
        .public_key(key)
        .not_valid_before(begin.replace(microsecond=0))
        .not_valid_after(end.replace(microsecond=0))
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(by, SHA256())
