"""様式: one model of the papers, filled from one record; page, PDF and spreadsheet draw from it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from typing import Final

from msgspec import Struct

from jichitai.kernel.bodies import Body
from jichitai.kernel.dates import JST, wareki
from jichitai.security import tables
from jichitai.security.incidents.model import Answer, Area, Incident, Kind


class Form(StrEnum):
    """A paper that an incident can be reported on."""

    DDOS = "ddos"
    RANSOMWARE = "ransomware"
    GENERAL = "general"
    PPC = "ppc"

    @property
    def japanese(self) -> str:
        """Its title."""
        return _TITLES[self]


_TITLES: Final = {
    Form.DDOS: "DDoS攻撃事案 報告書",
    Form.RANSOMWARE: "ランサムウェア事案 報告書",
    Form.GENERAL: "情報セキュリティ事案 報告書",
    Form.PPC: "個人情報の漏えい等 報告書",
}
_PARTS: Final = {
    Form.DDOS: ("common", "ddos", "closing"),
    Form.RANSOMWARE: ("common", "ransomware", "closing"),
    Form.GENERAL: ("common", "closing"),
    Form.PPC: ("ppc",),
}
_NOTES: Final = {
    Form.DDOS: "項目は「DDoS攻撃事案共通様式」（2025年10月1日から）についての公表資料・報道に基づきます。"
    "配置は公式のExcelと同じではありません。",
    Form.RANSOMWARE: "項目は「ランサムウェア事案共通様式」（2025年10月1日から）についての公表資料・報道に"
    "基づきます。配置は公式のExcelと同じではありません。",
    Form.GENERAL: "この報告書の配置は本システムのもので、公式の様式ではありません。",
    Form.PPC: "報告事項の9項目に沿っています。提出は個人情報保護委員会の受付方法（Webの受付）で行います。"
    "公式の様式ではありません。",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One item of a paper.

    Attributes:
        section: heading that it stands under.
        key: its name; items that the record lacks are kept under it in `Facts.details`.
        label: as the paper prints it.
        type: text, long, number, instant or choice.
        source: `details`, a field of the record such as `facts.summary`, or `body`.
        stage: `first` when the first report should have it, `final` for the last.
        choices: allowed values.
        hint: how to fill it in.
    """

    section: str
    key: str
    label: str
    type: str
    source: str
    stage: str
    choices: tuple[str, ...]
    hint: str
    valid_from: date
    valid_to: date | None

    @property
    def own(self) -> bool:
        """Whether it is asked on the form's own page."""
        return self.source == "details"


@cache
def _rows() -> tuple[tuple[str, Item], ...]:
    found = []
    for row in tables.rows("incident_forms"):
        item = Item(
            section=row["section"],
            key=row["key"],
            label=row["label"],
            type=row["type"],
            source=row["source"],
            stage=row["stage"],
            choices=tuple(filter(None, row["choices"].split("|"))),
            hint=row["hint"],
            valid_from=date.fromisoformat(row["valid_from"]),
            valid_to=date.fromisoformat(row["valid_to"]) if row["valid_to"] else None,
        )
        found.append((row["form"], item))
    return tuple(found)


def items(form: Form, on: date) -> tuple[Item, ...]:
    """The items of a paper on a day, in order.

    Source: `security_incident_forms.csv`; each row names its own.
    """
    return tuple(
        item
        for part in _PARTS[form]
        for name, item in _rows()
        if name == part and item.valid_from <= on and (item.valid_to is None or on <= item.valid_to)
    )


def form_for(rule_form: str, kind: Kind) -> Form | None:
    """The paper of a clock: by the kind of incident where the table says `kind`.

    >>> form_for("kind", Kind.DDOS).value, form_for("kind", Kind.LOST).value
    ('ddos', 'general')

    Source: `security_deadlines.csv` column form.
    """
    match rule_form:
        case "":
            return None
        case "kind":
            by_kind = {Kind.DDOS: Form.DDOS, Kind.RANSOMWARE: Form.RANSOMWARE}
            return by_kind.get(kind, Form.GENERAL)
        case _:
            return Form(rule_form)


class FilledItem(Struct, frozen=True, kw_only=True):
    """One item with its value; empty when it is not known."""

    key: str
    label: str
    value: str
    stage: str


class Section(Struct, frozen=True, kw_only=True):
    """Items under one heading."""

    title: str
    items: tuple[FilledItem, ...]


