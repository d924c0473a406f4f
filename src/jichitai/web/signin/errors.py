"""Refusals of sign-in."""

from jichitai.kernel.errors import (
    ConflictError,
    InvalidError,
    NotFoundError,
    UnauthenticatedError,
)


class NotProvenError(UnauthenticatedError):
    """本人確認の失敗: the answer of the passkey does not fit."""

    type = "web.sign-in.not-proven"
    title = "本人確認ができませんでした"


class SuspectPasskeyError(UnauthenticatedError):
    """複製のおそれ: the passkey's counter went back, so a copy may exist."""

    type = "web.sign-in.suspect-passkey"
    title = "このパスキーは使用を止めました"

    def __init__(self, detail: str, *, passkey: str, credential_id: bytes) -> None:
        """Keep the credential beside the facts, which are public."""
        super().__init__(detail)
        self.passkey = passkey
        self.credential_id = credential_id


class BadInvitationError(InvalidError):
    """無効な招待: the one-time code is wrong, used or too old."""

    type = "web.sign-in.bad-invitation"
    title = "登録コードを使えません"


class LastPasskeyError(ConflictError):
    """最後のパスキー: without it nobody could sign in to the account."""

    type = "web.sign-in.last-passkey"
    title = "最後のパスキーは取り消せません"


class KnownPasskeyError(ConflictError):
    """登録済み: the passkey belongs to an account already."""

    type = "web.sign-in.known-passkey"
    title = "このパスキーは登録済みです"


class NoSuchPasskeyError(NotFoundError):
    """パスキーなし: the account has no such passkey."""

    type = "web.sign-in.no-such-passkey"
    title = "パスキーが見つかりません"


class NoSuchPersonaError(NotFoundError):
    """登場人物なし: no persona has this id."""

    type = "web.sign-in.no-such-persona"
    title = "その登場人物はいません"
