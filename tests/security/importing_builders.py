"""Documents of a made-up town in every kind of file, good and bad."""

import io
import zipfile
from pathlib import Path
from typing import Final

from docx import Document
from pypdf import PdfReader, PdfWriter

from jichitai.infra.documents.pdf import typeset

VECTORS: Final = Path(__file__).parent / "vectors"
SAMPLE: Final = (VECTORS / "sample_regulation.txt").read_text(encoding="utf-8")
_TYPST: Final = Path(__file__).parent / "typst"
_W: Final = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_MAIN: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"


def word(text: str) -> bytes:
    """A Word document with one paragraph a line."""
    made = Document()
    for line in text.splitlines():
        made.add_paragraph(line)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def package(body: str, *, main: str = _MAIN, **parts: str | bytes) -> bytes:
    """A Word document of raw XML; further parts by name, `/` written as `__`."""
    types = (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        f'<Override PartName="/word/document.xml" ContentType="{main}"/></Types>'
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", types)
        archive.writestr(
            "word/document.xml", f"<w:document {_W}><w:body>{body}</w:body></w:document>"
        )
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/").replace("_xml", ".xml"), content)
    return out.getvalue()


def paragraph(text: str, *, numbering: tuple[int, int] | None = None, style: str = "") -> str:
    """A paragraph, numbered by a list and level if any."""
    number = (
        f'<w:numPr><w:ilvl w:val="{numbering[1]}"/><w:numId w:val="{numbering[0]}"/></w:numPr>'
        if numbering
        else ""
    )
    named = f'<w:pStyle w:val="{style}"/>' if style else ""
    return f"<w:p><w:pPr>{named}{number}</w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"


def numbering(*levels: tuple[str, str]) -> str:
    """A list definition: number format and text of each level."""
    inner = "".join(
        f'<w:lvl w:ilvl="{index}"><w:start w:val="1"/><w:numFmt w:val="{style}"/>'
        f'<w:lvlText w:val="{text}"/></w:lvl>'
        for index, (style, text) in enumerate(levels)
    )
    return (
        f'<w:numbering {_W}><w:abstractNum w:abstractNumId="0">{inner}</w:abstractNum>'
        '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>'
        '<w:num w:numId="2"><w:abstractNumId w:val="0"/><w:lvlOverride w:ilvl="0">'
        '<w:startOverride w:val="1"/></w:lvlOverride></w:num></w:numbering>'
    )


def styles(**headings: int) -> str:
    """Styles that are headings of a depth."""
    inner = "".join(
        f'<w:style w:styleId="{name}"><w:name w:val="heading {depth}"/></w:style>'
        for name, depth in headings.items()
    )
    return f"<w:styles {_W}>{inner}</w:styles>"


def pdf(text: str) -> bytes:
    """A PDF with the text, wrapped by the page's width, with page numbers and a running head."""
    return typeset("regulation.typ", {"lines": text.splitlines()}, folder=_TYPST)


def blank_pdf(pages: int = 2) -> bytes:
    """A PDF without any text."""
    writer = PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(width=595, height=842)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def locked_pdf(plain: bytes) -> bytes:
    """The same PDF behind a password."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(plain)))
    writer.encrypt("secret", algorithm="AES-256")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()
