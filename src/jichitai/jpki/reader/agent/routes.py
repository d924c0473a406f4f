"""The agent's pages and its one call."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from litestar import Request, Response, get, post
from litestar.datastructures import Cookie, State
from litestar.params import FromPath
from litestar.response import Redirect, Template
from litestar.types import ControllerRouterHandler

from jichitai.jpki.reader.agent import deeds, forged
from jichitai.jpki.reader.agent.desk import LIFETIME, Desk, Pending
from jichitai.jpki.reader.agent.words import WORDS
from jichitai.jpki.reader.agent_protocol import (
    STATUS_PATH,
    CardAnswer,
    CardRequest,
    Outcome,
    Purpose,
)
from jichitai.jpki.reader.errors import (
    BadAgentRequestError,
    BlockedPinError,
    MalformedPinError,
    StrangeOriginError,
    WrongPinError,
)
from jichitai.jpki.reader.pins import Pin
from jichitai.jpki.reader.sources import CardSource
from jichitai.kernel.errors import JichitaiError
from jichitai.web.components import FieldError
from jichitai.web.csrf import token_for
from jichitai.web.edge import content_security_policy

AnyRequest = Request[Any, Any, Any]
COOKIE: Final = "jichitai_card"
VERSION: Final = 1
_ANYWHERE: Final = "http: https:"


async def fields_of(request: AnyRequest) -> dict[str, str]:
    """The text fields of a form; a doubled one is refused."""
    form = await request.form()
    found: dict[str, str] = {}
    for name, value in form.multi_items():
        if not isinstance(value, str) or name in found:
            raise BadAgentRequestError(
                f"カードの操作の依頼の項目 {name[:40]} が重なっているか、文字ではありません。"
                "カードには何も送っていません。依頼元のサイトに戻ってやり直してください。"
            )
        found[name] = value
    return found


def waiting(request: AnyRequest, name: str) -> Pending:
    """The pending request of this browser."""
    desk: Desk = request.app.state.desk
    return desk.get(name, request.cookies.get(COOKIE))


def shown(
    template: str, context: Mapping[str, Any], *, status: int = 200, **policy: str
) -> Template:
    """A page of the agent."""
    headers = {"content-security-policy": content_security_policy(**policy)} if policy else {}
    return Template(
        template, context=dict(context), status_code=status, media_type="text/html", headers=headers
    )


def arrived(pending: Pending, path: str) -> Redirect:
    """On to the page of a request that has just come, with the cookie that belongs to it."""
    place = f"{path}/{pending.id}"
    cookie = Cookie(
        key=COOKIE,
        value=pending.cookie,
        path=place,
        max_age=int(LIFETIME),
        httponly=True,
        samesite="lax",
    )
    return Redirect(place, status_code=303, cookies=[cookie])


@get("/", include_in_schema=False)
async def home(state: State) -> Template:
    """Whether the agent runs, for whom, and with which cards."""
    source: CardSource = state.source
    cards = [card for card in source.cards() if card]
    return shown(
        "agent/home.html", {"shell": state.shell, "sites": list(state.sites), "cards": cards}
    )


@get(STATUS_PATH, include_in_schema=False)
async def status(request: AnyRequest, state: State) -> Response[dict[str, object]]:
    """Whether an agent is there; the one thing that a site's script may ask."""
    origin = state.sites.get(request.headers.get("origin")).origin
    headers = {"access-control-allow-origin": origin, "vary": "origin"}
    return Response({"agent": "jichitai", "version": VERSION}, headers=headers)


@post("/sign", include_in_schema=False)
async def sign(request: AnyRequest, state: State) -> Redirect:
    """A site asks, by a form that the browser posts."""
    site = forged.require_site(request, state.sites)
    asked = CardRequest.parse(await fields_of(request))
    if asked.origin != site.origin:
        raise StrangeOriginError(
            "依頼したサイトと、結果を返す先のサイトが違います。カードには何も送っていません。"
            "この画面を閉じてください。"
        )
    if asked.purpose is Purpose.READ and not site.counter:
        raise StrangeOriginError(
            "このサイトには、券面の読取りを許していません。窓口として登録したサイトだけが読み取れます。"
        )
    return arrived(state.desk.put(site, asked), "/requests")


