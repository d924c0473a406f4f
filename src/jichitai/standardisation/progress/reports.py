"""What a body reports of its systems, checked before it is kept."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from jichitai.kernel.bodies import Body
from jichitai.standardisation.errors import BackwardsError, InvalidReportError
from jichitai.standardisation.progress.costs import CostItem, item
from jichitai.standardisation.progress.model import (
    STEPS,
    StepState,
    business,
    check_states,
    done_of,
)
from jichitai.standardisation.progress.scope import Answer, Runs, runs

_LONGEST_COST: Final = 120
_FIRST_YEAR: Final = 2000
_LAST_YEAR: Final = 2100
_HIGHEST_RATE: Final = 10_000


class Cloud(StrEnum):
    """ガバメントクラウドの利用; empty where nobody told."""

    UNKNOWN = ""
    YES = "yes"
    NO = "no"

    @property
    def japanese(self) -> str:
        """The word on pages."""
        return {"": "—", "yes": "利用する", "no": "利用しない"}[self.value]


class DeadlineClass(StrEnum):
    """期限の区分; empty where nobody told."""

    UNKNOWN = ""
    IN_TIME = "in-time"
    LATE = "late"
    UNDECIDED = "undecided"

    @property
    def japanese(self) -> str:
        """The word on pages."""
        words = {"": "—", "in-time": "期限内", "late": "特定移行支援", "undecided": "検討中"}
        return words[self.value]


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemReport:
    """One system of a body as its report tells it.

    Attributes:
        business: key of the business.
        states: forty characters; None where only the sum is known, or nothing.
        done: steps done or excluded; reckoned from `states` where they are given.
        late: whether it is a 特定移行支援システム; None where nobody told.
        reason_class: 1 to 4, of a late system.
        target_on: when the migration shall be done.
        target_reason: why the target date changed.
        deadline_class: 期限の区分.
        vendor: who delivers the system.
        contract: what is agreed, in words.
        cloud: whether it runs on the Government Cloud.
        risks: in words.
        reason: why a figure went back.
    """

    business: str
    states: str | None = None
    done: int | None = None
    late: bool | None = None
    reason_class: int | None = None
    target_on: date | None = None
    target_reason: str = ""
    deadline_class: DeadlineClass = DeadlineClass.UNKNOWN
    vendor: str = ""
    contract: str = ""
    cloud: Cloud = Cloud.UNKNOWN
    risks: str = ""
    reason: str = ""

    @property
    def steps_done(self) -> int | None:
        """Steps done or excluded, if known."""
        return done_of(self.states) if self.states is not None else self.done

    @property
    def excluded(self) -> bool:
        """Whether every step is 対象外: the body says that it has no such system."""
        return self.states == StepState.EXCLUDED * STEPS


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyReport:
    """What one body reports: its systems, and its costs.

    Attributes:
        body: code of the body.
        systems: one of each business at most.
        costs: amounts before and after.
        origin: the answer of the round that it was taken from.
        note: in words.
    """

    body: str
    systems: tuple[SystemReport, ...]
    costs: tuple[CostItem, ...] = ()
    origin: str = ""
    note: str = ""


def check_report(report: BodyReport) -> None:
    """Refuse a report that contradicts itself.

    Raises:
        InvalidReportError: a business twice, a step count outside 0 to 40, a reason class or a
            deadline class that does not fit with the system being late or not, a cost that
            cannot be.
        InvalidStepsError: the states are not forty known characters.
        UnknownBusinessError: a business that there is not.
        UnlikeCostsError: an item of cost that there is not.

    Source: none; the form is this project's.
    """
    keys = [one.business for one in report.systems]
    for one in report.systems:
        name = business(one.business).name
        if keys.count(one.business) > 1:
            raise InvalidReportError(
                f"「{name}」が二つあります。一つの業務は一行にしてください。", business=one.business
            )
        _check_system(one, name)
    pairs = [(one.phase, one.item) for one in report.costs]
    if len(set(pairs)) < len(pairs):
        raise InvalidReportError("同じ経費の項目が二つあります。一つにまとめてください。")
    for cost in report.costs:
        _check_cost(cost)


def _check_cost(one: CostItem) -> None:
    name = item(one.item).name
    if one.yen < 0 or not 1 <= one.months <= _LONGEST_COST:
        raise InvalidReportError(
            f"「{name}」の金額か月数が正しくありません。0円以上の額と、1から{_LONGEST_COST}までの月数を"
            "入力してください。",
            item=one.item,
        )
    if not _FIRST_YEAR <= one.fiscal_year <= _LAST_YEAR:
        raise InvalidReportError(
            f"「{name}」の年度が{_FIRST_YEAR}から{_LAST_YEAR}までにありません。"
            "西暦の年度を確かめてください。",
            item=one.item,
        )
    if one.usd_rate is not None and not 1 <= one.usd_rate < _HIGHEST_RATE:
        raise InvalidReportError(
            f"「{name}」の為替レートが正しくありません。1ドルが何円かを入力してください。",
            item=one.item,
        )


def _check_system(one: SystemReport, name: str) -> None:
    if one.states is not None:
        check_states(one.states)
    elif one.done is not None and not 0 <= one.done <= STEPS:
        raise InvalidReportError(
            f"「{name}」の完了したステップの数が0から{STEPS}までにありません。確かめてください。",
            business=one.business,
        )
    if one.reason_class is not None and not 1 <= one.reason_class <= 4:
        raise InvalidReportError(
            f"「{name}」の理由の区分は1から4までの数で選んでください。", business=one.business
        )
    if one.reason_class is not None and not one.late:
        raise InvalidReportError(
            f"「{name}」は特定移行支援システムではないのに理由の区分があります。"
            "どちらかを改めてください。",
            business=one.business,
        )
    if one.late is not None and (
        (one.deadline_class is DeadlineClass.LATE and not one.late)
        or (one.deadline_class is DeadlineClass.IN_TIME and one.late)
    ):
        raise InvalidReportError(
            f"「{name}」の期限の区分と、特定移行支援システムかどうかが食い違っています。"
            "どちらかを改めてください。",
            business=one.business,
        )


def check_forward(one: SystemReport, before: int | None) -> None:
    """Refuse a count of steps that went back without a reason.

    Args:
        one: the system as reported now.
        before: steps done in the latest earlier report; None if unknown.

    Raises:
        BackwardsError: fewer steps are done than before, and no reason is given.

    Source: none; a rule of this project.
    """
    now = one.steps_done
    if before is not None and now is not None and now < before and not one.reason.strip():
        raise BackwardsError(
            f"「{business(one.business).name}」の完了したステップが{before}から{now}に減っています。"
            "減った理由を入力するか、数を確かめてください。",
            business=one.business,
            before=before,
            now=now,
        )


def runs_as_told(found: Body, one: SystemReport, *, on: date) -> Runs:
    """Whether the body runs the business, its own report considered.

    Raises:
        InvalidReportError: it reports work on a business that it does not run.

    Source: 標準化法 第2条; the body knows its own systems best.
    """
    if one.excluded:
        return Runs(Answer.NO, "団体が全ステップを対象外と答えた", "reported")
    told = runs(found, business(one.business), on=on, listed=bool(one.late))
    if told.answer is Answer.YES:
        return told
    if told.answer is Answer.NO and (one.steps_done or one.late):
        raise InvalidReportError(
            f"{found.full_name}は「{business(one.business).name}」を行わないため、進捗を報告できません"
            f"（{told.reason}）。この行を空にするか、全ステップを対象外にしてください。",
            business=one.business,
            body=found.code,
        )
    if told.answer is Answer.UNKNOWN and one.states is not None:
        return Runs(Answer.YES, "団体がこの業務の進捗を答えた", "reported")
    return told
