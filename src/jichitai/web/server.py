"""The web server (uvicorn on uvloop) with the bounds and the silence that we want of it."""

import logging
from contextlib import nullcontext
from socket import socket
from typing import Any, Final

import uvicorn
from litestar.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from jichitai.web.direct import Direct, DirectWay
from jichitai.web.edge import security_headers

HEAD_LIMIT: Final = 64 * 1024
"""Bytes that a request line and its headers may take."""

_KEEP_ALIVE: Final = 30
_LAST_WORDS: Final = 5
_TOO_LARGE: Final = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class _Bounded(HttpToolsProtocol):
    """One connection; a head without end is refused before it fills the memory."""

    direct: DirectWay | None = None
    _in_head = True
    _turned = False
    _head = 0

    def data_received(self, data: bytes) -> None:
        """Count what arrives while one head is open from the first byte to the last."""
        if self.direct is not None and self._between():
            ready = self.direct.answer(data)
            if ready is not None:
                self._answer(ready)
                return
        self._turned = False
        super().data_received(data)
        if self._turned or not self._in_head:
            self._head = 0
            return
        self._head += len(data)
        if self._head > HEAD_LIMIT and not self.transport.is_closing():
            self.transport.write(_TOO_LARGE)
            self.transport.close()

    def _between(self) -> bool:
        """Whether the connection waits for the first byte of a request."""
        return (
            self._in_head
            and not self._head
            and (self.cycle is None or self.cycle.response_complete)
            and not self.flow.write_paused
            and not self.transport.is_closing()
        )

    def _answer(self, ready: bytes) -> None:
        """Answer at once, and wait for the next request as after any other answer."""
        self._unset_keepalive_if_required()
        self.transport.write(ready)
        self.timeout_keep_alive_task = self.loop.call_later(
            self.timeout_keep_alive, self.timeout_keep_alive_handler
        )

    def on_headers_complete(self) -> None:
        """The head is whole."""
        self._in_head, self._turned = False, True
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Another head may follow."""
        self._in_head, self._turned = True, True
        super().on_message_complete()


class WebServer(uvicorn.Server):
    """Serves one application on a socket that is bound already.

    Signals are left to the caller; forwarded headers are the gate's business, not the server's.

    Args:
        app: the application.
        listening: a bound socket; it is closed at the end.
        direct: paths whose answers may be ready.
        tls: whether people reach us by https.
    """

    def __init__(
        self,
        app: ASGIApp,
        listening: socket,
        *,
        direct: tuple[Direct, ...] = (),
        tls: bool = False,
    ) -> None:
        for name in ("uvicorn.error", "uvicorn.access"):  # what matters stands in our own log
            logging.getLogger(name).setLevel(logging.CRITICAL)
        self._listening = listening
        protocol: type[HttpToolsProtocol] = _Bounded
        if direct:
            way = DirectWay(direct, security_headers(tls=tls))
            protocol = type("_WithDirect", (_Bounded,), {"direct": way})
        super().__init__(
            uvicorn.Config(
                app,
                http=protocol,
                ws="none",
                loop="none",
                lifespan="on",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                timeout_keep_alive=_KEEP_ALIVE,
                timeout_graceful_shutdown=_LAST_WORDS,
            )
        )

    def capture_signals(self) -> Any:
        """Take no signals."""
        return nullcontext()

    async def run_until_stopped(self) -> None:
        """Serve until `stop`."""
        await self.serve(sockets=[self._listening])

    def stop(self) -> None:
        """Answer what is under way, then end."""
        self.should_exit = True
