"""Documents out and in: what a file says comes back, and what is wrong is said at its cell."""

import io
import zipfile
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from docx import Document
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from jichitai.infra.documents import pdf, sheets, word
from jichitai.infra.documents.sheets import Column, Sheet, WorkbookRefusedError

COLUMNS = (
    Column(key="code", label="団体コード", required=True),
    Column(key="state", label="状況", choices=("済", "未")),
    Column(key="on", label="日付", kind="date"),
    Column(key="cost", label="金額（円）", kind="yen"),
)
ROW: dict[str, sheets.Value] = {
    "code": "011002",
    "state": "済",
    "on": date(2026, 11, 20),
    "cost": 1234,
}


def made(*rows: dict[str, sheets.Value], notes: tuple[str, ...] = ()) -> bytes:
    sheet = Sheet(name="回答", columns=COLUMNS, rows=rows, notes=notes)
    return sheets.workbook([sheet], title="調査票")


def changed(data: bytes, **cells: object) -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(data))
    for place, value in cells.items():
        book["回答"][place] = value
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def read(data: bytes) -> sheets.Table:
    return sheets.read(data, sheet="回答", columns=COLUMNS)


TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Co", "Cn")), max_size=40
)


@settings(max_examples=25)
@given(text=TEXTS, cost=st.none() | st.integers(-(10**12), 10**12), on=st.none() | st.dates())
def test_what_goes_out_comes_back(text: str, cost: int | None, on: date | None) -> None:
    if on is not None and on < date(1900, 3, 1):
        on = None
    columns = (Column(key="text", label="文"), *COLUMNS[2:])
    sheet = Sheet(name="回答", columns=columns, rows=[{"text": f"x{text}", "on": on, "cost": cost}])
    table = sheets.read(sheets.workbook([sheet], title="t"), sheet="回答", columns=columns)
    assert table.faults == []
    assert table.rows[0].values == {"text": f"x{text}".strip(), "on": on, "cost": cost}


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@A1", '=HYPERLINK("http://x")'])
def test_a_text_that_looks_like_a_formula_is_written_as_text(text: str) -> None:
    book = openpyxl.load_workbook(io.BytesIO(made(ROW | {"code": text})))
    assert book["回答"]["A2"].data_type == "s"
    assert book["回答"]["A2"].value == text


def test_notes_stand_above_the_head_and_do_not_disturb_reading() -> None:
    assert read(made(ROW, notes=("出典", "記入の方法"))).rows[0].number == 4


def test_dates_in_wareki_and_full_width_figures_are_understood() -> None:
    table = read(changed(made(ROW), C2="令和8年11月20日", D2="１，２３４円"))
    assert table.faults == []
    assert table.rows[0].values == ROW


@pytest.mark.parametrize(
    ("cell", "value", "why"),
    [
        ("A2", None, "空です"),
        ("B2", "たぶん", "選べる値の中にありません"),
        ("C2", "令和8年13月1日", "月"),
        ("D2", "およそ千", "整数ではありません"),
        ("D2", "=1+1", "式"),
    ],
)
def test_a_fault_names_its_cell_why_and_what_to_do(cell: str, value: object, why: str) -> None:
    table = read(changed(made(ROW, ROW), **{cell: value}))
    assert [(fault.cell, why in fault.why, bool(fault.remedy)) for fault in table.faults] == [
        (cell, True, True)
    ]
    assert table.rows[1].values == ROW


def test_a_merged_cell_is_a_fault_of_each_of_its_cells() -> None:
    book = openpyxl.load_workbook(io.BytesIO(made(ROW, ROW)))
    book["回答"].merge_cells("B2:B3")
    target = io.BytesIO()
    book.save(target)
    assert [fault.cell for fault in read(target.getvalue()).faults] == ["B2", "B3"]


def test_a_missing_column_is_named() -> None:
    with pytest.raises(WorkbookRefusedError, match="状況"):
        read(changed(made(ROW), B1="じょうきょう"))


def test_a_column_that_stands_twice_is_refused() -> None:
    with pytest.raises(WorkbookRefusedError, match="二つ"):
        read(changed(made(ROW), E1="状況"))


def with_part(data: bytes, name: str, content: bytes) -> bytes:
    target = io.BytesIO(data)
    with zipfile.ZipFile(target, "a", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(name, content)
    return target.getvalue()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"hello", "読めません"),
        (b"", "読めません"),
        (with_part(made(ROW), "xl/vbaProject.bin", b"x"), "マクロ"),
        (with_part(made(ROW), "xl/media/a.bin", b"0" * 70_000_000), "大きくなりすぎ"),
        (made(ROW)[:-200], "読めません"),
        (b"x" * (sheets.LARGEST_FILE + 1), "大きすぎます"),
    ],
)
def test_files_that_cannot_be_trusted_are_refused(data: bytes, said: str) -> None:
    with pytest.raises(WorkbookRefusedError, match=said):
        read(data)


TEMPLATE = """#import "/paper.typ": *
#let d = data()
#show: paper.with(title: d.title, office: "例示市", date: "令和8年11月20日", mark: d.mark)
= 概要
#d.text
#grid-of(("項目", (label: "額", align: right)), d.rows)
#facts((("状況", "済"),))
"""
DATA = {"title": "方針", "mark": "演習用", "text": "#本文 *強調* $x$ @y", "rows": [["甲", "1,234"]]}


@pytest.fixture
def templates(tmp_path: Path) -> Path:
    (tmp_path / "paper_test.typ").write_text(TEMPLATE, encoding="utf-8")
    return tmp_path


def test_a_pdf_is_tagged_archivable_and_says_what_the_data_say(templates: Path) -> None:
    data = pdf.typeset("paper_test.typ", DATA, folder=templates)
    reader = PdfReader(io.BytesIO(data))
    text = "".join(page.extract_text() for page in reader.pages).replace(" ", "")
    assert "#本文*強調*$x$@y" in text  # data is never markup
    assert "1,234" in text
    assert reader.root_object["/MarkInfo"]["/Marked"]  # type: ignore[index]
    assert str(reader.root_object["/Lang"]) == "ja"
    assert b"pdfaid" in data


def test_the_same_data_give_the_same_bytes(templates: Path) -> None:
    first = pdf.typeset("paper_test.typ", DATA, folder=templates)
    assert pdf.typeset("paper_test.typ", DATA, folder=templates) == first
    assert len(pdf.pictures("paper_test.typ", DATA, folder=templates)) == 1


def test_a_character_without_a_shape_is_refused_by_name(templates: Path) -> None:
    with pytest.raises(pdf.UndrawableTextError, match="\U0001f600"):
        pdf.typeset("paper_test.typ", DATA | {"text": "笑\U0001f600"}, folder=templates)


def test_a_word_file_has_headings_and_repeating_heads() -> None:
    blocks: list[word.Block] = [
        word.Heading("点検の結果"),
        word.Paragraph("次のとおり\x00です。"),
        word.Bullets(["一", "二"]),
        word.Table(["項目", "結果"], [["組織", "済"]]),
    ]
    data = word.document(blocks, title="報告", office="例示市")
    read_back = Document(io.BytesIO(data))
    assert [p.style and p.style.name for p in read_back.paragraphs][:2] == ["Title", "Heading 1"]
    assert read_back.paragraphs[2].text == "次のとおりです。"
    assert read_back.tables[0].rows[0]._tr.trPr is not None
    assert word.document(blocks, title="報告", office="例示市") == data
