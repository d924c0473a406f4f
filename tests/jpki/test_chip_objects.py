"""Data objects: written, read back, signed for one chip, and refused when anything is changed."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jichitai.jpki.chip import (
    contents,
    faces,
    issuing,
    layout,
    portraits,
    reading,
    rsa,
    tlv,
    verifiable,
)
from jichitai.jpki.chip.commands import AUTHENTIC
from jichitai.jpki.chip.contents import CardData, ChosenPins, Drawn, Objects
from jichitai.jpki.chip.device import Chip
from jichitai.jpki.chip.errors import BrokenObjectError, ForgedObjectError
from jichitai.jpki.chip.layout import App
from jichitai.jpki.chip.storage import MemoryStorage
from jichitai.jpki.chip.verifiable import ObjectKind
from jichitai.jpki.messages import ObjectSignatures
from jichitai.kernel.identifiers import JukiCode, LocalGovernmentCode, MyNumber
from jichitai.kernel.persons import Sex
from jichitai.kernel.secrets import Secret
from tests.jpki import chips
from tests.jpki.chips import NUMBER

ROOTS = {"card-1": chips.private(5).public_key()}
CV = verifiable.make_cv(
    issuer="card-1", subject="card-1-objects", public_key=chips.private(6).public_key(),
    by=chips.private(5),
)  # fmt: skip
SIGNER = chips.private(6)


def card(**changes: object) -> CardData:
    data = CardData(
        name="辻󠄂　花子",
        address="北海道札幌市中央区北一条西二丁目１番地",
        birth_date="1985-05-01",
        sex=Sex.FEMALE,
        municipality=LocalGovernmentCode.parse("011002"),
        until=date(2036, 5, 1),
        certificate_until=date(2031, 5, 1),
        security_code="5678",
        my_number=MyNumber.from_body("12345678901"),
        juki_code=JukiCode.from_body("1234567890"),
    )
    return replace(data, **changes)  # type: ignore[arg-type]


def drawn(number: bytes | None = b"number") -> Drawn:
    return Drawn(
        name=b"name", address=b"address", security_code=b"code", photo=b"photo", number=number
    )


@pytest.fixture(scope="module")
def objects() -> Objects:
    return contents.build(card(), chips.private(3).public_key(), drawn())


@pytest.fixture(scope="module")
def signatures(objects: Objects) -> ObjectSignatures:
    return verifiable.sign_objects(
        SIGNER, number=NUMBER, hashes_=objects.hashes(), card_verifiable=CV
    )


@pytest.fixture(scope="module")
def written(objects: Objects, signatures: ObjectSignatures) -> dict[tuple[App, int], bytes]:
    made = contents.files(card(), objects, signatures)
    return {(app, fid): content for app, fid, content in made}


def test_the_objects_have_the_published_layout(written: dict[tuple[App, int], bytes]) -> None:
    number = written[App.INPUT, layout.INPUT_NUMBER]
    assert number == bytes.fromhex("DF100C") + b"123456789018"
    items = written[App.INPUT, layout.INPUT_ITEMS]
    found = tlv.fields(items, 0xFF20)
    assert found[0xDF24] == b"19850501"
    assert found[0xDF25] == b"2"
    assert found[0xDF22].decode() == "辻󠄂　花子"
    offsets = found[0xDF21]
    starts = [int.from_bytes(offsets[at : at + 2]) for at in range(0, len(offsets), 2)]
    assert [tlv.take(items, start)[0].tag for start in starts] == [0xDF22, 0xDF23, 0xDF24, 0xDF25]
    front = written[App.FACE, layout.FACE_FRONT]
    offsets = tlv.fields(front, 0xFF20)[0xDF21]
    starts = [int.from_bytes(offsets[at : at + 2]) for at in range(0, len(offsets), 2)]
    assert [tlv.take(front, start)[0].tag for start in starts] == list(range(0xDF22, 0xDF2B))


def test_a_reader_finds_what_was_written_and_checks_it_offline(
    written: dict[tuple[App, int], bytes],
) -> None:
    key = verifiable.check_cv(written[App.FACE, layout.FACE_CV], ROOTS).public_key
    items = reading.items(written[App.INPUT, layout.INPUT_ITEMS])
    made = reading.authentication(written[App.INPUT, layout.INPUT_AUTHENTICATION])
    assert (items.name, items.sex, items.birth_date) == ("辻󠄂　花子", Sex.FEMALE, "1985-05-01")
    reading.check_items(key, items, made, chip=NUMBER)
    signed = written[App.INPUT, layout.INPUT_SIGNATURES]
    number = written[App.INPUT, layout.INPUT_NUMBER]
    reading.check_number(key, number + b"\0\0", signed, chip=NUMBER)
    assert reading.number(number + b"\xff\xff").reveal() == "123456789018"
    front = reading.front(written[App.FACE, layout.FACE_FRONT])
    birth = reading.birth(written[App.FACE, layout.FACE_BIRTH])
    back = reading.back(written[App.FACE, layout.FACE_BACK])
    for read in (front, birth, back):
        reading.check_face(key, read, chip=NUMBER)
        assert read.chip_key == chips.private(3).public_key()
    assert (front.until, front.name, back.number) == ("2036-05-01", b"name", b"number")
    code = reading.juki_code(written[App.REGISTER, layout.REGISTER_CODE])
    assert code == JukiCode.from_body("1234567890")


FACES: list[tuple[int, Callable[[bytes], reading.Birth | reading.Front | reading.Back]]] = [
    (layout.FACE_BIRTH, reading.birth),
    (layout.FACE_FRONT, reading.front),
    (layout.FACE_BACK, reading.back),
]
FORGERIES: dict[str, Callable[[dict[tuple[App, int], bytes]], None]] = {
    "name": lambda files: reading.check_items(
        SIGNER.public_key(),
        reading.items(files[App.INPUT, layout.INPUT_ITEMS].replace("花".encode(), "華".encode())),
        reading.authentication(files[App.INPUT, layout.INPUT_AUTHENTICATION]),
        chip=NUMBER,
    ),
    "photo": lambda files: reading.check_face(
        SIGNER.public_key(),
        reading.front(files[App.FACE, layout.FACE_FRONT].replace(b"photo", b"other")),
        chip=NUMBER,
    ),
    "birth": lambda files: reading.check_face(
        SIGNER.public_key(),
        reading.birth(files[App.FACE, layout.FACE_BIRTH].replace(b"1985", b"2000")),
        chip=NUMBER,
    ),
    "another chip": lambda files: reading.check_face(
        SIGNER.public_key(), reading.front(files[App.FACE, layout.FACE_FRONT]), chip="9" * 13
    ),
    "another key": lambda files: reading.check_face(
        chips.private(5).public_key(), reading.back(files[App.FACE, layout.FACE_BACK]), chip=NUMBER
    ),
    "number": lambda files: reading.check_number(
        SIGNER.public_key(),
        files[App.INPUT, layout.INPUT_NUMBER].replace(b"1234", b"1235"),
        files[App.INPUT, layout.INPUT_SIGNATURES],
        chip=NUMBER,
    ),
}


@pytest.mark.parametrize("what", FORGERIES)
def test_a_changed_object_is_refused(what: str, written: dict[tuple[App, int], bytes]) -> None:
    with pytest.raises(ForgedObjectError):
        FORGERIES[what](written)


@given(data=st.data())
def test_whatever_byte_is_changed_nothing_false_is_believed(
    data: st.DataObject, written: dict[tuple[App, int], bytes]
) -> None:
    fid, read = data.draw(st.sampled_from(FACES))
    content = bytearray(written[App.FACE, fid])
    content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    with suppress(BrokenObjectError, ForgedObjectError):
        believed = read(bytes(content))
        reading.check_face(SIGNER.public_key(), believed, chip=NUMBER)
        assert believed == read(written[App.FACE, fid])


def test_a_signature_is_good_for_one_kind_of_object(
    objects: Objects, signatures: ObjectSignatures
) -> None:
    with pytest.raises(ForgedObjectError):
        verifiable.check_object(
            SIGNER.public_key(), ObjectKind.FRONT, number=NUMBER,
            digest=objects.hashes().birth, signature=signatures.birth,
        )  # fmt: skip


def test_a_cv_certificate_names_its_issuer_and_key() -> None:
    checked = verifiable.check_cv(CV + b"\0", ROOTS)
    assert (checked.issuer, checked.subject) == ("card-1", "card-1-objects")
    assert checked.public_key == SIGNER.public_key()
    with pytest.raises(ForgedObjectError):
        verifiable.check_cv(CV, {"card-2": ROOTS["card-1"]})
    with pytest.raises(ForgedObjectError):
        verifiable.check_cv(CV, {"card-1": SIGNER.public_key()})
    with pytest.raises(ForgedObjectError):
        verifiable.check_cv(CV.replace(b"objects", b"0bjects"), ROOTS)
    with pytest.raises(ValueError, match="16"):
        verifiable.make_cv(
            issuer="card-1", subject="a" * 17, public_key=SIGNER.public_key(), by=SIGNER
        )


@given(st.binary(max_size=300))
def test_no_bytes_crash_a_reader(content: bytes) -> None:
    for read in (
        reading.items, reading.front, reading.back, reading.birth, reading.authentication,
        reading.chip_number, lambda data: verifiable.check_cv(data, ROOTS),
    ):  # fmt: skip
        with pytest.raises((BrokenObjectError, ForgedObjectError)):
            read(content)


@given(st.integers(0, 0x7FFF), st.binary(max_size=700))
def test_objects_are_read_as_they_were_written(tag: int, value: bytes) -> None:
    tag = 0xDF00 | tag % 0x80
    assert tlv.take(b"\0" + tlv.encode(tag, value) + b"tail", 1) == (
        tlv.Tlv(tag, value), 1 + len(tlv.encode(tag, value)),
    )  # fmt: skip


@pytest.mark.parametrize(
    "broken", ["", "DF", "DF10", "DF1002AA", "DF1080", "DF10817F" + "00" * 127, "DF1083000001AA"]
)
def test_a_broken_object_is_refused(broken: str) -> None:
    with pytest.raises(BrokenObjectError):
        tlv.take(bytes.fromhex(broken))


@pytest.mark.parametrize(
    ("read", "content"),
    [
        (reading.number, "DF110C313233343536373839303138"),
        (reading.number, "DF100CFF3233343536373839303138"),
        (reading.birth, "FF100CDF1108" + b"1985050".hex() + "58"),
        (reading.items, "FF200BDF2201FFDF2301FFDF24"),
        (reading.items, "FF2010DF220141DF230141DF240131DF250131"),
        (reading.items, "FF2017DF220141DF230141DF2408" + b"19850501".hex() + "DF250134"),
        (reading.chip_number, "5A0F4A54" + b"123456789012X".hex()),
    ],
)
def test_an_object_with_a_broken_field_is_refused(
    read: Callable[[bytes], object], content: str
) -> None:
    with pytest.raises(BrokenObjectError):
        read(bytes.fromhex(content))


def test_a_field_that_stands_twice_is_refused() -> None:
    with pytest.raises(BrokenObjectError):
        tlv.fields(tlv.encode(0xFF20, tlv.encode(0xDF22, b"a") * 2), 0xFF20)


def test_the_numbers_of_the_card_follow_from_its_face() -> None:
    assert card().number_b == "85050120365678"
    assert card().age_number == "20365678"
    assert card(birth_date="1985-01-01.month-unknown").birth_digits == "00000000"
    assert repr(card()) == "<CardData ・・・>"
    with pytest.raises(contents.UnwritableCardError):
        card(security_code="56789")
    with pytest.raises(contents.UnwritableCardError):
        card(name="　")


def test_a_card_without_a_number_has_no_object_of_it(signatures: ObjectSignatures) -> None:
    without = card(my_number=None, juki_code=None)
    objects = contents.build(without, chips.private(3).public_key(), drawn(None))
    assert objects.hashes().number is None
    assert objects.hashes().back is None
    made = contents.files(
        without, objects, ObjectSignatures(
            card_verifiable=CV, number=None, items=signatures.items, birth=signatures.birth,
            front=signatures.front, back=None,
        ),
    )  # fmt: skip
    names = {(app, fid) for app, fid, _ in made}
    assert (App.INPUT, layout.INPUT_NUMBER) not in names
    assert (App.FACE, layout.FACE_BACK) not in names
    chosen = ChosenPins(
        user_auth=Secret("1234"), signing=None, input=Secret("1234"), register=Secret("1234")
    )
    pins = {(app, fid) for app, fid, _ in contents.pins(without, chosen)}
    assert (App.INPUT, layout.INPUT_A) not in pins
    assert (App.JPKI, layout.SIGNING_PIN) not in pins


def test_a_whole_card_is_written_and_read_through_the_chip() -> None:
    chip = Chip(MemoryStorage(chips.memory_chip()._storage.load()), crafts=chips.crafts())
    send = chip.transmit
    challenge = chips.slot(send)
    made = chips.make_keys(send)
    data = card()
    pictures = faces.draw(data, portraits.portrait("hanako"))
    objects = contents.build(data, made["chip"], pictures)
    signed = verifiable.sign_objects(
        SIGNER, number=NUMBER, hashes_=objects.hashes(), card_verifiable=CV
    )
    chosen = ChosenPins(
        user_auth=Secret("1234"), signing=Secret("ABC123"), input=Secret("5678"),
        register=Secret("9012"),
    )  # fmt: skip
    chips.ok(send(issuing.authenticate(chips.permit(challenge))))
    certificates = chips.certify(made["signing"], made["user-auth"])
    pins = [(app, fid, pin.reveal()) for app, fid, pin in contents.pins(data, chosen)]
    chips.write(send, [*contents.files(data, objects, signed), *certificates.files()], pins)
    chips.ok(send(issuing.commit()))
    _read_as_a_shop_would(chip)
    _challenge(chip)


def _read_as_a_shop_would(chip: Chip) -> None:
    """With 照合番号B only: the front and the four items, but not the number."""
    send = chip.transmit
    chips.select(send, App.FACE)
    key = verifiable.check_cv(chips.read(send, layout.FACE_CV), ROOTS).public_key
    assert chips.verify(send, layout.FACE_B, "85050120365678") == b"\x90\0"
    front = reading.front(chips.read(send, layout.FACE_FRONT))
    reading.check_face(key, front, chip=NUMBER)
    assert faces.chip_front(front).startswith(b"\x89PNG")
    chips.select(send, App.FACE, layout.FACE_BACK)
    assert send(bytes.fromhex("00B0000000")) == b"\x69\x82"
    chips.select(send, App.INPUT)
    assert chips.verify(send, layout.INPUT_B, "85050120365678") == b"\x90\0"
    items = reading.items(chips.read(send, layout.INPUT_ITEMS))
    made = reading.authentication(chips.read(send, layout.INPUT_AUTHENTICATION))
    reading.check_items(key, items, made, chip=NUMBER)
    for hidden in (layout.INPUT_NUMBER, layout.INPUT_SIGNATURES):
        chips.select(send, App.INPUT, hidden)
        assert send(bytes.fromhex("00B0000000")) == b"\x69\x82"


def _challenge(chip: Chip) -> None:
    challenge = bytes(range(32))
    chips.select(chip.transmit, App.FACE)
    chips.verify(chip.transmit, layout.FACE_B, "85050120365678")
    front = reading.front(chips.read(chip.transmit, layout.FACE_FRONT))
    answer = chips.ok(chip.transmit(b"\0\x88\0\0\x20" + challenge + b"\0"))
    verifiable.check_chip(front.chip_key, number=NUMBER, challenge=challenge, answer=answer)
    with pytest.raises(ForgedObjectError):
        verifiable.check_chip(front.chip_key, number=NUMBER, challenge=bytes(32), answer=answer)
    copy = rsa.sign(chips.key(4), AUTHENTIC + NUMBER.encode() + challenge)
    with pytest.raises(ForgedObjectError):
        verifiable.check_chip(front.chip_key, number=NUMBER, challenge=challenge, answer=copy)
