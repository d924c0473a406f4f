"""Refusals of 見守り."""

from jichitai.kernel.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError


class RevisionTakenError(ConflictError):
    """A report came with a number that another report of the same thing has."""

    type = "security.report-revision-taken"
    title = "同じ番号の別の報告が届いています"


class UnknownRoundError(NotFoundError):
    """No such survey round here."""

    type = "security.unknown-round"
    title = "この調査はありません"


class RoundStateError(ConflictError):
    """The survey round is not in the state that the deed needs."""

    type = "security.round-state"
    title = "今の調査の状態ではこの操作はできません"


class BadFormError(InvalidError):
    """A survey form that cannot be asked."""

    type = "security.bad-survey-form"
    title = "調査票に誤りがあります"


class BadAnswerError(InvalidError):
    """Answers that do not fit the form."""

    type = "security.bad-answer"
    title = "回答に誤りがあります"


class NotAskedError(ForbiddenError):
    """The survey does not ask this body."""

    type = "security.not-asked"
    title = "この調査の対象ではありません"


class UnknownFilterError(InvalidError):
    """A filter with a value that does not exist."""

    type = "security.unknown-filter"
    title = "絞り込みの値が正しくありません"
