"""Documents that cannot be taken in, and what to do about each."""

from jichitai.kernel.errors import InvalidError, TooLargeError


class UnreadableDocumentError(InvalidError):
    """The file is none of the kinds that can be read, or it is broken."""

    type = "security.unreadable-document"
    title = "この文書は読み取れません"


class DocumentWithMacrosError(InvalidError):
    """The file carries a program."""

    type = "security.document-with-macros"
    title = "マクロを含む文書は取り込めません"


class PictureOnlyDocumentError(InvalidError):
    """The PDF holds pictures of paper and no text."""

    type = "security.document-without-text"
    title = "文字の情報がない文書は取り込めません"


class LockedDocumentError(InvalidError):
    """The file asks for a password."""

    type = "security.locked-document"
    title = "パスワードで保護された文書は取り込めません"


class NoArticlesError(InvalidError):
    """Text was read, but neither articles nor headings were found in it."""

    type = "security.document-without-articles"
    title = "条や見出しが見つかりません"


class TooLargeDocumentError(TooLargeError):
    """The file, or what it unpacks to, is larger than a policy can be."""

    type = "security.too-large-document"
    title = "文書が大きすぎます"
