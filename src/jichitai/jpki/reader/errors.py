"""Refusals of readers, cards and the local agent."""

from jichitai.kernel.errors import (
    ConflictError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    UnavailableError,
)


class NoReaderError(UnavailableError):
    """No card reader, or the system's reader service does not run."""

    type = "jpki.no-reader"
    title = "カードリーダーを使えません"


class NoCardError(UnavailableError):
    """A reader, but no card on it."""

    type = "jpki.no-card"
    title = "カードがありません"


class NoReaderServiceError(UnavailableError):
    """Nobody listens where the virtual reader should."""

    type = "jpki.no-virtual-reader"
    title = "仮想リーダーにつながりません"


class WrongPinError(InvalidError):
    """The card refused a PIN; `left` says how many tries remain."""

    type = "jpki.wrong-pin"
    title = "暗証番号が違います"


class BlockedPinError(ConflictError):
    """A PIN has no tries left; only a counter can set it anew."""

    type = "jpki.blocked-pin"
    title = "暗証番号がロックされています"


class MalformedPinError(InvalidError):
    """A PIN that cannot be one; it was not sent to the card, no try was used."""

    type = "jpki.malformed-pin"
    title = "暗証番号の形式が違います"


class CardRefusedError(ConflictError):
    """The card answered with a status that the step does not expect."""

    type = "jpki.card-refused"
    title = "カードが処理を断りました"


class NoSuchFileError(NotFoundError):
    """The card has no such application or file."""

    type = "jpki.no-card-file"
    title = "カードにそのデータがありません"


class PinNeededError(ConflictError):
    """The file or key needs a PIN first."""

    type = "jpki.pin-needed"
    title = "暗証番号の照合が必要です"


class StrangeOriginError(ForbiddenError):
    """A site that this agent does not work for."""

    type = "jpki.strange-origin"
    title = "このサイトからの依頼は受け付けていません"


class BadAgentRequestError(InvalidError):
    """A request to the agent that does not have the agreed form."""

    type = "jpki.bad-agent-request"
    title = "カードの操作の依頼に誤りがあります"


class StaleAgentRequestError(ConflictError):
    """The request was answered already, or has waited too long."""

    type = "jpki.stale-agent-request"
    title = "この依頼は終わっています"


class WritingFailedError(ConflictError):
    """The card was not written; what it held before is unchanged."""

    type = "jpki.writing-failed"
    title = "カードに書き込めませんでした"
