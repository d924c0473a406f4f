"""No sequence of bytes crashes the chip, leaks a part of a key, or brings a counter back."""

import os

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from jichitai.jpki.chip import layout
from jichitai.jpki.chip.layout import App
from tests.jpki import chips
from tests.jpki.chip_watch import OPENING, Watch

BYTE = st.integers(0, 255)
INSTRUCTIONS = sorted({command[1] for command in OPENING})
HEADER = st.builds(
    lambda *parts: bytes(parts),
    st.sampled_from([0x00, 0x80]) | BYTE,
    st.sampled_from(INSTRUCTIONS) | BYTE,
    st.sampled_from([0, 1, 2, 4]) | BYTE,
    st.sampled_from([0, 0x0C, 0x80, 0x17, 0x1A]) | BYTE,
)
CHANGED = st.builds(
    lambda command, at, byte: bytes(
        byte if index == at % len(command) else old for index, old in enumerate(command)
    ),
    st.sampled_from(OPENING), st.integers(0, 40), BYTE,
)  # fmt: skip


FILES = [(app, fid) for app in App for fid in layout.LAYOUT[app]]
PINS = st.sampled_from([pin for _, _, pin in chips.PINS]).map(str.encode) | st.binary(
    min_size=1, max_size=17
)
USES = st.sampled_from(
    [bytes.fromhex(one) for one in ("00B0000000", "802A0080013000", "00200080", "00240180043737")]
)


class Maltreated(RuleBasedStateMachine):
    """A chip in the hands of somebody who tries everything."""

    def __init__(self) -> None:
        super().__init__()
        self.watch = Watch()

    @rule(file=st.sampled_from(FILES), command=USES | CHANGED)
    def use_of_a_file(self, file: tuple[App, int], command: bytes) -> None:
        self._select(*file)
        self.watch.send(command)

    @rule(pin=st.sampled_from(chips.PINS), guess=PINS)
    def guess(self, pin: tuple[App, int, str], guess: bytes) -> None:
        self._select(*pin[:2])
        self.watch.send(b"\0\x20\0\x80" + bytes([len(guess)]) + guess)

    @rule(pin=st.sampled_from(chips.PINS), file=st.sampled_from(FILES), command=USES)
    def rightful_use(
        self, pin: tuple[App, int, str], file: tuple[App, int], command: bytes
    ) -> None:
        self._select(*pin[:2])
        self.watch.send(b"\0\x20\0\x80" + bytes([len(pin[2])]) + pin[2].encode())
        self._select(pin[0], file[1])
        self.watch.send(command)

    def _select(self, app: App, fid: int) -> None:
        aid = layout.aid(app)
        self.watch.send(b"\0\xa4\4\x0c" + bytes([len(aid)]) + aid)
        self.watch.send(b"\0\xa4\2\x0c\2" + fid.to_bytes(2))

    @rule(command=st.sampled_from(OPENING))
    def sensible(self, command: bytes) -> None:
        self.watch.send(command)

    @rule(command=CHANGED)
    def nearly_sensible(self, command: bytes) -> None:
        self.watch.send(command)

    @rule(header=HEADER, body=st.binary(max_size=300))
    def a_header_and_anything(self, header: bytes, body: bytes) -> None:
        self.watch.send(header + body)

    @rule(content=st.binary(max_size=64))
    def anything(self, content: bytes) -> None:
        self.watch.send(content)

    @rule()
    def reset(self) -> None:
        self.watch.chip.reset()

    @rule()
    def power_off(self) -> None:
        self.watch.chip.power_off()
        self.watch.chip.power_on()


TestMaltreated = Maltreated.TestCase
TestMaltreated.settings = settings(
    max_examples=int(os.environ.get("JICHITAI_FUZZ_EXAMPLES", "80")),
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)


@pytest.mark.parametrize("app", [app for app in App if layout.LAYOUT[app]])
def test_no_instruction_reads_a_key_even_with_every_pin_entered(app: App) -> None:
    watch = Watch()
    aid = layout.aid(app)
    watch.send(b"\0\xa4\4\x0c" + bytes([len(aid)]) + aid)
    for owner, fid, pin in chips.PINS:
        if owner is app:
            watch.send(b"\0\xa4\2\x0c\2" + fid.to_bytes(2))
            watch.send(b"\0\x20\0\x80" + bytes([len(pin)]) + pin.encode())
    for fid in layout.LAYOUT[app]:
        watch.send(b"\0\xa4\2\x0c\2" + fid.to_bytes(2))
        for cla in (0x00, 0x80):
            for ins in range(256):
                for p1, p2 in ((0, 0), (0, 0x80), (1, 0x0C)):
                    watch.send(bytes((cla, ins, p1, p2, 0)))
