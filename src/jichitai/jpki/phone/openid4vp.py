"""OpenID for Verifiable Presentations 1.0: the signed request, the session, the encrypted response.

One profile of it: signed request objects (`x509_hash`), `direct_post.jwt`, DCQL with one mdoc,
ECDH-ES and A256GCM.
"""

import base64
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final
from urllib.parse import urlsplit

import cbor2
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwe, jws
from joserfc.errors import JoseError
from joserfc.jwe import JWERegistry
from joserfc.jwk import ECKey
from joserfc.jws import JWSRegistry

from jichitai.jpki.phone import certificates
from jichitai.jpki.phone.cose import SigningKey
from jichitai.jpki.phone.elements import DOCTYPE, Element
from jichitai.jpki.phone.refusals import (
    UnreadableResponseError,
    UnsupportedRequestError,
    UntrustedReaderError,
)

REQUEST_TYPE: Final = "oauth-authz-req+jwt"
AUDIENCE: Final = "https://self-issued.me/v2"
QUERY_ID: Final = "mnc"
_PREFIX: Final = "x509_hash:"
_KEY_ALGORITHM: Final = "ECDH-ES"
_CONTENT_ALGORITHM: Final = "A256GCM"
_ES256_COSE: Final = -7
_LARGEST_HEAD: Final = 8_192
_LARGEST_PAYLOAD: Final = 262_144


