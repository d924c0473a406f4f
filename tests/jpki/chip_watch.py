"""What must hold after every command, whatever it was: shared by the two fuzzers."""

import functools

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_der_private_key

from jichitai.jpki.chip import layout
from jichitai.jpki.chip.apdu import OK, Refusal
from jichitai.jpki.chip.device import Chip
from jichitai.jpki.chip.layout import App
from jichitai.jpki.chip.model import Memory, Pin, Session
from jichitai.jpki.chip.storage import MemoryStorage
from tests.jpki import chips

STATUSES = {OK, *(refusal.status for refusal in Refusal), *range(0x63C0, 0x63D0)}
SECRETS = {layout.name(app, fid): pin.encode() for app, fid, pin in chips.PINS}
OPENING = [
    bytes.fromhex("00A4040C0AD392F000260100000001"),
    bytes.fromhex("00A4040C0AD3921000310001010408"),
    bytes.fromhex("00A4040C0AD3921000310001010402"),
    b"\0\xa4\4\x0c\x0a" + layout.aid(App.REGISTER),
    b"\0\xa4\4\x0c\x0a" + layout.aid(App.ISSUING),
    *(
        b"\0\xa4\2\x0c\2" + fid.to_bytes(2)
        for fid in sorted({f for a in App for f in layout.LAYOUT[a]})
    ),
    *(b"\0\x20\0\x80" + bytes([len(pin)]) + pin.encode() for _, _, pin in chips.PINS),
    bytes.fromhex("00200080"),
    bytes.fromhex("0024018004") + b"7777",
    bytes.fromhex("00B0000000"),
    bytes.fromhex("00B00000000000"),
    bytes.fromhex("00B2010C00"),
    bytes.fromhex("802A0080013000"),
    bytes.fromhex("0088000010") + bytes(16) + b"\0",
    bytes.fromhex("80500100"),
    bytes.fromhex("0084000010"),
    bytes.fromhex("80460017"),
    bytes.fromhex("80CA001700"),
    bytes.fromhex("8088001710") + bytes(16) + b"\0",
    bytes.fromhex("80E00100020006"),
    bytes.fromhex("80D6000001AA"),
    bytes.fromhex("80D80100060018") + b"0000",
    bytes.fromhex("80440000"),
    bytes.fromhex("80E40000"),
    bytes.fromhex("80E60000"),
]
"""Commands that lead somewhere; fuzzers start from them and change bytes."""


@functools.cache
def issued() -> Memory:
    kept = MemoryStorage(chips.memory_chip()._storage.load())
    chips.issue(
        Chip(kept, crafts=chips.crafts()).transmit,
        more=[(App.REGISTER, layout.REGISTER_CODE, b"\xdf\x10\x0b12345678901")],
    )
    return kept.memory


@functools.cache
def windows(key: bytes) -> tuple[bytes, ...]:
    """Eight bytes from four places of each secret number of a key."""
    loaded = load_der_private_key(key, None, unsafe_skip_rsa_key_validation=True)
    assert isinstance(loaded, RSAPrivateKey)
    n = loaded.private_numbers()
    numbers = [
        number.to_bytes((number.bit_length() + 7) // 8)
        for number in (n.d, n.p, n.q, n.dmp1, n.dmq1, n.iqmp)
    ]
    return tuple(one[at : at + 8] for one in numbers for at in (0, 40, 80, len(one) - 8))


class Watch:
    """An issued chip, and everything that must hold while it is being maltreated."""

    def __init__(self) -> None:
        self.kept = MemoryStorage(issued())
        self.chip = Chip(self.kept, crafts=chips.crafts())
        self.chip.power_on()

    def send(self, apdu: bytes) -> bytes:
        before = self.kept.memory
        session = self.chip._state.session if self.chip._state else Session()
        answer = self.chip.transmit(apdu)
        after = self.kept.memory
        assert len(answer) >= 2
        assert int.from_bytes(answer[-2:]) in STATUSES, answer[-2:].hex()
        state = self.chip._state
        assert state is not None
        assert state.memory is after, "what the chip believes is on the disk"
        self._counters(before, after, apdu)
        self._guess(session, before, after, apdu, answer)
        assert after.live is not None, "only a permit erases a chip"
        assert after.live.keys == before.live.keys  # type: ignore[union-attr]
        assert after.live.files == before.live.files  # type: ignore[union-attr]
        if len(answer) == 2:
            return answer
        for memory_keys in (after.live.keys, after.slot.keys if after.slot else {}):
            for key in memory_keys.values():
                assert not any(part in answer for part in windows(key)), "a part of a key"
        return answer

    def _counters(self, before: Memory, after: Memory, apdu: bytes) -> None:
        assert before.live is not None
        assert after.live is not None
        for name, was in before.live.pins.items():
            now: Pin = after.live.pins[name]
            assert now.tries == was.tries
            assert was.left - 1 <= now.left
            if now.left > was.left or now.digest != was.digest:
                self._allowed(name, before, apdu)

    @staticmethod
    def _guess(session: Session, before: Memory, after: Memory, apdu: bytes, answer: bytes) -> None:
        """A PIN that was entered: right restores the counter, wrong costs a try."""
        if apdu[:4] != b"\0\x20\0\x80" or len(apdu) < 6 or len(apdu) != 5 + apdu[4]:
            return
        name = layout.name(session.app or App.COMMON, session.fid or 0)
        assert before.live is not None
        assert after.live is not None
        was = before.live.pins.get(name)
        if was is None or not was.left or not 1 <= apdu[4] <= 16:
            assert answer != b"\x90\0"
            return
        right = before.matches(name, apdu[5:])
        left = was.tries if right else was.left - 1
        assert after.live.pins[name].left == left
        assert answer == (b"\x90\0" if right else bytes([0x63, 0xC0 | left]))

    @staticmethod
    def _allowed(name: str, before: Memory, apdu: bytes) -> None:
        """A counter went up, or a PIN changed: only by the PIN itself."""
        if apdu[1] == 0x20:
            pin = apdu[7:] if apdu[4] == 0 else apdu[5:]
            assert before.matches(name, pin)
        else:
            assert apdu[1] == 0x24
