"""Incidents in the words of their pages."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from jichitai.kernel.errors import JichitaiError
from jichitai.security.incidents.desk_store import Duty
from jichitai.security.incidents.due import Standing
from jichitai.security.incidents.errors import BadReportError
from jichitai.security.incidents.model import (
    Answer,
    Area,
    Incident,
    Kind,
    Severity,
    State,
    next_states,
)
from jichitai.security.incidents.pages import when
from jichitai.security.incidents.reporting import METHODS
from jichitai.security.organs import Organ
from jichitai.web.components import Colour, FieldErrors, NavItem, Option, Status

_STATES: Final[Mapping[State, Colour]] = {
    State.RECEIVED: "orange",
    State.HANDLING: "blue",
    State.CONTAINED: "blue",
    State.RECOVERED: "green",
    State.CLOSED: "grey",
    State.DISMISSED: "grey",
}
_SEVERITIES: Final[Mapping[Severity, Colour]] = {
    Severity.UNRATED: "grey",
    Severity.LOW: "grey",
    Severity.MEDIUM: "yellow",
    Severity.HIGH: "orange",
    Severity.CRITICAL: "red",
}
_STANDINGS: Final[Mapping[Standing, Colour]] = {
    Standing.LATE: "red",
    Standing.SOON: "orange",
    Standing.RUNNING: "blue",
    Standing.UNDECIDED: "grey",
    Standing.SENT: "green",
    Standing.WAIVED: "grey",
}
_ALERT_SEVERITIES: Final[Mapping[str, tuple[str, Colour]]] = {
    "informational": ("参考", "grey"),
    "low": ("低", "grey"),
    "medium": ("中", "yellow"),
    "high": ("高", "orange"),
    "critical": ("重大", "red"),
}
DRILL: Final = Status("訓練", "purple", "実際の事案ではありません")
_ORDER: Final = (
    Kind.UNAUTHORISED,
    Kind.RANSOMWARE,
    Kind.MALWARE,
    Kind.DDOS,
    Kind.LOST,
    Kind.MISSENT,
    Kind.MISISSUE,
    Kind.FAULT,
    Kind.CONTRACTOR,
    Kind.OTHER,
)
KINDS: Final = tuple(Option(kind.value, kind.japanese) for kind in _ORDER)
AREAS: Final = tuple(Option(area.value, area.japanese) for area in Area)
ANSWERS: Final = tuple(Option(answer.value, answer.japanese) for answer in Answer)
SEVERITIES: Final = tuple(
    Option(one.value, one.japanese) for one in Severity if one is not Severity.UNRATED
)
WAYS: Final = tuple(Option(way, way) for way in METHODS)
DUTIES: Final = tuple(Option(duty.value, duty.japanese) for duty in Duty)
ORGANS: Final = tuple(Option(organ.value, organ.japanese) for organ in Organ)
RATINGS: Final = tuple(Option(rating, f"機密性{rating}") for rating in ("3A", "3B", "3C", "2", "1"))


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the record on the form that changes it."""

    name: str
    label: str
    type: str
    hint: str = ""


