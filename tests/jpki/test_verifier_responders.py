"""Answers of responders, who may speak for an authority, and sources put together."""

from collections.abc import Callable
from datetime import datetime, timedelta

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from jichitai.jpki.verifier.model import Confirmation, StatusSource, Subject
from jichitai.jpki.verifier.ocsp import OcspSource, make_request, read_answer
from jichitai.jpki.verifier.refusals import (
    HeldError,
    MalformedStatusError,
    NonceMismatchError,
    RevokedError,
    StaleStatusError,
    StatusUnreachableError,
    UnknownStatusError,
    UntrustedStatusError,
    WrongScopeStatusError,
)
from jichitai.jpki.verifier.status import InOrder, http_ask
from tests.jpki.pki import NOW, Leaf, altered, pki, rsa_key
from tests.jpki.verifying import (
    SIGNING,
    USER_AUTH,
    changed_anywhere,
    refused,
    refused_at_once,
    subject,
)

SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)


# responders


def answer(
    leaf: Leaf,
    status: ocsp.OCSPCertStatus = ocsp.OCSPCertStatus.GOOD,
    *,
    reason: x509.ReasonFlags | None = None,
    this_update: datetime = NOW,
    next_update: datetime | None = NOW + timedelta(minutes=15),
    nonce: bytes | None = None,
    responder: Leaf | None = None,
    issuer: x509.Certificate | None = None,
    alone: bool = False,
    by_name: bool = False,
) -> bytes:
    """A response signed by a delegated responder unless told otherwise."""
    signer = responder or pki().responder(USER_AUTH)
    revoked = status is ocsp.OCSPCertStatus.REVOKED
    builder = ocsp.OCSPResponseBuilder().add_response(
        cert=leaf.certificate,
        issuer=issuer or pki().authority(USER_AUTH).certificate,
        algorithm=SHA1(),  # noqa: S303
        cert_status=status,
        this_update=this_update,
        next_update=next_update,
        revocation_time=NOW if revoked else None,
        revocation_reason=reason,
    )
    encoding = ocsp.OCSPResponderEncoding.NAME if by_name else ocsp.OCSPResponderEncoding.HASH
    builder = builder.responder_id(encoding, signer.certificate)
    if not alone:
        builder = builder.certificates([signer.certificate])
    if nonce is not None:
        builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
    return builder.sign(signer.key, SHA256()).public_bytes(Encoding.DER)


@pytest.mark.parametrize("by_name", [False, True])
def test_a_good_answer_of_a_delegated_responder_is_believed(by_name: bool) -> None:
    leaf = pki().leaf(USER_AUTH)
    found = read_answer(answer(leaf, by_name=by_name), subject(leaf), NOW)
    assert found == Confirmation(
        source="ocsp", this_update=NOW, next_update=NOW + timedelta(minutes=15)
    )


def test_a_good_answer_of_the_authority_itself_is_believed() -> None:
    leaf, ca = pki().leaf(USER_AUTH), pki().authority(USER_AUTH)
    own = answer(leaf, responder=Leaf(ca.certificate, ca.key), alone=True)
    assert read_answer(own, subject(leaf), NOW)


@pytest.mark.parametrize(
    ("reason", "refusal"),
    [
        (None, RevokedError),
        (x509.ReasonFlags.affiliation_changed, RevokedError),
        (x509.ReasonFlags.privilege_withdrawn, RevokedError),
        (x509.ReasonFlags.certificate_hold, HeldError),
    ],
)
def test_a_revoked_answer_is_a_refusal(
    reason: x509.ReasonFlags | None, refusal: type[RevokedError | HeldError]
) -> None:
    leaf = pki().leaf(USER_AUTH)
    told = answer(leaf, ocsp.OCSPCertStatus.REVOKED, reason=reason)
    refused_at_once(refusal, lambda: read_answer(told, subject(leaf), NOW))


