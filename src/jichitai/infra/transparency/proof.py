"""The proof file that a person may keep: one JSON document, format `jichitai-inclusion-proof` 1.

The record in it, written as canonical JSON (sorted names, no spaces, UTF-8), is the leaf.
"""

import base64
from typing import Any

import msgspec
from msgspec import Struct

from jichitai.infra.transparency import merkle
from jichitai.infra.transparency.checkpoint import Checkpoint, VerifierKey, open_signed
from jichitai.infra.transparency.errors import (
    ProofFormatError,
    RecordMismatchError,
    UnknownLogError,
)

FORMAT = "jichitai-inclusion-proof"
VERSION = 1

Record = dict[str, Any]

_encoder = msgspec.json.Encoder(order="sorted")


class Proof(Struct, frozen=True, forbid_unknown_fields=True):
    """証明ファイル: that a record stands at a place of a log whose state was signed."""

    format: str
    version: int
    log: str
    record: Record
    leaf_hash: str
    index: int
    size: int
    path: list[str]
    checkpoint: str


def canonical(record: Record) -> bytes:
    """The bytes of a record that are hashed: sorted names, no spaces, UTF-8.

    Args:
        record: values are strings, integers, lists of strings; all names and texts are ASCII
            without control characters, so that RFC 8785 gives the same bytes.

    Source: RFC 8785 (JCS), restricted to strings, integers and lists.
    """
    return _encoder.encode(record)


def make_proof(
    record: Record, index: int, path: list[bytes], checkpoint: Checkpoint, signed: str
) -> Proof:
    """Put a proof together.

    Args:
        record: the entry with its salt.
        index: its place in the log.
        path: hashes from the leaf to the root.
        checkpoint: the state of the log that the path leads to.
        signed: the same state as a signed note.
    """
    return Proof(
        format=FORMAT,
        version=VERSION,
        log=checkpoint.origin,
        record=record,
        leaf_hash=_base64(merkle.leaf_hash(canonical(record))),
        index=index,
        size=checkpoint.size,
        path=[_base64(one) for one in path],
        checkpoint=signed,
    )


def encode(proof: Proof) -> bytes:
    """Write the file, indented for people."""
    return msgspec.json.format(msgspec.json.encode(proof), indent=1) + b"\n"


def decode(content: bytes) -> Proof:
    """Read a file.

    Raises:
        ProofFormatError: not a proof of this format and version.
    """
    try:
        proof = msgspec.json.decode(content, type=Proof)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise ProofFormatError("証明ファイルを読み取れません。取得し直してください。") from None
    if (proof.format, proof.version) != (FORMAT, VERSION):
        raise ProofFormatError(
            f"証明ファイルの形式は {FORMAT} の版 {VERSION} でなければなりません。"
        )
    return proof


def verify(proof: Proof, keys: list[VerifierKey]) -> Checkpoint:
    """Check a proof from the record up to the signature.

    Returns:
        The signed state of the log, to be compared with the one that the prefectures keep.

    Raises:
        ProofError: one of its subclasses, named by the check that failed.

    Source: RFC 9162, 2.1.3.2; C2SP tlog-checkpoint.
    """
    checkpoint = open_signed(proof.checkpoint, keys)
    if checkpoint.origin != proof.log:
        raise UnknownLogError(
            "証明ファイルのログの名前が、署名されたログの名前と違います。", log=checkpoint.origin
        )
    if checkpoint.size != proof.size:
        raise ProofFormatError(
            "証明ファイルのログの大きさが、署名された大きさと違います。", size=checkpoint.size
        )
    leaf = _decode(proof.leaf_hash)
    if merkle.leaf_hash(canonical(proof.record)) != leaf:
        raise RecordMismatchError(
            "記録の内容が、ログに載せたときの値と一致しません。記録が書き換えられています。"
        )
    path = [_decode(one) for one in proof.path]
    merkle.verify_inclusion(leaf, proof.index, proof.size, path, checkpoint.root)
    return checkpoint


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _decode(text: str) -> bytes:
    try:
        raw = base64.b64decode(text, validate=True)
    except ValueError:
        raw = b""
    if _base64(raw) != text:
        raise ProofFormatError("証明ファイルのハッシュを読み取れません。取得し直してください。")
    return raw
