"""The messages of 情報セキュリティ (電文): what a body hands in, and what comes back to it.

They travel like all messages: JSON in a signature of the body, sealed. None of them holds the text
of a 対策基準, a person's name or a number of a person.
"""

from datetime import date, datetime
from typing import Annotated, ClassVar, Literal, TypeAlias
from uuid import UUID

from msgspec import Meta

from jichitai.jukinet.messages import Body, Part, reader

BodyCode: TypeAlias = Annotated[str, Meta(pattern=r"^\d{6}$", description="全国地方公共団体コード")]
PrefectureCode: TypeAlias = Annotated[str, Meta(pattern=r"^\d{2}$")]
Word: TypeAlias = Annotated[str, Meta(max_length=80)]
Line: TypeAlias = Annotated[str, Meta(max_length=400)]
Text: TypeAlias = Annotated[str, Meta(max_length=8_000)]
Instant: TypeAlias = Annotated[datetime, Meta(tz=True)]
Count: TypeAlias = Annotated[int, Meta(ge=0, le=2**40)]
Yen: TypeAlias = Annotated[int, Meta(ge=-(2**50), le=2**50)]
Sha256: TypeAlias = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]


class Adoption(Part, frozen=True, kw_only=True):
    """One organ's decision on a policy.

    Source: 地方自治法 第244条の6第1項.
    """

    organ: Word
    decision_number: Word
    decided_on: date
    joint: bool


class S01(Body, frozen=True, kw_only=True):
    """方針の状況報告: where a body stands with one version of its policy.

    `revision` counts the reports of this policy; a later one takes the place of an earlier one.
    `reachable_at` is when the published address last answered with the document of this hash.

    Source: 地方自治法 第244条の6第1項, 第2項.
    """

    kind: ClassVar[str] = "S01"
    title: ClassVar[str] = "方針の状況報告"
    basis: ClassVar[str] = "地方自治法 第244条の6第1項、第2項"
    route: ClassVar[str] = "town → prefecture → ministry"

    body: BodyCode
    policy_id: UUID
    revision: Annotated[int, Meta(ge=1, le=1_000_000)]
    policy_version: Annotated[int, Meta(ge=0, le=10_000)]
    state: Literal[
        "drafting",
        "review",
        "approval",
        "adopted",
        "published",
        "in-force",
        "review-due",
        "repealed",
    ]
    guideline_version: Word
    network_model: Word
    adoptions: Annotated[tuple[Adoption, ...], Meta(max_length=20)]
    organs: Annotated[tuple[Word, ...], Meta(max_length=20)]
    document_hash: Sha256 | None = None
    published_at: Instant | None = None
    address: Line = ""
    reachable_at: Instant | None = None
    effective_on: date | None = None
    next_review_on: date | None = None
    stale_clauses: Count = 0
    has_standard: bool = False
    reported_at: Instant


class Deadline(Part, frozen=True, kw_only=True):
    """One report that an incident owes, and when it left."""

    recipient: Word
    report: Word
    due_at: Instant | None
    sent_at: Instant | None


class S02(Body, frozen=True, kw_only=True):
    """情報セキュリティ事案の報告: an incident as its body reports it upwards.

    `drill` marks an exercise. `details` are the items of the common forms by their keys.

    Source: 地方公共団体における情報セキュリティポリシーに関するガイドライン 対策基準 5.3.
    """

    kind: ClassVar[str] = "S02"
    title: ClassVar[str] = "事案の報告"
    basis: ClassVar[str] = "情報セキュリティポリシーガイドライン 対策基準 5.3"
    route: ClassVar[str] = "town → prefecture → ministry"

    body: BodyCode
    incident_id: UUID
    number: Word
    revision: Annotated[int, Meta(ge=1, le=1_000_000)]
    drill: bool
    kind_of_incident: Word
    area: Word
    system: Line
    severity: Word
    state: Word
    known_at: Instant
    detected_at: Instant | None
    occurred_at: Instant | None
    service_deviation: bool
    persons: Count | None
    special_personal: bool
    share_consent: bool
    summary: Text
    details: Annotated[dict[str, Line], Meta(max_length=60)]
    deadlines: Annotated[tuple[Deadline, ...], Meta(max_length=40)]
    timeline_hash: Sha256
    reported_at: Instant


