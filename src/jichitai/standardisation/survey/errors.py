"""Refusals of the survey of the migration."""

from jichitai.kernel.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError


class UnknownRoundError(NotFoundError):
    """There is no such round."""

    type = "standardisation.unknown-round"
    title = "この調査はありません"


class UnknownAnswerError(NotFoundError):
    """The body has not answered that."""

    type = "standardisation.unknown-answer"
    title = "この回答はありません"


class BadRoundError(InvalidError):
    """The round cannot be asked like that."""

    type = "standardisation.bad-round"
    title = "調査の内容に誤りがあります"


class RoundStatusError(ConflictError):
    """The round does not stand where this can be done."""

    type = "standardisation.round-status"
    title = "この調査では今はできません"


class BodyNotAskedError(ForbiddenError):
    """The body is not among those that the round asks."""

    type = "standardisation.not-asked"
    title = "この団体は調査の対象ではありません"


class BadAnswerError(InvalidError):
    """An answer with faults; its facts name them field by field."""

    type = "standardisation.bad-answer"
    title = "回答に直すところがあります"


class ForeignAnswerError(ForbiddenError):
    """A message about a body that its signer does not speak for."""

    type = "standardisation.foreign-answer"
    title = "この団体の通知として受け取れません"


class BadCheckError(InvalidError):
    """A finding that lacks what the member needs to act on it."""

    type = "standardisation.bad-check"
    title = "確認の内容に誤りがあります"


class AlreadyCheckedError(ConflictError):
    """Somebody else looked at the answer meanwhile, or a newer one came."""

    type = "standardisation.already-checked"
    title = "この回答はほかの人が確認したか、新しい回答が届いています"
