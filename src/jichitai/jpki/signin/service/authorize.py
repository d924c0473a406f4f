"""Use cases of the front: a request is checked, a person shows the card, decides, and goes back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID, uuid4

import msgspec

from jichitai.infra import audit
from jichitai.infra.audit import Actor
from jichitai.infra.database import Tx
from jichitai.jpki.signin import claims, requests
from jichitai.jpki.signin.claims import INVENTED, Item
from jichitai.jpki.signin.errors import (
    BadRequestError,
    BadRequestUriError,
    DeniedError,
    OpenIdError,
    OtherBrowserError,
    StaleLoginError,
    UnknownPartyError,
)
from jichitai.jpki.signin.parties import RelyingParty, Step
from jichitai.jpki.signin.proof import Proof
from jichitai.jpki.signin.provider import Provider
from jichitai.jpki.signin.requests import AuthorizationRequest
from jichitai.jpki.signin.store import grants, logins
from jichitai.jpki.signin.store import parties as registry
from jichitai.jpki.signin.store.grants import SignIn
from jichitai.jpki.signin.store.logins import Login
from jichitai.jpki.signin.tokens import CODE_LIFE, Grant, hash_of, new_token
from jichitai.web.sessions import instant

PUSHED_LIFE: Final = timedelta(seconds=90)
LOGIN_LIFE: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Begun:
    """A login that has begun: its id for the address, its secret for the browser's cookie."""

    login_id: UUID
    secret: str


@dataclass(frozen=True, slots=True)
class SentBack:
    """Where the browser goes with an answer for the party."""

    url: str


async def push(tx: Tx, form: Mapping[str, Any], party: RelyingParty) -> str:
    """Keep a request of a proven party (PAR).

    Returns:
        The `request_uri`, good once and for a short time.

    Raises:
        OpenIdError, StrangeAddressError: the request is not good.

    Source: RFC 9126, section 2.
    """
    if "request_uri" in form:
        raise BadRequestError("預ける要求に request_uri は入れられません。")
    if form.get("client_id", party.client_id) != party.client_id:
        raise BadRequestError("client_id が、確認した相手先と一致しません。")
    request = requests.parse(
        form, client_id=party.client_id, addresses=party.redirect_urls, allowed=party.items
    )
    name = new_token()
    await logins.push(tx, hash_of(name), request, instant() + PUSHED_LIFE)
    await _step(tx, party, Step.PUSHED)
    return requests.PUSHED_PREFIX + name


async def begin(tx: Tx, form: Mapping[str, Any], provider: Provider) -> Begun | SentBack:
    """Begin a login for the request with which a browser comes.

    Returns:
        The login; or, when the request is not good but the party is known and its address good,
        the refusal for the party.

    Raises:
        UnknownPartyError, StrangeAddressError, BadRequestUriError: the browser cannot be sent back.

    Source: OpenID Connect Core 1.0, section 3.1.2; RFC 9126, section 4.
    """
    party = await usable_party(tx, form.get("client_id"))
    if "request_uri" in form:
        request = await _pushed(tx, form, party)
    else:
        address = requests.known_address(form, party.redirect_urls)
        try:
            if party.pushed_only:
                raise BadRequestError(
                    "この相手先は、要求を /openid/par に預ける約束です。request_uri を使ってください。"
                )
            request = requests.parse(
                form, client_id=party.client_id, addresses=[address], allowed=party.items
            )
        except OpenIdError as error:
            return SentBack(_refused(address, error.error, form.get("state"), provider))
    return await _begin(tx, request, "")


async def begin_own(tx: Tx, path: str) -> Begun:
    """Begin a login for a page of our own."""
    return await _begin(tx, None, path)


async def own_login(
    tx: Tx, login_id: UUID, secret: str | None
) -> tuple[Login, RelyingParty | None]:
    """A login, for the browser that began it, held until the end of the transaction.

    Raises:
        StaleLoginError: it has ended.
        OtherBrowserError: another browser began it.
        UnknownPartyError: its party may not be used any more.
    """
    login = await logins.find(tx, login_id, instant(), lock=True)
    if login is None:
        raise StaleLoginError(
            "このサインインの手続は、終わったか、15分の期限が過ぎています。何も渡していません。"
            "相手先のサイトから、やり直してください。"
        )
    if secret is None or hash_of(secret) != login.browser_hash:
        raise OtherBrowserError(
            "この手続を始めたのは別のブラウザーです。他人の手続を続けないよう、ここでは開けません。"
            "心当たりがないときは画面を閉じ、必要なら相手先のサイトからやり直してください。"
        )
    request = login.request
    return login, None if request is None else await usable_party(tx, request.client_id)


async def usable_party(tx: Tx, client_id: object) -> RelyingParty:
    """A party at which people can sign in now.

    Raises:
        UnknownPartyError: it is not registered, stopped, or its registration has ended.
    """
    known = isinstance(client_id, str) and len(client_id) <= 60
    party = await registry.find(tx, str(client_id)) if known else None
    if party is None or not party.usable(instant()):
        raise UnknownPartyError(
            "登録されていないか、今は利用を止めている相手先です。情報を渡さないため、ここで止めました。"
            "相手先のサイトに知らせてください。"
        )
    return party


