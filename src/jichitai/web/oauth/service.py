"""Use cases: register a program, give it a token, close it."""

import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OKPKey

from jichitai.infra import audit
from jichitai.infra.audit import Actor
from jichitai.infra.database import Tx
from jichitai.infra.keys import Keys, SigningKey
from jichitai.kernel.parties import NATION
from jichitai.web.oauth import model, store
from jichitai.web.oauth.errors import (
    BadClientError,
    BadScopeError,
    BadTokenRequestError,
    NoSuchClientError,
    UnsupportedGrantError,
)
from jichitai.web.oauth.model import Client, ClientState

_PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})


def token_key(key: SigningKey) -> OKPKey:
    """The nation's signing key in the form of the token library."""
    pem = key.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return OKPKey.import_key(pem, {"kid": key.kid, "use": "sig", "alg": model.TOKEN_ALGORITHM})


def public_keys(keys: Keys) -> KeySet:
    """The keys that verify our access tokens."""
    key = token_key(keys.signer(NATION)).as_dict(private=False)
    return KeySet.import_key_set({"keys": [key]})


async def grant(
    tx: Tx, form: Mapping[str, Any], *, keys: Keys, issuer: str
) -> tuple[str, frozenset[str]]:
    """Answer a token request.

    Args:
        tx: the transaction; the used assertion is durable when it commits.
        form: the fields of the request.
        keys: the nation's keys.
        issuer: our origin.

    Returns:
        The access token and its scopes.

    Raises:
        TokenRefusedError: with the code of RFC 6749, section 5.2.

    Source: RFC 6749, section 4.4; RFC 7523, section 2.2.
    """
    if _field(form, "grant_type") != "client_credentials":
        raise UnsupportedGrantError(
            "grant_type は client_credentials だけを受け付けています。値を直してください。"
        )
    if _field(form, "client_assertion_type") != model.ASSERTION_TYPE:
        raise BadTokenRequestError(
            f"client_assertion_type は {model.ASSERTION_TYPE} にしてください。"
            "共有の秘密による認証は受け付けていません。"
        )
    client = await _proven_client(tx, form, issuer)
    asked = frozenset(_field(form, "scope", "").split())
    if asked - client.scopes:
        raise BadScopeError(
            "scope に、このシステムが登録していない範囲があります。登録した範囲だけを指定するか、"
            "scope を省いてください。"
        )
    scopes = asked or client.scopes
    token = model.issue(
        client, scopes, key=token_key(keys.signer(NATION)), issuer=issuer, now=time.time()
    )
    return token, scopes


async def _proven_client(tx: Tx, form: Mapping[str, Any], issuer: str) -> Client:
    text = _field(form, "client_assertion")
    client_id = model.claimed_client(text)
    stated = form.get("client_id")
    client = await store.find(tx, client_id)
    now = time.time()
    usable = client is not None and client.usable(datetime.fromtimestamp(now, UTC))
    if client is None or not usable or stated not in (None, client_id):
        raise BadClientError(
            "登録されていないか、利用が止められているシステムです。登録の状態を運用担当者に"
            "確かめてください。"
        )
    audiences = frozenset({issuer, f"{issuer}/oauth/token"})
    assertion = model.verify_assertion(text, client, audiences=audiences, now=now)
    if not await store.use_up(tx, assertion, until=assertion.expires_at + model.LEEWAY + 1):
        raise BadClientError(
            "この client_assertion は一度使われています。盗み見た人の再送と区別できないため、"
            "受け付けません。新しい jti で作り直してください。"
        )
    return client


def _field(form: Mapping[str, Any], name: str, default: str | None = None) -> str:
    value = form.get(name, default)
    if not isinstance(value, str):
        raise BadTokenRequestError(
            f"{name} がないか、二度書かれています。一度だけ指定してください。", field=name
        )
    return value


async def register(tx: Tx, client: Client, *, by: Actor) -> None:
    """Register a program with its public keys, or replace its keys.

    Raises:
        BadTokenRequestError: a key is private, lacks a kid, or cannot be read; the name belongs
            to another body; or a scope is unknown.
    """
    keys = client.jwks.get("keys")
    if not isinstance(keys, list) or not keys or client.scopes - set(model.SCOPES):
        raise BadTokenRequestError(
            "JWKS に鍵がないか、scope が正しくありません。"
            f"公開鍵を一つ以上入れ、scope は {'、'.join(model.SCOPES)} から選んでください。"
        )
    if any(not isinstance(key, dict) or _PRIVATE_MEMBERS & key.keys() for key in keys):
        raise BadTokenRequestError(
            "JWKS に秘密鍵が含まれています。登録していません。この鍵は捨てて作り直し、"
            "公開鍵だけを登録してください。"
        )
    try:
        readable = KeySet.import_key_set({"keys": keys}).keys
    except (JoseError, ValueError) as error:
        raise BadTokenRequestError(
            "JWKS の鍵を読み取れません。RFC 7517 の形で登録してください。"
        ) from error
    if len(readable) != len(keys) or len({key.get("kid") for key in keys} - {None}) != len(keys):
        raise BadTokenRequestError(
            "JWKS の鍵それぞれに、重ならない kid が必要です。付け直してください。"
        )
    if not await store.save(tx, client):
        raise BadTokenRequestError(
            "その client_id は別の機関が使っています。別の名前を付けてください。"
        )
    await audit.record(
        tx,
        by=by,
        action="web.client.register",
        subject=client.client_id,
        facts={"organ": client.organ_id, "kids": [key["kid"] for key in keys]},
    )


async def set_state(
    tx: Tx, client_id: str, state: ClientState, *, by: Actor, reason: str
) -> Client:
    """Suspend, close or open a program; its tokens stop within seconds.

    Raises:
        NoSuchClientError: no program has this name.
    """
    client = await store.find(tx, client_id)
    if client is None:
        raise NoSuchClientError(
            "この client_id のシステムは登録されていません。一覧で確かめてください。"
        )
    changed = replace(client, state=state)
    await store.save(tx, changed)
    await audit.record(
        tx,
        by=by,
        action="web.client.state",
        subject=client_id,
        reason=reason,
        facts={"state": str(state)},
    )
    return changed
