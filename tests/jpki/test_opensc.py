"""Software that we did not write reads the card, is refused by it, and signs with it."""

import re
import time
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from jichitai.jpki.kinds import CertificateKind
from tests.infra.processes import ORDINARY_UID, needs_root
from tests.jpki.cards import Card, ReaderService, issue_card, running_service
from tests.jpki.chips import SIGNING_PIN, USER_AUTH_PIN

pytestmark = pytest.mark.cards

MODULE = next(Path("/usr/lib").glob("*/opensc-pkcs11.so"), Path("opensc-pkcs11.so"))
MESSAGE = "申請書の本文\n".encode()
IDS = {CertificateKind.USER_AUTH: "01", CertificateKind.SIGNING: "02"}
PINS = {CertificateKind.USER_AUTH: USER_AUTH_PIN, CertificateKind.SIGNING: SIGNING_PIN}
TOKENS = {
    CertificateKind.USER_AUTH: "JPKI (User Authentication PIN)",
    CertificateKind.SIGNING: "JPKI (Digital Signature PIN)",
}


@pytest.fixture
def card(tmp_path: Path) -> Card:
    return issue_card(tmp_path / "card.chip")


def tries(reader: ReaderService) -> list[int]:
    """Tries left of the two PINs, as OpenSC reads them."""
    return [int(n) for n in re.findall(r"Tries left +: (\d+)", reader.run("pkcs15-tool", "--dump"))]


def verify_pin(reader: ReaderService, kind: CertificateKind, pin: str, *more: str) -> str:
    words = ("--verify-pin", "--auth-id", IDS[kind], "--pin", pin, *more)
    said = reader.run("pkcs15-tool", *words, status=None)
    reader.run("opensc-tool", "--reset", "-n")  # what was verified outlives the client otherwise
    return said


def sign(reader: ReaderService, kind: CertificateKind, hash_name: str, file: Path) -> Path:
    signature = file.with_suffix(".signature")
    reader.run(
        "pkcs11-tool", "--module", str(MODULE), "--token-label", TOKENS[kind], "--login",
        "--pin", PINS[kind], "--sign", "--id", IDS[kind], "-m", f"{hash_name}-RSA-PKCS",
        "--input-file", str(file), "--output-file", str(signature),
    )  # fmt: skip
    return signature


