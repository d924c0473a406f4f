"""The three verifications. Each returns a proof or raises a refusal, and never says yes or no."""

import hashlib
from datetime import datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from jichitai.jpki.kinds import CertificateKind
from jichitai.jpki.verifier.certificate import check_certificate
from jichitai.jpki.verifier.challenge import Challenges, Statement
from jichitai.jpki.verifier.model import Signed, SignedIn, StatusSource, Verified
from jichitai.jpki.verifier.refusals import WrongSignatureError
from jichitai.jpki.verifier.trust import Trust


async def verify_certificate(
    certificate: bytes,
    *,
    kind: CertificateKind,
    trust: Trust,
    status: StatusSource,
    at: datetime,
) -> Verified:
    """Confirm that a certificate is valid: path, validity, usage, policy, names, then status.

    Args:
        certificate: DER.
        kind: which of the two certificates the use needs.
        trust: both stores; only that of `kind` is used.
        status: who knows of revocations.
        at: law time, aware.

    Raises:
        RefusedError: one subclass for each thing that can be wrong.

    Source: 公的個人認証法 第19条第1項, 第36条の2; RFC 5280 6.1.
    """
    subject = check_certificate(certificate, kind=kind, trust=trust, at=at)
    return Verified(subject=subject, status=await status.confirm(subject, at), at=at)


async def verify_signature(
    message: bytes,
    signature: bytes,
    certificate: bytes,
    *,
    kind: CertificateKind = CertificateKind.SIGNING,
    trust: Trust,
    status: StatusSource,
    at: datetime,
) -> Signed:
    """Confirm that the holder of a valid certificate signed `message`.

    The signature is compared before the status is asked for: nobody learns of a certificate's
    state by showing a copy of it.

    Args:
        message: what was signed.
        signature: RSASSA-PKCS1-v1_5 with SHA-256.
        certificate: DER.
        kind: signing, unless the use says otherwise.
        trust: both stores.
        status: who knows of revocations.
        at: law time, aware.

    Raises:
        RefusedError: one subclass for each thing that can be wrong.

    Source: 公的個人認証法 第19条; RFC 8017 8.2.2.
    """
    subject = check_certificate(certificate, kind=kind, trust=trust, at=at)
    check_signature(subject.key, signature, message)
    by = Verified(subject=subject, status=await status.confirm(subject, at), at=at)
    return Signed(by=by, digest=hashlib.sha256(message).digest())


async def verify_login(
    statement: bytes,
    signature: bytes,
    certificate: bytes,
    *,
    audience: str,
    challenges: Challenges,
    kind: CertificateKind = CertificateKind.USER_AUTH,
    trust: Trust,
    status: StatusSource,
    at: datetime,
) -> SignedIn:
    """Confirm that the holder of a valid certificate answered this service's challenge.

    The challenge is used up first, so that no answer is tried twice.

    Args:
        statement: what the card signed; `Statement.signed` of the same fields.
        signature: RSASSA-PKCS1-v1_5 with SHA-256.
        certificate: DER.
        audience: origin of this service.
        challenges: where the service's challenges wait.
        kind: user authentication, unless the service asks for the signing certificate.
        trust: both stores.
        status: who knows of revocations.
        at: law time, aware.

    Raises:
        RefusedError: one subclass for each thing that can be wrong.

    Source: 公的個人認証法 第36条の2.
    """
    told = Statement.parse(statement)
    await challenges.consume(told.challenge)
    told.expect(kind, audience)
    signed = await verify_signature(
        statement, signature, certificate, kind=kind, trust=trust, status=status, at=at
    )
    return SignedIn(by=signed.by, audience=audience, challenge=told.challenge)


def check_signature(key: RSAPublicKey, signature: bytes, message: bytes) -> None:
    """Refuse a signature that is not exactly the one encoding of RSASSA-PKCS1-v1_5 with SHA-256.

    The library builds the expected encoding and compares; nothing is parsed out of the signature.

    Args:
        key: of the signer.
        signature: as long as the modulus.
        message: what was signed.

    Raises:
        WrongSignatureError: anything else.

    Source: RFC 8017 8.2.2.
    """
    if len(signature) != (key.key_size + 7) // 8:
        raise _wrong_signature()
    try:
        key.verify(signature, message, PKCS1v15(), SHA256())
    except InvalidSignature:
        raise _wrong_signature() from None


def _wrong_signature() -> WrongSignatureError:
    return WrongSignatureError(
        "電子署名が、この電子証明書の鍵と内容に合いません。内容が書き換えられたか、別の鍵で"
        "署名されています。署名をやり直してください。"
    )
