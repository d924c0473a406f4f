"""Refusals that several parts of 情報セキュリティ share."""

from jichitai.kernel.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError


class NotYourBodyError(ForbiddenError):
    """A body tried to act or answer for another one."""

    type = "security.not-your-body"
    title = "ほかの団体に代わって操作することはできません"


class UnknownDocumentError(NotFoundError):
    """The record does not exist, or not for this body."""

    type = "security.unknown-document"
    title = "該当する記録がありません"


class StaleEditError(ConflictError):
    """Somebody else changed the record since it was opened."""

    type = "security.stale-edit"
    title = "ほかの人が先に変更しました"


class BadUploadError(InvalidError):
    """A file cannot be taken in."""

    type = "security.bad-upload"
    title = "このファイルは取り込めません"


class MailRefusedError(ConflictError):
    """A letter could not be handed to the mail server."""

    type = "security.mail-refused"
    title = "メールを送れませんでした"
