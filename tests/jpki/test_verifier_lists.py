"""Lists of revocations: who signed them, what they speak of, and when."""

from collections.abc import Callable
from datetime import datetime, timedelta

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509 import ObjectIdentifier

from jichitai.jpki.authority import profiles
from jichitai.jpki.authority.profiles import AuthorityKind, PrivateKey, Revoked, key_identifier
from jichitai.jpki.kinds import CertificateKind, Reason
from jichitai.jpki.verifier.certificate import check_certificate
from jichitai.jpki.verifier.crl import CrlStore, FetchedCrls, municipality_of, read_list
from jichitai.jpki.verifier.model import Confirmation
from jichitai.jpki.verifier.ocsp import OcspSource
from jichitai.jpki.verifier.refusals import (
    ForgedCertificateError,
    HeldError,
    MalformedStatusError,
    RevokedError,
    StaleStatusError,
    StatusUnreachableError,
    UntrustedStatusError,
    WrongScopeStatusError,
)
from jichitai.jpki.verifier.status import http_ask, http_fetch
from jichitai.jpki.verifier.trust import Trust
from jichitai.jpki.verifier.verify import verify_certificate
from tests.jpki.pki import NOW, TOWN, Leaf, altered, ec_key, pki, rsa_key
from tests.jpki.verifying import (
    SIGNING,
    USER_AUTH,
    changed_anywhere,
    der,
    lists,
    refused,
    refused_at_once,
    subject,
    trust,
)

SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
OTHER = "131016"


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


def test_a_changed_byte_of_a_list_is_refused_wherever_it_is() -> None:
    good = crl((pki().leaf(USER_AUTH), Reason.HOLD), (pki().leaf(USER_AUTH), Reason.CESSATION))
    assert read_list(good, trust())
    changed_anywhere(good, lambda bad: read_list(bad, trust()))


async def test_a_generation_with_a_curve_is_verified_as_well() -> None:
    key = ec_key("user-auth-3")
    root = profiles.authority_certificate(AuthorityKind.USER_AUTH, 3, key, NOW, 77)
    third = Trust.of({"user-auth-3": root})
    leaf = altered(pki().leaf(USER_AUTH).certificate, key, instead=[(key_identifier(root), False)])
    store = CrlStore(third)
    store.add(der(profiles.crl(root, key, [], 1, NOW, NOW + DAY)))
    proof = await verify_certificate(der(leaf), kind=USER_AUTH, trust=third, status=store, at=NOW)
    assert proof.authority == "user-auth-3"
    other = ec_key("stranger")
    forged = altered(leaf, other)
    refused_at_once(
        ForgedCertificateError,
        lambda: check_certificate(der(forged), kind=USER_AUTH, trust=third, at=NOW),
    )
    made = der(profiles.crl(root, other, [], 1, NOW, NOW + DAY))
    refused_at_once(UntrustedStatusError, lambda: read_list(made, third))
    by_rsa = altered(leaf, rsa_key("stranger"))
    refused_at_once(
        ForgedCertificateError,
        lambda: check_certificate(der(by_rsa), kind=USER_AUTH, trust=third, at=NOW),
    )