class S03(Body, frozen=True, kw_only=True):
    """検知の通知: the security cloud tells a member body what it saw.

    Source: 自治体情報セキュリティクラウドの監視の契約.
    """

    kind: ClassVar[str] = "S03"
    title: ClassVar[str] = "セキュリティクラウドの検知の通知"
    basis: ClassVar[str] = "自治体情報セキュリティクラウド"
    route: ClassVar[str] = "prefecture → town"

    prefecture: PrefectureCode
    body: BodyCode
    alert_id: UUID
    rule_id: Word
    rule_title: Line
    severity: Literal["informational", "low", "medium", "high", "critical"]
    area: Word
    first_seen: Instant
    last_seen: Instant
    events: Count
    context: Annotated[dict[str, Line], Meta(max_length=30)]
    advice: Text
    sent_at: Instant


class Finding(Part, frozen=True, kw_only=True):
    """One weakness that somebody outside found (ASM, 脆弱性一覧)."""

    finding_id: UUID
    source: Word
    title: Line
    reference: Line
    target: Line
    severity: Literal["informational", "low", "medium", "high", "critical"]
    found_on: date
    due_on: date | None
    advice: Text


class S04(Body, frozen=True, kw_only=True):
    """脆弱性等の通知: findings that the prefecture passes on to a body.

    Source: 自治体情報セキュリティクラウド; 地方版ASM.
    """

    kind: ClassVar[str] = "S04"
    title: ClassVar[str] = "脆弱性等の通知"
    basis: ClassVar[str] = "自治体情報セキュリティクラウド"
    route: ClassVar[str] = "prefecture → town"

    body: BodyCode
    findings: Annotated[tuple[Finding, ...], Meta(min_length=1, max_length=500)]
    sent_at: Instant


class Measure(Part, frozen=True, kw_only=True):
    """Counts of one part of a self-check: by 号 of 施行規則 第16条の3, or one of the weak spots."""

    key: Word
    met: Count
    partly: Count
    unmet: Count
    not_applicable: Count
    unanswered: Count


class S05(Body, frozen=True, kw_only=True):
    """点検結果の概要: counts of a body's self-check or audit, never its answers.

    Source: 地方自治法施行規則 第16条の3第1項第8号.
    """

    kind: ClassVar[str] = "S05"
    title: ClassVar[str] = "自己点検・監査の結果の概要"
    basis: ClassVar[str] = "地方自治法施行規則 第16条の3第1項第8号"
    route: ClassVar[str] = "town → prefecture → ministry"

    body: BodyCode
    check_id: UUID
    revision: Annotated[int, Meta(ge=1, le=1_000_000)]
    sort: Literal["self-check", "audit", "external-audit"]
    fiscal_year: Annotated[int, Meta(ge=2020, le=2100)]
    guideline_version: Word
    finished_on: date
    measures: Annotated[tuple[Measure, ...], Meta(max_length=40)]
    open_corrections: Count
    late_corrections: Count
    open_exceptions: Count
    reported_at: Instant


class S06(Body, frozen=True, kw_only=True):
    """ガイドラインの版の通知: the ministry publishes a version of the catalogue.

    `content` is the catalogue as the guideline's codec packs it (JSON, deflated), and
    `content_hash` the SHA-256 of that JSON.

    Source: 地方自治法 第244条の6第3項.
    """

    kind: ClassVar[str] = "S06"
    title: ClassVar[str] = "ガイドラインの版の通知"
    basis: ClassVar[str] = "地方自治法 第244条の6第3項"
    route: ClassVar[str] = "ministry → prefecture → town"

    guideline_version: Word
    title_ja: Line
    published_on: date
    official: bool
    source: Line
    items: Annotated[int, Meta(ge=1, le=2_000)]
    content: Annotated[bytes, Meta(min_length=1, max_length=180_000)]
    content_hash: Sha256


