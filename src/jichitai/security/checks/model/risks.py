"""The register of risks (リスク台帳): asset, threat, likelihood, impact, treatment."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final
from uuid import UUID

from jichitai.security.checks.errors import CheckFormError, OwnDecisionError, WrongStepError

SCALE: Final = range(1, 6)
LIKELIHOODS: Final = {
    1: "ほとんどない",
    2: "数年に1度",
    3: "年に1度",
    4: "年に数度",
    5: "月に1度以上",
}
IMPACTS: Final = {
    1: "業務に影響しない",
    2: "1課の業務が1日止まる",
    3: "複数の課の業務が止まる",
    4: "住民に影響する",
    5: "個人情報の漏えい・長い停止",
}
"""Words of the two scales; ours, for a body without scales of its own."""


class Grade(StrEnum):
    """The size of a risk, from likelihood and impact."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    EXTREME = "extreme"

    @property
    def japanese(self) -> str:
        """The word on pages."""
        return {"low": "小", "medium": "中", "high": "大", "extreme": "特大"}[self.value]


class Treatment(StrEnum):
    """リスク対応.

    Source: ガイドライン 第1編 (リスクの低減・回避・移転・保有).
    """

    REDUCE = "reduce"
    AVOID = "avoid"
    TRANSFER = "transfer"
    ACCEPT = "accept"

    @property
    def japanese(self) -> str:
        """The word on pages."""
        return {"reduce": "低減", "avoid": "回避", "transfer": "移転", "accept": "保有（受容）"}[
            self.value
        ]


class RiskState(StrEnum):
    """Where a risk stands."""

    OPEN = "open"
    ACCEPTED = "accepted"
    CLOSED = "closed"

    @property
    def japanese(self) -> str:
        """The word on pages."""
        return {"open": "対応中", "accepted": "受容", "closed": "終了"}[self.value]


def grade(likelihood: int, impact: int) -> Grade:
    """How big a risk is.

    >>> grade(5, 5), grade(1, 2), grade(2, 5)
    (<Grade.EXTREME: 'extreme'>, <Grade.LOW: 'low'>, <Grade.HIGH: 'high'>)

    Source: our own table (product of the two scales); the guideline leaves the method to the body.
    """
    product = likelihood * impact
    if product >= 16:
        return Grade.EXTREME
    if product >= 10:
        return Grade.HIGH
    return Grade.MEDIUM if product >= 5 else Grade.LOW


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessed:
    """A risk as somebody assesses it.

    Attributes:
        asset: what may be harmed (a system, information).
        system_id: the system in the asset register, when it is one.
        threat: what may happen.
        weakness: why it may happen (脆弱性).
        likelihood, impact: 1 to 5, as things stand.
        treatment: what is done about it.
        plan: how.
        owner: 担当 (課・係).
        residual_likelihood, residual_impact: after the treatment.
        review_on: when it is looked at again.
        items: control items that treat it.
    """

    asset: str
    threat: str
    likelihood: int
    impact: int
    treatment: Treatment
    owner: str
    review_on: date | None
    weakness: str = ""
    plan: str = ""
    residual_likelihood: int | None = None
    residual_impact: int | None = None
    system_id: UUID | None = None
    items: tuple[str, ...] = ()

    @property
    def grade(self) -> Grade:
        """As things stand."""
        return grade(self.likelihood, self.impact)

    @property
    def residual(self) -> Grade | None:
        """After the treatment; None when nobody has said."""
        if self.residual_likelihood is None or self.residual_impact is None:
            return None
        return grade(self.residual_likelihood, self.residual_impact)


def check_assessed(risk: Assessed, today: date) -> None:
    """Whether a risk may be entered.

    Raises:
        CheckFormError: a field does not hold.

    Source: ガイドライン 第1編 (リスク評価); the fields are ours.
    """
    needed = {
        "asset": "対象がありません。何が被害を受けるかを入力してください。",
        "threat": "脅威がありません。何が起こり得るかを入力してください。",
        "owner": "担当がありません。だれが対応するかを入力してください。",
    }
    wrong = {name: text for name, text in needed.items() if not str(getattr(risk, name)).strip()}
    for name, label in (("likelihood", "起こりやすさ"), ("impact", "影響")):
        if getattr(risk, name) not in SCALE:
            wrong[name] = (
                f"{label}が選ばれていません。大きさを決めるため、1から5までで選んでください。"
            )
    wrong |= _wrong_residual(risk)
    if risk.treatment is not Treatment.ACCEPT and not risk.plan.strip():
        wrong["plan"] = "対応の内容がありません。何をして小さくするかを入力してください。"
    if risk.review_on is None:
        wrong["review_on"] = (
            "見直す日がありません。環境は変わります。1年以内の日を入力してください。"
        )
    elif risk.review_on < today:
        wrong["review_on"] = "見直す日が過ぎています。今日以後の日を入力してください。"
    if wrong:
        raise CheckFormError.of(wrong)


def _wrong_residual(risk: Assessed) -> dict[str, str]:
    values = (risk.residual_likelihood, risk.residual_impact)
    if values == (None, None):
        return {}
    if any(value not in SCALE for value in values):
        return {
            "residual_likelihood": "対応後の評価は、起こりやすさと影響の両方を1から5までで選びます。"
        }
    if risk.residual is not None and values[0] * values[1] > risk.likelihood * risk.impact:  # type: ignore[operator]
        return {
            "residual_likelihood": "対応後のリスクが今より大きくなっています。評価を確かめてください。"
        }
    return {}


def check_acceptance(state: RiskState, *, assessed_by: str, by: str, note: str) -> None:
    """Whether somebody may accept a risk as it is.

    Raises:
        WrongStepError: it is not open.
        OwnDecisionError: the one who assessed it accepts it.
        CheckFormError: no reason is given.

    Source: ガイドライン 対策基準 1(8) (兼務の禁止).
    """
    if state is not RiskState.OPEN:
        raise WrongStepError(
            f"このリスクは「{state.japanese}」です。受容できるのは対応中のリスクです。開き直してください。"
        )
    if assessed_by == by:
        raise OwnDecisionError(
            "自分が評価したリスクです。受け入れるかどうかは別の人が決めます。CISOの権限を持つ人に依頼してください。"
        )
    if not note.strip():
        raise CheckFormError.of(
            {"note": "受け入れる理由がありません。議会や監査で説明できるように入力してください。"}
        )
