"""Refusals of the guideline's catalogue."""

from jichitai.kernel.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError


class UnknownVersionError(NotFoundError):
    """No such version of the guideline is known here."""

    type = "security.unknown-guideline-version"
    title = "この版のガイドラインはありません"


class UnknownItemError(NotFoundError):
    """The version has no such item."""

    type = "security.unknown-guideline-item"
    title = "この項目はガイドラインにありません"


class BadCatalogueError(InvalidError):
    """A catalogue that cannot be one: empty, doubled items, of no readable form."""

    type = "security.bad-catalogue"
    title = "ガイドラインの項目一覧として使えません"


class VersionTakenError(ConflictError):
    """A version of this name exists with another content."""

    type = "security.guideline-version-taken"
    title = "同じ名前の版が既にあります"


class NotTheMinistryError(ForbiddenError):
    """A version that somebody else than the ministry wants to publish."""

    type = "security.not-the-ministry"
    title = "ガイドラインを公表できるのは府省だけです"


class FaultyCatalogueError(InvalidError):
    """A file whose entries cannot all be taken in; nothing was."""

    type = "security.faulty-catalogue"
    title = "ファイルに誤りがあるため取り込みませんでした"
