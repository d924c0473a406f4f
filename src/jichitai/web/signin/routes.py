"""Pages and calls of sign-in."""

from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath, JSONBody, URLEncodedBody
from litestar.response import Redirect, Template
from litestar.types import ControllerRouterHandler

from jichitai.infra.database import Database
from jichitai.infra.settings import Settings
from jichitai.kernel.parties import Tier
from jichitai.web import accounts, sessions
from jichitai.web.frame import local_path, page
from jichitai.web.inject import Db, NodeSettings
from jichitai.web.limits import Rate
from jichitai.web.rights import PEOPLE, PUBLIC
from jichitai.web.sessions import Session
from jichitai.web.signin import service
from jichitai.web.signin.errors import SuspectPasskeyError
from jichitai.web.signin.model import Ceremony, Purpose, Question
from jichitai.web.signin.passkeys import Passkeys, not_proven

_CEREMONY: Final = Rate(30, 60)
_CODE: Final = Rate(10, 60)
_TAGS: Final = ["sign-in"]

AnyRequest = Request[Any, Any, Any]
Form = URLEncodedBody[dict[str, str]]


class Answer(msgspec.Struct, frozen=True):
    """What a passkey said to a question."""

    ceremony: UUID
    credential: dict[str, Any]
    label: Annotated[str, msgspec.Meta(max_length=40)] = ""
    path: Annotated[str, msgspec.Meta(max_length=200)] = "/"


class Code(msgspec.Struct, frozen=True):
    """A one-time code that an administrator handed out."""

    code: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class Asked(msgspec.Struct, frozen=True):
    """A question for the browser's passkeys."""

    ceremony: UUID
    options: dict[str, Any]


class Onward(msgspec.Struct, frozen=True):
    """Where to go after sign-in."""

    location: str


# --- the page, and passkeys at it -----------------------------------------------------------


@get("/sign-in", opt={"roles": PUBLIC}, include_in_schema=False)
async def sign_in_page(request: AnyRequest, settings: NodeSettings) -> Template | Redirect:
    """Where a person proves who they are, for the first time or to unlock."""
    session = _session(request)
    path = local_path(request.query_params.get("return"))
    if session is not None and not session.locked:
        return Redirect(path, status_code=303)
    context = {
        "locked": session.account.display if session else "",
        "path": path,
        "personas": request.app.state.personas,
        "ways": request.app.state.get("sign_in_ways", ()),
    }
    return page(request, "pages/sign_in.html", context)


@post(
    "/sign-in/passkey/options",
    opt={"roles": PUBLIC, "rate": _CEREMONY},
    status_code=200,
    summary="Ask for a passkey",
    tags=_TAGS,
)
async def passkey_options(request: AnyRequest, db: Db, settings: NodeSettings) -> Asked:
    """The question that a passkey must answer."""
    async with db.transaction(all_towns=_all_towns(request)) as tx:
        return _asked(await _passkeys(settings).begin(tx))


@post(
    "/sign-in/passkey",
    opt={"roles": PUBLIC, "rate": _CEREMONY},
    status_code=200,
    summary="Sign in with a passkey",
    tags=_TAGS,
)
async def passkey_answer(
    request: AnyRequest, data: JSONBody[Answer], db: Db, settings: NodeSettings
) -> Response[Onward]:
    """Check the answer and open a session."""
    ceremony = await _take(request, db, data, Purpose.SIGN_IN)
    all_towns = _all_towns(request)
    try:
        async with db.transaction(all_towns=all_towns) as tx:
            done = await service.finish_sign_in(
                tx,
                _passkeys(settings),
                ceremony,
                data.credential,
                previous=_session(request),
                path=local_path(data.path),
            )
    except SuspectPasskeyError as error:
        async with db.transaction(all_towns=all_towns) as tx:
            await service.mark_suspect(tx, error.passkey, error.credential_id)
        raise
    return _signed_in(request, done)


