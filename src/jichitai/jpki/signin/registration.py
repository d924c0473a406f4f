"""Registration documents of relying parties, and what is wrong with one that is refused."""

import base64
import binascii
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from cryptography import x509
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from jichitai.jpki.signin.claims import Item
from jichitai.jpki.signin.errors import BadRegistrationError
from jichitai.jpki.signin.parties import NAME, PartyKey, PartyState, RelyingParty

KEY_DAYS: Final = 365
"""Days that a key without a certificate is good for, unless said otherwise."""
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_PRIVATE_MEMBERS: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})


class Registration(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """A registration document, in the names of RFC 7591 and OpenID Connect Registration 1.0.

    `organisation`, `purpose`, `items` and `sector_identifier` are our own.
    """

    client_id: str
    client_name: str
    organisation: str
    purpose: str
    policy_uri: str
    contact: str
    redirect_uris: tuple[str, ...]
    jwks: dict[str, Any]
    post_logout_redirect_uris: tuple[str, ...] = ()
    backchannel_logout_uri: str | None = None
    sector_identifier: str = ""
    items: frozenset[Item] = frozenset()
    require_pushed_authorization_requests: bool = True
    id_token_signed_response_alg: str = "ES256"  # noqa: S105  # a name, no secret


def register(document: Registration, *, now: datetime, days: int) -> RelyingParty:
    """The party that a document describes, under rehearsal.

    Raises:
        BadRegistrationError: with what is wrong and how it must be.

    Source: OpenID Connect Dynamic Client Registration 1.0, section 2; Core 1.0, section 8.1.
    """
    _check_texts(document)
    for address in (*document.redirect_uris, *document.post_logout_redirect_uris):
        _check_address(address)
    if document.backchannel_logout_uri is not None:
        _check_address(document.backchannel_logout_uri)
    if not document.redirect_uris:
        raise _bad("redirect_uris が空です。サインインの後に戻る場所を一つ以上入れてください。")
    if document.id_token_signed_response_alg not in ("ES256", "RS256"):
        raise _bad("id_token_signed_response_alg は ES256 か RS256 にしてください。")
    return RelyingParty(
        client_id=document.client_id,
        display=document.client_name,
        organisation=document.organisation,
        purpose=document.purpose,
        policy_url=document.policy_uri,
        contact=document.contact,
        state=PartyState.REHEARSAL,
        sector=_sector(document),
        redirect_urls=document.redirect_uris,
        logout_urls=document.post_logout_redirect_uris,
        backchannel_url=document.backchannel_logout_uri,
        items=document.items,
        pushed_only=document.require_pushed_authorization_requests,
        id_token_alg=document.id_token_signed_response_alg,
        not_after=now + timedelta(days=days),
        keys=party_keys(document.jwks, now=now),
        rehearsed_from=now,
    )


def party_keys(
    jwks: Mapping[str, Any], *, now: datetime, days: int = KEY_DAYS
) -> tuple[PartyKey, ...]:
    """The keys of a JWKS; a key ends with its certificate (`x5c`), or after a number of days.

    Raises:
        BadRegistrationError: a key is private, symmetric, unreadable, or lacks a kid of its own.
    """
    entries = jwks.get("keys")
    if not isinstance(entries, list) or not 0 < len(entries) <= 10:
        raise _bad("JWKS に鍵がないか、多すぎます。公開鍵を1個から10個入れてください。")
    if any(not isinstance(key, dict) or _PRIVATE_MEMBERS & key.keys() for key in entries):
        raise _bad(
            "JWKS に秘密鍵または共有鍵が含まれています。その鍵は捨てて作り直し、公開鍵だけを"
            "登録してください。"
        )
    try:
        readable = KeySet.import_key_set({"keys": entries}).keys
    except (JoseError, ValueError, TypeError) as error:
        raise _bad("JWKS の鍵を読み取れません。RFC 7517 の形にしてください。") from error
    kids = [key.get("kid") for key in entries]
    if len(readable) != len(entries) or len(set(kids) - {None}) != len(entries):
        raise _bad("JWKS の鍵それぞれに、重ならない kid が必要です。付け直してください。")
    usual = now + timedelta(days=days)
    return tuple(
        PartyKey(kid=str(key["kid"]), jwk=key, not_after=_end_of(key, usual)) for key in entries
    )


def _check_texts(document: Registration) -> None:
    texts = {
        "client_id": (document.client_id, 60),
        "client_name": (document.client_name, 60),
        "organisation": (document.organisation, 60),
        "purpose": (document.purpose, 120),
        "contact": (document.contact, 200),
    }
    for name, (text, most) in texts.items():
        if not text.strip() or len(text) > most or not text.isprintable():
            raise _bad(f"{name} が空か、{most}文字を超えるか、使えない文字を含んでいます。")
    if not NAME.fullmatch(document.client_id):
        raise _bad("client_id は英数字と . _ - だけで、60文字までで付けてください。")
    if urlsplit(document.policy_uri).scheme != "https":
        raise _bad("policy_uri は https の住所にしてください。")


def _check_address(address: str) -> None:
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        raise _bad("戻り先の住所を読み取れません。") from None
    near = parts.scheme == "http" and parts.hostname in _LOOPBACK
    plain = address.isascii() and address.isprintable() and not set(address) & set(" ;,'\"*")
    if (
        not (parts.scheme == "https" or near)
        or not parts.hostname
        or not plain
        or parts.fragment
        or parts.username is not None
        or len(address) > 500
    ):
        raise _bad(
            "戻り先は、# のない https の住所にしてください（接続試験の間だけ、自分の端末の http も"
            "使えます）。",
        )


def _sector(document: Registration) -> str:
    hosts = {urlsplit(address).hostname or "" for address in document.redirect_uris}
    if document.sector_identifier:
        text = document.sector_identifier
        if not text.isascii() or not text.isprintable() or "/" in text or len(text) > 100:
            raise _bad("sector_identifier はホスト名の形にしてください。")
        return text.lower()
    if len(hosts) != 1:
        raise _bad(
            "戻り先のホストが複数あります。同じ人を同じ番号で見分ける範囲を sector_identifier に"
            "ホスト名で書いてください（OpenID Connect Core 8.1）。"
        )
    return hosts.pop()


def _end_of(key: Mapping[str, Any], usual: datetime) -> datetime:
    chain = key.get("x5c")
    if chain is None:
        return usual
    try:
        certificate = x509.load_der_x509_certificate(base64.b64decode(chain[0], validate=True))
    except (ValueError, TypeError, IndexError, KeyError, binascii.Error):
        raise _bad("鍵の x5c を証明書として読めません。") from None
    return min(certificate.not_valid_after_utc, usual)


def _bad(detail: str) -> BadRegistrationError:
    return BadRegistrationError(f"{detail}登録は変えていません。")
