"""Refusals of disclosure."""

from jichitai.kernel.errors import ConflictError, InvalidError, NotFoundError


class NoSuchEntryError(NotFoundError):
    """記録なし: there is no such record about this person, or it is not shown yet."""

    type = "jukinet.no-such-provision"
    title = "この提供番号の記録はありません"


class InvalidPeriodError(InvalidError):
    """期間の誤り: the period ends before it begins, or the page mark is not ours."""

    type = "jukinet.invalid-period"
    title = "期間の指定が正しくありません"


class NoSuchInquiryError(NotFoundError):
    """照会なし: no inquiry of this number."""

    type = "jukinet.no-such-inquiry"
    title = "この番号の申出はありません"


class InquiryAnsweredError(ConflictError):
    """回答済み: the inquiry was answered before."""

    type = "jukinet.inquiry-answered"
    title = "この申出には既に回答しています"


class InvalidInquiryError(InvalidError):
    """申出の誤り: nothing written, or too much."""

    type = "jukinet.invalid-inquiry"
    title = "申出の内容を確かめてください"


class InvalidExtensionError(InvalidError):
    """延長の誤り: no reason, or not later than the day before."""

    type = "jukinet.invalid-extension"
    title = "回答の期限を延ばせません"
