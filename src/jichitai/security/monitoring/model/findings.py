"""脆弱性等: lists of weaknesses from outside (ASM, scanners) as CSV, checked cell by cell.

Two layouts are read: ours, which names the body in each row, and the export of a scanner
(Host, Name, CVE, Risk, Solution), for which the analyst names the body of the whole file.

Source: 地方版ASM (2026年度に構築中; its format is not published); RFC 4180.
"""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import NAMESPACE_URL, UUID, uuid5

from jichitai.kernel.dates import parse_date
from jichitai.kernel.errors import InvalidError
from jichitai.security.monitoring.model.rules import Severity

LARGEST: Final = 1_000_000
"""Bytes of a list at most."""
MOST_ROWS: Final = 5_000

_OURS: Final = {
    "団体コード": "body",
    "対象": "target",
    "件名": "title",
    "識別子": "reference",
    "重大度": "severity",
    "検出日": "found_on",
    "対応期限": "due_on",
    "対応": "advice",
}
_SCANNER: Final = {
    "host": "target",
    "ip": "target",
    "asset": "target",
    "name": "title",
    "plugin name": "title",
    "title": "title",
    "cve": "reference",
    "cves": "reference",
    "risk": "severity",
    "severity": "severity",
    "solution": "advice",
    "remediation": "advice",
    "detected": "found_on",
    "last seen": "found_on",
    "due": "due_on",
}
_SEVERITIES: Final = {
    **{one.value: one for one in Severity},
    **{one.japanese: one for one in Severity},
    "none": Severity.INFORMATIONAL,
    "info": Severity.INFORMATIONAL,
    "moderate": Severity.MEDIUM,
    "serious": Severity.HIGH,
    "緊急": Severity.CRITICAL,
}
_LONGEST: Final = {"target": 400, "title": 400, "reference": 400, "advice": 4000}
HEADINGS: Final = tuple(_OURS)
"""Heads of our layout, in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingRow:
    """One weakness of one body."""

    finding_id: UUID
    body: str
    source: str
    title: str
    reference: str
    target: str
    severity: str
    found_on: date
    due_on: date | None
    advice: str
    imported_at: datetime | None = None
    sent_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CellFault:
    """What is wrong with a cell, why, and what to do."""

    row: int
    column: str
    why: str
    remedy: str


@dataclass(frozen=True, slots=True)
class FindingList:
    """What could be read of a list."""

    rows: tuple[FindingRow, ...]
    faults: tuple[CellFault, ...]
    repeated: int = 0


def read_list(
    data: bytes,
    *,
    source: str,
    today: date,
    body: str | None,
    member: Callable[[str], bool],
) -> FindingList:
    """Read a list of findings.

    Args:
        data: CSV in UTF-8 or Shift_JIS (CP932).
        source: who made the list, e.g. 地方版ASM.
        today: found dates after it are wrong; it stands in where a scanner gives none.
        body: body of all rows when the list does not name it.
        member: whether a body belongs to the prefecture.

    Returns:
        Rows without a fault, and all faults. The same weakness twice is one row.

    Source: our own layout; RFC 4180.
    """
    text = _decoded(data)
    if text is None:
        return _only(CellFault(0, "", "文字コードを読めません", "UTF-8のCSVで保存してください"))
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error:
        return _only(CellFault(0, "", "CSVとして読めません", "引用符の閉じ忘れを確かめてください"))
    lines = [line for line in lines if any(cell.strip() for cell in line)]
    if len(lines) < 2:  # a head and one row
        return _only(CellFault(1, "", "行がありません", "見出しの下に1行以上を書いてください"))
    if len(lines) > MOST_ROWS + 1:
        return _only(
            CellFault(0, "", f"行が多すぎます（{MOST_ROWS:,}行まで）", "分けて取り込んでください")
        )
    columns, fault = _columns(lines[0], body)
    if fault is not None:
        return _only(fault)
    faults: list[CellFault] = []
    found: dict[UUID, FindingRow] = {}
    repeated = 0
    for number, line in enumerate(lines[1:], start=2):
        cells = {name: line[i].strip() for name, i in columns.items() if i < len(line)}
        row = _row(_Cells(number, cells, faults), source, today, body, member)
        if row is not None:
            repeated += row.finding_id in found
            found[row.finding_id] = row
    return FindingList(tuple(found.values()), tuple(faults), repeated)


def _decoded(data: bytes) -> str | None:
    for encoding in ("utf-8-sig", "cp932"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def _columns(head: Sequence[str], body: str | None) -> tuple[dict[str, int], CellFault | None]:
    names = [cell.strip() for cell in head]
    ours = {_OURS[name]: i for i, name in enumerate(names) if name in _OURS}
    theirs: dict[str, int] = {}
    for i, name in enumerate(names):
        if name.lower() in _SCANNER:
            theirs.setdefault(_SCANNER[name.lower()], i)
    columns = ours if len(ours) >= len(theirs) else theirs
    missing = [
        label
        for label, name in _OURS.items()
        if name in {"target", "title", "severity"} and name not in columns
    ]
    if missing:
        return columns, CellFault(
            1,
            "、".join(missing),
            "見出しがありません",
            f"見出しを {'、'.join(_OURS)} にしてください",
        )
    if "body" not in columns and body is None:
        return columns, CellFault(
            1,
            "団体コード",
            "どの団体の一覧か分かりません",
            "団体を選ぶか、団体コードの列を足してください",
        )
    return columns, None


@dataclass(slots=True)
class _Cells:
    """The cells of one row, which collect their faults."""

    number: int
    cells: Mapping[str, str]
    faults: list[CellFault]
    bad: bool = False

    def text(self, name: str, *, required: bool = False) -> str:
        value = self.cells.get(name, "")
        if required and not value:
            self.fault(name, "空欄です", "値を書いてください")
        if not value.isprintable() and any(ord(letter) < 32 for letter in value):
            self.fault(name, "制御文字があります", "改行やタブを取り除いてください")
        if len(value) > _LONGEST.get(name, 80):
            self.fault(name, f"{_LONGEST.get(name, 80)}文字を超えています", "短くしてください")
        return value

    def day(self, name: str) -> date | None:
        value = self.cells.get(name, "")
        if not value:
            return None
        try:
            return parse_date(value.partition("T")[0])
        except InvalidError:
            self.fault(name, "日付として読めません", "2026-11-20 か R8.11.20 の形で書いてください")
            return None

    def fault(self, name: str, why: str, remedy: str) -> None:
        label = next((label for label, key in _OURS.items() if key == name), name)
        self.faults.append(CellFault(self.number, label, why, remedy))
        self.bad = True


def _row(
    cells: _Cells, source: str, today: date, body: str | None, member: Callable[[str], bool]
) -> FindingRow | None:
    code = cells.text("body") or body or ""
    if not member(code):
        cells.fault("body", "この都道府県の団体ではありません", "団体コードを確かめてください")
    title, target = cells.text("title", required=True), cells.text("target", required=True)
    reference, advice = cells.text("reference"), cells.text("advice")
    severity = _SEVERITIES.get(cells.text("severity", required=True).lower())
    if severity is None and cells.cells.get("severity"):
        words = "、".join(one.japanese for one in Severity)
        cells.fault("severity", "重大度の言葉ではありません", f"{words} のどれかにしてください")
    found_on, due_on = cells.day("found_on") or today, cells.day("due_on")
    if found_on > today:
        cells.fault("found_on", "先の日付です", "検出した日を書いてください")
    if due_on is not None and due_on < found_on:
        cells.fault("due_on", "検出日より前です", "対応期限を確かめてください")
    if cells.bad or severity is None:
        return None
    key = f"jichitai:finding:{code}:{source}:{target}:{reference or title}"
    return FindingRow(
        finding_id=uuid5(NAMESPACE_URL, key),
        body=code,
        source=source,
        title=title,
        reference=reference,
        target=target,
        severity=severity.value,
        found_on=found_on,
        due_on=due_on,
        advice=advice,
    )


def _only(fault: CellFault) -> FindingList:
    return FindingList((), (fault,))
