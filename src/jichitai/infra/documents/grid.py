"""The cells of a workbook, read straight from its parts; for many small files that come back.

A library that builds every cell as an object takes five times as long, which counts when 1,788
bodies hand in a file each. Nothing is run: a formula is told as a formula, whatever value the
program that wrote the file kept beside it.

Source: ISO/IEC 29500-1 (SpreadsheetML) 18.3 Worksheets, 18.4 Shared String Table, 18.8 Styles.
"""

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Final, Literal
from xml.etree.ElementTree import Element, ParseError, fromstring
from zipfile import BadZipFile, ZipFile

from jichitai.infra.documents.sheets import (
    LARGEST_FILE,
    WorkbookRefusedError,
    not_a_workbook,
    refuse_unsafe,
)

Sort = Literal["text", "number", "date", "formula", "error"]
Place = tuple[int, int]

LARGEST_PART: Final = 12 * 1024 * 1024
_MAIN: Final = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_STRICT: Final = "{http://purl.oclc.org/ooxml/spreadsheetml/main}"
_LINK: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_STRICT_LINK: Final = "{http://purl.oclc.org/ooxml/officeDocument/relationships}id"
_BUILT_IN_DATES: Final = frozenset((*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)))
_LAST_DAY: Final = 2_950_000
_NO_DATE: Final = re.compile(r'"[^"]*"|\\.|_.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)
_DATE: Final = re.compile(r"[dmyhsge]", re.IGNORECASE)
_ENCODING: Final = re.compile(rb"""<\?xml[^>]*encoding=["']([A-Za-z0-9_-]+)["']""")
_BROKEN: Final = (
    BadZipFile,
    KeyError,
    ValueError,
    OverflowError,
    OSError,
    IndexError,
    ParseError,
    NotImplementedError,
    RuntimeError,
    EOFError,
)
_REFERENCE: Final = re.compile(r"([A-Z]{1,3})(\d{1,7})")


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell with something in it; a date as its day."""

    sort: Sort
    value: str | float | date


@dataclass(frozen=True, slots=True)
class Grid:
    """One sheet: cells by (row, column), both counted from 1, and merged areas by first cell."""

    cells: Mapping[Place, Cell]
    merged: Mapping[Place, tuple[Place, Place]]
    rows: int
    lines: Mapping[int, Sequence[tuple[int, Cell]]]

    def row(self, number: int) -> Sequence[tuple[int, Cell]]:
        """The cells of a row from left to right, each with its column."""
        return self.lines.get(number, ())


def place_name(place: Place) -> str:
    """The name of a place.

    >>> place_name((12, 28))
    'AB12'
    """
    row, column = place
    return f"{letters(column)}{row}"


@cache
def letters(column: int) -> str:
    """The name of a column, counted from 1.

    >>> letters(1), letters(27)
    ('A', 'AA')
    """
    name = ""
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


@cache
def _number(name: str) -> int:
    number = 0
    for letter in name:
        number = number * 26 + ord(letter) - 64
    return number


def read_grid(data: bytes, *, sheet: str, largest: int = LARGEST_FILE) -> Grid:
    """Read one sheet.

    Args:
        data: the file.
        sheet: its name; when the file has only one sheet, that one.
        largest: bytes of the file at most.

    Raises:
        WorkbookRefusedError: no .xlsx file, macros, too large, no such sheet.
    """
    refuse_unsafe(data, largest)
    try:
        with ZipFile(io.BytesIO(data)) as packed:
            return _Reader(packed).grid(sheet)
    except _BROKEN as error:
        raise not_a_workbook() from error


class _Reader:
    def __init__(self, packed: ZipFile) -> None:
        self._packed = packed
        self._names = {name.lower(): name for name in packed.namelist()}

    def _part(self, name: str) -> Element | None:
        found = self._names.get(name.lower())
        if found is None:
            return None
        if self._packed.getinfo(found).file_size > LARGEST_PART:
            raise WorkbookRefusedError(
                "表が大きすぎるため、読み取りをやめました。"
                "使わないシートと空の行を消して、もう一度選んでください。"
            )
        with self._packed.open(found) as stream:
            text = stream.read(LARGEST_PART + 1)
        return _parsed(text)

    def grid(self, name: str) -> Grid:
        book = self._part("xl/workbook.xml")
        links = self._part("xl/_rels/workbook.xml.rels")
        if book is None or links is None:
            raise KeyError(name)
        targets = {str(one.get("Id")): str(one.get("Target")) for one in links}
        sheets = [
            (str(one.get("name")), targets[str(one.get(_LINK) or one.get(_STRICT_LINK))])
            for one in _all(book, "sheet")
        ]
        chosen = next((to for title, to in sheets if title == name), None)
        if chosen is None and len(sheets) == 1:
            chosen = sheets[0][1]
        if chosen is None:
            raise WorkbookRefusedError(
                f"「{name}」という名前のシートがありません。"
                "配った様式のシートの名前を変えずに使ってください。"
            )
        page = self._part(_path(chosen))
        if page is None:
            raise KeyError(chosen)
        late = any(one.get("date1904") in ("1", "true") for one in _all(book, "workbookPr"))
        epoch = date(1904, 1, 1) if late else date(1899, 12, 30)
        return _grid(page, self._texts(), self._dates(), epoch)

    def _texts(self) -> list[str]:
        root = self._part("xl/sharedStrings.xml")
        return [] if root is None else [_text(one) for one in root if _local(one) == "si"]

    def _dates(self) -> frozenset[int]:
        """The styles whose numbers are days."""
        root = self._part("xl/styles.xml")
        if root is None:
            return frozenset()
        own = {
            int(one.get("numFmtId", "0")): _is_date(one.get("formatCode", ""))
            for one in _all(root, "numFmt")
        }
        formats = next((one for one in root if _local(one) == "cellXfs"), ())
        return frozenset(
            index
            for index, one in enumerate(formats)
            if own.get(found := int(one.get("numFmtId", "0")), found in _BUILT_IN_DATES)
        )


def _parsed(text: bytes) -> Element:
    """The tree of a part that declares nothing: neither entities nor another encoding."""
    told = _ENCODING.search(text[:200])
    if (
        b"<!DOCTYPE" in text
        or b"<!ENTITY" in text
        or b"\0" in text
        or (told and told[1].lower() not in (b"utf-8", b"us-ascii"))
    ):
        raise ValueError("a part with declarations")
    return fromstring(text)  # noqa: S314 - declarations were refused above


def _all(root: Element, name: str) -> list[Element]:
    return [*root.iter(_MAIN + name), *root.iter(_STRICT + name)]


def _local(one: Element) -> str:
    return one.tag.rpartition("}")[2]


def _path(target: str) -> str:
    return target.lstrip("/") if target.startswith("/") else f"xl/{target}"


def _is_date(code: str) -> bool:
    return _DATE.search(_NO_DATE.sub("", code.split(";", maxsplit=1)[0])) is not None


def _text(item: Element) -> str:
    """A text without the furigana that Excel keeps beside it."""
    parts = []
    for one in item:
        name = _local(one)
        if name == "t":
            parts.append(one.text or "")
        elif name == "r":
            parts.extend(part.text or "" for part in one if _local(part) == "t")
    return "".join(parts)


def _grid(page: Element, texts: list[str], dates: frozenset[int], epoch: date) -> Grid:
    cells: dict[Place, Cell] = {}
    merged: dict[Place, tuple[Place, Place]] = {}
    last = 0
    for part in page:
        name = _local(part)
        if name == "sheetData":
            last = _rows(part, cells, texts, dates, epoch)
        elif name == "mergeCells":
            for one in part:
                first, end = _area(one.get("ref", ""))
                merged[first] = (first, end)
    lines: dict[int, list[tuple[int, Cell]]] = {}
    for (row, column), cell in cells.items():
        lines.setdefault(row, []).append((column, cell))
    return Grid(cells, merged, last, lines)


def _area(reference: str) -> tuple[Place, Place]:
    first, _, end = reference.partition(":")
    return _place(first), _place(end or first)


def _place(reference: str) -> Place:
    found = _REFERENCE.fullmatch(reference.replace("$", ""))
    if found is None:
        raise ValueError(reference)
    return int(found[2]), _number(found[1])


def _rows(
    data: Element,
    cells: dict[Place, Cell],
    texts: list[str],
    dates: frozenset[int],
    epoch: date,
) -> int:
    row = 0
    for line in data:
        row = int(line.get("r") or row + 1)
        column = 0
        for one in line:
            reference = one.get("r")
            place = _place(reference) if reference else (row, column + 1)
            column = place[1]
            found = _cell(one, texts, dates, epoch)
            if found is not None:
                cells[place] = found
    return row


def _cell(one: Element, texts: list[str], dates: frozenset[int], epoch: date) -> Cell | None:
    sort, value = one.get("t", "n"), None
    for part in one:
        name = _local(part)
        if name == "f":
            return Cell("formula", f"={part.text or ''}")
        if name == "is":
            return _as_text(_text(part))
        if name == "v":
            value = part.text
    if value is None:
        return None
    if sort == "n":
        is_date = int(one.get("s") or 0) in dates
        return _numeric(float(value), epoch if is_date else None)
    return _typed(sort, value, texts)


def _numeric(number: float, epoch: date | None) -> Cell:
    if epoch is not None and 1 <= number < _LAST_DAY:
        return Cell("date", epoch + timedelta(days=int(number)))
    return Cell("number", number)


def _typed(sort: str, value: str, texts: list[str]) -> Cell | None:
    match sort:
        case "s":
            return _as_text(texts[int(value)])
        case "str":
            return _as_text(value)
        case "b":
            return Cell("text", "TRUE" if value == "1" else "FALSE")
        case "e":
            return Cell("error", value)
        case "d":
            return Cell("date", date.fromisoformat(value[:10]))
        case _:
            raise ValueError(sort)


def _as_text(text: str) -> Cell | None:
    """A text that begins like a formula was typed as one, or stands for one."""
    stripped = text.strip()
    if not stripped:
        return None
    return Cell("formula" if stripped.startswith("=") else "text", stripped)
