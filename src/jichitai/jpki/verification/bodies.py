"""JSON of the verification service."""

import base64
import binascii
from datetime import datetime
from typing import Annotated, TypeAlias

from msgspec import Meta, Struct

from jichitai.jpki.kinds import CertificateKind, Medium
from jichitai.jpki.verifier.model import Signed, Verified
from jichitai.kernel.errors import InvalidError
from jichitai.kernel.persons import Sex

LARGEST_DOCUMENT: int = 10 * 1024 * 1024
"""Bytes of a PDF in a request."""

_ABOUT = "base64url, without padding"
Binary: TypeAlias = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,30000}$", description=_ABOUT)]
Document: TypeAlias = Annotated[
    str,
    Meta(pattern=r"^[A-Za-z0-9_-]+$", max_length=LARGEST_DOCUMENT * 4 // 3 + 2, description=_ABOUT),
]


class NotBase64Error(InvalidError):
    """A field that is not base64url."""

    type = "jpki.not-base64url"
    title = "base64urlとして読み取れません"


class CertificateQuestion(Struct, frozen=True, kw_only=True):
    """A certificate to verify.

    Attributes:
        certificate: DER.
        kind: which of the two the use needs.
    """

    certificate: Binary
    kind: CertificateKind


class SignatureQuestion(Struct, frozen=True, kw_only=True):
    """A signature to verify.

    Attributes:
        message: what was signed.
        signature: RSASSA-PKCS1-v1_5 with SHA-256.
        certificate: of the signer, DER.
        kind: which of the two the use needs.
    """

    message: Document
    signature: Binary
    certificate: Binary
    kind: CertificateKind = CertificateKind.SIGNING


class DocumentQuestion(Struct, frozen=True, kw_only=True):
    """A signed PDF to verify."""

    document: Document


class ProvedItems(Struct, frozen=True, kw_only=True):
    """What a signing certificate says of its holder; `…_replaced` marks replaced characters."""

    name: str
    name_replaced: str
    birth_date: str
    sex: Sex
    address: str
    address_replaced: str


class Proof(Struct, frozen=True, kw_only=True):
    """What was proved.

    Attributes:
        kind: of the certificate.
        medium: card or phone.
        authority: id of authority and generation.
        serial: 発行の番号, hexadecimal.
        not_after: end of the certificate's validity.
        at: the instant that was asked about.
        source: who confirmed that it is not revoked.
        digest: SHA-256 of what was signed, hexadecimal; empty without a signature.
        items: of a signing certificate.
    """

    kind: CertificateKind
    medium: Medium
    authority: str
    serial: str
    not_after: datetime
    at: datetime
    source: str
    digest: str
    items: ProvedItems | None


def proof_item(proof: Verified | Signed) -> Proof:
    """The answer to a question."""
    by = proof.by if isinstance(proof, Signed) else proof
    return Proof(
        kind=by.kind,
        medium=by.subject.medium,
        authority=by.authority,
        serial=by.serial_hex,
        not_after=by.subject.certificate.not_valid_after_utc,
        at=by.at,
        source=by.status.source,
        digest=proof.digest.hex() if isinstance(proof, Signed) else "",
        items=_items(by),
    )


def opened(text: str, field: str) -> bytes:
    """The bytes of a field.

    Raises:
        NotBase64Error: it is not base64url.
    """
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error:
        raise NotBase64Error(
            f"項目 {field} を読み取れません。base64url（= なし）で送ってください。", field=field
        ) from None


def _items(by: Verified) -> ProvedItems | None:
    found = by.items
    if found is None:
        return None
    return ProvedItems(
        name=found.name,
        name_replaced=found.name_replaced,
        birth_date=found.birth_date,
        sex=found.sex,
        address=found.address,
        address_replaced=found.address_replaced,
    )
