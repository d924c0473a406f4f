"""Pages of people: show the card, decide what to give, see one's sign-ins and end them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID, uuid5

import msgspec
from litestar import Request, get, post
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect, Template

from jichitai.infra import audit
from jichitai.infra.database import Tx
from jichitai.jpki.reader.agent_protocol import SIGN_PATH, CardAnswer, Purpose
from jichitai.jpki.signin.claims import INVENTED, Item, ordered
from jichitai.jpki.signin.endpoints import OpenId, parameters
from jichitai.jpki.signin.errors import ClosedAccountError
from jichitai.jpki.signin.parties import RelyingParty
from jichitai.jpki.signin.provider import Provider
from jichitai.jpki.signin.service import authorize, card
from jichitai.jpki.signin.service.authorize import Begun, SentBack
from jichitai.jpki.signin.store import grants, logins
from jichitai.jpki.signin.store.logins import Login, Refusal
from jichitai.jpki.signin.tokens import hash_of
from jichitai.jpki.signin.views import item_rows
from jichitai.jpki.signin.words import japanese, words_in
from jichitai.jukinet.pages.languages import Language
from jichitai.web import accounts, csrf
from jichitai.web.accounts import Account, AccountState
from jichitai.web.edge import content_security_policy
from jichitai.web.frame import local_path, page
from jichitai.web.inject import Db, NodeSettings, Who
from jichitai.web.limits import Rate
from jichitai.web.rights import PUBLIC, Kind, Role
from jichitai.web.sessions import Session, instant
from jichitai.web.signin import service as sign_in

AnyRequest = Request[Any, Any, Any]
Form = URLEncodedBody[dict[str, Any]]

_OPT: Final[dict[str, Any]] = {"roles": PUBLIC, "rate": Rate(1200, 60)}
_FOREIGN: Final[dict[str, Any]] = {**_OPT, "csrf": False}
_RESIDENT: Final[dict[str, Any]] = {"roles": frozenset({Role.RESIDENT})}
_ACCOUNTS: Final = UUID("7b1c7f0e-6c0d-4f0e-9d8a-2d1f5a0c9b11")
"""Under which ids of residents' accounts are made: one for each person."""


# --- the beginning: a party's request, or a page of our own ---------------------------------


@get("/openid/authorize", opt=_FOREIGN, include_in_schema=False)
async def authorize_page(request: AnyRequest, db: Db, openid: OpenId) -> Redirect:
    """A browser comes from a relying party."""
    return await _begin(parameters(request), db, openid)


@post("/openid/authorize", opt=_FOREIGN, include_in_schema=False, request_max_body_size=64 * 1024)
async def authorize_form(data: Form, db: Db, openid: OpenId) -> Redirect:
    """The same by a form (OpenID Connect Core 1.0, section 3.1.2.1)."""
    return await _begin(data, db, openid)


@get("/sign-in/card", opt=_OPT, include_in_schema=False)
async def own_page(request: AnyRequest, db: Db, openid: OpenId) -> Redirect:
    """A resident signs in to their own pages."""
    path = local_path(request.query_params.get("return"))
    async with db.transaction() as tx:
        begun = await authorize.begin_own(tx, "/me" if path == "/" else path)
    return _to_login(begun, openid)


# --- the card ---------------------------------------------------------------------------------


@get("/sign-in/card/{login_id:uuid}", opt=_OPT, include_in_schema=False)
async def login_page(
    request: AnyRequest, login_id: FromPath[UUID], db: Db, openid: OpenId
) -> Template | Redirect:
    """Ask for the card; once it was shown, ask what to give."""
    secret = _secret(request, openid, login_id)
    ticket = request.query_params.get("ticket")
    async with db.transaction() as tx:
        login, party = await authorize.own_login(tx, login_id, secret)
        chosen = request.query_params.get("lang")
        if chosen in set(Language):
            await logins.speak(tx, login_id, str(chosen))
            login = replace(login, language=str(chosen))
        if ticket is not None:
            await logins.confirm(tx, login_id, hash_of(ticket))
            return Redirect(f"/sign-in/card/{login_id}", status_code=303)
        if login.state == "confirmed":
            return _consent(request, login, party, openid, str(secret))
        if login.state == "proven":
            login = await _refuse_other(tx, login)
        question = await card.question(tx, login, party, openid)
    context = {
        **_shared(login, party, str(secret)),
        "agent": f"{openid.agent}{SIGN_PATH}",
        "fields": [(name, str(value)) for name, value in msgspec.structs.asdict(question).items()],
        "statement": question.text.split("\n"),
        "refusal": login.refusal,
        "signing": question.purpose is Purpose.SIGNATURE,
        "certificate": card.KINDS[question.purpose].japanese,
    }
    headers = {
        "content-security-policy": _policy(login, openid.agent),
        "referrer-policy": "origin",  # the agent must learn which site asks
    }
    return page(request, "signin/card.html", context, headers=headers)


