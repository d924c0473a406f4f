"""Refusals that several parts of システム標準化 share."""

from jichitai.kernel.errors import ConflictError, InvalidError, NotFoundError


class UnknownDatasetError(NotFoundError):
    """No such data set, or not known at that time."""

    type = "standardisation.unknown-dataset"
    title = "該当する資料がありません"


class UnknownBusinessError(InvalidError):
    """None of the businesses has this key."""

    type = "standardisation.unknown-business"
    title = "該当する業務がありません"


class InvalidStepsError(InvalidError):
    """The states of the steps are not forty known characters."""

    type = "standardisation.invalid-steps"
    title = "ステップの状態が読み取れません"


class InvalidReportError(InvalidError):
    """What a body reported contradicts itself or the business; nothing of it was written."""

    type = "standardisation.invalid-report"
    title = "報告の内容に矛盾があります"


class BackwardsError(InvalidError):
    """A figure goes backwards, and nobody says why."""

    type = "standardisation.backwards"
    title = "進んでいた作業が理由なく戻っています"


class DatasetTakenError(ConflictError):
    """The data set exists with other facts; what was told once stays."""

    type = "standardisation.dataset-taken"
    title = "同じ番号の資料が別の内容で登録されています"


class UnlikeCostsError(InvalidError):
    """Two costs that are not like for like are compared."""

    type = "standardisation.unlike-costs"
    title = "同じ条件の経費ではないため比べられません"
