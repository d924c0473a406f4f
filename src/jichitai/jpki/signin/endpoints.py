"""The provider's endpoints for programs, and the documents by which they find them."""

from collections.abc import Mapping
from typing import Any, Final

from litestar import MediaType, Request, Response, get, post, route
from litestar.params import URLEncodedBody
from litestar.response import Redirect

from jichitai.jpki.signin.claims import REPLACED_CLAIM, SCOPES, Acr, Item
from jichitai.jpki.signin.errors import BadPartyError, OpenIdError, StrangeAddressError
from jichitai.jpki.signin.provider import Provider
from jichitai.jpki.signin.service import authorize, keys, tokens
from jichitai.jpki.signin.tokens import ALGORITHMS, TOKEN_LIFE
from jichitai.kernel.errors import JichitaiError
from jichitai.web.frame import page
from jichitai.web.gate import bearer
from jichitai.web.inject import Db, Given
from jichitai.web.limits import Rate
from jichitai.web.oauth.model import ASSERTION_ALGORITHMS
from jichitai.web.rights import PUBLIC
from jichitai.web.sessions import instant

AnyRequest = Request[Any, Any, Any]
Form = URLEncodedBody[dict[str, Any]]
OpenId = Given[Provider]
Json = Response[Any]

_NO_STORE: Final = {"cache-control": "no-store", "pragma": "no-cache"}
_OPT: Final[dict[str, Any]] = {"roles": PUBLIC, "csrf": False, "rate": Rate(3000, 60)}
_LARGEST: Final = 64 * 1024
_READ: Final[Mapping[str, Any]] = {"status_code": 200, "request_max_body_size": _LARGEST}


@get("/openid/.well-known/openid-configuration", opt={"roles": PUBLIC}, include_in_schema=False)
async def discovery(openid: OpenId) -> Json:
    """Describe the provider.

    Source: OpenID Connect Discovery 1.0, section 3; RFC 8414; RFC 9126, section 5; RFC 9207.
    """
    issuer = openid.issuer
    document = {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/authorize",
        "pushed_authorization_request_endpoint": f"{issuer}/par",
        "token_endpoint": f"{issuer}/token",
        "userinfo_endpoint": f"{issuer}/userinfo",
        "introspection_endpoint": f"{issuer}/introspect",
        "revocation_endpoint": f"{issuer}/revoke",
        "end_session_endpoint": f"{issuer}/logout",
        "jwks_uri": f"{issuer}/jwks.json",
        "scopes_supported": list(SCOPES),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": list(ALGORITHMS),
        "acr_values_supported": list(Acr),
        "claim_types_supported": ["normal"],
        "claims_supported": [
            "sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid",
            *Item, REPLACED_CLAIM,
        ],
        "claims_parameter_supported": True,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "code_challenge_methods_supported": ["S256"],
        "require_pushed_authorization_requests": False,
        "authorization_response_iss_parameter_supported": True,
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
        "ui_locales_supported": ["ja", "en"],
    }  # fmt: skip
    for endpoint in ("token", "introspection", "revocation"):
        document[f"{endpoint}_endpoint_auth_methods_supported"] = ["private_key_jwt"]
        document[f"{endpoint}_endpoint_auth_signing_alg_values_supported"] = list(
            ASSERTION_ALGORITHMS
        )
    return Response(document, headers={"cache-control": "public, max-age=3600"})


@get("/openid/jwks.json", opt={"roles": PUBLIC}, include_in_schema=False)
async def jwks(db: Db, openid: OpenId) -> Json:
    """The keys that verify our tokens; a new one stands here a day before it signs."""
    async with db.transaction() as tx:
        document = await keys.jwks(tx, openid.sealer, instant())
    return Response(document, headers={"cache-control": "public, max-age=3600"})


@post("/openid/par", opt=_OPT, include_in_schema=False, **_READ)
async def par(data: Form, db: Db, openid: OpenId) -> Json:
    """Take a request in, ahead of the browser.

    Source: RFC 9126, section 2.
    """
    try:
        party = await tokens.authenticate(db, data, openid, "/openid/par")
        async with db.transaction() as tx:
            name = await authorize.push(tx, data, party)
    except (OpenIdError, StrangeAddressError) as error:
        return _refusal(error)
    life = int(authorize.PUSHED_LIFE.total_seconds())
    body = {"request_uri": name, "expires_in": life}
    return Response(body, status_code=201, headers=_NO_STORE)


