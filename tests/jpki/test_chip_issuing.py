"""Personalisation: keys are made inside, a permit opens one writing, COMMIT is all or nothing."""

import os

import msgspec
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_private_key, load_der_public_key

from jichitai.jpki.chip import issuing, layout
from jichitai.jpki.chip.device import Chip
from jichitai.jpki.chip.dispatcher import answer
from jichitai.jpki.chip.layout import App
from jichitai.jpki.chip.model import ChipState, Memory
from jichitai.jpki.chip.personalise import complete
from jichitai.jpki.chip.storage import MemoryStorage
from jichitai.jpki.chip.work import Crafts
from tests.jpki import chips
from tests.jpki.chips import ok

NEW_KEYS = Crafts(draw=os.urandom, make_key=lambda: chips.key(4))


@pytest.fixture
def kept() -> MemoryStorage:
    return MemoryStorage(chips.memory_chip()._storage.load())


@pytest.fixture
def chip(kept: MemoryStorage) -> Chip:
    return Chip(kept, crafts=chips.crafts())


@pytest.fixture(scope="module")
def issued() -> Memory:
    storage = MemoryStorage(chips.memory_chip()._storage.load())
    chips.issue(Chip(storage, crafts=chips.crafts()).transmit)
    return storage.memory


def test_a_blank_chip_becomes_a_card(chip: Chip) -> None:
    ok(chip.transmit(issuing.select()))
    assert ok(chip.transmit(issuing.status())) == b"\0\0"
    certificates = chips.issue(chip.transmit)
    assert ok(chip.transmit(issuing.status())) == b"\1\0"
    chips.select(chip.transmit, App.JPKI)
    assert chips.read(chip.transmit, layout.USER_AUTH_CERTIFICATE) == certificates.user_auth


def test_a_new_key_proves_itself_and_signs_nothing_else(chip: Chip) -> None:
    chips.slot(chip.transmit)
    request = bytes(range(16))
    ok(chip.transmit(issuing.generate(layout.SIGNING_KEY)))
    spki = issuing.spki(ok(chip.transmit(issuing.get_modulus(layout.SIGNING_KEY))))
    proof = ok(chip.transmit(issuing.prove(layout.SIGNING_KEY, request)))
    key = load_der_public_key(spki)
    assert isinstance(key, RSAPublicKey)
    key.verify(proof, request + spki, padding.PKCS1v15(), hashes.SHA256())
    assert chip.transmit(issuing.prove(layout.SIGNING_KEY, b"short")) == b"\x67\0"
    assert chip.transmit(bytes.fromhex("802A0080013000")) == b"\x6d\0"


def test_power_lost_before_commit_changes_nothing(issued: Memory) -> None:
    kept = MemoryStorage(issued)
    chip = Chip(kept, crafts=NEW_KEYS)
    challenge = chips.slot(chip.transmit)
    ok(chip.transmit(issuing.generate(layout.USER_AUTH_KEY)))
    ok(chip.transmit(issuing.authenticate(chips.permit(challenge))))
    chips.write(
        chip.transmit,
        [(App.JPKI, layout.USER_AUTH_CERTIFICATE, b"other")],
        [(App.JPKI, layout.USER_AUTH_PIN, "9999")],
    )
    assert kept.memory.live == issued.live
    chip.power_off()
    assert kept.memory.live == issued.live
    ok(chip.transmit(issuing.select()))
    assert chip.transmit(issuing.commit()) == b"\x69\x82", "the permit must be shown again"
    chips.select(chip.transmit, App.JPKI)
    assert chips.verify(chip.transmit, layout.USER_AUTH_PIN, chips.USER_AUTH_PIN) == b"\x90\0"


def test_the_chip_lives_in_memory_alone_too() -> None:
    state = ChipState(chips.memory_chip()._storage.load())
    crafts = chips.crafts()

    def transmit(apdu: bytes) -> bytes:
        nonlocal state
        state, response = answer(state, apdu, crafts)
        return bytes(response)

    chips.issue(transmit)
    state = state.restarted()
    chips.select(transmit, App.JPKI)
    assert chips.verify(transmit, layout.SIGNING_PIN, "WRONG1") == b"\x63\xc4"
    assert chips.verify(transmit, layout.SIGNING_PIN, chips.SIGNING_PIN) == b"\x90\0"


def test_at_every_step_of_an_issue_the_chip_is_blank_or_complete() -> None:
    kept = MemoryStorage(chips.memory_chip()._storage.load())
    chip = Chip(kept, crafts=chips.crafts())
    live: list[bool] = []

    def watched(apdu: bytes) -> bytes:
        answer = chip.transmit(apdu)
        live.append(kept.memory.live is not None)
        return answer

    chips.issue(watched)
    assert live == [False] * (len(live) - 1) + [True], "COMMIT is the last command"
    assert kept.memory.live is not None
    assert complete(kept.memory.live)
    assert kept.memory.slot is None