async def agree(
    tx: Tx, login: Login, party: RelyingParty, provider: Provider, chosen: frozenset[Item]
) -> SentBack:
    """Let a person who has confirmed go back to the party with a code.

    Args:
        tx: the transaction.
        login: confirmed by its browser.
        party: whose request it is.
        provider: ours.
        chosen: items that the person gives; what was not asked for is left out.

    Raises:
        StaleLoginError: nothing was proved yet, or it was used already.
    """
    request, proof = _confirmed(login, provider)
    if not await logins.end(tx, login.login_id):
        raise _undecided()
    given = claims.ordered(chosen & request.items & party.items)
    sign_in_id, now = uuid4(), instant()
    grant = _grant(request, party, proof, provider, sign_in_id, given)
    made = SignIn(
        person_id=proof.person_id,
        sign_in_id=sign_in_id,
        client_id=party.client_id,
        subject=grant.subject,
        kind=proof.kind,
        authority=proof.authority,
        serial=proof.serial,
        items=tuple(given),
        rehearsal=party.rehearsal,
        signed_in_at=now,
    )
    await grants.add_sign_in(tx, made, proof.evidence(provider.sealer, sign_in_id))
    code = new_token()
    sealed = provider.sealer.seal(msgspec.json.encode(grant), sign_in_id.bytes)
    until = now + timedelta(seconds=CODE_LIFE)
    await grants.add_code(tx, hash_of(code), party.client_id, sign_in_id, sealed, until)
    await _step(tx, party, Step.SIGNED_IN)
    await audit.record(
        tx,
        by=Actor("resident", str(proof.person_id)),
        action="jpki.openid.sign-in",
        subject=str(sign_in_id),
        facts={"client": party.client_id, "acr": str(grant.acr), "items": list(map(str, given))},
    )
    return SentBack(
        requests.with_query(
            request.redirect_uri, code=code, state=request.state, iss=provider.issuer
        )
    )


async def stop(tx: Tx, login: Login, provider: Provider) -> SentBack:
    """Let a person go back without having signed in."""
    await logins.end(tx, login.login_id)
    if login.request is None:
        return SentBack("/sign-in")
    request = login.request
    return SentBack(_refused(request.redirect_uri, DeniedError.error, request.state, provider))


def proof_of(login: Login, provider: Provider) -> Proof:
    """What the card proved in a confirmed login.

    Raises:
        StaleLoginError: nothing was proved yet.
    """
    if login.state != "confirmed" or login.proof is None:
        raise _undecided()
    return Proof.opened(provider.sealer, login.proof, login.login_id)


def _confirmed(login: Login, provider: Provider) -> tuple[AuthorizationRequest, Proof]:
    if login.request is None:
        raise _undecided()
    return login.request, proof_of(login, provider)


def _undecided() -> StaleLoginError:
    return StaleLoginError(
        "カードでの確認がまだ終わっていないか、この手続はすでに使われています。何も渡していません。"
        "相手先のサイトから、やり直してください。"
    )


def _grant(
    request: AuthorizationRequest,
    party: RelyingParty,
    proof: Proof,
    provider: Provider,
    sign_in_id: UUID,
    given: list[Item],
) -> Grant:
    certified = INVENTED if party.rehearsal else proof.certified
    told = claims.claims_of(certified, given) if certified is not None else {}
    in_token = claims.claims_of(certified, set(given) & request.in_id_token) if certified else {}
    return Grant(
        client_id=party.client_id,
        sign_in_id=sign_in_id,
        subject=claims.pairwise(
            provider.blind,
            sector=party.sector,
            person_id=proof.person_id,
            rehearsal=party.rehearsal,
        ),
        acr=proof.acr,
        amr=tuple(claims.amr(proof.medium)),
        auth_time=proof.at,
        nonce=request.nonce,
        scopes=request.scopes,
        redirect_uri=request.redirect_uri,
        code_challenge=request.code_challenge,
        claims=told,
        id_claims=in_token,
        rehearsal=party.rehearsal,
    )


async def _begin(tx: Tx, request: AuthorizationRequest | None, path: str) -> Begun:
    secret = new_token()
    login = Login(
        login_id=uuid4(),
        browser_hash=hash_of(secret),
        request=request,
        return_path=path,
        language=request.language if request else "ja",
        state="waiting",
        refusal=None,
        proof=None,
        expires_at=instant() + LOGIN_LIFE,
    )
    await logins.begin(tx, login)
    return Begun(login.login_id, secret)


async def _pushed(tx: Tx, form: Mapping[str, Any], party: RelyingParty) -> AuthorizationRequest:
    name = form["request_uri"]
    found = None
    if isinstance(name, str) and name.startswith(requests.PUSHED_PREFIX) and len(name) < 300:
        key = hash_of(name.removeprefix(requests.PUSHED_PREFIX))
        found = await logins.take_pushed(tx, key, party.client_id, instant())
    if found is None or found.redirect_uri not in party.redirect_urls:
        raise BadRequestUriError(
            "このサインインの要求は、すでに使われたか、時間切れか、この相手先が預けたものでは"
            "ありません。相手先のサイトから、サインインをやり直してください。"
        )
    return found


async def _step(tx: Tx, party: RelyingParty, step: Step) -> None:
    if party.rehearsal:
        await registry.add_step(tx, party.client_id, str(step), instant())


def _refused(address: str, error: str, state: object, provider: Provider) -> str:
    known = state if isinstance(state, str) and len(state) <= 1000 else ""
    return requests.with_query(address, error=error, state=known, iss=provider.issuer)
