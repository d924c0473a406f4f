"""Answers that are ready: given on the connection itself, before a request becomes a request.

Some questions are public, tens of thousands of times the same, and their answers are kept as bytes.
For those a plain, whole, well-formed POST is recognised by its first bytes. Everything else, and
every question whose answer is not at hand, goes the ordinary way through the server; both ways give
the same answer.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

_HEAD_END: Final = b"\r\n\r\n"
_LENGTH: Final = b"\r\ncontent-length:"
_NOT_PLAIN: Final = (
    b"\r\ntransfer-encoding:", b"\r\nexpect:", b"\r\nupgrade:", b"\r\nconnection: close",
    b"\r\nconnection:close",
)  # fmt: skip
_LONGEST: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Direct:
    """One path whose answers may be ready.

    Attributes:
        path: of the route that answers on the ordinary way; only POST.
        asks: media type of the question.
        says: media type of the answer.
        at_hand: the answer to a body, or None when it must be worked out.
    """

    path: str
    asks: str
    says: str
    at_hand: Callable[[bytes], bytes | None]


class DirectWay:
    """Recognises questions whose answers are ready.

    Args:
        ways: what is ready.
        headers: of every answer.
    """

    def __init__(self, ways: tuple[Direct, ...], headers: Mapping[str, str]) -> None:
        listed = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self._ways = [
            (
                f"POST {way.path} HTTP/1.1\r\n".encode(),
                f"\r\ncontent-type: {way.asks}\r\n".encode(),
                f"HTTP/1.1 200 OK\r\n{listed}content-type: {way.says}\r\ncontent-length: ".encode(),
                way.at_hand,
            )
            for way in ways
        ]

    def answer(self, data: bytes) -> bytes | None:
        """The whole answer to what was received, or None to take the ordinary way.

        Args:
            data: everything that was received since the last answer.
        """
        for start, asks, head_of_answer, at_hand in self._ways:
            if data.startswith(start):
                body = _body(data, asks)
                said = None if body is None else at_hand(body)
                if said is not None:
                    return b"%b%d\r\n\r\n%b" % (head_of_answer, len(said), said)
        return None


def _body(data: bytes, asks: bytes) -> bytes | None:
    """The body of a request that is here to its last byte and asks for nothing unusual."""
    end = data.find(_HEAD_END)
    if end < 0 or len(data) > _LONGEST:
        return None
    head = data[: end + 2].lower()
    if head.count(_LENGTH) != 1 or asks not in head or any(one in head for one in _NOT_PLAIN):
        return None
    at = head.index(_LENGTH) + len(_LENGTH)
    length = head[at : head.index(b"\r", at)].strip()
    body = data[end + len(_HEAD_END) :]
    return body if length.isdigit() and int(length) == len(body) else None
