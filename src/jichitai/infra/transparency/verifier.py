"""Check a proof file alone: `python -m jichitai.infra.transparency.verifier PROOF.json --key nation.pub`.

This file shares no code with the rest of the product and needs only Python and `cryptography`, so
it can be copied, read and run by anybody who does not trust us.

Source: RFC 9162, 2.1.3.2 (inclusion); C2SP signed-note and tlog-checkpoint (signed state).
"""

import argparse
import base64
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

MEMBERS: dict[str, type] = {
    "format": str,
    "version": int,
    "log": str,
    "record": dict,
    "leaf_hash": str,
    "index": int,
    "size": int,
    "path": list,
    "checkpoint": str,
}


class RefusedError(Exception):
    """The proof does not hold; `check` names the part that failed."""

    def __init__(self, check: str, sentence: str) -> None:
        """Name the failed check and say it in a sentence."""
        super().__init__(sentence)
        self.check = check


def check_proof(content: bytes, keys: str) -> dict[str, Any]:
    """Check a proof file.

    Args:
        content: the file.
        keys: text of the key file, one verifier key a line.

    Returns:
        The document, all of whose parts hold.

    Raises:
        RefusedError: `check` is proof-format, checkpoint-format, unknown-log,
            checkpoint-signature, record-mismatch, index-out-of-range, path-length or
            root-mismatch.
    """
    proof = _read(content)
    origin, size, root = _open_checkpoint(proof["checkpoint"], keys)
    if origin != proof["log"] or size != proof["size"]:
        raise RefusedError("proof-format", "ログの名前か大きさが、署名された状態と違います。")
    leaf = _sha256(b"\x00" + _canonical(proof["record"]))
    if leaf != _bytes(proof["leaf_hash"]):
        raise RefusedError("record-mismatch", "記録の内容が書き換えられています。")
    path = [_bytes(text) for text in proof["path"]]
    if _climb(leaf, proof["index"], size, path) != root:
        raise RefusedError(
            "root-mismatch", "番号か証明のハッシュが、署名されたログの状態と一致しません。"
        )
    return proof


def _read(content: bytes) -> dict[str, Any]:
    try:
        proof = json.loads(content.decode("utf-8"), object_pairs_hook=_no_repeats)
    except (ValueError, RecursionError):
        raise RefusedError("proof-format", "証明ファイルを JSON として読み取れません。") from None
    whole = isinstance(proof, dict) and set(proof) == set(MEMBERS)
    if not whole or any(type(proof[name]) is not kind for name, kind in MEMBERS.items()):
        raise RefusedError("proof-format", "証明ファイルの項目が足りないか、余分です。")
    if proof["format"] != "jichitai-inclusion-proof" or proof["version"] != 1:
        raise RefusedError("proof-format", "この形式の証明ファイルは確かめられません。")
    return dict(proof)


def _no_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise ValueError("repeated name")
    return document


def _canonical(record: dict[str, Any]) -> bytes:
    return json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _open_checkpoint(text: str, keys: str) -> tuple[str, int, bytes]:
    """Origin, size and root of a checkpoint signed by one of the keys."""
    body, separator, signatures = text.partition("\n\n")
    lines = body.split("\n")
    if not separator or len(lines) != 3 or str(_number(lines[1])) != lines[1]:
        raise RefusedError("checkpoint-format", "署名されたログの状態を読み取れません。")
    origin, root = lines[0], _bytes(lines[2], "checkpoint-format")
    known = _keys_of(origin, keys)
    if not known:
        raise RefusedError("unknown-log", f"ログ {origin} の公開鍵が鍵ファイルにありません。")
    for line in signatures.removesuffix("\n").split("\n"):
        prefix = f"— {origin} "
        if not line.startswith(prefix):
            continue
        raw = _bytes(line.removeprefix(prefix), "checkpoint-signature")
        if raw[:4] in known:
            _check_signature(known[raw[:4]], raw[4:], f"{body}\n".encode())
            return origin, int(lines[1]), root
    raise RefusedError("checkpoint-signature", "信頼する鍵の署名がありません。")


def _check_signature(public: bytes, signature: bytes, text: bytes) -> None:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, text)
    except InvalidSignature:
        raise RefusedError(
            "checkpoint-signature", "署名されたログの状態か、その署名が書き換えられています。"
        ) from None


def _keys_of(origin: str, text: str) -> dict[bytes, bytes]:
    """Key id -> public key, for the keys of one log."""
    known = {}
    for line in text.splitlines():
        name, _, rest = line.strip().partition("+")
        raw = rest.partition("+")[2]
        if name == origin and raw:
            key = _bytes(raw)
            known[_sha256(name.encode() + b"\n" + key)[:4]] = key[1:]
    return known


def _climb(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """The root that a leaf and its path lead to (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        raise RefusedError("index-out-of-range", "記録の番号がログの大きさを超えています。")
    position, last, result = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            raise RefusedError("path-length", "証明のハッシュが多すぎます。")
        if position & 1 or position == last:
            result = _sha256(b"\x01" + sibling + result)
            while position and not position & 1:
                position, last = position >> 1, last >> 1
        else:
            result = _sha256(b"\x01" + result + sibling)
        position, last = position >> 1, last >> 1
    if last:
        raise RefusedError("path-length", "証明のハッシュが足りません。")
    return result


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else -1


def _bytes(text: object, check: str = "proof-format") -> bytes:
    """Read base64 in its one canonical form."""
    try:
        raw = base64.b64decode(str(text), validate=True)
    except ValueError:
        raw = b""
    if not raw or base64.b64encode(raw).decode() != text:
        raise RefusedError(check, "証明ファイルのハッシュか署名を読み取れません。")
    return raw


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def main(arguments: list[str] | None = None) -> int:
    """Check one file, tell the result, and return 0 when everything holds."""
    parser = argparse.ArgumentParser(description="提供の記録の証明ファイルを確かめます。")
    parser.add_argument("proof", type=Path, help="証明ファイル (JSON)")
    parser.add_argument("--key", type=Path, required=True, help="ログの公開鍵のファイル")
    options = parser.parse_args(arguments)
    try:
        proof = check_proof(options.proof.read_bytes(), options.key.read_text("utf-8"))
    except OSError as error:
        sys.stderr.write(f"ファイルを読めません: {error.filename}\n")
        return 2
    except RefusedError as refusal:
        sys.stderr.write(f"証明は成り立ちません [{refusal.check}]: {refusal}\n")
        return 1
    sys.stdout.write(
        f"証明は成り立ちます: 番号 {proof['index']} の記録は、大きさ {proof['size']} の"
        f"ログ {proof['log']} に含まれています。\n"
        + json.dumps(proof["record"], ensure_ascii=False, indent=1)
        + "\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