class S07(Body, frozen=True, kw_only=True):
    """セキュリティクラウドの状況: where a prefecture stands with its security cloud.

    `content` is the state as the register of clouds keeps it, a JSON text of a form that is
    versioned by itself.

    Source: 自治体情報セキュリティクラウドの標準要件.
    """

    kind: ClassVar[str] = "S07"
    title: ClassVar[str] = "セキュリティクラウドの状況"
    basis: ClassVar[str] = "自治体情報セキュリティクラウドの標準要件"
    route: ClassVar[str] = "prefecture → ministry"

    prefecture: PrefectureCode
    revision: Annotated[int, Meta(ge=1, le=1_000_000)]
    content: Annotated[str, Meta(max_length=400_000)]
    reported_at: Instant


class S08(Body, frozen=True, kw_only=True):
    """補助金の書類（都道府県から）: an application, change, status report or settlement.

    `content` is the paper as the subsidy's model writes it (JSON).

    Source: 補助金等に係る予算の執行の適正化に関する法律 第5条, 第9条, 第12条, 第14条.
    """

    kind: ClassVar[str] = "S08"
    title: ClassVar[str] = "補助金の書類（都道府県から）"
    basis: ClassVar[str] = "補助金適正化法 第5条、第9条、第12条、第14条"
    route: ClassVar[str] = "prefecture → ministry"

    prefecture: PrefectureCode
    case_id: UUID
    paper_id: UUID
    paper: Word
    number: Word
    content: Annotated[str, Meta(max_length=400_000)]
    document_hash: Sha256 | None = None
    sent_at: Instant


class S09(Body, frozen=True, kw_only=True):
    """補助金の書類（府省から）: a call, decision, approval of a change, fixed amount, payment, return.

    Source: 補助金等に係る予算の執行の適正化に関する法律 第6条, 第8条, 第15条, 第18条, 第22条.
    """

    kind: ClassVar[str] = "S09"
    title: ClassVar[str] = "補助金の書類（府省から）"
    basis: ClassVar[str] = "補助金適正化法 第6条、第8条、第15条、第18条、第22条"
    route: ClassVar[str] = "ministry → prefecture"

    prefecture: PrefectureCode
    case_id: UUID
    paper_id: UUID
    paper: Word
    number: Word
    content: Annotated[str, Meta(max_length=400_000)]
    document_hash: Sha256 | None = None
    sent_at: Instant


class S10(Body, frozen=True, kw_only=True):
    """依頼と督促: a survey round opens, or a body is reminded of what it owes.

    `form` is the survey's form (JSON) where an answer is asked for.

    Source: 地方自治法 第245条の4 (資料の提出の要求).
    """

    kind: ClassVar[str] = "S10"
    title: ClassVar[str] = "依頼と督促"
    basis: ClassVar[str] = "地方自治法 第245条の4"
    route: ClassVar[str] = "ministry, prefecture → town, prefecture"

    notice_id: UUID
    body: BodyCode
    sort: Literal["survey", "reminder", "correction"]
    subject: Line
    text: Text
    due_on: date | None
    round_id: UUID | None = None
    form: Annotated[str, Meta(max_length=200_000)] = ""
    sent_at: Instant


class S11(Body, frozen=True, kw_only=True):
    """調査への回答: a body's answers to a survey round; earlier answers stay.

    Source: 地方自治法 第245条の4.
    """

    kind: ClassVar[str] = "S11"
    title: ClassVar[str] = "調査への回答"
    basis: ClassVar[str] = "地方自治法 第245条の4"
    route: ClassVar[str] = "town → prefecture → ministry"

    round_id: UUID
    body: BodyCode
    revision: Annotated[int, Meta(ge=1, le=1_000_000)]
    answers: Annotated[dict[Word, Line], Meta(max_length=500)]
    reason: Line = ""
    answered_at: Instant


CATALOGUE: tuple[type[Body], ...] = (S01, S02, S03, S04, S05, S06, S07, S08, S09, S10, S11)

decode = reader(*CATALOGUE)
"""Reads one message of 情報セキュリティ."""
