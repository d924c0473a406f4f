"""評価書 and 要旨 as word-processor files; figures are content controls tagged with their reference."""

from collections.abc import Iterator

from jichitai.evaluation.reports.model.document import (
    Block,
    Document,
    Heading,
    Line,
    Mention,
    Paragraph,
    Paths,
    Points,
    Table,
)
from jichitai.evaluation.reports.renderers import words
from jichitai.infra.documents import word
from jichitai.infra.documents.word import Tagged, Text


def paper(document: Document, kind: str) -> bytes:
    """One of its papers as .docx.

    Args:
        document: the report.
        kind: statement or summary.
    """
    found = document.paper(kind)
    marked = words.mark(document)
    blocks: list[word.Block] = [
        word.Paragraph("　".join(one for one in (marked, words.year(document),
                                                words.dates(document), document.office) if one))
    ]  # fmt: skip
    if document.reason:
        blocks.append(word.Paragraph(f"第{document.edition}版の理由：{document.reason}"))
    for part in found.parts:
        blocks.append(word.Heading(part.title, 1))
        if part.basis:
            blocks.append(word.Paragraph(f"（行政機関が行う政策の評価に関する法律 {part.basis}）"))
        for block in part.blocks:
            blocks += _blocks(block)
    return word.document(
        blocks, title=found.title, office=document.office, landscape=kind == "summary"
    )


def _line(line: Line) -> list[str | Tagged]:
    return [Tagged(run.text, run.ref) if isinstance(run, Mention) else run.text for run in line]


def _blocks(block: Block) -> Iterator[word.Block]:
    match block:
        case Heading(level, text):
            yield word.Heading(text, level)
        case Paragraph(runs):
            yield word.Paragraph(_line(runs))
        case Points(items):
            for one in items:
                head = [f"{one.mark} "] if one.mark else []
                yield word.Paragraph([*head, *_line(one.runs)], indent=one.depth)
        case Table():
            yield word.Heading(block.caption, 3)
            if block.rows:
                rows = [[_line(cell) for cell in row] for row in block.rows]
                yield word.Table([one.label for one in block.columns], rows)
            else:
                yield word.Paragraph(block.empty)
        case Paths():
            row = [_column(block, place) for place in range(len(block.columns))]
            yield word.Table([one.title for one in block.columns], [row])


def _column(block: Paths, place: int) -> Text:
    targets: dict[str, list[str]] = {}
    marks = {node.key: node.mark for column in block.columns for node in column.nodes}
    for edge in block.edges:
        targets.setdefault(edge.source, []).append(marks.get(edge.target, ""))
    found: list[str | Tagged] = []
    for node in block.columns[place].nodes:
        found += ["\n\n"] if found else []
        found.append(f"{node.mark} {node.text}")
        for line in node.measures:
            found += ["\n", *_line(line)]
        found += [f"\n※{note}" for note in node.notes]
        if node.key in targets:
            found.append(f"\n→ {''.join(targets[node.key])}")
    return found
