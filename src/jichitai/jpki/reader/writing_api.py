"""The town's writing API, as a terminal with a card writer calls it."""

from types import TracebackType
from typing import Any, Final, Self, TypeVar

import httpx
import msgspec

from jichitai.jpki.counter.bodies import (
    TICKET_HEADER,
    KeysMade,
    WritingAnswer,
    WritingDone,
    WritingOrder,
    WritingState,
)
from jichitai.jpki.reader.agent_protocol import WriteRequest
from jichitai.jpki.reader.errors import WritingFailedError
from jichitai.kernel.errors import UnavailableError

T = TypeVar("T")
_SECONDS: Final = 15.0


class CounterAwayError(UnavailableError):
    """The town's server does not answer."""

    type = "jpki.counter-away"
    title = "市区町村のシステムにつながりません"


class WritingApi:
    """Calls for one ticket.

    Args:
        request: ticket and origin.
        transport: another way to the server, for tests.
    """

    def __init__(self, request: WriteRequest, transport: httpx.BaseTransport | None = None) -> None:
        self._place = f"{request.origin}/api/v1/jpki/writing/{request.request_id}"
        self._client = httpx.Client(
            headers={TICKET_HEADER: request.secret, "Accept": "application/json"},
            timeout=_SECONDS,
            transport=transport,
            trust_env=not request.origin.startswith("http://"),
        )

    def order(self) -> WritingOrder:
        """What to write.

        Raises:
            CounterAwayError: the server does not answer.
            WritingFailedError: it refuses; the detail is the server's.
        """
        return self._call("GET", "", WritingOrder)

    def keys(self, made: KeysMade) -> WritingState:
        """Hand in the new keys; raises as `order`."""
        return self._call("POST", "/keys", WritingState, made)

    def answer(self) -> WritingAnswer:
        """Certificates and the permission to write, once they are there; raises as `order`."""
        return self._call("GET", "/answer", WritingAnswer)

    def done(self, result: WritingDone) -> WritingState:
        """Say how it ended; raises as `order`."""
        return self._call("POST", "/done", WritingState, result)

    def close(self) -> None:
        """Let go of the connection."""
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _call(self, method: str, path: str, kind: type[T], body: Any = None) -> T:
        content = None if body is None else msgspec.json.encode(body)
        headers = {} if content is None else {"Content-Type": "application/json"}
        try:
            answer = self._client.request(
                method, self._place + path, content=content, headers=headers
            )
        except httpx.HTTPError:
            raise _away() from None
        if answer.status_code >= 500:
            raise _away()
        if not answer.is_success:
            raise WritingFailedError(_detail(answer), status=answer.status_code)
        try:
            return msgspec.json.decode(answer.content, type=kind)
        except msgspec.DecodeError:
            raise WritingFailedError(
                "市区町村のシステムの回答を読み取れません。版が合っているか、運用担当者に確かめてください。"
            ) from None


class _Problem(msgspec.Struct):
    detail: str = ""


def _detail(answer: httpx.Response) -> str:
    try:
        found = msgspec.json.decode(answer.content, type=_Problem).detail[:500]
    except msgspec.DecodeError:
        found = ""
    return found or "市区町村のシステムが書込みを断りました。窓口の画面で状態を確かめてください。"


def _away() -> CounterAwayError:
    return CounterAwayError(
        "市区町村のシステムから回答がありません。通信を確かめてから、もう一度押してください。"
        "カードの今までの内容は変わっていません。"
    )
