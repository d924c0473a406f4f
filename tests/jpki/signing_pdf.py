# mypy: disable-error-code="no-untyped-call"
"""Signed PDFs for tests: made by pyHanko around a signature data structure of our own choice."""

import io
from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from typing import Any

from asn1crypto import cms, keys, tsp
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256, HashAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.writer import PageObject, PdfFileWriter
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata, SimpleSigner, async_sign_pdf
from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigIOSetup, SigObjSetup
from pyhanko.sign.signers.pdf_byterange import DocumentTimestamp, SignatureObject
from pyhanko_certvalidator.registry import SimpleCertificateStore

from tests.jpki.pki import NOW, Leaf
from tests.jpki.verifying import der


def blank() -> bytes:
    """A document of one page."""
    writer = PdfFileWriter()
    stream = writer.add_object(generic.StreamObject(stream_data=b"BT (application) Tj ET"))
    writer.insert_page(
        PageObject(
            contents=stream,
            media_box=generic.ArrayObject(
                [generic.NumberObject(side) for side in (0, 0, 200, 200)]
            ),
        )
    )
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def signature(
    leaf: Leaf,
    digest: bytes,
    *,
    by_key_identifier: bool = False,
    certificates: list[x509.Certificate] | None = None,
    hashing: HashAlgorithm | None = None,
    algorithm: str = "sha256_rsa",
    vouched: x509.Certificate | None = None,
    content: str = "data",
    attributes: bool = True,
    alter: Callable[[cms.SignerInfo], None] | None = None,
) -> bytes:
    """A detached CMS signature, in order unless told otherwise."""
    own = asn1.Certificate.load(der(leaf.certificate))
    attrs = cms.CMSAttributes(
        [
            {"type": "content_type", "values": [content]},
            {"type": "message_digest", "values": [digest]},
            {"type": "signing_certificate_v2", "values": [vouching(vouched or leaf.certificate)]},
        ]
    )
    assert isinstance(leaf.key, RSAPrivateKey)
    signed = leaf.key.sign(attrs.dump(), PKCS1v15(), hashing or SHA256())
    if by_key_identifier:
        named = cms.SignerIdentifier("subject_key_identifier", own.key_identifier)
    else:
        pair = {"issuer": own.issuer, "serial_number": own.serial_number}
        named = cms.SignerIdentifier("issuer_and_serial_number", cms.IssuerAndSerialNumber(pair))
    info = cms.SignerInfo(
        {
            "version": "v3" if by_key_identifier else "v1",
            "sid": named,
            "digest_algorithm": {"algorithm": "sha256"},
            "signature_algorithm": {"algorithm": algorithm},
            "signature": signed,
            **({"signed_attrs": attrs} if attributes else {}),
        }
    )
    if alter is not None:
        alter(info)
    return content_info(info, [leaf.certificate] if certificates is None else certificates)


def content_info(info: cms.SignerInfo, certificates: list[x509.Certificate]) -> bytes:
    data = cms.SignedData(
        {
            "version": "v1",
            "digest_algorithms": [{"algorithm": "sha256"}],
            "encap_content_info": {"content_type": "data"},
            "certificates": [asn1.Certificate.load(der(one)) for one in certificates],
            "signer_infos": [info],
        }
    )
    made: bytes = cms.ContentInfo({"content_type": "signed_data", "content": data}).dump()
    return made


def vouching(certificate: x509.Certificate) -> tsp.SigningCertificateV2:
    """signing-certificate-v2: which certificate is meant."""
    return tsp.SigningCertificateV2({"certs": [{"cert_hash": sha256(der(certificate)).digest()}]})


def sign(
    document: bytes,
    leaf: Leaf,
    *,
    field: str = "Signature1",
    form: SigSeedSubFilter = SigSeedSubFilter.ADOBE_PKCS7_DETACHED,
    at: datetime = NOW,
    stamp: bool = False,
    signer: Callable[[bytes], bytes] | None = None,
    **options: Any,
) -> bytes:
    """Append a signature to the document.

    Args:
        signer: another program; it gets the bytes to sign and returns the CMS structure.
    """
    writer = IncrementalPdfFileWriter(io.BytesIO(document))
    embedding = PdfCMSEmbedder().write_cms(field_name=field, writer=writer)
    next(embedding)
    place = (
        DocumentTimestamp(bytes_reserved=12_000)
        if stamp
        else SignatureObject(timestamp=at, subfilter=form, bytes_reserved=12_000)
    )
    embedding.send(SigObjSetup(sig_placeholder=place))
    prepared, output = embedding.send(SigIOSetup(md_algorithm="sha256", in_place=False))
    if signer is None:
        embedding.send(signature(leaf, prepared.document_digest, **options))
    else:
        content = output.getvalue()
        gap = slice(prepared.reserved_region_start, prepared.reserved_region_end)
        embedding.send(signer(content[: gap.start] + content[gap.stop :]))
    made: bytes = output.getvalue()
    return made


async def sign_by_library(document: bytes, leaf: Leaf, form: SigSeedSubFilter) -> bytes:
    """Signed by pyHanko from end to end."""
    assert isinstance(leaf.key, RSAPrivateKey)
    key = leaf.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    signer = SimpleSigner(
        signing_cert=asn1.Certificate.load(der(leaf.certificate)),
        signing_key=keys.PrivateKeyInfo.load(key),
        cert_registry=SimpleCertificateStore(),
    )
    about = PdfSignatureMetadata(field_name="Signature1", md_algorithm="sha256", subfilter=form)
    writer = IncrementalPdfFileWriter(io.BytesIO(document))
    made: bytes = (await async_sign_pdf(writer, about, signer=signer)).getvalue()
    return made


def append(document: bytes) -> bytes:
    """The document with another revision that changes what is shown."""
    writer = IncrementalPdfFileWriter(io.BytesIO(document))
    changed = writer.add_object(generic.StreamObject(stream_data=b"BT (changed) Tj ET"))
    page = writer.root["/Pages"]["/Kids"][0]
    page[pdf_name("/Contents")] = changed
    writer.update_container(page)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()