class Filled(Struct, frozen=True, kw_only=True):
    """A paper, filled in: what PDF, spreadsheet and page show, and what is kept when it leaves.

    Attributes:
        form: which paper.
        title: of the paper, with the report's kind.
        mark: `訓練` for an exercise.
        number: 受付番号.
        body: name of the body.
        recipient: to whom.
        report: 第一報, 速報, 確報 and so on.
        made_at: when it was filled in, as text.
        sections: all items.
        note: how far the paper is official.
        timeline_hash: of the time line's newest entry when it was filled in.
    """

    form: Form
    title: str
    mark: str
    number: str
    body: str
    recipient: str
    report: str
    made_at: str
    sections: tuple[Section, ...]
    note: str
    timeline_hash: str = ""

    def missing(self, *, final: bool = False) -> list[str]:
        """Labels of items that should be there and are not."""
        return [
            item.label
            for section in self.sections
            for item in section.items
            if not item.value and (final or item.stage == "first")
        ]


def filled(
    form: Form,
    incident: Incident,
    body: Body,
    *,
    recipient: str,
    report: str,
    at: datetime,
    timeline_hash: bytes = b"",
) -> Filled:
    """Fill a paper from the record.

    Args:
        form: which paper.
        incident: the record.
        body: whose it is.
        recipient: to whom it goes.
        report: 第一報, 続報, 速報, 確報.
        at: the instant.
        timeline_hash: of the newest entry of the time line.

    Source: 共通様式（2025-10-01）; 個人情報の保護に関する法律施行規則 の報告事項.
    """
    sections: dict[str, list[FilledItem]] = {}
    for item in items(form, at.astimezone(JST).date()):
        value = _value(item, incident, body)
        given = FilledItem(key=item.key, label=item.label, value=value, stage=item.stage)
        sections.setdefault(item.section, []).append(given)
    return Filled(
        form=form,
        title=f"{form.japanese}（{report}）" if report else form.japanese,
        mark="訓練：実際の事案ではありません" if incident.drill else "",
        number=incident.number,
        body=body.full_name,
        recipient=recipient,
        report=report,
        made_at=instant_text(at),
        sections=tuple(Section(title=name, items=tuple(got)) for name, got in sections.items()),
        note=_NOTES[form],
        timeline_hash=timeline_hash.hex(),
    )


def _value(item: Item, incident: Incident, body: Body) -> str:
    if item.source == "details":
        return incident.facts.details.get(item.key, "")
    if item.source == "body":
        return f"{body.full_name}（{body.code}）"
    owner, _, name = item.source.rpartition(".")
    return value_text(getattr(incident.facts if owner else incident, name))


def value_text(value: object) -> str:
    """A value of the record as papers print it; what is not known is empty.

    >>> value_text(True), value_text(Answer.UNKNOWN), value_text(1200)
    ('同意する', '', '1,200人')

    Source: ours.
    """
    match value:
        case None | "" | Answer.UNKNOWN | Area.UNKNOWN:
            return ""
        case bool():
            return "同意する" if value else "同意しない"
        case datetime():
            return instant_text(value)
        case int():
            return f"{value:,}人"
        case Answer() | Area() | Kind():
            return value.japanese
        case _:
            return str(value)


def instant_text(value: datetime) -> str:
    """An instant as papers print it.

    >>> from datetime import UTC
    >>> instant_text(datetime(2026, 11, 20, 4, 58, tzinfo=UTC))
    '令和8年11月20日 13時58分'

    Source: ours.
    """
    local = value.astimezone(JST)
    return f"{wareki(local.date())} {local.hour}時{local.minute:02d}分"


def own_items(form: Form, on: date) -> Sequence[Item]:
    """The items that only this paper asks for.

    Source: `security_incident_forms.csv`.
    """
    return [item for item in items(form, on) if item.own]


def wrong_details(details: Iterable[tuple[str, str]], on: date) -> dict[str, str]:
    """Key -> what is wrong with the value of an item.

    Source: ours.
    """
    known = {item.key: item for form in Form for item in own_items(form, on)}
    problems = {}
    for key, value in details:
        item = known.get(key)
        if item is None:
            problems[key] = "この様式にない項目です。様式の項目を確かめてください。"
        elif item.choices and value and value not in item.choices:
            problems[key] = f"{item.label}は、示した中から選んでください。"
        elif item.type == "number" and value and not _is_number(value):
            problems[key] = f"{item.label}は数字で書いてください（例：12.5）。"
    return problems


def _is_number(text: str) -> bool:
    try:
        return 0 <= float(text.replace(",", "")) < 1e18
    except ValueError:
        return False
