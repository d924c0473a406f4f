"""Refusals of monitoring."""

from jichitai.kernel.errors import (
    ConflictError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    TooLargeError,
    UnauthenticatedError,
    UnavailableError,
)


class BadRuleError(InvalidError):
    """A Sigma rule cannot be used; `rule` and, where it is known, `field` name the place."""

    type = "security.monitoring.bad-rule"
    title = "この検知ルールは使えません"


class UnknownRuleError(NotFoundError):
    """No rule has this id."""

    type = "security.monitoring.unknown-rule"
    title = "該当する検知ルールがありません"


class FixedRuleError(ConflictError):
    """A rule that is shipped with the software cannot be replaced, only switched off."""

    type = "security.monitoring.fixed-rule"
    title = "標準の検知ルールは書き換えられません"


class UnknownSourceError(NotFoundError):
    """No source has this id in this prefecture."""

    type = "security.monitoring.unknown-source"
    title = "該当するログの取得元がありません"


class SourceRefusedError(InvalidError):
    """A source cannot be registered as asked; `field` names the input."""

    type = "security.monitoring.source-refused"
    title = "ログの取得元を登録できません"


class AddressTakenError(ConflictError):
    """Another source sends from this address."""

    type = "security.monitoring.address-taken"
    title = "この送信元アドレスは登録済みです"


class SourceRetiredError(ConflictError):
    """The source was taken out of use."""

    type = "security.monitoring.source-retired"
    title = "このログの取得元は廃止されています"


class WrongTokenError(UnauthenticatedError):
    """The token does not fit the source."""

    type = "security.monitoring.wrong-token"
    title = "ログの取得元を確かめられません"


class TooManyLogsError(TooLargeError):
    """A batch is larger than one request may carry."""

    type = "security.monitoring.too-many-logs"
    title = "ログが大きすぎます"


class IntakeFullError(UnavailableError):
    """Too much waits on the disk; the sender should keep its logs and try later."""

    type = "security.monitoring.intake-full"
    title = "ログの受付を待っています"


class UnknownAlertError(NotFoundError):
    """No alert has this id in this prefecture."""

    type = "security.monitoring.unknown-alert"
    title = "該当する検知がありません"


class WrongStepError(ConflictError):
    """The alert's state does not allow this."""

    type = "security.monitoring.wrong-step"
    title = "この検知は、いまその操作ができません"


class ReasonMissingError(InvalidError):
    """A decision needs a reason."""

    type = "security.monitoring.reason-missing"
    title = "理由がありません"


class NotMemberError(ForbiddenError):
    """The body does not belong to this prefecture."""

    type = "security.monitoring.not-member"
    title = "この都道府県の団体ではありません"


class FindingsRefusedError(InvalidError):
    """A list of findings has errors; `faults` names the cells."""

    type = "security.monitoring.findings-refused"
    title = "脆弱性等の一覧を取り込めません"


class SuppressionRefusedError(InvalidError):
    """A suppression is too wide, too long or without a reason."""

    type = "security.monitoring.suppression-refused"
    title = "この抑制は登録できません"
