"""What a program asks of a card: PINs, certificates, signatures, texts and faces.

The client works over any `transmit`: a PC/SC reader, a virtual one, or a chip's file in the same
process. It holds no PIN; a `Pin` lives as long as its caller keeps it.
"""

import hashlib
from collections.abc import Callable
from typing import Final

from jichitai.jpki.chip import layout
from jichitai.jpki.chip.layout import App
from jichitai.jpki.kinds import CertificateKind
from jichitai.jpki.reader.errors import (
    BlockedPinError,
    CardRefusedError,
    NoSuchFileError,
    PinNeededError,
    WrongPinError,
)
from jichitai.jpki.reader.pins import Pin, PinKind

Transmit = Callable[[bytes], bytes]
"""Sends one command and returns the answer with its two bytes of status."""

_SHA256_PREFIX: Final = bytes.fromhex("3031300D060960864801650304020105000420")
_PIN_PLACES: Final = {
    PinKind.SIGNING: (App.JPKI, layout.SIGNING_PIN),
    PinKind.USER_AUTH: (App.JPKI, layout.USER_AUTH_PIN),
    PinKind.INPUT_AID: (App.INPUT, layout.INPUT_PIN),
    PinKind.JUKI: (App.REGISTER, layout.REGISTER_PIN),
}
_NUMBER_PLACES: Final = {
    (PinKind.NUMBER_A, App.FACE): layout.FACE_A,
    (PinKind.NUMBER_B, App.FACE): layout.FACE_B,
    (PinKind.NUMBER_A, App.INPUT): layout.INPUT_A,
    (PinKind.NUMBER_B, App.INPUT): layout.INPUT_B,
}
_CERTIFICATES: Final = {
    CertificateKind.SIGNING: layout.SIGNING_CERTIFICATE,
    CertificateKind.USER_AUTH: layout.USER_AUTH_CERTIFICATE,
}
_AUTHORITIES: Final = {
    CertificateKind.SIGNING: layout.SIGNING_AUTHORITY,
    CertificateKind.USER_AUTH: layout.USER_AUTH_AUTHORITY,
}
_KEYS: Final = {
    CertificateKind.SIGNING: layout.SIGNING_KEY,
    CertificateKind.USER_AUTH: layout.USER_AUTH_KEY,
}
_PIN_OF: Final = {
    CertificateKind.SIGNING: PinKind.SIGNING,
    CertificateKind.USER_AUTH: PinKind.USER_AUTH,
}
_BLOCK: Final = 256
_LARGEST: Final = 0x7FFF


def pin_for(kind: CertificateKind) -> PinKind:
    """The PIN that opens the key of a certificate."""
    return _PIN_OF[kind]


