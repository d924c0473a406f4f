"""Refusals of indicators."""

from jichitai.kernel.errors import ConflictError, InvalidError, NotFoundError


class UnknownIndicatorError(NotFoundError):
    """No indicator of this id, or none at that time."""

    type = "evaluation.unknown-indicator"
    title = "その番号の指標はありません"


class UnknownPointError(NotFoundError):
    """There is no value of that day to correct."""

    type = "evaluation.unknown-point"
    title = "その時点の実績値はありません"


class AlreadyEnteredError(ConflictError):
    """A value of that day is there already."""

    type = "evaluation.already-entered"
    title = "その時点の実績値は既にあります"


class StaleValueError(ConflictError):
    """Somebody else entered an edition since the page was opened."""

    type = "evaluation.stale-value"
    title = "ほかの人が先に記録しました"


class CountedHereError(ConflictError):
    """The indicator is counted from daily figures; nobody may enter values by hand."""

    type = "evaluation.counted-here"
    title = "この指標は日次集計から計算します"


class TooFewPointsError(InvalidError):
    """Too few values for a forecast."""

    type = "evaluation.too-few-points"
    title = "見通しを立てるための実績値が足りません"
