"""Every field of the profiles, and what outside checkers say of them."""

import subprocess
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from asn1crypto.core import UTF8String
from asn1crypto.x509 import Certificate as RawCertificate
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID, NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from jichitai.infra.clock import JST
from jichitai.jpki import oids
from jichitai.jpki.authority import fields, profiles
from jichitai.jpki.authority.errors import BeyondAuthorityError, IncompleteRequestError
from jichitai.jpki.authority.profiles import AuthorityKind, Revoked, SubjectCertificate
from jichitai.jpki.items import BasicItems, CertifiedItems
from jichitai.jpki.kinds import CertificateKind, Medium, Reason
from jichitai.kernel.municipalities import UnknownMunicipalityError, municipalities
from jichitai.kernel.persons import Sex
from tests.jpki.lint import findings
from tests.jpki.pki import FIRST, ITEMS, NOW, TOWN, UNTIL, Pki, altered, need, pki, rsa_key

SIGNING, USER_AUTH = CertificateKind
EVERY = [(kind, medium) for kind in CertificateKind for medium in Medium]
THEN = str(int((NOW + timedelta(hours=1)).timestamp()))


def _oids(certificate: x509.Certificate, *, critical: bool) -> list[x509.ObjectIdentifier]:
    return [one.oid for one in certificate.extensions if one.critical is critical]


# --- authorities -------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", AuthorityKind)
def test_an_authority_is_as_the_profile_says(kind: AuthorityKind) -> None:
    root = pki().authority(kind).certificate
    assert root.subject.public_bytes() == root.issuer.public_bytes()
    assert root.version is x509.Version.v3
    assert root.not_valid_before_utc == FIRST[2]
    assert root.not_valid_after_utc == datetime(2033, 7, 15, 14, 59, 59, tzinfo=UTC)
    assert _oids(root, critical=True) == [ExtensionOID.KEY_USAGE, ExtensionOID.BASIC_CONSTRAINTS]
    assert _oids(root, critical=False) == [
        ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
        ExtensionOID.CRL_DISTRIBUTION_POINTS,
        ExtensionOID.SUBJECT_KEY_IDENTIFIER,
    ]
    basic = root.extensions.get_extension_for_class(x509.BasicConstraints).value
    assert (basic.ca, basic.path_length) == (True, None)
    usage = root.extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage == fields.usage("key_cert_sign", "crl_sign")
    (point,) = root.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    assert point.full_name == [x509.DirectoryName(root.subject)]
    names = root.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    (japanese,) = names.get_values_for_type(x509.DirectoryName)
    assert "試験用・法的効力なし" in japanese.rfc4514_string()


def test_names_are_marked_as_tests_and_are_not_the_real_ones() -> None:
    for kind in AuthorityKind:
        name = profiles.authority_name(kind).rfc4514_string()
        assert "TEST" in name
        assert "O=JPKI" not in name
        assert "Japan Agency" not in name
    assert not oids.ARC.startswith("1.2.392")


def test_strings_are_printable_for_the_country_and_utf8_elsewhere() -> None:
    root = pki().authority(SIGNING).certificate
    name = RawCertificate.load(root.public_bytes(Encoding.DER)).subject.chosen
    tags = [rdn[0]["value"].chosen.__class__.__name__ for rdn in name]
    assert tags == ["PrintableString", "UTF8String", "UTF8String", "UTF8String"]


def test_every_component_of_our_arc_can_be_read_by_all() -> None:
    assert all(int(component) < 2**28 for component in oids.ARC.split("."))
    assert len(oids.ARC.split(".")) + 2 <= 20


@pytest.mark.parametrize(
    ("begin", "end"),
    [
        (datetime(2015, 10, 20, 2, 40, 28, tzinfo=UTC), "2025-10-19T14:59:59+00:00"),
        (datetime(2015, 10, 19, 15, 0, 0, tzinfo=UTC), "2025-10-19T14:59:59+00:00"),
        (datetime(2015, 10, 19, 14, 59, 59, tzinfo=UTC), "2025-10-18T14:59:59+00:00"),
        (datetime(2024, 2, 29, 12, 0, tzinfo=JST), "2034-02-28T14:59:59+00:00"),
    ],
)
def test_an_authority_ends_ten_years_later_at_midnight_in_japan(begin: datetime, end: str) -> None:
    assert profiles.authority_end(begin).isoformat() == end