class CardClient:
    """One card, as long as it lies in the reader.

    Args:
        transmit: sends one command.
    """

    def __init__(self, transmit: Transmit) -> None:
        self._transmit = transmit
        self._application: App | None = None

    def chip_number(self) -> str:
        """製造番号 of the chip, 13 digits.

        Source: 券面・共通領域の記録 (3文字目から; 公開の読取りプログラムの振舞いによる).
        """
        self.select(App.COMMON)
        record = self.command(bytes.fromhex("00B2010C00"))
        digits = record[2:].decode("ascii", "replace").strip("\0 ")[-13:]
        if len(digits) != 13 or not digits.isdigit():
            raise CardRefusedError(
                "カードの製造番号を読み取れません。このカードは扱えない種類かもしれません。"
                "別のカードかリーダーで確かめてください。"
            )
        return digits

    def tries(self, kind: PinKind, *, application: App | None = None) -> int:
        """How often a PIN may still be tried; asking uses up none."""
        self._go_to_pin(kind, application)
        answer = self._send(bytes.fromhex("00200080"))
        if answer[-2] == 0x63 and answer[-1] & 0xF0 == 0xC0:
            return answer[-1] & 0x0F
        if answer[-2:] in _BLOCKED:
            return 0
        raise _refused(answer)

    def verify(self, pin: Pin, *, application: App | None = None) -> None:
        """Show the card a PIN.

        Args:
            pin: the PIN.
            application: where 照合番号 A or B is to open something: `App.FACE` or `App.INPUT`.

        Raises:
            WrongPinError: it is not the right one; one try is gone.
            BlockedPinError: no tries are left.
        """
        self._go_to_pin(pin.kind, application)
        typed = pin.reveal().encode("ascii")
        answer = self._send(bytes.fromhex("00200080") + bytes([len(typed)]) + typed)
        _check_pin(answer, pin.kind)

    def change_pin(self, old: Pin, new: Pin) -> None:
        """Replace a PIN by another of the same kind.

        Raises:
            WrongPinError: the old one is not right.
            BlockedPinError: no tries are left.
        """
        self.verify(old)
        typed = new.reveal().encode("ascii")
        answer = self._send(bytes.fromhex("00240180") + bytes([len(typed)]) + typed)
        _check_pin(answer, new.kind)

    def certificate(self, kind: CertificateKind) -> bytes:
        """The holder's certificate, DER.

        Raises:
            PinNeededError: the signing certificate is read after its PIN only.
        """
        return self._read_in(App.JPKI, _CERTIFICATES[kind])

    def authority_certificate(self, kind: CertificateKind) -> bytes:
        """The certificate of its authority, DER; free to read."""
        return self._read_in(App.JPKI, _AUTHORITIES[kind])

    def sign(self, kind: CertificateKind, data: bytes) -> bytes:
        """Sign with RSASSA-PKCS1-v1_5 and SHA-256, after `verify`.

        Returns:
            The signature, 256 bytes.

        Raises:
            PinNeededError: the key's PIN was not shown.

        Source: RFC 8017 9.2 (DigestInfo; the card adds the padding).
        """
        self.select(App.JPKI)
        self.select_file(_KEYS[kind])
        digest_info = _SHA256_PREFIX + hashlib.sha256(data).digest()
        return self.command(
            bytes.fromhex("802A0080") + bytes([len(digest_info)]) + digest_info + b"\0"
        )

    def authenticate(self, challenge: bytes) -> bytes:
        """Have the chip prove that it is the one its signed objects were made for.

        Args:
            challenge: 16 to 64 bytes. A number or PIN was shown to the current application, which
                is 券面事項確認 or 券面事項入力補助.

        Source: ISO/IEC 7816-4 11.6.2 (INTERNAL AUTHENTICATE); docs/reference/chip.md.
        """
        return self.command(bytes.fromhex("00880000") + bytes([len(challenge)]) + challenge + b"\0")

    def read(self, application: App, file: int) -> bytes:
        """A whole file of an application.

        Raises:
            NoSuchFileError: there is none.
            PinNeededError: it is read after a PIN only.
        """
        return self._read_in(application, file)

    def select(self, application: App) -> None:
        """Go to an application; PINs shown to another one are forgotten by the card.

        Raises:
            NoSuchFileError: the card has no such application.
        """
        if self._application != application:
            self._application = None
            name = layout.aid(application)
            self.command(bytes.fromhex("00A4040C") + bytes([len(name)]) + name)
            self._application = application

    def select_file(self, file: int) -> None:
        """Go to a file of the current application.

        Raises:
            NoSuchFileError: there is none.
        """
        self.command(bytes.fromhex("00A4020C02") + file.to_bytes(2, "big"))

    def command(self, apdu: bytes) -> bytes:
        """Send one command.

        Returns:
            The answer without its status.

        Raises:
            CardRefusedError, NoSuchFileError, PinNeededError: the status is not 9000.
        """
        answer = self._send(apdu)
        if answer[-2:] != b"\x90\x00":
            raise _refused(answer)
        return answer[:-2]

    def _read_in(self, application: App, file: int) -> bytes:
        self.select(application)
        self.select_file(file)
        data = self._block(0, _BLOCK)
        total = min(_total_length(data), _LARGEST)
        while len(data) < total:
            part = self._block(len(data), min(_BLOCK, total - len(data)))
            data += part
            if not part:
                break
        return data[:total]

    def _block(self, offset: int, count: int) -> bytes:
        return self.command(b"\x00\xb0" + offset.to_bytes(2, "big") + bytes([count & 0xFF]))

    def _go_to_pin(self, kind: PinKind, application: App | None) -> None:
        if kind in _PIN_PLACES:
            application, file = _PIN_PLACES[kind]
        else:
            application = application or App.FACE
            file = _NUMBER_PLACES[kind, application]
        self.select(application)
        self.select_file(file)

    def _send(self, apdu: bytes) -> bytes:
        answer = self._transmit(apdu)
        if len(answer) < 2:
            raise CardRefusedError(
                "カードの回答が短すぎます。カードがリーダーから離れたかもしれません。置き直してください。"
            )
        whole = answer[:-2]
        while answer[-2] == 0x61:  # more waits (contact readers with T=0)
            answer = self._transmit(bytes([0x00, 0xC0, 0x00, 0x00, answer[-1]]))
            whole += answer[:-2]
        return whole + answer[-2:]


_BLOCKED: Final = (b"\x69\x84", b"\x69\x83")


def _total_length(data: bytes) -> int:
    """Length of the first object with its head; of the block when it starts no object."""
    if len(data) < 4:
        return len(data)
    at = 2 if data[0] & 0x1F == 0x1F else 1
    first = data[at]
    if first < 0x80:
        return at + 1 + first
    count = first & 0x7F
    if not 1 <= count <= 2 or len(data) < at + 1 + count:
        return len(data)
    return at + 1 + count + int.from_bytes(data[at + 1 : at + 1 + count], "big")


def _check_pin(answer: bytes, kind: PinKind) -> None:
    if answer[-2:] == b"\x90\x00":
        return
    if answer[-2] == 0x63 and answer[-1] & 0xF0 == 0xC0:
        left = answer[-1] & 0x0F
        if left:
            raise WrongPinError(
                f"{kind.japanese}が違います。あと{left}回間違えると、使えなくなります。"
                "確かめて、入力し直してください。",
                pin=str(kind),
                left=left,
            )
        raise _blocked(kind)
    if answer[-2:] in _BLOCKED:
        raise _blocked(kind)
    raise _refused(answer)


def _blocked(kind: PinKind) -> BlockedPinError:
    return BlockedPinError(
        f"{kind.japanese}は、続けて間違えたためロックされています。市区町村の窓口で初期化してください。",
        pin=str(kind),
    )


def _refused(answer: bytes) -> CardRefusedError | NoSuchFileError | PinNeededError:
    status = answer[-2:].hex().upper()
    if status == "6A82":
        return NoSuchFileError(
            "カードに求めるアプリケーションかデータがありません。マイナンバーカードであること、"
            "電子証明書が書き込まれていることを確かめてください。",
            status=status,
        )
    if status == "6982":
        return PinNeededError(
            "先に暗証番号の照合が必要なデータです。暗証番号を入力してからやり直してください。",
            status=status,
        )
    return CardRefusedError(
        f"カードが処理を断りました（状態 {status}）。カードを置き直して、やり直してください。続くときは"
        "カードの故障かもしれません。市区町村の窓口に相談してください。",
        status=status,
    )
