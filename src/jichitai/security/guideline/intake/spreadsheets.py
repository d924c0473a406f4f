"""Catalogues as Excel and CSV: one layout, out and in."""

import csv
import io
import string
from collections.abc import Iterable
from typing import Final

from jichitai.infra.documents import sheets
from jichitai.infra.documents.sheets import Column, Fault, Sheet
from jichitai.security.guideline import builtin
from jichitai.security.guideline.errors import BadCatalogueError
from jichitai.security.guideline.intake.entries import (
    LARGEST_FILE,
    Entry,
    Head,
    Intake,
    assembled,
)
from jichitai.security.guideline.model import (
    LARGEST,
    Catalogue,
    Confidence,
    Item,
    Level,
    Obligation,
)

SHEET: Final = "項目"
COLUMNS: Final = (
    Column(key="id", label="項目ID", width=18, required=True),
    Column(key="oscal_id", label="OSCALの識別子", width=18),
    Column(key="part", label="編・章", width=18),
    Column(key="chapter_no", label="章の番号", width=8),
    Column(key="chapter", label="章", width=20),
    Column(key="section", label="節", width=20),
    Column(key="item_no", label="番号", width=10),
    Column(key="title", label="見出し", width=36, required=True),
    Column(key="meaning", label="説明", width=60),
    Column(key="meaning_en", label="説明（英語）", width=40),
    Column(key="level", label="分野", width=14, choices=[one.japanese for one in Level]),
    Column(key="obligation", label="強さ", width=14, choices=[one.japanese for one in Obligation]),
    Column(key="applies_to", label="適用", width=24),
    Column(key="law_item", label="法令の項目", width=26),
    Column(
        key="confidence", label="確からしさ", width=24, choices=[one.japanese for one in Confidence]
    ),
    Column(key="revised_in", label="最後に変わった版", width=12),
)
_ENGLISH: Final = {"title_ja": "title"}
"""Heads of the shipped table that differ from our keys; its `meaning` is English."""


def workbook(catalogue: Catalogue) -> bytes:
    """A catalogue as an Excel file."""
    note = "府省が公表した項目一覧" if catalogue.official else builtin.UNOFFICIAL
    sheet = Sheet(
        name=SHEET,
        columns=COLUMNS,
        rows=[_row(item) for item in catalogue.items],
        notes=[f"{catalogue.title}（{catalogue.version}）　{note}"],
    )
    return sheets.workbook([sheet], title=catalogue.title)


def csv_text(catalogue: Catalogue) -> bytes:
    """A catalogue as CSV with a byte order mark, so that spreadsheets open it as UTF-8."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([column.label for column in COLUMNS])
    for item in catalogue.items:
        row = _row(item)
        writer.writerow([_harmless(row[column.key]) for column in COLUMNS])
    return out.getvalue().encode("utf-8-sig")


def _harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in {"=", "+", "@"} else text


def _row(item: Item) -> dict[str, str]:
    return {
        "id": item.id,
        "oscal_id": item.oscal_id,
        "part": item.part,
        "chapter_no": item.chapter_no,
        "chapter": item.chapter,
        "section": item.section,
        "item_no": item.item_no,
        "title": item.title,
        "meaning": item.meaning,
        "meaning_en": item.meaning_en,
        "level": item.level.japanese,
        "obligation": item.obligation.japanese,
        "applies_to": ";".join(one.japanese for one in item.applies_to),
        "law_item": item.law_item,
        "confidence": item.confidence.japanese,
        "revised_in": item.revised_in,
    }


def read_workbook(data: bytes, head: Head) -> Intake:
    """Read an Excel file of our layout.

    Raises:
        WorkbookRefusedError: no such file, macros, too large, a column is missing.
    """
    table = sheets.read(data, sheet=SHEET, columns=COLUMNS, largest=LARGEST_FILE)
    told = {int(fault.cell.lstrip(string.ascii_uppercase) or 0) for fault in table.faults}
    entries = (
        Entry(f"{row.number}行", {k: "" if v is None else str(v) for k, v in row.values.items()})
        for row in table.rows
        if row.number not in told
    )
    return assembled(head, entries, table.faults)


def read_csv(data: bytes, head: Head) -> Intake:
    """Read a CSV file of our layout, or of the table that comes with Jichitai.

    Raises:
        BadCatalogueError: not UTF-8, or without the head line.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadCatalogueError(
            f"{error.start:,}バイト目がUTF-8の文字ではありません。"
            "表計算ソフトで「CSV UTF-8」の形式を選んで保存し直してください。"
        ) from None
    if "\0" in text:
        raise BadCatalogueError(
            "文字のファイルではありません。CSV（UTF-8）で保存し直してください。"
        )
    reader = csv.reader(io.StringIO(text))
    try:
        keys = _keys(next(reader, []))
        entries, faults = _lines(reader, keys)
    except csv.Error as error:
        raise BadCatalogueError(
            f"CSVとして読み取れません（{error}）。引用符の対応を確かめてください。"
        ) from None
    return assembled(head, entries, faults)


def _keys(heads: list[str]) -> list[str]:
    by_label = {column.label: column.key for column in COLUMNS}
    known = {column.key for column in COLUMNS}
    shipped = "title_ja" in heads
    keys = []
    for label in (one.strip() for one in heads):
        key = by_label.get(label) or _ENGLISH.get(label, label)
        if shipped and label == "meaning":
            key = "meaning_en"
        keys.append(key if key in known else "")
    if "id" not in keys or "title" not in keys:
        labels = "、".join(column.label for column in COLUMNS)
        raise BadCatalogueError(
            "1行目に「項目ID」と「見出し」の列がありません。"
            f"1行目を見出しの行にしてください。使える列：{labels}。"
        )
    return keys


def _lines(rows: Iterable[list[str]], keys: list[str]) -> tuple[list[Entry], list[Fault]]:
    entries: list[Entry] = []
    faults: list[Fault] = []
    for number, cells in enumerate(rows, start=2):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) > len(keys):
            why = f"列が{len(cells)}個あります。1行目は{len(keys)}個です。"
            remedy = '読点（,）を含む文は引用符（"）で囲んでください。'
            faults.append(Fault(f"{number}行", "", why, remedy))
            continue
        texts = {key: _plain(cell) for key, cell in zip(keys, cells, strict=False) if key}
        entries.append(Entry(f"{number}行", texts))
        if len(entries) > LARGEST:
            break
    return entries, faults


def _plain(cell: str) -> str:
    return cell[1:] if cell[:2] in {"'=", "'+", "'@"} else cell
