"""Spreadsheets (.xlsx) out and in, by one layout of columns.

What comes in is read as values, never run: a file with macros is refused whole; a formula, a merged
cell or a date that does not exist is a fault of its cell, and the other cells are read all the same.

The library takes a third of a second to import, so only files that go out or in bring it in.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Literal
from zipfile import BadZipFile, ZipFile

from jichitai.kernel.dates import parse_date
from jichitai.kernel.errors import InvalidError

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.cell.cell import Cell, MergedCell
    from openpyxl.worksheet.worksheet import Worksheet

Kind = Literal["text", "int", "date", "yen", "number"]
Value = str | int | date | Decimal | None

LARGEST_FILE: Final = 5 * 1024 * 1024
LARGEST_UNPACKED: Final = 60 * 1024 * 1024
_MOST_PARTS: Final = 300
_COLUMNS_LOOKED_AT: Final = 200


class WorkbookRefusedError(InvalidError):
    """The file cannot be read as the spreadsheet that was asked for."""

    type = "infra.workbook-refused"
    title = "この表は読み取れません"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a layout.

    Attributes:
        key: name of the value in a row.
        label: head of the column; a file that comes in is read by it.
        width: in characters.
        kind: text, int, date, yen, or number (with decimals).
        choices: the only values allowed, if any; the file offers them as a list.
        required: whether an empty cell is a fault.
        locked: whether people should leave it as it is (shown in grey).
    """

    key: str
    label: str
    width: int = 16
    kind: Kind = "text"
    choices: Sequence[str] = ()
    required: bool = False
    locked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A sheet that goes out.

    Attributes:
        name: of the sheet, at most 31 characters.
        columns: its layout.
        rows: values by key.
        notes: lines above the head: source, as-of date, how to fill in.
    """

    name: str
    columns: Sequence[Column]
    rows: Sequence[Mapping[str, Value]]
    notes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a cell, why, and what to do."""

    cell: str
    value: str
    why: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Row:
    """A row that came in, with its number in the file."""

    number: int
    values: Mapping[str, Value]


@dataclass(slots=True)
class Table:
    """What could be read of a sheet."""

    rows: list[Row] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    cells: int = 0


def workbook(sheets: Sequence[Sheet], *, title: str) -> bytes:
    """A spreadsheet file; texts that look like formulas are written as texts.

    Args:
        sheets: in order.
        title: in the file's properties.
    """
    from openpyxl import Workbook

    book = Workbook()
    book.properties.title = title
    book.properties.creator = "Jichitai"
    book.properties.created = book.properties.modified = datetime(2000, 1, 1)  # noqa: DTZ001 - the format has no zone
    if book.active is not None:
        book.remove(book.active)
    for sheet in sheets:
        _fill(book.create_sheet(sheet.name[:31]), sheet)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


@dataclass(frozen=True, slots=True)
class _Look:
    bold: Any
    faint: Any
    head: Any
    line: Any
    wrapped: Any
    plain: Any


@cache
def _look() -> _Look:
    from openpyxl.styles import Alignment, Border, Font, PatternFill, Side

    return _Look(
        bold=Font(bold=True),
        faint=Font(color="666666"),
        head=PatternFill("solid", fgColor="E6E6E6"),
        line=Border(*(Side(style="thin", color="949494") for _ in range(4))),
        wrapped=Alignment(wrap_text=True, vertical="top"),
        plain=Alignment(wrap_text=False, vertical="top"),
    )


def _letter(column: int) -> str:
    """The name of a column, counted from 1.

    >>> _letter(1), _letter(26), _letter(27), _letter(703)
    ('A', 'Z', 'AA', 'AAA')
    """
    name = ""
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def _fill(page: Worksheet, sheet: Sheet) -> None:
    look = _look()
    for note in sheet.notes:
        page.append([None])
        _write(page.cell(page.max_row, 1), note)
    head = len(sheet.notes) + 1
    for index, column in enumerate(sheet.columns, start=1):
        cell = page.cell(head, index, column.label)
        cell.font, cell.fill, cell.border = look.bold, look.head, look.line
        cell.alignment = look.wrapped
        page.column_dimensions[_letter(index)].width = column.width
    for number, row in enumerate(sheet.rows, start=head + 1):
        for index, column in enumerate(sheet.columns, start=1):
            cell = page.cell(number, index)
            _write(cell, row.get(column.key))
            _dress(cell, column)
    _offer_choices(page, sheet, head)
    page.freeze_panes = page.cell(head + 1, 1)
    page.print_title_rows = f"{head}:{head}"
    page.page_setup.orientation = "landscape"
    page.page_setup.paperSize = 9
    page.page_setup.fitToHeight = 0
    page.sheet_properties.pageSetUpPr.fitToPage = True


def _write(cell: Cell | MergedCell, value: Value) -> None:
    cell.value = value
    if isinstance(value, str):
        cell.data_type = "s"
        cell.quotePrefix = value[:1] in "=+-@" if value else False


