"""The verifier: what it proves, and one refusal for each thing that can be wrong."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA1, SHA384
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ObjectIdentifier
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from jichitai.jpki.authority import profiles
from jichitai.jpki.authority.profiles import AuthorityKind
from jichitai.jpki.items import BasicItems
from jichitai.jpki.kinds import CertificateKind, Medium
from jichitai.jpki.verifier import refusals
from jichitai.jpki.verifier.certificate import check_certificate
from jichitai.jpki.verifier.model import Subject
from jichitai.jpki.verifier.refusals import (
    ExpiredError,
    ForgedCertificateError,
    MalformedCertificateError,
    NotEndEntityError,
    NotYetValidError,
    RefusedError,
    UnknownExtensionError,
    WeakAlgorithmError,
    WrongKindError,
    WrongNamesError,
    WrongPolicyError,
    WrongRootError,
    WrongUsageError,
)
from jichitai.jpki.verifier.trust import Trust, UnusableAnchorError
from jichitai.jpki.verifier.verify import (
    verify_certificate,
)
from jichitai.kernel.persons import Sex
from tests.jpki.pki import NOW, UNTIL, altered, pki, rsa_key
from tests.jpki.verifying import (
    SIGNING,
    USER_AUTH,
    Good,
    der,
    refused_at_once,
    trust,
)

SECOND = timedelta(seconds=1)


@pytest.mark.parametrize("kind", CertificateKind)
@pytest.mark.parametrize("generation", [1, 2])
@pytest.mark.parametrize("medium", Medium)
async def test_a_certificate_in_order_is_proved(
    kind: CertificateKind, generation: int, medium: Medium
) -> None:
    not_after = min(UNTIL, pki().authority(kind, generation).certificate.not_valid_after_utc)
    leaf = pki().leaf(kind, generation=generation, medium=medium, not_after=not_after)
    proof = await verify_certificate(
        der(leaf.certificate), kind=kind, trust=trust(), status=Good(), at=NOW
    )
    assert proof.authority == f"{kind}-{generation}"
    assert proof.serial == leaf.certificate.serial_number == int(proof.serial_hex, 16)
    assert proof.subject.serial_bytes.hex() == proof.serial_hex
    assert proof.kind is kind
    assert proof.subject.medium is medium
    if kind is SIGNING:
        assert proof.items is not None
        assert proof.items.name == "辻　花子"
        assert proof.items.sex is Sex.FEMALE
    else:
        assert proof.items is None


def check(leaf: x509.Certificate, kind: CertificateKind = USER_AUTH, at: datetime = NOW) -> Subject:
    return check_certificate(der(leaf), kind=kind, trust=trust(), at=at)


def wrong(kind: CertificateKind, **changes: object) -> x509.Certificate:
    """A certificate of the authority that is wrong in one way."""
    return altered(pki().leaf(kind).certificate, pki().authority(kind).key, **changes)  # type: ignore[arg-type]


def test_an_expired_certificate_is_refused() -> None:
    leaf = pki().leaf(USER_AUTH).certificate
    assert check(leaf, at=UNTIL)
    found = refused_at_once(ExpiredError, lambda: check(leaf, at=UNTIL + SECOND))
    assert found.facts["whose"] == "holder"
    assert found.facts["not_after"] == "2031-05-01T14:59:59+00:00"


def test_a_certificate_before_its_time_is_refused() -> None:
    leaf = pki().leaf(USER_AUTH).certificate
    assert check(leaf, at=NOW)
    refused_at_once(NotYetValidError, lambda: check(leaf, at=NOW - SECOND))


def test_a_certificate_of_an_expired_authority_is_refused() -> None:
    end = pki().authority(USER_AUTH, 1).certificate.not_valid_after_utc
    leaf = pki().leaf(USER_AUTH, generation=1, not_after=end).certificate
    longer = altered(leaf, pki().authority(USER_AUTH, 1).key, not_after=end + timedelta(days=9))
    assert check(longer, at=end)
    found = refused_at_once(ExpiredError, lambda: check(longer, at=end + SECOND))
    assert found.facts["whose"] == "authority"


def test_a_certificate_of_another_root_is_refused() -> None:
    stranger = rsa_key("stranger")
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Somebody")])
    leaf = altered(pki().leaf(USER_AUTH).certificate, stranger, issuer=name)
    refused_at_once(WrongRootError, lambda: check(leaf))


def test_a_certificate_under_the_right_name_by_another_key_is_refused() -> None:
    forged = altered(pki().leaf(USER_AUTH).certificate, rsa_key("stranger"))
    refused_at_once(ForgedCertificateError, lambda: check(forged))


def test_a_changed_byte_is_refused_wherever_it_is() -> None:
    good = der(pki().leaf(SIGNING).certificate)

    @settings(max_examples=200)
    @given(st.integers(0, len(good) - 1), st.integers(1, 255))
    def changed(place: int, mask: int) -> None:
        bad = bytearray(good)
        bad[place] ^= mask
        with pytest.raises(RefusedError):
            check_certificate(bytes(bad), kind=SIGNING, trust=trust(), at=NOW)

    changed()


def test_the_issuer_is_compared_byte_for_byte() -> None:
    """The same name in other types of strings is another issuer here."""
    leaf = pki().leaf(USER_AUTH).certificate
    printable = x509.Name(
        [
            x509.NameAttribute(one.oid, one.value, _type=x509.name._ASN1Type.PrintableString)
            for one in leaf.issuer
        ]
    )
    assert printable == leaf.issuer
    other = altered(leaf, pki().authority(USER_AUTH).key, issuer=printable)
    refused_at_once(WrongRootError, lambda: check(other))


def test_an_unknown_generation_is_refused() -> None:
    only_first = Trust.of(
        {
            "user-auth-1": pki().authority(USER_AUTH, 1).certificate,
            "signing-1": pki().authority(SIGNING, 1).certificate,
        }
    )
    leaf = der(pki().leaf(USER_AUTH, generation=2).certificate)
    refused_at_once(
        WrongRootError,
        lambda: check_certificate(leaf, kind=USER_AUTH, trust=only_first, at=NOW),
    )


def test_a_certificate_without_key_identifier_finds_its_generation_by_the_signature() -> None:
    leaf = wrong(USER_AUTH, without=[x509.AuthorityKeyIdentifier])
    assert check(leaf).authority == "user-auth-2"


@pytest.mark.parametrize(("kind", "asked"), [(SIGNING, USER_AUTH), (USER_AUTH, SIGNING)])
def test_the_other_kind_of_certificate_is_refused(
    kind: CertificateKind, asked: CertificateKind
) -> None:
    leaf = pki().leaf(kind).certificate
    refused_at_once(WrongKindError, lambda: check(leaf, asked))


def usage(**bits: bool) -> x509.KeyUsage:
    names = (
        "digital_signature", "content_commitment", "key_encipherment", "data_encipherment",
        "key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
    )  # fmt: skip
    return x509.KeyUsage(**{name: bits.get(name, False) for name in names})


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        (USER_AUTH, {"instead": [(usage(digital_signature=True, content_commitment=True), True)]}),
        (SIGNING, {"instead": [(usage(digital_signature=True), True)]}),
        (SIGNING, {"instead": [(usage(content_commitment=True), True)]}),
        (USER_AUTH, {"instead": [(usage(digital_signature=True, key_encipherment=True), True)]}),
        (USER_AUTH, {"instead": [(usage(digital_signature=True, key_cert_sign=True), True)]}),
        (USER_AUTH, {"instead": [(usage(digital_signature=True), False)]}),
        (USER_AUTH, {"without": [x509.KeyUsage]}),
        (
            USER_AUTH,
            {"instead": [(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)]},
        ),
    ],
)
def test_a_key_for_another_use_is_refused(
    kind: CertificateKind, changes: dict[str, object]
) -> None:
    leaf = wrong(kind, **changes)
    refused_at_once(WrongUsageError, lambda: check(leaf, kind))


def test_the_certificate_of_a_responder_is_no_persons() -> None:
    leaf = pki().responder(USER_AUTH).certificate
    refused_at_once(WeakAlgorithmError, lambda: check(leaf))
    with_rsa = altered(
        leaf, pki().authority(USER_AUTH).key, public_key=rsa_key("holder-user-auth").public_key()
    )
    refused_at_once(WrongUsageError, lambda: check(with_rsa))


def test_the_certificate_of_an_authority_is_no_persons() -> None:
    root = pki().authority(USER_AUTH).certificate
    refused_at_once(NotEndEntityError, lambda: check(root))
    leaf = wrong(USER_AUTH, instead=[(x509.BasicConstraints(ca=True, path_length=None), True)])
    refused_at_once(NotEndEntityError, lambda: check(leaf))


def test_an_unknown_critical_extension_is_refused_and_an_unknown_other_is_not() -> None:
    extension = x509.UnrecognizedExtension(ObjectIdentifier("2.25.1.2.3"), b"\x05\x00")
    refused_at_once(
        UnknownExtensionError, lambda: check(wrong(USER_AUTH, instead=[(extension, True)]))
    )
    assert check(wrong(USER_AUTH, instead=[(extension, False)]))


@pytest.mark.parametrize(
    "changes",
    [
        {"without": [x509.CertificatePolicies]},
        {
            "instead": [
                (
                    x509.CertificatePolicies(
                        [x509.PolicyInformation(profiles.policy(SIGNING, Medium.CARD), None)]
                    ),
                    True,
                )
            ]
        },
        {
            "instead": [
                (
                    x509.CertificatePolicies(
                        [x509.PolicyInformation(ObjectIdentifier("2.5.29.32.0"), None)]
                    ),
                    True,
                )
            ]
        },
        {
            "instead": [
                (
                    x509.CertificatePolicies(
                        [
                            x509.PolicyInformation(profiles.policy(USER_AUTH, medium), None)
                            for medium in Medium
                        ]
                    ),
                    True,
                )
            ]
        },
    ],
    ids=["none", "of-the-other-kind", "any", "two"],
)
def test_another_policy_is_refused(changes: dict[str, object]) -> None:
    refused_at_once(WrongPolicyError, lambda: check(wrong(USER_AUTH, **changes)))


def name(**values: str) -> x509.Name:
    oids = {"C": NameOID.COUNTRY_NAME, "CN": NameOID.COMMON_NAME}
    return x509.Name([x509.NameAttribute(oids[key], value) for key, value in values.items()])


@pytest.mark.parametrize("subject", [name(C="US", CN="1"), name(C="JP"), name(CN="1")])
def test_a_subject_that_is_not_of_the_profile_is_refused(subject: x509.Name) -> None:
    refused_at_once(WrongNamesError, lambda: check(wrong(USER_AUTH, subject=subject)))


def test_a_signing_certificate_without_the_four_items_is_refused() -> None:
    bare = wrong(SIGNING, without=[x509.SubjectAlternativeName])
    refused_at_once(WrongNamesError, lambda: check(bare, SIGNING))
    items = BasicItems(name="山田　太郎", birth_date="1990-01-01", sex=Sex.MALE, address="東京都")
    five = x509.SubjectAlternativeName(items.other_names()[:5])
    refused_at_once(
        WrongNamesError, lambda: check(wrong(SIGNING, instead=[(five, False)]), SIGNING)
    )
    six = x509.SubjectAlternativeName(items.other_names())
    refused_at_once(WrongNamesError, lambda: check(wrong(USER_AUTH, instead=[(six, False)])))


@pytest.mark.parametrize(
    "key",
    [
        ec.generate_private_key(ec.SECP256R1()),
        rsa.generate_private_key(public_exponent=65537, key_size=1024),  # noqa: S505
        rsa.generate_private_key(public_exponent=3, key_size=2048),
    ],
    ids=["p-256", "rsa-1024", "e-3"],
)
def test_another_key_than_the_profiles_is_refused(
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey,
) -> None:
    leaf = wrong(USER_AUTH, public_key=key.public_key())
    refused_at_once(WeakAlgorithmError, lambda: check(leaf))


def test_another_signature_algorithm_is_refused() -> None:
    leaf = asn1.Certificate.load(der(pki().leaf(USER_AUTH).certificate))
    tbs = leaf["tbs_certificate"]
    for algorithm, digest in (("sha1_rsa", SHA1()), ("sha384_rsa", SHA384())):  # noqa: S303
        tbs["signature"] = {"algorithm": algorithm}
        signature = pki().authority(USER_AUTH).key.sign(tbs.dump(force=True), PKCS1v15(), digest)
        made = asn1.Certificate(
            {
                "tbs_certificate": tbs,
                "signature_algorithm": {"algorithm": algorithm},
                "signature_value": signature,
            }
        ).dump()
        refused_at_once(
            WeakAlgorithmError,
            lambda made=made: check_certificate(made, kind=USER_AUTH, trust=trust(), at=NOW),  # type: ignore[misc]
        )


@pytest.mark.parametrize("junk", [b"", b"\x30\x80", b"x" * 30_000, b"\x30\x03\x02\x01\x01"])
def test_junk_is_no_certificate(junk: bytes) -> None:
    refused_at_once(
        MalformedCertificateError,
        lambda: check_certificate(junk, kind=USER_AUTH, trust=trust(), at=NOW),
    )


def test_a_certificate_with_a_tail_is_refused() -> None:
    tailed = der(pki().leaf(USER_AUTH).certificate) + b"\0"
    refused_at_once(
        MalformedCertificateError,
        lambda: check_certificate(tailed, kind=USER_AUTH, trust=trust(), at=NOW),
    )


# trust


def test_anchors_are_checked_when_they_are_read(tmp_path: Path) -> None:
    for kind in CertificateKind:
        root = pki().authority(kind).certificate
        (tmp_path / f"{kind}-2.pem").write_bytes(root.public_bytes(Encoding.PEM))
    (tmp_path / "readme.txt").write_text("ignored")
    assert Trust.read(tmp_path).user_auth.anchors[0].id == "user-auth-2"
    (tmp_path / "signing-3.cer").write_bytes(b"no certificate")
    with pytest.raises(UnusableAnchorError):
        Trust.read(tmp_path)


def test_an_empty_directory_is_no_trust(tmp_path: Path) -> None:
    with pytest.raises(UnusableAnchorError):
        Trust.read(tmp_path)


def test_what_is_no_root_is_no_anchor() -> None:
    root = pki().authority(USER_AUTH)
    other = altered(root.certificate, rsa_key("stranger"))
    no_authority = altered(
        root.certificate, root.key, instead=[(x509.BasicConstraints(False, None), True)]
    )
    constrained = altered(
        root.certificate,
        root.key,
        instead=[(x509.NameConstraints([x509.DNSName("a")], None), True)],
    )
    may_not_sign = altered(root.certificate, root.key, instead=[(usage(crl_sign=True), True)])
    leaf = pki().leaf(USER_AUTH).certificate
    for bad in (other, no_authority, constrained, may_not_sign, leaf):
        with pytest.raises(UnusableAnchorError):
            Trust.of({"user-auth-2": bad})
    with pytest.raises(UnusableAnchorError):
        Trust.of({"card-1": pki().authority(AuthorityKind.CARD, 1).certificate})


def test_one_root_cannot_stand_in_both_stores() -> None:
    root = pki().authority(USER_AUTH).certificate
    with pytest.raises(UnusableAnchorError):
        Trust.of({"user-auth-2": root, "signing-2": root})


def test_every_refusal_is_on_the_page() -> None:
    page = Path(__file__).parents[2] / "docs" / "reference" / "verifier.md"
    text = page.read_text(encoding="utf-8")
    kinds = [
        kind
        for kind in vars(refusals).values()
        if isinstance(kind, type) and issubclass(kind, RefusedError) and kind is not RefusedError
    ]
    assert len({kind.type for kind in kinds}) == len(kinds) > 30
    for kind in kinds:
        row = next(line for line in text.splitlines() if line.startswith(f"| `{kind.check}` |"))
        assert f"`{kind.type}`" in row, kind.type
