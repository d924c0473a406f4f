"""Refusals of the network: one class per reason."""

from jichitai.kernel.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError


class InvalidMessageError(InvalidError):
    """The body does not have the agreed form."""

    type = "jukinet.invalid-message"
    title = "電文の内容が正しくありません"


class UnknownKindError(InvalidError):
    """No such kind of message, or not in this version."""

    type = "jukinet.unknown-kind"
    title = "扱えない種類の電文です"


class WrongOriginError(ForbiddenError):
    """A party speaks for a town that it is not."""

    type = "jukinet.wrong-origin"
    title = "他の団体についての電文です"


class WrongReceiverError(ForbiddenError):
    """The message belongs to another receiver."""

    type = "jukinet.wrong-receiver"
    title = "宛先の違う電文です"


class NumberOfAnotherPersonError(ConflictError):
    """個人番号 that the records show with another person."""

    type = "jukinet.number-of-another-person"
    title = "個人番号が別の人の記録にあります"


class CodeOfAnotherPersonError(ConflictError):
    """住民票コード that the records show with another person."""

    type = "jukinet.code-of-another-person"
    title = "住民票コードが別の人の記録にあります"


class UnknownRequestError(NotFoundError):
    """An answer to a question that was not asked."""

    type = "jukinet.unknown-request"
    title = "対応する要求がありません"


class UnknownPersonError(NotFoundError):
    """No person with this 住民票コード."""

    type = "jukinet.unknown-person"
    title = "該当する人の記録がありません"


class NumberExhaustedError(ConflictError):
    """No free number was found within the allowed attempts."""

    type = "jukinet.number-exhausted"
    title = "番号を割り当てられません"


class UnknownTownError(NotFoundError):
    """No such municipality in this tier."""

    type = "jukinet.unknown-town"
    title = "団体が見つかりません"


class WrongTownNameError(InvalidError):
    """The town's name that was typed for confirmation differs."""

    type = "jukinet.wrong-town-name"
    title = "入力した団体名が一致しません"


class SamePersonError(ForbiddenError):
    """The one who asked may not confirm."""

    type = "jukinet.same-person"
    title = "要求した本人は確認できません"


class LinkStateError(ConflictError):
    """The link already is in the wanted state, or a request is waiting."""

    type = "jukinet.link-state"
    title = "回線の状態と合わない操作です"


class UnknownCaseError(NotFoundError):
    """No such case, or it is closed."""

    type = "jukinet.unknown-case"
    title = "該当する不一致の案件がありません"


class LoadRefusedError(ConflictError):
    """An initial file that may not be loaded: signature, content, or the town is in already."""

    type = "jukinet.load-refused"
    title = "初期データを取り込めません"