def public_key_of(card: Card, kind: CertificateKind, folder: Path) -> Path:
    pem = (
        card.certificates[kind]
        .public_key()
        .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    file = folder / f"{kind}.pem"
    file.write_bytes(pem)
    return file


def document(folder: Path) -> Path:
    file = folder / "document.txt"
    file.write_bytes(MESSAGE)
    return file


def openssl_accepts(reader: ReaderService, hash_name: str, key: Path, sig: Path, doc: Path) -> bool:
    said = reader.run(
        "openssl", "dgst", f"-{hash_name}", "-verify", str(key), "-signature", str(sig), str(doc),
        status=None,
    )  # fmt: skip
    return "Verified OK" in said


def test_what_the_card_is_worth_to_others_takes_less_than_ten_seconds(
    reader_service: ReaderService, card: Card, tmp_path: Path
) -> None:
    started = time.monotonic()
    with reader_service.holding(card.path):
        assert reader_service.run("opensc-tool", "-n").splitlines()[-1] == "jpki"
        dump = reader_service.run("pkcs15-tool", "--dump")
        found = [dump.count(head) for head in ("\nPIN [", "\nPrivate RSA Key [", "\nX.509 Cer")]
        assert found == [2, 2, 4]
        assert tries(reader_service) == [3, 5]
        assert "PIN code or key incorrect" in verify_pin(
            reader_service, CertificateKind.USER_AUTH, "9999"
        )
        assert tries(reader_service) == [2, 5]
        reader_service.run("pkcs15-tool", "--read-certificate", "2", status=1)
        for kind in CertificateKind:
            signature = sign(reader_service, kind, "SHA256", document(tmp_path))
            key = public_key_of(card, kind, tmp_path)
            assert openssl_accepts(reader_service, "sha256", key, signature, document(tmp_path))
        assert tries(reader_service) == [3, 5]
    assert time.monotonic() - started < 10


def test_the_signing_certificate_is_read_after_its_pin_only(
    reader_service: ReaderService, card: Card
) -> None:
    with reader_service.holding(card.path):
        before = reader_service.run("pkcs15-tool", "--read-certificate", "2", status=1)
        assert "BEGIN CERTIFICATE" not in before
        other = verify_pin(
            reader_service, CertificateKind.USER_AUTH, USER_AUTH_PIN, "--read-certificate", "2"
        )
        assert "BEGIN CERTIFICATE" not in other
        after = verify_pin(
            reader_service, CertificateKind.SIGNING, SIGNING_PIN, "--read-certificate", "2"
        )
    read = x509.load_pem_x509_certificate(after[after.index("-----BEGIN") :].encode())
    assert read == card.certificates[CertificateKind.SIGNING]


def test_a_lowered_counter_stays_low_when_the_card_is_taken_out_and_recovers_by_success(
    reader_service: ReaderService, card: Card
) -> None:
    with reader_service.holding(card.path):
        for _ in range(2):
            verify_pin(reader_service, CertificateKind.SIGNING, "WRONG1")
    with reader_service.holding(card.path):
        assert tries(reader_service) == [3, 3]
        verify_pin(reader_service, CertificateKind.SIGNING, SIGNING_PIN)
        assert tries(reader_service) == [3, 5]


def test_three_wrong_pins_lock_the_key_for_the_right_one_too(
    reader_service: ReaderService, card: Card
) -> None:
    with reader_service.holding(card.path):
        for wrong in ("0000", "0001", "0002"):
            verify_pin(reader_service, CertificateKind.USER_AUTH, wrong)
        assert tries(reader_service) == [0, 5]
        said = verify_pin(reader_service, CertificateKind.USER_AUTH, USER_AUTH_PIN)
        assert "blocked" in said.lower() or "locked" in said.lower(), said


def test_signatures_with_longer_hashes_verify(
    reader_service: ReaderService, card: Card, tmp_path: Path
) -> None:
    with reader_service.holding(card.path):
        for kind in CertificateKind:
            key = public_key_of(card, kind, tmp_path)
            for name in ("SHA384", "SHA512"):
                made = (key, sign(reader_service, kind, name, document(tmp_path)))
                assert openssl_accepts(reader_service, name.lower(), *made, document(tmp_path))
                assert not openssl_accepts(reader_service, "sha256", *made, document(tmp_path))


def test_openssl_signs_with_the_card_through_its_engine(
    reader_service: ReaderService, card: Card, tmp_path: Path
) -> None:
    engine = next(Path("/usr/lib").glob("*/engines-3/pkcs11.so"))
    config = tmp_path / "openssl.cnf"
    config.write_text(
        "openssl_conf = all\n[all]\nengines = some\n[some]\npkcs11 = card\n"
        f"[card]\nengine_id = pkcs11\ndynamic_path = {engine}\nMODULE_PATH = {MODULE}\n"
    )
    uri = f"pkcs11:token={TOKENS[CertificateKind.USER_AUTH]};id=%01;type=private"
    signature = tmp_path / "engine.signature"
    with reader_service.holding(card.path):
        environment = {**reader_service.environment, "OPENSSL_CONF": str(config)}
        reader_service.run(
            "env", *(f"{name}={value}" for name, value in environment.items()),
            "openssl", "dgst", "-engine", "pkcs11", "-keyform", "engine", "-sha256",
            "-sign", f"{uri.replace(' ', '%20')};pin-value={USER_AUTH_PIN}",
            "-out", str(signature), str(document(tmp_path)),
        )  # fmt: skip
    key = public_key_of(card, CertificateKind.USER_AUTH, tmp_path)
    assert openssl_accepts(reader_service, "sha256", key, signature, document(tmp_path))


def test_gnutls_finds_the_keys_and_signs_with_them(
    reader_service: ReaderService, card: Card
) -> None:
    provider = ("p11tool", "--provider", str(MODULE), "--batch")
    with reader_service.holding(card.path):
        for kind in CertificateKind:
            token = f"pkcs11:token={TOKENS[kind].replace(' ', '%20')}"
            pin = ("--login", f"--set-pin={PINS[kind]}")
            listed = reader_service.run(*provider, *pin, "--list-privkeys", token)
            assert "CKA_NEVER_EXTRACTABLE" in listed
            key = f"{token};id=%{IDS[kind]};type=private"
            assert "ok" in reader_service.run(*provider, *pin, "--test-sign", key).lower()


@needs_root
def test_an_ordinary_user_runs_the_reader_service_too(
    reader_service: ReaderService, card: Card
) -> None:
    with running_service(ORDINARY_UID) as other:
        assert other.port != reader_service.port
        with other.holding(card.path):
            assert other.run("opensc-tool", "-n").splitlines()[-1] == "jpki"
            assert "Yes" not in reader_service.run("opensc-tool", "-l")
