"""Refusals of the record of incidents."""

from jichitai.kernel.errors import ConflictError, InvalidError, NotFoundError


class BadReportError(InvalidError):
    """Fields of an incident are wrong; `fields` names them."""

    type = "security.bad-incident"
    title = "事案の内容に誤りがあります"


class UnknownIncidentError(NotFoundError):
    """No such incident, or another body's."""

    type = "security.unknown-incident"
    title = "事案が見つかりません"


class WrongIncidentStateError(ConflictError):
    """The incident's state forbids it."""

    type = "security.wrong-incident-state"
    title = "今の状態ではできない操作です"


class ReportsOpenError(ConflictError):
    """An incident cannot end while a report is owed; `clocks` names them."""

    type = "security.reports-open"
    title = "済んでいない報告があります"


class NotOwedError(ConflictError):
    """The incident owes no such report, or it was handed in already."""

    type = "security.report-not-owed"
    title = "この報告は必要ありません"


class UnusablePictureError(InvalidError):
    """A file that cannot be kept as a photo."""

    type = "security.unusable-picture"
    title = "この写真は使えません"


class PersonsNumberError(InvalidError):
    """A text holds what is a number of a person."""

    type = "security.persons-number"
    title = "個人番号または住民票コードが書かれています"


class TimelineBrokenError(ConflictError):
    """The chain of hashes does not hold; `sequence` is the first wrong entry."""

    type = "security.timeline-broken"
    title = "経緯の記録が書き換えられています"


class UnknownScenarioError(NotFoundError):
    """No such exercise."""

    type = "security.unknown-scenario"
    title = "訓練の筋書きが見つかりません"


class ReceivedAlertError(ConflictError):
    """The alert was decided on already."""

    type = "security.alert-decided"
    title = "この検知の通知は処理済みです"
