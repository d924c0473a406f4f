"""Asking the responder about one certificate, and believing only who may answer."""

import secrets
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final

from asn1crypto import ocsp as asn1
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID, SignatureAlgorithmOID

from jichitai.jpki.verifier.certificate import UNREADABLE, ends_in_whole_bytes
from jichitai.jpki.verifier.crl import reason_of, revocation
from jichitai.jpki.verifier.model import Confirmation, Subject
from jichitai.jpki.verifier.refusals import (
    MalformedStatusError,
    NonceMismatchError,
    StaleStatusError,
    StatusUnreachableError,
    UnknownStatusError,
    UntrustedStatusError,
    WrongScopeStatusError,
)
from jichitai.jpki.verifier.trust import Anchor

Ask = Callable[[bytes], Awaitable[bytes]]
SKEW: Final = timedelta(minutes=5)
"""How far the responder's clock may be ahead."""
_KNOWN: Final = frozenset({x509.OCSPNonce.oid})
_NAMING: Final = SHA1()  # noqa: S303  # names the issuer (RFC 6960 4.1.1), proves nothing


class OcspSource:
    """Asks a responder about each certificate.

    Args:
        ask: posts a request and returns the response, both DER; raises `StatusUnreachableError`.
        nonce: send a nonce and refuse an answer without it, so that no old answer is replayed.
        oldest: how old an answer without `nextUpdate` may be.
    """

    def __init__(
        self, ask: Ask, *, nonce: bool = True, oldest: timedelta = timedelta(minutes=15)
    ) -> None:
        """Keep how to ask."""
        self._ask = ask
        self._nonce = nonce
        self._oldest = oldest

    async def confirm(self, subject: Subject, at: datetime) -> Confirmation:
        """Ask, check the answer, and refuse unless it is good."""
        nonce = secrets.token_bytes(32) if self._nonce else None
        response = await self._ask(make_request(subject, nonce))
        return read_answer(response, subject, at, nonce=nonce, oldest=self._oldest)


def make_request(subject: Subject, nonce: bytes | None) -> bytes:
    """The question about one certificate, DER.

    Source: RFC 6960 4.1.1; RFC 9654 (length of the nonce).
    """
    builder = ocsp.OCSPRequestBuilder().add_certificate(
        subject.certificate, subject.anchor.certificate, _NAMING
    )
    if nonce is not None:
        builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
    return builder.build().public_bytes(Encoding.DER)


def read_answer(
    der: bytes,
    subject: Subject,
    at: datetime,
    *,
    nonce: bytes | None = None,
    oldest: timedelta = timedelta(minutes=15),
) -> Confirmation:
    """Check an answer: who signed it, whether it answers the question, when, and what.

    Args:
        der: OCSPResponse.
        subject: the certificate in question.
        at: law time, aware.
        nonce: of the question; the answer must repeat it.
        oldest: how old an answer without `nextUpdate` may be.

    Raises:
        RevokedError, HeldError, UnknownStatusError: the certificate is not good.
        MalformedStatusError, StatusUnreachableError, UntrustedStatusError, NonceMismatchError,
        WrongScopeStatusError, StaleStatusError: nobody says that it is good.

    Source: RFC 6960 3.2, 4.2.2; RFC 9654.
    """
    response = _parse(der)
    _check_signer(response, subject.anchor, at)
    _check_nonce(response, nonce)
    single = _single(response, subject)
    this_update, next_update = _times(single, at, oldest)
    match single.certificate_status:
        case ocsp.OCSPCertStatus.GOOD:
            return Confirmation(source="ocsp", this_update=this_update, next_update=next_update)
        case ocsp.OCSPCertStatus.REVOKED:
            since = single.revocation_time_utc or this_update
            raise revocation(reason_of(single.revocation_reason), since)
        case ocsp.OCSPCertStatus.UNKNOWN:
            pass
    raise UnknownStatusError(
        "認証局は、この発行の番号の電子証明書を発行していないと答えました。偽造のおそれがあります。"
        "電子証明書をカードから読み直してやり直してください。"
    )


def _parse(der: bytes) -> ocsp.OCSPResponse:
    try:
        response = ocsp.load_der_ocsp_response(der)
        if response.response_status is ocsp.OCSPResponseStatus.SUCCESSFUL:
            basic = asn1.OCSPResponse.load(der)["response_bytes"]["response"].parsed
            if basic["signature"].contents[:1] != b"\0":
                raise _malformed()
    except UNREADABLE as error:
        raise _malformed() from error
    if response.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
        raise StatusUnreachableError(
            "失効情報の応答者が答えられませんでした。失効していないことを確かめられないため受け付けま"
            "せん。時間をおいてやり直してください。",
            status=response.response_status.name,
        )
    return response