def test_an_unknown_certificate_is_refused() -> None:
    leaf = pki().leaf(USER_AUTH)
    told = answer(leaf, ocsp.OCSPCertStatus.UNKNOWN)
    refused_at_once(UnknownStatusError, lambda: read_answer(told, subject(leaf), NOW))


def test_an_answer_is_believed_in_its_time_only() -> None:
    leaf = pki().leaf(USER_AUTH)
    quarter = timedelta(minutes=15)
    for told in (answer(leaf), answer(leaf, next_update=None)):
        assert read_answer(told, subject(leaf), NOW + quarter)
        refused_at_once(
            StaleStatusError,
            lambda told=told: read_answer(told, subject(leaf), NOW + quarter + SECOND),  # type: ignore[misc]
        )
    early = answer(leaf, this_update=NOW + quarter, next_update=NOW + 2 * quarter)
    refused_at_once(StaleStatusError, lambda: read_answer(early, subject(leaf), NOW))


def test_an_answer_about_another_certificate_is_refused() -> None:
    leaf, other = pki().leaf(USER_AUTH), pki().leaf(USER_AUTH)
    refused_at_once(WrongScopeStatusError, lambda: read_answer(answer(other), subject(leaf), NOW))
    same_serial = answer(leaf, issuer=pki().authority(USER_AUTH, 1).certificate)
    refused_at_once(WrongScopeStatusError, lambda: read_answer(same_serial, subject(leaf), NOW))


def without_authority(**changes: object) -> Leaf:
    responder, ca = pki().responder(USER_AUTH), pki().authority(USER_AUTH)
    return Leaf(altered(responder.certificate, ca.key, **changes), responder.key)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "signer",
    [
        lambda: pki().leaf(USER_AUTH),
        lambda: pki().responder(SIGNING),
        lambda: pki().responder(USER_AUTH, generation=1),
        lambda: without_authority(without=[x509.ExtendedKeyUsage]),
        lambda: without_authority(
            instead=[(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)]
        ),
        lambda: without_authority(without=[x509.OCSPNoCheck]),
        lambda: without_authority(without=[x509.KeyUsage]),
        lambda: without_authority(not_after=NOW - SECOND, not_before=NOW - DAY),
        lambda: without_authority(not_before=NOW + SECOND),
        lambda: Leaf(
            altered(pki().responder(USER_AUTH).certificate, rsa_key("stranger")),
            pki().responder(USER_AUTH).key,
        ),
    ],
    ids=[
        "a person", "of the other authority", "of the other generation", "without purpose",
        "for another purpose", "whose own status is open", "without usage", "expired", "early",
        "self-made",
    ],
)  # fmt: skip
def test_only_who_may_answer_is_believed(signer: Callable[[], Leaf]) -> None:
    leaf = pki().leaf(USER_AUTH)
    told = answer(leaf, responder=signer())
    refused_at_once(UntrustedStatusError, lambda: read_answer(told, subject(leaf), NOW))


def test_a_changed_answer_is_refused() -> None:
    leaf = pki().leaf(USER_AUTH)
    told = answer(leaf, ocsp.OCSPCertStatus.REVOKED)
    revoked = told.index(NOW.strftime("%Y%m%d%H%M%SZ").encode(), told.index(b"\xa1\x11"))
    changed = bytearray(told)
    changed[revoked] ^= 1
    refused_at_once(UntrustedStatusError, lambda: read_answer(bytes(changed), subject(leaf), NOW))


def test_an_answer_without_the_certificate_of_its_signer_is_refused() -> None:
    leaf = pki().leaf(USER_AUTH)
    refused_at_once(
        UntrustedStatusError, lambda: read_answer(answer(leaf, alone=True), subject(leaf), NOW)
    )


