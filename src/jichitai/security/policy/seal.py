"""職責の鍵: the key that signs a body's published documents, a PKCS#12 file per body.

In production the file holds the key and certificate that the body obtained (a certificate of
the organisation, 職責証明書); `CODE.pass` beside it may hold its passphrase. A rehearsal makes a
self-signed one, which says so in its name.

pyHanko takes half a second to import, so only signing brings it in.

Source: 地方自治法 第244条の6第2項 (公表); 地方公共団体組織認証基盤 (LGPKI) の職責証明書.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import NoEncryption, pkcs12
from cryptography.x509.oid import NameOID

from jichitai.infra.settings import Settings
from jichitai.kernel.bodies import Body
from jichitai.kernel.identifiers import LocalGovernmentCode
from jichitai.security.policy.errors import NoSealError

if TYPE_CHECKING:
    from pyhanko.sign.signers import SimpleSigner

_LIFE: Final = timedelta(days=730)
_CLOCK_SKEW: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Seal:
    """A loaded key, and the name that its certificate gives."""

    signer: SimpleSigner
    name: str

    def __repr__(self) -> str:
        """Hide the key."""
        return "<Seal>"


def folder(settings: Settings) -> Path:
    """Where the files of the bodies' keys are."""
    return settings.seal_directory or settings.key_directory / "seals"


def load(code: str, place: Path) -> Seal:
    """The key of a body.

    Args:
        code: the body's code.
        place: folder of the files.

    Raises:
        NoSealError: there is no file, or it cannot be read.
    """
    from pyhanko.sign.signers import SimpleSigner

    file = place / f"{LocalGovernmentCode.parse(code)}.p12"
    secret = file.with_suffix(".pass")
    try:
        content = file.read_bytes()
        passphrase = secret.read_bytes().strip() if secret.exists() else None
    except OSError:
        raise _missing(code) from None
    try:
        signer = SimpleSigner.load_pkcs12_data(content, other_certs=[], passphrase=passphrase)
    except ValueError:
        signer = None
    if signer is None or signer.signing_cert is None:
        raise NoSealError(
            f"署名の鍵のファイル {code}.p12 を読めません。PKCS#12形式で、合言葉があれば {code}.pass に"
            "入っているかを、運用の担当者に確かめてもらってください。"
        )
    subject = signer.signing_cert.subject
    name = subject.native.get("common_name") or subject.human_friendly
    return Seal(signer, str(name))


def _missing(code: str) -> NoSealError:
    return NoSealError(
        f"公開する文書に署名する鍵 {code}.p12 がありません。運用の担当者に、団体の証明書を鍵の"
        "フォルダーへ置くよう頼んでください。演習では jichitai security seal で作れます。"
    )


def make(body: Body, place: Path) -> Path:
    """A self-signed key for a rehearsal; one that exists is left as it is.

    Returns:
        The file, which only its owner can read.
    """
    file = place / f"{body.code}.p12"
    if file.exists():
        return file
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "JP"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, body.full_name),
            x509.NameAttribute(NameOID.COMMON_NAME, f"演習用 {body.full_name}"[:64]),
        ]
    )
    now = datetime.fromtimestamp(time.time(), UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCK_SKEW)
        .not_valid_after(now + _LIFE)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_signing_only(), critical=True)
        .sign(key, hashes.SHA256())
    )
    content = pkcs12.serialize_key_and_certificates(
        body.code.encode(), key, certificate, None, NoEncryption()
    )
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:
        target.write(content)
    return file


def _signing_only() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=True,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


def sign(paper: bytes, seal: Seal, *, reason: str) -> bytes:
    """A PDF with the body's certifying signature: any later change shows.

    Takes some tens of milliseconds of processor; call it through a thread.

    Args:
        paper: the PDF.
        seal: the body's key.
        reason: what the signature says it is for.

    Source: ETSI EN 319 142 (PAdES); ISO 32000-2 12.8.
    """
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
    from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner

    metadata = PdfSignatureMetadata(
        field_name="Seal",
        md_algorithm="sha256",
        subfilter=SigSeedSubFilter.PADES,
        reason=reason,
        name=seal.name,
        certify=True,
        docmdp_permissions=MDPPerm.NO_CHANGES,
    )
    writer = IncrementalPdfFileWriter(BytesIO(paper))
    signed: BytesIO = PdfSigner(metadata, signer=seal.signer).sign_pdf(writer)
    return signed.getvalue()
