"""Verifying for a registered body: by the authority's own records, and remembered for 現況確認."""

from datetime import datetime

from jichitai.infra.database import Tx
from jichitai.jpki.kinds import CertificateKind
from jichitai.jpki.status import serials
from jichitai.jpki.status.record import RecordStatus, Roots
from jichitai.jpki.status.serials import Name
from jichitai.jpki.status.verifiers import Body
from jichitai.jpki.verifier.model import Signed, Verified
from jichitai.jpki.verifier.verify import verify_certificate, verify_signature


async def certificate(
    tx: Tx, body: Body, roots: Roots, der: bytes, kind: CertificateKind, *, at: datetime
) -> Verified:
    """Confirm a certificate.

    Raises:
        NotVerifierError: the body did not notify this kind.
        RefusedError: one subclass for each thing that can be wrong.

    Source: 公的個人認証法 第19条第1項, 第36条の2.
    """
    body.demand(kind)
    trust, status = await roots.trust(tx), RecordStatus(tx)
    proof = await verify_certificate(der, kind=kind, trust=trust, status=status, at=at)
    return await _remembered(tx, body, proof)


async def signature(
    tx: Tx,
    body: Body,
    roots: Roots,
    message: bytes,
    value: bytes,
    der: bytes,
    kind: CertificateKind,
    *,
    at: datetime,
) -> Signed:
    """Confirm a signature over a message.

    Raises:
        NotVerifierError: the body did not notify this kind.
        RefusedError: one subclass for each thing that can be wrong.

    Source: 公的個人認証法 第19条第1項, 第36条の2.
    """
    body.demand(kind)
    trust, status = await roots.trust(tx), RecordStatus(tx)
    proof = await verify_signature(
        message, value, der, kind=kind, trust=trust, status=status, at=at
    )
    await _remembered(tx, body, proof.by)
    return proof


async def document(tx: Tx, body: Body, roots: Roots, pdf: bytes, *, at: datetime) -> Signed:
    """Confirm a signed PDF.

    Raises:
        NotVerifierError: the body did not notify signing certificates.
        RefusedError: one subclass for each thing that can be wrong.

    Source: 公的個人認証法 第19条第1項.
    """
    from jichitai.jpki.verifier.pdf import verify_pdf  # half a second of imports

    body.demand(CertificateKind.SIGNING)
    trust, status = await roots.trust(tx), RecordStatus(tx)
    proof = await verify_pdf(pdf, trust=trust, status=status, at=at)
    await _remembered(tx, body, proof.by)
    return proof


async def _remembered(tx: Tx, body: Body, proof: Verified) -> Verified:
    await serials.confirm(tx, body, Name(proof.authority, proof.serial), at=proof.at)
    return proof
