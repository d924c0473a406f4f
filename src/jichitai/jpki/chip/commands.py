"""The commands of the holder and of the programs that read a card.

Each handler is a pure function: the state and a parsed command give the next state and an answer,
or a `Work` that must be done before there is one.

Source: ISO/IEC 7816-4 11 and 7816-8 11 as the published clients of the card use them.
"""

from dataclasses import replace
from typing import Final

import msgspec

from jichitai.jpki.chip import layout, rsa
from jichitai.jpki.chip.apdu import Command, Refusal, RefusedError, Response
from jichitai.jpki.chip.layout import App, FileRule, KeyRule, PinRule, Rule
from jichitai.jpki.chip.model import ChipState, Content, Memory, Pin, Session
from jichitai.jpki.chip.work import Compare, Work

Outcome = tuple[ChipState, Response | Work]

ALWAYS: Final = frozenset({App.COMMON, App.ISSUING})
"""Applications that a blank chip answers to."""
LONGEST_PIN: Final = 16
CHIP_KEY_NAME: Final = "chip/key"
"""Name of the key of internal authentication."""
AUTHENTIC: Final = b"jichitai-chip-authentic"
"""What internal authentication signs starts so; no signature of a certificate's key can."""
_RECORD_TAG: Final = 0x5A
_FIRST_FILE_RECORDS: Final = 1 << 3 | 4


def select(state: ChipState, command: Command) -> Outcome:
    """SELECT: an application by its identifier, or a file of the selected one.

    Selecting an application leaves no file selected, and drops the PINs of another one.

    Source: ISO/IEC 7816-4 11.2.2.
    """
    match command.p1:
        case 0x04:
            return _select_app(state, command), Response()
        case 0x02:
            return _select_file(state, command), Response()
        case _:
            raise RefusedError(Refusal.WRONG_PARAMETERS)


def verify(state: ChipState, command: Command) -> Outcome:
    """VERIFY: without data the tries left, always as 63Cx; with a PIN, compare it.

    The counter goes down here, before anything is compared, and up again in `compared`.

    Source: ISO/IEC 7816-4 11.6.6.
    """
    _want(command, p1=0x00, p2=0x80)
    fid, _ = _current_pin(state)
    pin = _pin(state, fid)
    if not command.data:
        return state, Response.tries(pin.left)
    if len(command.data) > LONGEST_PIN or command.le is not None:
        raise RefusedError(Refusal.MISSING_DATA)
    if not pin.left:
        raise RefusedError(Refusal.BLOCKED)
    lowered = msgspec.structs.replace(pin, left=pin.left - 1)
    session = replace(state.session, verified=state.session.verified - {fid})
    memory = state.memory.with_pin(_name(state, fid), lowered)
    return ChipState(memory, session), Compare(fid, command.data)


def compared(state: ChipState, work: Compare) -> tuple[ChipState, Response]:
    """The second half of VERIFY, after the lowered counter was kept.

    Source: ISO/IEC 7816-4 11.6.6.
    """
    name, pin = _name(state, work.fid), _pin(state, work.fid)
    if not state.memory.matches(name, work.pin):
        return state, Response.tries(pin.left)
    restored = msgspec.structs.replace(pin, left=pin.tries)
    session = replace(state.session, verified=state.session.verified | {work.fid})
    return ChipState(state.memory.with_pin(name, restored), session), Response()


def change(state: ChipState, command: Command) -> Outcome:
    """CHANGE REFERENCE DATA: a new PIN, right after the old one was entered.

    Source: ISO/IEC 7816-4 11.6.7.
    """
    _want(command, p1=0x01, p2=0x80)
    fid, rule = _current_pin(state)
    if not rule.changeable:
        raise RefusedError(Refusal.WRONG_FILE)
    if not command.data or len(command.data) > LONGEST_PIN or command.le is not None:
        raise RefusedError(Refusal.MISSING_DATA)
    if fid not in state.session.verified:
        raise RefusedError(Refusal.NOT_VERIFIED)
    if not rule.allows(command.data):
        raise RefusedError(Refusal.WRONG_DATA)
    name = _name(state, fid)
    digest = state.memory.pin_digest(name, command.data)
    changed = msgspec.structs.replace(_pin(state, fid), digest=digest)
    return replace(state, memory=state.memory.with_pin(name, changed)), Response()


def read(state: ChipState, command: Command) -> Outcome:
    """READ BINARY of the selected file; the last block may be shorter than asked for.

    Source: ISO/IEC 7816-4 11.3.3.
    """
    if command.p1 & 0x80:
        raise RefusedError(Refusal.WRONG_PARAMETERS)
    le = _le(command)
    fid, rule = _current(state)
    if not isinstance(rule, FileRule):
        raise RefusedError(Refusal.WRONG_FILE)
    if rule.readers and not rule.readers & state.session.verified:
        raise RefusedError(Refusal.NOT_VERIFIED)
    content = _live(state.memory).files[_name(state, fid)]
    offset = command.p1 << 8 | command.p2
    if offset >= len(content):
        raise RefusedError(Refusal.WRONG_OFFSET)
    return state, Response(content[offset : offset + le])


