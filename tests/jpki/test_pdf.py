# mypy: disable-error-code="no-untyped-call"
"""Signed PDFs: what is proved, and a refusal for each way to cheat with one."""

import io
import re
import subprocess
import time
import zlib
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import algos, cms
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA384
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given, settings
from hypothesis import strategies as st
from pyhanko.pdf_utils.crypt import SecurityHandler, StandardSecurityHandler
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import copy_into_new_writer
from pyhanko.sign.fields import SigSeedSubFilter

from jichitai.jpki.kinds import Reason
from jichitai.jpki.verifier.model import Signed, StatusSource
from jichitai.jpki.verifier.pdf import check_pdf, verify_pdf
from jichitai.jpki.verifier.refusals import (
    AlteredDocumentError,
    AmbiguousSignerError,
    AppendedContentError,
    ExpiredError,
    MalformedDocumentError,
    PartialCoverageError,
    RefusedError,
    RevokedError,
    SecondSignatureError,
    StatusUnreachableError,
    UnsignedDocumentError,
    UnsupportedSignatureError,
    WrongKindError,
    WrongSignatureError,
)
from tests.jpki.pki import NOW, UNTIL, Leaf, altered, pki
from tests.jpki.signing_pdf import append, blank, sign, sign_by_library
from tests.jpki.verifying import (
    SIGNING,
    USER_AUTH,
    Good,
    der,
    lists,
    refused,
    refused_at_once,
    trust,
)


@cache
def leaf() -> Leaf:
    return pki().leaf(SIGNING)


@cache
def signed_once() -> bytes:
    return sign(blank(), leaf())


async def verify(document: bytes, status: StatusSource | None = None) -> Signed:
    return await verify_pdf(document, trust=trust(), status=status or Good(), at=NOW)


@pytest.mark.parametrize("by_key_identifier", [False, True])
@pytest.mark.parametrize("form", [SigSeedSubFilter.ADOBE_PKCS7_DETACHED, SigSeedSubFilter.PADES])
async def test_a_signed_document_is_proved(by_key_identifier: bool, form: SigSeedSubFilter) -> None:
    document = sign(blank(), leaf(), by_key_identifier=by_key_identifier, form=form)
    proof = await verify(document)
    assert proof.by.serial == leaf().certificate.serial_number
    assert proof.by.items is not None
    assert proof.by.items.name == "辻　花子"


@pytest.mark.parametrize("form", [SigSeedSubFilter.ADOBE_PKCS7_DETACHED, SigSeedSubFilter.PADES])
async def test_a_document_signed_by_a_library_is_proved(form: SigSeedSubFilter) -> None:
    document = await sign_by_library(blank(), leaf(), form)
    assert (await verify(document)).by.serial == leaf().certificate.serial_number


@pytest.mark.parametrize("options", [[], ["-keyid"], ["-cades"]])
async def test_a_document_signed_with_openssl_is_proved(options: list[str], tmp_path: Path) -> None:
    assert isinstance(leaf().key, RSAPrivateKey)
    key = leaf().key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "key.pem").write_bytes(key)
    (tmp_path / "leaf.pem").write_bytes(leaf().certificate.public_bytes(Encoding.PEM))

    def openssl(content: bytes) -> bytes:
        command = (
            "openssl cms -sign -binary -signer leaf.pem -inkey key.pem -outform DER -md sha256"
        )
        done = subprocess.run(
            [*command.split(), *options],
            input=content,
            cwd=tmp_path,
            capture_output=True,
            check=True,
        )
        return done.stdout

    document = sign(blank(), leaf(), signer=openssl)
    assert (await verify(document)).by.serial == leaf().certificate.serial_number


async def test_the_signer_is_the_certificate_that_the_signature_names() -> None:
    """Certificates come in any order, with others among them."""
    other = pki().leaf(SIGNING, key=pki().leaf(USER_AUTH).key)
    authority = pki().authority(SIGNING).certificate
    certificates = [authority, other.certificate, leaf().certificate]
    document = sign(blank(), leaf(), certificates=certificates, by_key_identifier=True)
    assert (await verify(document)).by.serial == leaf().certificate.serial_number


async def test_a_document_without_a_signature_is_refused() -> None:
    await refused(UnsignedDocumentError, verify(blank()))


async def test_appended_content_is_refused() -> None:
    await refused(AppendedContentError, verify(append(signed_once())))
    found = await refused(AppendedContentError, verify(signed_once() + b"\n% more"))
    assert found.facts["added"] == 7