@get("/requests/{name:str}", include_in_schema=False)
async def ask(request: AnyRequest, state: State, name: FromPath[str]) -> Template:
    """Say who asks for what, and take the PIN."""
    pending = waiting(request, name)
    return await _ask(state, pending)


@post("/requests/{name:str}", include_in_schema=False, status_code=200)
async def decide(request: AnyRequest, state: State, name: FromPath[str]) -> Template:
    """The holder typed the PIN, or stops."""
    pending = waiting(request, name)
    fields = forged.require_own(request, pending.cookie, await fields_of(request))
    asked = pending.request
    if not isinstance(asked, CardRequest):
        raise BadAgentRequestError("この依頼は書込みの依頼です。窓口の画面からやり直してください。")
    if fields.get("action") == "cancel":
        return _send(state, pending, deeds.ended(asked, Outcome.CANCELLED))
    if fields.get("action") == "look":
        return await _ask(state, pending)
    try:
        pin = Pin.parse(deeds.pin_for(asked.purpose), fields.get("pin", ""))
        async with state.lock:
            answer = await asyncio.to_thread(
                deeds.answer, state.source, asked, pin, fields.get("card", "")
            )
    except BlockedPinError as refusal:
        return shown(
            "agent/blocked.html",
            {**_context(state, pending), "detail": refusal.detail},
            status=409,
        )
    except (WrongPinError, MalformedPinError) as refusal:
        return await _ask(state, pending, error=refusal, field="pin")
    except JichitaiError as refusal:
        return await _ask(state, pending, error=refusal)
    return _send(state, pending, answer)


@post("/requests/{name:str}/blocked", include_in_schema=False, status_code=200)
async def give_back(request: AnyRequest, state: State, name: FromPath[str]) -> Template:
    """Tell the site that the PIN has no tries left."""
    pending = waiting(request, name)
    forged.require_own(request, pending.cookie, await fields_of(request))
    asked = pending.request
    if not isinstance(asked, CardRequest):
        raise BadAgentRequestError("この依頼は書込みの依頼です。窓口の画面からやり直してください。")
    return _send(state, pending, deeds.ended(asked, Outcome.BLOCKED))


async def _ask(
    state: State, pending: Pending, *, error: JichitaiError | None = None, field: str = ""
) -> Template:
    asked = pending.request
    if not isinstance(asked, CardRequest):
        raise BadAgentRequestError("この依頼は書込みの依頼です。窓口の画面からやり直してください。")
    async with state.lock:
        seen = await asyncio.to_thread(deeds.look, state.source, asked.purpose)
    cards = list(state.source.cards())
    context = {
        **_context(state, pending),
        "look": seen,
        "pin": deeds.pin_for(asked.purpose),
        "cards": cards if len(cards) > 1 else [],
        "text": asked.text.splitlines(),
        "errors": [FieldError(field, error.detail)] if error else [],
    }
    return shown("agent/ask.html", context, status=422 if error else 200)


def _context(state: State, pending: Pending) -> dict[str, Any]:
    words = WORDS[pending.request.purpose] if isinstance(pending.request, CardRequest) else None
    return {
        "shell": state.shell,
        "site": pending.site,
        "words": words,
        "place": f"/requests/{pending.id}",
        "token": token_for(pending.cookie),
    }


def _send(state: State, pending: Pending, answer: CardAnswer) -> Template:
    """Give the answer to the browser to carry; the request is over."""
    state.desk.close(pending)
    context = {
        **_context(state, pending),
        "answer": answer,
        "target": pending.request.return_url,
        "fields": answer.fields(),
    }
    # The site may send the browser on, to a party that the agent does not know; browsers hold a
    # redirect after a form to the policy of the page that held the form.
    return shown("agent/send.html", context, form_action=_ANYWHERE)


ROUTES: Final[list[ControllerRouterHandler]] = [home, status, sign, ask, decide, give_back]
