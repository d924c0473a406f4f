"""Files that may be kept as evidence: what they are by their content, never by their name."""

import io
import zipfile
from dataclasses import dataclass
from typing import Final
from zipfile import BadZipFile, ZipFile

from jichitai.security.errors import BadUploadError

LARGEST: Final = 5 * 1024 * 1024
LIMITS: Final = "PDF、Word（.docx）、Excel（.xlsx）、画像（PNG・JPEG）、テキスト。5MBまで。マクロ付きは受け取れません。"
_UNPACKED: Final = 60 * 1024 * 1024
_PARTS: Final = 2_000


@dataclass(frozen=True, slots=True)
class Kept:
    """A file as it may be kept."""

    media_type: str
    suffix: str


_PDF: Final = Kept("application/pdf", ".pdf")
_PNG: Final = Kept("image/png", ".png")
_JPEG: Final = Kept("image/jpeg", ".jpg")
_TEXT: Final = Kept("text/plain; charset=utf-8", ".txt")
_WORD: Final = Kept(
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document", ".docx"
)
_EXCEL: Final = Kept("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".xlsx")
_STARTS: Final = ((b"%PDF-", _PDF), (b"\x89PNG\r\n\x1a\n", _PNG), (b"\xff\xd8\xff", _JPEG))


def file_kind(content: bytes) -> Kept:
    """What a file is.

    Args:
        content: its bytes.

    Raises:
        BadUploadError: empty, too large, with macros, or of a kind that is not kept.

    Source: ガイドライン 対策基準 6.4(2), 9.1(6); the list of kinds is ours.
    """
    if not content:
        raise BadUploadError("ファイルが空です。中身のあるファイルを選び直してください。")
    if len(content) > LARGEST:
        raise BadUploadError(
            f"ファイルが大きすぎます（{len(content):,}バイト）。5MBまで受け取れます。"
            "分けるか、保管場所を書いて登録してください。"
        )
    for start, kind in _STARTS:
        if content.startswith(start):
            return kind
    if content.startswith(b"PK\x03\x04"):
        return _office(content)
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise BadUploadError(
            "古い形式のWordやExcelのファイルは、マクロが隠れているおそれがあるため受け取れません。"
            ".docxか.xlsx、またはPDFで保存し直してください。"
        )
    if _is_text(content):
        return _TEXT
    raise BadUploadError(f"この種類のファイルは受け取れません。受け取れるのは、{LIMITS}")


def _office(content: bytes) -> Kept:
    try:
        with ZipFile(io.BytesIO(content)) as packed:
            parts = packed.infolist()
    except (BadZipFile, zipfile.LargeZipFile, NotImplementedError, OSError, ValueError):
        raise BadUploadError(
            "WordかExcelのファイルのようですが、壊れていて開けません。保存し直して選んでください。"
        ) from None
    if len(parts) > _PARTS or sum(part.file_size for part in parts) > _UNPACKED:
        raise BadUploadError(
            "ファイルを開くと大きくなりすぎるため、受け取れません。画像を小さくするか、分けてください。"
        )
    names = [part.filename.lower() for part in parts]
    if any("vbaproject" in name or "activex" in name or "/embeddings/" in name for name in names):
        raise BadUploadError(
            "マクロや埋め込みの部品を含むファイルは、安全のため受け取れません。"
            "マクロのない形式かPDFで保存し直してください。"
        )
    if "word/document.xml" in names:
        return _WORD
    if "xl/workbook.xml" in names:
        return _EXCEL
    raise BadUploadError(f"圧縮ファイルは受け取れません。受け取れるのは、{LIMITS}")


def _is_text(content: bytes) -> bool:
    for encoding in ("utf-8-sig", "cp932"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return all(sign.isprintable() or sign in "\r\n\t　" for sign in text)
    return False
