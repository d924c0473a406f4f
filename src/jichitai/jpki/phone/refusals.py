"""Why a phone credential, a request for one, or a presentation is refused: one class for each."""

from jichitai.kernel.errors import (
    ConflictError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    UnavailableError,
)


class PresentationRefusedError(ForbiddenError):
    """提示を受け付けない: the kind of all refusals of a presentation that can be read."""

    type = "jpki.phone-refused"
    title = "スマートフォンの証明を受け付けられません"


class MalformedPresentationError(InvalidError):
    """The bytes are no device response as the standard wants it."""

    type = "jpki.phone-malformed"
    title = "スマートフォンの証明を読み取れません"


class WrongDocumentTypeError(PresentationRefusedError):
    """Another document than the one that was asked for."""

    type = "jpki.phone-wrong-document"
    title = "求めたものと違う種類の証明です"


class UntrustedIssuerError(PresentationRefusedError):
    """The signer's certificate leads to no authority that is trusted here."""

    type = "jpki.phone-untrusted-issuer"
    title = "信頼する発行者の証明ではありません"


class IssuerNotInForceError(PresentationRefusedError):
    """The signer's certificate or its authority is not valid at the time."""

    type = "jpki.phone-issuer-not-in-force"
    title = "発行者の証明書が有効期間の外です"


class IssuerUsageError(PresentationRefusedError):
    """The signer's certificate may not sign such documents."""

    type = "jpki.phone-issuer-usage"
    title = "発行者の証明書の用途が違います"


class IssuerSignatureError(PresentationRefusedError):
    """The issuer's signature does not fit the document."""

    type = "jpki.phone-issuer-signature"
    title = "発行者の署名が正しくありません"


class DigestMismatchError(PresentationRefusedError):
    """An item is not the one that the issuer signed."""

    type = "jpki.phone-digest-mismatch"
    title = "項目が発行されたものと違います"


class UnlistedElementError(PresentationRefusedError):
    """An item for which the issuer signed no digest."""

    type = "jpki.phone-unlisted-element"
    title = "発行者が証明していない項目が含まれています"


class NotYetValidError(PresentationRefusedError):
    """The credential's time has not begun."""

    type = "jpki.phone-not-yet-valid"
    title = "証明の有効期間がまだ始まっていません"


class ExpiredCredentialError(PresentationRefusedError):
    """The credential's time is over."""

    type = "jpki.phone-expired"
    title = "証明の有効期間が過ぎています"


class DeviceSignatureError(PresentationRefusedError):
    """The phone's signature does not fit this request: another phone, or something was changed."""

    type = "jpki.phone-device-signature"
    title = "スマートフォンの署名が正しくありません"


class ReplayedNonceError(PresentationRefusedError):
    """The phone answered an earlier request of this verifier, not this one."""

    type = "jpki.phone-replayed-nonce"
    title = "前の求めへの答えが使い回されています"


class WrongAudienceError(PresentationRefusedError):
    """The phone answered somebody else's request."""

    type = "jpki.phone-wrong-audience"
    title = "別の相手に宛てた答えです"


class RevokedCredentialError(PresentationRefusedError):
    """The credential was ended, or the card certificate that it stands on has lapsed."""

    type = "jpki.phone-revoked"
    title = "証明は失効しています"


class StatusUnavailableError(UnavailableError):
    """Whether the credential is in force cannot be found out; so it is not taken."""

    type = "jpki.phone-status-unavailable"
    title = "証明が有効かどうかを確かめられません"


class MissingElementError(PresentationRefusedError):
    """An item that was asked for is absent."""

    type = "jpki.phone-missing-element"
    title = "求めた項目が足りません"


class ExcessElementError(PresentationRefusedError):
    """An item came that was not asked for; it is thrown away with all the rest."""

    type = "jpki.phone-excess-element"
    title = "求めていない項目が送られました"


class UnknownPresentationError(NotFoundError):
    """No such request, or it is not this browser's."""

    type = "jpki.phone-unknown-presentation"
    title = "この確認の求めはありません"


class PresentationOverError(ConflictError):
    """The request was answered already, or its time is over."""

    type = "jpki.phone-presentation-over"
    title = "この確認の求めは終わっています"


class UnreadableResponseError(InvalidError):
    """The response is not encrypted to this request, or not for its state."""

    type = "jpki.phone-unreadable-response"
    title = "暗号化された答えを開けません"


class UntrustedReaderError(ForbiddenError):
    """The wallet does not know who asks: unsigned, wrong certificate, or not as announced."""

    type = "jpki.phone-untrusted-reader"
    title = "証明を求めている相手を確かめられません"


class UnsupportedRequestError(InvalidError):
    """The wallet cannot answer such a request."""

    type = "jpki.phone-unsupported-request"
    title = "この求めには答えられません"


class ChallengeSpentError(ConflictError):
    """The challenge of a request for a credential is unknown, used or too old."""

    type = "jpki.phone-challenge-spent"
    title = "発行の申請の有効時間が切れています"


class BadIssueRequestError(InvalidError):
    """The request for a credential is not as agreed, or not for this issuer."""

    type = "jpki.phone-bad-request"
    title = "発行の申請を読み取れません"


class DeviceProofError(ForbiddenError):
    """The phone did not prove that it holds the key of the request."""

    type = "jpki.phone-device-proof"
    title = "スマートフォンが鍵を持つことを確かめられません"


class HolderNotLiveError(ConflictError):
    """The person of the card has no standing record."""

    type = "jpki.phone-holder-not-live"
    title = "住民の記録が有効ではありません"


class WalletError(ForbiddenError):
    """The wallet's file cannot be opened, or holds no credential."""

    type = "jpki.phone-wallet"
    title = "ウォレットを使えません"
