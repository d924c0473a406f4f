"""Commands and answers of a chip: parsing, and every refusal with its status word.

Source: ISO/IEC 7816-4 5.1 (command-response pairs), 5.6 (status bytes).
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final, Self

SHORT_RESPONSE: Final = 256
LONG_RESPONSE: Final = 65536
OK: Final = 0x9000
TRIES: Final = 0x63C0
"""Lower four bits: how many tries a PIN has left."""


class Refusal(Enum):
    """Why a command is not carried out: the status word, and the reason in words.

    Several reasons share a status word, since ISO has fewer of them than there are reasons.

    Source: ISO/IEC 7816-4 tables 6 and 7.
    """

    TOO_SHORT = (0x6700, "a command has at least CLA, INS, P1 and P2")
    LENGTH_MISMATCH = (0x6700, "Lc and the data field do not agree")
    EMPTY_LONG_DATA = (0x6700, "an extended Lc of zero")
    UNEXPECTED_DATA = (0x6700, "this command takes no data")
    MISSING_DATA = (0x6700, "this command needs data of another length")
    MISSING_LENGTH = (0x6700, "this command needs Le")
    WRONG_CLASS = (0x6E00, "no such class, or not for this instruction")
    UNKNOWN_INSTRUCTION = (0x6D00, "no such instruction")
    WRONG_PARAMETERS = (0x6A86, "P1 or P2 is not one that this instruction knows")
    WRONG_OFFSET = (0x6B00, "the offset is past the end")
    UNKNOWN_FILE = (0x6A82, "no such application or file")
    UNKNOWN_RECORD = (0x6A83, "no such record")
    NO_CURRENT_FILE = (0x6986, "no file is selected")
    WRONG_FILE = (0x6985, "the selected file is of another kind, or the moment is wrong")
    NOT_VERIFIED = (0x6982, "the PIN or the permission is missing")
    BLOCKED = (0x6983, "no try is left")
    WRONG_DATA = (0x6A80, "the data field does not have the form it should")
    WRONG_PERMIT = (0x6300, "the permission was not signed for this chip and challenge")
    MEMORY_FAILED = (0x6581, "the chip could not keep the change, so nothing was done")
    NO_ROOM = (0x6A84, "the file would become too long")

    @property
    def status(self) -> int:
        """The status word."""
        return int(self.value[0])

    @property
    def reason(self) -> str:
        """In words, for logs and documents."""
        return str(self.value[1])


class RefusedError(Exception):
    """Leaves a command handler with a refusal; the dispatcher makes it an answer."""

    def __init__(self, refusal: Refusal) -> None:
        """Keep which one."""
        super().__init__(refusal.reason)
        self.refusal = refusal


@dataclass(frozen=True, slots=True)
class Response:
    """What the chip answers.

    Attributes:
        data: the data field.
        status: the status word.
        refusal: why not, when the command was refused; it does not travel.
    """

    data: bytes = b""
    status: int = OK
    refusal: Refusal | None = None

    def __bytes__(self) -> bytes:
        """As it goes over the wire."""
        return self.data + self.status.to_bytes(2)

    @classmethod
    def refused(cls, refusal: Refusal) -> Self:
        """No data, and the status word of the refusal."""
        return cls(b"", refusal.status, refusal)

    @classmethod
    def tries(cls, left: int) -> Self:
        """63Cx: a PIN with `left` tries."""
        return cls(b"", TRIES | left)


@dataclass(frozen=True, slots=True)
class Command:
    """A command APDU.

    Attributes:
        cla, ins, p1, p2: the header.
        data: the data field, empty when there is none.
        le: how many bytes at most are wanted; None: no Le field.
    """

    cla: int
    ins: int
    p1: int
    p2: int
    data: bytes = b""
    le: int | None = None

    @classmethod
    def parse(cls, apdu: bytes) -> Self:
        """Read one of the seven forms (cases 1 to 4, short and extended).

        Raises:
            RefusedError: with the refusal that names what is wrong.

        Source: ISO/IEC 7816-4 5.1, ISO/IEC 7816-3 12.1.3.
        """
        if len(apdu) < 4:
            raise RefusedError(Refusal.TOO_SHORT)
        data, le = _body(apdu[4:])
        return cls(apdu[0], apdu[1], apdu[2], apdu[3], data, le)

    def __bytes__(self) -> bytes:
        """As it goes over the wire, in the short form whenever that is possible."""
        header = bytes([self.cla, self.ins, self.p1, self.p2])
        long = len(self.data) > 255 or (self.le or 0) > SHORT_RESPONSE
        if not long:
            lc = bytes([len(self.data)]) if self.data else b""
            le = b"" if self.le is None else bytes([self.le % SHORT_RESPONSE])
            return header + lc + self.data + le
        lc = b"\0" + len(self.data).to_bytes(2) if self.data else b""
        le = b"" if self.le is None else (self.le % LONG_RESPONSE).to_bytes(2)
        return header + lc + self.data + (le if lc or not le else b"\0" + le)


def _body(body: bytes) -> tuple[bytes, int | None]:
    if not body:
        return b"", None
    if body[0] or len(body) == 1:
        return _short(body)
    if len(body) < 3:
        raise RefusedError(Refusal.LENGTH_MISMATCH)
    return _extended(body[1:])


def _short(body: bytes) -> tuple[bytes, int | None]:
    if len(body) == 1:
        return b"", body[0] or SHORT_RESPONSE
    size, rest = body[0], body[1:]
    if len(rest) == size:
        return rest, None
    if len(rest) == size + 1:
        return rest[:size], rest[size] or SHORT_RESPONSE
    raise RefusedError(Refusal.LENGTH_MISMATCH)


def _extended(body: bytes) -> tuple[bytes, int | None]:
    size, rest = int.from_bytes(body[:2]), body[2:]
    if not rest:
        return b"", size or LONG_RESPONSE
    if not size:
        raise RefusedError(Refusal.EMPTY_LONG_DATA)
    if len(rest) == size:
        return rest, None
    if len(rest) == size + 2:
        return rest[:size], int.from_bytes(rest[size:]) or LONG_RESPONSE
    raise RefusedError(Refusal.LENGTH_MISMATCH)
