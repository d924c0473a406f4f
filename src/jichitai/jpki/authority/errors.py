"""Refusals of the authorities and of what keeps their keys."""

from jichitai.kernel.errors import (
    ConflictError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    UnavailableError,
)


class NoAuthorityError(UnavailableError):
    """No authority of this kind can sign now: no key ceremony was held, or it has ended."""

    type = "jpki.no-authority"
    title = "発行できる認証局がありません"


class UnknownAuthorityError(NotFoundError):
    """No such authority."""

    type = "jpki.unknown-authority"
    title = "この認証局はありません"


class AuthorityExistsError(ConflictError):
    """The generation was made already."""

    type = "jpki.authority-exists"
    title = "この世代の認証局は既にあります"


class BeyondAuthorityError(ConflictError):
    """A certificate would outlive the authority that signs it."""

    type = "jpki.beyond-authority"
    title = "認証局の有効期間を超える電子証明書は発行できません"


class IncompleteRequestError(InvalidError):
    """A signing certificate without the four items, or a user-authentication one with them."""

    type = "jpki.incomplete-request"
    title = "電子証明書の記載事項が種類に合いません"


class NeedsWitnessesError(InvalidError):
    """A key ceremony with too few people."""

    type = "jpki.needs-witnesses"
    title = "鍵生成式の立会人が足りません"


class UnprintableSceneError(InvalidError):
    """What the record of a ceremony is to say cannot be printed."""

    type = "jpki.unprintable-scene"
    title = "鍵生成式の記録に書けない文字があります"


class BadRecordError(ConflictError):
    """The record of a key ceremony is not what was signed."""

    type = "jpki.bad-record"
    title = "鍵生成式の記録が署名と一致しません"


class MissingVaultKeyError(NotFoundError):
    """The vault holds no key with this label."""

    type = "jpki.missing-vault-key"
    title = "認証局の秘密鍵が保管庫にありません"


class VaultKeyExistsError(ConflictError):
    """A key is never written over."""

    type = "jpki.vault-key-exists"
    title = "同じ名前の秘密鍵が既に保管庫にあります"


class VaultUnavailableError(UnavailableError):
    """The vault cannot be opened: module, token, PIN, passphrase or permissions are wrong."""

    type = "jpki.vault-unavailable"
    title = "認証局の鍵の保管庫を開けません"


class NotExtractableError(ForbiddenError):
    """A private key does not leave its token."""

    type = "jpki.not-extractable"
    title = "秘密鍵は取り出せません"


class EmptyPoolError(UnavailableError):
    """No pre-generated key pair is left."""

    type = "jpki.empty-pool"
    title = "作り置きの鍵がありません"
