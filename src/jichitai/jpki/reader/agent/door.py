"""The agent's outermost layer: only this computer's own name, only small requests, our headers."""

from collections.abc import Mapping
from typing import Final

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from jichitai.web.edge import security_headers

_REFUSED: Final = "この部品は、この端末の中からだけ使えます。\n".encode()
_OWN_SITE: Final = "same-origin"


class Door:
    """ASGI wrapper around the agent.

    A page of another site can have a name of its own resolve to this computer (DNS rebinding), and
    would then be of the agent's origin for the browser. The `Host` header gives that away.

    Args:
        app: the application.
        port: where the agent listens.
    """

    def __init__(self, app: ASGIApp, port: int) -> None:
        self._app = app
        self._names = {f"127.0.0.1:{port}".encode(), f"localhost:{port}".encode()}
        headers: Mapping[str, str] = {
            **security_headers(tls=False),
            "referrer-policy": _OWN_SITE,  # our own pages post to ourselves with their origin
        }
        self._headers = [(name.encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = list(message.get("headers", ()))
                names = {name.lower() for name, _ in given}
                missing = [header for header in self._headers if header[0] not in names]
                message["headers"] = [*given, *missing]
            await send(message)

        hosts = [value.lower() for name, value in scope["headers"] if name.lower() == b"host"]
        if len(hosts) == 1 and hosts[0] in self._names:
            await self._app(scope, receive, sending)
        else:
            await _refuse(sending)


async def _refuse(send: Send) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8")]
    await send({"type": "http.response.start", "status": 421, "headers": headers})
    await send({"type": "http.response.body", "body": _REFUSED, "more_body": False})
