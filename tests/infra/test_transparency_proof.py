"""Signed heads and proof files: what we write holds, and every changed byte is found and named."""

import ast
import base64
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from jichitai.infra.transparency import merkle, proof, verifier
from jichitai.infra.transparency.checkpoint import (
    Checkpoint,
    VerifierKey,
    open_signed,
    parse_keys,
    sign,
)
from jichitai.infra.transparency.errors import (
    CheckpointFormatError,
    CheckpointSignatureError,
    ProofError,
    ProofFormatError,
    RecordMismatchError,
    RootMismatchError,
    UnknownLogError,
)

ORIGIN = "jichitai/nation/provision"
PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEY = VerifierKey(ORIGIN, PRIVATE.public_key().public_bytes_raw())
RECORD: dict[str, Any] = {
    "affair": "T1-41",
    "at": "2026-11-20T01:00:00.000000Z",
    "fields": ["name", "birth_date"],
    "salt": "00112233445566778899aabbccddeeff",
}


def proof_file(index: int = 5, size: int = 11) -> bytes:
    leaves = merkle.leaf_hashes([b"%d" % number for number in range(size)])
    leaves[index] = merkle.leaf_hash(proof.canonical(RECORD))
    node = merkle.memory_node(leaves)
    checkpoint = Checkpoint(ORIGIN, size, merkle.root(size, node))
    path = merkle.inclusion_path(index, size, node)
    return proof.encode(
        proof.make_proof(RECORD, index, path, checkpoint, sign(checkpoint, PRIVATE))
    )


def changed(**parts: Any) -> bytes:
    return json.dumps(json.loads(proof_file()) | parts, ensure_ascii=False).encode()


def check(content: bytes) -> None:
    proof.verify(proof.decode(content), [KEY])


def test_a_key_published_by_c2sp_is_read() -> None:
    text = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    key = VerifierKey.parse(text)
    assert str(key) == text
    note = (
        "If you think cryptography is the answer to your problem,\n"
        "then you don't know what your problem is.\n"
    )
    signature = "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
    raw = base64.b64decode(signature)
    assert raw[:4] == key.key_id
    Ed25519PublicKey.from_public_bytes(key.public).verify(raw[4:], note.encode())


def test_a_signed_head_opens_with_its_key_and_after_a_rotation() -> None:
    checkpoint = Checkpoint(ORIGIN, 7, bytes(32))
    other = Ed25519PrivateKey.generate()
    newer = VerifierKey(ORIGIN, other.public_key().public_bytes_raw())
    assert open_signed(sign(checkpoint, PRIVATE), [newer, KEY]) == checkpoint
    assert open_signed(sign(checkpoint, other), [newer, KEY]) == checkpoint
    assert parse_keys(f"# keys\n{KEY}\n\n{newer}\n") == [KEY, newer]


def test_a_head_of_an_unknown_key_or_log_is_refused() -> None:
    signed = sign(Checkpoint(ORIGIN, 7, bytes(32)), Ed25519PrivateKey.generate())
    with pytest.raises(CheckpointSignatureError):
        open_signed(signed, [KEY])
    with pytest.raises(UnknownLogError):
        open_signed(signed, [VerifierKey("other", KEY.public)])


@given(st.integers(0, 2_000), st.integers(1, 255))
def test_any_changed_byte_of_a_signed_head_is_found(at: int, mask: int) -> None:
    signed = sign(Checkpoint(ORIGIN, 7, bytes(range(32))), PRIVATE).encode()
    place = at % len(signed)
    forged = signed[:place] + bytes([signed[place] ^ mask]) + signed[place + 1 :]
    with pytest.raises(
        (CheckpointFormatError, CheckpointSignatureError, UnknownLogError, UnicodeDecodeError)
    ):
        open_signed(forged.decode(), [KEY])


def test_a_proof_holds_for_both_readers() -> None:
    content = proof_file()
    check(content)
    assert verifier.check_proof(content, f"{KEY}\n")["record"] == RECORD


@pytest.mark.parametrize(
    ("content", "error", "name"),
    [
        (changed(record=RECORD | {"affair": "T1-42"}), RecordMismatchError, "record-mismatch"),
        (changed(index=4), RootMismatchError, "root-mismatch"),
        (changed(index=11), ProofError, "index-out-of-range"),
        (changed(size=12), ProofFormatError, "proof-format"),
        (changed(path=json.loads(proof_file())["path"][:-1]), ProofError, "path-length"),
        (
            changed(path=[*json.loads(proof_file())["path"][:-1], "A" * 43 + "="]),
            RootMismatchError,
            "root-mismatch",
        ),
        (changed(log="other"), UnknownLogError, "proof-format"),
        (changed(version=2), ProofFormatError, "proof-format"),
        (changed(more=1), ProofFormatError, "proof-format"),
        (
            changed(checkpoint=json.loads(proof_file())["checkpoint"].replace("\n11\n", "\n12\n")),
            CheckpointSignatureError,
            "checkpoint-signature",
        ),
        (b"{", ProofFormatError, "proof-format"),
        (b'{"a":1,"a":2}', ProofFormatError, "proof-format"),
    ],
)
def test_a_forged_part_is_named(content: bytes, error: type[ProofError], name: str) -> None:
    with pytest.raises(error):
        check(content)
    with pytest.raises(verifier.RefusedError) as refusal:
        verifier.check_proof(content, str(KEY))
    assert refusal.value.check == name


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_any_changed_byte_of_a_proof_file_is_found(at: int, mask: int) -> None:
    content = proof_file()
    place = at % len(content)
    forged = content[:place] + bytes([content[place] ^ mask]) + content[place + 1 :]
    try:
        same = json.loads(forged) == json.loads(content)
    except ValueError:
        same = False
    if same:  # white space outside the values
        return
    with pytest.raises(verifier.RefusedError):
        verifier.check_proof(forged, str(KEY))
    with pytest.raises(ProofError):
        check(forged)


def test_the_verifier_runs_alone(tmp_path: Path) -> None:
    (tmp_path / "proof.json").write_bytes(proof_file())
    (tmp_path / "forged.json").write_bytes(changed(index=3))
    (tmp_path / "nation.pub").write_text(f"{KEY}\n")
    (tmp_path / "copied.py").write_text(Path(verifier.__file__).read_text("utf-8"), "utf-8")

    def run(name: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "copied.py", name, "--key", "nation.pub"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            env={"PYTHONUTF8": "1", "PYTHONPATH": ""},
        )

    assert run("proof.json").returncode == 0
    assert run("forged.json").returncode == 1
    assert "[root-mismatch]" in run("forged.json").stderr
    assert run("absent.json").returncode == 2


def test_the_verifier_imports_only_the_standard_library_and_cryptography() -> None:
    tree = ast.parse(Path(verifier.__file__).read_text("utf-8"))
    roots = set()
    for statement in ast.walk(tree):
        if isinstance(statement, ast.Import):
            roots |= {one.name.split(".")[0] for one in statement.names}
        elif isinstance(statement, ast.ImportFrom):
            roots.add(str(statement.module).split(".")[0])
    assert roots - sys.stdlib_module_names == {"cryptography"}
