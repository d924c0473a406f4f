"""Refusals as HTTP answers: RFC 9457 problems for programs, a page for people.

This is the only place where an exception becomes an answer. Nothing of an unexpected exception's
text reaches the caller or the log: only its class, where it was raised, and an incident number.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote
from uuid import uuid4

import msgspec
import psycopg
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.response import Redirect
from litestar.types import ExceptionHandlersMap, Scope
from psycopg_pool import PoolTimeout

from jichitai.infra.logs import where
from jichitai.kernel.errors import (
    ConflictError,
    ForbiddenError,
    InvalidError,
    JichitaiError,
    NotFoundError,
    TooLargeError,
    TooManyError,
    UnauthenticatedError,
    UnavailableError,
)
from jichitai.web.frame import page
from jichitai.web.sessions import SessionLockedError
from jichitai.web.validation import malformed

MEDIA_TYPE: Final = "application/problem+json"
ERROR_PAGE: Final = "pages/error.html"
ARRIVAL_PAGE: Final = "pages/arrival.html"
SIGN_IN_PATH: Final = "/sign-in"

_STATUS: Final[Mapping[type[JichitaiError], HTTPStatus]] = {
    InvalidError: HTTPStatus.UNPROCESSABLE_ENTITY,
    UnauthenticatedError: HTTPStatus.UNAUTHORIZED,
    ForbiddenError: HTTPStatus.FORBIDDEN,
    NotFoundError: HTTPStatus.NOT_FOUND,
    ConflictError: HTTPStatus.CONFLICT,
    TooLargeError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    TooManyError: HTTPStatus.TOO_MANY_REQUESTS,
    UnavailableError: HTTPStatus.SERVICE_UNAVAILABLE,
}

_log = structlog.get_logger("jichitai.web")


class UnreadableError(InvalidError):
    """読み取り不能: the body is no JSON, or no form, at all (400)."""

    type = "web.unreadable"
    title = "データを読み取れません"


class BodyTooLargeError(TooLargeError):
    """本文超過: the body is larger than this route takes."""

    type = "web.body-too-large"
    title = "送られたデータが大きすぎます"


class NoSuchPageError(NotFoundError):
    """該当なし: no route has this path."""

    type = "web.no-such-page"
    title = "ページが見つかりません"


class WrongMethodError(InvalidError):
    """メソッド違い: the path exists, but not for this method (405)."""

    type = "web.wrong-method"
    title = "この呼び出し方はできません"


class WrongMediaTypeError(InvalidError):
    """媒体型違い: the body is of a kind that this route does not take (415)."""

    type = "web.wrong-media-type"
    title = "このデータ形式は受け取れません"


class DatabaseAwayError(UnavailableError):
    """データベース停止: the database does not answer."""

    type = "web.database-away"
    title = "今は記録を読み書きできません"


class UnexpectedError(JichitaiError):
    """想定外: a fault of the program; its text stays inside (500)."""

    type = "web.unexpected"
    title = "処理の途中で問題が起きました"


_FRAMEWORK: Final[Mapping[int, tuple[type[JichitaiError], str]]] = {
    400: (
        UnreadableError,
        "データを読み取れませんでした。形式が壊れているため、何も変更していません。形式を確かめて、送り直してください。",
    ),
    401: (UnauthenticatedError, "本人確認ができていません。サインインしてからやり直してください。"),
    403: (ForbiddenError, "この操作は許可されていません。必要なときは管理者に相談してください。"),
    404: (
        NoSuchPageError,
        "この場所には何もありません。アドレスが古いか、間違っている可能性があります。最初のページから進んでください。",
    ),
    405: (
        WrongMethodError,
        "この場所はその呼び出し方に対応していません。Allow ヘッダーにある方法で呼び出してください。",
    ),
    413: (
        BodyTooLargeError,
        "送られたデータがこの機能の上限を超えています。受け取らず、何も変更していません。データを分けて送ってください。",
    ),
    415: (
        WrongMediaTypeError,
        "このデータ形式は受け取れません。仕様書にある形式で送り直してください。",
    ),
    429: (TooManyError, "短い時間に回数が多すぎます。少し待ってからやり直してください。"),
    503: (UnavailableError, "今は処理できません。少し待ってからやり直してください。"),
}


def status_of(error: JichitaiError) -> HTTPStatus:
    """The HTTP status of a refusal, from its kind."""
    return next(
        (status for kind, status in _STATUS.items() if isinstance(error, kind)),
        HTTPStatus.INTERNAL_SERVER_ERROR,
    )


def problem(
    error: JichitaiError, *, instance: str, status: HTTPStatus | None = None
) -> dict[str, object]:
    """A refusal as the members of a problem document.

    Source: RFC 9457, section 3.
    """
    return {
        **error.facts,
        "type": f"/problems/{error.type}",
        "title": error.title,
        "status": int(status or status_of(error)),
        "detail": error.detail,
        "instance": instance,
    }


def wants_html(scope: Scope) -> bool:
    """Whether a person in a browser waits for the answer, not a program."""
    if scope["path"].startswith(("/api/", "/oauth/", "/.well-known/")):
        return False
    accept = next((value for name, value in scope["headers"] if name == b"accept"), b"")
    return b"text/html" in accept


def instance_of(scope: Scope) -> str:
    """Name of one occurrence: the request's number, never its path or query."""
    return f"urn:uuid:{scope.get('state', {}).get('request_id') or uuid4()}"


