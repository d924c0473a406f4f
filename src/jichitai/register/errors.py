"""Refusals of the resident register."""

from jichitai.kernel.errors import (
    ConflictError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
)


class FormRefusedError(InvalidError):
    """The form has errors, which block 本登録."""

    type = "register.form-refused"
    title = "届出の内容に誤りがあります"


class AlertNeedsReasonError(InvalidError):
    """An alert may be passed only with a written reason."""

    type = "register.alert-needs-reason"
    title = "確認が必要な項目に理由が書かれていません"


class SearchTooWideError(InvalidError):
    """A search without conditions, or without the reason that the record of searches needs."""

    type = "register.search-too-wide"
    title = "検索の条件が足りません"


class StockRefusedError(InvalidError):
    """A delivery of 住民票コード that was delivered before with other contents."""

    type = "register.stock-refused"
    title = "住民票コードの指定を受け入れられません"


class UnknownResidentError(NotFoundError):
    """No such line in the register of this municipality."""

    type = "register.unknown-resident"
    title = "該当する住民がいません"


class UnknownHouseholdError(NotFoundError):
    """No such household in this municipality."""

    type = "register.unknown-household"
    title = "該当する世帯がありません"


class UnknownEntryError(NotFoundError):
    """No such entry (仮登録) in this municipality."""

    type = "register.unknown-entry"
    title = "該当する受付がありません"


class EntryReusedError(ConflictError):
    """The entry's id was used before for another form."""

    type = "register.entry-reused"
    title = "同じ受付の識別子で内容の違う届出があります"


class EntryStateError(ConflictError):
    """The entry is not in a state that allows this step."""

    type = "register.entry-state"
    title = "この受付は今の状態ではその操作ができません"


class EntryChangedError(ConflictError):
    """The entry or the register changed after the screen was opened."""

    type = "register.entry-changed"
    title = "画面を開いた後に内容が変わりました"


class BeingEditedError(ConflictError):
    """Another entry holds the person."""

    type = "register.being-edited"
    title = "ほかの人が入力中です"


class ConflictingCodeError(ConflictError):
    """A second live record with one 住民票コード, or a number that belongs to somebody else."""

    type = "register.conflicting-code"
    title = "同じ番号の住民票があります"


class OwnEntryError(ForbiddenError):
    """The one who entered may not approve (審査は入力した人以外が行う)."""

    type = "register.own-entry"
    title = "自分が入力した届出は本登録できません"


class NotYourEntryError(ForbiddenError):
    """Only the one who entered may change the entry; otherwise nobody else could approve it."""

    type = "register.not-your-entry"
    title = "ほかの人が入力した届出は変更できません"
