"""What a phone shows is checked part by part; each part that is wrong has a refusal of its own."""

import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import cbor2
import pytest
from cbor2 import CBORTag
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from jichitai.jpki.phone import certificates, refusals
from jichitai.jpki.phone.cose import ES256, X5CHAIN
from jichitai.jpki.phone.elements import (
    COMMON,
    DOCTYPE,
    JP,
    OVER_20,
    Element,
    Query,
    elements_of,
    next_update,
)
from jichitai.jpki.phone.mdoc import IssuerSigned, Item, StatusEntry
from jichitai.jpki.phone.openid4vp import Session
from jichitai.jpki.phone.verify import Expected, Presented, verify
from jichitai.kernel.dates import UncertainDate
from jichitai.kernel.errors import JichitaiError
from tests.jpki.phone_people import (
    HANAKO,
    NOW,
    ORIGIN,
    TODAY,
    PhonePki,
    key,
    leaf,
    pki,
    root,
    session,
    validity,
)


async def in_force(entry: StatusEntry) -> None:
    assert entry == StatusEntry(f"{ORIGIN}/jpki/phone/status/0", 7)


async def checked(
    response: bytes,
    *,
    wanted: tuple[Element, ...] = Query.OVER_20.elements,
    of: Session | None = None,
    roots: Any = None,
    at: Any = NOW,
    earlier: tuple[Session, ...] = (),
) -> Presented:
    expected = Expected(session=of or session(), elements=wanted, earlier=earlier)
    return await verify(response, expected, roots=roots or pki().roots, at=at, status=in_force)


def changed(response: bytes, change: Callable[[Any], None]) -> bytes:
    """The response after a change of its only document."""
    whole = cbor2.loads(response)
    change(whole["documents"][0])
    return cbor2.dumps(whole)


async def test_a_verifier_learns_that_the_holder_is_over_20_and_nothing_else() -> None:
    response = pki().shown(session())
    found = await checked(response)
    assert found.elements == {OVER_20: True}
    for hidden in ("見本", "札幌", "1985", "000000000000"):
        assert hidden.encode() not in response
    assert "True" not in repr(found)


async def test_items_that_were_agreed_to_arrive_whole() -> None:
    wanted = Query.IDENTITY.elements
    found = await checked(pki().shown(session(), wanted), wanted=wanted)
    assert found.elements[Element(JP, "full_name_unicode")] == "見本　花子"
    assert found.elements[Element(JP, "birth_date_unicode")] == "1985年5月1日"
    assert found.valid_until == NOW + timedelta(days=365)


def test_the_transcript_is_that_of_the_standards_example() -> None:
    thumbprint = bytes.fromhex("4283ec927ae0f208daaa2d026a814f2b22dca52cf85ffa8f3f8626c6bd669047")
    example = Session(
        "x509_san_dns:example.com",
        "exc7gBkxjx1rdc9udRrveKvSsJIq80avlXeLHhGwqtA",
        thumbprint,
        "https://example.com/response",
    )
    assert example.transcript().hex() == (
        "83f6f682714f70656e494434565048616e646f7665725820"
        "048bc053c00442af9b8eed494cefdd9d95240d254b046b11b68013722aad38ac"
    )


def unsigned_extra(document: Any) -> None:
    extra = Item.made(999, "age_over_21", True)
    document["issuerSigned"]["nameSpaces"][COMMON].append(CBORTag(24, extra.encoded))


def unsigned_space(document: Any) -> None:
    extra = Item.made(0, "age_over_20", True)
    document["issuerSigned"]["nameSpaces"]["test.other"] = [CBORTag(24, extra.encoded)]


def other_value(document: Any) -> None:
    (tagged,) = document["issuerSigned"]["nameSpaces"][COMMON]
    item = cbor2.loads(tagged.value) | {"elementValue": False}
    document["issuerSigned"]["nameSpaces"][COMMON] = [CBORTag(24, cbor2.dumps(item))]


def other_payload(document: Any) -> None:
    authority = document["issuerSigned"]["issuerAuth"]
    security = cbor2.loads(cbor2.loads(authority[2]).value)
    security["docType"] = "test.other"
    authority[2] = cbor2.dumps(CBORTag(24, cbor2.dumps(security)))


def other_algorithm(document: Any) -> None:
    document["issuerSigned"]["issuerAuth"][0] = cbor2.dumps({1: ES256 - 1})


def no_device_signature(document: Any) -> None:
    document["deviceSigned"]["deviceAuth"] = {}


def broken_device_signature(document: Any) -> None:
    signature = document["deviceSigned"]["deviceAuth"]["deviceSignature"]
    signature[3] = signature[3][:-1] + bytes([signature[3][-1] ^ 1])


def device_items(document: Any) -> None:
    document["deviceSigned"]["nameSpaces"] = CBORTag(24, cbor2.dumps({COMMON: {"age": 99}}))


