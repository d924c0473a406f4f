"""A filled form as PDF and as a spreadsheet: the same items, the same values."""

import hashlib
import re
from pathlib import Path
from typing import Any, Final

import msgspec
from anyio import to_thread

from jichitai.infra.documents import pdf, sheets
from jichitai.infra.documents.sheets import Column, Sheet
from jichitai.security.incidents.forms import Filled
from jichitai.security.incidents.timeline import canonical

_FOLDER: Final = Path(__file__).resolve().parent / "typst"
_LONG: Final = re.compile(r"([!-~]{20})(?=[!-~])")
"""Hashes and addresses, which may break between lines."""
_COLUMNS: Final = (
    Column(key="section", label="区分", width=18),
    Column(key="label", label="項目", width=34),
    Column(key="value", label="内容", width=70),
)


async def as_pdf(paper: Filled) -> bytes:
    """The paper as PDF (tagged, archivable); same paper, same bytes."""
    drawn: dict[str, Any] = msgspec.to_builtins(paper)
    for section in drawn["sections"]:
        for item in section["items"]:
            item["value"] = _LONG.sub("\\1\u200b", item["value"])
    return await to_thread.run_sync(lambda: pdf.typeset("report.typ", drawn, folder=_FOLDER))


async def as_workbook(paper: Filled) -> bytes:
    """The paper as a spreadsheet with a row per item."""
    rows = [
        {"section": section.title, "label": item.label, "value": item.value}
        for section in paper.sections
        for item in section.items
    ]
    notes = [
        paper.title,
        *([f"【{paper.mark}】"] if paper.mark else []),
        f"受付番号 {paper.number}　{paper.body}　{paper.made_at}",
        f"提出先 {paper.recipient}" if paper.recipient else "控え",
        paper.note,
    ]
    sheet = Sheet(name="報告書", columns=_COLUMNS, rows=rows, notes=notes)
    return await to_thread.run_sync(lambda: sheets.workbook([sheet], title=paper.title))


def content_hash(content: dict[str, Any]) -> str:
    """SHA-256 of the canonical JSON of what left, as the time line and the receipt name it."""
    return hashlib.sha256(canonical(content).encode()).hexdigest()
