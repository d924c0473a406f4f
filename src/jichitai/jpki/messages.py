"""Messages between a town and the certificate authorities, beside those of the network.

A town asks for certificates (J01) and is answered (J02); it tells of losses, requests and mistakes
(J03) and is told of every certificate of its residents that lapses (J04).
"""

from typing import Annotated, ClassVar, Literal
from uuid import UUID

from msgspec import Meta

from jichitai.jpki.kinds import Cause, CertificateKind, Medium, Reason
from jichitai.jukinet.messages import Body, CodeText, Instant, Municipality, Part, Text, reader

ChipNumber = Annotated[str, Meta(pattern=r"^\d{13}$", description="製造番号")]
SerialHex = Annotated[str, Meta(pattern=r"^[0-9a-f]{2,40}$", description="発行の番号 (16進)")]
Der = Annotated[bytes, Meta(max_length=20_000)]
Hash = Annotated[bytes, Meta(min_length=32, max_length=32)]


class KeyRequest(Part, frozen=True, kw_only=True):
    """One public key to certify.

    Attributes:
        kind: of the certificate.
        public_key: SubjectPublicKeyInfo, DER.
        proof: RSASSA-PKCS1-v1_5 with SHA-256 by the new key over `request_id` (16 bytes) and
            `public_key`: the asker has the private key.
    """

    kind: CertificateKind
    public_key: Der
    proof: Annotated[bytes, Meta(min_length=256, max_length=256)]


class ObjectHashes(Part, frozen=True, kw_only=True):
    """SHA-256 of the data objects that the town is about to write into the chip.

    Source: this project's own design (the official coverage is not public), docs/reference/chip.md.
    """

    number: Hash | None
    items: Hash
    birth: Hash
    front: Hash
    back: Hash | None


class J01(Body, frozen=True, kw_only=True):
    """電子証明書の発行申請: a town asks for certificates over keys made in a resident's chip.

    With `renews` set the earlier certificates of the person are superseded. `chip_challenge` is
    what the chip gave out for the permission to write. `guardian` says that a legal representative
    asks for the signing certificate of somebody under the age for it.

    Source: 公的個人認証法 第3条, 第22条.
    """

    kind: ClassVar[str] = "J01"
    title: ClassVar[str] = "電子証明書の発行申請"
    basis: ClassVar[str] = "公的個人認証法 第3条、第22条"
    route: ClassVar[str] = "town → nation"

    request_id: UUID
    municipality: Municipality
    juki_code: CodeText
    chip_number: ChipNumber
    card_until: Annotated[str, Meta(pattern=r"^\d{4}-\d\d-\d\d$", description="カードの有効期限")]
    keys: Annotated[tuple[KeyRequest, ...], Meta(min_length=1, max_length=2)]
    objects: ObjectHashes | None
    chip_challenge: Annotated[bytes, Meta(min_length=16, max_length=16)]
    renews: bool = False
    guardian: bool = False
    medium: Medium = Medium.CARD


class Issued(Part, frozen=True, kw_only=True):
    """One certificate with the certificate of its authority, DER."""

    kind: CertificateKind
    certificate: Der
    authority: Der


class ObjectSignatures(Part, frozen=True, kw_only=True):
    """Signatures over the objects, and the CV certificate of the key that made them."""

    card_verifiable: Der
    number: Der | None
    items: Der
    birth: Der
    front: Der
    back: Der | None


class J02(Body, frozen=True, kw_only=True):
    """電子証明書の発行: certificates, or why there are none.

    `permit` is an Ed25519 signature of the card centre that opens the chip for writing once.

    Source: 公的個人認証法 第3条第5項, 第22条第5項.
    """

    kind: ClassVar[str] = "J02"
    title: ClassVar[str] = "電子証明書の発行"
    basis: ClassVar[str] = "公的個人認証法 第3条第5項、第22条第5項"
    route: ClassVar[str] = "nation → town"

    request_id: UUID
    municipality: Municipality
    issued: Annotated[tuple[Issued, ...], Meta(max_length=2)]
    signatures: ObjectSignatures | None
    permit: Annotated[bytes, Meta(max_length=64)]
    refusal: Annotated[str, Meta(max_length=80, description="断った理由の型")] = ""
    detail: Annotated[str, Meta(max_length=500)] = ""


class J03(Body, frozen=True, kw_only=True):
    """電子証明書の失効申請・届出: the holder, or the town for its own mistake, ends certificates.

    Source: 公的個人認証法 第9条, 第10条, 第28条, 第29条.
    """

    kind: ClassVar[str] = "J03"
    title: ClassVar[str] = "電子証明書の失効申請・届出"
    basis: ClassVar[str] = "公的個人認証法 第9条、第10条、第28条、第29条"
    route: ClassVar[str] = "town → nation"

    request_id: UUID
    municipality: Municipality
    juki_code: CodeText
    cause: Cause
    kinds: Annotated[tuple[CertificateKind, ...], Meta(min_length=1, max_length=2)]
    chip_number: ChipNumber | None = None
    at: Instant


class J04(Body, frozen=True, kw_only=True):
    """電子証明書の失効の通知: the town of residence is told which certificate lapsed, and why.

    Source: 公的個人認証法 第13条第2項, 第32条第2項 (本人への通知は住所地市町村長を経由する).
    """

    kind: ClassVar[str] = "J04"
    title: ClassVar[str] = "電子証明書の失効の通知"
    basis: ClassVar[str] = "公的個人認証法 第13条第2項、第32条第2項"
    route: ClassVar[str] = "nation → town"

    municipality: Municipality
    juki_code: CodeText
    certificate: CertificateKind
    serial: SerialHex
    reason: Reason
    cause: Cause
    state: Literal["held", "revoked"]
    at: Instant
    remark: Text = ""


CATALOGUE: tuple[type[Body], ...] = (J01, J02, J03, J04)

decode = reader(*CATALOGUE)
"""Reads one message about certificates."""
