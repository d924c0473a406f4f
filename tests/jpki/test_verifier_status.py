"""Status: lists of revocations and answers of responders, and who may speak for an authority."""

from collections.abc import Callable
from datetime import datetime, timedelta

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ObjectIdentifier, ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given, settings
from hypothesis import strategies as st

from jichitai.jpki.authority import profiles
from jichitai.jpki.authority.profiles import PrivateKey, Revoked
from jichitai.jpki.kinds import CertificateKind, Reason
from jichitai.jpki.verifier.certificate import check_certificate
from jichitai.jpki.verifier.crl import FetchedCrls, municipality_of, read_list
from jichitai.jpki.verifier.model import Confirmation, StatusSource, Subject
from jichitai.jpki.verifier.ocsp import OcspSource, make_request, read_answer
from jichitai.jpki.verifier.refusals import (
    HeldError,
    MalformedStatusError,
    NonceMismatchError,
    RefusedError,
    RevokedError,
    StaleStatusError,
    StatusUnreachableError,
    UnknownStatusError,
    UntrustedStatusError,
    WrongScopeStatusError,
)
from jichitai.jpki.verifier.status import InOrder, http_ask, http_fetch
from jichitai.jpki.verifier.verify import verify_certificate
from tests.jpki.pki import NOW, TOWN, Leaf, altered, pki, rsa_key
from tests.jpki.verifying import (
    SIGNING,
    USER_AUTH,
    der,
    lists,
    refused,
    refused_at_once,
    trust,
)

SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
OTHER = "131016"


def subject(leaf: Leaf, kind: CertificateKind = USER_AUTH) -> Subject:
    return check_certificate(der(leaf.certificate), kind=kind, trust=trust(), at=NOW)


def crl(
    *entries: tuple[Leaf, Reason],
    kind: CertificateKind = USER_AUTH,
    generation: int = 2,
    town: str | None = TOWN,
    this_update: datetime = NOW,
    life: timedelta = 2 * DAY,
    key: PrivateKey | None = None,
) -> bytes:
    ca = pki().authority(kind, generation)
    lines = [Revoked(leaf.certificate.serial_number, NOW, reason) for leaf, reason in entries]
    partition = None if town is None else profiles.partition_name(kind, town)
    made = profiles.crl(
        ca.certificate, key or ca.key, lines, 1, this_update, this_update + life, partition
    )
    return der(made)


# lists


@pytest.mark.parametrize("town", [None, TOWN])
async def test_a_certificate_that_is_on_no_list_is_good(town: str | None) -> None:
    leaf, gone = pki().leaf(USER_AUTH), pki().leaf(USER_AUTH)
    status = lists(crl((gone, Reason.SUPERSEDED), town=town))
    proof = await verify_certificate(
        der(leaf.certificate), kind=USER_AUTH, trust=trust(), status=status, at=NOW
    )
    assert proof.status == Confirmation(source="crl", this_update=NOW, next_update=NOW + 2 * DAY)


@pytest.mark.parametrize("reason", [reason for reason in Reason if reason is not Reason.HOLD])
async def test_a_revoked_certificate_is_refused(reason: Reason) -> None:
    leaf = pki().leaf(USER_AUTH)
    status = lists(crl((leaf, reason)))
    found = await refused(RevokedError, status.confirm(subject(leaf), NOW))
    assert found.facts["reason"] == reason
    assert found.facts["since"] == NOW.isoformat()


async def test_a_held_certificate_is_refused() -> None:
    leaf = pki().leaf(SIGNING)
    status = lists(crl((leaf, Reason.HOLD), kind=SIGNING))
    await refused(HeldError, status.confirm(subject(leaf, SIGNING), NOW))


async def test_a_stale_list_is_refused() -> None:
    who, status = subject(pki().leaf(USER_AUTH)), lists(crl())
    assert await status.confirm(who, NOW + 2 * DAY)
    found = await refused(StaleStatusError, status.confirm(who, NOW + 2 * DAY + SECOND))
    assert found.facts["next_update"] == (NOW + 2 * DAY).isoformat()


async def test_a_list_of_the_future_is_refused() -> None:
    who = subject(pki().leaf(USER_AUTH))
    await refused(StaleStatusError, lists(crl()).confirm(who, NOW - SECOND))


