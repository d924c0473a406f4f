"""What a chip remembers: for ever, for one writing, and only while it has power."""

import hashlib
import hmac
from dataclasses import dataclass, field
from typing import Final, Self

import msgspec

from jichitai.jpki.chip.layout import App

_EMPTY: Final[dict[str, bytes]] = {}


class Pin(msgspec.Struct, frozen=True):
    """A PIN and its counter.

    Attributes:
        digest: keyed by the chip's salt and the PIN's name; the PIN itself is not kept.
        left: tries left.
        tries: tries after a success.
    """

    digest: bytes
    left: int
    tries: int

    def __repr__(self) -> str:
        """Hide the digest: four digits are found from it in no time."""
        return f"<Pin {self.left}/{self.tries}>"


class Content(msgspec.Struct, frozen=True):
    """What personalisation wrote; a value, never changed in place.

    Attributes:
        files: name to bytes.
        pins: name to PIN.
        keys: name to private key (PKCS#8, DER).
    """

    files: dict[str, bytes] = msgspec.field(default_factory=dict)
    pins: dict[str, Pin] = msgspec.field(default_factory=dict)
    keys: dict[str, bytes] = msgspec.field(default_factory=dict)

    def __repr__(self) -> str:
        """Say how much, not what."""
        return f"<Content {len(self.files)} files, {len(self.pins)} pins, {len(self.keys)} keys>"


class Slot(msgspec.Struct, frozen=True):
    """A pending personalisation: what must outlive a loss of power before COMMIT.

    Attributes:
        challenge: what the card centre signs to permit this writing, and no other.
        keeps: start from the live content (renewal) and not from nothing (first issue).
        keys: name to new private key.
    """

    challenge: bytes
    keeps: bool
    keys: dict[str, bytes] = msgspec.field(default_factory=dict)

    def __repr__(self) -> str:
        """Hide the keys."""
        return f"<Slot keeps={self.keeps}, {len(self.keys)} keys>"


class Memory(msgspec.Struct, frozen=True):
    """What stays without power.

    Attributes:
        number: 製造番号, 13 digits.
        writer_key: Ed25519 public key of the card centre, from manufacture.
        salt: of the digests of PINs.
        live: what the holder's commands see; None: a blank chip.
        slot: a personalisation that was begun.
    """

    number: str
    writer_key: bytes
    salt: bytes
    live: Content | None = None
    slot: Slot | None = None

    def __repr__(self) -> str:
        """Hide the secrets."""
        return f"<Memory {self.number}, live={self.live!r}, slot={self.slot!r}>"

    def pin_digest(self, name: str, pin: bytes) -> bytes:
        """How a PIN is kept."""
        key = hashlib.blake2b(name.encode(), key=self.salt, digest_size=32).digest()
        return hashlib.blake2b(pin, key=key, digest_size=32).digest()

    def matches(self, name: str, pin: bytes) -> bool:
        """Whether `pin` is the one kept, in a time that does not depend on it."""
        kept = self.live.pins.get(name) if self.live else None
        return kept is not None and hmac.compare_digest(kept.digest, self.pin_digest(name, pin))

    def with_pin(self, name: str, pin: Pin) -> Self:
        """The memory with another state of one PIN."""
        live = self.live or Content()
        changed = msgspec.structs.replace(live, pins={**live.pins, name: pin})
        return msgspec.structs.replace(self, live=changed)


@dataclass(frozen=True, slots=True)
class Writing:
    """What a permitted writer has sent since the chip got power; gone without COMMIT.

    Attributes:
        files: name to bytes so far.
        pins: name to PIN.
        target: the file that UPDATE BINARY writes.
    """

    files: dict[str, bytes] = field(default_factory=dict, repr=False)
    pins: dict[str, Pin] = field(default_factory=dict, repr=False)
    target: str | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """What a loss of power or a reset forgets.

    Attributes:
        app: selected application.
        fid: selected file of it; None after SELECT of an application.
        verified: PIN files of this application that were entered right.
        writing: open after EXTERNAL AUTHENTICATE.
    """

    app: App | None = None
    fid: int | None = None
    verified: frozenset[int] = frozenset()
    writing: Writing | None = None


@dataclass(frozen=True, slots=True)
class ChipState:
    """All that the answer to a command depends on."""

    memory: Memory
    session: Session = Session()

    def restarted(self) -> "ChipState":
        """After a loss of power or a reset.

        Source: ISO/IEC 7816-4 7.5.1 (security status is lost on reset).
        """
        return ChipState(self.memory)