_FORMATS: Final[Mapping[Kind, str]] = {
    "text": "@",
    "int": "#,##0",
    "yen": "#,##0",
    "number": "#,##0.######",
    "date": "yyyy-mm-dd",
}


def _dress(cell: Cell | MergedCell, column: Column) -> None:
    look = _look()
    cell.border = look.line
    cell.alignment = look.wrapped if column.kind == "text" else look.plain
    cell.number_format = _FORMATS[column.kind]
    if column.locked:
        cell.font = look.faint


def _offer_choices(page: Worksheet, sheet: Sheet, head: int) -> None:
    from openpyxl.worksheet.datavalidation import DataValidation

    last = head + max(len(sheet.rows), 1) + 200
    for index, column in enumerate(sheet.columns, start=1):
        offered = ",".join(column.choices)
        if not column.choices or len(offered) > 250:
            continue
        rule = DataValidation(type="list", formula1=f'"{offered}"', allow_blank=True)
        letter = _letter(index)
        rule.add(f"{letter}{head + 1}:{letter}{last}")
        page.add_data_validation(rule)


def read(
    data: bytes, *, sheet: str, columns: Sequence[Column], largest: int = LARGEST_FILE
) -> Table:
    """Read one sheet by the labels of its columns.

    The head is the first row that holds every label; rows without any value are passed over.

    Args:
        data: the file.
        sheet: its name; when the file has only one sheet, that one.
        columns: the layout; all of them must be there, further ones are passed over.
        largest: bytes of the file at most.

    Raises:
        WorkbookRefusedError: no .xlsx file, macros, too large, sheet or column missing or twice.
    """
    with _opened(data, largest) as book:
        page = _sheet(book, sheet)
        head, places = _head(page, columns)
        merged = _merged(page)
        table = Table()
        for cells in page.iter_rows(min_row=head + 1):
            _read_row(cells, places, merged, table)
        return table


@contextmanager
def _opened(data: bytes, largest: int) -> Iterator[Workbook]:
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    refuse_unsafe(data, largest)
    try:
        book = load_workbook(io.BytesIO(data), keep_links=False)
    except (InvalidFileException, BadZipFile, KeyError, ValueError, OSError, SyntaxError) as error:
        raise not_a_workbook() from error
    try:
        yield book
    finally:
        book.close()


def refuse_unsafe(data: bytes, largest: int) -> None:
    """Refuse what is too large, is no archive, or would run something.

    Raises:
        WorkbookRefusedError: any of these.
    """
    if len(data) > largest:
        raise WorkbookRefusedError(
            f"ファイルが大きすぎます（{len(data):,}バイト）。{largest:,}バイトまで受け取れます。"
            "画像や使わないシートを消して、もう一度選んでください。"
        )
    try:
        with ZipFile(io.BytesIO(data)) as packed:
            parts = packed.infolist()
    except (BadZipFile, zipfile.LargeZipFile, NotImplementedError, OSError) as error:
        raise not_a_workbook() from error
    if len(parts) > _MOST_PARTS or sum(part.file_size for part in parts) > LARGEST_UNPACKED:
        raise WorkbookRefusedError(
            "ファイルを開くと大きくなりすぎるため、読み取りをやめました。"
            "必要なシートだけを新しいファイルに写して、もう一度選んでください。"
        )
    names = [part.filename.lower() for part in parts]
    if any("vbaproject" in name or "activex" in name or "/embeddings/" in name for name in names):
        raise WorkbookRefusedError(
            "マクロや埋め込みの部品を含むファイルは、安全のため受け取れません。"
            "「Excelブック（*.xlsx）」の形式で保存し直してください。"
        )


def not_a_workbook() -> WorkbookRefusedError:
    """The refusal of a file that is no workbook, or a broken one."""
    return WorkbookRefusedError(
        "Excelの表（.xlsx）として読めません。壊れているか、別の形式です。"
        "「Excelブック（*.xlsx）」の形式で保存し直してください。"
    )


def _sheet(book: Workbook, name: str) -> Worksheet:
    pages: list[Worksheet] = [page for page in book.worksheets if hasattr(page, "merged_cells")]
    for page in pages:
        if page.title == name:
            return page
    if len(pages) == 1:
        return pages[0]
    raise WorkbookRefusedError(
        f"「{name}」という名前のシートがありません。配った様式のシートの名前を変えずに使ってください。"
    )


def _head(page: Worksheet, columns: Sequence[Column]) -> tuple[int, dict[int, Column]]:
    wanted = {column.label: column for column in columns}
    best: set[str] = set()
    for cells in page.iter_rows(max_row=40, max_col=_COLUMNS_LOOKED_AT):
        labels = [str(cell.value).strip() if cell.value is not None else "" for cell in cells]
        found = wanted.keys() & set(labels)
        if len(found) > len(best):
            best = found
        if len(found) < len(wanted):
            continue
        twice = [label for label in wanted if labels.count(label) > 1]
        if twice:
            raise WorkbookRefusedError(
                f"見出し「{'」「'.join(twice)}」が二つあります。どちらを読めばよいか決められません。"
                "一つにしてください。"
            )
        return cells[0].row, {i: wanted[label] for i, label in enumerate(labels) if label in wanted}
    missing = [label for label in wanted if label not in best]
    raise WorkbookRefusedError(
        f"見出し「{'」「'.join(missing[:5])}」の列が見つかりません。"
        "列を消したり名前を変えたりせずに、配った様式のまま使ってください。",
        missing=missing,
    )


