"""Forged requests (CSRF): a token bound to the browser's cookie, and the origin of the request.

The token is a hash of the session cookie, or of the visit cookie before sign-in. Both cookies are
secret to scripts and to other sites, so only our own pages can print the token. Requests with a
bearer token carry no cookie's right and are exempt.
"""

import base64
import hashlib
import secrets
from typing import Any, Final
from urllib.parse import urlsplit

from litestar import Request
from litestar.enums import RequestEncodingType

from jichitai.kernel.errors import ForbiddenError

FIELD: Final = "_csrf_token"
HEADER: Final = "x-csrf-token"
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class ForgedRequestError(ForbiddenError):
    """偽造のおそれ: the request did not come from one of our own pages."""

    type = "web.forged-request"
    title = "画面の有効期限が切れました"


def token_for(cookie: str) -> str:
    """The token that belongs to a session or visit cookie."""
    digest = hashlib.sha256(b"jichitai csrf\0" + cookie.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


async def require(request: Request[Any, Any, Any], *, cookie: str | None, origin: str) -> None:
    """Let a changing request pass only when one of our own pages sent it.

    Args:
        request: the request; a form body is read and kept for the handler.
        cookie: value of the session cookie, or of the visit cookie.
        origin: our own origin, `https://host`.

    Raises:
        ForgedRequestError: another site sent it, or the token is absent or another's.
    """
    if not _from_ourselves(request, origin):
        raise _forged("別のサイトから送られた操作のため、受け付けませんでした。")
    given = request.headers.get(HEADER) or await _from_form(request)
    if cookie is None or given is None:
        raise _forged("画面を確かめる印が付いていないため、受け付けませんでした。")
    if not secrets.compare_digest(given.encode(), token_for(cookie).encode()):
        raise _forged("画面の印が今のサインインと合わないため、受け付けませんでした。")


def _forged(reason: str) -> ForgedRequestError:
    return ForgedRequestError(
        f"{reason}何も変更していません。画面を開き直して、もう一度操作してください。"
    )


def _from_ourselves(request: Request[Any, Any, Any], origin: str) -> bool:
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in {"same-origin", "none"}
    stated = request.headers.get("origin")
    if stated is None:
        return True
    return stated == origin or urlsplit(stated).netloc == request.headers.get("host")


async def _from_form(request: Request[Any, Any, Any]) -> str | None:
    kind, _ = request.content_type
    if kind not in {RequestEncodingType.URL_ENCODED, RequestEncodingType.MULTI_PART}:
        return None
    value = (await request.form()).get(FIELD)
    return value if isinstance(value, str) else None
