"""Officers' texts as blocks (箇条・段落): one line, one point or paragraph. Pure."""

import re
from collections.abc import Iterator
from typing import Final

from jichitai.evaluation.reports.model.document import Block, Paragraph, Point, Points
from jichitai.evaluation.reports.model.looking import Figures

_MARKS: Final = {"➢": 0, "○": 0, "◯": 0, "〇": 0, "●": 0, "・": 1, "※": 0, "■": 0}
_LINE: Final = re.compile(r"([ \u3000]*)([➢○◯〇●・※■])?[ \u3000]*(.*)")


def blocks_of(text: str, figures: Figures) -> Iterator[Block]:
    """The blocks of a text: lines that begin with a mark are points, others paragraphs.

    Args:
        text: of an officer.
        figures: looks the references up.

    Source: form 1 of this software; marks of 公用文作成の考え方 and the ministry's summaries.
    """
    waiting: list[Point] = []
    for raw in text.splitlines():
        line = raw.rstrip()
        found = _LINE.fullmatch(line)
        mark = found[2] if found else None
        if mark and found:
            depth = min(len(found[1]) + _MARKS[mark], 2)
            mark = "○" if mark in "◯〇" else mark
            waiting.append(Point(mark, depth, figures.line(found[3])))
            continue
        if waiting:
            yield Points(tuple(waiting))
            waiting = []
        if line.strip():
            yield Paragraph(figures.line(line.strip()))
    if waiting:
        yield Points(tuple(waiting))
