"""Reading a document: the kind of file is told by its first bytes, never by its name."""

import re
from pathlib import PurePath
from typing import Final

from jichitai.security.importing.errors import (
    LockedDocumentError,
    NoArticlesError,
    TooLargeDocumentError,
    UnreadableDocumentError,
)
from jichitai.security.importing.model import FileKind, Line, SourceDocument
from jichitai.security.importing.structure import divide
from jichitai.security.importing.word import read_word

LARGEST_FILE: Final = 20 * 1024 * 1024
LARGEST_TEXT: Final = 4 * 1024 * 1024
_OLD_OFFICE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_UNKEPT: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_ENCODINGS: Final = ("utf-8-sig", "cp932", "euc_jp")


def read_document(data: bytes, name: str) -> SourceDocument:
    """Read a policy or regulation from a file, and divide it into articles.

    Takes seconds for a long PDF: call it in a thread from asynchronous code.

    Args:
        data: the file.
        name: its name, shown to people; it decides nothing.

    Raises:
        UnreadableDocumentError: it is none of Word (.docx), PDF and text, or it is broken.
        DocumentWithMacrosError: it carries a program.
        LockedDocumentError: it is protected by a password.
        PictureOnlyDocumentError: a PDF of pictures.
        TooLargeDocumentError: it is too large, or unpacks to too much.
        NoArticlesError: there is text, but no article or numbered heading.

    Source: 地方公共団体における情報セキュリティポリシーに関するガイドライン 第2編.
    """
    if len(data) > LARGEST_FILE:
        raise TooLargeDocumentError(
            f"ファイルが大きすぎます。取り込めるのは{LARGEST_FILE // 1024**2}MBまでです。"
            "図や写真を除くか、必要な部分だけの文書にしてください。"
        )
    kind, lines, notes = _lines(data)
    structure = divide([Line(storable(line.text), line.heading) for line in lines])
    if not structure.articles:
        raise NoArticlesError(
            "文字は読めましたが、条（第1条…）も番号の付いた見出し（1、1.1、(1)…）も見つかりません。"
            "規程の本文が入っているかを確かめ、見出しに番号を付けて取り込み直してください。"
        )
    return SourceDocument(
        name=storable(PurePath(name.replace("\\", "/")).name)[:200],
        kind=kind,
        form=structure.form,
        title=structure.title,
        issued=structure.issued,
        articles=structure.articles,
        supplement=structure.supplement,
        notes=tuple(notes),
    )


def storable(text: str) -> str:
    """A text without control characters and halves of characters, which no table keeps.

    Source: PostgreSQL, Character Types.
    """
    return _UNKEPT.sub("", text)


def _lines(data: bytes) -> tuple[FileKind, list[Line], list[str]]:
    if data.startswith(b"PK\x03\x04"):
        return FileKind.WORD, read_word(data), []
    if data.lstrip(b"\r\n\t \x00")[:5] == b"%PDF-":
        from jichitai.security.importing.pdf import (
            read_pdf,  # its library takes a third of a second
        )

        lines, notes = read_pdf(data)
        return FileKind.PDF, lines, notes
    _refuse_others(data)
    return FileKind.TEXT, [Line(line.strip()) for line in _text(data).splitlines()], []


def _refuse_others(data: bytes) -> None:
    if data.startswith(_OLD_OFFICE):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise LockedDocumentError(
                "この文書は開くのにパスワードが要ります。保護を解除して保存し直してから、取り込んでください。"
            )
        raise UnreadableDocumentError(
            "古い形式の Word 文書（.doc）です。マクロが隠れていることがあるため、受け付けません。"
            "Word で開き、「名前を付けて保存」で「Word 文書（*.docx）」を選んで保存し直してください。"
        )
    if data.startswith(b"{\\rtf"):
        raise UnreadableDocumentError(
            "リッチテキスト（.rtf）は取り込めません。Word で開き、.docx で保存し直してください。"
        )
    if not data.strip():
        raise UnreadableDocumentError("ファイルが空です。保存し直してから、取り込んでください。")


def _text(data: bytes) -> str:
    if len(data) > LARGEST_TEXT:
        raise TooLargeDocumentError(
            f"テキストが大きすぎます。取り込めるのは{LARGEST_TEXT // 1024**2}MBまでです。"
            "規程の本文だけにしてください。"
        )
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _decoded(data, ("utf-16",))
    if b"\x00" in data:
        raise _no_text()
    return _decoded(data, _ENCODINGS)


def _decoded(data: bytes, encodings: tuple[str, ...]) -> str:
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise _no_text()


def _no_text() -> UnreadableDocumentError:
    return UnreadableDocumentError(
        "文書として読めないファイルです。取り込めるのは Word（.docx）、文字の入った PDF、テキスト"
        "（UTF-8、Shift_JIS）です。どれかで保存し直してください。"
    )