@pytest.mark.parametrize("returned", [None, b"another nonce of thirty-two byte"])
def test_the_answer_to_another_question_is_refused(returned: bytes | None) -> None:
    leaf = pki().leaf(USER_AUTH)
    told = answer(leaf, nonce=returned)
    refused_at_once(
        NonceMismatchError, lambda: read_answer(told, subject(leaf), NOW, nonce=b"n" * 32)
    )


@pytest.mark.parametrize(
    "status",
    [
        ocsp.OCSPResponseStatus.TRY_LATER,
        ocsp.OCSPResponseStatus.UNAUTHORIZED,
        ocsp.OCSPResponseStatus.MALFORMED_REQUEST,
        ocsp.OCSPResponseStatus.INTERNAL_ERROR,
    ],
)
def test_a_responder_that_cannot_say_is_a_refusal(status: ocsp.OCSPResponseStatus) -> None:
    told = ocsp.OCSPResponseBuilder.build_unsuccessful(status).public_bytes(Encoding.DER)
    who = subject(pki().leaf(USER_AUTH))
    found = refused_at_once(StatusUnreachableError, lambda: read_answer(told, who, NOW))
    assert found.facts["status"] == status.name


@pytest.mark.parametrize("junk", [b"", b"junk", b"\x30\x00"])
def test_junk_is_no_answer(junk: bytes) -> None:
    who = subject(pki().leaf(USER_AUTH))
    refused_at_once(MalformedStatusError, lambda: read_answer(junk, who, NOW))


async def test_a_responder_is_asked_over_http_with_a_nonce() -> None:
    leaf = pki().leaf(USER_AUTH)
    seen: list[bytes] = []

    def respond(request: httpx.Request) -> httpx.Response:
        assert request.headers["content-type"] == "application/ocsp-request"
        asked = ocsp.load_der_ocsp_request(request.content)
        nonce = asked.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce
        seen.append(nonce)
        return httpx.Response(200, content=answer(leaf, nonce=nonce))

    transport = httpx.MockTransport(respond)
    async with httpx.AsyncClient(transport=transport, base_url="https://jpki.example") as client:
        status = OcspSource(http_ask(client))
        for _ in range(2):
            assert (await status.confirm(subject(leaf), NOW)).source == "ocsp"
    assert len(set(seen)) == 2
    assert all(len(nonce) == 32 for nonce in seen)


def test_a_question_without_nonce_is_always_the_same() -> None:
    who = subject(pki().leaf(USER_AUTH))
    assert make_request(who, None) == make_request(who, None)


def test_a_changed_byte_of_an_answer_is_refused_wherever_it_is() -> None:
    leaf = pki().leaf(USER_AUTH)
    who, good = subject(leaf), answer(leaf, nonce=b"n" * 32)
    assert read_answer(good, who, NOW, nonce=b"n" * 32)
    changed_anywhere(good, lambda bad: read_answer(bad, who, NOW, nonce=b"n" * 32))


# put together


class Says:
    """A source that always says the same."""

    def __init__(self, problem: Exception | None = None) -> None:
        self.problem = problem
        self.asked = 0

    async def confirm(self, subject: Subject, at: datetime) -> Confirmation:
        del subject
        self.asked += 1
        if self.problem is not None:
            raise self.problem
        return Confirmation(source="record", this_update=at, next_update=at)


async def test_the_next_source_is_asked_only_when_the_first_cannot_say() -> None:
    who = subject(pki().leaf(USER_AUTH))
    first, second = Says(StatusUnreachableError()), Says()
    assert await InOrder(first, second).confirm(who, NOW)
    revoked, never = Says(RevokedError()), Says()
    await refused(RevokedError, InOrder(revoked, never).confirm(who, NOW))
    assert never.asked == 0
    sources: list[StatusSource] = [Says(StatusUnreachableError()), Says(StaleStatusError())]
    await refused(StaleStatusError, InOrder(*sources).confirm(who, NOW))
    await refused(StatusUnreachableError, InOrder().confirm(who, NOW))