def twice(document: Any) -> None:
    items = document["issuerSigned"]["nameSpaces"][COMMON]
    items.append(items[0])


def no_chain(document: Any) -> None:
    document["issuerSigned"]["issuerAuth"][1] = {}


def junk_chain(document: Any) -> None:
    document["issuerSigned"]["issuerAuth"][1] = {X5CHAIN: b"junk"}


def other_version_of_certificate(document: Any) -> None:
    header = document["issuerSigned"]["issuerAuth"][1]
    header[X5CHAIN] = header[X5CHAIN].replace(
        bytes.fromhex("a003020102"), bytes.fromhex("a003020103")
    )


def other_doctype(document: Any) -> None:
    document["docType"] = "org.iso.18013.5.1.mDL"


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        (unsigned_extra, refusals.UnlistedElementError),
        (unsigned_space, refusals.UnlistedElementError),
        (other_value, refusals.DigestMismatchError),
        (other_payload, refusals.IssuerSignatureError),
        (other_algorithm, refusals.IssuerSignatureError),
        (no_device_signature, refusals.MalformedPresentationError),
        (broken_device_signature, refusals.DeviceSignatureError),
        (device_items, refusals.MalformedPresentationError),
        (twice, refusals.MalformedPresentationError),
        (no_chain, refusals.MalformedPresentationError),
        (junk_chain, refusals.MalformedPresentationError),
        (other_version_of_certificate, refusals.MalformedPresentationError),
        (other_doctype, refusals.WrongDocumentTypeError),
    ],
)
async def test_a_changed_response_is_refused_by_name(
    change: Callable[[Any], None], refusal: type[JichitaiError]
) -> None:
    with pytest.raises(refusal):
        await checked(changed(pki().shown(session()), change))


async def test_a_document_that_another_type_was_signed_for_is_refused() -> None:
    issued = pki().issued(doctype="test.other")
    with pytest.raises(refusals.WrongDocumentTypeError):
        await checked(pki().shown(session(), issued=issued))


def by_another_root(people: PhonePki) -> IssuerSigned:
    signer, signer_key = leaf(*root(9))
    return people.issued(signer=signer, signer_key=signer_key)


def by_itself(people: PhonePki) -> IssuerSigned:
    other, other_key = root(8)
    return people.issued(signer=other, signer_key=other_key)


def by_a_verifier(people: PhonePki) -> IssuerSigned:
    return people.issued(signer=people.reader, signer_key=people.reader_key)


def by_a_lapsed_signer(people: PhonePki) -> IssuerSigned:
    signer, signer_key = leaf(people.root, people.root_key, not_after=NOW - timedelta(seconds=1))
    return people.issued(signer=signer, signer_key=signer_key)


def before_the_signer(people: PhonePki) -> IssuerSigned:
    early = NOW - timedelta(days=2)
    return people.issued(validity=validity(signed=early))


def by_another_key(people: PhonePki) -> IssuerSigned:
    return people.issued(signer_key=key())


def tomorrow(people: PhonePki) -> IssuerSigned:
    return people.issued(validity=validity(valid_from=NOW + timedelta(seconds=1)))


def yesterday(people: PhonePki) -> IssuerSigned:
    return people.issued(validity=validity(valid_until=NOW - timedelta(seconds=1)))


def for_another_phone(people: PhonePki) -> IssuerSigned:
    return people.issued(device_key=key().public_key())


@pytest.mark.parametrize(
    ("made", "refusal"),
    [
        (by_another_root, refusals.UntrustedIssuerError),
        (by_itself, refusals.UntrustedIssuerError),
        (by_a_verifier, refusals.IssuerUsageError),
        (by_a_lapsed_signer, refusals.IssuerNotInForceError),
        (before_the_signer, refusals.IssuerNotInForceError),
        (by_another_key, refusals.IssuerSignatureError),
        (tomorrow, refusals.NotYetValidError),
        (yesterday, refusals.ExpiredCredentialError),
        (for_another_phone, refusals.DeviceSignatureError),
    ],
)
async def test_a_credential_that_was_wrongly_made_is_refused_by_name(
    made: Callable[[PhonePki], IssuerSigned], refusal: type[JichitaiError]
) -> None:
    with pytest.raises(refusal):
        await checked(pki().shown(session(), issued=made(pki())))


async def test_the_last_second_of_a_credential_counts() -> None:
    response = pki().shown(session(), issued=pki().issued(validity=validity(valid_until=NOW)))
    assert (await checked(response)).valid_until == NOW


