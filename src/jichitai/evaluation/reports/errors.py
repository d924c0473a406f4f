"""What a report refuses."""

from jichitai.kernel.errors import (
    ConflictError,
    ForbiddenError,
    InvalidError,
    JichitaiError,
    NotFoundError,
)


class BrokenDocumentError(JichitaiError):
    """A document contradicts itself: a defect of the program, never of an officer."""

    type = "evaluation.report-broken"
    title = "評価書の中で数値が食い違っています"


class UnknownReportError(NotFoundError):
    """No such report, edition, part or file."""

    type = "evaluation.report-unknown"
    title = "この評価書はありません"


class UnknownPartError(NotFoundError):
    """The form has no such part."""

    type = "evaluation.report-part-unknown"
    title = "評価書にこの項目はありません"


class ReportExistsError(ConflictError):
    """The report of the fiscal year was begun before."""

    type = "evaluation.report-exists"
    title = "この年度の評価書は作り始めています"


class ReferenceFaultError(InvalidError):
    """A text refers to a figure that cannot be found."""

    type = "evaluation.report-reference"
    title = "文の中の数値の参照に誤りがあります"


class StaleTextError(ConflictError):
    """Somebody saved the part meanwhile."""

    type = "evaluation.report-text-stale"
    title = "ほかの人がこの項目を先に保存しました"


class LockedTextError(ConflictError):
    """The report waits for a decision."""

    type = "evaluation.report-locked"
    title = "決裁の途中なので書き換えられません"


class WrongStageError(ConflictError):
    """The stage of the report forbids the step."""

    type = "evaluation.report-wrong-stage"
    title = "今の段階ではこの操作はできません"


class UnfinishedReportError(ConflictError):
    """Something that the law or the form asks for is missing."""

    type = "evaluation.report-unfinished"
    title = "評価書にまだ足りないところがあります"


class OwnReportError(ForbiddenError):
    """Who wrote a report does not approve it."""

    type = "evaluation.report-own"
    title = "自分が書いた評価書は決裁できません"


class MissingReasonError(InvalidError):
    """A correction of a published report, or a return, needs its reason."""

    type = "evaluation.report-reason"
    title = "理由がありません"


class LateDayError(InvalidError):
    """The day is not over, or in the future."""

    type = "evaluation.report-day"
    title = "時点の日に誤りがあります"
