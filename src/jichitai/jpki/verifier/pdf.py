"""Signed PDF documents: one signature, over every byte of the file, by the holder of a certificate.

pyHanko reads the file; what it lets pass for the sake of other uses is refused here: a signature of
a kind it skips, bytes that no signature covers, an answer to "which part is signed" by length only.
"""

import asyncio
import hashlib
import io
import logging
import zlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from asn1crypto import cms
from pyhanko.pdf_utils.decode_limits import (
    DecodeLimits,
    DocumentDecodeBudget,
    StreamDecodeLimits,
)
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import enumerate_sig_fields
from pyhanko.sign.general import CMSExtractionError, CMSStructuralError, MultivaluedAttributeError
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.generic_cms import validate_sig_integrity
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

from jichitai.jpki.kinds import CertificateKind
from jichitai.jpki.verifier.certificate import check_certificate
from jichitai.jpki.verifier.model import Signed, StatusSource, Subject, Verified
from jichitai.jpki.verifier.refusals import (
    AlteredDocumentError,
    AmbiguousSignerError,
    AppendedContentError,
    MalformedDocumentError,
    PartialCoverageError,
    SecondSignatureError,
    UnsignedDocumentError,
    UnsupportedSignatureError,
    WrongSignatureError,
)
from jichitai.jpki.verifier.trust import Trust
from jichitai.jpki.verifier.verify import check_signature

LARGEST: Final = 50 * 1024 * 1024
"""Bytes of a document."""
_STREAM: Final = StreamDecodeLimits(max_ratio=100, ratio_floor=2**20, max_output_size=2**22)
_LIMITS: Final = DecodeLimits(
    per_stream=_STREAM,
    per_purpose={},
    document_budget=DocumentDecodeBudget(base_allowance=2**24, max_ratio=1),
)
"""Only tables of objects are unpacked here, never pages; a small file must not unfold to a big one."""
_FORMS: Final = frozenset({"/adbe.pkcs7.detached", "/ETSI.CAdES.detached"})
_READING: Final = (
    PdfError, CMSExtractionError, CMSStructuralError, MultivaluedAttributeError, ValueError,
    zlib.error, KeyError, TypeError, AttributeError, IndexError, AssertionError, RecursionError,
    NotImplementedError, ArithmeticError,
)  # fmt: skip
"""What the library raises at files that are not in order."""
logging.getLogger("pyhanko").setLevel(logging.CRITICAL)  # it would write of signers and fields


@dataclass(frozen=True, slots=True)
class _Part:
    """The one signature of a document, read but not believed; `length` is without padding."""

    embedded: EmbeddedPdfSignature
    info: cms.SignerInfo
    certificate: bytes
    length: int


async def verify_pdf(
    document: bytes, *, trust: Trust, status: StatusSource, at: datetime
) -> Signed:
    """Confirm that a PDF was signed, whole and once, with a valid signing certificate.

    The time in the signature is the signer's own word; the certificate is checked at `at`. A thread
    reads the file, so that a large one holds nobody else up.

    Args:
        document: the file.
        trust: both stores; only that for signing is used.
        status: who knows of revocations.
        at: law time, aware.

    Returns:
        The proof; its digest is that of the bytes that were signed.

    Raises:
        RefusedError: one subclass for each thing that can be wrong.

    Source: ISO 32000-2 12.8.1 (ByteRange); RFC 5652 5.6; 公的個人認証法 第19条.
    """
    subject, digest = await asyncio.to_thread(check_pdf, document, trust=trust, at=at)
    confirmed = await status.confirm(subject, at)
    return Signed(by=Verified(subject=subject, status=confirmed, at=at), digest=digest)


def check_pdf(document: bytes, *, trust: Trust, at: datetime) -> tuple[Subject, bytes]:
    """Confirm everything about a signed PDF but the status of the signer's certificate.

    Args:
        document: the file.
        trust: both stores; only that for signing is used.
        at: law time, aware.

    Returns:
        The signer's certificate, and SHA-256 of the bytes that were signed.

    Raises:
        RefusedError: one subclass for each thing that can be wrong.

    Source: ISO 32000-2 12.8.1 (ByteRange); RFC 5652 5.6.
    """
    part = _read(document)
    digest = _covered_digest(document, part)
    subject = check_certificate(part.certificate, kind=CertificateKind.SIGNING, trust=trust, at=at)
    _check_attributes(part, digest)
    attributes: bytes = part.info["signed_attrs"].untag().dump()
    check_signature(subject.key, part.info["signature"].native, attributes)
    return subject, digest


