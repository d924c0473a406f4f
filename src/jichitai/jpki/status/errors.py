"""Refusals of the status services."""

from typing import ClassVar

from cryptography.x509.ocsp import OCSPResponseStatus

from jichitai.kernel.errors import (
    ConflictError,
    ForbiddenError,
    InvalidError,
    JichitaiError,
    NotFoundError,
    UnavailableError,
)


class OcspRefusal(JichitaiError):  # noqa: N818  # a family, named by what it is
    """What an OCSP responder says instead of an answer.

    Source: RFC 6960, section 2.3.
    """

    type = "jpki.ocsp-refusal"
    title = "OCSP の問い合わせに答えられません"
    status: ClassVar[OCSPResponseStatus] = OCSPResponseStatus.INTERNAL_ERROR


class MalformedOcspError(OcspRefusal, InvalidError):
    """The bytes are no OCSP request, or one that asks for what this responder does not know."""

    type = "jpki.ocsp-malformed"
    title = "OCSP の問い合わせを読み取れません"
    status = OCSPResponseStatus.MALFORMED_REQUEST


class ForeignOcspError(OcspRefusal, NotFoundError):
    """The certificate is of an authority that this responder does not speak for.

    Source: RFC 6960, section 2.3 (unauthorized); RFC 5019, section 2.2.3.
    """

    type = "jpki.ocsp-foreign"
    title = "この応答者が扱う認証局の電子証明書ではありません"
    status = OCSPResponseStatus.UNAUTHORIZED


class OcspLaterError(OcspRefusal, UnavailableError):
    """Nothing can be said now: the records do not answer, or the signing key is not at hand."""

    type = "jpki.ocsp-later"
    title = "電子証明書の状態を今は確かめられません"
    status = OCSPResponseStatus.TRY_LATER


class NoSuchListError(NotFoundError):
    """No such list of revocations is published."""

    type = "jpki.no-such-list"
    title = "この失効情報はありません"


class NotAskedBeforeError(ForbiddenError):
    """A verifier may ask about a certificate that it once found valid, not about any.

    Source: 公的個人認証法 第19条第4項.
    """

    type = "jpki.not-asked-before"
    title = "この電子証明書の照会はまだできません"


class NoSuccessorError(NotFoundError):
    """The holder has no certificate in force that could stand for the old one."""

    type = "jpki.no-successor"
    title = "今有効な電子証明書がありません"


class NoConsentError(ForbiddenError):
    """The holder has not consented, or no longer does.

    Source: 公的個人認証法 第18条第3項, 施行規則 第35条の2.
    """

    type = "jpki.no-consent"
    title = "本人の同意がありません"


class UnfitConsentError(InvalidError):
    """A statement of consent that cannot be taken as it stands."""

    type = "jpki.unfit-consent"
    title = "同意の内容に誤りがあります"


class UsedConsentError(ConflictError):
    """The same signed statement was handed in before."""

    type = "jpki.used-consent"
    title = "この同意は既に受け付けています"


class NoSuchConsentError(NotFoundError):
    """No such consent, or not the asker's."""

    type = "jpki.no-such-consent"
    title = "この同意はありません"


class UnfitPairError(InvalidError):
    """The law does not let this certificate be told from that one.

    Source: 公的個人認証法 第18条第4項・第5項, 第37条第3項.
    """

    type = "jpki.unfit-pair"
    title = "この組み合わせの電子証明書は照会できません"
