"""The virtual reader (vpcd): an emulated card that every program of the computer sees through PC/SC.

The card is the client: it connects to the reader's port. Each message is two bytes of length, then
the payload. One byte from the reader is an order (off, on, reset, tell the ATR); more is a command,
which the card answers. The reader sends length and payload apart with Nagle's algorithm on, so a
card that does not acknowledge at once waits 40 ms for every command.
"""

import contextlib
import socket
import struct
import threading
from types import TracebackType
from typing import Final, Protocol, Self

from jichitai.jpki.reader.errors import NoReaderServiceError

HOST: Final = "127.0.0.1"
PORT: Final = 35963
"""Of the first slot; the second is the next port."""

_WRONG_LENGTH: Final = b"\x67\x00"
_CONNECT_SECONDS: Final = 3.0


class InsertedCard(Protocol):
    """What a reader needs of a card."""

    @property
    def atr(self) -> bytes:
        """Answer to reset."""

    def power_on(self) -> None:
        """The reader gives power."""

    def power_off(self) -> None:
        """The reader takes the power away."""

    def reset(self) -> None:
        """The reader resets the card."""

    def transmit(self, apdu: bytes) -> bytes:
        """Answer one command."""


class Insertion:
    """A card that lies in a virtual reader until it is taken out.

    Use it as a context manager to have a thread serve the reader, or call `serve`.

    Args:
        card: the card.
        host: where the reader listens.
        port: 35963 for the first slot, 35964 for the second.
    """

    def __init__(self, card: InsertedCard, *, host: str = HOST, port: int = PORT) -> None:
        self._card = card
        self._taken = threading.Event()
        self._thread: threading.Thread | None = None
        try:
            self._link = socket.create_connection((host, port), _CONNECT_SECONDS)
        except OSError:
            raise NoReaderServiceError(
                f"仮想リーダー（{host}:{port}）につながりません。pcscd が動いていないか、"
                "vsmartcard-vpcd が入っていないか、同じ差込口に別のカードが入っています。"
                "sudo make system-packages で部品を入れ、pcscd を起動してください。",
                port=port,
            ) from None
        self._link.settimeout(None)
        self._link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def serve(self) -> None:
        """Answer the reader until it goes away or the card is taken out."""
        try:
            while (order := self._receive()) is not None:
                answer = self._obey(order)
                if answer is not None:
                    self._link.sendall(struct.pack(">H", len(answer)) + answer)
        except OSError:
            if not self._taken.is_set():
                raise
        finally:
            self._card.power_off()
            self._link.close()

    def take_out(self) -> None:
        """Take the card out; `serve` ends."""
        self._taken.set()
        with contextlib.suppress(OSError):
            self._link.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self.serve, name="card", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.take_out()
        if self._thread is not None:
            self._thread.join(_CONNECT_SECONDS)

    def _obey(self, order: bytes) -> bytes | None:
        if len(order) > 1:
            return self._card.transmit(order)
        match order[0] if order else None:
            case 0:
                self._card.power_off()
            case 1:
                self._card.power_on()
            case 2:
                self._card.reset()
            case 4:
                return self._card.atr
            case _:  # a command of one byte, or of none: too short to be one
                return _WRONG_LENGTH
        return None

    def _receive(self) -> bytes | None:
        head = self._exactly(2)
        return None if head is None else self._exactly(struct.unpack(">H", head)[0])

    def _exactly(self, count: int) -> bytes | None:
        data = b""
        while len(data) < count:
            if hasattr(socket, "TCP_QUICKACK"):  # Linux forgets it after every answer
                self._link.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
            part = self._link.recv(count - len(data))
            if not part:
                return None
            data += part
        return data