@pytest.mark.parametrize(
    ("answered", "refusal"),
    [
        (session("nonce-0"), refusals.ReplayedNonceError),
        (session(client_id="x509_hash:other"), refusals.WrongAudienceError),
        (session(response_uri="http://127.0.0.1:1/answers"), refusals.WrongAudienceError),
    ],
)
async def test_an_answer_to_another_request_is_refused_and_named_when_it_is_known(
    answered: Session, refusal: type[JichitaiError]
) -> None:
    response = pki().shown(answered)
    with pytest.raises(refusals.DeviceSignatureError):
        await checked(response)
    with pytest.raises(refusal):
        await checked(response, earlier=(answered,))


async def test_less_or_more_than_was_asked_for_is_refused() -> None:
    both = (OVER_20, Element(JP, "full_name_unicode"))
    with pytest.raises(refusals.MissingElementError):
        await checked(pki().shown(session()), wanted=both)
    with pytest.raises(refusals.ExcessElementError):
        await checked(pki().shown(session(), both))


async def test_every_generation_of_roots_is_trusted() -> None:
    second, second_key = root(2)
    signer, signer_key = leaf(second, second_key)
    response = pki().shown(session(), issued=pki().issued(signer=signer, signer_key=signer_key))
    assert (await checked(response, roots=(pki().root, second))).elements == {OVER_20: True}


@given(st.binary(max_size=200))
async def test_junk_is_refused_as_unreadable(junk: bytes) -> None:
    with pytest.raises(refusals.MalformedPresentationError):
        await checked(junk)


async def test_a_certificate_with_another_count_of_unused_bits_is_refused() -> None:
    """A reader that passes over the count would take two encodings for one certificate."""
    der = pki().reader.public_bytes(Encoding.DER)
    bad = bytearray(der)
    bad[len(der) - len(pki().reader.signature) - 1] = 1
    with pytest.raises(ValueError, match=r"octets|ParseError"):
        certificates.parse(bytes(bad))


@given(st.data())
async def test_no_single_changed_byte_is_accepted_or_crashes(data: st.DataObject) -> None:
    response = bytearray(_RESPONSE)
    place = data.draw(st.integers(0, len(response) - 1))
    response[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(JichitaiError):
        await checked(bytes(response))


_RESPONSE = pki().shown(session())


@pytest.mark.parametrize(
    ("right", "equal"),
    [
        (b"fstatus\x00", b"fstatus\xf4"),
        (b"\xa1\x18\x21", b"\xa1\xf8\x21"),
        (b"\xa0\xf6\x58\x40", b"\xa0\x40\x58\x40"),
    ],
)
async def test_a_value_that_only_compares_as_equal_is_refused(right: bytes, equal: bytes) -> None:
    """False for 0, a simple value for a label, an empty payload for none."""
    assert _RESPONSE.count(right) == 1
    with pytest.raises(JichitaiError):
        await checked(_RESPONSE.replace(right, equal))


@pytest.mark.parametrize(
    ("born", "today", "over"),
    [
        ("2006-11-21", TODAY, False),
        ("2006-11-20", TODAY, True),
        ("2004-02-29", date(2024, 2, 28), False),
        ("2004-02-29", date(2024, 2, 29), True),
    ],
)
def test_a_holder_is_over_20_from_the_birthday_on(born: str, today: date, *, over: bool) -> None:
    holder = replace(HANAKO, birth_date=UncertainDate.parse(born))
    found = elements_of(holder, today)
    assert found[OVER_20] is over
    update = next_update(holder, today)
    assert update is not None
    after, before = elements_of(holder, update), elements_of(holder, update - timedelta(days=1))
    age = Element(COMMON, "age_in_years")
    assert after[age] == found[age] + 1
    assert before[age] == found[age]


def test_an_uncertain_birth_date_says_nothing_about_ages() -> None:
    holder = replace(HANAKO, birth_date=UncertainDate.parse("昭和20年頃"))
    found = elements_of(holder, TODAY)
    assert not [one for one in found if one.name.startswith("age_")]
    assert next_update(holder, TODAY) is None


def test_an_independent_reader_accepts_the_credential() -> None:
    """pyMDOC-CBOR, which none of us wrote, checks issuer, chain and digests."""
    reader = pytest.importorskip("pymdoccbor.mdoc.verifier")
    issued = pki().issued()
    document = {"docType": DOCTYPE, "issuerSigned": issued.encoded()}
    whole = reader.MdocCbor()
    whole.loads(cbor2.dumps({"version": "1.0", "documents": [document], "status": 0}))
    assert whole.verify([pki().root]) is True
    assert whole.disclosure_map[COMMON]["age_over_20"] is True


def test_certificates_follow_the_strict_profile(tmp_path: Any) -> None:
    for name, one in (("root", pki().root), ("signer", pki().signer)):
        (tmp_path / f"{name}.pem").write_bytes(one.public_bytes(Encoding.PEM))
    done = subprocess.run(
        ["openssl", "verify", "-x509_strict", "-attime", str(int(NOW.timestamp())), "-CAfile",
         str(tmp_path / "root.pem"), str(tmp_path / "signer.pem")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert certificates.name_of(pki().signer)
