"""One class for each thing that a verifier refuses.

A refusal knows the `check` that failed, so that a program can tell a lapsed certificate from a
forged one. Whatever is doubtful is refused: status that cannot be had, an extension nobody knows.
"""

from enum import StrEnum
from typing import ClassVar

from jichitai.kernel.errors import InvalidError, JichitaiError, UnavailableError


class Check(StrEnum):
    """The steps of a verification, in their order."""

    CHALLENGE = "challenge"
    FORM = "form"
    ISSUER = "issuer"
    VALIDITY = "validity"
    CONSTRAINTS = "constraints"
    USAGE = "usage"
    POLICY = "policy"
    NAMES = "names"
    SIGNATURE = "signature"
    STATUS = "status"
    DOCUMENT = "document"


class RefusedError(JichitaiError):
    """Not proved. The subclass and `check` say which step failed."""

    type = "jpki.refused"
    title = "確認できませんでした"
    check: ClassVar[Check]

    def __init__(self, detail: str = "", **facts: object) -> None:
        """Name the check among the facts."""
        super().__init__(detail, check=str(self.check), **facts)


class MalformedCertificateError(RefusedError, InvalidError):
    """Not one DER certificate of X.509 version 3."""

    type = "jpki.malformed-certificate"
    title = "電子証明書の形式ではありません"
    check = Check.FORM


class WeakAlgorithmError(RefusedError, InvalidError):
    """A key or a signature algorithm outside the profile.

    Source: RSA 2048 bits with e=65537 and SHA-256, as the profile of the certificates says.
    """

    type = "jpki.weak-algorithm"
    title = "認められていない鍵または署名方式です"
    check = Check.FORM


class WrongRootError(RefusedError, InvalidError):
    """The issuer is none of the trusted authorities, compared byte for byte."""

    type = "jpki.wrong-root"
    title = "信頼する認証局の電子証明書ではありません"
    check = Check.ISSUER


class WrongKindError(RefusedError, InvalidError):
    """A certificate of the other of the two authorities.

    Source: 公的個人認証法 第3条 (署名用), 第22条 (利用者証明用).
    """

    type = "jpki.wrong-kind"
    title = "別の種類の電子証明書です"
    check = Check.ISSUER


class ForgedCertificateError(RefusedError, InvalidError):
    """It names a trusted authority, but that authority did not sign it."""

    type = "jpki.forged-certificate"
    title = "認証局の署名が合いません"
    check = Check.ISSUER


class WrongChainError(RefusedError, InvalidError):
    """No valid path leads from the certificate to a trusted authority."""

    type = "jpki.wrong-chain"
    title = "信頼する認証局までたどれません"
    check = Check.ISSUER


class ExpiredError(RefusedError, InvalidError):
    """有効期間満了: the certificate, or that of its authority, has ended."""

    type = "jpki.expired"
    title = "電子証明書の有効期間が過ぎています"
    check = Check.VALIDITY


class NotYetValidError(RefusedError, InvalidError):
    """The validity has not begun."""

    type = "jpki.not-yet-valid"
    title = "電子証明書の有効期間が始まっていません"
    check = Check.VALIDITY


class WrongUsageError(RefusedError, InvalidError):
    """The key may not be used for this."""

    type = "jpki.wrong-usage"
    title = "この用途に使えない電子証明書です"
    check = Check.USAGE


class NotEndEntityError(RefusedError, InvalidError):
    """The certificate of an authority where that of a person is due."""

    type = "jpki.not-end-entity"
    title = "利用者の電子証明書ではありません"
    check = Check.CONSTRAINTS


class PathTooLongError(RefusedError, InvalidError):
    """More authorities below one than it may have.

    Source: RFC 5280 4.2.1.9 (pathLenConstraint).
    """

    type = "jpki.path-too-long"
    title = "認証局の段数が制限を超えています"
    check = Check.CONSTRAINTS


class UnknownExtensionError(RefusedError, InvalidError):
    """A critical extension that the verifier does not know.

    Source: RFC 5280 4.2.
    """

    type = "jpki.unknown-extension"
    title = "扱えない必須の拡張があります"
    check = Check.CONSTRAINTS


class WrongPolicyError(RefusedError, InvalidError):
    """The certificate policy is none that is accepted here."""

    type = "jpki.wrong-policy"
    title = "認められた証明書ポリシーではありません"
    check = Check.POLICY


class WrongNamesError(RefusedError, InvalidError):
    """The names of the holder are not as the profile has them."""

    type = "jpki.wrong-names"
    title = "電子証明書の名義の欄が定めの形式ではありません"
    check = Check.NAMES


class RevokedError(RefusedError, InvalidError):
    """失効: the authority ended the certificate."""

    type = "jpki.revoked"
    title = "失効した電子証明書です"
    check = Check.STATUS


