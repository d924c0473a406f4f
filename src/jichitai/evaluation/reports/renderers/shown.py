"""A document as templates need it: lookups by reference."""

from collections.abc import Mapping
from dataclasses import dataclass

from jichitai.evaluation.reports.model.document import Document, Paths, blocks_of


@dataclass(frozen=True, slots=True)
class Shown:
    """Lookups of a document.

    Attributes:
        values: plain number by reference; the printed words where there is none.
        numbers: number by reference.
        indicators: id of the indicator by a figure's number.
        marks: marks of nodes by section and key.
    """

    values: Mapping[str, str]
    numbers: Mapping[str, int]
    indicators: Mapping[str, str]
    marks: Mapping[str, Mapping[str, str]]


def shown(document: Document) -> Shown:
    """The lookups of a document."""
    figures = document.figures
    return Shown(
        values={one.ref: one.value or one.text for one in figures},
        numbers={one.ref: one.number for one in figures},
        indicators={str(one.number): one.indicator for one in figures},
        marks={
            block.section: {node.key: node.mark for col in block.columns for node in col.nodes}
            for block in blocks_of(document)
            if isinstance(block, Paths)
        },
    )
