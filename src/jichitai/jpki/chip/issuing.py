"""The writer's side of personalisation: the commands, ready to send.

```
SELECT 発行AP → BEGIN → GET CHALLENGE → GENERATE, GET DATA, PROVE for each key
  (ask the authority for certificates and the permit, with the challenge)
→ EXTERNAL AUTHENTICATE → (CREATE, UPDATE BINARY…)… → SET PIN… → COMMIT
```

Source: this project's own design, docs/reference/chip.md.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from jichitai.jpki.chip import layout, rsa
from jichitai.jpki.chip.apdu import SHORT_RESPONSE, Command
from jichitai.jpki.chip.layout import App
from jichitai.jpki.chip.personalise import PERMIT

AID: Final = layout.aid(App.ISSUING)
KEY_REFERENCES: Final[Mapping[str, int]] = {
    "signing": layout.SIGNING_KEY,
    "user-auth": layout.USER_AUTH_KEY,
    "chip": layout.CHIP_KEY,
}
"""Values of CertificateKind, and the chip's own key of internal authentication."""
CHUNK: Final = 255


def permit_message(number: str, challenge: bytes) -> bytes:
    """What the card centre signs with Ed25519 to permit one writing."""
    return PERMIT + number.encode() + challenge


def select() -> bytes:
    """SELECT 発行AP."""
    return bytes(Command(0x00, 0xA4, 0x04, 0x0C, AID))


def status() -> bytes:
    """STATUS: two bytes, live and pending, each 0 or 1."""
    return bytes(Command(0x80, 0xF2, 0, 0, le=2))


def begin(*, keep: bool) -> bytes:
    """BEGIN: open a slot; with `keep` what is not written anew stays (renewal, change)."""
    return bytes(Command(0x80, 0x50, int(keep), 0))


def get_challenge() -> bytes:
    """GET CHALLENGE: 16 bytes, the same until COMMIT or another BEGIN."""
    return bytes(Command(0x00, 0x84, 0, 0, le=16))


def generate(reference: int) -> bytes:
    """GENERATE: make a key on the chip."""
    return _wide(0x46, reference)


def get_modulus(reference: int) -> bytes:
    """GET DATA: 256 bytes, the modulus of a new key; `spki` makes a public key of it."""
    return _wide(0xCA, reference, le=SHORT_RESPONSE)


def spki(modulus: bytes) -> bytes:
    """SubjectPublicKeyInfo of what `get_modulus` was answered."""
    return rsa.spki(modulus)


def prove(reference: int, request_id: bytes) -> bytes:
    """PROVE: 256 bytes, the new key's signature over the request (16 bytes) and its public key."""
    return _wide(0x88, reference, request_id, SHORT_RESPONSE)


def authenticate(permit: bytes) -> bytes:
    """EXTERNAL AUTHENTICATE with the card centre's permit (64 bytes)."""
    return bytes(Command(0x00, 0x82, 0, 0, permit))


def write(app: App, fid: int, content: bytes, *, chunk: int = CHUNK) -> Iterator[bytes]:
    """CREATE, and as many UPDATE BINARY as the content needs."""
    yield bytes(Command(0x80, 0xE0, app.code, 0, fid.to_bytes(2)))
    for offset in range(0, len(content), chunk):
        part = content[offset : offset + chunk]
        yield _wide(0xD6, offset, part)


def set_pin(app: App, fid: int, pin: str) -> bytes:
    """SET PIN: the value the holder chose, or a 照合番号."""
    return bytes(Command(0x80, 0xD8, app.code, 0, fid.to_bytes(2) + pin.encode("ascii")))


def commit() -> bytes:
    """COMMIT: everything becomes live at once."""
    return bytes(Command(0x80, 0x44, 0, 0))


def abort() -> bytes:
    """ABORT: forget the slot."""
    return bytes(Command(0x80, 0xE4, 0, 0))


def terminate() -> bytes:
    """TERMINATE: erase the chip for good measure when a card is returned; needs a permit."""
    return bytes(Command(0x80, 0xE6, 0, 0))


def _wide(ins: int, parameters: int, data: bytes = b"", le: int | None = None) -> bytes:
    return bytes(Command(0x80, ins, parameters >> 8, parameters & 0xFF, data, le))
