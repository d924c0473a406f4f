"""All files of a report. Takes processor time: use a thread."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from jichitai.evaluation.reports.errors import UnknownReportError
from jichitai.evaluation.reports.model.document import Document
from jichitai.evaluation.reports.renderers import html, pdf, table, word

PDF: Final = "application/pdf"
DOCX: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True, slots=True)
class File:
    """A file of a report."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Format:
    """A format: name and type of its file, its words for people, and how it is made."""

    name: str
    media_type: str
    label: str
    made: Callable[[Document], bytes]


FORMATS: Final = (
    Format("statement.pdf", PDF, "評価書（PDF）", lambda d: pdf.paper(d, "statement")),
    Format("summary.pdf", PDF, "要旨（PDF）", lambda d: pdf.paper(d, "summary")),
    Format("statement.docx", DOCX, "評価書（Word）", lambda d: word.paper(d, "statement")),
    Format("summary.docx", DOCX, "要旨（Word）", lambda d: word.paper(d, "summary")),
    Format("report.xlsx", XLSX, "数値と本文（Excel）", table.book),
    Format("figures.csv", "text/csv; charset=utf-8", "数値の一覧（CSV）", table.figures_csv),
    Format("report.json", "application/json", "全部（JSON）", table.document_json),
    Format("report.html", "text/html; charset=utf-8", "一つのファイルのページ（HTML）", html.page),
)


def files_of(document: Document) -> list[File]:
    """Every file of a document."""
    return [File(one.name, one.media_type, one.made(document)) for one in FORMATS]


def file_of(document: Document, name: str) -> File:
    """One file.

    Raises:
        UnknownReportError: there is no such format.
    """
    for one in FORMATS:
        if one.name == name:
            return File(one.name, one.media_type, one.made(document))
    raise UnknownReportError(
        "この名前のファイルはありません。評価書の画面の「保存できる形式」から選んでください。"
    )