@post(
    card.ANSWER_PATH,
    opt=_FOREIGN,
    include_in_schema=False,
    request_max_body_size=64 * 1024,
)
async def card_answer(data: Form, db: Db, openid: OpenId) -> Redirect:
    """The card agent's answer: it comes from another site, without cookies."""
    texts = {name: value for name, value in data.items() if isinstance(value, str)}
    login, ticket = await card.answer(db, openid, CardAnswer.parse(texts))
    return Redirect(f"/sign-in/card/{login.login_id}?ticket={ticket}", status_code=303)


# --- the decision -----------------------------------------------------------------------------


@post("/sign-in/card/{login_id:uuid}", opt=_FOREIGN, include_in_schema=False)
async def decide(
    request: AnyRequest,
    login_id: FromPath[UUID],
    data: Form,
    db: Db,
    openid: OpenId,
    settings: NodeSettings,
) -> Redirect:
    """Go back to the party with a code, or without; or into one's own pages."""
    secret = _secret(request, openid, login_id)
    await csrf.require(request, cookie=secret, origin=settings.origin)
    async with db.transaction() as tx:
        login, party = await authorize.own_login(tx, login_id, secret)
        if data.get("decision") != "agree":
            return _done(openid, login_id, await authorize.stop(tx, login, openid))
        if party is not None:
            back = await authorize.agree(tx, login, party, openid, _chosen(data))
            return _done(openid, login_id, back)
        opened = await _enter(tx, request, login, openid)
    cookies = request.app.state.cookies
    return Redirect(
        opened.path, status_code=303, headers={"set-cookie": cookies.session_header(opened.token)}
    )


# --- one's own sign-ins -----------------------------------------------------------------------


@get("/me/sign-ins", opt=_RESIDENT, include_in_schema=False)
async def my_sign_ins(request: AnyRequest, principal: Who, db: Db) -> Template:
    """Where I signed in with my card, and what I gave."""
    async with db.transaction(read_only=True) as tx:
        found = await grants.history(tx, principal.person())
    context = {"found": found, "ended": request.query_params.get("ended") == "1"}
    return page(request, "signin/my_sign_ins.html", context, headers={"cache-control": "no-store"})


@post("/me/sign-ins/{sign_in_id:uuid}/end", opt=_RESIDENT, include_in_schema=False)
async def end_sign_in(sign_in_id: FromPath[UUID], principal: Who, db: Db) -> Redirect:
    """End a sign-in: its tokens end, and the party is told."""
    async with db.transaction() as tx:
        done = await grants.end_sign_in(
            tx, sign_in_id, instant(), person_id=principal.person(), tell=True
        )
        if done:
            await audit.record(
                tx, by=principal.actor, action="jpki.openid.end", subject=str(sign_in_id)
            )
    return Redirect("/me/sign-ins?ended=1", status_code=303)


ROUTES: Final = (
    authorize_page, authorize_form, own_page, login_page, card_answer, decide, my_sign_ins,
    end_sign_in,
)  # fmt: skip


async def _begin(form: Mapping[str, Any], db: Db, openid: Provider) -> Redirect:
    async with db.transaction() as tx:
        begun = await authorize.begin(tx, form, openid)
    if isinstance(begun, SentBack):
        return Redirect(begun.url, status_code=303)
    return _to_login(begun, openid)


def _to_login(begun: Begun, openid: Provider) -> Redirect:
    header = _cookie(
        openid, begun.login_id, begun.secret, int(authorize.LOGIN_LIFE.total_seconds())
    )
    return Redirect(
        f"/sign-in/card/{begun.login_id}", status_code=303, headers={"set-cookie": header}
    )


