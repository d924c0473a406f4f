"""Forms that come back: cells are read straight, faults are told at their cells."""

import io
import zipfile
from collections.abc import Callable
from datetime import date, datetime

import pytest
from openpyxl import Workbook, load_workbook

from jichitai.correspondence.service.archives import Template, files_of, mark, packed
from jichitai.correspondence.service.returns import Returned, read_return
from jichitai.infra.documents.grid import read_grid
from jichitai.infra.documents.sheets import Column, Sheet, WorkbookRefusedError, workbook

COLUMNS = (
    Column(key="code", label="団体コード"),
    Column(key="kind", label="区分", choices=("甲", "乙")),
    Column(key="day", label="目標日", kind="date"),
    Column(key="vendor", label="事業者"),
    Column(key="note", label="備考"),
)


def form(rows: int = 3) -> bytes:
    values = {"code": "011002", "kind": "甲", "day": "R9.3.31", "vendor": "例示", "note": "無"}
    plain = [Column(key=one.key, label=one.label, choices=one.choices) for one in COLUMNS]
    sheet = Sheet(name="回答", columns=plain, rows=[values] * rows, notes=["調査", "注意"])
    return workbook([sheet], title="調査")


def edited(change: Callable[[Workbook], None]) -> bytes:
    book = load_workbook(io.BytesIO(form()))
    change(book)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def put(place: str, value: object) -> Callable[[Workbook], None]:
    return lambda book: book["回答"].__setitem__(place, value)


def read(data: bytes) -> Returned:
    return read_return(data, sheet="回答", columns=COLUMNS)


def told(found: Returned) -> list[str]:
    return [
        one.cell for one in (*found.heads, *(fault for row in found.rows for fault in row.faults))
    ]


def test_a_form_is_read_as_it_stands() -> None:
    found = read(form())
    assert (told(found), len(found.rows), found.cells) == ([], 3, 15)
    assert found.rows[0].values == {
        "code": "011002",
        "kind": "甲",
        "day": date(2027, 3, 31),
        "vendor": "例示",
        "note": "無",
    }
    assert found.rows[0].places["note"] == "E4"


@pytest.mark.parametrize(
    ("place", "value"),
    [("B4", "丙"), ("C5", "令和8年13月1日"), ("D4", "=1+1"), ("E6", "長" * 401)],
)
def test_a_fault_is_told_at_its_cell_and_the_rest_is_kept(place: str, value: str) -> None:
    found = read(edited(put(place, value)))
    assert told(found) == [place]
    assert sum(len(row.values) for row in found.rows) == 14
    assert all(fault.why and fault.remedy for row in found.rows for fault in row.faults)


@pytest.mark.parametrize(
    "value",
    [datetime(2027, 3, 31), "令和9年3月31日", "2027-03-31", 20270331],  # noqa: DTZ001 - as a sheet keeps it
)
def test_a_day_is_read_in_every_spelling(value: object) -> None:
    assert read(edited(put("C4", value))).rows[0].values["day"] == date(2027, 3, 31)


def test_a_column_out_of_order_is_told_at_its_head_and_not_read() -> None:
    def swap(book: Workbook) -> None:
        page = book["回答"]
        for row in range(3, 7):
            page.cell(row, 4).value, page.cell(row, 5).value = (
                page.cell(row, 5).value,
                page.cell(row, 4).value,
            )

    found = read(edited(swap))
    assert len(found.heads) == 1
    assert len(found.unread) == 1
    assert found.unread < {"vendor", "note"}
    assert all(len(row.values) == 4 for row in found.rows)


def test_a_head_that_is_missing_or_double_is_told() -> None:
    found = read(edited(put("D3", "ベンダー")))
    assert (told(found), found.unread) == (["D3"], frozenset({"vendor"}))
    found = read(edited(put("F3", "備考")))
    assert (told(found), found.unread) == (["F3"], frozenset({"note"}))


def test_a_merged_area_is_told_once() -> None:
    found = read(edited(lambda book: book["回答"].merge_cells("B4:C5")))
    assert told(found) == ["B4"]
    assert [row.torn for row in found.rows] == [False, True, False]


def renamed(book: Workbook) -> None:
    """Another name for the sheet, and a second sheet, so that nobody can tell which is meant."""
    book["回答"].title = "他"
    book.create_sheet("別")


def test_what_is_no_form_is_refused_whole() -> None:
    other = workbook([Sheet(name="別", columns=[Column(key="a", label="a")], rows=[])], title="x")
    two = edited(renamed)
    for data in (b"x", b"PK\x05\x06" + b"\0" * 18, other, two):
        with pytest.raises(WorkbookRefusedError):
            read(data)


def test_parts_with_declarations_are_refused() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(form())) as given, zipfile.ZipFile(target, "w") as made:
        for name in given.namelist():
            text = given.read(name)
            if name.endswith("sheet1.xml"):
                text = b'<!DOCTYPE a [<!ENTITY b "c">]>' + text
            made.writestr(name, text)
    with pytest.raises(WorkbookRefusedError):
        read(target.getvalue())


def test_furigana_beside_a_text_is_not_part_of_it() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(form())) as given, zipfile.ZipFile(target, "w") as made:
        for name in given.namelist():
            text = given.read(name).decode()
            furigana = "<t>例示</t><rPh sb='0' eb='2'><t>レイジ</t></rPh>"
            made.writestr(name, text.replace("<t>例示</t>", furigana))
    grid = read_grid(target.getvalue(), sheet="回答")
    assert grid.cells[4, 4].value == "例示"


def test_files_of_a_template_come_back_from_an_archive() -> None:
    rows = [{one.key: mark(one.key) for one in COLUMNS}]
    plain = [Column(key=one.key, label=one.label) for one in COLUMNS]
    template = Template(workbook([Sheet(name="回答", columns=plain, rows=rows)], title="調査"))
    given = [(f"{n}.xlsx", template.filled({"vendor": "<&>\x01", "kind": "乙"})) for n in range(3)]
    found = files_of(packed(given), "a.zip")
    assert [one.name for one in found] == ["0.xlsx", "1.xlsx", "2.xlsx"]
    assert read(found[0].data).rows[0].values == {"vendor": "<&>", "kind": "乙"}
