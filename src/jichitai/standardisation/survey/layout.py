"""調査票の表: one layout for every body, made from a template and filled in with its last answer."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final

import msgspec

from jichitai.correspondence.model.preview import Preview, Taken
from jichitai.correspondence.service.archives import XLSX, Template, mark, packed
from jichitai.infra.documents.sheets import Column, Sheet, workbook
from jichitai.kernel.bodies import Body
from jichitai.kernel.dates import both, wareki
from jichitai.standardisation.progress.costs import Basis, CostItem, Phase, item, items
from jichitai.standardisation.progress.model import STEPS, Business, business, businesses, steps
from jichitai.standardisation.progress.reports import (
    BodyReport,
    Cloud,
    DeadlineClass,
    SystemReport,
)
from jichitai.standardisation.survey.model import Round, asked_businesses, by_business

SHEET: Final = "進捗"
COST_SHEET: Final = "経費"
STATES: Final[Mapping[str, str]] = {"未": "0", "中": "1", "済": "2", "外": "3"}
"""What bodies write for a step, and the character that is kept."""
SHORT: Final[Mapping[str, str]] = {kept: short for short, kept in STATES.items()}
YES_NO: Final[Mapping[str, bool]] = {"はい": True, "いいえ": False}
CLOUDS: Final[Mapping[str, Cloud]] = {one.japanese: one for one in Cloud if one.value}
CLASSES: Final[Mapping[str, DeadlineClass]] = {
    one.japanese: one for one in DeadlineClass if one.value
}
PHASES: Final[Mapping[str, Phase]] = {one.japanese: one for one in Phase}
BASES: Final[Mapping[str, Basis]] = {one.japanese: one for one in Basis}
BUSINESSES: Final[Mapping[str, str]] = {one.name: one.key for one in businesses()}
ITEMS: Final[Mapping[str, str]] = {one.name: one.key for one in items()}
STEP_KEYS: Final = tuple(f"step{number}" for number in range(1, STEPS + 1))

_FIRST: Final = (
    Column(key="code", label="団体コード", width=11, locked=True),
    Column(key="name", label="団体名", width=18, locked=True),
)
COLUMNS: Final = (
    *_FIRST,
    Column(key="business", label="業務", width=22, locked=True),
    Column(key="vendor", label="事業者", width=20),
    Column(key="contract", label="契約", width=20),
    Column(key="cloud", label="ガバメントクラウド", width=12, choices=tuple(CLOUDS)),
    Column(key="deadline_class", label="期限の区分", width=14, choices=tuple(CLASSES)),
    Column(key="late", label="特定移行支援", width=9, choices=tuple(YES_NO)),
    Column(key="reason_class", label="理由の区分", width=7, choices=("1", "2", "3", "4")),
    Column(key="target_on", label="移行目標日", width=18, kind="date"),
    Column(key="target_reason", label="目標日を変えた理由", width=24),
    Column(key="risks", label="リスク", width=24),
    Column(key="reason", label="進捗が戻った理由", width=24),
    *(
        Column(key=key, label=str(number), width=4, choices=tuple(STATES))
        for number, key in enumerate(STEP_KEYS, start=1)
    ),
)
COST_COLUMNS: Final = (
    *_FIRST,
    Column(key="phase", label="移行の前後", width=10, choices=tuple(PHASES)),
    Column(key="item", label="項目", width=24, choices=tuple(ITEMS)),
    Column(key="fiscal_year", label="年度（西暦）", width=10, kind="int"),
    Column(key="yen", label="金額（円・税込）", width=18, kind="yen"),
    Column(key="months", label="何か月分", width=10, kind="int"),
    Column(key="basis", label="額の種類", width=10, choices=tuple(BASES)),
    Column(key="usd_rate", label="1ドルの円", width=10, kind="number"),
    Column(key="note", label="備考", width=30),
)
LABELS: Final[Mapping[str, str]] = {one.key: one.label for one in (*COLUMNS, *COST_COLUMNS)}
_HOW: Final = (
    "1行が1業務です。灰色の列と見出しは変えないでください。式、結合したセル、マクロは読み取れません。"
    "変わらない行はそのままで構いません。全部空の行は、答えのない行として扱います。"
)
_STEPS: Final = (
    "1から40の列はステップです。未（未着手）・中（作業中）・済（完了）・外（対象外）から選んでください。"
    "日付は、令和8年3月31日、R8.3.31、2026-03-31 のどの形でも構いません。"
)
_FACTS: Final = tuple(one.key for one in COLUMNS[3:13])


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """What stands above the table."""

    title: str
    as_of: date
    due_on: date
    note: str = ""

    @classmethod
    def of(cls, found: Round) -> "Heading":
        """That of a round."""
        return cls(title=found.title, as_of=found.as_of, due_on=found.due_on, note=found.note)

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines, with how to fill in."""
        return (
            self.title,
            f"時点 {both(self.as_of)}　回答の期限 {both(self.due_on)}",
            _HOW,
            _STEPS,
            *((self.note.replace("\n", " "),) if self.note else ()),
        )


