"""OCSP requests: read, and refused when they are not as the standard wants them."""

from dataclasses import dataclass
from typing import Final

from asn1crypto import ocsp as syntax
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.x509 import ocsp

from jichitai.jpki.status.errors import ForeignOcspError, MalformedOcspError

LONGEST: Final = 16 * 1024
"""Bytes of a request."""
MOST: Final = 20
"""Certificates in one request."""
LONGEST_NONCE: Final = 128
"""Source: RFC 9654, section 2.1."""

_HASHES: Final = {
    hashes.SHA1: "sha1",
    hashes.SHA256: "sha256",
    hashes.SHA384: "sha384",
    hashes.SHA512: "sha512",
}
_BASIC: Final = "1.3.6.1.5.5.7.48.1.1"


@dataclass(frozen=True, slots=True)
class CertId:
    """Which certificate is meant.

    Attributes:
        algorithm: of the two hashes: sha1, sha256, sha384 or sha512.
        issuer_name: hash of the issuer's name.
        issuer_key: hash of the issuer's public key.
        serial: 発行の番号.

    Source: RFC 6960, section 4.1.1.
    """

    algorithm: str
    issuer_name: bytes
    issuer_key: bytes
    serial: int


@dataclass(frozen=True, slots=True)
class Question:
    """A request, read.

    Attributes:
        certificates: in the order of the request.
        nonce: to repeat in the answer; None when there is none.
    """

    certificates: tuple[CertId, ...]
    nonce: bytes | None


def read_request(der: bytes) -> Question:
    """Read an OCSP request; who signed it is of no interest.

    Raises:
        MalformedOcspError: no request of version 1, too long, a bad nonce, an unknown critical
            extension, or no basic answer wanted.
        ForeignOcspError: a hash that nobody's certificates are found by here.

    Source: RFC 6960, section 4.1; RFC 9654 (nonce).
    """
    if len(der) > LONGEST:
        raise _malformed("長すぎます")
    if _has_version(der):
        return _several(der)
    try:
        request = ocsp.load_der_ocsp_request(der)
    except NotImplementedError:
        return _several(der)
    except ValueError:
        raise _malformed("DER として読めません") from None
    try:
        named = _HASHES[type(request.hash_algorithm)]
    except (UnsupportedAlgorithm, KeyError):
        raise _foreign() from None
    one = CertId(named, request.issuer_name_hash, request.issuer_key_hash, request.serial_number)
    return Question((one,), _nonce(request, der))


def _nonce(request: ocsp.OCSPRequest, der: bytes) -> bytes | None:
    found: bytes | None = None
    try:
        extensions = list(request.extensions)
    except (x509.DuplicateExtension, ValueError):
        raise _malformed("拡張を読めません") from None
    for extension in extensions:
        value = extension.value
        if isinstance(value, x509.OCSPNonce):
            _must_be_octets(value.public_bytes(), der)
            found = _good_nonce(value.nonce)
        elif isinstance(value, x509.OCSPAcceptableResponses):
            _must_be_basic([one.dotted_string for one in value])
        elif extension.critical:
            raise _malformed("知らない重要な拡張があります")
    return found


def _several(der: bytes) -> Question:
    """The slower way, for requests with several certificates."""
    try:
        request = syntax.OCSPRequest.load(der, strict=True)
        body = request["tbs_request"]
        version = body["version"].native
        listed = [one["req_cert"] for one in body["request_list"]]
        certificates = tuple(
            CertId(
                str(one["hash_algorithm"]["algorithm"].native),
                bytes(one["issuer_name_hash"].native),
                bytes(one["issuer_key_hash"].native),
                int(one["serial_number"].native),
            )
            for one in listed[: MOST + 1]
        )
        nonce = _slow_extensions(body["request_extensions"])
    except (ValueError, TypeError, KeyError, AttributeError, IndexError):
        raise _malformed("DER として読めません") from None
    if version != "v1":
        raise _malformed("版が1ではありません")
    if not 1 <= len(certificates) <= MOST:
        raise _malformed(f"電子証明書の数は1から{MOST}までです")
    if any(one.algorithm not in _HASHES.values() for one in certificates):
        raise _foreign()
    return Question(certificates, nonce)


def _slow_extensions(extensions: syntax.TBSRequestExtensions) -> bytes | None:
    found: bytes | None = None
    for extension in extensions:
        match extension["extn_id"].native:
            case "nonce":
                if found is not None:
                    raise _malformed("nonce が二つあります")
                found = _good_nonce(bytes(extension["extn_value"].parsed.native))
            case "response" | "acceptable_responses":
                _must_be_basic([one.dotted for one in extension["extn_value"].parsed])
            case _ if extension["critical"].native:
                raise _malformed("知らない重要な拡張があります")
    return found


def _good_nonce(nonce: bytes) -> bytes:
    if not 1 <= len(nonce) <= LONGEST_NONCE:
        raise _malformed(f"nonce の長さは1から{LONGEST_NONCE}バイトまでです")
    return nonce


def _must_be_octets(encoded: bytes, der: bytes) -> None:
    """Refuse a nonce of another type, which the library lets pass as if it were the bytes."""
    place = der.find(encoded)
    if place < 1 or der[place - 1] != len(encoded):
        raise _malformed("nonce がオクテット列ではありません")


def _must_be_basic(accepted: list[str]) -> None:
    if _BASIC not in accepted:
        raise _malformed("この応答者は基本応答（id-pkix-ocsp-basic）だけを返します")


def _has_version(der: bytes) -> bool:
    """Whether the version is written out; only the slower way looks at it."""
    place = 0
    for _ in range(2):
        if len(der) < place + 2:
            return False
        length = der[place + 1]
        place += 2 + (length & 0x7F if length >= 0x80 else 0)
    return der[place : place + 1] == b"\xa0"


def _malformed(reason: str) -> MalformedOcspError:
    return MalformedOcspError(
        f"OCSP の問い合わせ（OCSPRequest）を読み取れません。{reason}。RFC 6960 の形式で作り直してください。"
    )


def _foreign() -> ForeignOcspError:
    return ForeignOcspError(
        "この応答者が扱う認証局の電子証明書ではありません。ほかの認証局の状態は答えられません。"
        "発行者の証明書が正しいか確かめてください。"
    )
