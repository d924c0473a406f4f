"""Use cases of the back: a party proves itself, changes a code into tokens, asks, and ends them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec

from jichitai.infra.database import Database, Tx
from jichitai.jpki.signin import requests, tokens
from jichitai.jpki.signin.errors import (
    BadAccessTokenError,
    BadGrantError,
    BadPartyError,
    BadRequestError,
    UnsupportedGrantError,
)
from jichitai.jpki.signin.parties import RelyingParty, Step
from jichitai.jpki.signin.provider import Provider
from jichitai.jpki.signin.service import keys
from jichitai.jpki.signin.store import grants
from jichitai.jpki.signin.store import parties as registry
from jichitai.jpki.signin.tokens import TOKEN_LIFE, Grant, hash_of, new_token
from jichitai.web.oauth import model as oauth
from jichitai.web.oauth import store as assertions
from jichitai.web.oauth.errors import BadClientError
from jichitai.web.sessions import instant

ASSERTION_LIFE: Final = 3600
"""Seconds that an assertion may be good for; libraries in wide use make theirs for an hour."""
TOKEN_PATH: Final = "/openid/token"  # noqa: S105  # an address, no secret


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a party gets for a code."""

    access_token: str
    id_token: str
    scope: str


@dataclass(frozen=True, slots=True)
class LoggedOut:
    """What came of a logout: where the browser goes, or nothing when it stays."""

    url: str


async def authenticate(
    db: Database, form: Mapping[str, Any], provider: Provider, path: str
) -> RelyingParty:
    """The party that a request proves to be; its assertion is used up, whatever comes after.

    Args:
        db: the assertion is remembered in a transaction of its own.
        form: the fields of the request.
        provider: ours.
        path: of the endpoint.

    Raises:
        BadRequestError: it tries to prove nobody.
        BadPartyError: no registered party is proved.

    Source: RFC 7523, section 3; OpenID Connect Core 1.0, section 9 (private_key_jwt).
    """
    text = form.get("client_assertion")
    if form.get("client_assertion_type") != oauth.ASSERTION_TYPE or not isinstance(text, str):
        raise BadRequestError(
            "client_assertion がありません。相手先のシステムは private_key_jwt（RFC 7523）で"
            "証明してください。共有の秘密による認証は受け付けていません。"
        )
    try:
        async with db.transaction() as tx:
            return await _proven(tx, text, form.get("client_id"), provider, path)
    except BadClientError as error:
        raise BadPartyError(error.detail) from None


async def redeem(
    db: Database, form: Mapping[str, Any], party: RelyingParty, provider: Provider
) -> Tokens:
    """Change a code into tokens. It is used up before anything about it is checked.

    Raises:
        UnsupportedGrantError, BadRequestError: the request is not good.
        BadGrantError: the code is not good for this party, address and verifier.

    Source: RFC 6749, section 4.1.3; RFC 7636, section 4.6; OpenID Connect Core 1.0, 3.1.3.
    """
    if form.get("grant_type") != "authorization_code":
        raise UnsupportedGrantError("grant_type は authorization_code だけを受け付けています。")
    code = form.get("code")
    if not isinstance(code, str):
        raise BadRequestError("code がないか、二度書かれています。一度だけ指定してください。")
    async with db.transaction() as tx:
        used = await grants.use_code(tx, hash_of(code), instant())
        if used is None:
            await _end_replayed(tx, hash_of(code))
    if used is None:
        raise BadGrantError(
            "認可コードは、すでに使われたか、1分の期限が過ぎたか、ここで出したものではありません。"
            "二度使われたコードで渡したものは取り消しました。サインインからやり直してください。"
        )
    client_id, sign_in_id, sealed = used
    grant = _opened(provider, sealed, sign_in_id)
    if client_id != party.client_id or form.get("redirect_uri") != grant.redirect_uri:
        raise BadGrantError(
            "認可コードが、この相手先または戻り先（redirect_uri）に出したものではありません。"
            "要求のときと同じ値を送ってください。"
        )
    requests.verify_code(grant.code_challenge, form.get("code_verifier"))
    async with db.transaction() as tx:
        return await _issue(tx, grant, party, provider)


async def userinfo(tx: Tx, token: str | None, provider: Provider) -> dict[str, Any]:
    """What a party may know of the person.

    Raises:
        BadAccessTokenError: the token is not good.

    Source: OpenID Connect Core 1.0, section 5.3.
    """
    found = None if token is None else await grants.find_token(tx, hash_of(token), instant())
    if found is None:
        raise BadAccessTokenError(
            "アクセストークンがないか、期限が切れたか、取り消されています。サインインからやり直して"
            "ください。"
        )
    client_id, sign_in_id, sealed, _ = found
    party = await registry.find(tx, client_id)
    if party is None or not party.usable(instant()):
        raise BadAccessTokenError("この相手先は今は利用を止めています。")
    grant = _opened(provider, sealed, sign_in_id)
    if party.rehearsal and grant.rehearsal:
        step = f"fell-for:{grant.fault}" if grant.fault else str(Step.USERINFO)
        await registry.add_step(tx, client_id, step, instant())
    return {**grant.claims, "sub": grant.subject}