async def test_a_second_signature_is_refused() -> None:
    other = pki().leaf(SIGNING)
    twice = sign(signed_once(), other, field="Signature2")
    found = await refused(SecondSignatureError, verify(twice))
    assert found.facts["signatures"] == 2


def with_range(document: bytes, *numbers: int) -> bytes:
    """Other numbers in the ByteRange, in as many bytes."""
    found = re.search(rb"/ByteRange ?\[[^]]*\]", document)
    assert found is not None
    text = b"/ByteRange [" + b" ".join(b"%d" % number for number in numbers)
    return (
        document[: found.start()] + text.ljust(len(found[0]) - 1) + b"]" + document[found.end() :]
    )


def range_of(document: bytes) -> tuple[int, int, int, int]:
    found = re.search(rb"/ByteRange ?\[([^]]*)\]", document)
    assert found is not None
    first, second, third, fourth = (int(number) for number in found[1].split())
    return first, second, third, fourth


def partial() -> dict[str, bytes]:
    document = signed_once()
    _, first, second, last = range_of(document)
    return {
        "not from the start": with_range(document, 9, first - 9, second, last),
        "a wider gap before": with_range(document, 0, first - 40, second, last),
        "a wider gap after": with_range(document, 0, first, second + 40, last - 40),
        "a gap moved by a byte": with_range(document, 0, first - 1, second - 1, last + 1),
        "not to the end": with_range(document, 0, first, second, last - 9),
        "beyond the end": with_range(document, 0, first, second, last + 9),
        "shifted with the same sum": with_range(document, 0, first + 2, second + 2, last - 2),
        "three numbers": with_range(document, 0, first, second),
        "backwards": with_range(document, 0, second, first, last),
    }


@pytest.mark.parametrize("name", list(partial()))
async def test_a_signature_over_a_part_is_refused(name: str) -> None:
    await refused(PartialCoverageError, verify(partial()[name]))


async def test_content_hidden_behind_the_signature_value_is_refused() -> None:
    """Signature wrapping: room inside the gap that no signature covers."""
    document = signed_once()
    _, first, second, _ = range_of(document)
    gap = document[first:second]
    smuggled = gap[:-9] + b"20202020>"
    await refused(PartialCoverageError, verify(document[:first] + smuggled + document[second:]))


async def test_a_changed_content_is_refused() -> None:
    changed = signed_once().replace(b"(application)", b"(replication)")
    assert changed != signed_once()
    await refused(AlteredDocumentError, verify(changed))


def test_a_table_of_objects_that_does_not_unpack_is_refused() -> None:
    document = signed_once()
    place = document.index(b"stream", document.rindex(b"/XRef")) + len(b"stream\r\n")
    for at in range(place, place + 12):
        bad = bytearray(document)
        bad[at] ^= 1
        with pytest.raises(RefusedError):
            check_pdf(bytes(bad), trust=trust(), at=NOW)


def test_a_changed_byte_is_refused_wherever_it_is() -> None:
    document = signed_once()
    start = document.index(b"/Contents <30")
    places = st.one_of(
        st.integers(0, len(document) - 1), st.integers(start, start + 2 * len(leaf_signature()))
    )

    @settings(max_examples=60)
    @given(places, st.integers(1, 255))
    def changed(place: int, mask: int) -> None:
        bad = bytearray(document)
        bad[place] ^= mask
        if (document[place] | 0x20) == (bad[place] | 0x20) and start < place:
            return  # a hexadecimal digit in the other case is the same value
        with pytest.raises(RefusedError):
            check_pdf(bytes(bad), trust=trust(), at=NOW)

    changed()


def leaf_signature() -> bytes:
    embedded = PdfFileReader(io.BytesIO(signed_once())).embedded_signatures[0]
    raw: bytes = embedded.signed_data["signer_infos"][0].dump()
    return raw


async def test_the_certificate_of_somebody_else_is_refused() -> None:
    other = pki().leaf(SIGNING)
    exchanged = sign(blank(), leaf(), certificates=[other.certificate])
    await refused(AmbiguousSignerError, verify(exchanged))


async def test_two_certificates_with_one_key_identifier_are_refused() -> None:
    twin = pki().leaf(SIGNING)
    document = sign(
        blank(), leaf(), certificates=[twin.certificate, leaf().certificate], by_key_identifier=True
    )
    await refused(AmbiguousSignerError, verify(document))


async def test_a_certificate_that_the_signature_does_not_vouch_for_is_refused() -> None:
    document = sign(blank(), leaf(), vouched=pki().leaf(SIGNING).certificate)
    await refused(AmbiguousSignerError, verify(document))