@dataclass(frozen=True, slots=True)
class Session:
    """What ties a response to one request.

    Attributes:
        client_id: the verifier, with its prefix.
        nonce: of the request.
        thumbprint: RFC 7638 SHA-256 of the key that the response is encrypted to, or None.
        response_uri: where the response goes.
    """

    client_id: str
    nonce: str
    thumbprint: bytes | None
    response_uri: str

    @property
    def audience(self) -> tuple[str, str, str]:
        """The verifier: its name, and where it listens."""
        parts = urlsplit(self.response_uri)
        return self.client_id, parts.scheme, parts.netloc

    def transcript(self) -> bytes:
        """The encoded session transcript.

        Source: OpenID for Verifiable Presentations 1.0 B.2.6.1.
        """
        info = cbor2.dumps([self.client_id, self.nonce, self.thumbprint, self.response_uri])
        handover = ["OpenID4VPHandover", sha256(info).digest()]
        return cbor2.dumps([None, None, handover])


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request as a wallet has read it.

    Attributes:
        session: its session.
        state: given back with the response.
        elements: items that are asked for.
        key: the response is encrypted to it.
        verifier: name in the verifier's certificate.
        origin: origin in the verifier's certificate.
    """

    session: Session
    state: str
    elements: tuple[Element, ...]
    key: ECKey
    verifier: str
    origin: str


def client_id(certificate: x509.Certificate) -> str:
    """The verifier's name: the hash of its certificate.

    Source: OpenID for Verifiable Presentations 1.0 5.9.3 (x509_hash).
    """
    return _PREFIX + _b64(certificates.thumbprint(certificate))


def new_key(kid: str) -> ECKey:
    """A key for one response."""
    return ECKey.generate_key(
        "P-256", {"kid": kid, "use": "enc", "alg": _KEY_ALGORITHM}, private=True
    )


def key_thumbprint(key: ECKey) -> bytes:
    """RFC 7638 SHA-256 thumbprint, as bytes."""
    return _unb64(key.thumbprint())


def make_request(
    session: Session,
    *,
    state: str,
    elements: Iterable[Element],
    key: ECKey,
    reader: x509.Certificate,
    reader_key: SigningKey,
    now: int,
) -> str:
    """The signed request object.

    Args:
        session: of the request.
        state: a secret of this request.
        elements: items that are asked for.
        key: the response is encrypted to it.
        reader: the verifier's certificate.
        reader_key: its key.
        now: seconds of the epoch.

    Source: OpenID for Verifiable Presentations 1.0 5, 6 (DCQL), 8.3; RFC 9101.
    """
    claims = [{"path": [one.space, one.name], "intent_to_retain": False} for one in elements]
    payload = {
        "iss": session.client_id,
        "aud": AUDIENCE,
        "iat": now,
        "client_id": session.client_id,
        "response_type": "vp_token",
        "response_mode": "direct_post.jwt",
        "response_uri": session.response_uri,
        "nonce": session.nonce,
        "state": state,
        "dcql_query": {
            "credentials": [
                {
                    "id": QUERY_ID,
                    "format": "mso_mdoc",
                    "meta": {"doctype_value": DOCTYPE},
                    "claims": claims,
                }
            ]
        },
        "client_metadata": {
            "jwks": {"keys": [key.as_dict(private=False)]},
            "encrypted_response_enc_values_supported": [_CONTENT_ALGORITHM],
            "vp_formats_supported": {
                "mso_mdoc": {
                    "issuerauth_alg_values": [_ES256_COSE],
                    "deviceauth_alg_values": [_ES256_COSE],
                }
            },
        },
    }
    return sign_jwt(payload, reader_key, reader, REQUEST_TYPE)


def read_request(
    text: str, expected_client: str, roots: tuple[x509.Certificate, ...], at: datetime
) -> Request:
    """Read a request object as a wallet must: who asks is proved before anything is shown.

    Args:
        text: the request object.
        expected_client: `client_id` of the link that led to it.
        roots: trusted roots of verifiers.
        at: law time.

    Raises:
        UntrustedReaderError: the verifier cannot be made sure of.
        UnsupportedRequestError: another profile.
    """
    payload, reader = read_jwt(text, REQUEST_TYPE, roots, certificates.READER_USAGE, at)
    if not payload.get("client_id") == client_id(reader) == expected_client:
        raise _untrusted("求めの中の名前が証明書と違います。")
    origin = certificates.origin_of(reader)
    try:
        uri = payload["response_uri"]
        (query,) = payload["dcql_query"]["credentials"]
        (jwk,) = payload["client_metadata"]["jwks"]["keys"]
        if (payload["response_type"], payload["response_mode"]) != (
            "vp_token", "direct_post.jwt",
        ) or (query["format"], query["meta"]["doctype_value"]) != ("mso_mdoc", DOCTYPE):  # fmt: skip
            raise _unsupported()
        key = ECKey.import_key(jwk)
        session = Session(expected_client, str(payload["nonce"]), key_thumbprint(key), str(uri))
        elements = tuple(Element(str(space), str(name)) for space, name in
                         (claim["path"] for claim in query["claims"]))  # fmt: skip
        state = str(payload["state"])
    except (KeyError, TypeError, ValueError, JoseError):
        raise _unsupported() from None
    if not origin or not str(uri).startswith(f"{origin}/"):
        raise _untrusted("答えの送り先が証明書の宛先と違います。")
    return Request(
        session=session,
        state=state,
        elements=elements,
        key=key,
        verifier=certificates.name_of(reader),
        origin=origin,
    )


def make_response(request: Request, device_response: bytes) -> str:
    """The encrypted response that a wallet posts.

    Source: OpenID for Verifiable Presentations 1.0 8.1, 8.3.
    """
    payload = {"vp_token": {QUERY_ID: [_b64(device_response)]}, "state": request.state}
    header = {
        "alg": _KEY_ALGORITHM,
        "enc": _CONTENT_ALGORITHM,
        "kid": request.key.kid,
        "apv": _b64(request.session.nonce.encode()),
    }
    return jwe.encrypt_compact(header, json.dumps(payload), request.key, registry=_encrypted())


def response_kid(text: str) -> str:
    """Which request a response says that it answers.

    Raises:
        UnreadableResponseError: no such response.
    """
    head = text.split(".", 1)[0]
    try:
        kid = json.loads(_unb64(head[:_LARGEST_HEAD]))["kid"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise _unreadable() from None
    if not isinstance(kid, str):
        raise _unreadable()
    return kid


def read_response(text: str, key: ECKey, *, state: str) -> bytes:
    """Open a response.

    Args:
        text: what the wallet posted.
        key: the private key of the request.
        state: of the request.

    Returns:
        The encoded device response.

    Raises:
        UnreadableResponseError: for another key or state, or not one presentation.
    """
    try:
        opened = jwe.decrypt_compact(text, key, registry=_encrypted())
        payload = json.loads(opened.plaintext or b"")
        (presentation,) = payload["vp_token"][QUERY_ID]
        if payload["state"] != state:
            raise _unreadable()
        return _unb64(presentation)
    except (JoseError, ValueError, KeyError, TypeError, RecursionError):
        raise _unreadable() from None


def sign_jwt(
    payload: dict[str, Any], key: SigningKey, certificate: x509.Certificate, kind: str
) -> str:
    """A JWT with the signer's certificate in its head; the key may live in a token."""
    chain = base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()
    head = {"alg": "ES256", "typ": kind, "x5c": [chain]}
    text = ".".join(_b64(json.dumps(part, ensure_ascii=False).encode()) for part in (head, payload))
    r, s = decode_dss_signature(key.sign(text.encode(), ec.ECDSA(SHA256())))
    return f"{text}.{_b64(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def read_jwt(
    text: str,
    kind: str,
    roots: tuple[x509.Certificate, ...],
    usage: x509.ObjectIdentifier,
    at: datetime,
) -> tuple[dict[str, Any], x509.Certificate]:
    """Read a JWT whose signer stands under one of the roots.

    Raises:
        UntrustedReaderError: the chain, the usage, the time or the signature is wrong.
    """
    try:
        header = json.loads(_unb64(text.split(".", 1)[0]))
        (chain,) = header["x5c"]
        signer = certificates.parse(base64.b64decode(chain, validate=True))
        if header["typ"] != kind:
            raise _untrusted("求めの種類が違います。")
        public = certificates.check_chain(signer, roots, usage=usage, at=at)
        opened = jws.deserialize_compact(text, ECKey.import_key(_pem(public)), registry=_signed())
        payload = json.loads(opened.payload)
    except certificates.ChainError:
        raise _untrusted("証明書が信頼する一覧にないか、用途か期間が違います。") from None
    except (JoseError, ValueError, KeyError, TypeError, RecursionError):
        raise _untrusted("署名が正しくありません。") from None
    if not isinstance(payload, dict):
        raise _untrusted("署名された内容を読み取れません。")
    return payload, signer


