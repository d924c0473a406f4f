"""PDF documents: their text, page by page, with running heads, feet and broken lines mended."""

import io
import re
from collections import Counter
from typing import Final

from pypdf import PdfReader
from pypdf.errors import PyPdfError

from jichitai.security.importing.errors import (
    LockedDocumentError,
    PictureOnlyDocumentError,
    TooLargeDocumentError,
    UnreadableDocumentError,
)
from jichitai.security.importing.model import Line
from jichitai.security.importing.numerals import half_width

MOST_PAGES: Final = 500
MOST_LETTERS: Final = 3_000_000
_FEWEST_LETTERS: Final = 20
"""A page with less is a picture, or empty."""
_BROKEN: Final = (
    PyPdfError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    IndexError,
    RecursionError,
    OSError,
)
"""What the library raises at files that are cut off or forged."""
_JAPANESE: Final = "぀-ヿ㐀-鿿豈-﫿々〇"
_SPREAD: Final = re.compile(
    rf"(?<=[{_JAPANESE}（）「」、。・]) +(?=[{_JAPANESE}（）「」、。・0-9])"
)
_SPREAD_LATIN: Final = re.compile(
    rf"(?<=[A-Za-zＡ-Ｚａ-ｚ]) (?=[{_JAPANESE}])|(?<=[{_JAPANESE}]) (?=[A-Za-zＡ-Ｚａ-ｚ])"
)
_SPREAD_NUMBER: Final = re.compile(
    rf"(?<=[{_JAPANESE}]) +(?=[0-9０-９])|(?<=[0-9０-９]) +(?=[章節款条項号編])"
)
_PAGE_NUMBER: Final = re.compile(
    r"^[-－―–ー\s]*(?:p\.?\s*)?\d{1,4}(?:\s*/\s*\d{1,4})?(?:ページ|頁)?[-－―–ー\s]*$", re.I
)
_STARTS: Final = re.compile(
    r"^(?:第\s*[0-9一二三四五六七八九十百]+\s*(?:編|章|節|款|条|号)?(?:の\s*[0-9一二三四五六七八九十]+)?|附\s*則"
    r"|\([0-9]{1,2}\)|\([ア-ン一二三四五六七八九十]{1,3}\)|[①-⑳㉑-㊿]|[0-9]{1,2}(?:[.．][0-9]{1,2})*[.．)]?[\s　]|[・●○■◆※]"
    r"|[アイウエオカキクケコサシスセソタチツテト][\s　]|\([^()]{1,40}\)$)"
)


def read_pdf(data: bytes) -> tuple[list[Line], list[str]]:
    """The lines of a PDF, and what the reader should know of it.

    Raises:
        LockedDocumentError: it asks for a password.
        PictureOnlyDocumentError: no page holds text.
        TooLargeDocumentError: more pages or text than a policy can have.
        UnreadableDocumentError: it is broken.
    """
    pages = _pages(data)
    empty = [
        number for number, text in enumerate(pages, start=1) if _letters(text) < _FEWEST_LETTERS
    ]
    if len(empty) == len(pages):
        raise PictureOnlyDocumentError(
            "この PDF には文字の情報がありません。紙を読み取った画像だけの PDF です。"
            "元の Word の文書を取り込むか、文字認識（OCR）をかけた PDF を作り、誤字を直してから取り込んでください。"
        )
    notes = []
    if empty:
        shown = "、".join(map(str, empty[:10])) + (" ほか" if len(empty) > 10 else "")
        notes.append(
            f"{len(empty)}ページ（{shown}ページ）から文字を読み取れませんでした。"
            "図か画像だけのページです。条文が含まれていないかを確かめてください。"
        )
    return _mended(_without_running([page.splitlines() for page in pages])), notes


def _pages(data: bytes) -> list[str]:
    try:
        reader = PdfReader(io.BytesIO(data), strict=False)
        _admit(reader)
        return _texts(reader)
    except _BROKEN as broken:
        raise UnreadableDocumentError(
            "PDF として開けません。途中で切れたか、壊れています。"
            "閲覧ソフトで開けるかを確かめ、保存し直してください。"
        ) from broken


def _admit(reader: PdfReader) -> None:
    if reader.is_encrypted and not reader.decrypt(""):
        raise LockedDocumentError(
            "この PDF は開くのにパスワードが要ります。保護を解除して保存し直してから、取り込んでください。"
        )
    if len(reader.pages) > MOST_PAGES:
        raise TooLargeDocumentError(
            f"{len(reader.pages):,}ページあります。取り込めるのは{MOST_PAGES}ページまでです。"
            "方針・対策基準の部分だけの PDF にしてください。"
        )


def _texts(reader: PdfReader) -> list[str]:
    texts: list[str] = []
    total = 0
    for page in reader.pages:
        text = page.extract_text()
        total += len(text)
        if total > MOST_LETTERS:
            raise TooLargeDocumentError(
                "文字が多すぎます。方針・対策基準の部分だけの PDF にして、取り込み直してください。"
            )
        texts.append(text)
    return texts


def _letters(text: str) -> int:
    return sum(1 for char in text if char.isalnum())


def _without_running(pages: list[list[str]]) -> list[str]:
    """Lines of all pages without page numbers, and without what every page has at its edge."""
    cleaned = [[_joined(line) for line in page if line.strip()] for page in pages]
    edges = Counter(line for page in cleaned for line in {*page[:2], *page[-2:]})
    running = {line for line, count in edges.items() if len(pages) >= 4 and count > len(pages) / 2}
    out: list[str] = []
    for page in cleaned:
        for index, line in enumerate(page):
            at_edge = index < 2 or index >= len(page) - 2
            if at_edge and (line in running or _PAGE_NUMBER.match(half_width(line))):
                continue
            out.append(line)
    return out


def _joined(line: str) -> str:
    """A line without the blanks that justified text leaves between its characters.

    >>> _joined("第 12 条  情 報 セキュリティ 責 任 者 は")
    '第12条 情報セキュリティ責任者は'
    """
    text = line.strip()
    text = _SPREAD_NUMBER.sub("", text)
    double = re.sub(r"[ 　]{2,}", "　", text)
    return _SPREAD_LATIN.sub("", _SPREAD.sub("", double)).replace("　", " ")


def _mended(lines: list[str]) -> list[Line]:
    """Paragraphs: a line that starts nothing of its own goes on from the one before."""
    out: list[str] = []
    widest = max((len(line) for line in lines), default=0)
    previous = ""
    for line in lines:
        starts = _STARTS.match(half_width(line)) is not None
        full = len(previous) >= widest * 0.7
        if out and not starts and full and not previous.endswith("。"):
            out[-1] += line
        else:
            out.append(line)
        previous = line
    return [Line(text) for text in out]