async def test_a_signature_by_another_key_is_refused() -> None:
    imposter = Leaf(leaf().certificate, pki().leaf(USER_AUTH).key)
    await refused(WrongSignatureError, verify(sign(blank(), imposter)))


def unsupported() -> dict[str, dict[str, Any]]:
    def pss(info: cms.SignerInfo) -> None:
        parameters = algos.RSASSAPSSParams(
            {"hash_algorithm": {"algorithm": "sha256"}, "salt_length": 32}
        )
        info["signature_algorithm"] = {"algorithm": "rsassa_pss", "parameters": parameters}

    return {
        "sha-384": {"hashing": SHA384(), "algorithm": "sha384_rsa"},
        "pss": {"alter": pss},
        "no attributes": {"attributes": False},
    }


@pytest.mark.parametrize("name", list(unsupported()))
async def test_another_kind_of_signature_is_refused(name: str) -> None:
    document = sign(blank(), leaf(), **unsupported()[name])
    await refused(UnsupportedSignatureError, verify(document))


async def test_a_signature_form_that_readers_skip_is_refused() -> None:
    for form in (b"/ETSI.RFC3161       ", b"/adbe.x509.rsa_sha1 ", b"/x.unknown          "):
        other = signed_once().replace(b"/adbe.pkcs7.detached", form)
        await refused(UnsupportedSignatureError, verify(other))


async def test_a_timestamp_is_no_signature() -> None:
    await refused(UnsupportedSignatureError, verify(sign(blank(), leaf(), stamp=True)))
    both = sign(signed_once(), leaf(), field="Stamp", stamp=True)
    await refused(SecondSignatureError, verify(both))


async def test_the_certificate_of_the_signer_is_verified() -> None:
    login = pki().leaf(USER_AUTH)
    await refused(WrongKindError, verify(sign(blank(), login)))
    late = pki().leaf(SIGNING)
    expired = altered(
        late.certificate, pki().authority(SIGNING).key, not_after=NOW - timedelta(seconds=1),
        not_before=NOW - timedelta(days=1),
    )  # fmt: skip
    await refused(ExpiredError, verify(sign(blank(), Leaf(expired, late.key))))
    assert late.certificate.not_valid_after_utc == UNTIL


async def test_status_is_asked_for_the_signer() -> None:
    gone = pki().leaf(SIGNING, revoked=Reason.AFFILIATION_CHANGED)
    status = lists(der(pki().crl(SIGNING)))
    assert await verify(signed_once(), status)
    await refused(RevokedError, verify(sign(blank(), gone), status))
    await refused(StatusUnreachableError, verify(signed_once(), lists()))


@pytest.mark.parametrize("junk", [b"", b"%PDF-1.7", b"not a document", b"%PDF-1.7\n" + b"0" * 99])
async def test_junk_is_no_document(junk: bytes) -> None:
    await refused(MalformedDocumentError, verify(junk))


async def test_bytes_before_the_header_are_refused() -> None:
    await refused(MalformedDocumentError, verify(b"#!/bin/sh\n" + signed_once()))


async def test_a_broken_signature_value_is_refused() -> None:
    start = signed_once().index(b"/Contents <30") + len("/Contents <")
    broken = bytearray(signed_once())
    broken[start : start + 2] = b"31"
    with pytest.raises(RefusedError):
        await verify(bytes(broken))


async def test_an_encrypted_document_is_refused() -> None:
    writer = copy_into_new_writer(PdfFileReader(io.BytesIO(blank())))
    handler: SecurityHandler = StandardSecurityHandler.build_from_pw("secret")
    writer.security_handler = handler
    writer._encrypt = writer.add_object(handler.as_pdf_object())
    out = io.BytesIO()
    writer.write(out)
    await refused(MalformedDocumentError, verify(out.getvalue()))


def test_a_small_file_that_unfolds_to_a_big_one_is_refused() -> None:
    head = b"%PDF-1.7\n"
    table = zlib.compress(bytes(32 * 2**20), 9)
    entries = b"/Type/XRef/Size 9/W[1 2 1]/Index[0 8000000]/Root 2 0 R/Filter/FlateDecode"
    stream = b"<<%s/Length %d>>\nstream\n%s\nendstream" % (entries, len(table), table)
    bomb = head + b"1 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n" % (stream, len(head))
    assert len(bomb) < 40_000
    started = time.process_time()
    refused_at_once(MalformedDocumentError, lambda: check_pdf(bomb, trust=trust(), at=NOW))
    assert time.process_time() - started < 2
