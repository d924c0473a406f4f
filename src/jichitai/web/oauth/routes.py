"""The token endpoint, and the documents by which programs find it."""

from typing import Any, Final

import msgspec
from litestar import Response, get, post
from litestar.params import URLEncodedBody
from litestar.types import ControllerRouterHandler

from jichitai.web.inject import Db, NodeKeys, NodeSettings
from jichitai.web.limits import Rate
from jichitai.web.oauth import model, service
from jichitai.web.oauth.errors import TokenRefusedError
from jichitai.web.rights import PUBLIC

_NO_STORE: Final = {"cache-control": "no-store", "pragma": "no-cache"}


class Token(msgspec.Struct, frozen=True):
    """An access token as the token endpoint answers it (RFC 6749, section 5.1)."""

    access_token: str
    token_type: str
    expires_in: int
    scope: str


class Refusal(msgspec.Struct, frozen=True):
    """A refusal as the token endpoint answers it (RFC 6749, section 5.2)."""

    error: str
    error_description: str


@post(
    "/oauth/token",
    opt={"roles": PUBLIC, "csrf": False, "rate": Rate(120, 60)},
    status_code=200,
    request_max_body_size=32 * 1024,
    summary="Get an access token",
    tags=["oauth"],
)
async def token(
    data: URLEncodedBody[dict[str, Any]],
    db: Db,
    keys: NodeKeys,
    settings: NodeSettings,
) -> Response[Token | Refusal]:
    """Client credentials with private_key_jwt.

    Source: RFC 6749, section 4.4; RFC 7523, section 2.2.
    """
    try:
        async with db.transaction() as tx:
            access, scopes = await service.grant(tx, data, keys=keys, issuer=settings.origin)
    except TokenRefusedError as refusal:
        return Response(
            Refusal(refusal.error, refusal.detail), status_code=refusal.status, headers=_NO_STORE
        )
    answer = Token(access, "Bearer", model.TOKEN_LIFE, " ".join(sorted(scopes)))
    return Response(answer, status_code=200, headers=_NO_STORE)


@get(
    "/.well-known/oauth-authorization-server",
    opt={"roles": PUBLIC},
    summary="Where to get tokens and how",
    tags=["oauth"],
    sync_to_thread=False,
)
def metadata(settings: NodeSettings) -> dict[str, str | list[str]]:
    """Describe the authorization server.

    Source: RFC 8414, section 2.
    """
    origin = settings.origin
    return {
        "issuer": origin,
        "token_endpoint": f"{origin}/oauth/token",
        "jwks_uri": f"{origin}/oauth/jwks.json",
        "scopes_supported": list(model.SCOPES),
        "response_types_supported": [],
        "grant_types_supported": ["client_credentials"],
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": list(model.ASSERTION_ALGORITHMS),
        "service_documentation": f"{origin}/openapi.json",
    }


@get(
    "/oauth/jwks.json",
    opt={"roles": PUBLIC},
    summary="Public keys of access tokens",
    tags=["oauth"],
    sync_to_thread=False,
)
def jwks(keys: NodeKeys) -> Response[dict[str, Any]]:
    """The keys that verify our access tokens.

    Source: RFC 7517, section 5.
    """
    document = {"keys": [key.as_dict(private=False) for key in service.public_keys(keys).keys]}
    return Response(document, headers={"cache-control": "public, max-age=300"})


def oauth_routes() -> tuple[ControllerRouterHandler, ...]:
    """All routes of this package; only the nation has them."""
    return (token, metadata, jwks)
