"""What a party is granted, and the signed tokens that say so."""

import base64
import hashlib
import secrets
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, RSAKey

from jichitai.jpki.signin.claims import Acr
from jichitai.jpki.signin.errors import BadRequestError
from jichitai.jpki.signin.parties import Fault

ALGORITHMS: Final = ("ES256", "RS256")
TOKEN_LIFE: Final = 600
"""Seconds that an ID token and an access token are good for."""
CODE_LIFE: Final = 60
"""Seconds in which a code must be used."""
LOGOUT_LIFE: Final = 120
_LOGOUT_EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"
_LOGOUT_TYPE: Final = "logout+jwt"

SigningJwk = ECKey | RSAKey


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """What one sign-in gives to one party; kept sealed.

    Attributes:
        client_id: the party.
        sign_in_id: the sign-in (`sid`).
        subject: the person's name for the party (`sub`).
        acr, amr, auth_time: how and when the person proved it.
        nonce: the party's own.
        scopes: granted.
        redirect_uri, code_challenge: what the one who brings the code must know.
        claims: what the user info answers.
        id_claims: what the ID token says beside.
        rehearsal: whether the person is invented.
        fault: what was made wrong on purpose.
    """

    client_id: str
    sign_in_id: UUID
    subject: str
    acr: Acr
    amr: tuple[str, ...]
    auth_time: int
    nonce: str
    scopes: tuple[str, ...]
    redirect_uri: str
    code_challenge: str
    claims: dict[str, Any]
    id_claims: dict[str, Any]
    rehearsal: bool
    fault: Fault | None = None

    def __repr__(self) -> str:
        """Hide the person."""
        return f"<Grant {self.sign_in_id}>"


@dataclass(frozen=True, slots=True)
class Signer:
    """The key that signs now."""

    kid: str
    alg: str
    key: SigningJwk


def new_token() -> str:
    """256 random bits as text."""
    return secrets.token_urlsafe(32)


def hash_of(token: str) -> bytes:
    """What the database knows of a code, a token or a transaction."""
    return hashlib.sha256(token.encode()).digest()


def id_token(grant: Grant, *, issuer: str, signer: Signer, access_token: str, now: int) -> str:
    """Sign an ID token.

    Source: OpenID Connect Core 1.0, sections 2 and 3.1.3.6.
    """
    claims: dict[str, Any] = {
        **grant.id_claims,
        "iss": issuer,
        "sub": grant.subject,
        "aud": grant.client_id,
        "iat": now,
        "exp": now + TOKEN_LIFE,
        "auth_time": grant.auth_time,
        "acr": str(grant.acr),
        "amr": list(grant.amr),
        "sid": str(grant.sign_in_id),
        "at_hash": _half_hash(access_token),
    }
    if grant.nonce:
        claims["nonce"] = grant.nonce
    match grant.fault:
        case Fault.NONCE:
            claims["nonce"] = new_token()
        case Fault.AUDIENCE:
            claims["aud"] = f"{grant.client_id}-other"
        case Fault.ISSUER:
            claims["iss"] = f"{issuer}/other"
        case Fault.EXPIRED:
            claims["iat"], claims["exp"] = now - 2 * TOKEN_LIFE - 600, now - TOKEN_LIFE - 600
        case Fault.SIGNATURE | None:
            pass
    text = _signed("JWT", claims, signer)
    return _broken(text) if grant.fault is Fault.SIGNATURE else text


def logout_token(
    *, issuer: str, client_id: str, subject: str, sign_in_id: UUID, signer: Signer, now: int
) -> str:
    """Sign the notice that a sign-in has ended.

    Source: OpenID Connect Back-Channel Logout 1.0, section 2.4.
    """
    claims = {
        "iss": issuer,
        "aud": client_id,
        "sub": subject,
        "sid": str(sign_in_id),
        "iat": now,
        "exp": now + LOGOUT_LIFE,
        "jti": new_token(),
        "events": {_LOGOUT_EVENT: {}},
    }
    return _signed(_LOGOUT_TYPE, claims, signer)


def hinted(token: str, *, keys: KeySet, issuer: str) -> tuple[str, UUID]:
    """The party and the sign-in of an ID token that we made, however old.

    Raises:
        BadRequestError: it is none of ours.

    Source: OpenID Connect RP-Initiated Logout 1.0, section 2 (id_token_hint).
    """
    try:
        decoded = jwt.decode(token[:16_000], keys, algorithms=list(ALGORITHMS))
        claims = decoded.claims
        ours = claims["iss"] == issuer and decoded.header.get("typ") == "JWT"
        party, sign_in = str(claims["aud"]), UUID(str(claims["sid"]))
    except (JoseError, ValueError, TypeError, KeyError):
        raise _strange_hint() from None
    if not ours:
        raise _strange_hint()
    return party, sign_in


def _strange_hint() -> BadRequestError:
    return BadRequestError(
        "id_token_hint が、ここで発行したIDトークンではありません。受け取ったままの値を送って"
        "ください。"
    )


def _signed(kind: str, claims: dict[str, Any], signer: Signer) -> str:
    header = {"alg": signer.alg, "typ": kind, "kid": signer.kid}
    return jwt.encode(header, claims, signer.key, algorithms=[signer.alg])


def _broken(token: str) -> str:
    """The same token with one bit of its signature turned."""
    head, _, signature = token.rpartition(".")
    raw = bytearray(base64.urlsafe_b64decode(signature + "=" * (-len(signature) % 4)))
    raw[10] ^= 1
    return f"{head}.{base64.urlsafe_b64encode(bytes(raw)).rstrip(b'=').decode()}"


def _half_hash(token: str) -> str:
    """The left half of the hash (`at_hash`); both algorithms use SHA-256."""
    digest = hashlib.sha256(token.encode("ascii")).digest()[:16]
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
