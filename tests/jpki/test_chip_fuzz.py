"""No sequence of bytes crashes the chip, leaks a part of a key, or brings a counter back."""

import os

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

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


class Maltreated(RuleBasedStateMachine):
    """A chip in the hands of somebody who tries everything."""

    def __init__(self) -> None:
        super().__init__()
        self.watch = Watch()

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
    max_examples=int(os.environ.get("JICHITAI_FUZZ_EXAMPLES", "60")),
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