def _read(document: bytes) -> _Part:
    if len(document) > LARGEST or not document.startswith(b"%PDF-"):
        raise _malformed()
    try:
        reader = PdfFileReader(io.BytesIO(document), strict=True, decode_limits=_LIMITS)
        if reader.encrypted:
            raise _malformed()
        fields = list(enumerate_sig_fields(reader, filled_status=True))
    except _READING as error:
        raise _malformed() from error
    if not fields:
        raise UnsignedDocumentError(
            "この文書には電子署名がありません。署名した文書のファイルを選んでやり直してください。"
        )
    if len(fields) > 1:
        raise SecondSignatureError(
            "署名（またはタイムスタンプ）が二つ以上あります。先の署名は後から加わった部分を対象としてい"
            "ないため受け付けません。一つの署名だけの文書を、人ごとに別のファイルで出してください。",
            signatures=len(fields),
        )
    return _one(reader, *fields[0])


def _one(reader: PdfFileReader, name: str, value: Any, field: Any) -> _Part:
    try:
        dictionary = value.get_object()
        form, kind = dictionary.get("/SubFilter"), dictionary.get("/Type", "/Sig")
        if form not in _FORMS or kind != "/Sig":
            raise _unsupported(str(form)[:40])
        embedded = EmbeddedPdfSignature(reader, field, name)
        _check_cms(embedded.signed_data, embedded.signer_info)
        rebuilt = _rebuilt(embedded.signed_data, embedded.signer_info)
        if not embedded.pkcs7_content.startswith(rebuilt):
            raise _malformed()
        certificate = _signer(embedded.signed_data, embedded.signer_info)
        return _Part(embedded, embedded.signer_info, certificate, len(rebuilt))
    except _READING as error:
        raise _malformed() from error


def _check_cms(data: cms.SignedData, info: cms.SignerInfo) -> None:
    """Detached, SHA-256, RSASSA-PKCS1-v1_5, signed attributes: what a card's signature is."""
    content = data["encap_content_info"]
    algorithm, digest = info["signature_algorithm"], info["digest_algorithm"]
    right = (
        content["content_type"].native == "data"
        and content["content"].native is None
        and digest["algorithm"].native == "sha256"
        and algorithm.signature_algo == "rsassa_pkcs1v15"
        and (algorithm["algorithm"].native == "rsassa_pkcs1v15" or algorithm.hash_algo == "sha256")
        and info["signed_attrs"].native is not None
        and data["crls"].native is None
    )
    if not right:
        raise _unsupported(str(algorithm["algorithm"].native))
    if any(one["parameters"].native is not None for one in (algorithm, digest)):
        raise _malformed()


def _rebuilt(data: cms.SignedData, info: cms.SignerInfo) -> bytes:
    """The structure as it must be encoded, made anew from the parts that mean something.

    What a signature covers cannot be changed; this way nothing around it can be either.
    """
    by_key = info["sid"].name == "subject_key_identifier"
    fields = ("sid", "digest_algorithm", "signed_attrs", "signature_algorithm", "signature")
    signer = {name: info[name] for name in fields}
    if info["unsigned_attrs"].native is not None:
        signer["unsigned_attrs"] = info["unsigned_attrs"]
    signed_data = cms.SignedData(
        {
            "version": "v3" if data["version"].native == "v3" else "v1",
            "digest_algorithms": [info["digest_algorithm"]],
            "encap_content_info": {"content_type": "data"},
            "certificates": data["certificates"],
            "signer_infos": [cms.SignerInfo({"version": "v3" if by_key else "v1", **signer})],
        }
    )
    made = cms.ContentInfo({"content_type": "signed_data", "content": signed_data})
    return bytes(made.dump())


