"""What the chip answers to the commands of a holder's software."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from hypothesis import given, settings
from hypothesis import strategies as st

from jichitai.jpki.chip import layout
from jichitai.jpki.chip.apdu import Command, Refusal, RefusedError
from jichitai.jpki.chip.device import Chip
from jichitai.jpki.chip.dispatcher import HOLDER, ISSUING, begin
from jichitai.jpki.chip.layout import App, PinRule
from jichitai.jpki.chip.model import ChipState
from jichitai.jpki.chip.storage import MemoryStorage
from tests.jpki import chips
from tests.jpki.chips import Certificates

Issued = tuple[Chip, Certificates]
SHA256_PREFIX = bytes.fromhex("3031300D060960864801650304020105000420")
JPKI_SELECT = "00A4040C0A D392F000260100000001"


@pytest.fixture(scope="module")
def written() -> tuple[MemoryStorage, Certificates]:
    storage = MemoryStorage(chips.memory_chip()._storage.load())
    certificates = chips.issue(Chip(storage, crafts=chips.crafts()).transmit)
    return storage, certificates


@pytest.fixture
def chip(written: tuple[MemoryStorage, Certificates]) -> Iterator[Issued]:
    """An issued chip that nobody has touched."""
    with Chip(MemoryStorage(written[0].memory), crafts=chips.crafts()) as card:
        yield card, written[1]


def send(chip: Chip, text: str) -> str:
    return chip.transmit(bytes.fromhex(text)).hex().upper()


def test_the_answer_to_reset_is_the_one_of_the_contact_interface() -> None:
    assert Chip.atr.hex().upper() == "3BE000FF8131FE4514"


@pytest.mark.parametrize(
    ("aid", "status"),
    [
        ("D392F000260100000001", "9000"),
        ("D3921000310001010408", "9000"),
        ("D3921000310001010402", "9000"),
        ("D3921000310001010100", "9000"),
        ("A000000308000010000100", "6A82"),
        ("D392F0002601", "6A82"),
        ("D392F00026010000000100", "6A82"),
        ("3F00", "6A82"),
    ],
)
def test_only_whole_known_identifiers_select_an_application(
    chip: Issued, aid: str, status: str
) -> None:
    assert send(chip[0], f"00A4040C{len(aid) // 2:02X}{aid}") == status


def test_an_unknown_application_changes_nothing(chip: Issued) -> None:
    card, _ = chip
    chips.select(card.transmit, App.JPKI)
    assert chips.verify(card.transmit, layout.USER_AUTH_PIN, chips.USER_AUTH_PIN) == b"\x90\0"
    assert send(card, "00A4040C05A000000003") == "6A82"
    assert send(card, "00A4020C020017") == "9000"
    assert send(card, "802A0080 01 30 00").endswith("9000")


def test_selecting_an_application_leaves_no_file_selected(chip: Issued) -> None:
    card, _ = chip
    chips.select(card.transmit, App.JPKI, layout.TOKEN)
    assert send(card, "00B0000000").endswith("9000")
    chips.select(card.transmit, App.JPKI)
    for command in ("00B0000000", "00200080", "00200080 04 31323334", "802A0080 01 30 00"):
        assert send(card, command) == "6986"


def test_another_application_drops_what_was_verified(chip: Issued) -> None:
    card, _ = chip
    chips.select(card.transmit, App.JPKI)
    chips.verify(card.transmit, layout.SIGNING_PIN, chips.SIGNING_PIN)
    chips.select(card.transmit, App.JPKI, layout.SIGNING_CERTIFICATE)
    assert send(card, "00B0000004").endswith("9000"), "the same application keeps it"
    chips.select(card.transmit, App.COMMON)
    chips.select(card.transmit, App.JPKI, layout.SIGNING_CERTIFICATE)
    assert send(card, "00B0000004") == "6982"


@pytest.mark.parametrize("lose", ["reset", "off"])
def test_a_reset_drops_what_was_verified_and_selected(chip: Issued, lose: str) -> None:
    card, _ = chip
    chips.select(card.transmit, App.JPKI)
    chips.verify(card.transmit, layout.USER_AUTH_PIN, chips.USER_AUTH_PIN)
    if lose == "reset":
        card.reset()
    else:
        card.power_off()
        card.power_on()
    assert send(card, "00A4020C020017") == "6A82"
    chips.select(card.transmit, App.JPKI, layout.USER_AUTH_KEY)
    assert send(card, "802A0080 01 30 00") == "6982"


@pytest.mark.parametrize("empty", ["00200080", "0020008000"])
def test_an_empty_verify_always_tells_the_tries_left(chip: Issued, empty: str) -> None:
    card, _ = chip
    chips.select(card.transmit, App.JPKI, layout.USER_AUTH_PIN)
    assert send(card, empty) == "63C3"
    assert send(card, "00200080 04 30303030") == "63C2"
    assert send(card, empty) == "63C2"
    assert send(card, "00200080 04 31323334") == "9000"
    assert send(card, empty) == "63C3", "also when verified"
    chips.select(card.transmit, App.JPKI, layout.SIGNING_PIN)
    assert send(card, empty) == "63C5"


def test_a_pin_without_tries_is_blocked_even_for_the_right_value(chip: Issued) -> None:
    card, _ = chip
    chips.select(card.transmit, App.JPKI, layout.USER_AUTH_PIN)
    wrong = [send(card, "00200080 04 30303030") for _ in range(4)]
    assert wrong == ["63C2", "63C1", "63C0", "6983"]
    assert send(card, "00200080 04 31323334") == "6983"
    assert send(card, "00200080") == "63C0"
    card.reset()
    chips.select(card.transmit, App.JPKI, layout.USER_AUTH_PIN)
    assert send(card, "00200080 04 31323334") == "6983"


def test_a_wrong_entry_ends_the_verified_state(chip: Issued) -> None:
    card, _ = chip
    chips.select(card.transmit, App.JPKI)
    chips.verify(card.transmit, layout.USER_AUTH_PIN, chips.USER_AUTH_PIN)
    chips.verify(card.transmit, layout.USER_AUTH_PIN, "9999")
    chips.select(card.transmit, App.JPKI, layout.USER_AUTH_KEY)
    assert send(card, "802A0080 01 30 00") == "6982"


def test_the_same_number_has_a_counter_in_each_application(chip: Issued) -> None:
    card, _ = chip
    chips.select(card.transmit, App.FACE)
    assert chips.verify(card.transmit, layout.FACE_B, "0" * 14) == b"\x63\xc9"
    chips.select(card.transmit, App.INPUT)
    assert chips.verify(card.transmit, layout.INPUT_B, chips.B) == b"\x90\0"
    assert send(card, "00200080") == "63CA"


def test_a_pin_is_changed_only_after_the_old_one(chip: Issued) -> None:
    card, _ = chip
    chips.select(card.transmit, App.JPKI, layout.USER_AUTH_PIN)
    assert send(card, "00240180 04 34333231") == "6982"
    chips.verify(card.transmit, layout.USER_AUTH_PIN, chips.USER_AUTH_PIN)
    assert send(card, "00240180 03 343332") == "6A80"
    assert send(card, "00240180 04 34333231") == "9000"
    card.reset()
    chips.select(card.transmit, App.JPKI)
    assert chips.verify(card.transmit, layout.USER_AUTH_PIN, chips.USER_AUTH_PIN) == b"\x63\xc2"
    assert chips.verify(card.transmit, layout.USER_AUTH_PIN, "4321") == b"\x90\0"


@pytest.mark.parametrize("pin", ["ABCDEF", "123456", "abc123", "AB12", "A1" * 9, "ＡＢＣ１２３"])
def test_a_signing_pin_has_upper_letters_and_digits(chip: Issued, pin: str) -> None:
    card, _ = chip
    chips.select(card.transmit, App.JPKI)
    chips.verify(card.transmit, layout.SIGNING_PIN, chips.SIGNING_PIN)
    new = pin.encode()
    assert card.transmit(b"\0\x24\1\x80" + bytes([len(new)]) + new) in (b"\x6a\x80", b"\x67\0")


def test_a_printed_number_cannot_be_changed(chip: Issued) -> None:
    card, _ = chip
    chips.select(card.transmit, App.FACE)
    chips.verify(card.transmit, layout.FACE_B, chips.B)
    assert send(card, "00240180 0E" + "30" * 14) == "6985"


def test_certificates_are_read_in_blocks_of_any_size(chip: Issued) -> None:
    card, certificates = chip
    chips.select(card.transmit, App.JPKI)
    assert chips.read(card.transmit, layout.USER_AUTH_CERTIFICATE) == certificates.user_auth
    assert chips.read(card.transmit, layout.SIGNING_AUTHORITY) == certificates.signing_authority
    assert chips.read(card.transmit, layout.TOKEN) == b"JPKIAPICCTOKEN".ljust(32)
    chips.select(card.transmit, App.JPKI, layout.USER_AUTH_CERTIFICATE)
    assert chips.ok(card.transmit(bytes.fromhex("00B00000000000"))) == certificates.user_auth
    assert chips.ok(card.transmit(bytes.fromhex("00B000000001F4"))) == certificates.user_auth[:500]
    size = len(certificates.user_auth)
    assert send(card, f"00B0{size - 3:04X}00") == certificates.user_auth[-3:].hex().upper() + "9000"


def test_the_signing_certificate_is_read_only_after_its_pin(chip: Issued) -> None:
    card, certificates = chip
    chips.select(card.transmit, App.JPKI)
    chips.verify(card.transmit, layout.USER_AUTH_PIN, chips.USER_AUTH_PIN)
    chips.select(card.transmit, App.JPKI, layout.SIGNING_CERTIFICATE)
    assert send(card, "00B0000004") == "6982", "the other PIN is no help"
    chips.verify(card.transmit, layout.SIGNING_PIN, chips.SIGNING_PIN)
    assert chips.read(card.transmit, layout.SIGNING_CERTIFICATE) == certificates.signing


@pytest.mark.parametrize(
    ("key", "pin_file", "pin", "certificate"),
    [
        (layout.USER_AUTH_KEY, layout.USER_AUTH_PIN, chips.USER_AUTH_PIN, "user_auth"),
        (layout.SIGNING_KEY, layout.SIGNING_PIN, chips.SIGNING_PIN, "signing"),
    ],
)
def test_signatures_verify_with_the_certificate(
    chip: Issued, key: int, pin_file: int, pin: str, certificate: str
) -> None:
    card, certificates = chip
    chips.select(card.transmit, App.JPKI)
    chips.verify(card.transmit, pin_file, pin)
    chips.select(card.transmit, App.JPKI, key)
    digest = hashes.Hash(hashes.SHA256())
    digest.update(b"challenge")
    info = SHA256_PREFIX + digest.finalize()
    signature = chips.ok(card.transmit(b"\x80\x2a\0\x80" + bytes([len(info)]) + info + b"\0"))
    public = x509.load_der_x509_certificate(getattr(certificates, certificate)).public_key()
    assert isinstance(public, RSAPublicKey)
    public.verify(signature, b"challenge", padding.PKCS1v15(), hashes.SHA256())


@pytest.mark.parametrize("size", [1, 20, 83, 244, 245])
def test_any_digest_info_up_to_245_bytes_is_padded_and_signed(chip: Issued, size: int) -> None:
    card, certificates = chip
    chips.select(card.transmit, App.JPKI)
    chips.verify(card.transmit, layout.USER_AUTH_PIN, chips.USER_AUTH_PIN)
    chips.select(card.transmit, App.JPKI, layout.USER_AUTH_KEY)
    content = bytes(range(size))
    signature = chips.ok(card.transmit(b"\x80\x2a\0\x80" + bytes([size]) + content + b"\0"))
    public = x509.load_der_x509_certificate(certificates.user_auth).public_key()
    assert isinstance(public, RSAPublicKey)
    numbers = public.public_numbers()
    block = pow(int.from_bytes(signature), numbers.e, numbers.n).to_bytes(256)
    assert block == b"\0\1" + b"\xff" * (253 - size) + b"\0" + content


def test_the_serial_record_holds_the_number_from_its_third_character(chip: Issued) -> None:
    card, _ = chip
    chips.select(card.transmit, App.COMMON)
    record = chips.ok(card.transmit(bytes.fromhex("00B2010C00")))
    assert record[4:].decode() == chips.NUMBER
    assert send(card, "00B2020C00") == "6A83"
    assert send(card, "00B2011400") == "6A82"


def test_a_blank_chip_has_a_number_and_nothing_to_read() -> None:
    card = chips.memory_chip()
    for app, status in ((App.JPKI, "6A82"), (App.COMMON, "9000"), (App.ISSUING, "9000")):
        aid = layout.aid(app)
        assert send(card, f"00A4040C{len(aid):02X}{aid.hex()}") == status


MALFORMED = {
    "too short": ("00A404", Refusal.TOO_SHORT, "6700"),
    "Lc longer than the data": ("00A4040C0AD392", Refusal.LENGTH_MISMATCH, "6700"),
    "bytes after Le": ("00B0000002 01FFFFFF", Refusal.LENGTH_MISMATCH, "6700"),
    "extended Lc cut off": ("00B00000 000005 0102", Refusal.LENGTH_MISMATCH, "6700"),
    "extended Lc of zero": ("00A4040C00000000", Refusal.EMPTY_LONG_DATA, "6700"),
    "data where none belong": ("00B00000020102 00", Refusal.UNEXPECTED_DATA, "6700"),
    "no data where some belong": ("00A4020C", Refusal.MISSING_DATA, "6700"),
    "a PIN of 17 bytes": ("00200080 11" + "31" * 17, Refusal.MISSING_DATA, "6700"),
    "no Le": ("00B00000", Refusal.MISSING_LENGTH, "6700"),
    "wrong class": ("90B0000000", Refusal.WRONG_CLASS, "6E00"),
    "class of another command": ("802000800431323334", Refusal.WRONG_CLASS, "6E00"),
    "unknown instruction": ("00CA000000", Refusal.UNKNOWN_INSTRUCTION, "6D00"),
    "wrong parameters": ("00200081", Refusal.WRONG_PARAMETERS, "6A86"),
    "short file identifier": ("00B0810000", Refusal.WRONG_PARAMETERS, "6A86"),
    "offset past the end": ("00B0002000", Refusal.WRONG_OFFSET, "6B00"),
    "unknown file": ("00A4020C02FFFF", Refusal.UNKNOWN_FILE, "6A82"),
    "a PIN for a file that is none": ("002000800431323334", Refusal.WRONG_FILE, "6985"),
    "a signature by no key": ("802A0080 01 30 00", Refusal.WRONG_FILE, "6985"),
    "a digest that does not fit": (
        "802A0080 0000F6" + "00" * 246 + "0000", Refusal.WRONG_FILE, "6985",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", MALFORMED)
def test_each_kind_of_malformed_command_has_its_own_refusal(chip: Issued, what: str) -> None:
    text, refusal, status = MALFORMED[what]
    card, _ = chip
    chips.select(card.transmit, App.JPKI)
    if "17 bytes" in what:
        chips.select(card.transmit, App.JPKI, layout.USER_AUTH_PIN)
    else:
        chips.select(card.transmit, App.JPKI, layout.TOKEN)
    state = card._state
    assert state is not None
    after, response = begin(state, bytes.fromhex(text))
    assert response.refusal is refusal  # type: ignore[union-attr]
    assert bytes(response).hex().upper() == status  # type: ignore[arg-type]
    assert after is state, "a refused command changes nothing"
    assert send(card, "00B0000000").endswith("9000") or "17 bytes" in what


def test_a_key_file_is_never_read_and_too_long_a_digest_is_refused(chip: Issued) -> None:
    card, _ = chip
    chips.select(card.transmit, App.JPKI)
    chips.verify(card.transmit, layout.USER_AUTH_PIN, chips.USER_AUTH_PIN)
    for key in (layout.USER_AUTH_KEY, layout.SIGNING_KEY, layout.USER_AUTH_PIN):
        chips.select(card.transmit, App.JPKI, key)
        assert send(card, "00B0000000") == "6985"
    chips.select(card.transmit, App.JPKI, layout.USER_AUTH_KEY)
    assert send(card, "802A0080 0000F6" + "00" * 246 + "0000") == "6700"
    assert send(card, "802A0080 01 30") == "6700"


def test_internal_authentication_is_for_who_has_entered_a_number(chip: Issued) -> None:
    card, _ = chip
    chips.select(card.transmit, App.FACE)
    command = "00880000 10" + "AB" * 16 + "00"
    assert send(card, command) == "6982"
    chips.verify(card.transmit, layout.FACE_B, chips.B)
    assert len(card.transmit(bytes.fromhex(command))) == 258
    assert send(card, "00880000 0F" + "AB" * 15 + "00") == "6700"
    chips.select(card.transmit, App.JPKI)
    assert send(card, command) == "6D00"


@given(
    st.builds(
        Command,
        cla=st.integers(0, 255), ins=st.integers(0, 255), p1=st.integers(0, 255),
        p2=st.integers(0, 255), data=st.binary(max_size=600),
        le=st.none() | st.integers(1, 65536),
    )
)  # fmt: skip
def test_every_command_is_read_as_it_was_written(command: Command) -> None:
    assert Command.parse(bytes(command)) == command


@settings(max_examples=300)
@given(st.binary(max_size=40))
def test_any_bytes_are_a_command_or_a_refusal(content: bytes) -> None:
    with suppress(RefusedError):
        assert len(Command.parse(content).data) <= len(content)


def test_begin_is_a_pure_function_of_the_state(chip: Issued) -> None:
    memory = chip[0]._storage.load()
    state = ChipState(memory)
    first = begin(state, bytes.fromhex(JPKI_SELECT))
    assert first == begin(state, bytes.fromhex(JPKI_SELECT))
    assert state == ChipState(memory)
    assert set(HOLDER) == {
        (0, 0xA4), (0, 0x20), (0, 0x24), (0, 0xB0), (0, 0xB2), (0x80, 0x2A), (0, 0x88),
    }  # fmt: skip


def test_the_page_about_the_chip_names_every_refusal_command_and_identifier() -> None:
    page = (Path(__file__).parents[2] / "docs/reference/chip.md").read_text("utf-8")
    for refusal in Refusal:
        assert f"{refusal.status:04X}" in page
    for cla, ins in [*HOLDER, *ISSUING]:
        assert f"{cla:02X} {ins:02X} " in page
    for aid in layout.AIDS:
        proprietary = aid.startswith(b"\xf0")
        assert (f"F0 `JICHITAI` {aid[-1]:02d}" if proprietary else aid.hex(" ").upper()) in page
    for rules in layout.LAYOUT.values():
        for fid, rule in rules.items():
            assert f"{fid:04X}" in page
            if isinstance(rule, PinRule):
                assert str(rule.tries) in page