@post("/openid/token", opt=_OPT, include_in_schema=False, **_READ)
async def token(data: Form, db: Db, openid: OpenId) -> Json:
    """Change a code into an ID token and an access token."""
    try:
        party = await tokens.authenticate(db, data, openid, tokens.TOKEN_PATH)
        made = await tokens.redeem(db, data, party, openid)
    except OpenIdError as error:
        return _refusal(error)
    body = {
        "access_token": made.access_token,
        "token_type": "Bearer",
        "expires_in": TOKEN_LIFE,
        "id_token": made.id_token,
        "scope": made.scope,
    }
    return Response(body, headers=_NO_STORE)


@post("/openid/introspect", opt=_OPT, include_in_schema=False, **_READ)
async def introspect(data: Form, db: Db, openid: OpenId) -> Json:
    """Say whether an access token is good."""
    try:
        party = await tokens.authenticate(db, data, openid, "/openid/introspect")
        async with db.transaction(read_only=True) as tx:
            body = await tokens.introspect(tx, data, party, openid)
    except OpenIdError as error:
        return _refusal(error)
    return Response(body, headers=_NO_STORE)


@post("/openid/revoke", opt=_OPT, include_in_schema=False, **_READ)
async def revoke(data: Form, db: Db, openid: OpenId) -> Json:
    """End an access token."""
    try:
        party = await tokens.authenticate(db, data, openid, "/openid/revoke")
        async with db.transaction() as tx:
            await tokens.revoke(tx, data, party)
    except OpenIdError as error:
        return _refusal(error)
    return Response({}, headers=_NO_STORE)


@route(
    "/openid/userinfo",
    http_method=["GET", "POST"],
    opt={**_OPT, "bearer": False},
    include_in_schema=False,
    status_code=200,
)
async def userinfo(request: AnyRequest, db: Db, openid: OpenId) -> Json:
    """Tell a party what the person gave."""
    try:
        async with db.transaction() as tx:
            body = await tokens.userinfo(tx, bearer(request.scope), openid)
    except OpenIdError as error:
        return _refusal(error)
    return Response(body, headers=_NO_STORE)


@get("/openid/logout", opt=_OPT, include_in_schema=False)
async def logout(request: AnyRequest, db: Db, openid: OpenId) -> Any:
    """End a sign-in at the wish of a party, and send the browser back."""
    return await _log_out(request, parameters(request), db, openid)


@post("/openid/logout", opt=_OPT, include_in_schema=False, **_READ)
async def logout_form(request: AnyRequest, data: Form, db: Db, openid: OpenId) -> Any:
    """The same by a form."""
    return await _log_out(request, data, db, openid)


ROUTES: Final = (
    discovery, jwks, par, token, introspect, revoke, userinfo, logout, logout_form,
)  # fmt: skip


def parameters(request: AnyRequest) -> dict[str, Any]:
    """The query; a name that is said twice comes as a list."""
    found: dict[str, Any] = {}
    for name, value in request.query_params.multi_items():
        found[name] = [found[name], value] if name in found else value
    return found


async def _log_out(request: AnyRequest, form: Mapping[str, Any], db: Db, openid: Provider) -> Any:
    async with db.transaction() as tx:
        done = await tokens.log_out(tx, form, openid)
    if done.url:
        return Redirect(done.url, status_code=303)
    return page(request, "signin/signed_out.html")


def _refusal(error: JichitaiError) -> Json:
    """A refusal in the form of the standards (RFC 6749, section 5.2; RFC 6750, section 3)."""
    code = error.error if isinstance(error, OpenIdError) else "invalid_request"
    status = error.status if isinstance(error, OpenIdError) else 400
    headers = dict(_NO_STORE)
    if status == 401:
        scheme = "Bearer" if not isinstance(error, BadPartyError) else "private_key_jwt"
        headers["www-authenticate"] = f'{scheme} error="{code}"'
    return Response(
        {"error": code, "error_description": error.detail},
        status_code=status,
        headers=headers,
        media_type=MediaType.JSON,
    )
