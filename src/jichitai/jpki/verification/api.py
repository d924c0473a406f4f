"""Calls of verifiers (検証者) who leave the checks to the nation."""

from typing import Any, Final

from litestar import post
from litestar.params import JSONBody
from litestar.types import ControllerRouterHandler

from jichitai.jpki.status import verifiers
from jichitai.jpki.status.record import Roots
from jichitai.jpki.verification import service
from jichitai.jpki.verification.bodies import (
    LARGEST_DOCUMENT,
    CertificateQuestion,
    DocumentQuestion,
    Proof,
    SignatureQuestion,
    opened,
    proof_item,
)
from jichitai.web.inject import Db, Given, LawClock, Who
from jichitai.web.rights import Role

_OPT: Final[dict[str, Any]] = {"roles": frozenset({Role.ORGAN_CLIENT}), "scope": "jpki.status"}
_TAGS: Final = ["certificates"]
_LARGEST: Final = LARGEST_DOCUMENT * 4 // 3 + 100_000


@post(
    "/api/v1/jpki/verify/certificate",
    opt=_OPT,
    status_code=200,
    summary="Verify a certificate (電子証明書の検証)",
    tags=_TAGS,
)
async def verify_certificate(
    data: JSONBody[CertificateQuestion],
    principal: Who,
    db: Db,
    clock: LawClock,
    roots: Given[Roots],
) -> Proof:
    """Path, validity, usage, policy, names and status; a refusal names the check that failed."""
    der = opened(data.certificate, "certificate")
    async with db.transaction() as tx:
        body = await verifiers.asking(tx, principal.organ())
        proof = await service.certificate(tx, body, roots, der, data.kind, at=clock.now())
    return proof_item(proof)


@post(
    "/api/v1/jpki/verify/signature",
    opt=_OPT,
    status_code=200,
    request_max_body_size=_LARGEST,
    summary="Verify a signature (電子署名の検証)",
    tags=_TAGS,
)
async def verify_signature(
    data: JSONBody[SignatureQuestion],
    principal: Who,
    db: Db,
    clock: LawClock,
    roots: Given[Roots],
) -> Proof:
    """RSASSA-PKCS1-v1_5 with SHA-256 over a message, and the signer's certificate."""
    message, value = opened(data.message, "message"), opened(data.signature, "signature")
    der = opened(data.certificate, "certificate")
    async with db.transaction() as tx:
        body = await verifiers.asking(tx, principal.organ())
        proof = await service.signature(
            tx, body, roots, message, value, der, data.kind, at=clock.now()
        )
    return proof_item(proof)


@post(
    "/api/v1/jpki/verify/document",
    opt=_OPT,
    status_code=200,
    request_max_body_size=_LARGEST,
    summary="Verify a signed PDF (署名されたPDFの検証)",
    tags=_TAGS,
)
async def verify_document(
    data: JSONBody[DocumentQuestion],
    principal: Who,
    db: Db,
    clock: LawClock,
    roots: Given[Roots],
) -> Proof:
    """One signature over every byte of the file, and the signer's certificate."""
    pdf = opened(data.document, "document")
    async with db.transaction() as tx:
        body = await verifiers.asking(tx, principal.organ())
        proof = await service.document(tx, body, roots, pdf, at=clock.now())
    return proof_item(proof)


ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (
    verify_certificate,
    verify_signature,
    verify_document,
)
