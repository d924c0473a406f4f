"""Every field of the profiles, and the outside checkers' view of them."""

from datetime import UTC, datetime

from cryptography import x509

from jichitai.jpki.kinds import CertificateKind, Reason
from tests.jpki.pki import TOWN, altered, pki

SIGNING, USER_AUTH = CertificateKind


def test_an_authority_is_as_the_profile_says() -> None:
    root = pki().authority(SIGNING).certificate
    assert root.subject == root.issuer
    assert root.not_valid_after_utc == datetime(2033, 7, 15, 14, 59, 59, tzinfo=UTC)
    assert [extension.oid for extension in root.extensions if extension.critical] == [
        x509.KeyUsage.oid,
        x509.BasicConstraints.oid,
    ]


def test_leaf_and_lists_are_made() -> None:
    certificate, _ = pki().leaf(SIGNING, revoked=Reason.AFFILIATION_CHANGED)
    ca = pki().authority(SIGNING)
    certificate.verify_directly_issued_by(ca.certificate)
    listed = pki().crl(SIGNING, partition=TOWN)
    found = listed.get_revoked_certificate_by_serial_number(certificate.serial_number)
    assert found is not None
    assert altered(certificate, ca.key, without=[x509.CertificatePolicies]) != certificate