# --- enrolment ------------------------------------------------------------------------------


@get("/sign-in/enrol", opt={"roles": PUBLIC}, include_in_schema=False)
async def enrol_page(request: AnyRequest) -> Template:
    """Where an invited person enrols a passkey."""
    return page(request, "pages/enrol.html")


@post(
    "/sign-in/enrol/options",
    opt={"roles": PUBLIC, "rate": _CODE},
    status_code=200,
    summary="Ask a device to make a passkey",
    tags=_TAGS,
)
async def enrol_options(
    request: AnyRequest, data: JSONBody[Code], db: Db, settings: NodeSettings
) -> Asked:
    """Check the one-time code and say what the device must make."""
    async with db.transaction(all_towns=_all_towns(request)) as tx:
        return _asked(await service.begin_enrolment(tx, _passkeys(settings), data.code))


@post(
    "/sign-in/enrol",
    opt={"roles": PUBLIC, "rate": _CODE},
    status_code=200,
    summary="Enrol a passkey",
    tags=_TAGS,
)
async def enrol(
    request: AnyRequest, data: JSONBody[Answer], db: Db, settings: NodeSettings
) -> Response[Onward]:
    """Keep the passkey, use the code up, and sign in."""
    ceremony = await _take(request, db, data, Purpose.ENROL)
    async with db.transaction(all_towns=_all_towns(request)) as tx:
        done = await service.finish_enrolment(
            tx,
            _passkeys(settings),
            ceremony,
            data.credential,
            label=data.label,
            previous=_session(request),
        )
    return _signed_in(request, done)


# --- one's own passkeys ---------------------------------------------------------------------


@get("/sign-in/passkeys", opt={"roles": PEOPLE}, include_in_schema=False)
async def own_passkeys(request: AnyRequest, db: Db) -> Template:
    """The list of a person's passkeys."""
    account = _own(request).account
    async with db.transaction(all_towns=_all_towns(request)) as tx:
        found = await service.own_passkeys(tx, account)
    return page(request, "pages/passkeys.html", {"passkeys": found})


@post(
    "/sign-in/passkeys/options",
    opt={"roles": PEOPLE, "rate": _CEREMONY},
    status_code=200,
    summary="Ask a device to make a further passkey",
    tags=_TAGS,
)
async def add_options(request: AnyRequest, db: Db, settings: NodeSettings) -> Asked:
    """Say what the device must make."""
    async with db.transaction(all_towns=_all_towns(request)) as tx:
        question = await service.begin_addition(tx, _passkeys(settings), _own(request).account)
    return _asked(question)


@post(
    "/sign-in/passkeys",
    opt={"roles": PEOPLE, "rate": _CEREMONY},
    status_code=200,
    summary="Add a further passkey",
    tags=_TAGS,
)
async def add(
    request: AnyRequest, data: JSONBody[Answer], db: Db, settings: NodeSettings
) -> Onward:
    """Keep the passkey."""
    ceremony = await _take(request, db, data, Purpose.ADD)
    async with db.transaction(all_towns=_all_towns(request)) as tx:
        await service.finish_addition(
            tx,
            _passkeys(settings),
            ceremony,
            data.credential,
            account=_own(request).account,
            label=data.label,
        )
    return Onward("/sign-in/passkeys")


@post("/sign-in/passkeys/{name:str}/revoke", opt={"roles": PEOPLE}, include_in_schema=False)
async def revoke(request: AnyRequest, name: FromPath[str], db: Db) -> Redirect:
    """Revoke one of one's own passkeys."""
    async with db.transaction(all_towns=_all_towns(request)) as tx:
        await service.revoke(tx, _own(request).account, name)
    return Redirect("/sign-in/passkeys", status_code=303)


# --- lock, keep, end ------------------------------------------------------------------------


