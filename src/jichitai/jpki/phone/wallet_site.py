"""The wallet in a browser, on this computer only: the PIN first, then who asks for what, then yes or no."""

import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import httpx
import jinja2
from litestar import Litestar, Request, Response, get, post
from litestar.datastructures import CacheControlHeader, Cookie, State
from litestar.params import FromPath, URLEncodedBody
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.response import Redirect, Template
from litestar.static_files import create_static_files_router
from litestar.template import TemplateConfig
from litestar.types import ASGIApp

from jichitai.infra.ports import LOOPBACK, bind
from jichitai.jpki.phone import wallet
from jichitai.jpki.phone.elements import Element
from jichitai.jpki.phone.openid4vp import Request as Asked
from jichitai.jpki.phone.refusals import WalletError
from jichitai.jpki.phone.wallet import AnsweredRefusalError, Wallet
from jichitai.jpki.reader.agent import forged
from jichitai.jpki.reader.agent.door import Door
from jichitai.kernel.errors import JichitaiError
from jichitai.kernel.secrets import Secret
from jichitai.web.components import FieldErrors, Shell
from jichitai.web.csrf import FIELD, token_for
from jichitai.web.edge import content_security_policy
from jichitai.web.problem import status_of
from jichitai.web.rendering import STATIC_DIR, environment
from jichitai.web.server import WebServer

PORT: Final = 35971
COOKIE: Final = "jichitai_wallet"
_LIFE: Final = 300.0
_MOST: Final = 50
_LINK_LENGTH: Final = 2_000
_TEMPLATES: Final = Path(__file__).resolve().parent / "templates"
_SHELL: Final = Shell(
    system="スマートフォンの証明（演習用ウォレット）",
    office="この端末",
    density="public",
    rehearsal=True,
    contact="証明のことは、お住まいの市区町村の窓口へ",
)

AnyRequest = Request[Any, Any, Any]
Form = URLEncodedBody[dict[str, str]]


@dataclass(frozen=True, slots=True)
class _Open:
    """A request that its holder is looking at."""

    wallet: Wallet
    asked: Asked
    cookie: str
    until: float


class _Table:
    """Requests that are open in this process."""

    def __init__(self) -> None:
        self._open: OrderedDict[str, _Open] = OrderedDict()

    def put(self, one: _Open) -> str:
        """Keep one; its name."""
        name = secrets.token_urlsafe(16)
        self._open[name] = one
        if len(self._open) > _MOST:
            self._open.popitem(last=False)
        return name

    def take(self, name: str, cookie: str | None) -> _Open:
        """Take one out.

        Raises:
            WalletError: there is none, or it is another browser's.
        """
        found = self._open.pop(name, None)
        mine = found is not None and secrets.compare_digest(found.cookie, cookie or "")
        if found is None or not mine or found.until < time.monotonic():
            raise WalletError("この求めはもう開いていません。確認の画面からやり直してください。")
        return found


@get("/", include_in_schema=False)
async def home(state: State) -> Template:
    """What the wallet is."""
    return _shown("wallet/home.html", {"there": state.file.exists()})


@get("/authorize", include_in_schema=False)
async def authorize(request: AnyRequest) -> Template:
    """A verifier's page leads here: ask for the PIN before anything else."""
    cookie = request.cookies.get(COOKIE) or secrets.token_urlsafe(24)
    shown = _pin_page(str(request.url), cookie, FieldErrors())
    shown.cookies.append(
        Cookie(key=COOKIE, value=cookie, path="/", max_age=3600, httponly=True, samesite="lax")
    )
    return shown


@post("/open", include_in_schema=False, status_code=200)
async def unlock(request: AnyRequest, state: State, data: Form) -> Template:
    """Open the wallet, make sure who asks, and show what for."""
    cookie = _own(request, data)
    link = data.get("link", "")[:_LINK_LENGTH]
    try:
        opened = Wallet.open(state.file, Secret(data.get("pin", "")))
    except WalletError as error:
        return _pin_page(link, cookie, FieldErrors.of({"pin": error.detail}))
    async with state.http() as client:
        asked = await wallet.fetch_request(client, opened, link, state.now())
    name = state.table.put(_Open(opened, asked, cookie, time.monotonic() + _LIFE))
    held = opened.elements()
    context = {
        "asked": asked,
        "name": name,
        "rows": [(one.japanese, _words(one, held.get(one))) for one in asked.elements],
        "missing": [one.japanese for one in asked.elements if one not in held],
        "csrf_field": FIELD,
        "csrf_value": token_for(cookie),
    }
    return _shown("wallet/consent.html", context, form_action=asked.origin)


