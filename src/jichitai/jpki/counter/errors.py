"""Refusals of the counter that issues chips."""

from jichitai.kernel.errors import (
    ConflictError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
)


class InsufficientDocumentsError(InvalidError):
    """The documents do not prove who stands at the counter."""

    type = "jpki.insufficient-documents"
    title = "本人確認書類が足りません"


class ApplicationRefusedError(InvalidError):
    """The application has errors; `fields` names them."""

    type = "jpki.application-refused"
    title = "申請の内容に誤りがあります"


class UnusablePhotoError(InvalidError):
    """A picture that cannot be the face on a card."""

    type = "jpki.unusable-photo"
    title = "この顔写真は使えません"


class WritingUnderWayError(ConflictError):
    """A chip for this resident is being written, or waits for its hand-over."""

    type = "jpki.writing-under-way"
    title = "この人のカードの手続が途中です"


class ChipInUseError(ConflictError):
    """The chip holds somebody's certificates."""

    type = "jpki.chip-in-use"
    title = "このカードは使われています"


class UnknownWritingError(NotFoundError):
    """No such writing, or another town's."""

    type = "jpki.unknown-writing"
    title = "書込みの手続がありません"


class TicketRefusedError(ForbiddenError):
    """The ticket is wrong, old, or was replaced by a newer one."""

    type = "jpki.ticket-refused"
    title = "書込みの券が使えません"


class WrongStageError(ConflictError):
    """The writing is at another stage."""

    type = "jpki.wrong-stage"
    title = "今の段階ではできない操作です"


class WrongChipError(ConflictError):
    """Another chip lies in the reader."""

    type = "jpki.wrong-chip"
    title = "別のカードです"


class OtherKeysError(ConflictError):
    """Keys were sent already, and these are others."""

    type = "jpki.other-keys"
    title = "別の鍵が既に送られています"


class NothingToReportError(ConflictError):
    """The resident has no certificate here that the report could end."""

    type = "jpki.nothing-to-report"
    title = "届出の対象になる電子証明書がありません"
