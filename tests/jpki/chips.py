"""Chips for tests: blank ones, and issued ones with four certificates, with keys made once."""

import functools
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_private_key,
)
from cryptography.x509.oid import NameOID

from jichitai.jpki.chip import issuing, layout, rsa
from jichitai.jpki.chip.device import Chip, blank
from jichitai.jpki.chip.layout import App
from jichitai.jpki.chip.storage import FileStorage, MemoryStorage
from jichitai.jpki.chip.work import Crafts

NUMBER = "1234567890128"
USER_AUTH_PIN = "1234"
SIGNING_PIN = "ABC123"
INPUT_PIN = "5678"
REGISTER_PIN = "9012"
A = "123456789018"
B = "85050120365678"
AGE_PIN = "20365678"
TOKEN = b"JPKIAPICCTOKEN".ljust(32)
Transmit = Callable[[bytes], bytes]

WRITER = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
WRITER_PUBLIC = WRITER.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


@functools.cache
def key(index: int) -> bytes:
    """One RSA key for the whole run, by number."""
    return rsa.make()


def private(index: int) -> RSAPrivateKey:
    loaded = load_der_private_key(key(index), None)
    assert isinstance(loaded, RSAPrivateKey)
    return loaded


def crafts() -> Crafts:
    """Real chance, but keys from the shared pool, in order."""
    made = iter(range(1, 100))
    return Crafts(draw=os.urandom, make_key=lambda: key(1 + (next(made) - 1) % 3))


def ok(answer: bytes) -> bytes:
    assert answer[-2:] == b"\x90\x00", answer.hex()
    return answer[:-2]


def memory_chip() -> Chip:
    return Chip(MemoryStorage(blank(NUMBER, WRITER_PUBLIC)), crafts=crafts())


def file_chip(path: Path) -> Chip:
    """A blank chip in a file, with the shared keys."""
    FileStorage.create(path, blank(NUMBER, WRITER_PUBLIC))
    return Chip(path, crafts=crafts())


@dataclass(frozen=True)
class Certificates:
    """What a chip of a grown-up holds."""

    signing: bytes
    signing_authority: bytes
    user_auth: bytes
    user_auth_authority: bytes

    def files(self) -> list[tuple[App, int, bytes]]:
        return [
            (App.JPKI, layout.SIGNING_CERTIFICATE, self.signing),
            (App.JPKI, layout.SIGNING_AUTHORITY, self.signing_authority),
            (App.JPKI, layout.USER_AUTH_CERTIFICATE, self.user_auth),
            (App.JPKI, layout.USER_AUTH_AUTHORITY, self.user_auth_authority),
            (App.JPKI, layout.TOKEN, TOKEN),
        ]


def certify(signing: RSAPublicKey, user_auth: RSAPublicKey) -> Certificates:
    """Certificates by two authorities that exist for this purpose only."""
    authority = private(0)
    own = _certificate("CA", authority.public_key(), "CA", authority)
    return Certificates(
        signing=_certificate("signing", signing, "CA", authority),
        signing_authority=own,
        user_auth=_certificate("user-auth", user_auth, "CA", authority),
        user_auth_authority=own,
    )


PINS = [
    (App.JPKI, layout.USER_AUTH_PIN, USER_AUTH_PIN),
    (App.JPKI, layout.SIGNING_PIN, SIGNING_PIN),
    (App.INPUT, layout.INPUT_PIN, INPUT_PIN),
    (App.INPUT, layout.INPUT_A, A),
    (App.INPUT, layout.INPUT_B, B),
    (App.FACE, layout.FACE_A, A),
    (App.FACE, layout.FACE_B, B),
    (App.FACE, layout.FACE_AGE_PIN, AGE_PIN),
    (App.REGISTER, layout.REGISTER_PIN, REGISTER_PIN),
]


def slot(transmit: Transmit, *, keep: bool = False) -> bytes:
    """Open a slot; the challenge."""
    ok(transmit(issuing.select()))
    ok(transmit(issuing.begin(keep=keep)))
    return ok(transmit(issuing.get_challenge()))


def make_keys(transmit: Transmit) -> dict[str, RSAPublicKey]:
    """All three keys; their public halves."""
    made = {}
    for name, reference in issuing.KEY_REFERENCES.items():
        ok(transmit(issuing.generate(reference)))
        made[name] = rsa.public_key(ok(transmit(issuing.get_modulus(reference))))
    return made


def permit(challenge: bytes, number: str = NUMBER) -> bytes:
    return WRITER.sign(issuing.permit_message(number, challenge))


def write(
    transmit: Transmit,
    files: Iterable[tuple[App, int, bytes]],
    pins: Iterable[tuple[App, int, str]] = (),
) -> None:
    for app, fid, content in files:
        for command in issuing.write(app, fid, content):
            ok(transmit(command))
    for app, fid, pin in pins:
        ok(transmit(issuing.set_pin(app, fid, pin)))


def issue(transmit: Transmit, *, more: Iterable[tuple[App, int, bytes]] = ()) -> Certificates:
    """Personalise a blank chip: three keys, four certificates, all PINs, and `more` files."""
    challenge = slot(transmit)
    made = make_keys(transmit)
    certificates = certify(made["signing"], made["user-auth"])
    ok(transmit(issuing.authenticate(permit(challenge))))
    write(transmit, [*certificates.files(), *more], PINS)
    ok(transmit(issuing.commit()))
    return certificates


def select(transmit: Transmit, app: App, fid: int | None = None) -> None:
    aid = layout.aid(app)
    ok(transmit(b"\x00\xa4\x04\x0c" + bytes([len(aid)]) + aid))
    if fid is not None:
        ok(transmit(b"\x00\xa4\x02\x0c\x02" + fid.to_bytes(2)))


def verify(transmit: Transmit, fid: int, pin: str) -> bytes:
    """VERIFY in the selected application; the status word."""
    ok(transmit(b"\x00\xa4\x02\x0c\x02" + fid.to_bytes(2)))
    return transmit(b"\x00\x20\x00\x80" + bytes([len(pin)]) + pin.encode())


def read(transmit: Transmit, fid: int) -> bytes:
    """The whole of a file of the selected application."""
    ok(transmit(b"\x00\xa4\x02\x0c\x02" + fid.to_bytes(2)))
    content = b""
    while len(part := ok(transmit(b"\x00\xb0" + len(content).to_bytes(2) + b"\x00"))) == 256:
        content += part
        if transmit(b"\x00\xb0" + len(content).to_bytes(2) + b"\x00")[-2:] == b"\x6b\x00":
            return content
    return content + part


def _certificate(subject: str, public: RSAPublicKey, issuer: str, by: RSAPrivateKey) -> bytes:
    from_ = datetime(2026, 1, 1, tzinfo=UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(from_)
        .not_valid_after(from_ + timedelta(days=3650))
    )
    return builder.sign(by, hashes.SHA256()).public_bytes(Encoding.DER)