@given(st.dates(min_value=date(2000, 1, 1), max_value=date(2080, 1, 1)))
def test_a_day_ends_one_second_before_the_next_begins_in_japan(day: date) -> None:
    following = datetime.combine(day + timedelta(days=1), datetime.min.time(), JST)
    assert following - profiles.end_of_day(day) == timedelta(seconds=1)


def test_generations_count_from_one() -> None:
    with pytest.raises(IncompleteRequestError):
        profiles.authority_certificate(SIGNING, 0, rsa_key("one"), NOW, 1)


# --- people's certificates ---------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "medium"), EVERY)
def test_a_certificate_is_as_the_profile_says(kind: CertificateKind, medium: Medium) -> None:
    ca = pki().authority(kind).certificate
    leaf = pki().leaf(kind, medium=medium).certificate
    assert leaf.issuer.public_bytes() == ca.subject.public_bytes()
    assert leaf.not_valid_after_utc == UNTIL
    assert _oids(leaf, critical=True) == [
        ExtensionOID.KEY_USAGE,
        ExtensionOID.CERTIFICATE_POLICIES,
    ]
    bits = (
        ("digital_signature", "content_commitment") if kind is SIGNING else ("digital_signature",)
    )
    usage = leaf.extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage == fields.usage(*bits)
    (policy,) = leaf.extensions.get_extension_for_class(x509.CertificatePolicies).value
    assert policy.policy_identifier == profiles.policy(kind, medium)
    assert policy.policy_qualifiers == [profiles.CPS_URI]
    pointer = leaf.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    own = ca.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    assert pointer.key_identifier == own.digest
    (point,) = leaf.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    assert point.full_name == [x509.DirectoryName(profiles.partition_name(kind, TOWN))]
    with pytest.raises(x509.ExtensionNotFound):
        leaf.extensions.get_extension_for_class(x509.AuthorityInformationAccess)


def test_policies_differ_by_kind_and_medium() -> None:
    assert len({profiles.policy(kind, medium) for kind, medium in EVERY}) == 4


def test_a_signing_certificate_holds_the_six_values_in_order() -> None:
    leaf = pki().leaf(SIGNING).certificate
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    values = [
        (one.type_id, UTF8String.load(one.value).native)
        for one in names
        if isinstance(one, x509.OtherName)
    ]
    assert values == [
        (oids.NAME, "辻　花子"),
        (oids.BIRTH_DATE, "319850501"),
        (oids.SEX, "2"),
        (oids.ADDRESS, ITEMS.address),
        (oids.NAME_REPLACED, "1000"),
        (oids.ADDRESS_REPLACED, "0" * len(ITEMS.address)),
    ]


@settings(max_examples=60)
@given(
    name=st.text(min_size=1, max_size=80),
    address=st.text(min_size=1, max_size=300),
    born=st.dates(min_value=date(1900, 1, 1), max_value=date(2026, 11, 1)),
    sex=st.sampled_from(Sex),
)
def test_whatever_the_register_holds_is_read_back_from_the_certificate(
    name: str, address: str, born: date, sex: Sex
) -> None:
    items = BasicItems(name=name, birth_date=born.isoformat(), sex=sex, address=address)
    leaf = pki().leaf(SIGNING, items=items).certificate
    read = CertifiedItems.of(x509.load_der_x509_certificate(leaf.public_bytes(Encoding.DER)))
    assert read.birth_date == born.isoformat()
    assert read.sex is sex
    assert len(read.name) == len(read.name_replaced)
    assert len(read.address) == len(read.address_replaced)
    if "1" not in read.name_replaced:
        assert read.name == name
    read.name.encode("euc_jp")  # nothing outside JIS X 0208 and 0212 is left


