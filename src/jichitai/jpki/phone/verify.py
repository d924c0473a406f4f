"""Checking what a phone shows: every check has its own refusal, and nothing is answered with a boolean."""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeAlias

from cryptography import x509

from jichitai.jpki.phone import certificates, mdoc
from jichitai.jpki.phone.cose import X5CHAIN, BadSignatureError, Sign1, malformed, public_key
from jichitai.jpki.phone.elements import DOCTYPE, Element
from jichitai.jpki.phone.mdoc import Document, IssuerSigned, StatusEntry
from jichitai.jpki.phone.openid4vp import Session
from jichitai.jpki.phone.refusals import (
    DeviceSignatureError,
    DigestMismatchError,
    ExcessElementError,
    ExpiredCredentialError,
    IssuerNotInForceError,
    IssuerSignatureError,
    IssuerUsageError,
    MissingElementError,
    NotYetValidError,
    ReplayedNonceError,
    UnlistedElementError,
    UntrustedIssuerError,
    WrongAudienceError,
    WrongDocumentTypeError,
)

StatusCheck: TypeAlias = Callable[[StatusEntry], Awaitable[None]]
"""Raises `RevokedCredentialError`, or `StatusUnavailableError` when it cannot find out."""

_AGAIN: Final = "確認をはじめからやり直してください。"


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What a verifier asked for.

    Attributes:
        session: of the request that is answered.
        elements: the items, all of them and no others.
        doctype: document type.
        earlier: other sessions of this verifier, to name a replay; looked at on failure only.
    """

    session: Session
    elements: Collection[Element]
    doctype: str = DOCTYPE
    earlier: Iterable[Session] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Presented:
    """A presentation that passed every check.

    Attributes:
        elements: the items, as values.
        valid_until: of the credential.
        status: where it was looked up.
        issuer: common name of the document signer.
    """

    elements: Mapping[Element, Any]
    valid_until: datetime
    status: StatusEntry
    issuer: str

    def __repr__(self) -> str:
        """Hide the person."""
        return "<Presented ・・・>"


async def verify(
    response: bytes,
    expected: Expected,
    *,
    roots: tuple[x509.Certificate, ...],
    at: datetime,
    status: StatusCheck,
) -> Presented:
    """Check a device response.

    In this order: form, document type, the issuer's chain, time and usage, the issuer's signature, the
    digest of every item, validity, the phone's signature over this session, status, and that
    the items are those that were asked for.

    Args:
        response: encoded device response.
        expected: what was asked, in which session.
        roots: trusted roots of phone credentials, every generation.
        at: law time.
        status: looks up whether the credential is in force.

    Raises:
        JichitaiError: a class of `refusals` for the check that failed.

    Source: ISO/IEC 18013-5 9.3.1, 9.1.3.4; OpenID for Verifiable Presentations 1.0 B.2.6.
    """
    document = mdoc.read_response(response)
    if document.doctype != expected.doctype:
        raise _wrong_document(document.doctype)
    signer = _check_issuer(document.issued.authority, roots, at)
    security = mdoc.security_object(document.issued.authority)
    if security.get("docType") != document.doctype:
        raise _wrong_document(str(security.get("docType")))
    _check_digests(document.issued, security)
    valid_until = _check_validity(security, signer, at)
    _check_device(document, security, expected)
    entry = _status_entry(security)
    await status(entry)
    elements = document.issued.elements()
    _check_wanted(elements, expected.elements)
    return Presented(
        elements=elements,
        valid_until=valid_until,
        status=entry,
        issuer=certificates.name_of(signer),
    )


def check_issued(
    issued: IssuerSigned, roots: tuple[x509.Certificate, ...], at: datetime
) -> dict[str, Any]:
    """Check a credential as a wallet receives it: issuer, digests, validity.

    Returns:
        The mobile security object.
    """
    signer = _check_issuer(issued.authority, roots, at)
    security = mdoc.security_object(issued.authority)
    _check_digests(issued, security)
    _check_validity(security, signer, at)
    return security


def _check_issuer(
    authority: Sign1, roots: tuple[x509.Certificate, ...], at: datetime
) -> x509.Certificate:
    signer = _signer(authority)
    try:
        key = certificates.check_chain(signer, roots, usage=certificates.SIGNER_USAGE, at=at)
    except certificates.ChainError as problem:
        raise _ISSUER[problem.what]() from None
    try:
        authority.check(key)
    except BadSignatureError:
        raise IssuerSignatureError(
            "発行者の署名が内容と合いません。証明が書き換えられたおそれがあるため、受け付けません。"
            "証明を発行し直してください。"
        ) from None
    return signer


def _signer(authority: Sign1) -> x509.Certificate:
    match authority.unprotected.get(X5CHAIN):
        case bytes(der) | [bytes(der), *_]:
            try:
                return certificates.parse(der)
            except ValueError:
                raise malformed("x5chain") from None
        case _:
            raise malformed("x5chain")


def _check_digests(issued: IssuerSigned, security: dict[str, Any]) -> None:
    match security:
        case {"digestAlgorithm": "SHA-256", "valueDigests": dict(digests)}:
            pass
        case _:
            raise malformed("valueDigests")
    for space, items in issued.spaces.items():
        listed = digests.get(space)
        for item in items:
            signed = listed.get(item.digest_id) if isinstance(listed, dict) else None
            if signed is None:
                raise UnlistedElementError(
                    "発行者が証明していない項目が付け加えられています。証明が書き換えられたおそれが"
                    f"あるため、受け付けません。{_AGAIN}",
                    element=item.name,
                )
            if signed != item.digest:
                raise DigestMismatchError(
                    "項目の内容が、発行者が署名したものと違います。証明が書き換えられたおそれが"
                    f"あるため、受け付けません。{_AGAIN}",
                    element=item.name,
                )


def _check_validity(security: dict[str, Any], signer: x509.Certificate, at: datetime) -> datetime:
    match security.get("validityInfo"):
        case {
            "signed": datetime() as signed,
            "validFrom": datetime() as begins,
            "validUntil": datetime() as ends,
        }:
            pass
        case _:
            raise malformed("validityInfo")
    if any(one.tzinfo is None for one in (signed, begins, ends)):
        raise malformed("validityInfo")
    if not signer.not_valid_before_utc <= signed <= signer.not_valid_after_utc:
        raise _ISSUER["time"]()
    if at < begins:
        raise NotYetValidError(
            "証明の有効期間がまだ始まっていません。スマートフォンと装置の時刻を確かめ、"
            "有効期間に入ってからやり直してください。"
        )
    if at > ends:
        raise ExpiredCredentialError(
            "証明の有効期間が過ぎているため、受け付けません。マイナンバーカードで証明を"
            "発行し直してください。"
        )
    return ends


def _check_device(document: Document, security: dict[str, Any], expected: Expected) -> None:
    match security.get("deviceKeyInfo"):
        case {"deviceKey": dict(value)}:
            key = public_key(value)
        case _:
            raise malformed("deviceKeyInfo")

    def signed(session: Session) -> bool:
        payload = mdoc.authentication_bytes(session.transcript(), document.doctype)
        try:
            document.device.check(key, detached=payload)
        except BadSignatureError:
            return False
        return True

    if signed(expected.session):
        return
    for other in expected.earlier:
        if signed(other):
            raise _elsewhere(other, expected.session)
    raise DeviceSignatureError(
        "スマートフォンの署名が、この確認の求めと合いません。別の求めへの答えか、別の端末の証明です。"
        f"{_AGAIN}"
    )


def _elsewhere(other: Session, session: Session) -> ReplayedNonceError | WrongAudienceError:
    if other.audience != session.audience:
        return WrongAudienceError(
            "別の相手の求めに宛てた答えが送られました。証明を横取りする攻撃のおそれがあるため、"
            f"受け付けません。{_AGAIN}"
        )
    return ReplayedNonceError(
        f"前の確認の求めへの答えがもう一度送られました。使い回しは受け付けません。{_AGAIN}"
    )


def _status_entry(security: dict[str, Any]) -> StatusEntry:
    match security.get("status"):
        case {"status_list": {"idx": int(index), "uri": str(uri)}} if index >= 0:
            return StatusEntry(uri, index)
        case _:
            raise malformed("status")


def _check_wanted(shown: Mapping[Element, Any], wanted: Collection[Element]) -> None:
    missing = [one for one in wanted if one not in shown]
    if missing:
        names = "、".join(one.japanese for one in missing)
        raise MissingElementError(
            f"求めた項目（{names}）が送られませんでした。証明にその項目がないか、見せないことが"
            "選ばれています。ウォレットの内容を確かめてください。",
            elements=[one.name for one in missing],
        )
    excess = [one for one in shown if one not in wanted]
    if excess:
        raise ExcessElementError(
            "求めていない項目が送られました。必要のない情報は受け取れないため、すべて捨てました。"
            f"{_AGAIN}",
            elements=[one.name for one in excess],
        )


def _wrong_document(doctype: str) -> WrongDocumentTypeError:
    return WrongDocumentTypeError(
        "求めたものと違う種類の証明が送られました。カード代替電磁的記録を選んで、もう一度送ってください。",
        doctype=doctype[:100],
    )


def _untrusted() -> UntrustedIssuerError:
    return UntrustedIssuerError(
        "証明の発行者が、信頼する発行者の一覧にありません。偽の証明のおそれがあるため、受け付けません。"
    )


def _not_in_force() -> IssuerNotInForceError:
    return IssuerNotInForceError(
        "発行者の証明書が、証明を作った時か今の時刻に有効ではありません。証明を発行し直してください。"
    )


def _usage() -> IssuerUsageError:
    return IssuerUsageError(
        "発行者の証明書は、カード代替電磁的記録に署名するためのものではありません。受け付けません。"
    )


_ISSUER: Final = {"chain": _untrusted, "time": _not_in_force, "usage": _usage}