async def test_without_a_list_nothing_is_good() -> None:
    who = subject(pki().leaf(USER_AUTH))
    await refused(StatusUnreachableError, lists().confirm(who, NOW))


@pytest.mark.parametrize(
    "other",
    [
        {"town": OTHER},
        {"kind": SIGNING},
        {"generation": 1},
    ],
    ids=["town", "kind", "generation"],
)
async def test_a_list_of_another_scope_says_nothing(other: dict[str, object]) -> None:
    who = subject(pki().leaf(USER_AUTH))
    await refused(StatusUnreachableError, lists(crl(**other)).confirm(who, NOW))  # type: ignore[arg-type]


async def test_an_older_list_does_not_displace_a_newer_one() -> None:
    leaf = pki().leaf(USER_AUTH)
    status = lists(
        crl((leaf, Reason.KEY_COMPROMISE), this_update=NOW), crl(this_update=NOW - SECOND)
    )
    await refused(RevokedError, status.confirm(subject(leaf), NOW))


async def test_the_newest_of_both_scopes_counts() -> None:
    leaf = pki().leaf(USER_AUTH)
    fresh = crl((leaf, Reason.KEY_COMPROMISE), town=None, this_update=NOW)
    status = lists(fresh, crl(this_update=NOW - DAY))
    await refused(RevokedError, status.confirm(subject(leaf), NOW))


def test_a_list_by_another_key_is_refused() -> None:
    forged = crl(key=rsa_key("stranger"))
    refused_at_once(UntrustedStatusError, lambda: read_list(forged, trust()))


def test_a_list_signed_by_a_person_is_refused() -> None:
    leaf = pki().leaf(USER_AUTH)
    made = profiles.crl(leaf.certificate, leaf.key, [], 1, NOW, NOW + DAY)
    refused_at_once(UntrustedStatusError, lambda: read_list(der(made), trust()))


def test_a_changed_list_is_refused() -> None:
    made = bytearray(crl((pki().leaf(USER_AUTH), Reason.CESSATION)))
    made[made.index(b"\x17\x0d2") + 3] ^= 1
    refused_at_once(UntrustedStatusError, lambda: read_list(bytes(made), trust()))


@pytest.mark.parametrize("junk", [b"", b"junk", b"\x30\x00"])
def test_junk_is_no_list(junk: bytes) -> None:
    refused_at_once(MalformedStatusError, lambda: read_list(junk, trust()))


def rebuilt(
    change: Callable[
        [x509.CertificateRevocationListBuilder], x509.CertificateRevocationListBuilder
    ],
) -> bytes:
    ca = pki().authority(USER_AUTH)
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(ca.certificate.subject)
        .last_update(NOW)
        .next_update(NOW + DAY)
    )
    return der(change(builder).sign(ca.key, SHA256()))


def point(**limits: object) -> x509.IssuingDistributionPoint:
    fields: dict[str, object] = {
        "full_name": None, "relative_name": None, "only_contains_user_certs": False,
        "only_contains_ca_certs": False, "only_some_reasons": None, "indirect_crl": False,
        "only_contains_attribute_certs": False,
    }  # fmt: skip
    return x509.IssuingDistributionPoint(**{**fields, **limits})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "extension",
    [
        point(only_contains_ca_certs=True),
        point(only_contains_attribute_certs=True),
        point(indirect_crl=True),
        point(only_some_reasons=frozenset({x509.ReasonFlags.key_compromise})),
        point(full_name=[x509.UniformResourceIdentifier("http://a.example/list")]),
        x509.DeltaCRLIndicator(1),
        x509.UnrecognizedExtension(ObjectIdentifier("2.25.1.2.3"), b"\x05\x00"),
    ],
    ids=["authorities", "attributes", "indirect", "reasons", "address", "delta", "unknown"],
)
def test_a_list_that_is_not_of_all_revocations_is_refused(extension: x509.ExtensionType) -> None:
    made = rebuilt(lambda builder: builder.add_extension(extension, critical=True))
    refused_at_once(WrongScopeStatusError, lambda: read_list(made, trust()))


