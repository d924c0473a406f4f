"""Refusals of the OpenID provider, of the registry and of a sign-in with the card."""

from typing import ClassVar

from jichitai.kernel.errors import (
    ConflictError,
    ForbiddenError,
    InvalidError,
    JichitaiError,
    NotFoundError,
    UnauthenticatedError,
)


class OpenIdError(JichitaiError):
    """A refusal that OAuth 2.0 and OpenID Connect have a code for."""

    error: ClassVar[str] = "invalid_request"
    status: ClassVar[int] = 400


class BadRequestError(OpenIdError, InvalidError):
    """要求の誤り: a parameter is missing, said twice, or not of the agreed form."""

    type = "jpki.signin.invalid-request"
    title = "サインインの要求に誤りがあります"


class UnsupportedResponseError(OpenIdError, InvalidError):
    """方式の誤り: only the code flow is offered."""

    type = "jpki.signin.unsupported-response-type"
    title = "この方式のサインインは行っていません"
    error = "unsupported_response_type"


class BadScopeError(OpenIdError, InvalidError):
    """範囲の誤り: the party is not registered for an item that it asks for."""

    type = "jpki.signin.invalid-scope"
    title = "登録されていない情報が求められています"
    error = "invalid_scope"


class CardNeededError(OpenIdError, ForbiddenError):
    """カードが必要: the party forbids any page, but every sign-in takes the card and its PIN.

    Source: 公的個人認証法 第36条の2.
    """

    type = "jpki.signin.login-required"
    title = "カードでの確認が必要です"
    error = "login_required"


class RequestObjectError(OpenIdError, InvalidError):
    """Request objects are not taken; requests are pushed instead."""

    type = "jpki.signin.request-not-supported"
    title = "request には対応していません"
    error = "request_not_supported"


class BadRequestUriError(OpenIdError, InvalidError):
    """A pushed request that is unknown, used, too old, or another party's."""

    type = "jpki.signin.invalid-request-uri"
    title = "このサインインの要求は使えません"
    error = "invalid_request_uri"


class DeniedError(OpenIdError, ForbiddenError):
    """取りやめ: the person went back without signing in."""

    type = "jpki.signin.access-denied"
    title = "本人がサインインを取りやめました"
    error = "access_denied"


class BadPartyError(OpenIdError, UnauthenticatedError):
    """証明の失敗: the assertion does not prove a registered party."""

    type = "jpki.signin.invalid-client"
    title = "相手先のシステムを確認できません"
    error = "invalid_client"
    status = 401


class BadGrantError(OpenIdError, InvalidError):
    """A code that is unknown, used, too old, another's, or without the right proof of its origin."""

    type = "jpki.signin.invalid-grant"
    title = "認可コードが使えません"
    error = "invalid_grant"


class UnsupportedGrantError(OpenIdError, InvalidError):
    """Only authorization_code is taken."""

    type = "jpki.signin.unsupported-grant-type"
    title = "この方式では発行できません"
    error = "unsupported_grant_type"


class BadAccessTokenError(OpenIdError, UnauthenticatedError):
    """無効なトークン: unknown, ended, or none at all."""

    type = "jpki.signin.invalid-token"
    title = "アクセストークンが無効です"
    error = "invalid_token"
    status = 401


class StrangeAddressError(InvalidError):
    """戻り先の違い: the browser cannot be sent back, because the address is not registered."""

    type = "jpki.signin.strange-address"
    title = "サインインを始められません"


class UnknownPartyError(NotFoundError):
    """登録なし: no relying party has this id, or it may not be used now."""

    type = "jpki.signin.unknown-party"
    title = "登録されていない相手先です"


class StaleLoginError(NotFoundError):
    """手続なし: the sign-in is unknown, ended or too old."""

    type = "jpki.signin.stale"
    title = "このサインインの手続は終わっています"


class OtherBrowserError(ForbiddenError):
    """別のブラウザー: the sign-in was begun in another browser."""

    type = "jpki.signin.other-browser"
    title = "別のブラウザーで始めたサインインです"


class UsedChallengeError(ConflictError):
    """使用済み: the card's question was answered before, or has waited too long."""

    type = "jpki.signin.used-challenge"
    title = "この確認は一度使われたか、時間切れです"


class WrongPurposeError(InvalidError):
    """用途違い: the answer is for another use of the card than was asked for."""

    type = "jpki.signin.wrong-purpose"
    title = "求めた電子証明書と違う種類の回答です"


class CardCancelledError(ConflictError):
    """中止: the holder closed the card's page, or its PIN is blocked."""

    type = "jpki.signin.card-cancelled"
    title = "カードの操作が終わりませんでした"


class ClosedAccountError(ForbiddenError):
    """利用停止: the certificate is good, but its holder's account has been stopped."""

    type = "jpki.signin.closed-account"
    title = "このアカウントは利用を止めています"


class BadRegistrationError(InvalidError):
    """登録の誤り: a relying party cannot be registered like this."""

    type = "jpki.signin.bad-registration"
    title = "相手先を登録できません"


class SectorTakenError(ConflictError):
    """Two bodies with one sector could put together what they know of a person."""

    type = "jpki.signin.sector-taken"
    title = "このセクターは別の団体が使っています"


class NotRehearsedError(ConflictError):
    """接続試験の不足: the party has not shown yet that it works and refuses what is wrong."""

    type = "jpki.signin.not-rehearsed"
    title = "接続試験が終わっていません"
