"""`jichitai jpki verify …`, as a person at a terminal uses it."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives.serialization import Encoding

from jichitai.jpki.kinds import CertificateKind, Reason
from jichitai.jpki.verifier.cli import jpki
from jichitai.jpki.verifier.refusals import (
    AppendedContentError,
    RefusedError,
    RevokedError,
    StatusUnreachableError,
    WrongKindError,
    WrongSignatureError,
)
from tests.jpki.pki import Leaf, pki
from tests.jpki.signing_pdf import append, blank, sign
from tests.jpki.verifying import SIGNING, USER_AUTH, der, signed

AT = "2026-11-20T10:00:00"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Anchors as `jichitai ca anchors` writes them, with what else it writes, and lists."""
    trust = tmp_path / "trust"
    trust.mkdir()
    for kind in CertificateKind:
        for generation in (1, 2):
            root = pki().authority(kind, generation)
            (trust / f"{root.id}.pem").write_bytes(root.certificate.public_bytes(Encoding.PEM))
        (tmp_path / f"{kind}.crl").write_bytes(der(pki().crl(kind)))
    (trust / "card-1.pem").write_bytes(b"of the card centre")
    return tmp_path


def run(folder: Path, *words: str, kind: CertificateKind = SIGNING, status: bool = True) -> Result:
    known = ["--crl", str(folder / f"{kind}.crl")] if status else []
    options = ["--trust", str(folder / "trust"), *known, "--at", AT]
    return CliRunner().invoke(jpki, ["verify", *words, *options])


def write(folder: Path, leaf: Leaf) -> str:
    (folder / "leaf.cer").write_bytes(der(leaf.certificate))
    return str(folder / "leaf.cer")


def refused(result: Result, kind: type[RefusedError]) -> None:
    assert result.exit_code == 1
    assert type(result.exception) is kind


def test_a_certificate_is_shown_with_its_holder(folder: Path) -> None:
    leaf = pki().leaf(SIGNING)
    result = run(folder, "certificate", write(folder, leaf), "--kind", "signing")
    assert result.exit_code == 0, result.output
    lines = dict(line.split("\t") for line in result.output.splitlines())
    assert lines["認証局"] == "signing-2"
    assert int(lines["発行の番号"], 16) == leaf.certificate.serial_number
    assert lines["氏名"] == "辻　花子"
    assert lines["有効期限"] == "2031-05-01"
    assert lines["失効情報"].startswith("crl ")


def test_refusals_reach_the_terminal(folder: Path) -> None:
    file = write(folder, pki().leaf(USER_AUTH))
    refused(run(folder, "certificate", file, "--kind", "signing"), WrongKindError)
    gone = pki().leaf(USER_AUTH, revoked=Reason.CESSATION)
    (folder / "user-auth.crl").write_bytes(der(pki().crl(USER_AUTH)))
    file = write(folder, gone)
    refused(run(folder, "certificate", file, "--kind", "user-auth", kind=USER_AUTH), RevokedError)


def test_without_status_nothing_is_verified(folder: Path) -> None:
    file = write(folder, pki().leaf(SIGNING))
    result = run(folder, "certificate", file, "--kind", "signing", status=False)
    assert result.exit_code == 2
    assert "失効情報がなければ検証できません" in result.output
    nobody = run(
        folder, "certificate", file, "--kind", "signing", "--url", "http://127.0.0.1:9",
        status=False,
    )  # fmt: skip
    refused(nobody, StatusUnreachableError)


def test_a_signature_and_a_document_are_verified(folder: Path) -> None:
    leaf = pki().leaf(SIGNING)
    file, text, value = write(folder, leaf), folder / "text", folder / "text.sig"
    text.write_bytes(b"text")
    value.write_bytes(signed(leaf, b"text"))
    words = ("signature", str(text), "--signature", str(value), "--certificate", file)
    assert "氏名\t辻　花子" in run(folder, *words).output
    text.write_bytes(b"other")
    refused(run(folder, *words), WrongSignatureError)
    document = folder / "application.pdf"
    document.write_bytes(sign(blank(), leaf))
    assert "氏名\t辻　花子" in run(folder, "pdf", str(document)).output
    document.write_bytes(append(document.read_bytes()))
    refused(run(folder, "pdf", str(document)), AppendedContentError)
