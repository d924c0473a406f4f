"""Values of checks in the words of their pages."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final

from jichitai.kernel.dates import InvalidDateError, parse_date
from jichitai.kernel.errors import JichitaiError
from jichitai.security.assets.model.kinds import Area
from jichitai.security.checks.model.answers import Answer, Count
from jichitai.security.checks.model.corrections import Severity, Step
from jichitai.security.checks.model.exceptions import Permission
from jichitai.security.checks.model.risks import IMPACTS, LIKELIHOODS, Grade, RiskState, Treatment
from jichitai.security.checks.model.rounds import Sort
from jichitai.security.checks.store.registers import CorrectionRow, ExceptionRow, RiskRow
from jichitai.security.checks.store.rounds import Line, RoundRow
from jichitai.security.guideline.model import Item, NetworkModel
from jichitai.web.components import Colour, Crumb, Entry, FieldError, FieldErrors, Option, Status
from jichitai.web.formats import time_text

HOME: Final = Crumb("点検と監査", "/security/checks")
CORRECTIONS: Final = Crumb("是正", "/security/checks/corrections")
EXCEPTIONS: Final = Crumb("例外措置", "/security/checks/exceptions")
RISKS: Final = Crumb("リスク台帳", "/security/checks/risks")

_ANSWERS: Final[Mapping[Answer, Colour]] = {
    Answer.MET: "green",
    Answer.PARTLY: "yellow",
    Answer.UNMET: "red",
    Answer.NOT_APPLICABLE: "grey",
}
_STEPS: Final[Mapping[Step, tuple[Colour, str]]] = {
    Step.OPEN: ("orange", "まだ始めていません"),
    Step.DOING: ("blue", "担当が進めています"),
    Step.DONE: ("yellow", "ほかの人が、直ったことを確かめます"),
    Step.VERIFIED: ("green", "直ったことを確かめました"),
    Step.WITHDRAWN: ("grey", "必要がなくなりました"),
}
_PERMISSIONS: Final[Mapping[Permission, Colour]] = {
    Permission.APPLIED: "yellow",
    Permission.APPROVED: "blue",
    Permission.REFUSED: "red",
    Permission.ENDED: "grey",
}
_GRADES: Final[Mapping[Grade, Colour]] = {
    Grade.LOW: "grey",
    Grade.MEDIUM: "yellow",
    Grade.HIGH: "orange",
    Grade.EXTREME: "red",
}
_SEVERITIES: Final[Mapping[Severity, Colour]] = {
    Severity.INFORMATIONAL: "grey",
    Severity.LOW: "grey",
    Severity.MEDIUM: "yellow",
    Severity.HIGH: "orange",
    Severity.CRITICAL: "red",
}
_RISK_STATES: Final[Mapping[RiskState, Colour]] = {
    RiskState.OPEN: "blue",
    RiskState.ACCEPTED: "purple",
    RiskState.CLOSED: "grey",
}
_EVENTS: Final = {
    "open": "始めました",
    "close": "終了し、結果を報告しました",
    "reopen": "訂正を始めました",
    "change": "内容を変えました",
    "doing": "対応を始めました",
    "done": "実施済みと報告しました",
    "verified": "直ったことを確かめました",
    "withdrawn": "取り下げました",
    "told-again": "同じ指摘がもう一度届きました",
    "apply": "申請しました",
    "approved": "許可しました",
    "refused": "許可しませんでした",
    "ended": "終えました",
    "enter": "登録しました",
    "assess": "評価し直しました",
    "accepted": "受け入れました",
    "closed": "終了しました",
}

LATE: Final = Status("遅れ", "red", "期限を過ぎています")
SORTS: Final = tuple(
    Option(one.value, one.japanese, hint=hint)
    for one, hint in (
        (Sort.SELF_CHECK, "情報セキュリティ担当者が答えます。前回の回答を引き継ぎます"),
        (Sort.AUDIT, "監査人が答えます。自己点検で答えた人は同じ項目を監査できません"),
        (Sort.EXTERNAL_AUDIT, "外部の監査の結果を監査人が記録します"),
    )
)
MODELS: Final = tuple(Option(one.value, one.japanese) for one in NetworkModel)
AREAS: Final = tuple(Option(one.value, one.japanese) for one in Area)
ANSWERS: Final = tuple(Option(one.value, one.japanese) for one in Answer)
SEVERITIES: Final = tuple(Option(one.value, one.japanese) for one in reversed(Severity))
TREATMENTS: Final = tuple(Option(one.value, one.japanese) for one in Treatment)
LIKELIHOOD_OPTIONS: Final = tuple(Option(str(n), f"{n}　{t}") for n, t in LIKELIHOODS.items())
IMPACT_OPTIONS: Final = tuple(Option(str(n), f"{n}　{t}") for n, t in IMPACTS.items())


def answer_status(line: Line) -> Status:
    """The chip of a question: its answer, or what it waits for."""
    if line.given is None:
        return Status("未回答", "orange")
    if not line.confirmed:
        return Status(
            f"前回：{line.given.japanese}", "blue", "前回の回答です。まだ確かめていません"
        )
    return Status(line.given.japanese, _ANSWERS[line.given])


def round_status(row: RoundRow, today: date) -> Status:
    """The chip of a round."""
    if not row.open:
        return Status("終了" if row.revision < 2 else f"終了（訂正{row.revision - 1}回）", "green")
    if row.due_on is not None and row.due_on < today:
        return LATE
    return Status("訂正中" if row.revision else "実施中", "blue")


def step_status(row: CorrectionRow) -> Status:
    """The chip of a correction."""
    colour, meaning = _STEPS[row.step]
    return Status(row.step.japanese, colour, meaning)


def severity_status(row: CorrectionRow) -> Status:
    """The chip of how much a correction matters."""
    return Status(row.weight.japanese, _SEVERITIES[row.weight])


def permission_status(row: ExceptionRow, today: date) -> Status:
    """The chip of an exception; one that ran out says so."""
    if row.permission is Permission.APPROVED and not row.in_force(today):
        return Status("期限切れ", "red", "終わりの日が過ぎました")
    return Status(row.permission.japanese, _PERMISSIONS[row.permission])


def grade_status(found: Grade | None) -> Status:
    """The chip of the size of a risk."""
    return Status("未評価") if found is None else Status(found.japanese, _GRADES[found])


def risk_status(row: RiskRow) -> Status:
    """The chip of where a risk stands."""
    return Status(row.stands.japanese, _RISK_STATES[row.stands])


def rate(found: Count) -> str:
    """The share of what applies that is done."""
    return "—" if not found.owed else f"{found.met * 100 / found.owed:.1f} %"


def history(events: Iterable[Any]) -> list[Entry]:
    """What happened, the newest first."""
    return [
        Entry(
            when=time_text(one.at, operator=True),
            what=_EVENTS.get(one.what, one.what) + (f"：{one.note}" if one.note else ""),
            who=one.by_name,
        )
        for one in reversed(list(events))
    ]


def item_options(items: Iterable[Item]) -> list[Option]:
    """Control items to choose from."""
    return [Option(one.oscal_id, f"{one.id}　{one.title}") for one in items]


def fields_of(refusal: JichitaiError) -> FieldErrors:
    """The messages of a refusal beside their fields; above the form when it names none."""
    fields = refusal.facts.get("fields")
    if isinstance(fields, dict):
        return FieldErrors(tuple(FieldError(str(k), str(v)) for k, v in fields.items()))
    return FieldErrors((FieldError("", refusal.detail),))


def day(text: str) -> date | None:
    """A day as somebody typed it; None for an empty text.

    Raises:
        InvalidDateError: it is no day.
    """
    return parse_date(text) if text.strip() else None


def days(typed: Mapping[str, Any], *names: str) -> tuple[dict[str, date | None], dict[str, str]]:
    """Days of a form by field, and what is wrong with the others."""
    found: dict[str, date | None] = {}
    wrong: dict[str, str] = {}
    for name in names:
        try:
            found[name] = day(str(typed.get(name, "")))
        except InvalidDateError as refusal:
            found[name] = None
            wrong[name] = refusal.detail
    return found, wrong
