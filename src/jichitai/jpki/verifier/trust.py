"""Trust anchors: two stores that never mix, each with every generation of its authority."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Self

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from jichitai.jpki.kinds import CertificateKind
from jichitai.kernel.errors import InvalidError

AnchorKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey
_KNOWN: Final = frozenset({x509.KeyUsage.oid, x509.BasicConstraints.oid})
_FILE: Final = re.compile(r"((?:signing|user-auth)-[0-9]+)\.(?:cer|crt|der|pem)")


class UnusableAnchorError(InvalidError):
    """A certificate that cannot be the root of trust."""

    type = "jpki.unusable-anchor"
    title = "認証局の証明書として使えません"


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """The self-signed certificate of one generation of an authority.

    Attributes:
        id: `signing-1`, `user-auth-2`; the kind and the generation.
        kind: what the authority certifies.
        certificate: parsed once.
        subject: DER of its name, compared byte for byte with an issuer.
        key_identifier: of its public key; generations share the name and differ in this.
        key: its public key.
        not_before: aware.
        not_after: aware; valid up to and including this second.
    """

    id: str
    kind: CertificateKind
    certificate: x509.Certificate
    subject: bytes
    key_identifier: bytes
    key: AnchorKey
    not_before: datetime
    not_after: datetime

    @classmethod
    def of(cls, anchor_id: str, certificate: x509.Certificate) -> Self:
        """Check that the certificate can be a root, and keep what verifying needs.

        Args:
            anchor_id: kind and generation, as in `signing-1`.
            certificate: of the authority.

        Raises:
            UnusableAnchorError: it is not self-signed, no authority's, or has other limits.
        """
        kind, _, generation = anchor_id.rpartition("-")
        if kind not in list(CertificateKind) or not generation.isdecimal():
            raise UnusableAnchorError(
                "認証局の名前は signing-1 や user-auth-2 の形で付けてください。"
                "署名用と利用者証明用を取り違えないためです。",
                anchor=anchor_id,
            )
        try:
            key = _checked(certificate)
        except (InvalidSignature, ValueError, TypeError, x509.ExtensionNotFound) as error:
            raise UnusableAnchorError(
                "認証局の自己署名証明書ではありません。認証局が公表する証明書を置き、"
                "フィンガープリントを公表された値と比べてください。",
                anchor=anchor_id,
            ) from error
        return cls(
            id=anchor_id,
            kind=CertificateKind(kind),
            certificate=certificate,
            subject=certificate.subject.public_bytes(),
            key_identifier=_key_identifier(certificate),
            key=key,
            not_before=certificate.not_valid_before_utc,
            not_after=certificate.not_valid_after_utc,
        )


@dataclass(frozen=True, slots=True)
class TrustStore:
    """Every generation of one of the two authorities."""

    kind: CertificateKind
    anchors: tuple[Anchor, ...]

    def named(self, issuer: bytes) -> tuple[Anchor, ...]:
        """The generations whose name is exactly these bytes."""
        return tuple(anchor for anchor in self.anchors if anchor.subject == issuer)


@dataclass(frozen=True, slots=True)
class Trust:
    """The two stores. A certificate is looked for in one of them, never in both."""

    signing: TrustStore
    user_auth: TrustStore

    @classmethod
    def of(cls, certificates: Mapping[str, x509.Certificate]) -> Self:
        """Build both stores.

        Args:
            certificates: by id: `{"signing-1": …, "signing-2": …, "user-auth-1": …}`.

        Raises:
            UnusableAnchorError: one cannot be a root, or both stores would share a name or a key.
        """
        anchors = [Anchor.of(name, certificate) for name, certificate in certificates.items()]
        signing = [anchor for anchor in anchors if anchor.kind is CertificateKind.SIGNING]
        user_auth = [anchor for anchor in anchors if anchor.kind is CertificateKind.USER_AUTH]
        if _names(signing) & _names(user_auth) or _keys(signing) & _keys(user_auth):
            raise UnusableAnchorError(
                "署名用と利用者証明用の認証局が、同じ名前または同じ鍵を使っています。"
                "一方の証明書で他方の用途を通してしまうため、使いません。証明書を確かめてください。"
            )
        return cls(
            TrustStore(CertificateKind.SIGNING, tuple(signing)),
            TrustStore(CertificateKind.USER_AUTH, tuple(user_auth)),
        )

    @classmethod
    def read(cls, directory: Path) -> Self:
        """Build both stores from files named by id: `signing-1.cer`, `user-auth-1.pem` and so on.

        Other files of the directory, such as those of the card centre, are not looked at.

        Raises:
            UnusableAnchorError: a file is no certificate of an authority, or there is none.
        """
        found: dict[str, x509.Certificate] = {}
        for path in sorted(directory.iterdir()):
            named = _FILE.fullmatch(path.name)
            if named is not None:
                found[named[1]] = read_certificate(path.read_bytes(), path.name)
        if not found:
            raise UnusableAnchorError(
                "認証局の証明書がありません。signing-1.cer や user-auth-1.cer の名前で置いてください。"
            )
        return cls.of(found)

    def store(self, kind: CertificateKind) -> TrustStore:
        """The store of one kind."""
        return self.signing if kind is CertificateKind.SIGNING else self.user_auth

    def other(self, kind: CertificateKind) -> TrustStore:
        """The store that must not answer for this kind."""
        return self.user_auth if kind is CertificateKind.SIGNING else self.signing


def read_certificate(data: bytes, name: str) -> x509.Certificate:
    """Read an authority's certificate, DER or PEM.

    Raises:
        UnusableAnchorError: it is neither.
    """
    try:
        if b"-----BEGIN" in data:
            return x509.load_pem_x509_certificate(data)
        return x509.load_der_x509_certificate(data)
    except ValueError:
        raise UnusableAnchorError(
            f"{name} は証明書のファイルではありません。DERまたはPEMの証明書を置いてください。"
        ) from None


def _checked(certificate: x509.Certificate) -> AnchorKey:
    if certificate.issuer != certificate.subject or not certificate.subject.rdns:
        raise ValueError("not self-issued")
    certificate.verify_directly_issued_by(certificate)
    extensions = certificate.extensions
    constraints = extensions.get_extension_for_class(x509.BasicConstraints)
    usage = extensions.get_extension_for_class(x509.KeyUsage)
    if not (constraints.critical and constraints.value.ca):
        raise ValueError("no authority")
    if not (usage.value.key_cert_sign and usage.value.crl_sign):
        raise ValueError("may not sign certificates and lists")
    if any(found.critical and found.oid not in _KNOWN for found in extensions):
        raise ValueError("limits that are not known")
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey) and key.key_size >= 2048:
        return key
    if isinstance(key, ec.EllipticCurvePublicKey) and key.key_size >= 256:
        return key
    raise ValueError("weak key")


def _key_identifier(certificate: x509.Certificate) -> bytes:
    extensions = certificate.extensions
    return extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest


def _names(anchors: Iterable[Anchor]) -> set[bytes]:
    return {anchor.subject for anchor in anchors}


def _keys(anchors: Iterable[Anchor]) -> set[bytes]:
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return {anchor.key.public_bytes(*form) for anchor in anchors}
