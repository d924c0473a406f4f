"""Refusals of a question. None of them tells anything about a person."""

from jichitai.kernel.errors import ConflictError, ForbiddenError, InvalidError, TooManyError


class UnknownOrganError(ForbiddenError):
    """利用機関なし: no such body is registered."""

    type = "jukinet.unknown-organ"
    title = "登録されていない利用機関です"


class SuspendedOrganError(ForbiddenError):
    """利用停止: the body may not ask now."""

    type = "jukinet.suspended-organ"
    title = "利用を停止されている機関です"


class UnknownOperatorError(ForbiddenError):
    """操作者なし: the body has registered no such operator."""

    type = "jukinet.unknown-operator"
    title = "登録されていない操作者です"


class SuspendedOperatorError(ForbiddenError):
    """操作者停止: the operator may not ask now."""

    type = "jukinet.suspended-operator"
    title = "利用を停止されている操作者です"


class AffairNotAllowedError(ForbiddenError):
    """事務の登録なし: the body is not registered for this affair."""

    type = "jukinet.affair-not-allowed"
    title = "この機関に認められていない事務です"


class KeyNotAllowedError(ForbiddenError):
    """キー不可: the affair may not look for persons by this key."""

    type = "jukinet.key-not-allowed"
    title = "この事務では使えないキーです"


class FieldNotAllowedError(ForbiddenError):
    """項目不可: the affair may not learn this field."""

    type = "jukinet.field-not-allowed"
    title = "この事務では提供できない項目です"


class ReasonNotAllowedError(InvalidError):
    """理由不可: the reason does not belong to the affair."""

    type = "jukinet.reason-not-allowed"
    title = "この事務では使えない照会の理由です"


class BatchNotAllowedError(ForbiddenError):
    """一括不可: the affair is answered one by one only."""

    type = "jukinet.batch-not-allowed"
    title = "一括では照会できない事務です"


class InvalidReferenceError(InvalidError):
    """整理番号の誤り: the reference number is empty, too long, or may be a number of a person."""

    type = "jukinet.invalid-reference"
    title = "整理番号が正しくありません"


class InvalidKeyError(InvalidError):
    """キーの誤り: not exactly one kind of key, or a malformed one."""

    type = "jukinet.invalid-key"
    title = "照会のキーが正しくありません"


class QuotaExhaustedError(TooManyError):
    """上限: the body has asked as often today as it may."""

    type = "jukinet.quota-exhausted"
    title = "1日に照会できる件数の上限に達しました"


class RepeatedBatchError(ConflictError):
    """再送: a batch of this request number was answered before."""

    type = "jukinet.repeated-batch"
    title = "この要求番号の一括照会には既に回答しています"


class MissingOperatorError(InvalidError):
    """操作者番号なし: the program did not say for which operator it asks."""

    type = "jukinet.missing-operator"
    title = "操作者番号がありません"


class OtherOperatorError(ForbiddenError):
    """他の操作者: an officer named another operator."""

    type = "jukinet.other-operator"
    title = "他の操作者として照会することはできません"
