"""Refusals of daily figures."""

from jichitai.kernel.errors import ForbiddenError, InvalidError, NotFoundError


class UnknownMeasureError(NotFoundError):
    """No tier counts this."""

    type = "evaluation.unknown-measure"
    title = "この測定項目はありません"


class UnknownDimensionError(InvalidError):
    """The measure is not broken down by this."""

    type = "evaluation.unknown-dimension"
    title = "この測定項目にない内訳です"


class NotYourMeasureError(ForbiddenError):
    """A tier told of something that it does not count."""

    type = "evaluation.not-your-measure"
    title = "この階層が数える測定項目ではありません"


class BadStatementError(InvalidError):
    """A statement cannot be: the day is not over, or the parts do not fit the measure."""

    type = "evaluation.bad-statement"
    title = "日次集計の内容が正しくありません"


class UnknownStatementError(NotFoundError):
    """Nothing came for this measure, origin and day."""

    type = "evaluation.unknown-statement"
    title = "この日の集計は届いていません"


class BadPeriodError(InvalidError):
    """The days that are asked for are in the wrong order, or too many."""

    type = "evaluation.bad-period"
    title = "期間が正しくありません"


class NoRehearsalError(NotFoundError):
    """A folder holds no rehearsal."""

    type = "evaluation.no-rehearsal"
    title = "演習のフォルダーではありません"