def _signer(data: cms.SignedData, info: cms.SignerInfo) -> bytes:
    """The one certificate that the signature names, by key identifier or by issuer and serial."""
    named = info["sid"]
    found: set[bytes] = set()
    for choice in data["certificates"]:
        certificate = choice.chosen
        if named.name == "subject_key_identifier":
            same = certificate.key_identifier == named.chosen.native
        else:
            same = (
                certificate.issuer.dump() == named.chosen["issuer"].dump()
                and certificate.serial_number == named.chosen["serial_number"].native
            )
        if same:
            found.add(certificate.dump())
    if len(found) != 1:
        raise _ambiguous()
    return found.pop()


def _covered_digest(document: bytes, part: _Part) -> bytes:
    """SHA-256 of every byte but the signature's own; anything less is refused."""
    try:
        ranges = [int(number) for number in part.embedded.byte_range]
    except (TypeError, ValueError) as error:
        raise _malformed() from error
    if len(ranges) != 4 or min(ranges) < 0:
        raise _partial()
    start, first, second, last = ranges
    gap = document[first:second]
    if start != 0 or not _is_signature(gap, part):
        raise _partial()
    end = second + last
    if end < len(document):
        if document[:end].rstrip().endswith(b"%%EOF"):
            raise AppendedContentError(
                "署名した後に、内容がファイルの末尾に追加されています。署名した時と違う内容が表示される"
                "おそれがあるため受け付けません。署名した時のファイルを出し直してください。",
                added=len(document) - end,
            )
        raise _partial()
    if end > len(document):
        raise _partial()
    return hashlib.sha256(document[:first] + document[second:]).digest()


def _is_signature(gap: bytes, part: _Part) -> bool:
    """Whether the bytes left out are the signature in hexadecimal, zeros after it, and no more."""
    content = part.embedded.pkcs7_content
    if gap[:1] != b"<" or gap[-1:] != b">":
        return False
    try:
        raw = bytes.fromhex(gap[1:-1].decode("ascii"))
    except ValueError:
        return False
    whole = raw == content and len(gap) == 2 * len(raw) + 2
    return whole and not content[part.length :].strip(b"\0")


def _check_attributes(part: _Part, digest: bytes) -> None:
    """The signed attributes name this content and this certificate."""
    try:
        certificate = next(
            choice.chosen
            for choice in part.embedded.signed_data["certificates"]
            if choice.chosen.dump() == part.certificate
        )
        intact, valid = validate_sig_integrity(part.info, certificate, "data", digest)
    except SignatureValidationError as error:
        raise _ambiguous() from error
    except _READING as error:
        raise _malformed() from error
    if not valid:
        raise WrongSignatureError(
            "文書の電子署名が、署名者の電子証明書の鍵に合いません。署名が書き換えられたか、別の人の"
            "電子証明書が添えられています。署名し直した文書を出してください。"
        )
    if not intact:
        raise AlteredDocumentError(
            "署名した後に、文書の内容が書き換えられています。署名した時のファイルを出し直してください。"
        )


def _malformed() -> MalformedDocumentError:
    return MalformedDocumentError(
        "PDFとして正しく読み取れません（壊れている、暗号化されている、50MBを超えるなど）。"
        "署名した時のファイルを、パスワードなしで出し直してください。"
    )


def _unsupported(form: str) -> UnsupportedSignatureError:
    return UnsupportedSignatureError(
        "マイナンバーカードの署名の形式（SHA-256とRSAの、文書に埋め込んだ署名）ではありません。"
        "カードで署名し直した文書を出してください。",
        form=form,
    )


def _partial() -> PartialCoverageError:
    return PartialCoverageError(
        "署名が文書の一部しか対象としていません。対象の外の部分を差し替えられるため受け付けません。"
        "文書の全体に署名し直して出してください。"
    )


def _ambiguous() -> AmbiguousSignerError:
    return AmbiguousSignerError(
        "署名が指す電子証明書が、文書の中に一つだけあるという状態ではありません。だれの署名か決められ"
        "ないため受け付けません。署名し直した文書を出してください。"
    )
