"""Signed tree heads as C2SP checkpoints: a signed note of three lines, Ed25519.

    jichitai/nation/provision
    1042
    qINS1GRFhWHwdkUeqLEoP4yEMkTBBzxBkGwGQlVlVcs=

    — jichitai/nation/provision AbCdEf...

The key id in the signature line tells which key signed, so a log can change its key: readers keep
the list of keys they trust.
"""

import base64
import binascii
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from jichitai.infra.transparency.errors import (
    CheckpointFormatError,
    CheckpointSignatureError,
    UnknownLogError,
)
from jichitai.infra.transparency.merkle import HASH_SIZE

_ED25519 = b"\x01"
_DASH = "— "
_PUBLIC_BYTES = 32


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """ログの状態: what a log says of itself.

    Attributes:
        origin: unique name of the log; also the name of its keys.
        size: number of leaves.
        root: hash of the tree of that size.
    """

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """The signed text.

        Source: C2SP tlog-checkpoint.
        """
        return f"{self.origin}\n{self.size}\n{_base64(self.root)}\n"


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key of a log, in the text form `<name>+<key id>+<base64>`."""

    name: str
    public: bytes

    @property
    def key_id(self) -> bytes:
        """Four bytes that tell the keys of one log apart.

        Source: C2SP signed-note.
        """
        return hashlib.sha256(self.name.encode() + b"\n" + _ED25519 + self.public).digest()[:4]

    def __str__(self) -> str:
        """The form that is published and kept in files."""
        return f"{self.name}+{self.key_id.hex()}+{_base64(_ED25519 + self.public)}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the published form.

        Raises:
            CheckpointFormatError: the text is not an Ed25519 verifier key.
        """
        name, _, rest = text.strip().partition("+")
        _, _, encoded = rest.partition("+")
        raw = _decode(encoded)
        key = cls(name, raw[1:])
        if raw[:1] != _ED25519 or len(key.public) != _PUBLIC_BYTES or str(key) != text.strip():
            raise CheckpointFormatError(
                "ログの公開鍵の形式が正しくありません。公開鍵のファイルを取得し直してください。"
            )
        return key


def parse_keys(text: str) -> list[VerifierKey]:
    """Read a file of verifier keys: one a line, empty lines and lines with # are passed over.

    Raises:
        CheckpointFormatError: a line is not a verifier key.
    """
    lines = [line.strip() for line in text.splitlines()]
    return [VerifierKey.parse(line) for line in lines if line and not line.startswith("#")]


def sign(checkpoint: Checkpoint, private: Ed25519PrivateKey) -> str:
    """Write a checkpoint as a signed note.

    Source: C2SP tlog-checkpoint, signed-note.
    """
    key = VerifierKey(checkpoint.origin, private.public_key().public_bytes_raw())
    signature = private.sign(checkpoint.text.encode())
    return f"{checkpoint.text}\n{_DASH}{key.name} {_base64(key.key_id + signature)}\n"


def open_signed(text: str, keys: Iterable[VerifierKey]) -> Checkpoint:
    """Read a signed note and check its signature.

    Args:
        text: the note.
        keys: the trusted keys; signatures of other keys are passed over.

    Raises:
        CheckpointFormatError: the text is not a checkpoint.
        UnknownLogError: no trusted key belongs to this log.
        CheckpointSignatureError: no signature of a trusted key holds.

    Source: C2SP tlog-checkpoint, signed-note.
    """
    body, separator, tail = text.partition("\n\n")
    if not separator or not tail.endswith("\n"):
        raise _malformed()
    checkpoint = _parse_body(body + "\n")
    trusted = {key.key_id: key for key in keys if key.name == checkpoint.origin}
    if not trusted:
        raise UnknownLogError(
            f"ログ {checkpoint.origin} の公開鍵がありません。公開されている鍵を指定してください。",
            log=checkpoint.origin,
        )
    for line in tail[:-1].split("\n"):
        if _holds(line, checkpoint, trusted):
            return checkpoint
    raise CheckpointSignatureError(
        "チェックポイントの署名を確かめられません。内容か署名が書き換えられたか、別の鍵の署名です。",
        log=checkpoint.origin,
    )


def _holds(line: str, checkpoint: Checkpoint, trusted: dict[bytes, VerifierKey]) -> bool:
    """Whether a signature line is of a trusted key and holds; a broken one of such a key refuses."""
    prefix = f"{_DASH}{checkpoint.origin} "
    if not line.startswith(prefix):
        return False
    raw = _decode(line.removeprefix(prefix))
    key = trusted.get(raw[:4])
    if key is None:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(raw[4:], checkpoint.text.encode())
    except InvalidSignature:
        raise CheckpointSignatureError(
            "チェックポイントの署名が内容と合いません。内容か署名が書き換えられています。",
            log=checkpoint.origin,
        ) from None
    return True


def _parse_body(body: str) -> Checkpoint:
    lines = body[:-1].split("\n")
    if len(lines) != 3 or not lines[0]:
        raise _malformed()
    root = _decode(lines[2])
    if (
        not (lines[1].isascii() and lines[1].isdigit() and len(lines[1]) < 20)
        or len(root) != HASH_SIZE
    ):
        raise _malformed()
    checkpoint = Checkpoint(lines[0], int(lines[1]), root)
    if checkpoint.text != body:
        raise _malformed()
    return checkpoint


def _malformed() -> CheckpointFormatError:
    return CheckpointFormatError(
        "チェックポイントを読み取れません。途中で切れたか、書き換えられています。取得し直してください。"
    )


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _decode(text: str) -> bytes:
    """Read base64 in its one canonical form."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise _malformed() from None
    if _base64(raw) != text:
        raise _malformed()
    return raw
