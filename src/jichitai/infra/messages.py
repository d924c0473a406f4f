"""Messages between tiers: sealed bodies, in frames that the sender signs (JWS, RFC 7515).

A frame carries consecutive messages of one channel, so one signature and one round trip to the
broker serve many of them under load. A prefecture passes a town's frame on whole, inside its own,
so the nation checks the signature of the town itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from joserfc.util import json_b64decode
from msgspec import Struct

from jichitai.infra.crypto import Sealer
from jichitai.infra.keys import SigningKey
from jichitai.kernel.errors import ForbiddenError, InvalidError, TooLargeError
from jichitai.kernel.parties import Party

BODY_LIMIT = 256 * 1024
FRAME_LIMIT = 900 * 1024
FRAME_ITEMS = 100
FORWARD = "FWD"
_TYPE = "jichitai-frame+jws"
_ALGORITHM = "Ed25519"
_REGISTRY = jws.JWSRegistry(algorithms=[_ALGORITHM])
_REGISTRY.max_payload_length = FRAME_LIMIT  # the library's limit of 128 kB refuses full frames


class ForgedMessageError(ForbiddenError):
    """The signature does not fit the content, or the signer is not known."""

    type = "infra.forged-message"
    title = "署名を確認できない通知です"


class MalformedMessageError(InvalidError):
    """The frame or the body is not of the agreed form."""

    type = "infra.malformed-message"
    title = "形式の正しくない通知です"


class MessageTooLargeError(TooLargeError):
    """A body or frame above the limit."""

    type = "infra.message-too-large"
    title = "通知が大きすぎます"


class Item(Struct, frozen=True, array_like=True):
    """One message inside a frame; the body is sealed with the network key."""

    id: str
    kind: str
    version: int
    sent_at: datetime
    body: bytes


class Frame(Struct, frozen=True, array_like=True):
    """Consecutive messages of one channel, numbered from `first`."""

    sender: str
    receiver: str
    first: int
    items: tuple[Item, ...]


class Forward(Struct, frozen=True, array_like=True):
    """A frame passed on: its signed text, and which of its items."""

    frame: bytes
    select: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Received:
    """One message as a handler sees it: verified and opened.

    Attributes:
        id: `<sender>-<receiver>-<number>` of its first hop.
        origin: who signed it first.
        sender: who passed it to us.
        number: its place in the channel (sender, receiver).
        part: place inside a passed-on frame; 0 otherwise.
        body: JSON text of the message type.
        signed: the origin's signed frame, with `index` the place in it.
    """

    id: str
    kind: str
    version: int
    origin: Party
    sender: Party
    receiver: Party
    number: int
    part: int
    sent_at: datetime
    body: bytes
    signed: bytes
    index: int


PublicKeys = Mapping[str, tuple[str, OKPKey]]
"""kid -> (party, key), only keys valid now."""

_UNREADABLE = (msgspec.DecodeError, ValueError, RecursionError)
"""What decoding raises on junk; endless nesting is junk too."""

_encode = msgspec.msgpack.Encoder().encode
_decode_frame = msgspec.msgpack.Decoder(Frame).decode
_decode_forward = msgspec.msgpack.Decoder(Forward).decode


def seal_body(network: Sealer, *, message_id: str, kind: str, body: Struct) -> bytes:
    """Encode and seal a body, bound to its message.

    Raises:
        MessageTooLargeError: more than BODY_LIMIT bytes.
    """
    return seal_raw(network, message_id=message_id, kind=kind, raw=msgspec.json.encode(body))


def seal_raw(network: Sealer, *, message_id: str, kind: str, raw: bytes) -> bytes:
    """Seal an encoded body, bound to its message.

    Raises:
        MessageTooLargeError: more than BODY_LIMIT bytes.
    """
    if len(raw) > BODY_LIMIT:
        raise MessageTooLargeError(
            f"通知 {kind} が {BODY_LIMIT // 1024} KiB を超えています。対象を分けて送ってください。",
            kind=kind,
            bytes=len(raw),
        )
    return network.seal(raw, _context(message_id, kind))


def encode_forward(frame: bytes, select: tuple[int, ...]) -> bytes:
    """Wrap a signed frame so that it can be an item's body."""
    return _encode(Forward(frame, select))


