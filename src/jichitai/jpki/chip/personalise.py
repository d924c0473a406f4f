"""The chip's side of personalisation: a pending slot, a permit, files and PINs, one COMMIT.

Until COMMIT nothing of the live content changes. The slot (challenge and new keys) outlives a
loss of power, so that certificates which arrive late still find their keys; everything else that
was sent does not.

Source: 公的個人認証法 第3条第4項から第7項, 第22条第4項から第7項; the commands are our own design.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from jichitai.jpki.chip import layout, rsa
from jichitai.jpki.chip.apdu import Command, Refusal, RefusedError, Response
from jichitai.jpki.chip.commands import CHIP_KEY_NAME, Outcome
from jichitai.jpki.chip.layout import App, FileRule, KeyRule, PinRule
from jichitai.jpki.chip.model import ChipState, Content, Memory, Pin, Session, Slot, Writing
from jichitai.jpki.chip.work import Draw, MakeKey

PERMIT: Final = b"jichitai-chip-write"
"""A permit is an Ed25519 signature over this, the 製造番号 and the challenge."""
KEYS: Final[Mapping[int, str]] = {
    layout.USER_AUTH_KEY: layout.name(App.JPKI, layout.USER_AUTH_KEY),
    layout.SIGNING_KEY: layout.name(App.JPKI, layout.SIGNING_KEY),
    layout.CHIP_KEY: CHIP_KEY_NAME,
}
"""Keys that GENERATE makes, by the reference that the commands use."""
CARRIERS: Final = frozenset(
    layout.name(app, fid)
    for app, fid in (
        (App.INPUT, layout.INPUT_AUTHENTICATION),
        (App.FACE, layout.FACE_BIRTH),
        (App.FACE, layout.FACE_FRONT),
        (App.FACE, layout.FACE_BACK),
    )
)
"""Files that hold the public half of the chip's own key."""
LONGEST_FILE: Final = 0x7FFF
"""READ BINARY has fifteen bits of offset."""
REQUEST: Final = 16


def begin(state: ChipState, command: Command) -> Outcome:
    """BEGIN: a new slot; P1 00 replaces everything, 01 keeps what is not written anew."""
    if command.p1 not in (0, 1) or command.p2:
        raise RefusedError(Refusal.WRONG_PARAMETERS)
    _nothing(command)
    if command.p1 and state.memory.live is None:
        raise RefusedError(Refusal.WRONG_FILE)
    return state, Draw(keeps=bool(command.p1))


def begun(state: ChipState, work: Draw, drawn: bytes) -> tuple[ChipState, Response]:
    """The second half of BEGIN; an earlier slot is forgotten."""
    slot = Slot(challenge=drawn, keeps=work.keeps)
    return _with_slot(state, slot), Response()


def challenge(state: ChipState, command: Command) -> Outcome:
    """GET CHALLENGE: the slot's, the same until COMMIT or another BEGIN.

    Source: ISO/IEC 7816-4 11.6.3.
    """
    _plain(command)
    slot = _slot(state)
    if command.data:
        raise RefusedError(Refusal.UNEXPECTED_DATA)
    if command.le is None:
        raise RefusedError(Refusal.MISSING_LENGTH)
    return state, Response(slot.challenge[: command.le])


def generate(state: ChipState, command: Command) -> Outcome:
    """GENERATE: make the key that P1 P2 names; its private half never leaves the chip.

    Source: ISO/IEC 7816-8 11.2.
    """
    name = _key_name(command)
    _nothing(command)
    _slot(state)
    return state, MakeKey(name)


def generated(state: ChipState, work: MakeKey, key: bytes) -> tuple[ChipState, Response]:
    """The second half of GENERATE."""
    slot = _slot(state)
    kept = msgspec.structs.replace(slot, keys={**slot.keys, work.name: key})
    memory = msgspec.structs.replace(state.memory, slot=kept)
    return replace(state, memory=memory), Response()


def public_half(state: ChipState, command: Command) -> Outcome:
    """GET DATA: the modulus of a new key; its exponent is 65537."""
    name = _key_name(command)
    if command.data:
        raise RefusedError(Refusal.UNEXPECTED_DATA)
    return state, Response(rsa.modulus(_new_key(state, name, command)))


