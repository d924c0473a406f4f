"""From a command APDU to its handler: a pure function of the chip's state.

`begin` decides. When the answer needs more than the state (a key, chance, or a counter that must
be kept before a PIN is looked at) it returns a `Work`; the caller keeps the new memory, does the
work and calls `finish`. `answer` does both for those who need no disk between.
"""

from collections.abc import Callable, Mapping
from typing import Final, assert_never

from jichitai.jpki.chip import commands, personalise
from jichitai.jpki.chip.apdu import Command, Refusal, RefusedError, Response
from jichitai.jpki.chip.layout import App
from jichitai.jpki.chip.model import ChipState
from jichitai.jpki.chip.work import CHALLENGE, Compare, Crafts, Draw, MakeKey, Work

Handler = Callable[[ChipState, Command], commands.Outcome]

CLASSES: Final = frozenset({0x00, 0x80})
HOLDER: Final[Mapping[tuple[int, int], Handler]] = {
    (0x00, 0xA4): commands.select,
    (0x00, 0x20): commands.verify,
    (0x00, 0x24): commands.change,
    (0x00, 0xB0): commands.read,
    (0x00, 0xB2): commands.read_record,
    (0x80, 0x2A): commands.sign,
    (0x00, 0x88): commands.authenticate,
}
"""Class and instruction of the commands of every application."""
ISSUING: Final[Mapping[tuple[int, int], Handler]] = {
    (0x00, 0xA4): commands.select,
    (0x80, 0x50): personalise.begin,
    (0x00, 0x84): personalise.challenge,
    (0x80, 0x46): personalise.generate,
    (0x80, 0xCA): personalise.public_half,
    (0x80, 0x88): personalise.prove,
    (0x00, 0x82): personalise.permit,
    (0x80, 0xE0): personalise.target,
    (0x80, 0xD6): personalise.update,
    (0x80, 0xD8): personalise.set_pin,
    (0x80, 0x44): personalise.commit,
    (0x80, 0xE4): personalise.abort,
    (0x80, 0xE6): personalise.terminate,
    (0x80, 0xF2): personalise.status,
}
"""The same while 発行AP is selected."""


def begin(state: ChipState, apdu: bytes) -> tuple[ChipState, Response | Work]:
    """Decide what a command does.

    Args:
        state: of the chip.
        apdu: any bytes.

    Returns:
        The next state, and the answer or the work that it waits for.
    """
    try:
        command = Command.parse(apdu)
        return _handler(state, command)(state, command)
    except RefusedError as refused:
        return state, Response.refused(refused.refusal)


def finish(state: ChipState, work: Work, made: bytes) -> tuple[ChipState, Response]:
    """Answer after the work.

    Args:
        state: as `begin` returned it, kept by now.
        work: what was done.
        made: its fruit: random bytes, a private key; nothing for a comparison.
    """
    match work:
        case Compare():
            return commands.compared(state, work)
        case MakeKey():
            return personalise.generated(state, work, made)
        case Draw():
            return personalise.begun(state, work, made)
        case _:
            assert_never(work)


def answer(state: ChipState, apdu: bytes, crafts: Crafts) -> tuple[ChipState, Response]:
    """Both halves at once, for a chip that lives in memory only."""
    state, decided = begin(state, apdu)
    if isinstance(decided, Response):
        return state, decided
    return finish(state, decided, fruit(decided, crafts))


def fruit(work: Work, crafts: Crafts) -> bytes:
    """Do the work."""
    match work:
        case Compare():
            return b""
        case MakeKey():
            return crafts.make_key()
        case Draw():
            return crafts.draw(CHALLENGE)
        case _:
            assert_never(work)


def _handler(state: ChipState, command: Command) -> Handler:
    if command.cla not in CLASSES:
        raise RefusedError(Refusal.WRONG_CLASS)
    table = ISSUING if state.session.app is App.ISSUING else HOLDER
    handler = table.get((command.cla, command.ins))
    if handler is not None:
        return handler
    if any(ins == command.ins for _, ins in table):
        raise RefusedError(Refusal.WRONG_CLASS)
    raise RefusedError(Refusal.UNKNOWN_INSTRUCTION)
