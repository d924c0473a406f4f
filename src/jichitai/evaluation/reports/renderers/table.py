"""The figures of a report as a spreadsheet, as CSV and as JSON."""

import csv
import io
from collections.abc import Iterator
from datetime import date
from decimal import Decimal, InvalidOperation

from jichitai.evaluation.reports.model.document import (
    Block,
    Document,
    Figure,
    Heading,
    Paper,
    Paragraph,
    Part,
    Paths,
    Points,
    Table,
    encoded,
    plain,
)
from jichitai.evaluation.reports.model.looking import short_year
from jichitai.evaluation.reports.renderers import words
from jichitai.infra.documents.sheets import Column, Sheet, Value, workbook

_ROLES = {"actual": "実績", "target": "目標", "baseline": "基準"}
_FIGURES = (
    Column(key="number", label="番号", width=6, kind="int"),
    Column(key="ref", label="参照", width=26),
    Column(key="indicator", label="指標番号", width=12),
    Column(key="name", label="指標", width=40),
    Column(key="role", label="区分", width=8),
    Column(key="text", label="印字", width=18),
    Column(key="value", label="値", width=16, kind="number"),
    Column(key="unit", label="単位", width=10),
    Column(key="period", label="時点・期限", width=24),
    Column(key="as_of", label="時点（西暦）", width=14, kind="date"),
    Column(key="evidence", label="分子÷分母", width=22),
    Column(key="source", label="出典", width=40),
    Column(key="confidence", label="確かさ", width=14),
    Column(key="definition", label="数え方", width=40),
    Column(key="known_on", label="分かった日", width=14, kind="date"),
)
_LINES = (
    Column(key="part", label="項目", width=28),
    Column(key="sort", label="種類", width=12),
    Column(key="text", label="本文", width=100),
)


def book(document: Document) -> bytes:
    """A spreadsheet: targets and actuals, all figures, corrections, both papers line by line."""
    notes = ("　".join(one for one in (words.mark(document), words.dates(document)) if one),)
    sheets = [
        Sheet(name="目標と実績", columns=_series_columns(document), rows=_series(document),
              notes=(f"政策{document.policy}　{document.policy_name}　{words.year(document)}", *notes)),
        Sheet(name="数値の一覧", columns=_FIGURES, rows=[_figure(one) for one in document.figures],
              notes=notes),
        Sheet(name="訂正", columns=_CORRECTIONS, rows=list(_corrections(document)), notes=notes),
        *(
            Sheet(name=name, columns=_LINES, rows=list(_lines(document.paper(kind))), notes=notes)
            for kind, name in (("statement", "評価書"), ("summary", "要旨"))
        ),
    ]  # fmt: skip
    return workbook(sheets, title=document.paper("statement").title)


def figures_csv(document: Document) -> bytes:
    """Every figure as CSV (UTF-8 with a mark at its start, for Excel)."""
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\r\n")
    writer.writerow([column.label for column in _FIGURES])
    for one in document.figures:
        row = _figure(one) | {"value": one.value, "as_of": one.as_of, "known_on": one.known_on}
        writer.writerow([_safe(str(row[column.key] or "")) for column in _FIGURES])
    return target.getvalue().encode("utf-8-sig")


def document_json(document: Document) -> bytes:
    """The whole document as JSON, the same bytes for the same document."""
    return encoded(document)


def _safe(text: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    risky = text[:1] in ("=", "+", "@", "\t", "\r") or (text[:1] == "-" and not _number(text))
    return f"'{text}" if risky else text


def _number(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _figure(one: Figure) -> dict[str, Value]:
    return {
        "number": one.number,
        "ref": one.ref,
        "indicator": one.indicator,
        "name": one.name,
        "role": _ROLES[one.role],
        "text": one.text,
        "value": _number(one.value),
        "unit": one.unit,
        "period": one.period,
        "as_of": _day(one.as_of),
        "evidence": one.evidence,
        "source": one.source,
        "confidence": one.confidence,
        "definition": one.definition,
        "known_on": _day(one.known_on),
    }


def _series_columns(document: Document) -> tuple[Column, ...]:
    return (
        Column(key="indicator", label="指標番号", width=12),
        Column(key="name", label="指標", width=40),
        Column(key="level", label="段階", width=16),
        Column(key="baseline", label="基準値", width=16),
        *(
            Column(key=str(year), label=f"{short_year(year)}（{year}年度）", width=18)
            for year in document.years
        ),
        Column(key="target", label="目標値", width=16),
        Column(key="until", label="期限", width=24),
        Column(key="status", label="状況", width=16),
        Column(key="basis", label="状況の根拠", width=40),
    )


def _series(document: Document) -> list[dict[str, Value]]:
    known = {one.ref: one for one in document.figures}

    def text(ref: str) -> str:
        return known[ref].text if ref else "—"

    return [
        {
            "indicator": row.indicator,
            "name": row.name,
            "level": row.level,
            "baseline": text(row.baseline),
            **{str(year): text(ref) for year, ref in zip(document.years, row.actuals, strict=True)},
            "target": text(row.target),
            "until": known[row.target].period if row.target else "—",
            "status": row.status or "—",
            "basis": row.basis,
        }
        for row in document.series
    ]


_CORRECTIONS = (
    Column(key="indicator", label="指標番号", width=12),
    Column(key="name", label="指標", width=40),
    Column(key="period", label="時点", width=24),
    Column(key="before", label="訂正前", width=16),
    Column(key="after", label="訂正後", width=16),
    Column(key="corrected_on", label="訂正日", width=14, kind="date"),
    Column(key="reason", label="理由", width=60),
)


def _corrections(document: Document) -> Iterator[dict[str, Value]]:
    for one in document.corrections:
        yield {
            "indicator": one.indicator,
            "name": one.name,
            "period": one.period,
            "before": one.before,
            "after": one.after,
            "corrected_on": _day(one.corrected_on),
            "reason": one.reason,
        }


def _lines(paper: Paper) -> Iterator[dict[str, Value]]:
    for part in paper.parts:
        for sort, text in _texts(part):
            yield {"part": part.title, "sort": sort, "text": text}


def _texts(part: Part) -> Iterator[tuple[str, str]]:
    for block in part.blocks:
        yield from _block_texts(block)


def _block_texts(block: Block) -> Iterator[tuple[str, str]]:
    match block:
        case Heading(_, text):
            yield "見出し", text
        case Paragraph(runs):
            yield "段落", plain(runs)
        case Points(items):
            for one in items:
                yield "箇条", f"{'　' * one.depth}{one.mark}{plain(one.runs)}"
        case Table():
            yield "表", block.caption
            for row in block.rows:
                yield "表の行", "　|　".join(plain(cell) for cell in row)
        case Paths():
            for column in block.columns:
                for node in column.nodes:
                    measures = "".join(plain(one) for one in node.measures)
                    yield column.title, f"{node.mark} {node.text}{measures}"
