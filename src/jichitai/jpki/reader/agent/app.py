"""The agent put together, and served on the loopback interface."""

import asyncio
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import httpx
import jinja2
import structlog
from litestar import Litestar, Request, get
from litestar.datastructures import CacheControlHeader, State
from litestar.exceptions import HTTPException
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.response import Response, Template
from litestar.static_files import create_static_files_router
from litestar.template import TemplateConfig
from litestar.types import ASGIApp, ExceptionHandlersMap

from jichitai.infra.logs import where
from jichitai.infra.ports import LOOPBACK, bind
from jichitai.jpki.reader.agent import counter, routes
from jichitai.jpki.reader.agent.desk import Desk
from jichitai.jpki.reader.agent.door import Door
from jichitai.jpki.reader.agent.sites import Sites
from jichitai.jpki.reader.agent_protocol import PORT
from jichitai.jpki.reader.sources import CardSource, ChipSource
from jichitai.kernel.errors import JichitaiError
from jichitai.web.components import Shell
from jichitai.web.problem import NoSuchPageError, UnexpectedError, UnreadableError, status_of
from jichitai.web.rendering import STATIC_DIR, environment
from jichitai.web.server import WebServer

HERE: Final = Path(__file__).resolve().parent
BODY_LIMIT: Final = 64 * 1024
_YEAR: Final = 31_536_000
_SCRIPT: Final = (HERE / "send.js").read_text(encoding="utf-8")
_log = structlog.get_logger("jichitai.agent")


@get("/send.js", media_type="text/javascript", include_in_schema=False)
async def send_script() -> str:
    """Sends the form with the answer without a press, where there is script."""
    return _SCRIPT


def create_agent(
    source: CardSource,
    sites: Sites,
    *,
    port: int = PORT,
    transport: httpx.BaseTransport | None = None,
) -> ASGIApp:
    """The agent as an ASGI application.

    Args:
        source: where cards come from.
        sites: whom it works for.
        port: where it will listen; requests to another name are refused.
        transport: another way to the counters' servers, for tests.
    """
    rehearsal = isinstance(source, ChipSource)
    shell = Shell(
        system="カードの操作",
        office="この端末",
        density="public",
        rehearsal=rehearsal,
        contact="カードのことは、お住まいの市区町村の窓口へ",
    )
    app = Litestar(
        route_handlers=[*routes.ROUTES, *counter.ROUTES, send_script, _static_files()],
        state=State(
            {
                "source": source,
                "sites": sites,
                "desk": Desk(),
                "lock": asyncio.Lock(),
                "shell": shell,
                "tasks": set(),
                "transport": transport,
            }
        ),
        exception_handlers=_HANDLERS,
        template_config=TemplateConfig(instance=JinjaTemplateEngine.from_environment(_templates())),
        openapi_config=None,
        request_max_body_size=BODY_LIMIT,
        logging_config=None,
        debug=False,
    )
    return Door(app, port)


async def serve(source: CardSource, sites: Sites, *, port: int = PORT) -> None:
    """Serve until cancelled.

    Raises:
        PortTakenError: another agent, or another program, has the port.
    """
    listening = bind(LOOPBACK, port)
    server = WebServer(create_agent(source, sites, port=listening.getsockname()[1]), listening)
    await server.run_until_stopped()


@cache
def _templates() -> jinja2.Environment:
    return environment([HERE / "templates"])


def _static_files() -> Any:
    return create_static_files_router(
        path="/static",
        directories=[STATIC_DIR],
        cache_control=CacheControlHeader(public=True, max_age=_YEAR, immutable=True),
        include_in_schema=False,
    )


def _refused(request: Request[Any, Any, Any], error: JichitaiError) -> Response[Any]:
    return _page(request, error, status_of(error))


def _framework(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    known: JichitaiError = (
        NoSuchPageError("この場所には何もありません。依頼元のサイトからやり直してください。")
        if error.status_code in (404, 405)
        else UnreadableError(
            "依頼を読み取れませんでした。カードには何も送っていません。依頼元のサイトからやり直してください。"
        )
    )
    return _page(request, known, error.status_code)


def _unexpected(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    _log.error("agent.unexpected", **where(error))
    return _page(
        request,
        UnexpectedError(
            "カードの操作の部品で問題が起きました。依頼元のサイトからやり直し、続くときは部品を"
            "起動し直してください。"
        ),
        500,
    )


def _page(request: Request[Any, Any, Any], error: JichitaiError, status: int) -> Response[Any]:
    context: Mapping[str, Any] = {
        "shell": request.app.state.shell,
        "head": error.title,
        "detail": error.detail,
    }
    return Template(
        "agent/refused.html", context=dict(context), status_code=status, media_type="text/html"
    )


_HANDLERS: Final[ExceptionHandlersMap] = {
    JichitaiError: _refused,
    HTTPException: _framework,
    Exception: _unexpected,
}
