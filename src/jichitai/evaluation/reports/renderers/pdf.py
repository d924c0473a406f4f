"""評価書 and 要旨 as PDF (A4, tagged, archivable), by Typst. Takes processor time: use a thread."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from jichitai.evaluation.reports.model.document import (
    Block,
    Document,
    Heading,
    Line,
    Mention,
    Paper,
    Paragraph,
    Part,
    Paths,
    Points,
    Table,
)
from jichitai.evaluation.reports.renderers import words
from jichitai.infra.documents.pdf import typeset

FOLDER: Final = Path(__file__).resolve().parents[1] / "typst"
TEMPLATE: Final = "report.typ"


def paper(document: Document, kind: str) -> bytes:
    """One of its papers as PDF; the same document gives the same bytes.

    Args:
        document: the report.
        kind: statement or summary.

    Raises:
        UndrawableTextError: a text has a character that the font lacks.
    """
    day = document.published_on or document.as_of
    made_at = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return typeset(TEMPLATE, data(document, kind), folder=FOLDER, made_at=made_at)


def data(document: Document, kind: str) -> dict[str, Any]:
    """What the template is given."""
    found: Paper = document.paper(kind)
    numbers = {one.ref: one.number for one in document.figures}
    return {
        "kind": kind,
        "title": found.title,
        "office": document.office,
        "mark": words.mark(document),
        "edition": document.edition,
        "reason": document.reason,
        "year": words.year(document),
        "date": words.dates(document),
        "foot": words.foot(document),
        "parts": [_part(one, numbers) for one in found.parts],
    }


def _part(part: Part, numbers: dict[str, int]) -> dict[str, Any]:
    shown = {} if part.role == "sources" else numbers  # rows of a list have their number already
    return {
        "role": part.role,
        "title": part.title,
        "basis": part.basis,
        "blocks": [_captioned(_block(one, shown), part) for one in part.blocks],
    }


def _captioned(block: dict[str, Any], part: Part) -> dict[str, Any]:
    """A table says its name only where the heading above does not."""
    known = block.get("caption", "-") in part.title
    return block | {"caption": ""} if known else block


def _line(line: Line, numbers: dict[str, int]) -> list[tuple[str, int]]:
    return [(run.text, numbers.get(run.ref, 0) if isinstance(run, Mention) else 0) for run in line]


def _block(block: Block, numbers: dict[str, int]) -> dict[str, Any]:
    match block:
        case Heading(level, text):
            return {"sort": "heading", "level": level, "text": text}
        case Paragraph(runs):
            return {"sort": "paragraph", "runs": _line(runs, numbers)}
        case Points(items):
            rows = [
                {"mark": one.mark, "depth": one.depth, "runs": _line(one.runs, numbers)}
                for one in items
            ]
            return {"sort": "points", "items": rows}
        case Table():
            cells = [[{"runs": _line(cell, numbers)} for cell in row] for row in block.rows]
            columns = [
                {"label": one.label, "width": one.width, "end": one.end} for one in block.columns
            ]
            return {"sort": "table", "caption": block.caption, "columns": columns,
                    "rows": cells, "empty": block.empty}  # fmt: skip
        case Paths():
            return _paths(block, numbers)


def _paths(block: Paths, numbers: dict[str, int]) -> dict[str, Any]:
    columns = [
        {
            "title": column.title,
            "nodes": [
                {
                    "key": node.key,
                    "mark": node.mark,
                    "text": node.text,
                    "measures": [_line(one, numbers) for one in node.measures],
                    "notes": list(node.notes),
                }
                for node in column.nodes
            ],
        }
        for column in block.columns
    ]
    edges = [
        {"source": one.source, "target": one.target, "grade": one.grade} for one in block.edges
    ]
    return {"sort": "paths", "columns": columns, "edges": edges}