@post("/answer/{name:str}", include_in_schema=False, status_code=200)
async def answer(
    request: AnyRequest, state: State, name: FromPath[str], data: Form
) -> Template | Redirect:
    """Send what was agreed to, or nothing."""
    cookie = _own(request, data)
    one: _Open = state.table.take(name, cookie)
    if data.get("decision") != "show":
        return _shown("wallet/stopped.html", {"verifier": one.asked.verifier})
    try:
        response = one.wallet.respond(one.asked, one.asked.elements)
        async with state.http() as client:
            onward = await wallet.send(client, one.asked, response)
    except AnsweredRefusalError as refusal:
        place = str(refusal.facts.get("redirect_uri", ""))
        good = place.startswith(f"{one.asked.origin}/")
        context = {"head": refusal.title, "detail": refusal.detail, "onward": place if good else ""}
        return _shown("wallet/refused.html", context)
    return Redirect(onward, status_code=303)


def create_wallet_site(
    file: Path,
    now: Callable[[], datetime],
    *,
    port: int = PORT,
    http: Callable[[], httpx.AsyncClient] = lambda: httpx.AsyncClient(timeout=10),
) -> ASGIApp:
    """The wallet's pages as an ASGI application.

    Args:
        file: of the wallet.
        now: law time.
        port: where it will listen; requests to another name are refused.
        http: makes clients to verifiers.
    """
    state = State({"file": file, "now": now, "http": http, "table": _Table()})
    app = Litestar(
        route_handlers=[home, authorize, unlock, answer, _static_files()],
        state=state,
        exception_handlers={JichitaiError: _refused},
        template_config=TemplateConfig(instance=JinjaTemplateEngine.from_environment(_templates())),
        openapi_config=None,
        request_max_body_size=64 * 1024,
        logging_config=None,
        debug=False,
    )
    return Door(app, port)


async def serve(file: Path, now: Callable[[], datetime], *, port: int = PORT) -> None:
    """Serve on the loopback interface until cancelled.

    Raises:
        PortTakenError: another program has the port.
    """
    listening = bind(LOOPBACK, port)
    site = create_wallet_site(file, now, port=listening.getsockname()[1])
    await WebServer(site, listening).run_until_stopped()


def _own(request: AnyRequest, fields: dict[str, str]) -> str:
    cookie = request.cookies.get(COOKIE, "")
    forged.require_own(request, cookie, fields)
    return cookie


def _pin_page(link: str, cookie: str, errors: FieldErrors) -> Template:
    context = {
        "errors": errors,
        "link": link,
        "csrf_field": FIELD,
        "csrf_value": token_for(cookie),
    }
    return _shown("wallet/pin.html", context, status=422 if errors else 200)


def _words(element: Element, value: Any) -> str:
    match value:
        case None:
            return "（証明にありません）"
        case bool():
            return "はい" if value else "いいえ"
        case bytes():
            return "（画像）"
        case _:
            return str(value)


def _shown(template: str, context: dict[str, Any], *, status: int = 200, **policy: str) -> Template:
    headers = {"content-security-policy": content_security_policy(**policy)} if policy else {}
    return Template(
        template,
        context={"shell": _SHELL, **context},
        status_code=status,
        media_type="text/html",
        headers=headers,
    )


def _refused(_: AnyRequest, error: JichitaiError) -> Response[Any]:
    context = {"shell": _SHELL, "head": error.title, "detail": error.detail, "onward": ""}
    return Template(
        "wallet/refused.html", context=context, status_code=status_of(error), media_type="text/html"
    )


def _templates() -> jinja2.Environment:
    return environment([_TEMPLATES])


def _static_files() -> Any:
    return create_static_files_router(
        path="/static",
        directories=[STATIC_DIR],
        cache_control=CacheControlHeader(public=True, max_age=31_536_000, immutable=True),
        include_in_schema=False,
    )
