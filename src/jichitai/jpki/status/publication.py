"""What anybody may fetch: OCSP answers, lists of revocations, certificates of authorities.

Nothing here asks who wants to know, and nothing here is personal: a serial says nothing of a
person. There is no limit for one caller, because a verifier asks for all of its customers.
"""

import base64
import binascii
from datetime import UTC, datetime
from email.utils import format_datetime
from hashlib import sha256
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import unquote_to_bytes

from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.ocsp import OCSPResponseStatus
from litestar import Request, Response, get, post
from litestar.exceptions import HTTPException
from litestar.params import FromPath

from jichitai.jpki.authority import store
from jichitai.jpki.authority.model import FULL, PublishedList
from jichitai.jpki.status import answers
from jichitai.jpki.status.errors import NoSuchListError, OcspRefusal
from jichitai.jpki.status.publisher import Publisher
from jichitai.jpki.status.requests import LONGEST
from jichitai.jpki.status.responder import Responder
from jichitai.web.inject import Db, Given, LawClock
from jichitai.web.problem import record_incident
from jichitai.web.rights import PUBLIC

OCSP_PATH: Final = "/jpki/ocsp"
ASKS: Final = "application/ocsp-request"
SAYS: Final = "application/ocsp-response"

AnyRequest = Request[Any, Any, Any]
_OPT: Final[dict[str, Any]] = {
    "roles": PUBLIC, "rate": None, "csrf": False, "access_log": False, "idle": False,
}  # fmt: skip
_CACHED: Final = "public, max-age=60"
_LISTS_KEPT: Final = 900
_KEPT_OUT: Final = {"cross-origin-resource-policy": "cross-origin"}


@post(OCSP_PATH, opt=_OPT, status_code=200, request_max_body_size=LONGEST, include_in_schema=False)
async def ask(request: AnyRequest, responder: Given[Responder]) -> Response[bytes]:
    """OCSP over POST.

    Source: RFC 6960, appendix A.1.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != ASKS:
        raise HTTPException(status_code=HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
    return await _answered(await request.body(), responder, cache="no-store")


@get(f"{OCSP_PATH}/{{question:path}}", opt=_OPT, include_in_schema=False)
async def ask_by_address(request: AnyRequest, responder: Given[Responder]) -> Response[bytes]:
    """OCSP over GET: the request in base64 at the end of the address.

    Source: RFC 6960, appendix A.1; RFC 5019, section 5.
    """
    raw = request.scope.get("raw_path") or request.url.path.encode()
    text = unquote_to_bytes(raw.partition(f"{OCSP_PATH}/".encode())[2])
    try:
        der = base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except binascii.Error:
        der = b""
    return await _answered(der, responder, cache=_CACHED)


@get("/jpki/crl/{name:str}", opt=_OPT, include_in_schema=False)
async def full_list(
    request: AnyRequest, name: FromPath[str], publisher: Given[Publisher], clock: LawClock
) -> Response[bytes]:
    """The full list of an authority, `signing-1.crl`."""
    return _list(request, await publisher.list_of(_stem(name, ".crl")), clock.now())


@get("/jpki/crl/{authority:str}/{name:str}", opt=_OPT, include_in_schema=False)
async def town_list(
    request: AnyRequest,
    authority: FromPath[str],
    name: FromPath[str],
    publisher: Given[Publisher],
    clock: LawClock,
) -> Response[bytes]:
    """One municipality's list of an authority, `signing-1/011002.crl`."""
    town = _stem(name, ".crl")
    if town == FULL:
        raise _no_list(authority)
    return _list(request, await publisher.list_of(authority, town), clock.now())


@get("/jpki/authorities/{name:str}", opt=_OPT, include_in_schema=False)
async def authority_certificate(
    request: AnyRequest, name: FromPath[str], db: Db
) -> Response[bytes]:
    """The certificate of one generation of an authority, `signing-1.cer`."""
    wanted = _stem(name, ".cer")
    async with db.transaction(read_only=True) as tx:
        known = await store.authorities(tx)
    for authority in known:
        if authority.id == wanted:
            der = authority.certificate.public_bytes(Encoding.DER)
            return _cacheable(request, der, "application/pkix-cert", {"cache-control": _CACHED})
    raise _no_list(wanted)


ROUTES: Final = (ask, ask_by_address, full_list, town_list, authority_certificate)


async def _answered(der: bytes, responder: Responder, *, cache: str) -> Response[bytes]:
    """An answer or, with the same status, the word why there is none."""
    try:
        said = await responder.answer(der)
    except OcspRefusal as refused:
        said, cache = answers.refusal(refused.status), "no-store"
    except Exception as error:  # noqa: BLE001  # an edge: callers read OCSP, not problems
        record_incident(error)
        said, cache = answers.refusal(OCSPResponseStatus.INTERNAL_ERROR), "no-store"
    return Response(said, media_type=SAYS, headers={"cache-control": cache, **_KEPT_OUT})


def _list(request: AnyRequest, found: PublishedList, now: datetime) -> Response[bytes]:
    left = int((found.next_update - now).total_seconds())
    headers = {
        "cache-control": f"public, max-age={max(0, min(left, _LISTS_KEPT))}",
        "last-modified": _http_date(found.this_update),
        "expires": _http_date(found.next_update),
    }
    return _cacheable(request, found.list, "application/pkix-crl", headers)


def _cacheable(
    request: AnyRequest, content: bytes, media_type: str, headers: dict[str, str]
) -> Response[bytes]:
    """The content, or only the word that the caller has it already."""
    tag = f'"{sha256(content).hexdigest()[:32]}"'
    headers = {**headers, "etag": tag, **_KEPT_OUT}
    known = request.headers.get("if-none-match", "")
    if tag in known or known.strip() == "*":
        return Response(b"", status_code=304, media_type=media_type, headers=headers)
    return Response(content, media_type=media_type, headers=headers)


def _stem(name: str, suffix: str) -> str:
    if not name.endswith(suffix):
        raise _no_list(name)
    return name.removesuffix(suffix)


def _no_list(name: str) -> NoSuchListError:
    return NoSuchListError(
        "この名前の失効情報や認証局の証明書は公表していません。認証局の名前（例 signing-1）と"
        "団体コード（6桁）を確かめてください。失効した電子証明書がない団体の一覧はありません。",
        name=name[:60],
    )


def _http_date(moment: datetime) -> str:
    return format_datetime(moment.astimezone(UTC), usegmt=True)
