"""The document of a report: references, assembly, every format with the same figures."""

import csv
import io
import re
import subprocess
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from docx.oxml.ns import qn
from lxml import etree
from openpyxl import load_workbook
from pypdf import PdfReader

from jichitai.evaluation.reports.errors import (
    BrokenDocumentError,
    LockedTextError,
    MissingReasonError,
    OwnReportError,
    WrongStageError,
)
from jichitai.evaluation.reports.model import stages
from jichitai.evaluation.reports.model.assembly import assemble, default_texts
from jichitai.evaluation.reports.model.document import (
    UNKNOWN,
    Document,
    Paths,
    blocks_of,
    checked,
    decoded,
    encoded,
    mentions,
    plain,
)
from jichitai.evaluation.reports.model.looking import Figures
from jichitai.evaluation.reports.model.references import inserted, parse, pieces
from jichitai.evaluation.reports.model.stages import Kind, Stage, Standing, Step
from jichitai.evaluation.reports.renderers import files
from tests.evaluation.report_builders import known


def said(text: str) -> str:
    return plain(Figures(known().indicators).line(text))


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("{{P8-4-01}}", "1,788団体"),
        ("｛｛ｐ８－４－０２＠Ｒ６｝｝".replace("－", "-"), "2回"),
        ("{{P8-4-02@令和7年度}}", "1回"),
        ("{{P8-4-02@2024年度}}", "2回"),
        ("{{P8-3-03@R7.7.31}}", "3,770システム"),
        ("{{P8-3-03@2025-12}}", "8,956システム"),
        ("{{P8-4-04@目標}}", "100 %"),
        ("{{P8-4-04@目標R8}}", "100 %"),
        ("{{P8-4-04@目標R7}}", UNKNOWN),
        ("{{P8-4-05}}", UNKNOWN),
        ("{{P8-4-04@基準}}", UNKNOWN),
        ("{{P8-4-04|分子}}/{{P8-4-04|分母}}", "805団体/1,788団体"),
        ("{{P8-4-04|値}}", "45.0"),
        ("{{P8-4-04|時点}}", "令和8年（2026年）11月20日"),
    ],
)
def test_a_reference_prints_what_is_known(text: str, printed: str) -> None:
    assert said(text) == printed


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{{}}", "空です"),
        ("{{P8-4-99}}", "指標 P8-4-99 はありません"),
        ("{{策定率}}", "指標の番号の形ではありません"),
        ("{{P8-4-04@きのう}}", "いつの値か分かりません"),
        ("{{P8-4-04|色}}", "使えません"),
        ("{{P8-4-04", "閉じていません"),
    ],
)
def test_a_wrong_reference_says_why_and_stays_as_typed(text: str, why: str) -> None:
    figures = Figures(known().indicators)
    assert plain(figures.line(f"策定率は{text}である")) == f"策定率は{text}である"
    assert why in figures.faults[0].why


def test_references_survive_being_written_again() -> None:
    for text in ("P8-4-04", "P8-4-04@R8", "P8-4-04@目標R8|値", "P8-3-03@2025-12", "P8-1-C1@基準"):
        assert parse(parse(text).code) == parse(text)
    assert [piece.text for piece in pieces("あ{{P8-4-04}}い")] == ["あ", "{{P8-4-04}}", "い"]
    assert inserted("率は{{}}、数は{{}}", "A-1") == "率は{{A-1}}、数は{{}}"


def test_the_facts_of_the_policy_come_from_data() -> None:
    document = assemble(known()).document
    measures = [
        plain(line)
        for block in blocks_of(document)
        if isinstance(block, Paths)
        for column in block.columns
        for node in column.nodes
        for line in node.measures
    ]
    assert any("令和7年（2025年）4月1日、1,788団体" in one for one in measures)
    assert any("策定率：令和8年度（2026年度）までに100 %" in one for one in measures)
    assert any("令和9年度（2027年度）までに47都道府県" in one for one in measures)
    assert document.years == (2022, 2023, 2024, 2025, 2026)
    revisions = next(row for row in document.series if row.indicator == "P8-4-02")
    assert [ref.partition("@")[2] for ref in revisions.actuals] == ["", "", "2025-03-31", "2026-03-27", ""]  # fmt: skip


