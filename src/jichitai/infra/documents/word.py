"""Word-processor files (.docx) from simple blocks, with real headings and table heads.

The library is imported when the first file is written.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, TypeAlias

if TYPE_CHECKING:
    from docx.document import Document as Made

_FONT: Final = "Noto Sans JP"
_W: Final = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_STYLED: Final = ("Normal", "Title", "Heading 1", "Heading 2", "Heading 3", "List Bullet")


@dataclass(frozen=True, slots=True)
class Tagged:
    """Words inside a content control, so that programs find them by their tag."""

    text: str
    tag: str


Text: TypeAlias = str | Sequence[str | Tagged]
"""Plain words, or words and tagged words in order; a line end begins a new line."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of level 1 to 3."""

    text: str
    level: int = 1


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph; `indent` counts steps of two characters."""

    text: Text
    indent: int = 0


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list."""

    items: Sequence[Text]


@dataclass(frozen=True, slots=True)
class Table:
    """A table whose head repeats on every page."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Text]]


Block = Heading | Paragraph | Bullets | Table


def document(
    blocks: Sequence[Block], *, title: str, office: str = "", landscape: bool = False
) -> bytes:
    """A .docx file on A4.

    Args:
        blocks: in order.
        title: at the head, and in the file's properties.
        office: who issues it; the author in the file's properties.
        landscape: whether the paper lies on its long side.
    """
    from docx import Document

    made = Document()
    _prepare(made, landscape=landscape)
    made.core_properties.title, made.core_properties.author = title, office
    made.core_properties.language = "ja-JP"
    made.core_properties.created = made.core_properties.modified = datetime(2000, 1, 1)  # noqa: DTZ001 - the format has no zone
    made.add_heading(_clean(title), 0)
    for block in blocks:
        _add(made, block)
    target = io.BytesIO()
    made.save(target)
    return target.getvalue()


def _prepare(made: Made, *, landscape: bool) -> None:
    from docx.enum.section import WD_ORIENT
    from docx.oxml.ns import qn
    from docx.shared import Mm, Pt

    page = made.sections[0]
    page.page_width, page.page_height = Mm(210), Mm(297)
    if landscape:
        page.page_width, page.page_height = Mm(297), Mm(210)
        page.orientation = WD_ORIENT.LANDSCAPE
    page.left_margin = page.right_margin = Mm(20)
    for name in _STYLED:
        style = made.styles[name]
        style.font.name = _FONT
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for script in ("w:eastAsia", "w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme"):
            fonts.attrib.pop(qn(script), None)
        fonts.set(qn("w:eastAsia"), _FONT)
    made.styles["Normal"].font.size = Pt(10.5)


def _add(made: Made, block: Block) -> None:
    from docx.shared import Pt

    match block:
        case Heading(text, level):
            made.add_heading(_clean(text), level)
        case Paragraph(text, indent):
            paragraph = made.add_paragraph()
            if indent:
                paragraph.paragraph_format.left_indent = Pt(21 * indent)
            _write(paragraph, text)
        case Bullets(items):
            for item in items:
                _write(made.add_paragraph(style="List Bullet"), item)
        case Table():
            _add_table(made, block)


def _add_table(made: Made, block: Table) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    table = made.add_table(rows=1, cols=len(block.columns), style="Table Grid")
    head = table.rows[0]
    repeat = OxmlElement("w:tblHeader")
    repeat.set(qn("w:val"), "true")
    head._tr.get_or_add_trPr().append(repeat)  # noqa: SLF001 - the library has no other way
    for cell, label in zip(head.cells, block.columns, strict=True):
        cell.text = _clean(label)
        for run in cell.paragraphs[0].runs:
            run.bold = True
    for row in block.rows:
        for cell, value in zip(table.add_row().cells, row, strict=True):
            _write(cell.paragraphs[0], value)


def _write(paragraph: Any, text: Text) -> None:
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls

    for piece in (text,) if isinstance(text, str) else text:
        if isinstance(piece, str):
            paragraph.add_run(_clean(piece))
            continue
        run = paragraph.add_run(_clean(piece.text))
        control = parse_xml(
            f"<w:sdt {nsdecls('w')}><w:sdtPr><w:tag/><w:text/></w:sdtPr><w:sdtContent/></w:sdt>"
        )
        control.find(f".//{{{_W}}}tag").set(f"{{{_W}}}val", piece.tag)
        paragraph._p.append(control)  # noqa: SLF001 - the library has no other way
        control[-1].append(run._r)  # noqa: SLF001


def _clean(text: str) -> str:
    """Without the control characters that the format cannot hold."""
    return "".join(
        sign for sign in text if sign in "\n\t" or sign.isprintable() or sign == "\u3000"
    )
