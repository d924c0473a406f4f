"""The document (評価書・要旨) as one value, from which every format is made.

A figure stands in the table of figures once. Texts and tables only mention it, and a mention says
the figure's own words; `checked` refuses a document in which they differ.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Final, Literal, TypeAlias

import msgspec
from msgspec import Struct

from jichitai.evaluation.reports.errors import BrokenDocumentError

FORM: Final = 1
"""Version of this form of documents."""

UNKNOWN: Final = "—（未公表）"
"""What is printed where no value is known."""


class Words(Struct, frozen=True, tag="words", tag_field="sort"):
    """Words of an officer or of the form."""

    text: str


class Mention(Struct, frozen=True, tag="figure", tag_field="sort"):
    """A figure in a text: its reference, and the words that the table of figures has for it."""

    ref: str
    text: str


Run: TypeAlias = Words | Mention
Line: TypeAlias = tuple[Run, ...]


class Figure(Struct, frozen=True, kw_only=True):
    """数値: one figure of the document.

    Attributes:
        number: counts from 1 in the order of first mention.
        ref: the reference that names it for good.
        indicator: id of its indicator.
        name: 指標の名称.
        role: actual (実績), target (目標) or baseline (基準値).
        text: as printed, with its unit; `UNKNOWN` where nothing is known.
        value: the number as plain decimal text; empty where unknown or not a number.
        unit: of the value.
        period: 年度 or 時点 in words.
        as_of: the day that it is about (ISO), or empty.
        source: 出典.
        definition: how it is counted.
        confidence: how sure it is, in words.
        known_on: day on which this value was known here (ISO), or empty.
        evidence: numerator and denominator in words, or empty.
    """

    number: int
    ref: str
    indicator: str
    name: str
    role: Literal["actual", "target", "baseline"]
    text: str
    value: str = ""
    unit: str = ""
    period: str = ""
    as_of: str = ""
    source: str = ""
    definition: str = ""
    confidence: str = ""
    known_on: str = ""
    evidence: str = ""


class Heading(Struct, frozen=True, tag="heading", tag_field="sort"):
    """A heading inside a part, of level 2 or 3."""

    level: int
    text: str


class Paragraph(Struct, frozen=True, tag="paragraph", tag_field="sort"):
    """A paragraph."""

    runs: Line


class Point(Struct, frozen=True):
    """One line of a list; `mark` is ➢, ○, ・, ※ or empty, `depth` counts from 0."""

    mark: str
    depth: int
    runs: Line


class Points(Struct, frozen=True, tag="points", tag_field="sort"):
    """Lines with their marks."""

    items: tuple[Point, ...]


class Column(Struct, frozen=True):
    """A column of a table: its label, its share of the width, and whether it holds numbers."""

    label: str
    width: int = 1
    end: bool = False


class Table(Struct, frozen=True, tag="table", tag_field="sort"):
    """A table; each cell is a line."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Line, ...], ...]
    empty: str = "（なし）"


class PathNode(Struct, frozen=True, kw_only=True):
    """活動・アウトプット・アウトカム: a node of the effect path with what it is measured by."""

    key: str
    mark: str
    text: str
    measures: tuple[Line, ...] = ()
    notes: tuple[str, ...] = ()


class PathColumn(Struct, frozen=True):
    """One of the four columns."""

    title: str
    nodes: tuple[PathNode, ...]


class PathEdge(Struct, frozen=True, kw_only=True):
    """Which node leads to which, under what assumption, on what evidence."""

    source: str
    target: str
    assumption: str
    grade: str


class Paths(Struct, frozen=True, tag="paths", tag_field="sort"):
    """効果発現経路: the logic model of one section."""

    section: str
    columns: tuple[PathColumn, ...]
    edges: tuple[PathEdge, ...]
    edition: int = 0


Block: TypeAlias = Heading | Paragraph | Points | Table | Paths


class Part(Struct, frozen=True, kw_only=True):
    """A part of a paper with its heading.

    Attributes:
        key: of the form.
        role: how a paper lays it out: purpose, overview, focus, plain or sources.
        title: its heading, of level 1.
        basis: article of the law, in words, or empty.
        blocks: in order.
    """

    key: str
    role: str
    title: str
    basis: str = ""
    blocks: tuple[Block, ...] = ()


class Paper(Struct, frozen=True, kw_only=True):
    """評価書 or 要旨."""

    kind: Literal["statement", "summary"]
    title: str
    parts: tuple[Part, ...]