def test_subjects_say_the_town_for_signing_and_nothing_for_user_authentication() -> None:
    signing = pki().leaf(SIGNING).certificate.subject
    assert [one.value for one in signing][:3] == ["JP", "Hokkaido", "Sapporo-shi"]
    plain = pki().leaf(USER_AUTH).certificate
    assert [one.oid for one in plain.subject] == [NameOID.COUNTRY_NAME, NameOID.COMMON_NAME]
    with pytest.raises(x509.ExtensionNotFound):
        plain.extensions.get_extension_for_class(x509.SubjectAlternativeName)


def test_partitions_are_one_to_one_with_towns() -> None:
    names = {profiles.partition_name(SIGNING, str(town.code)) for town in municipalities()}
    assert len(names) == len(municipalities())
    with pytest.raises(UnknownMunicipalityError):
        profiles.partition_name(SIGNING, "999999")


def _request(**changes: object) -> SubjectCertificate:
    given: dict[str, object] = {
        "kind": SIGNING,
        "serial": 1,
        "public_key": rsa_key("one").public_key(),
        "municipality": TOWN,
        "common_name": "x",
        "items": ITEMS,
        "not_before": NOW,
        "not_after": UNTIL,
    }
    return SubjectCertificate(**{**given, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "changes",
    [
        {"not_after": datetime(2033, 7, 15, 15, 0, 0, tzinfo=UTC)},
        {"not_before": datetime(2023, 7, 16, 0, 50, 26, tzinfo=UTC)},
        {"not_before": UNTIL + timedelta(seconds=1)},
    ],
    ids=["ends after", "begins before", "ends before it begins"],
)
def test_validity_lies_inside_the_authoritys(changes: dict[str, object]) -> None:
    ca = pki().authority(SIGNING)
    with pytest.raises(BeyondAuthorityError):
        profiles.issue(_request(**changes), ca.certificate, ca.key)


@pytest.mark.parametrize("changes", [{"items": None}, {"kind": USER_AUTH, "items": None}])
def test_kind_items_and_authority_belong_together(changes: dict[str, object]) -> None:
    ca = pki().authority(SIGNING)
    with pytest.raises(IncompleteRequestError):
        profiles.issue(_request(**changes), ca.certificate, ca.key)


def test_a_user_authentication_certificate_never_holds_the_items() -> None:
    ca = pki().authority(USER_AUTH)
    with pytest.raises(IncompleteRequestError):
        profiles.issue(_request(kind=USER_AUTH), ca.certificate, ca.key)


def test_a_responder_is_delegated_short_lived_and_beyond_question() -> None:
    certificate = pki().responder(SIGNING).certificate
    usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.OCSP_SIGNING]
    assert certificate.extensions.get_extension_for_class(x509.OCSPNoCheck)
    assert certificate.not_valid_after_utc - NOW == profiles.RESPONDER_LIFE


def test_a_responder_does_not_outlive_its_authority() -> None:
    late = datetime(2033, 7, 1, tzinfo=UTC)
    made = pki().responder(SIGNING, not_before=late).certificate
    assert made.not_valid_after_utc == pki().authority(SIGNING).certificate.not_valid_after_utc


# --- lists -------------------------------------------------------------------------------------


def test_a_list_is_sorted_numbered_and_leaves_unspecified_out() -> None:
    ca = pki().authority(SIGNING)
    lines = [Revoked(9, NOW, Reason.UNSPECIFIED), Revoked(3, NOW, Reason.HOLD)]
    made = profiles.crl(ca.certificate, ca.key, lines, 7, NOW, NOW + timedelta(days=2))
    assert [line.serial_number for line in made] == [3, 9]
    assert made.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number == 7
    assert [len(line.extensions) for line in made] == [1, 0]
    with pytest.raises(x509.ExtensionNotFound):
        made.extensions.get_extension_for_class(x509.IssuingDistributionPoint)


