"""Writing a card at a counter: the holder chooses the PINs on the agent's page, on this computer."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from litestar import get, post
from litestar.datastructures import State
from litestar.params import FromPath
from litestar.response import Redirect, Template
from litestar.types import ControllerRouterHandler

from jichitai.jpki.chip.contents import ChosenPins
from jichitai.jpki.kinds import CertificateKind
from jichitai.jpki.reader.agent import forged
from jichitai.jpki.reader.agent.desk import Pending
from jichitai.jpki.reader.agent.routes import AnyRequest, arrived, fields_of, shown, waiting
from jichitai.jpki.reader.agent_protocol import WriteRequest
from jichitai.jpki.reader.errors import (
    BadAgentRequestError,
    MalformedPinError,
    StrangeOriginError,
)
from jichitai.jpki.reader.pins import Pin, PinKind
from jichitai.jpki.reader.writing import Stage, Writing
from jichitai.jpki.reader.writing_api import WritingApi
from jichitai.web.components import FieldError
from jichitai.web.csrf import token_for

_FOUR: Final = {"input": PinKind.INPUT_AID, "juki": PinKind.JUKI}
_LABELS: Final = {"four": "数字4桁の暗証番号"}
_STAGES: Final = (Stage.KEYS, Stage.WAITING, Stage.WRITING, Stage.DONE)


@post("/write", include_in_schema=False)
async def write(request: AnyRequest, state: State) -> Redirect:
    """A counter's page asks for a card to be written."""
    site = forged.require_site(request, state.sites)
    asked = WriteRequest.parse(await fields_of(request))
    if asked.origin != site.origin or not site.counter:
        raise StrangeOriginError(
            "このサイトには、カードの書込みを許していません。窓口として登録したサイトだけが書き込めます。"
            "カードには何も書いていません。"
        )
    api = WritingApi(asked, state.transport)
    order = await asyncio.to_thread(api.order)
    pending = state.desk.put(site, asked)
    pending.writing = Writing(api, state.source, order)
    return arrived(pending, "/writings")


@get("/writings/{name:str}", include_in_schema=False)
async def writing_page(request: AnyRequest, state: State, name: FromPath[str]) -> Template:
    """The PINs to choose, then how far the writing is."""
    pending = waiting(request, name)
    writing = _writing(pending)
    looks = "x-fragment" in request.headers  # the page of the progress asks for its own news
    stopped = writing.stage is Stage.INTERRUPTED and not writing.running
    if writing.stage is Stage.READY or (stopped and not looks):
        return _choose(state, pending)
    return _progress(state, pending)


@post("/writings/{name:str}", include_in_schema=False)
async def begin(request: AnyRequest, state: State, name: FromPath[str]) -> Template | Redirect:
    """The holder chose the PINs, or the writing is given up."""
    pending = waiting(request, name)
    fields = forged.require_own(request, pending.cookie, await fields_of(request))
    writing = _writing(pending)
    if fields.get("action") == "cancel":
        await asyncio.to_thread(writing.abandon)
        writing.close()
        state.desk.close(pending)
        return Redirect(pending.request.return_url, status_code=303)
    pins, errors = chosen(fields, signing=CertificateKind.SIGNING in writing.order.certificates)
    if pins is None:
        return _choose(state, pending, errors)

    async def work(made: ChosenPins = pins) -> None:
        async with state.lock:
            await asyncio.to_thread(writing.run, made, fields.get("card", ""))
        if writing.finished:
            writing.close()

    writing.stage = Stage.KEYS
    task = asyncio.create_task(work())
    state.tasks.add(task)
    task.add_done_callback(state.tasks.discard)
    return Redirect(f"/writings/{pending.id}", status_code=303)


def chosen(
    fields: Mapping[str, str], *, signing: bool
) -> tuple[ChosenPins | None, list[FieldError]]:
    """The PINs of a form, or what is wrong with its fields."""
    errors: list[FieldError] = []

    def read(field: str, kind: PinKind, text: str) -> Pin | None:
        try:
            return Pin.parse(kind, text)
        except MalformedPinError:
            name = _LABELS.get(field, kind.japanese)
            message = f"{name}は{kind.hint}です。形が違うため、まだ何も書いていません。決め直してください。"
            errors.append(FieldError(field, message))
            return None

    def twice(field: str, kind: PinKind) -> Pin | None:
        pin = read(field, kind, fields.get(field, ""))
        if pin is None or pin == _again(kind, fields.get(f"{field}_again", "")):
            return pin
        message = f"{kind.japanese}の2回の入力が違います。打ち間違いを防ぐため、同じものを2回入力してください。"
        errors.append(FieldError(f"{field}_again", message))
        return None

    sign = twice("signing", PinKind.SIGNING) if signing else None
    four = twice("four", PinKind.USER_AUTH)
    others = {
        field: read(field, kind, fields.get(field, "") or (four.reveal() if four else ""))
        if four or fields.get(field)
        else None
        for field, kind in _FOUR.items()
    }
    entry, juki = others["input"], others["juki"]
    if errors or four is None or entry is None or juki is None:
        return None, errors
    return ChosenPins(user_auth=four, signing=sign, input=entry, register=juki), []


def _again(kind: PinKind, text: str) -> Pin | None:
    try:
        return Pin.parse(kind, text)
    except MalformedPinError:
        return None


def _writing(pending: Pending) -> Writing:
    if pending.writing is None:
        raise BadAgentRequestError("この依頼は書込みの依頼ではありません。")
    return pending.writing


def _choose(state: State, pending: Pending, errors: list[FieldError] | None = None) -> Template:
    writing = _writing(pending)
    cards = list(state.source.cards())
    context = {
        **_context(state, pending),
        "order": writing.order,
        "signing": CertificateKind.SIGNING in writing.order.certificates,
        "pins": PinKind,
        "cards": cards if len(cards) > 1 else [],
        "errors": errors or [],
        "problem": writing.problem,
    }
    return shown(
        "agent/write.html", context, status=422 if errors else 200, form_action=pending.site.origin
    )


def _progress(state: State, pending: Pending) -> Template:
    writing = _writing(pending)
    at = _STAGES.index(writing.stage) if writing.stage in _STAGES else -1
    steps = [(stage.japanese, index < at, index == at) for index, stage in enumerate(_STAGES)]
    context = {
        **_context(state, pending),
        "writing": writing,
        "steps": steps,
        "target": pending.request.return_url,
    }
    return shown("agent/writing.html", context)


def _context(state: State, pending: Pending) -> dict[str, Any]:
    return {
        "shell": state.shell,
        "site": pending.site,
        "place": f"/writings/{pending.id}",
        "token": token_for(pending.cookie),
    }


ROUTES: Final[list[ControllerRouterHandler]] = [write, writing_page, begin]