def prove(state: ChipState, command: Command) -> Outcome:
    """PROVE: sign a request's identifier and the public key, and nothing else, with a new key."""
    name = _key_name(command)
    if len(command.data) != REQUEST:
        raise RefusedError(Refusal.MISSING_DATA)
    key = _new_key(state, name, command)
    return state, Response(rsa.sign(key, command.data + rsa.spki(rsa.modulus(key))))


def permit(state: ChipState, command: Command) -> Outcome:
    """EXTERNAL AUTHENTICATE: open the chip for the writing that the card centre permitted.

    Source: ISO/IEC 7816-4 11.6.4.
    """
    _plain(command)
    if len(command.data) != 64 or command.le is not None:
        raise RefusedError(Refusal.MISSING_DATA)
    message = PERMIT + state.memory.number.encode() + _slot(state).challenge
    try:
        key = Ed25519PublicKey.from_public_bytes(state.memory.writer_key)
        key.verify(command.data, message)
    except InvalidSignature:
        raise RefusedError(Refusal.WRONG_PERMIT) from None
    return _with_writing(state, Writing()), Response()


def target(state: ChipState, command: Command) -> Outcome:
    """CREATE: start a file anew; P1 is the application, the data its file."""
    app = layout.BY_CODE.get(command.p1)
    if app is None or command.p2:
        raise RefusedError(Refusal.WRONG_PARAMETERS)
    writing = _writing(state)
    if len(command.data) != 2 or command.le is not None:
        raise RefusedError(Refusal.MISSING_DATA)
    fid = int.from_bytes(command.data)
    if not isinstance(layout.LAYOUT[app].get(fid), FileRule):
        raise RefusedError(Refusal.UNKNOWN_FILE)
    name = layout.name(app, fid)
    started = replace(writing, files={**writing.files, name: b""}, target=name)
    return _with_writing(state, started), Response()


def update(state: ChipState, command: Command) -> Outcome:
    """UPDATE BINARY: add to the file that CREATE started, or overwrite a part of it.

    Source: ISO/IEC 7816-4 11.3.5.
    """
    writing = _writing(state)
    if writing.target is None:
        raise RefusedError(Refusal.NO_CURRENT_FILE)
    if not command.data or command.le is not None:
        raise RefusedError(Refusal.MISSING_DATA)
    before = writing.files[writing.target]
    offset = command.p1 << 8 | command.p2
    if offset > len(before):
        raise RefusedError(Refusal.WRONG_OFFSET)
    after = before[:offset] + command.data + before[offset + len(command.data) :]
    if len(after) > LONGEST_FILE:
        raise RefusedError(Refusal.NO_ROOM)
    files = {**writing.files, writing.target: after}
    return _with_writing(state, replace(writing, files=files)), Response()


def set_pin(state: ChipState, command: Command) -> Outcome:
    """SET PIN: P1 is the application, the data its PIN file and the PIN."""
    app = layout.BY_CODE.get(command.p1)
    if app is None or command.p2:
        raise RefusedError(Refusal.WRONG_PARAMETERS)
    writing = _writing(state)
    if len(command.data) < 3 or command.le is not None:
        raise RefusedError(Refusal.MISSING_DATA)
    fid, pin = int.from_bytes(command.data[:2]), command.data[2:]
    rule = layout.LAYOUT[app].get(fid)
    if not isinstance(rule, PinRule):
        raise RefusedError(Refusal.UNKNOWN_FILE)
    if not rule.allows(pin):
        raise RefusedError(Refusal.WRONG_DATA)
    name = layout.name(app, fid)
    kept = Pin(state.memory.pin_digest(name, pin), rule.tries, rule.tries)
    return _with_writing(state, replace(writing, pins={**writing.pins, name: kept})), Response()


def commit(state: ChipState, command: Command) -> Outcome:
    """COMMIT: the new content becomes live, all of it or nothing; the permit is used up."""
    _plain(command)
    _nothing(command)
    writing, slot = _writing(state), _slot(state)
    live = state.memory.live
    base = live if slot.keeps and live is not None else Content()
    keys = {**base.keys, **slot.keys}
    if CHIP_KEY_NAME in base.keys and not CARRIERS & writing.files.keys():
        # The chip's own key changes only together with the signed objects that carry it.
        keys[CHIP_KEY_NAME] = base.keys[CHIP_KEY_NAME]
    content = Content(
        files={**base.files, **writing.files}, pins={**base.pins, **writing.pins}, keys=keys
    )
    if not complete(content):
        raise RefusedError(Refusal.WRONG_FILE)
    memory = msgspec.structs.replace(state.memory, live=content, slot=None)
    return ChipState(memory, Session(app=App.ISSUING)), Response()