class Series(Struct, frozen=True, kw_only=True):
    """目標と実績: one indicator's row, by the references of its figures.

    Attributes:
        indicator: its id.
        name: with unit.
        section: number of the section.
        level: アウトプット, 短期アウトカム and so on.
        baseline: reference, or empty.
        actuals: reference per fiscal year of `Document.years`, or empty.
        target: reference, or empty.
        status: word of the status.
        basis: how the status was found.
    """

    indicator: str
    name: str
    section: str
    level: str
    baseline: str
    actuals: tuple[str, ...]
    target: str
    status: str
    basis: str


class Correction(Struct, frozen=True, kw_only=True):
    """訂正: a value that was published and later replaced, both with the reason."""

    indicator: str
    name: str
    period: str
    before: str
    after: str
    corrected_on: str
    reason: str


class Document(Struct, frozen=True, kw_only=True):
    """評価書と要旨: everything that any format prints.

    Attributes:
        form: version of this form.
        policy: number of the policy.
        policy_name: its name.
        fiscal_year: western year of the fiscal year of the evaluation.
        as_of: day at whose end the facts were known.
        edition: 0 for a draft, then 1, 2, ….
        published_on: day of publication of the edition.
        reason: why this edition follows an earlier one.
        office: 担当.
        years: fiscal years of the table of targets and actuals.
        figures: every figure, once.
        series: the table of targets and actuals.
        corrections: corrected values among the indicators.
        papers: 評価書, then 要旨.
    """

    form: int = FORM
    policy: int
    policy_name: str
    fiscal_year: int
    as_of: date
    edition: int = 0
    published_on: date | None = None
    reason: str = ""
    office: str = ""
    years: tuple[int, ...] = ()
    figures: tuple[Figure, ...]
    series: tuple[Series, ...]
    corrections: tuple[Correction, ...]
    papers: tuple[Paper, ...]

    def paper(self, kind: str) -> Paper:
        """One of its papers.

        Source: 行政機関が行う政策の評価に関する法律 第10条.
        """
        return next(one for one in self.papers if one.kind == kind)


def lines_of(block: Block) -> Iterator[Line]:
    """Every line of a block in reading order.

    Source: form 1 of this software.
    """
    match block:
        case Paragraph(runs):
            yield runs
        case Points(items):
            yield from (one.runs for one in items)
        case Table():
            yield from (cell for row in block.rows for cell in row)
        case Paths():
            for column in block.columns:
                for node in column.nodes:
                    yield from node.measures


def mentions(blocks: Iterable[Block]) -> Iterator[Mention]:
    """Every mention of a figure, in reading order.

    Source: form 1 of this software.
    """
    for block in blocks:
        for line in lines_of(block):
            yield from (run for run in line if isinstance(run, Mention))


def blocks_of(document: Document) -> Iterator[Block]:
    """Every block of the document in reading order.

    Source: form 1 of this software.
    """
    for paper in document.papers:
        for part in paper.parts:
            yield from part.blocks


def plain(line: Line) -> str:
    """A line as text.

    >>> plain((Words("発出先："), Mention("P8-4-01@2025-04-01", "1,788団体")))
    '発出先：1,788団体'

    Source: form 1 of this software.
    """
    return "".join(run.text for run in line)


def checked(document: Document) -> Document:
    """The document, when no figure differs from its mentions.

    Raises:
        BrokenDocumentError: a mention without its figure, or in other words.

    Source: form 1 of this software.
    """
    known = {one.ref: one.text for one in document.figures}
    if len(known) != len(document.figures):
        raise BrokenDocumentError("同じ数値が二度登録されています。")
    for one in mentions(blocks_of(document)):
        if known.get(one.ref) != one.text:
            raise BrokenDocumentError(
                f"本文の「{one.text}」が、数値の一覧の {one.ref} と合いません。", ref=one.ref
            )
    for row in document.series:
        for ref in (row.baseline, *row.actuals, row.target):
            if ref and ref not in known:
                raise BrokenDocumentError(f"目標と実績の表の {ref} が、数値の一覧にありません。")
    return document


_encoder = msgspec.json.Encoder(order="deterministic")
_decoder = msgspec.json.Decoder(Document)


def encoded(document: Document) -> bytes:
    """The document as JSON, the same bytes for the same document; a line end closes it.

    Source: form 1 of this software.
    """
    return msgspec.json.format(_encoder.encode(document), indent=1) + b"\n"


def decoded(content: bytes | str) -> Document:
    """The document that JSON says.

    Raises:
        msgspec.ValidationError: it has another form.

    Source: form 1 of this software.
    """
    return _decoder.decode(content)