def _merged(page: Worksheet) -> set[str]:
    return {
        f"{_letter(column)}{row}"
        for area in page.merged_cells.ranges
        for row, column in _inside(area)
    }


def _inside(area: Any) -> Iterator[tuple[int, int]]:
    yield from area.cells


def _read_row(
    cells: tuple[Any, ...], places: Mapping[int, Column], merged: set[str], table: Table
) -> None:
    if all(cell.value is None or str(cell.value).strip() == "" for cell in cells):
        return
    values: dict[str, Value] = {}
    for index, column in places.items():
        cell = cells[index]
        place = f"{_letter(index + 1)}{cell.row}"
        table.cells += 1
        fault = _fault(cell, place, merged)
        if fault is None:
            values[column.key], fault = _value(cell.value, place, column)
        if fault is not None:
            table.faults.append(fault)
            values[column.key] = None
    table.rows.append(Row(cells[0].row, values))


def _fault(cell: Any, place: str, merged: set[str]) -> Fault | None:
    if place in merged:
        return Fault(
            place,
            str(cell.value or ""),
            "セルが結合されているため、どの行の値か決められません",
            "結合を解除して、それぞれのセルに値を入れてください",
        )
    if cell.data_type == "f" or (isinstance(cell.value, str) and cell.value.startswith("=")):
        return Fault(
            place,
            str(cell.value)[:60],
            "式は計算し直すと値が変わるおそれがあるため、読み取りません",
            "式ではなく値を入れてください（値として貼り付け）",
        )
    if cell.data_type == "e":
        return Fault(
            place, str(cell.value), "セルがエラーになっています", "正しい値を入れてください"
        )
    return None


def _value(raw: Any, place: str, column: Column) -> tuple[Value, Fault | None]:
    if raw is None or (isinstance(raw, str) and not raw.strip()):
        if column.required:
            return None, Fault(
                place, "", f"「{column.label}」が空です", f"{column.label}を入れてください"
            )
        return None, None
    match column.kind:
        case "int" | "yen":
            return _whole(raw, place, yen=column.kind == "yen")
        case "number":
            return _number(raw, place)
        case "date":
            return _day(raw, place)
        case _:
            return _text(raw, place, column)


def _whole(raw: Any, place: str, *, yen: bool) -> tuple[Value, Fault | None]:
    text = str(raw).translate(_FULL_WIDTH).replace(",", "").strip()
    text = text.removesuffix("円").removesuffix(".0")
    digits = text.removeprefix("-")
    if digits.isascii() and digits.isdigit() and len(digits) <= 15:
        return int(text), None
    remedy = "円単位の整数を入れてください" if yen else "整数を入れてください"
    return None, Fault(place, str(raw)[:60], "整数ではありません", f"{remedy}（例 1234）")


def _number(raw: Any, place: str) -> tuple[Value, Fault | None]:
    text = str(raw).translate(_FULL_WIDTH).replace(",", "").removesuffix("%").strip()
    parts = text.removeprefix("-").partition(".")
    if all(part.isascii() and part.isdigit() for part in parts[::2] if part) and len(text) <= 20:
        try:
            return Decimal(text), None
        except InvalidOperation:
            pass
    return None, Fault(
        place, str(raw)[:60], "数ではありません", "数だけを入れてください（例 90.2）"
    )


_FULL_WIDTH: Final = str.maketrans("０１２３４５６７８９，．－", "0123456789,.-")


def _day(raw: Any, place: str) -> tuple[Value, Fault | None]:
    if isinstance(raw, datetime):
        return raw.date(), None
    if isinstance(raw, date):
        return raw, None
    try:
        return parse_date(str(raw)), None
    except InvalidError as refusal:
        remedy = "令和8年11月20日、R8.11.20、2026-11-20 のように入れてください"
        return None, Fault(place, str(raw)[:60], refusal.detail, remedy)


def _text(raw: Any, place: str, column: Column) -> tuple[Value, Fault | None]:
    text = raw.strip() if isinstance(raw, str) else _as_typed(raw)
    if column.choices and text not in column.choices:
        offered = "、".join(column.choices[:12])
        return None, Fault(
            place, text[:60], "選べる値の中にありません", f"次から選んでください：{offered}"
        )
    return text, None


def _as_typed(raw: Any) -> str:
    if isinstance(raw, datetime | date):
        return raw.isoformat()[:10]
    if isinstance(raw, float) and raw.is_integer():
        return str(int(raw))
    return str(raw)
