"""What 点検・監査 refuses."""

from collections.abc import Mapping

from jichitai.kernel.errors import ConflictError, ForbiddenError, InvalidError


class CheckFormError(InvalidError):
    """記入の誤り: fields of a form do not hold; `fields` says what is wrong with each."""

    type = "security.check-form"
    title = "記入に誤りがあります"

    @classmethod
    def of(cls, fields: Mapping[str, str]) -> "CheckFormError":
        """A refusal from messages by field."""
        return cls(" ".join(fields.values()), fields=dict(fields))


class RoundClosedError(ConflictError):
    """The round is closed; its answers stand."""

    type = "security.check-closed"
    title = "この点検は終了しています"


class NotReadyError(ConflictError):
    """A round cannot be closed yet; the facts count what is missing."""

    type = "security.check-not-ready"
    title = "まだ終了できません"


class WrongStepError(ConflictError):
    """The record is at another step than the deed needs."""

    type = "security.check-wrong-step"
    title = "この段階ではできません"


class NotYourPartError(ForbiddenError):
    """The account's role does not carry this deed: an audit is the auditor's, a self-check is not."""

    type = "security.check-not-your-part"
    title = "この操作はほかの役割の人が行います"


class OwnDecisionError(ForbiddenError):
    """Somebody tried to decide on what they themselves asked for or did."""

    type = "security.own-decision"
    title = "自分の申請や実施を自分で認めることはできません"