def row_values(one: SystemReport | None) -> dict[str, str]:
    """What a row says of a system, by key of the columns; reasons of earlier answers are left out.

    Source: none; layout of this project.
    """
    if one is None:
        return {}
    values = {
        "vendor": one.vendor,
        "contract": one.contract,
        "cloud": one.cloud.japanese if one.cloud.value else "",
        "deadline_class": one.deadline_class.japanese if one.deadline_class.value else "",
        "late": {True: "はい", False: "いいえ", None: ""}[one.late],
        "reason_class": str(one.reason_class or ""),
        "target_on": wareki(one.target_on) if one.target_on else "",
        "risks": one.risks,
    }
    if one.states is not None:
        values |= dict(zip(STEP_KEYS, (SHORT[char] for char in one.states), strict=True))
    return values


def cost_values(one: CostItem | None) -> dict[str, str]:
    """What a row says of a cost.

    Source: none; layout of this project.
    """
    if one is None:
        return {}
    return {
        "fiscal_year": str(one.fiscal_year),
        "yen": str(one.yen),
        "months": str(one.months),
        "basis": one.basis.japanese,
        "usd_rate": "" if one.usd_rate is None else str(one.usd_rate),
        "note": one.note,
    }


def file_of(heading: Heading, body: Body, report: BodyReport | None) -> bytes:
    """The file of one body, filled in with its last answer."""
    asked = asked_businesses(body, on=heading.as_of)
    return _template(heading, asked).filled(_values(body, report))


def archive(heading: Heading, rows: Iterable[tuple[Body, BodyReport | None]]) -> bytes:
    """A file for each body in one archive."""
    return packed(
        (f"{body.code}_{body.full_name}{XLSX}", file_of(heading, body, report))
        for body, report in rows
    )


def _values(body: Body, report: BodyReport | None) -> dict[str, str]:
    values = {"code": body.code, "name": body.full_name}
    for key, system in by_business(report).items():
        values |= {f"{key}.{column}": text for column, text in row_values(system).items()}
    for cost in report.costs if report else ():
        place = f"{cost.phase.value}-{cost.item}"
        values |= {f"{place}.{column}": text for column, text in cost_values(cost).items()}
    return values


@lru_cache(maxsize=16)
def _template(heading: Heading, asked: tuple[Business, ...]) -> Template:
    first = {"code": mark("code"), "name": mark("name")}
    rows = [
        {
            **first,
            "business": one.name,
            **{key: mark(f"{one.key}.{key}") for key in (*_FACTS, *STEP_KEYS)},
        }
        for one in asked
    ]
    costs = [
        {
            **first,
            "phase": phase.japanese,
            "item": one.name,
            **{
                column.key: mark(f"{phase.value}-{one.key}.{column.key}")
                for column in COST_COLUMNS[4:]
            },
        }
        for phase in Phase
        for one in items()
    ]
    made = [
        Sheet(name=SHEET, columns=_texts(COLUMNS), rows=rows, notes=heading.lines),
        Sheet(name=COST_SHEET, columns=_texts(COST_COLUMNS), rows=costs, notes=heading.lines[:2]),
        _explained(),
    ]
    return Template(workbook(made, title=heading.title))


def _texts(columns: Iterable[Column]) -> list[Column]:
    """Numbers and dates are written as texts; reading takes them all the same."""
    return [
        Column(
            key=one.key, label=one.label, width=one.width, choices=one.choices, locked=one.locked
        )
        for one in columns
    ]


def _explained() -> Sheet:
    return Sheet(
        name="ステップの説明",
        columns=(
            Column(key="number", label="番号", width=8),
            Column(key="phase", label="段階", width=24),
            Column(key="name", label="ステップ", width=50),
        ),
        rows=[
            {"number": str(one.number), "phase": one.phase, "name": one.name or "（名前は未公表）"}
            for one in steps()
        ],
    )


def marked(heading: Heading, taken: Preview) -> bytes:
    """The rows that cannot be written, with what to do, to be sent back.

    Source: none; layout of this project.
    """
    fault = Column(key="fault", label="直すところ", width=60)
    made = []
    for name, columns in ((SHEET, COLUMNS), (COST_SHEET, COST_COLUMNS)):
        rows = [
            {
                **_shown(one),
                "name": one.name or one.row,
                "fault": "\n".join(f"{w.cell}：{w.why}。{w.remedy}" for w in one.faults),
            }
            for one in taken.rows
            if one.faults and one.values.get("sheet", SHEET) == name
        ]
        notes = heading.lines if name == SHEET else heading.lines[:2]
        made.append(Sheet(name=name, columns=[*_texts(columns), fault], rows=rows, notes=notes))
    return workbook(made, title=heading.title)


def _shown(one: Taken) -> dict[str, str]:
    """The cells of a row again, as they were or as they were understood."""
    if "system" in one.values:
        system = msgspec.json.decode(one.values["system"], type=SystemReport)
        return {"code": one.code, "business": business(system.business).name, **row_values(system)}
    if "cost" in one.values:
        cost = msgspec.json.decode(one.values["cost"], type=CostItem)
        told = {"phase": cost.phase.japanese, "item": item(cost.item).name}
        return {"code": one.code, **told, **cost_values(cost)}
    return {"code": one.code, **one.values}
