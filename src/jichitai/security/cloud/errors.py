"""Refusals of the register of security clouds."""

from collections.abc import Sequence

from jichitai.kernel.errors import ConflictError, InvalidError, NotFoundError


class CloudRefusedError(InvalidError):
    """What was entered about a cloud contradicts itself, or its prefecture.

    `faults` names each field with its message.
    """

    type = "security.cloud-refused"
    title = "セキュリティクラウドの記載に誤りがあります"

    def __init__(self, faults: Sequence[tuple[str, str]]) -> None:
        """Take (field, message) pairs."""
        super().__init__(
            " ".join(message for _, message in faults),
            errors=[{"field": field, "message": message} for field, message in faults],
        )
        self.faults = tuple(faults)


class UnknownCloudError(NotFoundError):
    """No cloud of this generation is registered for this prefecture."""

    type = "security.unknown-cloud"
    title = "この世代のセキュリティクラウドは登録されていません"


class NothingNewError(ConflictError):
    """This state has been reported already."""

    type = "security.cloud-reported-already"
    title = "前の報告から変わったところがありません"