@get("/sign-in/lock", opt={"roles": PUBLIC, "idle": False}, include_in_schema=False)
async def lock(request: AnyRequest, db: Db) -> Redirect:
    """Lock the session now; the page to return to is kept."""
    session = _session(request)
    if session is not None and not session.locked:
        path = local_path(request.query_params.get("return"))
        async with db.transaction(all_towns=_all_towns(request)) as tx:
            await sessions.lock(tx, session.key, return_path=path)
    return Redirect("/sign-in", status_code=303)


@get(
    "/sign-in/keep",
    opt={"roles": PEOPLE},
    status_code=204,
    include_in_schema=False,
    sync_to_thread=False,
)
def keep() -> None:
    """Somebody is there: the idle time starts anew."""


@post("/sign-out", opt={"roles": PUBLIC}, include_in_schema=False)
async def sign_out(request: AnyRequest, db: Db) -> Redirect:
    """End the session."""
    session = _session(request)
    if session is not None:
        async with db.transaction(all_towns=_all_towns(request)) as tx:
            await service.sign_out(tx, session)
    cookies = request.app.state.cookies
    return Redirect(
        "/sign-in",
        status_code=303,
        headers={"set-cookie": cookies.end_header()},
    )


# --- personas of a rehearsal ----------------------------------------------------------------


@get("/sign-in/personas", opt={"roles": PUBLIC}, include_in_schema=False)
async def personas_page(request: AnyRequest, db: Db) -> Template:
    """The synthetic people as whom anybody may sign in."""
    async with db.transaction(all_towns=_all_towns(request)) as tx:
        found = await accounts.personas(tx)
    context = {"people": found, "path": local_path(request.query_params.get("return"))}
    return page(request, "pages/personas.html", context)


@post("/sign-in/personas", opt={"roles": PUBLIC}, include_in_schema=False)
async def persona_sign_in(request: AnyRequest, data: Form, db: Db) -> Redirect:
    """Sign in as one of them."""
    async with db.transaction(all_towns=_all_towns(request)) as tx:
        account = await service.persona(tx, data.get("account_id", ""))
        done = await service.open_for(
            tx,
            account,
            previous=_session(request),
            path=local_path(data.get("path")),
            method="persona",
        )
    cookies = request.app.state.cookies
    return Redirect(
        done.path, status_code=303, headers={"set-cookie": cookies.session_header(done.token)}
    )


def signin_routes(*, personas: bool) -> tuple[ControllerRouterHandler, ...]:
    """All routes of sign-in; those of personas exist only in a rehearsal."""
    always: tuple[ControllerRouterHandler, ...] = (
        sign_in_page,
        passkey_options,
        passkey_answer,
        enrol_page,
        enrol_options,
        enrol,
        own_passkeys,
        add_options,
        add,
        revoke,
        lock,
        keep,
        sign_out,
    )
    return (*always, personas_page, persona_sign_in) if personas else always


def _passkeys(settings: Settings) -> Passkeys:
    return Passkeys(settings.origin)


def _session(request: AnyRequest) -> Session | None:
    session = request.scope.get("auth")
    return session if isinstance(session, Session) else None


def _own(request: AnyRequest) -> Session:
    session = _session(request)
    if session is None:  # the gate lets only sessions through to these routes
        raise not_proven("サインインが確かめられません")
    return session


def _all_towns(request: AnyRequest) -> bool:
    return bool(request.app.state.tier is Tier.TOWN)


def _asked(question: Question) -> Asked:
    return Asked(question.ceremony_id, question.options)


async def _take(request: AnyRequest, db: Database, data: Answer, purpose: Purpose) -> Ceremony:
    async with db.transaction(all_towns=_all_towns(request)) as tx:
        return await service.take(tx, data.ceremony, purpose)


def _signed_in(request: AnyRequest, done: service.SignedIn) -> Response[Onward]:
    header = request.app.state.cookies.session_header(done.token)
    return Response(Onward(done.path), status_code=200, headers={"set-cookie": header})
