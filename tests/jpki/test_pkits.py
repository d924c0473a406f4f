"""PKITS against the verifier, and the general validation as a second opinion on our own."""

from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509

from jichitai.jpki.authority.profiles import AuthorityKind
from jichitai.jpki.kinds import CertificateKind, Reason
from jichitai.jpki.verifier.path import ANY_POLICY, Rules, check_path
from jichitai.jpki.verifier.refusals import (
    ExpiredError,
    HeldError,
    MalformedCertificateError,
    NotYetValidError,
    RefusedError,
    RevokedError,
    StatusUnreachableError,
    UnknownExtensionError,
    WrongChainError,
    WrongPolicyError,
)
from tests.jpki.pki import NOW, UNTIL, altered, pki, rsa_key
from tests.jpki.pkits import SAFE_SIDE, cases, outcome, page
from tests.jpki.verifying import SIGNING, USER_AUTH, der, refused

ROOT = Path(__file__).parents[2]
HOUR_AGO = NOW - timedelta(hours=1)


async def test_every_pkits_test_ends_as_the_page_says() -> None:
    results: dict[str, type[RefusedError] | None] = {}
    for case in cases():
        results[case.number] = await outcome(case)
        if case.number in SAFE_SIDE:
            assert results[case.number] is SAFE_SIDE[case.number][0], case
        else:
            assert (results[case.number] is None) is case.valid, (case, results[case.number])
    assert len(results) == 247
    published = (ROOT / "docs" / "reference" / "pkits.md").read_text(encoding="utf-8")
    assert page(results) == published, "run scripts/build_pkits.py"


async def second_opinion(
    certificate: x509.Certificate,
    kind: CertificateKind = USER_AUTH,
    lists: list[bytes] | None = None,
    rules: Rules | None = None,
) -> None:
    found = [der(pki().crl(kind))] if lists is None else lists
    anchors = [der(anchor) for anchor in pki().anchors(kind)]
    path = await check_path(
        der(certificate),
        anchors=anchors,
        lists=found,
        at=NOW,
        rules=rules,
    )
    assert path.certificates[0] in anchors
    assert path.certificates[-1] == der(certificate)


@pytest.mark.parametrize("kind", CertificateKind)
async def test_a_general_validator_accepts_what_ours_accepts(kind: CertificateKind) -> None:
    leaf = pki().leaf(kind).certificate
    policies = leaf.extensions.get_extension_for_class(x509.CertificatePolicies).value
    own = frozenset({policies[0].policy_identifier.dotted_string})
    await second_opinion(leaf, kind, rules=Rules(policies=own, explicit_policy=True))
    await second_opinion(leaf, kind, lists=[der(pki().crl(kind, partition="011002"))])


async def test_a_general_validator_refuses_with_the_same_words() -> None:
    leaf = pki().leaf(USER_AUTH).certificate
    await refused(StatusUnreachableError, second_opinion(leaf, lists=[]))
    other_town = [der(pki().crl(USER_AUTH, partition="131016"))]
    await refused(StatusUnreachableError, second_opinion(leaf, lists=other_town))
    gone = pki().leaf(USER_AUTH, revoked=Reason.SUPERSEDED, revoked_at=HOUR_AGO).certificate
    await refused(RevokedError, second_opinion(gone))
    held = pki().leaf(USER_AUTH, revoked=Reason.HOLD, revoked_at=HOUR_AGO).certificate
    await refused(HeldError, second_opinion(held))
    signing = pki().leaf(SIGNING).certificate
    await refused(WrongChainError, second_opinion(signing))
    unlike = Rules(policies=frozenset({"2.25.1"}), explicit_policy=True)
    await refused(WrongPolicyError, second_opinion(leaf, rules=unlike))
    assert Rules().policies == ANY_POLICY


async def test_a_general_validator_refuses_what_is_out_of_time_or_unknown() -> None:
    ca = pki().authority(USER_AUTH)
    leaf = pki().leaf(USER_AUTH).certificate
    ended = altered(
        leaf,
        ca.key,
        not_after=NOW.replace(year=2026, month=11, day=19),
        not_before=NOW.replace(year=2025),
    )
    await refused(ExpiredError, second_opinion(ended))
    early = altered(leaf, ca.key, not_before=NOW.replace(year=2027), not_after=UNTIL)
    await refused(NotYetValidError, second_opinion(early))
    unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.25.1.2.3"), b"\x05\x00")
    strange = altered(leaf, ca.key, instead=[(unknown, True)])
    await refused(UnknownExtensionError, second_opinion(strange))
    forged = altered(leaf, rsa_key("stranger"))
    with pytest.raises(RefusedError):
        await second_opinion(forged)


async def test_junk_is_no_path() -> None:
    root = der(pki().authority(AuthorityKind.USER_AUTH).certificate)
    junk = check_path(b"junk", anchors=[root], at=NOW)
    await refused(MalformedCertificateError, junk)
