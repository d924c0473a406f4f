"""Refusals that several parts of the policy evaluation share."""

from collections.abc import Sequence

from jichitai.kernel.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError


class FaultyEntryError(InvalidError):
    """Something that was filled in breaks a rule; `faults` names each field with its message."""

    type = "evaluation.faulty-entry"
    title = "入力に誤りがあります"

    def __init__(self, faults: Sequence[tuple[str, str]]) -> None:
        """Take (field, message) pairs."""
        super().__init__(
            " ".join(message for _, message in faults),
            errors=[{"field": field, "detail": message} for field, message in faults],
        )
        self.faults = tuple(faults)


class UnknownRecordError(NotFoundError):
    """No such record of the evaluation, or not at that time."""

    type = "evaluation.unknown-record"
    title = "該当する記録がありません"


class StaleEditError(ConflictError):
    """Somebody else changed the record since it was opened."""

    type = "evaluation.stale-edit"
    title = "ほかの人が先に変更しました"


class SamePersonError(ForbiddenError):
    """Who wrote something may not approve it."""

    type = "evaluation.same-person"
    title = "作成した人は承認できません"
