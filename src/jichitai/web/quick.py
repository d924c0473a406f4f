"""The short way for calls that are made thousands of times a second.

A call of a program with an access token and a well-formed JSON body needs neither sessions nor
forms nor the framework's search for arguments. It goes through the same gate, the same types and
the same function as the route that documents it, and saves two thirds of the time around it.
Everything else (a browser's session, a malformed body, another method) takes the ordinary way, with
the body that was read handed on, so there is one place only where such calls are answered.
"""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

import msgspec
from litestar import Litestar, Request
from litestar.enums import ScopeType
from litestar.handlers import HTTPRouteHandler
from litestar.types import Message, Receive, Scope, Send

from jichitai.web.gate import Gatekeeper, Policy, bearer
from jichitai.web.problem import refused
from jichitai.web.ready import ReadyJson
from jichitai.web.rights import Principal

T = TypeVar("T", bound=msgspec.Struct)

_MOST_PARTS: Final = 1024
_JSON: Final = b"application/json"


@dataclass(frozen=True, slots=True)
class Quick(Generic[T]):
    """One call that may take the short way.

    Attributes:
        handler: the route that documents the call and answers it on the ordinary way.
        body: type of its body.
        answer: what answers it; the route's function calls the same.
    """

    handler: HTTPRouteHandler
    body: type[T]
    answer: Callable[[Principal, T], Awaitable[bytes]]


@dataclass(frozen=True, slots=True)
class _Way:
    handler: HTTPRouteHandler
    path: str
    policy: Policy
    limit: int
    decode: Callable[[bytes], Any]
    answer: Callable[[Principal, Any], Awaitable[bytes]]


class QuickWay:
    """ASGI layer between the edge and the application.

    Args:
        app: the application, which answers everything that is not taken here.
        keeper: the gate's; policies are those of the documenting routes.
        calls: what may take the short way.
    """

    def __init__(self, app: Litestar, keeper: Gatekeeper, calls: Iterable[Quick[Any]]) -> None:
        self._app = app
        self._ordinary = app.asgi_handler
        self._keeper = keeper
        self._ways = dict(self._way(call) for call in calls)

    def _way(self, call: Quick[Any]) -> tuple[tuple[str, str], _Way]:
        """What is known of a call beforehand, from its route as the application registered it."""
        for route in self._app.routes:
            for handler in getattr(route, "route_handlers", ()):
                if handler.fn is call.handler.fn:
                    (method,) = handler.http_methods
                    way = _Way(
                        handler,
                        route.path,
                        self._keeper.policy(handler),
                        int(handler.resolve_request_max_body_size()),
                        msgspec.json.Decoder(call.body).decode,
                        call.answer,
                    )
                    return (str(method), route.path), way
        raise LookupError(call.handler)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a quick call, or hand it on."""
        way = None
        if scope["type"] == ScopeType.HTTP:
            way = self._ways.get((scope["method"], scope["path"]))
        if way is None:
            await self._ordinary(scope, receive, send)
            return
        token = bearer(scope)
        if token is None or not _is_json(scope):
            await self._ordinary(scope, receive, send)
            return
        parts, whole = await _read(receive, way.limit)
        try:
            question = way.decode(b"".join([part["body"] for part in parts])) if whole else None
        except (msgspec.DecodeError, ValueError, RecursionError):
            question = None
        if question is None:
            await self._ordinary(scope, _Again(parts, receive), send)
            return
        await self._ends(way, token, question, scope, receive, send)

    async def _ends(
        self, way: _Way, token: str, question: Any, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Answer a call that was read."""
        scope["route_handler"], scope["path_template"] = way.handler, way.path  # for the access log
        try:
            principal = await self._keeper.program(scope, way.policy, token)
            answer = await way.answer(principal, question)
        except Exception as error:  # noqa: BLE001  # the same handlers as on the ordinary way
            await self._refuse(error, scope, receive, send)
        else:
            await ReadyJson(answer)(scope, receive, send)

    async def _refuse(self, error: Exception, scope: Scope, receive: Receive, send: Send) -> None:
        scope["litestar_app"] = self._app
        request: Request[Any, Any, Any] = Request(scope, receive, send)
        response = refused(request, error)
        await response.to_asgi_response(None, request)(scope, receive, send)


class _Again:
    """Messages that were read already, then what follows."""

    def __init__(self, messages: list[Any], receive: Receive) -> None:
        self._messages = messages[::-1]
        self._receive = receive

    async def __call__(self) -> Any:
        return self._messages.pop() if self._messages else await self._receive()


async def _read(receive: Receive, limit: int) -> tuple[list[Any], bool]:
    """The messages of a body, and whether they are all of it and within the limit."""
    parts: list[Message] = []
    size = 0
    while len(parts) < _MOST_PARTS:
        part: Any = await receive()
        parts.append(part)
        if part["type"] != "http.request":
            return parts, False
        part.setdefault("body", b"")
        size += len(part["body"])
        if size > limit:
            return parts, False
        if not part.get("more_body", False):
            return parts, True
    return parts, False


def _is_json(scope: Scope) -> bool:
    for name, value in scope["headers"]:
        if name == b"content-type":
            return bool(value.startswith(_JSON))
    return True
