"""The commands `jichitai chip …`, as a person at a terminal uses them."""

import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from jichitai.infra.ports import HeldPort
from jichitai.jpki.reader.cli import chip as commands
from tests.jpki import chips
from tests.jpki.cards import Card, ReaderService, issue_card

RUN = "from jichitai.jpki.reader.cli import chip; chip()"


@pytest.fixture
def card(tmp_path: Path) -> Card:
    return issue_card(tmp_path / "hanako.chip")


def run(*words: str, typed: str = "", status: int = 0) -> str:
    done = CliRunner().invoke(commands, list(words), input=typed)
    assert done.exit_code == status, done.output
    return done.output


@pytest.mark.parametrize("form", ["pem", "hex"])
def test_a_blank_chip_says_that_nothing_is_written(tmp_path: Path, form: str) -> None:
    key = tmp_path / "writer"
    public = chips.WRITER.public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    key.write_bytes(pem if form == "pem" else chips.WRITER_PUBLIC.hex().encode())
    file = str(tmp_path / "new.chip")
    number = run("blank", file, "--writer-key", str(key)).strip()
    said = run("read", "--chip", file)
    assert f"製造番号\t{number}" in said
    assert "まだ何も書かれていない" in said
    key.write_text("no key")
    run("blank", str(tmp_path / "b.chip"), "--writer-key", str(key), status=2)


def test_reading_tells_tries_and_certificates_and_asks_before_the_signing_one(card: Card) -> None:
    said = run("read", "--chip", str(card.path))
    assert "署名用電子証明書の暗証番号\tあと5回" in said
    assert "署名用電子証明書\t暗証番号の照合が必要です" in said
    more = run("read", "--chip", str(card.path), "--signing", typed="short\nabc123\n")
    serial = [one.serial_number for one in card.certificates.values()]
    assert all(f"{number:x}" in more for number in serial)
    assert chips.SIGNING_PIN not in more


def test_a_pin_is_changed_with_the_old_one_and_the_new_one_twice(card: Card) -> None:
    words = ("pin", "--chip", str(card.path), "--kind", "user-auth")
    run(*words, typed="1234\n2222\n3333\n4444\n4444\n")
    run(*words, typed="4444\n1234\n1234\n")
    refused = CliRunner().invoke(commands, list(words), input="9999\n1111\n1111\n")
    assert type(refused.exception).__name__ == "WrongPinError"


@pytest.mark.cards
def test_an_inserted_chip_is_seen_until_it_is_taken_out(
    reader_service: ReaderService, card: Card
) -> None:
    words = ["insert", str(card.path), "--port", str(reader_service.port)]
    process = _started(words)
    try:
        reader_service.until_card("Yes")
        assert "jpki" in reader_service.run("opensc-tool", "-n")
    finally:
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=10)
    assert process.returncode == 0
    assert "抜きました" in said.decode()
    reader_service.until_card("No ")


def test_the_agent_serves_this_computer_until_it_is_stopped(card: Card) -> None:
    with HeldPort() as held:
        port = held.port
    words = ["agent", "--chip", str(card.path), "--port", str(port), "--site", "https://a.example"]
    process = _started(words)
    try:
        page = _get(f"http://127.0.0.1:{port}/")
        assert "https://a.example" in page
    finally:
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=15)
    assert process.returncode == 0, said.decode()
    assert "Traceback" not in said.decode()


def _started(words: list[str]) -> subprocess.Popen[bytes]:
    """The command as from a terminal: who runs the tests may have had Ctrl+C ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return subprocess.Popen([sys.executable, "-c", RUN, *words], stderr=subprocess.PIPE)
    finally:
        signal.signal(signal.SIGINT, before)


def _get(address: str) -> str:
    deadline = time.monotonic() + 20
    while True:
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:  # noqa: S310
                return str(answer.read().decode())
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.1)
