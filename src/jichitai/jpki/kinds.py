"""The words that all of the package shares: kinds of certificates, media, states, reasons."""

from enum import StrEnum

from cryptography import x509


class CertificateKind(StrEnum):
    """Which of the two certificates, and so which of the two authorities.

    Source: 公的個人認証法 第3条 (署名用), 第22条 (利用者証明用).
    """

    SIGNING = "signing"
    USER_AUTH = "user-auth"

    @property
    def japanese(self) -> str:
        """The official term."""
        return "署名用電子証明書" if self is CertificateKind.SIGNING else "利用者証明用電子証明書"


class Medium(StrEnum):
    """Where the private key lives.

    Source: 公的個人認証法 第3条, 第16条の2 (移動端末設備).
    """

    CARD = "card"
    PHONE = "phone"


class CertificateState(StrEnum):
    """Whether a certificate is in force. Expiry is a matter of the clock, not of a state."""

    VALID = "valid"
    HELD = "held"
    REVOKED = "revoked"


class Reason(StrEnum):
    """失効事由 as the list of revocations gives it.

    Source: RFC 5280 5.3.1; the certification practice statement of the real service, 4.9.9.
    """

    UNSPECIFIED = "unspecified"
    KEY_COMPROMISE = "keyCompromise"
    CA_COMPROMISE = "cACompromise"
    AFFILIATION_CHANGED = "affiliationChanged"
    SUPERSEDED = "superseded"
    CESSATION = "cessationOfOperation"
    HOLD = "certificateHold"

    @property
    def flag(self) -> x509.ReasonFlags:
        """The same as the library names it."""
        return x509.ReasonFlags(self.value)

    @property
    def japanese(self) -> str:
        """What a person is told."""
        return _JAPANESE[self]


_JAPANESE = {
    Reason.UNSPECIFIED: "交付前の廃棄",
    Reason.KEY_COMPROMISE: "秘密鍵の漏えい・紛失のおそれ",
    Reason.CA_COMPROMISE: "認証局の鍵の漏えい",
    Reason.AFFILIATION_CHANGED: "記載事項（4情報）の変更",
    Reason.SUPERSEDED: "更新による置き換え",
    Reason.CESSATION: "利用の終了（申請・消除など）",
    Reason.HOLD: "一時停止（解除はできません）",
}


class Cause(StrEnum):
    """Why a certificate lapses (失効の原因), one word for each line of the law's table.

    Source: 公的個人認証法 第9条から第15条, 第28条から第34条.
    """

    REQUEST = "request"
    KEY_LEAK = "key-leak"
    LOSS = "loss"
    CHANGED = "changed"
    DELETED = "deleted"
    MOVED_OUT = "moved-out"
    NOT_MOVED_IN = "not-moved-in"
    RECORDING_ERROR = "recording-error"
    AUTHORITY_LEAK = "authority-leak"
    RENEWED = "renewed"
    NOT_HANDED_OVER = "not-handed-over"
    CARD_LAPSED = "card-lapsed"