def answer(
    request: Request[Any, Any, Any],
    error: JichitaiError,
    *,
    status: HTTPStatus | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response[Any]:
    """The answer to a refused request, as a page or a problem document."""
    code = status or status_of(error)
    extra = {"cache-control": "no-store", **_retry(error), **(headers or {})}
    if not wants_html(request.scope):
        if code is HTTPStatus.UNAUTHORIZED:
            extra.setdefault("www-authenticate", "Bearer")
        body = problem(error, instance=instance_of(request.scope), status=code)
        return Response(
            msgspec.json.encode(body, enc_hook=str),
            status_code=code,
            media_type=MEDIA_TYPE,
            headers=extra,
        )
    if code is HTTPStatus.UNAUTHORIZED and not request.url.path.startswith(SIGN_IN_PATH):
        if _comes_from_elsewhere(request):
            return _once_more(request, extra)
        return Redirect(_sign_in_url(request, error), status_code=303, headers=extra)
    context = {
        "status": int(code),
        "head": error.title,
        "detail": error.detail,
        "number": instance_of(request.scope).removeprefix("urn:uuid:"),
        "fields": error.facts.get("errors", ()),
    }
    return page(request, ERROR_PAGE, context, status=code, headers=extra)


def _comes_from_elsewhere(request: Request[Any, Any, Any]) -> bool:
    """Whether a person followed a link of another site, so that the browser kept our cookie back."""
    headers = request.headers
    navigates = headers.get("sec-fetch-mode") == "navigate" and request.method == "GET"
    without = request.app.state.cookies.session not in request.cookies
    return navigates and without and headers.get("sec-fetch-site") == "cross-site"


def _once_more(request: Request[Any, Any, Any], headers: Mapping[str, str]) -> Response[Any]:
    """Open the same address again from a page of our own: then the cookie comes (SameSite=Strict)."""
    query = request.scope["query_string"].decode("ascii", "replace")
    place = quote(request.url.path, safe="/") + (f"?{quote(query, safe='=&%+')}" if query else "")
    found = {"place": place}
    return page(request, ARRIVAL_PAGE, found, headers={**headers, "refresh": f"0; url={place}"})


def _retry(error: JichitaiError) -> dict[str, str]:
    seconds = error.facts.get("retry_after")
    return {"retry-after": str(seconds)} if isinstance(seconds, int) else {}


def _sign_in_url(request: Request[Any, Any, Any], error: JichitaiError) -> str:
    remembered = isinstance(error, SessionLockedError)
    if remembered or request.method != "GET" or request.url.path == "/":
        return SIGN_IN_PATH
    return f"{SIGN_IN_PATH}?return={quote(request.url.path, safe='/')}"


def _on_refusal(request: Request[Any, Any, Any], error: JichitaiError) -> Response[Any]:
    return answer(request, error)


def _on_framework(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    status = HTTPStatus(error.status_code)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR and status not in _FRAMEWORK:
        return _on_unexpected(request, error)
    refusal, detail = _FRAMEWORK.get(status, _FRAMEWORK[400])
    return answer(request, refusal(detail), status=status, headers=error.headers)


def _on_validation(request: Request[Any, Any, Any], error: ValidationException) -> Response[Any]:
    return answer(request, malformed(error.extra))


def _on_depth(request: Request[Any, Any, Any], error: RecursionError) -> Response[Any]:
    """Nesting without end in a body is the caller's mistake, anywhere else it is ours."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None or not str(trace.tb_frame.f_globals.get("__name__")).startswith("litestar."):
        return _on_unexpected(request, error)
    return answer(request, malformed(()))


def _on_database(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    _log.warning("web.database-away", error=type(error).__name__)
    refusal = DatabaseAwayError(
        "データベースが応答しないため、処理を受け付けられませんでした。何も変更していません。"
        "数秒待ってからやり直してください。",
        retry_after=5,
    )
    return answer(request, refusal)


def _on_unexpected(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    incident = record_incident(error)
    refusal = UnexpectedError(
        "プログラムの側で問題が起きたため、処理を中止しました。変更は取り消されています。"
        f"続くときは、番号 {incident} を添えて運用担当者に知らせてください。",
        incident=incident,
    )
    return answer(request, refusal, status=HTTPStatus.INTERNAL_SERVER_ERROR)


def record_incident(error: BaseException) -> str:
    """Log an unexpected exception without its text, and give its number.

    Args:
        error: what was raised. Its message and values are not read: they may hold personal data.
    """
    incident = uuid4().hex[:12]
    _log.error("web.unexpected", incident=incident, **where(error))
    return incident


HANDLERS: Final[ExceptionHandlersMap] = {
    JichitaiError: _on_refusal,
    ValidationException: _on_validation,
    RecursionError: _on_depth,
    HTTPException: _on_framework,
    psycopg.OperationalError: _on_database,
    PoolTimeout: _on_database,
    Exception: _on_unexpected,
}


def refused(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """The answer to an exception, by the handlers above; for what runs outside the framework."""
    handler = next(one for kind, one in HANDLERS.items() if isinstance(error, kind))  # type: ignore[arg-type]
    response: Response[Any] = handler(request, error)
    return response