def _signed() -> JWSRegistry:
    """ES256 alone, with room for a certificate in the head."""
    registry = JWSRegistry(algorithms=["ES256"])
    registry.max_header_length = _LARGEST_HEAD
    registry.max_payload_length = _LARGEST_PAYLOAD
    return registry


def _encrypted() -> JWERegistry:
    """ECDH-ES and A256GCM alone, with room for a photo."""
    registry = JWERegistry(algorithms=[_KEY_ALGORITHM, _CONTENT_ALGORITHM])
    registry.max_ciphertext_length = _LARGEST_PAYLOAD
    return registry


def _pem(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _untrusted(why: str) -> UntrustedReaderError:
    return UntrustedReaderError(
        f"証明を求めている相手を確かめられませんでした。{why}何も送っていません。"
        "心当たりのある画面から、もう一度始めてください。"
    )


def _unsupported() -> UnsupportedRequestError:
    return UnsupportedRequestError(
        "この求めは、このウォレットが扱える形ではありません。何も送っていません。"
        "求めた相手に、対応している方式を確かめてください。"
    )


def _unreadable() -> UnreadableResponseError:
    return UnreadableResponseError(
        "答えを開けませんでした。この求めの鍵で暗号化されていないか、別の求めへの答えです。"
        "確認をはじめからやり直してください。"
    )
