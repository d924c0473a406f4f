"""Reading a filled-in form back, cell by cell: what is wrong is told, what is right is kept.

A column is known by its head. One that stands out of order, or is missing, is told at its head and
not read; the other columns are. A merged area is told once, at its first cell.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from jichitai.correspondence.model.preview import Wrong
from jichitai.infra.documents.grid import Cell, Grid, letters, place_name, read_grid
from jichitai.infra.documents.sheets import LARGEST_FILE, Column, WorkbookRefusedError
from jichitai.kernel.dates import parse_date
from jichitai.kernel.errors import InvalidError

Value = str | date
LONGEST_TEXT: Final = 400
_HEAD_ROWS: Final = 40
_LEAST_HEADS: Final = 3


@dataclass(slots=True)
class RowRead:
    """A row of the form.

    Attributes:
        number: in the file.
        values: by key; empty and faulty cells are left out.
        faults: of its cells.
        places: name of each column's cell by key.
        torn: whether an area that was told elsewhere reaches into it.
    """

    number: int
    values: dict[str, Value] = field(default_factory=dict)
    faults: list[Wrong] = field(default_factory=list)
    places: dict[str, str] = field(default_factory=dict)
    torn: bool = False


@dataclass(slots=True)
class Returned:
    """A form that came back.

    Attributes:
        rows: with something in them, in order.
        heads: what is wrong with heads of columns.
        unread: keys of the columns that were not read.
        cells: how many cells were read.
    """

    rows: list[RowRead] = field(default_factory=list)
    heads: list[Wrong] = field(default_factory=list)
    unread: frozenset[str] = frozenset()
    cells: int = 0


def read_return(
    data: bytes, *, sheet: str, columns: Sequence[Column], largest: int = LARGEST_FILE
) -> Returned:
    """Read a form that went out with these columns.

    Args:
        data: the file.
        sheet: name of its sheet.
        columns: as they went out, in order; kinds `text` and `date`.
        largest: bytes of the file at most.

    Raises:
        WorkbookRefusedError: it is no such form at all.
    """
    grid = read_grid(data, sheet=sheet, largest=largest)
    head, places = _heads(grid, columns)
    found = Returned()
    kept = _in_order([places.get(one.label, ()) for one in columns])
    read: dict[int, Column] = {}
    for column, place in zip(columns, kept, strict=True):
        if place:
            read[place] = column
        else:
            found.heads.append(_head_fault(column, head, places.get(column.label, ()), columns))
    found.unread = frozenset(one.key for one in columns) - {one.key for one in read.values()}
    _rows(grid, head, read, found)
    return found


def _heads(grid: Grid, columns: Sequence[Column]) -> tuple[int, dict[str, tuple[int, ...]]]:
    wanted = {one.label for one in columns}
    best: tuple[int, dict[str, tuple[int, ...]]] = (0, {})
    for row in range(1, min(grid.rows, _HEAD_ROWS) + 1):
        places: dict[str, tuple[int, ...]] = {}
        for column, cell in grid.row(row):
            label = str(cell.value).strip()
            if label in wanted:
                places[label] = (*places.get(label, ()), column)
        if len(places) > len(best[1]):
            best = (row, places)
    if len(best[1]) < min(_LEAST_HEADS, len(wanted)):
        raise WorkbookRefusedError(
            "配った様式の見出しの行が見つかりません。別の表か、見出しが消えています。"
            "配った様式に書き込んだファイルを選んでください。"
        )
    return best


def _in_order(places: Sequence[tuple[int, ...]]) -> list[int]:
    """The place of each column, 0 where it is missing, double or out of order.

    Out of order are the fewest columns whose going leaves the others in order.
    """
    single = [(index, one[0]) for index, one in enumerate(places) if len(one) == 1]
    ends: list[int] = []
    before: list[int] = []
    chain: list[int] = []
    for n, (_, place) in enumerate(single):
        at = bisect_left(ends, place)
        before.append(chain[at - 1] if at else -1)
        ends[at : at + 1] = [place]
        chain[at : at + 1] = [n]
    kept = [0] * len(places)
    n = chain[-1] if chain else -1
    while n >= 0:
        index, place = single[n]
        kept[index] = place
        n = before[n]
    return kept


def _head_fault(
    column: Column, head: int, places: tuple[int, ...], columns: Sequence[Column]
) -> Wrong:
    label = column.label
    if len(places) > 1:
        return Wrong(
            cell=place_name((head, places[1])),
            value=label,
            why=f"見出し「{label}」が二つあり、どちらの列を読むか決められません",
            remedy="一つだけ残してください。この列だけを読まず、ほかの列は読みました",
        )
    index = columns.index(column)
    where = f"「{columns[index - 1].label}」の右" if index else "左の端"
    if places:
        return Wrong(
            cell=place_name((head, places[0])),
            value=label,
            why=f"見出し「{label}」の列が、配った様式と違う位置に動いています",
            remedy=f"{where}に戻してください。この列だけを読まず、ほかの列は読みました",
        )
    return Wrong(
        cell=f"{letters(index + 1)}{head}",
        value="",
        why=f"見出し「{label}」の列がありません",
        remedy=f"{where}に「{label}」の列を戻してください。ほかの列は読みました",
    )


def _rows(grid: Grid, head: int, read: Mapping[int, Column], found: Returned) -> None:
    inside = {place: first for first, area in grid.merged.items() for place in _within(*area)}
    for number in range(head + 1, grid.rows + 1):
        cells = {column: cell for column, cell in grid.row(number) if column in read}
        merged = [column for column in read if (number, column) in inside]
        if not cells and not merged:
            continue
        row = RowRead(number)
        row.places = {one.key: f"{letters(column)}{number}" for column, one in read.items()}
        told: set[str] = set()
        for column in merged:
            first = inside[number, column]
            cells.pop(column, None)
            if first[0] == number and place_name(first) not in told:
                told.add(place_name(first))
                row.faults.append(_merged(grid, first))
            elif first[0] != number:
                row.torn = True
        found.cells += len(read)
        for column, cell in cells.items():
            value, fault = _value(cell, row.places[read[column].key], read[column])
            if fault is not None:
                row.faults.append(fault)
            elif value is not None:
                row.values[read[column].key] = value
        found.rows.append(row)


def _within(first: tuple[int, int], last: tuple[int, int]) -> list[tuple[int, int]]:
    rows = range(first[0], min(last[0], first[0] + 500) + 1)
    columns = range(first[1], min(last[1], first[1] + 200) + 1)
    return [(row, column) for row in rows for column in columns]


def _merged(grid: Grid, first: tuple[int, int]) -> Wrong:
    begin, end = grid.merged[first]
    cell = grid.cells.get(first)
    return Wrong(
        cell=place_name(first),
        value=str(cell.value)[:60] if cell else "",
        why=f"{place_name(begin)}から{place_name(end)}までが結合されていて、どのセルの値か決められません",
        remedy="結合を解除して、それぞれのセルに値を入れてください",
    )


def _value(cell: Cell, place: str, column: Column) -> tuple[Value | None, Wrong | None]:
    if cell.sort in ("formula", "error"):
        why, remedy = _UNREADABLE[cell.sort]
        return None, Wrong(cell=place, value=str(cell.value)[:60], why=why, remedy=remedy)
    if column.kind == "date":
        return _day(cell, place)
    text = _text(cell)
    if column.choices and text not in column.choices:
        offered = "、".join(column.choices[:12])
        remedy = f"次から選んでください：{offered}"
        why = "選べる値の中にありません"
        return None, Wrong(cell=place, value=text[:60], why=why, remedy=remedy)
    if len(text) > LONGEST_TEXT:
        why = f"{len(text)}文字あります"
        remedy = f"{LONGEST_TEXT}文字までに縮めてください"
        return None, Wrong(cell=place, value=text[:60], why=why, remedy=remedy)
    return text, None


_UNREADABLE: Final = {
    "formula": (
        "式は計算し直すと値が変わるおそれがあるため、読み取りません",
        "式ではなく値を入れてください（値として貼り付け）",
    ),
    "error": ("セルがエラーになっています", "正しい値を入れてください"),
}


def _day(cell: Cell, place: str) -> tuple[Value | None, Wrong | None]:
    if isinstance(cell.value, date):
        return cell.value, None
    text = _text(cell)
    try:
        return parse_date(text), None
    except InvalidError as refusal:
        remedy = "令和8年11月20日、R8.11.20、2026-11-20 のように、ある日付を入れてください"
        return None, Wrong(cell=place, value=text[:60], why=refusal.detail, remedy=remedy)


def _text(cell: Cell) -> str:
    if isinstance(cell.value, float):
        return str(int(cell.value)) if cell.value.is_integer() else str(cell.value)
    return cell.value.isoformat() if isinstance(cell.value, date) else cell.value
