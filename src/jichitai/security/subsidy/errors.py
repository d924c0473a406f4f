"""Refusals of the subsidy."""

from collections.abc import Sequence

from jichitai.kernel.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError


class PaperRefusedError(InvalidError):
    """A paper breaks a rule of the subsidy, or its figures do not add up.

    `faults` names each field with its message.
    """

    type = "security.subsidy-paper-refused"
    title = "この書類は提出できません"

    def __init__(self, faults: Sequence[tuple[str, str]]) -> None:
        """Take (field, message) pairs."""
        super().__init__(
            " ".join(message for _, message in faults),
            errors=[{"field": field, "message": message} for field, message in faults],
        )
        self.faults = tuple(faults)


class UnknownCaseError(NotFoundError):
    """No such case, call, paper or review here."""

    type = "security.unknown-subsidy-case"
    title = "該当する補助金の書類がありません"


class WrongStepError(ConflictError):
    """The case is at another step; this paper cannot come next."""

    type = "security.subsidy-wrong-step"
    title = "今の段階ではこの書類を出せません"


class SamePersonError(ForbiddenError):
    """Who drafted a paper may not approve it."""

    type = "security.subsidy-same-person"
    title = "起案した人は決裁できません"


class BudgetExceededError(ConflictError):
    """More would be granted than the budget of the call has left."""

    type = "security.subsidy-budget-exceeded"
    title = "予算の残りを超えます"


class FileChangedError(ConflictError):
    """Another paper came into the file since this one was drafted."""

    type = "security.subsidy-file-changed"
    title = "書類綴が更新されています"
