"""事案: its record, its states, and what its facts mean for the reports that it owes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final, TypeAlias
from uuid import UUID

from msgspec import Meta, Struct

from jichitai.security.incidents.errors import WrongIncidentStateError

Word: TypeAlias = Annotated[str, Meta(max_length=80)]
Line: TypeAlias = Annotated[str, Meta(max_length=400)]
Text: TypeAlias = Annotated[str, Meta(max_length=8_000)]
Instant: TypeAlias = Annotated[datetime, Meta(tz=True)]


class Kind(StrEnum):
    """事案の種類."""

    DDOS = "ddos"
    RANSOMWARE = "ransomware"
    MALWARE = "malware"
    UNAUTHORISED = "unauthorised-access"
    MISSENT = "missent"
    LOST = "lost"
    MISISSUE = "misissue"
    FAULT = "fault"
    CONTRACTOR = "contractor"
    OTHER = "other"

    @property
    def japanese(self) -> str:
        """As staff call it."""
        return _KINDS[self]


_KINDS: Final = {
    Kind.UNAUTHORISED: "不正アクセス",
    Kind.RANSOMWARE: "ランサムウェア",
    Kind.MALWARE: "マルウェア感染",
    Kind.DDOS: "DDoS攻撃",
    Kind.MISSENT: "メールなどの誤送信",
    Kind.LOST: "媒体・端末・書類の紛失や盗難",
    Kind.MISISSUE: "証明書などの誤交付",
    Kind.FAULT: "システムの障害",
    Kind.CONTRACTOR: "委託先での事案",
    Kind.OTHER: "その他・わからない",
}


class Area(StrEnum):
    """Where in the network it happened."""

    MY_NUMBER = "mn"
    LGWAN = "lgwan"
    INTERNET = "internet"
    CLOUD = "cloud"
    UNKNOWN = "unknown"

    @property
    def japanese(self) -> str:
        """The area's name in the guideline."""
        return _AREAS[self]


_AREAS: Final = {
    Area.MY_NUMBER: "マイナンバー利用事務系",
    Area.LGWAN: "LGWAN接続系",
    Area.INTERNET: "インターネット接続系",
    Area.CLOUD: "クラウド",
    Area.UNKNOWN: "わからない",
}


class Severity(StrEnum):
    """How grave the triage found it; our own scale."""

    UNRATED = "unrated"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def japanese(self) -> str:
        """In words."""
        return _SEVERITIES[self]


_SEVERITIES: Final = {
    Severity.UNRATED: "未判定",
    Severity.LOW: "低",
    Severity.MEDIUM: "中",
    Severity.HIGH: "高",
    Severity.CRITICAL: "重大",
}


class State(StrEnum):
    """Where the handling stands."""

    RECEIVED = "received"
    HANDLING = "handling"
    CONTAINED = "contained"
    RECOVERED = "recovered"
    CLOSED = "closed"
    DISMISSED = "dismissed"

    @property
    def japanese(self) -> str:
        """In words."""
        return _STATES[self]

    @property
    def over(self) -> bool:
        """Whether nothing more is to be done."""
        return self in (State.CLOSED, State.DISMISSED)


_STATES: Final = {
    State.RECEIVED: "受付",
    State.HANDLING: "対応中",
    State.CONTAINED: "封じ込め済み",
    State.RECOVERED: "復旧済み",
    State.CLOSED: "終結",
    State.DISMISSED: "事案でない",
}
_NEXT: Final[Mapping[State, tuple[State, ...]]] = {
    State.RECEIVED: (State.HANDLING, State.DISMISSED),
    State.HANDLING: (State.CONTAINED, State.RECOVERED, State.DISMISSED),
    State.CONTAINED: (State.RECOVERED, State.HANDLING),
    State.RECOVERED: (State.CLOSED, State.HANDLING),
    State.CLOSED: (State.HANDLING,),
    State.DISMISSED: (State.HANDLING,),
}


