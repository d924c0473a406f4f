"""The card client: PINs, certificates, signatures; through files, a virtual reader and PC/SC."""

import socket
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from jichitai.jpki.chip.device import ATR, Chip
from jichitai.jpki.chip.layout import App
from jichitai.jpki.kinds import CertificateKind
from jichitai.jpki.reader import pcsc
from jichitai.jpki.reader.client import CardClient
from jichitai.jpki.reader.errors import (
    BlockedPinError,
    MalformedPinError,
    NoCardError,
    NoReaderError,
    NoReaderServiceError,
    NoSuchFileError,
    PinNeededError,
    WrongPinError,
)
from jichitai.jpki.reader.pins import Pin, PinKind
from jichitai.jpki.reader.sources import ChipSource
from jichitai.jpki.reader.vpcd import Insertion
from tests.jpki import chips
from tests.jpki.cards import Card, ReaderService, enter, issue_card

RIGHT = {
    CertificateKind.SIGNING: Pin(PinKind.SIGNING, chips.SIGNING_PIN),
    CertificateKind.USER_AUTH: Pin(PinKind.USER_AUTH, chips.USER_AUTH_PIN),
}


@pytest.fixture
def card(tmp_path: Path) -> Card:
    return issue_card(tmp_path / "hanako.chip")


@pytest.fixture
def client(card: Card) -> Iterator[CardClient]:
    with ChipSource(card.path).connected() as transmit:
        yield CardClient(transmit)