def _check_signer(response: ocsp.OCSPResponse, anchor: Anchor, at: datetime) -> None:
    """The authority itself, or a responder that it certified for this purpose."""
    try:
        if _speaks_as(response, anchor.certificate) and _verified(response, anchor.key):
            return
        for certificate in response.certificates:
            if _speaks_as(response, certificate) and _delegated(certificate, anchor, at):
                key = certificate.public_key()
                if isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey) and _verified(
                    response, key
                ):
                    return
    except UNREADABLE as error:
        raise _malformed() from error
    raise UntrustedStatusError(
        "失効情報の応答に、認証局またはその認証局が任せた応答者の署名がありません。"
        "偽の応答のおそれがあるため使いません。問い合わせ先を確かめてください。"
    )


def _speaks_as(response: ocsp.OCSPResponse, certificate: x509.Certificate) -> bool:
    """Whether the response names this certificate as its responder."""
    if response.responder_name is not None:
        return response.responder_name.public_bytes() == certificate.subject.public_bytes()
    named = x509.SubjectKeyIdentifier.from_public_key(certificate.public_key())
    return response.responder_key_hash == named.digest


def _delegated(certificate: x509.Certificate, anchor: Anchor, at: datetime) -> bool:
    """Issued by this very generation for OCSP, in force, and exempt from status itself."""
    der = certificate.public_bytes(Encoding.DER)
    if certificate.issuer.public_bytes() != anchor.subject:
        return False
    if not ends_in_whole_bytes(der, certificate.signature):
        return False
    try:
        certificate.verify_directly_issued_by(anchor.certificate)
        extensions = certificate.extensions
        purposes = extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        usage = extensions.get_extension_for_class(x509.KeyUsage).value
        extensions.get_extension_for_class(x509.OCSPNoCheck)
    except (InvalidSignature, x509.ExtensionNotFound):
        return False
    return (
        ExtendedKeyUsageOID.OCSP_SIGNING in purposes
        and usage.digital_signature
        and certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc
    )


def _verified(
    response: ocsp.OCSPResponse, key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey
) -> bool:
    signature, content = response.signature, response.tbs_response_bytes
    algorithm = response.signature_algorithm_oid
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, content, PKCS1v15(), SHA256())
            return algorithm == SignatureAlgorithmOID.RSA_WITH_SHA256
        key.verify(signature, content, ec.ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return algorithm == SignatureAlgorithmOID.ECDSA_WITH_SHA256


def _check_nonce(response: ocsp.OCSPResponse, nonce: bytes | None) -> None:
    try:
        extensions = response.extensions
    except UNREADABLE as error:
        raise _malformed() from error
    if any(found.critical and found.oid not in _KNOWN for found in extensions):
        raise _malformed()
    if nonce is None:
        return
    try:
        answered = extensions.get_extension_for_class(x509.OCSPNonce).value.nonce
    except x509.ExtensionNotFound:
        answered = None
    if answered != nonce:
        raise NonceMismatchError(
            "失効情報の応答が、この問い合わせへの応答ではありません。古い応答の再利用のおそれがある"
            "ため使いません。時間をおいてやり直してください。"
        )


def _single(response: ocsp.OCSPResponse, subject: Subject) -> ocsp.OCSPSingleResponse:
    """The part that speaks of this certificate; the issuer counts as much as the serial."""
    expected = ocsp.load_der_ocsp_request(make_request(subject, None))
    for single in response.responses:
        same = (
            single.serial_number == expected.serial_number
            and single.issuer_name_hash == expected.issuer_name_hash
            and single.issuer_key_hash == expected.issuer_key_hash
            and isinstance(single.hash_algorithm, SHA1)
        )
        if same:
            return single
    raise WrongScopeStatusError(
        "失効情報の応答が、別の電子証明書についてのものです。問い合わせ先を確かめてやり直してください。"
    )


def _times(
    single: ocsp.OCSPSingleResponse, at: datetime, oldest: timedelta
) -> tuple[datetime, datetime]:
    this_update = single.this_update_utc
    next_update = single.next_update_utc or this_update + oldest
    if not this_update - SKEW <= at <= next_update:
        raise StaleStatusError(
            "失効情報の応答の有効期間外です。その後の失効が分からないため、有効とはみなしません。"
            "時計を確かめ、時間をおいてやり直してください。",
            this_update=this_update.isoformat(),
            next_update=next_update.isoformat(),
        )
    return this_update, next_update


def _malformed() -> MalformedStatusError:
    return MalformedStatusError(
        "失効情報の応答として読み取れません。問い合わせ先のアドレスを確かめてやり直してください。"
    )