def abort(state: ChipState, command: Command) -> Outcome:
    """ABORT: forget the slot and its keys."""
    _plain(command)
    _nothing(command)
    return _with_slot(state, None), Response()


def terminate(state: ChipState, command: Command) -> Outcome:
    """TERMINATE: erase everything that was written, for a card that is returned (返納)."""
    _plain(command)
    _nothing(command)
    _writing(state)
    memory = msgspec.structs.replace(state.memory, live=None, slot=None)
    return ChipState(memory, Session(app=App.ISSUING)), Response()


def status(state: ChipState, command: Command) -> Outcome:
    """STATUS: two bytes; whether there is live content, and whether a slot is pending."""
    _plain(command)
    if command.data:
        raise RefusedError(Refusal.UNEXPECTED_DATA)
    if command.le is None:
        raise RefusedError(Refusal.MISSING_LENGTH)
    memory: Memory = state.memory
    return state, Response(bytes([memory.live is not None, memory.slot is not None])[: command.le])


def complete(content: Content) -> bool:
    """Whether a holder could use it: no empty file, every lock has its PIN, every key its certificate.

    Source: this project's own rule; a half-written card must never reach its holder.
    """
    if not content.files or not all(content.files.values()):
        return False
    key = content.keys.get(CHIP_KEY_NAME)
    carried = [content.files[name] for name in CARRIERS & content.files.keys()]
    if carried and (key is None or not all(rsa.modulus(key) in one for one in carried)):
        return False
    return all(_usable(content, app, fid) for app in App for fid in layout.LAYOUT[app])


def _usable(content: Content, app: App, fid: int) -> bool:
    name, rule = layout.name(app, fid), layout.LAYOUT[app][fid]
    match rule:
        case FileRule():
            locks = [layout.name(app, pin) for pin in rule.readers]
            return name not in content.files or not locks or any(p in content.pins for p in locks)
        case KeyRule():
            return name not in content.keys or _certified(content, app, name, rule)
        case PinRule():
            return True


def _certified(content: Content, app: App, name: str, rule: KeyRule) -> bool:
    certificate = content.files.get(layout.name(app, rule.certificate))
    if certificate is None or layout.name(app, rule.pin) not in content.pins:
        return False
    try:
        certified = x509.load_der_x509_certificate(certificate).public_key()
    except ValueError:
        return False
    modulus = rsa.modulus(content.keys[name])
    return isinstance(certified, RSAPublicKey) and certified == rsa.public_key(modulus)


def _plain(command: Command) -> None:
    if command.p1 or command.p2:
        raise RefusedError(Refusal.WRONG_PARAMETERS)


def _nothing(command: Command) -> None:
    if command.data or command.le is not None:
        raise RefusedError(Refusal.UNEXPECTED_DATA)


def _key_name(command: Command) -> str:
    name = KEYS.get(command.p1 << 8 | command.p2)
    if name is None:
        raise RefusedError(Refusal.WRONG_PARAMETERS)
    return name


def _new_key(state: ChipState, name: str, command: Command) -> bytes:
    if command.le is None or command.le < rsa.SIZE:
        raise RefusedError(Refusal.MISSING_LENGTH)
    key = _slot(state).keys.get(name)
    if key is None:
        raise RefusedError(Refusal.UNKNOWN_FILE)
    return key


def _slot(state: ChipState) -> Slot:
    if state.memory.slot is None:
        raise RefusedError(Refusal.WRONG_FILE)
    return state.memory.slot


def _writing(state: ChipState) -> Writing:
    if state.session.writing is None:
        raise RefusedError(Refusal.NOT_VERIFIED)
    return state.session.writing


def _with_slot(state: ChipState, slot: Slot | None) -> ChipState:
    memory = msgspec.structs.replace(state.memory, slot=slot)
    return ChipState(memory, Session(app=App.ISSUING))


def _with_writing(state: ChipState, writing: Writing) -> ChipState:
    return replace(state, session=replace(state.session, writing=writing))