def test_a_correction_keeps_both_values_with_the_reason() -> None:
    document = assemble(known()).document
    assert [(one.before, one.after, one.reason) for one in document.corrections] == [
        ("8,900システム", "8,956システム", "集計もれの訂正")
    ]
    assert "P8-3-03@2025-12-31" in {one.ref for one in document.figures}


def test_the_same_knowledge_gives_the_same_bytes() -> None:
    first, second = encoded(assemble(known()).document), encoded(assemble(known()).document)
    assert first == second
    assert decoded(first) == assemble(known()).document
    other = assemble(known(texts={"result": "別の文"})).document
    assert encoded(other) != first


def test_a_document_whose_figures_differ_from_their_mentions_is_refused() -> None:
    document = assemble(known()).document
    raw = encoded(document).decode()
    wrong = decoded(raw.replace('"text": "45.0 %"', '"text": "54.0 %"', 1))
    with pytest.raises(BrokenDocumentError):
        checked(wrong)


def test_the_texts_begin_with_those_of_the_policy() -> None:
    texts = default_texts(known())
    assert texts["direction-4"].startswith("○全地方公共団体等における確実な方針の策定と公表")
    assert "※上記に限らず" in texts["direction-4"]
    assert "改正地方自治法の施行日（令和８年４月１日）" in texts["present-4"]
    assert texts["result"] == ""


# ---- formats ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def document() -> Document:
    return assemble(known()).document


@pytest.fixture(scope="module")
def made(document: Document) -> dict[str, bytes]:
    return {one.name: one.content for one in files.files_of(document)}


def expected(document: Document) -> dict[str, str]:
    return {one.ref: one.text for one in document.figures}


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


def pdf_figures(content: bytes) -> dict[int, set[str]]:
    """What stands before each number in square brackets, as far back as a value goes."""
    text = squeezed("".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages))
    found: dict[int, set[str]] = {}
    for match in re.finditer(r"(?=\[(\d+)\])", text):
        found.setdefault(int(match[1]), set()).add(text[max(0, match.start() - 20) : match.start()])
    return found


def test_every_figure_is_the_same_in_pdf(document: Document, made: dict[str, bytes]) -> None:
    texts = {one.number: squeezed(one.text) for one in document.figures}
    numbers: set[int] = set()
    for kind in ("statement", "summary"):
        found = pdf_figures(made[f"{kind}.pdf"])
        for number, before in found.items():
            assert all(one.endswith(texts[number]) for one in before), (number, before)
        mentioned = {
            one.ref
            for part in document.paper(kind).parts
            if part.role != "sources"
            for one in mentions(part.blocks)
        }
        by_ref = {one.ref: one.number for one in document.figures}
        assert set(found) == {by_ref[ref] for ref in mentioned}
        numbers |= set(found)
    assert numbers == set(texts)


def test_the_pdf_is_a4_tagged_and_named(made: dict[str, bytes]) -> None:
    for kind, size in (("statement", (595, 842)), ("summary", (842, 595))):
        reader = PdfReader(io.BytesIO(made[f"{kind}.pdf"]))
        box = reader.pages[0].mediabox
        assert (round(box.width), round(box.height)) == size
        root = reader.trailer["/Root"]
        assert root["/MarkInfo"]["/Marked"]  # type: ignore[index]
        assert root["/Lang"] == "ja"  # type: ignore[index]
        assert "政策8" in str(reader.metadata.title if reader.metadata else "")


def test_every_figure_is_the_same_in_word(document: Document, made: dict[str, bytes]) -> None:
    found: dict[str, set[str]] = {}
    for kind in ("statement", "summary"):
        with zipfile.ZipFile(io.BytesIO(made[f"{kind}.docx"])) as packed:
            root = etree.fromstring(packed.read("word/document.xml"))
        for control in root.iter(qn("w:sdt")):
            tag = control.find(f".//{qn('w:tag')}").get(qn("w:val"))
            text = "".join(one.text or "" for one in control.iter(qn("w:t")))
            found.setdefault(tag, set()).add(text)
    assert found == {ref: {text} for ref, text in expected(document).items()}


