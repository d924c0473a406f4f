"""Programs of public bodies, what they must prove, and the tokens they get."""

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OKPKey

from jichitai.web.oauth.errors import BadClientError, BadTokenError
from jichitai.web.rights import Kind, Principal, Role

LEEWAY: Final = 60
"""Seconds by which the clocks of two machines may differ."""

TOKEN_LIFE: Final = 600
"""Seconds that an access token is good for."""

ASSERTION_LIFE: Final = 600
"""Seconds that an assertion may be good for at most."""

ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_ALGORITHMS: Final = ("ES256", "PS256", "Ed25519")
TOKEN_ALGORITHM: Final = "Ed25519"  # noqa: S105  # a name, no secret
TOKEN_TYPE: Final = "at+jwt"  # noqa: S105  # a name, no secret
SCOPES: Final = ("provision", "provision.batch", "jpki.status", "jpki.items")
_LONGEST: Final = 8_192


class ClientState(StrEnum):
    """Whether a program may get and use tokens."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """One program of a public body.

    Attributes:
        client_id: its name at the token endpoint.
        organ_id: the body it belongs to.
        display: name for operators.
        jwks: its public keys (RFC 7517), several during a change of keys.
        scopes: what it may ask for.
        state: whether it may act.
        not_after: end of the registration.
    """

    client_id: str
    organ_id: str
    display: str
    jwks: Mapping[str, Any]
    scopes: frozenset[str]
    state: ClientState
    not_after: datetime

    def usable(self, now: datetime) -> bool:
        """Whether it may act at this instant."""
        return self.state is ClientState.ACTIVE and now < self.not_after

    def principal(self, scopes: frozenset[str]) -> Principal:
        """The program as the one who asks."""
        return Principal(
            kind=Kind.CLIENT,
            account_id=self.client_id,
            display=self.display,
            roles=frozenset({Role.ORGAN_CLIENT}),
            organ_id=self.organ_id,
            scopes=scopes,
        )


@dataclass(frozen=True, slots=True)
class Assertion:
    """What a program said about itself, its signature checked."""

    client_id: str
    jti_hash: bytes
    expires_at: float


def claimed_client(assertion: str) -> str:
    """Whom an assertion speaks for, before its signature is checked.

    Raises:
        BadClientError: it is no JWT, or says nobody.
    """
    if len(assertion) > _LONGEST:
        raise _bad("長すぎます")
    try:
        parts = jws.extract_compact(assertion.encode())
        claims = _claims(parts.payload)
    except (JoseError, ValueError, TypeError, UnicodeError) as error:
        raise _bad("JWT として読めません") from error
    subject = claims.get("sub")
    if not isinstance(subject, str) or not subject:
        raise _bad("sub がありません")
    return subject


def verify_assertion(
    assertion: str,
    client: Client,
    *,
    audiences: frozenset[str],
    now: float,
    longest: int = ASSERTION_LIFE,
) -> Assertion:
    """Check that an assertion proves the program, now, to us.

    Args:
        assertion: compact JWS.
        client: the registered program that it names.
        audiences: our names, any of which it may be addressed to.
        now: seconds since the epoch.
        longest: seconds that it may be good for at most.

    Raises:
        BadClientError: signature, key, issuer, audience or times do not fit.

    Source: RFC 7523, section 3; RFC 7521, section 5.2.
    """
    try:
        keys = KeySet.import_key_set({"keys": list(client.jwks.get("keys", ()))})
        token = jwt.decode(assertion, keys, algorithms=list(ASSERTION_ALGORITHMS))
    except (JoseError, ValueError, TypeError) as error:
        raise _bad("署名を登録済みの公開鍵で確かめられません") from error
    claims = token.claims
    if claims.get("iss") != client.client_id or claims.get("sub") != client.client_id:
        raise _bad("iss と sub が登録名と一致しません")
    if not audiences & _as_set(claims.get("aud")):
        raise _bad("aud がこの窓口ではありません")
    expires = _time(claims, "exp", required=True)
    if expires <= now - LEEWAY or expires > now + longest + LEEWAY:
        raise _bad("有効期限（exp）が過ぎているか、長すぎます")
    if _time(claims, "iat") > now + LEEWAY or _time(claims, "nbf") > now + LEEWAY:
        raise _bad("発行時刻（iat, nbf）が未来です")
    jti = claims.get("jti")
    if not isinstance(jti, str) or not 8 <= len(jti) <= 200:
        raise _bad("jti がないか、長さが合いません")
    return Assertion(client.client_id, hashlib.sha256(jti.encode()).digest(), expires)


def issue(client: Client, scopes: frozenset[str], *, key: OKPKey, issuer: str, now: float) -> str:
    """Sign an access token.

    Source: RFC 9068, section 2.
    """
    header = {"alg": TOKEN_ALGORITHM, "typ": TOKEN_TYPE, "kid": key.kid}
    claims = {
        "iss": issuer,
        "aud": audience_of(issuer),
        "sub": client.client_id,
        "client_id": client.client_id,
        "organ": client.organ_id,
        "scope": " ".join(sorted(scopes)),
        "iat": int(now),
        "exp": int(now) + TOKEN_LIFE,
        "jti": secrets.token_urlsafe(16),
    }
    return jwt.encode(header, claims, key, algorithms=[TOKEN_ALGORITHM])


@dataclass(frozen=True, slots=True)
class Access:
    """What an access token says, its signature checked."""

    client_id: str
    scopes: frozenset[str]
    expires_at: float


def verify_access(token: str, *, keys: KeySet, issuer: str, now: float) -> Access:
    """Check an access token.

    Raises:
        BadTokenError: forged, expired, of another type, issuer or audience.

    Source: RFC 9068, section 4.
    """
    if len(token) > _LONGEST:
        raise bad_token()
    try:
        decoded = jwt.decode(token, keys, algorithms=[TOKEN_ALGORITHM])
    except (JoseError, ValueError, TypeError) as error:
        raise bad_token() from error
    claims = decoded.claims
    expires, client_id = claims.get("exp"), claims.get("client_id")
    if (
        decoded.header.get("typ") != TOKEN_TYPE
        or claims.get("iss") != issuer
        or claims.get("aud") != audience_of(issuer)
        or not isinstance(expires, int)
        or expires <= now
        or not isinstance(client_id, str)
    ):
        raise bad_token()
    return Access(client_id, frozenset(str(claims.get("scope", "")).split()), float(expires))


def audience_of(issuer: str) -> str:
    """Whom access tokens are for: the API of this tier."""
    return f"{issuer}/api"


def bad_token() -> BadTokenError:
    """The one refusal of all bad tokens, so that it tells a forger nothing."""
    return BadTokenError(
        "アクセストークンが無効か、期限が切れています。/oauth/token で新しいトークンを受け取り、"
        "やり直してください。"
    )


def _bad(reason: str) -> BadClientError:
    return BadClientError(
        f"client_assertion の{reason}。利用機関のシステムと確認できないため、発行していません。"
        "鍵の登録と時刻を確かめ、新しい jti で作り直してください。"
    )


def _claims(payload: bytes) -> dict[str, Any]:
    claims = json.loads(payload)
    if not isinstance(claims, dict):
        raise TypeError
    return claims


def _as_set(value: object) -> frozenset[str]:
    if isinstance(value, str):
        return frozenset({value})
    if isinstance(value, list):
        return frozenset(entry for entry in value if isinstance(entry, str))
    return frozenset()


def _time(claims: Mapping[str, Any], name: str, *, required: bool = False) -> float:
    value = claims.get(name)
    if value is None and not required:
        return 0.0
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e11:
        raise _bad(f" {name} が時刻ではありません")
    return float(value)