def verified(card: Card, kind: CertificateKind, signature: bytes, data: bytes) -> bool:
    key = card.certificates[kind].public_key()
    assert isinstance(key, RSAPublicKey)
    try:
        key.verify(signature, data, PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True


@pytest.mark.parametrize("kind", CertificateKind)
def test_a_key_signs_after_its_own_pin(
    client: CardClient, card: Card, kind: CertificateKind
) -> None:
    with pytest.raises(PinNeededError):
        client.sign(kind, b"text")
    client.verify(RIGHT[kind])
    assert verified(card, kind, client.sign(kind, b"text"), b"text")
    assert not verified(card, kind, client.sign(kind, b"text"), b"other")
    assert client.certificate(kind) == card.certificates[kind].public_bytes(Encoding.DER)


def test_the_signing_certificate_needs_its_pin_and_the_others_none(
    client: CardClient, card: Card
) -> None:
    with pytest.raises(PinNeededError):
        client.certificate(CertificateKind.SIGNING)
    client.verify(RIGHT[CertificateKind.USER_AUTH])
    with pytest.raises(PinNeededError):
        client.certificate(CertificateKind.SIGNING)
    for kind in CertificateKind:
        assert client.authority_certificate(kind)
    found = client.certificate(CertificateKind.USER_AUTH)
    assert found == card.certificates[CertificateKind.USER_AUTH].public_bytes(Encoding.DER)


def test_a_wrong_pin_says_how_many_tries_are_left_and_the_last_one_locks(
    client: CardClient,
) -> None:
    wrong = Pin(PinKind.USER_AUTH, "0000")
    for left in (2, 1):
        with pytest.raises(WrongPinError) as refusal:
            client.verify(wrong)
        assert refusal.value.facts["left"] == left == client.tries(PinKind.USER_AUTH)
    for pin in (wrong, RIGHT[CertificateKind.USER_AUTH]):
        with pytest.raises(BlockedPinError):
            client.verify(pin)
    assert client.tries(PinKind.USER_AUTH) == 0
    assert client.tries(PinKind.SIGNING) == 5


def test_a_changed_pin_replaces_the_old_one(client: CardClient) -> None:
    new = Pin.parse(PinKind.SIGNING, "ｎｅｗ４５６")
    with pytest.raises(WrongPinError):
        client.change_pin(new, new)
    client.change_pin(RIGHT[CertificateKind.SIGNING], new)
    client.verify(new)
    with pytest.raises(WrongPinError):
        client.verify(RIGHT[CertificateKind.SIGNING])


def test_reference_numbers_open_different_applications(client: CardClient) -> None:
    assert client.tries(PinKind.NUMBER_B, application=App.FACE) == 10
    client.verify(Pin(PinKind.NUMBER_B, chips.B), application=App.INPUT)
    client.verify(Pin(PinKind.NUMBER_A, chips.A), application=App.FACE)
    assert client.chip_number() == chips.NUMBER
    with pytest.raises(NoSuchFileError):
        client.read(App.FACE, 0x0002)


def test_a_pin_is_never_shown_and_a_hopeless_one_never_sent(client: CardClient) -> None:
    assert chips.SIGNING_PIN not in f"{RIGHT!r}{RIGHT[CertificateKind.SIGNING]}"
    for text in ("abc", "ABCDEF", "123456", "ABC-123", "", "あいうえお１"):
        with pytest.raises(MalformedPinError):
            Pin.parse(PinKind.SIGNING, text)
    assert client.tries(PinKind.SIGNING) == 5


@given(st.text(max_size=20))
def test_whatever_is_typed_is_a_pin_or_is_refused(text: str) -> None:
    for kind in PinKind:
        try:
            pin = Pin.parse(kind, text).reveal()
        except MalformedPinError:
            continue
        assert pin.isascii()
        assert pin.isalnum()


def test_a_box_of_cards_offers_them_by_name(tmp_path: Path) -> None:
    for name in ("b", "a"):
        Chip.make_blank(tmp_path / f"{name}.chip", chips.NUMBER, chips.WRITER_PUBLIC).close()
    box = ChipSource(tmp_path)
    assert box.cards() == ["a", "b"]
    with pytest.raises(NoCardError), box.connected("../a"):
        pass
    with pytest.raises(NoCardError), box.connected():
        pass
    with box.connected("a") as transmit:
        assert CardClient(transmit).chip_number() == chips.NUMBER


def test_without_a_reader_a_card_cannot_be_inserted() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(NoReaderServiceError):
            Insertion(_Mirror(), port=taken.getsockname()[1])


class _Mirror:
    """A card that answers with the command; it remembers what the reader did."""

    atr = ATR

    def __init__(self) -> None:
        self.seen: list[str] = []

    def power_on(self) -> None:
        self.seen.append("on")

    def power_off(self) -> None:
        self.seen.append("off")

    def reset(self) -> None:
        self.seen.append("reset")

    def transmit(self, apdu: bytes) -> bytes:
        return apdu + b"\x90\x00"


def test_the_virtual_reader_is_spoken_to_in_its_own_way() -> None:
    mirror = _Mirror()
    with (
        socket.create_server(("127.0.0.1", 0)) as reader,
        Insertion(mirror, port=reader.getsockname()[1]),
    ):
        link, _ = reader.accept()
        with link:
            answers = [
                _ask(link, order, answered=answered)
                for order, answered in [
                    (b"\x01", False),
                    (b"\x04", True),
                    (b"\x00\xa4\x04\x0c", True),
                    (b"\x02", False),
                    (b"\x09", True),
                    (b"x" * 4000, True),
                    (b"\x00", False),
                ]
            ]
    assert answers[1] == ATR
    assert answers[2] == b"\x00\xa4\x04\x0c\x90\x00"
    assert answers[4] == b"\x67\x00"
    assert answers[5] == b"x" * 4000 + b"\x90\x00"
    assert mirror.seen[:3] == ["on", "reset", "off"]


def _ask(link: socket.socket, order: bytes, *, answered: bool) -> bytes:
    message = struct.pack(">H", len(order)) + order
    for byte in range(0, len(message), 1500):  # in pieces, as networks do
        link.sendall(message[byte : byte + 1500])
    if not answered:
        return b""
    with link.makefile("rb") as stream:
        size = struct.unpack(">H", stream.read(2))[0]
        return stream.read(size)


@pytest.fixture
def scard(reader_service: ReaderService, monkeypatch: pytest.MonkeyPatch) -> ReaderService:
    """The reader service for this process's own PC/SC."""
    enter(reader_service, monkeypatch)
    return reader_service


@pytest.mark.cards
def test_the_same_client_reads_the_card_through_pc_sc(scard: ReaderService, card: Card) -> None:
    assert len(pcsc.readers()) == 2
    with pytest.raises(NoCardError), pcsc.connected():
        pass
    with scard.holding(card.path):
        with pcsc.connected("Virtual") as transmit:
            client = CardClient(transmit)
            client.verify(RIGHT[CertificateKind.SIGNING])
            signature = client.sign(CertificateKind.SIGNING, b"text")
            found = client.certificate(CertificateKind.SIGNING)
        with pcsc.connected() as transmit, pytest.raises(PinNeededError):
            CardClient(transmit).certificate(CertificateKind.SIGNING)
    assert verified(card, CertificateKind.SIGNING, signature, b"text")
    assert found == card.certificates[CertificateKind.SIGNING].public_bytes(Encoding.DER)


def test_without_pyscard_the_refusal_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "smartcard", None)
    with pytest.raises(NoReaderError, match="pyscard"):
        pcsc.readers()