SECTIONS: Final[tuple[tuple[str, tuple[Field, ...]], ...]] = (
    (
        "いつ・どこで",
        (
            Field("known_at", "知った日時", "instant", "報告の期限はここから数えます。"),
            Field("detected_at", "検知した日時", "instant"),
            Field("occurred_at", "起きた日時", "instant"),
            Field("area", "場所（領域）", "area"),
            Field("system", "システムの名前", "text"),
            Field("section", "部署", "text"),
            Field("organ", "システムを管理する機関", "organ"),
        ),
    ),
    (
        "何が起きたか",
        (
            Field("kind", "事案の種類", "kind"),
            Field("summary", "概要", "area-text", "氏名・個人番号は書かず、人数と項目で書きます。"),
            Field("severity", "重さ", "severity"),
            Field("handler", "担当", "text"),
        ),
    ),
    (
        "報告が要るかを決める事実",
        (
            Field("system_affected", "システムへの攻撃・システムの障害か", "answer"),
            Field("network", "住基ネット・LGWAN・公的個人認証に関わるか", "answer"),
            Field("crime", "犯罪の疑いがあるか", "answer"),
            Field("service_deviation", "サービス維持レベルを逸脱したか", "answer"),
            Field("personal", "個人情報の漏えい・滅失・毀損（おそれを含む）があるか", "answer"),
            Field("persons", "本人の数（人）", "count"),
            Field("special_care", "要配慮個人情報が含まれるか", "answer"),
            Field("property_damage", "財産的被害のおそれがあるか", "answer"),
            Field("improper_purpose", "不正の目的で行われたおそれがあるか", "answer"),
            Field("ordinance_special", "条例要配慮個人情報が含まれるか", "answer"),
            Field(
                "specific_personal",
                "報告の対象になる特定個人情報（個人番号を含む情報）か",
                "answer",
            ),
            Field(
                "data_items", "個人情報の項目", "text", "項目の名前だけ。例：氏名、住所、電話番号"
            ),
            Field("rating", "情報の機密性", "rating"),
        ),
    ),
    (
        "対応",
        (
            Field("containment", "封じ込め", "area-text"),
            Field("recovery", "復旧", "area-text"),
            Field("cause", "原因", "area-text"),
            Field("prevention", "再発防止", "area-text"),
            Field("publication", "公表", "area-text"),
        ),
    ),
    (
        "情報の共有",
        (Field("share_consent", "報告を国家サイバー統括室と共有することに同意する", "check"),),
    ),
)
OPTIONS: Final[Mapping[str, tuple[Option, ...]]] = {
    "area": AREAS,
    "kind": KINDS,
    "severity": SEVERITIES,
    "answer": ANSWERS,
    "organ": ORGANS,
    "rating": RATINGS,
}


TOP: Final = ("kind", "area", "severity", "known_at", "handler")
"""Fields of the incident itself; the others are facts."""


def text_of(incident: Incident, field: Field) -> str:
    """A field as the record shows it; empty when it is not known."""
    value = value_of(incident, field.name)
    if field.type == "check":
        return "同意する" if value else "同意していない"
    if field.type == "count":
        return "" if value is None else f"{value:,}人"
    if field.type == "instant":
        return when.typed(value)
    if field.type in ("organ", "rating"):
        options = OPTIONS[field.type]
        return next((option.label for option in options if option.value == value), str(value))
    return str(getattr(value, "japanese", value)) if value != "unknown" else ""


def value_of(incident: Incident, name: str) -> Any:
    """The value of a field, of the incident itself or of its facts."""
    return getattr(incident if name in TOP else incident.facts, name)


def state(value: State) -> Status:
    """The chip of a state."""
    return Status(value.japanese, _STATES[value])


def severity(value: Severity) -> Status:
    """The chip of a severity."""
    return Status(value.japanese, _SEVERITIES[value])


def standing(value: Standing) -> Status:
    """The chip of a clock."""
    return Status(value.japanese, _STANDINGS[value])


def alert_severity(value: str) -> Status:
    """The chip of an alert's severity."""
    word, colour = _ALERT_SEVERITIES.get(value, (value, "grey"))
    return Status(word, colour)


def moves(incident: Incident) -> list[Option]:
    """Where the handling may go."""
    return [Option(to.value, to.japanese) for to in next_states(incident.state)]


def tabs(incident: Incident, at: str, *, late: int = 0) -> list[NavItem]:
    """Views of one incident."""
    base = f"/security/incidents/{incident.incident_id}"
    places = (
        ("概要", base, "1", None),
        ("期限と報告", f"{base}/reports", "2", late or None),
        ("経緯", f"{base}/timeline", "3", None),
    )
    return [
        NavItem(label, href, current=label == at, count=count, unit="件超過", key=key)
        for label, href, key, count in places
    ]


def errors_of(problems: Mapping[str, str]) -> FieldErrors:
    """Errors of a form."""
    return FieldErrors.of(problems)


def fields_of(refusal: JichitaiError, otherwise: str) -> dict[str, str]:
    """Name of the field -> what is wrong; the whole sentence at one field when none is named."""
    fields: Any = refusal.facts.get("fields") if isinstance(refusal, BadReportError) else None
    if isinstance(fields, Mapping) and fields:
        return {str(name): str(text) for name, text in fields.items()}
    return {otherwise: refusal.detail}