def test_every_figure_is_the_same_in_excel(document: Document, made: dict[str, bytes]) -> None:
    book = load_workbook(io.BytesIO(made["report.xlsx"]))
    rows = list(book["数値の一覧"].iter_rows(values_only=True))
    head = next(place for place, row in enumerate(rows) if row[0] == "番号")
    table = [dict(zip(map(str, rows[head]), row, strict=True)) for row in rows[head + 1 :]]
    assert {row["参照"]: row["印字"] for row in table} == expected(document)
    values = {one.ref: float(one.value) for one in document.figures if one.value}
    assert {row["参照"]: row["値"] for row in table if row["値"] is not None} == values
    series = [[str(cell) for cell in row] for row in book["目標と実績"].iter_rows(values_only=True)]
    policies = next(row for row in series if row[0] == "P8-4-04")
    assert "45.0 %" in policies
    assert "100 %" in policies


def test_every_figure_is_the_same_in_csv_json_and_html(
    document: Document, made: dict[str, bytes]
) -> None:
    rows = csv.DictReader(io.StringIO(made["figures.csv"].decode("utf-8-sig")))
    assert {row["参照"]: row["印字"] for row in rows} == expected(document)
    again = decoded(made["report.json"])
    assert {one.ref: one.text for one in mentions(blocks_of(again))} == expected(document)
    page = made["report.html"].decode()
    found = re.findall(r'<data value="([^"]*)" data-ref="([^"]*)">([^<]*)</data>', page)
    assert {ref: text for _, ref, text in found} == expected(document)
    values = {one.ref: one.value or one.text for one in document.figures}
    assert {ref: value for value, ref, _ in found} == values


def test_the_pdf_is_made_in_less_than_a_second(document: Document) -> None:
    from time import process_time

    other = assemble(known(texts={"result": "時間を測るための文"})).document
    start = process_time()
    assert files.file_of(other, "statement.pdf").content.startswith(b"%PDF")
    assert process_time() - start < 1


def test_poppler_reads_every_page(made: dict[str, bytes], tmp_path: Path) -> None:
    file = tmp_path / "summary.pdf"
    file.write_bytes(made["summary.pdf"])
    done = subprocess.run(
        ["pdftotext", str(file), "-"], capture_output=True, text=True, check=False
    )
    if done.returncode == 0:
        assert "効果発現経路" in squeezed(done.stdout)


# ---- stages -------------------------------------------------------------------------------------

NOON = datetime(2026, 11, 20, 3, tzinfo=UTC)


def step(kind: Kind, *, by: str = "a", edition: int = 1, hours: int = 0) -> Step:
    return Step(number=1, kind=kind, edition=edition, as_of=date(2026, 11, 20), reason="",
                by_id=by, by_name=by, recorded_at=NOON.replace(hour=3 + hours))  # fmt: skip


def test_who_wrote_a_report_does_not_decide_on_it() -> None:
    handed_in = Standing(steps=[step(Kind.SUBMITTED)], writers=frozenset({"a", "b"}))
    assert handed_in.stage is Stage.SUBMITTED
    for writer in ("a", "b"):
        with pytest.raises(OwnReportError):
            stages.may_decide(handed_in, by=writer)
    stages.may_decide(handed_in, by="c")
    with pytest.raises(LockedTextError):
        stages.may_write(handed_in)
    with pytest.raises(WrongStageError):
        stages.may_publish(handed_in, by="c")
    approved = replace(handed_in, steps=[*handed_in.steps, step(Kind.APPROVED, by="c", hours=1)])
    stages.may_publish(approved, by="c")
    with pytest.raises(OwnReportError):
        stages.may_publish(approved, by="b")


def test_a_later_edition_says_why() -> None:
    out = [step(Kind.SUBMITTED), step(Kind.APPROVED, by="c"), step(Kind.PUBLISHED, by="c", hours=1)]
    published = Standing(steps=out, changed_at=NOON)
    assert published.stage is Stage.PUBLISHED
    assert published.edition == 2
    with pytest.raises(MissingReasonError):
        stages.may_submit(published, reason=" ")
    stages.may_submit(published, reason="分母の訂正")
    again = replace(published, changed_at=NOON.replace(hour=5))
    assert again.stage is Stage.DRAFT
