"""Refusals of the certificates' life cycle."""

from jichitai.kernel.errors import ConflictError, ForbiddenError, InvalidError


class NotResidentError(ForbiddenError):
    """The person does not live in the town that asks."""

    type = "jpki.not-resident"
    title = "この市区町村の住民ではありません"


class UnreportableCauseError(InvalidError):
    """A cause that only the law's own machinery brings about."""

    type = "jpki.unreportable-cause"
    title = "届け出ることのできない失効の原因です"


class TooYoungError(ConflictError):
    """A signing certificate for somebody under 15, without their representative's request."""

    type = "jpki.too-young"
    title = "署名用電子証明書を発行できる年齢ではありません"


class CardExpiredError(ConflictError):
    """The card that would carry the certificate has ended."""

    type = "jpki.card-expired"
    title = "カードの有効期限が過ぎています"


class NotProvedError(InvalidError):
    """The asker has not shown that the private key is theirs."""

    type = "jpki.key-not-proved"
    title = "秘密鍵を持っていることを確かめられません"


class DoubledKindError(InvalidError):
    """One request names the same kind of certificate twice, or one key for both."""

    type = "jpki.doubled-kind"
    title = "同じ種類の電子証明書が二つ申請されています"


class ChipOfAnotherPersonError(ConflictError):
    """The chip holds certificates of somebody else that are in force or on hold."""

    type = "jpki.chip-of-another-person"
    title = "別の人のカードです"
