"""OCSP requests and answers: what other programs read, and what is refused."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from asn1crypto import ocsp as syntax
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509 import ocsp
from cryptography.x509.ocsp import OCSPCertStatus, OCSPResponseStatus
from hypothesis import given
from hypothesis import strategies as st

from jichitai.jpki.kinds import CertificateKind, Reason
from jichitai.jpki.status import answers
from jichitai.jpki.status.answers import GOOD, UNKNOWN, Standing, Word
from jichitai.jpki.status.errors import ForeignOcspError, MalformedOcspError
from jichitai.jpki.status.requests import MOST, CertId, read_request
from tests.jpki.ocsp_tools import (
    DER,
    PEM,
    lint,
    machine_time,
    ocsptool,
    only,
    openssl,
    request_for,
    said_by_openssl,
    signer_of,
)
from tests.jpki.pki import pki

KIND = CertificateKind.USER_AUTH
ENDED = datetime(2026, 11, 19, 3, 4, 5, tzinfo=UTC)
REVOKED = Standing(Word.REVOKED, ENDED, Reason.AFFILIATION_CHANGED)
HELD = Standing(Word.REVOKED, ENDED, Reason.HOLD)


def answered(request: bytes, *standings: Standing, rsa: bool = False, age: int = 0) -> bytes:
    question = read_request(request)
    at = machine_time() - timedelta(seconds=age)
    return signer_of(KIND, rsa=rsa).answer(
        list(zip(question.certificates, standings, strict=True)),
        nonce=question.nonce,
        this_update=at,
        next_update=at + timedelta(minutes=15),
    )


def pki_leaf(folder: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate((folder / "leaf.pem").read_bytes())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ocsp")
    (folder / "ca.pem").write_bytes(pki().authority(KIND).certificate.public_bytes(PEM))
    leaf = pki().leaf(KIND).certificate
    (folder / "leaf.pem").write_bytes(leaf.public_bytes(PEM))
    return folder


def judged(folder: Path, response: bytes, *words: str | Path) -> str:
    """What openssl says of an answer to a question without a nonce."""
    (folder / "response.der").write_bytes(response)
    ca = folder / "ca.pem"
    return openssl(
        "ocsp", "-no_nonce", "-respin", folder / "response.der", "-issuer", ca, "-CAfile", ca,
        *words, check=False,
    )  # fmt: skip


def fits(folder: Path, request: bytes, response: bytes) -> str:
    """What openssl says of an answer to this very request."""
    (folder / "request.der").write_bytes(request)
    (folder / "response.der").write_bytes(response)
    return openssl(
        "ocsp", "-reqin", folder / "request.der", "-respin", folder / "response.der",
        "-CAfile", folder / "ca.pem", check=False,
    )  # fmt: skip


@pytest.mark.parametrize("rsa", [False, True], ids=["p-256", "rsa-2048"])
@pytest.mark.parametrize(
    ("standing", "word"),
    [(GOOD, "good"), (REVOKED, "revoked"), (HELD, "revoked"), (UNKNOWN, "unknown")],
    ids=["good", "revoked", "held", "unknown"],
)
def test_openssl_gnutls_and_pkilint_read_an_answer(
    folder: Path, tmp_path: Path, standing: Standing, word: str, *, rsa: bool
) -> None:
    ca = pki().authority(KIND).certificate
    leaf = folder / "leaf.pem"
    openssl(
        "ocsp", "-issuer", folder / "ca.pem", "-cert", leaf, "-reqout", tmp_path / "request.der"
    )
    request = (tmp_path / "request.der").read_bytes()
    response = answered(request, standing, rsa=rsa)
    assert "Response verify OK" in fits(folder, request, response)
    bare = request_for(pki_leaf(folder), ca)
    said = judged(folder, answered(bare, standing, rsa=rsa), "-cert", leaf)
    assert "Response verify OK" in said
    assert "WARNING" not in said
    assert said_by_openssl(said) == [word]
    if standing is REVOKED:
        assert "Reason: affiliationChanged" in said
    assert "Success" in ocsptool(tmp_path, response, ca)
    (tmp_path / "response.der").write_bytes(response)
    if not rsa:
        assert lint("lint_ocsp_response", tmp_path / "response.der") == ""


def test_several_certificates_are_answered_at_once(folder: Path, tmp_path: Path) -> None:
    serials = ("0x7f", "0x80ff", "0x1234567890abcdef1234")
    words = [part for serial in serials for part in ("-serial", serial)]
    openssl("ocsp", "-issuer", folder / "ca.pem", *words, "-reqout", tmp_path / "request.der")
    request = (tmp_path / "request.der").read_bytes()
    assert [one.serial for one in read_request(request).certificates] == [
        int(serial, 16) for serial in serials
    ]
    said = judged(folder, answered(request, GOOD, REVOKED, UNKNOWN), *words)
    assert "Response verify OK" in said
    assert said_by_openssl(said) == ["good", "revoked", "unknown"]


@pytest.mark.parametrize(
    "algorithm",
    [
        hashes.SHA1(),  # noqa: S303  # the usual one
        hashes.SHA256(),
        hashes.SHA384(),
        hashes.SHA512(),
    ],
)
def test_every_usual_hash_names_the_authority(algorithm: hashes.HashAlgorithm) -> None:
    ca = pki().authority(KIND).certificate
    request = request_for(pki().leaf(KIND).certificate, ca, algorithm=algorithm)
    one = only(request)
    assert (one.algorithm, one.issuer_name, one.issuer_key) in answers.issuer_ids(ca)
    response = ocsp.load_der_ocsp_response(answered(request, GOOD))
    assert response.hash_algorithm.name == algorithm.name
    assert response.issuer_key_hash == one.issuer_key


def test_generations_have_the_same_name_and_other_keys() -> None:
    old, new = (answers.issuer_ids(pki().authority(KIND, one).certificate) for one in (1, 2))
    assert [one[1] for one in old] == [one[1] for one in new]
    assert not {one[2] for one in old} & {one[2] for one in new}


def test_times_of_an_answer_are_those_it_was_given() -> None:
    request = request_for(pki().leaf(KIND).certificate, pki().authority(KIND).certificate)
    at = datetime(2031, 1, 2, 3, 4, 5, tzinfo=UTC)
    der = signer_of(KIND).answer(
        [(only(request), REVOKED)], nonce=None, this_update=at, next_update=at + timedelta(hours=1)
    )
    response = ocsp.load_der_ocsp_response(der)
    assert response.produced_at_utc == response.this_update_utc == at
    assert response.next_update_utc == at + timedelta(hours=1)
    assert response.certificate_status is OCSPCertStatus.REVOKED
    assert response.revocation_time_utc == ENDED
    assert response.revocation_reason is x509.ReasonFlags.affiliation_changed


@pytest.mark.parametrize("reason", list(Reason))
def test_the_reason_is_told_unless_it_is_none(reason: Reason) -> None:
    request = request_for(pki().leaf(KIND).certificate, pki().authority(KIND).certificate)
    der = answered(request, Standing(Word.REVOKED, ENDED, reason))
    told = ocsp.load_der_ocsp_response(der).revocation_reason
    assert told is (None if reason is Reason.UNSPECIFIED else reason.flag)


@given(st.integers(min_value=1, max_value=2**159 - 1), st.binary(min_size=1, max_size=128))
def test_any_serial_and_nonce_come_back_as_they_were(serial: int, nonce: bytes) -> None:
    one = CertId("sha256", b"n" * 32, b"k" * 32, serial)
    at = datetime(2026, 11, 20, tzinfo=UTC)
    der = signer_of(KIND).answer([(one, GOOD)], nonce=nonce, this_update=at, next_update=at)
    response = ocsp.load_der_ocsp_response(der)
    assert response.serial_number == serial
    assert response.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce == nonce
    assert syntax.OCSPResponse.load(der, strict=True).dump(force=True) == der


def test_a_nonce_that_is_replayed_does_not_fit_the_next_request(folder: Path) -> None:
    ca = pki().authority(KIND).certificate
    leaf = pki().leaf(KIND).certificate
    first, second = (request_for(leaf, ca, nonce=os.urandom(16)) for _ in range(2))
    assert "Response verify OK" in fits(folder, first, answered(first, GOOD))
    assert "Nonce Verify error" in fits(folder, second, answered(first, GOOD))


def test_an_old_answer_is_stale_for_openssl(folder: Path) -> None:
    ca, leaf = pki().authority(KIND).certificate, pki().leaf(KIND).certificate
    (folder / "asked.pem").write_bytes(leaf.public_bytes(PEM))
    request = request_for(leaf, ca)
    said = judged(folder, answered(request, GOOD, age=3600), "-cert", folder / "asked.pem")
    assert "status expired" in said


def _request(**changes: object) -> syntax.OCSPRequest:
    """A request as a library makes it, with parts replaced."""
    ca = pki().authority(KIND).certificate
    loaded = syntax.OCSPRequest.load(request_for(pki().leaf(KIND).certificate, ca))
    for name, value in changes.items():
        loaded["tbs_request"][name] = value
    return loaded


def _with_extension(oid: str, value: bytes, *, critical: bool = False) -> bytes:
    extension = x509.UnrecognizedExtension(x509.ObjectIdentifier(oid), value)
    builder = ocsp.OCSPRequestBuilder().add_certificate(
        pki().leaf(KIND).certificate, pki().authority(KIND).certificate, hashes.SHA256()
    )
    return builder.add_extension(extension, critical=critical).build().public_bytes(DER)


NONCE = "1.3.6.1.5.5.7.48.1.2"
MALFORMED = {
    "nothing": lambda: b"",
    "no DER": lambda: b"GET / HTTP/1.1",
    "cut off": lambda: _request().dump()[:-3],
    "a tail": lambda: _request().dump() + b"\0",
    "another structure": lambda: bytes.fromhex("3003020101"),
    "an answer": lambda: answers.refusal(OCSPResponseStatus.TRY_LATER),
    "another version": lambda: _request(version=1).dump(force=True),
    "no certificate": lambda: _request(request_list=[]).dump(force=True),
    "too many certificates": lambda: _request(
        request_list=[_request()["tbs_request"]["request_list"][0]] * (MOST + 1)
    ).dump(force=True),
    "too long": lambda: b"\x30\x82\xff\xff" + b"\0" * 65535,
    "an empty nonce": lambda: _with_extension(NONCE, b"\x04\0"),
    "a long nonce": lambda: _with_extension(NONCE, b"\x04\x81\x81" + b"n" * 129),
    "a nonce that is no octet string": lambda: _with_extension(NONCE, b"\x02\x01\x01"),
    "an unknown critical extension": lambda: _with_extension("1.2.3.4", b"\x05\0", critical=True),
    "no basic answer wanted": lambda: _with_extension(
        "1.3.6.1.5.5.7.48.1.4", bytes.fromhex("300506032a0304")
    ),
}


@pytest.mark.parametrize("kind", list(MALFORMED))
def test_a_malformed_request_is_refused(kind: str) -> None:
    with pytest.raises(MalformedOcspError) as refused:
        read_request(MALFORMED[kind]())  # type: ignore[no-untyped-call]
    refusal = ocsp.load_der_ocsp_response(answers.refusal(refused.value.status))
    assert refusal.response_status is OCSPResponseStatus.MALFORMED_REQUEST


def test_a_hash_nobody_uses_names_nobody() -> None:
    request = _request()
    for one in request["tbs_request"]["request_list"]:
        one["req_cert"]["hash_algorithm"] = {"algorithm": "md5"}
    with pytest.raises(ForeignOcspError):
        read_request(request.dump(force=True))


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(der: bytes) -> None:
    try:
        read_request(der)
    except (MalformedOcspError, ForeignOcspError):
        return


@given(st.data())
def test_no_damage_breaks_the_reader(data: st.DataObject) -> None:
    good = bytearray(_request().dump())
    place = data.draw(st.integers(0, len(good) - 1))
    good[place] = data.draw(st.integers(0, 255))
    try:
        read_request(bytes(good))
    except (MalformedOcspError, ForeignOcspError):
        return