def test_a_late_permit_finds_its_keys_after_a_loss_of_power(chip: Chip) -> None:
    challenge = chips.slot(chip.transmit)
    made = chips.make_keys(chip.transmit)
    chip.power_off()
    ok(chip.transmit(issuing.select()))
    assert ok(chip.transmit(issuing.status())) == b"\0\1"
    assert ok(chip.transmit(issuing.get_challenge())) == challenge
    ok(chip.transmit(issuing.authenticate(chips.permit(challenge))))
    certificates = chips.certify(made["signing"], made["user-auth"])
    chips.write(chip.transmit, certificates.files(), chips.PINS)
    ok(chip.transmit(issuing.commit()))
    assert ok(chip.transmit(issuing.status())) == b"\1\0"


def test_a_permit_is_good_for_one_writing_of_one_chip(chip: Chip) -> None:
    challenge = chips.slot(chip.transmit)
    good = chips.permit(challenge)
    for bad in (chips.permit(bytes(16)), chips.permit(challenge, "9999999999999"), bytes(64)):
        assert chip.transmit(issuing.authenticate(bad)) == b"\x63\0"
        assert chip.transmit(issuing.commit()) == b"\x69\x82"
    chips.issue(chip.transmit)
    assert chip.transmit(issuing.authenticate(good)) == b"\x69\x85", "no slot is pending"
    chips.slot(chip.transmit)
    assert chip.transmit(issuing.authenticate(good)) == b"\x63\0", "another challenge"


@pytest.mark.parametrize(
    "missing",
    ["certificate", "no certificate", "pin", "lock", "wrong key", "empty file", "chip's key"],
)
def test_a_half_written_card_is_never_committed(chip: Chip, missing: str) -> None:
    challenge = chips.slot(chip.transmit)
    made = chips.make_keys(chip.transmit)
    certificates = chips.certify(made["signing"], made["user-auth"])
    ok(chip.transmit(issuing.authenticate(chips.permit(challenge))))
    files, pins = certificates.files(), list(chips.PINS)
    match missing:
        case "certificate":
            files = files[1:]
        case "no certificate":
            files[0] = (*files[0][:2], b"no certificate")
        case "chip's key":
            files.append((App.FACE, layout.FACE_FRONT, b"without the key"))
        case "pin":
            pins = [pin for pin in pins if pin[1] != layout.SIGNING_PIN]
        case "lock":
            files.append((App.REGISTER, layout.REGISTER_CODE, b"code"))
            pins = [pin for pin in pins if pin[0] is not App.REGISTER]
        case "wrong key":
            files[0], files[2] = (*files[0][:2], files[2][2]), (*files[2][:2], files[0][2])
        case "empty file":
            files.append((App.FACE, layout.FACE_ABOUT, b""))
    chips.write(chip.transmit, files, pins)
    assert chip.transmit(issuing.commit()) == b"\x69\x85"
    assert ok(chip.transmit(issuing.status())) == b"\0\1"


def test_a_renewal_keeps_what_is_not_written_anew(issued: Memory) -> None:
    chip = Chip(MemoryStorage(issued), crafts=NEW_KEYS)
    chips.select(chip.transmit, App.JPKI)
    assert chips.verify(chip.transmit, layout.SIGNING_PIN, "WRONG1") == b"\x63\xc4"
    challenge = chips.slot(chip.transmit, keep=True)
    made = chips.make_keys(chip.transmit)
    certificates = chips.certify(made["signing"], made["user-auth"])
    ok(chip.transmit(issuing.authenticate(chips.permit(challenge))))
    chips.write(chip.transmit, certificates.files())
    ok(chip.transmit(issuing.commit()))
    chips.select(chip.transmit, App.JPKI)
    assert chips.read(chip.transmit, layout.USER_AUTH_CERTIFICATE) == certificates.user_auth
    chips.select(chip.transmit, App.JPKI, layout.SIGNING_PIN)
    assert chip.transmit(bytes.fromhex("00200080")) == b"\x63\xc4", "a counter is not restored"
    assert chips.verify(chip.transmit, layout.SIGNING_PIN, chips.SIGNING_PIN) == b"\x90\0"


def test_a_forgotten_pin_is_set_anew_with_a_permit(issued: Memory) -> None:
    chip = Chip(MemoryStorage(issued), crafts=NEW_KEYS)
    chips.select(chip.transmit, App.JPKI)
    for _ in range(3):
        chips.verify(chip.transmit, layout.USER_AUTH_PIN, "0000")
    challenge = chips.slot(chip.transmit, keep=True)
    ok(chip.transmit(issuing.authenticate(chips.permit(challenge))))
    chips.write(chip.transmit, [], [(App.JPKI, layout.USER_AUTH_PIN, "2468")])
    ok(chip.transmit(issuing.commit()))
    chips.select(chip.transmit, App.JPKI)
    assert chips.verify(chip.transmit, layout.USER_AUTH_PIN, "2468") == b"\x90\0"


def test_a_first_issue_leaves_nothing_of_the_former_content(issued: Memory) -> None:
    kept = MemoryStorage(issued)
    chip = Chip(kept, crafts=NEW_KEYS)
    challenge = chips.slot(chip.transmit)
    ok(chip.transmit(issuing.authenticate(chips.permit(challenge))))
    chips.write(chip.transmit, [(App.FACE, layout.FACE_ABOUT, b"x")])
    ok(chip.transmit(issuing.commit()))
    assert kept.memory.live is not None
    assert set(kept.memory.live.files) == {"face/0003"}
    assert not kept.memory.live.keys
    assert not kept.memory.live.pins