def _done(openid: Provider, login_id: UUID, back: SentBack) -> Redirect:
    header = _cookie(openid, login_id, "", 0)
    return Redirect(back.url, status_code=303, headers={"set-cookie": header})


def _cookie_name(openid: Provider, login_id: UUID) -> str:
    return f"{'__Host-' if openid.tls else ''}jichitai-login-{login_id.hex[:12]}"


def _cookie(openid: Provider, login_id: UUID, secret: str, seconds: int) -> str:
    """Lax, not Strict: the browser comes back from the agent, which is another site."""
    secure = "; Secure" if openid.tls else ""
    name = _cookie_name(openid, login_id)
    return f"{name}={secret}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}"


def _secret(request: AnyRequest, openid: Provider, login_id: UUID) -> str | None:
    return request.cookies.get(_cookie_name(openid, login_id))


def _policy(login: Login, *more: str) -> str:
    """The page's policy: its forms may lead to the agent, and by redirects to the party.

    Browsers hold the redirects that follow a form against `form-action`, and a party may redirect
    on to other hosts of its own.
    """
    targets = list(more)
    if login.request is not None:
        parts = urlsplit(login.request.redirect_uri)
        targets.append("https:" if parts.scheme == "https" else f"http://{parts.netloc}")
    return content_security_policy(form_action=" ".join(targets))


def _shared(login: Login, party: RelyingParty | None, secret: str) -> dict[str, Any]:
    request = login.request
    return {
        "party": party,
        "place": urlsplit(request.redirect_uri).netloc if request else "",
        "items": ordered(request.items) if request else [],
        "words": words_in(login.language),
        "languages": list(Language),
        "japanese": japanese,
        "here": f"/sign-in/card/{login.login_id}",
        "csrf_field": csrf.FIELD,
        "csrf_value": csrf.token_for(secret),
    }


def _consent(
    request: AnyRequest,
    login: Login,
    party: RelyingParty | None,
    openid: Provider,
    secret: str,
) -> Template:
    proof = authorize.proof_of(login, openid)
    asked = login.request
    certified = INVENTED if party is not None and party.rehearsal else proof.certified
    rows = item_rows(certified, asked.items) if asked and certified else []
    context = {
        **_shared(login, party, secret),
        "rows": rows,
        "essential": {str(item) for item in asked.essential} if asked else set(),
    }
    headers = {"content-security-policy": _policy(login)} if asked else {}
    return page(request, "signin/consent.html", context, headers=headers)


async def _refuse_other(tx: Tx, login: Login) -> Login:
    """Somebody else's browser brought the answer; nothing of it is used."""
    refusal = Refusal(
        "jpki.signin.other-browser",
        "別のブラウザーから回答が届きました",
        "この手続への回答が、このブラウザーとは別のところから届いたため、使いませんでした。"
        "だれかに手続を頼まれた覚えがあるときは、詐欺のおそれがあります。"
        "自分で始めた手続なら、このままもう一度カードで確かめてください。",
    )
    await logins.refuse(tx, login.login_id, refusal)
    return replace(login, state="refused", refusal=refusal, proof=None)


def _chosen(data: Mapping[str, Any]) -> frozenset[Item]:
    values = data.get("items", [])
    texts = values if isinstance(values, list) else [values]
    return frozenset(Item(text) for text in texts if text in set(Item))


async def _enter(tx: Tx, request: AnyRequest, login: Login, openid: Provider) -> sign_in.SignedIn:
    """Open a session for the resident whom the card proved; their account is made at the first."""
    proof = authorize.proof_of(login, openid)
    await logins.end(tx, login.login_id)
    account = await accounts.of_person(tx, proof.person_id)
    if account is None:
        account = Account(
            account_id=uuid5(_ACCOUNTS, str(proof.person_id)),
            kind=Kind.RESIDENT,
            display="ご本人",
            roles=frozenset({Role.RESIDENT}),
            person_id=proof.person_id,
        )
        await accounts.save(tx, account)
    if account.state is not AccountState.ACTIVE:
        raise ClosedAccountError(
            "このアカウントは利用を止めているため、サインインできません。お問い合わせ先に確かめて"
            "ください。"
        )
    previous = request.scope.get("auth")
    return await sign_in.open_for(
        tx,
        account,
        previous=previous if isinstance(previous, Session) else None,
        path=login.return_path,
        method="card",
    )
