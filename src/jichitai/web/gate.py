"""The gate before every route: who asks, how often, by what right, and from our own page?

One pass, in this order: identify, limit, require a role, refuse forgery. What a route wants stands
in its `opt`:

`roles`       frozenset of roles, or PUBLIC (required)
`rate`        `Rate`, stricter or wider than the tier's own; `None` lifts the limit
`scope`       what an access token must be good for, where programs may call
`csrf`        False for a route that no browser session uses (token endpoint)
`bearer`      False for a route that reads the bearer token itself (user info)
`idle`        False for polling, which does not count as a person's activity
`loopback`    True when only this machine, or an operator, may ask
`access_log`  False on hot paths that leave a record of their own
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from litestar import Request
from litestar.handlers import BaseRouteHandler
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from litestar.utils.scope.state import ScopeState

from jichitai.kernel.errors import UnauthenticatedError
from jichitai.web import csrf
from jichitai.web.limits import Limiter, Rate
from jichitai.web.oauth.errors import MissingScopeError
from jichitai.web.problem import NoSuchPageError, wants_html
from jichitai.web.rights import ANONYMOUS, PUBLIC, Principal, Role, require, roles_of
from jichitai.web.sessions import Cookies, Session, SessionLockedError, Sessions

_OPERATORS: Final = frozenset(
    {Role.TOWN_OPERATOR, Role.PREFECTURE_OPERATOR, Role.NETWORK_OPERATOR, Role.MINISTRY_OFFICER}
)
_LOOPBACK: Final = ("127.", "::1")


class Bearers(Protocol):
    """Turns a bearer token into the program that holds it."""

    async def principal(self, token: str) -> Principal:
        """Who holds the token; raises `UnauthenticatedError` when it is not good."""
        ...


@dataclass(frozen=True, slots=True)
class Policy:
    """What one route asks of its callers."""

    roles: frozenset[str]
    rate: Rate | None
    csrf: bool
    bearer: bool
    idle: bool
    loopback: bool
    scope: str
    route: str


class Gatekeeper:
    """What all gates of an application share.

    Args:
        sessions: finds the session of a cookie.
        bearers: finds the program of a token; None where no tokens are taken.
        cookies: names and flags of our cookies.
        origin: our own origin.
        rate: the tier's usual rate for one caller; None for no limit.
        trusted_proxy: whether `X-Forwarded-For` names the caller.
    """

    def __init__(
        self,
        *,
        sessions: Sessions,
        bearers: Bearers | None,
        cookies: Cookies,
        origin: str,
        rate: Rate | None,
        trusted_proxy: bool,
    ) -> None:
        self.sessions = sessions
        self.bearers = bearers
        self.cookies = cookies
        self.origin = origin
        self.rate = rate
        self.trusted_proxy = trusted_proxy
        self.limiter = Limiter()
        self._policies: dict[BaseRouteHandler, Policy] = {}

    def policy(self, handler: BaseRouteHandler) -> Policy:
        """The policy of a route, read once from its `opt`."""
        policy = self._policies.get(handler)
        if policy is None:
            policy = self._policies[handler] = self._read(handler)
        return policy

    def _read(self, handler: BaseRouteHandler) -> Policy:
        opt: Mapping[str, Any] = handler.opt
        options = "OPTIONS" in getattr(handler, "http_methods", ())
        own = "rate" in opt
        return Policy(
            roles=PUBLIC if options else roles_of(handler),
            rate=opt["rate"] if own else self.rate,
            csrf=bool(opt.get("csrf", True)),
            bearer=bool(opt.get("bearer", True)),
            idle=bool(opt.get("idle", True)),
            loopback=bool(opt.get("loopback", False)),
            scope=str(opt.get("scope", "")),
            route=str(handler) if own else "",
        )

    async def program(self, scope: Scope, policy: Policy, token: str) -> Principal:
        """The program behind an access token, when it may call the route.

        Raises:
            UnauthenticatedError: the token is not good, or not taken here.
            ForbiddenError: its role or scope does not reach the route.
            TooManyError: it called too often.
        """
        if self.bearers is None:
            raise UnauthenticatedError(
                "この階層はアクセストークンを受け付けていません。全国の窓口（/oauth/token）で"
                "発行されたトークンは、発行した側でだけ使えます。"
            )
        principal = await self.bearers.principal(token)
        scope["user"], scope["auth"] = principal, None
        if policy.route and policy.rate is not None:
            self.limit(scope, policy, principal)
        require(principal, policy.roles)
        if policy.scope and policy.scope not in principal.scopes:
            raise MissingScopeError(
                f"このアクセストークンには {policy.scope} の範囲がありません。scope に加えて"
                "新しいトークンを受け取ってください。"
            )
        return principal

    def limit(self, scope: Scope, policy: Policy, principal: Principal) -> None:
        """Count one call of a caller.

        Raises:
            TooManyError: too many within the time.
        """
        if policy.rate is not None:
            caller = principal.account_id or self.address(scope)
            self.limiter.take((policy.route, caller), policy.rate)

    def address(self, scope: Scope) -> str:
        """Where the request comes from."""
        if self.trusted_proxy:
            for name, value in scope["headers"]:
                if name == b"x-forwarded-for":
                    return value.decode("latin-1").rpartition(",")[2].strip()
        client = scope.get("client")
        return client[0] if client else ""


class Gate:
    """ASGI middleware of every route.

    Args:
        app: the route.
        keeper: shared by all routes.
    """

    def __init__(self, app: ASGIApp, keeper: Gatekeeper) -> None:
        self._app = app
        self._keeper = keeper

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request in, or raise a refusal."""
        keeper = self._keeper
        policy = keeper.policy(scope["route_handler"])
        token = bearer(scope) if policy.bearer else None
        if token is not None:
            await keeper.program(scope, policy, token)
            await self._app(scope, receive, send)
            return
        request: Request[Any, Any, Any] = Request(scope, receive, send)
        session = await self._session(request, policy)
        principal = session.principal if session and not session.locked else ANONYMOUS
        scope["user"], scope["auth"] = principal, session
        keeper.limit(scope, policy, principal)
        if policy.loopback and not self._is_near(scope, principal):
            raise NoSuchPageError("この場所には何もありません。")
        await self._demand(request, policy, principal, session)
        cookie = request.cookies.get(keeper.cookies.session) if session else None
        cookie = cookie or request.cookies.get(keeper.cookies.visit)
        if policy.csrf and request.method not in csrf.SAFE_METHODS:
            await csrf.require(request, cookie=cookie, origin=keeper.origin)
        elif cookie is None and wants_html(scope):
            cookie = secrets.token_urlsafe(24)
            send = self._visiting(send, cookie)
        if cookie is not None:
            ScopeState.from_scope(scope).csrf_token = csrf.token_for(cookie)
        await self._app(scope, receive, send)

    async def _session(self, request: Request[Any, Any, Any], policy: Policy) -> Session | None:
        value = request.cookies.get(self._keeper.cookies.session)
        if not value or len(value) > 100:
            return None
        return await self._keeper.sessions.resolve(value, touch=policy.idle)

    def _is_near(self, scope: Scope, principal: Principal) -> bool:
        forwarded = any(name == b"x-forwarded-for" for name, _ in scope["headers"])
        client = scope.get("client")
        near = client is not None and client[0].startswith(_LOOPBACK) and not forwarded
        return near or bool(principal.roles & _OPERATORS)

    async def _demand(
        self,
        request: Request[Any, Any, Any],
        policy: Policy,
        principal: Principal,
        session: Session | None,
    ) -> None:
        if session is not None and session.locked and Role.ANONYMOUS not in policy.roles:
            if request.method == "GET" and wants_html(request.scope):
                await self._keeper.sessions.remember(session, request.url.path)
            raise SessionLockedError(
                "しばらく操作がなかったため、画面を閉じています。もう一度本人確認をすると、"
                "途中の画面に戻ります。入力中の下書きは残っています。"
            )
        require(principal, policy.roles)

    def _visiting(self, send: Send, cookie: str) -> Send:
        header = self._keeper.cookies.visit_header(cookie)

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start" and _is_html(message):
                message["headers"] = [*message.get("headers", ()), (b"set-cookie", header)]
            await send(message)

        return sending


def _is_html(message: Any) -> bool:
    return any(
        name == b"content-type" and value.startswith(b"text/html")
        for name, value in message.get("headers", ())
    )


def bearer(scope: Scope) -> str | None:
    """The access token of a request, if it carries one."""
    for name, value in scope["headers"]:
        if name == b"authorization":
            kind, _, token = value.decode("latin-1").partition(" ")
            if kind.lower() == "bearer":
                return str(token.strip())
    return None