class HeldError(RefusedError, InvalidError):
    """一時停止: the safety of the key is in doubt; a hold is never lifted."""

    type = "jpki.held"
    title = "一時停止された電子証明書です"
    check = Check.STATUS


class UnknownStatusError(RefusedError, InvalidError):
    """The authority answers that it does not know the certificate."""

    type = "jpki.unknown-status"
    title = "認証局が発行を確認できない電子証明書です"
    check = Check.STATUS


class StaleStatusError(RefusedError, UnavailableError):
    """Status whose time has passed, or has not come."""

    type = "jpki.stale-status"
    title = "失効情報が最新ではありません"
    check = Check.STATUS


class UntrustedStatusError(RefusedError, UnavailableError):
    """Status that nobody with authority signed."""

    type = "jpki.untrusted-status"
    title = "失効情報の署名を確認できません"
    check = Check.STATUS


class WrongScopeStatusError(RefusedError, UnavailableError):
    """Status that speaks of other certificates than the one in question."""

    type = "jpki.status-out-of-scope"
    title = "この電子証明書を対象とする失効情報ではありません"
    check = Check.STATUS


class MalformedStatusError(RefusedError, UnavailableError):
    """Neither a list of revocations nor an answer of a responder."""

    type = "jpki.malformed-status"
    title = "失効情報の形式が正しくありません"
    check = Check.STATUS


class NonceMismatchError(RefusedError, UnavailableError):
    """The responder's answer belongs to another question.

    Source: RFC 9654 (OCSP nonce).
    """

    type = "jpki.status-nonce"
    title = "失効情報が問い合わせと対応していません"
    check = Check.STATUS


class StatusUnreachableError(RefusedError, UnavailableError):
    """No status could be had; unknown is not good."""

    type = "jpki.status-unreachable"
    title = "失効情報を取得できません"
    check = Check.STATUS


class WrongSignatureError(RefusedError, InvalidError):
    """The signature is not by this key over this content, or not strictly encoded.

    Source: RFC 8017 8.2.2 (RSASSA-PKCS1-v1_5).
    """

    type = "jpki.wrong-signature"
    title = "電子署名が合いません"
    check = Check.SIGNATURE


class MalformedChallengeError(RefusedError, InvalidError):
    """What was signed is no challenge of this protocol."""

    type = "jpki.malformed-challenge"
    title = "サインインの確認用データの形式が正しくありません"
    check = Check.CHALLENGE


class WrongAudienceError(RefusedError, InvalidError):
    """The challenge was made for another service: a sign-in passed on."""

    type = "jpki.wrong-audience"
    title = "別のサービスのためのサインインです"
    check = Check.CHALLENGE


class ChallengeExpiredError(RefusedError, InvalidError):
    """The challenge was answered too late."""

    type = "jpki.challenge-expired"
    title = "サインインの確認用データの期限が過ぎています"
    check = Check.CHALLENGE


class ChallengeReplayedError(RefusedError, InvalidError):
    """The challenge was used before, or was never given out here."""

    type = "jpki.challenge-replayed"
    title = "サインインの確認用データは使用済みです"
    check = Check.CHALLENGE


class MalformedDocumentError(RefusedError, InvalidError):
    """Not a PDF that can be read without guessing."""

    type = "jpki.malformed-document"
    title = "PDFとして読み取れません"
    check = Check.DOCUMENT


class UnsignedDocumentError(RefusedError, InvalidError):
    """A document without a signature."""

    type = "jpki.unsigned-document"
    title = "電子署名がありません"
    check = Check.DOCUMENT


class UnsupportedSignatureError(RefusedError, InvalidError):
    """A signature of a kind that is not verified here."""

    type = "jpki.unsupported-signature"
    title = "扱えない種類の電子署名です"
    check = Check.DOCUMENT


class AppendedContentError(RefusedError, InvalidError):
    """Something was added after the signature."""

    type = "jpki.appended-content"
    title = "署名の後に内容が追加されています"
    check = Check.DOCUMENT


class SecondSignatureError(RefusedError, InvalidError):
    """More than one signature, so that one of them does not cover the whole."""

    type = "jpki.second-signature"
    title = "署名の後に別の署名が加えられています"
    check = Check.DOCUMENT


class PartialCoverageError(RefusedError, InvalidError):
    """The signature leaves a part of the file out."""

    type = "jpki.partial-coverage"
    title = "署名が文書の全体を対象としていません"
    check = Check.DOCUMENT


class AlteredDocumentError(RefusedError, InvalidError):
    """The content is not the one that was signed."""

    type = "jpki.altered-document"
    title = "署名の後に内容が書き換えられています"
    check = Check.DOCUMENT


class AmbiguousSignerError(RefusedError, InvalidError):
    """The document does not hold exactly one certificate of the one who signed."""

    type = "jpki.ambiguous-signer"
    title = "署名者の電子証明書を特定できません"
    check = Check.DOCUMENT