class Answer(StrEnum):
    """Yes, no, or not known yet: what is unknown is never taken for no."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"

    @property
    def japanese(self) -> str:
        """In words."""
        return {"yes": "はい", "no": "いいえ", "unknown": "まだ分からない"}[self]


class Facts(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is known of an incident; all of it can be learnt later.

    Attributes:
        section: the office that had the incident.
        organ: code of the organ whose system it is (`bodies.Organ`), or empty.
        system: name of the system.
        system_id: of the body's picture of its systems, when it is there.
        summary: what happened, without names and numbers of persons.
        detected_at: when a device or person first saw a sign.
        occurred_at: when it began.
        system_affected: an attack on, or a fault of, the body's systems.
        service_deviation: 重要インフラサービス維持レベルの逸脱.
        personal: personal data leaked, were lost or damaged, or may have been.
        persons: how many people's data.
        special_care: 要配慮個人情報.
        property_damage: 財産的被害のおそれ.
        improper_purpose: 不正の目的のおそれ.
        ordinance_special: 条例要配慮個人情報.
        specific_personal: 特定個人情報 (with 個人番号), of a reportable kind.
        network: 住基ネット, LGWAN or 公的個人認証 is concerned.
        crime: a crime is suspected.
        data_items: kinds of data, not the data.
        rating: 自治体機密性 of the data.
        share_consent: the report may be shared with 国家サイバー統括室.
        details: items of the common forms by their keys.

    Source: 個人情報の保護に関する法律 第68条; 番号法 第29条の4; 共通様式（2025-10-01）.
    """

    section: Word = ""
    organ: Word = ""
    system: Line = ""
    system_id: UUID | None = None
    summary: Text = ""
    detected_at: Instant | None = None
    occurred_at: Instant | None = None
    system_affected: Answer = Answer.UNKNOWN
    service_deviation: Answer = Answer.UNKNOWN
    personal: Answer = Answer.UNKNOWN
    persons: Annotated[int, Meta(ge=0, le=200_000_000)] | None = None
    special_care: Answer = Answer.UNKNOWN
    property_damage: Answer = Answer.UNKNOWN
    improper_purpose: Answer = Answer.UNKNOWN
    ordinance_special: Answer = Answer.UNKNOWN
    specific_personal: Answer = Answer.UNKNOWN
    network: Answer = Answer.UNKNOWN
    crime: Answer = Answer.UNKNOWN
    data_items: Line = ""
    rating: Word = ""
    share_consent: bool = False
    details: Annotated[dict[Word, Line], Meta(max_length=60)] = {}
    cause: Text = ""
    containment: Text = ""
    recovery: Text = ""
    prevention: Text = ""
    publication: Text = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One incident of one body as it stands.

    Source: ガイドライン 対策基準 5.3 (インシデントの報告), 7.3 (侵害時の対応).
    """

    municipality: str
    incident_id: UUID
    number: str
    drill: bool
    outward: bool
    scenario: str
    state: State
    version: int
    revision: int
    kind: Kind
    area: Area
    severity: Severity
    known_at: datetime
    facts: Facts
    reported_by: str
    reporter: str
    handler: str
    recorded_at: datetime
    triaged_at: datetime | None
    closed_at: datetime | None


_ATTACKS: Final = (Kind.DDOS, Kind.RANSOMWARE, Kind.UNAUTHORISED)
_SYSTEMS: Final = (*_ATTACKS, Kind.MALWARE, Kind.FAULT)
_PAPERS: Final = (Kind.MISSENT, Kind.LOST, Kind.MISISSUE)


def first_guess(kind: Kind) -> dict[str, Answer]:
    """What the kind alone says, until the triage looks: fields of `Facts`.

    An attack concerns the systems and is a crime; data taken by it are taken for an improper
    purpose. Mistakes with papers and mails concern no system and serve no purpose.

    >>> first_guess(Kind.MISSENT)["system_affected"]
    <Answer.NO: 'no'>

    Source: 個人情報の保護に関する法律施行規則 第43条第3号 (不正の目的); the reading is ours.
    """
    guess: dict[str, Answer] = {}
    if kind in _SYSTEMS:
        guess["system_affected"] = Answer.YES
    if kind in _ATTACKS:
        guess |= {"crime": Answer.YES, "improper_purpose": Answer.YES}
    if kind in _PAPERS:
        guess |= {"system_affected": Answer.NO, "network": Answer.NO}
    if kind in (Kind.MISSENT, Kind.MISISSUE):
        guess |= {"crime": Answer.NO, "improper_purpose": Answer.NO}
    if kind is Kind.DDOS:
        guess |= {"improper_purpose": Answer.UNKNOWN}
    return guess


def any_of(answers: Iterable[Answer]) -> Answer:
    """Yes when one is yes; no only when all are no.

    >>> any_of([Answer.NO, Answer.UNKNOWN]).value
    'unknown'

    Source: ours.
    """
    given = set(answers)
    if Answer.YES in given:
        return Answer.YES
    return Answer.UNKNOWN if Answer.UNKNOWN in given else Answer.NO


def both(one: Answer, other: Answer) -> Answer:
    """Yes when both are yes; no when one is no.

    >>> both(Answer.YES, Answer.UNKNOWN).value
    'unknown'

    Source: ours.
    """
    if Answer.NO in (one, other):
        return Answer.NO
    return Answer.YES if one is other is Answer.YES else Answer.UNKNOWN


def reportable_leak(facts: Facts, *, above: int) -> Answer:
    """Whether a leak must be reported: personal data, and one of the five conditions.

    Args:
        facts: what is known.
        above: number of persons above which the number alone suffices.

    Source: 個人情報の保護に関する法律 第68条第1項; 同法施行規則 第43条 (article of the rule not
    re-read).
    """
    if facts.persons is None:
        many = Answer.UNKNOWN
    else:
        many = Answer.YES if facts.persons > above else Answer.NO
    conditions = (
        facts.special_care,
        facts.property_damage,
        facts.improper_purpose,
        facts.ordinance_special,
        many,
    )
    return both(facts.personal, any_of(conditions))


def next_states(state: State) -> tuple[State, ...]:
    """Where the handling may go from a state.

    Source: ours, after ガイドライン 対策基準 7.3 (侵害時の対応).
    """
    return _NEXT[state]


def check_move(incident: Incident, to: State, *, reason: str) -> None:
    """Refuse a move that the states do not know, or an end without what it needs.

    Raises:
        WrongIncidentStateError: no such way, no reason, or cause and prevention are missing.

    Source: ours; cause and prevention: ガイドライン 対策基準 7.3 (再発防止).
    """
    if to not in _NEXT[incident.state]:
        ways = "、".join(state.japanese for state in _NEXT[incident.state])
        raise WrongIncidentStateError(
            f"今の状態は「{incident.state.japanese}」です。ここから進めるのは{ways}です。"
            "画面を開き直して、状態を確かめてください。",
            state=incident.state.value,
        )
    if needs_reason(incident.state, to) and not reason.strip():
        raise WrongIncidentStateError(
            "戻す・事案でないとする・再開するときは理由が要ります。後で経緯を説明できるように、"
            "理由を書いてください。",
            state=incident.state.value,
        )
    missing = [
        label
        for label, text in (("原因", incident.facts.cause), ("再発防止", incident.facts.prevention))
        if not text.strip()
    ]
    if to is State.CLOSED and missing:
        raise WrongIncidentStateError(
            f"{'と'.join(missing)}が書かれていないため、終結にできません。"
            "記録の「編集する」で書いてから終結にしてください。",
            state=incident.state.value,
        )


def needs_reason(now: State, to: State) -> bool:
    """Whether the move must say why: backwards, reopened, or no incident after all.

    Source: ours.
    """
    order = list(State)
    return to is State.DISMISSED or now.over or order.index(to) < order.index(now)


def drill_mark(text: str, *, drill: bool) -> str:
    """The text with the mark of an exercise before it.

    >>> drill_mark("事案を受け付けました", drill=True)
    '【訓練】事案を受け付けました'

    Source: ours.
    """
    return f"【訓練】{text}" if drill else text