def test_a_returned_card_is_erased(issued: Memory) -> None:
    kept = MemoryStorage(issued)
    chip = Chip(kept)
    challenge = chips.slot(chip.transmit, keep=True)
    assert chip.transmit(issuing.terminate()) == b"\x69\x82"
    ok(chip.transmit(issuing.authenticate(chips.permit(challenge))))
    ok(chip.transmit(issuing.terminate()))
    assert kept.memory.live is None
    assert kept.memory.slot is None


def test_abort_forgets_the_slot(chip: Chip, kept: MemoryStorage) -> None:
    chips.slot(chip.transmit)
    ok(chip.transmit(issuing.generate(layout.SIGNING_KEY)))
    ok(chip.transmit(issuing.abort()))
    assert kept.memory.slot is None
    assert chip.transmit(issuing.get_challenge()) == b"\x69\x85"


@pytest.mark.parametrize(
    ("command", "status"),
    [
        ("8050020000", "6A86"),
        ("8050000000", "6700"),
        ("80500200", "6A86"),
        ("80500100", "6985"),
        ("80460018", "6A86"),
        ("80CA001700", "6985"),
        ("80E00100020001", "6982"),
        ("80D6000001AA", "6982"),
        ("80D80100050018313233", "6982"),
        ("80440000", "6982"),
        ("008200000101", "6700"),
        ("00B0000000", "6D00"),
        ("80F20000", "6700"),
        ("80F2000100", "6A86"),
    ],
)
def test_commands_out_of_turn_are_refused(chip: Chip, command: str, status: str) -> None:
    ok(chip.transmit(issuing.select()))
    assert chip.transmit(bytes.fromhex(command)).hex().upper() == status


def test_an_authorised_writer_still_writes_only_files_and_fitting_pins(chip: Chip) -> None:
    challenge = chips.slot(chip.transmit)
    ok(chip.transmit(issuing.authenticate(chips.permit(challenge))))
    refused = [
        ("80E0010002001A", "6A82"),
        ("80E0090002 0001", "6A86"),
        ("80D6000001AA", "6986"),
        ("80D8010006 0018 3132333A", "6A80"),
        ("80D8010006 0017 31323334", "6A82"),
        ("80D8090006 0018 31323334", "6A86"),
        ("80D8010002 0018", "6700"),
        ("80E00100 03 000100", "6700"),
        ("008400000101", "6700"),
        ("00840000", "6700"),
        ("80CA0017 01 AA 00", "6700"),
        ("80CA001780", "6700"),
        ("80CA001700", "6A82"),
        ("80F200000100", "6700"),
        ("80440000 01", "6700"),
    ]
    for command, status in refused:
        assert chip.transmit(bytes.fromhex(command)).hex().upper() == status, command
    ok(chip.transmit(bytes.fromhex("80E00100020006")))
    assert chip.transmit(bytes.fromhex("80D60000")) == b"\x67\0"
    assert chip.transmit(bytes.fromhex("80D6000101AA")) == b"\x6b\0"
    ok(chip.transmit(b"\x80\xd6\0\0\0\x7f\xff" + bytes(0x7FFF)))
    assert chip.transmit(b"\x80\xd6\x7f\xff\x01\0") == b"\x6a\x84"


def test_other_applications_do_not_know_the_commands_of_issuing(issued: Memory) -> None:
    chip = Chip(MemoryStorage(issued))
    chips.select(chip.transmit, App.JPKI)
    for command in (issuing.begin(keep=False), issuing.commit(), issuing.status()):
        assert chip.transmit(command) == b"\x6d\0"


def test_no_answer_of_a_whole_issue_holds_a_part_of_a_private_key() -> None:
    kept = MemoryStorage(chips.memory_chip()._storage.load())
    chip = Chip(kept, crafts=chips.crafts())
    answers: list[bytes] = []

    def listening(apdu: bytes) -> bytes:
        answers.append(chip.transmit(apdu))
        return answers[-1]

    chips.issue(listening)
    assert kept.memory.live is not None
    heard = b"".join(answers)
    for part in secrets_of(list(kept.memory.live.keys.values())):
        assert part not in heard
    assert len(msgspec.msgpack.encode(kept.memory.live.keys)) > 3000


def secrets_of(keys: list[bytes]) -> list[bytes]:
    """Sixteen bytes from the middle of each secret number of each key."""
    parts = []
    for content in keys:
        key = load_der_private_key(content, None)
        assert isinstance(key, RSAPrivateKey)
        numbers = key.private_numbers()
        for number in (numbers.d, numbers.p, numbers.q, numbers.dmp1, numbers.dmq1, numbers.iqmp):
            size = (number.bit_length() + 7) // 8
            parts.append(number.to_bytes(size)[size // 2 : size // 2 + 16])
    return parts
