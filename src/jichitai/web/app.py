"""The application of one tier: everything that every route shares, put together once."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import jinja2
from litestar import Litestar
from litestar.datastructures import CacheControlHeader, State
from litestar.di import Provide
from litestar.middleware import DefineMiddleware
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.static_files import create_static_files_router
from litestar.template import TemplateConfig
from litestar.types import ControllerRouterHandler

from jichitai.infra.clock import Clock
from jichitai.infra.database import Database
from jichitai.infra.keys import Keys
from jichitai.infra.settings import Settings
from jichitai.kernel.parties import Tier
from jichitai.web import health, openapi, rights
from jichitai.web.edge import Edge
from jichitai.web.frame import ShellMaker, plain_shell
from jichitai.web.gate import Gate, Gatekeeper
from jichitai.web.housekeeping import sweeping
from jichitai.web.limits import Rate
from jichitai.web.oauth.bearer import BearerTokens
from jichitai.web.oauth.routes import oauth_routes
from jichitai.web.problem import HANDLERS
from jichitai.web.quick import Quick, QuickWay
from jichitai.web.rendering import STATIC_DIR, environment
from jichitai.web.sessions import Cookies, Sessions
from jichitai.web.signin.routes import signin_routes

_STATIC_OPT: Final[Mapping[str, Any]] = {
    "roles": rights.PUBLIC,
    "rate": None,
    "access_log": False,
    "idle": False,
}
_YEAR: Final = 31_536_000

Lifespan = Callable[[Litestar], AbstractAsyncContextManager[None]]


def create_app(
    tier: Tier,
    settings: Settings,
    *,
    controllers: Sequence[ControllerRouterHandler] = (),
    lifespan: Sequence[Lifespan] = (),
    db: Database | None = None,
    clock: Clock | None = None,
    keys: Keys | None = None,
    rehearsal: bool = False,
    shell: ShellMaker | None = None,
    templates: Sequence[Path] = (),
    checks: Mapping[str, health.Check] | None = None,
    dependencies: Mapping[str, Provide] | None = None,
    quick: Iterable[Quick[Any]] = (),
) -> Litestar:
    """Assemble the application of a tier.

    Args:
        tier: which tier it serves.
        settings: the process's settings.
        controllers: routes of the domains; each declares `opt["roles"]`.
        lifespan: what runs beside the application. It may set `app.state["db"]`, `["clock"]`, `["keys"]`
            when they are made there.
        db: the tier's open database.
        clock: law time.
        keys: keys of the node; the nation signs access tokens with them.
        rehearsal: offer personas, when the settings say demo as well.
        shell: the tier's names and navigation around every page, for who asks.
        templates: template folders of the domains.
        checks: further parts that `/readyz` asks, by name.
        dependencies: services that handlers of the domains name as arguments, beside
            `principal`, `db`, `clock`, `keys` and `settings`.
        quick: calls of programs that take the short way.

    Returns:
        The application, ready for an ASGI server.

    Raises:
        ImproperlyConfiguredException: a route declares no roles.
    """
    tls = urlsplit(settings.origin).scheme == "https"
    cookies = Cookies(tier, tls)
    state = State(
        {
            "db": db,
            "clock": clock,
            "keys": keys,
            "settings": settings,
            "tier": tier,
            "cookies": cookies,
            "checks": checks or {},
            "shell": shell or plain_shell(tier),
        }
    )
    sessions = Sessions(lambda: state.db, tier)
    bearers = BearerTokens(state, settings.origin) if tier is Tier.NATION else None
    keeper = Gatekeeper(
        sessions=sessions,
        bearers=bearers,
        cookies=cookies,
        origin=settings.origin,
        rate=Rate(settings.rate_limit, 60) if settings.rate_limit else None,
        trusted_proxy=settings.trusted_proxy,
    )
    state.sessions = sessions
    state.personas = rehearsal and settings.demo
    app = Litestar(
        route_handlers=[
            *health.ROUTES,
            *signin_routes(personas=state.personas),
            *(oauth_routes() if tier is Tier.NATION else ()),
            _static_files(),
            *controllers,
        ],
        state=state,
        lifespan=[*lifespan, sweeping],
        middleware=[DefineMiddleware(Gate, keeper=keeper)],
        exception_handlers=HANDLERS,
        dependencies={**_dependencies(), **(dependencies or {})},
        template_config=_templates(templates),
        openapi_config=openapi.config(tier, session_cookie=cookies.session),
        request_max_body_size=settings.body_limit,
        logging_config=None,
        debug=False,
    )
    rights.table(app)
    app.asgi_handler = Edge(QuickWay(app, keeper, quick), tls=tls)
    return app


def _dependencies() -> dict[str, Provide]:
    return {
        "principal": Provide(rights.provide_principal, sync_to_thread=False),
        "db": Provide(_database, sync_to_thread=False),
        "clock": Provide(_clock, sync_to_thread=False),
        "keys": Provide(_keys, sync_to_thread=False),
        "settings": Provide(_settings, sync_to_thread=False),
    }


def _database(state: State) -> Database:
    return state.db  # type: ignore[no-any-return]


def _clock(state: State) -> Clock:
    return state.clock  # type: ignore[no-any-return]


def _keys(state: State) -> Keys:
    return state["keys"]  # type: ignore[no-any-return]


def _settings(state: State) -> Settings:
    return state.settings  # type: ignore[no-any-return]


def _templates(folders: Sequence[Path]) -> TemplateConfig[JinjaTemplateEngine]:
    env: jinja2.Environment = environment(folders)
    return TemplateConfig(instance=JinjaTemplateEngine.from_environment(env))


def _static_files() -> ControllerRouterHandler:
    return create_static_files_router(
        path="/static",
        directories=[STATIC_DIR],
        opt=dict(_STATIC_OPT),
        cache_control=CacheControlHeader(public=True, max_age=_YEAR, immutable=True),
        include_in_schema=False,
    )
