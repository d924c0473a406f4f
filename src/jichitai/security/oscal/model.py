"""What goes into OSCAL documents and what comes out of them: a body's plan, checks, corrections.

Other parts fill these values; the builders of this package write them, the readers return them.
All instants are aware; ids of controls are those of OSCAL (`gl-p2-2-1.9`).

Source: NIST OSCAL 1.2.1 (system-security-plan, assessment-results, plan-of-action-and-milestones).
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from jichitai.security.guideline.model import NetworkModel


class Implementation(StrEnum):
    """実施の状況: OSCAL's states of an implementation."""

    IMPLEMENTED = "implemented"
    PARTIAL = "partial"
    PLANNED = "planned"
    ALTERNATIVE = "alternative"
    NOT_APPLICABLE = "not-applicable"

    @property
    def japanese(self) -> str:
        """In words."""
        return {
            "implemented": "実施している",
            "partial": "一部実施している",
            "planned": "計画している",
            "alternative": "代わりの方法をとっている",
            "not-applicable": "該当しない",
        }[self.value]


class Method(StrEnum):
    """調べ方: OSCAL's methods of an observation."""

    EXAMINE = "EXAMINE"
    INTERVIEW = "INTERVIEW"
    TEST = "TEST"
    UNKNOWN = "UNKNOWN"


class Sort(StrEnum):
    """点検の種類."""

    SELF_CHECK = "self-check"
    AUDIT = "audit"
    EXTERNAL_AUDIT = "external-audit"

    @property
    def japanese(self) -> str:
        """In words."""
        return {"self-check": "自己点検", "audit": "監査", "external-audit": "外部監査"}[self.value]


class RiskState(StrEnum):
    """是正の状況: OSCAL's states of a risk."""

    OPEN = "open"
    INVESTIGATING = "investigating"
    REMEDIATING = "remediating"
    DEVIATION_REQUESTED = "deviation-requested"
    DEVIATION_APPROVED = "deviation-approved"
    CLOSED = "closed"

    @property
    def japanese(self) -> str:
        """In words; a deviation is a 例外措置."""
        return {
            "open": "未着手",
            "investigating": "調査中",
            "remediating": "是正中",
            "deviation-requested": "例外措置を申請中",
            "deviation-approved": "例外措置を許可",
            "closed": "完了",
        }[self.value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """団体: whose document it is, and what chooses its profile.

    Attributes:
        code: 6-digit code of the body.
        name: full name of the body.
        network_model: its model.
        cloud: whether it uses cloud services.
        guideline_version: version of the catalogue, such as `R8.3`.
    """

    code: str
    name: str
    network_model: NetworkModel
    cloud: bool
    guideline_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """情報システム: one system of the body.

    Attributes:
        key: stable name of it inside the body (its id).
        title: its name.
        description: what it does.
        area: マイナンバー利用事務系, LGWAN接続系, インターネット接続系 or クラウド.
        confidentiality: 自治体機密性, such as `3B`.
        integrity: 完全性, `2` or `1`.
        availability: 可用性, `2` or `1`.
        vendor: who maintains it.
        cloud: whether it runs on a cloud service.
        operational: whether it is in use.
    """

    key: str
    title: str
    description: str = ""
    area: str = ""
    confidentiality: str = ""
    integrity: str = ""
    availability: str = ""
    vendor: str = ""
    cloud: bool = False
    operational: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """実施の記述: how a control is met by the body as a whole, or by one of its systems.

    Attributes:
        control_id: OSCAL's id of the control.
        state: how far it is met.
        description: how, or why not.
        responsible: the office or role that answers for it; never a person's name.
        system_key: the system; empty for the body as a whole.
    """

    control_id: str
    state: Implementation
    description: str
    responsible: str = ""
    system_key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityPlan:
    """SSP: what a body does about each control.

    Attributes:
        subject: the body.
        version: of this document.
        modified_at: when the content last changed.
        systems: its systems.
        statements: one for each control and system at most.
    """

    subject: Subject
    version: str
    modified_at: datetime
    systems: tuple[System, ...]
    statements: tuple[Statement, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """証拠: a file or reference behind an answer.

    Attributes:
        title: what it is.
        href: where it is kept, an address or a name inside the body's files; may be empty.
        sha256: hash of the file in hexadecimal digits; empty without a file.
        description: what it shows.
    """

    title: str
    href: str = ""
    sha256: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """点検の回答: what was found about one control.

    Attributes:
        id: of the answer.
        control_id: OSCAL's id of the control.
        state: how far it is met; `not-applicable` needs its reason in the description.
        description: what was found.
        method: how it was looked at.
        collected_at: when.
        expires_at: until when the evidence is good; None for no end.
        evidence: what stands behind it.
        system_key: the system; empty for the body as a whole.
    """

    id: UUID
    control_id: str
    state: Implementation
    description: str
    method: Method = Method.EXAMINE
    collected_at: datetime
    expires_at: datetime | None = None
    evidence: tuple[Evidence, ...] = ()
    system_key: str = ""

    @property
    def satisfied(self) -> bool:
        """Whether the control counts as met (a control that does not apply is)."""
        return self.state in {
            Implementation.IMPLEMENTED,
            Implementation.ALTERNATIVE,
            Implementation.NOT_APPLICABLE,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """AP and AR: one self-check or audit.

    Attributes:
        id: of the round.
        subject: the body.
        sort: 自己点検, 監査 or 外部監査.
        title: name of the round.
        description: what was looked at and how.
        fiscal_year: 年度.
        started_at, ended_at: of the round; not ended yet is None.
        modified_at: when the content last changed.
        systems: the systems that were looked at.
        control_ids: every control that was asked; answers may lack some.
        answers: one for each control and system at most.
    """

    id: UUID
    subject: Subject
    sort: Sort
    title: str
    description: str
    fiscal_year: int
    started_at: datetime
    ended_at: datetime | None
    modified_at: datetime
    systems: tuple[System, ...] = ()
    control_ids: tuple[str, ...] = ()
    answers: tuple[Answer, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """是正: one thing to be put right, or a 例外措置 that stands instead.

    Attributes:
        id: of the correction.
        title: what is to be done.
        description: what was found.
        control_ids: OSCAL's ids of the controls concerned; may be empty (ASM findings).
        state: where it stands.
        risk: `low`, `moderate` or `high`; empty when not rated.
        owner: the office that does it; never a person's name.
        opened_on: when it was found.
        due_on: until when; None when no date is set.
        closed_on: when it was done.
        source: where it comes from, such as 自己点検 令和8年度 or ASM.
        answer_id: the answer that showed it; None when it came otherwise.
        compensating: what is done meanwhile or instead.
    """

    id: UUID
    title: str
    description: str
    control_ids: tuple[str, ...]
    state: RiskState
    risk: str = ""
    owner: str = ""
    opened_on: date
    due_on: date | None = None
    closed_on: date | None = None
    source: str = ""
    answer_id: UUID | None = None
    compensating: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionPlan:
    """POA&M: the corrections of a body.

    Attributes:
        subject: the body.
        version: of this document.
        modified_at: when the content last changed.
        corrections: at least one; OSCAL knows no empty plan.
    """

    subject: Subject
    version: str
    modified_at: datetime
    corrections: tuple[Correction, ...]