def test_every_reason_can_be_listed() -> None:
    ca = pki().authority(SIGNING)
    lines = [Revoked(number, NOW, reason) for number, reason in enumerate(Reason, start=1)]
    made = profiles.crl(ca.certificate, ca.key, lines, 1, NOW, NOW + timedelta(days=2))
    assert len(list(made)) == len(Reason)


def test_a_towns_list_says_critically_that_it_is_one() -> None:
    made = pki().crl(SIGNING, partition=TOWN)
    point = made.extensions.get_extension_for_class(x509.IssuingDistributionPoint)
    assert point.critical
    leaf = pki().leaf(SIGNING).certificate
    (named,) = leaf.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    assert point.value.full_name == named.full_name


def test_the_generations_are_told_apart_by_their_keys_only() -> None:
    leaf = pki().leaf(SIGNING).certificate
    older, newer = pki().anchors(SIGNING)
    assert older.subject.public_bytes() == newer.subject.public_bytes()
    leaf.verify_directly_issued_by(newer)
    with pytest.raises(InvalidSignature):
        leaf.verify_directly_issued_by(older)


# --- outside checkers --------------------------------------------------------------------------


def _write(path: Path, *items: x509.Certificate | x509.CertificateRevocationList) -> Path:
    path.write_bytes(b"".join(one.public_bytes(Encoding.PEM) for one in items))
    return path