def read_record(state: ChipState, command: Command) -> Outcome:
    """READ RECORD: the 製造番号, the only record of the chip.

    Source: ISO/IEC 7816-4 11.4.3; the record's shape is the one that clients of the card read.
    """
    if command.p2 & 0x07 != 0x04:
        raise RefusedError(Refusal.WRONG_PARAMETERS)
    le = _le(command)
    if state.session.app is not App.COMMON or command.p2 != _FIRST_FILE_RECORDS:
        raise RefusedError(Refusal.UNKNOWN_FILE)
    if command.p1 != 1:
        raise RefusedError(Refusal.UNKNOWN_RECORD)
    text = b"JT" + state.memory.number.encode()
    return state, Response((bytes([_RECORD_TAG, len(text)]) + text)[:le])


def sign(state: ChipState, command: Command) -> Outcome:
    """PERFORM SECURITY OPERATION: sign a DigestInfo with the selected key.

    Source: ISO/IEC 7816-8 11.5.2; RFC 8017 9.2.
    """
    _want(command, p1=0x00, p2=0x80)
    fid, rule = _current(state)
    if not isinstance(rule, KeyRule):
        raise RefusedError(Refusal.WRONG_FILE)
    if not 1 <= len(command.data) <= rsa.LONGEST_INPUT:
        raise RefusedError(Refusal.MISSING_DATA)
    if _le(command) < rsa.SIZE:
        raise RefusedError(Refusal.MISSING_LENGTH)
    if rule.pin not in state.session.verified:
        raise RefusedError(Refusal.NOT_VERIFIED)
    key = _live(state.memory).keys[_name(state, fid)]
    return state, Response(rsa.sign_padded(key, command.data))


def authenticate(state: ChipState, command: Command) -> Outcome:
    """INTERNAL AUTHENTICATE: prove that this is the chip that the signed objects were made for.

    Source: ISO/IEC 7816-4 11.6.2; what is signed is this project's own design.
    """
    _want(command, p1=0x00, p2=0x00)
    if state.session.app not in (App.INPUT, App.FACE):
        raise RefusedError(Refusal.UNKNOWN_INSTRUCTION)
    if not 16 <= len(command.data) <= 64:
        raise RefusedError(Refusal.MISSING_DATA)
    if _le(command) < rsa.SIZE:
        raise RefusedError(Refusal.MISSING_LENGTH)
    if not state.session.verified:
        raise RefusedError(Refusal.NOT_VERIFIED)
    key = _live(state.memory).keys.get(CHIP_KEY_NAME)
    if key is None:
        raise RefusedError(Refusal.UNKNOWN_FILE)
    message = AUTHENTIC + state.memory.number.encode() + command.data
    return state, Response(rsa.sign(key, message))


def _select_app(state: ChipState, command: Command) -> ChipState:
    app = layout.AIDS.get(command.data)
    if app is None or (state.memory.live is None and app not in ALWAYS):
        raise RefusedError(Refusal.UNKNOWN_FILE)
    _want(command, p1=0x04, p2=0x0C)
    same = app is state.session.app
    session = Session(
        app=app,
        verified=state.session.verified if same else frozenset(),
        writing=state.session.writing if same else None,
    )
    return replace(state, session=session)


def _select_file(state: ChipState, command: Command) -> ChipState:
    _want(command, p1=0x02, p2=0x0C)
    if len(command.data) != 2 or command.le is not None:
        raise RefusedError(Refusal.MISSING_DATA)
    app, fid = state.session.app, int.from_bytes(command.data)
    live = state.memory.live
    if app is None or live is None or fid not in layout.LAYOUT[app]:
        raise RefusedError(Refusal.UNKNOWN_FILE)
    name = layout.name(app, fid)
    if name not in live.files and name not in live.pins and name not in live.keys:
        raise RefusedError(Refusal.UNKNOWN_FILE)
    return replace(state, session=replace(state.session, fid=fid))


def _want(command: Command, *, p1: int, p2: int) -> None:
    if (command.p1, command.p2) != (p1, p2):
        raise RefusedError(Refusal.WRONG_PARAMETERS)


def _le(command: Command) -> int:
    """How much is wanted, of a command that answers with data."""
    if command.data and command.ins in (0xB0, 0xB2):
        raise RefusedError(Refusal.UNEXPECTED_DATA)
    if command.le is None:
        raise RefusedError(Refusal.MISSING_LENGTH)
    return command.le


def _live(memory: Memory) -> Content:
    if memory.live is None:
        raise RefusedError(Refusal.UNKNOWN_FILE)
    return memory.live


def _current(state: ChipState) -> tuple[int, Rule]:
    app, fid = state.session.app, state.session.fid
    if app is None or fid is None:
        raise RefusedError(Refusal.NO_CURRENT_FILE)
    return fid, layout.LAYOUT[app][fid]


def _current_pin(state: ChipState) -> tuple[int, PinRule]:
    fid, rule = _current(state)
    if not isinstance(rule, PinRule):
        raise RefusedError(Refusal.WRONG_FILE)
    return fid, rule


def _pin(state: ChipState, fid: int) -> Pin:
    return _live(state.memory).pins[_name(state, fid)]


def _name(state: ChipState, fid: int) -> str:
    if state.session.app is None:
        raise RefusedError(Refusal.NO_CURRENT_FILE)
    return layout.name(state.session.app, fid)
