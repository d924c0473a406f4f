"""Refusals that the whole package shares; each part has its own beside them."""

from jichitai.kernel.errors import ConflictError, InvalidError, NotFoundError


class UnknownCertificateError(NotFoundError):
    """No such certificate was issued here."""

    type = "jpki.unknown-certificate"
    title = "この発行の番号の電子証明書はありません"


class AlreadyCertifiedError(ConflictError):
    """A person has one certificate of each kind at most.

    Source: 公的個人認証法 第6条.
    """

    type = "jpki.already-certified"
    title = "有効な電子証明書が既にあります"


class UnusableKeyError(InvalidError):
    """A public key that may not be certified."""

    type = "jpki.unusable-key"
    title = "この公開鍵には電子証明書を発行できません"
