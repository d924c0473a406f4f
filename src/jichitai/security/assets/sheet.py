"""システム一覧 as a workbook: out with the systems in use, in with cell faults and a preview."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, TypeVar

from jichitai.infra.documents.sheets import Column, Fault, Row, Sheet, read, workbook
from jichitai.security.assets.errors import AssetRefusedError
from jichitai.security.assets.model.drafts import SystemDraft
from jichitai.security.assets.model.kinds import OWN_AREAS, Answer, Area, Confidentiality, Form
from jichitai.security.assets.model.picture import Segment, System, check_system
from jichitai.security.organs import Organ

SHEET: Final = "システム"
MOST_ROWS: Final = 500
_LONGEST: Final = {"name": 80, "cloud_name": 80, "vendor": 80, "section": 80, "note": 400}
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
E = TypeVar("E", bound=StrEnum)


def _words(kinds: Sequence[Any]) -> tuple[str, ...]:
    return tuple(one.japanese for one in kinds)


COLUMNS: Final = (
    Column(key="number", label="番号", width=8, kind="int", locked=True),
    Column(key="name", label="システム名", width=28, required=True),
    Column(key="area", label="領域", width=22, choices=_words(tuple(Area)), required=True),
    Column(key="treated_as", label="クラウドがつながる領域", width=22, choices=_words(OWN_AREAS)),
    Column(key="segment", label="区画", width=18),
    Column(key="mynumber", label="特定個人情報", width=12, choices=("扱う", "扱わない"), required=True),
    Column(key="confidentiality", label="機密性", width=8, choices=tuple(Confidentiality), required=True),
    Column(key="integrity", label="完全性", width=8, choices=("2", "1"), required=True),
    Column(key="availability", label="可用性", width=8, choices=("2", "1"), required=True),
    Column(key="form", label="形態", width=26, choices=_words(tuple(Form)), required=True),
    Column(key="cloud_name", label="クラウドの名称", width=20),
    Column(key="ismap", label="ISMAP登録", width=10, choices=_words(tuple(Answer))),
    Column(key="own_keys", label="団体の鍵で暗号化", width=12, choices=_words(tuple(Answer))),
    Column(key="two_factor", label="二要素認証", width=10, choices=_words(tuple(Answer))),
    Column(key="no_media", label="持ち出し不可設定", width=12, choices=_words(tuple(Answer))),
    Column(key="vendor", label="事業者", width=22),
    Column(key="organ", label="管理する機関", width=18, choices=_words(tuple(Organ)), required=True),
    Column(key="section", label="担当課", width=18),
    Column(key="started_on", label="利用開始日", width=14, kind="date"),
    Column(key="note", label="備考", width=30),
)  # fmt: skip
_NOTES: Final = (
    "領域、形態などは一覧から選んでください。番号がある行は登録の変更、番号が空の行は新しい登録になります。",
    "この表にないシステムは、そのまま残ります。利用をやめたシステムは画面で終了にしてください。",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A row that can be taken over.

    Attributes:
        row: its number in the file.
        draft: what it says.
        system: the system that it changes; None for a new one.
    """

    row: int
    draft: SystemDraft
    system: System | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A workbook as it was read; nothing is written yet.

    Attributes:
        cells: cells that were read.
        planned: rows that change or add a system.
        same: rows that change nothing.
        faults: what is wrong, by cell.
    """

    cells: int
    planned: tuple[Planned, ...]
    same: int
    faults: tuple[Fault, ...]


def written(systems: Sequence[System], segments: Sequence[Segment], *, office: str) -> bytes:
    """The systems in use as a workbook."""
    names = {one.id: one.draft.name for one in segments}
    rows = [
        _row(one, names.get(one.draft.segment_id, "") if one.draft.segment_id else "")
        for one in systems
    ]
    sheet = Sheet(
        name=SHEET, columns=COLUMNS, rows=rows, notes=(f"{office} 情報システム一覧", *_NOTES)
    )
    return workbook([sheet], title=f"{office} 情報システム一覧")


def _row(system: System, segment: str) -> dict[str, Any]:
    draft = system.draft
    return {
        "number": system.number,
        "name": draft.name,
        "area": draft.area.japanese,
        "treated_as": draft.treated_as.japanese if draft.treated_as else None,
        "segment": segment or None,
        "mynumber": "扱う" if draft.handles_mynumber else "扱わない",
        "confidentiality": draft.confidentiality.value,
        "integrity": draft.integrity,
        "availability": draft.availability,
        "form": draft.form.japanese,
        "cloud_name": draft.cloud_name or None,
        "ismap": draft.ismap.japanese,
        "own_keys": draft.own_keys.japanese,
        "two_factor": draft.two_factor.japanese,
        "no_media": draft.no_media.japanese,
        "vendor": draft.vendor or None,
        "organ": draft.organ.japanese,
        "section": draft.section or None,
        "started_on": draft.started_on,
        "note": draft.note or None,
    }


def taken(data: bytes, systems: Sequence[System], segments: Sequence[Segment]) -> Upload:
    """Read a filled-in workbook against what is registered.

    Raises:
        WorkbookRefusedError: it is no such workbook, or has macros.
        AssetRefusedError: more rows than a body has systems.
    """
    table = read(data, sheet=SHEET, columns=COLUMNS)
    if len(table.rows) > MOST_ROWS:
        raise AssetRefusedError(
            f"{len(table.rows):,}行あります。一度に取り込めるのは{MOST_ROWS}行までです。分けて取り込んでください。"
        )
    reader = _Reader(systems, segments)
    broken = {_row_of(one.cell) for one in table.faults}
    for row in table.rows:
        if row.number not in broken:
            reader.take(row)
    faults = [*table.faults, *reader.faults]
    faults.sort(key=lambda one: (_row_of(one.cell), one.cell))
    return Upload(
        cells=table.cells,
        planned=tuple(reader.planned),
        same=reader.same,
        faults=tuple(faults),
    )


def _row_of(cell: str) -> int:
    return int("".join(char for char in cell if char.isdigit()) or 0)


class _Reader:
    def __init__(self, systems: Sequence[System], segments: Sequence[Segment]) -> None:
        self._numbers = {one.number: one for one in systems}
        self._names = {one.draft.name: one for one in systems}
        self._segments = {one.draft.name: one for one in segments}
        self._by_id = {one.id: one for one in segments}
        self._seen: dict[str, int] = {}
        self.planned: list[Planned] = []
        self.faults: list[Fault] = []
        self.same = 0

    def take(self, row: Row) -> None:
        before = len(self.faults)
        system = self._system(row)
        draft = self._draft(row)
        if draft is None or len(self.faults) > before:
            return
        if system is not None and system.draft == draft:
            self.same += 1
            return
        self.planned.append(Planned(row=row.number, draft=draft, system=system))

    def _system(self, row: Row) -> System | None:
        number, name = row.values.get("number"), str(row.values.get("name") or "").strip()
        if number is not None and number not in self._numbers:
            self._fault(
                row,
                "number",
                "この番号のシステムは登録されていません",
                "新しいシステムなら番号を空にしてください",
            )
        found = self._numbers.get(number) if isinstance(number, int) else None
        same = self._names.get(name)
        if found is None and number is None and same is not None:
            self._fault(
                row,
                "name",
                f"同じ名前のシステム（番号{same.number}）があります",
                f"変更なら番号に{same.number}を入れ、別のものなら名前を変えてください",
            )
        key = f"#{number}" if number is not None else name
        if key in self._seen:
            self._fault(
                row,
                "name",
                f"{self._seen[key]}行目と同じシステムです",
                "どちらかの行を消してください",
            )
        self._seen[key] = row.number
        return found

    def _draft(self, row: Row) -> SystemDraft | None:
        values = row.values
        for key, longest in _LONGEST.items():
            if len(str(values.get(key) or "")) > longest:
                self._fault(
                    row, key, f"{longest}文字を超えています", f"{longest}文字までにしてください"
                )
                return None
        segment = str(values.get("segment") or "").strip()
        if segment and segment not in self._segments:
            self._fault(
                row,
                "segment",
                "この名前の区画は登録されていません",
                "登録した区画の名前を入れるか、空にしてください",
            )
            return None
        draft = _drafted(values, self._segments[segment] if segment else None)
        try:
            check_system(draft, self._by_id)
        except AssetRefusedError as refusal:
            fields: Any = refusal.facts["fields"]
            for name, text in fields.items():
                key = {"segment_id": "segment"}.get(name, name)
                self._fault(row, key, text, "組み合わせを直してください")
            return None
        return draft

    def _fault(self, row: Row, key: str, why: str, remedy: str) -> None:
        index = next(i for i, column in enumerate(COLUMNS) if column.key == key)
        shown = str(row.values.get(key) or "")
        self.faults.append(Fault(f"{chr(65 + index)}{row.number}", shown, why, remedy))


def _drafted(values: Mapping[str, Any], segment: Segment | None) -> SystemDraft:
    def text(key: str) -> str:
        return _CONTROL.sub(" ", str(values.get(key) or "")).strip()

    return SystemDraft(
        name=text("name"),
        area=_of(Area, text("area"), Area.LGWAN),
        treated_as=_of(Area, text("treated_as"), None),
        handles_mynumber=text("mynumber") == "扱う",
        confidentiality=Confidentiality(text("confidentiality")),
        integrity="1" if text("integrity") == "1" else "2",
        availability="1" if text("availability") == "1" else "2",
        form=_of(Form, text("form"), Form.OWN),
        cloud_name=text("cloud_name"),
        ismap=_of(Answer, text("ismap"), Answer.UNKNOWN),
        own_keys=_of(Answer, text("own_keys"), Answer.UNKNOWN),
        two_factor=_of(Answer, text("two_factor"), Answer.UNKNOWN),
        no_media=_of(Answer, text("no_media"), Answer.UNKNOWN),
        vendor=text("vendor"),
        organ=_of(Organ, text("organ"), Organ.HEAD),
        section=text("section"),
        segment_id=segment.id if segment else None,
        started_on=values.get("started_on"),
        note=text("note"),
    )


def _of(kinds: type[E], word: str, default: Any) -> Any:
    return next((one for one in kinds if getattr(one, "japanese", "") == word), default)
