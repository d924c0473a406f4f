"""What a relying party asks for: parsing and checking an authorization request."""

import base64
import hashlib
import re
import secrets
from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import msgspec

from jichitai.jpki.kinds import CertificateKind
from jichitai.jpki.signin.claims import SCOPES, Acr, Item, wanted
from jichitai.jpki.signin.errors import (
    BadGrantError,
    BadRequestError,
    BadScopeError,
    CardNeededError,
    RequestObjectError,
    StrangeAddressError,
    UnsupportedResponseError,
)

PUSHED_PREFIX: Final = "urn:ietf:params:oauth:request_uri:"
_CHALLENGE: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_VERIFIER: Final = re.compile(r"[A-Za-z0-9._~-]{43,128}")
_PRINTABLE: Final = re.compile(r"[\x20-\x7e]*")
_LONGEST: Final = {"state": 1000, "nonce": 500, "scope": 500, "claims": 2000, "acr_values": 500}


class AuthorizationRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A checked request.

    Attributes:
        client_id: who asks.
        redirect_uri: one of the party's registered addresses, exactly.
        state: the party's own; goes back unchanged.
        nonce: the party's own; goes into the ID token.
        code_challenge: SHA-256 of the party's verifier.
        scopes: what was asked for, of those that we know.
        items: items of the four that are asked for.
        essential: those of them that the party says it cannot do without.
        in_id_token: items that it wants in the ID token, beside the user info.
        acr: the least that the sign-in must reach.
        language: in which the pages begin; the person may choose another.
    """

    client_id: str
    redirect_uri: str
    state: str
    nonce: str
    code_challenge: str
    scopes: tuple[str, ...]
    items: frozenset[Item]
    essential: frozenset[Item]
    in_id_token: frozenset[Item]
    acr: Acr
    language: str = "ja"

    @property
    def kind(self) -> CertificateKind:
        """The certificate that answers it: items come from the signing certificate alone."""
        return self.acr.kind


class _Asked(msgspec.Struct, frozen=True):
    """One entry of the parameter `claims`."""

    essential: bool = False
    value: str | None = None
    values: tuple[str, ...] = ()

    @property
    def accepted(self) -> tuple[str, ...]:
        return self.values or ((self.value,) if self.value else ())


class _Claims(msgspec.Struct, frozen=True):
    """The parameter `claims` (OpenID Connect Core 1.0, section 5.5)."""

    userinfo: dict[str, _Asked | None] = {}
    id_token: dict[str, _Asked | None] = {}


def known_address(form: Mapping[str, Any], addresses: Iterable[str]) -> str:
    """The address to send the browser back to.

    Raises:
        StrangeAddressError: it is not one of the registered ones, compared as text.

    Source: RFC 9700, section 2.1 (exact string matching).
    """
    address = form.get("redirect_uri")
    if not isinstance(address, str) or address not in addresses:
        raise StrangeAddressError(
            "戻り先（redirect_uri）が、この相手先の登録と一致しません。知らない場所へ情報を送らない"
            "ため、ここで止めました。相手先のサイトに知らせてください。"
        )
    return address


def parse(
    form: Mapping[str, Any], *, client_id: str, addresses: Iterable[str], allowed: frozenset[Item]
) -> AuthorizationRequest:
    """Check a request.

    Args:
        form: the parameters; a parameter said twice comes as a list and is refused.
        client_id: who has been proved, or claims, to ask.
        addresses: the party's registered addresses.
        allowed: the items that the party is registered for.

    Raises:
        StrangeAddressError: the browser cannot be sent back.
        OpenIdError: anything else, with the code of the standard.

    Source: OpenID Connect Core 1.0, section 3.1.2.1; RFC 7636, section 4.3; RFC 9700.
    """
    address = known_address(form, addresses)
    if "request" in form:
        raise RequestObjectError(
            "request は受け付けていません。/openid/par に要求を預け、その request_uri を使って"
            "ください。"
        )
    if _text(form, "response_type") != "code":
        raise UnsupportedResponseError("response_type は code だけを受け付けています。")
    if _text(form, "response_mode", "query") != "query":
        raise BadRequestError("response_mode は query だけを受け付けています。")
    if "none" in _text(form, "prompt", "").split():
        raise CardNeededError(
            "prompt=none には応じられません。サインインのたびにカードと暗証番号で確かめるため、"
            "画面が必要です（公的個人認証法 第36条の2）。"
        )
    scopes = _text(form, "scope").split()
    if "openid" not in scopes:
        raise BadScopeError("scope に openid がありません。加えてください。")
    asked = _claims(form)
    items = wanted(scopes) | _items(asked.userinfo) | _items(asked.id_token)
    if items - allowed:
        raise BadScopeError(
            "scope または claims に、この相手先が登録していない情報があります。登録した情報だけを"
            "求めてください。",
            items=sorted(items - allowed),
        )
    return AuthorizationRequest(
        client_id=client_id,
        redirect_uri=address,
        state=_text(form, "state", ""),
        nonce=_text(form, "nonce", ""),
        code_challenge=_challenge(form),
        scopes=tuple(scope for scope in SCOPES if scope in scopes),
        items=items,
        essential=_items(asked.userinfo, essential=True) | _items(asked.id_token, essential=True),
        in_id_token=_items(asked.id_token),
        acr=Acr.SIGNATURE if items else _acr(form, asked),
        language=_language(form),
    )


def verify_code(code_challenge: str, verifier: object) -> None:
    """Check that whoever brings a code is the one who asked for it (PKCE, S256 only).

    Raises:
        BadGrantError: the verifier is absent, malformed or another's.

    Source: RFC 7636, section 4.6.
    """
    text = verifier if isinstance(verifier, str) and _VERIFIER.fullmatch(verifier) else ""
    made = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
    if not text or not secrets.compare_digest(made, code_challenge):
        raise BadGrantError(
            "code_verifier が、要求のときの code_challenge と合いません。認可コードを横取りした人と"
            "区別できないため、発行していません。サインインからやり直してください。"
        )


def with_query(address: str, **parameters: str) -> str:
    """An address with parameters added; empty ones are left out.

    >>> with_query("https://rp.example/cb?a=1", code="x", state="")
    'https://rp.example/cb?a=1&code=x'

    Source: RFC 6749, section 4.1.2.
    """
    query = urlencode({name: value for name, value in parameters.items() if value})
    if not query:
        return address
    parts = urlsplit(address)
    return parts._replace(query=f"{parts.query}&{query}" if parts.query else query).geturl()


def _challenge(form: Mapping[str, Any]) -> str:
    if _text(form, "code_challenge_method", "plain") != "S256":
        raise BadRequestError(
            "code_challenge_method=S256 が必要です（PKCE）。認可コードの横取りを防ぐため、"
            "省くことも plain にすることもできません。"
        )
    challenge = _text(form, "code_challenge")
    if not _CHALLENGE.fullmatch(challenge):
        raise BadRequestError("code_challenge が SHA-256 の base64url（43文字）ではありません。")
    return challenge


def _acr(form: Mapping[str, Any], asked: _Claims) -> Acr:
    """The first of the wished ones that we know; an essential one that we lack is refused."""
    entry = asked.id_token.get("acr")
    essential = entry.accepted if entry is not None and entry.essential else ()
    wishes = [
        *(entry.accepted if entry is not None else ()),
        *_text(form, "acr_values", "").split(),
    ]
    known = [Acr(wish) for wish in wishes if wish in set(Acr)]
    if essential and not set(essential) & set(Acr):
        raise BadRequestError(
            "claims の acr に、ここで満たせる値がありません。"
            f"{'、'.join(Acr)} のどちらかを指定してください。"
        )
    return known[0] if known else Acr.USER_AUTH


def _language(form: Mapping[str, Any]) -> str:
    """The first wish that we have pages for (OpenID Connect Core 1.0, ui_locales)."""
    wishes = [wish.partition("-")[0].lower() for wish in _text(form, "ui_locales", "").split()]
    return next((wish for wish in wishes if wish in {"ja", "en"}), "ja")


def _claims(form: Mapping[str, Any]) -> _Claims:
    text = _text(form, "claims", "")
    if not text:
        return _Claims()
    try:
        return msgspec.json.decode(text, type=_Claims)
    except (msgspec.DecodeError, ValueError, RecursionError):
        raise BadRequestError(
            "claims を JSON として読めません。OpenID Connect Core 5.5 の形にしてください。"
        ) from None


def _items(asked: Mapping[str, _Asked | None], *, essential: bool = False) -> frozenset[Item]:
    return frozenset(
        Item(name)
        for name, entry in asked.items()
        if name in set(Item) and (not essential or (entry is not None and entry.essential))
    )


def _text(form: Mapping[str, Any], name: str, default: str | None = None) -> str:
    value = form.get(name, default)
    if not isinstance(value, str):
        raise BadRequestError(
            f"{name} がないか、二度書かれています。一度だけ指定してください。", field=name
        )
    if len(value) > _LONGEST.get(name, 300) or not (
        name == "claims" or _PRINTABLE.fullmatch(value)
    ):
        raise BadRequestError(
            f"{name} が長すぎるか、使えない文字を含んでいます。直してください。", field=name
        )
    return value