def _openssl(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = ["openssl", "verify", "-attime", THEN, "-x509_strict", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("kind", CertificateKind)
def test_openssl_accepts_what_is_in_order_and_refuses_the_rest(
    tmp_path: Path, kind: CertificateKind
) -> None:
    own = Pki()
    root = _write(tmp_path / "root.pem", own.authority(kind).certificate)
    both = _write(tmp_path / "both.pem", *own.anchors(kind))
    older = _write(tmp_path / "older.pem", own.authority(kind, 1).certificate)
    good = [
        _write(tmp_path / f"{medium}.pem", own.leaf(kind, medium=medium).certificate)
        for medium in Medium
    ]
    responder = _write(tmp_path / "responder.pem", own.responder(kind).certificate)
    first = _write(tmp_path / "first.pem", own.leaf(kind, generation=1).certificate)
    assert _openssl("-CAfile", root, *good, responder).returncode == 0
    assert _openssl("-CAfile", both, *good, first).returncode == 0
    assert _openssl("-CAfile", older, *good).returncode != 0
    other = next(one for one in CertificateKind if one is not kind)
    wrong = _write(tmp_path / "other.pem", *own.anchors(other))
    assert _openssl("-CAfile", wrong, *good).returncode != 0


@pytest.mark.parametrize("kind", CertificateKind)
@pytest.mark.parametrize("partition", [None, TOWN], ids=["full", "town"])
def test_openssl_finds_the_revoked_in_lists(
    tmp_path: Path, kind: CertificateKind, partition: str | None
) -> None:
    own = Pki()
    roots = _write(tmp_path / "roots.pem", *own.anchors(kind))
    good = _write(tmp_path / "good.pem", own.leaf(kind).certificate)
    held = own.leaf(kind, revoked=Reason.HOLD).certificate
    ended = own.leaf(kind, revoked=Reason.SUPERSEDED, generation=1).certificate
    made = [own.crl(kind, generation=generation, partition=partition) for generation in FIRST]
    listed = _write(tmp_path / "lists.pem", *made)
    check = ("-crl_check", "-CRLfile", listed, "-CAfile", roots)
    assert _openssl(*check, good).returncode == 0
    for certificate in (held, ended):
        refused = _openssl(*check, _write(tmp_path / "bad.pem", certificate))
        assert "certificate revoked" in refused.stderr
    elsewhere = _write(tmp_path / "else.pem", own.leaf(kind, municipality="131016").certificate)
    found = _openssl(*check, elsewhere)
    if partition is None:
        assert found.returncode == 0
    else:  # one town's list says nothing of another town's certificates
        assert found.returncode != 0
        assert "unable to get certificate CRL" in found.stderr or "scope" in found.stderr


def test_gnutls_accepts_certificates_and_lists(tmp_path: Path) -> None:
    """certtool looks at the machine's clock, so this authority begins now."""
    need("certtool")
    now = datetime.fromtimestamp(time.time(), UTC) - timedelta(hours=1)
    root_key, key = rsa_key("signing-2"), rsa_key("one")
    root = profiles.authority_certificate(SIGNING, 1, root_key, now, 1)
    until = profiles.end_of_day((now + timedelta(days=1500)).date())
    request = _request(not_before=now, not_after=until, public_key=key.public_key(), serial=5)
    leaf = profiles.issue(request, root, root_key)
    point = profiles.partition_name(SIGNING, TOWN)
    lines = [Revoked(5, now, Reason.AFFILIATION_CHANGED)]
    until = now + timedelta(days=2)
    empty = profiles.crl(root, root_key, [], 1, now, until, point)
    full = profiles.crl(root, root_key, lines, 2, now, until)
    ca = _write(tmp_path / "ca.pem", root)
    file = _write(tmp_path / "leaf.pem", leaf)

    def certtool(*arguments: str | Path) -> str:
        command = ["certtool", *map(str, arguments), "--load-ca-certificate", str(ca)]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout

    trusted = "Verified. The certificate is trusted."
    assert trusted in certtool("--verify", "--infile", file)
    for name, made in (("empty.pem", empty), ("full.pem", full)):
        listed = _write(tmp_path / name, made)
        assert "Verified" in certtool("--verify-crl", "--infile", listed)
        assert "Not verified" not in certtool("--verify-crl", "--infile", listed)
    good = certtool("--verify", "--load-crl", tmp_path / "empty.pem", "--infile", file)
    assert trusted in good
    ended = certtool("--verify", "--load-crl", tmp_path / "full.pem", "--infile", file)
    assert "revoked" in ended
    text = certtool("-i", "--infile", file)
    assert "error" not in text
    assert str(oids.SIGNING_POLICY.dotted_string) in text


def test_pkilint_finds_nothing_but_the_policy_qualifier_of_the_profile(tmp_path: Path) -> None:
    own = Pki()
    files: list[Path] = []
    for kind in CertificateKind:
        root = _write(tmp_path / f"{kind}-root.crt", own.authority(kind).certificate)
        responder = _write(tmp_path / f"{kind}-responder.crt", own.responder(kind).certificate)
        own.leaf(kind, revoked=Reason.CESSATION)
        own.leaf(kind, revoked=Reason.UNSPECIFIED)
        full = _write(tmp_path / f"{kind}-full.crl", own.crl(kind))
        town = _write(tmp_path / f"{kind}-town.crl", own.crl(kind, partition=TOWN))
        files += [root, responder, full, town]
        for medium in Medium:
            leaf = own.leaf(kind, medium=medium).certificate
            file = _write(tmp_path / f"{kind}-{medium}-leaf.crt", leaf)
            chain = tmp_path / f"{kind}-{medium}.chain"
            chain.write_text(f"{root}\n{file}")
            files += [file, chain]
    files.append(_write(tmp_path / "card-root.crt", own.authority(AuthorityKind.CARD).certificate))
    found = findings(files)
    assert len(found) == len(files)
    expected = ["NOTICE pkix.certificate_policies_policy_has_qualifier"]
    for name, codes in found.items():
        assert codes == (expected if "-leaf" in name else []), name


def test_the_linter_of_these_tests_does_find_faults(tmp_path: Path) -> None:
    leaf = pki().leaf(SIGNING).certificate
    wrong = altered(
        leaf,
        pki().authority(SIGNING).key,
        instead=[(fields.usage("digital_signature", "key_cert_sign"), True)],
    )
    (codes,) = findings([_write(tmp_path / "wrong.crt", wrong)]).values()
    assert any(code.startswith("ERROR") for code in codes)