def sign_frame(frame: Frame, key: SigningKey) -> bytes:
    """Sign a frame (compact JWS, Ed25519)."""
    header = {"alg": _ALGORITHM, "kid": key.kid, "typ": _TYPE}
    return jws.serialize_compact(
        header, _encode(frame), _jwk(key), algorithms=[_ALGORITHM]
    ).encode()


@lru_cache(maxsize=4096)
def _jwk(key: SigningKey) -> OKPKey:
    return OKPKey.import_key(key.private)


def public_jwk(raw: bytes) -> OKPKey:
    """The key that checks signatures, from its 32 public bytes."""
    return OKPKey.import_key(Ed25519PublicKey.from_public_bytes(raw))


def open_frame(signed: bytes, keys: PublicKeys) -> Frame:
    """Check the signature and that the signer is the sender.

    Raises:
        MessageTooLargeError: above FRAME_LIMIT.
        ForgedMessageError: bad signature, unknown signer, or another's name.
        MalformedMessageError: not a frame.
    """
    if len(signed) > FRAME_LIMIT:
        raise MessageTooLargeError("受け取った通知の束が大きすぎます。", bytes=len(signed))
    party, payload = _verified(signed, keys, _TYPE)
    try:
        frame = _decode_frame(payload)
    except _UNREADABLE:
        raise MalformedMessageError("通知の束を読み取れません。") from None
    if frame.sender != party:
        raise ForgedMessageError("署名者と差出人が違います。", signer=party, sender=frame.sender)
    return frame


def open_items(
    signed: bytes, frame: Frame, keys: PublicKeys, network: Sealer
) -> list[tuple[int, "list[Received] | Refused"]]:
    """Open every message of a verified frame.

    Returns:
        (number, messages) per channel number; a passed-on frame yields several messages, an
        unreadable one yields the refusal.
    """
    opened: list[tuple[int, list[Received] | Refused]] = []
    for index, item in enumerate(frame.items):
        number = frame.first + index
        try:
            if item.kind == FORWARD:
                received = _open_forward(item, frame, number, keys, network)
            else:
                received = [_open_item(item, frame, frame, number, 0, signed, index, network)]
            opened.append((number, received))
        except (ForbiddenError, InvalidError, TooLargeError) as refusal:
            opened.append((number, Refused(item, refusal)))
    return opened


@dataclass(frozen=True, slots=True)
class Refused:
    """An item that could not be opened, and why."""

    item: Item
    refusal: ForbiddenError | InvalidError | TooLargeError


def _open_forward(
    item: Item, outer: Frame, number: int, keys: PublicKeys, network: Sealer
) -> list[Received]:
    try:
        forward = _decode_forward(item.body)
    except _UNREADABLE:
        raise MalformedMessageError("転送された通知の束を読み取れません。") from None
    inner = open_frame(forward.frame, keys)
    if inner.receiver != outer.sender:
        raise ForgedMessageError("転送元に宛てられていない通知が転送されました。")
    try:
        return [
            _open_item(
                inner.items[index], inner, outer, number, part, forward.frame, index, network
            )
            for part, index in enumerate(forward.select)
        ]
    except IndexError:
        raise MalformedMessageError("転送された通知の番号が束の外を指しています。") from None


def _open_item(
    item: Item,
    inner: Frame,
    outer: Frame,
    number: int,
    part: int,
    signed: bytes,
    index: int,
    network: Sealer,
) -> Received:
    return Received(
        id=item.id,
        kind=item.kind,
        version=item.version,
        origin=_party(inner.sender),
        sender=_party(outer.sender),
        receiver=_party(outer.receiver),
        number=number,
        part=part,
        sent_at=item.sent_at,
        body=network.open(item.body, _context(item.id, item.kind)),
        signed=signed,
        index=index,
    )


@lru_cache(maxsize=4096)
def _party(text: str) -> Party:
    return Party.parse(text)


