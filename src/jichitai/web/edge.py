"""The outermost layer: request number, security headers, measurements and the access log.

It wraps the whole application, so that even an unknown path is answered with our headers. The log
names the route's pattern, never the path, the query, a header or a name.
"""

import asyncio
import itertools
import time
from collections.abc import Mapping
from typing import Any, Final
from uuid import uuid4

import structlog
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from prometheus_client import Histogram

from jichitai.infra.metrics import REQUESTS
from jichitai.web.problem import record_incident

_CSP: Final[Mapping[str, str]] = {
    "default-src": "'none'",
    "style-src": "'self'",
    "script-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
}
_REFUSED_FEATURES: Final = (
    "accelerometer",
    "autoplay",
    "camera",
    "display-capture",
    "geolocation",
    "gyroscope",
    "microphone",
    "midi",
    "payment",
    "usb",
)
_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})
_BODILESS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_DRAIN_BYTES: Final = 64 * 1024 * 1024
_DRAIN_SECONDS: Final = 10.0
_TWO_YEARS: Final = 63_072_000

_log = structlog.get_logger("jichitai.access")


def content_security_policy(**additions: str) -> str:
    """The policy of all pages, with what one page needs beyond it.

    Args:
        **additions: directive (with `_` for `-`) and the sources to add, e.g.
            `img_src="blob:"`.
    """
    extra = {name.replace("_", "-"): sources for name, sources in additions.items()}
    unknown = extra.keys() - _CSP.keys()
    if unknown:
        raise KeyError(*unknown)
    return "; ".join(
        f"{name} {sources} {extra[name]}" if name in extra else f"{name} {sources}"
        for name, sources in _CSP.items()
    )


def security_headers(*, tls: bool) -> dict[str, str]:
    """Headers of every answer that does not set them itself."""
    headers = {
        "content-security-policy": content_security_policy(),
        "referrer-policy": "no-referrer",
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "permissions-policy": ", ".join(f"{name}=()" for name in _REFUSED_FEATURES),
    }
    if tls:
        headers["strict-transport-security"] = f"max-age={_TWO_YEARS}; includeSubDomains"
    return headers


class _Body:
    """A request's body, read to its end before an answer that came early.

    A server closes the connection when a body is left unread; a client that is still sending then
    sees a broken connection instead of the refusal. So what is left is thrown away first, within
    reason.
    """

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self.unread = True

    async def __call__(self) -> Any:
        message = await self._receive()
        if message["type"] != "http.request" or not message.get("more_body", False):
            self.unread = False
        return message

    async def drain(self) -> None:
        """Throw away what has not been read."""
        thrown = 0
        try:
            async with asyncio.timeout(_DRAIN_SECONDS):
                while self.unread and thrown < _DRAIN_BYTES:
                    message = await self()
                    thrown += len(message.get("body", b""))
        except TimeoutError:
            return


def _may_have_body(scope: Scope) -> bool:
    return scope.get("method") not in _BODILESS


class Edge:
    """ASGI wrapper around one application.

    Args:
        app: the application.
        tls: whether people reach us by https.
    """

    def __init__(self, app: ASGIApp, *, tls: bool) -> None:
        self._app = app
        self._headers = [
            (name.encode(), value.encode()) for name, value in security_headers(tls=tls).items()
        ]
        self._process = str(uuid4())[:20]
        self._count = itertools.count()
        self._missing: dict[tuple[bytes, ...], list[tuple[bytes, bytes]]] = {}
        self._known: dict[tuple[str, str, int], Histogram] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        request_id = self._next_id()
        scope["state"]["request_id"] = request_id
        status = 0
        body = _Body(receive) if _may_have_body(scope) else None

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = int(message["status"])
                self._complete(message, request_id)
                if body is not None and body.unread:
                    await body.drain()
            await send(message)

        try:
            await self._app(scope, body or receive, sending)
        except Exception as error:  # noqa: BLE001  # the last edge: nothing may carry its text on
            incident = record_incident(error)
            raise RuntimeError(f"answer broken off, incident {incident}") from None
        finally:
            self._measure(scope, status, time.perf_counter() - started)

    def _next_id(self) -> str:
        """A UUID: random for the process, counted within it; cheaper than one from the kernel."""
        number = next(self._count)
        return f"{self._process}{number >> 48 & 0xFFF:03x}-{number & 0xFFFFFFFFFFFF:012x}"

    def _series(self, method: str, route: str, status: int) -> Histogram:
        key = (method, route, status)
        series = self._known.get(key)
        if series is None:
            series = self._known[key] = REQUESTS.labels(method, route, str(status))
        return series

    def _complete(self, message: Any, request_id: str) -> None:
        headers = message.get("headers", ())
        names = tuple([name for name, _ in headers])
        missing = self._missing.get(names)
        if missing is None:  # the names that our own routes set: a few dozen combinations
            missing = [header for header in self._headers if header[0] not in names]
            self._missing[names] = missing
        message["headers"] = [*headers, *missing, (b"x-request-id", request_id.encode())]

    def _measure(self, scope: Scope, status: int, seconds: float) -> None:
        handler: Any = scope.get("route_handler")
        route = scope.get("path_template") or "-"
        method = str(scope.get("method", "-"))
        method = method if method in _METHODS else "other"
        self._series(method, str(route), status).observe(seconds)
        if handler is None or handler.opt.get("access_log", True):
            user: Any = scope.get("user")
            _log.info(
                "http.request",
                request_id=scope["state"]["request_id"],
                method=method,
                route=route,
                status=status,
                ms=round(seconds * 1000, 1),
                kind=str(user.kind) if user is not None else "anonymous",
            )