def test_an_entry_with_an_unknown_critical_part_is_refused() -> None:
    unknown = x509.UnrecognizedExtension(ObjectIdentifier("2.25.1.2.3"), b"\x05\x00")
    entry = (
        x509.RevokedCertificateBuilder()
        .serial_number(1)
        .revocation_date(NOW)
        .add_extension(unknown, critical=True)
        .build()
    )
    made = rebuilt(lambda builder: builder.add_revoked_certificate(entry))
    refused_at_once(MalformedStatusError, lambda: read_list(made, trust()))


# lists over HTTP


class Published:
    """What an authority publishes, and a count of who asked."""

    def __init__(self, **pages: bytes) -> None:
        self.pages = {f"/jpki/crl/{path}": content for path, content in pages.items()}
        self.asked: list[str] = []

    def client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            transport=httpx.MockTransport(self._answer), base_url="https://jpki.example"
        )

    def _answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        self.asked.append(path)
        found = self.pages.get(path)
        return httpx.Response(404) if found is None else httpx.Response(200, content=found)


TOWN_PATH = f"user-auth-2/{TOWN}.crl"


async def test_the_towns_list_is_fetched_once() -> None:
    who = subject(pki().leaf(USER_AUTH))
    assert municipality_of(who) == TOWN
    published = Published(**{TOWN_PATH: crl()})
    async with published.client() as client:
        status = FetchedCrls(trust(), http_fetch(client))
        for _ in range(3):
            assert (await status.confirm(who, NOW)).source == "crl"
        assert published.asked == [f"/jpki/crl/{TOWN_PATH}"]
        published.pages[f"/jpki/crl/{TOWN_PATH}"] = crl(this_update=NOW + DAY)
        assert (await status.confirm(who, NOW + DAY)).this_update == NOW + DAY


async def test_a_town_without_a_list_is_on_the_full_one() -> None:
    published = Published(**{"user-auth-2.crl": crl(town=None)})
    async with published.client() as client:
        status = FetchedCrls(trust(), http_fetch(client))
        assert await status.confirm(subject(pki().leaf(USER_AUTH)), NOW)


async def test_an_outage_is_borne_until_the_list_ends() -> None:
    who = subject(pki().leaf(USER_AUTH))
    published = Published(**{TOWN_PATH: crl()})
    async with published.client() as client:
        status = FetchedCrls(trust(), http_fetch(client))
        await status.confirm(who, NOW)
        published.pages.clear()
        assert await status.confirm(who, NOW + DAY)
        await refused(StatusUnreachableError, status.confirm(who, NOW + 3 * DAY))


async def test_the_list_of_another_town_in_its_place_is_refused() -> None:
    published = Published(**{TOWN_PATH: crl(town=OTHER)})
    async with published.client() as client:
        status = FetchedCrls(trust(), http_fetch(client))
        who = subject(pki().leaf(USER_AUTH))
        await refused(WrongScopeStatusError, status.confirm(who, NOW))


async def test_nobody_at_the_other_end_is_a_refusal() -> None:
    def broken(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("nobody", request=request)

    who = subject(pki().leaf(USER_AUTH))
    transport = httpx.MockTransport(broken)
    async with httpx.AsyncClient(transport=transport, base_url="https://jpki.example") as client:
        for status in (
            FetchedCrls(trust(), http_fetch(client)),
            OcspSource(http_ask(client)),
        ):
            await refused(StatusUnreachableError, status.confirm(who, NOW))


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


def changed_anywhere(good: bytes, read: Callable[[bytes], object]) -> None:
    """No byte of it can be changed unnoticed, and none makes the reader fail."""

    @settings(max_examples=250)
    @given(st.integers(0, len(good) - 1), st.integers(1, 255))
    def changed(place: int, mask: int) -> None:
        bad = bytearray(good)
        bad[place] ^= mask
        with pytest.raises(RefusedError):
            read(bytes(bad))

    changed()


def test_a_changed_byte_of_a_list_is_refused_wherever_it_is() -> None:
    good = crl((pki().leaf(USER_AUTH), Reason.HOLD), (pki().leaf(USER_AUTH), Reason.CESSATION))
    assert read_list(good, trust())
    changed_anywhere(good, lambda bad: read_list(bad, trust()))


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