def names_unknown_signer(frame: Frame, keys: PublicKeys) -> bool:
    """Whether a passed-on frame inside claims a signer that is not among the keys.

    The keys may have been read a moment before that signer was registered.
    """
    for item in frame.items:
        if item.kind == FORWARD:
            try:
                inner = _decode_forward(item.body).frame
            except _UNREADABLE:
                continue
            if _claimed_signer(inner.partition(b".")[0]) not in keys:
                return True
    return False


@lru_cache(maxsize=4096)
def _claimed_signer(header: bytes) -> str:
    try:
        return str(json_b64decode(header)["kid"])
    except (JoseError, ValueError, KeyError, TypeError, RecursionError):
        return ""


def claimed_signer(signed: bytes) -> str:
    """The key that a frame says it was signed with; empty when it names none. Nothing is checked."""
    return _claimed_signer(signed.partition(b".")[0])


def _verified(signed: bytes, keys: PublicKeys, kind: str) -> tuple[str, bytes]:
    try:
        token = jws.extract_compact(signed, registry=_REGISTRY)
        header = token.headers()
        party, key = keys[str(header["kid"])]
        genuine = jws.validate_compact(token, key, registry=_REGISTRY)
    except KeyError:
        raise ForgedMessageError(
            "署名者が登録されていません。鍵の登録と有効期間を確かめてください。"
        ) from None
    except (JoseError, ValueError, RecursionError):
        raise _not_by_signer() from None
    if not genuine:
        raise _not_by_signer()
    if header.get("typ") != kind:
        raise ForgedMessageError("署名の種類が違います。別の用途の通知です。")
    return party, token.payload


def _not_by_signer() -> ForgedMessageError:
    return ForgedMessageError(
        "署名が内容と一致しません。途中で書き換えられたか、差出人を偽っています。"
    )


def _context(message_id: str, kind: str) -> bytes:
    return f"{kind}|{message_id}".encode()


def open_one(
    signed: bytes,
    index: int,
    *,
    sender: Party,
    receiver: Party,
    number: int,
    keys: PublicKeys,
    network: Sealer,
) -> Received:
    """Open one message of a signed frame that was put aside (held back or quarantined).

    Raises:
        ForgedMessageError, MalformedMessageError, UnreadableSealError: as at arrival.
    """
    inner = open_frame(signed, keys)
    outer = Frame(str(sender), str(receiver), number, ())
    try:
        item = inner.items[index]
    except IndexError:
        raise MalformedMessageError("束の中にその番号の通知がありません。") from None
    return _open_item(item, inner, outer, number, index, signed, index, network)


class Control(Struct, frozen=True, array_like=True):
    """What a receiver tells senders, or a sender asks.

    Attributes:
        party: who speaks; the signer.
        marks: (other party, number): messages up to the number have had their effect.
        gaps: (sender, number): please send again from the number on.
        probes: (receiver, number): have you got everything up to the number?
        drained: nothing of the speaker's stream waits at the broker.
        at: when it was said.
    """

    party: str
    marks: tuple[tuple[str, int], ...]
    gaps: tuple[tuple[str, int], ...]
    probes: tuple[tuple[str, int], ...]
    drained: bool
    at: datetime


_decode_control = msgspec.msgpack.Decoder(Control).decode
_CONTROL_TYPE = "jichitai-control+jws"


def sign_control(control: Control, key: SigningKey) -> bytes:
    """Sign a control message (compact JWS, Ed25519)."""
    header = {"alg": _ALGORITHM, "kid": key.kid, "typ": _CONTROL_TYPE}
    token = jws.serialize_compact(header, _encode(control), _jwk(key), algorithms=[_ALGORITHM])
    return token.encode()


def open_control(signed: bytes, keys: PublicKeys) -> Control:
    """Check a control message's signature.

    Raises:
        ForgedMessageError: bad signature, unknown signer, or another's name.
        MalformedMessageError: not a control message.
    """
    party, payload = _verified(signed, keys, _CONTROL_TYPE)
    try:
        control = _decode_control(payload)
    except _UNREADABLE:
        raise MalformedMessageError("制御の通知を読み取れません。") from None
    if control.party != party:
        raise ForgedMessageError("署名者と差出人が違います。", signer=party, sender=control.party)
    return control
