"""Refusals of the token endpoint and of access tokens."""

from typing import ClassVar

from jichitai.kernel.errors import (
    ForbiddenError,
    InvalidError,
    JichitaiError,
    NotFoundError,
    UnauthenticatedError,
)


class TokenRefusedError(JichitaiError):
    """トークン不発行: an answer of the token endpoint (RFC 6749, section 5.2)."""

    error: ClassVar[str] = "invalid_request"
    status: ClassVar[int] = 400


class BadTokenRequestError(TokenRefusedError, InvalidError):
    """要求の誤り: a parameter is missing or said twice."""

    type = "web.oauth.invalid-request"
    title = "トークンの要求に誤りがあります"
    error = "invalid_request"


class UnsupportedGrantError(TokenRefusedError, InvalidError):
    """方式の誤り: only client_credentials is offered."""

    type = "web.oauth.unsupported-grant-type"
    title = "この方式では発行できません"
    error = "unsupported_grant_type"


class BadClientError(TokenRefusedError, UnauthenticatedError):
    """証明の失敗: the assertion does not prove a registered program."""

    type = "web.oauth.invalid-client"
    title = "利用機関のシステムを確認できません"
    error = "invalid_client"
    status = 401


class BadScopeError(TokenRefusedError, InvalidError):
    """範囲の誤り: the program is not registered for this scope."""

    type = "web.oauth.invalid-scope"
    title = "登録されていない範囲が指定されています"
    error = "invalid_scope"


class BadTokenError(UnauthenticatedError):
    """無効なトークン: forged, expired, for another audience, or its program is closed."""

    type = "web.oauth.invalid-token"
    title = "アクセストークンが無効です"


class MissingScopeError(ForbiddenError):
    """範囲不足: the token is good, but not for this."""

    type = "web.oauth.insufficient-scope"
    title = "アクセストークンの範囲が足りません"


class NoSuchClientError(NotFoundError):
    """登録なし: no program has this id."""

    type = "web.oauth.no-such-client"
    title = "登録されていないシステムです"
