"""Refusals of 照会と督促."""

from jichitai.kernel.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError


class NotYourMemberError(ForbiddenError):
    """A prefecture asked for a body outside it."""

    type = "correspondence.not-your-member"
    title = "この団体の記録は見られません"


class BadContactError(InvalidError):
    """An office that letters cannot go to."""

    type = "correspondence.bad-contact"
    title = "連絡先に誤りがあります"


class BadDayError(InvalidError):
    """A last day that no letter can name."""

    type = "correspondence.bad-day"
    title = "期限に誤りがあります"


class NothingToSendError(ConflictError):
    """Nobody is left to remind."""

    type = "correspondence.nobody-to-remind"
    title = "督促する団体がありません"


class UnknownUploadError(NotFoundError):
    """No such file waits to be written."""

    type = "correspondence.unknown-upload"
    title = "取込み待ちのファイルがありません"


class StillReadingError(ConflictError):
    """The file was handed in, but is not read."""

    type = "correspondence.still-reading"
    title = "このファイルはまだ読み取られていません"


class AlreadyAppliedError(ConflictError):
    """The file was written already."""

    type = "correspondence.upload-applied"
    title = "このファイルは取込み済みです"