async def introspect(
    tx: Tx, form: Mapping[str, Any], party: RelyingParty, provider: Provider
) -> dict[str, Any]:
    """Whether a token of this party is good, and what for; of other parties' nothing is said.

    Source: RFC 7662, section 2.2.
    """
    token = form.get("token")
    if not isinstance(token, str):
        raise BadRequestError("token がないか、二度書かれています。一度だけ指定してください。")
    found = await grants.find_token(tx, hash_of(token), instant())
    if found is None or found[0] != party.client_id:
        return {"active": False}
    client_id, sign_in_id, sealed, until = found
    grant = _opened(provider, sealed, sign_in_id)
    end = int(until.timestamp())
    return {
        "active": True,
        "iss": provider.issuer,
        "client_id": client_id,
        "sub": grant.subject,
        "scope": " ".join(grant.scopes),
        "token_type": "Bearer",
        "exp": end,
        "iat": end - TOKEN_LIFE,
        "acr": str(grant.acr),
        "auth_time": grant.auth_time,
        "sid": str(grant.sign_in_id),
    }


async def revoke(tx: Tx, form: Mapping[str, Any], party: RelyingParty) -> None:
    """End an access token; one that is unknown has ended already.

    Source: RFC 7009, section 2.
    """
    token = form.get("token")
    if not isinstance(token, str):
        raise BadRequestError("token がないか、二度書かれています。一度だけ指定してください。")
    await grants.end_token(tx, hash_of(token), party.client_id)


async def log_out(tx: Tx, form: Mapping[str, Any], provider: Provider) -> LoggedOut:
    """End the sign-in that a party names by its ID token.

    Raises:
        BadRequestError: the hint is none of our tokens, or the address is not registered.

    Source: OpenID Connect RP-Initiated Logout 1.0, section 2.
    """
    hint = form.get("id_token_hint")
    if not isinstance(hint, str):
        return LoggedOut("")
    now = instant()
    client_id, sign_in_id = tokens.hinted(
        hint, keys=await keys.key_set(tx, provider.sealer, now), issuer=provider.issuer
    )
    party = await registry.find(tx, client_id)
    if party is None or form.get("client_id", client_id) != client_id:
        raise BadRequestError("id_token_hint と client_id が別の相手先のものです。")
    address = form.get("post_logout_redirect_uri")
    if address is not None and address not in party.logout_urls:
        raise BadRequestError(
            "サインアウト後の戻り先（post_logout_redirect_uri）が登録されていません。まだサインアウト"
            "していません。登録した住所を送ってください。"
        )
    await grants.end_sign_in(tx, sign_in_id, now, client_id=client_id)
    if party.rehearsal:
        await registry.add_step(tx, client_id, str(Step.LOGGED_OUT), now)
    state = form.get("state")
    back = (
        requests.with_query(address, state=state if isinstance(state, str) else "")
        if address
        else ""
    )
    return LoggedOut(back)


async def _proven(tx: Tx, text: str, stated: object, provider: Provider, path: str) -> RelyingParty:
    client_id = oauth.claimed_client(text)
    now = instant()
    party = await registry.find(tx, client_id)
    if party is None or not party.usable(now) or stated not in (None, client_id):
        raise BadClientError(
            "登録されていないか、利用を止めている相手先です。登録の状態を運用担当者に確かめてください。"
        )
    origin = provider.origin
    audiences = frozenset({provider.issuer, f"{origin}{TOKEN_PATH}", f"{origin}{path}"})
    known = oauth.verify_assertion(
        text,
        _as_client(party, now),
        audiences=audiences,
        now=now.timestamp(),
        longest=ASSERTION_LIFE,
    )
    once = replace(known, client_id=f"rp:{client_id}")
    if not await assertions.use_up(tx, once, until=known.expires_at + oauth.LEEWAY + 1):
        raise BadClientError(
            "この client_assertion は一度使われています。新しい jti で作り直してください。"
        )
    return party


def _as_client(party: RelyingParty, now: datetime) -> oauth.Client:
    return oauth.Client(
        client_id=party.client_id,
        organ_id="",
        display=party.display,
        jwks=party.jwks(now),
        scopes=frozenset(),
        state=oauth.ClientState.ACTIVE,
        not_after=party.not_after,
    )


async def _issue(tx: Tx, grant: Grant, party: RelyingParty, provider: Provider) -> Tokens:
    now = instant()
    if party.rehearsal:
        grant = await _rehearsed(tx, grant, now)
    access = new_token()
    signer = await keys.signer(tx, provider.sealer, party.id_token_alg, now)
    made = tokens.id_token(
        grant,
        issuer=provider.issuer,
        signer=signer,
        access_token=access,
        now=int(now.timestamp()),
    )
    sealed = provider.sealer.seal(msgspec.json.encode(grant), grant.sign_in_id.bytes)
    until = datetime.fromtimestamp(int(now.timestamp()), UTC) + timedelta(seconds=TOKEN_LIFE)
    await grants.add_token(tx, hash_of(access), party.client_id, grant.sign_in_id, sealed, until)
    return Tokens(access, made, " ".join(grant.scopes))


async def _rehearsed(tx: Tx, grant: Grant, now: datetime) -> Grant:
    """The grant with the fault that was planned, and the step noted."""
    fault = await registry.take_fault(tx, grant.client_id)
    step = f"served:{fault}" if fault else str(Step.EXCHANGED)
    await registry.add_step(tx, grant.client_id, step, now)
    return msgspec.structs.replace(grant, fault=fault)


async def _end_replayed(tx: Tx, code_hash: bytes) -> None:
    """A code that comes twice may have been stolen: what it gave is taken back.

    Source: RFC 6749, section 4.1.2.
    """
    sign_in_id = await grants.sign_in_of_code(tx, code_hash)
    if sign_in_id is not None:
        await grants.end_tokens(tx, sign_in_id)


def _opened(provider: Provider, sealed: bytes, sign_in_id: UUID) -> Grant:
    return msgspec.json.decode(provider.sealer.open(sealed, sign_in_id.bytes), type=Grant)
